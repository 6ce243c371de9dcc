//! Which links a person has to look at, and what ends that, on both databases.

use super::tests::{children, corrected, delivered, sound, weighed_again};
use crate::access::Role;
use crate::care::{Error, Record};
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
        match labels.is_empty() {
            true => "to be filled in".to_owned(),
            false => labels.join(", "),
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
