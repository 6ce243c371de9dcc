//! Reference curves: tables of numbers beside the definitions that read them.

use std::sync::Arc;

use fuyou_expr::{
    CURVE_SCALE, Curve, Curves, LmsRow, Reading, SdRow, Tables, Tail, Type, Value, ValueSet,
    parse_value,
};
use fuyou_kernel::Localized;

use super::curve_examples::examples;
use super::{Context, Sources, names, read_cited, values::ValueSets};
use crate::model::{Axis, ItemKind, ReferenceCurve};
use crate::raw::{At, Item, Reader, Text};

/// Which columns a file has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lms,
    Sd,
}

const KINDS: [(&str, Kind); 2] = [("lms", Kind::Lms), ("sd", Kind::Sd)];
const READINGS: [(&str, Reading); 3] = [
    ("nearest", Reading::Nearest),
    ("linear", Reading::Linear),
    ("completed", Reading::Completed),
];
const TAILS: [(&str, Tail); 2] = [("plain", Tail::Plain), ("adjusted", Tail::Adjusted)];
const LMS_HEADER: &str = "stratum,x,l,m,s";
const SD_HEADER: &str = "stratum,x,sd-3,sd-2,sd-1,sd0,sd1,sd2,sd3";
/// The most rows of one file: a day each for thirty years and two strata.
const ROWS_MAX: usize = 22_000;

/// Reads all curves, and what expressions know of them.
pub(crate) fn curves(
    context: &Context<'_>,
    sources: &Sources<'_>,
    values: &ValueSets,
) -> (Vec<ReferenceCurve>, Arc<Curves>) {
    let mut list = Vec::new();
    let mut known = Curves::default();
    for item in context.items.of(ItemKind::Curve, "") {
        if let Some(curve) = curve(context, sources, values, item) {
            // Two of one id cannot be: the second was refused when the layers were put together.
            known.add(Arc::clone(&curve.curve));
            list.push(curve);
        }
    }
    (list, Arc::new(known))
}

fn curve(
    context: &Context<'_>,
    sources: &Sources<'_>,
    values: &ValueSets,
    item: &Item,
) -> Option<ReferenceCurve> {
    let report = context.report;
    let reader = Reader::new(&item.table, report);
    reader.node("id");
    names::check_snake(report, &item.id, item.id_at);
    let title = reader.need_localized("title");
    let strata = reader.need_text("strata");
    let kind_at = reader.need_text("kind");
    let kind = reader.word("kind", &KINDS);
    let reading = reader.word("read", &READINGS).unwrap_or(Reading::Linear);
    let tail = reader.word("tail", &TAILS);
    let extended_to = reader.count("extended_to");
    let file = reader.need_text("file");
    let examples_in = reader.text("examples");
    let (x, y) = (axis(&reader, "x"), axis(&reader, "y"));
    let cited = read_cited(&reader, sources);
    reader.finish();
    if let (Some(Kind::Sd), Some(_), Some(at)) = (kind, tail, kind_at) {
        let (zh, en) = ("tail 只用于 lms 表", "`tail` is for lms tables only");
        report.error(at.at, zh, en);
    }
    let strata = strata.and_then(|text| value_set(context, values, text))?;
    let (kind, file) = (kind?, file?);
    let table = table(
        context,
        item.layer,
        file,
        kind,
        &strata,
        tail.unwrap_or(Tail::Plain),
    )?;
    let examples = examples_in
        .map(|file| examples(context, item.layer, file, &item.id, &strata))
        .unwrap_or_default();
    let one = 10i64.pow(u32::from(CURVE_SCALE));
    let extended_to = extended_to.map(|to| i64::from(to) * one);
    match Curve::new(item.id.as_str(), strata, reading, extended_to, table) {
        Ok(curve) => Some(ReferenceCurve {
            title,
            x: x?,
            y: y?,
            cited,
            curve,
            examples,
        }),
        Err(error) => {
            report.error(file.at, format!("曲线有误:{error}"), error.to_string());
            None
        }
    }
}

/// `x = { zh = …, en = …, unit = … }`.
fn axis(reader: &Reader<'_>, key: &'static str) -> Option<Axis> {
    let Some(table) = reader.table(key) else {
        if reader.table.get(key).is_none() {
            let (zh, en) = (format!("缺少 {key}"), format!("`{key}` is missing"));
            reader.report.error(reader.at, zh, en);
        }
        return None;
    };
    let axis = Reader::new(table, reader.report);
    let (zh, en) = (axis.need_text("zh"), axis.need_text("en"));
    let unit = axis.need_text("unit");
    axis.finish();
    Some(Axis {
        title: Localized::new(zh?.text, en?.text),
        unit: unit?.text.to_owned(),
    })
}

