//! Recording, correcting and showing, as promised in the face of the folder.

use crate::access::Role;
use crate::care::{Correction, EnrollmentChange, Error, Reasons, Recorded, Shown, Values, Voiding};
use crate::db::counted;
use crate::testkit::county::{ANTENATAL, County, DELIVERY, national_pack, typed};
use crate::testkit::each_database;

/// One line about an answer.
fn told(county: &County, answer: &Result<Recorded, Error>) -> String {
    let recorded = match answer {
        Ok(recorded) => recorded,
        Err(error) => return format!("{error} | {}", error.message().en),
    };
    let pack = county.care.pack();
    let program = pack.program(pack.program_ix("maternal").unwrap());
    let level = |level: Option<usize>| match level {
        Some(level) => program.risk.as_ref().unwrap().levels[level].id.to_string(),
        None => "unknown".to_owned(),
    };
    let done: Vec<&str> = recorded
        .tasks_done
        .iter()
        .map(|task| task.title.en.as_str())
        .collect();
    let alerts: Vec<&str> = recorded
        .alerts
        .iter()
        .map(|alert| alert.title.en.as_str())
        .collect();
    format!(
        "v{} {} -> {} | done {done:?} | opened {} | alerts {alerts:?}{}",
        recorded.enrollment_version,
        level(recorded.risk_before.level),
        level(recorded.risk_after.level),
        recorded.tasks_opened.len(),
        if recorded.repeated { " | repeated" } else { "" }
    )
}

#[tokio::test]
async fn a_visit_is_recorded_once_and_seen_at_once() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        let early = county
            .record(woman, "antenatal", "2024-08-01", ANTENATAL)
            .await;
        assert!(
            matches!(early, Err(Error::NotEnrolled(_))),
            "{}",
            told(&county, &early)
        );

        let booked = county.booked(woman).await;
        assert_eq!(booked.enrollment_version, 1);
        assert!(!booked.tasks_opened.is_empty());

        let visit = county.typed(woman, "antenatal", "2024-08-01", ANTENATAL);
        let worker = county.worker("2024-08-01");
        let first = county.care.record(&worker, visit.clone()).await.unwrap();
        let again = county.care.record(&worker, visit.clone()).await.unwrap();
        assert_eq!((first.repeated, again.repeated), (false, true));
        assert_eq!(first.enrollment_version, again.enrollment_version);
        assert_eq!(first.risk_after, again.risk_after);
        let mut other = visit.clone();
        other.values = typed(&ANTENATAL.replace("58.0", "59.0"));
        assert!(matches!(
            county.care.record(&worker, other).await,
            Err(Error::IdTaken(_))
        ));

        let story = county.care.story(&worker, woman).await.unwrap();
        let enrollment = &story.enrollments[0];
        assert_eq!(enrollment.records.len(), 2);
        assert_eq!(enrollment.version, 2);
        let program = county
            .care
            .pack()
            .program(county.care.pack().program_ix("maternal").unwrap());
        let form = program.form(enrollment.records[1].form);
        let weight = &enrollment.records[1].values[form.field("weight_kg").unwrap().get()];
        assert_eq!(*weight, Shown::Value(fuyou_expr::Value::Number(580)));
        county.audit_is_sound().await;
        (told(&county, &Ok(first)), told(&county, &Ok(again)))
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let check = async |form: &str, day: &str, text: &str, expected: &str| {
            let answer = county.record(woman, form, day, text).await;
            let line = told(&county, &answer);
            assert!(line.contains(expected), "{form} {text}: {line}");
        };
        check(
            "antenatal",
            "2024-08-01",
            &ANTENATAL.replace("58.0", "580.0"),
            "hard",
        )
        .await;
        check(
            "antenatal",
            "2024-08-01",
            &ANTENATAL.replace("58.0", "heavy"),
            "type",
        )
        .await;
        check(
            "antenatal",
            "2024-08-01",
            "no_such_field=1",
            "unknown_field",
        )
        .await;
        check(
            "booking",
            "2024-06-01",
            crate::testkit::county::BOOKING,
            "still open",
        )
        .await;
        // A delivery before the pregnancy was known, and a due date that does not belong to the last period.
        check("delivery", "2024-01-01", "", "refused").await;
        let other = county.woman("990002001").await;
        let worker = county.user(Role::TownshipWorker, "990002", "2024-05-10");
        let contradiction =
            crate::testkit::county::BOOKING.replace("edd_on=2024-12-20", "edd_on=2025-09-20");
        let answer = county
            .care
            .record(
                &worker,
                county.typed(other, "booking", "2024-05-10", &contradiction),
            )
            .await;
        assert!(
            matches!(answer, Err(Error::Refused(_))),
            "{}",
            told(&county, &answer)
        );
        let future = county
            .care
            .record(
                &county.worker("2024-05-11"),
                county.typed(woman, "antenatal", "2024-08-01", ANTENATAL),
            )
            .await;
        assert!(
            matches!(future, Err(Error::Refused(_))),
            "{}",
            told(&county, &future)
        );
    })
    .await;
}

