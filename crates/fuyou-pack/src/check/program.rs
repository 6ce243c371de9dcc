//! One program, from its items to the checked whole.

use std::sync::Arc;

use fuyou_expr::{Column, Curves, Type};

use super::columns::{Columns, EngineSets, engine_set};
use super::facts::{Computed, computed};
use super::fields::read_form;
use super::names::{Names as TakenNames, check_snake};
use super::rules::{RuleNames, referrals, risk_scale, rules, scores};
use super::schedule::{Names, visit_ids, visits};
use super::values::ValueSets;
use super::{Context, Sources, forms, lists, read_cited, trends};
use crate::model::{FormIx, ItemKind, Program, RiskScale, Score, SubjectKind};
use crate::raw::{At, Item, Reader, Text};
use crate::replay::Plan;
use crate::scope::{Layout, Step};

/// Checks one program. `None` when its head is missing; all other errors are only reported.
pub(crate) fn program(
    context: &Context<'_>,
    sources: &Sources<'_>,
    values: &ValueSets,
    curves: &Arc<Curves>,
    id: &str,
) -> Option<Program> {
    let report = context.report;
    let Some(item) = context.items.one(ItemKind::Program, id, id) else {
        no_head(context, id);
        return None;
    };
    let head = Head::read(context, sources, item, id);
    let items = context.items.of(ItemKind::Form, id);
    let raw_forms: Vec<_> = items
        .map(|item| read_form(report, sources, values, item))
        .collect();
    let score_list = scores(context, sources, id);
    let scale = risk_scale(context, id);
    let score_ids: Vec<Arc<str>> = score_list
        .iter()
        .map(|score| Arc::clone(&score.id))
        .collect();
    let mut columns = start_columns(
        context,
        head.subject,
        values,
        id,
        &score_list,
        scale.as_ref().map(|(scale, _)| scale),
    );
    columns.allow_curves(curves);
    columns.add_forms(report, &raw_forms);
    let made = computed(context, sources, id, &mut columns, &score_ids);
    let forms = forms::forms(context, &columns, &made.derived, values, raw_forms);
    let names = Names {
        context,
        sources,
        columns: &columns,
        forms: &forms,
    };
    let visits = visits(&names, id);
    let risk = scale.map(|(mut scale, assessed_when)| {
        scale.assessed_when = assessed_when.and_then(|text| names.row_condition(text));
        scale
    });
    let referrals = referrals(context, sources, id);
    if head.subject == SubjectKind::Organization {
        no_referrals(context, id);
    }
    let rule_names = RuleNames {
        names: &names,
        risk: risk.as_ref(),
        scores: &score_list,
        referrals: &referrals,
    };
    let rules = rules(&rule_names, id);
    let mut list_scope = columns.row.clone().without_curves();
    list_scope.outer("today", Column::new(Type::Date));
    let lists = lists::lists(&names, id, &list_scope, (&made.facts, &score_list));
    let trends = trends::trends(&names, id, &list_scope);
    let closed_when = head.closed_when.and_then(|text| names.row_condition(text));
    let closed_on = head
        .closed_on
        .and_then(|text| names.typed(text, &columns.row, &Type::Date));
    let died_on = head
        .died_on
        .and_then(|text| names.typed(text, &columns.row, &Type::Date));
    let opens_with = head.opens_with.and_then(|text| names.form(text));
    let layout = layout(&columns, &made);
    let Computed { derived, facts, .. } = made;
    let mut program = Program {
        id: id.into(),
        subject: head.subject,
        title: head.title,
        opens_with: opens_with.unwrap_or(FormIx::new(0)),
        one_open: head.one_open,
        rare: head.rare,
        closed_when,
        closed_on,
        died_on,
        after_death: head.after_death,
        forms,
        derived,
        facts,
        visits,
        risk,
        scores: score_list,
        rules,
        referrals,
        lists,
        charts: Vec::new(),
        trends,
        opens: Vec::new(),
        cited: head.cited,
        facts_scope: columns.facts,
        row_scope: columns.row.without_curves(),
        encounter_scope: columns.encounter_scope,
        list_scope,
        layout,
        plan: Plan::default(),
    };
    plan_replay(context, &mut program);
    Some(program)
}

/// With an error anywhere indexes may not fit each other; such a pack is refused anyway.
fn plan_replay(context: &Context<'_>, program: &mut Program) {
    if context.report.is_clean() {
        program.plan = Plan::new(program);
        Plan::see_blank(program);
    }
}

