//! From a question to its cells: what to count, where, and from when to when.

use fuyou_kernel::{Date, Secrecy};
use fuyou_pack::model::{IndicatorEntry, MeasureIx, Pack};

use crate::access::Action;
use crate::db::{Connection, Db};
use crate::http::Cx;
use crate::registry::{OrganizationId, Tree};

use super::disclosure::{self, Disclosure};
use super::question::{CELLS_MAX, Cells, Question};
use super::{Error, Live, rollup, store};

/// Answers a question without asking who may see it, for commands and for the pages that have asked.
/// `reader` is the most secret level whose small cells are shown.
pub async fn figures(
    db: &Db,
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    reader: Secrecy,
) -> Result<Cells, Error> {
    answer(None, db, pack, tree, question, reader).await
}

/// As [`figures`], from memory when that is current; otherwise from the store.
pub async fn figures_in_memory(
    live: &Live,
    db: &Db,
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    reader: Secrecy,
) -> Result<Cells, Error> {
    answer(Some(live), db, pack, tree, question, reader).await
}

async fn answer(
    live: Option<&Live>,
    db: &Db,
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    reader: Secrecy,
) -> Result<Cells, Error> {
    if question.size() > CELLS_MAX {
        return Err(Error::TooMany(question.size()));
    }
    let mut connection = db.read().await?;
    let as_of = store::changes(&mut connection).await?;
    let source = (live, db);
    let found = found(&mut connection, source, (pack, tree), question, as_of).await?;
    let guarded = disclosure::guarded(pack, question, reader);
    let widened = disclosure::widened(pack, tree, question, &guarded);
    if widened.size() > CELLS_MAX {
        return Err(Error::TooMany(widened.size()));
    }
    let disclosure = if guarded.is_empty() {
        Disclosure::default()
    } else {
        let beside = self::found(&mut connection, source, (pack, tree), &widened, as_of).await?;
        rollup::disclose(pack, tree, (question, &widened), &beside)
    };
    let seen = (reader, &disclosure);
    Ok(rollup::roll_up(pack, tree, question, &found, seen))
}

/// What memory or else the store knows of a question: a statement for each program, date and place, one for typed figures.
async fn found(
    connection: &mut Connection,
    (live, db): (Option<&Live>, &Db),
    (pack, tree): (&Pack, &Tree),
    question: &Question,
    as_of: i64,
) -> Result<rollup::Found, Error> {
    let measures = measures_of(pack, question);
    // The roll-up drops what nobody asked for, so the list of codes only saves work: a short list is worth it.
    let codes = codes_below(tree, &question.nodes);
    let listed = codes.len() < tree.all().len() && codes.len() <= store::CODES_MAX;
    let mut found = rollup::Found {
        measures: Vec::new(),
        counted: Vec::new(),
        entered: Vec::new(),
        as_of,
    };
    if let Some((from, to)) = span(question) {
        let range = store::Range {
            from,
            to,
            codes: listed.then_some(codes.as_slice()),
        };
        let current = match live {
            Some(live) => live.count(db, &measures, &range).await?,
            None => None,
        };
        match current {
            Some(current) => {
                found.as_of = current.as_of;
                (found.measures, found.counted) = current.answer;
            }
            None => {
                let dialect = store::dialect_of(db.dialect());
                (found.measures, found.counted) =
                    store::count(connection, dialect, pack, &measures, &range).await?;
            }
        }
        if manual(pack, question) {
            found.entered = store::entered(connection, from, to).await?;
        }
    }
    Ok(found)
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
fn span(question: &Question) -> Option<(Date, Date)> {
    let from = question.periods.iter().map(|period| period.start()).min()?;
    let to = question.periods.iter().map(|period| period.end()).max()?;
    Some((from, to))
}
