//! Values, levels of risk and days in the reader's words.

use fuyou_expr::{Type, Value, format_value};
use fuyou_kernel::{Date, DayNumber, Language, Localized, Secrecy, Timestamp};
use fuyou_pack::model::{FactIx, Field, InputType, SubjectKind};
use fuyou_pack::replay::Due;
use fuyou_pack::{Form, Pack, Program};

use crate::care::{Cause, Risk, RuleShown, Shown, SubjectId, TaskShown, restricted};
use crate::http::Cx;
use crate::registry::{OrganizationId, page_of};
use crate::texts::{self, Calendar, Told};

/// The unit of a span that is told in days, however long it is.
pub(super) const COUNT_OF_DAYS: &str = "days";
/// From so many days a span is told in weeks and days, too.
const WEEKS_FROM_DAYS: i64 = 28;

/// How a reader is spoken to.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub cx: &'a Cx,
    pub pack: &'a Pack,
}

/// A badge: its colour token and its words.
pub(super) struct Badge {
    pub colour: String,
    pub words: String,
}

/// Risk as it is shown: every level and mark by colour, shape and word.
#[derive(Default)]
pub(super) struct RiskView {
    pub badges: Vec<Badge>,
    pub scores: Vec<String>,
}

/// A rule that is true, and why that matters.
pub(super) struct Why {
    pub colour: String,
    pub title: String,
    pub alert: Option<String>,
}

