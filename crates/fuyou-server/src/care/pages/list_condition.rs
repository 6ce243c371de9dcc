//! Conditions on the columns of a list: read from an address, told in words, and offered as boxes.
//!
//! What can be asked of a column follows from its type; no list and no column is known by name.

use fuyou_expr::{CodeSet, Type, Value, format_value};
use fuyou_kernel::{Localized, Secrecy};
use fuyou_pack::Program;
use fuyou_pack::input::{read_bound, takes_weeks};

use super::list_query::{Asking, How, ListQuery};
use super::words::Words;
use crate::care::{Asks, Blank, ColumnOf, Condition, Fits, ListHead};
use crate::http::Error;

/// The value that asks for lines without one, and the one that asks for lines with none of a set's codes.
const BLANK: &str = "-";
const NONE_OF_THEM: &str = "|";
/// The value that asks for lines with any.
const ANY: &str = "*";
/// Values that an address asks for at most.
const ASKED_MAX: usize = 300;
/// Codes that are offered as boxes; more of them are offered as a selection.
const BOXES_MAX: usize = 40;

/// What was understood of the conditions of an address.
pub(super) struct Conditions {
    pub only: Vec<Condition>,
    /// What was not understood.
    pub wrong: Vec<Wrong>,
}

/// A condition that was not understood.
pub(super) struct Wrong {
    key: String,
    message: Localized,
}

impl Conditions {
    /// What was not understood, in words, each once.
    pub(super) fn said(&self, words: Words<'_>) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for wrong in &self.wrong {
            let message = words.of(&wrong.message);
            if !said.contains(&message) {
                said.push(message);
            }
        }
        said
    }

    /// All of them; what is wrong with the first that was not understood otherwise.
    pub(super) fn whole(self) -> Result<Vec<Condition>, Error> {
        match self.wrong.into_iter().next() {
            Some(wrong) => Err(Error::Rejected(wrong.message)),
            None => Ok(self.only),
        }
    }
}

/// Reads the conditions of an address. `heads` are all columns that the reader can choose.
pub(super) fn conditions(query: &ListQuery, heads: &[ListHead], reader: Secrecy) -> Conditions {
    let mut read = Conditions {
        only: Vec::new(),
        wrong: Vec::new(),
    };
    if query.only.len() > ASKED_MAX {
        let message = Localized::new(
            format!("筛选条件最多 {ASKED_MAX} 个"),
            format!("at most {ASKED_MAX} conditions are taken"),
        );
        let key = String::new();
        read.wrong.push(Wrong { key, message });
        return read;
    }
    for asking in &query.only {
        let condition = match read
            .only
            .iter()
            .position(|known| known.column == asking.key)
        {
            Some(at) => &mut read.only[at],
            None => {
                read.only.push(Condition {
                    column: asking.key.clone(),
                    fits: None,
                    blank: Blank::Out,
                });
                let last = read.only.len() - 1;
                &mut read.only[last]
            }
        };
        let head = heads.iter().find(|head| head.key == asking.key);
        let head = head.filter(|head| is_offered(head, reader));
        let added = match head {
            Some(head) => add(condition, head, asking),
            None => Err(Localized::new(
                "有一个筛选条件所在的列不能用于筛选，请重新筛选",
                "one condition is on a column that cannot be filtered by: please filter anew",
            )),
        };
        if let Err(message) = added {
            let key = asking.key.clone();
            read.wrong.push(Wrong { key, message });
        }
    }
    read
}

fn is_offered(head: &ListHead, reader: Secrecy) -> bool {
    head.asks != Asks::Nothing && head.secrecy <= reader
}

/// Adds what is asked to the condition on its column.
fn add(condition: &mut Condition, head: &ListHead, asking: &Asking) -> Result<(), Localized> {
    if asking.how == How::Is && asking.typed == BLANK {
        condition.blank = Blank::In;
        return Ok(());
    }
    if asking.how == How::Is && asking.typed == ANY {
        condition.fits = Some(Fits::Any);
        return Ok(());
    }
    if head.asks == Asks::Presence {
        return Err(Localized::new(
            "文字内容不能用于筛选，只能按是否填写筛选",
            "this column is filtered by whether anything is written, not by its words",
        ));
    }
    match (asking.how, &head.ty) {
        (How::Is, Type::Boolean | Type::Code(_) | Type::Codes(_)) => {
            let value = choice(&head.ty, &asking.typed).ok_or_else(|| wrong(&asking.typed))?;
            match &mut condition.fits {
                Some(Fits::OneOf(values)) => values.push(value),
                other => *other = Some(Fits::OneOf(vec![value])),
            }
        }
        (How::From | How::To, Type::Date | Type::Integer | Type::Decimal(_)) => {
            let value = read_bound(&head.ty, head.unit.as_deref(), &asking.typed)?;
            let (mut from, mut to) = match condition.fits.take() {
                Some(Fits::Between(from, to)) => (from, to),
                _ => (None, None),
            };
            let end = match asking.how {
                How::From => &mut from,
                _ => &mut to,
            };
            *end = Some(value);
            condition.fits = Some(Fits::Between(from, to));
        }
        (How::Has, Type::Text) => condition.fits = Some(Fits::Part(asking.typed.clone())),
        _ => return Err(wrong(&asking.typed)),
    }
    Ok(())
}

