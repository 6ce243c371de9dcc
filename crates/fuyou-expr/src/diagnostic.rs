use fuyou_kernel::{Language, Localized};

/// One thing that is wrong with an expression's text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// First byte of the offending text.
    pub start: usize,
    /// Byte after the offending text.
    pub end: usize,
    /// What is wrong.
    pub message: Localized,
    /// What was probably meant, as it would be written.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// The text, a line of carets below the offending part, and the message: for terminals.
    pub fn render(&self, text: &str, language: Language) -> String {
        let line_start = text[..self.start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[self.start..]
            .find('\n')
            .map_or(text.len(), |at| self.start + at);
        let end = self.end.clamp(self.start, line_end);
        let margin = " ".repeat(columns(&text[line_start..self.start]));
        let carets = "^".repeat(columns(&text[self.start..end]).max(1));
        let hint = match (&self.suggestion, language) {
            (None, _) => String::new(),
            (Some(suggestion), Language::Zh) => format!("；是否想写 {suggestion}"),
            (Some(suggestion), Language::En) => format!("; did you mean {suggestion}"),
        };
        let line = &text[line_start..line_end];
        format!(
            "{line}\n{margin}{carets} {}{hint}\n",
            self.message.get(language)
        )
    }
}

/// Terminal columns: Chinese characters and full-width signs take two.
fn columns(text: &str) -> usize {
    let wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{20000}'..='\u{3fffd}');
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}
