//! Published examples of curves: what must come out for given values, run with the golden cases.

use fuyou_expr::{CURVE_SCALE, Type, Value, ValueSet, parse_value};

use super::Context;
use crate::model::{CurveExample, ItemKind};
use crate::raw::{Sheet, SheetRow, Text, read_sheet};

const HEADER: [&str; 7] = ["id", "curve", "stratum", "x", "y", "z", "band"];

/// The examples of one curve in a file that may hold those of several: header `id,curve,stratum,x,y,z,band` and columns
/// of one's own. An empty `z` or `band` is not asked for, `null` must be unknown.
pub(super) fn examples(
    context: &Context<'_>,
    layer: usize,
    file: Text<'_>,
    curve: &str,
    strata: &ValueSet,
) -> Vec<CurveExample> {
    let report = context.report;
    let Some(position) = context.file(layer, file) else {
        return Vec::new();
    };
    let sheet = read_sheet(report, position);
    let Some(columns) = columns(&sheet) else {
        let header = HEADER.join(",");
        let (zh, en) = (
            format!("表头应含 {header}"),
            format!("the header should hold {header}"),
        );
        report.error(sheet.at, zh, en);
        return Vec::new();
    };
    let mut found = Vec::new();
    for row in &sheet.rows {
        let named = row.cell(columns[1]);
        if context.items.one(ItemKind::Curve, "", named).is_none() {
            let (zh, en) = (
                format!("没有曲线 {named}"),
                format!("there is no curve `{named}`"),
            );
            report.error(row.at, zh, en);
        } else if named == curve {
            match example(context, row, columns, strata) {
                Some(example) => found.push(example),
                None => report.error(
                    row.at,
                    "这一行不是例子:需要分层代码、x、y,以及 z 或 band",
                    "this row is no example: it needs a code of the strata, x, y, and z or band",
                ),
            }
        }
    }
    found
}

fn columns(sheet: &Sheet) -> Option<[usize; 7]> {
    let mut columns = [0; 7];
    for (column, title) in columns.iter_mut().zip(HEADER) {
        *column = sheet.column(title)?;
    }
    Some(columns)
}

fn example(
    context: &Context<'_>,
    row: &SheetRow,
    columns: [usize; 7],
    strata: &ValueSet,
) -> Option<CurveExample> {
    let cell = |at: usize| row.cell(columns[at]);
    let number = |text: &str, ty: &Type| match parse_value(ty, text) {
        Ok(Value::Number(number)) => Some(number),
        Ok(_) | Err(_) => None,
    };
    // Asked for nothing, asked for NULL, or asked for a number; the outermost `None` is a cell that cannot be read.
    let wanted = |text: &str, ty: &Type| match text {
        "" => Some(None),
        "null" => Some(Some(None)),
        text => number(text, ty).map(|number| Some(Some(number))),
    };
    let place = Type::Decimal(CURVE_SCALE);
    let example = CurveExample {
        id: cell(0).to_owned(),
        stratum: strata.index(cell(2))?,
        x: number(cell(3), &place)?,
        y: number(cell(4), &place)?,
        z: wanted(cell(5), &Type::Decimal(2))?,
        band: wanted(cell(6), &Type::Integer)?,
        place: context.report.place(row.at),
    };
    (example.z.is_some() || example.band.is_some()).then_some(example)
}
