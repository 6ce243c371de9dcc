//! Which phrase names the indicator of a value: its own, a clause before it, the line above, or what stands behind it.

use super::comparator::Sense;
use super::finder::{Accepted, Said};
use super::glyphs::{length, string, word_at};
use super::phrase::{
    Stretch, clean, is_amount_phrase, is_qualifier, is_rate_phrase, noun_after, to_head,
};
use super::prepared::Prepared;
use super::quantity::Class;
use super::target::{Kind, Note};

/// The phrase that names the indicator of a value, with a remark when it stands elsewhere.
pub(super) fn indicator_phrase(
    line: &Prepared,
    above: Option<&Prepared>,
    accepted: &Accepted<'_>,
    said: &Said,
) -> Option<(String, Vec<Note>)> {
    let glyphs = &line.glyphs;
    let own = clean(glyphs, accepted.phrase);
    if matches!(
        accepted.quantity.class,
        Class::Count | Class::Event | Class::List
    ) && accepted.kind != Kind::Growth
    {
        return count_phrase(line, accepted, own, said);
    }
    let name = to_head(glyphs, own);
    let mut notes: Vec<Note> = Vec::new();
    if name.end < own.end {
        notes.push(Note::Narrowed(
            Stretch {
                start: name.end,
                end: own.end,
            }
            .text(glyphs),
        ));
    }
    let own = name;
    if !own.is_empty() && !is_qualifier(own.of(glyphs)) {
        let text = with_earlier_names(line, accepted, own);
        return Some((text, notes));
    }
    if !own.is_empty() && own.of(glyphs).iter().any(|c| c.is_alphabetic()) {
        notes.push(Note::Narrowed(own.text(glyphs)));
    }
    notes.push(Note::Inherited);
    let after = noun_behind(line, accepted);
    let first = line.clauses[accepted.clause].start == line.sentence_first(accepted.clause);
    if let Some(above) = above
        .filter(|_| first && accepted.cue.is_some())
        .and_then(phrase_above)
        && own.is_empty()
    {
        return Some((above, notes));
    }
    let begins = accepted.cue.is_none() && glyphs.get(accepted.quantity.end) == Some(&'的');
    if (begins || (said.indicator.is_none() && said.subject.is_none()))
        && own.is_empty()
        && let Some(after) = after
    {
        return Some((after, vec![Note::ValueFirst]));
    }
    if let Some(subject) = said.subject.filter(|subject| !subject.is_empty()) {
        return Some((subject.text(glyphs), notes));
    }
    if let Some(indicator) = &said.indicator {
        return Some((indicator.clone(), notes));
    }
    earlier_clause(line, accepted.clause)
        .or_else(|| above.filter(|_| first).and_then(phrase_above))
        .map(|text| (text, notes))
}

/// "A率,B率,C率均达90%": the names before the commas belong to the list.
fn with_earlier_names(line: &Prepared, accepted: &Accepted<'_>, own: Stretch) -> String {
    let glyphs = &line.glyphs;
    let first = line.sentence_start(accepted.clause);
    if !accepted.distributive || accepted.phrase.start != line.clauses[accepted.clause].start {
        return own.text(glyphs);
    }
    let mut start = own.start;
    for index in (first..accepted.clause).rev() {
        let clause = line.clauses[index];
        let phrase = clean(
            glyphs,
            Stretch {
                start: clause.start,
                end: clause.end,
            },
        );
        let has_value = line
            .quantities_in(clause.start, clause.end)
            .iter()
            .any(|q| q.class == Class::Rate);
        if has_value || !is_rate_phrase(phrase.of(glyphs)) {
            break;
        }
        start = phrase.start;
    }
    Stretch {
        start,
        end: own.end,
    }
    .text(glyphs)
}

/// "55%以上的基层医疗机构开展…": what stands behind the value in its clause.
fn noun_behind(line: &Prepared, accepted: &Accepted<'_>) -> Option<String> {
    let end = line.clauses[accepted.clause].end;
    let mut start = accepted.quantity.end;
    while start < end && matches!(line.glyphs[start], '的' | ' ') {
        start += 1;
    }
    let text = string(&line.glyphs[start..end.min(start + 40)]);
    let listed = text.starts_with(['和', '、', '与', '及', '或']);
    (text.chars().count() >= 2 && !listed).then(|| text.trim().to_owned())
}

