//! Files come in once, whole, with a reason for each line that does not.

use std::ops::ControlFlow;
use std::path::PathBuf;

use fuyou_kernel::Id;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Format, Job, Report, import_file, import_until};
use crate::access::Role;
use crate::care::{Acting, SubjectId};
use crate::db::query;
use crate::keys::{Keyring, Suite};
use crate::testkit::county::{
    ANTENATAL, BOOKING, County, DELIVERY, LIVE, bicycle_pack, national_pack,
};
use crate::testkit::{TempDir, each_database};

/// A folder with a key file and what is imported.
struct Desk {
    dir: TempDir,
    keys: Keyring,
}

impl Desk {
    fn new() -> Self {
        let dir = TempDir::new();
        let keys = Keyring::open(&dir.path().join("keys"), Suite::Sm).unwrap();
        Desk { dir, keys }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Imports a file; what it did, and the lines of the file of reasons.
    async fn import(
        &self,
        county: &County,
        name: &str,
        bytes: &[u8],
        format: Format,
    ) -> (Report, Vec<String>) {
        let file = self.file(name, bytes);
        let rejected = self.dir.path().join(format!("{name}.rejected.csv"));
        let by = clerk(county);
        let job = Job {
            file: &file,
            format,
            rejected: &rejected,
        };
        let report = import_file(&county.care, &self.keys, &by, &job, |_| {})
            .await
            .unwrap();
        let text = std::fs::read_to_string(&rejected).unwrap();
        (report, text.lines().skip(1).map(str::to_owned).collect())
    }
}

fn clerk(county: &County) -> Acting {
    county.user(Role::CountyWorker, "990000", "2024-12-31")
}

/// Typed text as the values of a line.
fn values(text: &str) -> Json {
    let pairs = text
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(id, value)| (id.to_owned(), Json::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) + number)
}

/// A woman with a booking and two visits, as lines.
fn woman(number: u128) -> Vec<Json> {
    let (subject, enrollment) = (id(number), id(number + 1));
    let record = |at: u128, form: &str, day: &str, text: &str| {
        json!({"kind": "record", "subject": subject, "enrollment": enrollment, "id": id(number + at), "form": form,
            "occurred_on": day, "recorded_at": format!("{day}T02:00:00Z"), "org": "990001", "values": values(text)})
    };
    vec![
        json!({"kind": "person", "id": subject, "name": "测试", "sex": "female", "birth_on": "1996-05-01",
            "residence": "990001001", "household": "rural"}),
        json!({"kind": "enrollment", "subject": subject, "id": enrollment, "program": "maternal", "org": "990001"}),
        record(2, "booking", "2024-05-10", BOOKING),
        record(3, "antenatal", "2024-07-10", ANTENATAL),
        record(4, "antenatal", "2024-07-28", ANTENATAL),
        json!({"kind": "referral", "subject": subject, "enrollment": enrollment, "id": id(number + 5),
            "type": "highrisk", "from": "990001", "to": "990000H", "sent_at": "2024-07-28T03:00:00Z",
            "arrived_at": "2024-07-30T03:00:00Z", "values": {}}),
    ]
}

