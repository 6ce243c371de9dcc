//! Maintained cells are rebuilt cells are what the row evaluator counts, over random histories.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fuyou_expr::{Column, Expr, Scope, Slot, Type, Value, ValueSet, parse};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::axis::{AxisSpec, MeasureSpec, month};
use crate::cube::{Cube, CubeError, ProgramSpec};
use crate::fold::Folding;
use crate::image::ImageError;
use crate::rows::{Adding, RowsAsked};
use crate::split::Splitting;
use crate::table::FactsRow;

/// Histories; more with `FUYOU_TEST_CASES`.
const CASES: u32 = 250;

fn scope() -> Scope {
    let mut scope = Scope::new();
    let ranged = |ty, range| Column {
        range: Some(range),
        ..Column::new(ty)
    };
    scope.outer("org", Column::new(Type::Text));
    scope.outer("unread", Column::new(Type::Text));
    scope.outer("other_org", Column::new(Type::Text));
    scope.outer("on1", Column::new(Type::Date));
    scope.outer("on2", Column::new(Type::Date));
    scope.outer("flag", Column::new(Type::Boolean));
    scope.outer("few", ranged(Type::Integer, (-200, 40_000)));
    scope.outer("many", Column::new(Type::Integer));
    let levels = ValueSet::new("level", ["green", "orange", "red"], true).unwrap();
    scope.outer("level", Column::new(Type::Code(levels)));
    scope
}

