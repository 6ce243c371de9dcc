//! Pages for finding the other record, comparing both and making them one.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Date, Localized};
use serde::Deserialize;
use uuid::Uuid;

use super::store::{self, NamedMerge};
use super::{MergeError, Wanted, compare, merge, obstacles, undo};
use crate::access::Action;
use crate::db::Connection;
use crate::http::{Access, Cx, Error, Form, Route};
use crate::registry::person_form::PersonForm;
use crate::registry::web::person_id;
use crate::registry::{
    Found, OrganizationId, Person, PersonId, open_person, search, store as persons,
};
use crate::ui::{Frame, html};

/// Routes of merging.
pub(in crate::registry) fn routes() -> Vec<Route> {
    let merging = Access::Needs(Action::MergePersons);
    vec![
        Route::get("/persons/{id}/merge", merging, show_search),
        Route::post("/persons/{id}/merge", merging, submit_search),
        Route::get("/persons/{id}/merge/{other}", merging, show_pair),
        Route::post("/persons/{id}/merge/{other}", merging, submit_pair),
        Route::post("/persons/{id}/merges/{merge}/undone", merging, submit_undo),
    ]
}

impl From<MergeError> for Error {
    fn from(err: MergeError) -> Self {
        let words = match err {
            MergeError::NotFound => return Error::NotFound,
            MergeError::Denied(denied) => return Error::Forbidden(denied),
            MergeError::Store(cause) => return cause.into(),
            MergeError::Care(cause) => return Error::from(*cause),
            MergeError::NoReason => {
                return Error::Rejected(Localized::new(
                    "请写明理由，至少 4 个字",
                    "Please give a reason of at least 4 characters",
                ));
            }
            MergeError::Same => {
                return Error::Rejected(Localized::new(
                    "不能与自身合并，请选择另一份档案",
                    "A record cannot be merged with itself; choose the other one",
                ));
            }
            MergeError::Stale => Localized::new(
                "其中一份档案刚被更正或合并，请重新核对后再操作",
                "One of the records has just been corrected or merged; compare them again",
            ),
            MergeError::BothOpen(both) => {
                let join = |pick: fn(&Localized) -> &str, separator: &str| {
                    let titles = both.iter().map(|one| pick(&one.program));
                    titles.collect::<Vec<_>>().join(separator)
                };
                let (zh, en) = (join(|text| &text.zh, "、"), join(|text| &text.en, ", "));
                Localized::new(
                    format!("两份档案在以下项目中都未结案：{zh}。请先结案其中一份再合并"),
                    format!(
                        "Both records are open in: {en}. Close one of the two first, then merge"
                    ),
                )
            }
            MergeError::SharedRow(table) => Localized::new(
                format!("两份档案含有编号相同的记录（{table}），请联系管理员"),
                format!("Both records hold a row of the same id ({table}); ask the administrator"),
            ),
            MergeError::ToldSince(told) => {
                let join = |pick: fn(&Localized) -> &str, separator: &str| {
                    told.iter().map(pick).collect::<Vec<_>>().join(separator)
                };
                let (zh, en) = (join(|text| &text.zh, "；"), join(|text| &text.en, "; "));
                Localized::new(
                    format!("合并后已有新的记录，不能直接撤销：{zh}"),
                    format!("Recorded since the merge, so it cannot simply be undone: {en}"),
                )
            }
            MergeError::MergedOn => Localized::new(
                "这份档案之后又被合并，请先撤销较晚的合并",
                "This record was itself merged later; undo the later merge first",
            ),
            MergeError::NumberInUse => Localized::new(
                "原档案的证件号码现已用于另一份档案，请先更正号码再撤销",
                "The document number of the former record now stands in another one; correct that first",
            ),
        };
        Error::Conflict(words)
    }
}

#[derive(Template)]
#[template(path = "registry/merge/search.html")]
struct SearchPage {
    frame: Frame,
    id: PersonId,
    name: String,
    q: String,
    found: Vec<Found>,
    is_search: bool,
}

/// Persons who may be the same as this one and whom the actor may merge with her.
async fn show_search(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    search_page(&cx, person_id(&id)?, None).await
}

#[derive(Deserialize)]
struct SearchForm {
    q: String,
}

