//! The plan board: every target of a node with its figure, what is expected by today, and who is missing.

use fuyou_kernel::{Date, Period, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::model::{Indicator, IndicatorIx, PeriodKind};

use super::plans::{Error, Plan};
use super::store;
use super::target::{self, PlanTarget, Share, period_of};
use crate::access::{Action, Actor};
use crate::db::Db;
use crate::insight::{
    self, Aim, Cell, Cells, Decimal, Elapsed, Judgement, Progress, Question, Source, judge,
    months_until,
};
use crate::registry::{OrganizationId, Tree};

/// Months of the small curve beside a target.
pub(super) const TREND_MONTHS: i32 = 24;

/// One target on the board.
#[derive(Clone, Debug)]
pub struct Row {
    /// The target.
    pub target: PlanTarget,
    /// The indicator that it is bound to; `None` waits for a person (or for an indicator of a term).
    pub indicator: Option<IndicatorIx>,
    /// The node's own value: its share, else the plan's value for a rate; `None` when a count was not broken down.
    pub value: Option<Decimal>,
    /// What is asked of the figure; `None` when a person must judge.
    pub aim: Option<Aim>,
    /// The period of the figure.
    pub period: Option<Period>,
    /// The figure so far.
    pub actual: Cell,
    /// The figure of the same period one year before.
    pub last_year: Cell,
    /// Met, on course or behind.
    pub judgement: Judgement,
    /// Who could still be counted if somebody acted; `None` when the pack names no gap or it is hidden.
    pub within_reach: Option<i64>,
    /// Month by month until today.
    pub trend: Vec<(Period, Cell)>,
    /// Where each node directly below stands.
    pub children: Vec<(OrganizationId, Cell, Judgement)>,
}

/// The board of a node.
#[derive(Debug)]
pub struct Board {
    /// The node.
    pub node: OrganizationId,
    /// The year.
    pub year: i16,
    /// The plan in force: the node's own or that of the nearest node above; `None` when nobody has adopted one.
    pub plan: Option<Plan>,
    /// The targets in the order of the plan.
    pub rows: Vec<Row>,
    /// How many changes the figures contain.
    pub as_of: i64,
}

impl Board {
    /// How many targets stand at this progress.
    pub fn count(&self, progress: Progress) -> usize {
        self.rows
            .iter()
            .filter(|row| row.judgement.progress == progress)
            .count()
    }
}

/// The board of a node for a year, for an actor who may see its figures.
pub async fn board(
    source: Source<'_>,
    actor: &Actor,
    today: Date,
    node: OrganizationId,
    year: i16,
) -> Result<Board, Error> {
    actor.require(Action::ReadIndicators, node)?;
    board_unguarded(source, actor.secrecy_max(), today, node, year).await
}

/// The same for commands, which nobody has logged in to.
pub async fn board_unguarded(
    source: Source<'_>,
    reader: Secrecy,
    today: Date,
    node: OrganizationId,
    year: i16,
) -> Result<Board, Error> {
    let (pack, tree) = (source.pack, source.tree);
    let Some((plan, targets, shares)) = plan_of(source.db, tree, node, year).await? else {
        return Ok(Board {
            node,
            year,
            plan: None,
            rows: Vec::new(),
            as_of: 0,
        });
    };
    let bound = |target: &PlanTarget| {
        let id = target
            .indicator
            .as_deref()
            .filter(|_| target.is_measurable())?;
        pack.indicator_ix(id)
    };
    let mut indicators: Vec<IndicatorIx> = targets.iter().filter_map(bound).collect();
    indicators.sort_unstable();
    indicators.dedup();
    let months = months_until(today, TREND_MONTHS).unwrap_or_default();
    let mut periods = vec![
        period_of(PeriodKind::Statistical, year),
        period_of(PeriodKind::Calendar, year),
    ];
    periods.extend(periods.clone().iter().map(|period| period.previous_year()));
    periods.extend(&months);
    let question = Question {
        indicators: indicators.clone(),
        nodes: vec![node],
        periods,
    }
    .with_children(tree);
    let cells = insight::figures(source, &question, reader).await?;
    let gaps = insight::gaps(source, &indicators, &question.nodes, reader).await?;
    let children: Vec<OrganizationId> = tree.children(node).map(|child| child.id).collect();
    let view = View {
        pack,
        cells: &cells,
        gaps: &gaps,
        shares: &shares,
        plan: &plan,
        node,
        children: &children,
        months: &months,
        year,
        today,
    };
    let kept = targets
        .into_iter()
        .filter(|target| target.state != target::TargetState::Ignored);
    let rows = kept
        .map(|target| {
            let indicator = bound(&target);
            view.row(target, indicator)
        })
        .collect();
    Ok(Board {
        node,
        year,
        as_of: cells.as_of,
        rows,
        plan: Some(plan),
    })
}

/// The plan in force at a node: its own, else that of the nearest node above.
async fn plan_of(
    db: &Db,
    tree: &Tree,
    node: OrganizationId,
    year: i16,
) -> Result<Option<(Plan, Vec<PlanTarget>, Vec<Share>)>, Error> {
    let mut reader = db.read().await?;
    let current = store::current_plans(&mut reader, year).await?;
    let line = tree.ancestors(node);
    let nearest = line
        .iter()
        .rev()
        .find_map(|above| current.iter().find(|plan| plan.org == above.id));
    let Some(plan) = nearest.cloned() else {
        return Ok(None);
    };
    let targets = store::targets(&mut reader, plan.id).await?;
    let shares = store::shares(&mut reader, plan.id).await?;
    Ok(Some((plan, targets, shares)))
}

/// Everything that a row is made of.
struct View<'a> {
    pack: &'a Pack,
    cells: &'a Cells,
    gaps: &'a insight::Gaps,
    shares: &'a [Share],
    plan: &'a Plan,
    node: OrganizationId,
    children: &'a [OrganizationId],
    months: &'a [Period],
    year: i16,
    today: Date,
}

