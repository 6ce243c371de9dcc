//! A pack's form as it is shown: every field with what was typed, what was last, what is wrong and what needs a reason.

use fuyou_expr::Value;
use fuyou_kernel::Secrecy;
use fuyou_pack::Form;
use fuyou_pack::input::print_input;
use fuyou_pack::model::{Field, FieldKind, Group, InputType, Requirement, Severity};
use fuyou_pack::record::{At, Cell, Checked, Finding};

use super::sent::NONE_OF_THESE;
use super::words::Words;
use crate::care::{Reasons, Shown, TypedText};

/// A choice of up to so many codes is shown whole; a longer one is a list to open.
const RADIOS_MAX: usize = 6;

/// One possible answer.
pub(super) struct OptionView {
    pub code: String,
    pub title: String,
    pub is_chosen: bool,
}

/// Something unusual that needs a reason.
pub(super) struct AskView {
    pub key: String,
    pub message: String,
    pub reason: String,
}

/// One field.
pub(super) struct FieldView {
    /// Name in the form.
    pub name: String,
    pub label: String,
    pub unit: String,
    pub hint: String,
    /// Whom the code of a colleague means.
    pub named: String,
    /// `text`, `number`, `date`, `time`, `radio`, `select`, `many`, `computed`, `organization`,
    /// `staff`.
    pub kind: &'static str,
    pub value: String,
    pub options: Vec<OptionView>,
    pub is_required: bool,
    pub is_hidden: bool,
    /// Whether the browser may keep it in a draft: infection findings stay out of it.
    pub is_kept: bool,
    /// The last value, in words.
    pub last: String,
    /// What it holds when nothing is out of the ordinary, as it would be typed.
    pub usual: String,
    /// What another version of the record says, in words.
    pub theirs: Option<String>,
    pub wrong: Vec<String>,
    pub asks: Vec<AskView>,
}

/// One repeated group.
pub(super) struct GroupView {
    pub id: String,
    pub title: String,
    /// Most rows that it takes.
    pub rows_max: usize,
    pub is_hidden: bool,
    pub rows: Vec<Vec<FieldView>>,
    pub can_add: bool,
    pub can_remove: bool,
    pub wrong: Vec<String>,
}

/// One section.
pub(super) struct SectionView {
    pub title: String,
    pub is_hidden: bool,
    pub fields: Vec<FieldView>,
    pub groups: Vec<GroupView>,
}

/// The whole form.
pub(super) struct FormView {
    pub occurred: FieldView,
    pub sections: Vec<SectionView>,
    /// What is wrong at no place that is shown.
    pub messages: Vec<String>,
    /// Unusual things at no place that is shown.
    pub asks: Vec<AskView>,
    pub has_restricted: bool,
    pub has_organizations: bool,
}

/// What is known about a form being filled.
pub(super) struct Filling<'a> {
    pub form: &'a Form,
    pub occurred_on: String,
    pub typed: &'a TypedText,
    pub reasons: &'a Reasons,
    pub checked: Option<&'a Checked>,
    pub findings: &'a [Finding],
    pub last: &'a [Shown],
    /// What is usual, in the order of the form's fields.
    pub usual: &'a [Value],
    /// Another version of the same record.
    pub theirs: Option<&'a [Shown]>,
}

