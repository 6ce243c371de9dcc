//! From a question to its cells: what to count, where, and from when to when.

use fuyou_kernel::{Date, Secrecy};
use fuyou_pack::model::{IndicatorEntry, MeasureIx, Pack};

use crate::access::Action;
use crate::db::Connection;
use crate::http::Cx;
use crate::registry::{OrganizationId, Tree};

use super::disclosure::{self, Disclosure};
use super::question::{CELLS_MAX, Cells, Question};
use super::tally::Tally;
use super::{Error, Source, rollup, store};

/// Answers a question without asking who may see it, for commands and for the pages that have asked.
/// `reader` is the most secret level whose small cells are shown.
pub async fn figures(
    source: Source<'_>,
    question: &Question,
    reader: Secrecy,
) -> Result<Cells, Error> {
    let (pack, tree) = (source.pack, source.tree);
    if question.size() > CELLS_MAX {
        return Err(Error::TooMany(question.size()));
    }
    let (source, as_of) = source.standing().await?;
    let mut connection = source.db.read().await?;
    let mut asking = Asking {
        connection: &mut connection,
        source,
        as_of,
    };
    let found = asking.found(question).await?;
    let guarded = disclosure::guarded(pack, question, reader);
    let widened = disclosure::widened(pack, tree, question, &guarded);
    if widened.size() > CELLS_MAX {
        return Err(Error::TooMany(widened.size()));
    }
    let disclosure = if guarded.is_empty() {
        Disclosure::default()
    } else {
        let beside = asking.found(&widened).await?;
        rollup::disclose(pack, tree, (question, &widened), &beside)
    };
    let seen = (reader, &disclosure);
    Ok(rollup::roll_up(pack, tree, question, &found, seen))
}

/// A question on its way: what is asked, and how many changes the store had when it was begun.
struct Asking<'a> {
    connection: &'a mut Connection,
    source: Source<'a>,
    as_of: i64,
}

impl Asking<'_> {
    /// What memory or else the store knows: a statement for each program, date and place, one for typed figures.
    async fn found(&mut self, question: &Question) -> Result<rollup::Found, Error> {
        let (pack, tree) = (self.source.pack, self.source.tree);
        let measures = measures_of(pack, question);
        let mut tally = Tally::new(tree, question, measures.clone());
        let mut as_of = self.as_of;
        let span = span(question);
        if let Some((from, to)) = span {
            let codes = listed(tree, &question.nodes);
            let range = store::Range {
                from,
                to,
                codes: codes.as_deref(),
            };
            let live = self.source.live;
            match live.and_then(|live| live.count(&measures, &range, &mut tally)) {
                Some(current) => as_of = current,
                None => {
                    let dialect = store::dialect_of(self.source.db.dialect());
                    let asked = (pack, measures.as_slice(), None);
                    store::count(self.connection, dialect, asked, &range, &mut tally).await?;
                }
            }
        }
        let mut found = rollup::Found {
            sums: tally.sums(),
            entered: Vec::new(),
            as_of,
        };
        if let Some((from, to)) = span.filter(|_| manual(pack, question)) {
            found.entered = store::entered(self.connection, from, to).await?;
        }
        Ok(found)
    }
}

/// The codes to be counted; `None` for all. The roll-up drops what nobody asked for, so a list only saves work: a short
/// one is worth it.
pub(super) fn listed(tree: &Tree, nodes: &[OrganizationId]) -> Option<Vec<String>> {
    let sizes = nodes.iter().map(|node| tree.subtree(*node).len());
    let most: usize = sizes.sum();
    if most > 2 * store::CODES_MAX {
        return None;
    }
    let codes = codes_below(tree, nodes);
    (codes.len() < tree.all().len() && codes.len() <= store::CODES_MAX).then_some(codes)
}

/// Answers a question of a user who may see the figures of every node in it.
pub async fn compute(cx: &Cx, pack: &Pack, question: &Question) -> Result<Cells, Error> {
    for node in &question.nodes {
        cx.actor.require(Action::ReadIndicators, *node)?;
    }
    let source = Source::of(&cx.app, pack, &cx.actor.tree);
    figures(source, question, cx.actor.secrecy_max()).await
}

/// Every measure that a question counts, each once.
pub(super) fn measures_of(pack: &Pack, question: &Question) -> Vec<MeasureIx> {
    let mut measures: Vec<MeasureIx> = Vec::new();
    for indicator in &question.indicators {
        if let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = pack.indicator(*indicator).entry
        {
            let sides = [Some(numerator), denominator].into_iter().flatten();
            for measure in sides.flat_map(|side| pack.parts(side)) {
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
pub(crate) fn codes_below(tree: &Tree, nodes: &[OrganizationId]) -> Vec<String> {
    let below = nodes.iter().flat_map(|node| tree.subtree(*node));
    let mut codes: Vec<String> = below
        .map(|organization| organization.code.clone())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// First and last day of all periods.
pub(super) fn span(question: &Question) -> Option<(Date, Date)> {
    let from = question.periods.iter().map(|period| period.start()).min()?;
    let to = question.periods.iter().map(|period| period.end()).max()?;
    Some((from, to))
}
