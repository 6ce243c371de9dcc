//! What is handed over on paper: a record as a page of a person's handbook or as a letter to an institution, and the
//! notice of what somebody is expected to do.
//!
//! Paper goes through many hands: it says only what is open to everybody, whatever its printer may see.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use fuyou_kernel::Secrecy;
use fuyou_pack::model::SubjectKind;
use fuyou_pack::replay::Due;
use fuyou_pack::{Form, Program};

use super::record_web::find;
use super::story_view::{Pair, derived_pairs, pairs};
use super::words::{Words, date};
use super::{care_of, colleagues, home_of, name_of, subject_id};
use crate::care::{Acting, Cause, EnrollmentStory, RecordShown, Shown, SubjectId, TaskShown};
use crate::http::{Cx, Error};
use crate::packs::source_words;
use crate::ui::{Frame, html, picture};

/// Contacts to come that a handbook page names.
const NEXT_MAX: usize = 3;

/// Whether a record of a form may be printed: when most of what it asks is open to everybody.
pub(super) fn is_printed(form: &Form) -> bool {
    let above = form.fields.iter();
    let above = above.filter(|field| field.secrecy > Secrecy::Open).count();
    2 * above <= form.fields.len()
}

/// Whether a notice of a task tells nothing that is not open to everybody.
pub(super) fn is_noticed(program: &Program, task: &TaskShown) -> bool {
    let is_open = match task.cause {
        Cause::Visit(_) => true,
        Cause::Rule(ix) => program.rule(ix).secrecy == Secrecy::Open,
        Cause::Restricted => false,
    };
    is_open && task.form.is_none_or(|form| is_printed(program.form(form)))
}

/// The kinds of paper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paper {
    /// A page of a person's handbook, A5.
    Handbook,
    /// A record about an institution, A4.
    Record,
    /// A letter to an institution, A4.
    Letter,
    /// A notice to a person, A5.
    Notice,
}

impl Paper {
    /// The class of the sheet in the page.
    fn class(self) -> &'static str {
        match self {
            Paper::Handbook => "handbook",
            Paper::Record => "letter record",
            Paper::Letter => "letter",
            Paper::Notice => "notice-sheet",
        }
    }

    /// The words about the sheet that it is printed on.
    fn how(self) -> &'static str {
        match self {
            Paper::Handbook | Paper::Notice => "paper-how-a5",
            Paper::Record | Paper::Letter => "paper-how-a4",
        }
    }

    /// What stands before the lines to be signed by who hands it over.
    fn signs(self) -> &'static [&'static str] {
        match self {
            Paper::Handbook => &["paper-served-by", "paper-seal", "paper-date"],
            Paper::Record => &[
                "paper-issued-by",
                "paper-visited",
                "paper-seal",
                "paper-date",
            ],
            Paper::Letter | Paper::Notice => &["paper-issued-by", "paper-seal", "paper-date"],
        }
    }

    fn key(self) -> &'static str {
        match self {
            Paper::Handbook => "paper-handbook",
            Paper::Record => "paper-record",
            Paper::Letter => "paper-letter",
            Paper::Notice => "paper-notice",
        }
    }
}

#[derive(Template)]
#[template(path = "care/pages/paper.html")]
struct PaperPage {
    frame: Frame,
    cx: Cx,
    class: &'static str,
    how: &'static str,
    back: String,
    /// The institution that hands it over.
    issuer: String,
    title: String,
    /// Who it is about, and which paper this is.
    about: Vec<Pair>,
    number: String,
    /// The code by which a person is found again: its side, and its dark parts.
    code: Option<(usize, String)>,
    /// What is asked of the reader.
    asks: String,
    sections: Vec<(String, Vec<Pair>)>,
    /// What comes next, and when.
    next: Vec<Pair>,
    basis: String,
    /// What stands before the lines to be signed, and before those of the receipt.
    signs: Vec<String>,
    receipt: Vec<String>,
    on: String,
}

/// What stands before the lines of a receipt.
const RECEIPT: [&str; 2] = ["paper-received-by", "paper-received-on"];

/// Who a paper is about: the name, the numbers by which people look for it, and what the enrollment is called.
async fn about(
    words: Words<'_>,
    subject: SubjectId,
    story: &EnrollmentStory,
) -> Result<Vec<Pair>, Error> {
    let program = words.pack.program(story.program);
    let key = match program.subject {
        SubjectKind::Organization => "list-organization-name",
        SubjectKind::Person | SubjectKind::Staff => "list-name",
    };
    let mut about = vec![Pair {
        label: words.t(key),
        value: name_of(words.cx, subject).await?,
    }];
    let numbers = story.facts.iter().filter_map(|(fact, shown)| {
        let (of, Shown::Value(value)) = (program.fact(*fact), shown) else {
            return None;
        };
        let is_shown = of.is_searched && of.secrecy == Secrecy::Open;
        let value = words.value(Some(program), &of.ty, of.unit.as_deref(), value);
        Some(Pair {
            label: words.of(&of.title),
            value: value.filter(|_| is_shown)?,
        })
    });
    about.extend(numbers);
    Ok(about)
}