impl Filling<'_> {
    /// The form for a reader.
    pub(super) fn view(&self, words: Words<'_>) -> FormView {
        let form = self.form;
        let mut sections: Vec<SectionView> = std::iter::once(None)
            .chain((0..form.sections.len()).map(Some))
            .map(|section| self.section(words, section))
            .chain(std::iter::once(self.groups_outside(words)))
            .filter(|section| !section.fields.is_empty() || !section.groups.is_empty())
            .collect();
        // A section of which nothing is shown has no heading either.
        for section in &mut sections {
            section.is_hidden = section.fields.iter().all(|field| field.is_hidden)
                && section.groups.iter().all(|group| group.is_hidden);
        }
        let is_open = |field: &Field| field.secrecy <= words.secrecy_max();
        let grouped = || form.groups.iter().flat_map(|group| &group.fields);
        let mut view = FormView {
            occurred: self.occurred(words),
            sections,
            messages: Vec::new(),
            asks: Vec::new(),
            has_restricted: !form.fields.iter().chain(grouped()).all(is_open),
            has_organizations: form
                .fields
                .iter()
                .chain(grouped())
                .any(|field| field.input == InputType::Organization),
        };
        for finding in self.findings {
            let restricted = finding.at.iter().any(|at| self.is_restricted(words, *at));
            let shown = finding
                .at
                .first()
                .is_some_and(|at| !self.is_restricted(words, *at));
            if !shown {
                let message = if restricted {
                    words.t("care-form-restricted")
                } else {
                    words.of(&finding.message)
                };
                match finding.severity {
                    Severity::Refuse => view.messages.push(message),
                    Severity::Confirm => view.asks.push(self.ask(finding, message)),
                }
            }
        }
        view.messages.dedup();
        view
    }

    fn is_restricted(&self, words: Words<'_>, at: At) -> bool {
        match at {
            At::OccurredOn | At::Group(_) => false,
            At::Field(ix) => self.form.fields[ix.get()].secrecy > words.secrecy_max(),
            At::Cell(group, _, ix) => {
                self.form.groups[group.get()].fields[ix.get()].secrecy > words.secrecy_max()
            }
        }
    }

    fn ask(&self, finding: &Finding, message: String) -> AskView {
        let key = finding.key(self.form);
        let reason = self.reasons.get(&key).cloned().unwrap_or_default();
        AskView {
            key,
            message,
            reason,
        }
    }

    fn against(&self, words: Words<'_>, at: At) -> (Vec<String>, Vec<AskView>) {
        let (mut wrong, mut asks) = (Vec::new(), Vec::new());
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.at.first() == Some(&at))
        {
            let message = words.of(&finding.message);
            match finding.severity {
                Severity::Refuse => wrong.push(message),
                Severity::Confirm => asks.push(self.ask(finding, message)),
            }
        }
        // A condition between fields is shown beside the first; the others are only marked.
        let beside = self
            .findings
            .iter()
            .filter(|finding| finding.at.iter().skip(1).any(|other| *other == at));
        wrong.extend(
            beside
                .filter(|finding| finding.severity == Severity::Refuse)
                .map(|finding| words.of(&finding.message)),
        );
        (wrong, asks)
    }

    fn occurred(&self, words: Words<'_>) -> FieldView {
        let label = &self.form.occurred_label;
        let (wrong, asks) = self.against(words, At::OccurredOn);
        FieldView {
            name: "occurred_on".to_owned(),
            label: label
                .as_ref()
                .map_or_else(|| words.t("care-occurred-on"), |label| words.of(label)),
            unit: String::new(),
            hint: String::new(),
            named: String::new(),
            kind: "date",
            value: self.occurred_on.clone(),
            options: Vec::new(),
            is_required: true,
            is_hidden: false,
            is_kept: true,
            last: String::new(),
            usual: String::new(),
            theirs: None,
            wrong,
            asks,
        }
    }

    fn section(&self, words: Words<'_>, section: Option<usize>) -> SectionView {
        let form = self.form;
        let mut fields = Vec::new();
        for (position, field) in form.fields.iter().enumerate() {
            if field.section == section && field.secrecy <= words.secrecy_max() {
                fields.push(self.field(words, position, field));
            }
        }
        SectionView {
            title: section
                .map(|at| words.of(&form.sections[at].title))
                .unwrap_or_default(),
            is_hidden: false,
            fields,
            groups: if section.is_some() {
                self.groups(words, section)
            } else {
                Vec::new()
            },
        }
    }

    fn groups(&self, words: Words<'_>, section: Option<usize>) -> Vec<GroupView> {
        let is_open = |group: &Group| {
            group
                .fields
                .iter()
                .any(|field| field.secrecy <= words.secrecy_max())
        };
        let groups = self.form.groups.iter().enumerate();
        let groups = groups.filter(|(_, group)| group.section == section && is_open(group));
        groups
            .map(|(position, group)| self.group(words, position, group))
            .collect()
    }

    /// Groups of no section stand at the end.
    fn groups_outside(&self, words: Words<'_>) -> SectionView {
        SectionView {
            title: String::new(),
            is_hidden: false,
            fields: Vec::new(),
            groups: self.groups(words, None),
        }
    }

    fn field(&self, words: Words<'_>, position: usize, field: &Field) -> FieldView {
        let at = At::Field(fuyou_pack::model::FieldIx::new(position));
        let computed = self.checked.map(|checked| &checked.draft.values[position]);
        let typed = match (&field.kind, computed) {
            (FieldKind::Computed(_), Some(value)) => words
                .field(field, &Shown::Value(value.clone()))
                .unwrap_or_default(),
            _ => self
                .typed
                .fields
                .get(&*field.id)
                .cloned()
                .unwrap_or_default(),
        };
        let (wrong, asks) = self.against(words, at);
        let last = self
            .last
            .get(position)
            .and_then(|shown| words.field(field, shown));
        FieldView {
            is_required: self.checked.map_or_else(
                || matches!(field.required, Some(Requirement::Always)),
                |checked| checked.required[position],
            ),
            is_hidden: self.checked.is_some_and(|checked| !checked.shown[position]),
            last: last.unwrap_or_default(),
            usual: self
                .usual
                .get(position)
                .filter(|value| !value.is_null())
                .map(|value| print_input(field, value))
                .unwrap_or_default(),
            theirs: self.theirs.and_then(|theirs| {
                let stored = words
                    .field(field, theirs.get(position)?)
                    .unwrap_or_default();
                let ours = self.checked.and_then(|checked| {
                    words.field(field, &Shown::Value(checked.draft.values[position].clone()))
                });
                (stored != ours.unwrap_or_default()).then_some(stored)
            }),
            wrong,
            asks,
            ..cell(words, field, format!("f.{}", field.id), typed)
        }
    }

    fn group(&self, words: Words<'_>, position: usize, group: &Group) -> GroupView {
        let ix = fuyou_pack::model::GroupIx::new(position);
        let none = Vec::new();
        let typed = self.typed.groups.get(&*group.id).unwrap_or(&none);
        let count = typed.len().max(usize::from(group.min));
        let row = |row: usize| -> Vec<FieldView> {
            let open = group
                .fields
                .iter()
                .enumerate()
                .filter(|(_, field)| field.secrecy <= words.secrecy_max());
            open.map(|(column, field)| {
                let text = typed
                    .get(row)
                    .and_then(|cells| cells.get(&*field.id))
                    .cloned()
                    .unwrap_or_default();
                let (wrong, asks) = self.against(
                    words,
                    At::Cell(ix, row, fuyou_pack::model::FieldIx::new(column)),
                );
                let computed = self
                    .checked
                    .and_then(|checked| checked.draft.groups[position].get(row));
                let value = match (&field.kind, computed) {
                    (FieldKind::Computed(_), Some(values)) => words
                        .field(field, &Shown::Value(values[column].clone()))
                        .unwrap_or_default(),
                    _ => text,
                };
                let cells = self.checked.and_then(|checked| checked.cells.get(position));
                let cell_now = cells
                    .and_then(|rows| rows.get(row))
                    .and_then(|cells| cells.get(column));
                FieldView {
                    is_required: cell_now.map_or_else(
                        || matches!(field.required, Some(Requirement::Always)),
                        |now| *now == Cell::Required,
                    ),
                    // In a row of which nothing was typed yet, what depends on other cells is not asked for.
                    is_hidden: cell_now.map_or(field.show_if.is_some(), |now| *now == Cell::Hidden),
                    wrong,
                    asks,
                    ..cell(
                        words,
                        field,
                        format!("g.{}.{row}.{}", group.id, field.id),
                        value,
                    )
                }
            })
            .collect()
        };
        GroupView {
            id: group.id.to_string(),
            title: words.of(&group.title),
            rows_max: usize::from(group.max),
            is_hidden: self
                .checked
                .is_some_and(|checked| !checked.shown_groups[position]),
            rows: (0..count).map(row).collect(),
            can_add: count < usize::from(group.max),
            can_remove: count > usize::from(group.min),
            wrong: self.against(words, At::Group(ix)).0,
        }
    }
}

