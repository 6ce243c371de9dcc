//! A replay depends on the records alone.

use std::fmt::Write as _;
use std::sync::LazyLock;

use fuyou_expr::{CodeSet, Value};
use fuyou_kernel::{Date, DayNumber, Span};
use proptest::prelude::*;

use super::fixture::{files, messages, mini, read_folder, with};
use crate::cases::histories;
use crate::model::{Program, ReferralIx};
use crate::replay::{
    Completion, Due, Encounter, History, Outcome, Referral, ReferralState, Replaying, Room, Task,
    TaskState, replay, replay_and_pause, replay_on,
};
use crate::scope::FormOuter;
use crate::{Pack, load};

static MINI: LazyLock<Pack> = LazyLock::new(mini);
static EAGER: LazyLock<Pack> = LazyLock::new(|| eager(mini()));

/// A pack whose replay computes every step after every record, whatever changed.
fn eager(mut pack: Pack) -> Pack {
    for program in &mut pack.programs {
        program.plan.make_eager();
    }
    pack
}

const DAY_MS: i64 = 86_400_000;
/// 2026-01-01.
const START: i32 = 20_454;

fn optional(values: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), values].boxed()
}

/// A record of any form with any values; most are services.
fn encounter(program: &'static Program) -> impl Strategy<Value = Encounter> {
    let form = prop_oneof![1 => Just("sale"), 6 => Just("service"), 2 => Just("report")];
    let values = (
        optional((0i64..60).prop_map(Value::Number)),
        optional((0u16..3).prop_map(Value::Code)),
        optional(
            proptest::collection::btree_set(0u16..4, 0..3)
                .prop_map(|codes| Value::Codes(codes.into_iter().collect::<CodeSet>())),
        ),
        optional(any::<bool>().prop_map(Value::Boolean)),
        prop_oneof![9 => Just(Value::Null), 1 => Just(Value::Boolean(true))],
        proptest::collection::vec(optional((0i64..5).prop_map(Value::Number)), 0..3),
    );
    (form, 0i32..500, 0i64..4, values, 0u8..2).prop_map(move |(form, day, late, values, org)| {
        let form = program.form_ix(form).unwrap();
        let definition = program.form(form);
        let (pressure, wear, faults, lock, scrapped, wheels) = values;
        let mut row = vec![Value::Null; definition.fields.len()];
        for (name, value) in [
            ("pressure_bar", pressure),
            ("chain_wear", wear),
            ("faults", faults),
            ("lock_broken", lock),
            ("scrapped", scrapped),
        ] {
            if let Some(field) = definition.field(name) {
                row[field.get()] = value;
            }
        }
        let groups = definition.groups.iter().map(|_| {
            wheels
                .iter()
                .map(|loose| vec![loose.clone(), Value::Null])
                .collect()
        });
        Encounter {
            id: 0,
            form,
            occurred_on: DayNumber(START + day),
            recorded_at_ms: (i64::from(START + day) + late) * DAY_MS,
            recorded_org: Some(["T1", "T2"][usize::from(org)].into()),
            values: row,
            groups: groups.collect(),
        }
    })
}

fn history(program: &'static Program) -> impl Strategy<Value = History> {
    let referral =
        (0i32..500, proptest::option::of(0i32..20)).prop_map(|(sent, arrived)| Referral {
            id: 0,
            kind: ReferralIx::new(0),
            state: if arrived.is_some() {
                ReferralState::Arrived
            } else {
                ReferralState::Sent
            },
            sent_on: Some(DayNumber(START + sent)),
            arrived_on: arrived.map(|days| DayNumber(START + sent + days)),
            feedback_on: None,
        });
    let records = proptest::collection::vec(encounter(program), 0..9);
    (records, proptest::collection::vec(referral, 0..2)).prop_map(
        |(mut encounters, mut referrals)| {
            for (position, encounter) in encounters.iter_mut().enumerate() {
                encounter.id = position as u128;
            }
            for (position, referral) in referrals.iter_mut().enumerate() {
                referral.id = position as u128;
            }
            History {
                encounters,
                referrals,
                utc_offset_minutes: 480,
                org: Some("T1".into()),
                ..History::default()
            }
        },
    )
}

