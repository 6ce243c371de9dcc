//! The organizations and staff of a file, which stand at its beginning.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_kernel::{Date, Id, Localized};
use sm3::{Digest, Sm3};

use super::block::NumberedLine;
use super::lines::{Head, OrganizationLine, StaffLine};
use crate::care::{Acting, Refused};
use crate::db::{Change, Db, Error, Operation};
use crate::keys::Keyring;
use crate::registry::{
    ImportedStaff, Organization, Profession, Tree, import_staff, load_tree, save_organizations,
};

/// Stores organizations and staff, and gives the actor the tree as it is then. Staff who are known by their code stay as
/// the installation knows them.
pub(super) async fn store(
    db: &Db,
    keys: &Keyring,
    by: &mut Acting,
    lines: &[NumberedLine],
) -> Result<Vec<Refused>, Error> {
    let mut refused = Vec::new();
    let tree = load_tree(db).await?;
    let mut known: HashMap<String, Organization> = tree
        .all()
        .iter()
        .map(|organization| (organization.code.clone(), organization.as_ref().clone()))
        .collect();
    let (mut stored, mut staff) = (Vec::new(), Vec::new());
    for line in lines {
        match read(line, &known, by.today) {
            Ok(Told::Organization(organization)) => {
                known.insert(organization.code.clone(), organization.clone());
                stored.push(organization);
            }
            // They have no logins here; who recorded what stands in the records by code.
            Ok(Told::Staff(member)) => staff.push(member),
            Err(why) => refused.push(Refused {
                line: line.number,
                why,
            }),
        }
    }
    if !stored.is_empty() {
        let mut tx = db.begin(None).await?;
        save_organizations(&mut tx, &stored, by.now).await?;
        for organization in &stored {
            tx.changed(Change {
                subject_id: Some(organization.id.uuid()),
                entity: "organization",
                entity_id: organization.id.uuid(),
                operation: Operation::Insert,
                at: by.now,
            });
        }
        tx.audit(by.entry("import", "organization"));
        tx.commit().await?;
    }
    if !staff.is_empty() {
        let mut tx = db.begin(None).await?;
        let new = import_staff(&mut tx, keys, &staff, by.now).await?;
        if new > 0 {
            let mut entry = by.entry("import", "staff");
            entry.detail = serde_json::json!({ "lines": new }).to_string();
            tx.audit(entry);
            tx.commit().await?;
        }
    }
    let tree: Tree = load_tree(db).await?;
    by.actor.tree = Arc::new(tree);
    Ok(refused)
}

/// What a line tells of.
enum Told {
    Organization(Organization),
    Staff(ImportedStaff),
}

fn read(
    line: &NumberedLine,
    known: &HashMap<String, Organization>,
    today: Date,
) -> Result<Told, Localized> {
    let unreadable = |err: &dyn std::fmt::Display| {
        Localized::new(
            format!("这一行读不懂:{err}"),
            format!("the line cannot be read: {err}"),
        )
    };
    let head: Head<'_> = serde_json::from_slice(&line.bytes).map_err(|err| unreadable(&err))?;
    match &*head.kind {
        "organization" => {}
        "staff" => {
            let line = serde_json::from_slice(&line.bytes).map_err(|err| unreadable(&err))?;
            return staff_of(line, known, today).map(Told::Staff);
        }
        _ => {
            return Err(Localized::new(
                "这一行缺少 subject",
                "The line lacks its subject",
            ));
        }
    }
    let line: OrganizationLine =
        serde_json::from_slice(&line.bytes).map_err(|err| unreadable(&err))?;
    let parent = match line.parent.as_deref() {
        None | Some("") => None,
        Some(code) => Some(known.get(code).ok_or_else(|| {
            Localized::new(
                format!("上级机构 {code} 不存在"),
                format!("the parent {code} does not exist"),
            )
        })?),
    };
    let before = known.get(&line.code);
    Ok(Told::Organization(Organization {
        id: before.map_or_else(|| id_of(&line.code), |before| before.id),
        parent_id: parent.map(|parent| parent.id),
        level: line.level.parse().map_err(|err| unreadable(&err))?,
        kind: line.kind.parse().map_err(|err| unreadable(&err))?,
        path: format!(
            "{}{}/",
            parent.map_or("", |parent| parent.path.as_str()),
            line.code
        ),
        code: line.code,
        name: line.name,
        has_midwifery_licence: line.midwifery,
        is_rescue_centre: line.rescue_centre,
        hospital_grade: line.grade,
        population: line.population,
        closed_on: before.and_then(|before| before.closed_on),
        ahead_off: before.is_some_and(|before| before.ahead_off),
    }))
}

fn staff_of(
    line: StaffLine,
    known: &HashMap<String, Organization>,
    today: Date,
) -> Result<ImportedStaff, Localized> {
    let organization = known.get(&line.org).ok_or_else(|| {
        let org = &line.org;
        Localized::new(
            format!("机构 {org} 不存在"),
            format!("the organization {org} does not exist"),
        )
    })?;
    let staff = ImportedStaff {
        organization: organization.id,
        profession: line.profession.unwrap_or(Profession::Other),
        from_on: line.from_on.unwrap_or(today),
        code: line.code,
        name: line.name,
        title: line.title,
    };
    if staff.is_fit() {
        Ok(staff)
    } else {
        Err(Localized::new(
            "人员须有姓名,姓名和职称不能过长",
            "A staff member needs a name, and neither name nor title may be too long",
        ))
    }
}

/// Files know organizations by their codes: the id follows from it, so that a repeated import is harmless.
fn id_of(code: &str) -> crate::registry::OrganizationId {
    let digest = Sm3::digest(code.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
