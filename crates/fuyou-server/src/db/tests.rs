//! Promises of the lanes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::{
    Change, Connection, Db, DbDate, DbInstant, Dialect, Entry, Error, Operation, counted,
    hold_every_lane, query, retry,
};
use crate::testkit::{each_database, two_processes};

const AT: Timestamp = Timestamp::constant(1_774_500_000, 0);

fn entry(action: &'static str, subject: Option<Uuid>) -> Entry {
    Entry {
        at: AT,
        actor_id: None,
        actor_login: "tester".into(),
        org_id: None,
        action: action.into(),
        entity: "thing".into(),
        entity_id: None,
        subject_id: subject,
        detail: "{}".into(),
    }
}

fn change(subject: Uuid) -> Change {
    Change {
        subject_id: Some(subject),
        entity: "thing",
        entity_id: subject,
        operation: Operation::Insert,
        at: AT,
    }
}

async fn count_changes(connection: &mut Connection) -> i64 {
    const SQL: &str = "select count(*) from change";
    let (count,): (i64,) = query(SQL).one(connection).await.unwrap();
    count
}

async fn change_seqs(db: &Db) -> Vec<(i64, i64)> {
    const SQL: &str = "select lane, seq from change order by lane, seq";
    let mut reader = db.read().await.unwrap();
    query(SQL).all(&mut reader).await.unwrap()
}

async fn add(db: &Db, subject: Uuid) -> Result<(), Error> {
    let mut tx = db.begin(Some(subject)).await?;
    tx.changed(change(subject));
    tx.audit(entry("add", Some(subject)));
    tx.commit().await
}

