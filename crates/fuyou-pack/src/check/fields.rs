//! Fields as written: types, units and ranges are read here; their expressions wait until all names are known.

use std::sync::Arc;

use fuyou_expr::{Column, Type};
use fuyou_kernel::{Localized, Secrecy};

use super::values::{SECRECY, ValueSets};
use super::{Sources, names, read_cited};
use crate::model::{Cited, InputType, Section};
use crate::raw::{At, Item, Node, NodeKind, Reader, Report, Table, Text};

/// A form as written.
pub(crate) struct RawForm<'a> {
    pub item: &'a Item,
    pub title: Localized,
    pub shown_as: Option<Localized>,
    pub correctable: bool,
    pub occurred: Option<RawOccurred<'a>>,
    pub sections: Vec<(Section, Option<Text<'a>>)>,
    pub fields: Vec<RawField<'a>>,
    pub groups: Vec<RawGroup<'a>>,
    pub checks: Vec<RawCheck<'a>>,
    pub cited: Cited,
}

/// How a form words its day of service.
pub(crate) struct RawOccurred<'a> {
    pub label: Option<Localized>,
    pub hard: Option<Text<'a>>,
    pub soft: Option<Text<'a>>,
}

/// A group as written.
pub(crate) struct RawGroup<'a> {
    pub id: Text<'a>,
    pub title: Localized,
    pub section: Option<usize>,
    pub min: u16,
    pub max: u16,
    pub show_if: Option<Text<'a>>,
    pub fields: Vec<RawField<'a>>,
    pub checks: Vec<RawCheck<'a>>,
}

/// A field as written.
pub(crate) struct RawField<'a> {
    pub id: Text<'a>,
    pub label: Localized,
    pub section: Option<usize>,
    /// NULL when the type could not be read: what mentions the field is then not checked further.
    pub input: Option<InputType>,
    pub ty: Option<Type>,
    pub unit: Option<String>,
    pub hint: Option<Localized>,
    pub secrecy: Secrecy,
    pub required: RawRequired<'a>,
    pub hard: RawLimit<'a>,
    pub soft: RawLimit<'a>,
    pub show_if: Option<Text<'a>>,
    pub compute: Option<Text<'a>>,
    pub default: Option<Text<'a>>,
    pub usual: Option<Text<'a>>,
    pub cited: Cited,
}

/// `required` as written.
pub(crate) enum RawRequired<'a> {
    Never,
    Always,
    When(Text<'a>),
}

/// `hard` or `soft` as written.
pub(crate) enum RawLimit<'a> {
    None,
    Range(i64, i64),
    Condition(Text<'a>),
}

/// A check as written.
pub(crate) struct RawCheck<'a> {
    pub table: &'a Table,
}

impl RawField<'_> {
    /// What expressions may know of the field.
    pub fn column(&self) -> Option<Column> {
        let range = match self.hard {
            RawLimit::Range(low, high) => Some((low, high)),
            RawLimit::None | RawLimit::Condition(_) => None,
        };
        Some(Column {
            ty: self.ty.clone()?,
            range,
            secrecy: self.secrecy,
        })
    }
}

/// Reads a form without its expressions.
pub(crate) fn read_form<'a>(
    report: &'a Report,
    sources: &Sources<'_>,
    sets: &ValueSets,
    item: &'a Item,
) -> RawForm<'a> {
    let reader = Reader::new(&item.table, report);
    reader.node("id");
    names::check_snake(report, &item.id, item.id_at);
    let title = reader.need_localized("title");
    let shown_as = reader.localized("shown_as");
    let correctable = reader.boolean("correctable").unwrap_or(true);
    let occurred = reader
        .table("occurred")
        .map(|table| read_occurred(report, table));
    let mut sections: Vec<(Section, Option<Text<'_>>)> = Vec::new();
    for table in reader.tables("section") {
        let section = Reader::new(table, report);
        if let Some(id) = section.need_text("id") {
            names::check_snake(report, id.text, id.at);
            if sections.iter().any(|(known, _)| &*known.id == id.text) {
                report.error(
                    id.at,
                    format!("分节 {} 重复", id.text),
                    format!("section `{}` stands twice", id.text),
                );
            }
            let title = section.need_localized("title");
            let show_if = section.text("show_if");
            sections.push((
                Section {
                    id: id.text.into(),
                    title,
                    show_if: None,
                },
                show_if,
            ));
        }
        section.finish();
    }
    let section_ids: Vec<Arc<str>> = sections
        .iter()
        .map(|(section, _)| Arc::clone(&section.id))
        .collect();
    let fields = FieldReader {
        report,
        sources,
        sets,
        sections: &section_ids,
    };
    let form = RawForm {
        item,
        title,
        shown_as,
        correctable,
        occurred,
        fields: fields.list(&reader),
        groups: reader
            .tables("group")
            .into_iter()
            .filter_map(|table| fields.group(table))
            .collect(),
        checks: reader
            .tables("check")
            .into_iter()
            .map(|table| RawCheck { table })
            .collect(),
        cited: read_cited(&reader, sources),
        sections,
    };
    reader.finish();
    form
}