fn text(lines: &[Json]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_file_comes_in_once_and_says_what_does_not() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let desk = Desk::new();
        let mut lines = woman(0x100);
        lines.extend(woman(0x200));
        let mut heavy = woman(0x300);
        heavy[3]["values"]["weight_kg"] = json!(500.5);
        heavy[4]["org"] = json!("nowhere");
        lines.extend(heavy);
        // Before anybody is booked; an enrollment that nobody opened; nobody's record.
        let mut unborn = woman(0x400);
        unborn.remove(2);
        lines.extend(unborn);
        lines.push(json!({"kind": "record", "subject": id(0x999), "enrollment": id(0x998), "id": id(0x997)}));
        let content = format!("\u{feff}{}\r\nnot json\n\n", text(&lines));
        let (report, reasons) = desk.import(&county, "county.ndjson", content.as_bytes(), Format::Ndjson).await;
        println!("{report:?} {reasons:#?}");
        assert_eq!((report.persons, report.enrollments, report.encounters, report.referrals), (4, 3, 7, 3));
        assert_eq!(report.rejected as usize, reasons.len());
        assert_eq!(reasons.len(), 7, "{reasons:#?}");
        for number in [0x100, 0x200, 0x300] {
            let subject: SubjectId = Id::from_uuid(id(number));
            let differences = county.care.reconcile(&clerk(&county), subject).await.unwrap();
            assert!(differences.is_empty(), "{differences:?}");
        }
        // The same file again goes on at its end; the same lines in another file are known.
        let (again, _) = desk.import(&county, "county.ndjson", content.as_bytes(), Format::Ndjson).await;
        assert_eq!((again.encounters, again.resumed_from), (7, content.len() as u64));
        let (other, _) = desk.import(&county, "other.ndjson", text(&woman(0x100)).as_bytes(), Format::Ndjson).await;
        assert_eq!((other.encounters, other.persons, other.repeated), (0, 0, 5));
        // A visit more for a woman who is known.
        let mut later = woman(0x100)[4].clone();
        later["id"] = json!(id(0x150));
        later["occurred_on"] = json!("2024-07-29");
        later["recorded_at"] = json!("2024-07-30T02:00:00Z");
        let (more, _) = desk.import(&county, "more.ndjson", text(&[later]).as_bytes(), Format::Ndjson).await;
        assert_eq!((more.encounters, more.rejected), (1, 0));
        let subject: SubjectId = Id::from_uuid(id(0x100));
        assert!(county.care.reconcile(&clerk(&county), subject).await.unwrap().is_empty());
        county.audit_is_sound().await;
        (report, reasons)
    })
    .await;
}

#[tokio::test]
async fn a_spreadsheet_comes_in_whatever_its_encoding_and_line_ends() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let desk = Desk::new();
        let subject = county.woman("990001001").await;
        county.booked(subject).await;
        let fields: Vec<(&str, &str)> = ANTENATAL
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .collect();
        let header: Vec<&str> = fields.iter().map(|(id, _)| *id).collect();
        let row = |day: &str, complaint: &str| {
            let cells: Vec<&str> = fields
                .iter()
                .map(|(id, value)| {
                    if *id == "complaint" {
                        complaint
                    } else {
                        *value
                    }
                })
                .collect();
            format!("{subject},{day},{}", cells.join(","))
        };
        let head = format!("subject,occurred_on,{}", header.join(","));
        let format = || Format::Csv {
            program: "maternal".into(),
            form: "antenatal".into(),
        };
        let marked = format!(
            "\u{feff}{head}\r\n{}\n{}\r\n",
            row("2024-07-10", "头晕"),
            row("2024/7/11", "无")
        );
        let (report, reasons) = desk
            .import(&county, "marked.csv", marked.as_bytes(), format())
            .await;
        assert_eq!((report.encounters, report.rejected), (2, 0), "{reasons:?}");
        let gbk = encoding_rs::GBK
            .encode(&format!(
                "{head}\n{}\n{}\n",
                row("2024-07-12", "头晕"),
                row("2024-13-40", "无")
            ))
            .0
            .into_owned();
        let (report, reasons) = desk.import(&county, "gbk.csv", &gbk, format()).await;
        assert_eq!((report.encounters, report.rejected), (1, 1));
        assert!(reasons[0].starts_with("3,"), "{reasons:?}");
        let story = county.care.story(&clerk(&county), subject).await.unwrap();
        let pack = county.care.pack();
        let program = pack.program(pack.program_ix("maternal").unwrap());
        let complaint = program
            .form(program.form_ix("antenatal").unwrap())
            .field("complaint")
            .unwrap()
            .get();
        let dizzy = crate::care::Shown::Value(fuyou_expr::Value::text("头晕"));
        let records = story.enrollments[0].records.iter();
        assert_eq!(
            records
                .filter(|record| record.values.get(complaint) == Some(&dizzy))
                .count(),
            2
        );
        let (again, _) = desk.import(&county, "gbk.csv", &gbk, format()).await;
        assert_eq!((again.encounters, again.repeated), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn a_number_of_somebody_else_is_refused_line_by_line() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let desk = Desk::new();
        let with_number = |number: u128| {
            let mut lines = woman(number);
            lines[0]["id_no"] = json!("999999199605010025");
            lines
        };
        let check = "999999199605010025".parse::<fuyou_kernel::IdentityNumber>();
        assert!(check.is_ok(), "{check:?}");
        let mut lines = with_number(0x100);
        lines.extend(with_number(0x200));
        let (report, refused) = desk
            .import(
                &county,
                "one.ndjson",
                text(&lines).as_bytes(),
                Format::Ndjson,
            )
            .await;
        assert_eq!((report.persons, report.encounters), (1, 3));
        assert_eq!(refused.len(), 6, "{refused:?}");
        assert!(
            refused[0].contains("证件号码已登记在另一编号下"),
            "{refused:?}"
        );
        // In another file, and the same file once more: whoever is registered keeps it.
        let later = text(&with_number(0x300));
        let (report, refused) = desk
            .import(&county, "two.ndjson", later.as_bytes(), Format::Ndjson)
            .await;
        assert_eq!(
            (report.persons, report.encounters, refused.len()),
            (0, 0, 6)
        );
        let again = format!("{}\n", text(&with_number(0x100)));
        let (report, refused) = desk
            .import(&county, "again.ndjson", again.as_bytes(), Format::Ndjson)
            .await;
        assert_eq!(
            (report.persons, report.encounters, report.rejected),
            (0, 0, 0),
            "{refused:?}"
        );
    })
    .await;
}

