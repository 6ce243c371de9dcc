//! Promises of the registry.

use fuyou_kernel::Date;

use super::person::spelled;
use super::search::Query;
use super::{Level, rekey_batch};
use crate::keys::Suite;
use crate::testkit::{TempDir, TestApp, on_each_database, two_processes};

const TODAY: Date = Date::constant(2026, 3, 26);

/// An identity number of an area that does not exist, with its check character (GB 11643).
fn number(birth: &str, sequence: &str) -> String {
    let body = format!("999999{}{sequence}", birth.replace('-', ""));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| usize::from(digit - b'0') * weight)
        .sum();
    format!(
        "{body}{}",
        ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11]
    )
}

fn id(at: u8) -> String {
    format!("018f0000-0000-7000-8000-0000000000{at:02x}")
}

/// The form of a woman of the eastern township.
struct Woman {
    id: String,
    name: &'static str,
    birth: &'static str,
    number: String,
    phone: &'static str,
    more: String,
}

impl Woman {
    fn new(at: u8, name: &'static str, birth: &'static str, phone: &'static str) -> Self {
        Woman {
            id: id(at),
            name,
            birth,
            number: number(birth, &format!("0{at:01}2")),
            phone,
            more: String::new(),
        }
    }

    fn form(&self, app: &TestApp, village: &str) -> String {
        let residence = app.organization(village);
        format!(
            "id={}&name={}&sex=female&birth_on={}&id_type=identity_card&id_no={}&phone={}&residence={residence}\
             &address=1&household=local{}",
            self.id, self.name, self.birth, self.number, self.phone, self.more
        )
    }
}

fn li() -> Woman {
    Woman::new(1, "李晓红", "1996-05-04", "13800000001")
}

#[test]
fn names_are_spelled_for_searching() {
    let check = |name, pinyin: &str, initials: &str| {
        assert_eq!(spelled(name), (pinyin.into(), initials.into()))
    };
    check("李晓红", "lixiaohong", "lxh");
    check("古丽·阿依", "guliayi", "glay");
    check("Anna Li", "annali", "annali");
    check("吕绿", "lvlv", "ll");
    check("", "", "");
}

#[test]
fn what_is_typed_is_understood() {
    let check = |text, query| assert_eq!(Query::read(text), query);
    check("  ", Query::Everybody);
    check("李 晓", Query::Name("李晓".into()));
    check("LiXiao", Query::Letters("lixiao".into()));
    check("lxh", Query::Letters("lxh".into()));
    check("0001", Query::PhoneTail("0001".into()));
    check("13800000001", Query::Phone("13800000001".into()));
    check(
        "99999919960504012x",
        Query::Number("99999919960504012X".into()),
    );
    check("E12345678", Query::Number("E12345678".into()));
}

