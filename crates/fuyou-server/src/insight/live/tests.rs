//! Memory and store tell the same: when loaded, after changes, and after the feed has lost a line.

use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::{Date, Id, Period, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::model::{IndicatorIx, MeasureIx};
use uuid::Uuid;

use super::{Live, Standing};
use crate::access::{Actor, Role};
use crate::db::{Change, Db, Operation, query};
use crate::insight::MonthNumber;
use crate::insight::counts::Counting;
use crate::insight::{
    Behind, By, Cells, Group, Order, Question, Source, figures, persons, split, store,
};
use crate::registry::Tree;
use crate::testkit::{
    Enrolled, Log, on_each_database, population, sample_pack, sample_pack_with, store_facts,
};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 5] = ["990001", "990001001", "990002", "990002001", "990000H"];

/// Every indicator at every node of the tree in every month of these years and in the years themselves.
fn everything(pack: &Pack, tree: &Tree, years: &[&str]) -> Question {
    let mut periods: Vec<Period> = years.iter().map(|year| year.parse().unwrap()).collect();
    for year in periods.clone() {
        periods.extend(split(year, By::Month).unwrap());
    }
    periods.sort_by_key(ToString::to_string);
    periods.dedup();
    Question {
        indicators: (0..pack.indicators.len()).map(IndicatorIx::new).collect(),
        nodes: tree.all().iter().map(|node| node.id).collect(),
        periods,
    }
}

/// Asks memory and the store the same, for every reader, and by place and month as they are held; memory must answer.
pub(super) async fn same(live: &Live, db: &Db, pack: &Pack, tree: &Tree, years: &[&str]) -> Cells {
    let question = everything(pack, tree, years);
    let store = Source::store(db, pack, tree);
    let mut told = Vec::new();
    for reader in [Secrecy::Infection, Secrecy::Open] {
        let from_memory = figures(store.with(live), &question, reader).await.unwrap();
        let from_store = figures(store, &question, reader).await.unwrap();
        assert_eq!(from_memory.as_of, from_store.as_of);
        assert_eq!(from_memory.unplaced, from_store.unplaced);
        for ix in &question.indicators {
            for node in &question.nodes {
                for period in &question.periods {
                    assert_eq!(
                        from_memory.get(*ix, *node, *period),
                        from_store.get(*ix, *node, *period),
                        "{} {} {period} for {reader:?}",
                        pack.indicator(*ix).id,
                        tree.name(*node),
                    );
                }
            }
        }
        told.push(from_memory);
    }
    for codes in [None, Some(["990001".to_owned()].as_slice())] {
        same_counts(live, db, pack, codes).await;
    }
    told.swap_remove(0)
}

