//! Records while they are typed.

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Secrecy};

use super::fixture::{files, mini, with};
use crate::input::read_input;
use crate::model::{At, FormIx, Program, Severity};
use crate::record::{Cell, Checked, Draft, check_record, prefill, record_secrecy};
use crate::replay::{Encounter, History, replay};

fn day(text: &str) -> DayNumber {
    DayNumber::from(text.parse::<Date>().unwrap())
}

fn encounter(program: &Program, form: &str, on: &str, values: &[(&str, &str)]) -> Encounter {
    let (ix, draft) = draft(program, form, on, values);
    let at = i64::from(day(on).0) * 86_400_000;
    Encounter {
        id: 1,
        form: ix,
        occurred_on: day(on),
        recorded_at_ms: at,
        recorded_org: None,
        values: draft.values,
        groups: draft.groups,
    }
}

fn draft(program: &Program, form: &str, on: &str, values: &[(&str, &str)]) -> (FormIx, Draft) {
    let ix = program.form_ix(form).unwrap();
    let mut draft = Draft::new(program, ix);
    draft.occurred_on = (!on.is_empty()).then(|| day(on));
    for (name, text) in values {
        let field = program.form(ix).field(name).unwrap();
        draft.values[field.get()] =
            read_input(&program.form(ix).fields[field.get()], text).unwrap();
    }
    (ix, draft)
}

fn bought(program: &Program) -> History {
    let sale = encounter(program, "sale", "2026-01-01", &[("frame_cm", "55")]);
    let service = encounter(program, "service", "2026-01-25", &[("pressure_bar", "4")]);
    History {
        encounters: vec![sale, service],
        ..History::default()
    }
}

