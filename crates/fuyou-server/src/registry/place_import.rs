//! Many organizations at once, from a file: every row is judged first, and either all of them are stored or none.

use std::collections::HashMap;

use fuyou_kernel::{Language, Localized};
use serde::{Deserialize, Serialize};

use super::organizations_store as store;
use super::place::{Now, PlaceError};
use super::{Level, Organization, OrganizationKind};
use crate::access::Action;
use crate::db::{Change, Operation};
use crate::http::Cx;
use crate::texts::text;

/// Most characters of a code and of a name, as for one organization.
const CODE_CHARACTERS_MAX: usize = 40;
const NAME_CHARACTERS_MAX: usize = 80;

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Code,
    Parent,
    Name,
    Level,
    Kind,
    Midwifery,
    Rescue,
    Grade,
    Population,
}

impl Column {
    pub(super) const ALL: [Column; 9] = [
        Column::Code,
        Column::Parent,
        Column::Name,
        Column::Level,
        Column::Kind,
        Column::Midwifery,
        Column::Rescue,
        Column::Grade,
        Column::Population,
    ];

    /// The word in files that programs write, as the command line reads them.
    fn word(self) -> &'static str {
        match self {
            Column::Code => "code",
            Column::Parent => "parent_code",
            Column::Name => "name",
            Column::Level => "level",
            Column::Kind => "kind",
            Column::Midwifery => "has_midwifery_licence",
            Column::Rescue => "is_rescue_centre",
            Column::Grade => "hospital_grade",
            Column::Population => "population",
        }
    }

    /// The key of the heading's text.
    pub(super) fn key(self) -> &'static str {
        match self {
            Column::Code => "organization-code",
            Column::Parent => "place-parent-code",
            Column::Name => "organization-name",
            Column::Level => "organization-level",
            Column::Kind => "organization-kind",
            Column::Midwifery => "organization-midwifery",
            Column::Rescue => "organization-rescue",
            Column::Grade => "place-grade",
            Column::Population => "organization-population",
        }
    }

    /// The column of a heading in either language.
    pub(super) fn of_title(title: &str) -> Option<Column> {
        let title = title.trim();
        Column::ALL.into_iter().find(|column| {
            title.eq_ignore_ascii_case(column.word())
                || title == text(Language::Zh, column.key())
                || title.eq_ignore_ascii_case(&text(Language::En, column.key()))
        })
    }
}

/// A row as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImportRow {
    /// Its number in the file.
    pub line: usize,
    pub code: String,
    pub parent: String,
    pub name: String,
    pub level: String,
    pub kind: String,
    pub midwifery: String,
    pub rescue: String,
    pub grade: String,
    pub population: String,
}

impl ImportRow {
    pub(super) fn set(&mut self, column: Column, value: String) {
        match column {
            Column::Code => self.code = value,
            Column::Parent => self.parent = value,
            Column::Name => self.name = value,
            Column::Level => self.level = value,
            Column::Kind => self.kind = value,
            Column::Midwifery => self.midwifery = value,
            Column::Rescue => self.rescue = value,
            Column::Grade => self.grade = value,
            Column::Population => self.population = value,
        }
    }
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A new organization.
    New,
    /// One that is known by its code and changes.
    Changed,
    /// One that is known and as it is written.
    Same,
    /// Why it cannot be stored.
    Refused(Localized),
}

/// Judges every row against the tree and the rows before it.
pub(super) fn judge(
    cx: &Cx,
    tree: &[Organization],
    rows: &[ImportRow],
) -> Vec<(Verdict, Option<Organization>)> {
    let own = tree.iter().find(|one| one.id == cx.actor.organization);
    let own = own.map_or("", |own| own.path.as_str());
    let known = tree.iter().map(|one| (one.code.clone(), one.clone()));
    let mut known: HashMap<String, Organization> = known.collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut verdicts = Vec::new();
    for row in rows {
        let twice = seen.insert(&row.code, row.line);
        let judged = match twice {
            Some(first) => Err(Localized::new(
                format!("编码 {} 与第 {first} 行重复", row.code),
                format!("the code {} stands in row {first} too", row.code),
            )),
            None => read(cx, row, &known, own),
        };
        verdicts.push(match judged {
            Err(why) => (Verdict::Refused(why), None),
            Ok(organization) => {
                let before = known.insert(row.code.clone(), organization.clone());
                let verdict = match before {
                    None => Verdict::New,
                    Some(before) if before == organization => Verdict::Same,
                    Some(_) => Verdict::Changed,
                };
                (verdict, Some(organization))
            }
        });
    }
    verdicts
}

