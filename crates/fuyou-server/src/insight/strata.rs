//! The figures of an indicator split by a stratum of its program.
//!
//! The layers of a figure add up to it; the last layer has the enrollments whose layer is not known. No cells are kept of
//! this: memory looks at every enrollment once, the store answers with one statement for each date and place.
//!
//! When the indicator or the stratum tells of infections, a reader who may not see findings is shown layers of whole years
//! only, from the root downwards, and only where no layer of any sibling is small; else the layers of the whole group are
//! hidden, because those that are shown would tell the others.

use std::collections::HashSet;

use fuyou_kernel::{Period, Secrecy};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, Pack, PeriodKind, StratumIx};

use super::compute::{listed, measures_of, span};
use super::disclosure::groups;
use super::figure::{Cell, Figure};
use super::question::{CELLS_MAX, Question};
use super::tally::{Sums, Tally};
use super::{Error, Source, store};
use crate::access::Action;
use crate::http::Cx;
use crate::registry::{OrganizationId, Tree};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct SplitQuestion {
    /// The indicator.
    pub indicator: IndicatorIx,
    /// By what it is split; one of [`Pack::strata_of`] the indicator.
    pub stratum: StratumIx,
    /// At which organizations.
    pub nodes: Vec<OrganizationId>,
    /// In which periods.
    pub periods: Vec<Period>,
}

/// The answer: one cell for each layer, node and period of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strata {
    /// How many layers there are; the last has what no layer is known of.
    pub layers: usize,
    cells: Vec<Cell>,
    nodes: usize,
    periods: usize,
    /// How many changes the store had taken in when the figures were read.
    pub as_of: i64,
}

impl Strata {
    /// One cell, by the positions of layer, node and period.
    ///
    /// # Panics
    /// When there is no such layer, or the question did not ask for the node or period.
    pub fn get(&self, layer: usize, node: usize, period: usize) -> Cell {
        self.cells[(layer * self.nodes + node) * self.periods + period]
    }
}

/// Answers a question of a user who may see the figures of every node in it.
///
/// # Errors
/// [`Error::Denied`] when there is a node whose figures the user may not see.
pub async fn split(cx: &Cx, pack: &Pack, question: &SplitQuestion) -> Result<Strata, Error> {
    for node in &question.nodes {
        cx.actor.require(Action::ReadIndicators, *node)?;
    }
    let source = Source::of(&cx.app, pack, &cx.actor.tree);
    strata(source, question, cx.actor.secrecy_max()).await
}

/// The same without asking who may see it.
pub async fn strata(
    source: Source<'_>,
    asked: &SplitQuestion,
    reader: Secrecy,
) -> Result<Strata, Error> {
    let (pack, tree) = (source.pack, source.tree);
    let indicator = pack.indicator(asked.indicator);
    let secrecy = indicator.secrecy.max(pack.stratum(asked.stratum).secrecy);
    let is_guarded = secrecy == Secrecy::Infection && reader < Secrecy::Infection;
    let mut question = Question {
        indicators: vec![asked.indicator],
        nodes: asked.nodes.clone(),
        periods: asked.periods.clone(),
    };
    if is_guarded {
        let beside = groups(tree, &asked.nodes);
        for node in beside.iter().flat_map(|group| group.members(tree)) {
            if !question.nodes.contains(&node) {
                question.nodes.push(node);
            }
        }
    }
    let layers = pack.stratum(asked.stratum).layers.len() + 1;
    if question.size().saturating_mul(layers) > CELLS_MAX {
        return Err(Error::TooMany(question.size().saturating_mul(layers)));
    }
    let (sums, as_of) = counted(source, &question, asked.stratum).await?;
    let found = Found {
        pack,
        ix: asked.indicator,
        sums,
        layers,
    };
    let shown = is_guarded.then(|| found.shown(tree, &question, indicator.period));
    let (nodes, periods) = (asked.nodes.len(), asked.periods.len());
    let mut cells = Vec::with_capacity(layers * nodes * periods);
    for layer in 0..layers {
        for node in 0..nodes {
            for period in 0..periods {
                let place = (asked.nodes[node], period);
                let hidden = shown.as_ref().is_some_and(|shown| !shown.contains(&place));
                let figure = found.figure(layer, node, period);
                cells.push(match figure {
                    None => Cell::Absent,
                    Some(_) if hidden => Cell::Suppressed,
                    Some(figure) => Cell::Known(figure),
                });
            }
        }
    }
    Ok(Strata {
        layers,
        cells,
        nodes,
        periods,
        as_of,
    })
}

