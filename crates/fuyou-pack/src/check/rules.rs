//! Risk scale, scores, rules and kinds of referral.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_kernel::{Localized, Secrecy};

use super::names::{check_loose, check_snake};
use super::schedule::{Names, owner, rule_task};
use super::{Context, Sources, read_cited};
use crate::model::{
    ItemKind, Mark, ReferralIx, ReferralKind, RiskLevel, RiskScale, Rule, RuleIx, Score, ScoreIx,
};
use crate::raw::{Item, NodeKind, Reader, Report, Table, Text};

/// Levels and marks of a program's scale, before its condition can be read.
pub(crate) fn risk_scale<'a>(
    context: &Context<'a>,
    program: &str,
) -> Option<(RiskScale, Option<Text<'a>>)> {
    let item = context.items.one(ItemKind::Risk, program, "risk")?;
    let reader = Reader::new(&item.table, context.report);
    let title = reader.need_localized("title");
    let assessed_when = reader.text("assessed_when");
    let mut levels = Vec::new();
    for (id, title, colour) in reader
        .tables("levels")
        .into_iter()
        .filter_map(|table| coloured(context.report, table))
    {
        levels.push(RiskLevel { id, title, colour });
    }
    let mut marks = Vec::new();
    for (id, title, colour) in reader
        .tables("marks")
        .into_iter()
        .filter_map(|table| coloured(context.report, table))
    {
        marks.push(Mark { id, title, colour });
    }
    if levels.is_empty() {
        context.report.error(
            item.id_at,
            "风险分级没有任何等级",
            "the risk scale has no levels",
        );
    }
    reader.finish();
    Some((
        RiskScale {
            title,
            assessed_when: None,
            levels,
            marks,
        },
        assessed_when,
    ))
}

fn coloured(report: &Report, table: &Table) -> Option<(Arc<str>, Localized, String)> {
    let reader = Reader::new(table, report);
    let id = reader.need_text("id");
    if let Some(id) = id {
        check_snake(report, id.text, id.at);
    }
    let (zh, en) = (reader.need_text("zh"), reader.need_text("en"));
    let colour = reader.need_text("colour");
    reader.finish();
    Some((
        id?.text.into(),
        Localized::new(zh?.text, en?.text),
        colour?.text.to_owned(),
    ))
}

/// Reads the scores.
pub(crate) fn scores(context: &Context<'_>, sources: &Sources<'_>, program: &str) -> Vec<Score> {
    let mut scores = Vec::new();
    for item in context.items.of(ItemKind::Score, program) {
        let reader = Reader::new(&item.table, context.report);
        reader.node("id");
        check_snake(context.report, &item.id, item.id_at);
        let title = reader.need_localized("title");
        let cited = read_cited(&reader, sources);
        reader.finish();
        scores.push(Score {
            id: item.id.as_str().into(),
            title,
            cited,
        });
    }
    scores
}

/// Reads the kinds of referral.
pub(crate) fn referrals(
    context: &Context<'_>,
    sources: &Sources<'_>,
    program: &str,
) -> Vec<ReferralKind> {
    let mut kinds = Vec::new();
    for item in context.items.of(ItemKind::Referral, program) {
        let reader = Reader::new(&item.table, context.report);
        reader.node("id");
        check_snake(context.report, &item.id, item.id_at);
        kinds.push(ReferralKind {
            id: item.id.as_str().into(),
            title: reader.need_localized("title"),
            arrive_within: reader.span("arrive_within"),
            feedback_within: reader.span("feedback_within"),
            follow_up_within: reader.span("follow_up_within"),
            escalate_to: owner(&reader, "escalate_to"),
            cited: read_cited(&reader, sources),
        });
        reader.finish();
    }
    kinds
}

/// What rules refer to.
pub(crate) struct RuleNames<'a> {
    pub names: &'a Names<'a>,
    pub risk: Option<&'a RiskScale>,
    pub scores: &'a [Score],
    pub referrals: &'a [ReferralKind],
}