fn count_phrase(
    line: &Prepared,
    accepted: &Accepted<'_>,
    own: Stretch,
    said: &Said,
) -> Option<(String, Vec<Note>)> {
    const VERBS: &[&str] = &[
        "完成", "引进", "创建", "建成", "建设", "新建", "培训", "选派", "选送", "安排", "组织",
        "举办", "开展", "发放", "检查", "筛查", "计划", "实施", "培养", "招聘", "启动", "推进",
        "打造", "配备", "新增", "购置", "提供", "印制", "制作", "引进", "争取", "确保", "全区",
        "全县", "全市",
    ];
    let glyphs = &line.glyphs;
    let end = line.clauses[accepted.clause].end;
    let own = strip_verbs(glyphs, own, VERBS);
    let after = noun_after(glyphs, accepted.quantity.end, end);
    let whole = accepted
        .cue
        .is_some_and(|cue| !matches!(cue.sense, Sense::Is))
        && own.end - own.start.min(own.end) >= 2;
    if whole || after.end - after.start < 2 {
        if own.is_empty() {
            return said
                .indicator
                .clone()
                .or_else(|| earlier_clause(line, accepted.clause))
                .map(|text| (text, vec![Note::Inherited]));
        }
        let task =
            accepted.cue.is_some_and(|cue| cue.sense == Sense::Task) && own.end - own.start <= 2;
        return Some((
            if task {
                format!("{}任务", own.text(glyphs))
            } else {
                own.text(glyphs)
            },
            Vec::new(),
        ));
    }
    if own.end > own.start + 3 && is_amount_phrase(own.of(glyphs)) {
        return Some((own.text(glyphs), Vec::new()));
    }
    Some((after.text(glyphs), Vec::new()))
}

fn strip_verbs(glyphs: &[char], stretch: Stretch, verbs: &[&str]) -> Stretch {
    let mut stretch = clean(glyphs, stretch);
    while let Some(word) = (!stretch.is_empty())
        .then(|| word_at(stretch.of(glyphs), 0, verbs))
        .flatten()
    {
        stretch.start += length(word);
    }
    stretch
}

/// The nearest clause of the sentence before `clause` that ends like an indicator.
fn earlier_clause(line: &Prepared, clause: usize) -> Option<String> {
    let glyphs = &line.glyphs;
    (line.sentence_start(clause)..clause)
        .rev()
        .take(3)
        .find_map(|index| {
            let clause = line.clauses[index];
            let phrase = clean(
                glyphs,
                Stretch {
                    start: clause.start,
                    end: clause.end,
                },
            );
            if is_rate_phrase(phrase.of(glyphs)) || is_amount_phrase(phrase.of(glyphs)) {
                return Some(phrase.text(glyphs));
            }
            // "纯母乳喂养率力争过半,达到55%": the name ends inside the clause.
            let words = &glyphs[clause.start..clause.end.min(clause.start + 40)];
            let head = words
                .iter()
                .rposition(|c| *c == '率')
                .filter(|at| *at >= 3)?;
            Some(
                clean(
                    glyphs,
                    Stretch {
                        start: clause.start,
                        end: clause.start + head + 1,
                    },
                )
                .text(glyphs),
            )
        })
}

/// A value alone on its line belongs to the name alone on the line above.
fn phrase_above(above: &Prepared) -> Option<String> {
    let clause = above.clauses.last()?;
    let phrase = clean(
        &above.glyphs,
        Stretch {
            start: clause.start,
            end: clause.end,
        },
    );
    let phrase = Stretch {
        start: above
            .labels
            .first()
            .map_or(phrase.start, |label| label.end.max(phrase.start)),
        ..phrase
    };
    (above.quantities.iter().all(|q| q.class == Class::Condition)
        && is_rate_phrase(phrase.of(&above.glyphs)))
    .then(|| phrase.text(&above.glyphs))
}

/// The clauses of the sentence before a clause, nearest first, for binding short names ("完善婚检项目,完整率90%").
pub(super) fn context_words(line: &Prepared, clause: usize) -> Vec<String> {
    let first = line.sentence_start(clause);
    let phrases = (first..clause).rev().take(3).map(|index| {
        let before = line.clauses[index];
        clean(
            &line.glyphs,
            Stretch {
                start: before.start,
                end: before.end.min(before.start + 40),
            },
        )
    });
    phrases
        .filter(|phrase| !phrase.is_empty())
        .map(|phrase| phrase.text(&line.glyphs))
        .collect()
}
