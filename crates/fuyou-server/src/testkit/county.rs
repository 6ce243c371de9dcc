//! A small county with the national pack, a clock, and a woman or two.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fuyou_kernel::{Date, DayNumber, Id, Timestamp};
use fuyou_pack::{Pack, PackFile, PackFiles};
use uuid::Uuid;

use super::TempDir;
use crate::access::{Actor, Role};
use crate::audit;
use crate::care::{
    Acting, Care, Error, Reasons, Record, Recorded, Settings, SubjectId, TypedText, Values,
};
use crate::db::{Db, query};
use crate::keys::{Keyring, Suite};
use crate::registry::{
    Household, Identity, IdentityType, Level, Organization, OrganizationKind, PersonSex, Tree,
    insert_persons, person_row,
};

/// Code, parent, level, kind.
const PLACES: &[(&str, &str, Level, OrganizationKind)] = &[
    ("990000", "", Level::County, OrganizationKind::Area),
    (
        "990000H",
        "990000",
        Level::County,
        OrganizationKind::Hospital,
    ),
    (
        "990001",
        "990000",
        Level::Township,
        OrganizationKind::TownshipCentre,
    ),
    (
        "990001001",
        "990001",
        Level::Village,
        OrganizationKind::VillageClinic,
    ),
    (
        "990002",
        "990000",
        Level::Township,
        OrganizationKind::TownshipCentre,
    ),
    (
        "990002001",
        "990002",
        Level::Village,
        OrganizationKind::VillageClinic,
    ),
];

/// A county in a fresh database.
pub(crate) struct County {
    pub(crate) care: Care,
    pub(crate) tree: Arc<Tree>,
    keys: Keyring,
    next: AtomicU64,
    _dir: TempDir,
}

/// The national pack of the repository.
pub(crate) fn national_pack() -> Arc<Pack> {
    pack("packs/cn")
}

/// A pack of two forms about bicycles, which is read in no time.
pub(crate) fn bicycle_pack() -> Arc<Pack> {
    pack("crates/fuyou-pack/tests/packs/mini")
}

/// The next version of [`bicycle_pack`], with a fact more: how often the pressure was measured.
pub(crate) fn next_bicycle_pack() -> Arc<Pack> {
    let mut layer = layer("crates/fuyou-pack/tests/packs/mini");
    let mut change = |path: &str, from: &str, to: &str| {
        let mut files = layer.files.iter_mut();
        let file = files.find(|file| file.path == path).expect("it is there");
        let text = String::from_utf8(file.bytes.clone()).expect("packs are text");
        assert!(text.contains(from), "{path}: {from}");
        file.bytes = text.replacen(from, to, 1).into_bytes();
    };
    change("pack.toml", "version = \"1\"", "version = \"2\"");
    let fact = "[facts]\npressures = \"count(pressure_bar)\"";
    change("bicycle/program.toml", "[facts]", fact);
    Arc::new(fuyou_pack::load(&[layer]).expect("the changed pack is sound"))
}

/// A pack about wells, which organizations keep.
pub(crate) fn well_pack() -> Arc<Pack> {
    pack("crates/fuyou-pack/tests/packs/wells")
}

fn pack(folder: &str) -> Arc<Pack> {
    Arc::new(fuyou_pack::load(&[layer(folder)]).expect("the packs of the repository are sound"))
}

fn layer(folder: &str) -> PackFiles {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    PackFiles {
        root: folder.to_owned(),
        files,
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PackFile>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let inside = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            files.push(PackFile {
                path: inside,
                bytes: std::fs::read(&path).unwrap(),
            });
        }
    }
}

/// Noon of a day in China.
pub(crate) fn noon(day: &str) -> Timestamp {
    let number = DayNumber::from(day.parse::<Date>().unwrap()).0;
    Timestamp::from_millisecond(i64::from(number) * 86_400_000 + 4 * 3_600_000).unwrap()
}