fn wrong(typed: &str) -> Localized {
    Localized::new(
        format!("「{typed}」不能用于筛选此列"),
        format!("this column cannot be filtered by `{typed}`"),
    )
}

/// A truth or a code; of several codes a set of one.
fn choice(ty: &Type, typed: &str) -> Option<Value> {
    match ty {
        Type::Boolean => typed.parse().ok().map(Value::Boolean),
        Type::Code(set) => set.index(typed).map(Value::Code),
        Type::Codes(_) if typed == NONE_OF_THEM => Some(Value::Codes(CodeSet::default())),
        Type::Codes(set) => {
            let code = set.index(typed)?;
            Some(Value::Codes([code].into_iter().collect()))
        }
        Type::Integer | Type::Decimal(_) | Type::Text | Type::Date => None,
    }
}

/// A condition that holds, in words, and the list without it.
pub(super) struct Chip {
    pub title: String,
    pub words: String,
    pub href: String,
}

/// What a column can be asked.
pub(super) struct Control {
    pub title: String,
    pub kind: ControlKind,
    /// The name under which boxes are sent.
    pub name: String,
    /// Whether lines without a value are asked for.
    pub is_blank: bool,
    /// What was wrong with what was asked.
    pub wrong: String,
}

/// How a column is asked.
pub(super) enum ControlKind {
    /// By its values, each with a box.
    Boxes(Vec<Offer>),
    /// By one of its many values.
    Selection(Vec<Offer>),
    /// From one day or number to another.
    Range(Range),
    /// By a part of its text.
    Part { name: String, typed: String },
}

/// Two ends between which a value is asked for.
pub(super) struct Range {
    /// The type of the boxes in the page.
    pub input: &'static str,
    pub from: (String, String),
    pub to: (String, String),
    /// The words before each.
    pub from_key: &'static str,
    pub to_key: &'static str,
    /// How a value is written.
    pub example: &'static str,
}

/// A value that can be asked for.
pub(super) struct Offer {
    pub word: String,
    pub title: String,
    pub is_asked: bool,
}

/// How conditions are spoken of.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub words: Words<'a>,
    pub program: &'a Program,
    pub query: &'a ListQuery,
    /// All columns that the reader can choose.
    pub heads: &'a [ListHead],
}

