//! Puts layers together on the items as written, so that each keeps the place where it stands.

use std::sync::Arc;

use crate::model::{Change, ChangeKind, ItemKind};
use crate::raw::{At, Incoming, Items, Node, NodeKind, Operation, Report, Table, take_operation};

/// Lists inside an item that are always changed entry by entry.
const LISTS_OF_TABLES: [&str; 4] = ["section", "field", "group", "check"];
/// Lists inside an item that are changed entry by entry when an entry says `change`, and replaced whole otherwise.
const LISTS_BY_WISH: [&str; 3] = ["codes", "levels", "marks"];

/// Applies the items of one layer. What an overlay (not the base, `layer` 0) does is added to `changes`.
pub(crate) fn apply(
    report: &Report,
    items: &mut Items,
    changes: &mut Vec<Change>,
    layer: (usize, &Arc<str>),
    incoming: Vec<Incoming>,
) {
    for one in incoming {
        let Incoming { item, operation } = one;
        let (kind, program, id, at) =
            (item.kind, item.program.clone(), item.id.clone(), item.id_at);
        let done = match operation {
            Operation::Add => add(report, items, item),
            Operation::Replace => replace(report, items, item),
            Operation::Alter => alter(report, items, item),
            Operation::Remove if kind == ItemKind::Field => remove_field(report, items, &item),
            Operation::Remove => remove(report, items, &item),
        };
        if let (Some(change), true) = (done, layer.0 > 0) {
            changes.push(Change {
                layer: Arc::clone(layer.1),
                item: kind,
                program: program.as_str().into(),
                id: id.as_str().into(),
                kind: change,
                place: report.place(at),
            });
        }
    }
}

type Named<'a> = (ItemKind, &'a str, &'a str);

fn key((kind, program, id): Named<'_>) -> (ItemKind, String, String) {
    (kind, program.to_owned(), id.to_owned())
}

fn add(report: &Report, items: &mut Items, item: crate::raw::Item) -> Option<ChangeKind> {
    let key = key((item.kind, &item.program, &item.id));
    if let Some(before) = items
        .index
        .get(&key)
        .and_then(|position| items.list[*position].as_ref())
    {
        let place = report.place(before.id_at);
        report.error(
            item.id_at,
            format!("{} {} 已在 {}:{} 定义;改动它请写 change = \"alter\" 或 \"replace\"", item.kind.word(), item.id, place.file, place.line),
            format!(
                "{} `{}` is already defined at {}:{}; to change it write change = \"alter\" or \"replace\"",
                item.kind.word(), item.id, place.file, place.line
            ),
        );
        return None;
    }
    items.index.insert(key, items.list.len());
    items.list.push(Some(item));
    Some(ChangeKind::Added)
}

/// The position of an item that an overlay wants to change.
fn find(report: &Report, items: &Items, wanted: Named<'_>, at: At) -> Option<usize> {
    let position = items
        .index
        .get(&key(wanted))
        .copied()
        .filter(|position| items.list[*position].is_some());
    if position.is_none() {
        let (kind, program, id) = wanted;
        let known = items.of(kind, program).map(|item| item.id.as_str());
        let suggestion = crate::raw::nearest(id, known).map(str::to_owned);
        let message = fuyou_kernel::Localized::new(
            format!("没有可改动的 {} {id}", kind.word()),
            format!("there is no {} `{id}` to change", kind.word()),
        );
        report.error_with(at, message, suggestion);
    }
    position
}

fn replace(report: &Report, items: &mut Items, item: crate::raw::Item) -> Option<ChangeKind> {
    let position = find(
        report,
        items,
        (item.kind, &item.program, &item.id),
        item.id_at,
    )?;
    items.list[position] = Some(item);
    Some(ChangeKind::Replaced)
}

fn remove(report: &Report, items: &mut Items, item: &crate::raw::Item) -> Option<ChangeKind> {
    let position = find(
        report,
        items,
        (item.kind, &item.program, &item.id),
        item.id_at,
    )?;
    items.list[position] = None;
    items
        .index
        .remove(&key((item.kind, &item.program, &item.id)));
    Some(ChangeKind::Removed)
}

