//! How many persons would close the gap, at every node at once.

use std::collections::HashMap;

use fuyou_kernel::Secrecy;
use fuyou_pack::model::IndicatorIx;

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
    let mut above: HashMap<&str, Vec<usize>> = HashMap::new();
    for (position, node) in nodes.iter().enumerate() {
        for below in tree.subtree(*node) {
            above.entry(below.code.as_str()).or_default().push(position);
        }
    }
    let asked: Vec<IndicatorIx> = measured.iter().map(|(ix, _)| *ix).collect();
    let (source, _) = match source.live {
        Some(_) => source.standing().await?,
        None => (source, 0),
    };
    let counted = match source.live.and_then(|live| live.count_gaps(&asked)) {
        Some(counted) => counted,
        None => {
            let mut connection = source.db.read().await?;
            let dialect = store::dialect_of(source.db.dialect());
            store::count_gaps(&mut connection, dialect, pack, &measured).await?
        }
    };
    let position: HashMap<IndicatorIx, usize> = asked.iter().copied().zip(0..).collect();
    let mut sums = vec![0; asked.len() * nodes.len()];
    for row in counted {
        let Some(above) = row.place.as_deref().and_then(|code| above.get(code)) else {
            continue;
        };
        for (ix, count) in row.counts.into_iter().filter(|(_, count)| *count != 0) {
            let first = position[&ix] * nodes.len();
            for node in above {
                sums[first + node] += count;
            }
        }
    }
    let mut sums = sums.into_iter();
    for ix in asked {
        for (node, sum) in nodes.iter().zip(&mut sums) {
            found.insert((ix, *node), sum);
        }
    }
    Ok(Gaps(found))
}
