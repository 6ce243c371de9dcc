//! The indicator phrase: what stands before a value, freed of verbs and adverbs, and split where a list shares its values.

use super::bind::{Dictionary, Family};
use super::glyphs::{find_last, length, starts_at, string, word_at, word_before};
use super::numbers::numeral_at;

/// A stretch of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Stretch {
    pub(super) fn is_empty(self) -> bool {
        self.end <= self.start
    }

    pub(super) fn of(self, glyphs: &[char]) -> &[char] {
        if self.is_empty() { &[] } else { &glyphs[self.start..self.end] }
    }

    pub(super) fn text(self, glyphs: &[char]) -> String {
        string(self.of(glyphs))
    }
}

/// Words that open a clause before the indicator begins.
const LEADS: &[&str] = &[
    "确保", "力争", "争取", "努力", "切实", "保证", "实现", "使", "让", "将", "把", "要求", "要", "应", "继续", "进一步", "全面", "不断", "逐步", "并", "且", "同时", "其中", "即", "以及", "及", "和", "与", "、", "今年", "本年度",
    "年内", "全年", "至", "年底前", "年底", "对于", "其", "提高", "提升", "降低", "严格", "有效", "大力", "完成", "达到", "稳定", "保持", "巩固", "的", "到", "预期", "预计", "计划", "平均每", "使得", "促使", "推动", "做到", "持续", "下降",
    "减少", "控制", "落实", "加强", "(", ")", "“", "”", "《", " ", "\t", "*", "-", "~", "★", "●", "■", "◆", "▲",
];

/// Words that close a phrase before its cue.
const TRAILS: &[&str] = &[
    "要", "应", "须", "必须", "均", "都", "分别", "各", "也", "力争", "确保", "保持", "稳定", "继续", "始终", "总体", "逐步", "不断", "有所", "同比", "较上年", "比上年", "较去年", "比去年", "全年", "年内", "的", "目标值", "要求", "能", "可", "仍",
    "将", "年均", "在现有基础上", "在原有基础上", "在上年基础上", "在去年基础上", "现有基础上", "每年", "至少", "平均", "需", "需要", "应当", "可以", "进一步", "努力", "争取", "(", ":", " ", "“", "=", "、", "在", "务必", "一律", "全部",
    "双双", "同步", "稳步", "合计", "总计", "共", "约", "分", "达", "达到", "完成", "\t", "任务", "目标",
];

/// The nouns a rate ends with.
const RATE_HEADS: &[&str] = &["率", "比例", "比", "比重", "占比", "指数", "系数", "密度", "满意度", "知晓度", "素养水平", "率)", "培训面", "覆盖面", "知晓面", "受益面", "施行面", "普及面", "受教面"];
/// The nouns an amount ends with.
const AMOUNT_HEADS: &[&str] = &["数", "人次", "人数", "例数", "收入", "总量", "量", "床位", "面积", "经费", "次数", "日", "时间", "天数", "得分", "成绩", "分数", "评分", "总额", "资金", "规模", "医师", "护士", "病种"];

/// Whether the stretch ends with a noun that a rate is called by.
pub(super) fn is_rate_phrase(glyphs: &[char]) -> bool {
    word_before(glyphs, glyphs.len(), RATE_HEADS).is_some() && glyphs.len() >= 2
}

/// Whether the stretch ends with a noun that an amount is called by.
pub(super) fn is_amount_phrase(glyphs: &[char]) -> bool {
    word_before(glyphs, glyphs.len(), AMOUNT_HEADS).is_some() && glyphs.len() >= 2
}

/// Words that narrow an indicator named earlier: "城市80%以上,农村75%以上".
const RESIDENCES: &[&str] = &[
    "城市", "农村", "城区", "县城", "市区", "乡镇", "城镇", "村级", "县级", "市级", "省级", "乡级", "镇级", "流动人口", "常住人口", "户籍人口", "城乡", "社区", "中心城区", "郊区", "山区", "牧区", "县", "乡", "村", "一级", "二级", "三级", "居民", "城镇居民",
    "农村居民", "公立", "民营", "男性", "女性", "男", "女",
];

