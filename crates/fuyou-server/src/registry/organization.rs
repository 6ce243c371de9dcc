//! The tree of organizations.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use fuyou_kernel::{Date, Id, kinds};

/// Id of an organization.
pub type OrganizationId = Id<kinds::Organization>;

/// Level of the tree, from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 省
    Province,
    /// 市
    City,
    /// 县
    County,
    /// 乡镇、街道
    Township,
    /// 村、社区
    Village,
}

/// What an organization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrganizationKind {
    /// Health administration, 卫生健康行政部门.
    Bureau,
    /// Maternal and child health institute, 妇幼保健机构.
    MchInstitute,
    /// Hospital at or above the county.
    Hospital,
    /// Township health centre or community health centre.
    TownshipCentre,
    /// Village clinic or community health station.
    VillageClinic,
    /// Nursery or kindergarten, 托幼机构.
    Nursery,
    /// An area that only groups others and has no staff.
    Area,
}

/// A word read from storage or a file that is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a {1}")]
pub struct UnknownWord(pub String, pub &'static str);

impl Level {
    /// Every level, from the top.
    pub const ALL: [Level; 5] = [
        Level::Province,
        Level::City,
        Level::County,
        Level::Township,
        Level::Village,
    ];

    /// The word in storage, files and texts.
    pub fn word(self) -> &'static str {
        match self {
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
            Level::Township => "township",
            Level::Village => "village",
        }
    }
}

impl OrganizationKind {
    /// Every kind.
    pub const ALL: [OrganizationKind; 7] = [
        OrganizationKind::Bureau,
        OrganizationKind::MchInstitute,
        OrganizationKind::Hospital,
        OrganizationKind::TownshipCentre,
        OrganizationKind::VillageClinic,
        OrganizationKind::Nursery,
        OrganizationKind::Area,
    ];

    /// The word in storage, files and texts.
    pub fn word(self) -> &'static str {
        match self {
            OrganizationKind::Bureau => "bureau",
            OrganizationKind::MchInstitute => "mch_institute",
            OrganizationKind::Hospital => "hospital",
            OrganizationKind::TownshipCentre => "township_centre",
            OrganizationKind::VillageClinic => "village_clinic",
            OrganizationKind::Nursery => "nursery",
            OrganizationKind::Area => "area",
        }
    }
}

impl FromStr for Level {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Level::ALL.into_iter().find(|level| level.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "level"))
    }
}

impl FromStr for OrganizationKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = OrganizationKind::ALL
            .into_iter()
            .find(|kind| kind.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "kind of organization"))
    }
}

/// One organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// The organization above, none for a root.
    pub parent_id: Option<OrganizationId>,
    /// Official code, unique.
    pub code: String,
    /// Official name.
    pub name: String,
    /// Level in the tree.
    pub level: Level,
    /// What it is.
    pub kind: OrganizationKind,
    /// Codes from the root to this one, each followed by a slash: a subtree is a prefix.
    pub path: String,
    /// Licensed for midwifery (助产技术服务).
    pub has_midwifery_licence: bool,
    /// Rescue centre for critical pregnant women or newborns (危重救治中心).
    pub is_rescue_centre: bool,
    /// Grade of a hospital as written on its licence, such as `三级甲等`.
    pub hospital_grade: Option<String>,
    /// Permanent residents of the area it serves.
    pub population: Option<i64>,
    /// From which day on it takes in nobody; it stays in the tree for what was recorded there.
    pub closed_on: Option<Date>,
    /// Its people, and those of all below it, take no work along where there is no network.
    pub ahead_off: bool,
}

/// The whole tree in memory: a county has some hundred nodes, a province some ten thousand.
#[derive(Debug, Default)]
pub struct Tree {
    by_id: HashMap<OrganizationId, Arc<Organization>>,
    /// Positions in [`Tree::all`].
    by_code: HashMap<String, u32>,
    /// In order of path, so that a subtree is a contiguous range.
    by_path: Vec<Arc<Organization>>,
    /// Which change of the tree this is.
    stamp: i64,
}

