//! Finds the targets of a line: accepted values, each with the indicator phrase it belongs to.

use super::accept::{Candidate, accept};
use super::bind::{Better, Binding, Dictionary, Family};
use super::clauses::Opening;
use super::comparator::{Comparator, Cue, Sense, comparator, cue_before, names_a_base_year};
use super::damage::{Replacement, is_implausible, is_suspicious, repaired, stamp};
use super::glyphs::{contains_any, length, starts_at, string, word_at, word_before};
use super::phrase::{Sharing, Stretch, borrowed, clean, is_amount_phrase, is_qualifier, is_rate_phrase, items, noun_after, to_head};
use super::prepared::Prepared;
use super::quantity::{Class, Quantity};
use super::target::{Confidence, Kind, Note, Target};

/// What all finders need beside the line.
pub(super) struct Context<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) replacement: Option<&'a Replacement>,
}

/// What a sentence has said so far.
#[derive(Default)]
struct Said {
    /// The phrase before a colon.
    subject: Option<Stretch>,
    /// The names of the last target.
    indicator: Option<String>,
    /// Whether the clause before gave a count.
    counted: bool,
}

/// An accepted value and its place.
struct Accepted<'q> {
    clause: usize,
    quantity: &'q Quantity,
    cue: Option<Cue>,
    kind: Kind,
    /// Where the phrase may begin and must end.
    phrase: Stretch,
    distributive: bool,
}

/// The targets of `line` among the clauses that `planned` lets pass; `above` is the line before, for values that stand alone.
pub(super) fn targets(context: &Context<'_>, line: &Prepared, above: Option<&Prepared>, planned: &dyn Fn(usize) -> bool) -> Vec<Target> {
    let mut found = Vec::new();
    let mut said = Said::default();
    let mut next = 0;
    for (index, clause) in line.clauses.iter().enumerate() {
        match clause.opening {
            // After a semicolon the sentence goes on: "到2005年达到60%;到2010年达到80%".
            Opening::Sentence if index > 0 && clause.start > 0 && line.glyphs[clause.start - 1] == ';' => said.subject = None,
            Opening::Sentence | Opening::Cell => said = Said::default(),
            Opening::Colon => said.subject = index.checked_sub(1).map(|i| clean(&line.glyphs, Stretch { start: line.clauses[i].start, end: line.clauses[i].end })),
            Opening::Comma => {}
        }
        let first = next;
        while next < line.quantities.len() && line.quantities[next].start < clause.end {
            next += 1;
        }
        if !planned(index) {
            said.counted = false;
            continue;
        }
        let accepted = accepted(line, index, &line.quantities[first..next], &said);
        let before = found.len();
        for group in groups(line, &accepted) {
            found.extend(assemble(context, line, above, group, &mut said));
        }
        said.counted = found[before..].iter().any(|target: &Target| target.kind == Kind::Target) && found.len() > before && accepted.iter().any(|a| a.quantity.class == Class::Count);
    }
    found
}

fn accepted<'q>(line: &'q Prepared, clause: usize, quantities: &'q [Quantity], said: &Said) -> Vec<Accepted<'q>> {
    let glyphs = &line.glyphs;
    let mut from = line.clauses[clause].start;
    let mut limit: Option<usize> = None;
    let mut found: Vec<Accepted<'q>> = Vec::new();
    for quantity in quantities {
        // "90%以上的社区建设1所…": the rate is the target, the count says of what.
        let attribute = quantity.class != Class::Rate && found.first().is_some_and(|first| first.quantity.class == Class::Rate && glyphs.get(first.quantity.end) == Some(&'的'));
        if attribute {
            continue;
        }
        let cue = cue_before(glyphs, from, quantity.start);
        let candidate = Candidate { line, clause, quantity, cue, from, chained: said.counted };
        let end = cue.map_or(quantity.start, |cue| cue.start);
        let Some(kind) = accept(&candidate) else {
            // "在去年85%的基础上": what the phrase is about begins behind the baseline.
            if starts_at(glyphs, quantity.end, "的基础上") {
                from = quantity.end + length("的基础上");
            }
            // "从3种扩大到29种": the phrase of what follows ends before 从.
            let baseline = word_before(&glyphs[..quantity.start], quantity.start, &["从", "由"]).is_some();
            limit = if baseline { Some(quantity.start - 1) } else { limit };
            continue;
        };
        let phrase = Stretch { start: from, end: limit.take().unwrap_or(end).clamp(from, end.max(from)) };
        let distributive = contains_any(&glyphs[from..quantity.start], &["分别", "均", "都达", "都要", "都在", "都保持", "各", "双双", "项指标", "三项", "两项", "四项"]);
        found.push(Accepted { clause, quantity, cue, kind, phrase, distributive });
        from = quantity.end;
    }
    found
}

