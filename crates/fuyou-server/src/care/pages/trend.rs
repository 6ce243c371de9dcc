//! Trends as pictures: numbers that recur in the records of an enrollment, drawn by the server.

use std::sync::Arc;

use fuyou_expr::{Type, Value, format_value};
use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::Program;
use fuyou_pack::model::Field;
use fuyou_pack::trend::BandPoint;

use super::words::Words;
use crate::care::{RecordShown, Shown};

/// Width and height of a picture, and the margins inside it, in its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 140.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;
/// Pictures on a page, and lines in a picture.
const CHARTS_MAX: usize = 6;
const LINES_MAX: usize = 3;
/// A trend has at least so many points.
const POINTS_MIN: usize = 2;

/// A place with a text.
pub(super) struct Mark {
    pub x: String,
    pub y: String,
    pub text: String,
}

/// One line of a picture.
pub(super) struct Line {
    pub label: String,
    pub points: String,
    pub marks: Vec<Mark>,
    pub last: String,
}

/// One picture.
pub(super) struct Chart {
    pub title: String,
    pub alt: String,
    /// The outline of the band.
    pub band: Option<String>,
    /// What lies in it, and from where to where at the last point.
    pub band_words: Option<(String, String)>,
    pub lines: Vec<Line>,
    pub heights: Vec<Mark>,
    pub days: Vec<Mark>,
}

/// What is recommended, day by day.
struct Band<'a> {
    words: Option<String>,
    points: &'a [BandPoint],
}

struct Series<'a> {
    field: &'a Field,
    /// The form and section in which it stands first: what is typed together is drawn together.
    place: (usize, Option<usize>),
    points: Vec<(Date, i64)>,
    /// Whether a form fills it with what was said before.
    is_carried: bool,
}

impl Series<'_> {
    fn never_moved(&self) -> bool {
        let mut pairs = self.points.windows(2);
        pairs.all(|pair| pair[0].1 == pair[1].1)
    }
}

/// Whether a field begins with its own last value.
fn is_carried(field: &Field) -> bool {
    let default = field.default.as_ref().map(|default| default.text());
    default.is_some_and(|text| text.strip_prefix("previous.") == Some(&*field.id))
}

/// The trends of the program, as far as there is something to draw; of a program that names none, the numbers that
/// recur, those with the most points first. What one record hands on to the next and nobody ever changed is the memory of
/// one measurement.
pub(super) fn charts(
    words: Words<'_>,
    program: &Program,
    records: &[RecordShown],
    bands: &[Vec<BandPoint>],
) -> Vec<Chart> {
    let mut series = recurring(program, records);
    if !program.trends.is_empty() {
        let trends = program.trends.iter().zip(bands);
        let charts = trends.filter_map(|(trend, points)| {
            let of = |id: &Arc<str>| series.iter().find(|one| one.field.id == *id);
            let lines: Vec<&Series<'_>> = trend.fields.iter().filter_map(of).collect();
            let band = Band {
                words: trend.band.as_ref().map(|band| words.of(band)),
                points,
            };
            (!lines.is_empty()).then(|| draw(words, &words.of(&trend.title), &lines, &band))
        });
        return charts.collect();
    }
    series.retain(|one| !(one.is_carried && one.never_moved()));
    series.sort_by_key(|series| std::cmp::Reverse(series.points.len()));
    let mut charts: Vec<Vec<Series<'_>>> = Vec::new();
    for one in series {
        let together = charts.iter_mut().find(|chart| {
            chart.len() < LINES_MAX
                && chart[0].field.unit == one.field.unit
                && chart[0].place == one.place
                && chart[0].field.ty == one.field.ty
        });
        match together {
            Some(chart) => chart.push(one),
            None => charts.push(vec![one]),
        }
    }
    charts.truncate(CHARTS_MAX);
    let none = Band {
        words: None,
        points: &[],
    };
    let drawn = charts.iter().map(|series| {
        let titles: Vec<String> = series
            .iter()
            .map(|one| words.of(&one.field.label))
            .collect();
        let lines: Vec<&Series<'_>> = series.iter().collect();
        draw(words, &titles.join(" / "), &lines, &none)
    });
    drawn.collect()
}

fn recurring<'p>(program: &'p Program, records: &[RecordShown]) -> Vec<Series<'p>> {
    let mut found: Vec<Series<'p>> = Vec::new();
    for record in records.iter().filter(|record| record.voided.is_none()) {
        let form = program.form(record.form);
        for (field, shown) in form.fields.iter().zip(&record.values) {
            let (Some(_), Type::Integer | Type::Decimal(_), Shown::Value(Value::Number(number))) =
                (&field.unit, &field.ty, shown)
            else {
                continue;
            };
            let point = (record.occurred_on, *number);
            match found.iter_mut().find(|series| series.field.id == field.id) {
                Some(series) => {
                    series.points.push(point);
                    series.is_carried |= is_carried(field);
                }
                None => found.push(Series {
                    field,
                    place: (record.form.get(), field.section),
                    points: vec![point],
                    is_carried: is_carried(field),
                }),
            }
        }
    }
    found.retain(|series| {
        let first = series.points.first().map(|(day, _)| *day);
        series.points.len() >= POINTS_MIN && series.points.last().map(|(day, _)| *day) != first
    });
    found
}

