//! Promises of the pages, with the national pack.

use fuyou_kernel::Date;

use crate::care::{Care, Settings};
use crate::testkit::county::national_pack;
use crate::testkit::{Answer, TestApp, on_each_database, says};

pub(super) const TODAY: Date = Date::constant(2026, 3, 26);
pub(super) const WOMAN: &str = "018f0000-0000-7000-8000-0000000000a1";
/// A booking on TODAY, 18 weeks after the last period.
pub(super) const BOOKING: &str = "occurred_on=2026-03-26&f.handbook_no=1&f.lmp_certainty=sure&f.lmp_on=2025-11-20&f.art_conceived=false\
    &f.edd_method=lmp&f.edd_on=2026-08-27&f.gravidity=1&f.parity_vaginal=0&f.parity_caesarean=0&f.education=senior_high\
    &f.husband_education=senior_high&f.poor_family=false&f.husband_away=false&f.travel_over_1h=false";
pub(super) const ANTENATAL: &str = "occurred_on=2026-03-26&f.visit_mode=clinic&f.critical_signs=none&f.weight_kg=58.0\
    &f.systolic_mmhg=116&f.diastolic_mmhg=72&f.hb_g_per_l=118&f.urine_protein=neg&f.classification=normal\
    &f.next_visit_on=2026-04-20&f.fetal_heart_rate=140&f.complaint=none&f.guidance=lifestyle&f.referred=false&f.doctor=D1";

async fn install(app: &TestApp) {
    let care = Care::install(
        app.app.db().clone(),
        national_pack(),
        Settings::default(),
        app.app.now(),
    )
    .await
    .unwrap();
    let _ = app.app.clone().with_care(care);
}

async fn registered(app: &TestApp) {
    let residence = app.organization("990001001");
    let form = format!(
        "id={WOMAN}&name=test&sex=female&birth_on=1996-05-01&id_type=none&residence={residence}&household=local"
    );
    assert_eq!(
        app.post("township_worker", "/persons", &form).await.status,
        303
    );
}

pub(super) fn id(at: u8) -> String {
    format!("018f0000-0000-7000-8000-0000000001{at:02x}")
}

pub(super) async fn record(app: &TestApp, login: &str, form: &str, at: u8, typed: &str) -> Answer {
    let path = format!("/persons/{WOMAN}/forms/maternal/{form}");
    app.post(login, &path, &format!("id={}&{typed}&do=save", id(at)))
        .await
}

pub(super) async fn booked(app: &TestApp) {
    install(app).await;
    registered(app).await;
    let answer = record(app, "township_worker", "booking", 1, BOOKING).await;
    assert_eq!(
        answer.status,
        303,
        "{}",
        crate::testkit::words(&answer.body)
    );
}

#[tokio::test]
async fn what_was_typed_stays_when_a_form_is_refused() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let wrong = ANTENATAL
            .replace("58.0", "580")
            .replace("f.complaint=none", "f.complaint=kept+text");
        let answer = record(app, "township_worker", "antenatal", 2, &wrong).await;
        says(
            &answer,
            422,
            &["value=\"580\"", "kept text", "应在 25.0 到 220.0 kg 之间"],
        );
        let unread = ANTENATAL.replace("58.0", "heavy");
        says(
            &record(app, "township_worker", "antenatal", 2, &unread).await,
            422,
            &["value=\"heavy\"", "id=\"problems\""],
        );
        let no_day = ANTENATAL.replace("2026-03-26", "2026-02-30");
        says(
            &record(app, "township_worker", "antenatal", 2, &no_day).await,
            422,
            &["value=\"2026-02-30\""],
        );
        let unusual = ANTENATAL.replace("58.0", "112");
        says(
            &record(app, "township_worker", "antenatal", 2, &unusual).await,
            422,
            &["name=\"reason.soft:weight_kg\""],
        );
        let explained = format!("{unusual}&reason.soft:weight_kg=measured+twice");
        says(
            &record(app, "township_worker", "antenatal", 2, &explained).await,
            303,
            &[],
        );
    })
    .await;
}

#[tokio::test]
async fn full_width_digits_and_card_dates_are_read() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let typed = ANTENATAL
            .replace("58.0", "５８．０")
            .replace("occurred_on=2026-03-26", "occurred_on=2026年3月26日");
        says(
            &record(app, "township_worker", "antenatal", 2, &typed).await,
            303,
            &[],
        );
        let page = app
            .get(
                "township_worker",
                &format!("/persons/{WOMAN}/records/{}", id(2)),
            )
            .await;
        says(&page, 200, &["58.0 kg", "2026-03-26"]);
    })
    .await;
}

