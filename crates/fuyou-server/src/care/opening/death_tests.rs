//! What a death ends, what is offered of who is dead, and that a correction takes it back, on both databases.

use std::sync::Arc;

use fuyou_pack::{Pack, PackFile, PackFiles};

use crate::care::{
    EnrollmentChange, EnrollmentState, EnrollmentStory, Progress, Reasons, Record, SubjectId,
    Voiding,
};
use crate::testkit::county::{County, typed};
use crate::testkit::each_database;

/// `home` knows deaths; `checks` says nothing of them; `card` may begin after one.
const FILES: [(&str, &str); 9] = [
    (
        "pack.toml",
        "id = \"deaths\"\nversion = \"1\"\ntitle = { zh = \"死亡\", en = \"Deaths\" }\n",
    ),
    (
        "home/program.toml",
        "id = \"home\"\nsubject = \"person\"\ntitle = { zh = \"居家\", en = \"Home\" }\nopens_with = \"begin\"\n\
         died_on = \"died_last_on\"\n[facts]\ndied_last_on = \"last(died_on)\"\n",
    ),
    (
        "home/forms/begin.toml",
        "id = \"begin\"\ntitle = { zh = \"开始\", en = \"Begin\" }\n\
         [[field]]\nid = \"note\"\nlabel = { zh = \"注\", en = \"Note\" }\ntype = \"text\"\n",
    ),
    (
        "home/forms/seen.toml",
        "id = \"seen\"\ntitle = { zh = \"见\", en = \"Seen\" }\n[[field]]\nid = \"died_on\"\n\
         label = { zh = \"死亡\", en = \"Died on\" }\ntype = \"date\"\n",
    ),
    (
        "checks/program.toml",
        "id = \"checks\"\nsubject = \"person\"\ntitle = { zh = \"查\", en = \"Checks\" }\nopens_with = \"first\"\n\
         one_open = false\n[facts]\nfirst_on = \"min(occurred_on)\"\n\
         [[visit]]\nid = \"second\"\ntitle = { zh = \"再\", en = \"Second\" }\nform = \"again\"\nanchor = \"first_on\"\n\
         from = \"1d\"\nto = \"1y\"\n\
         [[rule]]\nid = \"call\"\ntitle = { zh = \"电\", en = \"Call\" }\nwhen = \"first_on is not null\"\n\
         task = { to = \"responsible\", within = \"30d\" }\n",
    ),
    (
        "checks/forms/first.toml",
        "id = \"first\"\ntitle = { zh = \"初\", en = \"First\" }\n\
         [[field]]\nid = \"note\"\nlabel = { zh = \"注\", en = \"Note\" }\ntype = \"text\"\n",
    ),
    (
        "checks/forms/again.toml",
        "id = \"again\"\ntitle = { zh = \"再\", en = \"Again\" }\n\
         [[field]]\nid = \"note\"\nlabel = { zh = \"注\", en = \"Note\" }\ntype = \"text\"\n",
    ),
    (
        "card/program.toml",
        "id = \"card\"\nsubject = \"person\"\ntitle = { zh = \"卡\", en = \"Card\" }\nopens_with = \"filed\"\n\
         after_death = true\nrare = true\n",
    ),
    (
        "card/forms/filed.toml",
        "id = \"filed\"\ntitle = { zh = \"报\", en = \"Filed\" }\n\
         [[field]]\nid = \"note\"\nlabel = { zh = \"注\", en = \"Note\" }\ntype = \"text\"\n",
    ),
];

fn pack() -> Arc<Pack> {
    let files = FILES.map(|(path, text)| PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    });
    let layer = PackFiles {
        root: "deaths".to_owned(),
        files: files.to_vec(),
    };
    Arc::new(fuyou_pack::load(&[layer]).unwrap_or_else(|errors| panic!("{errors:?}")))
}

fn record(county: &County, of: SubjectId, (program, form): (&str, &str), on: &str) -> Record {
    Record {
        program: program.to_owned(),
        reasons: Reasons::new(),
        ..county.typed(of, form, on, "")
    }
}

async fn recorded(county: &County, of: SubjectId, what: (&str, &str), on: &str) {
    let record = record(county, of, what, on);
    county
        .care
        .record(&county.worker(on), record)
        .await
        .unwrap();
}

/// Each enrollment: its program, since when it is over, how many tasks are open. Then what is offered, and what may have
/// begun before.
async fn told(county: &County, of: SubjectId) -> String {
    let by = county.worker("2024-12-25");
    let story = county.care.story(&by, of).await.unwrap();
    let id = |ix| &*county.care.pack().program(ix).id;
    let line = |one: &EnrollmentStory| {
        let state = match one.state {
            EnrollmentState::Open => "open".to_owned(),
            EnrollmentState::Closed => format!("over {}", one.closed_on.unwrap()),
        };
        let open = one
            .tasks
            .iter()
            .filter(|task| task.progress == Progress::Open);
        format!("{} {state} {}", id(one.program), open.count())
    };
    let mut lines: Vec<String> = story.enrollments.iter().map(line).collect();
    lines.sort();
    let names = |of: &[_]| of.iter().map(|ix| id(*ix)).collect::<Vec<_>>().join(" ");
    format!(
        "{}; offered {}; before {}",
        lines.join(", "),
        names(&story.openable),
        names(&story.before_death)
    )
}