async fn submit_search(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<SearchForm>,
) -> Result<Response, Error> {
    search_page(&cx, person_id(&id)?, Some(form.q)).await
}

async fn search_page(cx: &Cx, id: PersonId, q: Option<String>) -> Result<Response, Error> {
    let mut reader = cx.db.read().await?;
    let person = open_person(cx, &mut reader, id).await?;
    cx.actor
        .require(Action::MergePersons, person.identity.residence)?;
    let found = match &q {
        Some(q) => {
            drop(reader);
            search(cx, q, None).await??.found
        }
        None => alike(cx, &mut reader, &person).await?,
    };
    let page = SearchPage {
        frame: Frame::new(cx, "merge-title"),
        id,
        name: person.identity.name.clone(),
        found: found.into_iter().filter(|found| found.id != id).collect(),
        is_search: q.is_some(),
        q: q.unwrap_or_default(),
    };
    Ok(html(&page)?.into_response())
}

async fn alike(cx: &Cx, connection: &mut Connection, person: &Person) -> Result<Vec<Found>, Error> {
    let identity = &person.identity;
    let phones = identity
        .phone
        .as_ref()
        .map(|phone| cx.keys.lookups(persons::PHONE, phone.reveal()));
    let alike = persons::alike(
        connection,
        &identity.name,
        identity.birth_on,
        phones.as_ref(),
    )
    .await?;
    let seen = alike
        .into_iter()
        .filter(|brief| cx.actor.sees(OrganizationId::from_uuid(brief.residence)));
    Ok(seen
        .map(|brief| Found {
            id: brief.id,
            name: brief.name,
            birth_on: brief.birth_on,
            residence: cx
                .actor
                .tree
                .name(fuyou_kernel::Id::from_uuid(brief.residence))
                .to_owned(),
            phone_tail: String::new(),
        })
        .collect())
}

struct PairRow {
    label: String,
    values: [String; 2],
    differs: bool,
}

struct Obstacle {
    program: String,
    /// Where each of the two can be closed.
    close: [String; 2],
}

#[derive(Template)]
#[template(path = "registry/merge/pair.html")]
struct PairPage {
    frame: Frame,
    action: String,
    merge: Uuid,
    ids: [PersonId; 2],
    versions: [i64; 2],
    names: [String; 2],
    rows: Vec<PairRow>,
    enrollments: [Vec<String>; 2],
    obstacles: Vec<Obstacle>,
    numbers_differ: bool,
    survivor: String,
    reason: String,
    message: String,
}

async fn show_pair(cx: Cx, Path((id, other)): Path<(String, String)>) -> Result<Response, Error> {
    let page = pair_page(&cx, person_id(&id)?, person_id(&other)?).await?;
    Ok(html(&page)?.into_response())
}

async fn pair_page(cx: &Cx, one: PersonId, other: PersonId) -> Result<PairPage, Error> {
    let pair = compare(cx, one, other).await?;
    let ids = [one, other];
    let obstacles = obstacles(cx, ids).await?;
    let [left, right] = [&pair[0], &pair[1]].map(|person| PersonForm::of(person).words(cx));
    let rows = left
        .into_iter()
        .zip(right)
        .map(|((label, a), (_, b))| PairRow {
            label,
            differs: a != b,
            values: [a, b],
        });
    let number = |person: &Person| person.identity.id_no.clone();
    let numbers_differ = match (number(&pair[0]), number(&pair[1])) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    };
    let close = |at: usize, enrollment: &dyn std::fmt::Display| {
        format!("/persons/{}/enrollments/{enrollment}/close", ids[at])
    };
    Ok(PairPage {
        frame: Frame::new(cx, "merge-title"),
        action: format!("/persons/{one}/merge/{other}"),
        merge: cx.new_id(),
        ids,
        versions: [pair[0].version, pair[1].version],
        names: [&pair[0], &pair[1]].map(|person| person.identity.name.clone()),
        rows: rows.collect(),
        enrollments: [enrollments(cx, one).await?, enrollments(cx, other).await?],
        obstacles: obstacles
            .into_iter()
            .map(|both| Obstacle {
                program: both.program.get(cx.language).to_owned(),
                close: [
                    close(0, &both.enrollments[0]),
                    close(1, &both.enrollments[1]),
                ],
            })
            .collect(),
        numbers_differ,
        survivor: one.to_string(),
        reason: String::new(),
        message: String::new(),
    })
}