impl County {
    pub(crate) async fn new(db: Db, pack: Arc<Pack>) -> County {
        let organizations: Vec<Organization> = PLACES.iter().enumerate().map(place).collect();
        let mut tx = db.begin(None).await.unwrap();
        for organization in &organizations {
            const SQL: &str = "insert into organization (id, parent_id, code, name, level, kind, path, \
                               has_midwifery_licence, is_rescue_centre, version, created_at, updated_at) \
                               values ($1, null, $2, $2, $3, $4, $5, $6, $6, 1, $7, $7) \
                               on conflict do nothing";
            let at = crate::db::DbInstant(noon("2024-01-01"));
            query(SQL)
                .bind(organization.id.uuid())
                .bind(organization.code.as_str())
                .bind(organization.level.word())
                .bind(organization.kind.word())
                .bind(organization.path.as_str())
                .bind(false)
                .bind(at)
                .execute(&mut tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let care = Care::install(db, pack, Settings::default(), noon("2024-01-01"))
            .await
            .unwrap();
        let dir = TempDir::new();
        let keys = Keyring::open(&dir.path().join("keys"), Suite::Sm).unwrap();
        County {
            care,
            tree: Arc::new(Tree::new(organizations)),
            keys,
            next: AtomicU64::new(1),
            _dir: dir,
        }
    }

    /// A county that follows links, with a woman of the eastern village who is booked.
    pub(crate) async fn expecting(db: Db, pack: Arc<Pack>) -> (County, SubjectId) {
        let county = County::new(db, pack).await;
        county.follows_links();
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        (county, woman)
    }

    /// The user of a role at an organization, at noon of a day.
    pub(crate) fn user(&self, role: Role, code: &str, day: &str) -> Acting {
        Acting {
            actor: Actor {
                id: Id::from_uuid(Uuid::from_u128(role as u128 + 1)),
                login: role.word().to_owned(),
                name: role.word().to_owned(),
                role,
                organization: self.tree.by_code(code).unwrap().id,
                tree: self.tree.clone(),
            },
            now: noon(day),
            today: day.parse().unwrap(),
        }
    }

    /// The worker of the eastern township.
    pub(crate) fn worker(&self, day: &str) -> Acting {
        self.user(Role::TownshipWorker, "990001", day)
    }

    /// Where the ids of a run begin, so that two runs on one database have different ones.
    pub(crate) fn number_from(&self, first: u64) {
        self.next.store(first, Ordering::Relaxed);
    }

    /// A fresh id; ids are the same in every run.
    pub(crate) fn fresh<K>(&self) -> Id<K> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 10];
        random[2..].copy_from_slice(&number.to_be_bytes());
        Id::new(1_700_000_000_000 + number, random)
    }

    /// Registers a woman born in 1996 who lives in a village.
    pub(crate) async fn woman(&self, village: &str) -> SubjectId {
        let who = (PersonSex::Female, "1996-05-01");
        self.registered(village, who).await
    }

