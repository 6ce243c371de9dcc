//! Histories through the real engine: whatever happens to a woman's care, memory and store tell the same afterwards.

use std::path::Path;

use fuyou_kernel::{Date, Id};
use fuyou_pack::model::IndicatorIx;
use uuid::Uuid;

use super::Live;
use super::tests::{same, same_lists};
use crate::care::{Acting, Care, Correction, EnrollmentChange, Record, Settings, Voiding};
use crate::db::query;
use crate::exchange::import::{Format, Job, import_file};
use crate::insight::Cells;
use crate::simulate::{Extent, Options, Scenario, Size, simulate};
use crate::testkit::county::{ANTENATAL, BOOKING, national_pack, typed};
use crate::testkit::{TempDir, TestApp, on_each_database, words};

const TODAY: Date = Date::constant(2026, 3, 26);
const YEARS: [&str; 3] = ["2025", "2026", "s2026"];
const EAST: &str = "018f0000-0000-7000-8000-0000000000a1";
const WEST: &str = "018f0000-0000-7000-8000-0000000000b1";
const MERGE: &str = "018f0000-0000-7000-8000-0000000000f1";

async fn install(app: &TestApp) -> Care {
    let (db, now) = (app.app.db().clone(), app.app.now());
    let care = Care::install(db, national_pack(), Settings::default(), now)
        .await
        .unwrap();
    let _ = app.app.clone().with_care(care.clone());
    care
}

fn id<K>(text: &str) -> Id<K> {
    Id::from_uuid(Uuid::try_parse(text).unwrap())
}

fn numbered<K>(at: u8) -> Id<K> {
    id(&format!("018f0000-0000-7000-8000-0000000001{at:02x}"))
}

fn record(at: u8, subject: &str, form: &str, on: &str, text: &str) -> Record {
    Record {
        id: numbered(at),
        subject: id(subject),
        enrollment: None,
        program: "maternal".to_owned(),
        form: form.to_owned(),
        occurred_on: Some(on.parse().unwrap()),
        values: typed(text),
        reasons: [("*".to_owned(), "seen twice".to_owned())].into(),
        base_version: None,
    }
}

/// Figures before a step, to see that it moved some.
struct Steps<'a> {
    app: &'a TestApp,
    live: Live,
    before: Cells,
}

impl<'a> Steps<'a> {
    async fn begin(app: &'a TestApp) -> Self {
        let (pack, tree, db) = (national_pack(), app.app.tree(), app.app.db());
        let live = Live::start(db, &pack, 2, None).unwrap();
        live.loaded().await;
        let before = same(&live, db, &pack, &tree, &YEARS).await;
        Steps { app, live, before }
    }

    /// After a step that moved some figure.
    async fn moved(&mut self, step: &str) {
        let (pack, tree) = (national_pack(), self.app.app.tree());
        let after = same(&self.live, self.app.app.db(), &pack, &tree, &YEARS).await;
        assert!(!after.says_as(&self.before), "{step} moved no figure");
        self.before = after;
        self.app.say(step);
    }

    /// After a step that may have moved some or none.
    async fn same(&mut self, step: &str) {
        let (pack, tree) = (national_pack(), self.app.app.tree());
        self.before = same(&self.live, self.app.app.db(), &pack, &tree, &YEARS).await;
        self.app.say(step);
    }

    /// After a step that moved none.
    async fn stayed(&mut self, step: &str) {
        let (pack, tree) = (national_pack(), self.app.app.tree());
        let after = same(&self.live, self.app.app.db(), &pack, &tree, &YEARS).await;
        assert!(after.says_as(&self.before), "{step} moved a figure");
        self.before = after;
        self.app.say(step);
    }
}

async fn registered(app: &TestApp, login: &str, person: &str, code: &str, more: &str) {
    let residence = app.organization(code);
    let form = format!(
        "id={person}&sex=female&id_type=none&residence={residence}&household=local&reason=checked&{more}"
    );
    let answer = app.send(login, "POST", "/persons", Some(&form)).await;
    assert_eq!(answer.status, 303, "{}", words(&answer.body));
}