/// Whether a phrase only narrows an indicator that was named before.
pub(super) fn is_qualifier(glyphs: &[char]) -> bool {
    let text = string(glyphs);
    RESIDENCES.contains(&text.trim()) || glyphs.iter().all(|c| !c.is_alphanumeric())
}

/// The stretch freed of opening and closing words.
pub(super) fn clean(glyphs: &[char], stretch: Stretch) -> Stretch {
    let Stretch { mut start, mut end } = stretch;
    while let Some(word) = (start < end).then(|| word_before(&glyphs[..end], end, TRAILS)).flatten() {
        if end < start + length(word) {
            break;
        }
        end -= length(word);
    }
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
    Stretch { start: start.min(end), end }
}

/// 2025年(底), 到2025年, 20xx年.
fn year_at(glyphs: &[char], at: usize) -> Option<usize> {
    let digits = glyphs[at..].iter().take(4).filter(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '_')).count();
    let year = at + 4;
    if digits < 4 || !starts_at(glyphs, year, "年") {
        return None;
    }
    let end = ["年度", "年底前", "年底", "年末", "年"].iter().find(|word| starts_at(glyphs, year, word))?;
    Some(year + length(end))
}

/// A phrase begins after the last verb of promise ("…工作使孕产妇系统管理率") and after an open bracket.
fn inner_cut(glyphs: &[char]) -> Option<usize> {
    let verbs = ["使", "确保", "力争", "保证", "争取", "实现"].iter().filter_map(|word| find_last(glyphs, word).map(|at| at + length(word)));
    // 使用 is another word.
    let verbs = verbs.filter(|end| glyphs.get(*end) != Some(&'用') || glyphs[*end - 1] != '使').max();
    let gap = glyphs.iter().rposition(|c| *c == ' ').map(|gap| gap + 1).filter(|gap| glyphs.len() - gap >= 4);
    let open = glyphs.iter().rposition(|c| *c == '(').filter(|open| !glyphs[*open..].contains(&')')).map(|open| open + 1);
    verbs.max(open).max(gap).filter(|cut| glyphs.len() - cut >= 2)
}

/// The places where a list of names may be cut.
fn parts(glyphs: &[char]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0i32);
    for (at, c) in glyphs.iter().enumerate() {
        match c {
            '(' | '《' | '“' => depth += 1,
            ')' | '》' | '”' => depth -= 1,
            _ => {}
        }
        if depth <= 0 && is_separator(glyphs, at) {
            found.push(Stretch { start, end: at });
            start = at + 1;
        }
    }
    found.push(Stretch { start, end: glyphs.len() });
    found.retain(|part| !part.is_empty());
    found
}

fn is_separator(glyphs: &[char], at: usize) -> bool {
    let (before, after) = (at.checked_sub(1).map(|i| glyphs[i]), glyphs.get(at + 1));
    match glyphs[at] {
        '、' | ',' => true,
        '和' => before != Some('总') && after != Some(&'谐'),
        '与' => before != Some('参'),
        '及' => after != Some(&'时') && before != Some('普'),
        _ => false,
    }
}

/// How many values a list of names has to share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sharing {
    pub(super) values: usize,
    /// 均 / 都 / 各 / 分别 stands before the value.
    pub(super) distributive: bool,
}

/// The indicators that a phrase names: one, or several when it is a list.
pub(super) fn items(phrase: &[char], sharing: Sharing, family: Family, dictionary: &Dictionary) -> Vec<String> {
    let whole = string(phrase);
    let parts = parts(phrase);
    if parts.len() < 2 || (sharing.values == 1 && dictionary.knows(&whole, family)) {
        return vec![whole];
    }
    let groups = group_by_head(phrase, &parts);
    if groups.len() > 1 && (sharing.values == 1 || sharing.values == groups.len()) {
        let mut names: Vec<String> = groups.into_iter().flat_map(|group| items(group.of(phrase), Sharing { values: 1, ..sharing }, family, dictionary)).collect();
        let first = names[0].clone();
        for name in names.iter_mut().skip(1) {
            if let Some(full) = borrowed(&first, name, family, dictionary) {
                *name = full;
            }
        }
        return names;
    }
    let expanded = expand(phrase, &parts, family, dictionary);
    let all_known = expanded.iter().all(|name| dictionary.knows(name, family));
    if all_known || sharing.values == expanded.len() || (sharing.distributive && sharing.values == 1) {
        return expanded;
    }
    vec![whole]
}

