//! Births open the records of those who were born, on both databases, with the national pack.

use std::collections::BTreeMap;

use fuyou_expr::{Value, format_value};
use fuyou_kernel::{Period, Secrecy};
use fuyou_pack::model::FactIx;

use crate::access::Role;
use crate::care::opening::{LinkState, OtherEnd};
use crate::care::{
    Acting, Correction, EncounterId, EnrollmentState, EnrollmentStory, Progress, Reasons, Record,
    Shown, SubjectId, TypedText, Values, Voiding,
};
use crate::db::{Connection, query};
use crate::insight::{Live, Question, Source, figures};
use crate::testkit::county::{County, DELIVERY, LIVE, national_pack, typed};
use crate::testkit::each_database;

pub(super) fn values(rows: &[&str]) -> Values {
    let fields = |text: &str| match typed(text) {
        Values::Text(text) => text.fields,
        Values::Typed(_) => BTreeMap::new(),
    };
    let count = format!("{DELIVERY} fetus_count={}", rows.len());
    let rows = rows.iter().map(|row| fields(row)).collect();
    Values::Text(TypedText {
        fields: fields(&count),
        groups: BTreeMap::from([("newborn".to_owned(), rows)]),
    })
}

fn seen() -> Reasons {
    Reasons::from([("*".to_owned(), "as seen".to_owned())])
}

/// The delivery of these newborns on 2024-12-12, recorded on the day of discharge.
pub(super) async fn delivered(county: &County, woman: SubjectId, rows: &[&str]) -> EncounterId {
    let record = Record {
        values: values(rows),
        reasons: seen(),
        ..county.typed(woman, "delivery", "2024-12-12", "")
    };
    let id = record.id;
    let by = county.worker("2024-12-15");
    county.care.record(&by, record).await.unwrap();
    id
}

pub(super) async fn corrected(
    county: &County,
    woman: SubjectId,
    id: EncounterId,
    version: i64,
    rows: &[&str],
) {
    let correction = Correction {
        id,
        subject: woman,
        occurred_on: Some("2024-12-12".parse().unwrap()),
        values: values(rows),
        reasons: seen(),
        base_version: version,
        why: "read again".to_owned(),
    };
    let by = county.worker("2024-12-20");
    county.care.correct(&by, correction).await.unwrap();
}

/// One line for each link as a reader sees it.
pub(super) async fn links(county: &County, by: &Acting, subject: SubjectId) -> Vec<String> {
    let links = county.care.links(by, subject).await.unwrap();
    let line = |link: &crate::care::LinkShown| {
        let name = link.other.as_ref().map_or("?", |other| &other.name);
        let relation = link.relation.as_ref().map_or("", |relation| &relation.en);
        let differs: Vec<&str> = link.differs.iter().map(|label| &*label.en).collect();
        format!("{relation} {name} {} {differs:?}", link.state.word())
    };
    links.iter().map(line).collect()
}

pub(super) async fn children(county: &County, woman: SubjectId) -> Vec<SubjectId> {
    let by = county.worker("2024-12-20");
    let links = county.care.links(&by, woman).await.unwrap();
    links
        .iter()
        .filter(|link| link.end == OtherEnd::Opened)
        .map(|link| link.other.as_ref().unwrap().id)
        .collect()
}

pub(super) async fn only_enrollment(county: &County, subject: SubjectId) -> EnrollmentStory {
    let by = county.worker("2024-12-20");
    let mut story = county.care.story(&by, subject).await.unwrap();
    assert_eq!(story.enrollments.len(), 1);
    story.enrollments.remove(0)
}

/// Fields of the first record, as texts.
async fn first_record(county: &County, subject: SubjectId, fields: &[&str]) -> Vec<String> {
    let story = only_enrollment(county, subject).await;
    let program = county.care.pack().program(story.program);
    let form = program.form(program.opens_with);
    let record = &story.records[0];
    let text = |name: &&str| {
        let field = form.field(name).unwrap().get();
        match &record.values[field] {
            Shown::Value(value) => format_value(&form.fields[field].ty, value),
            Shown::Restricted => "restricted".to_owned(),
        }
    };
    fields.iter().map(text).collect()
}

/// Live births of the year as the opener's program counts them and as the opened one does, in memory and in the store.
async fn births(county: &County) -> [i64; 2] {
    let (db, pack, tree) = (county.care.db(), county.care.pack(), &county.tree);
    let live = Live::start(db, pack, 1, None).unwrap();
    live.loaded().await;
    let indicators = ["low_birth_weight_rate", "handbook_rate"];
    let indicators = indicators.map(|id| pack.indicator_ix(id).unwrap());
    let node = tree.by_code("990000").unwrap().id;
    let year: Period = "2024".parse().unwrap();
    let question = Question::of(indicators.to_vec(), node, year);
    let store = Source::store(db, pack, tree);
    let from_store = figures(store, &question, Secrecy::Infection).await.unwrap();
    let in_memory = figures(store.with(&live), &question, Secrecy::Infection);
    let in_memory = in_memory.await.unwrap();
    indicators.map(|indicator| {
        let cell = from_store.get(indicator, node, year);
        assert_eq!(cell, in_memory.get(indicator, node, year));
        cell.figure().unwrap().denominator.unwrap()
    })
}

