use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fuyou_expr::{Type, Value, parse_value};
use fuyou_kernel::{Date, DayNumber, IdentityNumber, Phone, Timestamp};
use fuyou_pack::model::{Field, Form, Program, Severity};
use fuyou_pack::record::{Draft, check_record};
use fuyou_pack::replay::{Encounter, History, Outcome, replay};
use fuyou_pack::{Pack, PackFile, PackFiles, indicator};
use serde_json::Value as Json;

use super::{Counts, Error, Extent, Options, Scenario, Size, simulate};

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs")
}

fn pack() -> Pack {
    let root = packs().join("cn");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let bytes = fs::read(&path).unwrap();
                files.push(PackFile {
                    path: inside,
                    bytes,
                });
            }
        }
    }
    let root = "packs/cn".to_owned();
    fuyou_pack::load(&[PackFiles { root, files }]).unwrap_or_else(|errors| panic!("{:?}", errors.0))
}

fn text(path: &str) -> String {
    fs::read_to_string(packs().join(path)).unwrap()
}

fn scenario(pack: &Pack) -> Scenario {
    Scenario::read(
        pack,
        &text("cn/simulate.toml"),
        &text("cn/maternal/simulate.toml"),
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

fn options(population: u64) -> Options {
    Options {
        size: Size::Population(population),
        years: 2,
        today: Date::constant(2026, 11, 20),
        seed: 1,
        threads: 4,
        extent: Extent::Everything,
    }
}

fn lines(scenario: &Scenario, options: &Options) -> (Vec<u8>, Counts) {
    let mut out = Vec::new();
    let counts = simulate::<Error>(
        scenario,
        options,
        |some| {
            out.extend_from_slice(some);
            Ok(())
        },
        |_, _| {},
    )
    .unwrap();
    (out, counts)
}

#[test]
fn a_seed_is_a_county_on_any_number_of_threads() {
    let pack = pack();
    let scenario = scenario(&pack);
    let made = |seed, threads| {
        let options = Options {
            seed,
            threads,
            ..options(8000)
        };
        lines(&scenario, &options).0
    };
    let county = made(1, 1);
    assert!(county == made(1, 3), "threads must not matter");
    assert!(county != made(2, 3), "another seed is another county");
}

/// One subject's lines, parsed.
#[derive(Default)]
struct Subject {
    person: Json,
    org: String,
    records: Vec<Json>,
}

fn subjects(lines: &[u8]) -> Vec<Subject> {
    let mut all: Vec<Subject> = Vec::new();
    for line in std::str::from_utf8(lines).unwrap().lines() {
        let json: Json = serde_json::from_str(line).unwrap();
        match json["kind"].as_str().unwrap() {
            "person" => all.push(Subject {
                person: json,
                ..Subject::default()
            }),
            "enrollment" => all.last_mut().unwrap().org = json["org"].as_str().unwrap().to_owned(),
            "record" => all.last_mut().unwrap().records.push(json),
            "organization" | "staff" | "referral" => {}
            other => panic!("no such kind: {other}"),
        }
    }
    all
}

/// A value as a person would write it, read as the type of its field.
fn value(ty: &Type, json: &Json) -> Value {
    let text = match json {
        Json::String(text) => text.clone(),
        Json::Array(codes) => {
            let codes: Vec<_> = codes.iter().map(|code| code.as_str().unwrap()).collect();
            format!("|{}|", codes.join("|"))
        }
        other => other.to_string(),
    };
    parse_value(ty, &text).unwrap_or_else(|error| panic!("{error}"))
}

fn row(fields: &[Field], json: &Json) -> Vec<Value> {
    let of = |field: &Field| {
        json.get(&*field.id)
            .map_or(Value::Null, |json| value(&field.ty, json))
    };
    let known = |key: &String| fields.iter().any(|field| *field.id == **key);
    let strange: Vec<_> = json
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, value)| !known(key) && !value.is_array())
        .collect();
    assert!(strange.is_empty(), "no such fields: {strange:?}");
    fields.iter().map(of).collect()
}