/// A field of a form or of a row, with nothing against it yet.
fn cell(words: Words<'_>, field: &Field, name: String, value: String) -> FieldView {
    let kind = match (&field.kind, &field.input) {
        (FieldKind::Computed(_), _) => "computed",
        (_, InputType::Boolean) => "radio",
        (_, InputType::Integer | InputType::Decimal(_)) => "number",
        (_, InputType::Text) => "text",
        (_, InputType::Staff) => "staff",
        (_, InputType::Code(_)) => {
            let codes = field.codes.as_ref().map_or(0, |set| set.codes.len());
            if codes <= RADIOS_MAX {
                "radio"
            } else {
                "select"
            }
        }
        (_, InputType::Codes(_)) => "many",
        (_, InputType::Date) => "date",
        (_, InputType::Time) => "time",
        (_, InputType::Organization) => "organization",
    };
    FieldView {
        label: words.of(&field.label),
        unit: field.unit.clone().unwrap_or_default(),
        hint: field
            .hint
            .as_ref()
            .map(|hint| words.of(hint))
            .unwrap_or_default(),
        options: options(words, field, &value),
        named: match field.input {
            InputType::Staff => words.cx.staff.name(&value).unwrap_or_default(),
            _ => String::new(),
        },
        name,
        kind,
        value,
        is_required: false,
        is_hidden: false,
        is_kept: is_kept(field),
        last: String::new(),
        usual: String::new(),
        theirs: None,
        wrong: Vec::new(),
        asks: Vec::new(),
    }
}

