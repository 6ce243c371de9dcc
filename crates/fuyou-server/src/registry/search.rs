//! Finding persons: by characters, pinyin, initials, end of the phone, document number, or a number that the pack says
//! people look for.

use std::collections::HashSet;

use fuyou_kernel::{Date, Id, Phone};
use uuid::Uuid;

use super::search_store::{self as store, Area};
use super::store::{ID_NO, PHONE, tail};
use super::{Level, PersonId};
use crate::access::{Action, Denied};
use crate::db::Error;
use crate::http::Cx;
use crate::ui::id_of;

/// Persons on one page.
const PAGE: usize = 30;

/// A person in a list: no identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Her id.
    pub id: PersonId,
    /// Her name.
    pub name: String,
    /// Her date of birth.
    pub birth_on: Date,
    /// Where she lives.
    pub residence: String,
    /// Last digits of her phone.
    pub phone_tail: String,
}

/// Where a page of persons begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Begins {
    /// With the first, or behind the last of another page.
    #[default]
    Known,
    /// Behind somebody whom the actor may not see any more.
    Lost,
}

/// A page of persons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The persons.
    pub found: Vec<Found>,
    /// After whom the next page starts, if there is one.
    pub next: Option<PersonId>,
    /// Whether it is known where it begins; a page that is not says nothing of who follows.
    pub begins: Begins,
}

/// What somebody typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Query {
    Everybody,
    /// The code on a paper.
    Code(Uuid),
    Name(String),
    Letters(String),
    PhoneTail(String),
    Phone(String),
    Number(String),
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        if let Some(id) = id_of(text) {
            return Query::Code(id);
        }
        let text: String = text.trim().to_lowercase();
        let solid: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '\'')
            .collect();
        let digits = solid.chars().filter(char::is_ascii_digit).count();
        if solid.is_empty() {
            Query::Everybody
        } else if solid.len() == 18 && digits >= 17 {
            Query::Number(solid.to_uppercase())
        } else if digits == solid.len() && (4..=6).contains(&digits) {
            Query::PhoneTail(solid)
        } else if digits == solid.len()
            && let Ok(phone) = solid.parse::<Phone>()
        {
            Query::Phone(phone.reveal().to_owned())
        } else if solid.is_ascii() && digits == 0 {
            Query::Letters(solid)
        } else if solid.is_ascii() && digits > 3 {
            // Letters with digits: a passport or permit.
            Query::Number(solid.to_uppercase())
        } else {
            Query::Name(solid)
        }
    }
}

/// Whether a search text is a whole phone or document number, which must not stand in an address.
pub(super) fn names_somebody(text: &str) -> bool {
    matches!(
        Query::read(text),
        Query::Phone(_) | Query::Number(_) | Query::Code(_)
    )
}

/// Persons of whom a program keeps one number, at most; more are not told apart by it.
const NUMBERED_MAX: i64 = 8;

/// Persons the actor may see without a reason: for a name in its order, otherwise in that in which they were registered,
/// those whose number it is before all others. At most two statements for a first page and three for one after it; for a
/// text with a digit one more for each number that the pack lets people search by, and one for every two who have it.
///
/// Identifiers typed into the search are not logged; that a search took place is not audited, opening a record is.
pub async fn search(
    cx: &Cx,
    text: &str,
    after: Option<PersonId>,
) -> Result<Result<Page, Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::ReadPerson) {
        return Ok(Err(denied));
    }
    let Some(top) = cx.actor.tree.get(cx.actor.organization) else {
        return Ok(Ok(Page::default()));
    };
    let area = Area {
        path_from: top.path.clone(),
        path_to: format!("{}\u{10FFFF}", top.path),
        today: cx.today,
        // A hospital of the county cares for many fewer than live in the county.
        is_wide: !matches!(top.level, Level::Village | Level::Township)
            && cx.actor.tree.children(top.id).next().is_some(),
        limit: PAGE as i64 + 1,
    };
    let mut reader = cx.db.read().await?;
    let after = match after {
        None => None,
        Some(id) => match store::after(&mut reader, id.uuid(), &area).await? {
            Some(after) => Some(after),
            // She moved away: where she stood is not told, nor who came after her.
            None => {
                return Ok(Ok(Page {
                    begins: Begins::Lost,
                    ..Page::default()
                }));
            }
        },
    };
    let after = after.as_ref();
    let numbered = match (after, cx.app.care()) {
        (None, Some(care))
            if id_of(text).is_none() && text.contains(|c: char| c.is_ascii_digit()) =>
        {
            let ids = care
                .numbered(&mut reader, text.trim(), NUMBERED_MAX)
                .await?;
            store::of_ids(&mut reader, &ids, &area).await?
        }
        _ => Vec::new(),
    };
    let mut rows = match Query::read(text) {
        Query::Everybody => store::everybody(&mut reader, after, &area).await?,
        Query::Code(id) => store::of_ids(&mut reader, &[id], &area).await?,
        Query::Name(name) => store::by_name(&mut reader, &name, after, &area).await?,
        Query::Letters(letters) => store::by_letters(&mut reader, &letters, after, &area).await?,
        Query::PhoneTail(digits) => {
            store::by_phone_tail(&mut reader, &tail(&digits), after, &area).await?
        }
        Query::Phone(phone) => {
            let hashes = cx.keys.lookups(PHONE, &phone);
            store::by_phone(&mut reader, &hashes, after, &area).await?
        }
        Query::Number(number) => {
            let hashes = cx.keys.lookups(ID_NO, &number);
            store::by_id_no(&mut reader, &hashes, after, &area).await?
        }
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = if more {
        rows.last().map(|row| Id::from_uuid(row.subject_id))
    } else {
        None
    };
    // A record that was merged leads to one that may be found by its own name as well.
    let mut known: HashSet<Uuid> = numbered.iter().map(|row| row.subject_id).collect();
    rows.retain(|row| known.insert(row.subject_id));
    let found = numbered.into_iter().chain(rows).map(|row| Found {
        id: Id::from_uuid(row.subject_id),
        name: row.name,
        birth_on: row.birth_on.0,
        residence: cx
            .actor
            .tree
            .name(Id::from_uuid(row.residence_org_id))
            .to_owned(),
        phone_tail: row.phone_tail.unwrap_or_default(),
    });
    Ok(Ok(Page {
        found: found.collect(),
        next,
        begins: Begins::Known,
    }))
}