/// `refuse pressure_bar hard; confirm …`
fn findings(program: &Program, form: FormIx, checked: &Checked) -> String {
    let form = program.form(form);
    let place = |at: &At| match at {
        At::OccurredOn => "occurred_on".to_owned(),
        At::Field(field) => form.fields[field.get()].id.to_string(),
        At::Group(group) => form.groups[group.get()].id.to_string(),
        At::Cell(group, row, field) => {
            format!(
                "{}[{row}].{}",
                form.groups[group.get()].id,
                form.groups[group.get()].fields[field.get()].id
            )
        }
    };
    let one = |finding: &crate::record::Finding| {
        let word = if finding.severity == Severity::Refuse {
            "refuse"
        } else {
            "confirm"
        };
        format!(
            "{word} {} {}",
            finding.at.iter().map(place).collect::<Vec<_>>().join("+"),
            finding.kind
        )
    };
    checked
        .findings
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn what_a_form_finds() {
    let pack = mini();
    let program = &pack.programs[0];
    let history = bought(program);
    let outcome = replay(program, &history);
    let check = |on: &str, values: &[(&str, &str)], expected: &str| {
        let (form, draft) = draft(program, "service", on, values);
        let checked = check_record(program, form, &history, &outcome, &draft, day("2026-03-01"));
        assert_eq!(
            findings(program, form, &checked),
            expected,
            "{on} {values:?}"
        );
        assert_eq!(checked.is_storable(), !expected.contains("refuse"));
    };
    check("2026-02-01", &[], "");
    check("", &[], "refuse occurred_on required");
    check("2026-03-01", &[], "");
    check("2026-03-02", &[], "refuse occurred_on future");
    check("2026-01-01", &[], "");
    check("2025-12-31", &[], "refuse occurred_on hard");
    check("2026-02-01", &[("pressure_bar", "2.5")], "");
    check(
        "2026-02-01",
        &[("pressure_bar", "2.4")],
        "confirm pressure_bar soft",
    );
    check("2026-02-01", &[("pressure_bar", "6.0")], "");
    check(
        "2026-02-01",
        &[("pressure_bar", "6.1")],
        "confirm pressure_bar soft",
    );
    check(
        "2026-02-01",
        &[("pressure_bar", "10")],
        "confirm pressure_bar soft",
    );
    check(
        "2026-02-01",
        &[("pressure_bar", "10.1")],
        "refuse pressure_bar hard",
    );
    check(
        "2026-02-01",
        &[("pressure_bar", "-0.1")],
        "refuse pressure_bar hard",
    );
    check(
        "2026-02-01",
        &[("chain_wear", "much")],
        "refuse chain_length_mm required",
    );
    check(
        "2026-02-01",
        &[("chain_wear", "much"), ("chain_length_mm", "99")],
        "refuse chain_length_mm hard",
    );
    check(
        "2026-02-01",
        &[("chain_wear", "much"), ("chain_length_mm", "100")],
        "",
    );
    check(
        "2026-02-01",
        &[("chain_wear", "some"), ("chain_length_mm", "99")],
        "",
    );
    check(
        "2026-02-01",
        &[("faults", "none,brake")],
        "refuse faults exclusive",
    );
    check(
        "2026-02-01",
        &[("scrapped", "yes"), ("faults", "|")],
        "refuse scrapped+faults scrapped_has_fault",
    );
    check("2026-02-01", &[("scrapped", "yes")], "");
    check(
        "2026-02-01",
        &[("age_shown", "9999999999999")],
        "refuse age_shown hard",
    );
    check(
        "2026-02-01",
        &[("next_on", "2026-02-01")],
        "refuse next_on hard",
    );
}

#[test]
fn hidden_fields_hold_nothing_and_computed_ones_are_computed() {
    let pack = mini();
    let program = &pack.programs[0];
    let history = bought(program);
    let outcome = replay(program, &history);
    let values = [
        ("pressure_bar", "3.3"),
        ("chain_wear", "some"),
        ("chain_length_mm", "1400"),
    ];
    let (form, draft) = draft(program, "service", "2026-02-10", &values);
    let checked = check_record(program, form, &history, &outcome, &draft, day("2026-03-01"));
    let definition = program.form(form);
    let value = |name: &str| checked.draft.values[definition.field(name).unwrap().get()].clone();
    let shown = |name: &str| checked.shown[definition.field(name).unwrap().get()];
    assert_eq!(
        (value("pressure_kpa"), value("chain_length_mm")),
        (Value::Number(330), Value::Null)
    );
    assert_eq!(
        (shown("pressure_kpa"), shown("chain_length_mm")),
        (true, false)
    );
    assert_eq!(checked.derived, [Value::Number(40), Value::Boolean(false)]);
}

#[test]
fn rows_of_a_group() {
    let pack = mini();
    let program = &pack.programs[0];
    let history = bought(program);
    let outcome = replay(program, &history);
    let check = |rows: &[[Value; 2]], expected: &str| {
        let (form, mut draft) = draft(program, "service", "2026-02-10", &[]);
        draft.groups[0] = rows.iter().map(|row| row.to_vec()).collect();
        let checked = check_record(program, form, &history, &outcome, &draft, day("2026-03-01"));
        assert_eq!(findings(program, form, &checked), expected, "{rows:?}");
    };
    let (yes, no) = (Value::Boolean(true), Value::Boolean(false));
    let loose = |number: i64| Value::Number(number);
    check(&[], "");
    check(&[[loose(0), Value::Null]], "");
    check(
        &[[Value::Null, yes.clone()]],
        "refuse wheel[0].spokes_loose required",
    );
    check(
        &[[loose(0), no.clone()], [loose(37), yes.clone()]],
        "refuse wheel[1].spokes_loose hard",
    );
    check(
        &[[loose(0), no.clone()], [loose(10), no.clone()]],
        "confirm wheel[1].repaired many_loose",
    );
    check(&[[loose(9), no], [loose(10), yes]], "");
    check(
        &[
            [loose(0), Value::Null],
            [loose(0), Value::Null],
            [loose(0), Value::Null],
        ],
        "refuse wheel rows",
    );
}

/// A form whose group hides fields by their row, with everything a field and a check can say.
const TRIP: &str = r#"
id = "trip"
title = { zh = "骑行", en = "Trip" }

[[group]]
id = "stage"
title = { zh = "路段", en = "Stage" }
max = 5

[[group.field]]
id = "road"
label = { zh = "路况", en = "Road" }
type = "code(wear)"

[[group.field]]
id = "repairs"
label = { zh = "修理次数", en = "Repairs" }
type = "integer"
show_if = "road = 'much'"
required = "road = 'much'"
hard = [1, 9]
soft = [1, 3]

[[group.field]]
id = "repairs_double"
label = { zh = "修理次数×2", en = "Repairs twice" }
type = "integer"
show_if = "repairs > 1"
compute = "repairs * 2"

[[group.check]]
id = "has_repairs"
that = "coalesce(repairs, 0) > 0"
severity = "refuse"
message = { zh = "应有修理", en = "Repairs are expected" }
at = ["repairs"]

[[check]]
id = "some_repairs"
that = "coalesce(sum(stage.repairs), 0) < 8"
severity = "confirm"
message = { zh = "修理很多", en = "Many repairs" }
at = ["stage"]
"#;

#[test]
fn nothing_is_said_about_hidden_fields_of_a_row() {
    let pack = crate::load(&[with(files("mini"), &[("bicycle/forms/trip.toml", TRIP)])]).unwrap();
    let program = &pack.programs[0];
    let history = bought(program);
    let outcome = replay(program, &history);
    let field = program.form_ix("trip").unwrap();
    let roads = program.form(field).groups[0].fields[0].codes.as_ref();
    let road = |code: &str| {
        let at = roads
            .unwrap()
            .codes
            .iter()
            .position(|one| &*one.code == code);
        Value::Code(u16::try_from(at.unwrap()).unwrap())
    };
    let check = |code: &str, repairs: Option<i64>, expected: &str| {
        let (form, mut draft) = draft(program, "trip", "2026-02-10", &[]);
        let repairs = repairs.map_or(Value::Null, Value::Number);
        draft.groups[0] = vec![vec![road(code), repairs, Value::Null]];
        let checked = check_record(program, form, &history, &outcome, &draft, day("2026-03-01"));
        let cells: Vec<&str> = checked.cells[0][0]
            .iter()
            .map(|cell| match cell {
                Cell::Hidden => "hidden",
                Cell::Optional => "optional",
                Cell::Required => "required",
            })
            .collect();
        let kept: Vec<String> = checked.draft.groups[0][0][1..]
            .iter()
            .map(|value| match value {
                Value::Number(number) => number.to_string(),
                _ => "-".to_owned(),
            })
            .collect();
        let found = format!(
            "{} | {} | {}",
            cells[1..].join(" "),
            kept.join(" "),
            findings(program, form, &checked)
        );
        assert_eq!(
            found,
            expected,
            "{code} {repairs:?}",
            repairs = draft.groups
        );
    };
    // Hidden: what was typed is emptied, and neither limits, requirement nor checks speak of it.
    check("some", None, "hidden hidden | - - | ");
    check("some", Some(0), "hidden hidden | - - | ");
    check("some", Some(99), "hidden hidden | - - | ");
    // Shown: they all do.
    check(
        "much",
        None,
        "required hidden | - - | refuse stage[0].repairs required; refuse stage[0].repairs has_repairs",
    );
    check("much", Some(1), "required hidden | 1 - | ");
    check("much", Some(3), "required optional | 3 6 | ");
    check(
        "much",
        Some(4),
        "required optional | 4 8 | confirm stage[0].repairs soft",
    );
    check(
        "much",
        Some(0),
        "required hidden | 0 - | refuse stage[0].repairs hard; refuse stage[0].repairs has_repairs",
    );
    check(
        "much",
        Some(10),
        "required optional | 10 20 | refuse stage[0].repairs hard; confirm stage some_repairs",
    );
}

#[test]
fn what_a_form_proposes() {
    let pack = mini();
    let program = &pack.programs[0];
    let history = bought(program);
    let outcome = replay(program, &history);
    let form = program.form_ix("service").unwrap();
    let draft = prefill(
        program,
        form,
        &history,
        &outcome,
        day("2026-02-10"),
        day("2026-03-01"),
    );
    let value = |name: &str| draft.values[program.form(form).field(name).unwrap().get()].clone();
    assert_eq!(
        (
            value("pressure_bar"),
            value("pressure_kpa"),
            value("age_shown")
        ),
        (Value::Number(40), Value::Number(400), Value::Number(40))
    );
}

#[test]
fn secrecy_is_inherited() {
    let pack = mini();
    let program = &pack.programs[0];
    let secret = |level: Secrecy| level == Secrecy::Infection;
    assert!(secret(
        program.fact(program.fact_ix("stolen").unwrap()).secrecy
    ));
    assert!(secret(
        program.rule(program.rule_ix("theft").unwrap()).secrecy
    ));
    assert!(secret(
        pack.indicator(pack.indicator_ix("theft_rate").unwrap())
            .secrecy
    ));
    assert!(!secret(
        pack.indicator(pack.indicator_ix("checked_rate").unwrap())
            .secrecy
    ));
    assert!(!secret(
        program.rule(program.rule_ix("report_red").unwrap()).secrecy
    ));
    assert!(secret(
        program.form(program.form_ix("service").unwrap()).secrecy()
    ));
    let check = |values: &[(&str, &str)], expected: Secrecy| {
        let (form, draft) = draft(program, "service", "2026-02-10", values);
        assert_eq!(
            record_secrecy(program.form(form), &draft.values, &draft.groups),
            expected,
            "{values:?}"
        );
    };
    check(&[("faults", "brake")], Secrecy::Open);
    check(&[("faults", "brake,theft_trace")], Secrecy::Infection);
    check(&[("lock_broken", "no")], Secrecy::Infection);
}
