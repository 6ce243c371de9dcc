//! A list in words: heads, lines and totals, on the page, on paper and in files alike.

use std::collections::HashMap;

use fuyou_expr::{Type, Value, format_value};
use fuyou_kernel::{DayNumber, Timestamp};
use fuyou_pack::Program;
use fuyou_pack::model::{SubjectKind, Unreached};
use uuid::Uuid;

use super::home_of;
use super::list_query::{CONTACT, ListQuery, RESIDENCE};
use super::words::{Badge, Words, date};
use crate::care::{
    ColumnOf, Contact, EnrollmentId, ListHead, ListPage as Page, ListRow, Shown, Texts, Total,
};
use crate::http::{Cx, Error};
use crate::registry::{Named, learn_staff, named};
use crate::texts::Sense;

/// Names that are asked for at once.
const NAMES_MAX: usize = 500;

/// A column's head.
pub(super) struct HeadView {
    pub title: String,
    /// Where the lines are sorted by it.
    pub href: String,
    /// `ascending`, `descending` or empty.
    pub sorted: &'static str,
    pub is_number: bool,
}

/// A column that can be chosen.
pub(super) struct Choice {
    pub key: String,
    pub title: String,
    pub is_shown: bool,
}

/// Columns that come from one place.
pub(super) struct ChoiceGroup {
    pub title: String,
    pub choices: Vec<Choice>,
}

/// The choices that a page of a list offers itself: the list's own columns, and what is shown besides.
pub(super) fn near(groups: Vec<ChoiceGroup>) -> Vec<Choice> {
    let groups = groups.into_iter().enumerate();
    let near = groups.flat_map(|(at, group)| {
        let choices = group.choices.into_iter();
        choices.filter(move |choice| at == 0 || choice.is_shown)
    });
    near.collect()
}

/// A line.
pub(super) struct LineView {
    pub href: String,
    pub name: String,
    pub residence: String,
    pub cells: Vec<(String, Vec<Badge>)>,
    pub contact: ContactView,
}

/// What is known of reaching somebody.
#[derive(Default)]
pub(super) struct ContactView {
    pub words: String,
    /// What is to be done instead of calling again.
    pub instead: String,
    /// Where the next attempt is sent, with the id that it will have; empty when no task is open.
    pub at: String,
    pub id: String,
}

/// A list with what its words need.
pub(super) struct Looks<'a> {
    pub words: Words<'a>,
    pub program: &'a Program,
    pub page: &'a Page,
    pub query: &'a ListQuery,
    pub dates: Dates,
}

/// How dates are told: said to a reader, or written so that they sort and can be counted with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dates {
    Said,
    Written,
}

/// The names of the persons of some lines.
pub(super) async fn names_of(cx: &Cx, rows: &[ListRow]) -> Result<HashMap<Uuid, Named>, Error> {
    let mut found = HashMap::new();
    for rows in rows.chunks(NAMES_MAX) {
        let subjects = rows.iter().map(|row| row.subject.uuid());
        found.extend(named(cx, subjects).await??);
    }
    Ok(found)
}

/// Learns the names of the colleagues whose codes stand in some lines. One statement where a column has such, else none.
pub(super) async fn learn_colleagues(
    cx: &Cx,
    heads: &[ListHead],
    rows: &[ListRow],
) -> Result<(), Error> {
    let places = (0..heads.len()).filter(|at| heads[*at].texts == Texts::Staff);
    let mut codes: Vec<&str> = Vec::new();
    for at in places {
        let values = rows.iter().filter_map(|row| row.values.get(at));
        codes.extend(values.filter_map(|value| match value {
            Shown::Value(Value::Text(code)) => Some(&**code),
            Shown::Value(_) | Shown::Restricted => None,
        }));
    }
    Ok(learn_staff(cx, &codes).await?)
}

/// How a list speaks of its subjects: beside a name stands where a person lives, or what an organization belongs to.
pub(super) struct Keys {
    pub name: &'static str,
    pub place: &'static str,
    pub total: &'static str,
}