/// Values of one list ("85%、90%和95%") together, all others alone.
fn groups<'a, 'q>(line: &Prepared, accepted: &'a [Accepted<'q>]) -> Vec<&'a [Accepted<'q>]> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=accepted.len() {
        if at == accepted.len() || !is_listed(line, &accepted[at - 1], &accepted[at]) {
            found.push(&accepted[start..at]);
            start = at;
        }
    }
    found.retain(|group: &&[Accepted<'_>]| !group.is_empty());
    found
}

fn is_listed(line: &Prepared, before: &Accepted<'_>, after: &Accepted<'_>) -> bool {
    let between = string(&line.glyphs[before.quantity.end..after.quantity.start]);
    let between = between.trim_matches(|c| matches!(c, ' ' | '、' | '和' | '与' | '及' | '以'));
    let end = after.cue.map_or(after.quantity.start, |cue| cue.start);
    between.is_empty() || (before.quantity.class == after.quantity.class && clean(&line.glyphs, Stretch { start: before.quantity.end, end }).is_empty() && after.cue.is_some() && !matches!(after.kind, Kind::Growth))
}

fn assemble(context: &Context<'_>, line: &Prepared, above: Option<&Prepared>, group: &[Accepted<'_>], said: &mut Said) -> Vec<Target> {
    let Some(first) = group.first() else { return Vec::new() };
    let family = family(first);
    let (phrase, mut notes) = match indicator_phrase(line, above, first, said) {
        Some(found) => found,
        None => return Vec::new(),
    };
    let sharing = Sharing { values: group.len(), distributive: first.distributive };
    let is_list = !matches!(first.quantity.class, Class::Count | Class::Event | Class::List) || group.len() > 1;
    let names = if is_list { items(&super::glyphs::uniform(&phrase), sharing, family, context.dictionary) } else { vec![phrase.clone()] };
    said.indicator = names.last().cloned().filter(|name| !name.is_empty()).or(said.indicator.take());
    // "5‰与6‰以下": the closing words belong to every value of the list.
    let closing = group.last().and_then(|last| last.quantity.closing);
    let mut found = Vec::new();
    for (index, item) in group.iter().enumerate() {
        let mut quantity = item.quantity.clone();
        quantity.closing = quantity.closing.or(closing);
        let names: Vec<&String> = match (group.len(), names.len()) {
            (1, _) => names.iter().collect(),
            (values, count) if values == count => vec![&names[index]],
            _ => vec![&phrase],
        };
        if group.len() > 1 {
            notes.push(if names.len() == 1 && names[0] != &phrase { Note::ByOrder } else { Note::Unmatched });
        } else if names.len() > 1 {
            notes.push(Note::Shared);
        }
        for name in &names {
            found.push(build(context, line, item, &quantity, name, notes.clone(), &context_words(line, item.clause)));
        }
        notes.retain(|note| !matches!(note, Note::ByOrder | Note::Unmatched));
    }
    found
}

fn family(accepted: &Accepted<'_>) -> Family {
    match (accepted.kind, accepted.quantity.class) {
        (Kind::Growth, _) | (_, Class::Bare | Class::Points | Class::Score | Class::Time) => Family::Any,
        (_, Class::Rate) => Family::Rate,
        _ => Family::Amount,
    }
}

