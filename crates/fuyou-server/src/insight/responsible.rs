//! Who is to act on the lines of a list of persons.

use std::collections::HashMap;

use fuyou_kernel::Id;
use uuid::Uuid;

use super::Line;
use crate::care::{Acting, EnrollmentId, Responsible};
use crate::db::Connection;
use crate::http::{Cx, Error};
use crate::registry::{OrganizationId, workers};

/// By enrollment: who of the responsible organization acted last, or the first few who work there.
pub(super) async fn responsible(
    cx: &Cx,
    connection: &mut Connection,
    lines: &[Line],
) -> Result<HashMap<EnrollmentId, String>, Error> {
    let keys: Vec<_> = lines
        .iter()
        .map(|line| (Id::from_uuid(line.subject.uuid()), line.enrollment))
        .collect();
    let known = match cx.app.care() {
        Some(care) => {
            care.responsible(&Acting::from(cx), connection, &keys)
                .await?
        }
        None => HashMap::new(),
    };
    let acted = known.values().flat_map(|responsible| &responsible.acted);
    let users = distinct(acted.map(|(user, _)| *user));
    let places = distinct(
        lines
            .iter()
            .filter_map(|line| place(cx, line, &known))
            .map(Id::uuid),
    );
    let workers = workers(connection, &users, &places).await?;
    let named = lines.iter().filter_map(|line| {
        let place = place(cx, line, &known)?;
        let acted = known.get(&line.enrollment).map(|found| &*found.acted);
        let mut acted = acted.unwrap_or_default().iter();
        let last = acted.find_map(|(user, _)| workers.at(place, *user));
        let who = match last {
            Some(name) => name.to_owned(),
            None => {
                let (names, more) = workers.of(place);
                let names = names.join(&cx.t("insight-names-between"));
                if more > 0 {
                    format!("{names} +{more}")
                } else {
                    names
                }
            }
        };
        // The column before names the organization that places the line; whoever works elsewhere says where.
        let is_elsewhere = line.place.as_deref() != Some(code(cx, place));
        let who = match (who.is_empty(), is_elsewhere) {
            (true, true) => cx.actor.tree.name(place).to_owned(),
            (false, true) => format!("{who} · {}", cx.actor.tree.name(place)),
            (_, false) => who,
        };
        Some((line.enrollment, who))
    });
    Ok(named.collect())
}

/// The organization that answers for a line: that of the enrollment, or else the one that places it.
fn place(
    cx: &Cx,
    line: &Line,
    known: &HashMap<EnrollmentId, Responsible>,
) -> Option<OrganizationId> {
    let of_enrollment = known.get(&line.enrollment).map(|found| found.organization);
    let by_code = || cx.actor.tree.by_code(line.place.as_deref()?);
    of_enrollment.or_else(|| by_code().map(|place| place.id))
}

fn code(cx: &Cx, place: OrganizationId) -> &str {
    let place = cx.actor.tree.get(place);
    place.map_or("", |place| &place.code)
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
