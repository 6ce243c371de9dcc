//! Which links a person has to look at, and what ends that, on both databases.

use fuyou_kernel::{Period, Secrecy};

use super::join_tests::card;
use super::tests::{children, corrected, delivered, sound, weighed_again};
use crate::access::Role;
use crate::care::{EnrollmentChange, Error, Record, SubjectId, Voiding};
use crate::insight::{Question, Source, figures};
use crate::testkit::county::{County, LIVE, national_pack};
use crate::testkit::each_database;

/// What waits for somebody at a place: the labels that differ, or that a form is to be filled in.
async fn wanting(county: &County, role: Role, place: &str) -> Vec<String> {
    let by = county.user(role, place, "2024-12-20");
    let care = &county.care;
    care.catch_up_links(&by, &mut |_| {}).await.unwrap();
    let found = care.links_wanting(&by).await.unwrap();
    let line = |link: &super::Wanting| {
        let labels: Vec<&str> = link.differs.iter().map(|label| &*label.en).collect();
        let program = care.pack().program(link.program);
        match (labels.is_empty(), link.contradicted) {
            (_, Some(_)) => format!("{} stands", program.id),
            (true, None) => "to be filled in".to_owned(),
            (false, None) => labels.join(", "),
        }
    };
    found.iter().map(line).collect()
}

async fn here(county: &County) -> Vec<String> {
    wanting(county, Role::TownshipWorker, "990001").await
}

fn boy(weight_g: i64) -> String {
    format!("birth_order=1 sex=male weight_g={weight_g} {LIVE}")
}

#[tokio::test]
async fn values_that_differ_wait_for_who_cares_until_they_agree_or_are_checked() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let id = delivered(&county, woman, &[&boy(3200)]).await;
        let child = children(&county, woman).await[0];
        assert!(here(&county).await.is_empty());

        weighed_again(&county, child, 3250).await;
        // What a person changed with the opener's value before the eyes is meant so.
        assert!(here(&county).await.is_empty());
        corrected(&county, woman, id, 1, &[&boy(3400)]).await;
        assert_eq!(here(&county).await, ["Birth weight"]);
        assert_eq!(
            wanting(&county, Role::CountyWorker, "990000").await.len(),
            1
        );
        assert!(
            wanting(&county, Role::TownshipWorker, "990002")
                .await
                .is_empty()
        );

        weighed_again(&county, child, 3400).await;
        assert!(here(&county).await.is_empty());

        weighed_again(&county, child, 3250).await;
        corrected(&county, woman, id, 2, &[&boy(3500)]).await;
        assert_eq!(here(&county).await, ["Birth weight"]);
        let by = county.worker("2024-12-20");
        let link = county.care.links_wanting(&by).await.unwrap()[0].id;
        let other = county.user(Role::TownshipWorker, "990002", "2024-12-20");
        let refused = county.care.link_checked(&other, child, link).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
        for _ in 0..2 {
            county.care.link_checked(&by, child, link).await.unwrap();
            assert!(here(&county).await.is_empty());
        }
        // What was checked is asked for again when the opener says something new, and not before.
        corrected(&county, woman, id, 3, &[&boy(3600)]).await;
        assert_eq!(here(&county).await, ["Birth weight"]);
        sound(&county, &[woman, child]).await;
    })
    .await;
}

#[tokio::test]
async fn a_form_that_could_not_be_filled_waits_until_somebody_fills_it_in() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        // Lighter than any child record takes.
        delivered(&county, woman, &[&boy(250)]).await;
        assert_eq!(here(&county).await, ["to be filled in"]);
        let child = children(&county, woman).await[0];
        let record = Record {
            program: "child".to_owned(),
            ..county.typed(
                child,
                "birth",
                "2024-12-18",
                "birth_unknown=true risk_factors=none",
            )
        };
        let by = county.worker("2024-12-20");
        county.care.record(&by, record).await.unwrap();
        // Whoever filled it in wrote something else than the delivery says: that is looked at, too.
        let left = here(&county).await;
        assert!(
            left.len() == 1 && left[0].contains("Birth weight"),
            "{left:?}"
        );
        let link = county.care.links_wanting(&by).await.unwrap()[0].id;
        county.care.link_checked(&by, child, link).await.unwrap();
        assert!(here(&county).await.is_empty());
        sound(&county, &[woman, child]).await;
    })
    .await;
}

