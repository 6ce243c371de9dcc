//! Forms of the national pack for the browser: how much of them the browser decides by itself, and vectors for the
//! browser journeys. Each is a history, a form as somebody typed it, and what the server says of it.
//!
//! `FUYOU_TEST_SEED` repeats a run, `FUYOU_TEST_CASES` sets how many forms are typed.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::collections::BTreeMap;
use std::fs;
use std::hash::BuildHasher as _;
use std::path::Path;

use fuyou_expr::{CodeSet, Json, Type, Value};
use fuyou_kernel::{DayNumber, Language, Localized, Secrecy};
use fuyou_pack::browser::{Now, Reader, Sheet};
use fuyou_pack::input::{print_input, read_input};
use fuyou_pack::model::{Field, FieldKind, FormIx, InputType, ProgramIx, Severity};
use fuyou_pack::record::{Cell, Checked, Draft, check_record};
use fuyou_pack::replay::{Encounter, Outcome, replay};
use fuyou_pack::{Form, History, Pack, PackFile, PackFiles, Program, load};

/// Typed forms; more with `FUYOU_TEST_CASES`.
const CASES: usize = 1_200;
/// 2026-03-26.
const TODAY: i32 = 20_538;

fn national() -> Pack {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/cn");
    let mut files = Vec::new();
    let mut folders = vec![dir.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files.push(PackFile {
                path: path
                    .strip_prefix(&dir)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
                bytes: fs::read(&path).unwrap(),
            });
        }
    }
    let root = "cn".to_owned();
    load(&[PackFiles { root, files }]).unwrap()
}

fn reader(secrecy_max: Secrecy) -> Reader {
    Reader {
        language: Language::Zh,
        secrecy_max,
        restricted: Localized::new("限制查看", "Restricted"),
    }
}

/// Choices from a seed: a linear congruence is random enough for values.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn of<'c, T: Copy>(&mut self, all: &'c [T]) -> &'c T {
        &all[self.below(all.len() as u64) as usize]
    }
}

/// A value of a field: usually one that passes, sometimes one that does not.
fn value(field: &Field, day: i32, dice: &mut Dice) -> Value {
    match &field.ty {
        Type::Boolean => Value::Boolean(dice.one_in(3)),
        Type::Integer | Type::Decimal(_) => {
            let (low, high) = field.hard_range.unwrap_or((0, 400));
            let (low, high) = match field.soft_range.filter(|_| !dice.one_in(4)) {
                Some(soft) => soft,
                None => (low, high),
            };
            let number = low + (dice.below((high - low + 1) as u64) as i64);
            Value::Number(if dice.one_in(40) { high * 3 } else { number })
        }
        Type::Text if field.input == InputType::Time => Value::text("08:30"),
        Type::Text => Value::text(dice.of::<&str>(&["无", "a", "990000", "头痛😀"])),
        Type::Code(set) => Value::Code(dice.below(set.codes().len() as u64) as u16),
        Type::Codes(set) => {
            let count = dice.below(3);
            let codes = (0..count).map(|_| dice.below(set.codes().len() as u64) as u16);
            Value::Codes(codes.collect::<CodeSet>())
        }
        Type::Date => Value::Date(match dice.below(6) {
            0 => day - 280 + dice.below(600) as i32,
            1 => day - 120,
            2 => day + 25,
            _ => day - dice.below(60) as i32,
        }),
    }
}

fn values(fields: &[Field], day: i32, dice: &mut Dice) -> Vec<Value> {
    let filled = 1 + dice.below(6);
    let one = |field: &Field| match field.kind {
        FieldKind::Computed(_) => Value::Null,
        FieldKind::Typed if dice.below(6) >= filled => Value::Null,
        FieldKind::Typed => value(field, day, dice),
    };
    fields.iter().map(one).collect()
}

fn draft(form: &Form, day: i32, dice: &mut Dice) -> Draft {
    let own = values(&form.fields, day, dice);
    let groups = form.groups.iter().map(|group| {
        let rows = dice.below(u64::from(group.max.min(3)) + 1);
        (0..rows)
            .map(|_| values(&group.fields, day, dice))
            .collect()
    });
    Draft {
        occurred_on: Some(DayNumber(day)),
        groups: groups.collect(),
        values: own,
    }
}

struct Case<'a> {
    program: &'a Program,
    form: FormIx,
    history: History,
    outcome: Outcome,
}

