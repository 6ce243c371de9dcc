//! Whether a number is an aim at all: rates nearly always are, counts need a verb of doing or a comparator,
//! rhythms, conditions, baselines and scopes never are.

use super::comparator::{Cue, Sense, is_explicit};
use super::glyphs::{contains_any, ends_at, find_last, starts_at, word_before};
use super::numbers::Script;
use super::phrase::{is_amount_phrase, is_rate_phrase};
use super::prepared::Prepared;
use super::quantity::{Class, Quantity, in_quotes, in_title, is_reference};
use super::target::Kind;

/// A number in its clause, with all that acceptance looks at.
pub(super) struct Candidate<'a> {
    pub(super) line: &'a Prepared,
    pub(super) clause: usize,
    pub(super) quantity: &'a Quantity,
    pub(super) cue: Option<Cue>,
    /// Where the text before the value that belongs to it begins.
    pub(super) from: usize,
    /// Whether the clause before it in the sentence gave a count target.
    pub(super) chained: bool,
}

/// Verbs that make a count of things an aim.
const ACTIONS: &[&str] = &[
    "完成", "创建", "创立", "创成", "建成", "建设", "新建", "改建", "扩建", "改扩建", "打造", "引进", "招聘", "招录", "录用", "录取", "选派", "选送", "派出", "派遣", "安排", "安置", "培养", "培训", "组织", "举办", "开展", "启动", "发放",
    "购置", "配备", "配置", "增设", "新增", "增加", "争创", "争取", "力争", "确定", "选取", "选择", "遴选", "选", "检查", "筛查", "体检", "救助", "资助", "接入", "实现", "拟", "评选", "推出", "发表", "刊发", "投稿", "签约", "建立", "设立",
    "改造", "申报", "制作", "印制", "推进", "确保", "保证", "扶持", "补充", "充实", "开设", "设置", "布局", "更新", "添置", "订购", "编写", "命名", "认定", "抽查", "办理", "征订", "走访", "新开", "承办", "开课", "授课", "巡讲",
];

/// Words that name a rhythm.
const RHYTHMS: &[&str] = &["每年", "每月", "每季", "每周", "每天", "每日", "每半年", "每学期", "每两", "每2", "每3", "一年", "每个月", "每人", "每例", "每次", "月均", "每旬", "每两年", "每轮", "每孕", "每学年", "年均"];

/// Words of assessment rules: what is lost for a shortfall is not an aim.
const ASSESSMENT: &[&str] = &["扣", "加分", "计分", "得分", "分值", "权重", "记分"];

/// Whether the candidate is an aim, and which kind its words say; none when it is no aim.
pub(super) fn accept(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    if in_title(glyphs, quantity) || is_reference(glyphs, quantity) || (quantity.script == Script::Chinese && in_quotes(glyphs, quantity)) {
        return None;
    }
    // "5次及以上率" is part of a name.
    if is_baseline(candidate) || starts_at(glyphs, quantity.end, "率") {
        return None;
    }
    match quantity.class {
        Class::Rate => accept_rate(candidate),
        Class::Points => accept_points(candidate),
        Class::Count => accept_count(candidate),
        Class::Event => accept_event(candidate),
        Class::List => accept_list(candidate),
        Class::Money => accept_money(candidate),
        Class::Time => (is_explicit(quantity, candidate.cue) && ends_like_duration(candidate)).then_some(Kind::Target),
        Class::Score => accept_score(candidate),
        Class::Ratio => is_rate_phrase(before(candidate)).then_some(Kind::Target),
        Class::Bare => accept_bare(candidate),
        Class::Condition => None,
    }
}

/// The text before the value, or before its cue.
fn before<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let end = candidate.cue.map_or(candidate.quantity.start, |cue| cue.start);
    let stretch = super::phrase::Stretch { start: candidate.from, end: end.max(candidate.from) };
    super::phrase::clean(&candidate.line.glyphs, stretch).of(&candidate.line.glyphs)
}

fn clause_before<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let clause = candidate.line.clauses[candidate.clause];
    &candidate.line.glyphs[clause.start.max(candidate.quantity.start.saturating_sub(90))..candidate.quantity.start]
}

fn clause_after<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let clause = candidate.line.clauses[candidate.clause];
    let from = candidate.quantity.end.min(clause.end);
    &candidate.line.glyphs[from..clause.end.min(from + 60)]
}

/// "从3种扩大到29种", "在去年85%的基础上": the level to start from.
fn is_baseline(candidate: &Candidate<'_>) -> bool {
    let glyphs = &candidate.line.glyphs;
    let start = candidate.quantity.start;
    let after = clause_after(candidate);
    let changed = contains_any(after, &["提高", "提升", "扩大", "增加", "增至", "下降", "降低", "降到", "降至", "上升", "升至", "减少", "扩展", "调整", "缩短", "增长"]);
    let from_word = word_before(&glyphs[..start], start, &["从", "由", "从目前的", "由目前的", "从现在的", "由去年的", "从去年的", "由上年的", "从上年的", "从原来的", "由原来的"]);
    let named_base = word_before(&glyphs[..start], start, &["去年", "上年", "去年的", "上年的", "目前的", "现在的", "原来的", "现有", "现有的", "原有", "上一年", "上一年的"]);
    (from_word.is_some() && changed) || named_base.is_some() || super::glyphs::find(&after[..after.len().min(8)], "的基础上").is_some()
}

