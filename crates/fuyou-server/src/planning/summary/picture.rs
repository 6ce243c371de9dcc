//! Charts as pictures of a document: the same drawings as on the pages, made to stand alone.

use std::fmt::Write as _;

use super::raster;

/// Width of a chart in its own units.
const WIDTH: f64 = 720.0;
/// Height of a line of a ranking.
const LINE: f64 = 26.0;

/// How the classes of the pages' stylesheet look on paper. Attributes, because word processors read no stylesheet.
const LOOKS: [(&str, &str); 8] = [
    ("chart-grid", r##"stroke="#d9d9d9" stroke-width="1""##),
    (
        "chart-text",
        r##"fill="#333333" font-size="13" font-family="SimSun, Noto Sans CJK SC, sans-serif""##,
    ),
    (
        "chart-target",
        r##"stroke="#c00000" stroke-width="1.5" stroke-dasharray="6 4""##,
    ),
    (
        "chart-line",
        r##"fill="none" stroke="#1f5f8b" stroke-width="2.5""##,
    ),
    ("chart-dot", r##"fill="#1f5f8b""##),
    ("chart-fill", r##"fill="#1f5f8b""##),
    ("chart-bed", r##"fill="#eef2f5""##),
    ("chart-short", r##"fill="#c55a11""##),
];

/// A line of a ranking.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    /// The name, beginning with its number.
    pub(super) name: String,
    /// Its length; `None` when there is no figure.
    pub(super) value: Option<f64>,
    /// The figure as it is read.
    pub(super) shown: String,
    /// Whether it falls short of the target.
    pub(super) is_short: bool,
}

/// A drawing of the pages without their stylesheet, with its size.
pub(super) fn standalone(svg: &str) -> (String, (u32, u32)) {
    let mut alone = svg.to_owned();
    for (class, look) in LOOKS {
        alone = alone.replace(&format!(r#"class="{class}""#), look);
    }
    let size = raster::view_box(&alone)
        .map_or((720, 220), |(width, height)| (width as u32, height as u32));
    // Without a size of its own a drawing fills whatever room it is given.
    let alone = alone.replacen(
        "<svg ",
        &format!(r#"<svg width="{}" height="{}" "#, size.0, size.1),
        1,
    );
    (alone, size)
}

/// Bars, the best above. The line of the target crosses them.
pub(super) fn ranking(bars: &[Bar], target: Option<f64>, says: &str) -> String {
    let (left, right, top) = (190.0, 90.0, 8.0);
    let height = top * 2.0 + LINE * bars.len() as f64;
    let longest = bars
        .iter()
        .filter_map(|bar| bar.value)
        .chain(target)
        .fold(f64::MIN_POSITIVE, f64::max);
    let reach = |value: f64| (WIDTH - left - right) * (value / longest).clamp(0.0, 1.0);
    let says = escaped(says);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{says}" xmlns="http://www.w3.org/2000/svg"><title>{says}</title>"#
    );
    let mut values = String::new();
    for (at, bar) in bars.iter().enumerate() {
        let y = top + LINE * at as f64;
        let width = bar.value.map_or(0.0, reach);
        let class = if bar.is_short {
            "chart-short"
        } else {
            "chart-fill"
        };
        let _ = write!(
            svg,
            r#"<text class="chart-text" x="{:.1}" y="{:.1}" text-anchor="end">{}</text><rect class="{class}" x="{left}" y="{:.1}" width="{width:.1}" height="{:.1}"/>"#,
            left - 8.0,
            y + LINE * 0.66,
            escaped(&bar.name),
            y + 4.0,
            LINE - 8.0,
        );
        // On white, so that the line of the target does not run through it.
        let _ = write!(
            values,
            r##"<rect fill="#ffffff" x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}"/><text class="chart-text" x="{:.1}" y="{:.1}">{}</text>"##,
            left + width + 4.0,
            y + 5.0,
            bar.shown.chars().count() as f64 * 7.5,
            LINE - 10.0,
            left + width + 6.0,
            y + LINE * 0.66,
            escaped(&bar.shown),
        );
    }
    if let Some(target) = target {
        let x = left + reach(target);
        let _ = write!(
            svg,
            r#"<line class="chart-target" x1="{x:.1}" x2="{x:.1}" y1="2" y2="{:.1}"/>"#,
            height - 2.0
        );
    }
    svg.push_str(&values);
    svg.push_str("</svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_needs_no_stylesheet() {
        let bars = [
            Bar {
                name: "1 A & B".into(),
                value: Some(95.0),
                shown: "95%".into(),
                is_short: false,
            },
            Bar {
                name: "2 C".into(),
                value: None,
                shown: "–".into(),
                is_short: true,
            },
        ];
        let (svg, size) = standalone(&ranking(&bars, Some(90.0), "a < b"));
        assert_eq!(size, (720, 68));
        assert!(
            !svg.contains("class=")
                && svg.contains("A &amp; B")
                && svg.contains("aria-label=\"a &lt; b\""),
            "{svg}"
        );
        assert!(
            svg.starts_with("<svg width=\"720\" height=\"68\" viewBox"),
            "{svg}"
        );
    }
}