#[tokio::test]
async fn sending_a_form_twice_stores_it_once() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let first = record(app, "township_worker", "antenatal", 2, ANTENATAL).await;
        let second = record(app, "township_worker", "antenatal", 2, ANTENATAL).await;
        assert_eq!(
            (first.status.as_u16(), &first.location),
            (second.status.as_u16(), &second.location)
        );
        let page = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await;
        assert_eq!(
            page.body.matches("class=\"one-record").count(),
            2,
            "the booking and one visit"
        );
        let other = record(
            app,
            "township_worker",
            "antenatal",
            2,
            &ANTENATAL.replace("58.0", "59.0"),
        )
        .await;
        says(&other, 409, &["value=\"59.0\""]);
    })
    .await;
}

#[tokio::test]
async fn what_can_be_opened_depends_on_who_it_is() {
    on_each_database(TODAY, async |app| {
        install(app).await;
        let residence = app.organization("990001001");
        let offered = async |id: u8, who: &str| {
            let person = self::id(id);
            let form =
                format!("id={person}&id_type=none&residence={residence}&household=local&{who}");
            let answer = app.post("township_worker", "/persons", &form).await;
            assert_eq!(answer.status, 303);
            let page = app
                .get("township_worker", &format!("/persons/{person}"))
                .await;
            let links = page.body.split("/forms/").skip(1);
            let links: Vec<_> = links.filter_map(|rest| rest.split('"').next()).collect();
            links.join(" ")
        };
        let woman = offered(0x31, "name=a&sex=female&birth_on=1996-05-01").await;
        assert_eq!(woman, "maternal/booking birth_defect/defect_card");
        let boy = offered(0x32, "name=b&sex=male&birth_on=2026-03-20").await;
        let cards = "birth_defect/defect_card child_death/child_death_card";
        assert_eq!(boy, format!("child/birth {cards}"));
        let girl = offered(0x33, "name=c&sex=female&birth_on=2014-03-26").await;
        assert_eq!(girl, woman, "twelve years old");
        let man = offered(0x34, "name=d&sex=male&birth_on=1996-05-01").await;
        assert_eq!(man, "");
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_handbook_finds_who_holds_it() {
    on_each_database(TODAY, async |app| {
        install(app).await;
        registered(app).await;
        let numbered = BOOKING.replace("handbook_no=1&", "handbook_no=Yun-2026-0017&");
        assert_eq!(
            record(app, "township_worker", "booking", 1, &numbered)
                .await
                .status,
            303
        );
        let found = async |login: &str, number: &str| {
            let answer = app
                .post(login, "/persons/search", &format!("q={number}"))
                .await;
            answer.body.contains(WOMAN)
        };
        for number in ["Yun-2026-0017", "yun-2026-0017", "%20YUN-2026-0017%20"] {
            assert!(found("township_worker", number).await, "{number}");
        }
        for number in ["Yun-2026-001", "2026-0017", "Yun-2026-0018"] {
            assert!(!found("township_worker", number).await, "{number}");
        }
        assert!(
            !found("other_township", "Yun-2026-0017").await,
            "whom one may not see is not found"
        );
    })
    .await;
}

#[tokio::test]
async fn two_desks_see_each_other() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let seen = format!("{ANTENATAL}&base_version=1");
        says(
            &record(app, "township_worker", "antenatal", 2, &seen).await,
            303,
            &[],
        );
        let late = record(
            app,
            "village_doctor",
            "antenatal",
            3,
            &seen.replace("58.0", "61.0"),
        )
        .await;
        says(
            &late,
            409,
            &["58.0 kg", "value=\"61.0\"", "class=\"theirs\""],
        );
    })
    .await;
}

