//! The care of a person on one screen.

use fuyou_pack::model::{Derived, Field, FormIx, ProgramIx, ReferralIx, SubjectKind};
use fuyou_pack::{Form, Program};

use super::curves::{CurveChart, curve_charts};
use super::paper_web::{is_noticed, is_printed};
use super::trend::{Chart, charts};
use super::words::{COUNT_OF_DAYS, RiskView, Why, Words};
use crate::access::Action;
use crate::care::{
    Cause, EnrollmentState, EnrollmentStory, Progress, RecordShown, Shown, Story, SubjectId,
    TaskShown,
};
use crate::referral::{ReferralShown, ReferralState};
use crate::texts::{Sense, Told};

/// Facts shown in the folded list at most.
const FACTS_MAX: usize = 200;

/// Where something leads, and its words.
pub(super) struct Link {
    pub href: String,
    pub words: String,
}

/// A contact of the schedule, or something that a rule demands.
pub(super) struct TaskView {
    pub title: String,
    /// `done`, `late-done`, `overdue`, `today`, `ready`, `ahead`, `missed`, `cancelled`.
    pub state: &'static str,
    pub state_words: String,
    pub when: Told,
    pub owner: String,
    pub act: Option<String>,
    /// Where its notice is printed.
    pub notice: Option<String>,
}

/// A label with its value.
pub(super) struct Pair {
    pub label: String,
    pub value: String,
}

/// An earlier version of a record.
pub(super) struct EarlierView {
    pub at: Told,
    pub by: String,
    pub why: String,
    pub changes: Vec<Pair>,
}

