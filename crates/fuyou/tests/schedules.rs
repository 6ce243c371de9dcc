//! The schedules of children's visits that the sheet of the subject names, row by row beside the pack's own.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::path::{Path, PathBuf};

use fuyou_kernel::Span;
use fuyou_pack::model::{Field, Visit};
use fuyou_pack::{Pack, PackFile, PackFiles, Program};

/// The fields that examine the eyes, and those that assess feeding.
const EYES: &[&str] = &["eyes", "eye_outer", "visual_behaviour", "vision_left"];
const FEEDING: &[&str] = &["feeding_behaviour"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PackFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let inside = path.strip_prefix(root).unwrap().to_string_lossy();
            files.push(PackFile {
                path: inside.replace('\\', "/"),
                bytes: std::fs::read(&path).unwrap(),
            });
        }
    }
}

fn national() -> Pack {
    let folder = root().join("packs/cn");
    let mut files = Vec::new();
    collect(&folder, &folder, &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let layer = PackFiles {
        root: "packs/cn".to_owned(),
        files,
    };
    fuyou_pack::load(&[layer]).expect("the national pack is sound")
}

/// The rows of a sheet whose cells may be quoted, without comments, as cells by their titles.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let cells = |line: &str| {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                letter => cells.last_mut().unwrap().push(letter),
            }
        }
        cells
    };
    lines.skip(1).map(cells).collect()
}

/// The whole numbers of a text, in order.
fn numbers(text: &str) -> Vec<i32> {
    let words = text.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

fn months(span: Span) -> Option<i32> {
    match span {
        Span::Months(months) => Some(months),
        Span::Days(_) | Span::Hours(_) => None,
    }
}

/// The visit of an age: the one whose window begins so many months after birth; at one month, on day 28.
fn visit_at(program: &Program, age: i32) -> &Visit {
    let mut visits = program.visits.iter().filter(|visit| {
        let begins = match visit.from {
            Span::Days(days) => age == 1 && days == 28,
            span => months(span) == Some(age),
        };
        begins && visit.anchor.text() == "person.birth_on"
    });
    let visit = visits.next();
    visit.unwrap_or_else(|| panic!("no visit begins at {age} months"))
}

/// Whether the form of a visit has one of these fields.
fn asks<'p>(program: &'p Program, visit: &Visit, fields: &[&str]) -> Option<&'p Field> {
    let form = program.form(visit.form);
    form.fields
        .iter()
        .find(|field| fields.contains(&&*field.id))
}

/// A window of the sheet is the window of the visit.
fn is_window(visit: &Visit, window: &str) {
    let told = numbers(window);
    let ours = match (visit.from, visit.to) {
        (Span::Days(from), Span::Days(to)) => format!("{from}..{to} d"),
        (from, to) => {
            assert!(
                visit.to_excluded,
                "{}: the window ends before a day",
                visit.id
            );
            let both = (months(from).unwrap(), months(to).unwrap());
            format!("from {} to under {} completed months", both.0, both.1)
        }
    };
    let same = match told[..] {
        // What is late still counts.
        [from, _, _, to] => ours == format!("{from}..{to} d"),
        _ => window.starts_with(&ours),
    };
    assert!(
        same,
        "{}: the sheet says {window}, the pack {ours}",
        visit.id
    );
}