#[tokio::test]
async fn risk_is_shown_at_once_and_a_referral_is_one_click_away() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let severe = ANTENATAL
            .replace("f.systolic_mmhg=116", "f.systolic_mmhg=165")
            .replace("f.diastolic_mmhg=72", "f.diastolic_mmhg=112")
            .replace(
                "classification=normal",
                "classification=abnormal&f.classification_text=raised",
            );
        let path = format!("/persons/{WOMAN}/forms/maternal/antenatal/preview");
        // What is merely still missing keeps nobody from seeing the risk.
        let unfinished = severe.replace("&f.classification_text=raised", "");
        let preview = app
            .post(
                "township_worker",
                &path,
                &format!("id={}&{unfinished}", id(2)),
            )
            .await;
        says(&preview, 200, &["\"consequence\"", "class=\\\"why\\\""]);
        let page = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await;
        assert_eq!(
            page.body.matches("class=\"one-record").count(),
            1,
            "a preview stores nothing"
        );
        let mut answer = record(app, "township_worker", "antenatal", 2, &severe).await;
        if answer.status == 422 {
            // Unusual values need a reason each.
            let asked = answer
                .body
                .split("name=\"reason.")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            let reasons: String = asked
                .map(|key| format!("&reason.{key}=measured+twice"))
                .collect();
            answer = record(
                app,
                "township_worker",
                "antenatal",
                2,
                &format!("{severe}{reasons}"),
            )
            .await;
        }
        says(&answer, 303, &[]);
        let page = app.get("township_worker", &answer.location).await;
        says(&page, 200, &["class=\"alert\"", "/refer?enrollment="]);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_know_is_not_told() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let answer = record(app, "county_worker", "pmtct", 2, INFECTED).await;
        says(&answer, 303, &[]);
        let story = format!("/persons/{WOMAN}");
        let told = app.get("county_worker", &story).await;
        says(&told, 200, &["HIV"]);
        let paths = [
            story.clone(),
            answer.location,
            "/".to_owned(),
            "/lists/maternal/high_risk".to_owned(),
        ];
        for path in paths {
            let page = app.get("village_doctor", &path).await;
            assert_eq!(page.status, 200, "{path}");
            let body = page.body.to_lowercase();
            for word in [
                "hiv",
                "艾滋",
                "艾梅乙",
                "梅毒",
                "syphilis",
                "乙肝",
                "hepatitis",
                "hbsag",
                "pmtct",
                "infection",
            ] {
                assert!(
                    !body.contains(word),
                    "{path} tells {word}: {}",
                    around(&body, word)
                );
            }
        }
        // That there is a record is told, under the neutral name that the pack gives its form.
        let page = app.get("village_doctor", &story).await;
        let neutral = ["孕期检测登记", "Record of tests in pregnancy"];
        assert!(
            neutral.iter().any(|name| page.body.contains(name)),
            "{}",
            crate::testkit::words(&page.body)
        );
        let form = app
            .get(
                "village_doctor",
                &format!("{story}/forms/maternal/antenatal"),
            )
            .await;
        says(&form, 200, &[]);
    })
    .await;
}

/// The value of an attribute on a page.
fn attribute<'b>(body: &'b str, name: &str) -> &'b str {
    let start = format!("{name}=\"");
    let from = body
        .find(&start)
        .unwrap_or_else(|| panic!("no {name}: {body}"));
    let rest = &body[from + start.len()..];
    &rest[..rest.find('"').unwrap()]
}

/// The data that a page carries for its script.
fn carried<'b>(body: &'b str, id: &str) -> &'b str {
    let start = format!("<script type=\"application/json\" id=\"{id}\">");
    let from = body
        .find(&start)
        .unwrap_or_else(|| panic!("no {id}: {body}"));
    let rest = &body[from + start.len()..];
    &rest[..rest.find("</script>").unwrap()]
}

#[tokio::test]
async fn a_browser_gets_the_rules_and_values_that_its_user_may_see() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        says(
            &record(app, "county_worker", "pmtct", 2, INFECTED).await,
            303,
            &[],
        );
        let path = format!("/persons/{WOMAN}/forms/maternal/antenatal");
        let page = app.get("village_doctor", &path).await;
        let sheet_path = attribute(&page.body, "data-sheet").to_owned();
        let sheet = app.get("village_doctor", &sheet_path).await;
        says(&sheet, 200, &["\"steps\""]);
        let standing = carried(&page.body, "standing").to_owned();
        for text in [&sheet.body, &standing, &page.body] {
            let text = text.to_lowercase();
            for word in ["hiv", "艾滋", "梅毒", "syphilis", "乙肝", "hepatitis"] {
                assert!(!text.contains(word), "{word}: {}", around(&text, word));
            }
        }
        // Another reader has another sheet; nobody gets one that is not his.
        let full = app.get("county_worker", &path).await;
        let full_path = attribute(&full.body, "data-sheet").to_owned();
        assert_ne!(sheet_path, full_path);
        says(
            &app.get("county_worker", &full_path).await,
            200,
            &["艾滋", "\"partial\":false"],
        );
        assert_eq!(app.get("village_doctor", &full_path).await.status, 404);
        assert_eq!(app.get("director", &full_path).await.status, 404);

        // The standing of another day is that of the page when it is the same day, and obeys the same rights.
        let id = attribute(&page.body, "name=\"id\" value").to_owned();
        let body = format!("id={id}&occurred_on=2026-03-26");
        let asked = app
            .post("village_doctor", &format!("{path}/standing"), &body)
            .await;
        says(&asked, 200, &[&standing]);
        let elsewhere = app
            .post("director", &format!("{path}/standing"), &body)
            .await;
        assert_ne!(elsewhere.status, 200);
    })
    .await;
}

