//! The drawings of our charts as dots, for programs that show no SVG.
//!
//! Only what our charts consist of is understood: rectangles, lines, circles, paths of straight pieces, and text. Text is
//! drawn with strokes of our own and only as far as it is digits and their signs, because a server has no fonts: names
//! are numbered in the drawing and spelled out in the caption below it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash,
    Transform,
};

/// Dots for one unit of the drawing: a chart as wide as a page has some 300 dots to the inch.
const SCALE: f32 = 2.5;

/// Why a drawing could not be turned into dots.
#[derive(Debug, thiserror::Error)]
pub enum RasterError {
    /// The drawing is no XML.
    #[error("the drawing is no XML")]
    Xml(#[from] quick_xml::Error),
    /// It has no size.
    #[error("the drawing has no view box")]
    NoSize,
    /// The dots could not be written.
    #[error("the picture could not be encoded: {0}")]
    Png(String),
}

/// Width and height of a drawing in its own units.
pub(super) fn view_box(svg: &str) -> Option<(f32, f32)> {
    let numbers = svg.split("viewBox=\"").nth(1)?.split('"').next()?;
    let mut numbers = numbers
        .split(' ')
        .skip(2)
        .filter_map(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// The drawing as a PNG file on white.
pub(super) fn png(svg: &str) -> Result<Vec<u8>, RasterError> {
    let (width, height) = view_box(svg).ok_or(RasterError::NoSize)?;
    let mut canvas =
        Pixmap::new((width * SCALE) as u32, (height * SCALE) as u32).ok_or(RasterError::NoSize)?;
    canvas.fill(Color::WHITE);
    let mut reader = Reader::from_str(svg);
    let mut text: Option<Label> = None;
    loop {
        match reader.read_event()? {
            Event::Eof => break,
            Event::Start(tag) if tag.local_name().as_ref() == "text" => {
                text = Some(Label::of(&tag))
            }
            Event::Start(tag) | Event::Empty(tag) => shape(&mut canvas, &tag),
            Event::Text(words) => {
                if let Some(label) = &mut text {
                    label.text.push_str(words.as_ref());
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "text" => {
                if let Some(label) = text.take() {
                    label.draw(&mut canvas);
                }
            }
            _ => {}
        }
    }
    canvas
        .encode_png()
        .map_err(|err| RasterError::Png(err.to_string()))
}

fn attribute(tag: &BytesStart<'_>, key: &str) -> Option<String> {
    let mut found = tag.attributes().filter_map(Result::ok);
    let found = found.find(|attribute| attribute.key.as_ref() == key)?;
    Some(found.value.to_string())
}

fn number(tag: &BytesStart<'_>, key: &str) -> f32 {
    attribute(tag, key)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0.0)
}

/// `#rrggbb` as a paint.
fn paint(text: &str) -> Option<Paint<'static>> {
    let part = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let mut paint = Paint::default();
    paint.set_color_rgba8(part(1)?, part(3)?, part(5)?, 255);
    paint.anti_alias = true;
    Some(paint)
}

fn shape(canvas: &mut Pixmap, tag: &BytesStart<'_>) {
    let of = |key: &str| number(tag, key);
    let path = match tag.local_name().as_ref() {
        "rect" => {
            Rect::from_xywh(of("x"), of("y"), of("width"), of("height")).map(PathBuilder::from_rect)
        }
        "circle" => PathBuilder::from_circle(of("cx"), of("cy"), of("r")),
        "line" => {
            let mut path = PathBuilder::new();
            path.move_to(of("x1"), of("y1"));
            path.line_to(of("x2"), of("y2"));
            path.finish()
        }
        "path" => straight(&attribute(tag, "d").unwrap_or_default()),
        _ => None,
    };
    let Some(path) = path else { return };
    let scale = Transform::from_scale(SCALE, SCALE);
    if let Some(fill) = attribute(tag, "fill").and_then(|text| paint(&text)) {
        canvas.fill_path(&path, &fill, FillRule::Winding, scale, None);
    }
    if let Some(color) = attribute(tag, "stroke").and_then(|text| paint(&text)) {
        let dash = attribute(tag, "stroke-dasharray").and_then(|text| {
            StrokeDash::new(
                text.split(' ')
                    .filter_map(|part| part.parse().ok())
                    .collect(),
                0.0,
            )
        });
        let stroke = Stroke {
            width: number(tag, "stroke-width"),
            dash,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        canvas.stroke_path(&path, &color, &stroke, scale, None);
    }
}

/// A path of straight pieces such as `M1 2L3 4`.
fn straight(text: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    for piece in text.replace('M', "\nM").replace('L', "\nL").lines() {
        let mut numbers = piece
            .get(1..)
            .unwrap_or("")
            .split(' ')
            .filter_map(|number| number.parse::<f32>().ok());
        if let (Some(x), Some(y)) = (numbers.next(), numbers.next()) {
            if piece.starts_with('M') {
                path.move_to(x, y)
            } else {
                path.line_to(x, y)
            }
        }
    }
    path.finish()
}

/// A text of the drawing.
struct Label {
    x: f32,
    y: f32,
    size: f32,
    anchor: String,
    fill: String,
    text: String,
}

impl Label {
    fn of(tag: &BytesStart<'_>) -> Self {
        Label {
            x: number(tag, "x"),
            y: number(tag, "y"),
            size: number(tag, "font-size"),
            anchor: attribute(tag, "text-anchor").unwrap_or_default(),
            fill: attribute(tag, "fill").unwrap_or_default(),
            text: String::new(),
        }
    }

    fn draw(&self, canvas: &mut Pixmap) {
        let glyphs: Vec<(f32, &str)> = self.text.trim().chars().filter_map(glyph).collect();
        let unit = self.size * 0.72 / 6.0;
        let width: f32 = glyphs.iter().map(|(advance, _)| advance * unit).sum();
        let mut x = match self.anchor.as_str() {
            "end" => self.x - width,
            "middle" => self.x - width / 2.0,
            _ => self.x,
        };
        let Some(paint) = paint(&self.fill) else {
            return;
        };
        let stroke = Stroke {
            width: self.size * 0.1,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        for (advance, strokes) in glyphs {
            let place = Transform::from_row(unit, 0.0, 0.0, unit, x, self.y - 6.0 * unit)
                .post_scale(SCALE, SCALE);
            for strokes in strokes.split('|') {
                if let Some(path) = polyline(strokes) {
                    let stroke = Stroke {
                        width: stroke.width / unit,
                        ..stroke.clone()
                    };
                    canvas.stroke_path(&path, &paint, &stroke, place, None);
                }
            }
            x += advance * unit;
        }
    }
}

fn polyline(text: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (at, point) in text.split(' ').enumerate() {
        let (x, y) = point.split_once(',')?;
        let (x, y) = (x.parse().ok()?, y.parse().ok()?);
        if at == 0 {
            path.move_to(x, y)
        } else {
            path.line_to(x, y)
        }
    }
    path.finish()
}

/// How far the pen moves on and what it draws, in a box 4 wide and 6 high; `None` for characters it does not know.
fn glyph(c: char) -> Option<(f32, &'static str)> {
    let digit = |strokes| Some((5.6, strokes));
    match c {
        '0' => digit("1.2,0 2.8,0 4,1.4 4,4.6 2.8,6 1.2,6 0,4.6 0,1.4 1.2,0"),
        '1' => digit("0.6,1.2 2.2,0 2.2,6"),
        '2' => digit("0,1.4 0.8,0.3 2,0 3.2,0.3 4,1.4 3.8,2.6 0,6 4,6"),
        '3' => {
            digit("0,0.8 1.2,0 2.8,0 4,1 4,2 2.8,2.9 1.4,2.9|2.8,2.9 4,3.9 4,5 2.8,6 1.2,6 0,5.2")
        }
        '4' => digit("3,6 3,0 0,4.2 4.2,4.2"),
        '5' => digit("3.8,0 0.4,0 0.2,2.8 1.4,2.3 2.8,2.3 4,3.4 4,4.8 2.8,6 1.2,6 0,5.2"),
        '6' => {
            digit("3.6,0.6 2.6,0 1.4,0 0,1.4 0,4.6 1.2,6 2.8,6 4,4.8 4,3.6 2.8,2.6 1.2,2.6 0,3.6")
        }
        '7' => digit("0,0 4,0 1.6,6"),
        '8' => digit(
            "1.2,0 2.8,0 4,1 4,2 2.8,2.9 1.2,2.9 0,2 0,1 1.2,0|1.2,2.9 0,3.9 0,5 1.2,6 2.8,6 4,5 4,3.9 2.8,2.9",
        ),
        '9' => {
            digit("4,2.4 2.8,3.4 1.2,3.4 0,2.4 0,1.2 1.2,0 2.8,0 4,1.4 4,4.6 2.6,6 1.4,6 0.4,5.4")
        }
        '.' => Some((2.2, "0.4,5.9 0.4,6")),
        ',' => Some((2.2, "0.6,5.8 0.2,7")),
        '-' | '–' => Some((4.4, "0.4,3.2 3,3.2")),
        '%' => Some((
            7.4,
            "5,0 1,6|1.2,0 2,0.8 1.2,1.8 0.4,0.8 1.2,0|4.8,4.2 5.6,5.2 4.8,6 4,5.2 4.8,4.2",
        )),
        '‰' => Some((
            9.6,
            "5,0 1,6|1.2,0 2,0.8 1.2,1.8 0.4,0.8 1.2,0|4.8,4.2 5.6,5.2 4.8,6 4,5.2 4.8,4.2|7.4,4.2 8.2,5.2 7.4,6 6.6,5.2 7.4,4.2",
        )),
        '/' => Some((4.8, "3.4,0 0.4,6")),
        ' ' => Some((2.6, "")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dark(svg: &str) -> usize {
        let bytes = png(svg).unwrap();
        let picture = Pixmap::decode_png(&bytes).unwrap();
        picture
            .pixels()
            .iter()
            .filter(|dot| dot.red() < 128)
            .count()
    }

    fn drawing(inside: &str) -> String {
        format!(
            r#"<svg viewBox="0 0 100 40" xmlns="http://www.w3.org/2000/svg"><title>x</title>{inside}</svg>"#
        )
    }

    #[test]
    fn shapes_and_digits_leave_ink() {
        let text = |words: &str| {
            drawing(&format!(
                r##"<text fill="#000000" font-size="14" x="10" y="20">{words}</text>"##
            ))
        };
        assert_eq!(dark(&drawing("")), 0);
        assert!(dark(&text("98.5%")) > dark(&text("1")));
        assert!(dark(&text("1")) > 20);
        // A name cannot be drawn without a font; the number before it can.
        assert_eq!(dark(&text("1 乡")), dark(&text("1")));
        let bar = drawing(r##"<rect fill="#000000" x="10" y="10" width="20" height="10"/>"##);
        assert_eq!(dark(&bar), (20.0 * SCALE * 10.0 * SCALE) as usize);
        assert!(
            dark(&drawing(
                r##"<path fill="none" stroke="#000000" stroke-width="2" d="M1.0 1.0L9.0 9.0M20.0 1.0L30.0 9.0"/>"##
            )) > 100
        );
    }

    #[test]
    fn what_is_no_drawing_is_refused() {
        assert!(matches!(png("<svg></svg>"), Err(RasterError::NoSize)));
    }
}