#[tokio::test]
async fn unusual_values_need_a_reason() {
    let county_pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, county_pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let mut record = county.typed(
            woman,
            "antenatal",
            "2024-08-01",
            &ANTENATAL.replace("rate=140", "rate=172 fetal_heart_sustained=false"),
        );
        record.reasons = Reasons::new();
        let worker = county.worker("2024-08-01");
        let preview = county.care.preview(&worker, &record).await.unwrap();
        assert_eq!(
            preview.unanswered.len(),
            1,
            "{:?}",
            preview.checked.findings
        );
        assert!(preview.outcome.is_none());
        assert!(matches!(
            county.care.record(&worker, record.clone()).await,
            Err(Error::Refused(_))
        ));
        let form = county
            .care
            .pack()
            .program(county.care.pack().program_ix("maternal").unwrap())
            .form_ix("antenatal")
            .unwrap();
        let program = county.care.pack().program_ix("maternal").unwrap();
        let form = county.care.pack().program(program).form(form);
        let key = preview.unanswered[0].key(form);
        assert_eq!(key, "soft:fetal_heart_rate");
        record.reasons = Reasons::from([(key, "listened for a whole minute".to_owned())]);
        let preview = county.care.preview(&worker, &record).await.unwrap();
        let recorded = county.care.record(&worker, record).await.unwrap();
        assert_eq!(preview.outcome.unwrap().risk_after, recorded.risk_after);
        assert_eq!(recorded.findings.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn corrections_keep_history_and_two_people_get_a_clear_answer() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let recorded = county
            .record(woman, "antenatal", "2024-08-01", ANTENATAL)
            .await
            .unwrap();
        let worker = county.worker("2024-08-02");
        let correction = |weight: &str| Correction {
            id: recorded.encounter,
            subject: woman,
            occurred_on: Some("2024-08-01".parse().unwrap()),
            values: typed(&ANTENATAL.replace("58.0", weight)),
            reasons: Reasons::from([("*".to_owned(), "measured twice".to_owned())]),
            base_version: 1,
            why: "the scale was wrong".to_owned(),
        };
        let corrected = county
            .care
            .correct(&worker, correction("61.5"))
            .await
            .unwrap();
        assert_eq!(
            (corrected.encounter_version, corrected.repeated),
            (2, false)
        );
        let again = county
            .care
            .correct(&worker, correction("61.5"))
            .await
            .unwrap();
        assert_eq!((again.encounter_version, again.repeated), (2, true));
        let late = county.care.correct(&worker, correction("62.5")).await;
        assert!(matches!(&late, Err(Error::Stale(stale)) if (stale.seen, stale.stored) == (1, 2)));
        let story = county.care.story(&worker, woman).await.unwrap();
        let record = story.enrollments[0]
            .records
            .iter()
            .find(|record| record.id == recorded.encounter)
            .unwrap();
        let weight = county
            .care
            .pack()
            .program(county.care.pack().program_ix("maternal").unwrap())
            .form(record.form)
            .field("weight_kg")
            .unwrap()
            .get();
        assert_eq!(
            record.values[weight],
            Shown::Value(fuyou_expr::Value::Number(615))
        );
        assert_eq!(
            record.earlier[0].values[weight],
            Shown::Value(fuyou_expr::Value::Number(580))
        );
        assert_eq!(record.earlier[0].why, "the scale was wrong");

        let voiding = Voiding {
            id: recorded.encounter,
            subject: woman,
            base_version: 2,
            why: "another woman's visit".to_owned(),
        };
        county.care.void(&worker, voiding.clone()).await.unwrap();
        assert!(county.care.void(&worker, voiding).await.unwrap().repeated);
        let story = county.care.story(&worker, woman).await.unwrap();
        assert!(
            story.enrollments[0]
                .records
                .iter()
                .any(|record| record.voided.is_some())
        );
        county.audit_is_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_visit_by_two_people_at_once_is_one_visit() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        let booked = county.booked(woman).await;
        let worker = county.worker("2024-08-01");
        let seen = |record| crate::care::Record {
            base_version: Some(booked.enrollment_version),
            ..record
        };
        let mine = seen(county.typed(woman, "antenatal", "2024-08-01", ANTENATAL));
        let theirs = seen(county.typed(woman, "antenatal", "2024-08-01", ANTENATAL));
        let (mine, theirs) = tokio::join!(
            county.care.record(&worker, mine),
            county.care.record(&worker, theirs)
        );
        let stale = |answer: &Result<Recorded, Error>| matches!(answer, Err(Error::Stale(_)));
        assert_eq!(
            u8::from(stale(&mine)) + u8::from(stale(&theirs)),
            1,
            "{mine:?} {theirs:?}"
        );
        assert_eq!(u8::from(mine.is_ok()) + u8::from(theirs.is_ok()), 1);
        // Two different visits at once are two visits.
        let one = county.typed(
            woman,
            "antenatal",
            "2024-08-20",
            &ANTENATAL.replace("2024-08-29", "2024-09-20 fundal_height_cm=22.0"),
        );
        let two = county.typed(
            woman,
            "antenatal",
            "2024-08-21",
            &ANTENATAL.replace("2024-08-29", "2024-09-20 fundal_height_cm=22.0"),
        );
        let later = county.worker("2024-08-21");
        let (one, two) = tokio::join!(
            county.care.record(&later, one),
            county.care.record(&later, two)
        );
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        assert_eq!(
            county.care.story(&later, woman).await.unwrap().enrollments[0]
                .records
                .len(),
            4
        );
    })
    .await;
}

