//! What a record of one program tells an enrollment of another, on both databases, with the national pack.

use fuyou_expr::format_value;
use fuyou_pack::model::ProgramIx;

use super::tests::{children, delivered, links, sound};
use crate::care::{
    Cause, Correction, EncounterId, EnrollmentState, Progress, Reasons, Record, SubjectId, Values,
    Voiding,
};
use crate::registry::PersonSex;
use crate::testkit::county::{County, LIVE, national_pack, typed};
use crate::testkit::each_database;

const CARD: &str = "card_no=1 is_supplement=false card_from=township death_household=local birth_time=11:05 \
                    birth_weight_g=3200 weight_kind=measured gestational_weeks=38 birth_place_kind=county \
                    death_time=03:00 child_death_place=home treatment_before_death=inpatient \
                    diagnosis_level=county cause_a=x underlying_cause=x cause_category=d10 \
                    child_cause_basis=clinical card_reporter=D1";
const DEFECT: &str = "defect_network=both is_supplement=false resident_1y=true residence_type=rural \
                      infant_born_on=2024-12-12 infant_weeks=38 infant_weight_g=3200 infant_number=single \
                      defect_sex=male defect_outcome=alive therapeutic_termination=false \
                      defect_basis=clinical defect_found=after_birth diagnosed_on=2024-12-13 \
                      early_illness=none early_drug=none early_exposure=none card_filler=D1";

fn reasons() -> Reasons {
    Reasons::from([("*".to_owned(), "as told".to_owned())])
}

pub(super) fn card(county: &County, child: SubjectId, died: &str) -> Record {
    Record {
        program: "child_death".to_owned(),
        reasons: reasons(),
        ..county.typed(child, "child_death_card", "2024-12-20", &with(died))
    }
}

fn with(died: &str) -> String {
    format!("{CARD} death_on={died}")
}

/// How the child's care stands: open or since when closed, records that count, open tasks, the card's task.
async fn care_of(county: &County, child: SubjectId) -> String {
    let by = county.worker("2024-12-21");
    let story = county.care.story(&by, child).await.unwrap();
    let ix: ProgramIx = county.care.pack().program_ix("child").unwrap();
    let program = county.care.pack().program(ix);
    let mut of_care = story.enrollments.iter().filter(|one| one.program == ix);
    let one = of_care.next().unwrap();
    assert!(of_care.next().is_none());
    let state = match one.state {
        EnrollmentState::Open => "open".to_owned(),
        EnrollmentState::Closed => format!("closed {}", one.closed_on.unwrap()),
    };
    let records = one.records.iter().filter(|record| record.voided.is_none());
    let tasks = one.tasks.iter();
    let open = tasks.filter(|task| task.progress == Progress::Open).count();
    let card = &program
        .rule(program.rule_ix("death_card_due").unwrap())
        .title;
    let mut rules = one.rules.iter();
    let due = rules.any(|rule| rule.until.is_none() && rule.title == *card);
    let due = if due { ", card is due" } else { "" };
    format!(
        "{state}, {} records, tasks {}{due}",
        records.count(),
        open > 0
    )
}

async fn born(county: &County) -> (SubjectId, SubjectId) {
    let woman = county.woman("990001001").await;
    county.booked(woman).await;
    let row = format!("birth_order=1 sex=male weight_g=3200 {LIVE}");
    delivered(county, woman, &[&row]).await;
    let child = children(county, woman).await[0];
    (woman, child)
}

/// What the mother's page tells of the child.
async fn told(county: &County, woman: SubjectId) -> Vec<String> {
    let by = county.worker("2024-12-21");
    let links = county.care.links(&by, woman).await.unwrap();
    let told = links.iter().flat_map(|link| &link.told);
    told.map(|(program, fact, value)| {
        let fact = county.care.pack().program(*program).fact(*fact);
        format!("{} {}", fact.title.en, format_value(&fact.ty, value))
    })
    .collect()
}

async fn corrected(county: &County, child: SubjectId, id: EncounterId, died: &str) {
    let correction = Correction {
        id,
        subject: child,
        occurred_on: Some("2024-12-20".parse().unwrap()),
        values: typed(&with(died)),
        reasons: reasons(),
        base_version: 1,
        why: "inquired again".to_owned(),
    };
    let by = county.worker("2024-12-21");
    county.care.correct(&by, correction).await.unwrap();
}

#[tokio::test]
async fn a_death_card_ends_care_and_a_correction_takes_it_back() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let (woman, child) = born(&county).await;
        assert_eq!(care_of(&county, child).await, "open, 1 records, tasks true");
        assert!(told(&county, woman).await.is_empty());

        let record = card(&county, child, "2024-12-18");
        let id = record.id;
        let by = county.worker("2024-12-20");
        for _ in 0..2 {
            county.care.record(&by, record.clone()).await.unwrap();
            assert_eq!(
                care_of(&county, child).await,
                "closed 2024-12-18, 2 records, tasks false"
            );
        }
        assert_eq!(told(&county, woman).await, ["Died on 2024-12-18"]);
        // One's own records do not stand on one's page as those of somebody else.
        assert_eq!(links(&county, &by, child).await, ["Mother 测试 open []"]);
        let again = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(again.changed, 0);
        sound(&county, &[woman, child]).await;

        corrected(&county, child, id, "2024-12-17").await;
        assert_eq!(
            care_of(&county, child).await,
            "closed 2024-12-17, 2 records, tasks false"
        );
        assert_eq!(told(&county, woman).await, ["Died on 2024-12-17"]);

        let voiding = Voiding {
            id,
            subject: child,
            base_version: 2,
            why: "another child".to_owned(),
        };
        county.care.void(&by, voiding).await.unwrap();
        assert_eq!(care_of(&county, child).await, "open, 1 records, tasks true");
        assert!(told(&county, woman).await.is_empty());
        sound(&county, &[woman, child]).await;

        // A new card tells it anew.
        let record = card(&county, child, "2024-12-19");
        county.care.record(&by, record).await.unwrap();
        assert_eq!(
            care_of(&county, child).await,
            "closed 2024-12-19, 2 records, tasks false"
        );
        sound(&county, &[woman, child]).await;
    })
    .await;
}

