use std::collections::HashMap;

use super::{At, Key, Node, NodeKind, Reader, Report, Table};
use crate::model::ItemKind;

/// One definition as written, by kind, program and id: what overlays add, replace, alter and remove.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub kind: ItemKind,
    /// The program's folder; empty for items of the whole pack.
    pub program: String,
    pub id: String,
    pub id_at: At,
    pub table: Table,
    /// Which layer wrote it.
    pub layer: usize,
}

/// What a layer does with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Replace,
    Alter,
    Remove,
}

/// An item of one layer and what it does.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub item: Item,
    pub operation: Operation,
}

/// The items of all layers, put together, in the order first written.
#[derive(Debug, Default)]
pub(crate) struct Items {
    pub list: Vec<Option<Item>>,
    pub index: HashMap<(ItemKind, String, String), usize>,
}

impl Items {
    /// The items of a kind in a program, in order.
    pub fn of(&self, kind: ItemKind, program: &str) -> impl Iterator<Item = &Item> {
        self.list
            .iter()
            .flatten()
            .filter(move |item| item.kind == kind && item.program == program)
    }

    pub fn one(&self, kind: ItemKind, program: &str, id: &str) -> Option<&Item> {
        let position = *self.index.get(&(kind, program.to_owned(), id.to_owned()))?;
        self.list[position].as_ref()
    }
}

/// The head of `pack.toml`.
#[derive(Clone, Debug)]
pub(crate) struct LayerHead {
    pub table: Table,
}

/// What stands beside the head of a pack.
const HEAD_ARRAYS: &[(&str, ItemKind)] = &[("source", ItemKind::Source)];
/// What belongs to the whole pack, also where it stands in a program's files.
const SHARED_ARRAYS: &[(&str, ItemKind)] = &[
    ("value_set", ItemKind::ValueSet),
    ("curve", ItemKind::Curve),
];
/// What an overlay takes away, after what it adds and changes.
const REMOVALS: &[(&str, ItemKind)] = &[("remove", ItemKind::Program)];
/// What belongs to a program.
const PROGRAM_ARRAYS: &[(&str, ItemKind)] = &[
    ("visit", ItemKind::Visit),
    ("score", ItemKind::Score),
    ("rule", ItemKind::Rule),
    ("referral", ItemKind::Referral),
    ("list", ItemKind::List),
    ("chart", ItemKind::Chart),
    ("trend", ItemKind::Trend),
    ("opens", ItemKind::Opens),
    ("measure", ItemKind::Measure),
    ("indicator", ItemKind::Indicator),
    ("stratum", ItemKind::Stratum),
];
const CASE_ARRAYS: &[(&str, ItemKind)] = &[
    ("history", ItemKind::History),
    ("case", ItemKind::Case),
    ("case_table", ItemKind::CaseTable),
    ("remove", ItemKind::Program),
];

/// Reads the items of one layer from its files (given as positions in the report's files with their path in the folder).
pub(crate) fn collect(
    report: &Report,
    layer: usize,
    files: &[(usize, String)],
    tables: &mut [Option<Table>],
) -> (Option<LayerHead>, Vec<Incoming>) {
    let mut head = None;
    let mut collector = Collector {
        report,
        layer,
        incoming: Vec::new(),
    };
    for (file, path) in files {
        let Some(mut table) = tables[*file].take() else {
            continue;
        };
        match *path.split('/').collect::<Vec<_>>() {
            ["pack.toml"] => {
                collector.arrays(&mut table, "", HEAD_ARRAYS);
                head = Some(LayerHead { table });
            }
            [_] => {
                for arrays in [HEAD_ARRAYS, SHARED_ARRAYS, REMOVALS] {
                    collector.arrays(&mut table, "", arrays);
                }
                collector.nothing_else(&table);
            }
            [program, "forms", ..] => collector.form(table, program, *file),
            [program, "cases", ..] => {
                collector.arrays(&mut table, program, CASE_ARRAYS);
                collector.nothing_else(&table);
            }
            [program, ..] => collector.program(table, program, path, *file),
            [] => {}
        }
    }
    (head, collector.incoming)
}

struct Collector<'a> {
    report: &'a Report,
    layer: usize,
    incoming: Vec<Incoming>,
}