#[tokio::test]
async fn a_write_is_stored_when_it_is_answered() {
    each_database(async |db| {
        add(&db, Uuid::now_v7()).await.unwrap();
        assert_eq!(count_changes(&mut db.read().await.unwrap()).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_failing_operation_leaves_nothing_and_disturbs_nobody() {
    each_database(async |db| {
        let subject = Uuid::now_v7();
        let failing = async {
            let mut tx = db.begin(Some(subject)).await?;
            tx.changed(change(subject));
            Err::<(), Error>(Error::Address("on purpose".into()))
        };
        let (bad, good) = tokio::join!(failing, add(&db, subject));
        assert!(matches!(bad, Err(Error::Address(_))));
        good.unwrap();
        assert_eq!(count_changes(&mut db.read().await.unwrap()).await, 1);
        assert_eq!(crate::audit::verify(&db).await.unwrap().unwrap().entries, 1);
    })
    .await;
}

#[tokio::test]
async fn a_failing_statement_leaves_nothing_and_disturbs_nobody() {
    const SQL: &str = "insert into lane (id, batches, change_seq, audit_seq, audit_hash) values (99, 0, 0, 0, $1)";
    each_database(async |db| {
        let subject = Uuid::now_v7();
        let twice = async {
            let mut tx = db.begin(Some(subject)).await?;
            for _ in 0..2 {
                query(SQL).bind(vec![0u8; 32]).execute(&mut tx).await?;
            }
            tx.commit().await
        };
        let (bad, good) = tokio::join!(twice, add(&db, subject));
        assert!(matches!(bad, Err(Error::Statement(_))), "{bad:?}");
        good.unwrap();
        let (rows,): (i64,) = query("select count(*) from lane where id = 99")
            .one(&mut db.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(rows, 0);
    })
    .await;
}

#[tokio::test]
async fn a_panicking_operation_leaves_the_lane_working() {
    each_database(async |db| {
        let subject = Uuid::now_v7();
        let task = {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.begin(Some(subject)).await.unwrap();
                tx.changed(change(subject));
                panic!("on purpose");
            })
        };
        assert!(task.await.unwrap_err().is_panic());
        add(&db, subject).await.unwrap();
        assert_eq!(count_changes(&mut db.read().await.unwrap()).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_operation_is_rolled_back() {
    each_database(async |db| {
        let subject = Uuid::now_v7();
        let mut tx = db.begin(Some(subject)).await.unwrap();
        tx.changed(change(subject));
        drop(tx);
        add(&db, subject).await.unwrap();
        let seqs: Vec<i64> = change_seqs(&db)
            .await
            .into_iter()
            .map(|(_, seq)| seq)
            .collect();
        assert_eq!(seqs, [1], "the number of the abandoned line is used again");
    })
    .await;
}

#[tokio::test]
async fn many_writers_share_few_commits_and_leave_no_gaps() {
    const WRITERS: usize = 300;
    each_database(async |db| {
        let done = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (db, done) = (db.clone(), done.clone());
                tokio::spawn(async move {
                    add(&db, Uuid::now_v7()).await.unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(done.load(Ordering::Relaxed), WRITERS);
        let mut expected = (0, 0);
        for (lane, seq) in change_seqs(&db).await {
            expected = if lane == expected.0 {
                (lane, expected.1 + 1)
            } else {
                (lane, 1)
            };
            assert_eq!((lane, seq), expected, "no gap and no repetition");
        }
        let (batches,): (i64,) = query("select cast(sum(batches) as bigint) from lane")
            .one(&mut db.read().await.unwrap())
            .await
            .unwrap();
        assert!(
            batches < WRITERS as i64 / 2,
            "{WRITERS} writes took {batches} commits"
        );
        assert_eq!(
            crate::audit::verify(&db).await.unwrap().unwrap().entries,
            WRITERS as i64
        );
    })
    .await;
}

#[tokio::test]
async fn one_subject_keeps_its_order() {
    each_database(async |db| {
        let subject = Uuid::now_v7();
        let mut expected = Vec::new();
        let mut waiting = Vec::new();
        for action in ["a", "b", "c", "d", "e", "f"] {
            expected.push(action.to_owned());
            let db = &db;
            waiting.push(async move {
                let mut tx = db.begin(Some(subject)).await?;
                tx.audit(entry(action, Some(subject)));
                tx.commit().await
            });
        }
        for outcome in futures_util::future::join_all(waiting).await {
            outcome.unwrap();
        }
        let found: Vec<(String,)> = query("select action from audit order by lane, seq")
            .all(&mut db.read().await.unwrap())
            .await
            .unwrap();
        assert_eq!(
            found
                .into_iter()
                .map(|(action,)| action)
                .collect::<Vec<_>>(),
            expected
        );
    })
    .await;
}

#[tokio::test]
async fn a_noted_read_is_in_the_chain_soon() {
    each_database(async |db| {
        let subject = Uuid::now_v7();
        db.note(entry("read", Some(subject))).await.unwrap();
        add(&db, subject).await.unwrap();
        assert_eq!(crate::audit::verify(&db).await.unwrap().unwrap().entries, 2);
    })
    .await;
}

#[tokio::test]
async fn notes_survive_closing() {
    let dir = crate::testkit::TempDir::new();
    let settings =
        super::Settings::new(format!("sqlite:{}", dir.path().join("fuyou.db").display()));
    let db = Db::open(&settings).await.unwrap();
    db.note(entry("read", None)).await.unwrap();
    db.close().await;
    assert!(add(&db, Uuid::now_v7()).await.is_err());
    let db = Db::open(&settings).await.unwrap();
    assert_eq!(crate::audit::verify(&db).await.unwrap().unwrap().entries, 1);
    db.close().await;
}

#[tokio::test]
async fn statements_are_counted() {
    each_database(async |db| {
        let ((), statements) = counted(async {
            count_changes(&mut db.read().await.unwrap()).await;
            count_changes(&mut db.read().await.unwrap()).await;
            add(&db, Uuid::now_v7()).await.unwrap();
        })
        .await;
        assert_eq!(
            statements, 2,
            "two reads; ledgers and commits belong to the lane"
        );
    })
    .await;
}

#[tokio::test]
async fn dates_and_instants_come_back_as_they_went_in() {
    each_database(async |db| {
        for date in [
            "1899-12-31",
            "1999-12-31",
            "2000-01-01",
            "2024-02-29",
            "2199-12-31",
        ] {
            let date = DbDate(date.parse().unwrap());
            let (back,): (DbDate,) = match db.dialect() {
                Dialect::Sqlite => query("select $1")
                    .bind(date)
                    .one(&mut db.read().await.unwrap())
                    .await
                    .unwrap(),
                Dialect::Postgres => query("select cast($1 as date)")
                    .bind(date)
                    .one(&mut db.read().await.unwrap())
                    .await
                    .unwrap(),
            };
            assert_eq!(back, date);
        }
        for at in [
            "1969-12-31T23:59:59.999Z",
            "1999-12-31T23:59:59.001Z",
            "2026-03-26T01:02:03.456Z",
        ] {
            let at = DbInstant(at.parse().unwrap());
            let (back,): (DbInstant,) = query("select $1")
                .bind(at)
                .one(&mut db.read().await.unwrap())
                .await
                .unwrap();
            assert_eq!(back, at);
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let dir = crate::testkit::TempDir::new();
    let settings =
        super::Settings::new(format!("sqlite:{}", dir.path().join("fuyou.db").display()));
    let db = Db::open(&settings).await.unwrap();
    let mut tx = db.begin(None).await.unwrap();
    query("update schema_migration set checksum = 'x' where number = 1")
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let refused = Db::open(&settings).await.err().map(|err| err.to_string());
    assert_eq!(
        refused.as_deref(),
        Some("migration ledgers was changed after it had been applied")
    );
}

/// Both dialects must have the same tables with the same columns in the same order.
#[tokio::test]
async fn dialects_agree_on_tables_and_columns() {
    const SQLITE: &str = "select m.name, p.name from sqlite_master m join pragma_table_info(m.name) p \
                          where m.type in ('table', 'view') and m.name not like 'sqlite_%' order by m.name, p.cid";
    const POSTGRES: &str = "select cast(table_name as text), cast(column_name as text) \
                            from information_schema.columns where table_schema = 'public' \
                            order by cast(table_name as text) collate \"C\", ordinal_position";
    let columns: Vec<(String, String)> = each_database(async |db| {
        let sql = match db.dialect() {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
        };
        query(sql).all(&mut db.read().await.unwrap()).await.unwrap()
    })
    .await;
    assert!(
        columns.contains(&("audit".into(), "prev_hash".into())),
        "{columns:?}"
    );
}

#[tokio::test]
async fn who_loses_a_race_tries_again() {
    const SQL: &str = "insert into lane (id, batches, change_seq, audit_seq, audit_hash) values (99, 0, 0, 0, $1)";
    each_database(async |db| {
        let attempts = AtomicUsize::new(0);
        let outcome = retry(|| async {
            // Only the first attempt stores the same key twice.
            let times = 2 - attempts.fetch_add(1, Ordering::Relaxed);
            let mut tx = db.begin(None).await?;
            for _ in 0..times {
                query(SQL).bind(vec![0u8; 32]).execute(&mut tx).await?;
            }
            tx.commit().await
        })
        .await;
        outcome.unwrap();
        assert_eq!(attempts.load(Ordering::Relaxed), 2);
    })
    .await;
}

#[tokio::test]
async fn a_walk_gives_every_row_in_order_and_needs_nobody_to_take_them() {
    each_database(async |db| {
        const SQL: &str = "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < $1) \
                           select i from n order by i desc";
        let mut walk = db.walk(query(SQL).bind(2_345_i64)).await.unwrap();
        let mut found = Vec::new();
        while let Some(rows) = walk.cells(&[super::CellType::Int]).await.unwrap() {
            assert!(rows.len() <= 500, "{} rows at once", rows.len());
            found.extend(rows.into_iter().flatten());
        }
        let wanted: Vec<super::Cell> = (1..=2_345).rev().map(super::Cell::int).collect();
        assert!(found == wanted, "{} rows", found.len());
        // Nobody takes the rest, and the database goes on.
        let mut given_up = db.walk(query(SQL).bind(1_000_000_i64)).await.unwrap();
        assert!(given_up.cells(&[super::CellType::Int]).await.unwrap().is_some());
        drop(given_up);
        add(&db, Uuid::from_u128(7)).await.unwrap();
        // What fails is no end.
        let mut broken = db.walk(query("select i from nowhere")).await.unwrap();
        assert!(broken.cells(&[super::CellType::Int]).await.is_err());
    })
    .await;
}

/// Long enough for the other side to come to where it has to wait.
const MEANWHILE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_may_begin_the_same_lane_for_the_first_time_at_once() {
    two_processes(async |one, two| {
        let first = one.begin(None).await.unwrap();
        let ends = async {
            tokio::time::sleep(MEANWHILE).await;
            first.commit().await
        };
        let (ended, second) = tokio::join!(ends, two.begin(None));
        ended.unwrap();
        second.unwrap().commit().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_every_lane_waits_for_a_lane_that_has_only_begun() {
    two_processes(async |one, two| {
        // The last lane, which the other process does not have.
        let last = one.lanes() - 1;
        let apart = std::iter::repeat_with(Uuid::now_v7).find(|subject| one.lane(*subject) == last);
        let open = one.begin(apart).await.unwrap();
        let holds = async {
            let mut tx = two.begin(None).await.unwrap();
            hold_every_lane(&mut tx).await.unwrap();
            tx
        };
        let mut holds = std::pin::pin!(holds);
        let early = tokio::time::timeout(MEANWHILE, &mut holds).await;
        assert!(early.is_err(), "a batch is open");
        open.commit().await.unwrap();
        holds.await.commit().await.unwrap();
    })
    .await;
}

/// What is chained or read in the order of its lane names its subject beside that.
const BY_LANE: [&str; 2] = ["audit", "change"];

#[tokio::test]
async fn what_hangs_on_a_subject_lies_together() {
    const SQLITE: &str = "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c \
                          where m.type = 'table' and c.pk = 1 \
                          and exists (select 1 from pragma_table_info(m.name) s where s.name = 'subject_id') order by 1";
    const POSTGRES: &str = "select cast(t.relname as text), cast(a.attname as text) from pg_index i \
                            join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace \
                            join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0] \
                            where i.indisprimary and n.nspname = current_schema() and exists (select 1 from pg_attribute s \
                            where s.attrelid = t.oid and s.attname = 'subject_id') order by 1";
    each_database(async |db| {
        let sql = match db.dialect() {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
        };
        let mut reader = db.read().await.unwrap();
        let keys: Vec<(String, String)> = query(sql).all(&mut reader).await.unwrap();
        assert!(keys.len() > 15, "{keys:?}");
        for (table, first) in &keys {
            let wanted = match BY_LANE.contains(&table.as_str()) {
                true => "lane",
                false => "subject_id",
            };
            assert_eq!(first, wanted, "{table}");
        }
        keys
    })
    .await;
}