/// A woman with a booking and a delivery of one live child.
fn mother(number: u128) -> Vec<Json> {
    let mut lines = woman(number);
    lines.truncate(3);
    let mut delivery = lines[2].clone();
    delivery["id"] = json!(id(number + 6));
    delivery["form"] = json!("delivery");
    delivery["occurred_on"] = json!("2024-12-12");
    delivery["recorded_at"] = json!("2024-12-15T08:00:00Z");
    delivery["reason"] = json!("seen");
    let mut told = values(&format!("{DELIVERY} fetus_count=1"));
    told["newborn"] = json!([values(&format!(
        "birth_order=1 sex=female weight_g=3300 {LIVE}"
    ))]);
    delivery["values"] = told;
    lines.push(delivery);
    lines
}

/// Who was born, according to the only link there is.
async fn born(county: &County) -> Uuid {
    let mut reader = county.care.db().read().await.unwrap();
    let sql = "select subject_id from link where state = 'open'";
    let rows: Vec<(Uuid,)> = query(sql).all(&mut reader).await.unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].0
}

#[tokio::test]
async fn births_of_a_file_are_opened_with_it_once() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let desk = Desk::new();
        let lines = text(&mother(0x100));
        let imported = desk.import(&county, "born.ndjson", lines.as_bytes(), Format::Ndjson);
        let (report, refused) = imported.await;
        assert_eq!((report.persons, report.encounters), (1, 2), "{refused:?}");
        let by = clerk(&county);
        let child = born(&county).await;
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!((caught.looked_at, caught.changed), (0, 0));
        // A visit more: whoever follows the feed looks, and finds all as it should be.
        let mut later = mother(0x100)[2].clone();
        later["id"] = json!(id(0x150));
        later["form"] = json!("antenatal");
        later["values"] = values(ANTENATAL);
        later["occurred_on"] = json!("2024-07-29");
        later["recorded_at"] = json!("2024-12-20T02:00:00Z");
        let later = text(&[later]);
        let more = desk.import(&county, "more.ndjson", later.as_bytes(), Format::Ndjson);
        let (report, refused) = more.await;
        assert_eq!(report.encounters, 1, "{refused:?}");
        let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!((caught.looked_at, caught.changed), (1, 0));
        assert_eq!(born(&county).await, child);
        for subject in [id(0x100), child] {
            let subject: SubjectId = Id::from_uuid(subject);
            let differences = county.care.reconcile(&by, subject).await.unwrap();
            assert!(differences.is_empty(), "{differences:?}");
        }
        county.audit_is_sound().await;
        child
    })
    .await;
}

