//! Organizations from a CSV file: `code,parent_code,name,level,kind,has_midwifery_licence,is_rescue_centre,hospital_grade,population`.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Level, Organization, OrganizationId, OrganizationKind, organizations_store as store};
use crate::db::{Change, Entry, Error, Operation};
use crate::http::App;

/// Most organizations in one file.
const ROWS_MAX: usize = 200_000;

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Organizations that were new.
    pub inserted: usize,
    /// Organizations that were known by their code and brought up to date.
    pub updated: usize,
}

/// Why a file of organizations is refused as a whole. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not a CSV file with the columns we need.
    #[error("line {line}: {why}")]
    Line {
        /// 1-based line of the file.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// Too many rows.
    #[error("more than {ROWS_MAX} organizations in one file")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

#[derive(Deserialize)]
struct Row {
    code: String,
    #[serde(default)]
    parent_code: String,
    name: String,
    level: String,
    kind: String,
    #[serde(default)]
    has_midwifery_licence: Option<u8>,
    #[serde(default)]
    is_rescue_centre: Option<u8>,
    #[serde(default)]
    hospital_grade: Option<String>,
    #[serde(default)]
    population: Option<i64>,
}

/// Imports a file in one transaction. Parents stand before their children, or are known already.
/// `by` is the audit entry of whoever does it.
pub async fn import_organizations(
    app: &App,
    by: Entry,
    bytes: &[u8],
) -> Result<Imported, ImportError> {
    let tree = app.tree();
    let mut known: HashMap<String, Organization> = tree
        .all()
        .iter()
        .map(|organization| (organization.code.clone(), organization.as_ref().clone()))
        .collect();
    let mut to_save = Vec::new();
    let mut imported = Imported {
        inserted: 0,
        updated: 0,
    };
    // A byte order mark in front of the first column name is not part of it.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(false)
        .from_reader(bytes);
    for (at, row) in reader.deserialize::<Row>().enumerate() {
        let line = at as u64 + 2;
        if at >= ROWS_MAX {
            return Err(ImportError::TooMany);
        }
        let row = row.map_err(|err| ImportError::Line {
            line,
            why: err.to_string(),
        })?;
        let before = known.get(&row.code).map(|organization| organization.id);
        let organization =
            checked(app, row, before, &known).map_err(|why| ImportError::Line { line, why })?;
        if before.is_some() {
            imported.updated += 1;
        } else {
            imported.inserted += 1;
        }
        known.insert(organization.code.clone(), organization.clone());
        to_save.push((
            organization,
            before.map_or(Operation::Insert, |_| Operation::Update),
        ));
    }
    let mut tx = app.db().begin(None).await?;
    for (organization, operation) in &to_save {
        store::save(&mut tx, organization, app.now()).await?;
        tx.changed(Change {
            subject_id: Some(organization.id.uuid()),
            entity: "organization",
            entity_id: organization.id.uuid(),
            operation: *operation,
            at: app.now(),
        });
    }
    store::count_change(&mut tx).await?;
    tx.audit(by);
    tx.commit().await?;
    app.reload_tree().await?;
    Ok(imported)
}

fn checked(
    app: &App,
    row: Row,
    before: Option<OrganizationId>,
    known: &HashMap<String, Organization>,
) -> Result<Organization, String> {
    if row.code.is_empty() || row.code.contains('/') || row.name.is_empty() {
        return Err("code and name must not be empty, and a code has no slash".to_owned());
    }
    let level: Level = row.level.parse().map_err(|err| format!("{err}"))?;
    let kind: OrganizationKind = row.kind.parse().map_err(|err| format!("{err}"))?;
    let parent =
        match row.parent_code.as_str() {
            "" => None,
            code => Some(known.get(code).ok_or_else(|| {
                format!("the parent {code} stands neither above nor in the tree")
            })?),
        };
    if parent.is_some_and(|parent| parent.level > level) {
        return Err("a parent cannot be of a lower level".to_owned());
    }
    let path = format!(
        "{}{}/",
        parent.map_or("", |parent| parent.path.as_str()),
        row.code
    );
    if known.get(&row.code).is_some_and(|known| known.path != path) {
        return Err(format!(
            "{} stands elsewhere in the tree; moving is not an import",
            row.code
        ));
    }
    Ok(Organization {
        closed_on: known.get(&row.code).and_then(|known| known.closed_on),
        ahead_off: known.get(&row.code).is_some_and(|known| known.ahead_off),
        id: before.unwrap_or_else(|| app.new_id()),
        parent_id: parent.map(|parent| parent.id),
        code: row.code,
        name: row.name,
        level,
        kind,
        path,
        has_midwifery_licence: row.has_midwifery_licence == Some(1),
        is_rescue_centre: row.is_rescue_centre == Some(1),
        hospital_grade: row.hospital_grade.filter(|grade| !grade.is_empty()),
        population: row.population,
    })
}
