//! Whether a clause plans or reports. A summary pasted above a plan is full of figures that are no targets.

use super::glyphs::contains_any;
use super::prepared::Prepared;

/// What the text around a clause is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    Planned,
    Reported,
}

/// The mode a heading or a title sets for what follows it; none when it says nothing.
pub(super) fn of_heading(glyphs: &[char]) -> Option<Tense> {
    const PLANNED: &[&str] = &["计划", "目标", "要点", "打算", "下一步", "明年", "工作思路", "工作任务", "重点任务", "主要任务", "工作指标", "指标任务", "工作安排", "工作措施", "主要措施", "保障措施", "工作要求", "实施方案", "规划"];
    const REPORTED: &[&str] = &["总结", "回顾", "完成情况", "工作成效", "主要成效", "取得的成绩", "取得成效", "存在的问题", "存在问题", "主要问题", "工作情况", "开展情况", "落实情况", "进展情况", "现状", "工作汇报", "工作报告", "工作成绩", "基本情况", "自查"];
    if contains_any(glyphs, PLANNED) {
        Some(Tense::Planned)
    } else if contains_any(glyphs, REPORTED) {
        Some(Tense::Reported)
    } else {
        None
    }
}

/// The tense of one clause, `mode` being what the headings say.
pub(super) fn of_clause(line: &Prepared, clause: usize, mode: Tense) -> Tense {
    const DONE: &[&str] = &["达到了", "完成了", "已达", "已完成", "已建成", "已开展", "实际完成", "截至", "截止", "累计完成", "上半年完成", "共完成", "取得了", "去年", "上年度", "一年来"];
    const AIMED: &[&str] = &["力争", "确保", "争取", "计划", "目标", "任务", "要求", "不低于", "不少于", "以上", "以下", "以内", "控制在"];
    let sentence = line.sentence(clause);
    let own = &line.glyphs[line.clauses[clause].start..line.clauses[clause].end];
    match mode {
        Tense::Planned if contains_any(own, DONE) && !contains_any(own, AIMED) => Tense::Reported,
        Tense::Planned => Tense::Planned,
        Tense::Reported if contains_any(sentence, &["目标", "任务", "力争", "确保", "下一步", "明年", "要求"]) && contains_any(own, AIMED) => Tense::Planned,
        Tense::Reported => Tense::Reported,
    }
}

/// The tense that headings and titles have set, followed through the text.
pub(super) struct Modes {
    mode: Tense,
}

impl Modes {
    /// Starts with what the title says: a plan unless it calls itself a summary.
    pub(super) fn new(lines: &[Prepared]) -> Self {
        let title = lines.iter().find(|line| !line.glyphs.iter().all(|c| c.is_whitespace())).filter(|line| line.glyphs.len() <= 40);
        Self { mode: title.and_then(|line| of_heading(&line.glyphs)).unwrap_or(Tense::Planned) }
    }

    /// Follows a line: a short line or a heading may change the mode.
    pub(super) fn enter(&mut self, line: &Prepared) {
        let heading = line.glyphs.len() <= 30 && !line.glyphs.contains(&'。');
        if heading && let Some(mode) = of_heading(&line.glyphs) {
            self.mode = mode;
        }
    }

    /// The tense of a clause of the line entered last.
    pub(super) fn of_clause(&self, line: &Prepared, clause: usize) -> Tense {
        of_clause(line, clause, self.mode)
    }
}