impl View<'_> {
    fn row(&self, target: PlanTarget, indicator: Option<IndicatorIx>) -> Row {
        let value = self.value_at(&target, self.node);
        let Some(ix) = indicator else {
            let judgement = Judgement::UNKNOWN;
            let (actual, last_year) = (Cell::Absent, Cell::Absent);
            return Row {
                target,
                indicator,
                value,
                aim: None,
                period: None,
                actual,
                last_year,
                judgement,
                within_reach: None,
                trend: Vec::new(),
                children: Vec::new(),
            };
        };
        let definition = self.pack.indicator(ix);
        let period = period_of(definition.period, self.year);
        let (aim, judgement) = self.stand(&target, definition, ix, self.node, period);
        let below = self.cells.siblings(ix, self.children, period);
        let children = self.children.iter().zip(below).map(|(child, cell)| {
            let judgement = match cell {
                Cell::Known(_) => self.stand(&target, definition, ix, *child, period).1,
                Cell::Suppressed | Cell::Absent => Judgement::UNKNOWN,
            };
            (*child, cell, judgement)
        });
        Row {
            value,
            aim,
            period: Some(period),
            actual: self.cells.get(ix, self.node, period),
            last_year: self.cells.get(ix, self.node, period.previous_year()),
            judgement,
            within_reach: self.gaps.get(ix, self.node),
            trend: self
                .months
                .iter()
                .map(|month| (*month, self.cells.get(ix, self.node, *month)))
                .collect(),
            children: children.collect(),
            target,
            indicator,
        }
    }

    /// What a target asks of a node, and how it stands.
    fn stand(
        &self,
        target: &PlanTarget,
        definition: &Indicator,
        ix: IndicatorIx,
        node: OrganizationId,
        period: Period,
    ) -> (Option<Aim>, Judgement) {
        let elapsed = Elapsed::of(period, self.today);
        let last_year = self.cells.get(ix, node, period.previous_year()).value();
        let aim = target.aim(definition, self.value_at(target, node), last_year);
        let judgement = match aim {
            Some(aim) => judge(
                aim,
                self.cells.get(ix, node, period).figure(),
                elapsed,
                self.gaps.get(ix, node),
            ),
            None => Judgement::UNKNOWN,
        };
        (aim, judgement)
    }

    /// The value at a node: its share, else the plan's value at the plan's own node and for every rate.
    fn value_at(&self, target: &PlanTarget, node: OrganizationId) -> Option<Decimal> {
        let share = self
            .shares
            .iter()
            .find(|share| share.target == target.id && share.org == node);
        match share {
            Some(share) => Some(share.value),
            None if node == self.plan.org || !target::counts(target) => target.value,
            None => None,
        }
    }
}