/// The open fields of a record, by section, and the open rows of its groups.
fn sections(words: Words<'_>, form: &Form, record: &RecordShown) -> Vec<(String, Vec<Pair>)> {
    let all = std::iter::once(None).chain((0..form.sections.len()).map(Some));
    let sections = all.map(|section| {
        let title = section.map(|at| words.of(&form.sections[at].title));
        let is_here = |field: &fuyou_pack::model::Field| {
            field.section == section && field.secrecy == Secrecy::Open
        };
        let pairs = pairs(words, &form.fields, &record.values, is_here);
        (title.unwrap_or_default(), pairs)
    });
    let groups = form.groups.iter().zip(&record.groups);
    let rows = groups.flat_map(|(group, rows)| {
        rows.iter().enumerate().map(|(at, row)| {
            let title = format!("{} {}", words.of(&group.title), at + 1);
            let is_open = |field: &fuyou_pack::model::Field| field.secrecy == Secrecy::Open;
            (title, pairs(words, &group.fields, row, is_open))
        })
    });
    let all = sections.chain(rows);
    all.filter(|(_, pairs)| !pairs.is_empty()).collect()
}

async fn note(
    cx: &Cx,
    entity: &'static str,
    (subject, id): (SubjectId, uuid::Uuid),
) -> Result<(), Error> {
    let entry = cx.entry("export", entity).about(subject.uuid(), id);
    Ok(cx.db.note(entry).await?)
}

/// A record on paper.
pub(super) async fn record(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let found = find(&cx, subject, &record).await?;
    let (story, record) = (&found.enrollment, &found.record);
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let program = care.pack().program(story.program);
    let form = program.form(record.form);
    if record.voided.is_some() || !is_printed(form) {
        return Err(Error::NotFound);
    }
    colleagues::of_stories(&cx, care.pack(), std::slice::from_ref(story)).await?;
    note(&cx, "encounter", (subject, record.id.uuid())).await?;
    let paper = match program.subject {
        SubjectKind::Organization => Paper::Record,
        SubjectKind::Person | SubjectKind::Staff => Paper::Handbook,
    };
    let title = words.of(form.title_for(Secrecy::Open));
    let mut about = about(words, subject, story).await?;
    about.push(Pair {
        label: match &form.occurred_label {
            Some(label) => words.of(label),
            None => words.t("paper-served-on"),
        },
        value: words.calendar().whole(record.occurred_on),
    });
    let is_open = |derived: &fuyou_pack::model::Derived| derived.is.secrecy() == Secrecy::Open;
    about.extend(derived_pairs(words, program, &record.derived, is_open));
    let owed = story.tasks.iter().filter(|task| task.is_owed(cx.today));
    let owed = owed.filter(|task| is_noticed(program, task));
    let next = owed.take(NEXT_MAX).map(|task| Pair {
        label: words.of(&task.title),
        value: match is_late(words, task) {
            true => words.t("paper-soon"),
            false => due(words, task),
        },
    });
    let page = PaperPage {
        frame: Frame::new(&cx, "menu-persons").titled(title.clone()),
        class: paper.class(),
        how: paper.how(),
        back: format!("{}/records/{}", home_of(&cx, subject), record.id),
        issuer: words.organization(record.recorded_org),
        title: format!("{} · {title}", words.t(paper.key())),
        about,
        number: record.id.to_string(),
        code: (paper == Paper::Handbook).then(|| picture(subject.uuid())),
        asks: String::new(),
        sections: sections(words, form, record),
        next: next.collect(),
        basis: match paper {
            Paper::Record | Paper::Letter => source_words(care.pack(), &form.cited),
            Paper::Handbook | Paper::Notice => String::new(),
        },
        signs: paper.signs().iter().map(|key| cx.t(key)).collect(),
        receipt: Vec::new(),
        on: words.calendar().whole(cx.today),
        cx: cx.clone(),
    };
    Ok(html(&page)?.into_response())
}

fn is_late(words: Words<'_>, task: &TaskShown) -> bool {
    words.due(task.due).1 < 0
}

/// Until when something is to be done, as paper says it.
fn due(words: Words<'_>, task: &TaskShown) -> String {
    // What is read days later does not say “tomorrow”.
    match task.due {
        Due::On(day) => words.calendar().whole(date(day)),
        Due::At(_) => words.due(task.due).0.full,
    }
}