fn accept_rate(candidate: &Candidate<'_>) -> Option<Kind> {
    let sentence = candidate.line.sentence(candidate.clause);
    let share = ends_at(&candidate.line.glyphs, candidate.quantity.start, "占") || contains_any(clause_before(candidate), &["权重", "分值"]);
    if (share && !is_explicit(candidate.quantity, candidate.cue)) || scores(sentence) {
        return None;
    }
    // "任务5000人的103.36%" tells how much of a task was done; two decimals are measured, not planned.
    let measured = candidate.quantity.value.to_string().split_once('.').is_some_and(|(_, decimals)| decimals.len() >= 2);
    let explicit = candidate.quantity.closing.is_some() || candidate.cue.is_some_and(|cue| matches!(cue.sense, Sense::Floor | Sense::Cap | Sense::Control));
    let after_count = ends_at(&candidate.line.glyphs, candidate.quantity.start, "的") && candidate.line.quantities_in(candidate.line.clauses[candidate.clause].start, candidate.quantity.start).iter().any(|q| q.class == Class::Count && q.end + 1 == candidate.quantity.start);
    if (measured && !explicit) || after_count {
        return None;
    }
    let change = candidate.cue.is_some_and(|cue| matches!(cue.sense, Sense::Rise | Sense::Fall));
    Some(if change { Kind::Growth } else { rate_kind(candidate) })
}

fn scores(sentence: &[char]) -> bool {
    contains_any(sentence, ASSESSMENT) && contains_any(sentence, &["每下降", "每低", "每高", "每少", "每缺", "每上升", "每提高", "每超", "每降", "扣"]) && contains_any(sentence, &["分"])
}

/// Parameters of insurance and subsidy.
const POLICY: &[&str] = &["封顶线", "起付线", "筹资标准", "支付额度", "支付限额", "自负", "自付", "救助比例", "补助标准", "报销比例", "财政补助", "补偿标准", "定额", "配套"];

fn rate_kind(candidate: &Candidate<'_>) -> Kind {
    if contains_any(clause_before(candidate), POLICY) { Kind::PolicyParameter } else { Kind::Target }
}

fn accept_points(candidate: &Candidate<'_>) -> Option<Kind> {
    let clause = candidate.line.clauses[candidate.clause];
    let words = &candidate.line.glyphs[clause.start..clause.end];
    let change = contains_any(words, &["提高", "提升", "增加", "增长", "上升", "下降", "降低", "减少", "低于", "高于", "超过", "增幅", "降幅", "降"]);
    if !change || scores(candidate.line.sentence(candidate.clause)) {
        return None;
    }
    Some(if contains_any(words, POLICY) { Kind::PolicyParameter } else { Kind::Growth })
}

fn has_action(words: &[char]) -> bool {
    contains_any(words, ACTIONS)
}

fn accept_count(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    if quantity.script == Script::Chinese {
        return accept_chinese_count(candidate);
    }
    if candidate.cue.is_some_and(|cue| matches!(cue.sense, Sense::Floor | Sense::Task | Sense::Cap | Sense::Control | Sense::Reach | Sense::RiseTo | Sense::FallTo | Sense::Rise)) || quantity.closing.is_some() {
        // "20人以上的单位" describes the unit.
        return (!describes(candidate)).then_some(Kind::Target);
    }
    let doing_before = has_action(clause_before(candidate));
    let near = &glyphs[candidate.from.max(quantity.start.saturating_sub(12))..quantity.start];
    let for_whom = contains_any(near, &["为", "给", "向", "对"]) && (has_action(clause_after(candidate)) || contains_any(clause_after(candidate), &["进行", "实施", "提供"]));
    let closes_clause = clause_after(candidate).is_empty() && !before(candidate).is_empty();
    let listed = candidate.chained && closes_clause;
    let headed = closes_clause && is_amount_phrase(before(candidate));
    (doing_before || for_whom || listed || headed).then_some(Kind::Target)
}

/// Whether the value with its closing words is an attribute: "100人以上的企业".
fn describes(candidate: &Candidate<'_>) -> bool {
    let after = clause_after(candidate);
    starts_at(after, 0, "的") && candidate.cue.is_none() && !has_action(clause_before(candidate))
}

/// "建成一所…", "至少四种…": a building verb straight before, or a floor. All else in Chinese numerals is manner of speaking.
fn accept_chinese_count(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    let floor = candidate.cue.is_some_and(|cue| matches!(cue.sense, Sense::Floor | Sense::Cap)) || quantity.closing.is_some();
    let one = quantity.value.as_f64() <= 1.0;
    if floor && !one {
        return (!describes(candidate)).then_some(Kind::Target);
    }
    let built = word_before(&glyphs[..quantity.start], quantity.start, &["建成", "新建", "创建", "建设", "增设", "创成", "建立", "设立", "打造", "新增", "争创", "创建成"]).is_some();
    let place = matches!(quantity.unit, "所" | "家" | "处" | "间") || (quantity.unit == "个" && !one);
    (built && place).then_some(Kind::Target)
}

