//! Recording: the page of a pack's form, its live check, and saving.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Redirect, Response};
use fuyou_kernel::{Date, Id};
use fuyou_pack::Form as PackForm;
use fuyou_pack::input::read_day;
use fuyou_pack::model::{FormIx, ProgramIx, Severity};
use fuyou_pack::record::{Checked, Finding};
use serde::Deserialize;

use super::conflict::{TheirsView, differences};
use super::form_view::{Filling, FormView};
use super::hints_web::Hints;
use super::live::{Live, live};
use super::offer::suggested;
use super::sent::{Sent, Wish, typed_of_draft};
use super::words::{RiskView, Why, Words};
use super::{care_of, colleagues, home_of, name_of, subject_id};
use crate::care::{
    Acting, Care, EncounterId, EnrollmentId, Error as CareError, Preview, Reasons, Record,
    RecordShown, Recorded, Shown, Stale, SubjectId, TypedText, Values,
};
use crate::http::{Cx, Error, Form, Query};
use crate::ui::{Frame, html};

#[derive(Deserialize)]
pub(super) struct FormQuery {
    enrollment: Option<String>,
    on: Option<String>,
}

/// What a form would lead to.
pub(super) struct Consequence {
    pub risk: RiskView,
    pub why: Vec<Why>,
}

#[derive(Template)]
#[template(path = "care/pages/form.html")]
pub(super) struct FormPage {
    pub frame: Frame,
    pub home: String,
    pub name: String,
    pub program: String,
    pub action: String,
    pub preview: String,
    pub hidden: Vec<(&'static str, String)>,
    pub form: FormView,
    pub message: Option<String>,
    pub problems: usize,
    pub consequence: Option<Consequence>,
    /// For corrections: why.
    pub why: Option<String>,
    pub theirs: Option<TheirsView>,
    pub organizations: Vec<(String, String)>,
    /// Colleagues by code, for fields that hold one.
    pub staff: Vec<(String, String)>,
    /// What the script evaluates by itself; none for corrections, where the record itself is not one of the earlier ones.
    pub hints: Option<Hints>,
}

/// The form being filled: which, for whom.
pub(super) struct Desk<'a> {
    pub cx: &'a Cx,
    pub care: &'a Care,
    pub by: Acting,
    pub subject: SubjectId,
    pub program: ProgramIx,
    pub form: FormIx,
}

