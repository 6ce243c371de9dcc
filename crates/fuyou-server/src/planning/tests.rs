//! A plan goes in, is decided on, adopted, broken down and watched.

use fuyou_kernel::Date;

use super::marked::pieces;
use super::plans::dictionary_of;
use super::reader;
use super::target::{PlanTarget, TargetState, check_shares};
use super::{Method, Share};
use crate::insight::{Aim, Decimal};
use crate::testkit::{TestApp, on_each_database, population, sample_pack, store_facts};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 4] = ["990001", "990001001", "990002", "990002001"];

const PLAN: &str = "云溪县2026年妇幼健康工作计划\n一、工作目标\n1、早到率达到85%以上,全年加强管理,落实措施。\n2、开展培训场次12场。\n3、阳性率控制在2‰以下。\n二、工作措施\n加强督导考核,完善制度,推进任务落实。\n";

fn found() -> Vec<PlanTarget> {
    let read = reader::read(PLAN.as_bytes(), "", &dictionary_of(&sample_pack())).unwrap();
    read.targets
        .iter()
        .enumerate()
        .map(|(at, target)| {
            PlanTarget::found(
                fuyou_kernel::Id::from_uuid(uuid::Uuid::from_u128(at as u128)),
                target,
            )
        })
        .collect()
}

fn value(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn targets_find_their_indicators_by_the_names_of_the_pack() {
    let targets = found();
    let early = targets
        .iter()
        .find(|target| target.indicator.as_deref() == Some("early_rate"))
        .expect("the rate is bound");
    assert_eq!(
        (early.value, early.comparator.sign(), early.unit.as_str()),
        (Some(value("85")), ">=", "%")
    );
}

#[test]
fn a_line_is_cut_at_its_targets_and_nothing_is_lost() {
    let targets = found();
    for (at, line) in PLAN.lines().enumerate() {
        let pieces = pieces(line, at + 1, &targets, |_| "bound");
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, line);
    }
    let marked = pieces(PLAN.lines().nth(2).unwrap(), 3, &targets, |_| "bound");
    assert!(
        marked
            .iter()
            .any(|piece| piece.mark.is_some() && piece.text.starts_with("85%")),
        "{marked:?}"
    );
}

#[test]
fn what_a_target_asks_of_a_figure() {
    let pack = sample_pack();
    let target = |kind: &str, sign: &str, unit: &str| PlanTarget {
        kind: kind.to_owned(),
        comparator: super::target::comparator_of(sign).unwrap(),
        value: Some(value("5")),
        value_high: Some(value("10")),
        unit: unit.to_owned(),
        ..found().remove(0)
    };
    let check =
        |target: PlanTarget, indicator: &str, last_year: Option<&str>, expected: Option<Aim>| {
            let indicator = pack.indicator(pack.indicator_ix(indicator).unwrap());
            assert_eq!(
                target.aim(indicator, target.value, last_year.map(value)),
                expected,
                "{target:?}"
            );
        };
    check(
        target("target", ">=", "%"),
        "early_rate",
        None,
        Some(Aim::AtLeast(value("5"))),
    );
    check(
        target("target", "<=", "%"),
        "early_rate",
        None,
        Some(Aim::AtMost(value("5"))),
    );
    check(
        target("target", "=", "%"),
        "early_rate",
        None,
        Some(Aim::AtLeast(value("5"))),
    );
    check(
        target("target", "=", "%"),
        "finding_rate",
        None,
        Some(Aim::AtMost(value("5"))),
    );
    check(
        target("target", "range", "%"),
        "early_rate",
        None,
        Some(Aim::Between(value("5"), value("10"))),
    );
    // Another unit than the indicator's is never compared.
    check(target("target", ">=", "‰"), "early_rate", None, None);
    check(target("target", ">=", "人"), "early_rate", None, None);
    check(
        target("target", ">=", "万人"),
        "births",
        None,
        Some(Aim::AtLeast(value("50000"))),
    );
    check(
        target("target", "<ref", "%"),
        "early_rate",
        Some("80"),
        None,
    );
    // Growth: percentage points on a rate, a part of last year's count, downwards where less is better.
    check(
        target("growth_target", ">=", "%"),
        "early_rate",
        Some("80"),
        Some(Aim::AtLeast(value("85"))),
    );
    check(
        target("growth_target", ">=", "%"),
        "births",
        Some("200"),
        Some(Aim::AtLeast(value("210"))),
    );
    check(
        target("growth_target", "<=", "%"),
        "finding_rate",
        Some("8"),
        Some(Aim::AtMost(value("3"))),
    );
    check(target("growth_target", ">=", "%"), "early_rate", None, None);
}

#[test]
fn shares_that_cannot_be_are_refused() {
    let target = PlanTarget {
        unit: "人".into(),
        value: Some(value("10")),
        ..found().remove(0)
    };
    let shares = |values: &[&str]| -> Vec<Share> {
        let share = |text: &&str| Share {
            target: target.id,
            org: fuyou_kernel::Id::from_uuid(uuid::Uuid::nil()),
            value: value(text),
            method: Method::Edited,
        };
        values.iter().map(share).collect()
    };
    let check = |target: &PlanTarget, values: &[&str], expected: &str| {
        let outcome = check_shares(target, &shares(values))
            .map_or_else(|words| words.en, |()| "kept".to_owned());
        assert_eq!(outcome, expected, "{values:?}");
    };
    check(&target, &["4", "6"], "kept");
    check(
        &target,
        &["4", "5"],
        "the shares sum up to 9, they should make 10",
    );
    check(&target, &["-1", "11"], "-1 cannot be a target");
    let rate = PlanTarget {
        unit: "%".into(),
        ..target.clone()
    };
    check(&rate, &["4", "90"], "kept");
    check(&rate, &["101"], "101 cannot be a target");
}

