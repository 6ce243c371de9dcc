/// Half-width form of the characters that Chinese input methods write full-width, so that `３４０１` reads as `3401`.
/// Spaces, including the full-width one, are dropped.
pub(crate) fn half_width(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
}
