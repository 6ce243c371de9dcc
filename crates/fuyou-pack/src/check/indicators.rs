//! Measures and indicators: the only definitions that reach from one program into another.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::{Expr, Type};
use fuyou_kernel::{Localized, Secrecy};

use super::names::{check_snake, mentions};
use super::{Context, Sources, read_cited};
use crate::model::{
    Better, Indicator, IndicatorEntry, ItemKind, Measure, MeasureIx, PeriodKind, Program,
    ProgramIx, Sum, Unit,
};
use crate::raw::{At, Item, Node, NodeKind, Reader, Table, Text};

const BETTER: [(&str, Better); 3] = [
    ("higher", Better::Higher),
    ("lower", Better::Lower),
    ("neither", Better::Neither),
];
const PERIODS: [(&str, PeriodKind); 2] = [
    ("statistical", PeriodKind::Statistical),
    ("calendar", PeriodKind::Calendar),
];

/// The measures read so far.
#[derive(Default)]
pub(crate) struct Measures {
    pub list: Vec<Measure>,
    by_id: HashMap<String, (MeasureIx, At)>,
    /// Measures that were refused: whoever names them is not told again.
    broken: Vec<String>,
    indicators: HashMap<String, At>,
}

impl Measures {
    /// Reads the measures of a program.
    pub fn read_measures(&mut self, context: &Context<'_>, ix: ProgramIx, program: &Program) {
        for item in context.items.of(ItemKind::Measure, &program.id) {
            check_snake(context.report, &item.id, item.id_at);
            if let Some((_, before)) = self.by_id.get(&item.id) {
                twice(context, "measure", item, *before);
                continue;
            }
            match read_measure(context, item, ix, program) {
                Some(measure) => {
                    self.by_id.insert(
                        item.id.clone(),
                        (MeasureIx::new(self.list.len()), item.id_at),
                    );
                    self.list.push(measure);
                }
                None => self.broken.push(item.id.clone()),
            }
        }
    }

    /// Reads the indicators of a program.
    pub fn read_indicators(
        &mut self,
        context: &Context<'_>,
        sources: &Sources<'_>,
        programs: &[Program],
        ix: ProgramIx,
        program: &Program,
    ) -> Vec<Indicator> {
        let mut indicators = Vec::new();
        for item in context.items.of(ItemKind::Indicator, &program.id) {
            check_snake(context.report, &item.id, item.id_at);
            if let Some(before) = self.indicators.insert(item.id.clone(), item.id_at) {
                twice(context, "indicator", item, before);
                continue;
            }
            indicators.extend(self.indicator(context, sources, programs, ix, item));
        }
        indicators
    }