/// A woman with some records, as the server stores them: what is hidden is emptied.
fn case<'a>(program: &'a Program, dice: &mut Dice) -> Case<'a> {
    let mut history = History {
        opened_on: Some(DayNumber(TODAY - 200)),
        org: Some("990001".into()),
        utc_offset_minutes: 480,
        ..History::default()
    };
    history.person.birth_on = Value::Date(7_300 + dice.below(9_000) as i32);
    history.person.sex = Value::Code(1);
    let forms: Vec<FormIx> = (0..program.forms.len()).map(FormIx::new).collect();
    let usual = ["booking", "first_exam", "antenatal", "screening"].iter();
    let usual: Vec<FormIx> = usual
        .filter_map(|form| program.form_ix(form))
        .chain([program.opens_with])
        .collect();
    let any_form = |dice: &mut Dice| {
        let among = if dice.one_in(3) { &forms } else { &usual };
        *dice.of(among)
    };
    let mut day = TODAY - 220;
    for at in 0..dice.below(6) {
        let form = any_form(dice);
        day += dice.below(50) as i32;
        let draft = draft(program.form(form), day, dice);
        let outcome = replay(program, &history);
        let today = DayNumber(day);
        let checked = check_record(program, form, &history, &outcome, &draft, today);
        history.encounters.push(Encounter {
            id: u128::from(at) + 1,
            form,
            occurred_on: DayNumber(day),
            recorded_at_ms: i64::from(day) * 86_400_000,
            recorded_org: Some("990001".into()),
            values: checked.draft.values,
            groups: checked.draft.groups,
        });
    }
    Case {
        program,
        form: any_form(dice),
        outcome: replay(program, &history),
        history,
    }
}

/// What was typed, as the browser would send it, read again: the draft that the server checks.
fn typed(form: &Form, draft: &Draft, dice: &mut Dice, json: &mut Json) -> Draft {
    let mut read = draft.clone();
    json.object(|json| {
        let day = draft.occurred_on.unwrap().0;
        let day = fuyou_kernel::Date::try_from(DayNumber(day)).unwrap();
        json.key("occurred_on").text(&style(&day.to_string(), dice));
        let mut put = |name: String, field: &Field, value: &mut Value, json: &mut Json| {
            let text = match (&field.kind, &*value) {
                (FieldKind::Typed, known) if !known.is_null() => print_input(field, known),
                _ => return,
            };
            let text = match field.input {
                InputType::Integer | InputType::Decimal(_) | InputType::Date => style(&text, dice),
                _ => text,
            };
            json.key(&name).text(&text);
            *value = read_input(field, &text).unwrap_or_default();
        };
        for (field, value) in form.fields.iter().zip(&mut read.values) {
            put(format!("f.{}", field.id), field, value, json);
        }
        for (group, rows) in form.groups.iter().zip(&mut read.groups) {
            json.key(&format!("n.{}", group.id))
                .text(&rows.len().to_string());
            for (row, values) in rows.iter_mut().enumerate() {
                for (field, value) in group.fields.iter().zip(values) {
                    put(
                        format!("g.{}.{row}.{}", group.id, field.id),
                        field,
                        value,
                        json,
                    );
                }
            }
        }
    });
    read
}

/// Texts that people type, rightly and wrongly, into fields of any kind.
const TYPED: &[&str] = &[
    "",
    "   ",
    "0",
    "-0",
    "+7",
    "++7",
    "007",
    "１２．５",
    "－３",
    "−3",
    "12。5",
    "12.",
    ".5",
    "1.50",
    "1.25",
    "1.0000000000000000000",
    "0.1234567890123456789",
    "1e3",
    "1 2",
    "99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "12w3d",
    "12+3",
    "１２周＋３天",
    "12周",
    "12w7d",
    "w3",
    "5001w",
    "2026-03-26",
    "2026/3/5",
    "2026.3.5",
    "２０２６年３月５日",
    "20260305",
    "2026-02-29",
    "2024-02-29",
    "2026-13-01",
    "2026-300-01",
    "1899-12-31",
    "1900-01-01",
    "2199-12-31",
    "2200-01-01",
    "0000-01-01",
    "26-3-5",
    "2026-3",
    "2026 - 03 - 05",
    "2026年3月5号",
    "08:30",
    "8点30分",
    "8时",
    "0830",
    "24:00",
    "8:60",
    "8",
    "true",
    "是",
    "Ｎ",
    "×",
    "也许",
    "|",
    "无\u{7}",
    "a\tb",
    "头痛😀\u{3000}",
    "六十",
    "{text}",
    "$&",
];

