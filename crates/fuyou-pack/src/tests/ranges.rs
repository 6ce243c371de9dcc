//! Every range of the packs of the project, from both sides: a wrong number or day is refused in words that name the field
//! and the range, and what lies on the edge is taken.

use std::collections::BTreeSet;

use fuyou_expr::{DATE_MAX, DATE_MIN, Value, format_value};
use fuyou_kernel::{Date, DayNumber};

use super::fixture::{messages, read_folder};
use crate::cases::{histories, tried};
use crate::model::{
    At, Field, FieldIx, FieldKind, Form, FormIx, GroupIx, InputType, Pack, Program, Severity,
};
use crate::record::{Draft, Finding, check_record};
use crate::replay::{History, Outcome, replay};

/// The national pack with everything shown: whether a field is shown is not what is asked here.
fn all_shown() -> Option<Pack> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/cn");
    if !folder.is_dir() {
        println!("skipped: there is no packs/cn");
        return None;
    }
    let layers = [read_folder(&folder, "packs/cn")];
    let mut pack = crate::load(&layers).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    for form in pack
        .programs
        .iter_mut()
        .flat_map(|program| &mut program.forms)
    {
        for section in &mut form.sections {
            section.show_if = None;
        }
        let groups = form.groups.iter_mut();
        let in_groups = groups.flat_map(|group| {
            group.show_if = None;
            &mut group.fields
        });
        for field in in_groups.chain(&mut form.fields) {
            field.show_if = None;
        }
    }
    Some(pack)
}

/// A field of a form or of a row of a group of it.
#[derive(Clone, Copy)]
struct Place<'a> {
    form: FormIx,
    group: Option<GroupIx>,
    ix: FieldIx,
    field: &'a Field,
}

/// All typed fields of a program.
fn typed_fields(program: &Program) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    for (position, form) in program.forms.iter().enumerate() {
        let groups = form.groups.iter().enumerate();
        let groups = groups.map(|(at, group)| (Some(GroupIx::new(at)), &group.fields));
        for (group, fields) in std::iter::once((None, &form.fields)).chain(groups) {
            let typed = fields.iter().enumerate();
            let typed = typed.filter(|(_, field)| matches!(field.kind, FieldKind::Typed));
            found.extend(typed.map(|(at, field)| Place {
                form: FormIx::new(position),
                group,
                ix: FieldIx::new(at),
                field,
            }));
        }
    }
    found
}

/// A desk where one value is typed into an otherwise plausible record.
struct Bench<'a> {
    program: &'a Program,
    history: &'a History,
    outcome: Outcome,
    day: DayNumber,
    today: DayNumber,
}

impl Bench<'_> {
    /// What is said about the field when it holds a value.
    fn said(&self, place: Place<'_>, value: Value) -> Vec<Finding> {
        let form = self.program.form(place.form);
        let mut draft = Draft::new(self.program, place.form);
        draft.occurred_on = Some(self.day);
        // Days that the field is compared with are those of the record itself.
        for (at, other) in form.fields.iter().enumerate() {
            if matches!(other.input, InputType::Date) {
                draft.values[at] = Value::Date(self.day.0);
            }
        }
        let at = match place.group {
            None => {
                draft.values[place.ix.get()] = value;
                At::Field(place.ix)
            }
            Some(group) => {
                let fields = &form.groups[group.get()].fields;
                let mut row: Vec<Value> = fields
                    .iter()
                    .map(|other| match other.input {
                        InputType::Date => Value::Date(self.day.0),
                        _ => Value::Null,
                    })
                    .collect();
                row[place.ix.get()] = value;
                draft.groups[group.get()] = vec![row];
                At::Cell(group, 0, place.ix)
            }
        };
        let checked = check_record(
            self.program,
            place.form,
            self.history,
            &self.outcome,
            &draft,
            self.today,
        );
        let own = checked.findings.into_iter().filter(|finding| {
            finding.at == [at] && matches!(&*finding.kind, "hard" | "type" | "required")
        });
        own.collect()
    }

    /// Fails unless the value is refused in words that name the field and all of `named`.
    fn refused(&self, place: Place<'_>, value: Value, named: &[String]) {
        let field = place.field;
        let said = self.said(place, value.clone());
        let [finding] = &said[..] else {
            panic!("{} {value:?}: {said:?}", field.id);
        };
        assert_eq!(
            (finding.severity, &*finding.kind),
            (Severity::Refuse, "hard"),
            "{}",
            field.id
        );
        for (text, label) in [
            (&finding.message.zh, &field.label.zh),
            (&finding.message.en, &field.label.en),
        ] {
            assert!(
                text.contains(label.as_str()),
                "{text} does not name {label}"
            );
            for one in named {
                assert!(text.contains(one.as_str()), "{text} does not name {one}");
            }
        }
    }

    fn taken(&self, place: Place<'_>, value: Value) {
        let said = self.said(place, value.clone());
        assert!(said.is_empty(), "{} {value:?}: {said:?}", place.field.id);
    }
}