#[tokio::test]
async fn a_death_ends_what_is_open_elsewhere_and_a_correction_takes_it_back() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let woman = county.woman("990001001").await;
        recorded(&county, woman, ("home", "begin"), "2024-12-01").await;
        recorded(&county, woman, ("checks", "first"), "2024-12-02").await;
        let alive = "checks open 2, home open 0; offered card checks home; before ";
        assert_eq!(told(&county, woman).await, alive);

        let mut death = record(&county, woman, ("home", "seen"), "2024-12-20");
        death.values = typed("died_on=2024-12-18");
        let by = county.worker("2024-12-20");
        for _ in 0..2 {
            county.care.record(&by, death.clone()).await.unwrap();
            let dead = "checks over 2024-12-18 0, home open 0; offered card; before ";
            assert_eq!(told(&county, woman).await, dead);
        }
        let open = work_of(&county).await;
        assert_eq!(open, 0, "nothing is left on a work list");
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(caught.changed, 0);

        // What happened before is told later; what would have been after is not taken.
        let mut enrolled = county.care.story(&by, woman).await.unwrap().enrollments;
        enrolled.retain(|one| *county.care.pack().program(one.program).id == *"checks");
        for (on, is_taken) in [("2024-12-10", true), ("2024-12-19", false)] {
            let mut again = record(&county, woman, ("checks", "again"), on);
            again.enrollment = Some(enrolled[0].id);
            let taken = county.care.record(&by, again).await;
            assert_eq!(taken.is_ok(), is_taken, "{on}: {taken:?}");
        }

        let voiding = Voiding {
            id: death.id,
            subject: woman,
            base_version: 1,
            why: "somebody else".to_owned(),
        };
        county.care.void(&by, voiding).await.unwrap();
        let again = "checks open 1, home open 0; offered card checks home; before ";
        assert_eq!(told(&county, woman).await, again);
        county.audit_is_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_never_begun_can_be_recorded_for_the_time_before_a_death() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let woman = county.woman("990001001").await;
        recorded(&county, woman, ("home", "begin"), "2024-12-01").await;
        let mut death = record(&county, woman, ("home", "seen"), "2024-12-20");
        death.values = typed("died_on=2024-12-18");
        let by = county.worker("2024-12-20");
        county.care.record(&by, death).await.unwrap();
        let dead = "home open 0; offered card; before checks";
        assert_eq!(told(&county, woman).await, dead);
        // The reader of the change feed ends what begins afterwards, once.
        recorded(&county, woman, ("checks", "first"), "2024-12-10").await;
        for changed in [1, 0] {
            let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
            assert_eq!(caught.changed, changed);
            let dead = "checks over 2024-12-18 0, home open 0; offered card; before ";
            assert_eq!(told(&county, woman).await, dead);
        }
        // A person may hold it open against that.
        let story = county.care.story(&by, woman).await.unwrap();
        let mut enrollments = story.enrollments.iter();
        let ended = enrollments
            .find(|one| one.state == EnrollmentState::Closed)
            .unwrap();
        let change = EnrollmentChange {
            id: ended.id,
            subject: woman,
            base_version: None,
            why: "she lives".to_owned(),
        };
        county.care.reopen(&by, change).await.unwrap();
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(caught.changed, 0);
        let held = "checks open 2, home open 0; offered card; before ";
        assert_eq!(told(&county, woman).await, held);
    })
    .await;
}

#[tokio::test]
async fn what_a_person_closes_asks_for_nothing_any_more() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        recorded(&county, woman, ("checks", "first"), "2024-12-02").await;
        assert_eq!(work_of(&county).await, 2);
        let by = county.worker("2024-12-20");
        let enrolled = county.care.story(&by, woman).await.unwrap().enrollments;
        let change = || EnrollmentChange {
            id: enrolled[0].id,
            subject: woman,
            base_version: None,
            why: "moved away".to_owned(),
        };
        let on = "2024-12-15".parse().unwrap();
        county.care.close(&by, change(), on).await.unwrap();
        assert_eq!(
            told(&county, woman).await,
            "checks over 2024-12-15 0; offered card checks home; before "
        );
        assert_eq!(work_of(&county).await, 0);
        county.care.reopen(&by, change()).await.unwrap();
        assert_eq!(
            told(&county, woman).await,
            "checks open 2; offered card checks home; before "
        );
        assert_eq!(work_of(&county).await, 2);
    })
    .await;
}

/// How many tasks are stored as open.
async fn work_of(county: &County) -> i64 {
    let mut reader = county.care.db().read().await.unwrap();
    let open = crate::db::query("select count(*) from task where state = 'open'");
    let (count,): (i64,) = open.one(&mut reader).await.unwrap();
    count
}