fn expr(text: &str) -> Expr {
    parse(text, &scope()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// By what figures are split, and how many layers that has.
const LAYERED: &str = "case when few > 3 then level when flag then 'green' end";
const LAYERS: usize = 3;

fn spec() -> ProgramSpec {
    let measure = |filter: &str, sum: &str| MeasureSpec {
        filter: (!filter.is_empty()).then(|| expr(filter)),
        sum: (!sum.is_empty()).then(|| expr(sum)),
    };
    let axis = |dated_by: Option<&str>, placed_by: &str, measures: &[(&str, &str)]| AxisSpec {
        dated_by: dated_by.map(expr),
        placed_by: expr(placed_by),
        measures: measures
            .iter()
            .map(|(filter, sum)| measure(filter, sum))
            .collect(),
    };
    let scope = scope();
    let columns = (0u16..).zip(scope.columns(None));
    ProgramSpec {
        also: vec![expr(LAYERED)],
        columns: columns
            .map(|(slot, (_, column))| (Slot(slot), column.ty.clone()))
            .collect(),
        axes: vec![
            axis(
                Some("on1"),
                "org",
                &[
                    ("", ""),
                    ("flag", ""),
                    ("not flag", ""),
                    ("flag and few > 3", "few"),
                    ("", "few"),
                    ("level >= 'orange'", "many"),
                    ("on2 is null or on2 < on1", ""),
                    ("flag", "few * 2"),
                ],
            ),
            axis(
                Some("on2"),
                "org",
                &[("flag is not true", ""), ("", "many")],
            ),
            axis(
                Some("on1"),
                "coalesce(other_org, org)",
                &[("", ""), ("flag", "few")],
            ),
            axis(
                Some("add_months(on1, 1)"),
                "org || '!'",
                &[("few is null", "")],
            ),
            axis(None, "org", &[("flag and on2 is null", ""), ("", "")]),
        ],
    }
}

/// Values by axis, place, month and layer, where any is not zero.
type Layered = BTreeMap<(usize, String, i32, usize), Vec<i64>>;

const MONTHS: std::ops::RangeInclusive<i32> = 2023 * 12..=2025 * 12;

/// The figures of the axes that have months, split by layers. Rows without a place are asked for under `-`.
fn layered(cube: &Cube) -> Layered {
    let (spec, by) = (spec(), expr(LAYERED));
    let mut layered = Layered::new();
    let mut names: Vec<String> = cube.texts(0).iter().map(|text| text.to_string()).collect();
    names.push("-".to_owned());
    let places: Vec<u32> = (0..).take(names.len() - 1).collect();
    let month_kinds: Vec<u32> = (0..).take(MONTHS.count()).collect();
    for (axis, definition) in spec.axes.iter().enumerate() {
        let Some(dated_by) = &definition.dated_by else {
            continue;
        };
        let width = definition.measures.len();
        let measures = definition.measures.iter().cloned().enumerate();
        let measures: Vec<(usize, MeasureSpec)> = measures.collect();
        let layering = Folding {
            months: MONTHS,
            places: &places,
            without: places.len() as u32,
            month_kinds: &month_kinds,
            first_month: *MONTHS.start(),
            kinds: month_kinds.len(),
            measures: &[],
            width: width * (LAYERS + 1),
        };
        let splitting = Splitting {
            by: &by,
            layers: LAYERS,
            placed_by: &definition.placed_by,
            dated_by,
            measures: &measures,
            width,
            folding: &layering,
        };
        let mut sums = vec![0; names.len() * month_kinds.len() * layering.width];
        cube.split(0, &splitting, &mut sums).unwrap();
        // The cells say the same of all layers together.
        let whole: Vec<(usize, usize)> = (0..width).map(|measure| (measure, measure)).collect();
        let folding = Folding {
            measures: &whole,
            width,
            ..layering.clone()
        };
        let mut folded = vec![0; names.len() * month_kinds.len() * width];
        assert_eq!(cube.fold((0, axis), &folding, &mut folded), 0);
        let layers = sums.chunks(width * (LAYERS + 1));
        let together = layers.flat_map(|layers| {
            (0..width).map(|at| layers.iter().skip(at).step_by(width).sum::<i64>())
        });
        assert!(folded.into_iter().eq(together), "axis {axis}");
        for (at, values) in sums.chunks(width).enumerate() {
            let (group, layer) = (at / (LAYERS + 1), at % (LAYERS + 1));
            let (place, month) = (group / month_kinds.len(), group % month_kinds.len());
            if values.iter().any(|value| *value != 0) {
                let month = MONTHS.start() + month as i32;
                layered.insert((axis, names[place].clone(), month, layer), values.to_vec());
            }
        }
    }
    layered
}

/// The same by asking the row evaluator about every row.
fn layered_plainly(rows: &BTreeMap<u128, Vec<Value>>) -> Layered {
    let by = expr(LAYERED);
    let mut layered = Layered::new();
    for layer in 0..=LAYERS {
        let of_layer = |row: &Vec<Value>| match by.eval(&FactsRow(row.clone())) {
            Value::Code(code) => usize::from(code) == layer,
            _ => layer == LAYERS,
        };
        let rows = rows.iter().filter(|(_, row)| of_layer(row));
        let rows = rows.map(|(id, row)| (*id, row.clone())).collect();
        for ((axis, place, month), (_, values)) in plainly(&rows) {
            let has_months = spec().axes[axis].dated_by.is_some();
            if has_months && values.iter().any(|value| *value != 0) {
                let place = place.unwrap_or_else(|| "-".to_owned());
                layered.insert((axis, place, month, layer), values);
            }
        }
    }
    layered
}

/// Rows and values by axis, place and month, for groups that have rows.
type Figures = BTreeMap<(usize, Option<String>, i32), (i64, Vec<i64>)>;

fn figures(cube: &Cube) -> Figures {
    let spec = spec();
    let mut figures = Figures::new();
    for (axis, definition) in spec.axes.iter().enumerate() {
        cube.each_group((0, axis), i32::MIN..=i32::MAX, |group, rows, value| {
            let place = cube.place(0, group).map(|code| code.to_string());
            let values = (0..definition.measures.len()).map(value).collect();
            figures.insert((axis, place, group.month), (rows, values));
        });
    }
    figures
}

/// The same by asking the row evaluator about every row.
fn plainly(rows: &BTreeMap<u128, Vec<Value>>) -> Figures {
    let mut figures = Figures::new();
    for (axis, definition) in spec().axes.iter().enumerate() {
        for row in rows.values() {
            let row = FactsRow(row.clone());
            let month = match definition
                .dated_by
                .as_ref()
                .map(|dated_by| dated_by.eval(&row))
            {
                None => 0,
                Some(Value::Date(days)) => month(i64::from(days)).unwrap(),
                Some(_) => continue,
            };
            let place = match definition.placed_by.eval(&row) {
                Value::Text(code) => Some(code.to_string()),
                _ => None,
            };
            let (count, values) = figures
                .entry((axis, place, month))
                .or_insert_with(|| (0, vec![0; definition.measures.len()]));
            *count += 1;
            for (measure, value) in definition.measures.iter().zip(values) {
                let counts = measure
                    .filter
                    .as_ref()
                    .is_none_or(|filter| filter.holds(&row));
                *value += match measure.sum.as_ref().map(|sum| sum.eval(&row)) {
                    _ if !counts => 0,
                    None => 1,
                    Some(Value::Number(number)) => number,
                    Some(_) => 0,
                };
            }
        }
    }
    figures
}

fn rebuilt(rows: &BTreeMap<u128, Vec<Value>>, threads: usize) -> Cube {
    let mut cube = Cube::new(vec![spec()], threads).unwrap();
    for (id, row) in rows {
        cube.put(0, *id, Some(row)).unwrap();
    }
    cube.count(0).unwrap();
    cube
}

/// A row out of small numbers: many rows share a place and a month, many values are unknown.
fn row(bytes: [u8; 8]) -> Vec<Value> {
    let known = |byte: u8, value: Value| {
        if byte.is_multiple_of(5) {
            Value::Null
        } else {
            value
        }
    };
    let text = |byte: u8| known(byte, Value::Text(Arc::from(format!("o{}", byte % 4))));
    let date = |byte: u8| known(byte, Value::Date(19_740 + i32::from(byte % 7) * 11));
    let many = [0, 1, -7, 40_000, 1_000_000_000_000, -1_000_000_000_000];
    vec![
        text(bytes[0]),
        Value::Text(Arc::from("nobody reads this")),
        text(bytes[1]),
        date(bytes[2]),
        date(bytes[3]),
        known(bytes[4], Value::Boolean(bytes[4] % 2 == 1)),
        known(
            bytes[5],
            Value::Number(if bytes[5] > 250 {
                40_000
            } else {
                i64::from(bytes[5]) - 120
            }),
        ),
        known(
            bytes[6],
            Value::Number(many[usize::from(bytes[6]) % many.len()]),
        ),
        known(bytes[7], Value::Code(u16::from(bytes[7] % 3))),
    ]
}

/// What happens to an enrollment: recorded or corrected (also moved, dated anew), or removed (voided, merged away).
#[derive(Clone, Debug)]
enum Happening {
    Put(u8, [u8; 8]),
    Remove(u8),
    /// One value is corrected, the rest stays.
    Correct(u8, usize, [u8; 8]),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0u8..40, any::<[u8; 8]>()).prop_map(|(id, bytes)| Happening::Put(id, bytes)),
        1 => (0u8..40).prop_map(Happening::Remove),
        3 => (0u8..40, 0usize..9, any::<[u8; 8]>())
            .prop_map(|(id, column, bytes)| Happening::Correct(id, column, bytes)),
    ]
}