    fn indicator(
        &mut self,
        context: &Context<'_>,
        sources: &Sources<'_>,
        programs: &[Program],
        ix: ProgramIx,
        item: &Item,
    ) -> Option<Indicator> {
        let reader = Reader::new(&item.table, context.report);
        reader.node("id");
        let code = reader.text("code").map(|code| code.text.to_owned());
        let title = reader.need_localized("title");
        let aliases = reader
            .texts("aliases")
            .iter()
            .map(|alias| alias.text.to_owned())
            .collect();
        let unit = reader.word("unit", &Unit::WORDS);
        let better = reader.word("better", &BETTER);
        let period = reader
            .word("period", &PERIODS)
            .unwrap_or(PeriodKind::Statistical);
        let manual = reader.word("entry", &[("manual", ())]).is_some();
        let mut side = |key: &'static str| {
            let node = reader.node(key)?;
            match &node.kind {
                NodeKind::Array(list) => self.sum_of(context, programs, item, key, (node, list)),
                _ => self.side(context, programs, item, key, node),
            }
        };
        let (numerator, denominator) = (side("numerator"), side("denominator"));
        let gap_text = reader.text("gap");
        let cited = read_cited(&reader, sources);
        check_shape(&reader, manual, unit);
        reader.finish();
        let entry = match (manual, numerator) {
            (true, _) => IndicatorEntry::Manual,
            (false, Some(numerator)) => IndicatorEntry::Computed {
                numerator,
                denominator,
            },
            (false, None) => return None,
        };
        // A gap is sought where the denominator lives: those are the persons who should have been counted.
        let gap_program = denominator
            .or(numerator)
            .map_or(ix, |measure| self.list[measure.get()].program);
        let gap = gap_text.and_then(|text| {
            parse_row(context, text, &programs[gap_program.get()], &Type::Boolean)
        });
        let secrecy = self.secrecy([numerator, denominator], gap.as_ref());
        Some(Indicator {
            id: item.id.as_str().into(),
            code,
            title,
            aliases,
            program: ix,
            entry,
            unit: unit?,
            better: better?,
            period,
            gap,
            secrecy,
            cited,
        })
    }

    /// The most secret of what an indicator reads.
    fn secrecy(&self, sides: [Option<MeasureIx>; 2], gap: Option<&Expr>) -> Secrecy {
        let sides = sides
            .into_iter()
            .flatten()
            .map(|side| self.list[side.get()].secrecy);
        sides
            .chain(gap.map(Expr::secrecy))
            .max()
            .unwrap_or_default()
    }

    /// Several measures counted together: a copy of the first, with the others beside it.
    fn sum_of(
        &mut self,
        context: &Context<'_>,
        programs: &[Program],
        item: &Item,
        key: &str,
        (whole, list): (&Node, &[Node]),
    ) -> Option<MeasureIx> {
        let mut parts = Vec::new();
        for (number, node) in list.iter().enumerate() {
            let key = format!("{key}#{}", number + 1);
            parts.push(self.side(context, programs, item, &key, node)?);
        }
        let Some((first, also)) = parts.split_first() else {
            context
                .report
                .error(whole.at, "列表是空的", "the list is empty");
            return None;
        };
        let head = &self.list[first.get()];
        let fits = |part: &MeasureIx| {
            let part = &self.list[part.get()];
            part.program == head.program && part.placed_by.text() == head.placed_by.text()
        };
        if !also.iter().all(fits) {
            let (zh, en) = (
                "列表里的统计量应属于同一项目、按同一机构归属",
                "the measures of a list belong to one program and are placed alike",
            );
            context.report.error(whole.at, zh, en);
            return None;
        }
        let secrecy = parts.iter().map(|part| self.list[part.get()].secrecy).max();
        let measure = Measure {
            id: format!("{}.{key}", item.id).into(),
            title: side_title(item, key),
            also: also.to_vec(),
            secrecy: secrecy.unwrap_or_default(),
            ..head.clone()
        };
        self.list.push(measure);
        Some(MeasureIx::new(self.list.len() - 1))
    }

    /// A measure by name, or one made from it: `{ of = M, where = …, sum = … }`.
    fn side(
        &mut self,
        context: &Context<'_>,
        programs: &[Program],
        item: &Item,
        key: &str,
        node: &Node,
    ) -> Option<MeasureIx> {
        let table = match &node.kind {
            NodeKind::Text(text) => return self.named(context, Text { text, at: node.at }),
            NodeKind::Table(table) => table,
            _ => {
                let (zh, en) = (
                    "应为统计量的 id,或 { of = … }",
                    "expected a measure's id, or { of = … }",
                );
                context.report.error(node.at, zh, en);
                return None;
            }
        };
        let reader = Reader::new(table, context.report);
        let of = reader
            .need_text("of")
            .and_then(|text| self.named(context, text));
        let (filter, sum) = (reader.text("where"), reader.text("sum"));
        let (dated_by, placed_by) = (reader.text("dated_by"), reader.text("placed_by"));
        reader.finish();
        let base = &self.list[of?.get()];
        let program = &programs[base.program.get()];
        let scope = &program.row_scope;
        let own = match filter {
            Some(text) => Some(parse_row(context, text, program, &Type::Boolean)?),
            None => None,
        };
        // Both conditions must hold. They were checked one by one, so the text of both together parses.
        let both = match (&base.filter, &own) {
            (Some(first), Some(second)) => {
                let text = format!("({}) and ({})", first.text(), second.text());
                fuyou_expr::parse(&text, scope).ok()
            }
            (first, second) => first.clone().or_else(|| second.clone()),
        };
        let sum = match sum {
            Some(text) => read_sum(context, text, program)?,
            None => base.sum.clone(),
        };
        let date = dated_by.map(|text| parse_row(context, text, program, &Type::Date));
        let place = placed_by.map(|text| parse_row(context, text, program, &Type::Text));
        let dated_by = date.unwrap_or_else(|| Some(base.dated_by.clone()))?;
        let placed_by = place.unwrap_or_else(|| Some(base.placed_by.clone()))?;
        let secrecy = secrecy_of(both.as_ref(), &sum, &dated_by);
        let measure = Measure {
            id: format!("{}.{key}", item.id).into(),
            title: side_title(item, key),
            program: base.program,
            filter: both,
            sum,
            dated_by,
            placed_by,
            also: Vec::new(),
            secrecy,
        };
        self.list.push(measure);
        Some(MeasureIx::new(self.list.len() - 1))
    }

    fn named(&self, context: &Context<'_>, text: Text<'_>) -> Option<MeasureIx> {
        if let Some((ix, _)) = self.by_id.get(text.text) {
            return Some(*ix);
        }
        if !self.broken.iter().any(|id| id == text.text) {
            let known = self.by_id.keys().map(String::as_str);
            context.report.unknown(text, known, ("统计量", "measure"));
        }
        None
    }
}

/// Which keys an indicator must and must not have.
fn check_shape(reader: &Reader<'_>, manual: bool, unit: Option<Unit>) {
    let has = |key: &str| reader.table.get(key).is_some();
    let wrong = |zh: &str, en: &str| reader.report.error(reader.at, zh, en);
    match (manual, has("numerator")) {
        (true, true) => wrong(
            "entry 与 numerator 不能同时使用",
            "`entry` and `numerator` exclude each other",
        ),
        (false, false) => wrong(
            "缺少 numerator(或 entry = \"manual\")",
            "`numerator` is missing (or entry = \"manual\")",
        ),
        (true, false) | (false, true) => {}
    }
    for key in ["unit", "better"] {
        if !has(key) {
            wrong(&format!("缺少 {key}"), &format!("`{key}` is missing"));
        }
    }
    let is_rate = !matches!(unit, Some(Unit::Count) | None);
    if !manual && is_rate && has("numerator") && !has("denominator") {
        wrong("率需要 denominator", "a rate needs a `denominator`");
    }
}

