//! Two versions of one record side by side, for a person to decide.

use fuyou_pack::Form;
use fuyou_pack::model::{Field, Group};
use fuyou_pack::record::Checked;

use super::words::Words;
use crate::care::{RecordShown, Shown};

/// Another version of the record that is being saved.
pub(super) struct TheirsView {
    pub href: String,
    pub by: String,
    pub at: String,
    /// What saving again would do, in words.
    pub advice: String,
    pub rows: Vec<Difference>,
}

/// One difference in the reader's words; nothing typed is empty.
pub(super) struct Difference {
    pub label: String,
    pub ours: String,
    pub theirs: String,
}

/// What differs between a form as it was checked and a stored record, as far as the reader may see it.
pub(super) fn differences(
    words: Words<'_>,
    form: &Form,
    (ours, ours_on): (&Checked, &str),
    theirs: &RecordShown,
) -> Vec<Difference> {
    let day = Difference {
        label: form
            .occurred_label
            .as_ref()
            .map_or_else(|| words.t("care-occurred-on"), |label| words.of(label)),
        ours: ours_on.to_owned(),
        theirs: theirs.occurred_on.to_string(),
    };
    let is_open = |field: &Field| field.secrecy <= words.secrecy_max();
    let pairs = ours.draft.values.iter().zip(&theirs.values);
    let fields = form.fields.iter().zip(pairs);
    let fields = fields
        .filter(|(field, _)| is_open(field))
        .map(|(field, (own, stored))| Difference {
            label: words.of(&field.label),
            ours: words
                .field(field, &Shown::Value(own.clone()))
                .unwrap_or_default(),
            theirs: words.field(field, stored).unwrap_or_default(),
        });
    let rows = |group: &Group, rows: &[Vec<Shown>]| -> String {
        let row = |row: &Vec<Shown>| -> String {
            let cells = group
                .fields
                .iter()
                .zip(row)
                .filter(|(field, _)| is_open(field));
            let cells = cells.filter_map(|(field, shown)| words.field(field, shown));
            cells.collect::<Vec<_>>().join(" · ")
        };
        rows.iter().map(row).collect::<Vec<_>>().join("; ")
    };
    let shown = |own: &Vec<Vec<fuyou_expr::Value>>| -> Vec<Vec<Shown>> {
        let row = |row: &Vec<fuyou_expr::Value>| row.iter().cloned().map(Shown::Value).collect();
        own.iter().map(row).collect()
    };
    let pairs = ours.draft.groups.iter().zip(&theirs.groups);
    let groups = form
        .groups
        .iter()
        .zip(pairs)
        .map(|(group, (own, stored))| Difference {
            label: words.of(&group.title),
            ours: rows(group, &shown(own)),
            theirs: rows(group, stored),
        });
    std::iter::once(day)
        .chain(fields)
        .chain(groups)
        .filter(|pair| pair.ours != pair.theirs)
        .collect()
}