#[tokio::test]
async fn whatever_is_told_of_a_woman_memory_and_store_tell_the_same() {
    on_each_database(TODAY, async |app| {
        let care = install(app).await;
        registered(
            app,
            "township_worker",
            EAST,
            "990001001",
            "name=李晓红&birth_on=1990-01-01",
        )
        .await;
        registered(
            app,
            "other_township",
            WEST,
            "990002001",
            "name=李小红&birth_on=1991-01-01",
        )
        .await;
        let (by, mut steps) = (
            Acting::system(app.app.tree(), app.app.now(), TODAY),
            Steps::begin(app).await,
        );
        let booking = BOOKING
            .replace("2024-03-15", "2025-11-20")
            .replace("2024-12-20", "2026-08-27");
        let visit = ANTENATAL.replace("2024-08-29", "2026-04-20");
        let booked = care
            .record(&by, record(1, WEST, "booking", "2026-01-10", &booking))
            .await
            .unwrap();
        steps.moved("booked").await;
        // Told later than what came after it.
        care.record(&by, record(2, WEST, "antenatal", "2026-03-20", &visit))
            .await
            .unwrap();
        let late = care
            .record(&by, record(3, WEST, "antenatal", "2026-02-20", &visit))
            .await
            .unwrap();
        steps
            .stayed("a visit told late, before her delivery counts")
            .await;
        let correction = Correction {
            id: numbered(1),
            subject: id(WEST),
            occurred_on: Some("2025-12-28".parse().unwrap()),
            values: typed(
                &booking
                    .replace("2025-11-20", "2025-11-10")
                    .replace("2026-08-27", "2026-08-17"),
            ),
            reasons: [("*".to_owned(), "seen twice".to_owned())].into(),
            base_version: booked.encounter_version,
            why: "the day was wrong".to_owned(),
        };
        care.correct(&by, correction).await.unwrap();
        steps.moved("corrected: booked a month earlier").await;
        let voiding = Voiding {
            id: numbered(3),
            subject: id(WEST),
            base_version: late.encounter_version,
            why: "another woman".to_owned(),
        };
        care.void(&by, voiding).await.unwrap();
        steps.stayed("a visit declared void").await;
        let change = |why: &str| EnrollmentChange {
            id: booked.enrollment,
            subject: id(WEST),
            base_version: None,
            why: why.to_owned(),
        };
        let east = app.organization("990001");
        care.move_enrollment(&by, change("she moved"), east)
            .await
            .unwrap();
        steps.moved("moved to the other township").await;
        care.close(&by, change("lost"), TODAY).await.unwrap();
        steps.same("closed").await;
        care.reopen(&by, change("found again")).await.unwrap();
        steps.same("opened again").await;

        let merge = format!("/persons/{EAST}/merge/{WEST}");
        let form = format!(
            "merge={MERGE}&survivor={EAST}&version_0=1&version_1=1&reason=两镇分别建册，已核对"
        );
        let answer = app.send("county_worker", "POST", &merge, Some(&form)).await;
        assert_eq!(
            answer.location,
            format!("/persons/{EAST}"),
            "{}",
            words(&answer.body)
        );
        steps.same("merged: she is a year older now").await;
        let undo = format!("/persons/{EAST}/merges/{MERGE}/undone");
        let answer = app
            .send("county_worker", "POST", &undo, Some("reason=不是同一人"))
            .await;
        assert_eq!(
            answer.location,
            format!("/persons/{WEST}"),
            "{}",
            words(&answer.body)
        );
        steps.same("two women again").await;
        steps.live.stop().await;
    })
    .await;
}

