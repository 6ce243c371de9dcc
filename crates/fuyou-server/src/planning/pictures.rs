//! Pictures of the plan board as SVG: a bar with its target and last year's mark, and one small curve per organization, all
//! drawn to one scale so that they can be compared. Each says in words what it shows.

use std::fmt::Write as _;

use crate::insight::chart::{Point, escaped};
use crate::insight::{Aim, Decimal};

/// Width and height of a bar, and of the part that is filled.
const BAR: (f64, f64) = (200.0, 22.0);
const BED: (f64, f64) = (6.0, 10.0);
/// Width and height of a small curve.
const CURVE: (f64, f64) = (180.0, 64.0);

/// The figure as a bar; the target is a dashed line across it, last year's figure a triangle below it.
pub(super) fn target_bar(
    value: Option<Decimal>,
    aim: Option<Aim>,
    last_year: Option<Decimal>,
    says: &str,
) -> String {
    let marks: Vec<f64> = marks(aim).into_iter().map(Decimal::as_f64).collect();
    let value = value.map(Decimal::as_f64);
    let last_year = last_year.map(Decimal::as_f64);
    let all = marks.iter().copied().chain(value).chain(last_year);
    // A little air behind the largest, so that its mark is not cut off.
    let whole = all.fold(0.0_f64, f64::max) * 1.06;
    let reach = |value: f64| match whole > 0.0 {
        true => (value / whole).clamp(0.0, 1.0) * BAR.0,
        false => 0.0,
    };
    let mut svg = opening(BAR, "goal", says);
    let (top, height) = BED;
    let bottom = top + height;
    let _ = write!(
        svg,
        r#"<rect class="chart-bed" x="0" y="{top}" width="{}" height="{height}" rx="2"/>"#,
        BAR.0
    );
    if let Some(value) = value {
        let width = reach(value);
        let _ = write!(
            svg,
            r#"<rect class="chart-fill" x="0" y="{top}" width="{width:.1}" height="{height}" rx="2"/>"#
        );
    }
    for mark in marks {
        let x = reach(mark);
        let _ = write!(
            svg,
            r#"<line class="chart-target" x1="{x:.1}" x2="{x:.1}" y1="1" y2="{:.1}"/>"#,
            bottom + 3.0
        );
    }
    if let Some(last_year) = last_year {
        let (x, y) = (reach(last_year), bottom + 5.0);
        let _ = write!(
            svg,
            r#"<path class="chart-mark" d="M{x:.1} {bottom}L{:.1} {y}L{:.1} {y}Z"/>"#,
            x - 4.0,
            x + 4.0
        );
    }
    svg.push_str("</svg>");
    svg
}

/// The values that a target marks.
fn marks(aim: Option<Aim>) -> Vec<Decimal> {
    match aim {
        None => Vec::new(),
        Some(Aim::AtLeast(value) | Aim::AtMost(value)) => vec![value],
        Some(Aim::Between(low, high)) => vec![low, high],
    }
}

/// One small curve per series, all between the same lowest and highest value, with a line for the target.
pub(super) fn multiples(series: &[(String, Vec<Point>)], aim: Option<Aim>) -> Vec<String> {
    let marks: Vec<f64> = marks(aim).into_iter().map(Decimal::as_f64).collect();
    let values = series.iter().flat_map(|(_, points)| points);
    let values = values.filter_map(|point| point.value).map(Decimal::as_f64);
    let all = values.chain(marks.iter().copied());
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let air = ((high - low) * 0.08).max(0.5);
    let (low, high) = (low - air, high + air);
    let y = |value: f64| CURVE.1 - 4.0 - (CURVE.1 - 8.0) * (value - low) / (high - low);
    let curve = |(says, points): &(String, Vec<Point>)| {
        let mut svg = opening(CURVE, "small", says);
        for mark in &marks {
            let y = y(*mark);
            let _ = write!(
                svg,
                r#"<line class="chart-target" x1="0" x2="{}" y1="{y:.1}" y2="{y:.1}"/>"#,
                CURVE.0
            );
        }
        let steps = points.len().saturating_sub(1).max(1) as f64;
        let (mut path, mut pen_down, mut last) = (String::new(), false, None);
        for (at, point) in points.iter().enumerate() {
            let Some(value) = point.value else {
                pen_down = false;
                continue;
            };
            let x = 4.0 + (CURVE.0 - 8.0) * at as f64 / steps;
            let y = y(value.as_f64());
            let _ = write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" });
            (pen_down, last) = (true, Some((x, y)));
        }
        if let Some((x, y)) = last {
            let _ = write!(
                svg,
                r#"<path class="chart-line" d="{path}"/><circle class="chart-dot" cx="{x:.1}" cy="{y:.1}" r="3"/>"#
            );
        }
        svg.push_str("</svg>");
        svg
    };
    series.iter().map(curve).collect()
}

fn opening((width, height): (f64, f64), class: &str, says: &str) -> String {
    let says = escaped(says);
    format!(
        r#"<svg class="chart chart-{class}" viewBox="0 0 {width} {height}" role="img" aria-label="{says}" xmlns="http://www.w3.org/2000/svg"><title>{says}</title>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Option<Decimal> {
        Some(text.parse().unwrap())
    }

    fn points(values: &[Option<&str>]) -> Vec<Point> {
        let point = |value: &Option<&str>| Point {
            label: String::new(),
            value: value.and_then(decimal),
        };
        values.iter().map(point).collect()
    }

    #[test]
    fn a_bar_marks_its_target_and_last_year() {
        let check = |value, aim, last_year, wanted: (usize, usize, usize)| {
            let svg = target_bar(value, aim, last_year, "a < b");
            let count = |class: &str| svg.matches(&format!("\"{class}\"")).count();
            let found = (
                count("chart-fill"),
                count("chart-target"),
                count("chart-mark"),
            );
            assert_eq!(found, wanted, "{svg}");
            assert!(svg.contains("aria-label=\"a &lt; b\""), "{svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        };
        let ninety = Aim::AtLeast("90".parse().unwrap());
        let between = Aim::Between("1".parse().unwrap(), "2".parse().unwrap());
        check(None, None, None, (0, 0, 0));
        check(decimal("0"), None, decimal("0"), (1, 0, 1));
        check(decimal("85.5"), Some(ninety), decimal("80"), (1, 1, 1));
        check(decimal("1.5"), Some(between), None, (1, 2, 0));
    }

    #[test]
    fn small_curves_share_one_scale() {
        let series = [
            (
                "low".to_owned(),
                points(&[decimal("0").map(|_| "0"), Some("10")]),
            ),
            ("high".to_owned(), points(&[Some("90"), None, Some("100")])),
            ("none".to_owned(), points(&[None, None])),
        ];
        let drawn = multiples(&series, None);
        let last_y = |svg: &str| {
            let y = svg.split("cy=\"").nth(1)?.split('"').next()?;
            y.parse::<f64>().ok()
        };
        let (low, high) = (last_y(&drawn[0]).unwrap(), last_y(&drawn[1]).unwrap());
        assert!(high < low, "100 stands above 10: {high} {low}");
        assert_eq!(drawn[1].matches('M').count(), 2, "a gap lifts the pen");
        assert!(!drawn[2].contains("<path") && drawn[2].contains("role=\"img\""));
    }
}