fn is_rhythm(candidate: &Candidate<'_>) -> bool {
    let start = candidate.quantity.start;
    let clause = candidate.line.clauses[candidate.clause];
    let from = clause.start.max(start.saturating_sub(16));
    let nearby = &candidate.line.glyphs[from..start];
    let after = clause_after(candidate);
    contains_any(nearby, RHYTHMS) || starts_at(after, 0, "/") || starts_at(after, 0, "每") || nearby.contains(&'每')
}

fn accept_event(candidate: &Candidate<'_>) -> Option<Kind> {
    // Visits and checks are counted per person, whatever the sentence does with them.
    const PER_PERSON: &[&str] = &["访视", "随访", "检查", "产检", "体检", "检测", "面访", "访", "产前", "筛查"];
    let after = clause_after(candidate);
    let per_person = contains_any(&after[..after.len().min(10)], PER_PERSON) && candidate.quantity.closing.is_none();
    if is_rhythm(candidate) || candidate.quantity.script == Script::Chinese || per_person {
        return None;
    }
    let held = contains_any(clause_before(candidate), &["举办", "组织", "召开", "开展", "承办", "安排", "发表", "刊发", "投稿", "完成", "推出", "播放", "培训", "演练", "开课", "授课", "讲课", "巡讲"]);
    if !held && !is_explicit(candidate.quantity, candidate.cue) {
        return None;
    }
    accept_count(candidate)
}

fn accept_list(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    if quantity.unit != "项" || quantity.script == Script::Chinese {
        let explicit = is_explicit(quantity, candidate.cue) && !candidate.cue.is_some_and(|cue| cue.sense == Sense::Reach && quantity.closing.is_none() && quantity.script == Script::Chinese);
        if explicit {
            return Some(Kind::Target);
        }
    } else if is_explicit(quantity, candidate.cue) && (quantity.closing.is_some() || clause_after(candidate).is_empty()) {
        return Some(Kind::Target);
    }
    // "科研立项5项": the amount closes the clause, so it is no list that is named after it.
    let closes = clause_after(candidate).is_empty() && !before(candidate).is_empty();
    if closes && quantity.script == Script::Arabic && (quantity.high.is_some() || has_action(clause_before(candidate)) || before(candidate).len() >= 4) {
        return Some(Kind::Target);
    }
    let names_a_list = clause_after(candidate).first().is_some_and(|c| c.is_alphabetic());
    (quantity.script == Script::Arabic && names_a_list).then_some(Kind::ProgramCount)
}

fn accept_money(candidate: &Candidate<'_>) -> Option<Kind> {
    let words = clause_before(candidate);
    if contains_any(words, POLICY) {
        return Some(Kind::PolicyParameter);
    }
    if contains_any(words, &["每人", "人均", "每例", "每对", "每名", "补助", "标准"]) {
        return is_explicit(candidate.quantity, candidate.cue).then_some(Kind::PolicyParameter);
    }
    let headed = contains_any(words, &["收入", "营收", "产值", "经费", "资金", "投入", "费用", "争取", "筹措", "筹集"]);
    let spent = contains_any(words, &["投入", "争取", "筹措", "筹集"]);
    let aimed = spent || is_explicit(candidate.quantity, candidate.cue) || clause_after(candidate).is_empty() || has_action(words);
    (headed && aimed).then_some(Kind::Target)
}

fn ends_like_duration(candidate: &Candidate<'_>) -> bool {
    word_before(before(candidate), before(candidate).len(), &["住院日", "时间", "时长", "天数", "床日", "住院天数", "周期"]).is_some()
}

fn accept_score(candidate: &Candidate<'_>) -> Option<Kind> {
    let aimed = contains_any(before(candidate), &["得分", "分数", "成绩", "考核", "满意度", "评分", "评估", "评价"]) && !contains_any(before(candidate), &["高危", "风险"]);
    (aimed && is_explicit(candidate.quantity, candidate.cue) && !starts_at(clause_after(candidate), 0, "的")).then_some(Kind::Target)
}

/// A number without a unit counts only beside a name that wants one: "总和生育率1.5左右", "性别比控制在110以内".
fn accept_bare(candidate: &Candidate<'_>) -> Option<Kind> {
    let words = before(candidate);
    let none = candidate.quantity.value.as_f64() == 0.0 && ["死亡", "事故", "发生", "破伤风", "病例"].iter().any(|case| ends_at(words, words.len(), case));
    if none && candidate.cue.is_some() {
        return Some(Kind::Target);
    }
    let named = is_rate_phrase(words) || find_last(words, "数").is_some_and(|at| at + 1 == words.len());
    (named && is_explicit(candidate.quantity, candidate.cue) && candidate.quantity.script == Script::Arabic).then_some(Kind::Target)
}