/// What a side of an indicator is called that has no name of its own.
fn side_title(item: &Item, key: &str) -> Localized {
    let side = if key.starts_with("numerator") {
        "分子"
    } else {
        "分母"
    };
    let word = key.split('#').next().unwrap_or(key);
    Localized::new(
        format!("{}·{side}", title_of(&item.table, "zh")),
        format!("{}, {word}", title_of(&item.table, "en")),
    )
}

fn title_of<'a>(table: &'a Table, language: &str) -> &'a str {
    match table.get("title").map(|node| &node.kind) {
        Some(NodeKind::Table(title)) => title.text(language).unwrap_or_default(),
        _ => "",
    }
}

fn twice(context: &Context<'_>, what: &str, item: &Item, before: At) {
    let place = context.report.place(before);
    context.report.error(
        item.id_at,
        format!("{what} {} 已在 {}:{} 定义", item.id, place.file, place.line),
        format!(
            "{what} `{}` is already defined at {}:{}",
            item.id, place.file, place.line
        ),
    );
}

fn read_measure(
    context: &Context<'_>,
    item: &Item,
    ix: ProgramIx,
    program: &Program,
) -> Option<Measure> {
    let reader = Reader::new(&item.table, context.report);
    reader.node("id");
    let title = reader.need_localized("title");
    let (filter, sum) = (reader.text("where"), reader.text("sum"));
    let (dated_by, placed_by) = (reader.need_text("dated_by"), reader.text("placed_by"));
    for key in ["source", "certainty"] {
        reader.node(key);
    }
    reader.finish();
    let scope = &program.row_scope;
    let filter = match filter {
        Some(text) => Some(parse_row(context, text, program, &Type::Boolean)?),
        None => None,
    };
    let sum = match sum {
        Some(text) => read_sum(context, text, program)?,
        None => Sum::Count,
    };
    let dated_by = parse_row(context, dated_by?, program, &Type::Date)?;
    let placed_by = match placed_by {
        Some(text) => parse_row(context, text, program, &Type::Text)?,
        None => fuyou_expr::parse("org", scope).ok()?,
    };
    let secrecy = secrecy_of(filter.as_ref(), &sum, &dated_by);
    Some(Measure {
        id: Arc::from(item.id.as_str()),
        title,
        program: ix,
        filter,
        sum,
        dated_by,
        placed_by,
        also: Vec::new(),
        secrecy,
    })
}

fn read_sum(context: &Context<'_>, text: Text<'_>, program: &Program) -> Option<Sum> {
    if text.text.trim() == "1" {
        return Some(Sum::Count);
    }
    parse_row(context, text, program, &Type::Integer).map(Sum::Of)
}

fn secrecy_of(filter: Option<&Expr>, sum: &Sum, dated_by: &Expr) -> Secrecy {
    let sum = match sum {
        Sum::Count => Secrecy::Open,
        Sum::Of(expr) => expr.secrecy(),
    };
    filter
        .map(Expr::secrecy)
        .unwrap_or_default()
        .max(sum)
        .max(dated_by.secrecy())
}

/// Parses an expression of a program's facts row. One that mentions a fact which was refused is passed over: its error
/// was told where the fact stands.
pub(super) fn parse_row(
    context: &Context<'_>,
    text: Text<'_>,
    program: &Program,
    ty: &Type,
) -> Option<Expr> {
    if is_passed_over(context, text, program) {
        return None;
    }
    context.parse_as(text, &program.row_scope, ty)
}

/// Whether an expression of figures is not read: it mentions a fact that was refused, or the subject, whom the facts
/// tables that figures are counted over do not hold. The latter is told here, with the fact that says the same.
pub(super) fn is_passed_over(context: &Context<'_>, text: Text<'_>, program: &Program) -> bool {
    let refused = |name: &String| {
        context
            .items
            .one(ItemKind::Fact, &program.id, name)
            .is_some()
            && program.fact_ix(name).is_none()
    };
    let mentioned = mentions(text.text);
    if mentioned.iter().any(refused) {
        return true;
    }
    let known = |name: &&String| name.contains('.') && program.row_column(name).is_some();
    let Some(name) = mentioned.iter().find(known) else {
        return false;
    };
    let message = Localized::new(
        format!("统计只读事实表,其中没有 {name};请先写成事实,例如 [facts] 里的 … = \"{name}\""),
        format!(
            "figures are counted over facts, which do not hold `{name}`; write a fact first, such as … = \"{name}\" under [facts]"
        ),
    );
    let same = program
        .facts
        .iter()
        .find(|fact| fact.is.text().trim() == name);
    let report = context.report;
    report.error_with(text.at, message, same.map(|fact| fact.id.to_string()));
    true
}
