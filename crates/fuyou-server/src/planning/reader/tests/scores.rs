//! Precision and recall against hand-made answers, counted as the project's scorer counts them:
//! a target is right when an unused answer of its line has the same comparator, value and unit.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{dictionary, files};
use crate::planning::reader::{Comparator, Target};

/// Kinds that must be found; other answers are neither asked for nor held against a find.
const COUNTED: &[&str] = &["target", "growth_target", "relative_target"];

#[derive(Default)]
struct Score {
    right: usize,
    wrong: Vec<String>,
    missed: Vec<String>,
    bound: usize,
    misbound: Vec<String>,
}

impl Score {
    fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong.len()).max(1) as f64
    }

    fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.missed.len()).max(1) as f64
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.bound += other.bound;
        self.wrong.extend(other.wrong);
        self.missed.extend(other.missed);
        self.misbound.extend(other.misbound);
    }
}

#[derive(Clone, Debug)]
struct Answer {
    line: usize,
    key: (String, Option<i64>, String),
    kind: String,
    indicator: String,
    written: String,
}

/// Value and unit on one scale: 1.2万人 is 12000 人, 名 and 位 are 人; values in millionths.
fn key(comparator: &str, value: &str, unit: &str) -> (String, Option<i64>, String) {
    let (unit, factor) = match unit {
        "万人" | "万名" => ("人", 1e4),
        "万元" => ("元", 1e4),
        "亿元" => ("元", 1e8),
        "万人次" => ("人次", 1e4),
        "万张" => ("张", 1e4),
        "名" | "位" => ("人", 1.0),
        "百分点" | "个百分点" => ("%", 1.0),
        unit => (unit, 1.0),
    };
    let value = value
        .parse::<f64>()
        .ok()
        .map(|value| (value * factor * 1e6).round() as i64);
    (comparator.to_owned(), value, unit.to_owned())
}

/// Reads answers: `columns` names line, comparator, value, unit, kind, indicator and the phrase as written.
fn answers(
    csv: &str,
    columns: [&str; 7],
    keep: impl Fn(&HashMap<String, String>) -> bool,
) -> Vec<Answer> {
    let rows =
        csv::Reader::from_reader(csv.as_bytes()).into_deserialize::<HashMap<String, String>>();
    rows.map(Result::unwrap)
        .filter(keep)
        .map(|row| {
            let [line, comparator, value, unit, kind, indicator, written] =
                columns.map(|column| row.get(column).cloned().unwrap_or_default());
            Answer {
                line: line.parse().unwrap(),
                key: key(&comparator, &value, &unit),
                kind,
                indicator,
                written,
            }
        })
        .collect()
}

fn score(targets: &[Target], answers: &[Answer]) -> Score {
    let mut score = Score::default();
    let mut used = vec![false; answers.len()];
    for target in targets {
        let value = target
            .value
            .map(|value| value.to_string())
            .unwrap_or_default();
        let found = key(target.comparator.sign(), &value, &target.unit);
        let fits = |at: &usize| {
            !used[*at] && answers[*at].line == target.span.line && answers[*at].key == found
        };
        let hit = (0..answers.len())
            .filter(fits)
            .max_by_key(|at| Some(&answers[*at].indicator) == target.indicator.as_ref());
        let Some(hit) = hit else {
            if target.comparator != Comparator::None {
                score
                    .wrong
                    .push(format!("{} {}", target.span.line, super::show(target)));
            }
            continue;
        };
        used[hit] = true;
        let answer = &answers[hit];
        if !COUNTED.contains(&answer.kind.as_str()) {
            continue;
        }
        score.right += 1;
        if !answer.indicator.is_empty() {
            let same = target.indicator.as_ref() == Some(&answer.indicator);
            score.bound += usize::from(same);
            if !same {
                score.misbound.push(format!(
                    "{} {} is {:?}, not {}",
                    answer.line, answer.written, target.indicator, answer.indicator
                ));
            }
        }
    }
    let missed = answers
        .iter()
        .zip(&used)
        .filter(|(answer, used)| !**used && COUNTED.contains(&answer.kind.as_str()));
    score.missed = missed
        .map(|(answer, _)| format!("{} {} {:?}", answer.line, answer.written, answer.key))
        .collect();
    score
}