#[test]
fn maintained_is_rebuilt() {
    let cases = std::env::var("FUYOU_TEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(CASES);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let histories = (prop::collection::vec(happening(), 0..120), 0usize..60);
    let outcome = runner.run(&histories, |(history, counted_after)| {
        let mut rows: BTreeMap<u128, Vec<Value>> = BTreeMap::new();
        let mut cube = Cube::new(vec![spec()], 2).unwrap();
        for (at, happening) in history.iter().enumerate() {
            if at == counted_after {
                cube.count(0).unwrap();
            }
            let (id, now) = match happening {
                Happening::Put(id, bytes) => (u128::from(*id), Some(row(*bytes))),
                Happening::Remove(id) => (u128::from(*id), None),
                Happening::Correct(id, column, bytes) => {
                    let id = u128::from(*id);
                    let corrected = rows.get(&id).map(|before| {
                        let mut now = before.clone();
                        now[*column] = row(*bytes)[*column].clone();
                        now
                    });
                    (id, corrected)
                }
            };
            cube.put(0, id, now.as_deref()).unwrap();
            match now {
                Some(now) => rows.insert(id, now),
                None => rows.remove(&id),
            };
        }
        if history.len() <= counted_after {
            cube.count(0).unwrap();
        }
        let (maintained, rebuilt) = (figures(&cube), figures(&rebuilt(&rows, 1)));
        prop_assert_eq!(&maintained, &rebuilt, "maintained and rebuilt");
        prop_assert_eq!(&rebuilt, &plainly(&rows), "rebuilt and counted plainly");
        prop_assert_eq!(layered(&cube), layered_plainly(&rows), "split by layers");
        cube.count(0)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&figures(&cube), &rebuilt, "counted again");
        let mut restored = Cube::new(vec![spec()], 1).unwrap();
        restored.restore(0, &cube.image(0)).unwrap();
        restored
            .count(0)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&figures(&restored), &rebuilt, "out of an image");
        for (id, row) in rows.iter().take(3) {
            restored.put(0, *id, Some(row)).unwrap();
        }
        prop_assert_eq!(&figures(&restored), &rebuilt, "an image goes on");
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{cases} histories: maintained = rebuilt = counted row by row");
}

/// More rows than a block, groups larger than a block beside groups of one row, on one thread and on several.
#[test]
fn blocks_and_threads_make_no_difference() {
    let bytes = |n: u32| {
        let mut seed = n.wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
        [0; 8].map(|_: u8| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        })
    };
    let mut rows: BTreeMap<u128, Vec<Value>> = BTreeMap::new();
    for n in 0..21_000 {
        let mut row = row(bytes(n));
        if n % 3 > 0 {
            (row[0], row[3]) = (Value::text("o1"), Value::Date(19_740));
        } else if n % 3 == 0 && n < 6_000 {
            row[0] = Value::Text(Arc::from(format!("small{}", n / 6)));
        }
        rows.insert(u128::from(n), row);
    }
    let expected = plainly(&rows);
    assert!(expected.len() > 2_000, "{} groups", expected.len());
    for threads in [1, 3] {
        assert_eq!(
            figures(&rebuilt(&rows, threads)),
            expected,
            "{threads} threads"
        );
        assert_eq!(
            layered(&rebuilt(&rows, threads)),
            layered_plainly(&rows),
            "split on {threads} threads"
        );
    }
}

