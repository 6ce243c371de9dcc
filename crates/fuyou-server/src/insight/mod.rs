//! Insight: indicators from facts, for any node of the tree and any period, and the persons behind every figure.
//!
//! - A [`Question`] names indicators, nodes and periods; [`compute`] answers with [`Cells`], one for each combination.
//! - Facts are read with one statement for each program, date and place; sums along the tree and over months are made
//!   in memory ([`rollup`]). What replaces the statement later (columns in memory) only replaces `store::count`.
//! - A cell opens into its persons ([`persons`]): counted, not counted, and who would close the gap.
//!
//! Invariants:
//! - a rate with an empty denominator is no number, never 0;
//! - nothing is cut at 100 %: what is beyond the whole is shown and flagged;
//! - a small cell of an infection indicator does not leave [`compute`] for a reader who may not see findings.

pub mod chart;
mod decimal;
mod export;
mod figure;
mod gaps;
mod judge;
mod months;
mod persons;
mod question;
mod rollup;
mod shown;
mod store;
mod web;

#[cfg(test)]
mod tests;

pub use decimal::{Decimal, DecimalError};
pub use figure::{Cell, Figure};
pub use gaps::{Gaps, gaps};
pub use judge::{Aim, Judgement, Progress, judge};
pub(crate) use months::MonthNumber;
pub use months::{By, Elapsed, months_until, split};
pub use persons::{Behind, Cursor, Group, Line, PAGE, Page, persons};
pub use question::{CELLS_MAX, Cells, Question};
pub use shown::{Shown, period_words, shown, statistical_year, with_unit};
pub(crate) use web::{Choice, address, aim_words, node_choices, pack_of, routes};

use fuyou_kernel::{Date, Secrecy};
use fuyou_pack::model::{IndicatorEntry, MeasureIx, Pack};

use crate::access::{Action, Denied};
use crate::db::{self, Db};
use crate::http::Cx;
use crate::registry::{OrganizationId, Tree};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The actor may not see these figures.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// More cells than an answer may have.
    #[error("{0} cells were asked for; at most {CELLS_MAX} can be answered at once")]
    TooMany(usize),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
}

/// Answers a question without asking who may see it, for commands and for the pages that have asked.
/// `reader` is the most secret level whose small cells are shown.
pub async fn figures(
    db: &Db,
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    reader: Secrecy,
) -> Result<Cells, Error> {
    if question.size() > CELLS_MAX {
        return Err(Error::TooMany(question.size()));
    }
    let measures = measures_of(pack, question);
    // The roll-up drops what nobody asked for, so the list of codes only saves work: a short list is worth it.
    let codes = codes_below(tree, &question.nodes);
    let listed = codes.len() < tree.all().len() && codes.len() <= store::CODES_MAX;
    let mut connection = db.read().await?;
    let as_of = store::changes(&mut connection).await?;
    let (mut found, manual) = (
        rollup::Found {
            measures: Vec::new(),
            counted: Vec::new(),
            entered: Vec::new(),
            as_of,
        },
        manual(pack, question),
    );
    if let Some((from, to)) = span(question) {
        let range = store::Range {
            from,
            to,
            codes: listed.then_some(codes.as_slice()),
        };
        let dialect = store::dialect_of(db.dialect());
        (found.measures, found.counted) =
            store::count(&mut connection, dialect, pack, &measures, &range).await?;
        if manual {
            found.entered = store::entered(&mut connection, from, to).await?;
        }
    }
    Ok(rollup::roll_up(pack, tree, question, &found, reader))
}

/// Answers a question of a user who may see the figures of every node in it.
pub async fn compute(cx: &Cx, pack: &Pack, question: &Question) -> Result<Cells, Error> {
    for node in &question.nodes {
        cx.actor.require(Action::ReadIndicators, *node)?;
    }
    figures(
        &cx.db,
        pack,
        &cx.actor.tree,
        question,
        cx.actor.secrecy_max(),
    )
    .await
}

fn measures_of(pack: &Pack, question: &Question) -> Vec<MeasureIx> {
    let mut measures: Vec<MeasureIx> = Vec::new();
    for indicator in &question.indicators {
        if let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = pack.indicator(*indicator).entry
        {
            for measure in [Some(numerator), denominator].into_iter().flatten() {
                if !measures.contains(&measure) {
                    measures.push(measure);
                }
            }
        }
    }
    measures
}

fn manual(pack: &Pack, question: &Question) -> bool {
    question
        .indicators
        .iter()
        .any(|indicator| pack.indicator(*indicator).entry == IndicatorEntry::Manual)
}

/// The codes of the organizations at and below these nodes, each once.
fn codes_below(tree: &Tree, nodes: &[OrganizationId]) -> Vec<String> {
    let below = nodes.iter().flat_map(|node| tree.subtree(*node));
    let mut codes: Vec<String> = below
        .map(|organization| organization.code.clone())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// First and last day of all periods.
fn span(question: &Question) -> Option<(Date, Date)> {
    let from = question.periods.iter().map(|period| period.start()).min()?;
    let to = question.periods.iter().map(|period| period.end()).max()?;
    Some((from, to))
}

/// A scaled integer as people write it: 653 with one decimal is 65.3.
pub(crate) fn scaled_text(value: i64, places: u8) -> String {
    Decimal::scaled(value, places).to_string()
}