fn fixture(bytes: &[u8], name: &str, gold: &str) -> Score {
    let plan = crate::planning::reader::read(bytes, name, dictionary()).unwrap();
    let answers = answers(
        gold,
        [
            "line",
            "comparator",
            "value",
            "unit",
            "kind",
            "indicator",
            "as_written",
        ],
        |_| true,
    );
    score(&plan.targets, &answers)
}

#[test]
fn plans_in_other_words_are_read() {
    let docx = files::docx(include_str!("../fixtures/hospital_docx.xml"));
    let fixtures: [(&str, &[u8], &str); 6] = [
        (
            "county_points.txt",
            include_bytes!("../fixtures/county_points.txt"),
            include_str!("../fixtures/county_points.csv"),
        ),
        (
            "township_short.txt",
            include_bytes!("../fixtures/township_short.txt"),
            include_str!("../fixtures/township_short.csv"),
        ),
        (
            "city_tables.txt",
            include_bytes!("../fixtures/city_tables.txt"),
            include_str!("../fixtures/city_tables.csv"),
        ),
        (
            "summary_then_plan.txt",
            include_bytes!("../fixtures/summary_then_plan.txt"),
            include_str!("../fixtures/summary_then_plan.csv"),
        ),
        (
            "task_list.txt",
            include_bytes!("../fixtures/task_list.txt"),
            include_str!("../fixtures/task_list.csv"),
        ),
        (
            "hospital.docx",
            &docx,
            include_str!("../fixtures/hospital_docx.csv"),
        ),
    ];
    for (name, bytes, gold) in fixtures {
        let score = fixture(bytes, name, gold);
        println!(
            "{name}: precision={:.3} recall={:.3} wrong={:?} missed={:?} misbound={:?}",
            score.precision(),
            score.recall(),
            score.wrong,
            score.missed,
            score.misbound
        );
        assert!(score.precision() >= 0.9, "{name}: wrong {:?}", score.wrong);
        assert!(score.recall() >= 0.9, "{name}: missed {:?}", score.missed);
        assert!(
            score.misbound.len() * 10 <= score.bound,
            "{name}: misbound {:?}",
            score.misbound
        );
    }
}

/// The real plans stand outside the project; without them this test says so and ends.
#[test]
fn real_plans_are_read() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("FUYOU_SHARED").map_or(shared, PathBuf::from);
    let Ok(gold) = std::fs::read_to_string(shared.join("domain/data/plan_targets.csv")) else {
        println!(
            "skipped: no real plans beside the workspace ({})",
            shared.display()
        );
        return;
    };
    let mut names: Vec<String> = csv::Reader::from_reader(gold.as_bytes())
        .records()
        .map(|row| row.unwrap()[1].to_owned())
        .collect();
    names.dedup();
    let mut total = Score::default();
    for name in names {
        let bytes = std::fs::read(shared.join("seeds").join(&name)).unwrap();
        let plan = crate::planning::reader::read(&bytes, &name, dictionary()).unwrap();
        let columns = [
            "line",
            "comparator",
            "value",
            "unit",
            "kind",
            "",
            "indicator_as_written",
        ];
        let score = score(
            &plan.targets,
            &answers(&gold, columns, |row| row["seed_file"] == name),
        );
        println!(
            "{name}: precision={:.3} recall={:.3}",
            score.precision(),
            score.recall()
        );
        total.add(score);
    }
    println!(
        "all: precision={:.3} recall={:.3} wrong={:?} missed={:?}",
        total.precision(),
        total.recall(),
        total.wrong,
        total.missed
    );
    assert!(total.precision() >= 0.95 && total.recall() >= 0.92);
}
