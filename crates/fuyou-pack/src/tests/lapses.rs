//! What is overdue when its time is over is missed, not overdue for ever.

use fuyou_expr::Value;
use fuyou_kernel::DayNumber;

use super::fixture::{files, written};
use crate::load;
use crate::replay::{Encounter, History, TaskState, replay};

const DAY_MS: i64 = 86_400_000;

/// A record: its form, days after the purchase, and the values typed.
type Said<'a> = (&'a str, i32, &'a [(&'a str, Value)]);

/// The first check can be made up until the bicycle is scrapped or two hundred days old; so can the chain's.
const LAPSES: &str = r#"
[facts]
lapse_on = "coalesce(scrapped_on, bought_on + 200)"
missed = "count(*) filter (where task.state = 'missed')"

[[visit]]
id = "first_check"
change = "alter"
lapses_on = "lapse_on"

[[rule]]
id = "worn_chain"
change = "alter"
task = { lapses_on = "lapse_on" }
"#;

#[test]
fn what_is_overdue_when_its_time_is_over_is_missed() {
    let head = "id = \"lapsing\"\nversion = \"1\"\ntitle = { zh = \"过期\", en = \"Lapsing\" }\nextends = \"mini\"\n";
    let over = written(
        "lapsing",
        &[("pack.toml", head), ("bicycle/changes.toml", LAPSES)],
    );
    let pack = load(&[files("mini"), over]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let program = &pack.programs[0];
    let bought = 1000;
    let record = |id: u128, form: &str, on: i32, values: &[(&str, Value)]| {
        let ix = program.form_ix(form).unwrap();
        let mut record = Encounter {
            id,
            form: ix,
            occurred_on: DayNumber(on),
            recorded_at_ms: i64::from(on) * DAY_MS,
            recorded_org: None,
            values: vec![Value::Null; program.form(ix).fields.len()],
            groups: vec![Vec::new(); program.form(ix).groups.len()],
        };
        for (name, value) in values {
            record.values[program.form(ix).field(name).unwrap().get()] = value.clone();
        }
        record
    };
    let worn = Value::Code(
        program.form(program.form_ix("service").unwrap()).fields[2]
            .codes
            .as_ref()
            .and_then(|set| set.codes.iter().position(|code| &*code.code == "much"))
            .and_then(|at| u16::try_from(at).ok())
            .unwrap(),
    );
    let scrapped = [
        ("scrapped", Value::Boolean(true)),
        ("pressure_bar", Value::Null),
    ];
    // `today` is given in days after the purchase, too.
    let check = |records: &[Said<'_>], today: i32, expected: &str| {
        let mut encounters = vec![record(1, "sale", bought, &[])];
        for (number, (form, on, values)) in records.iter().enumerate() {
            encounters.push(record(number as u128 + 2, form, bought + on, values));
        }
        let history = History {
            encounters,
            ..History::default()
        };
        let outcome = replay(program, &history);
        let tasks = outcome.tasks.iter().filter(|task| {
            task.key == "visit:first_check" || task.key.starts_with("rule:worn_chain")
        });
        let tasks: Vec<String> = tasks
            .map(|task| {
                let name = if task.key.starts_with("visit") {
                    "check"
                } else {
                    "chain"
                };
                let state = match task.state {
                    TaskState::Open if task.is_missed(DayNumber(bought + today)) => "missed",
                    TaskState::Open => "open",
                    TaskState::Done { .. } => "done",
                    TaskState::Cancelled => "cancelled",
                };
                format!("{name} {state}")
            })
            .collect();
        let Value::Number(missed) = outcome.fact(program, program.fact_ix("missed").unwrap())
        else {
            panic!("a count");
        };
        assert_eq!(
            format!("{}; facts count {missed}", tasks.join(", ")),
            expected,
            "on day {today}"
        );
    };
    // Never seen again: overdue from day 41, missed from day 200. Facts know only the days of records.
    check(&[], 30, "check open; facts count 0");
    check(&[], 41, "check open; facts count 0");
    check(&[], 199, "check open; facts count 0");
    check(&[], 200, "check missed; facts count 0");
    // A record after that day: the facts know it, too. One on the day itself is enough, one before is not.
    check(&[("service", 199, &[])], 199, "check open; facts count 0");
    check(&[("service", 200, &[])], 200, "check missed; facts count 1");
    // Closing ends it like its own day: what was overdue is missed, what was not yet is cancelled.
    check(
        &[("service", 60, &scrapped)],
        60,
        "check missed; facts count 1",
    );
    check(
        &[("service", 41, &scrapped)],
        41,
        "check missed; facts count 1",
    );
    check(
        &[("service", 40, &scrapped)],
        40,
        "check cancelled; facts count 0",
    );
    check(
        &[("service", 10, &scrapped)],
        300,
        "check cancelled; facts count 0",
    );
    // Filled late in the records, though of a day within the window, it is done.
    let pumped = [("pressure_bar", Value::Number(40))];
    check(
        &[("service", 40, &pumped)],
        300,
        "check done; facts count 0",
    );
    // The task of a rule: due ten days after the clock's start, and a repetition that would fall due after the end is not begun.
    let chain = [
        ("chain_wear", worn.clone()),
        ("pressure_bar", Value::Number(40)),
    ];
    check(
        &[("service", 30, &chain)],
        199,
        "check done, chain open; facts count 0",
    );
    check(
        &[("service", 30, &chain)],
        200,
        "check done, chain missed; facts count 0",
    );
    check(
        &[("service", 195, &chain)],
        300,
        "check missed, chain cancelled; facts count 0",
    );
    check(
        &[("service", 30, &chain), ("service", 180, &chain)],
        300,
        "check done, chain done; facts count 0",
    );
}