#[test]
fn what_is_doubtful_waits_for_a_person() {
    let target = PlanTarget {
        confidence: "medium".into(),
        state: TargetState::Found,
        ..found().remove(0)
    };
    assert!(target.waits_for_decision());
    assert!(
        !PlanTarget {
            state: TargetState::Confirmed,
            ..target.clone()
        }
        .waits_for_decision()
    );
    assert!(
        !PlanTarget {
            confidence: "high".into(),
            ..target
        }
        .waits_for_decision()
    );
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn prepare(app: &TestApp) {
    let pack = sample_pack();
    let _ = app.app.clone().with_pack(pack.clone());
    store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 200)).await;
}

/// The ids of the targets on a plan's page, in the order of its text.
fn target_ids(body: &str) -> Vec<String> {
    body.split("<details id=\"t-")
        .skip(1)
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_plan_goes_in_and_its_targets_move() {
    let transcript = on_each_database(TODAY, async |app| {
        prepare(app).await;
        app.get("director", "/board?year=2026").await;
        let posted = app.post("county_worker", "/plans", &format!("node=990000&year=2026&text={}", encoded(PLAN))).await;
        let plan = posted.location.clone();
        let page = app.get("county_worker", &plan).await;
        assert!(page.body.contains("<mark class=\"bound\">"), "a bound target is marked in the text");
        for (at, id) in target_ids(&page.body).iter().enumerate() {
            let form = format!("version={}&indicator=early_rate&comparator=%3E%3D&value=85&value_high=&unit=%25&state={}", at + 1, if at == 0 { "confirmed" } else { "ignored" });
            app.post("county_worker", &format!("{plan}/targets/{id}"), &form).await;
        }
        let count = target_ids(&page.body).len();
        app.post("county_worker", &format!("{plan}/adopted"), "version=1").await;
        app.post("county_worker", &format!("{plan}/adopted"), &format!("version={}", count + 1)).await;
        app.get("director", "/board?year=2026").await;
        app.get("township_worker", "/board?year=2026&node=990001").await;
        app.get("township_worker", "/board?year=2026&node=990002").await;
        app.post("township_worker", &format!("{plan}/adopted"), "version=9").await;
    })
    .await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn a_text_that_is_no_plan_is_given_back_as_it_was_typed() {
    on_each_database(TODAY, async |app| {
        prepare(app).await;
        let recipe = "番茄炒蛋:鸡蛋三个,番茄两个。";
        let answer = app
            .send(
                "county_worker",
                "POST",
                "/plans",
                Some(&format!("node=990000&year=2026&text={}", encoded(recipe))),
            )
            .await;
        assert_eq!(answer.status.as_u16(), 422);
        assert!(
            answer.body.contains(recipe),
            "what was typed still stands in the form"
        );
    })
    .await;
}

#[tokio::test]
async fn typed_figures_count_and_keep_their_history() {
    let transcript = on_each_database(TODAY, async |app| {
        prepare(app).await;
        let enter = async |node: &str, period: &str, number: &str| {
            let form = format!("indicator=sessions&node={node}&period={period}&numerator={number}&denominator=&note=");
            app.post("county_worker", "/figures", &form).await;
            app.wait_minutes(1);
        };
        enter("990001", "2026-01", "3").await;
        enter("990001", "2026-02", "2").await;
        enter("990002", "2026-01", "4").await;
        enter("990002", "2026-01", "5").await;
        enter("990001", "2026Q1", "5").await;
        enter("990001", "2026-03", "-1").await;
        app.get("county_worker", "/figures").await;
        let page = app.send("director", "GET", "/indicators/sessions?period=2026", None).await;
        let figure = page.body.split("class=\"figure number\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        app.say(&format!("the county has {figure}"));
    })
    .await;
    insta::assert_snapshot!(transcript);
}

#[tokio::test]
async fn shares_are_kept_and_a_stale_page_is_told_so() {
    let transcript = on_each_database(TODAY, async |app| {
        prepare(app).await;
        let posted = app
            .post(
                "county_worker",
                "/plans",
                &format!("node=990000&year=2026&text={}", encoded(PLAN)),
            )
            .await;
        let plan = posted.location.clone();
        let page = app.send("county_worker", "GET", &plan, None).await;
        let target = target_ids(&page.body)[0].clone();
        let shares = format!("{plan}/targets/{target}/shares");
        app.post("county_worker", &shares, "version=1&method=same")
            .await;
        app.post("county_worker", &shares, "version=1&method=same")
            .await;
        app.post(
            "county_worker",
            &shares,
            "version=2&method=edited&v-990001=90",
        )
        .await;
        app.get("county_worker", &shares).await;
    })
    .await;
    insta::assert_snapshot!(transcript);
}