fn value_set(context: &Context<'_>, values: &ValueSets, text: Text<'_>) -> Option<Arc<ValueSet>> {
    let found = values.get(text.text).map(|set| Arc::clone(&set.set));
    if found.is_none() {
        let known = values.keys().map(String::as_str);
        context.report.unknown(text, known, ("值集", "value set"));
    }
    found
}

fn table(
    context: &Context<'_>,
    layer: usize,
    file: Text<'_>,
    kind: Kind,
    strata: &Arc<ValueSet>,
    tail: Tail,
) -> Option<Tables> {
    let position = context.file(layer, file)?;
    let sheet = Numbers {
        context,
        position,
        strata,
    };
    let codes = strata.codes().len();
    match kind {
        Kind::Lms => {
            let mut all = vec![Vec::new(); codes];
            sheet.rows(LMS_HEADER, |stratum, cells: [&str; 4]| {
                let float =
                    |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
                all[stratum].push(LmsRow {
                    x: scaled(cells[0])?,
                    l: float(cells[1])?,
                    m: float(cells[2])?,
                    s: float(cells[3])?,
                });
                Some(())
            })?;
            Some(Tables::Lms(all, tail))
        }
        Kind::Sd => {
            let mut all = vec![Vec::new(); codes];
            sheet.rows(SD_HEADER, |stratum, cells: [&str; 8]| {
                let mut at = [0; 7];
                for (value, cell) in at.iter_mut().zip(&cells[1..]) {
                    *value = scaled(cell)?;
                }
                let x = scaled(cells[0])?;
                all[stratum].push(SdRow { x, at });
                Some(())
            })?;
            Some(Tables::Sd(all))
        }
    }
}

/// A number in the decimals of curves.
fn scaled(text: &str) -> Option<i64> {
    match parse_value(&Type::Decimal(CURVE_SCALE), text) {
        Ok(Value::Number(number)) => Some(number),
        Ok(_) | Err(_) => None,
    }
}

/// A file of plain numbers: no quotes, so that tens of thousands of rows are read at the speed of splitting.
struct Numbers<'a> {
    context: &'a Context<'a>,
    position: usize,
    strata: &'a ValueSet,
}

impl Numbers<'_> {
    /// Hands each row to `take` as its stratum and its other cells; the first row that it cannot take is an error.
    fn rows<'t, const N: usize>(
        &'t self,
        header: &str,
        mut take: impl FnMut(usize, [&'t str; N]) -> Option<()>,
    ) -> Option<()> {
        let text = &self.context.report.files[self.position].text;
        let mut lines = text.lines();
        if lines.next().map(str::trim) != Some(header) {
            self.error(
                0,
                &format!("表头应为 {header}"),
                &format!("the header should be {header}"),
            );
            return None;
        }
        for (number, line) in lines.filter(|line| !line.trim().is_empty()).enumerate() {
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            if number == ROWS_MAX {
                let zh = format!("曲线最多 {ROWS_MAX} 行");
                self.error(start, &zh, &format!("a curve has at most {ROWS_MAX} rows"));
                return None;
            }
            if self.row(line, &mut take).is_none() {
                let zh = format!("应为 {header}:分层代码与数字");
                let en = format!("expected {header}: a code of the strata and numbers");
                self.error(start, &zh, &en);
                return None;
            }
        }
        Some(())
    }

    fn row<'t, const N: usize>(
        &self,
        line: &'t str,
        take: &mut impl FnMut(usize, [&'t str; N]) -> Option<()>,
    ) -> Option<()> {
        let mut cells = line.split(',').map(str::trim);
        let stratum = self.strata.index(cells.next()?)?;
        let mut rest = [""; N];
        for cell in &mut rest {
            *cell = cells.next()?;
        }
        if cells.next().is_some() {
            return None;
        }
        take(usize::from(stratum), rest)
    }

    fn error(&self, start: usize, zh: &str, en: &str) {
        let start = u32::try_from(start).unwrap_or(0);
        let at = At {
            file: u32::try_from(self.position).unwrap_or(0),
            start,
            end: start + 1,
        };
        self.context.report.error(at, zh, en);
    }
}
