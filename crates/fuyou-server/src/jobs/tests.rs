//! Promises about long work.

use std::collections::BTreeSet;
use std::time::Duration;

use fuyou_kernel::{Date, Localized};

use super::{By, Ended, Handle, JobId, Kind, New, PAGE, State, leave, start, store};
use crate::testkit::{TestApp, by_test, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);

fn new(kind: Kind, login: &str) -> New {
    New {
        kind,
        name: "county.csv".to_owned(),
        same: kind.word().to_owned(),
        place: String::new(),
        by: By {
            user: None,
            login: login.to_owned(),
            organization: None,
        },
    }
}

async fn run<W>(app: &TestApp, kind: Kind, work: impl FnOnce(Handle) -> W) -> JobId
where
    W: Future<Output = Ended> + Send + 'static,
{
    let entry = crate::db::Entry {
        action: "start_job".into(),
        entity: "job".into(),
        ..by_test(&app.app, "start_job")
    };
    start(&app.app, new(kind, "system"), entry, work)
        .await
        .unwrap()
}

/// The words of a job's page when it has ended.
async fn end_of(app: &TestApp, login: &str, id: JobId) -> String {
    for _ in 0..300 {
        let page = app.send(login, "GET", &format!("/jobs/{id}"), None).await;
        assert_eq!(page.status, 200);
        if !page.body.contains("badge on-course") {
            return page.body;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the job does not end");
}

/// Goes on until it is asked to stop.
async fn patient(handle: Handle) -> Ended {
    handle.at(3, 10);
    handle.stands_at("3".to_owned());
    while !handle.shall_stop() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ended::Stopped(vec![("rows", 3)])
}

#[tokio::test]
async fn a_job_says_how_it_ended_however_it_ends() {
    on_each_database(TODAY, async |app| {
        let done = run(app, Kind::LoadFigures, async |handle: Handle| {
            handle.at(2, 2);
            Ended::Done(vec![("rows", 2)])
        })
        .await;
        let page = end_of(app, "administrator", done).await;
        assert!(page.contains("已完成") && page.contains("个案"), "{page}");
        let failed = run(app, Kind::LoadFigures, async |_: Handle| {
            Ended::Failed(Localized::new("磁盘已满", "the disk is full"))
        })
        .await;
        let page = end_of(app, "administrator", failed).await;
        assert!(page.contains("磁盘已满") && page.contains("失败"), "{page}");
        let broken = run(app, Kind::LoadFigures, async |handle: Handle| {
            assert!(handle.shall_stop(), "on purpose");
            Ended::Done(Vec::new())
        })
        .await;
        let page = end_of(app, "administrator", broken).await;
        assert!(page.contains("内部错误"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_job_is_stopped_found_again_and_not_started_twice() {
    on_each_database(TODAY, async |app| {
        let id = run(app, Kind::LoadFigures, patient).await;
        let same = run(app, Kind::LoadFigures, patient).await;
        assert_eq!(id, same, "the same work runs once");
        let stop = format!("/jobs/{id}/stopped");
        says(&app.post("administrator", &stop, "").await, 303, &[]);
        // Asked twice, it is asked once.
        says(&app.post("administrator", &stop, "").await, 303, &[]);
        let page = end_of(app, "administrator", id).await;
        assert!(page.contains("已停止") && page.contains("3 / 10"), "{page}");
        says(
            &app.get("administrator", "/jobs").await,
            200,
            &["重新装载指标", "county.csv", "已停止"],
        );
        let (newest, done) = super::last(app.app.db(), Kind::LoadFigures).await.unwrap();
        let newest = newest.unwrap();
        assert_eq!(
            (newest.stored, newest.place.as_str()),
            (State::Stopped, "3")
        );
        assert!(done.is_none());
        assert_ne!(
            run(app, Kind::LoadFigures, patient).await,
            id,
            "it has ended"
        );
    })
    .await;
}

#[tokio::test]
async fn a_silent_job_was_cut_off() {
    on_each_database(TODAY, async |app| {
        let mut tx = app.app.db().begin(None).await.unwrap();
        let id: JobId = app.app.new_id();
        let new = new(Kind::RotateKeys, "system");
        assert!(
            store::begin(&mut tx, id, &new, app.app.now())
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        let page = format!("/jobs/{id}");
        says(&app.get("administrator", &page).await, 200, &["进行中"]);
        app.wait_minutes(2);
        says(
            &app.get("administrator", &page).await,
            200,
            &["意外中断", "从停下处继续", "action=\"/system/keys\""],
        );
    })
    .await;
}

#[tokio::test]
async fn others_jobs_look_absent() {
    on_each_database(TODAY, async |app| {
        let id = run(app, Kind::Import, async |_: Handle| Ended::Done(Vec::new())).await;
        leave(&app.app, id, "第3行".as_bytes()).await.unwrap();
        end_of(app, "administrator", id).await;
        let page = format!("/jobs/{id}");
        for login in ["county_worker", "auditor", "village_doctor"] {
            says(&app.get(login, &page).await, 404, &[]);
            let stopped = app.post(login, &format!("{page}/stopped"), "").await;
            says(&stopped, 404, &[]);
            assert!(!app.get(login, "/jobs").await.body.contains("county.csv"));
        }
        // Who keeps the system sees that there was an import, not what was in it.
        says(
            &app.get("administrator", &format!("{page}/file")).await,
            404,
            &[],
        );
    })
    .await;
}

#[tokio::test]
async fn jobs_that_began_at_once_stand_on_one_page_each() {
    on_each_database(TODAY, async |app| {
        let mut began = BTreeSet::new();
        let mut tx = app.app.db().begin(None).await.unwrap();
        for _ in 0..PAGE + 5 {
            let id: JobId = app.app.new_id();
            let new = new(Kind::LoadFigures, "system");
            store::begin(&mut tx, id, &new, app.app.now())
                .await
                .unwrap();
            began.insert(id.to_string());
        }
        tx.commit().await.unwrap();
        let links = |page: &str| {
            let pieces = page.split("href=\"/jobs/").skip(1);
            let ids = pieces.filter_map(|piece| piece.split('"').next().map(str::to_owned));
            ids.filter(|id| began.contains(id)).collect::<BTreeSet<_>>()
        };
        let first = app.send("administrator", "GET", "/jobs", None).await.body;
        let next = first.split("href=\"/jobs?after=").nth(1).unwrap();
        let next = format!("/jobs?after={}", next.split('"').next().unwrap());
        let second = app.send("administrator", "GET", &next, None).await.body;
        let (first, second) = (links(&first), links(&second));
        assert_eq!((first.len(), second.len()), (PAGE as usize, 5));
        assert!(first.is_disjoint(&second));
    })
    .await;
}