/// What the server reads in each of them, for one field of each kind.
fn put_readings(pack: &Pack, json: &mut Json) {
    let mut kinds: BTreeMap<String, (String, &Field)> = BTreeMap::new();
    for program in &pack.programs {
        for form in &program.forms {
            for field in &form.fields {
                let kind = format!("{:?} {}", field.input, field.unit.as_deref() == Some("d"));
                let kind = kind.split("Code").next().unwrap().to_owned();
                let name = format!("{}.{}", program.id, form.id);
                if matches!(field.kind, FieldKind::Typed) && !kind.is_empty() {
                    kinds.entry(kind).or_insert((name, field));
                }
            }
        }
    }
    json.array(|json| {
        for (form, field) in kinds.values() {
            for text in TYPED {
                json.array(|json| {
                    json.text(form);
                    json.text(&field.id);
                    json.text(text);
                    match read_input(field, text) {
                        Ok(value) => {
                            value.put(json);
                            json.null();
                        }
                        Err(message) => {
                            json.null();
                            json.text(&message.zh);
                        }
                    }
                });
            }
        }
    });
}

/// The same text as other people write it.
fn style(text: &str, dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => text
            .chars()
            .map(|c| match c {
                '0'..='9' | '.' | '-' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
                other => other,
            })
            .collect(),
        1 => format!(" {text}\u{3000}"),
        2 if text.len() == 10 => text.replace('-', "/"),
        _ => text.to_owned(),
    }
}

fn put_checked(form: &Form, checked: &Checked, json: &mut Json) {
    json.key("shown")
        .array(|json| checked.shown.iter().for_each(|one| json.truth(*one)));
    json.key("groups")
        .array(|json| checked.shown_groups.iter().for_each(|one| json.truth(*one)));
    json.key("required")
        .array(|json| checked.required.iter().for_each(|one| json.truth(*one)));
    json.key("values")
        .array(|json| checked.draft.values.iter().for_each(|one| one.put(json)));
    json.key("rows").array(|json| {
        for rows in &checked.draft.groups {
            json.array(|json| {
                rows.iter()
                    .for_each(|row| json.array(|json| row.iter().for_each(|one| one.put(json))));
            });
        }
    });
    json.key("cells").array(|json| {
        for rows in &checked.cells {
            json.array(|json| {
                for row in rows {
                    json.array(|json| {
                        row.iter().for_each(|cell| {
                            json.text(match cell {
                                Cell::Hidden => "hidden",
                                Cell::Optional => "optional",
                                Cell::Required => "required",
                            })
                        });
                    });
                }
            });
        }
    });
    let mut found: Vec<_> = checked
        .findings
        .iter()
        .filter(|one| &*one.kind != "required")
        .collect();
    found.sort_by_key(|one| one.key(form));
    json.key("findings").array(|json| {
        for finding in found {
            json.array(|json| {
                json.text(&finding.key(form));
                json.truth(finding.severity == Severity::Refuse);
                json.text(&finding.message.zh);
            });
        }
    });
}

fn put_outlook(program: &Program, outcome: &Outcome, json: &mut Json) {
    match outcome.level {
        Some(level) => json.key("level").place(level),
        None => json.key("level").null(),
    }
    json.key("marks")
        .array(|json| outcome.marks.iter().for_each(|mark| json.place(*mark)));
    json.key("scores")
        .array(|json| outcome.scores.iter().for_each(|score| json.number(*score)));
    let mut titles: Vec<&str> = outcome
        .hits
        .iter()
        .filter(|hit| hit.until_ms.is_none() && !hit.replaced)
        .map(|hit| program.rule(hit.rule))
        .filter(|rule| {
            rule.risk.is_some_and(|level| level > 0) || rule.mark.is_some() || rule.alert.is_some()
        })
        .map(|rule| &*rule.title.zh)
        .collect();
    titles.sort_unstable();
    titles.dedup();
    json.key("why")
        .array(|json| titles.iter().for_each(|title| json.text(title)));
}