impl Words<'_> {
    pub(super) fn language(&self) -> Language {
        self.cx.language
    }

    pub(super) fn of(&self, text: &Localized) -> String {
        text.get(self.language()).to_owned()
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.cx.calendar()
    }

    pub(super) fn t(&self, key: &str) -> String {
        self.cx.t(key)
    }

    pub(super) fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        texts::text_with(self.language(), key, &[(name, &value.to_string())])
    }

    pub(super) fn secrecy_max(&self) -> Secrecy {
        self.cx.actor.secrecy_max()
    }

    /// The address of a subject's page.
    pub(super) fn home(&self, subject: SubjectId) -> String {
        page_of(&self.cx.actor.tree, subject.uuid())
    }

    pub(super) fn organization(&self, id: OrganizationId) -> String {
        self.cx.actor.tree.name(id).to_owned()
    }

    /// What a field holds; none when it is unknown.
    pub(super) fn field(&self, field: &Field, shown: &Shown) -> Option<String> {
        let value = match shown {
            Shown::Restricted => return Some(self.of(&restricted())),
            Shown::Value(value) => value,
        };
        if let (InputType::Organization, Value::Text(code)) = (&field.input, value) {
            let known = self.cx.actor.tree.by_code(code);
            return Some(known.map_or_else(|| code.to_string(), |known| known.name.clone()));
        }
        if let (InputType::Staff, Value::Text(code)) = (&field.input, value) {
            let name = self.cx.staff.name(code);
            return Some(name.unwrap_or_else(|| code.to_string()));
        }
        self.value(None, &field.ty, field.unit.as_deref(), value)
    }

    /// A value in words; none when it is unknown. `program` lends the words of its risk scale.
    pub(super) fn value(
        &self,
        program: Option<&Program>,
        ty: &Type,
        unit: Option<&str>,
        value: &Value,
    ) -> Option<String> {
        Some(match value {
            Value::Null => return None,
            Value::Boolean(true) => self.t("care-yes"),
            Value::Boolean(false) => self.t("care-no"),
            Value::Number(days) if unit == Some("d") => self.days(*days),
            Value::Number(days) if unit == Some(COUNT_OF_DAYS) => {
                self.t1("care-days", "days", days)
            }
            Value::Number(_) => {
                let number = format_value(ty, value);
                unit.map_or(number.clone(), |unit| format!("{number} {unit}"))
            }
            Value::Code(index) => self.code(program, ty, *index),
            Value::Codes(codes) if codes.is_empty() => self.t("care-none-of-these"),
            Value::Codes(codes) => {
                let titles: Vec<String> = codes
                    .iter()
                    .map(|index| self.code(program, ty, index))
                    .collect();
                titles.join(&self.t("care-and"))
            }
            Value::Date(day) => self.calendar().whole(date(DayNumber(*day))),
            Value::Text(_) => format_value(ty, value),
        })
    }

    fn code(&self, program: Option<&Program>, ty: &Type, index: u16) -> String {
        let Some(set) = ty.value_set() else {
            return String::new();
        };
        if let Some(known) = self
            .pack
            .value_set(set.name())
            .and_then(|set| set.codes.get(usize::from(index)))
        {
            return self.of(&known.title);
        }
        let code = set
            .code(index)
            .map(|code| code.to_string())
            .unwrap_or_default();
        let scale = program.and_then(|program| program.risk.as_ref());
        let level = scale.and_then(|scale| scale.levels.iter().find(|level| *level.id == *code));
        let mark = scale.and_then(|scale| scale.marks.iter().find(|mark| *mark.id == *code));
        let title = level
            .map(|level| &level.title)
            .or(mark.map(|mark| &mark.title));
        title.map_or(code, |title| self.of(title))
    }

    /// A span of days; long ones in weeks and days as cards have them.
    pub(super) fn days(&self, days: i64) -> String {
        if days < WEEKS_FROM_DAYS {
            return self.t1("care-days", "days", days);
        }
        let (weeks, rest) = ((days / 7).to_string(), (days % 7).to_string());
        texts::text_with(
            self.language(),
            "care-weeks-days",
            &[("weeks", &weeks), ("days", &rest)],
        )
    }

    /// The age of somebody born so many days ago.
    pub(super) fn age_of_days(&self, days: i64) -> Option<String> {
        let today = DayNumber::from(self.cx.today).0;
        let born = DayNumber(today.checked_sub(i32::try_from(days).ok()?)?);
        let age = self.calendar().age(Date::try_from(born).ok()?);
        Some(age).filter(|age| !age.is_empty())
    }

    pub(super) fn instant(&self, at: Timestamp) -> Told {
        self.cx.told_at(at)
    }

    /// The last moment, and how many days are left until then; negative when it has passed.
    pub(super) fn due(&self, due: Due) -> (Told, i32) {
        match due {
            Due::On(day) => (
                self.calendar().plain(date(day)),
                day.0 - DayNumber::from(self.cx.today).0,
            ),
            Due::At(ms) => {
                let at = Timestamp::from_millisecond(ms).unwrap_or(self.cx.now);
                let day =
                    DayNumber::from(self.cx.app.date_of(at)).0 - DayNumber::from(self.cx.today).0;
                let late = if at < self.cx.now { day.min(-1) } else { day };
                (self.instant(at), late)
            }
        }
    }

    pub(super) fn risk(&self, program: &Program, risk: &Risk) -> RiskView {
        let Some(scale) = &program.risk else {
            return RiskView::default();
        };
        let level = risk.level.and_then(|level| scale.levels.get(level));
        let mut badges = vec![level.map_or_else(
            || Badge {
                colour: "unknown".to_owned(),
                words: self.t("care-not-assessed"),
            },
            |level| Badge {
                colour: level.colour.clone(),
                words: self.of(&level.title),
            },
        )];
        let marks = risk.marks.iter().filter_map(|mark| scale.marks.get(*mark));
        badges.extend(marks.map(|mark| Badge {
            colour: mark.colour.clone(),
            words: self.of(&mark.title),
        }));
        let scores = program
            .scores
            .iter()
            .zip(&risk.scores)
            .filter(|(_, points)| **points > 0);
        RiskView {
            badges,
            scores: scores
                .map(|(score, points)| format!("{} {points}", self.of(&score.title)))
                .collect(),
        }
    }

    /// The rules that count now, the gravest first; those whose effect is a level, a mark or an alert.
    pub(super) fn why<'r>(
        &self,
        program: &Program,
        rules: impl Iterator<Item = &'r RuleShown>,
    ) -> Vec<Why> {
        let mut counting: Vec<&RuleShown> = rules
            .filter(|rule| rule.until.is_none() && !rule.replaced)
            .filter(|rule| {
                rule.level.is_some_and(|level| level > 0)
                    || rule.mark.is_some()
                    || rule.alert.is_some()
            })
            .collect();
        counting.sort_by_key(|rule| {
            (
                rule.alert.is_none(),
                std::cmp::Reverse(rule.level),
                rule.since,
            )
        });
        let scale = program.risk.as_ref();
        let mut found: Vec<Why> = Vec::new();
        for rule in counting {
            let level = rule
                .level
                .and_then(|level| scale?.levels.get(level))
                .map(|level| level.colour.clone());
            let mark = rule
                .mark
                .and_then(|mark| scale?.marks.get(mark))
                .map(|mark| mark.colour.clone());
            let why = Why {
                colour: level.or(mark).unwrap_or_else(|| "alert".to_owned()),
                title: self.of(&rule.title),
                alert: rule.alert.as_ref().map(|alert| self.of(alert)),
            };
            // Several findings that the reader may not see read alike; one line says as much.
            if !found
                .iter()
                .any(|known| known.title == why.title && known.alert == why.alert)
            {
                found.push(why);
            }
        }
        found
    }

    /// The title of a form, unless it tells more than the reader may know: then the neutral name that the pack gives
    /// it, or, when it gives none and most fields are above the reader's secrecy, that it is restricted.
    pub(super) fn form_title(&self, form: &Form) -> String {
        if form.shown_as.is_none() && self.is_closed(form) {
            self.of(&restricted())
        } else {
            self.of(form.title_for(self.secrecy_max()))
        }
    }

    /// The title of a task. When its form is closed to the reader, the neutral name that the pack gives the visit, the
    /// rule or the form.
    pub(super) fn task_title(&self, program: &Program, task: &TaskShown) -> String {
        let closed = task
            .form
            .map(|form| program.form(form))
            .filter(|form| self.is_closed(form));
        let Some(form) = closed else {
            return self.of(&task.title);
        };
        let instead = match task.cause {
            Cause::Visit(ix) => program.visits[ix.get()].shown_as.as_ref(),
            Cause::Rule(ix) => program.rule(ix).shown_as.as_ref(),
            // The engine has put the neutral name into the title already.
            Cause::Restricted => Some(&task.title),
        };
        match instead.or(form.shown_as.as_ref()) {
            Some(instead) => self.of(instead),
            None => self.t("care-restricted-task"),
        }
    }

    /// Whether the reader may see less than half of what a form asks.
    pub(super) fn is_closed(&self, form: &Form) -> bool {
        let above = form
            .fields
            .iter()
            .filter(|field| field.secrecy > self.secrecy_max())
            .count();
        2 * above > form.fields.len()
    }
}

/// The value of a fact in the reader's words; nothing when it is unknown.
pub(in crate::care) fn fact_text(
    (cx, pack): (&Cx, &Pack),
    program: &Program,
    fact: FactIx,
    value: &Value,
) -> Option<String> {
    let of = program.fact(fact);
    let words = Words { cx, pack };
    words.value(Some(program), &of.ty, of.unit.as_deref(), value)
}

/// The programs that follow persons and organizations.
pub(super) fn followed(pack: &Pack) -> impl Iterator<Item = &Program> {
    pack.programs
        .iter()
        .filter(|program| program.subject != SubjectKind::Staff)
}

/// A day of the replay as a date; all of them come from dates.
pub(super) fn date(day: DayNumber) -> Date {
    Date::try_from(day).unwrap_or(Date::MAX)
}