/// A sum beyond 64 bits is an error, never a wrong figure. The bounds of the language let it happen from ten million
/// rows on; the values here are greater than the column declares.
#[test]
fn overflow_is_refused() {
    let large = |number: i64| {
        let mut row = row([1; 8]);
        row[7] = Value::Number(number);
        row[8] = Value::Code(2);
        row
    };
    let check = |numbers: &[i64], expected: Result<(), CubeError>| {
        let mut cube = Cube::new(vec![spec()], 1).unwrap();
        for (id, number) in numbers.iter().enumerate() {
            cube.put(0, id as u128, Some(&large(*number))).unwrap();
        }
        assert_eq!(cube.count(0), expected, "scanned {numbers:?}");
        let mut cube = Cube::new(vec![spec()], 1).unwrap();
        cube.count(0).unwrap();
        let put = numbers
            .iter()
            .enumerate()
            .try_for_each(|(id, number)| cube.put(0, id as u128, Some(&large(*number))));
        assert_eq!(put, expected, "put {numbers:?}");
    };
    check(&[i64::MAX - 1, 1], Ok(()));
    check(&[i64::MAX, 1], Err(CubeError::Overflow));
    check(&[i64::MIN, -1], Err(CubeError::Overflow));
}

/// Bytes that are no image are refused, whatever is wrong with them.
#[test]
fn a_broken_image_is_refused() {
    let rows: BTreeMap<u128, Vec<Value>> = (0..70u32)
        .map(|n| (u128::from(n), row([n as u8; 8])))
        .collect();
    let (cube, mut other) = (rebuilt(&rows, 1), Cube::new(vec![spec()], 1).unwrap());
    let image = cube.image(0);
    for length in 0..image.len() {
        assert_eq!(
            other.restore(0, &image[..length]),
            Err(ImageError),
            "{length} bytes"
        );
    }
    let mut more = image.clone();
    more.push(0);
    assert_eq!(other.restore(0, &more), Err(ImageError));
    // Whatever byte is wrong, it is refused or says something else; it never breaks the cube.
    for at in 0..image.len() {
        let mut wrong = image.clone();
        wrong[at] ^= 0x55;
        if other.restore(0, &wrong).is_ok() {
            let _ = other.count(0);
        }
    }
    other.restore(0, &image).unwrap();
    other.count(0).unwrap();
    assert_eq!(figures(&other), figures(&cube));
}

