//! The indicator phrase: what stands before a value, freed of verbs and adverbs, and split where a list shares its values.

use super::glyphs::{find_last, length, starts_at, string, word_at, word_before};
use super::lexicon::{AMOUNT_HEADS, LEADS, RATE_HEADS, RESIDENCES, TRAILS};
use super::numbers::numeral_at;

/// A stretch of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Stretch {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(super) fn is_empty(self) -> bool {
        self.end <= self.start
    }

    pub(super) fn of(self, glyphs: &[char]) -> &[char] {
        if self.is_empty() {
            &[]
        } else {
            &glyphs[self.start..self.end]
        }
    }

    pub(super) fn text(self, glyphs: &[char]) -> String {
        string(self.of(glyphs))
    }
}

/// Whether the stretch ends with a noun that a rate is called by.
pub(super) fn is_rate_phrase(glyphs: &[char]) -> bool {
    word_before(glyphs, glyphs.len(), RATE_HEADS).is_some() && glyphs.len() >= 2
}

/// Whether the stretch ends with a noun that an amount is called by.
pub(super) fn is_amount_phrase(glyphs: &[char]) -> bool {
    word_before(glyphs, glyphs.len(), AMOUNT_HEADS).is_some() && glyphs.len() >= 2
}

/// Whether a phrase only narrows an indicator that was named before.
pub(super) fn is_qualifier(glyphs: &[char]) -> bool {
    let mut rest = glyphs;
    while let Some(word) = word_at(rest, 0, RESIDENCES) {
        rest = &rest[length(word)..];
    }
    rest.iter().all(|c| !c.is_alphanumeric())
}

/// The stretch freed of opening and closing words.
pub(super) fn clean(glyphs: &[char], stretch: Stretch) -> Stretch {
    let Stretch { mut start, mut end } = stretch;
    while let Some(word) = (start < end)
        .then(|| word_before(&glyphs[..end], end, TRAILS))
        .flatten()
    {
        if end < start + length(word) {
            break;
        }
        end -= length(word);
    }
    // "…覆盖率较2025年(提高)": the base is no part of the name.
    let base = (start..end)
        .rev()
        .find(|&at| matches!(glyphs[at], '较' | '比') && year_at(glyphs, at + 1) == Some(end));
    end = base.unwrap_or(end);
    if let Some(cut) = inner_cut(&glyphs[start..end]) {
        start += cut;
    }
    while start < end {
        if let Some(after) = year_at(glyphs, start) {
            start = after;
        } else if let Some(word) = word_at(&glyphs[..end], start, LEADS) {
            start += length(word);
        } else {
            break;
        }
    }
    Stretch {
        start: start.min(end),
        end,
    }
}

/// 2025年(底), 到2025年, 20xx年.
fn year_at(glyphs: &[char], at: usize) -> Option<usize> {
    let digits = glyphs[at..]
        .iter()
        .take(4)
        .filter(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '_'))
        .count();
    let year = at + 4;
    if digits < 4 || !starts_at(glyphs, year, "年") {
        return None;
    }
    let end = ["年度", "年底前", "年底", "年末", "年"]
        .iter()
        .find(|word| starts_at(glyphs, year, word))?;
    Some(year + length(end))
}

/// A phrase begins after the last verb of promise ("…工作使孕产妇系统管理率") and after an open bracket.
fn inner_cut(glyphs: &[char]) -> Option<usize> {
    let verbs = ["使", "确保", "力争", "保证", "争取", "实现"]
        .iter()
        .filter_map(|word| find_last(glyphs, word).map(|at| at + length(word)));
    // 使用 is another word.
    let verbs = verbs
        .filter(|end| glyphs.get(*end) != Some(&'用') || glyphs[*end - 1] != '使')
        .max();
    let gap = glyphs
        .iter()
        .rposition(|c| *c == ' ')
        .map(|gap| gap + 1)
        .filter(|gap| glyphs.len() - gap >= 4);
    let open = glyphs
        .iter()
        .rposition(|c| *c == '(')
        .filter(|open| !glyphs[*open..].contains(&')'))
        .map(|open| open + 1);
    verbs
        .max(open)
        .max(gap)
        .filter(|cut| glyphs.len() - cut >= 2)
}

/// "系统管理覆盖率市区达98%": what stands behind the head of a name narrows it and is no part of it.
pub(super) fn to_head(glyphs: &[char], stretch: Stretch) -> Stretch {
    const NARROWING: &[&str] = &[
        "城市", "农村", "城区", "市区", "县城", "城乡", "城镇", "乡镇", "县级", "市级", "省级",
        "区级", "村级", "到", "以", "于", "全省", "全市", "全县", "全区", "二级", "三级", "一级",
        "流动", "户籍", "常住", "公立", "民营", "每",
    ];
    let text = stretch.of(glyphs);
    let head = text
        .iter()
        .rposition(|c| *c == '率')
        .map(|at| at + 1)
        .filter(|end| *end >= 3 && *end < text.len());
    match head {
        Some(end) if word_at(text, end, NARROWING).is_some() => Stretch {
            start: stretch.start,
            end: stretch.start + end,
        },
        _ => stretch,
    }
}

/// The noun phrase after a counted value: "5名学科带头人、20名…" is 学科带头人.
pub(super) fn noun_after(glyphs: &[char], from: usize, to: usize) -> Stretch {
    const STOPS: &[&str] = &[
        "进行", "开展", "参加", "到", "实施", "发放", "提供", "建设", "接受", "、", "和", "与",
        ")", "(", "之间", "协助",
    ];
    let mut start = from;
    while start < to && (glyphs[start] == ' ' || glyphs[start] == '的') {
        start += 1;
    }
    let mut end = start;
    while end < to
        && end - start < 24
        && word_at(glyphs, end, STOPS).is_none()
        && numeral_at(glyphs, end).is_none_or(|n| n.end - n.start < 2)
    {
        end += 1;
    }
    Stretch { start, end }
}