/// A typed form with the server's answer.
fn vector(case: &Case<'_>, name: &str, sheet: &Sheet, pack: &Pack, dice: &mut Dice) -> String {
    let (program, form) = (case.program, case.program.form(case.form));
    let first = case
        .history
        .encounters
        .iter()
        .map(|one| one.occurred_on.0)
        .max();
    let day = first
        .map_or(TODAY - 20, |day| day + dice.below(40) as i32)
        .min(TODAY + 2);
    let drafted = draft(form, day, dice);
    let mut json = Json::new();
    json.object(|json| {
        json.key("form").text(name);
        let read = typed(form, &drafted, dice, json.key("typed"));
        let now = Now {
            occurred_on: DayNumber(day),
            today: DayNumber(TODAY),
            recorded_org: Some("990001".into()),
        };
        json.key("standing")
            .made(&sheet.standing(pack, &case.history, &case.outcome, &now));
        let checked = check_record(
            program,
            case.form,
            &case.history,
            &case.outcome,
            &read,
            now.today,
        );
        json.key("checked")
            .object(|json| put_checked(form, &checked, json));
        let mut after = case.history.clone();
        after.encounters.push(Encounter {
            id: 99,
            form: case.form,
            occurred_on: now.occurred_on,
            recorded_at_ms: i64::from(TODAY) * 86_400_000,
            recorded_org: now.recorded_org.clone(),
            values: checked.draft.values.clone(),
            groups: checked.draft.groups.clone(),
        });
        json.key("outlook")
            .object(|json| put_outlook(program, &replay(program, &after), json));
    });
    json.into_text()
}

#[test]
fn vectors_for_the_browser_are_written() {
    let pack = national();
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = number("FUYOU_TEST_SEED").unwrap_or_else(|| {
        // Every hasher of the standard library begins with another seed.
        std::hash::RandomState::new().hash_one(0) >> 32
    });
    let cases = number("FUYOU_TEST_CASES").map_or(CASES, |cases| cases as usize);
    let mut dice = Dice(seed);
    let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
    let name =
        |program: &Program, form: FormIx| format!("{}.{}", program.id, program.form(form).id);
    for (ix, program) in pack.programs.iter().enumerate() {
        for at in 0..program.forms.len() {
            let form = FormIx::new(at);
            let sheet = Sheet::new(&pack, ProgramIx::new(ix), form, reader(Secrecy::Infection));
            sheets.insert(name(program, form), sheet);
        }
    }
    let mut head = Json::new();
    head.object(|json| {
        json.key("seed").text(&seed.to_string());
        json.key("sheets").object(|json| {
            for (id, sheet) in &sheets {
                json.key(id).made(sheet.json());
            }
        });
        put_readings(&pack, json.key("readings"));
    });
    let mut lines = vec![head.into_text()];
    while lines.len() <= cases {
        // Most of them about women: their rules are the richest.
        let program = match dice.below(3) {
            0 => dice.below(pack.programs.len() as u64) as usize,
            _ => pack.program_ix("maternal").unwrap().get(),
        };
        let case = case(&pack.programs[program], &mut dice);
        let name = name(case.program, case.form);
        if sheets[&name].json() != "{\"ask\":true}" {
            lines.push(vector(&case, &name, &sheets[&name], &pack, &mut dice));
        }
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-forms.json");
    fs::write(file, lines.join("\n")).unwrap();
    println!("{cases} typed forms for the browser, seed {seed}");
}

/// What a browser asks the server for, of all forms of the national pack.
#[test]
fn what_the_browser_decides_by_itself() {
    let pack = national();
    for (ix, program) in pack.programs.iter().enumerate() {
        let asks = |secrecy, at: usize| {
            let sheet = Sheet::new(&pack, ProgramIx::new(ix), FormIx::new(at), reader(secrecy));
            let (id, bytes) = (&program.forms[at].id, sheet.json().len());
            println!(
                "{} {id} {secrecy:?}: {bytes} bytes {:?}",
                program.id,
                sheet.asks()
            );
            sheet.asks().to_vec()
        };
        for at in 0..program.forms.len() {
            let id = &*program.forms[at].id;
            let (full, less) = (asks(Secrecy::Infection, at), asks(Secrecy::Sensitive, at));
            if &*program.id == "maternal" {
                assert_eq!(full, [""; 0], "{id}");
                // Every record can change whether a screening is positive, which depends on infections, too: what the
                // other rules say is shown at once, and the server is asked.
                let expected = match id {
                    "pmtct" => "a check reads what the reader may not see",
                    _ => "a rule reads what the reader may not see",
                };
                assert_eq!(less, [expected], "{id}");
            }
            // The tables of reference curves stay with the server.
            let known = |why: &&str| *why == "it depends on a reference curve";
            assert!(full.iter().all(known), "{id}: {full:?}");
        }
    }
}

/// The same history without what is above a level.
fn without(program: &Program, history: &History, secrecy_max: Secrecy) -> History {
    let hide = |fields: &[Field], values: &mut [Value]| {
        for (field, value) in fields.iter().zip(values) {
            if field.secrecy > secrecy_max {
                *value = Value::Null;
            }
        }
    };
    let mut history = history.clone();
    for encounter in &mut history.encounters {
        let form = program.form(encounter.form);
        hide(&form.fields, &mut encounter.values);
        for (group, rows) in form.groups.iter().zip(&mut encounter.groups) {
            rows.iter_mut().for_each(|row| hide(&group.fields, row));
        }
    }
    history
}

/// Level, marks and points after each record.
fn risks(outcome: &Outcome) -> Vec<(Option<usize>, Vec<usize>, Vec<i64>)> {
    let encounters = outcome.encounters.iter();
    encounters
        .map(|one| (one.level, one.marks.clone(), one.scores.clone()))
        .collect()
}

/// Part of a JSON object: the array under a key.
fn array<'j>(json: &'j str, key: &str) -> &'j str {
    let from = json
        .find(&format!("\"{key}\":["))
        .map(|at| at + key.len() + 3);
    let from = from.unwrap_or_else(|| panic!("no {key} in {json}"));
    let mut depth = 0;
    let len = json[from..].bytes().position(|byte| {
        depth += i32::from(byte == b'[') - i32::from(byte == b']');
        depth == 0
    });
    &json[from..=from + len.unwrap()]
}