/// The persons behind every indicator at every root, in every group: two pages from memory and from the store.
pub(super) async fn same_lists(
    live: &Live,
    db: &Db,
    pack: &Pack,
    tree: &Arc<Tree>,
    year: &str,
) -> usize {
    let source = Source::store(db, pack, tree);
    let mut lines = 0;
    for root in tree.all().iter().filter(|node| node.parent_id.is_none()) {
        let actor = Actor {
            id: Id::from_uuid(Uuid::nil()),
            login: "test".into(),
            name: "test".into(),
            role: Role::CountyWorker,
            organization: root.id,
            tree: Arc::clone(tree),
        };
        let groups = Group::ALL.map(|group| (group, ""));
        let others = [
            (Group::Counted, "-on"),
            (Group::NotCounted, "on"),
            (Group::Counted, "-adds"),
            (Group::Gap, "-organization"),
        ];
        let orders: Vec<_> = groups.into_iter().chain(others).collect();
        for indicator in (0..pack.indicators.len()).map(IndicatorIx::new) {
            for &(group, order) in &orders {
                let behind = Behind {
                    indicator,
                    node: root.id,
                    period: year.parse().unwrap(),
                    group,
                    layer: None,
                    order: Order::read(order).unwrap(),
                };
                let mut after = None;
                for _ in 0..2 {
                    let asked = persons(source, &actor, &behind, after.as_ref(), 9)
                        .await
                        .unwrap();
                    let told = persons(source.with(live), &actor, &behind, after.as_ref(), 9).await;
                    let place = format!("{} {group:?}", pack.indicator(indicator).id);
                    assert_eq!(told.unwrap(), asked, "{place}");
                    lines += asked.lines.len();
                    after = asked.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
    }
    lines
}

/// Everything that was told: measure, place, month, rows, value.
#[derive(Default)]
struct Told {
    places: Vec<Option<String>>,
    cells: Vec<(usize, Option<String>, i32, i64, i64)>,
}

impl Counting for Told {
    type Place = usize;

    fn place(&mut self, code: Option<&str>) -> usize {
        self.places.push(code.map(str::to_owned));
        self.places.len() - 1
    }

    fn add(
        &mut self,
        place: usize,
        month: MonthNumber,
        rows: i64,
        values: impl Iterator<Item = (usize, i64)>,
    ) {
        let place = &self.places[place];
        let cell = |(measure, value)| (measure, place.clone(), month.0, rows, value);
        self.cells.extend(values.map(cell));
    }
}

/// Every measure by organization and month, and every gap by organization, from memory and from the store.
async fn same_counts(live: &Live, db: &Db, pack: &Pack, codes: Option<&[String]>) {
    let measures: Vec<MeasureIx> = (0..pack.measures.len()).map(MeasureIx::new).collect();
    let range = store::Range {
        from: Date::constant(2015, 1, 1),
        to: Date::constant(2027, 12, 31),
        codes,
    };
    let mut reader = db.read().await.unwrap();
    let heads = store::heads(&mut reader).await.unwrap();
    let live = Live::standing_at(Some(live), &heads)
        .await
        .expect("memory is current");
    let (mut memory, mut asked) = (Told::default(), Told::default());
    live.count(&measures, &range, &mut memory).unwrap();
    let dialect = store::dialect_of(db.dialect());
    let all = (pack, measures.as_slice(), None);
    let counted = store::count(&mut reader, dialect, all, &range, &mut asked);
    counted.await.unwrap();
    memory.cells.sort();
    asked.cells.sort();
    assert_eq!(memory.cells, asked.cells);
    let gap = |ix: IndicatorIx| {
        let (_, placed_as) = pack.indicator(ix).gap_and_place()?;
        Some((ix, placed_as))
    };
    let all = (0..pack.indicators.len()).map(IndicatorIx::new);
    let gaps: Vec<(IndicatorIx, MeasureIx)> = all.filter_map(gap).collect();
    assert!(!gaps.is_empty());
    let indicators: Vec<IndicatorIx> = gaps.iter().map(|(ix, _)| *ix).collect();
    let (mut memory, mut asked) = (Told::default(), Told::default());
    live.count_gaps(&indicators, &mut memory).unwrap();
    store::count_gaps(&mut reader, dialect, pack, &gaps, &mut asked)
        .await
        .unwrap();
    memory.cells.sort();
    asked.cells.sort();
    assert_eq!(memory.cells, asked.cells);
}

#[tokio::test]
async fn memory_and_store_tell_the_same() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack(), app.app.tree(), app.app.db());
        let rows = population(&pack, &PLACES, 400);
        store_facts(db, &pack, &rows).await;
        let live = Live::start(db, &pack, 2, None).unwrap();
        live.loaded().await;
        let both = async || same(&live, db, &pack, &tree, &["2024", "2025", "s2026"]).await;
        let loaded = both().await;
        // Moved, dated anew, voided altogether.
        let at = |row: &Enrolled| (row.subject, row.id);
        change_row(db, MOVE, at(&rows[3])).await;
        change_row(db, FORGET_PLACE, at(&rows[4])).await;
        for row in &rows[10..60] {
            change_row(db, REMOVE, at(row)).await;
        }
        let changed = both().await;
        assert_ne!(loaded, changed, "the changes moved some figure");
        assert!(changed.as_of > loaded.as_of);
        let Standing::Held {
            enrollments,
            memory,
            changes,
            since: _,
        } = live.standing()
        else {
            panic!("memory answered and says that it holds nothing");
        };
        assert_eq!((enrollments, changes), (350, changed.as_of));
        assert!(memory.columns > 0 && memory.cells > 0 && memory.projections == 0);
        live.stop().await;
        assert!(matches!(live.standing(), Standing::Loading { .. }));
        app.say(&format!("{} changes", changed.as_of - loaded.as_of));
    })
    .await;
}

const MOVE: &str = "update \"sample_facts\" set org = '990002' where subject_id = $1 and id = $2";
const FORGET_PLACE: &str =
    "update \"sample_facts\" set org = null where subject_id = $1 and id = $2";
const NO_SUCH_PLACE: &str =
    "update \"sample_facts\" set org = '770000' where subject_id = $1 and id = $2";
pub(super) const REMOVE: &str = "delete from \"sample_facts\" where subject_id = $1 and id = $2";