/// An outcome as text, with encounters called by their ids instead of their places.
fn told(program: &Program, history: &History, outcome: &Outcome) -> String {
    let mut text = String::new();
    let id = |position: usize| {
        history
            .encounters
            .get(position)
            .map(|encounter| encounter.id)
    };
    for (name, value) in program.row_columns().zip(&outcome.row) {
        writeln!(text, "{} = {value:?}", name.name).unwrap();
    }
    writeln!(
        text,
        "{:?} {:?} {:?} {} {:?}",
        outcome.level, outcome.marks, outcome.scores, outcome.closed, outcome.closed_on
    )
    .unwrap();
    for hit in &outcome.hits {
        writeln!(
            text,
            "{:?} since {} by {:?} until {:?} {}",
            hit.rule,
            hit.since_ms,
            id(hit.by),
            hit.until_ms,
            hit.replaced
        )
        .unwrap();
    }
    for task in &outcome.tasks {
        let state = match task.state {
            TaskState::Done { on, by, on_time } => {
                format!("done {on:?} {:?} {on_time}", by.map(id))
            }
            TaskState::Open => "open".to_owned(),
            TaskState::Cancelled => "cancelled".to_owned(),
        };
        writeln!(
            text,
            "{} {:?} {:?} {:?} {state} {:?} {:?}",
            task.key, task.owner, task.from, task.due, task.lapses_on, task.escalations
        )
        .unwrap();
    }
    let mut encounters: Vec<_> = history.encounters.iter().zip(&outcome.encounters).collect();
    encounters.sort_by_key(|(encounter, _)| encounter.id);
    for (encounter, outcome) in encounters {
        writeln!(text, "{} {outcome:?}", encounter.id).unwrap();
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_order_of_arrival_does_not_matter(history in history(&MINI.programs[0]), seed in any::<u64>()) {
        let program = &MINI.programs[0];
        let mut other = history.clone();
        let len = other.encounters.len().max(1);
        other.encounters.rotate_left(seed as usize % len);
        if seed % 2 == 1 {
            other.encounters.reverse();
            other.referrals.reverse();
        }
        let (one, two) = (replay(program, &history), replay(program, &other));
        prop_assert_eq!(told(program, &history, &one), told(program, &other, &two));
    }

    #[test]
    fn replaying_twice_is_the_same_and_voiding_is_never_having_been(history in history(&MINI.programs[0]), extra in encounter(&MINI.programs[0])) {
        let program = &MINI.programs[0];
        let before = told(program, &history, &replay(program, &history));
        let mut with = history.clone();
        with.encounters.push(Encounter { id: 99, ..extra });
        replay(program, &with);
        with.encounters.retain(|encounter| encounter.id != 99);
        prop_assert_eq!(before, told(program, &with, &replay(program, &with)));
    }

    #[test]
    fn skipping_what_cannot_have_changed_changes_nothing(history in history(&MINI.programs[0])) {
        let (lazy, eager) = (&MINI.programs[0], &EAGER.programs[0]);
        prop_assert_eq!(told(lazy, &history, &replay(lazy, &history)), told(eager, &history, &replay(eager, &history)));
    }

    #[test]
    fn going_on_is_beginning_anew(history in history(&MINI.programs[0]), turn in any::<usize>()) {
        let program = &MINI.programs[0];
        goes_on(program, &history, usize::MAX);
        // Records come in another order than they happened, and what is given stands in any order.
        let mut other = history.clone();
        let len = other.encounters.len().max(1);
        other.encounters.rotate_left(turn % len);
        goes_on(program, &other, usize::MAX);
        let without = History { referrals: Vec::new(), ..other };
        goes_on(program, &without, usize::MAX);
    }

    #[test]
    fn an_earlier_story_is_that_of_the_earlier_records(history in history(&MINI.programs[0])) {
        // What was known after the last record but one is what a replay without the last one says now.
        let program = &MINI.programs[0];
        let outcome = replay(program, &history);
        let last = (0..history.encounters.len()).max_by_key(|position| {
            let encounter = &history.encounters[*position];
            (encounter.occurred_on, encounter.recorded_at_ms, encounter.id)
        });
        let Some(last) = last else { return Ok(()) };
        let mut before = History { referrals: Vec::new(), ..history.clone() };
        let whole = replay(program, &before);
        before.encounters.remove(last);
        let shorter = replay(program, &before);
        for (encounter, story) in before.encounters.iter().zip(&shorter.encounters) {
            let position = history.encounters.iter().position(|other| other.id == encounter.id).unwrap();
            prop_assert_eq!(&whole.encounters[position].rules, &story.rules);
            prop_assert_eq!(whole.encounters[position].level, story.level);
            prop_assert_eq!(&whole.encounters[position].scores, &story.scores);
        }
        prop_assert_eq!(outcome.encounters.len(), history.encounters.len());
    }

    #[test]
    fn visits_are_filled_once_and_repetitions_never_overlap(history in history(&MINI.programs[0])) {
        let program = &MINI.programs[0];
        let outcome = replay(program, &history);
        let mut filled: Vec<_> = outcome.encounters.iter().filter_map(|encounter| encounter.visit).collect();
        let count = filled.len();
        filled.sort_unstable();
        filled.dedup();
        prop_assert_eq!(filled.len(), count);
        let yearly: Vec<&Task> = outcome.tasks.iter().filter(|task| task.key.starts_with("visit:yearly")).collect();
        for pair in yearly.windows(2) {
            let Due::On(to) = pair[0].due else { panic!("a visit is due on a day") };
            prop_assert!(to < pair[1].from);
        }
        let mut keys: Vec<&str> = outcome.tasks.iter().map(|task| task.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), outcome.tasks.len());
    }
}

