//! The list of links that a person has to look at.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use super::wanting::{WANTING_MAX, Wanting};
use crate::access::Action;
use crate::care::{Acting, SubjectId};
use crate::exchange::download_web::{Files, held};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Route};
use crate::registry::{Named, named};
use crate::ui::{Frame, html};

/// Where the list is.
pub(in crate::care) const LIST: &str = "/links";

/// Routes of links.
pub(in crate::care) fn routes() -> Vec<Route> {
    let (read, write) = (Action::ReadPerson, Action::RecordCare);
    vec![
        Route::get(LIST, Access::Needs(read), show),
        Route::get("/links/file", Access::Needs(Action::ExportData), download),
        Route::post(
            "/persons/{id}/links/{link}/checked",
            Access::Needs(write),
            checked,
        ),
    ]
}

struct LineView {
    href: String,
    name: String,
    residence: String,
    opener: (String, String),
    program: String,
    what: String,
    /// Where the form is filled in that nothing could fill.
    form: Option<String>,
    /// Where it is said that both are right.
    checked: Option<String>,
}

#[derive(Template)]
#[template(path = "care/opening/wanting.html")]
struct WantingPage {
    frame: Frame,
    cx: Cx,
    files: Files,
    lines: Vec<LineView>,
    is_cut: bool,
}

async fn lines(cx: &Cx) -> Result<Vec<LineView>, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let wanting = care.links_wanting(&Acting::from(cx)).await?;
    let subjects = wanting.iter().flat_map(|link| [link.subject, link.opener]);
    let names = named(cx, subjects.map(SubjectId::uuid)).await??;
    let may_record = cx.actor.may(Action::RecordCare);
    let lines = wanting.iter().map(|link| {
        let name = |subject: SubjectId| names.get(&subject.uuid());
        line(
            cx,
            link,
            (name(link.subject), name(link.opener)),
            may_record,
        )
    });
    Ok(lines.collect())
}

/// The list as CSV or XLSX.
async fn download(cx: Cx, kind: SheetKind) -> Result<Response, Error> {
    let lines = lines(&cx).await?;
    cx.db.note(cx.entry("export", "link")).await?;
    let head = [
        "link-wanting-who",
        "list-residence",
        "link-wanting-opener",
        "link-wanting-matter",
    ];
    let line = |line: LineView| {
        let what = format!("{}: {}", line.program, line.what);
        vec![line.name, line.residence, line.opener.1, what]
    };
    let name = format!("{}-{}", cx.t("link-wanting"), cx.today);
    let lines = lines.into_iter().map(line).collect();
    let table = held(name, kind, &head.map(|key| cx.t(key)), lines);
    table.answer().await
}

async fn show(cx: Cx) -> Result<Response, Error> {
    let lines = lines(&cx).await?;
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let page = WantingPage {
        files: match cx.actor.may(Action::ExportData) {
            true => Files::of("/links/file", count),
            false => Files::none(),
        },
        lines,
        is_cut: count >= WANTING_MAX,
        frame: Frame::new(&cx, "link-wanting"),
        cx: cx.clone(),
    };
    Ok(html(&page)?.into_response())
}

fn line(
    cx: &Cx,
    link: &Wanting,
    (subject, opener): (Option<&Named>, Option<&Named>),
    may_record: bool,
) -> LineView {
    let shown =
        |named: Option<&Named>| named.map_or_else(|| "–".to_owned(), |one| one.name.clone());
    let href = |subject: SubjectId| format!("/persons/{subject}");
    let care = cx.app.care();
    let program = care.map(|care| care.pack().program(link.program));
    let labels: Vec<&str> = link
        .differs
        .iter()
        .map(|label| label.get(cx.language))
        .collect();
    let waits = link.differs.is_empty() && link.contradicted.is_none();
    let form = program.map(|program| {
        let form = program.form(link.form);
        format!("{}/forms/{}/{}", href(link.subject), program.id, form.id)
    });
    LineView {
        href: href(link.subject),
        name: shown(subject),
        residence: subject.map_or_else(String::new, |one| one.residence.clone()),
        opener: (href(link.opener), shown(opener)),
        program: program.map_or_else(String::new, |program| {
            program.title.get(cx.language).to_owned()
        }),
        what: if link.contradicted.is_some() {
            cx.t("link-contradicted")
        } else if waits {
            cx.t("link-waiting")
        } else {
            format!("{}{}", cx.t("link-differs"), labels.join("、"))
        },
        form: form.filter(|_| waits && may_record),
        checked: (!link.differs.is_empty() && may_record)
            .then(|| format!("{}/links/{}/checked", href(link.subject), link.id)),
    }
}

async fn checked(cx: Cx, Path((id, link)): Path<(String, String)>) -> Result<Redirect, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let subject: SubjectId = id.parse().map_err(|_| Error::NotFound)?;
    let link = link.parse().map_err(|_| Error::NotFound)?;
    care.link_checked(&Acting::from(&cx), subject, link).await?;
    Ok(Redirect::to(LIST))
}