/// What memory or else the store knows, in layers.
async fn counted(
    source: Source<'_>,
    question: &Question,
    stratum: StratumIx,
) -> Result<(Sums, i64), Error> {
    let (pack, tree) = (source.pack, source.tree);
    let stratum = pack.stratum(stratum);
    let measures = measures_of(pack, question);
    let (source, mut as_of) = source.standing().await?;
    let layers = stratum.layers.len() + 1;
    let tally = || Tally::layered(tree, question, measures.clone(), layers);
    let Some((from, to)) = span(question) else {
        return Ok((tally().sums(), as_of));
    };
    let codes = listed(tree, &question.nodes);
    let range = store::Range {
        from,
        to,
        codes: codes.as_deref(),
    };
    let mut in_memory = tally();
    let live = source.live;
    let told = live.and_then(|live| live.split(&measures, stratum, &range, &mut in_memory));
    let counted = match told {
        Some(current) => {
            as_of = current;
            in_memory
        }
        None => {
            let mut in_store = tally();
            let mut connection = source.db.read().await?;
            let dialect = store::dialect_of(source.db.dialect());
            let asked = (pack, measures.as_slice(), Some(stratum));
            store::count(&mut connection, dialect, asked, &range, &mut in_store).await?;
            in_store
        }
    };
    Ok((counted.sums(), as_of))
}

/// Sums in layers, and what they are sums of.
struct Found<'p> {
    pack: &'p Pack,
    ix: IndicatorIx,
    sums: Sums,
    layers: usize,
}

impl Found<'_> {
    /// The figure of a layer; `None` for one that people type.
    fn figure(&self, layer: usize, node: usize, period: usize) -> Option<Figure> {
        let indicator = self.pack.indicator(self.ix);
        let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = indicator.entry
        else {
            return None;
        };
        let sum = |side| {
            let parts = self.pack.parts(side);
            let sums = parts.map(|part| self.sums.in_layer(layer, part, node, period));
            sums.sum()
        };
        Some(Figure {
            numerator: sum(numerator),
            denominator: denominator.map(sum),
            unit: indicator.unit,
        })
    }

    /// The nodes and periods whose layers a reader may see who may not see findings.
    fn shown(
        &self,
        tree: &Tree,
        question: &Question,
        kind: PeriodKind,
    ) -> HashSet<(OrganizationId, usize)> {
        let position = |node: &OrganizationId| question.nodes.iter().position(|one| one == node);
        let mut shown = HashSet::new();
        for (period, asked) in question.periods.iter().enumerate() {
            let is_year = match kind {
                PeriodKind::Statistical => matches!(asked, Period::StatisticalYear(_)),
                PeriodKind::Calendar => matches!(asked, Period::CalendarYear(_)),
            };
            if !is_year {
                continue;
            }
            // Groups come from the root downwards: below a hidden group all is hidden.
            for group in groups(tree, &question.nodes) {
                let above = group.above.as_ref();
                if above.is_some_and(|above| !shown.contains(&(*above, period))) {
                    continue;
                }
                let members = group.members(tree);
                let places: Vec<usize> = members.iter().filter_map(position).collect();
                let above = above.and_then(position);
                let is_clear = places.len() == members.len()
                    && (0..self.layers).all(|layer| self.is_clear(layer, &places, above, period));
                if is_clear {
                    shown.extend(members.into_iter().map(|node| (node, period)));
                }
            }
        }
        shown
    }

    /// Whether no part of a layer is small, nor what is left of it for the organization above.
    fn is_clear(
        &self,
        layer: usize,
        members: &[usize],
        above: Option<usize>,
        period: usize,
    ) -> bool {
        let size = |node: usize| {
            let figure = self.figure(layer, node, period);
            figure.map_or((0, 0), |figure| {
                (figure.numerator, figure.denominator.unwrap_or_default())
            })
        };
        let is_small = |(counted, of): (i64, i64)| Figure::is_few(counted) || Figure::is_few(of);
        let sizes: Vec<(i64, i64)> = members.iter().map(|node| size(*node)).collect();
        let rest = above.map_or((0, 0), |above| {
            let less =
                |(counted, of): (i64, i64), part: &(i64, i64)| (counted - part.0, of - part.1);
            sizes.iter().fold(size(above), less)
        });
        !is_small(rest) && !sizes.into_iter().any(is_small)
    }
}