/// What nobody reads is not held, and memory is told by part.
/// Pages of rows, walked through, are the rows that the row evaluator finds, in order, however many threads look.
#[test]
fn pages_of_rows_are_what_the_row_evaluator_finds() {
    let rows: BTreeMap<u128, Vec<Value>> = (0..900u32)
        .map(|id| {
            let [a, b, c, d] = id.wrapping_mul(0x9e37_79b9).to_le_bytes();
            (u128::from(id), row([a, b, c, d, b, c, d, a]))
        })
        .collect();
    let spec = &spec().axes[0];
    let dated_by = spec.dated_by.as_ref().unwrap();
    let texts: std::collections::BTreeSet<String> = rows
        .values()
        .filter_map(|row| match &row[0] {
            Value::Text(code) => Some(code.to_string()),
            _ => None,
        })
        .collect();
    // Not every place is asked for.
    let codes: HashSet<&str> = texts.iter().skip(1).map(String::as_str).collect();
    let days: Vec<i64> = rows
        .values()
        .filter_map(|row| match dated_by.eval(&FactsRow(row.clone())) {
            Value::Date(day) => Some(i64::from(day)),
            _ => None,
        })
        .collect();
    let (first, last) = (days.iter().min().unwrap(), days.iter().max().unwrap());
    let days = *first + 3..=*last - 3;
    for (of, without) in [(0, None), (1, None), (4, Some(1)), (1, Some(3)), (5, None)] {
        let of = Adding {
            measure: &spec.measures[of],
            dated_by: Some(dated_by),
        };
        let without: Option<Adding<'_>> = without.map(|at: usize| Adding {
            measure: &spec.measures[at],
            dated_by: None,
        });
        let adds = |adding: Adding<'_>, row: &[Value]| {
            let row = &FactsRow(row.to_vec());
            let filter = adding.measure.filter.as_ref();
            let on = match adding.dated_by.map(|by| by.eval(row)) {
                None => None,
                Some(Value::Date(day)) if days.contains(&i64::from(day)) => Some(i64::from(day)),
                Some(_) => return None,
            };
            let adds = match adding.measure.sum.as_ref().map(|sum| sum.eval(row)) {
                None => 1,
                Some(Value::Number(number)) => number,
                Some(_) => 0,
            };
            (filter.is_none_or(|filter| filter.holds(row)) && adds != 0).then_some((on, adds))
        };
        let mut wanted: Vec<(String, u128, Option<i64>, i64)> = Vec::new();
        for (id, row) in &rows {
            let Value::Text(place) = &row[0] else {
                continue;
            };
            let excluded = without.is_some_and(|without| adds(without, row).is_some());
            if let Some((on, adds)) = adds(of, row)
                && !excluded
                && codes.contains(&**place)
            {
                wanted.push((place.to_string(), *id, on, adds));
            }
        }
        wanted.sort_unstable();
        assert!(wanted.len() > 10, "{} rows", wanted.len());
        for threads in [1, 3] {
            let cube = rebuilt(&rows, threads);
            use crate::{RowKey, RowsBy, RowsOrder};
            // By place, as they were wanted; by day and by what they add, the largest first.
            let by_day =
                |row: &&(String, u128, Option<i64>, i64)| (std::cmp::Reverse(row.2), row.1);
            let by_adds =
                |row: &&(String, u128, Option<i64>, i64)| (std::cmp::Reverse(row.3), row.1);
            for order in [
                RowsOrder::Up(RowsBy::Place),
                RowsOrder::Down(RowsBy::Day),
                RowsOrder::Down(RowsBy::Adds),
            ] {
                let mut wanted: Vec<_> = wanted.iter().collect();
                match order {
                    RowsOrder::Down(RowsBy::Day) => wanted.sort_by_key(by_day),
                    RowsOrder::Down(RowsBy::Adds) => wanted.sort_by_key(by_adds),
                    RowsOrder::Up(_) | RowsOrder::Down(RowsBy::Place) => {}
                }
                let wanted: Vec<_> = wanted.into_iter().cloned().collect();
                let (mut found, mut last) = (Vec::new(), None::<crate::FoundRow>);
                loop {
                    let after = last.as_ref().map(|row| match order {
                        RowsOrder::Down(RowsBy::Day) => (RowKey::Number(row.on.unwrap()), row.id),
                        RowsOrder::Down(RowsBy::Adds) => (RowKey::Number(row.adds), row.id),
                        RowsOrder::Up(_) | RowsOrder::Down(RowsBy::Place) => {
                            (RowKey::Place(&row.place), row.id)
                        }
                    });
                    let page = cube.rows_behind(
                        0,
                        &RowsAsked {
                            placed_by: &spec.placed_by,
                            codes: &codes,
                            days: days.clone(),
                            of,
                            without,
                            within: None,
                            order,
                            after,
                            limit: 7,
                        },
                    );
                    let page = page.unwrap();
                    assert_eq!(page.total, wanted.len() as i64);
                    let rows = page.rows.iter();
                    found.extend(rows.map(|row| (row.place.to_string(), row.id, row.on, row.adds)));
                    last = page.rows.last().cloned();
                    if last.is_none() {
                        break;
                    }
                }
                assert_eq!(found, wanted, "{threads} threads, {order:?}");
            }
        }
    }
}

