//! One line as characters: made uniform one for one, so that offsets stay those of the file.

use fuyou_kernel::narrow;

/// The characters of `text` with full-width forms, exotic dashes and signs mapped to one spelling each.
/// Every character maps to exactly one, so an index here is a character offset of the line as written.
pub(super) fn uniform(text: &str) -> Vec<char> {
    text.chars().map(uniform_char).collect()
}

fn uniform_char(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => narrow(c),
        '％' | '﹪' | '٪' => '%',
        '，' | '﹐' => ',',
        '；' | '﹔' => ';',
        '：' | '∶' | '﹕' | '︰' => ':',
        '（' | '﹙' | '〔' | '［' | '【' => '(',
        '）' | '﹚' | '〕' | '］' | '】' => ')',
        '！' => '!',
        '？' => '?',
        '．' | '·' | '﹒' => '.',
        '｡' | '。' => '。',
        '～' | '∽' | '〜' | '∼' | '－' | '–' | '—' | '−' | '―' => '~',
        '≧' | '⩾' => '≥',
        '≦' | '⩽' => '≤',
        '＞' | '﹥' => '>',
        '＜' | '﹤' => '<',
        '＋' => '+',
        '＝' => '=',
        '／' | '∕' => '/',
        '｜' | '│' => '|',
        '\u{3000}' | '\u{a0}' | '\u{2002}' | '\u{2003}' | '\u{2009}' | '\u{feff}' | '\u{200b}' => {
            ' '
        }
        other => other,
    }
}

/// Whether `word` stands at `at`. The reader spends its time here, hence the plain loop.
pub(super) fn starts_at(glyphs: &[char], at: usize, word: &str) -> bool {
    for (at, c) in (at..).zip(word.chars()) {
        if at >= glyphs.len() || glyphs[at] != c {
            return false;
        }
    }
    true
}

/// Whether `word` ends just before `end`.
pub(super) fn ends_at(glyphs: &[char], end: usize, word: &str) -> bool {
    let length = word.chars().count();
    length <= end && starts_at(glyphs, end - length, word)
}

/// The longest of `words` that stands at `at`.
pub(super) fn word_at<'w>(glyphs: &[char], at: usize, words: &[&'w str]) -> Option<&'w str> {
    words
        .iter()
        .filter(|word| starts_at(glyphs, at, word))
        .max_by_key(|word| word.len())
        .copied()
}

/// The longest of `words` that ends just before `end`.
pub(super) fn word_before<'w>(glyphs: &[char], end: usize, words: &[&'w str]) -> Option<&'w str> {
    words
        .iter()
        .filter(|word| ends_at(glyphs, end, word))
        .max_by_key(|word| word.len())
        .copied()
}

/// Where `word` first stands within `glyphs`.
pub(super) fn find(glyphs: &[char], word: &str) -> Option<usize> {
    let first = word.chars().next()?;
    let mut from = 0;
    while let Some(step) = glyphs[from..].iter().position(|c| *c == first) {
        if starts_at(glyphs, from + step, word) {
            return Some(from + step);
        }
        from += step + 1;
    }
    None
}

/// Where `word` last stands within `glyphs`.
pub(super) fn find_last(glyphs: &[char], word: &str) -> Option<usize> {
    let first = word.chars().next()?;
    (0..glyphs.len())
        .rev()
        .find(|&at| glyphs[at] == first && starts_at(glyphs, at, word))
}

/// The first of `words`, in the order of the list, that stands in `glyphs`, and where.
pub(super) fn first_of<'w>(glyphs: &[char], words: &[&'w str]) -> Option<(usize, &'w str)> {
    words
        .iter()
        .find_map(|word| find(glyphs, word).map(|at| (at, *word)))
}

/// Whether any of `words` stands in `glyphs`.
pub(super) fn contains_any(glyphs: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| find(glyphs, word).is_some())
}

/// The characters as text.
pub(super) fn string(glyphs: &[char]) -> String {
    glyphs.iter().collect()
}

/// The number of characters of a word: offsets here count characters, never bytes.
pub(super) fn length(word: &str) -> usize {
    word.chars().count()
}
