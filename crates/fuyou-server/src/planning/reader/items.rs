//! Lists of names: one value for several indicators, several values in order, endings and subjects lent from name to name.

use super::bind::{Dictionary, Family};
use super::glyphs::string;
use super::phrase::{Stretch, is_amount_phrase, is_rate_phrase};

/// How many values a list of names has to share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sharing {
    pub(super) values: usize,
    /// 均 / 都 / 各 / 分别 stands before the value.
    pub(super) distributive: bool,
}

/// The indicators that a phrase names: one, or several when it is a list.
pub(super) fn items(
    phrase: &[char],
    sharing: Sharing,
    family: Family,
    dictionary: &Dictionary,
) -> Vec<String> {
    let whole = string(phrase);
    let parts = parts(phrase);
    if parts.len() < 2 || (sharing.values == 1 && dictionary.knows(&whole, family)) {
        return vec![whole];
    }
    let groups = group_by_head(phrase, &parts);
    if groups.len() > 1 && (sharing.values == 1 || sharing.values == groups.len()) {
        let mut names: Vec<String> = groups
            .into_iter()
            .flat_map(|group| {
                items(
                    group.of(phrase),
                    Sharing {
                        values: 1,
                        ..sharing
                    },
                    family,
                    dictionary,
                )
            })
            .collect();
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
    if all_known
        || sharing.values == expanded.len()
        || (sharing.distributive && sharing.values == 1)
    {
        return expanded;
    }
    vec![whole]
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
    found.push(Stretch {
        start,
        end: glyphs.len(),
    });
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

/// "增补叶酸知晓率、服用率": a short name takes its subject from the name before it.
pub(super) fn borrowed(
    before: &str,
    name: &str,
    family: Family,
    dictionary: &Dictionary,
) -> Option<String> {
    if name.chars().count() > 5 || dictionary.knows(name, family) {
        return None;
    }
    let before: Vec<char> = before.chars().collect();
    (1..before.len())
        .rev()
        .map(|take| format!("{}{name}", string(&before[..take])))
        .find(|full| dictionary.knows(full, family))
}

/// Parts joined until one ends with a head: "早孕建册率 | 艾滋病、梅毒和乙肝检测率".
fn group_by_head(phrase: &[char], parts: &[Stretch]) -> Vec<Stretch> {
    let mut groups: Vec<Stretch> = Vec::new();
    let mut open: Option<usize> = None;
    for part in parts {
        let start = open.take().unwrap_or(part.start);
        let has_head = is_rate_phrase(part.of(phrase)) || is_amount_phrase(part.of(phrase));
        if has_head {
            groups.push(Stretch {
                start,
                end: part.end,
            });
        } else {
            open = Some(start);
        }
    }
    if let Some(start) = open {
        groups.push(Stretch {
            start,
            end: phrase.len(),
        });
    }
    groups
}

/// "婴儿与5岁以下儿童死亡率": the last part lends its ending to the others.
fn expand(
    phrase: &[char],
    parts: &[Stretch],
    family: Family,
    dictionary: &Dictionary,
) -> Vec<String> {
    let Some((last, others)) = parts.split_last() else {
        return Vec::new();
    };
    let last = last.of(phrase);
    let mut names: Vec<String> = others
        .iter()
        .map(|part| {
            let part = string(part.of(phrase));
            let lent = (1..last.len())
                .map(|from| format!("{part}{}", string(&last[from..])))
                .find(|name| dictionary.knows(name, family));
            lent.unwrap_or_else(|| format!("{part}{}", string(ending(last))))
        })
        .collect();
    names.push(string(last));
    names
}

/// The compound noun a name ends with (死亡率, 管理率, 床位): its last three characters at most.
fn ending(name: &[char]) -> &[char] {
    let take = if matches!(name.last(), Some('率' | '数')) {
        3
    } else {
        2
    };
    &name[name.len().saturating_sub(take)..]
}