/// One row of the sheet against the program; says which rule of comparison it met.
fn compared(program: &Program, row: &[String]) -> Option<&'static str> {
    let [schedule, slot, due, window, ..] = row else {
        panic!("a short row: {row:?}");
    };
    let by_id = |id: &str| {
        let mut visits = program.visits.iter();
        visits.find(|visit| &*visit.id == id).unwrap()
    };
    match (schedule.as_str(), slot.as_str()) {
        ("NATIONAL_2017", "NHV1") => {
            let days = numbers(window);
            let (usual, high) = (by_id("nhv"), by_id("nhv_high"));
            let Some([from, to, to_high]) = days.get(..) else {
                panic!("three days: {window}");
            };
            for (visit, to) in [(usual, to), (high, to_high)] {
                assert_eq!((visit.from, visit.to), (Span::Days(*from), Span::Days(*to)));
            }
            Some("window")
        }
        ("NATIONAL_2017", slot) => {
            let visit = by_id(&slot.to_lowercase());
            is_window(visit, window);
            Some("window")
        }
        ("WORKSPEC_2012", _) => {
            // Year 1, years 2 and 3, then once a year until the seventh birthday.
            let parts: Vec<Vec<i32>> = due
                .split(['(', ')'])
                .skip(1)
                .step_by(2)
                .map(numbers)
                .collect();
            let [first, then] = &parts[..] else {
                panic!("two lists of months: {due}");
            };
            assert_eq!((first.len(), then.len()), (4, 4), "{due}");
            for age in first.iter().chain(then) {
                visit_at(program, *age);
            }
            assert!(then.windows(2).all(|pair| pair[1] - pair[0] == 6), "{due}");
            for years in 4..=6 {
                visit_at(program, years * 12);
            }
            Some("ages")
        }
        ("NUTRITION_2024", _) => {
            let (ages, count) = ages_and_count(due, '(');
            assert_eq!(ages.len(), count, "{due}");
            for age in ages {
                let visit = visit_at(program, age);
                let field = asks(program, visit, FEEDING);
                assert!(field.is_some(), "{}: feeding is not assessed", visit.id);
            }
            Some("ages and fields")
        }
        ("EYE_2021", _) => {
            let count = numbers(due)[0];
            let (slots, years) = due.split_once(" m, ").unwrap();
            let slots = slots.split_once(": ").unwrap().1;
            let mut visits = vec![by_id("nhv"), by_id("fm")];
            assert!(slots.starts_with("NHV, FM, "), "{due}");
            visits.extend(numbers(slots).iter().map(|age| visit_at(program, *age)));
            visits.extend(numbers(years).iter().map(|age| visit_at(program, age * 12)));
            assert_eq!(visits.len(), count as usize, "{due}");
            for visit in visits {
                let field = asks(program, visit, EYES);
                assert!(field.is_some(), "{}: the eyes are not examined", visit.id);
            }
            Some("slots and fields")
        }
        // Overlays, and visits by corrected age, with cases of their own.
        ("COUNTY_AH (seed 003)" | "TOWN_SX (seed 003)" | "PRETERM_2017", _) => None,
        other => panic!("a schedule that nothing compares: {other:?}"),
    }
}

/// The ages of a list and how many there are said to be, behind a sign.
fn ages_and_count(text: &str, sign: char) -> (Vec<i32>, usize) {
    let (ages, count) = text.split_once(sign).unwrap();
    let count = numbers(count)[0];
    (numbers(ages), usize::try_from(count).unwrap())
}

#[test]
fn every_schedule_of_the_sheet_is_the_packs() {
    let sheet = root().join("../shared/domain/data/child_visit_schedules.csv");
    let Ok(text) = std::fs::read_to_string(&sheet) else {
        println!("skipped: the sheet of schedules is not beside this folder");
        return;
    };
    let pack = national();
    let program = &pack.programs[pack.program_ix("child").unwrap().get()];
    let rows = rows(&text);
    let mut met = Vec::new();
    for row in &rows {
        if let Some(how) = compared(program, row) {
            println!("{} {}: {how}", row[0], row[1]);
            met.push(how);
        }
    }
    // Thirteen windows of the nation's schedule and one row of each of three norms.
    assert_eq!((met.len(), rows.len()), (16, 30), "rows of the sheet");
}

/// The comparison notices what it is for.
#[test]
fn a_schedule_that_differs_is_noticed() {
    let pack = national();
    let program = &pack.programs[pack.program_ix("child").unwrap().get()];
    let fails = |cells: [&str; 4]| {
        let row = cells.map(str::to_owned);
        std::panic::catch_unwind(|| compared(program, &row)).is_err()
    };
    let norm = "1,3,6,8,12,18,24,30,36 months (9 times)";
    assert!(!fails(["NUTRITION_2024", "feeding review", norm, ""]));
    for wrong in [
        "1,3,6,8,12,18,24,30,36 months (10 times)",
        "1,3,6,9,12,18,24,30,36 months (9 times)",
        "1,3,6,8,12,18,24,30 months (9 times)",
    ] {
        let row = ["NUTRITION_2024", "feeding review", wrong, ""];
        assert!(fails(row), "{wrong}");
    }
    let eyes = "13 times: NHV, FM, 3, 6, 8, 12, 18, 24, 30, 36 m, 4, 5, 6 y";
    assert!(!fails(["EYE_2021", "eye", eyes, ""]));
    assert!(fails([
        "EYE_2021",
        "eye",
        &eyes.replace("13 times", "12 times"),
        ""
    ]));
    assert!(fails([
        "EYE_2021",
        "eye",
        &eyes.replace(", 8,", ", 9,"),
        ""
    ]));
    let national = "from 3 to under 4 completed months";
    assert!(!fails(["NATIONAL_2017", "M03", "3 months", national]));
    let other = "from 3 to under 5 completed months";
    assert!(fails(["NATIONAL_2017", "M03", "3 months", other]));
    assert!(fails(["SOMEWHERE_2030", "M03", "3 months", national]));
}
