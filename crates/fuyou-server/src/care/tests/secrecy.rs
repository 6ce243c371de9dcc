//! What a reader may not see does not leave the engine.

use crate::access::Role;
use crate::care::{ListFilter, Shown};
use crate::testkit::county::{County, national_pack};
use crate::testkit::each_database;

#[tokio::test]
async fn a_village_doctor_sees_neither_values_nor_rules_of_an_infection() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let nurse = county.user(Role::CountyWorker, "990000", "2024-06-01");
        let program = county.care.pack().program(county.care.pack().program_ix("maternal").unwrap());
        let form = program.form_ix("pmtct").unwrap();
        let secret = program.form(form).fields.iter().filter(|field| field.secrecy > fuyou_kernel::Secrecy::Sensitive);
        assert!(secret.count() > 0, "the pack keeps infections secret");
        let text = "hiv_method=rapid hiv_screen=positive hiv_confirm=positive hiv_confirmed_on=2024-06-01 pmtct_staff=D1";
        let recorded = county.care.record(&nurse, county.typed(woman, "pmtct", "2024-06-01", text)).await.unwrap();
        assert!(recorded.rules.iter().any(|rule| rule.title.en.contains("HIV")), "the nurse is told");
        let doctor = county.user(Role::VillageDoctor, "990001001", "2024-06-02");
        let story = county.care.story(&doctor, woman).await.unwrap();
        let titles: Vec<&str> = story.enrollments[0].rules.iter().map(|rule| rule.title.en.as_str()).collect();
        assert!(titles.contains(&"Standard precautions"), "{titles:?}");
        assert!(!titles.iter().any(|title| title.contains("HIV")), "{titles:?}");
        let by_rules = |task: &&crate::care::TaskShown| !matches!(task.cause, crate::care::Cause::Visit(_));
        let tasks = story.enrollments[0].tasks.iter().filter(by_rules).map(|task| task.title.en.as_str());
        assert!(!tasks.clone().any(|title| title.contains("HIV")), "{:?}", tasks.collect::<Vec<_>>());
        for record in &story.enrollments[0].records {
            let fields = &program.form(record.form).fields;
            for (field, value) in fields.iter().zip(&record.values) {
                if field.secrecy > fuyou_kernel::Secrecy::Open {
                    assert_eq!(*value, Shown::Restricted, "{}", field.id);
                }
            }
        }
        for (fact, value) in &story.enrollments[0].facts {
            if program.fact(*fact).secrecy > fuyou_kernel::Secrecy::Open {
                assert_eq!(*value, Shown::Restricted, "{}", program.fact(*fact).id);
            }
        }
        for rule in &story.enrollments[0].rules {
            let open = rule.rule.is_none_or(|ix| program.rule(ix).secrecy == fuyou_kernel::Secrecy::Open);
            assert!(open, "{}", rule.title.en);
        }
    })
    .await;
}

#[tokio::test]
async fn every_list_of_the_pack_answers_page_by_page() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        for _ in 0..5 {
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
        }
        let worker = county.user(Role::CountyWorker, "990000", "2024-06-01");
        for list in &county
            .care
            .pack()
            .program(county.care.pack().program_ix("maternal").unwrap())
            .lists
        {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let page = county
                    .care
                    .list(
                        &worker,
                        ("maternal", &list.id),
                        &ListFilter::default(),
                        after.as_ref(),
                        2,
                    )
                    .await
                    .unwrap_or_else(|error| panic!("{}: {error} {error:?}", list.id));
                seen.extend(page.rows.iter().map(|row| row.enrollment));
                if page.next.is_none() {
                    assert_eq!(page.total, seen.len() as i64, "{}", list.id);
                    break;
                }
                after = page.next;
            }
            let count = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), count, "{}: a line came twice", list.id);
        }
        let listed = county
            .care
            .list(
                &worker,
                ("maternal", "registered"),
                &ListFilter::default(),
                None,
                10,
            )
            .await;
        assert_eq!(listed.unwrap().total, 5);
    })
    .await;
}
