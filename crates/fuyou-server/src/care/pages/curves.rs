//! What was measured of a subject among the lines of reference curves, drawn by the server.

use fuyou_expr::{CURVE_SCALE, Curve, Type, Value, format_value};
use fuyou_kernel::Date;
use fuyou_pack::Program;
use fuyou_pack::model::{Axis, DerivedIx, Plotted, Standard};

use super::words::Words;
use crate::care::{EnrollmentStory, Shown};

/// Width and height of a picture, and the margins inside it, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;
/// Places along x at which a line is computed.
const STEPS: i32 = 48;
/// How much of the curves is shown beyond the last point, and at least.
const BEYOND: f64 = 1.25;
const SHOWN_MIN: f64 = 0.12;
/// Marks along each axis, about.
const MARKS: f64 = 6.0;
/// One in units of the last decimal of [`CURVE_SCALE`].
const ONE: f64 = 1_000_000.0;

/// A line of a curve.
pub(super) struct CurveLine {
    /// `sd0` for the median, `sd1` to `sd3` on both sides of it.
    pub class: String,
    pub points: String,
    pub label: String,
    /// Where the label stands.
    pub x: String,
    pub y: String,
}

/// A measured value.
pub(super) struct Point {
    pub x: String,
    pub y: String,
    pub on: String,
    pub at: String,
    pub value: String,
    pub score: String,
}

/// A mark at an axis.
pub(super) struct Tick {
    pub place: String,
    pub text: String,
}

/// A picture in one standard.
pub(super) struct StandardView {
    pub title: String,
    pub lines: Vec<CurveLine>,
    pub path: String,
    pub points: Vec<Point>,
    pub below: Vec<Tick>,
    pub beside: Vec<Tick>,
    pub x_title: String,
    pub y_title: String,
}

/// A chart with its standards.
pub(super) struct CurveChart {
    pub id: String,
    pub title: String,
    pub standards: Vec<StandardView>,
}

/// A value on a curve, in the units of its axes.
struct Measured<'a> {
    on: Date,
    x: i64,
    y: i64,
    at: String,
    value: String,
    curve: &'a Curve,
}

/// The charts of an enrollment that have something to draw and that the reader may see.
pub(super) fn curve_charts(
    words: Words<'_>,
    program: &Program,
    story: &EnrollmentStory,
) -> Vec<CurveChart> {
    let charts = program.charts.iter().zip(&story.strata);
    let readable = charts.filter(|(chart, _)| chart.secrecy <= words.secrecy_max());
    readable
        .filter_map(|(chart, stratum)| {
            let stratum = (*stratum)?;
            let standards = chart.standards.iter();
            let standards: Vec<StandardView> = standards
                .filter_map(|standard| drawn(words, program, story, (standard, stratum)))
                .collect();
            (!standards.is_empty()).then(|| CurveChart {
                id: format!("{}-{}", story.id, chart.id),
                title: words.of(&chart.title),
                standards,
            })
        })
        .collect()
}

fn drawn(
    words: Words<'_>,
    program: &Program,
    story: &EnrollmentStory,
    (standard, stratum): (&Standard, u16),
) -> Option<StandardView> {
    let measured: Vec<Measured<'_>> = standard
        .curves
        .iter()
        .flat_map(|plotted| measured(program, story, plotted, stratum))
        .collect();
    let last = measured.iter().map(|one| one.x).max()?;
    let reaches = standard
        .curves
        .iter()
        .filter_map(|plotted| plotted.curve.reach(stratum));
    let (first, end) = reaches.fold((i64::MAX, i64::MIN), |(low, high), (from, to)| {
        (low.min(from), high.max(to))
    });
    let least = first as f64 + (end - first) as f64 * SHOWN_MIN;
    let end = (first as f64 + (last - first) as f64 * BEYOND)
        .max(least)
        .min(end as f64);
    let first = first as f64;
    let lines: Vec<(i32, Vec<(f64, f64)>)> = (-3..=3)
        .map(|sd| (sd, line(standard, stratum, sd, (first, end))))
        .collect();
    let heights = || {
        let of_lines = lines
            .iter()
            .flat_map(|(_, points)| points.iter().map(|(_, y)| *y));
        of_lines.chain(measured.iter().map(|one| one.y as f64 / ONE))
    };
    let (low, high) = (
        heights().fold(f64::MAX, f64::min),
        heights().fold(f64::MIN, f64::max),
    );
    let at = |place: f64| format!("{place:.1}");
    let x = |x: f64| LEFT + (x - first) / (end - first).max(1.0) * (WIDTH - LEFT - RIGHT);
    let y = |y: f64| TOP + (high - y) / (high - low).max(0.001) * (HEIGHT - TOP - BOTTOM);
    let points: Vec<Point> = measured
        .iter()
        .map(|one| Point {
            x: at(x(one.x as f64)),
            y: at(y(one.y as f64 / ONE)),
            on: one.on.to_string(),
            at: one.at.clone(),
            value: one.value.clone(),
            score: score(one.curve, stratum, (one.x, one.y)),
        })
        .collect();
    let path: Vec<String> = points
        .iter()
        .map(|point| format!("{},{}", point.x, point.y))
        .collect();
    let axis = |axis: &Axis| format!("{} ({})", words.of(&axis.title), axis.unit);
    let plotted = standard.curves.first()?;
    Some(StandardView {
        title: words.of(&standard.title),
        lines: lines
            .iter()
            .filter_map(|(sd, points)| {
                let (last_x, last_y) = points.last()?;
                let places = points
                    .iter()
                    .map(|(px, py)| format!("{:.1},{:.1}", x(*px), y(*py)));
                Some(CurveLine {
                    class: format!("sd{}", sd.abs()),
                    points: places.collect::<Vec<_>>().join(" "),
                    label: if *sd == 0 {
                        "0".to_owned()
                    } else {
                        format!("{sd:+}")
                    },
                    x: at(x(*last_x) + 6.0),
                    y: at(y(*last_y) + 4.0),
                })
            })
            .collect(),
        path: path.join(" "),
        points,
        below: ticks((first / ONE, end / ONE))
            .into_iter()
            .map(|(value, text)| Tick {
                place: at(x(value * ONE)),
                text,
            })
            .collect(),
        beside: ticks((low, high))
            .into_iter()
            .map(|(value, text)| Tick {
                place: at(y(value)),
                text,
            })
            .collect(),
        x_title: axis(&plotted.x),
        y_title: axis(&plotted.y),
    })
}

