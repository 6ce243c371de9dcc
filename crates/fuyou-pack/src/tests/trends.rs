//! What is drawn of numbers that recur, and the band beside them.

use fuyou_expr::Value;
use fuyou_kernel::{DayNumber, Secrecy};

use super::fixture::{errors, files, with};
use crate::load;
use crate::replay::{Encounter, History, replay};

/// A trend of the pressure with these further lines.
fn trend(lines: &str) -> String {
    format!(
        "[[trend]]\nid = \"pressure\"\ntitle = {{ zh = \"胎压\", en = \"Pressure\" }}\n{lines}\n"
    )
}

#[test]
fn the_band_is_that_of_the_day_drawn() {
    let text = trend(
        "fields = [\"pressure_bar\"]\n\
         low = \"case when today >= bought_on then 3.0 end\"\n\
         high = \"case when today > bought_on + 20 then last_pressure + 1.5 end\"\n\
         band = { zh = \"推荐\", en = \"Recommended\" }",
    );
    let pack = load(&[with(files("mini"), &[("bicycle/trends.toml", &text)])]);
    let pack = pack.unwrap_or_else(|errors| panic!("{errors:?}"));
    let program = &pack.programs[0];
    let record = |id: u128, form: &str, on: i32, pressure: Option<i64>| {
        let ix = program.form_ix(form).unwrap();
        let mut values = vec![Value::Null; program.form(ix).fields.len()];
        if let Some(pressure) = pressure {
            let at = program.form(ix).field("pressure_bar").unwrap();
            values[at.get()] = Value::Number(pressure);
        }
        Encounter {
            id,
            form: ix,
            occurred_on: DayNumber(on),
            recorded_at_ms: i64::from(on) * 86_400_000,
            recorded_org: None,
            values,
            groups: vec![Vec::new(); program.form(ix).groups.len()],
        }
    };
    let history = History {
        encounters: vec![
            record(1, "sale", 1000, None),
            record(2, "service", 1010, Some(25)),
        ],
        ..History::default()
    };
    let outcome = replay(program, &history);
    let trend = &program.trends[0];
    assert_eq!(trend.band_secrecy(), Secrecy::Open);
    let check = |on: i32, expected: &str| {
        let band = trend.band(&outcome, std::iter::once(DayNumber(on)));
        let found = band.first().map(|point| (point.low, point.high));
        assert_eq!(format!("{found:?}"), expected, "on day {on}");
    };
    check(999, "None");
    check(1000, "Some((Some(30), None))");
    check(1020, "Some((Some(30), None))");
    check(1021, "Some((Some(30), Some(40)))");
}

#[test]
fn a_trend_that_cannot_be_drawn_is_told() {
    let check = |lines: &str, expected: &str| {
        let found = errors(&[with(files("mini"), &[("bicycle/t.toml", &trend(lines))])]);
        assert!(found.contains(expected), "{lines}: {found}");
    };
    check(
        "fields = [\"presure_bar\"]",
        "there is no field `presure_bar`; did you mean pressure_bar",
    );
    check("fields = []", "a trend has one to three `fields`");
    check(
        "fields = [\"pressure_bar\", \"pressure_kpa\"]",
        "must be numbers of one type",
    );
    check("fields = [\"faults\"]", "must be numbers of one type");
    check(
        "fields = [\"pressure_bar\"]\nlow = \"3.0\"",
        "give both or neither",
    );
    check(
        "fields = [\"pressure_bar\"]\nlow = \"stolen\"\nband = { zh = \"x\", en = \"x\" }",
        "mini/bicycle/t.toml:5:",
    );
}