/// A record, readable in place.
pub(super) struct RecordView {
    pub id: String,
    pub title: String,
    pub on: Told,
    pub by: String,
    pub at: Told,
    pub voided: Option<String>,
    pub colour: Option<(String, String)>,
    pub sections: Vec<(String, Vec<Pair>)>,
    pub groups: Vec<(String, Vec<Vec<Pair>>)>,
    pub reasons: Vec<Pair>,
    pub earlier: Vec<EarlierView>,
    pub href: String,
    pub correct: Option<String>,
    pub void: Option<String>,
    /// Where it is on paper, and what the paper is.
    pub paper: Option<(String, &'static str)>,
    pub has_restricted: bool,
}

/// A referral with its next clock.
pub(super) struct ReferralView {
    pub title: String,
    pub state: String,
    pub from: String,
    pub to: String,
    pub sent: Told,
    pub next_by: Option<(Told, bool)>,
    pub reason: String,
    /// Where its slip is, for who may handle referrals.
    pub slip: Option<String>,
    pub notes: Vec<Pair>,
}

/// One enrollment.
pub(super) struct EnrollmentView {
    pub program: String,
    pub is_open: bool,
    pub organization: String,
    pub opened_on: Told,
    pub closed_on: Option<Told>,
    pub risk: RiskView,
    pub why: Vec<Why>,
    pub today: Vec<Pair>,
    pub schedule: Vec<TaskView>,
    pub tasks: Vec<TaskView>,
    /// What rules demanded and was done.
    pub done: Vec<TaskView>,
    pub curves: Vec<CurveChart>,
    pub charts: Vec<Chart>,
    pub records: Vec<RecordView>,
    pub referrals: Vec<ReferralView>,
    pub facts: Vec<Pair>,
    /// Forms that something open asks for.
    pub wanted: Vec<Link>,
    /// The other forms.
    pub forms: Vec<Link>,
    pub deeds: Vec<Link>,
}

/// Everything.
pub(super) struct StoryView {
    /// The day of death.
    pub died_on: Option<Told>,
    pub enrollments: Vec<EnrollmentView>,
    /// Forms that open an enrollment.
    pub openings: Vec<Link>,
    /// Those of what is rare.
    pub rare_openings: Vec<Link>,
    /// Those of what may have been done while who is dead now lived.
    pub earlier_openings: Vec<Link>,
}

/// The story of a person for a reader.
pub(super) fn story_view(words: Words<'_>, person: SubjectId, story: &Story) -> StoryView {
    let may_record = words.cx.actor.may(Action::RecordCare);
    let has_open = |program: &Program| {
        story.enrollments.iter().any(|enrollment| {
            enrollment.state == EnrollmentState::Open
                && *words.pack.program(enrollment.program).id == *program.id
        })
    };
    let openings = |of: &[ProgramIx]| {
        let programs = of.iter().map(|ix| words.pack.program(*ix));
        programs
            .filter(|program| may_record && !(program.one_open && has_open(program)))
            .map(|program| {
                let form = program.form(program.opens_with);
                let link = Link {
                    href: format!("{}/forms/{}/{}", words.home(person), program.id, form.id),
                    words: words.form_title(form),
                };
                (program.rare, link)
            })
            .partition::<Vec<_>, _>(|(rare, _)| *rare)
    };
    let (rare_openings, often) = openings(&story.openable);
    let (earlier_rare, mut earlier) = openings(&story.before_death);
    earlier.extend(earlier_rare);
    let links = |found: Vec<(bool, Link)>| found.into_iter().map(|(_, link)| link).collect();
    StoryView {
        died_on: story.died_on.map(|on| words.calendar().plain(on)),
        openings: links(often),
        rare_openings: links(rare_openings),
        earlier_openings: links(earlier),
        enrollments: story
            .enrollments
            .iter()
            .map(|enrollment| enrollment_view(words, person, enrollment))
            .collect(),
    }
}

/// One enrollment for a reader.
pub(super) fn enrollment_view(
    words: Words<'_>,
    person: SubjectId,
    story: &EnrollmentStory,
) -> EnrollmentView {
    let program = words.pack.program(story.program);
    let is_open = story.state == EnrollmentState::Open;
    let may_record = words.cx.actor.may(Action::RecordCare);
    let tasks: Vec<(bool, TaskView)> = story
        .tasks
        .iter()
        .filter(|task| task.progress != Progress::Cancelled)
        .map(|task| {
            let of_schedule = matches!(task.cause, Cause::Visit(_));
            (
                of_schedule,
                task_view(words, program, (person, story), task),
            )
        })
        .collect();
    let (schedule, others): (Vec<_>, Vec<_>) =
        tasks.into_iter().partition(|(of_schedule, _)| *of_schedule);
    let schedule: Vec<TaskView> = schedule.into_iter().map(|(_, task)| task).collect();
    let others = others.into_iter().map(|(_, task)| task);
    let (done, others) = others.partition(|task| matches!(task.state, "done" | "late-done"));
    let (wanted, forms) = if may_record && is_open {
        forms(words, person, story)
    } else {
        Default::default()
    };
    let mut records: Vec<RecordView> = story
        .records
        .iter()
        .map(|record| record_view(words, program, person, record))
        .collect();
    records.reverse();
    EnrollmentView {
        program: words.of(&program.title),
        is_open,
        organization: words.organization(story.organization),
        opened_on: words.calendar().plain(story.opened_on),
        closed_on: story.closed_on.map(|on| words.calendar().plain(on)),
        risk: words.risk(program, &story.risk),
        why: words.why(program, story.rules.iter()),
        // What counts from today says nothing about what is over.
        today: if story.state == EnrollmentState::Open {
            today(words, program, story)
        } else {
            Vec::new()
        },
        schedule,
        tasks: others,
        done,
        curves: curve_charts(words, program, story),
        charts: charts(words, program, &story.records, &story.bands),
        records,
        referrals: story
            .referrals
            .iter()
            .map(|referral| referral_view(words, program, referral))
            .collect(),
        facts: facts(words, program, story),
        wanted,
        forms,
        deeds: if may_record {
            deeds(words, person, story)
        } else {
            Vec::new()
        },
    }
}

fn today(words: Words<'_>, program: &Program, story: &EnrollmentStory) -> Vec<Pair> {
    derived_pairs(words, program, &story.today, |_| true)
}

/// What is derived and told of a day, such as the age of a pregnancy.
pub(super) fn derived_pairs(
    words: Words<'_>,
    program: &Program,
    values: &[Shown],
    keep: impl Fn(&Derived) -> bool,
) -> Vec<Pair> {
    let derived = program.derived.iter().zip(values);
    derived
        .filter(|(derived, _)| derived.is_told_today && keep(derived))
        .filter_map(|(derived, shown)| {
            let Shown::Value(value) = shown else {
                return None;
            };
            // By the naming rule of packs an age in days says so at the end of its name, and is told in weeks and
            // days; a count of days since something says so at the beginning, and is told in days.
            let unit = if derived.id.ends_with("_days") {
                Some("d")
            } else {
                derived.id.starts_with("days_").then_some(COUNT_OF_DAYS)
            };
            let number = matches!(value, fuyou_expr::Value::Number(_));
            // An age counted from a birth is told as people tell ages.
            if let (fuyou_expr::Value::Number(days), true) = (value, is_age(&derived.id)) {
                return Some(Pair {
                    label: words.of(&derived.title),
                    value: words.age_of_days(*days)?,
                });
            }
            let value = words
                .value(Some(program), derived.is.ty(), unit, value)
                .filter(|_| number)?;
            Some(Pair {
                label: words.of(&derived.title),
                value,
            })
        })
        .collect()
}

/// By the naming rule of packs: a derived column that is an age in days begins and ends so.
fn is_age(id: &str) -> bool {
    id.starts_with("age_") && id.ends_with("_days")
}

fn facts(words: Words<'_>, program: &Program, story: &EnrollmentStory) -> Vec<Pair> {
    let facts = story.facts.iter().filter_map(|(ix, shown)| {
        let fact = program.fact(*ix);
        let Shown::Value(value) = shown else {
            return None;
        };
        if fact.secrecy > words.secrecy_max() || *value == fuyou_expr::Value::Boolean(false) {
            return None;
        }
        let value = words.value(Some(program), &fact.ty, fact.unit.as_deref(), value)?;
        Some(Pair {
            label: words.of(&fact.title),
            value,
        })
    });
    facts.take(FACTS_MAX).collect()
}

fn form_href(
    words: Words<'_>,
    program: &Program,
    (person, story): (SubjectId, &EnrollmentStory),
    form: &Form,
) -> String {
    let home = words.home(person);
    format!(
        "{home}/forms/{}/{}?enrollment={}",
        program.id, form.id, story.id
    )
}

fn forms(words: Words<'_>, person: SubjectId, story: &EnrollmentStory) -> (Vec<Link>, Vec<Link>) {
    let program = words.pack.program(story.program);
    let asked = |form: FormIx| {
        story.tasks.iter().any(|task| {
            task.is_owed(words.cx.today) && task.form == Some(form) && task.from <= words.cx.today
        })
    };
    let (mut wanted, mut others) = (Vec::new(), Vec::new());
    for (position, form) in program.forms.iter().enumerate() {
        let ix = FormIx::new(position);
        if ix == program.opens_with || words.is_closed(form) {
            continue;
        }
        let link = Link {
            href: form_href(words, program, (person, story), form),
            words: words.form_title(form),
        };
        if asked(ix) {
            wanted.push(link)
        } else {
            others.push(link)
        }
    }
    (wanted, others)
}

fn deeds(words: Words<'_>, person: SubjectId, story: &EnrollmentStory) -> Vec<Link> {
    let home = words.home(person);
    let at = |deed: &str| format!("{home}/enrollments/{}/{deed}", story.id);
    let deed = |deed: &str, key: &str| Link {
        href: at(deed),
        words: words.t(key),
    };
    let mut deeds = Vec::new();
    if story.state == EnrollmentState::Open {
        let hands_over = !words.pack.program(story.program).referrals.is_empty();
        if hands_over && words.cx.actor.may(Action::ManageReferral) {
            deeds.push(Link {
                href: format!("/persons/{person}/refer?enrollment={}", story.id),
                words: words.t("care-refer"),
            });
        }
        deeds.push(deed("move", "care-move"));
        deeds.push(deed("close", "care-close"));
    } else {
        deeds.push(deed("reopen", "care-reopen"));
    }
    deeds
}

/// A task of a story.
pub(super) fn task_view(
    words: Words<'_>,
    program: &Program,
    (person, story): (SubjectId, &EnrollmentStory),
    task: &TaskShown,
) -> TaskView {
    let (due, left) = words.due(task.due);
    let (state, key) = match task.progress {
        Progress::Done { on_time: true, .. } => ("done", "care-task-done"),
        Progress::Done { on_time: false, .. } => ("late-done", "care-task-late-done"),
        Progress::Cancelled => ("cancelled", "care-task-cancelled"),
        Progress::Open if task.is_missed(words.cx.today) => ("missed", "care-task-missed"),
        Progress::Open if left < 0 => ("overdue", "care-task-overdue"),
        Progress::Open if left == 0 => ("today", "care-task-today"),
        Progress::Open if task.from <= words.cx.today => ("ready", "care-task-ready"),
        Progress::Open => ("ahead", "care-task-ahead"),
    };
    let when = match task.progress {
        Progress::Done { on, .. } => words.calendar().plain(on),
        Progress::Open if task.is_missed(words.cx.today) => due,
        Progress::Open if left < 0 => due.said(words.t1("care-late-by", "days", -left)),
        Progress::Open if task.from <= words.cx.today => {
            let by = words.t1("care-until", "day", due.words.as_str());
            due.said(by)
        }
        Progress::Open => {
            let from = words.calendar().plain(task.from);
            let since = words.t1("care-from", "day", from.words.as_str());
            from.said(since)
        }
        Progress::Cancelled => Told::default(),
    };
    let form = task
        .form
        .map(|form| program.form(form))
        .filter(|form| !words.is_closed(form));
    let can = task.is_owed(words.cx.today)
        && task.from <= words.cx.today
        && words.cx.actor.may(Action::RecordCare);
    TaskView {
        title: words.task_title(program, task),
        state,
        state_words: words.t(key),
        when,
        owner: words.organization(task.owner),
        act: form
            .filter(|_| can)
            .map(|form| form_href(words, program, (person, story), form)),
        notice: (task.is_owed(words.cx.today) && is_noticed(program, task))
            .then(|| format!("{}/tasks/{}/notice", words.home(person), task.id)),
    }
}

/// The fields that are kept and that the reader may see, with their values in words.
pub(super) fn pairs(
    words: Words<'_>,
    fields: &[Field],
    values: &[Shown],
    keep: impl Fn(&Field) -> bool,
) -> Vec<Pair> {
    let shown = fields.iter().zip(values).filter(|(field, shown)| {
        keep(field) && **shown != Shown::Restricted && field.secrecy <= words.secrecy_max()
    });
    shown
        .filter_map(|(field, shown)| {
            Some(Pair {
                label: words.of(&field.label),
                value: words.field(field, shown)?,
            })
        })
        .collect()
}

/// A stored record for a reader: of what is above the reader's secrecy not even the label is told.
pub(super) fn record_view(
    words: Words<'_>,
    program: &Program,
    person: SubjectId,
    record: &RecordShown,
) -> RecordView {
    let form = program.form(record.form);
    let closed = words.is_closed(form);
    let mut sections: Vec<(String, Vec<Pair>)> = std::iter::once(None)
        .chain((0..form.sections.len()).map(Some))
        .map(|section| {
            let title = section
                .map(|at| words.of(&form.sections[at].title))
                .unwrap_or_default();
            (
                title,
                pairs(words, &form.fields, &record.values, |field| {
                    field.section == section
                }),
            )
        })
        .filter(|(_, pairs)| !pairs.is_empty())
        .collect();
    if closed {
        sections.clear();
    }
    let may_see = |group: &fuyou_pack::model::Group| {
        group
            .fields
            .iter()
            .any(|field| field.secrecy <= words.secrecy_max())
    };
    let groups = form
        .groups
        .iter()
        .zip(&record.groups)
        .filter(|(group, rows)| !rows.is_empty() && !closed && may_see(group));
    let level = record
        .level_after
        .and_then(|level| program.risk.as_ref()?.levels.get(level));
    let is_restricted = |shown: &Shown| *shown == Shown::Restricted;
    let has_restricted = record
        .values
        .iter()
        .chain(record.groups.iter().flatten().flatten())
        .any(is_restricted)
        || closed;
    let can = words.cx.actor.may(Action::RecordCare) && record.voided.is_none();
    let href = format!("{}/records/{}", words.home(person), record.id);
    let paper = match program.subject {
        SubjectKind::Organization => "paper-record",
        SubjectKind::Person | SubjectKind::Staff => "paper-handbook",
    };
    RecordView {
        paper: (record.voided.is_none() && is_printed(form))
            .then(|| (format!("{href}/paper"), paper)),
        id: record.id.to_string(),
        title: words.form_title(form),
        on: words.calendar().plain(record.occurred_on),
        by: words.organization(record.recorded_org),
        at: words.instant(record.recorded_at),
        voided: record.voided.as_ref().map(|(_, why)| why.clone()),
        colour: level.map(|level| (level.colour.clone(), words.of(&level.title))),
        sections,
        groups: groups
            .map(|(group, rows)| {
                let rows = rows
                    .iter()
                    .map(|row| pairs(words, &group.fields, row, |_| true));
                (words.of(&group.title), rows.collect())
            })
            .collect(),
        reasons: record
            .reasons
            .iter()
            .map(|(key, reason)| Pair {
                label: reason_label(words, form, key),
                value: reason.clone(),
            })
            .collect(),
        earlier: if closed {
            Vec::new()
        } else {
            earlier(words, form, record)
        },
        correct: (can && form.correctable && !has_restricted).then(|| format!("{href}/correct")),
        void: can.then(|| format!("{href}/void")),
        href,
        has_restricted,
    }
}

/// Beside which field a reason was given.
fn reason_label(words: Words<'_>, form: &Form, key: &str) -> String {
    let place = key.split_once(':').map_or(key, |(_, place)| place);
    let field = form
        .field(place)
        .map(|ix| words.of(&form.fields[ix.get()].label));
    let check = || {
        form.checks
            .iter()
            .find(|check| *check.id == *key)
            .map(|check| words.of(&check.message))
    };
    field
        .or_else(check)
        .unwrap_or_else(|| words.t("care-reason"))
}

/// Each earlier version: who changed it, why, and what stood there.
fn earlier(words: Words<'_>, form: &Form, record: &RecordShown) -> Vec<EarlierView> {
    let mut after: &[Shown] = &record.values;
    let mut views = Vec::new();
    for version in &record.earlier {
        let changed = form
            .fields
            .iter()
            .zip(version.values.iter().zip(after))
            .filter(|(field, (before, after))| {
                before != after && field.secrecy <= words.secrecy_max()
            });
        views.push(EarlierView {
            at: words.instant(version.changed_at),
            by: version.changed_by.clone(),
            why: version.why.clone(),
            changes: changed
                .map(|(field, (before, now))| {
                    let say =
                        |shown: &Shown| words.field(field, shown).unwrap_or_else(|| "–".to_owned());
                    Pair {
                        label: words.of(&field.label),
                        value: format!("{} → {}", say(before), say(now)),
                    }
                })
                .collect(),
        });
        after = &version.values;
    }
    views
}

/// The key of a state's text.
fn state_key(state: ReferralState) -> &'static str {
    match state {
        ReferralState::Sent => "referral-sent",
        ReferralState::Accepted => "referral-accepted",
        ReferralState::Declined => "referral-declined",
        ReferralState::Arrived => "referral-arrived",
        ReferralState::Feedback => "referral-feedback",
        ReferralState::Closed => "referral-closed",
        ReferralState::Cancelled => "referral-cancelled",
    }
}

/// A referral for a reader.
pub(super) fn referral_view(
    words: Words<'_>,
    program: &Program,
    referral: &ReferralShown,
) -> ReferralView {
    let note = |key: &str, text: &Option<String>| {
        text.as_ref().map(|text| Pair {
            label: words.t(key),
            value: text.clone(),
        })
    };
    ReferralView {
        title: kind_title(words, program, referral.kind),
        state: words.t(state_key(referral.state)),
        from: words.organization(referral.from),
        to: words.organization(referral.to),
        sent: words.instant(referral.sent_at),
        next_by: referral.next_by.map(|by| {
            let late = by < words.cx.today;
            (words.calendar().day(by, Sense::Deadline), late)
        }),
        reason: referral.reason.clone(),
        slip: words
            .cx
            .actor
            .may(Action::ManageReferral)
            .then(|| format!("/persons/{}/referrals/{}", referral.subject, referral.id)),
        notes: [
            note("referral-feedback", &referral.feedback),
            note("referral-follow-up", &referral.follow_up),
            note("referral-remark", &referral.remark),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

pub(super) fn kind_title(words: Words<'_>, program: &Program, kind: ReferralIx) -> String {
    words.of(&program.referrals[kind.get()].title)
}
