//! What a death ends, what is offered of who is dead, and that a correction takes it back, on both databases.

use std::sync::Arc;

use fuyou_kernel::Date;
use fuyou_pack::{Pack, PackFile, PackFiles};
use serde_json::{Value as Json, json};

use crate::access::Role;
use crate::care::file::{self, Reading};
use crate::care::tables::Tables;
use crate::care::{
    Care, Correction, EnrollmentChange, EnrollmentState, EnrollmentStory, Error, Opening, Progress,
    Reasons, Record, Settings, SubjectId, Voiding,
};
use crate::exchange::import::{Format, Job, import_file};
use crate::keys::{Keyring, Suite};
use crate::testkit::county::{County, typed};
use crate::testkit::{TempDir, each_database, on_each_database, says};

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

/// What stands against a record, in both languages; nothing when it is stored.
fn against<T>(answer: &Result<T, Error>) -> String {
    match answer {
        Ok(_) => String::new(),
        Err(error) => format!("{} | {}", error.message().zh, error.message().en),
    }
}

#[tokio::test]
async fn nothing_begins_after_a_death_but_what_may() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let woman = county.woman("990001001").await;
        recorded(&county, woman, ("home", "begin"), "2024-12-01").await;
        let mut death = record(&county, woman, ("home", "seen"), "2024-12-20");
        death.values = typed("died_on=2024-12-18");
        let by = county.worker("2024-12-22");
        county.care.record(&by, death.clone()).await.unwrap();
        let is_refused = |line: &str| {
            line.contains("2024-12-18 死亡") && line.contains("the subject died on 2024-12-18")
        };

        let late = record(&county, woman, ("checks", "first"), "2024-12-19");
        let line = against(&county.care.record(&by, late.clone()).await);
        assert!(is_refused(&line), "{line}");
        let preview = county.care.preview(&by, &late).await.unwrap();
        let kinds: Vec<&str> = preview
            .checked
            .findings
            .iter()
            .map(|one| &*one.kind)
            .collect();
        assert_eq!(kinds, ["after_death"]);
        let opening = |on: &str| Opening {
            id: county.fresh(),
            subject: woman,
            program: "checks".to_owned(),
            organization: by.actor.organization,
            opened_on: on.parse().unwrap(),
        };
        let line = against(&county.care.open(&by, opening("2024-12-19")).await);
        assert!(is_refused(&line), "{line}");

        // The day itself, and what the pack says may follow a death.
        let early = record(&county, woman, ("checks", "first"), "2024-12-18");
        assert_eq!(against(&county.care.record(&by, early.clone()).await), "");
        let card = record(&county, woman, ("card", "filed"), "2024-12-21");
        assert_eq!(against(&county.care.record(&by, card).await), "");
        // Nor is it moved there afterwards.
        let correction = Correction {
            id: early.id,
            subject: woman,
            base_version: 1,
            occurred_on: Some("2024-12-19".parse().unwrap()),
            values: typed("note=late"),
            reasons: Reasons::new(),
            why: "the day after".to_owned(),
        };
        let line = against(&county.care.correct(&by, correction).await);
        assert!(is_refused(&line), "{line}");

        let voiding = Voiding {
            id: death.id,
            subject: woman,
            base_version: 1,
            why: "somebody else".to_owned(),
        };
        county.care.void(&by, voiding).await.unwrap();
        assert_eq!(against(&county.care.record(&by, late).await), "");
    })
    .await;
}

/// A line of a file about somebody's enrollment.
fn line(of: SubjectId, enrollment: SubjectId, rest: &Json) -> String {
    let mut line = json!({"subject": of.uuid(), "enrollment": enrollment.uuid(), "org": "990001"});
    let both = (line.as_object_mut().unwrap(), rest.as_object().unwrap());
    both.0.extend(both.1.clone());
    format!("{line}\n")
}