async fn enrollments(cx: &Cx, person: PersonId) -> Result<Vec<String>, Error> {
    let Some(care) = cx.app.care() else {
        return Ok(Vec::new());
    };
    let mut reader = cx.db.read().await?;
    let briefs = care.enrolled_briefly(&mut reader, person.uuid()).await?;
    let line = |brief: crate::care::EnrolledBriefly| {
        let until = brief
            .closed_on
            .map_or_else(|| "…".to_owned(), |date| date.to_string());
        format!(
            "{} · {} · {} – {until}",
            brief.program.get(cx.language),
            cx.actor.tree.name(brief.organization),
            brief.opened_on
        )
    };
    Ok(briefs.into_iter().map(line).collect())
}

#[derive(Deserialize)]
struct PairForm {
    merge: Uuid,
    survivor: String,
    version_0: i64,
    version_1: i64,
    reason: String,
}

async fn submit_pair(
    cx: Cx,
    Path((id, other)): Path<(String, String)>,
    Form(form): Form<PairForm>,
) -> Result<Response, Error> {
    let pair = [
        (person_id(&id)?, form.version_0),
        (person_id(&other)?, form.version_1),
    ];
    let survivor = person_id(&form.survivor)?;
    let [survivor, merged] = match pair {
        [one, other] if one.0 == survivor => [one, other],
        [one, other] if other.0 == survivor => [other, one],
        _ => return Err(Error::NotFound),
    };
    let wanted = Wanted {
        id: form.merge,
        survivor,
        merged,
        reason: &form.reason,
    };
    let outcome = crate::db::retry(async || merge(&cx, &wanted).await).await;
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/persons/{}", survivor.0)).into_response()),
        Err(err @ (MergeError::NoReason | MergeError::BothOpen(_))) => {
            let words = match Error::from(err) {
                Error::Conflict(words) | Error::Rejected(words) => words,
                other => return Err(other),
            };
            let page = PairPage {
                merge: form.merge,
                survivor: form.survivor,
                reason: form.reason,
                message: words.get(cx.language).to_owned(),
                ..pair_page(&cx, pair[0].0, pair[1].0).await?
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(err) => Err(err.into()),
    }
}

#[derive(Deserialize)]
struct UndoForm {
    reason: String,
}

async fn submit_undo(
    cx: Cx,
    Path((id, merge)): Path<(String, String)>,
    Form(form): Form<UndoForm>,
) -> Result<Response, Error> {
    let survivor = person_id(&id)?;
    let merge = Uuid::try_parse(&merge).map_err(|_| Error::NotFound)?;
    let back = crate::db::retry(async || undo(&cx, survivor, merge, &form.reason).await).await?;
    Ok(Redirect::to(&format!("/persons/{back}")).into_response())
}

/// A record that was merged into the one shown.
pub(in crate::registry) struct MergedLine {
    pub name: String,
    pub id: Uuid,
    pub at: Date,
    pub by: String,
    pub reason: String,
    pub is_undone: bool,
    pub can_undo: bool,
}

/// The merges into a record, for whoever may merge; undone they are by whoever may merge both.
pub(in crate::registry) async fn merged_section(
    cx: &Cx,
    connection: &mut Connection,
    person: &Person,
) -> Result<Vec<MergedLine>, Error> {
    if !cx.actor.may(Action::MergePersons) {
        return Ok(Vec::new());
    }
    let may_undo = cx.actor.sees(person.identity.residence);
    let rows = store::merges_into(connection, person.id).await?;
    let line = |row: NamedMerge| {
        let merge = row.merge;
        let is_undone = merge.undone_at.is_some();
        let was_there = OrganizationId::from_uuid(row.residence_org_id);
        MergedLine {
            name: row.name,
            id: merge.id,
            at: cx.app.date_of(merge.merged_at.0),
            by: merge.merged_by_login,
            reason: merge.reason,
            is_undone,
            can_undo: may_undo && !is_undone && cx.actor.sees(was_there),
        }
    };
    Ok(rows.into_iter().map(line).collect())
}