async fn rows_of(connection: &mut Connection, sql: &'static str) -> i64 {
    let rows: Vec<(i64,)> = query(sql).all(connection).await.unwrap();
    rows[0].0
}

pub(super) async fn sound(county: &County, subjects: &[SubjectId]) {
    let by = county.worker("2024-12-20");
    for subject in subjects {
        let differences = county.care.reconcile(&by, *subject).await.unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    }
    county.audit_is_sound().await;
    crate::audit::words_are_known(county.care.db()).await;
}

#[tokio::test]
async fn twins_are_opened_with_their_values_and_a_stillbirth_is_withdrawn() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db.clone(), pack.clone()).await;
        let girl = format!("birth_order=1 sex=female weight_g=2480 {LIVE}");
        let boy = format!("birth_order=2 sex=male weight_g=2610 {LIVE}");
        let id = delivered(&county, woman, &[&girl, &boy]).await;
        let by = county.worker("2024-12-20");
        assert_eq!(
            links(&county, &by, woman).await,
            ["Child 测试之女(大) open []", "Child 测试之子(二) open []"]
        );
        let born = children(&county, woman).await;
        assert_eq!(links(&county, &by, born[1]).await, ["Mother 测试 open []"]);
        let fields = [
            "birth_weight_g",
            "birth_ga_days",
            "birth_circumstances",
            "hearing_screen_result",
            "discharged_on",
            "mother_birth_on",
        ];
        assert_eq!(
            first_record(&county, born[1], &fields).await,
            ["2610", "272", "|vaginal|multiple|", "pass", "2024-12-15", "1996-05-01"]
        );
        assert_eq!(births(&county).await, [2, 2]);
        let facts = async || {
            let mut reader = county.care.db().read().await.unwrap();
            rows_of(&mut reader, "select count(*) from child_facts").await
        };
        assert_eq!(facts().await, 2);
        let open = async |child| {
            let story = only_enrollment(&county, child).await;
            let tasks = story.tasks.iter();
            let open = tasks.filter(|task| task.progress == Progress::Open).count();
            (story.state, story.records.len(), open > 0)
        };
        assert_eq!(open(born[1]).await, (EnrollmentState::Open, 1, true));

        let dead = "birth_order=2 live_status=stillbirth birth_defect=false";
        corrected(&county, woman, id, 1, &[&girl, dead]).await;
        assert_eq!(
            links(&county, &by, woman).await,
            ["Child 测试之女(大) open []", "Child 测试之子(二) withdrawn []"]
        );
        assert_eq!(open(born[1]).await.0, EnrollmentState::Closed);
        assert_eq!(open(born[1]).await.1, 1);
        let mut reader = county.care.db().read().await.unwrap();
        const OPEN: &str = "select count(*) from task where state = 'open' and program = 'child'";
        let tasks = rows_of(&mut reader, OPEN).await;
        const OF_GIRL: &str = "select count(*) from task t join child_facts f on f.subject_id = t.subject_id \
                               and f.id = t.enrollment_id where t.state = 'open'";
        assert_eq!(tasks, rows_of(&mut reader, OF_GIRL).await);
        drop(reader);
        assert_eq!(facts().await, 1);
        assert_eq!(births(&county).await, [1, 1]);
        sound(&county, &[woman, born[0], born[1]]).await;

        let heavier = boy.replace("2610", "2710");
        corrected(&county, woman, id, 2, &[&girl, &heavier]).await;
        assert_eq!(open(born[1]).await, (EnrollmentState::Open, 1, true));
        assert_eq!(
            first_record(&county, born[1], &["birth_weight_g"]).await,
            ["2710"]
        );
        assert_eq!(facts().await, 2);
        sound(&county, &[woman, born[0], born[1]]).await;
    })
    .await;
}

/// A person corrects the birth weight in the opening record.
pub(super) async fn weighed_again(county: &County, child: SubjectId, weight_g: i64) {
    let story = only_enrollment(county, child).await;
    let stored = &story.records[0];
    let program = county.care.pack().program(story.program);
    let form = program.form(program.opens_with);
    let weight = form.field("birth_weight_g").unwrap().get();
    let mut draft = fuyou_pack::record::Draft::new(program, program.opens_with);
    for (at, value) in stored.values.iter().enumerate() {
        if let Shown::Value(value) = value {
            draft.values[at] = value.clone();
        }
    }
    draft.values[weight] = Value::Number(weight_g);
    let by_hand = Correction {
        id: stored.id,
        subject: child,
        occurred_on: Some(stored.occurred_on),
        values: Values::Typed(draft),
        reasons: seen(),
        base_version: stored.version,
        why: "weighed again".to_owned(),
    };
    let by = county.user(Role::CountyWorker, "990000", "2024-12-18");
    county.care.correct(&by, by_hand).await.unwrap();
}