#[tokio::test]
async fn a_file_begins_nothing_after_a_death_either() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let dir = TempDir::new();
        let keys = Keyring::open(&dir.path().join("keys"), Suite::Sm).unwrap();
        let by = county.user(Role::CountyWorker, "990000", "2024-12-31");
        let woman = county.woman("990001001").await;
        let enrolled = |id: SubjectId, program: &str| {
            line(
                woman,
                id,
                &json!({"kind": "enrollment", "id": id.uuid(), "program": program}),
            )
        };
        let told = |of: SubjectId, form: &str, on: &str, values: Json| {
            let id: SubjectId = county.fresh();
            let rest = json!({"kind": "record", "id": id.uuid(), "form": form, "occurred_on": on,
                "recorded_at": "2024-12-30T02:00:00Z", "values": values});
            line(woman, of, &rest)
        };
        let import = async |name: &str, text: String| {
            let (file, rejected) = (
                dir.path().join(name),
                dir.path().join(format!("{name}.csv")),
            );
            std::fs::write(&file, text).unwrap();
            let job = Job {
                file: &file,
                format: Format::Ndjson,
                rejected: &rejected,
            };
            let report = import_file(&county.care, &keys, &by, &job, |_| {})
                .await
                .unwrap();
            let why = std::fs::read_to_string(&rejected).unwrap();
            let lines: Vec<String> = why.lines().skip(1).map(str::to_owned).collect();
            (report.encounters, lines)
        };
        let [home, late, early, card] = [(); 4].map(|()| county.fresh());
        // The death comes after what would begin later, in the same file.
        let mut text = enrolled(late, "checks");
        text.push_str(&told(late, "first", "2024-12-19", json!({})));
        text.push_str(&told(late, "again", "2024-12-20", json!({})));
        text.push_str(&enrolled(home, "home"));
        text.push_str(&told(home, "begin", "2024-12-01", json!({})));
        text.push_str(&told(
            home,
            "seen",
            "2024-12-20",
            json!({"died_on": "2024-12-18"}),
        ));
        text.push_str(&enrolled(early, "checks"));
        text.push_str(&told(early, "first", "2024-12-18", json!({})));
        text.push_str(&enrolled(card, "card"));
        text.push_str(&told(card, "filed", "2024-12-21", json!({})));
        let (taken, why) = import("one.ndjson", text).await;
        assert_eq!((taken, why.len()), (4, 2), "{why:?}");
        for line in &why {
            assert!(
                line.contains("2024-12-18 死亡") && line.contains("died on 2024-12-18"),
                "{line}"
            );
        }
        // A death that is stored stands against a later file as well.
        let another = county.fresh();
        let mut text = enrolled(another, "checks");
        text.push_str(&told(another, "first", "2024-12-22", json!({})));
        let (taken, why) = import("two.ndjson", text).await;
        assert_eq!((taken, why.len()), (0, 1), "{why:?}");
    })
    .await;
}

#[tokio::test]
async fn the_page_says_that_nothing_begins_after_a_death() {
    const WOMAN: &str = "018f0000-0000-7000-8000-0000000000a1";
    let pack = pack();
    on_each_database(Date::constant(2026, 3, 26), async |app| {
        let (db, now) = (app.app.db().clone(), app.app.now());
        let care = Care::install(db, pack.clone(), Settings::default(), now);
        let _ = app.app.clone().with_care(care.await.unwrap());
        let residence = app.organization("990001001");
        let who = format!(
            "id={WOMAN}&name=test&sex=female&birth_on=1990-05-01&id_type=none&residence={residence}&household=local"
        );
        says(&app.post("township_worker", "/persons", &who).await, 303, &[]);
        let send = async |at: u8, form: &str, typed: &str| {
            let typed = format!("id=018f0000-0000-7000-8000-00000000010{at}&{typed}&do=save");
            let path = format!("/persons/{WOMAN}/forms/{form}");
            app.post("township_worker", &path, &typed).await
        };
        says(&send(1, "home/begin", "occurred_on=2026-03-01").await, 303, &[]);
        let death = "occurred_on=2026-03-20&f.died_on=2026-03-18";
        says(&send(2, "home/seen", death).await, 303, &[]);
        let late = send(3, "checks/first", "occurred_on=2026-03-19").await;
        says(&late, 422, &["2026-03-18 死亡", "不能再建册"]);
        says(&send(4, "card/filed", "occurred_on=2026-03-21").await, 303, &[]);
        says(&send(5, "checks/first", "occurred_on=2026-03-10").await, 303, &[]);
    })
    .await;
}

#[tokio::test]
async fn of_what_ends_with_a_death_only_the_head_is_read() {
    let pack = pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        recorded(&county, woman, ("home", "begin"), "2024-12-01").await;
        recorded(&county, woman, ("checks", "first"), "2024-12-02").await;
        for day in 3..15 {
            let on = format!("2024-12-{day:02}");
            recorded(&county, woman, ("checks", "again"), &on).await;
        }
        let care = &county.care;
        let tables = Tables::of(&pack).unwrap();
        let mut reader = care.db().read().await.unwrap();
        let file = file::read(
            &mut reader,
            &pack,
            &tables,
            woman.uuid(),
            Reading::TellingOfDeath,
        );
        let file = file.await.unwrap();
        let read = file.enrollments.iter().map(|one| one.records.len());
        assert_eq!(read.collect::<Vec<_>>(), [1]);
        assert_eq!(file.elsewhere.len(), 1);
    })
    .await;
}