fn draw(words: Words<'_>, title: &str, series: &[&Series<'_>], band: &Band<'_>) -> Chart {
    let day = day_of;
    let days = || {
        series
            .iter()
            .flat_map(|series| series.points.iter().map(|(date, _)| *date))
    };
    let numbers = || {
        series
            .iter()
            .flat_map(|series| series.points.iter().map(|(_, number)| *number))
    };
    let (first, last) = (
        days().min().unwrap_or_default(),
        days().max().unwrap_or_default(),
    );
    let within =
        |point: &&BandPoint| (DayNumber::from(first)..=DayNumber::from(last)).contains(&point.on);
    let band_points: Vec<&BandPoint> = band.points.iter().filter(within).collect();
    // A band with both ends is shown whole; of one with one end, the end.
    let limits = || {
        band_points
            .iter()
            .flat_map(|point| [point.low, point.high])
            .flatten()
    };
    let (low, high) = (
        numbers().chain(limits()).min().unwrap_or_default(),
        numbers().chain(limits()).max().unwrap_or_default(),
    );
    let room = ((high - low) / 8).max(1);
    let (bottom, top) = ((low - room) as f64, (high + room) as f64);
    let x = |date: Date| {
        LEFT + (day(date) - day(first)) / (day(last) - day(first)).max(1.0) * (WIDTH - LEFT - RIGHT)
    };
    let y = |number: i64| TOP + (top - number as f64) / (top - bottom) * (HEIGHT - TOP - BOTTOM);
    let at = |place: f64| format!("{place:.1}");
    let field = series[0].field;
    let unit = field.unit.clone().unwrap_or_default();
    let print = |field: &Field, number: i64| format_value(&field.ty, &Value::Number(number));
    let lines: Vec<Line> = series
        .iter()
        .map(|one| {
            let marks = one.points.iter().map(|(date, number)| Mark {
                x: at(x(*date)),
                y: at(y(*number)),
                text: format!("{date}: {} {unit}", print(one.field, *number)),
            });
            let points: Vec<String> = one
                .points
                .iter()
                .map(|(date, number)| format!("{},{}", at(x(*date)), at(y(*number))))
                .collect();
            Line {
                label: words.of(&one.field.label),
                points: points.join(" "),
                marks: marks.collect(),
                last: one
                    .points
                    .last()
                    .map(|(_, number)| print(one.field, *number))
                    .unwrap_or_default(),
            }
        })
        .collect();
    let drawn = outline(
        &band_points,
        |point, number| {
            let day = f64::from(point.on.0);
            let x = LEFT
                + (day - day_of(first)) / (day_of(last) - day_of(first)).max(1.0)
                    * (WIDTH - LEFT - RIGHT);
            let number = number.clamp(low - room, high + room);
            format!("{},{}", at(x), at(y(number)))
        },
        (low - room, high + room),
    );
    let band_words = band.words.clone().zip(band_points.last().map(|point| {
        let end = |number: Option<i64>| number.map(|number| print(field, number));
        match (end(point.low), end(point.high)) {
            (Some(low), Some(high)) => format!("{low}–{high} {unit}"),
            (Some(low), None) => format!("≥ {low} {unit}"),
            (None, Some(high)) => format!("≤ {high} {unit}"),
            (None, None) => String::new(),
        }
    }));
    let title = format!("{title} ({unit})");
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            let points: Vec<&str> = line.marks.iter().map(|mark| mark.text.as_str()).collect();
            format!("{}: {}", line.label, points.join("; "))
        })
        .collect();
    Chart {
        title,
        alt: told.join(". "),
        band: drawn,
        band_words,
        heights: [low, high]
            .map(|number| Mark {
                x: at(LEFT - 6.0),
                y: at(y(number) + 4.0),
                text: print(field, number),
            })
            .into(),
        days: vec![
            Mark {
                x: at(LEFT),
                y: at(HEIGHT - 6.0),
                text: first.to_string(),
            },
            Mark {
                x: at(WIDTH - RIGHT),
                y: at(HEIGHT - 6.0),
                text: last.to_string(),
            },
        ],
        lines,
    }
}

fn day_of(date: Date) -> f64 {
    f64::from(DayNumber::from(date).0)
}

/// The outline of a band: along its upper end, and back along its lower one. Where an end is open it is the picture's.
fn outline(
    points: &[&BandPoint],
    place: impl Fn(&BandPoint, i64) -> String,
    (bottom, top): (i64, i64),
) -> Option<String> {
    if points.len() < POINTS_MIN {
        return None;
    }
    let above = points
        .iter()
        .map(|point| place(point, point.high.unwrap_or(top)));
    let below = points.iter().rev();
    let below = below.map(|point| place(point, point.low.unwrap_or(bottom)));
    Some(above.chain(below).collect::<Vec<_>>().join(" "))
}
