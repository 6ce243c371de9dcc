//! Those whom the records of a made-up county open live on through the real engine, and nothing of it is refused.

use fuyou_kernel::{Date, DayNumber};

use super::{
    Counts, Error, Extent, Given, Options, Scenario, Size, Source, simulate, simulate_opened,
};
use crate::care::{Acting, Care, Settings};
use crate::db::query;
use crate::exchange::import::{Format, Job, import_file};
use crate::keys::{Keyring, Suite};
use crate::registry::load_tree;
use crate::testkit::county::{national_pack, noon};
use crate::testkit::{TempDir, each_database};

const TODAY: Date = Date::constant(2026, 11, 20);
const COUNTY: &str = include_str!("../../../../packs/cn/simulate.toml");
const FIRST: &str = include_str!("../../../../packs/cn/maternal/simulate.toml");
const THEN: &str = include_str!("../../../../packs/cn/child/simulate.toml");
/// Who was born before the county began to record.
const OLDER: &str = include_str!("../../../../packs/cn/child/simulate_older.toml");
/// Organizations of a type, and their year.
const HOUSES: [(&str, &str); 2] = [
    (
        "nursery",
        include_str!("../../../../packs/cn/nursery_care/simulate.toml"),
    ),
    (
        "township_centre",
        include_str!("../../../../packs/cn/surveillance/simulate.toml"),
    ),
];
/// Persons of whom a rule is true.
const ASKED: &str = include_str!("../../../../packs/cn/birth_defect/simulate.toml");
/// The rule that asks, and one that is true of more in so small a county.
const RULES: (&str, &str) = ("maternal.defect_card_due", "maternal.Y1.1");

fn options(threads: usize) -> Options {
    Options {
        size: Size::Population(3_000),
        years: 2,
        today: TODAY,
        seed: 1,
        threads,
        extent: Extent::Everything,
    }
}

fn lines(scenario: &Scenario, given: Option<&[Given]>, threads: usize) -> (Vec<u8>, Counts) {
    let mut out = Vec::new();
    let sink = |some: &[u8]| {
        out.extend_from_slice(some);
        Ok::<(), Error>(())
    };
    let counts = match given {
        None => simulate(scenario, &options(threads), sink, |_, _| {}),
        Some(given) => simulate_opened(scenario, &options(threads), given, sink, |_, _| {}),
    };
    (out, counts.unwrap())
}