#[tokio::test]
async fn the_task_of_a_death_card_is_over_with_the_card() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let (woman, child) = born(&county).await;
        let leave = Record {
            program: "child".to_owned(),
            ..county.typed(
                child,
                "leave",
                "2024-12-19",
                "leave_reason=died died_on=2024-12-19 seen_by=D1",
            )
        };
        let by = county.worker("2024-12-20");
        county.care.record(&by, leave).await.unwrap();
        assert_eq!(
            care_of(&county, child).await,
            "closed 2024-12-19, 2 records, tasks true, card is due"
        );
        assert_eq!(card_tasks(&county, child).await, ["open"]);
        let record = card(&county, child, "2024-12-18");
        county.care.record(&by, record).await.unwrap();
        assert_eq!(
            care_of(&county, child).await,
            "closed 2024-12-18, 3 records, tasks false"
        );
        assert_eq!(card_tasks(&county, child).await, ["done 2024-12-20 true"]);
        sound(&county, &[woman, child]).await;
    })
    .await;
}

/// How the tasks of reporting the death stand.
async fn card_tasks(county: &County, child: SubjectId) -> Vec<String> {
    let by = county.worker("2024-12-21");
    let story = county.care.story(&by, child).await.unwrap();
    let ix = county.care.pack().program_ix("child").unwrap();
    let due = county.care.pack().program(ix).rule_ix("death_card_due");
    let of_care = story.enrollments.iter().find(|one| one.program == ix);
    let tasks = of_care.unwrap().tasks.iter();
    tasks
        .filter(|task| matches!(task.cause, Cause::Rule(rule) if Some(rule) == due))
        .map(|task| match task.progress {
            Progress::Done { on, on_time, .. } => format!("done {on} {on_time}"),
            Progress::Open => "open".to_owned(),
            Progress::Cancelled => "cancelled".to_owned(),
        })
        .collect()
}

/// A child of whom nobody knows anything but what is seen.
async fn foundling(county: &County) -> SubjectId {
    let who = (PersonSex::Male, "2024-12-12");
    county.registered("990001001", who).await
}

async fn opened_by_hand(county: &County, child: SubjectId) {
    let record = Record {
        program: "child".to_owned(),
        ..county.typed(
            child,
            "birth",
            "2024-12-17",
            "birth_unknown=true risk_factors=none",
        )
    };
    let by = county.worker("2024-12-20");
    county.care.record(&by, record).await.unwrap();
}

#[tokio::test]
async fn a_foundling_without_a_mother_is_told_of_when_care_begins() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let child = foundling(&county).await;
        let by = county.worker("2024-12-20");
        let record = card(&county, child, "2024-12-18");
        county.care.record(&by, record).await.unwrap();
        // Nobody cares for the child yet: the card stands by itself.
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(caught.changed, 0);
        opened_by_hand(&county, child).await;
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(caught.changed, 1);
        assert_eq!(
            care_of(&county, child).await,
            "closed 2024-12-18, 2 records, tasks false"
        );
        let again = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(again.changed, 0);
        sound(&county, &[child]).await;
    })
    .await;
}

#[tokio::test]
async fn a_defect_card_tells_of_the_infant_for_whom_it_is_filed_and_of_no_mother() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let child = foundling(&county).await;
        opened_by_hand(&county, child).await;
        let (mother, hers) = born(&county).await;
        let by = county.worker("2024-12-20");
        for of in [child, mother] {
            let Values::Text(mut values) = typed(DEFECT) else {
                continue;
            };
            let defect = [("defect_type", "b15"), ("defect_side", "left")];
            let defect = defect.map(|(id, value)| (id.to_owned(), value.to_owned()));
            let rows = vec![defect.into_iter().collect()];
            values.groups.insert("defect".to_owned(), rows);
            let record = Record {
                program: "birth_defect".to_owned(),
                values: Values::Text(values),
                ..county.typed(of, "defect_card", "2024-12-20", "")
            };
            county.care.record(&by, record).await.unwrap();
        }
        let risk = async |child| {
            let story = county.care.story(&by, child).await.unwrap();
            let ix = county.care.pack().program_ix("child").unwrap();
            let care = story.enrollments.iter().find(|one| one.program == ix);
            care.unwrap().records.len()
        };
        assert_eq!((risk(child).await, risk(hers).await), (2, 1));
        sound(&county, &[child, mother, hers]).await;
    })
    .await;
}