/// Figures of a made-up county of some thousand people, and after what happens to many of them at once.
#[tokio::test]
async fn a_simulated_county_is_told_the_same_by_memory_and_store() {
    on_each_database(TODAY, async |app| {
        let care = install(app).await;
        let dir = TempDir::new();
        let (file, rejected) = (dir.path().join("county.ndjson"), dir.path().join("rejected.csv"));
        std::fs::write(&file, county(care.pack())).unwrap();
        let by = Acting::system(app.app.tree(), app.app.now(), TODAY);
        let job = Job {
            file: &file,
            format: Format::Ndjson,
            rejected: &rejected,
        };
        let steps = Steps::begin(app).await;
        let report = import_file(&care, app.app.keys(), &by, &job, |_| {}).await.unwrap();
        assert_eq!(report.rejected, 0);
        app.app.reload_tree().await.unwrap();
        // Followed from an empty county, and loaded at once.
        let mut steps = steps;
        steps.before = same(&steps.live, app.app.db(), care.pack(), &app.app.tree(), &YEARS).await;
        let fresh = Live::start(app.app.db(), &national_pack(), 2, None).unwrap();
        fresh.loaded().await;
        let loaded = same(&fresh, app.app.db(), care.pack(), &app.app.tree(), &YEARS).await;
        assert!(loaded.says_as(&steps.before));
        fresh.stop().await;

        let mut by = Acting::system(app.app.tree(), app.app.now(), TODAY);
        // Beside the small county of all tests the simulated one has a root of its own.
        let roots = by.actor.tree.all().iter().filter(|node| node.parent_id.is_none());
        by.actor.organization = roots.map(|root| root.id).find(|root| *root != app.organization("990000")).unwrap();
        let mut reader = app.app.db().read().await.unwrap();
        let deliveries = "select subject_id, id, enrollment_id, version from encounter where form = $1 order by occurred_on desc, id limit 60";
        let told: Vec<(Uuid, Uuid, Uuid, i64)> =
            query(deliveries).bind("delivery").all(&mut reader).await.unwrap();
        drop(reader);
        assert!(told.len() >= 20, "{} deliveries", told.len());
        for (subject, encounter, _, version) in &told[..6] {
            let voiding = Voiding {
                id: Id::from_uuid(*encounter),
                subject: Id::from_uuid(*subject),
                base_version: *version,
                why: "another woman".to_owned(),
            };
            care.void(&by, voiding).await.unwrap();
        }
        steps.moved("six deliveries declared void").await;
        let change = |subject: &Uuid, enrollment: &Uuid| EnrollmentChange {
            id: Id::from_uuid(*enrollment),
            subject: Id::from_uuid(*subject),
            base_version: None,
            why: "told so".to_owned(),
        };
        let places = by.actor.tree.subtree(by.actor.organization);
        assert!(places.len() > 4, "{} places", places.len());
        let (one, other) = (places[1].id, places[places.len() - 1].id);
        for (at, (subject, _, enrollment, _)) in told[6..14].iter().enumerate() {
            let to = if at % 2 == 0 { one } else { other };
            care.move_enrollment(&by, change(subject, enrollment), to).await.unwrap();
        }
        steps.moved("eight women moved").await;
        for (subject, _, enrollment, _) in &told[14..20] {
            // Some are closed already; those open are closed.
            let closed = care.close(&by, change(subject, enrollment), TODAY).await;
            if closed.is_err() {
                care.reopen(&by, change(subject, enrollment)).await.unwrap();
            }
        }
        steps.same("six closed or opened again").await;
        let tree = app.app.tree();
        let lines = same_lists(&steps.live, app.app.db(), care.pack(), &tree, "2025").await;
        assert!(lines > 50, "{lines} lines");
        steps.live.stop().await;
    })
    .await;
}

fn county(pack: &fuyou_pack::Pack) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let text = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let scenario = Scenario::read(
        pack,
        &text("cn/simulate.toml"),
        &text("cn/maternal/simulate.toml"),
    );
    let options = Options {
        size: Size::Population(4_000),
        years: 2,
        today: TODAY,
        seed: 5,
        threads: 2,
        extent: Extent::Everything,
    };
    let mut lines = Vec::new();
    let made = simulate::<crate::simulate::Error>(
        &scenario.unwrap_or_else(|error| panic!("{error}")),
        &options,
        |some| {
            lines.extend_from_slice(some);
            Ok(())
        },
        |_, _| {},
    );
    made.unwrap();
    lines
}

#[tokio::test]
async fn a_township_under_another_counts_there() {
    on_each_database(TODAY, async |app| {
        let care = install(app).await;
        let more = "name=李晓红&birth_on=1990-01-01";
        registered(app, "township_worker", EAST, "990001001", more).await;
        let by = Acting::system(app.app.tree(), app.app.now(), TODAY);
        let booking = BOOKING
            .replace("2024-03-15", "2025-11-20")
            .replace("2024-12-20", "2026-08-27");
        care.record(&by, record(1, EAST, "booking", "2026-01-10", &booking))
            .await
            .unwrap();
        let mut steps = Steps::begin(app).await;
        let (east, west) = (app.organization("990001"), app.organization("990002"));
        let before = steps.before.clone();
        let path = format!("/organizations/{east}/parent");
        let form = format!("version=1&parent={west}");
        let answer = app.send("administrator", "POST", &path, Some(&form)).await;
        assert_eq!(answer.status, 303, "{}", words(&answer.body));
        steps.moved("the township stands under the other").await;
        let pack = national_pack();
        let mut counted = 0;
        for indicator in (0..pack.indicators.len()).map(IndicatorIx::new) {
            for period in YEARS.map(|year| year.parse().unwrap()) {
                let was = before.get(indicator, east, period);
                assert_eq!(was, steps.before.get(indicator, west, period));
                counted += usize::from(was != before.get(indicator, west, period));
            }
        }
        assert!(counted > 0, "she counts somewhere");
    })
    .await;
}