fn read(
    cx: &Cx,
    row: &ImportRow,
    known: &HashMap<String, Organization>,
    own: &str,
) -> Result<Organization, Localized> {
    let plain = |c: char| c != '/' && !c.is_whitespace() && !c.is_control();
    let is_long = row.code.chars().count() > CODE_CHARACTERS_MAX;
    if row.code.is_empty() || is_long || !row.code.chars().all(plain) {
        return Err(Localized::new(
            "机构编码为空、过长或含空格、斜线",
            "the code is empty, too long, or has blanks or slashes",
        ));
    }
    if row.name.is_empty() || row.name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(Localized::new(
            "机构名称为空或过长",
            "the name is empty or too long",
        ));
    }
    let before = known.get(&row.code);
    let level = word(
        &row.level,
        "level",
        Level::ALL.map(|level| (level, level.word())),
    );
    let kind = word(
        &row.kind,
        "kind",
        OrganizationKind::ALL.map(|kind| (kind, kind.word())),
    );
    let (level, kind) = (
        level?.or(before.map(|before| before.level)),
        kind?.or(before.map(|before| before.kind)),
    );
    let (Some(level), Some(kind)) = (level, kind) else {
        return Err(Localized::new(
            "新机构必须填写层级和类别",
            "a new organization needs level and kind",
        ));
    };
    let parent = match (row.parent.as_str(), before) {
        ("", Some(before)) => before.parent_id.and_then(|id| by_id(known, id)),
        ("", None) => {
            return Err(Localized::new(
                "新机构必须填写上级机构编码",
                "a new organization needs the code of the one above",
            ));
        }
        (code, _) => Some(known.get(code).ok_or_else(|| {
            Localized::new(
                format!("上级机构 {code} 不存在，或排在本行之后"),
                format!("there is no organization {code}, or it stands below this row"),
            )
        })?),
    };
    let path = match (parent, before) {
        (Some(parent), _) => format!("{}{}/", parent.path, row.code),
        (None, Some(before)) => before.path.clone(),
        (None, None) => format!("{}/", row.code),
    };
    if !path.starts_with(own) {
        return Err(Localized::new(
            "不在您管理的范围内",
            "it is not below the organization that you keep",
        ));
    }
    if let Some(before) = before {
        if before.path != path {
            return Err(Localized::new(
                "上级与现有不同；调整归属请在机构页面办理",
                "it stands elsewhere in the tree: move it on its page",
            ));
        }
        if before.level != level {
            return Err(Localized::new(
                "层级与现有不同，不能更改",
                "its level is another one and does not change",
            ));
        }
    } else if let Some(parent) = parent {
        if parent.closed_on.is_some() {
            return Err(Localized::new("上级机构已停用", "the one above is closed"));
        }
        if level < parent.level {
            return Err(Localized::new(
                "上级机构的层级不能低于本机构",
                "an organization cannot stand below one of a lower level",
            ));
        }
    }
    let kept = |is: fn(&Organization) -> bool| before.is_some_and(is);
    Ok(Organization {
        id: before.map_or_else(|| cx.app.new_id(), |before| before.id),
        parent_id: parent.map(|parent| parent.id),
        code: row.code.clone(),
        name: row.name.clone(),
        level,
        kind,
        path,
        has_midwifery_licence: yes(&row.midwifery)?
            .unwrap_or_else(|| kept(|one| one.has_midwifery_licence)),
        is_rescue_centre: yes(&row.rescue)?.unwrap_or_else(|| kept(|one| one.is_rescue_centre)),
        hospital_grade: match row.grade.as_str() {
            "" => before.and_then(|before| before.hospital_grade.clone()),
            grade => Some(grade.to_owned()),
        },
        population: match row.population.as_str() {
            "" => before.and_then(|before| before.population),
            text => Some(count(text)?),
        },
        closed_on: before.and_then(|before| before.closed_on),
        ahead_off: before.is_some_and(|before| before.ahead_off),
    })
}

fn by_id(
    known: &HashMap<String, Organization>,
    id: super::OrganizationId,
) -> Option<&Organization> {
    known.values().find(|one| one.id == id)
}