#[tokio::test]
async fn moving_closing_and_reopening() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        let booked = county.booked(woman).await;
        let worker = county.worker("2024-07-01");
        let west = county.user(Role::TownshipWorker, "990002", "2024-07-02");
        assert!(matches!(
            county.care.story(&west, woman).await,
            Err(Error::Denied(_))
        ));
        let change = EnrollmentChange {
            id: booked.enrollment,
            subject: woman,
            base_version: Some(1),
            why: "moved to the west".to_owned(),
        };
        let to = county.tree.by_code("990002").unwrap().id;
        county
            .care
            .move_enrollment(&worker, change.clone(), to)
            .await
            .unwrap();
        county
            .care
            .move_enrollment(&worker, change.clone(), to)
            .await
            .unwrap();
        let story = county.care.story(&west, woman).await.unwrap();
        assert_eq!(story.enrollments[0].organization, to);
        assert!(
            story.enrollments[0]
                .tasks
                .iter()
                .any(|task| task.owner == to)
        );
        // Whoever was responsible still opens it.
        assert!(county.care.story(&worker, woman).await.is_ok());

        let stale = county
            .care
            .close(&west, change.clone(), "2024-07-02".parse().unwrap())
            .await;
        assert!(matches!(stale, Err(Error::Stale(_))));
        let change = EnrollmentChange {
            base_version: None,
            ..change
        };
        county
            .care
            .close(&west, change.clone(), "2024-07-02".parse().unwrap())
            .await
            .unwrap();
        let closed = county.care.story(&west, woman).await.unwrap();
        assert_eq!(
            closed.enrollments[0].closed_on,
            Some("2024-07-02".parse().unwrap())
        );
        let late = county.typed(woman, "antenatal", "2024-08-01", ANTENATAL);
        let late = crate::care::Record {
            enrollment: Some(booked.enrollment),
            ..late
        };
        let west_later = county.user(Role::TownshipWorker, "990002", "2024-08-01");
        assert!(matches!(
            county.care.record(&west_later, late.clone()).await,
            Err(Error::Closed(_))
        ));
        county.care.reopen(&west_later, change).await.unwrap();
        county.care.record(&west_later, late).await.unwrap();
    })
    .await;
}

