//! A new version of the pack: what is open is computed by it, what is closed stays what it amounted to.

use fuyou_pack::model::ProgramIx;

use crate::care::{Care, Reasons, Record, Settings, SubjectId};
use crate::db::{Db, Sql, query};
use crate::testkit::county::{County, bicycle_pack, next_bicycle_pack, noon, typed};
use crate::testkit::each_database;

async fn record(county: &County, subject: SubjectId, (form, day, text): (&str, &str, &str)) {
    let record = Record {
        id: county.fresh(),
        subject,
        enrollment: None,
        program: "bicycle".to_owned(),
        form: form.to_owned(),
        occurred_on: Some(day.parse().unwrap()),
        values: typed(text),
        reasons: Reasons::from([("*".to_owned(), "seen".to_owned())]),
        base_version: None,
    };
    let worker = county.worker("2025-01-01");
    county.care.record(&worker, record).await.unwrap();
}

/// State, version of the pack and the fact that only the next version knows, of each enrollment.
async fn standing(db: &Db, care: &Care) -> Vec<(String, String, Option<i64>)> {
    let facts = &care.tables().program(ProgramIx::new(0)).facts.name;
    let sql = format!(
        "select e.state, e.pack_version, f.pressures from enrollment e join \"{facts}\" f \
         on f.subject_id = e.subject_id and f.id = e.id order by e.state"
    );
    let mut reader = db.read().await.unwrap();
    query(Sql::built(sql)).all(&mut reader).await.unwrap()
}

#[tokio::test]
async fn what_is_open_follows_a_new_version_of_the_pack() {
    each_database(async |db| {
        let county = County::new(db.clone(), bicycle_pack()).await;
        for scrapped in [false, true] {
            let bicycle = county.woman("990001001").await;
            record(&county, bicycle, ("sale", "2024-01-01", "frame_cm=55")).await;
            for day in ["2024-02-01", "2024-03-01"] {
                let text = "pressure_bar=3.5 chain_wear=some";
                record(&county, bicycle, ("service", day, text)).await;
            }
            if scrapped {
                let text = "pressure_bar=3.0 chain_wear=some scrapped=true faults=brake";
                record(&county, bicycle, ("service", "2024-04-01", text)).await;
            }
        }
        let row = |state: &str, version: &str, count: Option<i64>| {
            (state.to_owned(), version.to_owned(), count)
        };
        let start = async |day: &str| {
            let pack = next_bicycle_pack();
            let care = Care::install(db.clone(), pack, Settings::default(), noon(day)).await;
            care.unwrap()
        };
        let next = start("2025-01-02").await;
        let closed = row("closed", "mini 1", None);
        let marked = vec![closed.clone(), row("open", "", None)];
        assert_eq!(standing(&db, &next).await, marked);
        let by = county.worker("2025-01-02");
        next.settle_all(&by).await;
        let settled = vec![closed, row("open", "mini 2", Some(2))];
        assert_eq!(standing(&db, &next).await, settled);
        // The next start with the same version asks for nothing.
        let again = start("2025-01-03").await;
        assert_eq!(again.settle_marked(&by, None, 10).await.unwrap(), (0, None));
        assert_eq!(standing(&db, &again).await, settled);
        let mut reader = db.read().await.unwrap();
        const REFRESHED: &str = "select count(*) from audit where action = 'refresh'";
        let refreshed: (i64,) = query(REFRESHED).one(&mut reader).await.unwrap();
        assert_eq!(refreshed, (1,), "each is recorded");
        county.audit_is_sound().await;
    })
    .await;
}
