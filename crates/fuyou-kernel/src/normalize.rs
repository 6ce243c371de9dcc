/// A character that Chinese input methods write as wide as a Chinese one, as narrow as it is in ASCII: `３` is `3`, `％` is
/// `%`. Others stay as they are.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// A text with narrow characters and without spaces, so that `３４ ０１` reads as `3401`.
pub(crate) fn half_width(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_whitespace()).map(narrow)
}