/// Whoever closed a woman's case file after her last examination read that nothing can be recorded any more.
#[tokio::test]
async fn what_an_open_task_asks_for_is_taken_after_the_end() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        let booked = county.booked(woman).await;
        let record = async |form: &str, on: &str, values: &str| {
            let mut record = crate::care::Record {
                enrollment: Some(booked.enrollment),
                reasons: Reasons::from([("*".to_owned(), "as seen".to_owned())]),
                ..county.typed(woman, form, on, values)
            };
            if let (Values::Text(text), "delivery") = (&mut record.values, form)
                && let Values::Text(newborn) = typed(NEWBORN)
            {
                text.groups.insert("newborn".to_owned(), vec![newborn.fields]);
            }
            county.care.record(&county.worker(on), record).await
        };
        const NEWBORN: &str = "birth_order=1 live_status=live sex=male weight_g=3200 length_cm=50.0 apgar_1=10 \
                               apgar_5=10 birth_defect=false skin_contact_30min=true first_suckling_min=27 \
                               rooming_in=true feeding_in_hospital=exclusive_breast vitamin_k=true \
                               hepb_vaccine_h=0.5 outcome_at_discharge=alive";
        const CASE: &str = "case_no=1 case_trigger=colour factors_text=x manager_institution=990001 manager=D1 \
                            plan_text=x emergency_plan=x planned_delivery_institution=990001 \
                            planned_hospital_grade=level2";
        const DAY42: &str = "general_condition=x mental_condition=x critical_signs=none systolic_mmhg=122 \
                             diastolic_mmhg=71 weight_kg=63.1 breast_left=normal breast_right=normal lochia=normal \
                             uterus_involution=normal wound=normal feeding=mixed contraception=condom \
                             guidance=psychology recovery=recovered disposition=close doctor=D1";
        let home = DELIVERY.replace("discharged_on=2024-12-15", "discharged_on=2024-12-12");
        let delivery = format!("{home} fetus_count=1");
        record("highrisk_case", "2024-07-01", CASE).await.unwrap();
        record("delivery", "2024-12-12", &delivery).await.unwrap();
        let seen = record("day42", "2025-01-20", DAY42).await.unwrap();
        assert!(seen.closed);
        let late = record("antenatal", "2025-01-25", ANTENATAL).await;
        assert!(matches!(late, Err(Error::Closed(_))), "{late:?}");
        const END: &str = "case_outcome=delivered closed_by=D1";
        record("highrisk_close", "2025-01-28", END).await.unwrap();
        let again = record("highrisk_close", "2025-01-29", END).await;
        assert!(matches!(again, Err(Error::Closed(_))), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn a_routine_visit_costs_a_bounded_number_of_statements() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let mut counts = Vec::new();
        for day in ["2024-07-10", "2024-08-08", "2024-10-10", "2024-11-10"] {
            let text = format!(
                "{} fundal_height_cm=20.0 fetal_position=cephalic fetal_movement=normal",
                ANTENATAL.replace("2024-08-29", "2024-12-01")
            );
            let record = county.typed(woman, "antenatal", day, &text);
            let (answer, statements) =
                counted(county.care.record(&county.worker(day), record)).await;
            answer.unwrap();
            counts.push(statements);
        }
        println!("statements per visit: {counts:?}");
        // The first visit reads no table of its form yet; from then on the count stays.
        assert!(counts[1..].iter().all(|count| *count <= 20), "{counts:?}");
        let (story, statements) =
            counted(county.care.story(&county.worker("2024-11-10"), woman)).await;
        story.unwrap();
        assert!(statements <= 15, "story: {statements}");
    })
    .await;
}