/// Everything typed so far.
pub(super) struct Typing {
    pub record: EncounterId,
    pub enrollment: Option<EnrollmentId>,
    pub base_version: Option<i64>,
    pub occurred_text: String,
    pub occurred_on: Option<Date>,
    pub typed: TypedText,
    pub reasons: Reasons,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        cx: &'a Cx,
        subject: SubjectId,
        program: &str,
        form: &str,
    ) -> Result<Self, Error> {
        let care = care_of(cx)?;
        let program = care.pack().program_ix(program).ok_or(Error::NotFound)?;
        let form = care
            .pack()
            .program(program)
            .form_ix(form)
            .ok_or(Error::NotFound)?;
        Ok(Desk {
            cx,
            care,
            by: Acting::from(cx),
            subject,
            program,
            form,
        })
    }

    pub(super) fn words(&self) -> Words<'a> {
        Words {
            cx: self.cx,
            pack: self.care.pack(),
        }
    }

    pub(super) fn pack_form(&self) -> &'a PackForm {
        self.care.pack().program(self.program).form(self.form)
    }

    /// The page of the subject.
    pub(super) fn home(&self) -> String {
        home_of(self.cx, self.subject)
    }

    pub(super) fn path(&self) -> String {
        let program = self.care.pack().program(self.program);
        format!(
            "{}/forms/{}/{}",
            self.home(),
            program.id,
            self.pack_form().id
        )
    }

    pub(super) fn typing(&self, sent: &Sent) -> Result<(Typing, Option<Finding>), Error> {
        let occurred_text = sent.one("occurred_on").to_owned();
        let (occurred_on, wrong) = match read_day(&occurred_text) {
            Ok(day) => (day, None),
            Err(message) => (None, Some(message)),
        };
        let wrong = wrong.map(|message| Finding {
            at: vec![fuyou_pack::record::At::OccurredOn],
            severity: Severity::Refuse,
            kind: "type".into(),
            message,
        });
        let enrollment = Some(sent.one("enrollment")).filter(|text| !text.is_empty());
        let typing = Typing {
            record: sent.one("id").parse().map_err(|_| Error::NotFound)?,
            enrollment: enrollment
                .map(str::parse)
                .transpose()
                .map_err(|_| Error::NotFound)?,
            base_version: sent.one("base_version").parse().ok(),
            occurred_text,
            occurred_on,
            typed: sent.typed(
                self.pack_form(),
                &self.cx.actor.tree,
                self.cx.actor.secrecy_max(),
            ),
            reasons: sent.reasons(),
        };
        Ok((typing, wrong))
    }

    pub(super) fn record(&self, typing: &Typing) -> Record {
        let program = self.care.pack().program(self.program);
        Record {
            id: typing.record,
            subject: self.subject,
            enrollment: typing.enrollment,
            program: program.id.to_string(),
            form: self.pack_form().id.to_string(),
            occurred_on: typing.occurred_on,
            values: Values::Text(typing.typed.clone()),
            reasons: typing.reasons.clone(),
            base_version: typing.base_version,
        }
    }

    /// What saving would lead to once the reasons still asked for are given.
    pub(super) async fn preview(&self, typing: &Typing) -> Result<Preview, CareError> {
        let mut record = self.record(typing);
        record.reasons.insert("*".to_owned(), "?".to_owned());
        self.care.preview(&self.by, &record).await
    }

    /// The findings of a preview, worst first beside each field; what cannot be read stands before what it lacks.
    pub(super) fn findings(preview: &Preview, unreadable_day: Option<Finding>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = unreadable_day.into_iter().collect();
        let day_is_wrong = !findings.is_empty();
        findings.extend(
            preview
                .unreadable
                .iter()
                .filter(|finding| {
                    !(day_is_wrong
                        && finding.at.first() == Some(&fuyou_pack::record::At::OccurredOn))
                })
                .cloned(),
        );
        let is_unreadable = |finding: &Finding, known: &[Finding]| {
            finding
                .at
                .first()
                .is_some_and(|at| known.iter().any(|other| other.at.first() == Some(at)))
        };
        let known = findings.clone();
        findings.extend(
            preview
                .checked
                .findings
                .iter()
                .filter(|finding| !is_unreadable(finding, &known))
                .cloned(),
        );
        findings
    }

    /// The page with what was typed. `loud` also says what is still missing.
    pub(super) async fn page(&self, asked: PageAsked<'_>) -> Result<FormPage, Error> {
        let words = self.words();
        let program = self.care.pack().program(self.program);
        let typing = asked.typing;
        let findings: Vec<Finding> = asked
            .findings
            .iter()
            .filter(|finding| asked.is_loud || &*finding.kind != "required")
            .cloned()
            .collect();
        colleagues::of_form(
            self.cx,
            self.pack_form(),
            (asked.last, asked.usual),
            &typing.typed,
        )
        .await?;
        let filling = Filling {
            form: self.pack_form(),
            occurred_on: typing.occurred_text.clone(),
            typed: &typing.typed,
            reasons: &typing.reasons,
            checked: asked.checked,
            findings: &findings,
            last: asked.last,
            usual: asked.usual,
            theirs: asked.theirs.map(|theirs| theirs.values.as_slice()),
        };
        let form = filling.view(words);
        let problems = if asked.is_loud { findings.len() } else { 0 };
        let actor = &self.cx.actor;
        let organizations = match form.has_organizations {
            true => suggested(&actor.tree, actor.organization),
            false => Vec::new(),
        };
        let mut hidden = vec![("id", typing.record.to_string())];
        hidden.extend(typing.enrollment.map(|id| ("enrollment", id.to_string())));
        hidden.extend(
            typing
                .base_version
                .map(|version| ("base_version", version.to_string())),
        );
        let hints = match asked.action {
            None => match self.hints(typing).await {
                Ok(hints) => Some(hints),
                // Why nothing can be stored here is said on the page.
                Err(_) if asked.message.is_some() => None,
                Err(err) => return Err(err.into()),
            },
            Some(_) => None,
        };
        let theirs = asked.theirs.map(|theirs| TheirsView {
            href: format!("{}/records/{}", self.home(), theirs.id),
            by: words.organization(theirs.recorded_org),
            at: words.instant(theirs.recorded_at).words,
            // A correction replaces what is stored; another record stands beside it.
            advice: words.t(if asked.why.is_some() {
                "care-theirs-replaced"
            } else {
                "care-theirs-marked"
            }),
            rows: asked.checked.map_or_else(Vec::new, |checked| {
                let ours = (checked, typing.occurred_text.as_str());
                differences(words, self.pack_form(), ours, theirs)
            }),
        });
        Ok(FormPage {
            hints,
            frame: Frame::new(self.cx, "menu-persons").titled(words.form_title(self.pack_form())),
            home: self.home(),
            name: name_of(self.cx, self.subject).await?,
            program: words.of(&program.title),
            action: asked.action.unwrap_or_else(|| self.path()),
            preview: format!("{}/preview", self.path()),
            hidden,
            form,
            message: asked.message,
            problems,
            consequence: asked.outcome.map(|outcome| self.consequence(outcome)),
            why: asked.why,
            theirs,
            organizations,
            staff: self.cx.staff.all(),
        })
    }

    pub(super) fn consequence(&self, outcome: &Recorded) -> Consequence {
        let program = self.care.pack().program(self.program);
        Consequence {
            risk: self.words().risk(program, &outcome.risk_after),
            why: self.words().why(program, outcome.rules.iter()),
        }
    }
}

