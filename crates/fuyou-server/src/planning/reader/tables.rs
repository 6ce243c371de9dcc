//! Tables pasted as tab-separated text, and rows of Word tables: the value in one cell, its indicator in another.

use super::clauses::Clause;
use super::comparator::cue_before;
use super::glyphs::{contains_any, find, find_last, length, string};
use super::phrase::{Stretch, clean};
use super::prepared::Prepared;
use super::quantity::{Class, Quantity};

/// A value cell with the name and unit that its row and heading give it.
pub(super) struct Cell<'a> {
    pub(super) clause: usize,
    pub(super) quantity: &'a Quantity,
    pub(super) name: String,
    /// The unit of the row ("单位" column, or brackets in the name) when the cell has none.
    pub(super) unit: Option<(String, Class)>,
}

/// What the heading row says about the columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Unit,
    Target,
    /// Last year's value, weight, serial number: numbers that are no targets.
    Other,
    Unsaid,
}

/// The cells of a row; a clause inside a cell is not a cell of its own.
fn cells(line: &Prepared) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut start = 0;
    for (at, c) in line.glyphs.iter().enumerate() {
        if matches!(c, '\t' | '|') {
            found.push(Stretch { start, end: at });
            start = at + 1;
        }
    }
    found.push(Stretch {
        start,
        end: line.glyphs.len(),
    });
    found
}

/// Whether the line is a row of a table.
pub(super) fn is_row(line: &Prepared) -> bool {
    line.is_row
}

/// The heading of a table when the row is one: at least two short cells with known words and no value.
pub(super) fn header(line: &Prepared) -> Option<Header> {
    if line.quantities.iter().any(|q| q.class == Class::Rate) {
        return None;
    }
    let columns: Vec<Column> = cells(line)
        .iter()
        .map(|cell| column(cell.of(&line.glyphs)))
        .collect();
    let said = columns
        .iter()
        .filter(|column| **column != Column::Unsaid)
        .count();
    (said >= 2
        && [Column::Target, Column::Name]
            .iter()
            .any(|column| columns.contains(column)))
    .then_some(Header { columns })
}

fn column(cell: &[char]) -> Column {
    if cell.len() > 16 {
        return Column::Unsaid;
    }
    if contains_any(
        cell,
        &[
            "序号",
            "权重",
            "分值",
            "上年",
            "去年",
            "现状",
            "基线",
            "基数",
            "实际",
            "完成",
            "责任",
            "备注",
            "说明",
            "得分",
            "来源",
            "2020年实",
            "评分",
        ],
    ) {
        Column::Other
    } else if contains_any(cell, &["单位"]) && cell.len() <= 4 {
        Column::Unit
    } else if contains_any(
        cell,
        &[
            "目标",
            "任务数",
            "任务量",
            "计划数",
            "标准",
            "指标值",
            "要求",
            "计划值",
            "计划",
            "任务",
        ],
    ) && !contains_any(cell, &["名称", "内容", "项目"])
    {
        Column::Target
    } else if contains_any(cell, &["指标", "项目", "内容", "名称", "任务"]) {
        Column::Name
    } else {
        Column::Unsaid
    }
}

/// The value cells of a row that are targets.
pub(super) fn values<'a>(line: &'a Prepared, header: Option<&Header>) -> Vec<Cell<'a>> {
    let cells = cells(line);
    let header = header.filter(|header| header.columns.len() == cells.len());
    let valued: Vec<(usize, &Quantity)> = cells
        .iter()
        .enumerate()
        .filter_map(|(index, cell)| value_only(line, *cell).map(|q| (index, q)))
        .collect();
    let wanted: Vec<(usize, &Quantity)> = match header {
        Some(header) if header.columns.contains(&Column::Target) => valued
            .into_iter()
            .filter(|(index, _)| header.columns[*index] == Column::Target)
            .collect(),
        // Without a heading, a first bare number is the row's own number and the last value is the target.
        _ => valued
            .into_iter()
            .rfind(|(index, quantity)| *index > 0 || quantity.class != Class::Bare)
            .into_iter()
            .collect(),
    };
    wanted
        .into_iter()
        .filter_map(|(index, quantity)| named(line, &cells, header, index, quantity))
        .collect()
}