/// Takes a field out of a form: its id is `FORM.FIELD`.
fn remove_field(report: &Report, items: &mut Items, item: &crate::raw::Item) -> Option<ChangeKind> {
    let Some((form, field)) = item.id.split_once('.') else {
        report.error(
            item.id_at,
            "字段应写作 表单.字段",
            "a field is written FORM.FIELD",
        );
        return None;
    };
    let position = find(
        report,
        items,
        (ItemKind::Form, &item.program, form),
        item.id_at,
    )?;
    let table = &mut items.list[position].as_mut()?.table;
    let fields = table
        .entries
        .iter_mut()
        .find(|(key, _)| key.name == "field");
    if let Some((
        _,
        Node {
            kind: NodeKind::Array(list),
            ..
        },
    )) = fields
    {
        let before = list.len();
        list.retain(
            |node| !matches!(&node.kind, NodeKind::Table(table) if table.text("id") == Some(field)),
        );
        if list.len() < before {
            return Some(ChangeKind::Removed);
        }
    }
    report.error(
        item.id_at,
        format!("表单 {form} 没有字段 {field}"),
        format!("form `{form}` has no field `{field}`"),
    );
    None
}

fn alter(report: &Report, items: &mut Items, item: crate::raw::Item) -> Option<ChangeKind> {
    let position = find(
        report,
        items,
        (item.kind, &item.program, &item.id),
        item.id_at,
    )?;
    let before = items.list[position].as_mut()?;
    let mut keys = Vec::new();
    merge(report, &mut before.table, item.table, "", &mut keys);
    before.id_at = item.id_at;
    Some(ChangeKind::Altered(keys))
}

/// Puts the keys of `new` over those of `old`: sub-tables key by key, lists of things with ids entry by entry.
fn merge(report: &Report, old: &mut Table, new: Table, prefix: &str, keys: &mut Vec<String>) {
    for (key, node) in new.entries {
        if key.name == "id" {
            continue;
        }
        let name = format!("{prefix}{}", key.name);
        let before = old
            .entries
            .iter_mut()
            .find(|(known, _)| known.name == key.name);
        match (before, node.kind) {
            (
                Some((
                    _,
                    Node {
                        kind: NodeKind::Table(below),
                        ..
                    },
                )),
                NodeKind::Table(over),
            ) => {
                merge(report, below, over, &format!("{name}."), keys);
            }
            (
                Some((
                    _,
                    Node {
                        kind: NodeKind::Array(below),
                        ..
                    },
                )),
                NodeKind::Array(over),
            ) if is_merged(&key.name, &over) => {
                merge_list(report, below, over, &name, keys);
            }
            (Some((known, slot)), kind) => {
                *known = key;
                *slot = Node { at: node.at, kind };
                keys.push(name);
            }
            (None, kind) => {
                old.entries.push((key, Node { at: node.at, kind }));
                keys.push(name);
            }
        }
    }
}

/// Whether a list is put over the one below entry by entry.
fn is_merged(name: &str, over: &[Node]) -> bool {
    LISTS_OF_TABLES.contains(&name)
        || (LISTS_BY_WISH.contains(&name) && over.iter().any(says_change))
}

fn says_change(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Table(table) if table.get("change").is_some())
}

fn id_of(table: &Table) -> Option<&str> {
    table.text("id").or_else(|| table.text("code"))
}

fn merge_list(
    report: &Report,
    old: &mut Vec<Node>,
    new: Vec<Node>,
    name: &str,
    keys: &mut Vec<String>,
) {
    for node in new {
        let NodeKind::Table(mut table) = node.kind else {
            report.error(node.at, "这里应为表", "expected a table");
            continue;
        };
        let Some(operation) = take_operation(report, &mut table) else {
            continue;
        };
        let id = id_of(&table).unwrap_or_default().to_owned();
        let position = old.iter().position(
            |node| matches!(&node.kind, NodeKind::Table(known) if id_of(known) == Some(&id)),
        );
        match (operation, position) {
            (Operation::Add | Operation::Remove, None) => {
                old.push(Node {
                    at: node.at,
                    kind: NodeKind::Table(table),
                });
                keys.push(format!("{name}.{id}"));
            }
            (Operation::Add | Operation::Remove, Some(_)) => {
                report.error(
                    node.at,
                    format!("{name} {id} 已存在"),
                    format!("{name} `{id}` already exists"),
                );
            }
            (Operation::Replace | Operation::Alter, None) => {
                report.error(
                    node.at,
                    format!("没有可改动的 {name} {id}"),
                    format!("there is no {name} `{id}` to change"),
                );
            }
            (Operation::Replace, Some(position)) => {
                old[position] = Node {
                    at: node.at,
                    kind: NodeKind::Table(table),
                };
                keys.push(format!("{name}.{id}"));
            }
            (Operation::Alter, Some(position)) => {
                if let NodeKind::Table(below) = &mut old[position].kind {
                    merge(report, below, table, &format!("{name}.{id}."), keys);
                }
            }
        }
    }
}