/// The phrase that names the indicator of a value, with a remark when it stands elsewhere.
fn indicator_phrase(line: &Prepared, above: Option<&Prepared>, accepted: &Accepted<'_>, said: &Said) -> Option<(String, Vec<Note>)> {
    let glyphs = &line.glyphs;
    let own = clean(glyphs, accepted.phrase);
    if matches!(accepted.quantity.class, Class::Count | Class::Event | Class::List) && accepted.kind != Kind::Growth {
        return count_phrase(line, accepted, own, said);
    }
    let name = to_head(glyphs, own);
    let mut notes: Vec<Note> = Vec::new();
    if name.end < own.end {
        notes.push(Note::Narrowed(Stretch { start: name.end, end: own.end }.text(glyphs)));
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
    if let Some(above) = above.filter(|_| first && accepted.cue.is_some()).and_then(phrase_above) && own.is_empty() {
        return Some((above, notes));
    }
    let begins = accepted.cue.is_none() && glyphs.get(accepted.quantity.end) == Some(&'的');
    if (begins || (said.indicator.is_none() && said.subject.is_none())) && own.is_empty() && let Some(after) = after {
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
        let phrase = clean(glyphs, Stretch { start: clause.start, end: clause.end });
        let has_value = line.quantities_in(clause.start, clause.end).iter().any(|q| q.class == Class::Rate);
        if has_value || !is_rate_phrase(phrase.of(glyphs)) {
            break;
        }
        start = phrase.start;
    }
    Stretch { start, end: own.end }.text(glyphs)
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

fn count_phrase(line: &Prepared, accepted: &Accepted<'_>, own: Stretch, said: &Said) -> Option<(String, Vec<Note>)> {
    const VERBS: &[&str] = &["完成", "引进", "创建", "建成", "建设", "新建", "培训", "选派", "选送", "安排", "组织", "举办", "开展", "发放", "检查", "筛查", "计划", "实施", "培养", "招聘", "启动", "推进", "打造", "配备", "新增", "购置", "提供", "印制", "制作", "引进", "争取", "确保", "全区", "全县", "全市"];
    let glyphs = &line.glyphs;
    let end = line.clauses[accepted.clause].end;
    let own = strip_verbs(glyphs, own, VERBS);
    let after = noun_after(glyphs, accepted.quantity.end, end);
    let whole = accepted.cue.is_some_and(|cue| !matches!(cue.sense, Sense::Is)) && own.end - own.start.min(own.end) >= 2;
    if whole || after.end - after.start < 2 {
        if own.is_empty() {
            return said.indicator.clone().or_else(|| earlier_clause(line, accepted.clause)).map(|text| (text, vec![Note::Inherited]));
        }
        let task = accepted.cue.is_some_and(|cue| cue.sense == Sense::Task) && own.end - own.start <= 2;
        return Some((if task { format!("{}任务", own.text(glyphs)) } else { own.text(glyphs) }, Vec::new()));
    }
    if own.end > own.start + 3 && is_amount_phrase(own.of(glyphs)) {
        return Some((own.text(glyphs), Vec::new()));
    }
    Some((after.text(glyphs), Vec::new()))
}

fn strip_verbs(glyphs: &[char], stretch: Stretch, verbs: &[&str]) -> Stretch {
    let mut stretch = clean(glyphs, stretch);
    while let Some(word) = (!stretch.is_empty()).then(|| word_at(stretch.of(glyphs), 0, verbs)).flatten() {
        stretch.start += length(word);
    }
    stretch
}

/// The nearest clause of the sentence before `clause` that ends like an indicator.
fn earlier_clause(line: &Prepared, clause: usize) -> Option<String> {
    let glyphs = &line.glyphs;
    (line.sentence_start(clause)..clause).rev().take(3).find_map(|index| {
        let clause = line.clauses[index];
        let phrase = clean(glyphs, Stretch { start: clause.start, end: clause.end });
        if is_rate_phrase(phrase.of(glyphs)) || is_amount_phrase(phrase.of(glyphs)) {
            return Some(phrase.text(glyphs));
        }
        // "纯母乳喂养率力争过半,达到55%": the name ends inside the clause.
        let words = &glyphs[clause.start..clause.end.min(clause.start + 40)];
        let head = words.iter().rposition(|c| *c == '率').filter(|at| *at >= 3)?;
        Some(clean(glyphs, Stretch { start: clause.start, end: clause.start + head + 1 }).text(glyphs))
    })
}

/// A value alone on its line belongs to the name alone on the line above.
fn phrase_above(above: &Prepared) -> Option<String> {
    let clause = above.clauses.last()?;
    let phrase = clean(&above.glyphs, Stretch { start: clause.start, end: clause.end });
    let phrase = Stretch { start: above.labels.first().map_or(phrase.start, |label| label.end.max(phrase.start)), ..phrase };
    (above.quantities.iter().all(|q| q.class == Class::Condition) && is_rate_phrase(phrase.of(&above.glyphs))).then(|| phrase.text(&above.glyphs))
}

/// The clauses of the sentence before a clause, nearest first, for binding short names ("完善婚检项目,完整率90%").
fn context_words(line: &Prepared, clause: usize) -> Vec<String> {
    let first = line.sentence_start(clause);
    let phrases = (first..clause).rev().take(3).map(|index| {
        let before = line.clauses[index];
        clean(&line.glyphs, Stretch { start: before.start, end: before.end.min(before.start + 40) })
    });
    phrases.filter(|phrase| !phrase.is_empty()).map(|phrase| phrase.text(&line.glyphs)).collect()
}

fn bind(context: &Context<'_>, name: &str, earlier: &[String], family: Family) -> Binding {
    let own = context.dictionary.bind(name, family);
    if own != Binding::Unknown {
        return own;
    }
    if let Some(full) = earlier.iter().find_map(|earlier| borrowed(earlier, name, family, context.dictionary)) {
        return context.dictionary.bind(&full, family);
    }
    match earlier.first() {
        Some(earlier) if name.chars().count() <= 6 && earlier.chars().count() <= 16 => context.dictionary.bind(&format!("{earlier}{name}"), family),
        _ => own,
    }
}

fn build(context: &Context<'_>, line: &Prepared, accepted: &Accepted<'_>, quantity: &Quantity, name: &str, mut notes: Vec<Note>, earlier: &[String]) -> Target {
    let binding = bind(context, name, earlier, family(accepted));
    let term = match &binding {
        Binding::Bound { term, .. } => Some(context.dictionary.term(*term)),
        Binding::Ambiguous(terms) => {
            notes.push(Note::Candidates(terms.iter().map(|term| context.dictionary.term(*term).id.clone()).collect()));
            None
        }
        Binding::Unknown => None,
    };
    let text = source_text(line, quantity);
    let mut confidence = Confidence::High;
    let mut value = quantity.value;
    if let Some(repaired) = context.replacement.and_then(|replacement| repaired(&line.glyphs, quantity, replacement)) {
        notes.push(Note::Repaired { written: text.clone(), read: format!("{repaired}{}", quantity.unit) });
        value = repaired;
        confidence = Confidence::Medium;
    } else if stamp(&line.glyphs, quantity).is_some() {
        notes.push(Note::Repaired { written: text.clone(), read: format!("{value}{}", quantity.unit) });
        confidence = Confidence::Medium;
    } else if is_suspicious(&line.glyphs, quantity) && quantity.class != Class::Count {
        notes.push(Note::Suspicious);
        confidence = Confidence::Low;
    }
    if is_implausible(quantity, value) && accepted.kind != Kind::Growth {
        notes.push(Note::Implausible);
        confidence = Confidence::Low;
    }
    let growth = accepted.kind == Kind::Growth;
    match accepted.cue.map(|cue| cue.sense) {
        Some(Sense::Rise) if growth || quantity.class == Class::Count => notes.push(Note::Rise),
        Some(Sense::Fall) => notes.push(Note::Fall),
        _ => {}
    }
    if matches!(binding, Binding::Ambiguous(_)) || notes.contains(&Note::Unmatched) {
        confidence = confidence.min(Confidence::Medium);
    }
    let better = term.map_or_else(|| better_by_name(name), |term| term.better);
    let kind = kind_of(accepted, line);
    let cue = promised(line, accepted);
    let comparator = if kind == Kind::ProgramCount { Comparator::None } else { comparator(&Quantity { value, ..quantity.clone() }, cue, better, kind == Kind::Growth) };
    Target {
        span: line.span(quantity.start, quantity.end),
        text,
        indicator_as_written: name.trim().to_owned(),
        indicator: term.map(|term| term.id.clone()),
        comparator,
        value: Some(value),
        value_high: quantity.high,
        unit: if quantity.class == Class::Bare { term.map_or(String::new(), |term| term.unit.clone()) } else { quantity.unit.to_owned() },
        kind,
        confidence,
        notes,
    }
}

/// "保证每天有50名": what is promised to be there is a floor.
fn promised(line: &Prepared, accepted: &Accepted<'_>) -> Option<Cue> {
    let before = &line.glyphs[accepted.phrase.start..accepted.quantity.start];
    let promise = contains_any(before, &["保证", "确保"]) && before.ends_with(&['有']);
    accepted.cue.map(|cue| if promise && cue.sense == Sense::Is { Cue { sense: Sense::Floor, ..cue } } else { cue })
}

/// A step without a base year ("降低5个百分点") is an ordinary target; against last year it is growth.
fn kind_of(accepted: &Accepted<'_>, line: &Prepared) -> Kind {
    if accepted.kind == Kind::Growth && accepted.quantity.class == Class::Points {
        let based = names_a_base_year(line.sentence(accepted.clause));
        return if based { Kind::Growth } else { Kind::Target };
    }
    accepted.kind
}

/// The direction that a name shows by itself when no indicator is bound.
fn better_by_name(name: &str) -> Better {
    let lower = ["死亡", "发生率", "发病率", "患病率", "剖宫产", "感染率", "废证", "缺陷", "贫血", "低体重", "肥胖", "近视", "漏报", "流产", "传播率", "差错", "投诉", "自付", "自负", "缓慢", "龋", "失访", "流失", "性别比"];
    if lower.iter().any(|word| name.contains(word)) && !name.contains("评审") && !name.contains("筛查") && !name.contains("控制率") && !name.contains("知晓") && !name.contains("管理率") {
        Better::Lower
    } else {
        Better::None
    }
}

fn source_text(line: &Prepared, quantity: &Quantity) -> String {
    string(&line.glyphs[quantity.start..quantity.end])
}

/// The targets of a table row.
pub(super) fn row_targets(context: &Context<'_>, line: &Prepared, header: Option<&super::tables::Header>) -> Vec<Target> {
    super::tables::values(line, header)
        .into_iter()
        .filter(|cell| !super::tables::is_continuation(&cell.name))
        .map(|cell| {
            let mut quantity = cell.quantity.clone();
            if quantity.class == Class::Bare && let Some((_, class)) = &cell.unit {
                quantity.class = *class;
            }
            let start = line.clauses[cell.clause].start;
            let cue = cue_before(&line.glyphs, start, quantity.start);
            let accepted = Accepted { clause: cell.clause, quantity: cell.quantity, cue, kind: Kind::Target, phrase: Stretch { start, end: start }, distributive: false };
            let unit = cell.unit.filter(|_| quantity.unit.is_empty()).map(|(unit, _)| unit);
            let mut target = build(context, line, &accepted, &quantity, &cell.name, Vec::new(), &[]);
            if let Some(unit) = unit {
                target.unit = unit;
            }
            target
        })
        .collect()
}