impl Asked<'_> {
    /// What can be asked of the columns that are shown, and of those that are asked already.
    pub(super) fn controls(&self, shown: &[ListHead], read: &Conditions) -> Vec<Control> {
        let is_asked = |head: &ListHead| {
            let mut only = self.query.only.iter();
            only.any(|asking| asking.key == head.key)
        };
        let is_shown = |head: &ListHead| shown.iter().any(|shown| shown.key == head.key);
        let heads = self.heads.iter();
        let heads = heads.filter(|head| is_offered(head, self.words.secrecy_max()));
        heads
            .filter(|head| is_shown(head) || is_asked(head))
            .map(|head| self.control(head, read))
            .collect()
    }

    /// Whether fields of forms are asked for, which are read from the records.
    pub(super) fn is_of_records(&self, shown: &[ListHead]) -> bool {
        let mut shown = shown.iter();
        shown.any(|head| matches!(head.of, ColumnOf::Form(_)))
    }

    fn control(&self, head: &ListHead, read: &Conditions) -> Control {
        let typed = |how: How| {
            let mut only = self.query.only.iter();
            let found = only.find(|asking| asking.how == how && asking.key == head.key);
            found.map_or_else(String::new, |asking| asking.typed.clone())
        };
        let mut wrong = read.wrong.iter();
        let wrong = wrong.find(|wrong| wrong.key == head.key);
        let kind = match &head.ty {
            _ if head.asks == Asks::Presence => ControlKind::Boxes(vec![Offer {
                word: ANY.to_owned(),
                title: self.words.t("list-written"),
                is_asked: self.is_asked(&head.key, ANY),
            }]),
            Type::Boolean | Type::Code(_) | Type::Codes(_) => {
                let offers = self.offers(head);
                match offers.len() > BOXES_MAX {
                    true => ControlKind::Selection(offers),
                    false => ControlKind::Boxes(offers),
                }
            }
            Type::Text => ControlKind::Part {
                name: How::Has.name(&head.key),
                typed: typed(How::Has),
            },
            Type::Date | Type::Integer | Type::Decimal(_) => {
                let is_date = head.ty == Type::Date;
                // A box for days takes them as they are stored only.
                let end = |how: How| {
                    let typed = typed(how);
                    let value = read_bound(&head.ty, head.unit.as_deref(), &typed).ok();
                    let day = value.filter(|value| is_date && !value.is_null());
                    let said = day.map_or(typed, |day| format_value(&head.ty, &day));
                    (how.name(&head.key), said)
                };
                ControlKind::Range(Range {
                    input: if is_date { "date" } else { "text" },
                    from: end(How::From),
                    to: end(How::To),
                    from_key: if is_date { "list-from" } else { "list-least" },
                    to_key: if is_date { "list-to" } else { "list-most" },
                    example: match takes_weeks(head.unit.as_deref()) {
                        true => "12+3",
                        false => "",
                    },
                })
            }
        };
        Control {
            title: self.titled(head),
            kind,
            name: How::Is.name(&head.key),
            is_blank: self.is_asked(&head.key, BLANK),
            wrong: wrong.map_or_else(String::new, |wrong| self.words.of(&wrong.message)),
        }
    }

    /// A column's title, with the unit in which numbers are typed.
    fn titled(&self, head: &ListHead) -> String {
        let title = self.words.of(&head.title);
        let unit = head.unit.as_deref().filter(|unit| !takes_weeks(Some(unit)));
        match unit {
            Some(unit) => format!("{title} ({unit})"),
            None => title,
        }
    }

    fn is_asked(&self, key: &str, word: &str) -> bool {
        let mut only = self.query.only.iter();
        only.any(|asking| asking.how == How::Is && asking.key == key && asking.typed == word)
    }

    fn offers(&self, head: &ListHead) -> Vec<Offer> {
        let mut values: Vec<(String, Value)> = match &head.ty {
            Type::Boolean => [true, false]
                .map(|truth| (truth.to_string(), Value::Boolean(truth)))
                .into(),
            ty => {
                let codes = ty.value_set().map(|set| set.codes()).unwrap_or_default();
                let codes = (0..).zip(codes);
                let codes = codes.map(|(at, code)| (code.to_string(), Value::Code(at)));
                codes.collect()
            }
        };
        if matches!(head.ty, Type::Codes(_)) {
            let none = Value::Codes(CodeSet::default());
            values.push((NONE_OF_THEM.to_owned(), none));
        }
        let offer = |(word, value): (String, Value)| Offer {
            is_asked: self.is_asked(&head.key, &word),
            title: self.said(head, &value),
            word,
        };
        values.into_iter().map(offer).collect()
    }

    fn said(&self, head: &ListHead, value: &Value) -> String {
        let unit = head.unit.as_deref();
        let said = self.words.value(Some(self.program), &head.ty, unit, value);
        said.unwrap_or_default()
    }

    /// The conditions that hold, in words.
    pub(super) fn chips(&self, base: &str, read: &Conditions) -> Vec<Chip> {
        let chip = |condition: &Condition| {
            let mut heads = self.heads.iter();
            let head = heads.find(|head| head.key == condition.column)?;
            let words = self.told(head, condition);
            let rest = self.query.without(&condition.column);
            // Of a condition that was not understood nothing holds.
            (!words.is_empty()).then(|| Chip {
                title: self.words.of(&head.title),
                words,
                href: rest.address(base, &rest.sort),
            })
        };
        read.only.iter().filter_map(chip).collect()
    }

    /// What a condition asks, in words.
    fn told(&self, head: &ListHead, condition: &Condition) -> String {
        let mut parts = Vec::new();
        let end = |value: &Option<Value>| value.as_ref().map(|value| self.said(head, value));
        match &condition.fits {
            None => {}
            Some(Fits::Any) => parts.push(self.words.t("list-written")),
            Some(Fits::OneOf(values)) => {
                parts.extend(values.iter().map(|value| self.said(head, value)));
            }
            Some(Fits::Between(from, to)) => parts.push(match (end(from), end(to)) {
                (Some(from), Some(to)) if from == to => from,
                (Some(from), Some(to)) => format!("{from} – {to}"),
                (Some(from), None) => format!("≥ {from}"),
                (None, Some(to)) => format!("≤ {to}"),
                (None, None) => String::new(),
            }),
            Some(Fits::Part(part)) => parts.push(self.words.t1("list-has", "part", part)),
        }
        if condition.blank == Blank::In {
            parts.push(self.words.t("list-blank"));
        }
        parts.join(&self.words.t("list-or"))
    }
}

/// The question with the level of risk asked as the condition on a list's own column of it, where it has one, so that it
/// is asked in one place.
pub(super) fn settled(mut query: ListQuery, heads: &[ListHead]) -> ListQuery {
    if let Some(head) = risk(heads).filter(|_| !query.level.is_empty()) {
        query.only.push(Asking {
            how: How::Is,
            key: head.key.clone(),
            typed: std::mem::take(&mut query.level),
        });
    }
    query
}

/// The column of these that shows the level of risk.
pub(super) fn risk(heads: &[ListHead]) -> Option<&ListHead> {
    let is_risk = |head: &&ListHead| match &head.ty {
        Type::Code(set) => set.name() == "risk" && head.asks != Asks::Nothing,
        _ => false,
    };
    heads.iter().find(is_risk)
}