/// A reader's browser gets the same values whether or not there are secret ones: what it gets tells nothing about them.
#[test]
fn a_standing_does_not_depend_on_what_its_reader_may_not_see() {
    let pack = national();
    let program_ix = pack.program_ix("maternal").unwrap();
    let program = pack.program(program_ix);
    let mut dice = Dice(20_260_326);
    let (mut compared, mut secret) = (0, 0);
    for _ in 0..400 {
        let case = case(program, &mut dice);
        for secrecy in [Secrecy::Open, Secrecy::Sensitive] {
            let sheet = Sheet::new(&pack, program_ix, case.form, reader(secrecy));
            let now = Now {
                occurred_on: DayNumber(TODAY),
                today: DayNumber(TODAY),
                recorded_org: None,
            };
            let hidden = without(program, &case.history, secrecy);
            let outcome = replay(program, &hidden);
            // Level, marks and points are shown to everybody, whatever made them: only what else differs is looked at.
            if risks(&outcome) != risks(&case.outcome) {
                continue;
            }
            let with = sheet.standing(&pack, &case.history, &case.outcome, &now);
            let less = sheet.standing(&pack, &hidden, &outcome, &now);
            if with.contains("\"ask\"") || less.contains("\"ask\"") {
                continue;
            }
            compared += 1;
            secret += usize::from(outcome.row != case.outcome.row);
            for part in ["given", "earlier"] {
                assert_eq!(
                    array(&with, part),
                    array(&less, part),
                    "{part} of {}",
                    sheet.json()
                );
            }
        }
    }
    println!("{compared} standings compared, {secret} of women with something secret");
    assert!(compared > 500 && secret > 100, "{compared}, {secret}");
}

/// A sheet for a reader names no field above his secrecy and no rule that reads one.
#[test]
fn a_sheet_names_nothing_secret() {
    let pack = national();
    let program_ix = pack.program_ix("maternal").unwrap();
    let program = pack.program(program_ix);
    for secrecy in [Secrecy::Open, Secrecy::Sensitive] {
        for at in 0..program.forms.len() {
            let form = &program.forms[at];
            let sheet = Sheet::new(&pack, program_ix, FormIx::new(at), reader(secrecy));
            let grouped = form.groups.iter().flat_map(|group| &group.fields);
            for field in form.fields.iter().chain(grouped) {
                let told = sheet.json().contains(&format!("\"id\":\"{}\"", field.id));
                assert!(
                    !told || field.secrecy <= secrecy,
                    "{} of {}",
                    field.id,
                    form.id
                );
            }
            for rule in program.rules.iter().filter(|rule| rule.secrecy > secrecy) {
                let same = |other: &&fuyou_pack::model::Rule| {
                    other.secrecy <= secrecy && other.title == rule.title
                };
                if program.rules.iter().find(same).is_none() {
                    let title = format!("\"title\":\"{}\"", rule.title.zh);
                    assert!(!sheet.json().contains(&title), "{title} in {}", form.id);
                }
            }
        }
    }
}
