//! What can be asked, and the table that answers it.

use fuyou_kernel::Period;
use fuyou_pack::model::IndicatorIx;

use super::figure::Cell;
use crate::registry::{OrganizationId, Tree};

/// How many cells one question may ask for. A county of 400 villages, 60 indicators and 12 months is far below.
pub const CELLS_MAX: usize = 2_000_000;

/// Every indicator asked for, at every node, in every period.
#[derive(Clone, Debug)]
pub struct Question {
    /// The indicators, in the order of the answer.
    pub indicators: Vec<IndicatorIx>,
    /// The organizations; each stands for itself and all below it.
    pub nodes: Vec<OrganizationId>,
    /// The periods, in the order of the answer; they may overlap.
    pub periods: Vec<Period>,
}

impl Question {
    /// One node in one period.
    pub fn of(indicators: Vec<IndicatorIx>, node: OrganizationId, period: Period) -> Self {
        Question {
            indicators,
            nodes: vec![node],
            periods: vec![period],
        }
    }

    /// The nodes directly below the nodes asked for, too.
    pub fn with_children(mut self, tree: &Tree) -> Self {
        let below: Vec<_> = self
            .nodes
            .iter()
            .flat_map(|node| tree.children(*node))
            .map(|child| child.id)
            .collect();
        self.nodes.extend(below);
        self
    }

    /// The same periods one year earlier, too.
    pub fn with_previous_year(mut self) -> Self {
        let earlier: Vec<_> = self
            .periods
            .iter()
            .map(|period| period.previous_year())
            .collect();
        self.periods.extend(
            earlier
                .into_iter()
                .filter(|period| !self.periods.contains(period))
                .collect::<Vec<_>>(),
        );
        self
    }

    /// How many cells the answer has.
    pub(super) fn size(&self) -> usize {
        self.indicators
            .len()
            .saturating_mul(self.nodes.len())
            .saturating_mul(self.periods.len())
    }
}

/// The answer: one cell for each indicator, node and period of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    indicators: Vec<IndicatorIx>,
    nodes: Vec<OrganizationId>,
    periods: Vec<Period>,
    cells: Vec<Cell>,
    /// How many changes the store had taken in when the figures were read.
    pub as_of: i64,
    /// Records that no node of the tree could take, because they name no organization or one that is unknown.
    pub unplaced: i64,
}

impl Cells {
    pub(super) fn new(question: &Question, cells: Vec<Cell>, as_of: i64, unplaced: i64) -> Self {
        assert_eq!(
            cells.len(),
            question.size(),
            "one cell for each combination"
        );
        Cells {
            indicators: question.indicators.clone(),
            nodes: question.nodes.clone(),
            periods: question.periods.clone(),
            cells,
            as_of,
            unplaced,
        }
    }

    /// One cell.
    ///
    /// # Panics
    /// When the question did not ask for it: the caller wrote both.
    pub fn get(&self, indicator: IndicatorIx, node: OrganizationId, period: Period) -> Cell {
        let place = |found: Option<usize>| found.expect("only what was asked for is read");
        let indicator = place(self.indicators.iter().position(|asked| *asked == indicator));
        let node = place(self.nodes.iter().position(|asked| *asked == node));
        let period = place(self.periods.iter().position(|asked| *asked == period));
        self.cells[(indicator * self.nodes.len() + node) * self.periods.len() + period]
    }

    /// The cells of one indicator and period at these nodes, such as the children of one node.
    pub fn siblings(
        &self,
        indicator: IndicatorIx,
        nodes: &[OrganizationId],
        period: Period,
    ) -> Vec<Cell> {
        nodes
            .iter()
            .map(|node| self.get(indicator, *node, period))
            .collect()
    }

    /// Whether another answer to the same question has the same figures, whatever changes it contains.
    #[cfg(test)]
    pub(super) fn says_as(&self, other: &Cells) -> bool {
        self.cells == other.cells
    }
}