/// What was found that makes somebody ask an institution for something: the open part of the record with which the rule
/// became true, or else of the last record that another institution made of it.
fn cause(
    words: Words<'_>,
    (subject, story): (SubjectId, &EnrollmentStory),
    task: &TaskShown,
) -> Vec<(String, Vec<Pair>)> {
    let program = words.pack.program(story.program);
    let printed = story
        .records
        .iter()
        .filter(|record| record.voided.is_none() && is_printed(program.form(record.form)));
    let mut rules = story.rules.iter();
    let since = match task.cause {
        Cause::Rule(ix) => rules.find(|rule| rule.rule == Some(ix) && rule.until.is_none()),
        Cause::Visit(_) | Cause::Restricted => None,
    };
    let by_rule = since.and_then(|rule| {
        let mut records = printed.clone();
        records.find(|record| record.recorded_at == rule.since)
    });
    let by_others = printed.filter(|record| record.recorded_org.uuid() != subject.uuid());
    let Some(record) = by_rule.or(by_others.last()) else {
        return Vec::new();
    };
    let form = program.form(record.form);
    let on = words.calendar().whole(record.occurred_on);
    let mut found = sections(words, form, record);
    if let Some((title, _)) = found.first_mut() {
        let of = words.of(form.title_for(Secrecy::Open));
        *title = format!("{}: {of}, {on} {title}", words.t("paper-found"));
    }
    found
}

/// The notice of what somebody is expected to do.
pub(super) async fn notice(
    cx: Cx,
    Path((id, task)): Path<(String, String)>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let wanted = task.parse().map_err(|_| Error::NotFound)?;
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let all = care.story(&Acting::from(&cx), subject).await?;
    let found = all.enrollments.iter().find_map(|story| {
        let task = story.tasks.iter().find(|task| task.id == wanted)?;
        Some((story, task))
    });
    let (story, task) = found.ok_or(Error::NotFound)?;
    let program = care.pack().program(story.program);
    if !task.is_owed(cx.today) || !is_noticed(program, task) {
        return Err(Error::NotFound);
    }
    note(&cx, "task", (subject, task.id.uuid())).await?;
    let (paper, asks) = match (program.subject, is_late(words, task)) {
        (SubjectKind::Organization, false) => (Paper::Letter, "paper-asks-organization"),
        (SubjectKind::Organization, true) => (Paper::Letter, "paper-asks-organization-soon"),
        (SubjectKind::Person | SubjectKind::Staff, false) => (Paper::Notice, "paper-asks-person"),
        (SubjectKind::Person | SubjectKind::Staff, true) => {
            (Paper::Notice, "paper-asks-person-soon")
        }
    };
    let title = words.of(&task.title);
    // An institution answers who writes; a person comes to who cares for her.
    let (place, place_key) = match paper {
        Paper::Letter => (words.organization(cx.actor.organization), "paper-answer"),
        Paper::Handbook | Paper::Record | Paper::Notice => {
            (words.organization(task.owner), "paper-where")
        }
    };
    let by = due(words, task);
    let pairs = [("by", by.as_str()), ("place", &place), ("what", &title)];
    let page = PaperPage {
        frame: Frame::new(&cx, "menu-persons").titled(title.clone()),
        class: paper.class(),
        how: paper.how(),
        back: home_of(&cx, subject),
        issuer: words.organization(cx.actor.organization),
        title: words.t(paper.key()),
        about: about(words, subject, story).await?,
        number: task.id.to_string(),
        code: (paper == Paper::Notice).then(|| picture(subject.uuid())),
        asks: crate::texts::text_with(words.language(), asks, &pairs),
        sections: match paper {
            Paper::Letter => cause(words, (subject, story), task),
            Paper::Handbook | Paper::Record | Paper::Notice => Vec::new(),
        },
        next: [
            ("paper-what", title.clone()),
            ("paper-by", by.clone()),
            (place_key, place.clone()),
        ]
        .map(|(key, value)| Pair {
            label: words.t(key),
            value,
        })
        .into(),
        basis: match task.cause {
            Cause::Visit(ix) => source_words(care.pack(), &program.visits[ix.get()].cited),
            Cause::Rule(ix) => source_words(care.pack(), &program.rule(ix).cited),
            Cause::Restricted => String::new(),
        },
        signs: paper.signs().iter().map(|key| cx.t(key)).collect(),
        receipt: RECEIPT.iter().map(|key| cx.t(key)).collect(),
        on: words.calendar().whole(cx.today),
        cx: cx.clone(),
    };
    Ok(html(&page)?.into_response())
}