/// The longest history of the golden cases: it holds everything that a day can be compared with.
fn bench<'a>(pack: &'a Pack) -> Bench<'a> {
    let (program, history) = histories(pack)
        .max_by_key(|(_, history)| history.encounters.len())
        .unwrap();
    let last = history.encounters.iter().map(|one| one.occurred_on.0).max();
    let day = DayNumber(last.unwrap() + 1);
    Bench {
        program,
        history,
        outcome: replay(program, history),
        day,
        today: DayNumber(day.0 + 30),
    }
}

#[test]
fn every_number_has_a_range_and_keeps_to_it() {
    let Some(pack) = all_shown() else { return };
    let bench = bench(&pack);
    let mut tried = 0;
    for place in typed_fields(bench.program) {
        let field = place.field;
        if !matches!(field.input, InputType::Integer | InputType::Decimal(_)) {
            continue;
        }
        let Some((low, high)) = field.hard_range else {
            panic!("{} has no range", field.id);
        };
        let print = |number: i64| format_value(&field.ty, &Value::Number(number));
        let mut named = vec![print(low), print(high)];
        named.extend(field.unit.clone());
        bench.refused(place, Value::Number(low - 1), &named);
        bench.taken(place, Value::Number(low));
        bench.taken(place, Value::Number(high));
        bench.refused(place, Value::Number(high + 1), &named);
        tried += 1;
    }
    println!("{tried} ranges of numbers, each tried at four values");
    assert!(tried >= 100, "only {tried}");
}

/// The day that a refusal names nearest to the side from which it was broken.
fn limit_named(finding: &Finding, from_below: bool) -> Option<DayNumber> {
    let mut days: Vec<DayNumber> = Vec::new();
    let text = &finding.message.en;
    for at in text.match_indices("-").map(|(at, _)| at) {
        if let Some(day) = at
            .checked_sub(4)
            .and_then(|start| text.get(start..start + 10))
            .and_then(|word| word.parse::<Date>().ok())
        {
            days.push(DayNumber::from(day));
        }
    }
    if from_below {
        days.into_iter().min()
    } else {
        days.into_iter().max()
    }
}

#[test]
fn every_day_has_a_limit_and_keeps_to_it() {
    let Some(pack) = all_shown() else { return };
    let bench = bench(&pack);
    let (mut fields, mut limits) = (0, 0);
    for place in typed_fields(bench.program) {
        let field = place.field;
        if !matches!(field.input, InputType::Date) {
            continue;
        }
        if field.hard.is_none() {
            let form: &Form = bench.program.form(place.form);
            let checked = form.checks.iter().any(|check| {
                check.severity == Severity::Refuse && check.at.contains(&At::Field(place.ix))
            });
            assert!(checked, "{} {}: any day is taken", form.id, field.id);
            continue;
        }
        fields += 1;
        let mut sides = 0;
        for (extreme, outwards) in [(DATE_MIN, -1), (DATE_MAX, 1)] {
            let said = bench.said(place, Value::Date(extreme));
            let Some(finding) = said.first() else {
                continue;
            };
            let limit = limit_named(finding, outwards < 0)
                .unwrap_or_else(|| panic!("{} names no day: {finding:?}", field.id));
            let named = [Date::try_from(limit).unwrap().to_string()];
            bench.taken(place, Value::Date(limit.0));
            bench.refused(place, Value::Date(limit.0 + outwards), &named);
            sides += 1;
        }
        assert!(sides > 0, "{} is limited on no side", field.id);
        limits += sides;
    }
    println!("{fields} days with {limits} limits, each tried on it and beyond it");
    assert!(fields >= 25, "only {fields}");
}

/// What a form checks between its fields has a golden case that trips it.
#[test]
fn every_check_of_a_form_has_a_case_that_trips_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/cn");
    if !folder.is_dir() {
        println!("skipped: there is no packs/cn");
        return;
    }
    let pack = crate::load(&[read_folder(&folder, "packs/cn")]).unwrap();
    let mut untripped: BTreeSet<(String, String)> = BTreeSet::new();
    for form in pack.programs.iter().flat_map(|program| &program.forms) {
        let checks = form.checks.iter();
        let checks = checks.chain(form.groups.iter().flat_map(|group| &group.checks));
        untripped.extend(checks.map(|check| (form.id.to_string(), check.id.to_string())));
    }
    let count = untripped.len();
    for (program, history, (form, draft), today) in tried(&pack) {
        let outcome = replay(program, history);
        let checked = check_record(program, *form, history, &outcome, draft, today);
        for finding in &checked.findings {
            untripped.remove(&(program.form(*form).id.to_string(), finding.kind.to_string()));
        }
    }
    println!("{count} checks");
    assert!(untripped.is_empty(), "no case trips {untripped:?}");
}
