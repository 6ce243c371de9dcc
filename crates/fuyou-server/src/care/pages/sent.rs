//! A form as a browser sent it: pairs of names and texts.
//!
//! `f.FIELD` is a field, `g.GROUP.ROW.FIELD` a cell (rows from 0), `n.GROUP` the number of rows, `reason.KEY` a reason.

use std::collections::BTreeMap;

use fuyou_kernel::Secrecy;
use fuyou_pack::Form;
use fuyou_pack::input::print_input;
use fuyou_pack::model::{Field, Group, InputType};
use fuyou_pack::record::Draft;

use crate::care::{Reasons, Shown, TypedText};
use crate::registry::Tree;

/// "None of these": several codes of which none was chosen, knowingly.
pub(super) const NONE_OF_THESE: &str = "|";

/// What the person at the desk wants next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Save,
    /// Shows the form again, checked.
    Check,
    AddRow(String),
    RemoveRow(String, usize),
}

/// The pairs.
pub(super) struct Sent(pub Vec<(String, String)>);

impl Sent {
    pub(super) fn one(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Whether the page is wanted again with other places to choose from.
    pub(super) fn asks_for_places(&self) -> bool {
        self.one("do") == "find"
    }

    pub(super) fn wish(&self) -> Wish {
        let wish = self
            .0
            .iter()
            .rev()
            .find(|(name, _)| name == "do")
            .map_or("save", |(_, value)| value);
        match wish.split(':').collect::<Vec<_>>()[..] {
            ["add", group] => Wish::AddRow(group.to_owned()),
            ["remove", group, row] => row
                .parse()
                .map_or(Wish::Check, |row| Wish::RemoveRow(group.to_owned(), row)),
            ["save"] => Wish::Save,
            _ => Wish::Check,
        }
    }

    pub(super) fn reasons(&self) -> Reasons {
        let given = self
            .0
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("reason.")?, text.trim())));
        given
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (key.to_owned(), text.to_owned()))
            .collect()
    }

    /// What was typed into the fields that the sender may see. A row that was left blank is no row.
    pub(super) fn typed(&self, form: &Form, tree: &Tree, secrecy_max: Secrecy) -> TypedText {
        let mut typed = TypedText::default();
        for field in form
            .fields
            .iter()
            .filter(|field| field.secrecy <= secrecy_max)
        {
            if let Some(text) = self.text(field, &format!("f.{}", field.id), tree) {
                typed.fields.insert(field.id.to_string(), text);
            }
        }
        for group in &form.groups {
            let mut rows: Vec<BTreeMap<String, String>> = (0..self.rows(group))
                .map(|row| self.row(group, row, tree, secrecy_max))
                .collect();
            match self.wish() {
                Wish::AddRow(id) if *id == *group.id && rows.len() < usize::from(group.max) => {
                    rows.push(BTreeMap::new())
                }
                Wish::RemoveRow(id, row) if *id == *group.id && row < rows.len() => {
                    drop(rows.remove(row))
                }
                Wish::Save => rows.retain(|row| !row.is_empty()),
                Wish::AddRow(_) | Wish::RemoveRow(..) | Wish::Check => {}
            }
            typed.groups.insert(group.id.to_string(), rows);
        }
        typed
    }

    fn rows(&self, group: &Group) -> usize {
        let rows: usize = self.one(&format!("n.{}", group.id)).parse().unwrap_or(0);
        rows.min(usize::from(group.max))
    }

    fn row(
        &self,
        group: &Group,
        row: usize,
        tree: &Tree,
        secrecy_max: Secrecy,
    ) -> BTreeMap<String, String> {
        let fields = group
            .fields
            .iter()
            .filter(|field| field.secrecy <= secrecy_max);
        let texts = fields.filter_map(|field| {
            let text = self.text(field, &format!("g.{}.{row}.{}", group.id, field.id), tree)?;
            Some((field.id.to_string(), text))
        });
        texts.collect()
    }

    fn text(&self, field: &Field, name: &str, tree: &Tree) -> Option<String> {
        let given = self
            .0
            .iter()
            .filter(|(known, text)| known == name && !text.trim().is_empty());
        let mut texts: Vec<&str> = given.map(|(_, text)| text.as_str()).collect();
        if texts.len() > 1 {
            texts.retain(|text| *text != NONE_OF_THESE);
        }
        let text = texts.join(",");
        if text.is_empty() {
            return None;
        }
        let typed_name = text.trim();
        let known = || {
            tree.all()
                .iter()
                .find(|organization| organization.name == typed_name)
        };
        match field.input {
            // A name typed in full does as well as the code.
            InputType::Organization if tree.by_code(typed_name).is_none() => {
                Some(known().map_or(text.clone(), |organization| organization.code.clone()))
            }
            _ => Some(text),
        }
    }
}

/// A draft as it would be typed.
pub(super) fn typed_of_draft(form: &Form, draft: &Draft) -> TypedText {
    let mut typed = TypedText::default();
    for (field, value) in form.fields.iter().zip(&draft.values) {
        if !value.is_null() {
            typed
                .fields
                .insert(field.id.to_string(), print_input(field, value));
        }
    }
    for (group, rows) in form.groups.iter().zip(&draft.groups) {
        let row = |values: &Vec<fuyou_expr::Value>| {
            let cells = group
                .fields
                .iter()
                .zip(values)
                .filter(|(_, value)| !value.is_null());
            cells
                .map(|(field, value)| (field.id.to_string(), print_input(field, value)))
                .collect()
        };
        typed
            .groups
            .insert(group.id.to_string(), rows.iter().map(row).collect());
    }
    typed
}

/// A stored record as it would be typed; none when the reader may not see all of it, because saving it again would lose
/// what is hidden.
pub(super) fn typed_of_record(
    form: &Form,
    values: &[Shown],
    groups: &[Vec<Vec<Shown>>],
) -> Option<TypedText> {
    let seen = |shown: &[Shown]| -> Option<Vec<fuyou_expr::Value>> {
        let values = shown.iter().map(|shown| match shown {
            Shown::Value(value) => Some(value.clone()),
            Shown::Restricted => None,
        });
        values.collect()
    };
    let rows = groups
        .iter()
        .map(|rows| rows.iter().map(|row| seen(row)).collect::<Option<Vec<_>>>());
    let draft = Draft {
        occurred_on: None,
        values: seen(values)?,
        groups: rows.collect::<Option<Vec<_>>>()?,
    };
    Some(typed_of_draft(form, &draft))
}