/// Deaths under five of the year that have a card.
async fn deaths(county: &County) -> i64 {
    let (db, pack, tree) = (county.care.db(), county.care.pack(), &county.tree);
    let indicator = pack.indicator_ix("child_death_review_rate").unwrap();
    let node = tree.by_code("990000").unwrap().id;
    let year: Period = "2024".parse().unwrap();
    let question = Question::of(vec![indicator], node, year);
    let source = Source::store(db, pack, tree);
    let found = figures(source, &question, Secrecy::Infection)
        .await
        .unwrap();
    let cell = found.get(indicator, node, year);
    cell.figure()
        .and_then(|figure| figure.denominator)
        .unwrap_or_default()
}

const STILLBORN: &str = "birth_order=1 live_status=stillbirth birth_defect=false";

/// A birth, a card of the child's death that somebody typed, and the correction that the child was born dead.
async fn born_dead_with_a_card(
    county: &County,
    woman: SubjectId,
) -> (crate::care::EncounterId, SubjectId, Record) {
    let id = delivered(county, woman, &[&boy(3200)]).await;
    let child = children(county, woman).await[0];
    let card = card(county, child, "2024-12-18");
    let by = county.worker("2024-12-20");
    county.care.record(&by, card.clone()).await.unwrap();
    assert!(here(county).await.is_empty());
    corrected(county, woman, id, 1, &[STILLBORN]).await;
    (id, child, card)
}

#[tokio::test]
async fn a_death_card_of_who_was_born_dead_waits_for_who_answers_for_it_until_it_is_voided() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let (_, child, card) = born_dead_with_a_card(&county, woman).await;
        // Nothing that a person wrote is taken away by itself.
        assert_eq!(deaths(&county).await, 1);
        assert_eq!(here(&county).await, ["child_death stands"]);
        let county_worker = wanting(&county, Role::CountyWorker, "990000").await;
        assert_eq!(county_worker, ["child_death stands"]);
        let elsewhere = wanting(&county, Role::TownshipWorker, "990002").await;
        assert!(elsewhere.is_empty(), "{elsewhere:?}");

        let voiding = Voiding {
            id: card.id,
            subject: child,
            base_version: 1,
            why: "born dead".to_owned(),
        };
        let by = county.worker("2024-12-20");
        county.care.void(&by, voiding).await.unwrap();
        assert!(here(&county).await.is_empty());
        assert_eq!(deaths(&county).await, 0);
        sound(&county, &[woman, child]).await;
    })
    .await;
}

#[tokio::test]
async fn a_card_that_was_right_stands_again_with_the_birth_or_by_hand() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let (id, child, _) = born_dead_with_a_card(&county, woman).await;
        assert_eq!(here(&county).await, ["child_death stands"]);
        corrected(&county, woman, id, 2, &[&boy(3200)]).await;
        assert!(here(&county).await.is_empty());
        assert_eq!(deaths(&county).await, 1);

        // The birth is told by somebody else: what was withdrawn is opened again by hand.
        corrected(&county, woman, id, 3, &[STILLBORN]).await;
        assert_eq!(here(&county).await, ["child_death stands"]);
        let by = county.worker("2024-12-20");
        let story = county.care.story(&by, child).await.unwrap();
        let ix = county.care.pack().program_ix("child");
        let mut enrollments = story.enrollments.iter();
        let withdrawn = enrollments.find(|one| Some(one.program) == ix).unwrap();
        let change = EnrollmentChange {
            id: withdrawn.id,
            subject: child,
            base_version: None,
            why: "born alive elsewhere".to_owned(),
        };
        county.care.reopen(&by, change).await.unwrap();
        assert!(here(&county).await.is_empty());
        sound(&county, &[woman, child]).await;
    })
    .await;
}
