//! The golden cases pass, and fail when they should.

use super::fixture::{files, messages, mini, with};
use crate::cases::run_cases;
use crate::load;

#[test]
fn the_small_packs_pass() {
    let report = run_cases(&mini());
    assert_eq!(
        (
            messages(&report.failures),
            messages(&report.uncovered),
            report.ran
        ),
        (String::new(), String::new(), 16)
    );
    let town = load(&[files("mini"), files("mini-town")]).unwrap();
    let report = run_cases(&town);
    assert!(
        report.is_clean(),
        "{}\n{}",
        messages(&report.failures),
        messages(&report.uncovered)
    );
}

/// What a single case reports.
fn case(text: &str) -> String {
    let cases = format!("[[case]]\nid = \"x\"\nhistory = \"served\"\n{text}");
    let pack = load(&[with(files("mini"), &[("bicycle/cases/more.toml", &cases)])]);
    let pack = pack.unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    messages(&run_cases(&pack).failures).replace("mini/bicycle/cases/more.toml:2:6: case x: ", "")
}

#[test]
fn cases_that_fail() {
    let check = |text: &str, expected: &str| assert_eq!(case(text), expected, "{text}");
    check("expect = { risk = \"green\" }", "");
    check(
        "expect = { risk = \"red\" }",
        "risk should be red, is green",
    );
    check(
        "expect = { risk = \"\" }",
        "risk should be unknown, is green",
    );
    check(
        "expect = { marks = [\"violet\"] }",
        "marks should be violet, is ",
    );
    check(
        "expect = { score = { points = 3 } }",
        "points should be 3, is 0",
    );
    check(
        "expect = { rules = [\"theft\"] }",
        "rule `theft` should be true: stolen",
    );
    check(
        "set = { \"service.lock_broken\" = true }\nexpect = { not_rules = [\"theft\"] }",
        "rule `theft` should not be true: stolen",
    );
    check(
        "expect = { facts = { services = 2 } }",
        "services should be 2, is 1",
    );
    check(
        "expect = { facts = { last_pressure = 4.1 } }",
        "last_pressure should be 4.1, is 4.0",
    );
    check(
        "expect = { alerts = [\"report_red\"] }",
        "`report_red` raises no alert",
    );
    check(
        "expect = { not_counted = [\"checked_rate\"] }",
        "indicator `checked_rate` should be NotCounted, is numerator 1, denominator 1, gap false",
    );
    check(
        "expect = { counted = [\"chekced_rate\"] }",
        "there is no indicator `chekced_rate`",
    );
    check(
        "expect = { open_tasks = [\"first_check\"] }",
        "task `first_check` should be open; there is visit:first_check 2026-01-21..2026-02-10 Done { on: DayNumber(20478), by: Some(1), on_time: true }",
    );
    check(
        "expect = { done_tasks = [\"report_red\"] }",
        "task `report_red` should be done; there is none",
    );
    check("expect = { refused = [] }", "there is no `record` to check");
    check(
        "record = { form = \"service\", occurred_on = 2026-02-01, pressure_bar = 11.0 }\nexpect = { refused = [] }",
        "refused should be empty; there is pressure_bar (hard)",
    );
    check(
        "record = { form = \"service\", occurred_on = 2026-02-01 }\nexpect = { refused = [\"pressure_bar\"] }",
        "refused should hold pressure_bar; there is ",
    );
    check(
        "expect = { closed = true }",
        "closed should be true, is false",
    );
    check(
        "set = { \"service.pressure_bar\" = 40.0 }\nexpect = {}",
        "the history's `service` would be refused (hard: Pressure must be between 0.0 and 10.0 bar)",
    );
}

#[test]
fn what_lacks_a_case_is_told() {
    let pack = load(&[with(files("mini"), &[("bicycle/cases/cases.toml", "")])]).unwrap();
    let report = run_cases(&pack);
    assert_eq!(report.ran, 0);
    let told = messages(&report.uncovered);
    assert_eq!(report.uncovered.len(), 6 * 2 + 3 * 2, "{told}");
    assert!(
        told.starts_with(
            "mini/bicycle/rules.toml:2:6: rule `soft_tyre`: no case in which it is true\n"
        ),
        "{told}"
    );
    assert!(
        told.ends_with("indicator `services_total`: no case that is not counted or outside"),
        "{told}"
    );
}