fn read_occurred<'a>(report: &'a Report, table: &'a Table) -> RawOccurred<'a> {
    let reader = Reader::new(table, report);
    let occurred = RawOccurred {
        label: reader.localized("label"),
        hard: reader.text("hard"),
        soft: reader.text("soft"),
    };
    reader.finish();
    occurred
}

struct FieldReader<'a, 'b> {
    report: &'a Report,
    sources: &'b Sources<'b>,
    sets: &'b ValueSets,
    sections: &'b [Arc<str>],
}

impl<'a> FieldReader<'a, '_> {
    fn list(&self, reader: &Reader<'a>) -> Vec<RawField<'a>> {
        reader
            .tables("field")
            .into_iter()
            .filter_map(|table| self.field(table))
            .collect()
    }

    fn group(&self, table: &'a Table) -> Option<RawGroup<'a>> {
        let reader = Reader::new(table, self.report);
        let id = reader.need_text("id");
        if let Some(id) = id {
            names::check_snake(self.report, id.text, id.at);
        }
        let title = reader.need_localized("title");
        let (min, max) = (
            reader.count("min").unwrap_or(0),
            reader.count("max").unwrap_or(99),
        );
        if min > max {
            self.report
                .error(reader.at, "min 大于 max", "`min` is above `max`");
        }
        let group = RawGroup {
            id: id?,
            title,
            section: self.section(&reader),
            min,
            max,
            show_if: reader.text("show_if"),
            fields: self.list(&reader),
            checks: reader
                .tables("check")
                .into_iter()
                .map(|table| RawCheck { table })
                .collect(),
        };
        reader.finish();
        Some(group)
    }

    fn section(&self, reader: &Reader<'_>) -> Option<usize> {
        let text = reader.text("section")?;
        let known = self.sections.iter().map(|id| &**id);
        self.report.position(text, known, ("分节", "section"))
    }

    fn field(&self, table: &'a Table) -> Option<RawField<'a>> {
        let reader = Reader::new(table, self.report);
        let id = reader.need_text("id");
        if let Some(id) = id {
            names::check_snake(self.report, id.text, id.at);
        }
        let label = reader.need_localized("label");
        let typed = reader
            .need_text("type")
            .and_then(|text| self.input_type(text));
        let (input, ty) = typed.map_or((None, None), |(input, ty)| (Some(input), Some(ty)));
        let field = RawField {
            label,
            section: self.section(&reader),
            unit: reader.text("unit").map(|unit| unit.text.to_owned()),
            hint: reader.localized("hint"),
            secrecy: reader.word("secrecy", &SECRECY).unwrap_or_default(),
            required: self.required(&reader),
            hard: self.limit(&reader, "hard", ty.as_ref()),
            soft: self.limit(&reader, "soft", ty.as_ref()),
            show_if: reader.text("show_if"),
            compute: reader.text("compute"),
            default: reader.text("default"),
            usual: reader.text("usual"),
            cited: read_cited(&reader, self.sources),
            input,
            ty,
            id: match id {
                Some(id) => id,
                None => {
                    reader.finish();
                    return None;
                }
            },
        };
        reader.finish();
        self.ranges_agree(&field);
        Some(field)
    }

    fn ranges_agree(&self, field: &RawField<'_>) {
        if let (RawLimit::Range(low, high), RawLimit::Range(soft_low, soft_high)) =
            (&field.hard, &field.soft)
            && (soft_low < low || soft_high > high)
        {
            self.report.error(
                field.id.at,
                format!("{}:soft 超出了 hard", field.id.text),
                format!("{}: `soft` reaches outside `hard`", field.id.text),
            );
        }
    }

    fn required(&self, reader: &Reader<'a>) -> RawRequired<'a> {
        match reader.node("required").map(|node| (node, &node.kind)) {
            None | Some((_, NodeKind::Boolean(false))) => RawRequired::Never,
            Some((_, NodeKind::Boolean(true))) => RawRequired::Always,
            Some((node, NodeKind::Text(text))) => RawRequired::When(Text { text, at: node.at }),
            Some((node, _)) => {
                reader.wrong(node, "true、false 或表达式", "true, false or an expression");
                RawRequired::Never
            }
        }
    }

    fn limit(&self, reader: &Reader<'a>, key: &'static str, ty: Option<&Type>) -> RawLimit<'a> {
        let Some(node) = reader.node(key) else {
            return RawLimit::None;
        };
        match &node.kind {
            NodeKind::Text(text) => RawLimit::Condition(Text { text, at: node.at }),
            NodeKind::Array(list) if list.len() == 2 => {
                let Some(ty) = ty else { return RawLimit::None };
                match (
                    read_number(self.report, &list[0], ty),
                    read_number(self.report, &list[1], ty),
                ) {
                    (Some(low), Some(high)) if low <= high => RawLimit::Range(low, high),
                    (Some(_), Some(_)) => {
                        self.report.error(
                            node.at,
                            "范围的下限大于上限",
                            "the range begins above its end",
                        );
                        RawLimit::None
                    }
                    _ => RawLimit::None,
                }
            }
            _ => {
                reader.wrong(
                    node,
                    "[下限, 上限] 或表达式",
                    "[low, high] or an expression",
                );
                RawLimit::None
            }
        }
    }

    fn input_type(&self, text: Text<'_>) -> Option<(InputType, Type)> {
        let (word, argument) = match text.text.split_once('(') {
            Some((word, rest)) => (word.trim(), rest.strip_suffix(')').map(str::trim)),
            None => (text.text.trim(), None),
        };
        let simple = match (word, argument) {
            ("boolean", None) => Some((InputType::Boolean, Type::Boolean)),
            ("integer", None) => Some((InputType::Integer, Type::Integer)),
            ("text", None) => Some((InputType::Text, Type::Text)),
            ("date", None) => Some((InputType::Date, Type::Date)),
            ("time", None) => Some((InputType::Time, Type::Text)),
            ("organization", None) => Some((InputType::Organization, Type::Text)),
            ("staff", None) => Some((InputType::Staff, Type::Text)),
            ("decimal", Some(places)) => match places.parse::<u8>() {
                Ok(places) if (1..=fuyou_expr::SCALE_MAX).contains(&places) => {
                    Some((InputType::Decimal(places), Type::Decimal(places)))
                }
                _ => None,
            },
            ("code" | "codes", Some(name)) => {
                let Some(set) = self.sets.get(name) else {
                    let message = Localized::new(
                        format!("没有值集「{name}」"),
                        format!("there is no value set `{name}`"),
                    );
                    let known = crate::raw::nearest(name, self.sets.keys().map(String::as_str));
                    self.report.error_with(
                        text.at,
                        message,
                        known.map(|known| format!("{word}({known})")),
                    );
                    return None;
                };
                let (id, set) = (Arc::clone(&set.id), Arc::clone(&set.set));
                Some(if word == "code" {
                    (InputType::Code(id), Type::Code(set))
                } else {
                    (InputType::Codes(id), Type::Codes(set))
                })
            }
            _ => None,
        };
        if simple.is_none() {
            let known = [
                "boolean",
                "integer",
                "decimal(1)",
                "text",
                "code(…)",
                "codes(…)",
                "date",
                "time",
                "organization",
                "staff",
            ];
            let message = Localized::new(
                format!("「{}」不是字段类型:{}", text.text, known.join("、")),
                format!(
                    "`{}` is not a type of field: {}",
                    text.text,
                    known.join(", ")
                ),
            );
            self.report.error_with(
                text.at,
                message,
                crate::raw::nearest(text.text, known).map(str::to_owned),
            );
        }
        simple
    }
}

/// A number of a range, scaled as the field's type.
fn read_number(report: &Report, node: &Node, ty: &Type) -> Option<i64> {
    let written = match &node.kind {
        NodeKind::Integer(number) => number.to_string(),
        NodeKind::Decimal(text) => text.clone(),
        _ => String::new(),
    };
    match fuyou_expr::parse_value(ty, &written) {
        Ok(fuyou_expr::Value::Number(number)) => Some(number),
        Ok(_) | Err(_) => {
            let at: At = node.at;
            report.error(
                at,
                format!("应为 {ty} 的数值"),
                format!("expected a number of type {ty}"),
            );
            None
        }
    }
}
