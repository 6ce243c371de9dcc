//! How many persons would close the gap, at every node at once.

use std::collections::HashMap;

use fuyou_kernel::Secrecy;
use fuyou_pack::model::IndicatorIx;

use super::tally::Tally;
use super::{Error, Source, store};
use crate::registry::OrganizationId;

/// How many could still be counted if somebody acted, by indicator and node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(HashMap<(IndicatorIx, OrganizationId), i64>);

impl Gaps {
    /// The number; `None` when the pack names no gap, or the reader may not know about single persons.
    pub fn get(&self, indicator: IndicatorIx, node: OrganizationId) -> Option<i64> {
        self.0.get(&(indicator, node)).copied()
    }
}

/// Counts the gaps of these indicators at these nodes, in memory or with one statement for each program and place.
///
/// What a reader may not know about single persons is left out altogether.
pub async fn gaps(
    source: Source<'_>,
    indicators: &[IndicatorIx],
    nodes: &[OrganizationId],
    reader: Secrecy,
) -> Result<Gaps, Error> {
    let (pack, tree) = (source.pack, source.tree);
    let measured = indicators.iter().filter_map(|ix| {
        let indicator = pack.indicator(*ix);
        let (_, placed_as) = indicator.gap_and_place()?;
        let seen = indicator.secrecy <= reader.max(Secrecy::Sensitive);
        seen.then_some((*ix, placed_as))
    });
    let measured: Vec<_> = measured.collect();
    let mut found = HashMap::new();
    if measured.is_empty() {
        return Ok(Gaps(found));
    }
    let asked: Vec<IndicatorIx> = measured.iter().map(|(ix, _)| *ix).collect();
    let (source, _) = match source.live {
        Some(_) => source.standing().await?,
        None => (source, 0),
    };
    let tally = || Tally::timeless(tree, nodes, asked.len());
    let mut in_memory = tally();
    let live = source.live;
    let told = live.and_then(|live| live.count_gaps(&asked, &mut in_memory));
    let sums = match told {
        Some(()) => in_memory.sums(),
        None => {
            let mut in_store = tally();
            let mut connection = source.db.read().await?;
            let dialect = store::dialect_of(source.db.dialect());
            store::count_gaps(&mut connection, dialect, pack, &measured, &mut in_store).await?;
            in_store.sums()
        }
    };
    for (position, ix) in asked.into_iter().enumerate() {
        for (at, node) in nodes.iter().enumerate() {
            found.insert((ix, *node), sums.at(position, at, 0));
        }
    }
    Ok(Gaps(found))
}
