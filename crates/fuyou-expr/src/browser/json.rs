//! JSON as it is sent to a browser: commas where they belong, texts escaped, numbers that a browser reads exactly.

/// Integers up to here are exact in JavaScript.
const EXACT_MAX: u64 = (1 << 53) - 1;

/// A JSON text while it is being built.
#[derive(Debug, Default)]
pub struct Json {
    text: String,
}

impl Json {
    /// An empty text: the caller puts exactly one value into it.
    pub fn new() -> Json {
        Json::default()
    }

    /// The finished text.
    pub fn into_text(self) -> String {
        self.text
    }

    fn begin(&mut self) {
        if !matches!(self.text.bytes().last(), None | Some(b'[' | b'{' | b':')) {
            self.text.push(',');
        }
    }

    /// An array of what `inside` adds.
    pub fn array(&mut self, inside: impl FnOnce(&mut Json)) {
        self.begin();
        self.text.push('[');
        inside(self);
        self.text.push(']');
    }

    /// An object of the keys and values that `inside` adds in turn.
    pub fn object(&mut self, inside: impl FnOnce(&mut Json)) {
        self.begin();
        self.text.push('{');
        inside(self);
        self.text.push('}');
    }

    /// The name of the value that comes next.
    pub fn key(&mut self, name: &str) -> &mut Json {
        self.text(name);
        self.text.push(':');
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.begin();
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                // Nothing in it can end a script element or a line of an older parser.
                '<' | '\u{2028}' | '\u{2029}' | '\u{0}'..='\u{1f}' => {
                    self.text.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }

    /// A whole number; one that JavaScript would round becomes `{"n":"…"}`.
    pub fn number(&mut self, number: i64) {
        if number.unsigned_abs() <= EXACT_MAX {
            self.begin();
            self.text.push_str(&number.to_string());
        } else {
            self.object(|json| json.key("n").text(&number.to_string()));
        }
    }

    /// A place in a list.
    pub fn place(&mut self, place: usize) {
        self.begin();
        self.text.push_str(&place.to_string());
    }

    /// True or false.
    pub fn truth(&mut self, truth: bool) {
        self.begin();
        self.text.push_str(if truth { "true" } else { "false" });
    }

    /// Unknown.
    pub fn null(&mut self) {
        self.begin();
        self.text.push_str("null");
    }

    /// A value that is JSON already.
    pub fn made(&mut self, json: &str) {
        self.begin();
        self.text.push_str(json);
    }
}
