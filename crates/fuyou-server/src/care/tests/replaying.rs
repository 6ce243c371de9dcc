//! Whatever people do, in any order, what is stored is what the records amount to.

use fuyou_kernel::{Date, Span};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::care::{
    Acting, Correction, EncounterId, EnrollmentChange, Error, Reasons, Record, SubjectId, Voiding,
};
use crate::testkit::county::{ANTENATAL, County, national_pack, typed};
use crate::testkit::each_database;

/// Operations on one woman.
const OPERATIONS: usize = 30;
const SEEDS: u64 = 3;

/// Everything that was acknowledged about one woman.
#[derive(Default)]
struct Told {
    sent: Vec<Record>,
    versions: Vec<(EncounterId, i64)>,
}

/// A visit on a day between the 8th and the 39th week.
fn visit(county: &County, random: &mut StdRng, woman: SubjectId) -> (Record, String) {
    let day = Span::Days(random.random_range(0..200))
        .after(Date::constant(2024, 5, 11))
        .unwrap();
    let systolic = random.random_range(100..170);
    let hb = random.random_range(55..140);
    let text = ANTENATAL
        .replace("systolic_mmhg=116", &format!("systolic_mmhg={systolic}"))
        .replace("hb_g_per_l=118", &format!("hb_g_per_l={hb}"))
        .replace(
            "classification=normal",
            "classification=abnormal classification_text=seen",
        )
        .replace(
            "next_visit_on=2024-08-29",
            &format!("next_visit_on={}", later(day)),
        );
    let text =
        format!("{text} fundal_height_cm=22.0 fetal_position=cephalic fetal_movement=normal");
    (
        county.typed(woman, "antenatal", &day.to_string(), &text),
        text,
    )
}

fn later(day: Date) -> Date {
    Span::Days(28).after(day).unwrap()
}

/// One thing that somebody does; a refusal is an answer too.
async fn act(
    county: &County,
    random: &mut StdRng,
    by: &Acting,
    woman: SubjectId,
    told: &mut Told,
) -> Result<(), Error> {
    match random.random_range(0..10) {
        0..5 => {
            let (record, _) = visit(county, random, woman);
            let recorded = county.care.record(by, record.clone()).await?;
            told.sent.push(record);
            told.versions.push((recorded.encounter, 1));
        }
        5 => {
            // The network lost our answer: the same is sent again.
            if let Some(record) = told
                .sent
                .get(random.random_range(0..told.sent.len().max(1)))
            {
                assert!(county.care.record(by, record.clone()).await?.repeated);
            }
        }
        6 | 7 if !told.versions.is_empty() => {
            let at = random.random_range(0..told.versions.len());
            let (record, text) = visit(county, random, woman);
            let correction = Correction {
                id: told.versions[at].0,
                subject: woman,
                occurred_on: record.occurred_on,
                values: typed(&text),
                reasons: Reasons::from([("*".to_owned(), "asked again".to_owned())]),
                base_version: told.versions[at].1,
                why: "wrong card".to_owned(),
            };
            told.versions[at].1 = county.care.correct(by, correction).await?.encounter_version;
        }
        8 if !told.versions.is_empty() => {
            let (id, base_version) = told.versions[random.random_range(0..told.versions.len())];
            let why = "another woman".to_owned();
            county
                .care
                .void(
                    by,
                    Voiding {
                        id,
                        subject: woman,
                        base_version,
                        why,
                    },
                )
                .await?;
            told.versions.retain(|(known, _)| *known != id);
        }
        _ => {
            let story = county.care.story(by, woman).await?;
            let to = ["990001", "990002"][random.random_range(0..2)];
            let change = EnrollmentChange {
                id: story.enrollments[0].id,
                subject: woman,
                base_version: None,
                why: "moved".to_owned(),
            };
            county
                .care
                .move_enrollment(by, change, county.tree.by_code(to).unwrap().id)
                .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_stored_is_what_the_records_amount_to() {
    let pack = national_pack();
    for seed in 0..SEEDS {
        println!("seed {seed}");
        each_database(async |db| {
            let county = County::new(db, pack.clone()).await;
            let mut random = StdRng::seed_from_u64(seed);
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
            let mut told = Told::default();
            let mut refused = 0;
            for step in 0..OPERATIONS {
                let day =
                    Span::Days(i32::try_from(step).unwrap()).after("2024-12-01".parse().unwrap());
                let by = county.worker(&day.unwrap().to_string());
                refused += usize::from(
                    act(&county, &mut random, &by, woman, &mut told)
                        .await
                        .is_err(),
                );
                let differences = county.care.reconcile(&by, woman).await.unwrap();
                assert!(
                    differences.is_empty(),
                    "seed {seed}, step {step}: {differences:?}"
                );
            }
            assert!(
                refused < OPERATIONS / 2,
                "{refused} of {OPERATIONS} were refused"
            );
            county.audit_is_sound().await;
        })
        .await;
    }
}