fn no_referrals(context: &Context<'_>, id: &str) {
    for item in context.items.of(ItemKind::Referral, id) {
        context.report.error(
            item.id_at,
            "机构项目没有转诊:转诊的是人",
            "a program that follows organizations has no referrals: it is persons who are handed over",
        );
    }
}

fn no_head(context: &Context<'_>, id: &str) {
    let some = context
        .items
        .list
        .iter()
        .flatten()
        .find(|item| item.program == id);
    let at = some.map_or(
        At {
            file: 0,
            start: 0,
            end: 1,
        },
        |item| item.id_at,
    );
    context.report.error(
        at,
        format!("文件夹 {id} 里没有 program.toml"),
        format!("there is no program.toml in folder `{id}`"),
    );
}

struct Head<'a> {
    subject: SubjectKind,
    title: fuyou_kernel::Localized,
    opens_with: Option<Text<'a>>,
    one_open: bool,
    rare: bool,
    closed_when: Option<Text<'a>>,
    closed_on: Option<Text<'a>>,
    died_on: Option<Text<'a>>,
    after_death: bool,
    cited: crate::model::Cited,
}

impl<'a> Head<'a> {
    fn read(context: &Context<'a>, sources: &Sources<'_>, item: &'a Item, id: &str) -> Self {
        let reader = Reader::new(&item.table, context.report);
        if let Some(written) = reader.need_text("id") {
            check_snake(context.report, written.text, written.at);
            if written.text != id {
                context.report.error(
                    written.at,
                    format!("id 应与文件夹同名:{id}"),
                    format!("the id should be the name of the folder, `{id}`"),
                );
            }
        }
        let kinds = [
            SubjectKind::Person,
            SubjectKind::Organization,
            SubjectKind::Staff,
        ];
        let subject = reader.word("subject", &kinds.map(|kind| (kind.word(), kind)));
        if item.table.get("subject").is_none() {
            context
                .report
                .error(reader.at, "缺少 subject", "`subject` is missing");
        }
        let head = Self {
            subject: subject.unwrap_or(SubjectKind::Person),
            title: reader.need_localized("title"),
            opens_with: reader.need_text("opens_with"),
            one_open: reader.boolean("one_open").unwrap_or(true),
            rare: reader.boolean("rare").unwrap_or(false),
            closed_when: reader.text("closed_when"),
            closed_on: reader.text("closed_on"),
            died_on: reader.text("died_on"),
            after_death: reader.boolean("after_death").unwrap_or(false),
            cited: read_cited(&reader, sources),
        };
        reader.finish();
        head
    }
}

fn start_columns(
    context: &Context<'_>,
    subject: SubjectKind,
    values: &ValueSets,
    id: &str,
    scores: &[Score],
    scale: Option<&RiskScale>,
) -> Columns {
    let ids = |kind| {
        context
            .items
            .of(kind, id)
            .map(|item| item.id.clone())
            .collect::<Vec<_>>()
    };
    let visits = visit_ids(context, id);
    let mut sets = EngineSets::new(
        &ids(ItemKind::Form),
        &visits,
        &ids(ItemKind::Rule),
        &ids(ItemKind::Referral),
    );
    sets.risk = scale.map(|scale| {
        let levels: Vec<String> = scale
            .levels
            .iter()
            .map(|level| level.id.to_string())
            .collect();
        let marks: Vec<String> = scale.marks.iter().map(|mark| mark.id.to_string()).collect();
        (
            engine_set("risk", &levels, true),
            engine_set("marks", &marks, false),
        )
    });
    let mut names = TakenNames::default();
    for item in context.items.of(ItemKind::Score, id) {
        names.take(context.report, &item.id, "score", item.id_at);
    }
    let score_ids: Vec<Arc<str>> = scores.iter().map(|score| Arc::clone(&score.id)).collect();
    Columns::new(subject, sets, values, names, &score_ids)
}

fn layout(columns: &Columns, made: &Computed) -> Layout {
    let steps: Vec<Step> = made.steps.clone();
    Layout {
        row: columns.row.clone(),
        risk: columns.risk,
        scores: columns.scores.clone(),
        members: columns.members.clone(),
        kept: columns.kept,
        risk_after: columns.risk_after,
        scores_after: columns.scores_after,
        derived: made.derived_kept.clone(),
        encounter_outer: columns.encounter_outer.clone(),
        encounter: columns.encounter,
        task: columns.task,
        referral: columns.referral,
        groups: columns.groups.clone(),
        steps,
    }
}