impl Collector<'_> {
    fn arrays(&mut self, table: &mut Table, program: &str, known: &[(&str, ItemKind)]) {
        for (name, kind) in known {
            // These may stand beside the program that uses them; they belong to the whole pack all the same.
            let program = if matches!(kind, ItemKind::ValueSet | ItemKind::Curve) {
                ""
            } else {
                program
            };
            let Some((_, node)) = table.take(name) else {
                continue;
            };
            let NodeKind::Array(list) = node.kind else {
                let (zh, en) = node.kind.name();
                self.report.error(
                    node.at,
                    format!("{name} 应写作 [[{name}]],却是{zh}"),
                    format!("`{name}` should be written as [[{name}]], found {en}"),
                );
                continue;
            };
            for node in list {
                let NodeKind::Table(item) = node.kind else {
                    self.report.error(node.at, "这里应为表", "expected a table");
                    continue;
                };
                if *name == "remove" {
                    self.remove(&item, program)
                } else {
                    self.item(*kind, program, item)
                }
            }
        }
    }

    fn item(&mut self, kind: ItemKind, program: &str, table: Table) {
        let Some((id, id_at)) = self.id_of(&table) else {
            return;
        };
        self.push(kind, program, id, id_at, table);
    }

    fn id_of(&self, table: &Table) -> Option<(String, At)> {
        let reader = Reader::new(table, self.report);
        reader.need_text("id").map(|id| (id.text.to_owned(), id.at))
    }

    fn push(&mut self, kind: ItemKind, program: &str, id: String, id_at: At, mut table: Table) {
        let Some(operation) = take_operation(self.report, &mut table) else {
            return;
        };
        let item = Item {
            kind,
            program: program.to_owned(),
            id,
            id_at,
            table,
            layer: self.layer,
        };
        self.incoming.push(Incoming { item, operation });
    }

    fn remove(&mut self, table: &Table, program: &str) {
        let reader = Reader::new(table, self.report);
        let kind = reader.word("kind", &ItemKind::WORDS);
        let id = reader.need_text("id");
        if reader.table.get("kind").is_none() {
            self.report
                .error(reader.at, "缺少 kind", "`kind` is missing");
        }
        reader.finish();
        let (Some(kind), Some(id)) = (kind, id) else {
            return;
        };
        let program = if matches!(
            kind,
            ItemKind::ValueSet | ItemKind::Curve | ItemKind::Source
        ) {
            ""
        } else {
            program
        };
        let item = Item {
            kind,
            program: program.to_owned(),
            id: id.text.to_owned(),
            id_at: id.at,
            table: Table {
                at: table.at,
                entries: Vec::new(),
            },
            layer: self.layer,
        };
        self.incoming.push(Incoming {
            item,
            operation: Operation::Remove,
        });
    }

    fn form(&mut self, mut table: Table, program: &str, file: usize) {
        self.arrays(&mut table, program, REMOVALS);
        if table.entries.is_empty() {
            return;
        }
        match self.id_of(&table) {
            Some((id, id_at)) => self.push(ItemKind::Form, program, id, id_at, table),
            None => debug_assert!(!self.report.files[file].path.is_empty()),
        }
    }

    fn program(&mut self, mut table: Table, program: &str, path: &str, file: usize) {
        for arrays in [SHARED_ARRAYS, PROGRAM_ARRAYS, REMOVALS] {
            self.arrays(&mut table, program, arrays);
        }
        self.map(&mut table, program, "derived", ItemKind::Derived);
        self.map(&mut table, program, "facts", ItemKind::Fact);
        if let Some((key, node)) = table.take("risk") {
            match node.kind {
                NodeKind::Table(risk) => {
                    self.push(ItemKind::Risk, program, "risk".into(), key.at, risk)
                }
                _ => self
                    .report
                    .error(node.at, "这里应为 [risk] 表", "expected a table [risk]"),
            }
        }
        if table.entries.is_empty() {
            return;
        }
        if path == format!("{program}/program.toml") {
            let at = At {
                file: u32::try_from(file).unwrap_or(u32::MAX),
                start: 0,
                end: 1,
            };
            let id_at = table.get("id").map_or(at, |node| node.at);
            // An overlay that writes a program's keys alters them: one could hardly want to write all of them again.
            if self.layer > 0 && table.get("change").is_none() && table.get("subject").is_none() {
                table.entries.push(alter_entry(at));
            }
            self.push(ItemKind::Program, program, program.to_owned(), id_at, table);
        } else {
            self.nothing_else(&table);
        }
    }

    fn map(&mut self, table: &mut Table, program: &str, name: &str, kind: ItemKind) {
        let Some((_, node)) = table.take(name) else {
            return;
        };
        let NodeKind::Table(map) = node.kind else {
            self.report.error(
                node.at,
                format!("这里应为 [{name}] 表"),
                format!("expected a table [{name}]"),
            );
            return;
        };
        for (key, node) in map.entries {
            let table = match node.kind {
                NodeKind::Table(table) => table,
                _ => Table {
                    at: node.at,
                    entries: vec![(
                        Key {
                            name: "is".into(),
                            at: key.at,
                        },
                        node,
                    )],
                },
            };
            self.push(kind, program, key.name, key.at, table);
        }
    }

    fn nothing_else(&self, table: &Table) {
        for (key, _) in &table.entries {
            let known = [
                HEAD_ARRAYS,
                SHARED_ARRAYS,
                PROGRAM_ARRAYS,
                CASE_ARRAYS,
                REMOVALS,
            ]
            .into_iter()
            .flatten()
            .map(|(name, _)| *name)
            .chain(["facts", "derived", "risk"]);
            let message = fuyou_kernel::Localized::new(
                format!("此文件里不认识 {}", key.name),
                format!("unknown key `{}` in this file", key.name),
            );
            self.report.error_with(
                key.at,
                message,
                super::nearest(&key.name, known).map(str::to_owned),
            );
        }
    }
}

fn alter_entry(at: At) -> (Key, Node) {
    (
        Key {
            name: "change".into(),
            at,
        },
        Node {
            at,
            kind: NodeKind::Text("alter".into()),
        },
    )
}

/// Takes the key `change` out of a table.
pub(crate) fn take_operation(report: &Report, table: &mut Table) -> Option<Operation> {
    let Some((_, node)) = table.take("change") else {
        return Some(Operation::Add);
    };
    let words = [
        ("add", Operation::Add),
        ("replace", Operation::Replace),
        ("alter", Operation::Alter),
    ];
    match &node.kind {
        NodeKind::Text(text) => super::read_word(report, super::Text { text, at: node.at }, &words),
        _ => {
            report.error(
                node.at,
                "change 应为 add、replace 或 alter",
                "expected add, replace or alter",
            );
            None
        }
    }
}