/// The child was registered under the number that she would get, by a file of another county that knows her.
#[tokio::test]
async fn whoever_is_there_before_her_birth_is_told_is_not_registered_twice() {
    let pack = national_pack();
    // The numbers of what is opened follow from the record alone: those of another installation are known.
    let child = each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let lines = text(&mother(0x100));
        let desk = Desk::new();
        let imported = desk.import(&county, "other.ndjson", lines.as_bytes(), Format::Ndjson);
        imported.await;
        born(&county).await
    })
    .await;
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let desk = Desk::new();
        let by = clerk(&county);
        let mut lines = vec![
            json!({"kind": "person", "id": child, "name": "已登记", "sex": "female",
            "birth_on": "2024-12-12", "residence": "990001001"}),
        ];
        lines.extend(mother(0x100));
        let lines = text(&lines);
        let imported = desk.import(&county, "both.ndjson", lines.as_bytes(), Format::Ndjson);
        let (report, refused) = imported.await;
        assert_eq!((report.persons, report.encounters), (2, 2), "{refused:?}");
        county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        let story = county.care.story(&by, Id::from_uuid(child)).await.unwrap();
        assert_eq!(story.enrollments.len(), 1);
        let again = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(again.changed, 0);
        county.audit_is_sound().await;
    })
    .await;
}

/// A bicycle with a sale and five services, as lines: six records.
fn bicycle(number: u128) -> Vec<Json> {
    let (subject, enrollment) = (id(number), id(number + 1));
    let record = |at: u128, form: &str, day: &str, text: &str| {
        json!({"kind": "record", "subject": subject, "enrollment": enrollment, "id": id(number + at), "form": form,
            "occurred_on": day, "recorded_at": format!("{day}T02:00:00Z"), "org": "990001", "values": values(text),
            "reason": "seen"})
    };
    let mut lines = vec![
        json!({"kind": "person", "id": subject, "name": "测试", "sex": "female", "birth_on": "1996-05-01",
            "residence": "990001001", "household": "rural"}),
        json!({"kind": "enrollment", "subject": subject, "id": enrollment, "program": "bicycle", "org": "990001"}),
        record(2, "sale", "2024-01-01", "frame_cm=55"),
    ];
    for visit in 1..6_u128 {
        let day = format!("2024-0{}-25", visit + 1);
        lines.push(record(
            2 + visit,
            "service",
            &day,
            "pressure_bar=4.5 chain_wear=some",
        ));
    }
    lines
}

#[tokio::test]
async fn an_import_that_was_stopped_goes_on_where_it_stopped() {
    const BICYCLES: u128 = 800;
    let pack = bicycle_pack();
    each_database(async |db| {
        let county = County::new(db.clone(), pack.clone()).await;
        let desk = Desk::new();
        let mut lines = Vec::new();
        for at in 0..BICYCLES {
            let mut lines_of_one = bicycle(0x1000 + at * 16);
            // One line of the first and one of the last cannot be read.
            if at == 0 || at == BICYCLES - 1 {
                lines_of_one[7]["form"] = json!("nothing");
            }
            lines.extend(lines_of_one);
        }
        let file = desk.file("bicycles.ndjson", text(&lines).as_bytes());
        let rejected = desk.dir.path().join("rejected.csv");
        let by = clerk(&county);
        let job = Job {
            file: &file,
            format: Format::Ndjson,
            rejected: &rejected,
        };
        let stored = async || {
            let mut reader = db.read().await.unwrap();
            let count = query("select count(*) from encounter");
            let (count,): (i64,) = count.one(&mut reader).await.unwrap();
            count
        };
        let stopped = import_until(&county.care, &desk.keys, &by, &job, |_| {
            ControlFlow::Break(())
        });
        let stopped = stopped.await;
        let why = || std::fs::read_to_string(&rejected).unwrap();
        assert!(
            matches!(stopped, Err(super::Error::Stopped)),
            "{stopped:?} {}",
            why().lines().take(3).collect::<String>()
        );
        let all = i64::try_from(BICYCLES).unwrap() * 6 - 2;
        let first = stored().await;
        assert!(first > 0 && first < all, "{first} of {all}");
        let report = import_file(&county.care, &desk.keys, &by, &job, |_| {});
        let report = report.await.unwrap();
        assert!(report.resumed_from > 0);
        assert_eq!((report.encounters, stored().await), (4798, all));
        assert_eq!((report.repeated, report.rejected), (0, 2));
        assert_eq!(
            why().matches("nothing").count(),
            4,
            "each line once, in both languages: {}",
            why()
        );
        county.audit_is_sound().await;
    })
    .await;
}