/// Compares what forms read of two facts rows.
fn reads_alike(program: &Program, one: &[Value], other: &[Value]) {
    for form in &program.forms {
        for slot in &form.reads {
            if let FormOuter::Row(slot) = form.outer[usize::from(slot.0)] {
                let at = usize::from(slot.0);
                assert_eq!(one[at], other[at], "{} reads column {at}", form.id);
            }
        }
    }
}

/// Takes in one encounter after the other, keeping the replay, and compares with a replay of all of them after each of
/// the last ones.
fn goes_on(program: &Program, history: &History, last: usize) {
    let told = |history: &History, outcome: &Outcome| told(program, history, outcome);
    let mut seen = History {
        encounters: Vec::new(),
        ..history.clone()
    };
    let (_, mut paused) = replay_and_pause(program, &seen);
    let start = seen.clone();
    let room = Room::new(&start, history.encounters.len());
    let mut stepwise = Replaying::new(program, &start, &room);
    for (at, encounter) in history.encounters.iter().enumerate() {
        let mut next = seen.clone();
        next.encounters.push(encounter.clone());
        let (outcome, kept) = replay_on(program, (&seen, &paused), &next);
        stepwise.push(encounter.clone());
        if history.encounters.len() - at <= last {
            let whole = replay(program, &next);
            assert_eq!(told(&next, &outcome), told(&next, &whole));
            reads_alike(program, stepwise.row(), &whole.row);
        }
        // Read back, the records stand in the order of their ids.
        next.encounters.sort_by_key(|encounter| encounter.id);
        (seen, paused) = (next, kept);
    }
    if let Some((own, outcome)) = stepwise.finish(history) {
        assert!(history.referrals.is_empty());
        assert_eq!(own.encounters, history.encounters);
        assert_eq!(
            told(history, &outcome),
            told(history, &replay(program, history))
        );
    } else {
        assert!(!history.referrals.is_empty() || history.encounters.is_empty());
    }
}