const INFECTED: &str = "occurred_on=2026-03-26&f.hiv_screen=positive&f.hiv_confirm=positive&f.hiv_confirmed_on=2026-03-25&f.pmtct_staff=D1";

fn around(body: &str, word: &str) -> String {
    let at = body.find(word).unwrap_or(0);
    let from = body[..at]
        .char_indices()
        .rev()
        .nth(80)
        .map_or(0, |(at, _)| at);
    body[from..].chars().take(200).collect()
}

#[tokio::test]
async fn pages_ask_the_database_a_bounded_number_of_times() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        record(app, "township_worker", "antenatal", 2, ANTENATAL).await;
        let story = format!("/persons/{WOMAN}");
        let check = async |path: &str, most: u64| {
            let page = app.get("township_worker", path).await;
            assert_eq!(page.status, 200, "{path}");
            let statements = page.statements.unwrap();
            assert!(
                0 < statements && statements <= most,
                "{path} sent {statements} statements"
            );
        };
        check("/", 8).await;
        check(&story, 15).await;
        check(&format!("{story}/records/{}", id(2)), 12).await;
        check(&format!("{story}/forms/maternal/antenatal"), 20).await;
        check("/lists/maternal/high_risk", 6).await;
        check("/referrals", 8).await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_needs_a_reason_and_shows_what_stood_there() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        record(app, "township_worker", "antenatal", 2, ANTENATAL).await;
        let path = format!("/persons/{WOMAN}/records/{}/correct", id(2));
        says(
            &app.get("township_worker", &path).await,
            200,
            &["value=\"58.0\"", "name=\"why\""],
        );
        let changed = format!(
            "id={}&base_version=1&{}&do=save",
            id(2),
            ANTENATAL.replace("58.0", "57.0")
        );
        says(
            &app.post("township_worker", &path, &changed).await,
            422,
            &["value=\"57.0\""],
        );
        let why = format!("{changed}&why=misread");
        says(&app.post("township_worker", &path, &why).await, 303, &[]);
        let page = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await;
        says(&page, 200, &["58.0 kg → 57.0 kg", "misread"]);
        let stale = why.replace("57.0", "56.0");
        says(
            &app.post("township_worker", &path, &stale).await,
            409,
            &["value=\"56.0\"", "57.0 kg"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_row_is_added_and_removed_without_a_script() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let path = format!("/persons/{WOMAN}/forms/maternal/delivery");
        let page = app.get("township_worker", &path).await;
        says(&page, 200, &["name=\"n.newborn\" value=\"1\""]);
        let typed = format!(
            "id={}&occurred_on=2026-03-26&n.newborn=1&g.newborn.0.weight_g=３２００",
            id(2)
        );
        let two = app
            .post("township_worker", &path, &format!("{typed}&do=add:newborn"))
            .await;
        says(
            &two,
            200,
            &[
                "name=\"n.newborn\" value=\"2\"",
                "value=\"３２００\"",
                "g.newborn.1.weight_g",
            ],
        );
        let both = typed.replace("n.newborn=1", "n.newborn=2") + "&g.newborn.1.weight_g=2900";
        let one = app
            .post(
                "township_worker",
                &path,
                &format!("{both}&do=remove:newborn:0"),
            )
            .await;
        says(
            &one,
            200,
            &["name=\"n.newborn\" value=\"1\"", "value=\"2900\""],
        );
        assert!(!one.body.contains("３２００"), "the first row is gone");
    })
    .await;
}