/// What a lost line said is found by loading everything anew; until then the store answers.
#[tokio::test]
async fn a_feed_that_lost_a_line_is_noticed() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack(), app.app.tree(), app.app.db());
        let rows = population(&pack, &PLACES, 120);
        store_facts(db, &pack, &rows).await;
        let live = Live::start(db, &pack, 1, None).unwrap();
        live.loaded().await;
        let before = same(&live, db, &pack, &tree, &["2025"]).await;
        // Memory does not look in between.
        let turn = live.0.turn.lock().await;
        for row in &rows[..40] {
            change_row(db, REMOVE, (row.subject, row.id)).await;
        }
        let mut tx = db.begin(None).await.unwrap();
        query("delete from change where seq = (select max(seq) from change c where c.lane = change.lane)")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        drop(turn);
        let (log, question) = (Log::listen(), everything(&pack, &tree, &["2025"]));
        let store = Source::store(db, &pack, &tree);
        let answered = figures(store.with(&live), &question, Secrecy::Open).await;
        let asked = figures(store, &question, Secrecy::Open).await;
        assert_eq!(answered.unwrap(), asked.unwrap());
        let lines = log.lines();
        assert!(
            lines.len() == 1 && lines[0].contains("loaded anew") && lines[0].contains("the change feed of lane"),
            "{lines:?}"
        );
        live.loaded().await;
        let after = same(&live, db, &pack, &tree, &["2025"]).await;
        assert_ne!(before, after);
        live.stop().await;
    })
    .await;
}

/// Rows of an organization that is not in the tree, or in none, are told as unplaced and stand in no node.
#[tokio::test]
async fn an_organization_that_is_gone_counts_nowhere_and_is_told() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack(), app.app.tree(), app.app.db());
        let rows = population(&pack, &PLACES, 200);
        store_facts(db, &pack, &rows).await;
        let live = Live::start(db, &pack, 1, None).unwrap();
        live.loaded().await;
        let before = same(&live, db, &pack, &tree, &["2025"]).await;
        for row in &rows[..60] {
            change_row(db, NO_SUCH_PLACE, (row.subject, row.id)).await;
        }
        let after = same(&live, db, &pack, &tree, &["2025"]).await;
        assert!(after.unplaced > before.unplaced);
        // The organization itself goes: what was recorded there stays, without a place in the tree.
        let left = tree.all().iter().filter(|node| node.code != "990001001");
        let smaller = Tree::new(left.map(|node| (**node).clone()).collect());
        let gone = same(&live, db, &pack, &smaller, &["2025"]).await;
        assert!(gone.unplaced > after.unplaced);
        app.say(&format!(
            "{} then {} then {}",
            before.unplaced, after.unplaced, gone.unplaced
        ));
        live.stop().await;
    })
    .await;
}

/// Divides by what may be zero, in a condition and in a sum, and adds what is nearly as large as a number may be.
const ODD: &str = r#"
[[measure]]
id = "odd"
title = { zh = "怪", en = "Odd" }
where = "birth_count / started_week >= 0.1 or birth_count is null"
sum = "round(birth_count / (started_week - 3)) + 1000000000000 * birth_count"
dated_by = "finished_on"
placed_by = "org"

[[indicator]]
id = "odd_sum"
title = { zh = "怪和", en = "Odd sum" }
numerator = "odd"
denominator = { of = "finished", where = "1 / started_week > 0" }
unit = "percent"
better = "neither"
period = "calendar"
gap = "10 / (started_week - 5) > 1"
source = "own 6"
certainty = "design"
"#;

/// What is divided by zero is unknown and counts nowhere, in memory as in the store.
#[tokio::test]
async fn a_division_by_zero_counts_nobody() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack_with(ODD), app.app.tree(), app.app.db());
        store_facts(db, &pack, &population(&pack, &PLACES, 400)).await;
        let live = Live::start(db, &pack, 2, None).unwrap();
        live.loaded().await;
        let cells = same(&live, db, &pack, &tree, &["2025"]).await;
        let (ix, node) = (
            pack.indicator_ix("odd_sum").unwrap(),
            app.organization("990000"),
        );
        let figure = cells
            .get(ix, node, "2025".parse().unwrap())
            .figure()
            .unwrap();
        assert!(figure.numerator > 1_000_000_000_000 && figure.denominator > Some(0));
        app.say(&format!("{} of {:?}", figure.numerator, figure.denominator));
        live.stop().await;
    })
    .await;
}

