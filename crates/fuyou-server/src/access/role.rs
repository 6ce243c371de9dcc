//! Who may do what.

use std::str::FromStr;

use fuyou_kernel::Secrecy;

use crate::registry::UnknownWord;

/// The role of a user at the organization where the user works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Village doctor or community nurse: the women and children of the village.
    VillageDoctor,
    /// Maternal and child health worker of a township centre.
    TownshipWorker,
    /// Doctor, midwife or nurse of a hospital with obstetrics.
    Nurse,
    /// Worker of the county's maternal and child health institute.
    CountyWorker,
    /// Reads figures, never persons.
    Analyst,
    /// Head at the health bureau: plans, figures, summaries.
    Director,
    /// Keeps users and organizations; sees no persons.
    Administrator,
    /// Reads the audit trail.
    Auditor,
}

/// What a user can be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Register a person and correct her identity.
    RegisterPerson,
    /// Make one record of two of the same person, and two again.
    MergePersons,
    /// Search persons and open their records.
    ReadPerson,
    /// Open enrollments, record encounters.
    RecordCare,
    /// Send, accept and answer referrals.
    ManageReferral,
    /// See indicators and the plan board.
    ReadIndicators,
    /// Open a figure into the persons behind it.
    DrillToPersons,
    /// Import plans, set and break down targets.
    ManagePlan,
    /// Write the annual summary.
    WriteSummary,
    /// Read the audit trail.
    ReadAudit,
    /// Create users, lock them, reset passwords.
    ManageUsers,
    /// Create and change organizations.
    ManageOrganizations,
    /// Keep the list of staff members.
    ManageStaff,
    /// See which records were opened without a care relation.
    ReviewGlass,
    /// Look into the rule packs.
    ReadPacks,
    /// Open a record without a care relation, with a reason.
    BreakGlass,
    /// Load files of records.
    ImportData,
    /// Take lists out as files.
    ExportData,
    /// Look after the installation: its state, keys, copies, and the long work of everybody.
    ManageSystem,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 8] = [
        Role::VillageDoctor,
        Role::TownshipWorker,
        Role::Nurse,
        Role::CountyWorker,
        Role::Analyst,
        Role::Director,
        Role::Administrator,
        Role::Auditor,
    ];

    /// The word in storage and texts.
    pub fn word(self) -> &'static str {
        match self {
            Role::VillageDoctor => "village_doctor",
            Role::TownshipWorker => "township_worker",
            Role::Nurse => "nurse",
            Role::CountyWorker => "county_worker",
            Role::Analyst => "analyst",
            Role::Director => "director",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
        }
    }

    /// Whether the role may do this anywhere at all.
    pub fn may(self, action: Action) -> bool {
        use Action as A;
        let actions: &[Action] = match self {
            Role::VillageDoctor => &[
                A::RegisterPerson,
                A::ReadPerson,
                A::RecordCare,
                A::ReadPacks,
                A::BreakGlass,
            ],
            Role::TownshipWorker => &[
                A::RegisterPerson,
                A::MergePersons,
                A::ReadPerson,
                A::RecordCare,
                A::ManageReferral,
                A::ReadIndicators,
                A::DrillToPersons,
                A::ReadPacks,
                A::BreakGlass,
                A::ExportData,
            ],
            Role::Nurse => &[
                A::RegisterPerson,
                A::ReadPerson,
                A::RecordCare,
                A::ManageReferral,
                A::ReadPacks,
                A::BreakGlass,
            ],
            Role::CountyWorker => &[
                A::RegisterPerson,
                A::MergePersons,
                A::ReadPerson,
                A::RecordCare,
                A::ManageReferral,
                A::ReadIndicators,
                A::DrillToPersons,
                A::ManagePlan,
                A::WriteSummary,
                A::ManageStaff,
                A::ReviewGlass,
                A::ReadPacks,
                A::BreakGlass,
                A::ImportData,
                A::ExportData,
            ],
            Role::Analyst => &[A::ReadIndicators, A::ReadPacks],
            Role::Director => &[
                A::ReadIndicators,
                A::ManagePlan,
                A::WriteSummary,
                A::ReadPacks,
            ],
            Role::Administrator => &[
                A::ManageUsers,
                A::ManageOrganizations,
                A::ManageStaff,
                A::ReadPacks,
                A::ManageSystem,
            ],
            Role::Auditor => &[A::ReadAudit],
        };
        actions.contains(&action)
    }

    /// The most secret values the role may see on a record it may open.
    pub fn secrecy_max(self) -> Secrecy {
        match self {
            Role::Nurse | Role::CountyWorker => Secrecy::Infection,
            Role::TownshipWorker => Secrecy::Sensitive,
            Role::VillageDoctor
            | Role::Analyst
            | Role::Director
            | Role::Administrator
            | Role::Auditor => Secrecy::Open,
        }
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Role::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "role"))
    }
}
