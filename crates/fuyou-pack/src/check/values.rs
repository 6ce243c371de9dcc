//! Value sets: codes written in the pack or read from CSV tables.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fuyou_expr::ValueSet;
use fuyou_kernel::{Localized, Secrecy};

use super::{Context, Sources, names, read_cited};
use crate::model::{Code, CodeSet, ItemKind};
use crate::raw::{At, Item, NodeKind, Reader, Report, Sheet, SheetRow, Table, Text, read_sheet};

/// The value sets of a pack, by id.
pub(crate) type ValueSets = HashMap<String, Arc<CodeSet>>;

/// Names of value sets that the engine makes itself.
const BUILT_IN: [&str; 8] = [
    "form",
    "visit",
    "rule",
    "task_state",
    "referral",
    "referral_state",
    "risk",
    "marks",
];

/// The words of secrecy levels.
pub(crate) const SECRECY: [(&str, Secrecy); 3] = [
    ("open", Secrecy::Open),
    ("sensitive", Secrecy::Sensitive),
    ("infection", Secrecy::Infection),
];

/// Reads all value sets.
pub(crate) fn value_sets(
    context: &Context<'_>,
    sources: &Sources<'_>,
) -> (Vec<Arc<CodeSet>>, ValueSets) {
    let mut list = Vec::new();
    let mut map = ValueSets::new();
    for item in context.items.of(ItemKind::ValueSet, "") {
        if let Some(set) = value_set(context, sources, item) {
            let set = Arc::new(set);
            map.insert(item.id.clone(), Arc::clone(&set));
            list.push(set);
        }
    }
    if !map.contains_key("sex") {
        let sex = Arc::new(default_sex());
        map.insert("sex".into(), Arc::clone(&sex));
        list.push(sex);
    }
    (list, map)
}

fn value_set(context: &Context<'_>, sources: &Sources<'_>, item: &Item) -> Option<CodeSet> {
    let report = context.report;
    let reader = Reader::new(&item.table, report);
    reader.node("id");
    let good = names::check_snake(report, &item.id, item.id_at);
    if BUILT_IN.contains(&item.id.as_str()) {
        report.error(
            item.id_at,
            format!("值集「{}」由系统自己定义", item.id),
            format!("the engine itself makes the value set `{}`", item.id),
        );
        return None;
    }
    let title = reader.need_localized("title");
    let ordered = reader.boolean("ordered").unwrap_or(false);
    let cited = read_cited(&reader, sources);
    let file = reader.text("file");
    let written = reader.tables("codes");
    reader.finish();
    let mut codes = Vec::new();
    if let Some(file) = file {
        read_csv(context, item.layer, file, &mut codes);
    }
    codes.extend(
        written
            .into_iter()
            .filter_map(|table| read_code(report, table)),
    );
    if codes.is_empty() && good {
        report.error(item.id_at, "值集没有任何代码", "the value set has no codes");
        return None;
    }
    let mut seen: HashMap<Arc<str>, At> = HashMap::new();
    codes.retain(
        |(code, at)| match seen.insert(Arc::clone(&code.code), *at) {
            None => true,
            Some(_) => {
                report.error(
                    *at,
                    format!("代码 {} 重复", code.code),
                    format!("code `{}` stands twice", code.code),
                );
                false
            }
        },
    );
    let list = codes.iter().map(|(code, _)| Arc::clone(&code.code));
    match ValueSet::new(item.id.as_str(), list, ordered) {
        Ok(set) => Some(CodeSet {
            id: item.id.as_str().into(),
            title,
            set,
            codes: codes.into_iter().map(|(code, _)| code).collect(),
            cited,
        }),
        Err(error) => {
            report.error(item.id_at, format!("值集有误:{error}"), error.to_string());
            None
        }
    }
}

fn read_code(report: &Report, table: &Table) -> Option<(Code, At)> {
    let reader = Reader::new(table, report);
    let code = reader.need_text("code");
    let zh = reader.need_text("zh");
    let en = reader.need_text("en");
    let exclusive = reader.boolean("exclusive").unwrap_or(false);
    let secrecy = reader.word("secrecy", &SECRECY).unwrap_or_default();
    let mut maps = BTreeMap::new();
    for (key, node) in reader.rest() {
        match &node.kind {
            NodeKind::Text(text) => {
                maps.insert(key.name.clone(), text.clone());
            }
            _ => reader.wrong(
                node,
                "文本(其他表单的代码)",
                "a text (the code of another form)",
            ),
        }
    }
    let (code, title) = (code?, Localized::new(zh?.text, en?.text));
    Some((
        Code {
            code: code.text.into(),
            title,
            exclusive,
            secrecy,
            maps,
        },
        code.at,
    ))
}

/// Reads a code table: header `code,zh,en[,anything]`.
fn read_csv(context: &Context<'_>, layer: usize, file: Text<'_>, codes: &mut Vec<(Code, At)>) {
    let report = context.report;
    let Some(position) = context.file(layer, file) else {
        return;
    };
    let sheet = read_sheet(report, position);
    let wanted = ["code", "zh", "en"].map(|title| sheet.column(title));
    let [Some(code), Some(zh), Some(en)] = wanted else {
        report.error(
            sheet.at,
            "表头应含 code,zh,en",
            "the header should hold code,zh,en",
        );
        return;
    };
    for row in &sheet.rows {
        if [code, zh, en]
            .iter()
            .any(|column| row.cell(*column).is_empty())
        {
            report.error(
                row.at,
                "code、zh、en 都要填写",
                "code, zh and en must all be filled",
            );
        } else {
            codes.push((csv_code(report, &sheet, row, [code, zh, en]), row.at));
        }
    }
}

/// A row of a code table; columns that mean nothing to the engine are maps to the codes of other forms.
fn csv_code(report: &Report, sheet: &Sheet, row: &SheetRow, [code, zh, en]: [usize; 3]) -> Code {
    let mut made = Code {
        code: row.cell(code).into(),
        title: Localized::new(row.cell(zh), row.cell(en)),
        exclusive: false,
        secrecy: Secrecy::Open,
        maps: BTreeMap::new(),
    };
    for (column, title) in sheet.titles() {
        let value = row.cell(column);
        match title {
            "code" | "zh" | "en" => {}
            "exclusive" => made.exclusive = value == "true",
            "secrecy" if !value.is_empty() => match value.parse() {
                Ok(level) => made.secrecy = level,
                Err(error) => {
                    report.error(row.at, format!("保密级别有误:{value}"), format!("{error}"))
                }
            },
            name if !value.is_empty() => {
                made.maps.insert(name.to_owned(), value.to_owned());
            }
            _ => {}
        }
    }
    made
}

/// What `person.sex` means when the pack does not say.
fn default_sex() -> CodeSet {
    let texts = [
        ("male", "男", "Male"),
        ("female", "女", "Female"),
        ("unknown", "未知", "Unknown"),
    ];
    let codes: Vec<Code> = texts
        .into_iter()
        .map(|(code, zh, en)| Code {
            code: code.into(),
            title: Localized::new(zh, en),
            exclusive: false,
            secrecy: Secrecy::Open,
            maps: BTreeMap::new(),
        })
        .collect();
    let set = ValueSet::new(
        "sex",
        codes.iter().map(|code| Arc::clone(&code.code)),
        false,
    )
    .expect("three plain words are a value set");
    CodeSet {
        id: "sex".into(),
        title: Localized::new("性别", "Sex"),
        set,
        codes,
        cited: crate::model::Cited::default(),
    }
}