/// Whether neither the field nor a code that it may hold is an infection finding.
fn is_kept(field: &Field) -> bool {
    let codes = field.codes.iter().flat_map(|set| &set.codes);
    let secrecy = codes.map(|code| code.secrecy).max().unwrap_or_default();
    secrecy.max(field.secrecy) < Secrecy::Infection
}

fn options(words: Words<'_>, field: &Field, value: &str) -> Vec<OptionView> {
    let chosen: Vec<&str> = value.split(',').map(str::trim).collect();
    let option = |code: &str, title: String| OptionView {
        code: code.to_owned(),
        title,
        is_chosen: chosen.contains(&code),
    };
    match &field.input {
        InputType::Boolean => vec![
            option("true", words.t("care-yes")),
            option("false", words.t("care-no")),
        ],
        InputType::Code(_) | InputType::Codes(_) => {
            let Some(set) = &field.codes else {
                return Vec::new();
            };
            let open = set
                .codes
                .iter()
                .filter(|code| code.secrecy <= words.secrecy_max());
            let mut options: Vec<OptionView> = open
                .map(|code| option(&code.code, words.of(&code.title)))
                .collect();
            let has_none = set.codes.iter().any(|code| code.exclusive);
            if matches!(field.input, InputType::Codes(_)) && !has_none {
                options.push(option(NONE_OF_THESE, words.t("care-none-of-these")));
            }
            options
        }
        InputType::Integer
        | InputType::Decimal(_)
        | InputType::Text
        | InputType::Date
        | InputType::Time
        | InputType::Organization
        | InputType::Staff => Vec::new(),
    }
}