#[tokio::test]
async fn registering_twice_is_registering_once() {
    let transcript = on_each_database(TODAY, async |app| {
        let form = li().form(app, "990001001");
        app.post("township_worker", "/persons", &form).await;
        app.post("township_worker", "/persons", &form).await;
        let different = form.replace("address=1", "address=2");
        app.post("township_worker", "/persons", &different).await;
        app.get("township_worker", "/persons").await;
    })
    .await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn an_identity_that_cannot_be_right_is_refused_beside_its_fields() {
    let transcript = on_each_database(TODAY, async |app| {
        let good = li().form(app, "990001001");
        for (from, to) in [
            ("sex=female", "sex=male"),
            ("birth_on=1996-05-04", "birth_on=1996-05-05"),
            ("birth_on=1996-05-04", "birth_on=2026-03-27"),
            ("birth_on=1996-05-04", "birth_on=yesterday"),
            ("phone=13800000001", "phone=138"),
            ("id_no=9", "id_no=8"),
            ("name=李晓红", "name="),
            ("household=local", "household=moon"),
        ] {
            let answer = app
                .send(
                    "township_worker",
                    "POST",
                    "/persons",
                    Some(&good.replace(from, to)),
                )
                .await;
            assert_eq!(answer.status, 422, "{to}");
            let wrong: Vec<&str> = answer
                .body
                .split("class=\"wrong\"")
                .skip(1)
                .filter_map(|rest| rest.split(['>', '<']).nth(1))
                .collect();
            let wrong: Vec<&str> = wrong.into_iter().filter(|text| !text.is_empty()).collect();
            app.say(&format!("{to}: {}", wrong.join(" ")));
        }
    })
    .await;
    insta::assert_snapshot!(transcript);
}

/// Two processes with different lanes, the same number at the same moment, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_number_at_two_desks_at_once_is_one_person_and_one_clear_answer() {
    two_processes(async |one, two| {
        let here = TestApp::new(one, TODAY).await;
        let there = here.beside(two).await;
        // Logged in before the race begins.
        here.get("township_worker", "/persons").await;
        there.get("township_worker", "/persons").await;
        for at in 0..12 {
            let first = Woman::new(1, "李晓红", "1996-05-04", "13800000001");
            let sequence = format!("{:02}2", at + 1);
            let first = Woman {
                id: id(2 * at + 1),
                number: number("1996-05-04", &sequence),
                more: "&reason=checked".into(),
                ..first
            };
            let second = Woman {
                id: id(2 * at + 2),
                name: "王芳",
                number: first.number.clone(),
                phone: "13800000002",
                more: first.more.clone(),
                ..li()
            };
            let (a, b) = (
                first.form(&here, "990001001"),
                second.form(&there, "990001001"),
            );
            let (a, b) = tokio::join!(
                here.post("township_worker", "/persons", &a),
                there.post("township_worker", "/persons", &b)
            );
            let (stored, told) = if a.status == 303 { (a, b) } else { (b, a) };
            assert_eq!(
                (stored.status.as_u16(), told.status.as_u16()),
                (303, 422),
                "{at}"
            );
            assert!(
                told.body.contains("不能重复建档"),
                "{}",
                crate::testkit::words(&told.body)
            );
            assert!(
                told.body.contains(&stored.location),
                "the record that is there is named"
            );
        }
        crate::audit::verify(here.app.db()).await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_may_be_the_same_is_asked_about() {
    let transcript = on_each_database(TODAY, async |app| {
        app.post("township_worker", "/persons", &li().form(app, "990001001"))
            .await;
        let same_number = Woman {
            id: id(2),
            name: "李小红",
            ..li()
        };
        app.post(
            "township_worker",
            "/persons",
            &same_number.form(app, "990001001"),
        )
        .await;
        let mut alike = Woman {
            id: id(3),
            name: "黎晓宏",
            ..Woman::new(3, "", "1996-05-04", "13800000003")
        };
        app.post("township_worker", "/persons", &alike.form(app, "990001001"))
            .await;
        alike.more = "&reason=两人同日出生，已核对身份证".into();
        app.post("township_worker", "/persons", &alike.form(app, "990001001"))
            .await;
        let same_phone = Woman::new(4, "王芳", "1990-01-01", "13800000001");
        app.post(
            "township_worker",
            "/persons",
            &same_phone.form(app, "990001001"),
        )
        .await;
    })
    .await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn two_corrections_at_once_show_each_other_and_history_is_kept() {
    let transcript = on_each_database(TODAY, async |app| {
        app.post("township_worker", "/persons", &li().form(app, "990001001"))
            .await;
        let path = format!("/persons/{}", id(1));
        let mine = Woman {
            phone: "13900000009",
            more: "&version=1&reason=换号".into(),
            ..li()
        }
        .form(app, "990001001");
        let theirs = Woman {
            more: "&version=1&reason=搬家".into(),
            ..li()
        }
        .form(app, "990001001");
        let theirs = theirs.replace("address=1", "address=柳村9号");
        app.post("village_doctor", &path, &theirs).await;
        app.post("township_worker", &path, &mine).await;
        app.post(
            "township_worker",
            &path,
            &mine
                .replace("version=1", "version=2")
                .replace("reason=换号", "reason="),
        )
        .await;
        app.post(
            "township_worker",
            &path,
            &mine.replace("version=1", "version=2"),
        )
        .await;
        app.get("township_worker", &path).await;
    })
    .await;
    insta::assert_snapshot!(transcript);
}

/// Searches as the form does and follows to the page of results.
async fn found_by(app: &TestApp, query: &str) -> String {
    let answer = app
        .send(
            "township_worker",
            "POST",
            "/persons/search",
            Some(&format!("q={query}")),
        )
        .await;
    match answer.location.as_str() {
        "" => answer.body,
        page => {
            assert!(
                !page.contains("138") && !page.contains("9999"),
                "no number in an address: {page}"
            );
            app.send("township_worker", "GET", page, None).await.body
        }
    }
}

#[tokio::test]
async fn persons_are_found_by_what_one_knows() {
    on_each_database(TODAY, async |app| {
        let women = [
            li(),
            Woman::new(2, "李晓梅", "1990-01-02", "13800000002"),
            Woman::new(3, "王丽红", "1991-01-03", "13900000001"),
        ];
        for woman in &women {
            let answer = app
                .post("county_worker", "/persons", &woman.form(app, "990001001"))
                .await;
            assert_eq!(answer.status, 303, "{}", woman.name);
        }
        let west = Woman::new(4, "李晓西", "1992-01-04", "13800000044");
        app.post("county_worker", "/persons", &west.form(app, "990002001"))
            .await;
        let number = women[0].number.clone();
        for (query, expected) in [
            ("李晓", "李晓梅 李晓红"),
            ("lixiao", "李晓红 李晓梅"),
            ("lxm", "李晓梅"),
            ("0001", "李晓红 王丽红"),
            ("13800000002", "李晓梅"),
            (number.as_str(), "李晓红"),
            ("", "李晓红 李晓梅 王丽红"),
            ("李晓西", ""),
            ("赵", ""),
        ] {
            let body = found_by(app, query).await;
            let found: Vec<&str> = body
                .split("<a href=\"/persons/018f")
                .skip(1)
                .filter_map(|rest| rest.split(['>', '<']).nth(1))
                .collect();
            assert_eq!(found.join(" "), expected, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_page_of_a_search_goes_on_where_the_one_before_ended() {
    on_each_database(TODAY, async |app| {
        // Thirty-three of one name, and thirty-three whose initials are spelled as the pinyin of the others begins.
        for at in 0..66 {
            let name = if at % 2 == 0 { "王安" } else { "吴爱" };
            let (id, residence) = (id(at + 1), app.organization("990001001"));
            let form = format!(
                "id={id}&name={name}&sex=female&birth_on=1990-{:02}-{:02}&id_type=none&residence={residence}\
                 &household=local&reason=not+the+same",
                1 + at / 28,
                1 + at % 28
            );
            let answer = app.post("county_worker", "/persons", &form).await;
            assert_eq!(answer.status, 303, "{at}");
        }
        // Of both: "wa" begins the pinyin of one and is the initials of both.
        for (login, q, expected) in [
            ("county_worker", "%E7%8E%8B", 33),
            ("township_worker", "%E7%8E%8B", 33),
            ("county_worker", "wa", 66),
            ("township_worker", "wa", 66),
            ("county_worker", "w", 66),
            ("county_worker", "", 66),
            ("other_township", "wa", 0),
        ] {
            let mut found = Vec::new();
            let mut path = format!("/persons?q={q}");
            for _ in 0..4 {
                let answer = app.send(login, "GET", &path, None).await;
                assert!(answer.statements.unwrap() <= 4, "{path}");
                let rows = answer.body.split("<a href=\"/persons/018f").skip(1);
                found.extend(rows.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
                let Some(next) = answer.body.split("rel=\"next\" href=\"/persons?q=").nth(1) else {
                    break;
                };
                let next = next.split('"').next().unwrap().replace("&#38;", "&");
                path = format!("/persons?q={next}");
            }
            let all = found.len();
            found.sort();
            found.dedup();
            assert_eq!((all, found.len()), (expected, expected), "{login} {q}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_and_a_person_page_take_few_statements() {
    on_each_database(TODAY, async |app| {
        app.post("township_worker", "/persons", &li().form(app, "990001001"))
            .await;
        let search = app
            .send("township_worker", "GET", "/persons?q=lxh", None)
            .await;
        assert_eq!(search.statements, Some(3), "session, pinyin and initials");
        let search = app
            .send("township_worker", "GET", "/persons?q=%E6%9D%8E", None)
            .await;
        assert_eq!(search.statements, Some(2), "session and names");
        let page = app
            .send(
                "township_worker",
                "GET",
                &format!("/persons/{}", id(1)),
                None,
            )
            .await;
        assert_eq!(
            page.statements,
            Some(4),
            "session, person, history and merges"
        );
    })
    .await;
}

#[tokio::test]
async fn a_record_of_another_area_opens_only_with_a_reason() {
    let transcript = on_each_database(TODAY, async |app| {
        app.post("township_worker", "/persons", &li().form(app, "990001001"))
            .await;
        let path = format!("/persons/{}", id(1));
        let unknown = app
            .get("other_township", &format!("/persons/{}", id(9)))
            .await;
        let closed = app.get("other_township", &path).await;
        assert_eq!(
            crate::testkit::words(&unknown.body),
            crate::testkit::words(&closed.body),
            "closed and unknown look the same"
        );
        app.post(
            "other_township",
            "/glass",
            &format!("identity_number={}&reason=急", li().number),
        )
        .await;
        app.post(
            "other_township",
            "/glass",
            "identity_number=123&reason=产后出血抢救，产科一病区",
        )
        .await;
        app.post(
            "other_township",
            "/glass",
            &format!(
                "identity_number={}&reason=产后出血抢救，产科一病区",
                li().number
            ),
        )
        .await;
        assert_eq!(app.get("other_township", &path).await.status, 200);
        app.wait_minutes(24 * 60 + 1);
        app.forget("other_township");
        assert_eq!(
            app.get("other_township", &path).await.status,
            404,
            "after a day it is closed again"
        );
        let trail = app
            .send("auditor", "GET", "/audit?action=break_glass", None)
            .await
            .body;
        assert!(
            trail.contains("产后出血抢救，产科一病区"),
            "the auditor sees the reason"
        );
        let trail = app
            .send(
                "auditor",
                "GET",
                &format!("/audit?subject={}&action=read", id(1)),
                None,
            )
            .await
            .body;
        assert!(trail.contains("依据 glass"), "and the reading: {trail}");
    })
    .await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn in_an_emergency_a_name_alone_opens_nothing_and_the_county_sees_what_was_opened() {
    on_each_database(TODAY, async |app| {
        let form = li().form(app, "990001001");
        app.post("township_worker", "/persons", &form).await;
        let mut same_name = Woman::new(2, "李晓红", "1980-01-01", "13800000002");
        same_name.more = "&reason=checked".into();
        let form = same_name.form(app, "990001001");
        app.post("township_worker", "/persons", &form).await;
        let path = format!("/persons/{}", id(1));
        let reason = "reason=产后出血抢救，产科一病区";
        let ask = async |login: &str, form: &str| {
            app.post(login, "/glass", &format!("{form}&{reason}")).await
        };
        for wrong in [
            "by=phone&name=李晓红&phone=",
            "by=phone&name=&phone=13800000001",
            "by=phone&name=李晓&phone=13800000001",
            "by=phone&name=李晓红&phone=13800000003",
            "by=slip&name=李晓红&slip=1",
            "by=slip&name=李晓红&slip=018f0000-0000-7000-8000-000000000001",
            "by=number&name=李晓红&phone=13800000001",
        ] {
            assert_eq!(ask("other_township", wrong).await.status, 422, "{wrong}");
        }
        assert_eq!(app.get("other_township", &path).await.status, 404);
        let right = "by=phone&name=李晓红&phone=138 0000 0001";
        assert_eq!(ask("auditor", right).await.status, 404);
        assert_eq!(ask("other_township", right).await.location, path);
        assert_eq!(app.get("other_township", &path).await.status, 200);
        assert_eq!(
            app.get("other_township", &format!("/persons/{}", id(2)))
                .await
                .status,
            404
        );
        for login in [
            "township_worker",
            "other_township",
            "auditor",
            "administrator",
        ] {
            assert_eq!(app.get(login, "/glass/opened").await.status, 404, "{login}");
        }
        let list = app.get("county_worker", "/glass/opened").await;
        for text in [
            "李晓红",
            "产后出血抢救，产科一病区",
            "西岭镇卫生院",
            "other_township",
        ] {
            assert!(
                list.body.contains(text),
                "{text}: {}",
                crate::testkit::words(&list.body)
            );
        }
        let trail = app
            .get("auditor", "/audit?action=ask_name_and_phone")
            .await
            .body;
        assert!(trail.contains("找到") && !trail.contains("13800000001"));
    })
    .await;
}

#[tokio::test]
async fn identifiers_are_nowhere_plain_in_the_database_file() {
    let dir = TempDir::new();
    let file = dir.path().join("fuyou.db");
    let settings = crate::db::Settings::new(format!("sqlite:{}", file.display()));
    let app = TestApp::new(crate::db::Db::open(&settings).await.unwrap(), TODAY).await;
    let woman = li();
    assert_eq!(
        app.post(
            "township_worker",
            "/persons",
            &woman.form(&app, "990001001")
        )
        .await
        .status,
        303
    );
    let path = format!("/persons/{}", woman.id);
    let new = Woman {
        phone: "13911112222",
        more: "&version=1&reason=换号".into(),
        ..li()
    };
    assert_eq!(
        app.post("township_worker", &path, &new.form(&app, "990001001"))
            .await
            .status,
        303
    );
    app.app.db().close().await;
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        holds("李晓红"),
        "the name is there, so the test reads the right bytes"
    );
    for secret in [
        woman.number.as_str(),
        &woman.number[..17],
        woman.phone,
        new.phone,
        "19960504",
    ] {
        assert!(!holds(secret), "{secret} stands in the file");
    }
}

#[tokio::test]
async fn a_key_rotation_can_be_killed_and_resumed() {
    on_each_database(TODAY, async |app| {
        let names = ["赵一", "钱二", "孙三", "李四", "周五"];
        for (at, name) in names.into_iter().enumerate() {
            let woman = Woman::new(
                at as u8 + 1,
                name,
                "1990-01-01",
                [
                    "13800000010",
                    "13800000020",
                    "13800000030",
                    "13800000040",
                    "13800000050",
                ][at],
            );
            assert_eq!(
                app.post("township_worker", "/persons", &woman.form(app, "990001001"))
                    .await
                    .status,
                303
            );
        }
        let (db, keys) = (app.app.db(), app.app.keys());
        keys.add_version(Suite::Aes).unwrap();
        let first = rekey_batch(db, keys, app.app.now(), 2).await.unwrap();
        assert_eq!((first.done, first.left), (2, 3));
        // Killed here: some rows under the new key, some under the old. Everybody is still found and opens.
        for at in 1..=5 {
            let woman = Woman::new(at, "", "1990-01-01", "");
            let body = found_by(app, &woman.number).await;
            assert!(body.contains(&id(at)), "{at}");
            let page = app
                .send(
                    "township_worker",
                    "GET",
                    &format!("/persons/{}", id(at)),
                    None,
                )
                .await;
            assert!(page.body.contains(&woman.number), "{at}");
        }
        assert_eq!(
            rekey_batch(db, keys, app.app.now(), 2).await.unwrap().left,
            1
        );
        assert_eq!(
            rekey_batch(db, keys, app.app.now(), 2).await.unwrap().left,
            0
        );
        assert_eq!(
            rekey_batch(db, keys, app.app.now(), 2).await.unwrap().done,
            0
        );
        let page = app
            .send(
                "township_worker",
                "GET",
                &format!("/persons/{}", id(5)),
                None,
            )
            .await;
        assert!(page.body.contains("13800000050"));
    })
    .await;
}

#[tokio::test]
async fn the_tree_knows_who_is_below_whom() {
    on_each_database(TODAY, async |app| {
        let tree = app.app.tree();
        let (county, east, village) = (
            app.organization("990000"),
            app.organization("990001"),
            app.organization("990001001"),
        );
        assert!(
            tree.contains(county, village)
                && tree.contains(east, village)
                && tree.contains(east, east)
        );
        assert!(
            !tree.contains(village, east) && !tree.contains(app.organization("990002"), village)
        );
        assert_eq!(tree.subtree(county).len(), 8);
        assert_eq!(tree.subtree(east).len(), 2);
        assert_eq!(
            tree.at_level(village, Level::County).map(|found| found.id),
            Some(county)
        );
        assert_eq!(tree.children(county).count(), 5);
    })
    .await;
}