fn date(text: &str) -> DayNumber {
    DayNumber::from(text.parse::<Date>().unwrap())
}

/// A sale on 2026-01-01 and services on the days given, with a pressure in tenths of a bar.
fn served(program: &Program, services: &[(&str, i64)]) -> History {
    let record = |id: usize, form: &str, on: &str, pressure: i64| {
        let form = program.form_ix(form).unwrap();
        let mut values = vec![Value::Null; program.form(form).fields.len()];
        if let Some(field) = program.form(form).field("pressure_bar") {
            values[field.get()] = Value::Number(pressure);
        }
        Encounter {
            id: id as u128,
            form,
            occurred_on: date(on),
            recorded_at_ms: i64::from(date(on).0) * DAY_MS,
            recorded_org: None,
            groups: vec![Vec::new(); program.form(form).groups.len()],
            values,
        }
    };
    let mut encounters = vec![record(0, "sale", "2026-01-01", 0)];
    encounters.extend(
        services
            .iter()
            .enumerate()
            .map(|(n, (on, pressure))| record(n + 1, "service", on, *pressure)),
    );
    History {
        encounters,
        ..History::default()
    }
}

fn state_of(outcome: &Outcome, key: &str) -> String {
    let task = outcome.tasks.iter().find(|task| task.key.contains(key));
    task.map_or_else(
        || "none".to_owned(),
        |task| {
            format!("{:?}", task.state)
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        },
    )
}

#[test]
fn the_first_free_window_takes_the_record() {
    let program = &MINI.programs[0];
    let check = |services: &[(&str, i64)], expected: &[Option<usize>]| {
        let outcome = replay(program, &served(program, services));
        let filled: Vec<Option<usize>> = outcome.encounters[1..]
            .iter()
            .map(|encounter| encounter.visit.map(|visit| visit.get()))
            .collect();
        assert_eq!(filled, expected, "{services:?}");
    };
    check(&[("2026-01-20", 40)], &[None]);
    check(&[("2026-01-21", 40)], &[Some(0)]);
    check(&[("2026-02-10", 40)], &[Some(0)]);
    check(&[("2026-02-11", 40)], &[None]);
    check(&[("2026-01-25", 40), ("2026-01-26", 40)], &[Some(0), None]);
    check(&[("2026-01-26", 40), ("2026-01-25", 40)], &[None, Some(0)]);
    check(&[("2026-12-31", 40)], &[None]);
    check(&[("2027-01-01", 40)], &[Some(1)]);
    check(
        &[("2027-02-01", 40), ("2028-01-01", 40)],
        &[Some(1), Some(2)],
    );
}

#[test]
fn clocks_of_rules_start_stop_and_start_again() {
    let program = &MINI.programs[0];
    let rule = program.rule_ix("flat_tyre").unwrap();
    let services = [
        ("2026-01-05", 5),
        ("2026-01-06", 40),
        ("2026-01-07", 5),
        ("2026-01-08", 4),
    ];
    let outcome = replay(program, &served(program, &services));
    let hits: Vec<(usize, bool)> = outcome
        .hits
        .iter()
        .filter(|hit| hit.rule == rule)
        .map(|hit| (hit.by, hit.until_ms.is_none()))
        .collect();
    assert_eq!(hits, [(1, false), (3, true)]);
    let levels: Vec<Option<usize>> = outcome
        .encounters
        .iter()
        .map(|encounter| encounter.level)
        .collect();
    assert_eq!(levels, [None, Some(2), Some(0), Some(2), Some(2)]);
    let reports: Vec<String> = outcome
        .tasks
        .iter()
        .filter(|task| task.key.starts_with("rule:report_red"))
        .map(|task| format!("{} {:?} {:?}", task.key, task.due, task.state))
        .collect();
    let start = |on: &str| i64::from(date(on).0) * DAY_MS;
    let (first, second) = (start("2026-01-05"), start("2026-01-07"));
    assert_eq!(
        reports,
        [
            format!("rule:report_red@{first}#1 At({}) Cancelled", first + DAY_MS),
            format!("rule:report_red@{second}#1 At({}) Open", second + DAY_MS),
        ]
    );
}