#[test]
fn counting_stays_within_its_memory() {
    let rows: BTreeMap<u128, Vec<Value>> = (0..500u32)
        .map(|id| {
            let [a, b, c, d] = id.wrapping_mul(0x9e37_79b9).to_le_bytes();
            (u128::from(id), row([a, b, c, d, b, c, d, a]))
        })
        .collect();
    let whole = rebuilt(&rows, 2);
    let mut stored = Cube::new(vec![spec()], 2).unwrap();
    for (id, row) in &rows {
        stored.put(0, *id, Some(row)).unwrap();
    }
    let (facts, mut fitted, mut refused) = (stored.memory().total(), 0, 0);
    for room in (facts / 2..facts * 8).step_by(facts / 8) {
        let mut cube = stored.clone();
        match cube.count_within(0, room) {
            Ok(()) => {
                assert!(
                    cube.memory().total() <= room,
                    "{:?} in {room}",
                    cube.memory()
                );
                assert_eq!(cube.memory().projections, 0);
                assert_eq!(figures(&cube), figures(&whole));
                fitted += 1;
            }
            Err(CubeError::TooLarge { needs, bytes_max }) => {
                assert!(needs > bytes_max && bytes_max == room);
                assert!(cube.memory().total() <= room.max(facts));
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(
        fitted > 0 && refused > 0,
        "{fitted} fitted, {refused} refused"
    );
}

#[test]
fn memory_is_reported() {
    let rows: BTreeMap<u128, Vec<Value>> = (0..1_000u32)
        .map(|n| (u128::from(n), row([n as u8; 8])))
        .collect();
    let mut cube = rebuilt(&rows, 1);
    let memory = cube.memory();
    // Two texts, two dates that 16 bits hold, numbers of 32 (for 40,000), 64 and 8 bits, and nine bitmaps.
    let columns = 1_000 * (4 + 4 + 2 + 2 + 4 + 8 + 1) + 9 * 128;
    assert_eq!(memory.columns, columns);
    assert!(memory.projections > 0 && memory.cells > 0 && memory.index > 0);
    cube.forget_projections();
    assert_eq!(cube.memory().projections, 0);
}