#[tokio::test]
async fn whoever_was_opened_lives_on_and_nothing_is_refused() {
    let pack = national_pack();
    let told = each_database(async |db| {
        let dir = TempDir::new();
        let keys = Keyring::open(&dir.path().join("keys"), Suite::Sm).unwrap();
        let care = Care::install(
            db.clone(),
            pack.clone(),
            Settings::default(),
            noon("2026-11-20"),
        )
        .await
        .unwrap();
        care.know_keys(keys.clone());
        let imported = async |bytes: &[u8], name: &str| {
            let tree = load_tree(&db).await.unwrap();
            let by = Acting::system(tree.into(), noon("2026-11-20"), TODAY);
            let file = dir.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let rejected = dir.path().join(format!("{name}.csv"));
            let job = Job {
                file: &file,
                format: Format::Ndjson,
                rejected: &rejected,
            };
            let report = import_file(&care, &keys, &by, &job, |_| {}).await.unwrap();
            let why = std::fs::read_to_string(&rejected).unwrap_or_default();
            assert_eq!(report.rejected, 0, "{why}");
            let caught = care.catch_up_links(&by, &mut |_| {}).await.unwrap();
            (by, report.encounters, caught.looked_at)
        };
        let first = Scenario::read(&pack, COUNTY, FIRST).unwrap();
        let then = Scenario::read(&pack, COUNTY, THEN).unwrap();
        assert!(then.is_opened() && !first.is_opened());
        let (by, _, looked_at) = imported(&lines(&first, None, 2).0, "first.ndjson").await;
        assert_eq!(looked_at, 0, "who is new is opened with the records");
        let by = Acting::system(load_tree(&db).await.unwrap().into(), by.now, by.today);
        let opened = care.opened_subjects(&by, then.program()).await.unwrap();
        let given: Vec<Given> = opened
            .iter()
            .map(|opened| Given {
                subject: opened.subject,
                anchor: DayNumber::from(opened.birth_on).0,
                sex: opened.sex.clone(),
                enrollment: Some(opened.enrollment),
                organization: None,
                residence: opened.residence.as_str().into(),
                opened_ms: opened.opened_at.as_millisecond(),
                values: opened.values.clone(),
            })
            .collect();
        let (made, counts) = lines(&then, Some(&given), 3);
        assert!(
            made == lines(&then, Some(&given), 1).0,
            "threads must not matter"
        );
        let (_, stored, _) = imported(&made, "then.ndjson").await;
        assert_eq!(stored, counts.records);
        let older = Scenario::read(&pack, COUNTY, OLDER).unwrap();
        let (made, counts) = lines(&older, None, 2);
        let (_, stored, _) = imported(&made, "older.ndjson").await;
        assert!(
            stored == counts.records && stored > counts.persons,
            "{counts:?}"
        );
        for (kind, text) in HOUSES {
            let scenario = Scenario::read(&pack, COUNTY, text).unwrap();
            let tree = by.actor.tree.all().iter();
            let places = tree.filter(|place| place.kind.word() == kind);
            let given: Vec<Given> = places
                .map(|place| Given {
                    subject: place.id.uuid(),
                    anchor: DayNumber::from(TODAY).0,
                    sex: fuyou_expr::Value::Null,
                    enrollment: None,
                    organization: Some((place.code.as_str().into(), place.population)),
                    residence: place.code.as_str().into(),
                    opened_ms: 0,
                    values: Vec::new(),
                })
                .collect();
            assert!(!given.is_empty(), "the county has a {kind}");
            let (made, counts) = lines(&scenario, Some(&given), 2);
            let (_, stored, _) = imported(&made, &format!("{kind}.ndjson")).await;
            assert!(stored == counts.records && stored > 8, "{counts:?}");
            // A file that is sent twice, with a blank at its end, is stored once.
            let again = [&made[..], b"\n"].concat();
            let (_, stored, _) = imported(&again, &format!("{kind}-again.ndjson")).await;
            assert_eq!(stored, 0);
        }
        {
            let text = ASKED.replace(RULES.0, RULES.1);
            let scenario = Scenario::read(&pack, COUNTY, &text).unwrap();
            let Source::Asked { program, rule } = scenario.source() else {
                panic!("{} asks for nobody", scenario.program());
            };
            let asked = care.asked_subjects(&by, (program, rule), scenario.program());
            let asked = asked.await.unwrap();
            let given: Vec<Given> = asked
                .iter()
                .map(|asked| Given {
                    subject: asked.subject,
                    anchor: DayNumber::from(asked.since).0,
                    sex: asked.sex.clone(),
                    enrollment: None,
                    organization: None,
                    residence: asked.residence.as_str().into(),
                    opened_ms: 0,
                    values: Vec::new(),
                })
                .collect();
            let (made, counts) = lines(&scenario, Some(&given), 2);
            let (_, stored, _) = imported(&made, &format!("{rule}.ndjson")).await;
            assert!(stored == counts.records && stored > 0, "{counts:?}");
            println!("{rule}: {} asked for, {stored} records", given.len());
        }
        let mut reader = db.read().await.unwrap();
        let born: Vec<(i64,)> =
            query("select count(*) from maternal_delivery_newborn where live_status = 'live'")
                .all(&mut reader)
                .await
                .unwrap();
        assert_eq!(born[0].0 as usize, given.len());
        assert!(counts.records > 4 * given.len() as u64, "{counts:?}");
        (given.len(), counts.records)
    })
    .await;
    println!("{told:?}");
}