#[test]
fn a_hand_marks_a_task_done() {
    let program = &MINI.programs[0];
    let mut history = served(program, &[("2026-01-05", 5)]);
    let start = i64::from(date("2026-01-05").0) * DAY_MS;
    assert_eq!(state_of(&replay(program, &history), "report_red"), "Open");
    for (at, on_time) in [(start + DAY_MS, true), (start + DAY_MS + 1, false)] {
        history.completions = vec![Completion {
            key: format!("rule:report_red@{start}#1"),
            at_ms: at,
        }];
        let outcome = replay(program, &history);
        let task = outcome
            .tasks
            .iter()
            .find(|task| task.key.starts_with("rule:report_red"))
            .unwrap();
        assert_eq!(
            task.state,
            TaskState::Done {
                on: date("2026-01-06"),
                by: None,
                on_time
            }
        );
    }
}

#[test]
fn a_record_does_a_task_by_what_it_makes_true() {
    let program = &MINI.programs[0];
    let states = |history: &History| -> String {
        let outcome = replay(program, history);
        let tasks = outcome.tasks.iter();
        let pumped = tasks.filter(|task| task.key.starts_with("rule:pump"));
        let states = pumped.map(|task| match task.state {
            TaskState::Done { on, by, on_time } => {
                format!("done {on:?} by {by:?} {on_time}", on = on.0)
            }
            TaskState::Open => "open".to_owned(),
            TaskState::Cancelled => "cancelled".to_owned(),
        });
        states.collect::<Vec<_>>().join(", ")
    };
    let check = |services: &[(&str, i64)], expected: &str| {
        assert_eq!(states(&served(program, services)), expected, "{services:?}");
    };
    let day = |on: &str| date(on).0;
    let soft = ("2026-01-05", 19);
    check(&[("2026-01-05", 20)], "");
    check(&[soft], "open");
    // The rule stops, and nothing did what was to be done.
    check(&[soft, ("2026-01-06", 24)], "cancelled");
    let done = format!("done {} by Some(2) true", day("2026-01-06"));
    check(&[soft, ("2026-01-06", 25)], &done);
    let late = format!("done {} by Some(2) false", day("2026-01-11"));
    check(&[soft, ("2026-01-11", 25)], &late);
    // What comes later neither undoes it nor does it once more; a new clock has a task of its own.
    check(&[soft, ("2026-01-06", 25), ("2026-01-07", 30)], &done);
    let again = format!("{done}, open");
    check(&[soft, ("2026-01-06", 25), ("2026-01-07", 10)], &again);
    // A later pressure does nothing for a clock that stopped before.
    check(&[soft, ("2026-01-06", 24), ("2026-01-07", 30)], "cancelled");

    let mut ended = served(program, &[soft]);
    ended.ended_on = Some(date("2026-01-08"));
    assert_eq!(states(&ended), "cancelled");
}

#[test]
fn what_ends_from_outside_ends_on_the_earlier_day() {
    let program = &MINI.programs[0];
    let check = |scrapped: Option<&str>, ended: Option<&str>, expected: Option<&str>| {
        let services: Vec<(&str, i64)> = scrapped.map(|on| (on, 40)).into_iter().collect();
        let mut history = served(program, &services);
        let form = program.form_ix("service").unwrap();
        let field = program.form(form).field("scrapped").unwrap();
        for record in history.encounters.iter_mut().skip(1) {
            record.values[field.get()] = Value::Boolean(true);
        }
        history.ended_on = ended.map(date);
        let outcome = replay(program, &history);
        assert_eq!(outcome.closed, expected.is_some());
        assert_eq!(outcome.closed_on, expected.map(date));
        let open = |task: &&Task| task.state == TaskState::Open;
        assert_eq!(
            outcome.tasks.iter().any(|task| open(&task)),
            expected.is_none()
        );
    };
    check(None, None, None);
    check(None, Some("2026-01-08"), Some("2026-01-08"));
    check(Some("2026-01-06"), None, Some("2026-01-06"));
    check(Some("2026-01-06"), Some("2026-01-08"), Some("2026-01-06"));
    check(Some("2026-01-09"), Some("2026-01-08"), Some("2026-01-08"));
}

