//! The links of a person on her page.

use askama::Template;

use fuyou_expr::Value;
use fuyou_pack::model::{FactIx, ProgramIx};

use super::{LinkShown, LinkState};
use crate::access::Action;
use crate::care::pages::fact_text;
use crate::care::{Acting, Care, SubjectId};
use crate::http::{self, Cx};

/// A link in the reader's words.
struct LinkView {
    relation: String,
    name: String,
    href: Option<String>,
    birth_on: String,
    program: String,
    state: String,
    is_off: bool,
    /// Where the opening form is filled in that waits for a person.
    form: Option<String>,
    differs: String,
    /// What is told of the other end.
    told: String,
    /// Who may be the same, with where the two are compared.
    perhaps: Vec<(String, Option<String>)>,
}

#[derive(Template)]
#[template(path = "care/opening/links.html")]
struct LinksPart<'a> {
    cx: &'a Cx,
    links: Vec<LinkView>,
}

/// The links of a person whose record is open to the actor; nothing when there are none.
pub(in crate::care) async fn links_part(
    cx: &Cx,
    care: &Care,
    subject: SubjectId,
) -> Result<Option<String>, http::Error> {
    let shown = care.links(&Acting::from(cx), subject).await?;
    if shown.is_empty() {
        return Ok(None);
    }
    let links = shown.iter().map(|link| view(cx, care, link)).collect();
    let part = LinksPart { cx, links };
    let html = part
        .render()
        .map_err(|err| http::Error::Internal(err.into()))?;
    Ok(Some(html))
}

/// Titles and values of what is told of the other end.
fn told(cx: &Cx, care: &Care, link: &LinkShown) -> String {
    let text = |(program, fact, value): &(ProgramIx, FactIx, Value)| {
        let program = care.pack().program(*program);
        let title = program.fact(*fact).title.get(cx.language);
        let value = fact_text((cx, care.pack()), program, *fact, value)?;
        Some(format!("{title} {value}"))
    };
    let texts: Vec<String> = link.told.iter().filter_map(text).collect();
    texts.join("、")
}

fn view(cx: &Cx, care: &Care, link: &LinkShown) -> LinkView {
    let program = care.pack().program(link.program);
    let form = program.form(link.form);
    let waits = link.is_wanting && cx.actor.may(Action::RecordCare);
    let opened = link.opened.filter(|_| waits);
    let state = match link.state {
        LinkState::Open if link.is_closed => "link-closed",
        LinkState::Open => "link-open",
        LinkState::Waiting => "link-waiting",
        LinkState::Withdrawn => "link-withdrawn",
    };
    let differs: Vec<&str> = link
        .differs
        .iter()
        .map(|label| label.get(cx.language))
        .collect();
    let other = link.other.as_ref();
    LinkView {
        relation: link
            .relation
            .as_ref()
            .map_or_else(String::new, |relation| relation.get(cx.language).to_owned()),
        name: other.map_or_else(|| cx.t("link-restricted"), |other| other.name.clone()),
        href: other.map(|other| format!("/persons/{}", other.id)),
        birth_on: other.map_or_else(String::new, |other| {
            cx.calendar().born(other.birth_on).words
        }),
        program: program.title.get(cx.language).to_owned(),
        state: cx.t(state),
        is_off: link.is_closed || link.state == LinkState::Withdrawn,
        form: opened.map(|id| format!("/persons/{id}/forms/{}/{}", program.id, form.id)),
        differs: differs.join("、"),
        told: told(cx, care, link),
        perhaps: link
            .perhaps
            .iter()
            .map(|other| {
                let with = link.opened.filter(|_| cx.actor.may(Action::MergePersons));
                let compare = with.map(|id| format!("/persons/{id}/merge/{}", other.id));
                (other.name.clone(), compare)
            })
            .collect(),
    }
}