/// A word of ours or its text in either language; `None` when nothing is written.
fn word<T: Copy, const N: usize>(
    written: &str,
    prefix: &str,
    all: [(T, &'static str); N],
) -> Result<Option<T>, Localized> {
    if written.is_empty() {
        return Ok(None);
    }
    let matches = |word: &str| {
        let key = format!("{prefix}-{}", word.replace('_', "-"));
        written.eq_ignore_ascii_case(word)
            // Levels are written with and without their last character.
            || text(Language::Zh, &key).strip_suffix('级') == Some(written)
            || written == text(Language::Zh, &key)
            || written.eq_ignore_ascii_case(&text(Language::En, &key))
    };
    let found = all.iter().find(|(_, word)| matches(word));
    found.map(|(one, _)| Some(*one)).ok_or_else(|| {
        let known = |language| {
            let texts = all
                .iter()
                .map(|(_, word)| text(language, &format!("{prefix}-{}", word.replace('_', "-"))));
            texts.collect::<Vec<_>>()
        };
        Localized::new(
            format!(
                "“{written}”无法识别，应为：{}",
                known(Language::Zh).join("、")
            ),
            format!(
                "{written:?} is not one of: {}",
                known(Language::En).join(", ")
            ),
        )
    })
}

/// Yes and no as people write them; `None` when nothing is written.
fn yes(written: &str) -> Result<Option<bool>, Localized> {
    match written.to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "1" | "是" | "有" | "√" | "yes" | "y" | "true" => Ok(Some(true)),
        "0" | "否" | "无" | "×" | "no" | "n" | "false" => Ok(Some(false)),
        _ => Err(Localized::new(
            format!("“{written}”应为 是 或 否"),
            format!("{written:?} should be yes or no"),
        )),
    }
}

fn count(written: &str) -> Result<i64, Localized> {
    let digits: String = written
        .chars()
        .filter(|c| !matches!(c, ',' | ' '))
        .collect();
    let read = digits.parse::<i64>().ok().filter(|count| *count >= 0);
    read.ok_or_else(|| {
        Localized::new(
            format!("服务人口“{written}”不是整数"),
            format!("the population {written:?} is not a whole number"),
        )
    })
}

/// Judges the rows as the page shows them.
pub(super) fn judged(cx: &Cx, rows: &[ImportRow]) -> Result<Vec<Verdict>, PlaceError> {
    cx.actor.require_anywhere(Action::ManageOrganizations)?;
    let tree: Vec<Organization> = cx
        .actor
        .tree
        .all()
        .iter()
        .map(|one| one.as_ref().clone())
        .collect();
    let verdicts = judge(cx, &tree, rows).into_iter();
    Ok(verdicts.map(|(verdict, _)| verdict).collect())
}

/// Stores all rows, or none when one of them cannot be stored by now. Sent twice, nothing changes the second time.
///
/// # Errors
/// See [`PlaceError`]; the rows' own reasons are in the answer.
pub(super) async fn import(cx: &Cx, rows: &[ImportRow]) -> Result<Vec<Verdict>, PlaceError> {
    let mut tx = cx.db.begin(None).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let judged = judge(cx, &tree.0, rows);
    let verdicts = judged.iter().map(|(verdict, _)| verdict.clone()).collect();
    if judged
        .iter()
        .any(|(verdict, _)| matches!(verdict, Verdict::Refused(_)))
    {
        return Ok(verdicts);
    }
    let mut stored = 0;
    for (verdict, organization) in &judged {
        let operation = match verdict {
            Verdict::New => Operation::Insert,
            Verdict::Changed => Operation::Update,
            Verdict::Same | Verdict::Refused(_) => continue,
        };
        let Some(organization) = organization else {
            continue;
        };
        store::save(&mut tx, organization, cx.now).await?;
        tx.changed(Change {
            subject_id: Some(organization.id.uuid()),
            entity: "organization",
            entity_id: organization.id.uuid(),
            operation,
            at: cx.now,
        });
        stored += 1;
    }
    if stored == 0 {
        return Ok(verdicts);
    }
    let detail = serde_json::json!({ "lines": stored }).to_string();
    tx.audit(
        cx.entry("import_organizations", "organization")
            .saying(detail),
    );
    tx.commit().await?;
    cx.app.reload_tree().await?;
    Ok(verdicts)
}
