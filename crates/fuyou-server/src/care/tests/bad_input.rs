//! Dates in an order that cannot be, each with a clear answer in both languages.

use std::collections::BTreeMap;

use crate::care::{Error, Reasons, Record, TypedText, Values};
use crate::testkit::county::{BOOKING, County, DELIVERY, LIVE, national_pack, typed};
use crate::testkit::each_database;

/// A delivery of one child, without a word to confirm what is unusual.
fn delivery() -> Values {
    let fields = |text: &str| match typed(text) {
        Values::Text(text) => text.fields,
        Values::Typed(_) => BTreeMap::new(),
    };
    let newborn = fields(&format!("birth_order=1 sex=male weight_g=3200 {LIVE}"));
    Values::Text(TypedText {
        fields: fields(&format!("{DELIVERY} fetus_count=1")),
        groups: BTreeMap::from([("newborn".to_owned(), vec![newborn])]),
    })
}

/// What stands against a record: its kind and what is said in both languages.
async fn against(county: &County, record: Record) -> Vec<(String, String)> {
    let by = county.worker("2024-12-31");
    match county.care.record(&by, record).await {
        Ok(_) => Vec::new(),
        Err(Error::Refused(refusal)) => {
            let found = refusal.findings.iter();
            let line =
                |message: &fuyou_kernel::Localized| format!("{} | {}", message.zh, message.en);
            found
                .map(|finding| (finding.kind.to_string(), line(&finding.message)))
                .collect()
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn dates_in_an_impossible_order_are_told_in_both_languages() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let told = async |village: &str, booked_on: &str, booking: &str, delivered_on: &str| {
            let woman = county.woman(village).await;
            let bare = |record: Record| Record {
                reasons: Reasons::new(),
                ..record
            };
            let booking = county.typed(woman, "booking", booked_on, booking);
            let mut found = against(&county, booking).await;
            if !delivered_on.is_empty() {
                let record = Record {
                    values: delivery(),
                    ..bare(county.typed(woman, "delivery", delivered_on, ""))
                };
                found.extend(against(&county, record).await);
            }
            found
        };
        let check = |found: &[(String, String)], kind: &str, zh: &str, en: &str| {
            let mut lines = found.iter();
            let is_said =
                lines.any(|(of, line)| of == kind && line.contains(zh) && line.contains(en));
            assert!(is_said, "{kind}: {found:#?}");
        };
        let village = "990001001";
        // A due date that does not belong to the last period.
        let contradicts = BOOKING.replace("edd_on=2024-12-20", "edd_on=2025-02-20");
        let found = told(village, "2024-05-10", &contradicts, "").await;
        check(&found, "edd_matches_lmp", "260–300天", "260 to 300 days");
        // Delivered before the last period began.
        let found = told(village, "2024-05-10", BOOKING, "2024-03-01").await;
        check(&found, "ga_possible", "20–45周", "between 20 and 45 weeks");
        // Delivered before she was booked: she may have been, so it is asked.
        let found = told(village, "2024-12-20", BOOKING, "2024-12-12").await;
        check(&found, "soft", "不寻常", "unusual");
        county.audit_is_sound().await;
    })
    .await;
}