/// Reads the rules.
pub(crate) fn rules(names: &RuleNames<'_>, program: &str) -> Vec<Rule> {
    let items: Vec<&Item> = names
        .names
        .context
        .items
        .of(ItemKind::Rule, program)
        .collect();
    let by_id: HashMap<&str, RuleIx> = items
        .iter()
        .enumerate()
        .map(|(position, item)| (item.id.as_str(), RuleIx::new(position)))
        .collect();
    items
        .iter()
        .filter_map(|item| names.rule(item, &by_id))
        .collect()
}

impl RuleNames<'_> {
    fn rule(&self, item: &Item, by_id: &HashMap<&str, RuleIx>) -> Option<Rule> {
        let report = self.names.context.report;
        let reader = Reader::new(&item.table, report);
        reader.node("id");
        check_loose(report, &item.id, item.id_at);
        let title = reader.need_localized("title");
        let when = reader
            .need_text("when")
            .and_then(|text| self.names.row_condition(text));
        let risk = reader.text("risk").and_then(|text| {
            let levels = self.risk.map_or(&[][..], |scale| &scale.levels);
            let known = levels.iter().map(|level| &*level.id);
            report.position(text, known, ("风险等级", "risk level"))
        });
        let mark = reader.text("mark").and_then(|text| {
            let marks = self.risk.map_or(&[][..], |scale| &scale.marks);
            let known = marks.iter().map(|mark| &*mark.id);
            report.position(text, known, ("标记", "mark"))
        });
        let points = self.points(&reader);
        let mut replaces = Vec::new();
        for text in reader.texts("replaces") {
            let found = by_id.get(text.text);
            if found.is_none() {
                report.unknown(text, by_id.keys().copied(), ("规则", "rule"));
            }
            replaces.extend(found);
        }
        let shown_as = reader.localized("shown_as");
        let alert = reader.localized("alert");
        let refer = reader.text("refer").and_then(|text| {
            let known = self.referrals.iter().map(|kind| &*kind.id);
            let what = ("转诊类型", "kind of referral");
            report.position(text, known, what).map(ReferralIx::new)
        });
        let task = reader
            .table("task")
            .and_then(|table| rule_task(self.names, table, &title));
        let cited = read_cited(&reader, self.names.sources);
        reader.finish();
        let when = when?;
        let secrecy = when.secrecy();
        if secrecy > Secrecy::Open
            && shown_as.is_none()
            && (risk.is_some() || mark.is_some() || alert.is_some())
        {
            report.error(
                item.id_at,
                format!("规则 {} 涉及保密内容,需要 shown_as", item.id),
                format!(
                    "rule `{}` reads restricted findings and needs `shown_as`",
                    item.id
                ),
            );
        }
        Some(Rule {
            id: item.id.as_str().into(),
            title,
            when,
            risk,
            mark,
            points,
            replaces,
            shown_as,
            alert,
            refer,
            task,
            secrecy,
            cited,
        })
    }

    fn points(&self, reader: &Reader<'_>) -> Vec<(ScoreIx, i32)> {
        let mut points = Vec::new();
        let Some(table) = reader.table("points") else {
            return points;
        };
        for (key, node) in &table.entries {
            let known = self.scores.iter().map(|score| &*score.id);
            let text = Text {
                text: &key.name,
                at: key.at,
            };
            let score = reader.report.position(text, known, ("评分", "score"));
            match node.kind {
                NodeKind::Integer(number) if (-10_000..=10_000).contains(&number) => {
                    let number = i32::try_from(number).unwrap_or(0);
                    points.extend(score.map(|score| (ScoreIx::new(score), number)));
                }
                _ => reader.wrong(
                    node,
                    "-10000 到 10000 的整数",
                    "a whole number from -10000 to 10000",
                ),
            }
        }
        points
    }
}