/// "增补叶酸知晓率、服用率": a short name takes its subject from the name before it.
pub(super) fn borrowed(before: &str, name: &str, family: Family, dictionary: &Dictionary) -> Option<String> {
    if name.chars().count() > 5 || dictionary.knows(name, family) {
        return None;
    }
    let before: Vec<char> = before.chars().collect();
    (1..before.len()).rev().map(|take| format!("{}{name}", string(&before[..take]))).find(|full| dictionary.knows(full, family))
}

/// "系统管理覆盖率市区达98%": what stands behind the head of a name narrows it and is no part of it.
pub(super) fn to_head(glyphs: &[char], stretch: Stretch) -> Stretch {
    const NARROWING: &[&str] = &["城市", "农村", "城区", "市区", "县城", "城乡", "城镇", "乡镇", "县级", "市级", "省级", "区级", "村级", "到", "以", "于", "全省", "全市", "全县", "全区", "二级", "三级", "一级", "流动", "户籍", "常住", "公立", "民营", "每"];
    let text = stretch.of(glyphs);
    let head = text.iter().rposition(|c| *c == '率').map(|at| at + 1).filter(|end| *end >= 3 && *end < text.len());
    match head {
        Some(end) if word_at(text, end, NARROWING).is_some() => Stretch { start: stretch.start, end: stretch.start + end },
        _ => stretch,
    }
}

/// Parts joined until one ends with a head: "早孕建册率 | 艾滋病、梅毒和乙肝检测率".
fn group_by_head(phrase: &[char], parts: &[Stretch]) -> Vec<Stretch> {
    let mut groups: Vec<Stretch> = Vec::new();
    let mut open: Option<usize> = None;
    for part in parts {
        let start = open.take().unwrap_or(part.start);
        let has_head = is_rate_phrase(part.of(phrase)) || is_amount_phrase(part.of(phrase));
        if has_head {
            groups.push(Stretch { start, end: part.end });
        } else {
            open = Some(start);
        }
    }
    if let Some(start) = open {
        groups.push(Stretch { start, end: phrase.len() });
    }
    groups
}

/// "婴儿与5岁以下儿童死亡率": the last part lends its ending to the others.
fn expand(phrase: &[char], parts: &[Stretch], family: Family, dictionary: &Dictionary) -> Vec<String> {
    let Some((last, others)) = parts.split_last() else { return Vec::new() };
    let last = last.of(phrase);
    let mut names: Vec<String> = others
        .iter()
        .map(|part| {
            let part = string(part.of(phrase));
            let lent = (1..last.len()).map(|from| format!("{part}{}", string(&last[from..]))).find(|name| dictionary.knows(name, family));
            lent.unwrap_or_else(|| format!("{part}{}", string(ending(last))))
        })
        .collect();
    names.push(string(last));
    names
}

/// The compound noun a name ends with (死亡率, 管理率, 床位): its last three characters at most.
fn ending(name: &[char]) -> &[char] {
    let take = if name.ends_with(&['率']) { 3 } else { 2 };
    &name[name.len().saturating_sub(take)..]
}

/// The noun phrase after a counted value: "5名学科带头人、20名…" is 学科带头人.
pub(super) fn noun_after(glyphs: &[char], from: usize, to: usize) -> Stretch {
    const STOPS: &[&str] = &["进行", "开展", "参加", "到", "实施", "发放", "提供", "建设", "接受", "、", "和", "与", ")", "(", "之间", "协助"];
    let mut start = from;
    while start < to && (glyphs[start] == ' ' || glyphs[start] == '的') {
        start += 1;
    }
    let mut end = start;
    while end < to && end - start < 24 && word_at(glyphs, end, STOPS).is_none() && numeral_at(glyphs, end).is_none_or(|n| n.end - n.start < 2) {
        end += 1;
    }
    Stretch { start, end }
}