    /// Registers somebody by hand, without a phone and a number.
    pub(crate) async fn registered(
        &self,
        village: &str,
        (sex, birth_on): (PersonSex, &str),
    ) -> SubjectId {
        let id: SubjectId = self.fresh();
        let identity = Identity {
            name: "测试".to_owned(),
            sex,
            birth_on: birth_on.parse().unwrap(),
            id_type: IdentityType::None,
            id_no: None,
            phone: None,
            residence: self.tree.by_code(village).unwrap().id,
            address: String::new(),
            residence_since: None,
            household: Household::Local,
            household_region: None,
            ethnicity: None,
        };
        let row = person_row(
            &self.keys,
            Id::from_uuid(id.uuid()),
            &identity,
            (None, None),
            noon("2024-01-01"),
        );
        let mut tx = self.care.db().begin(Some(id.uuid())).await.unwrap();
        assert_eq!(insert_persons(&mut tx, vec![row]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        id
    }

    /// Gives the engine its keys, so that it registers whom a record opens at once.
    pub(crate) fn follows_links(&self) {
        self.care.know_keys(self.keys.clone());
    }

    /// A record of the maternal program as a person types it: `field=value` separated by blanks.
    pub(crate) fn typed(&self, subject: SubjectId, form: &str, day: &str, text: &str) -> Record {
        Record {
            id: self.fresh(),
            subject,
            enrollment: None,
            program: "maternal".to_owned(),
            form: form.to_owned(),
            occurred_on: Some(day.parse().unwrap()),
            values: typed(text),
            reasons: Reasons::from([("*".to_owned(), "measured twice".to_owned())]),
            base_version: None,
        }
    }

    /// Records a form on the day it happened, by the worker of the eastern township.
    pub(crate) async fn record(
        &self,
        subject: SubjectId,
        form: &str,
        day: &str,
        text: &str,
    ) -> Result<Recorded, Error> {
        self.care
            .record(&self.worker(day), self.typed(subject, form, day, text))
            .await
    }

    /// Books a woman whose last period was on 2024-03-15.
    pub(crate) async fn booked(&self, subject: SubjectId) -> Recorded {
        self.record(subject, "booking", "2024-05-10", BOOKING)
            .await
            .unwrap()
    }

    /// Every chain of the audit is sound.
    pub(crate) async fn audit_is_sound(&self) {
        audit::verify(self.care.db()).await.unwrap().unwrap();
    }
}

/// What is typed into a booking form.
pub(crate) const BOOKING: &str = "handbook_no=2024-0001 lmp_certainty=sure lmp_on=2024-03-15 art_conceived=false \
    edd_method=lmp edd_on=2024-12-20 gravidity=1 parity_vaginal=0 parity_caesarean=0 education=senior_high \
    husband_education=senior_high poor_family=false husband_away=false travel_over_1h=false";

/// A delivery as a person types it, without its newborns.
pub(crate) const DELIVERY: &str = "delivered_at=11:05 admitted_on=2024-12-12 discharged_on=2024-12-15 perineum=intact \
                        delivery_place=county_hospital delivery_institution=990000H attendant=D1 \
                        delivery_mode=spontaneous blood_loss_intrapartum_ml=171 blood_loss_2h_ml=190 \
                        blood_loss_24h_ml=210 complications=none critical=false systolic_mmhg=120 \
                        diastolic_mmhg=75 mother_outcome=alive";
/// A newborn who lives, without order, sex and weight.
pub(crate) const LIVE: &str = "live_status=live length_cm=50.0 apgar_1=10 apgar_5=10 birth_defect=false \
                    outcome_at_discharge=alive hearing_screening=passed";

/// What is typed into an antenatal form without any finding.
pub(crate) const ANTENATAL: &str = "visit_mode=clinic critical_signs=none weight_kg=58.0 systolic_mmhg=116 \
    diastolic_mmhg=72 hb_g_per_l=118 urine_protein=neg classification=normal next_visit_on=2024-08-29 \
    fetal_heart_rate=140 complaint=none guidance=lifestyle referred=false doctor=D1";

/// Values as a person types them.
pub(crate) fn typed(text: &str) -> Values {
    let fields = text
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='));
    let fields = fields
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .collect();
    Values::Text(TypedText {
        fields,
        ..TypedText::default()
    })
}

fn place(
    (number, (code, parent, level, kind)): (usize, &(&str, &str, Level, OrganizationKind)),
) -> Organization {
    let path = match *parent {
        "" => format!("{code}/"),
        "990000" => format!("990000/{code}/"),
        parent => format!("990000/{parent}/{code}/"),
    };
    Organization {
        id: Id::from_uuid(Uuid::from_u128(0x9900 + number as u128)),
        parent_id: None,
        code: (*code).to_owned(),
        name: (*code).to_owned(),
        level: *level,
        kind: *kind,
        path,
        has_midwifery_licence: false,
        is_rescue_centre: false,
        hospital_grade: None,
        population: None,
        closed_on: None,
        ahead_off: false,
    }
}
