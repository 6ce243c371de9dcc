//! Charts as SVG from the server: no script draws them, colours come from the stylesheet, and each says in words what it
//! shows.

use std::fmt::Write as _;

use super::Decimal;

/// A point of a curve.
#[derive(Clone, Debug)]
pub struct Point {
    /// What stands below it, such as a month.
    pub label: String,
    /// Its height; `None` leaves a gap in the line.
    pub value: Option<Decimal>,
}

/// Width and height of a drawing and the free space around it, in its own units.
struct Canvas {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Canvas {
    fn x(&self, at: usize, of: usize) -> f64 {
        let steps = of.saturating_sub(1).max(1) as f64;
        self.left + (self.width - self.left - self.right) * at as f64 / steps
    }

    fn y(&self, value: f64, (low, high): (f64, f64)) -> f64 {
        let room = self.height - self.top - self.bottom;
        self.height - self.bottom - room * (value - low) / (high - low)
    }
}

/// A curve the size of a word. `says` is read out in its place.
pub fn sparkline(points: &[Point], says: &str) -> String {
    let canvas = Canvas {
        width: 120.0,
        height: 28.0,
        left: 3.0,
        right: 3.0,
        top: 4.0,
        bottom: 4.0,
    };
    let mut svg = opening(&canvas, "spark", says);
    if let Some(range) = range(points, None) {
        line(&mut svg, &canvas, points, range);
        if let Some((at, value)) = last(points) {
            let (x, y) = (canvas.x(at, points.len()), canvas.y(value, range));
            let _ = write!(
                svg,
                r#"<circle class="chart-dot" cx="{x:.1}" cy="{y:.1}" r="2.5"/>"#
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A curve with an axis, its values written at the last point, and a line for the target.
pub fn trend(points: &[Point], target: Option<Decimal>, says: &str) -> String {
    let canvas = Canvas {
        width: 720.0,
        height: 220.0,
        left: 52.0,
        right: 16.0,
        top: 14.0,
        bottom: 28.0,
    };
    let mut svg = opening(&canvas, "trend", says);
    if let Some(range) = range(points, target) {
        for value in ticks(range) {
            let y = canvas.y(value, range);
            let _ = write!(
                svg,
                r#"<line class="chart-grid" x1="{}" x2="{}" y1="{y:.1}" y2="{y:.1}"/><text class="chart-text" x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
                canvas.left,
                canvas.width - canvas.right,
                canvas.left - 6.0,
                y + 4.0,
                tick_text(value)
            );
        }
        if let Some(target) = target {
            let y = canvas.y(target.as_f64(), range);
            let _ = write!(
                svg,
                r#"<line class="chart-target" x1="{}" x2="{}" y1="{y:.1}" y2="{y:.1}"/>"#,
                canvas.left,
                canvas.width - canvas.right
            );
        }
        line(&mut svg, &canvas, points, range);
        for (at, point) in points.iter().enumerate() {
            let x = canvas.x(at, points.len());
            if let Some(value) = point.value {
                let y = canvas.y(value.as_f64(), range);
                let _ = write!(
                    svg,
                    r#"<circle class="chart-dot" cx="{x:.1}" cy="{y:.1}" r="3"><title>{} {value}</title></circle>"#,
                    escaped(&point.label)
                );
            }
            // Labels of two years of months would run into each other; every third is enough to read the rest.
            if points.len() <= 8 || at % 3 == points.len() % 3 {
                let y = canvas.height - 8.0;
                let _ = write!(
                    svg,
                    r#"<text class="chart-text" x="{x:.1}" y="{y}" text-anchor="middle">{}</text>"#,
                    escaped(&point.label)
                );
            }
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A bar for one line of a ranking. `whole` is the value that fills the width; the target is a mark on it.
pub fn bar(value: Option<Decimal>, target: Option<Decimal>, whole: Decimal, says: &str) -> String {
    let canvas = Canvas {
        width: 160.0,
        height: 14.0,
        left: 0.0,
        right: 2.0,
        top: 0.0,
        bottom: 0.0,
    };
    let mut svg = opening(&canvas, "bar", says);
    let room = canvas.width - canvas.right;
    let reach = |value: Decimal| {
        (value.as_f64() / whole.as_f64().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) * room
    };
    let _ = write!(
        svg,
        r#"<rect class="chart-bed" x="0" y="2" width="{room}" height="10" rx="2"/>"#
    );
    if let Some(value) = value {
        let _ = write!(
            svg,
            r#"<rect class="chart-fill" x="0" y="2" width="{:.1}" height="10" rx="2"/>"#,
            reach(value)
        );
    }
    if let Some(target) = target {
        let x = reach(target);
        let _ = write!(
            svg,
            r#"<line class="chart-target" x1="{x:.1}" x2="{x:.1}" y1="0" y2="14"/>"#
        );
    }
    svg.push_str("</svg>");
    svg
}

fn opening(canvas: &Canvas, class: &str, says: &str) -> String {
    let (width, height, says) = (canvas.width, canvas.height, escaped(says));
    format!(
        r#"<svg class="chart chart-{class}" viewBox="0 0 {width} {height}" role="img" aria-label="{says}" xmlns="http://www.w3.org/2000/svg"><title>{says}</title>"#
    )
}

fn line(svg: &mut String, canvas: &Canvas, points: &[Point], range: (f64, f64)) {
    let mut path = String::new();
    let mut pen_down = false;
    for (at, point) in points.iter().enumerate() {
        match point.value {
            Some(value) => {
                let (x, y) = (canvas.x(at, points.len()), canvas.y(value.as_f64(), range));
                let _ = write!(path, "{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" });
                pen_down = true;
            }
            None => pen_down = false,
        }
    }
    let _ = write!(svg, r#"<path class="chart-line" d="{path}"/>"#);
}

fn last(points: &[Point]) -> Option<(usize, f64)> {
    points
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, point)| Some((at, point.value?.as_f64())))
}

/// Lowest and highest of all values with a little air, never of no height; `None` when there is nothing to draw.
fn range(points: &[Point], target: Option<Decimal>) -> Option<(f64, f64)> {
    let values = points
        .iter()
        .filter_map(|point| point.value)
        .chain(target)
        .map(Decimal::as_f64);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return None;
    }
    let air = ((high - low) * 0.08).max(high.abs() * 0.01).max(0.5);
    Some(((low - air).max(0.0_f64.min(low)), high + air))
}

/// Round values inside the range, at most six.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let magnitude = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil();
    (0..6)
        .map(|at| (first + f64::from(at)) * step)
        .take_while(|value| *value <= high)
        .collect()
}

fn tick_text(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text as it stands in markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[Option<&str>]) -> Vec<Point> {
        let point = |(at, value): (usize, &Option<&str>)| Point {
            label: format!("{at}"),
            value: value.map(|text| text.parse().unwrap()),
        };
        values.iter().enumerate().map(point).collect()
    }

    #[test]
    fn a_gap_lifts_the_pen() {
        let svg = sparkline(&points(&[Some("1"), None, Some("2"), Some("3")]), "x");
        let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(
            (path.matches('M').count(), path.matches('L').count()),
            (2, 1),
            "{path}"
        );
    }

    #[test]
    fn every_chart_says_what_it_shows() {
        let (points, value) = (points(&[Some("1"), Some("1")]), "5".parse().unwrap());
        for svg in [
            sparkline(&points, "a < \"b\""),
            trend(&points, Some(value), "a < \"b\""),
            bar(None, None, value, "a < \"b\""),
        ] {
            assert!(
                svg.contains(r#"role="img" aria-label="a &lt; &quot;b&quot;""#),
                "{svg}"
            );
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn nothing_to_draw_is_an_empty_frame() {
        assert!(!sparkline(&points(&[None, None]), "x").contains("path"));
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks((81.0, 97.5)), [85.0, 90.0, 95.0]);
        assert_eq!(ticks((0.0, 3.2)), [0.0, 1.0, 2.0, 3.0]);
    }
}
