use fuyou_expr::{Type, Value};
use fuyou_kernel::{Date, DayNumber};

const DAY_MS: i64 = 86_400_000;

/// One line of the import format, written straight into a buffer: a county has millions of them.
pub(super) struct Line<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Line<'a> {
    /// Begins a line of this kind.
    pub(super) fn new(out: &'a mut Vec<u8>, kind: &str) -> Self {
        out.extend_from_slice(b"{\"kind\":");
        quote(out, kind);
        Self { out }
    }

    fn key(&mut self, key: &str) {
        self.out.push(b',');
        quote(self.out, key);
        self.out.push(b':');
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        quote(self.out, text);
    }

    pub(super) fn optional(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    pub(super) fn number(&mut self, key: &str, number: i64) {
        self.key(key);
        write_number(self.out, number, 0);
    }

    pub(super) fn truth(&mut self, key: &str, truth: bool) {
        self.key(key);
        self.out
            .extend_from_slice(if truth { b"true" } else { b"false" });
    }

    pub(super) fn id(&mut self, key: &str, id: uuid::Uuid) {
        self.key(key);
        self.out.push(b'"');
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        self.out
            .extend_from_slice(id.hyphenated().encode_lower(&mut text).as_bytes());
        self.out.push(b'"');
    }

    pub(super) fn date(&mut self, key: &str, day: i32) {
        self.key(key);
        self.out.push(b'"');
        write_date(self.out, day);
        self.out.push(b'"');
    }

    /// An instant in milliseconds since 1970, written in UTC to the second.
    pub(super) fn instant(&mut self, key: &str, ms: i64) {
        self.key(key);
        self.out.push(b'"');
        write_date(self.out, i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or(0));
        let second = ms.rem_euclid(DAY_MS) / 1000;
        self.out.push(b'T');
        for (part, end) in [
            (second / 3600, b':'),
            (second / 60 % 60, b':'),
            (second % 60, b'Z'),
        ] {
            write_padded(self.out, part, 2);
            self.out.push(end);
        }
        self.out.push(b'"');
    }

    /// Something already in JSON.
    pub(super) fn json(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(json);
    }

    /// Ends the line.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }
}

/// Writes `"key":value` as people write values; a comma before it unless it is the first of its object.
pub(super) fn write_member(out: &mut Vec<u8>, key: &str, ty: &Type, value: &Value) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    quote(out, key);
    out.push(b':');
    write_value(out, ty, value);
}

fn write_value(out: &mut Vec<u8>, ty: &Type, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Number(number) => write_number(out, *number, usize::from(ty.scale().unwrap_or(0))),
        Value::Text(text) => quote(out, text),
        Value::Date(day) => {
            out.push(b'"');
            write_date(out, *day);
            out.push(b'"');
        }
        Value::Code(index) => quote(out, code(ty, *index)),
        Value::Codes(codes) => {
            out.push(b'[');
            for index in codes.iter() {
                if out.last() != Some(&b'[') {
                    out.push(b',');
                }
                quote(out, code(ty, index));
            }
            out.push(b']');
        }
    }
}

fn code(ty: &Type, index: u16) -> &str {
    let set = ty.value_set().expect("a code is a value of a code type");
    set.code(index).expect("a drawn code belongs to its set")
}

/// Writes a scaled number with its decimal point.
fn write_number(out: &mut Vec<u8>, number: i64, scale: usize) {
    let digits = number.unsigned_abs().to_string();
    if number < 0 {
        out.push(b'-');
    }
    if scale == 0 {
        out.extend_from_slice(digits.as_bytes());
        return;
    }
    let whole = digits.len().saturating_sub(scale);
    out.extend_from_slice(if whole == 0 {
        b"0"
    } else {
        &digits.as_bytes()[..whole]
    });
    out.push(b'.');
    out.extend(std::iter::repeat_n(
        b'0',
        scale.saturating_sub(digits.len()),
    ));
    out.extend_from_slice(&digits.as_bytes()[whole..]);
}

fn write_date(out: &mut Vec<u8>, day: i32) {
    let date = Date::try_from(DayNumber(day)).expect("days of a simulation lie in the calendar");
    write_padded(out, i64::from(date.year()), 4);
    out.push(b'-');
    write_padded(out, i64::from(date.month()), 2);
    out.push(b'-');
    write_padded(out, i64::from(date.day()), 2);
}

fn write_padded(out: &mut Vec<u8>, number: i64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + (number / 10i64.pow(place) % 10) as u8);
    }
}

fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