/// What a page is made of.
pub(super) struct PageAsked<'a> {
    pub typing: &'a Typing,
    pub checked: Option<&'a Checked>,
    pub findings: &'a [Finding],
    pub last: &'a [Shown],
    pub usual: &'a [fuyou_expr::Value],
    pub is_loud: bool,
    pub outcome: Option<&'a Recorded>,
    pub message: Option<String>,
    pub action: Option<String>,
    pub why: Option<String>,
    pub theirs: Option<&'a RecordShown>,
}

impl<'a> PageAsked<'a> {
    pub(super) fn new(typing: &'a Typing) -> Self {
        PageAsked {
            typing,
            checked: None,
            findings: &[],
            last: &[],
            usual: &[],
            is_loud: false,
            outcome: None,
            message: None,
            action: None,
            why: None,
            theirs: None,
        }
    }
}

/// An empty form with the pack's defaults and the last values.
pub(super) async fn show(
    cx: Cx,
    Path((id, program, form)): Path<(String, String, String)>,
    Query(query): Query<FormQuery>,
) -> Result<Response, Error> {
    let desk = Desk::new(&cx, subject_id(&id)?, &program, &form)?;
    let enrollment: Option<EnrollmentId> = query
        .enrollment
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| Error::NotFound)?;
    let on = query
        .on
        .as_deref()
        .and_then(|text| read_day(text).ok().flatten())
        .unwrap_or(cx.today);
    let prefilled = desk
        .care
        .prefill(&desk.by, desk.subject, enrollment, (&program, &form), on)
        .await;
    let prefilled = match prefilled {
        // Nothing can be written into a closed enrollment: what helps is the page that opens it again.
        Err(CareError::Closed(closed)) => {
            let page = format!("{}/enrollments/{closed}/reopen", desk.home());
            return Ok(Redirect::to(&page).into_response());
        }
        prefilled => prefilled?,
    };
    let typing = Typing {
        record: cx.app.new_id(),
        enrollment: prefilled.enrollment,
        base_version: prefilled.base_version,
        occurred_text: on.to_string(),
        occurred_on: Some(on),
        typed: typed_of_draft(desk.pack_form(), &prefilled.draft),
        reasons: Reasons::new(),
    };
    let preview = desk.preview(&typing).await?;
    let asked = PageAsked {
        checked: Some(&preview.checked),
        last: &prefilled.last,
        usual: &prefilled.usual,
        ..PageAsked::new(&typing)
    };
    Ok(html(&desk.page(asked).await?)?.into_response())
}