/// The pack does not know this code (any more): it is not taken for another, and what the database says of it is told.
#[tokio::test]
async fn a_code_that_the_pack_does_not_know_is_left_to_the_store() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack_with(LATE), app.app.tree(), app.app.db());
        let rows = population(&pack, &PLACES, 120);
        store_facts(db, &pack, &rows).await;
        let live = Live::start(db, &pack, 1, None).unwrap();
        live.loaded().await;
        let before = same(&live, db, &pack, &tree, &["2025"]).await;
        let question = everything(&pack, &tree, &["2025"]);
        let store = Source::store(db, &pack, &tree);
        let log = Log::listen();
        let ended = rows.iter().filter(|row| row.row.contains(&Value::Code(2)));
        let ended: Vec<&Enrolled> = ended.take(9).collect();
        for row in &ended {
            change_row(db, NO_SUCH_CODE, (row.subject, row.id)).await;
        }
        let told = figures(store.with(&live), &question, Secrecy::Open).await;
        let told = told.unwrap();
        assert!(told.says_as(&figures(store, &question, Secrecy::Open).await.unwrap()));
        assert!(!told.says_as(&before), "they no longer count as late");
        assert!(!live.is_loaded());
        for row in &ended {
            change_row(db, LATE_AGAIN, (row.subject, row.id)).await;
        }
        live.0.anew.notify_one();
        live.loaded().await;
        assert!(
            same(&live, db, &pack, &tree, &["2025"])
                .await
                .says_as(&before)
        );
        let told = log.lines().join("\n");
        assert!(told.contains("loaded anew"), "{told}");
        live.stop().await;
        app.say(&format!("{} changed", ended.len()));
    })
    .await;
}

const LATE: &str = r#"
[[indicator]]
id = "late_rate"
title = { zh = "晚结束率", en = "Ended late" }
numerator = { of = "finished", where = "ending_last = 'late'" }
denominator = { of = "finished", where = "ending_last is not null" }
unit = "percent"
better = "lower"
source = "own 8"
certainty = "design"
"#;
const NO_SUCH_CODE: &str =
    "update \"sample_facts\" set ending_last = 'never' where subject_id = $1 and id = $2";
const LATE_AGAIN: &str =
    "update \"sample_facts\" set ending_last = 'late' where subject_id = $1 and id = $2";

/// A sum that leaves 64 bits is an error on every way, never a figure; when the facts are right again so is memory.
#[tokio::test]
async fn a_sum_beyond_64_bits_is_an_error_until_the_facts_are_right() {
    on_each_database(TODAY, async |app| {
        let (pack, tree, db) = (sample_pack(), app.app.tree(), app.app.db());
        let rows = population(&pack, &PLACES, 60);
        store_facts(db, &pack, &rows).await;
        let live = Live::start(db, &pack, 1, None).unwrap();
        live.loaded().await;
        let before = same(&live, db, &pack, &tree, &["2025"]).await;
        let question = everything(&pack, &tree, &["2025"]);
        let store = Source::store(db, &pack, &tree);
        let log = Log::listen();
        for row in &rows[..2] {
            change_row(db, TOO_MANY, (row.subject, row.id)).await;
        }
        assert!(
            figures(store.with(&live), &question, Secrecy::Open)
                .await
                .is_err()
        );
        assert!(figures(store, &question, Secrecy::Open).await.is_err());
        assert!(!live.is_loaded());
        for row in &rows[..2] {
            change_row(db, FEW, (row.subject, row.id)).await;
        }
        live.0.anew.notify_one();
        live.loaded().await;
        let after = same(&live, db, &pack, &tree, &["2025"]).await;
        assert!(!after.says_as(&before));
        let told = log.lines().join("\n");
        assert!(told.contains("greater than 64 bits can hold"), "{told}");
        live.stop().await;
    })
    .await;
}

const TOO_MANY: &str = "update \"sample_facts\" set birth_count = 9000000000000000000, org = '990001', \
                        finished_on = '2025-05-05' where subject_id = $1 and id = $2";
const FEW: &str = "update \"sample_facts\" set birth_count = 2 where subject_id = $1 and id = $2";

/// Changes a facts row as the engine does: together with a line in the feed.
pub(super) async fn change_row(db: &Db, sql: &'static str, (subject, id): (Uuid, Uuid)) {
    let mut tx = db.begin(Some(subject)).await.unwrap();
    query(sql)
        .bind(subject)
        .bind(id)
        .execute(&mut tx)
        .await
        .unwrap();
    tx.changed(Change {
        subject_id: Some(subject),
        entity: "enrollment",
        entity_id: id,
        operation: Operation::Update,
        at: fuyou_kernel::Timestamp::UNIX_EPOCH,
    });
    tx.commit().await.unwrap();
}