impl Tree {
    /// The tree of these organizations.
    pub fn new(organizations: Vec<Organization>) -> Self {
        let mut by_path: Vec<_> = organizations.into_iter().map(Arc::new).collect();
        by_path.sort_by(|a, b| a.path.cmp(&b.path));
        let by_id = by_path
            .iter()
            .map(|organization| (organization.id, organization.clone()))
            .collect();
        let by_code = (0u32..)
            .zip(&by_path)
            .map(|(position, organization)| (organization.code.clone(), position))
            .collect();
        Tree {
            by_id,
            by_code,
            by_path,
            stamp: 0,
        }
    }

    /// The same tree, known as that of a change.
    #[must_use]
    pub(crate) fn stamped(self, stamp: i64) -> Self {
        Tree { stamp, ..self }
    }

    /// Which change of the tree this is; 0 when it was not read from the store.
    pub(crate) fn stamp(&self) -> i64 {
        self.stamp
    }

    /// One organization.
    pub fn get(&self, id: OrganizationId) -> Option<&Organization> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    /// The organization with an official code.
    pub fn by_code(&self, code: &str) -> Option<&Organization> {
        Some(&self.by_path[self.position(code)?])
    }

    /// Where the organization with an official code stands in [`Tree::all`].
    pub(crate) fn position(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).map(|position| *position as usize)
    }

    /// The name, or the empty text for an organization that is not in the tree.
    pub fn name(&self, id: OrganizationId) -> &str {
        self.get(id)
            .map_or("", |organization| organization.name.as_str())
    }

    /// Whether `inner` is `outer` or stands below it.
    pub fn contains(&self, outer: OrganizationId, inner: OrganizationId) -> bool {
        match (self.get(outer), self.get(inner)) {
            (Some(outer), Some(inner)) => inner.path.starts_with(&outer.path),
            _ => false,
        }
    }

    /// The organization itself and all below it, parents before children.
    pub fn subtree(&self, root: OrganizationId) -> &[Arc<Organization>] {
        &self.by_path[self.places(root)]
    }

    /// Where the organization itself and all below it stand in [`Tree::all`].
    pub(crate) fn places(&self, root: OrganizationId) -> std::ops::Range<usize> {
        let Some(root) = self.get(root) else {
            return 0..0;
        };
        let from = self
            .by_path
            .partition_point(|organization| organization.path < root.path);
        let length = self.by_path[from..]
            .partition_point(|organization| organization.path.starts_with(&root.path));
        from..from + length
    }

    /// The organizations directly below.
    pub fn children(&self, parent: OrganizationId) -> impl Iterator<Item = &Organization> {
        self.subtree(parent)
            .iter()
            .map(Arc::as_ref)
            .filter(move |child| child.parent_id == Some(parent))
    }

    /// From the root down to the organization itself.
    pub fn ancestors(&self, id: OrganizationId) -> Vec<&Organization> {
        let mut line = Vec::new();
        let mut next = self.get(id);
        while let Some(organization) = next {
            line.push(organization);
            next = organization.parent_id.and_then(|parent| self.get(parent));
        }
        line.reverse();
        line
    }

    /// The organization that keeps the people of this one from taking work along where there is no network: itself, or
    /// the nearest above it that says so.
    pub fn ahead_off_by(&self, id: OrganizationId) -> Option<&Organization> {
        let line = self.ancestors(id).into_iter().rev();
        line.into_iter().find(|organization| organization.ahead_off)
    }

    /// The nearest organization of a level at or above this one.
    pub fn at_level(&self, id: OrganizationId, level: Level) -> Option<&Organization> {
        self.ancestors(id)
            .into_iter()
            .rev()
            .find(|organization| organization.level == level)
    }

    /// All organizations in order of path.
    pub fn all(&self) -> &[Arc<Organization>] {
        &self.by_path
    }
}