#[tokio::test]
async fn what_a_person_changed_stays_and_the_link_says_so() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let row = |weight: &str, sex: &str, more: &str| {
            format!("birth_order=1 sex={sex} weight_g={weight} {LIVE} {more}")
        };
        let id = delivered(&county, woman, &[&row("3200", "male", "")]).await;
        let child = children(&county, woman).await[0];
        weighed_again(&county, child, 3250).await;
        let by = county.user(Role::CountyWorker, "990000", "2024-12-18");
        // The length follows, the weight is a person's, and the sex is corrected where the person is registered.
        let now = row("3400", "female", "").replace("length_cm=50.0", "length_cm=51.0");
        corrected(&county, woman, id, 1, &[&now]).await;
        assert_eq!(
            first_record(&county, child, &["birth_weight_g", "birth_length_cm"]).await,
            ["3250", "51.0"]
        );
        assert_eq!(
            links(&county, &by, child).await,
            ["Mother 测试 open [\"Birth weight\"]"]
        );
        assert_eq!(links(&county, &by, woman).await, ["Child 测试之女 open []"]);
        let again = row("3250", "female", "").replace("length_cm=50.0", "length_cm=51.0");
        corrected(&county, woman, id, 2, &[&again]).await;
        assert_eq!(links(&county, &by, child).await, ["Mother 测试 open []"]);
        sound(&county, &[woman, child]).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_not_opened_at_once_is_opened_from_the_change_feed_once() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let mut women = Vec::new();
        for _ in 0..3 {
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
            let row = format!("birth_order=1 sex=male weight_g=3200 {LIVE}");
            delivered(&county, woman, &[&row]).await;
            women.push(woman);
        }
        county.follows_links();
        let by = county.worker("2024-12-20");
        assert!(links(&county, &by, women[0]).await.is_empty());
        let mut told = Vec::new();
        let mut tell = |caught: &crate::care::Caught| told.push(*caught);
        let caught = county.care.catch_up_links(&by, &mut tell).await.unwrap();
        assert_eq!((caught.looked_at, caught.changed), (3, 3));
        assert_eq!(caught.read, caught.all);
        assert_eq!(told.last(), Some(&caught));
        for woman in &women {
            assert_eq!(
                links(&county, &by, *woman).await,
                ["Child 测试之子 open []"]
            );
        }
        // A position that was not written because the process was killed is read from again.
        let mut tx = county.care.db().begin(None).await.unwrap();
        query("delete from feed_position")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
            assert_eq!(caught.changed, 0);
        }
        for woman in women {
            let child = children(&county, woman).await[0];
            sound(&county, &[woman, child]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_voided_delivery_withdraws_and_what_cannot_be_filled_waits() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        // Lighter than any child record takes: a person has to look.
        let row = format!("birth_order=1 sex=male weight_g=250 {LIVE}");
        let id = delivered(&county, woman, &[&row]).await;
        let by = county.worker("2024-12-20");
        assert_eq!(
            links(&county, &by, woman).await,
            ["Child 测试之子 waiting []"]
        );
        let child = children(&county, woman).await[0];
        let story = county.care.story(&by, child).await.unwrap();
        assert!(story.enrollments.is_empty());
        corrected(&county, woman, id, 1, &[&row.replace("=250", "=2500")]).await;
        assert_eq!(links(&county, &by, woman).await, ["Child 测试之子 open []"]);
        let voiding = Voiding {
            id,
            subject: woman,
            base_version: 2,
            why: "another woman's".to_owned(),
        };
        county.care.void(&by, voiding).await.unwrap();
        assert_eq!(
            links(&county, &by, woman).await,
            ["Child 测试之子 withdrawn []"]
        );
        let story = only_enrollment(&county, child).await;
        assert_eq!(story.state, EnrollmentState::Closed);
        let facts = FactIx::new(0);
        assert_eq!(story.facts[0].0, facts);
        sound(&county, &[woman, child]).await;
    })
    .await;
}

#[tokio::test]
async fn who_stands_at_the_other_end_is_told_by_right() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let row = format!("birth_order=1 sex=male weight_g=3200 {LIVE}");
        delivered(&county, woman, &[&row]).await;
        let child = children(&county, woman).await[0];
        let west = county.user(Role::TownshipWorker, "990002", "2024-12-20");
        assert_eq!(links(&county, &west, child).await, ["Mother ? open []"]);
        assert_eq!(LinkState::Open.word(), "open");
    })
    .await;
}