fn named<'a>(
    line: &'a Prepared,
    cells: &[Stretch],
    header: Option<&Header>,
    index: usize,
    quantity: &'a Quantity,
) -> Option<Cell<'a>> {
    let glyphs = &line.glyphs;
    let by_header = header.and_then(|header| {
        (0..index)
            .rev()
            .find(|i| header.columns[*i] == Column::Name)
    });
    let name_cell = by_header.or_else(|| (0..index).rev().find(|i| is_name(line, cells[*i])))?;
    let name = clean(glyphs, without_label(line, cells[name_cell]));
    let (name, bracketed) = split_unit(name, glyphs);
    let unit_cell = header
        .and_then(|header| {
            header
                .columns
                .iter()
                .position(|column| *column == Column::Unit)
        })
        .or_else(|| {
            (0..cells.len()).find(|i| *i != name_cell && known_unit(cells[*i].of(glyphs)).is_some())
        });
    let unit = bracketed.or_else(|| unit_cell.and_then(|i| known_unit(cells[i].of(glyphs))));
    if quantity.class == Class::Bare
        && unit.is_none()
        && !super::phrase::is_rate_phrase(&super::glyphs::uniform(&name))
        && !super::phrase::is_amount_phrase(&super::glyphs::uniform(&name))
    {
        return None;
    }
    let clause = line
        .clauses
        .iter()
        .position(|c| c.start <= quantity.start && quantity.start < c.end)?;
    Some(Cell {
        clause,
        quantity,
        name,
        unit,
    })
}

/// The quantity of a cell that holds nothing else but a comparison sign.
fn value_only(line: &Prepared, cell: Stretch) -> Option<&Quantity> {
    let mut inside = line
        .quantities_in(cell.start, cell.end)
        .iter()
        .filter(|q| q.end <= cell.end);
    let (quantity, more) = (inside.next()?, inside.next());
    let head = Stretch {
        start: cell.start,
        end: quantity.start,
    };
    let cue = cue_before(&line.glyphs, cell.start, quantity.start);
    let head = cue.map_or(head, |cue| Stretch {
        start: cell.start,
        end: cue.start,
    });
    let tail = Stretch {
        start: quantity.end,
        end: cell.end,
    };
    let blank = |stretch: Stretch| stretch.of(&line.glyphs).iter().all(|c| c.is_whitespace());
    (more.is_none() && blank(head) && blank(tail) && quantity.class != Class::Condition)
        .then_some(quantity)
}

fn is_name(line: &Prepared, cell: Stretch) -> bool {
    let text = cell.of(&line.glyphs);
    let chinese = text
        .iter()
        .filter(|c| c.is_alphabetic() && !c.is_ascii())
        .count();
    chinese >= 3 && known_unit(text).is_none()
}

fn without_label(line: &Prepared, cell: Stretch) -> Stretch {
    let label = line.labels.iter().find(|label| {
        label.start >= cell.start && label.end <= cell.end && label.start <= cell.start + 1
    });
    Stretch {
        start: label.map_or(cell.start, |label| label.end),
        end: cell.end,
    }
}

/// "孕产妇死亡率(/10万)" is a name and a unit.
fn split_unit(name: Stretch, glyphs: &[char]) -> (String, Option<(String, Class)>) {
    let text = name.of(glyphs);
    let Some(open) = find_last(text, "(").filter(|_| text.last() == Some(&')')) else {
        return (string(text), None);
    };
    match known_unit(&text[open + 1..text.len() - 1]) {
        Some(unit) => (string(&text[..open]), Some(unit)),
        None => (string(text), None),
    }
}

fn known_unit(cell: &[char]) -> Option<(String, Class)> {
    const UNITS: &[(&str, Class)] = &[
        ("%", Class::Rate),
        ("‰", Class::Rate),
        ("/10万", Class::Rate),
        ("1/10万", Class::Rate),
        ("人", Class::Count),
        ("例", Class::Count),
        ("对", Class::Count),
        ("人次", Class::Count),
        ("名", Class::Count),
        ("个", Class::Count),
        ("家", Class::Count),
        ("所", Class::Count),
        ("次", Class::Event),
        ("场", Class::Event),
        ("份", Class::Count),
        ("张", Class::Count),
        ("万人", Class::Count),
        ("万元", Class::Money),
        ("期", Class::Event),
        ("天", Class::Time),
    ];
    let text = string(cell);
    let text = text.trim();
    UNITS
        .iter()
        .find(|(unit, _)| *unit == text)
        .map(|(unit, class)| (unit.trim_start_matches('1').to_owned(), *class))
}

/// Whether a clause is nothing but a value in a cell, which the sentence finder must leave alone.
pub(super) fn is_value_cell(line: &Prepared, clause: Clause) -> bool {
    let inside = Stretch {
        start: clause.start,
        end: clause.end,
    };
    is_row(line) && value_only(line, inside).is_some()
}

/// Whether a row says "of which" only, so that its name stands in the row above.
pub(super) fn is_continuation(name: &str) -> bool {
    find(&super::glyphs::uniform(name), "其中")
        .is_some_and(|at| at == 0 && name.chars().count() <= length("其中:农村"))
}