#[tokio::test]
async fn an_enrollment_is_closed_reopened_and_moved_by_hand() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let at = |deed: &str| format!("/persons/{WOMAN}/enrollments/{}/{deed}", id(1));
        says(
            &app.post("township_worker", &at("close"), "on=2026-03-26&why=")
                .await,
            422,
            &[],
        );
        says(
            &app.post("township_worker", &at("close"), "on=2026-03-27&why=left")
                .await,
            422,
            &[],
        );
        says(
            &app.post("township_worker", &at("close"), "on=2026-03-26&why=left")
                .await,
            303,
            &[],
        );
        says(
            &app.get("township_worker", &format!("/persons/{WOMAN}"))
                .await,
            200,
            &["已结案", "/reopen"],
        );
        says(
            &app.post("township_worker", &at("reopen"), "why=came+back")
                .await,
            303,
            &[],
        );
        // Looking for a place keeps what was typed, and moves nobody.
        says(
            &app.post(
                "township_worker",
                &at("move"),
                "do=find&find=990002&why=married+there",
            )
            .await,
            200,
            &["married there", "西岭镇卫生院"],
        );
        let to = app.organization("990002");
        says(
            &app.post(
                "township_worker",
                &at("move"),
                &format!("to={to}&why=moved"),
            )
            .await,
            303,
            &[],
        );
        says(
            &app.get("other_township", &format!("/persons/{WOMAN}"))
                .await,
            200,
            &["西岭镇卫生院"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_is_paged_by_right_and_comes_as_a_file() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let path = "/lists/maternal/registered";
        says(
            &app.get("township_worker", path).await,
            200,
            &["共 1 人", "format=csv"],
        );
        says(&app.get("other_township", path).await, 200, &["共 0 人"]);
        says(
            &app.get("township_worker", &format!("{path}/file?format=csv"))
                .await,
            200,
            &["test"],
        );
        says(
            &app.get("township_worker", &format!("{path}/file?format=doc"))
                .await,
            404,
            &[],
        );
        says(
            &app.get("village_doctor", &format!("{path}/file?format=csv"))
                .await,
            404,
            &[],
        );
        let xlsx = app
            .get("county_worker", &format!("{path}/file?format=xlsx"))
            .await;
        assert!(
            xlsx.body.starts_with("PK"),
            "a spreadsheet is a zip archive"
        );
    })
    .await;
}

#[tokio::test]
async fn a_referral_goes_there_and_its_answer_comes_back() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let to = app.organization("990000H");
        let refer = format!("id={}&enrollment={}&kind=routine&to={to}", id(9), id(1));
        let path = format!("/persons/{WOMAN}/refer");
        says(
            &app.post("township_worker", &path, &format!("{refer}&reason="))
                .await,
            422,
            &[],
        );
        // A slip says what was found, what was done and what is asked; an emergency names its escort and the call.
        let reason = format!("{refer}&reason=checkup");
        says(
            &app.post("township_worker", &path, &format!("{reason}&findings=well"))
                .await,
            422,
            &["已做处理、请对方做什么", ">well</textarea>"],
        );
        let slip = "findings=well&treatment=none&asked=assessment";
        let emergency = format!("{reason}&{slip}&urgency=emergency&escort=midwife");
        says(
            &app.post("township_worker", &path, &emergency).await,
            422,
            &["转运方式、电话联系时间", "value=\"midwife\""],
        );
        let sent = format!("{emergency}&transport=ambulance&called-ahead=09:10");
        for _ in 0..2 {
            says(&app.post("township_worker", &path, &sent).await, 303, &[]);
        }
        let slip_page = format!("/persons/{WOMAN}/referrals/{}", id(9));
        says(
            &app.get("nurse", &slip_page).await,
            200,
            &["checkup", "assessment", "midwife", "09:10", "危急"],
        );
        says(&app.get("other_township", &slip_page).await, 404, &[]);
        says(
            &app.get("nurse", "/referrals").await,
            200,
            &["checkup", "危急", "value=\"accept\""],
        );
        let step = format!("/persons/{WOMAN}/referrals/{}", id(9));
        let take = async |login: &str, form: &str| {
            app.post(login, &step, &format!("side=incoming&{form}"))
                .await
        };
        says(
            &take("other_township", "step=accept&version=1").await,
            404,
            &[],
        );
        says(
            &take("nurse", "step=feedback&version=1&note=early").await,
            409,
            &[],
        );
        says(&take("nurse", "step=accept&version=1").await, 303, &[]);
        says(&take("nurse", "step=arrive&version=1").await, 409, &[]);
        says(&take("nurse", "step=arrive&version=2").await, 303, &[]);
        says(
            &take("nurse", "step=feedback&version=3&note=all+well").await,
            303,
            &[],
        );
        let story = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await;
        says(&story, 200, &["all well", "已反馈"]);
    })
    .await;
}