/// Saves, or shows the form again: with another row, checked, or with what stands against it.
pub(super) async fn submit(
    cx: Cx,
    Path((id, program, form)): Path<(String, String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let desk = Desk::new(&cx, subject_id(&id)?, &program, &form)?;
    let sent = Sent(pairs);
    let (typing, wrong_day) = desk.typing(&sent)?;
    let saving = sent.wish() == Wish::Save;
    let mut known = None;
    let mut message = None;
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if saving && wrong_day.is_none() {
        match desk
            .care
            .record_at_once(&desk.by, desk.record(&typing))
            .await
        {
            Ok(recorded) => {
                let to = format!("{}/records/{}", desk.home(), recorded.encounter);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(CareError::Refused(_)) => {}
            Err(
                err @ (CareError::Denied(_)
                | CareError::NotFound(_)
                | CareError::Merged { .. }
                | CareError::Stored { .. }
                | CareError::Store(_)),
            ) => {
                return Err(err.into());
            }
            Err(err) => {
                status = StatusCode::CONFLICT;
                message = Some(desk.words().of(&err.message()));
                known = match err {
                    CareError::Stale(found) => Some(Known::Beside(found)),
                    CareError::IdTaken(id) => Some(Known::Same(Id::from_uuid(id))),
                    _ => None,
                };
            }
        }
    }
    again(&desk, typing, (wrong_day, saving, status), message, known).await
}

/// A stored record that stands against saving.
enum Known {
    /// Another one of the same contact.
    Beside(Box<Stale>),
    /// This very record, with other content: its answer was lost, and something was typed afterwards.
    Same(EncounterId),
}

/// The form again: nothing that was typed is lost.
async fn again(
    desk: &Desk<'_>,
    mut typing: Typing,
    (wrong_day, saving, status): (Option<Finding>, bool, StatusCode),
    message: Option<String>,
    known: Option<Known>,
) -> Result<Response, Error> {
    // Saving again now is done knowingly.
    let (mut action, mut why) = (None, None);
    let theirs = match known {
        Some(Known::Beside(stale)) => {
            typing.base_version = Some(stale.stored);
            let id = Id::from_uuid(stale.id);
            Some(desk.care.stored_record(&desk.by, desk.subject, id).await?)
        }
        Some(Known::Same(id)) => {
            let stored = desk.care.stored_record(&desk.by, desk.subject, id).await?;
            typing.base_version = Some(stored.version);
            action = Some(format!("{}/records/{id}/correct", desk.home()));
            why = Some(String::new());
            Some(stored)
        }
        None => None,
    };
    let preview = match desk.preview(&typing).await {
        Ok(preview) => Some(preview),
        // It was said already why nothing can be stored here.
        Err(_) if message.is_some() => None,
        Err(err) => return Err(err.into()),
    };
    let on = typing.occurred_on.unwrap_or(desk.cx.today);
    let program = desk.care.pack().program(desk.program);
    let names = (&*program.id, &*desk.pack_form().id);
    let last = desk
        .care
        .prefill(&desk.by, desk.subject, typing.enrollment, names, on)
        .await;
    let (last, usual) = last
        .map(|prefilled| (prefilled.last, prefilled.usual))
        .unwrap_or_default();
    let findings = preview
        .as_ref()
        .map(|preview| Desk::findings(preview, wrong_day))
        .unwrap_or_default();
    let asked = PageAsked {
        checked: preview.as_ref().map(|preview| &preview.checked),
        findings: &findings,
        last: &last,
        usual: &usual,
        is_loud: saving,
        outcome: preview
            .as_ref()
            .and_then(|preview| preview.outcome.as_deref()),
        message,
        action,
        why,
        theirs: theirs.as_ref(),
        ..PageAsked::new(&typing)
    };
    let page = desk.page(asked).await?;
    let status = if saving { status } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}

/// What saving would lead to, for the script of the page. Nothing is written.
pub(super) async fn preview(
    cx: Cx,
    Path((id, program, form)): Path<(String, String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Json<Live>, Error> {
    let desk = Desk::new(&cx, subject_id(&id)?, &program, &form)?;
    let (typing, wrong_day) = desk.typing(&Sent(pairs))?;
    let preview = desk.preview(&typing).await?;
    let findings = Desk::findings(&preview, wrong_day);
    Ok(Json(live(&desk, &typing, &preview, &findings)?))
}