/// The values of the records that lie on a curve, in the order of the records.
fn measured<'p>(
    program: &Program,
    story: &EnrollmentStory,
    plotted: &'p Plotted,
    stratum: u16,
) -> Vec<Measured<'p>> {
    let number = |derived: &[Shown], ix: DerivedIx| -> Option<(i64, String)> {
        let ty = program.derived[ix.get()].is.ty();
        let Shown::Value(value @ Value::Number(number)) = derived.get(ix.get())? else {
            return None;
        };
        let missing = u32::from(CURVE_SCALE.checked_sub(ty.scale()?)?);
        let scaled = number.checked_mul(10_i64.pow(missing))?;
        Some((scaled, short(ty, value)))
    };
    let standing = story
        .records
        .iter()
        .filter(|record| record.voided.is_none());
    standing
        .filter_map(|record| {
            let (x, at) = number(&record.derived, plotted.at)?;
            let (y, value) = number(&record.derived, plotted.value)?;
            plotted.curve.value_at(stratum, x, 0.0)?;
            Some(Measured {
                on: record.occurred_on,
                x,
                y,
                at,
                value,
                curve: &plotted.curve,
            })
        })
        .collect()
}

/// A number without the zeros that end its decimals, with two decimals at most.
fn short(ty: &Type, value: &Value) -> String {
    let text = format_value(ty, value);
    match text.split_once('.') {
        None => text,
        Some((whole, decimals)) => {
            let kept = decimals[..decimals.len().min(2)].trim_end_matches('0');
            match kept {
                "" => whole.to_owned(),
                kept => format!("{whole}.{kept}"),
            }
        }
    }
}

/// The z-score where the curve has one, else the class among the printed standard deviations.
fn score(curve: &Curve, stratum: u16, (x, y): (i64, i64)) -> String {
    match (curve.band(stratum, x, y), curve.z(stratum, x, y)) {
        (Some(-4), _) => "< -3 SD".to_owned(),
        (Some(3), _) => "≥ +3 SD".to_owned(),
        (Some(band), _) => format!("{band:+} – {:+} SD", band + 1),
        (None, Some(z)) => format!("z {:+.2}", z as f64 / 100.0),
        (None, None) => String::new(),
    }
}

/// A line at so many standard deviations.
fn line(standard: &Standard, stratum: u16, sd: i32, (first, end): (f64, f64)) -> Vec<(f64, f64)> {
    let places = (0..=STEPS).map(|step| first + (end - first) * f64::from(step) / f64::from(STEPS));
    places
        .filter_map(|x| {
            let mut curves = standard.curves.iter();
            let value = curves
                .find_map(|plotted| plotted.curve.value_at(stratum, x as i64, f64::from(sd)))?;
            Some((x, value))
        })
        .collect()
}

/// Round values between two ends, with their texts.
fn ticks((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let rough = ((high - low) / MARKS).max(1e-6);
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = power
        * steps
            .into_iter()
            .find(|step| rough <= step * power)
            .unwrap_or(10.0);
    let decimals = usize::from(step < 1.0);
    let (from, to) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (from..=to)
        .map(|count| {
            let value = count as f64 * step;
            (value, format!("{value:.decimals$}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let check = |low: f64, high: f64, expected: &str| {
            let found: Vec<String> = ticks((low, high))
                .into_iter()
                .map(|(_, text)| text)
                .collect();
            assert_eq!(found.join(" "), expected);
        };
        check(0.0, 730.0, "0 200 400 600");
        check(2.1, 14.9, "5 10");
        check(0.0, 24.0, "0 5 10 15 20");
        check(44.0, 46.0, "44.0 44.5 45.0 45.5 46.0");
    }

    #[test]
    fn numbers_are_short() {
        let check = |ty: &Type, number: i64, expected: &str| {
            assert_eq!(short(ty, &Value::Number(number)), expected);
        };
        check(&Type::Integer, 700, "700");
        check(&Type::Decimal(6), 12_500_000, "12.5");
        check(&Type::Decimal(6), 12_345_678, "12.34");
        check(&Type::Decimal(2), 300, "3");
    }
}