fn draft(form: &Form, record: &Json) -> Draft {
    let values = &record["values"];
    let rows = |id: &str| {
        values
            .get(id)
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let day: Date = record["occurred_on"].as_str().unwrap().parse().unwrap();
    Draft {
        occurred_on: Some(DayNumber::from(day)),
        values: row(&form.fields, values),
        groups: form
            .groups
            .iter()
            .map(|group| {
                rows(&group.id)
                    .iter()
                    .map(|one| row(&group.fields, one))
                    .collect()
            })
            .collect(),
    }
}

fn start(program: &Program, subject: &Subject) -> History {
    let attribute = |name: &str| {
        let text = subject.person[name].as_str().unwrap_or("");
        program
            .person_value(name, text)
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let mut history = History {
        org: Some(subject.org.as_str().into()),
        utc_offset_minutes: 480,
        ..History::default()
    };
    history.person.birth_on = attribute("birth_on");
    history.person.sex = attribute("sex");
    history.person.household = attribute("household");
    history.person.population = attribute("population");
    history
}

/// Takes a subject's records in the order in which they were recorded; returns what was refused, what was asked without
/// a reason on the line, and the facts at the end.
fn take(program: &Program, subject: &Subject) -> (Vec<String>, Vec<String>, Outcome) {
    let mut history = start(program, subject);
    let mut outcome = replay(program, &history);
    let (mut refused, mut unasked) = (Vec::new(), Vec::new());
    let mut records: Vec<&Json> = subject.records.iter().collect();
    records.sort_by_key(|record| record["recorded_at"].as_str().unwrap().to_owned());
    assert_eq!(
        records[0]["form"],
        *program.form(program.opens_with).id,
        "the first record opens"
    );
    for record in records {
        let form = program.form_ix(record["form"].as_str().unwrap()).unwrap();
        let at: Timestamp = record["recorded_at"].as_str().unwrap().parse().unwrap();
        let at_ms = at.as_millisecond();
        let today =
            DayNumber(i32::try_from((at_ms + 480 * 60_000).div_euclid(86_400_000)).unwrap());
        let draft = draft(program.form(form), record);
        let checked = check_record(program, form, &history, &outcome, &draft, today);
        for finding in &checked.findings {
            let text = format!(
                "{} {}: {}",
                program.form(form).id,
                finding.kind,
                finding.message.en
            );
            match finding.severity {
                Severity::Refuse => refused.push(text),
                Severity::Confirm if record.get("reason").is_none() => unasked.push(text),
                Severity::Confirm => {}
            }
        }
        let org: Arc<str> = record["org"].as_str().unwrap().into();
        history.opened_on.get_or_insert(draft.occurred_on.unwrap());
        history.encounters.push(Encounter {
            id: record["id"]
                .as_str()
                .unwrap()
                .parse::<uuid::Uuid>()
                .unwrap()
                .as_u128(),
            form,
            occurred_on: draft.occurred_on.unwrap(),
            recorded_at_ms: at_ms,
            recorded_org: Some(org),
            values: checked.draft.values,
            groups: checked.draft.groups,
        });
        outcome = replay(program, &history);
    }
    (refused, unasked, outcome)
}

/// Takes all subjects on four threads.
fn take_all(program: &Program, subjects: &[Subject]) -> Vec<(Vec<String>, Vec<String>, Outcome)> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let work = || {
            let mut taken = Vec::new();
            while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
                taken.push(take(program, subject));
            }
            taken
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn a_county_passes_the_checks_of_its_own_pack_and_shows_the_intended_rates() {
    let pack = pack();
    let program = pack.program(pack.program_ix("maternal").unwrap());
    let scenario = scenario(&pack);
    let (lines, counts) = lines(&scenario, &options(20_000));
    let subjects = subjects(&lines);
    assert_eq!(subjects.len() as u64, counts.enrollments);
    for subject in &subjects {
        let id: IdentityNumber = subject.person["id_no"].as_str().unwrap().parse().unwrap();
        assert!(id.county_code().starts_with("999"), "no such region exists");
        assert!(
            subject.person["phone"]
                .as_str()
                .unwrap()
                .parse::<Phone>()
                .unwrap()
                .is_mobile()
        );
    }
    let taken = take_all(program, &subjects);
    assert_eq!(
        tally(taken.iter().map(|(refused, ..)| refused)),
        BTreeMap::new(),
        "refused"
    );
    assert_eq!(
        tally(taken.iter().map(|(_, unasked, _)| unasked)),
        BTreeMap::new(),
        "asked without a reason"
    );
    let rate = |id: &str| {
        let indicator = pack.indicator(pack.indicator_ix(id).unwrap());
        let (mut numerator, mut denominator) = (0, 0);
        for (.., outcome) in &taken {
            let standing = indicator::standing(&pack, indicator, program, &outcome.row);
            numerator += standing.numerator.map_or(0, |one| one.value);
            denominator += standing.denominator.map_or(0, |one| one.value);
        }
        println!("{id}: {numerator} / {denominator}");
        numerator as f64 * indicator.unit.factor() as f64 / denominator as f64
    };
    for indicator in &pack.indicators {
        println!("{:.2}", rate(&indicator.id));
    }
    for intended in scenario.intended() {
        let found = rate(&intended.indicator);
        assert!(
            (intended.low..=intended.high).contains(&found),
            "{}: {found:.1} is not within {} to {}",
            intended.indicator,
            intended.low,
            intended.high
        );
    }
}

fn tally<'a>(found: impl Iterator<Item = &'a Vec<String>>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for one in found.flatten() {
        *counts.entry(one.clone()).or_default() += 1;
    }
    counts
}

#[test]
fn the_reference_page_is_played() {
    let page = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/simulate.md"),
    )
    .unwrap();
    let blocks: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let [county, course] = blocks[..] else {
        panic!("the page has two examples")
    };
    let scenario =
        Scenario::read(&pack(), county, course).unwrap_or_else(|error| panic!("{error}"));
    let (_, counts) = lines(&scenario, &options(20_000));
    assert!(
        counts.records > counts.enrollments && counts.enrollments > 100,
        "{counts:?}"
    );
}

#[test]
fn a_wrong_scenario_names_every_place() {
    let pack = pack();
    let check = |from: &str, to: &str, expected: &str| {
        let course = text("cn/maternal/simulate.toml").replacen(from, to, 1);
        let message = Scenario::read(&pack, &text("cn/simulate.toml"), &course)
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(
        "form = \"booking\"",
        "form = \"bookin\"",
        "record bookin: the program has no such form",
    );
    check("visits = [\"ppv\"]", "visits = [\"pp\"]", "no visit `pp`");
    check(
        "handbook_no = ",
        "handbook_nr = ",
        "record booking, handbook_nr: there is no such field",
    );
    check(
        "art = { chance = 0.025 }",
        "art = { chanse = 0.025 }",
        "draws, art",
    );
    check(
        "abo = \"blood_group\"",
        "abo = \"blood_grup\"",
        "there is no column blood_grup",
    );
    check("months = [1.05, ", "months = [", "twelve weights");
}
