//! What the script of a form page evaluates by itself: the form's sheet, and the standing of the woman's enrollment.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use fuyou_kernel::Secrecy;
use serde_json::json;

use super::form_web::{Desk, Typing};
use super::sent::Sent;
use super::words::Words;
use super::{care_of, subject_id};
use crate::care::{Acting, Error as CareError};
use crate::http::{Cx, Error, Form};

const JSON: &str = "application/json";

/// What a form page carries for its script.
pub(super) struct Hints {
    /// Path of the sheet, by its content.
    pub sheet: String,
    /// Where the standing of another day is asked for.
    pub standing_path: String,
    /// The standing, as JSON without `<`.
    pub standing: String,
    /// Whether the browser may keep the standing: not when it may hold infection findings.
    pub is_kept: bool,
    /// The words that the script puts values into, as JSON.
    pub words: String,
}

impl Desk<'_> {
    /// What the script of this form needs.
    pub(super) async fn hints(&self, typing: &Typing) -> Result<Hints, CareError> {
        let sheet = self
            .care
            .sheet(&self.by, self.cx.language, (self.program, self.form));
        let standing = self
            .care
            .standing(&self.by, &self.record(typing), &sheet)
            .await?;
        let program = &self.care.pack().program(self.program).id;
        Ok(Hints {
            sheet: format!("/forms/{program}/{}/{}", self.pack_form().id, sheet.name),
            standing_path: format!("{}/standing", self.path()),
            standing,
            is_kept: self.cx.actor.secrecy_max() < Secrecy::Infection,
            words: words(self.words()),
        })
    }
}

/// The words around computed values and around what a record would lead to.
fn words(words: Words<'_>) -> String {
    let weeks = [("weeks", "{weeks}"), ("days", "{days}")];
    let text =
        |key, values: &[(&str, &str)]| crate::texts::text_with(words.language(), key, values);
    json!({
        "yes": words.t("care-yes"),
        "no": words.t("care-no"),
        "none": words.t("care-none-of-these"),
        "and": words.t("care-and"),
        "days": text("care-days", &weeks[1..]),
        "weeks": text("care-weeks-days", &weeks),
        "date": text("day-of-year", &[("year", "{year}"), ("month", "{month}"), ("day", "{day}")]),
        "months": (1..=12).map(|month| words.calendar().month(month)).collect::<Vec<_>>(),
        "wouldBe": words.t("care-would-be"),
        "notAssessed": words.t("care-not-assessed"),
        "reason": words.t("care-reason"),
    })
    .to_string()
    .replace('<', "\\u003c")
}

/// The sheet of a form. Its name is the hash of its content, so it may be kept; it holds nothing of any person.
pub(super) async fn sheet(
    cx: Cx,
    Path((program, form, name)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let ix = care.pack().program_ix(&program).ok_or(Error::NotFound)?;
    let form = care
        .pack()
        .program(ix)
        .form_ix(&form)
        .ok_or(Error::NotFound)?;
    let sheet = care.sheet(&Acting::from(&cx), cx.language, (ix, form));
    if sheet.name != name {
        return Err(Error::NotFound);
    }
    let headers = [
        (CONTENT_TYPE, JSON),
        (CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    Ok((headers, sheet.sheet.json().to_owned()).into_response())
}

/// The standing on another day of service.
pub(super) async fn standing(
    cx: Cx,
    Path((id, program, form)): Path<(String, String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let desk = Desk::new(&cx, subject_id(&id)?, &program, &form)?;
    let (typing, _) = desk.typing(&Sent(pairs))?;
    let hints = desk.hints(&typing).await?;
    Ok(([(CONTENT_TYPE, JSON)], hints.standing).into_response())
}