pub(super) fn keys(program: &Program) -> Keys {
    match program.subject {
        SubjectKind::Organization => Keys {
            name: "list-organization-name",
            place: "list-above",
            total: "list-total-organizations",
        },
        SubjectKind::Person | SubjectKind::Staff => Keys {
            name: "list-name",
            place: "list-residence",
            total: "list-total",
        },
    }
}

impl Looks<'_> {
    fn shows(&self, key: &str) -> bool {
        self.query.shows(key, self.page.is_called)
    }

    pub(super) fn shows_residence(&self) -> bool {
        self.shows(RESIDENCE)
    }

    pub(super) fn shows_contact(&self) -> bool {
        self.shows(CONTACT)
    }

    /// Every column that can be chosen, those of the list first, then facts, then the fields of each form.
    pub(super) fn choices(&self, all: &[ListHead]) -> Vec<ChoiceGroup> {
        let mut groups: Vec<(ColumnOf, ChoiceGroup)> = Vec::new();
        for head in all {
            let of = match head.of {
                ColumnOf::List(_) => ColumnOf::List(0),
                other => other,
            };
            let choice = self.choice(&head.key, self.words.of(&head.title));
            match groups.last_mut().filter(|(known, _)| *known == of) {
                Some((_, group)) => group.choices.push(choice),
                None => {
                    let title = match of {
                        ColumnOf::Form(form) => self.words.form_title(self.program.form(form)),
                        ColumnOf::Facts => self.words.t("list-columns-facts"),
                        ColumnOf::List(_) => self.words.of(&self.page.title),
                    };
                    let choices = vec![choice];
                    groups.push((of, ChoiceGroup { title, choices }));
                }
            }
        }
        if let Some((_, own)) = groups.first_mut() {
            let place = self.words.t(keys(self.program).place);
            own.choices.insert(0, self.choice(RESIDENCE, place));
            let contact = self.words.t("list-contact");
            own.choices.push(self.choice(CONTACT, contact));
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    fn choice(&self, key: &str, title: String) -> Choice {
        let is_shown = self.shows(key) || self.page.columns.iter().any(|shown| shown.key == key);
        Choice {
            is_shown,
            key: key.to_owned(),
            title,
        }
    }

    pub(super) fn heads(&self, base: &str) -> Vec<HeadView> {
        let head = |head: &ListHead| {
            let word = match head.of {
                ColumnOf::List(at) => at.to_string(),
                ColumnOf::Facts | ColumnOf::Form(_) => head.key.clone(),
            };
            let (up, down) = (word.clone(), format!("-{word}"));
            let (sort, sorted) = match self.query.sort.as_str() {
                sort if sort == up => (&down, "ascending"),
                sort if sort == down => (&up, "descending"),
                _ => (&up, ""),
            };
            HeadView {
                title: self.words.of(&head.title),
                href: self.query.address(base, sort),
                sorted,
                is_number: head.ty.scale().is_some(),
            }
        };
        self.page.columns.iter().map(head).collect()
    }

    pub(super) fn line(
        &self,
        row: &ListRow,
        persons: &HashMap<Uuid, Named>,
        contacts: &HashMap<EnrollmentId, Contact>,
    ) -> LineView {
        let found = persons.get(&row.subject.uuid());
        let contact = contacts.get(&row.enrollment);
        LineView {
            href: home_of(self.words.cx, row.subject),
            name: found.map_or_else(|| "–".to_owned(), |found| found.name.clone()),
            residence: found.map_or_else(String::new, |found| found.residence.clone()),
            cells: (0..self.page.columns.len())
                .map(|at| self.cell(row, at))
                .collect(),
            contact: contact
                .map_or_else(ContactView::default, |contact| self.contact(row, contact)),
        }
    }

    fn contact(&self, row: &ListRow, contact: &Contact) -> ContactView {
        let mut parts = Vec::new();
        if let Some((outcome, at, again_on)) = contact.last {
            parts.push(
                self.words
                    .t(&format!("attempt-{}", outcome.word().replace('_', "-"))),
            );
            parts.push(self.day(at));
            parts.extend(again_on.map(|day| {
                let day = self.words.calendar().day(day, Sense::Deadline).words;
                self.words.t1("list-again", "day", day)
            }));
            if contact.attempts > 1 {
                parts.push(self.words.t1("list-attempts", "count", contact.attempts));
            }
        }
        ContactView {
            words: parts.join(" · "),
            instead: match (contact.is_unreached, self.unreached()) {
                (true, Some(rule)) => self.words.of(&rule.then),
                _ => String::new(),
            },
            at: contact.task.map_or_else(String::new, |task| {
                format!(
                    "{}/tasks/{task}/attempts",
                    home_of(self.words.cx, row.subject)
                )
            }),
            id: self.words.cx.new_id().to_string(),
        }
    }

    fn unreached(&self) -> Option<&Unreached> {
        let mut lists = self.program.lists.iter();
        let list = lists.find(|list| list.title == self.page.title);
        list?.unreached.as_ref()
    }

    fn day(&self, at: Timestamp) -> String {
        let on = self.words.cx.app.date_of(at);
        self.words.calendar().day(on, Sense::Event).words
    }

    /// The value of a column in words, and its badges when it is the risk.
    fn cell(&self, row: &ListRow, at: usize) -> (String, Vec<Badge>) {
        let (words, head) = (self.words, &self.page.columns[at]);
        let value = match &row.values[at] {
            Shown::Restricted => return (words.of(&crate::care::restricted()), Vec::new()),
            Shown::Value(value) => value,
        };
        let text = self.value(at, value);
        let badges = match value {
            Value::Code(index) => self.badge(&head.ty, *index).into_iter().collect(),
            _ => Vec::new(),
        };
        // Organizations are kept by code and read by name.
        let named = matches!(value, Value::Text(_))
            .then(|| words.cx.actor.tree.by_code(&text))
            .flatten();
        let text = named.map_or(text, |organization| organization.name.clone());
        let text = match head.texts {
            Texts::Staff => words.cx.staff.name(&text).unwrap_or(text),
            Texts::Words => text,
        };
        (text, badges)
    }

    fn value(&self, at: usize, value: &Value) -> String {
        let head = &self.page.columns[at];
        let unit = head.unit.as_deref();
        let text = match (self.dates, value) {
            (Dates::Written, Value::Date(_)) => Some(format_value(&head.ty, value)),
            (Dates::Said, Value::Date(on)) => {
                let on = date(DayNumber(*on));
                Some(self.words.calendar().short(on))
            }
            _ => self.words.value(Some(self.program), &head.ty, unit, value),
        };
        text.unwrap_or_default()
    }

    /// The badge of a level of the program's risk.
    fn badge(&self, ty: &Type, index: u16) -> Option<Badge> {
        let set = ty.value_set().filter(|set| set.name() == "risk")?;
        let code = set.code(index)?;
        let levels = &self.program.risk.as_ref()?.levels;
        let level = levels.iter().find(|level| *level.id == **code)?;
        Some(Badge {
            colour: level.colour.clone(),
            words: self.words.of(&level.title),
        })
    }

    /// What the columns that are shown come to, in words.
    pub(super) fn totals(&self) -> Vec<String> {
        (0..self.page.columns.len())
            .map(|at| self.total(at))
            .collect()
    }

    fn total(&self, at: usize) -> String {
        match &self.page.totals[at] {
            Total::None => String::new(),
            Total::Sum(sum) => sum.to_string(),
            Total::Yes(count) => format!("{} {count}", self.words.t("care-yes")),
            Total::Codes(counts) => {
                let said = counts.iter().map(|(code, count)| {
                    format!("{} {count}", self.value(at, &Value::Code(*code)))
                });
                said.collect::<Vec<_>>().join(" · ")
            }
        }
    }
}

/// An organization that was asked for, or the actor's own.
pub(super) fn place_of(cx: &Cx, query: &ListQuery) -> String {
    let asked = query.organization.parse::<Uuid>().ok();
    asked.map_or_else(|| cx.actor.organization.to_string(), |id| id.to_string())
}