#[test]
fn no_record_at_all() {
    let program = &MINI.programs[0];
    let outcome = replay(program, &History::default());
    assert_eq!(
        (
            outcome.level,
            outcome.closed,
            outcome.tasks.len(),
            outcome.hits.len()
        ),
        (None, false, 0, 0)
    );
    assert_eq!(
        *outcome.fact(program, program.fact_ix("services").unwrap()),
        Value::Number(0)
    );
}

#[test]
fn escalations_count_from_the_end_of_the_day_or_the_instant() {
    let program = &MINI.programs[0];
    let mut history = served(program, &[("2026-01-05", 5)]);
    history.utc_offset_minutes = 480;
    let outcome = replay(program, &history);
    let escalation = |key: &str| {
        outcome
            .tasks
            .iter()
            .find(|task| task.key.starts_with(key))
            .unwrap()
            .escalations
            .clone()
    };
    let end = |on: &str| (i64::from(date(on).0) + 1) * DAY_MS - 8 * 3_600_000;
    assert_eq!(escalation("visit:first_check")[0].0, end("2026-02-17"));
    assert_eq!(
        escalation("rule:report_red")[0].0,
        (i64::from(date("2026-01-05").0) + 1) * DAY_MS
    );
}

#[test]
fn repeated_windows_add_months_before_they_clamp() {
    let text = "[[visit]]\nid = \"monthly\"\ntitle = { zh = \"月\", en = \"Monthly\" }\nform = \"service\"\nanchor = \"bought_on\"\nfrom = \"1mo\"\nto = \"1mo\"\nevery = \"1mo\"\ntimes = 3\n";
    let pack = load(&[with(files("mini"), &[("bicycle/more.toml", text)])]);
    let pack = pack.unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    let program = &pack.programs[0];
    let mut history = served(program, &[]);
    history.encounters[0].occurred_on = date("2026-11-30");
    let days: Vec<String> = replay(program, &history)
        .tasks
        .iter()
        .filter(|task| task.key.starts_with("visit:monthly"))
        .map(|task| Date::try_from(task.from).unwrap().to_string())
        .collect();
    assert_eq!(days, ["2026-12-30", "2027-01-30", "2027-02-28"]);
    let third = program
        .visits
        .iter()
        .find(|visit| &*visit.id == "monthly#3")
        .unwrap();
    assert_eq!(third.shift, Some((Span::Months(1), 2)));
}

/// The packs of this project are larger than the small one: their golden histories try every step, too.
#[test]
fn skipping_changes_nothing_in_the_packs_of_the_project() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/cn");
    if !folder.is_dir() {
        println!("skipped: there is no packs/cn");
        return;
    }
    let layers = [read_folder(&folder, "packs/cn")];
    let lazy = load(&layers).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    let eager = eager(load(&layers).unwrap());
    let pairs = histories(&lazy).zip(histories(&eager));
    for (at, ((program, history), (other, same))) in pairs.enumerate() {
        let (one, two) = (replay(program, history), replay(other, same));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        // Without its last record too: what waits until the end is then computed in the middle.
        let mut shorter = history.clone();
        shorter.encounters.pop();
        let (one, two) = (replay(program, &shorter), replay(other, &shorter));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        // Going on takes as many replays as there are records.
        if at % 4 == 0 {
            let without = History {
                referrals: Vec::new(),
                ..history.clone()
            };
            goes_on(program, history, 2);
            goes_on(program, &without, 2);
        }
    }
}
