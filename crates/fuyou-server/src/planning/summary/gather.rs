//! Reads what a summary is made from.

use std::collections::HashMap;

use fuyou_kernel::{Date, Localized, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, Sum};

use super::Stage;
use super::data::{ChapterData, DENOMINATOR_MIN, Definition, FigureData, Goal, Place, SummaryData};
use crate::insight::{self, By, Cell, Cells, Judgement, Question, Source, split};
use crate::planning::board::{self, Row};
use crate::planning::plans::Error;
use crate::planning::target::period_of;
use crate::registry::OrganizationId;

/// A document travels: small cells of infection indicators stay out of it, whoever makes it.
const READER: Secrecy = Secrecy::Open;

/// Whose year is summed up, and when.
#[derive(Clone, Debug)]
pub struct Request {
    /// The node.
    pub node: OrganizationId,
    /// The year.
    pub year: i16,
    /// The day.
    pub today: Date,
    /// The moment, to the minute, as it is read at the node.
    pub at: String,
    /// Where this installation is reached; `None` leaves links out.
    pub address: Option<String>,
}

/// Gathers without asking who may see it: for commands, and for the page that has asked.
pub(super) async fn gather(
    source: Source<'_>,
    request: &Request,
    told: impl Fn(Stage) + Send,
) -> Result<SummaryData, Error> {
    told(Stage::Targets);
    let (pack, tree) = (source.pack, source.tree);
    let node = tree.get(request.node).ok_or(Error::NotFound)?;
    // After the year the figures of the year stand; "today" only moves the curves beyond it.
    let year_end = fuyou_kernel::Period::CalendarYear(request.year).end();
    let board = board::board_unguarded(
        source,
        READER,
        request.today.min(year_end),
        request.node,
        request.year,
    )
    .await?;
    let mut wanted: Vec<IndicatorIx> = pack
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.indicators)
        .map(|(ix, _)| *ix)
        .collect();
    wanted.extend(board.rows.iter().filter_map(|row| row.indicator));
    let mut seen = Vec::new();
    wanted.retain(|ix| {
        !seen.contains(ix) && {
            seen.push(*ix);
            true
        }
    });
    told(Stage::Figures);
    let cells = read(source, request, &wanted).await?;
    // A target's own row and its figure come from one reading, so that the two never contradict each other.
    let rows: HashMap<IndicatorIx, &Row> = board
        .rows
        .iter()
        .filter_map(|row| Some((row.indicator?, row)))
        .collect();
    // A hospital of the county's own level is no part of its area beside the townships.
    let mut children: Vec<_> = tree.children(request.node).collect();
    if children.iter().any(|child| child.level != node.level) {
        children.retain(|child| child.level != node.level);
    }
    let ids: Vec<OrganizationId> = children.iter().map(|child| child.id).collect();
    let figures = wanted
        .iter()
        .map(|ix| figure(pack, *ix, &cells, rows.get(ix).copied(), request, &ids))
        .collect::<Result<Vec<_>, Error>>()?;
    let position = |ix: IndicatorIx| wanted.iter().position(|wanted| *wanted == ix);
    let goals = board
        .rows
        .iter()
        .map(|row| goal(row, row.indicator.and_then(position), &ids))
        .collect();
    let chapters = pack.chapters.iter().map(|chapter| ChapterData {
        title: chapter.title.clone(),
        told: chapter
            .indicators
            .iter()
            .filter_map(|(ix, told)| Some((position(*ix)?, *told)))
            .collect(),
    });
    Ok(SummaryData {
        node: Place {
            code: node.code.clone(),
            name: node.name.clone(),
        },
        level: children.first().map(|child| child.level),
        places: children
            .iter()
            .map(|child| Place {
                code: child.code.clone(),
                name: child.name.clone(),
            })
            .collect(),
        year: request.year,
        today: request.today,
        at: request.at.clone(),
        changes: cells.as_of,
        plan: board.plan.map(|plan| plan.title),
        figures,
        goals,
        chapters: chapters.collect(),
        address: request.address.clone(),
        denominator_min: DENOMINATOR_MIN,
    })
}

async fn read(
    source: Source<'_>,
    request: &Request,
    wanted: &[IndicatorIx],
) -> Result<Cells, Error> {
    let (pack, tree) = (source.pack, source.tree);
    let mut periods = Vec::new();
    for ix in wanted {
        let period = period_of(pack.indicator(*ix).period, request.year);
        if !periods.contains(&period) {
            periods.push(period);
        }
    }
    let months = periods
        .iter()
        .map(|period| split(*period, By::Month))
        .collect::<Result<Vec<_>, _>>();
    let months = months
        .map_err(|_| Error::Refused(Localized::new("年份超出范围", "the year is out of range")))?;
    periods.extend(periods.clone().iter().map(|period| period.previous_year()));
    for month in months.into_iter().flatten() {
        if !periods.contains(&month) {
            periods.push(month);
        }
    }
    let question = Question {
        indicators: wanted.to_vec(),
        nodes: vec![request.node],
        periods,
    }
    .with_children(tree);
    Ok(insight::figures(source, &question, READER).await?)
}

fn figure(
    pack: &Pack,
    ix: IndicatorIx,
    cells: &Cells,
    row: Option<&Row>,
    request: &Request,
    children: &[OrganizationId],
) -> Result<FigureData, Error> {
    let indicator = pack.indicator(ix);
    let period = period_of(indicator.period, request.year);
    let months = split(period, By::Month).unwrap_or_default();
    let of_row = |row: &Row| {
        (
            row.actual,
            row.last_year,
            of_children(row, children)
                .map(|(_, cell, _)| *cell)
                .collect(),
        )
    };
    let of_cells = || {
        let get = |period| cells.get(ix, request.node, period);
        (
            get(period),
            get(period.previous_year()),
            cells.siblings(ix, children, period),
        )
    };
    let (now, before, below) = row.map_or_else(of_cells, of_row);
    Ok(FigureData {
        id: indicator.id.to_string(),
        title: indicator.title.clone(),
        unit: indicator.unit,
        better: indicator.better,
        definition: definition(pack, ix),
        source: crate::packs::source_words(pack, &indicator.cited),
        period,
        now,
        before,
        below,
        months: months
            .into_iter()
            .filter(|month| month.start() <= request.today)
            .map(|month| (month, cells.get(ix, request.node, month)))
            .collect(),
        has_gap: indicator.gap.is_some() && indicator.secrecy < Secrecy::Infection,
    })
}

fn definition(pack: &Pack, ix: IndicatorIx) -> Definition {
    let IndicatorEntry::Computed {
        numerator,
        denominator,
    } = pack.indicator(ix).entry
    else {
        return Definition {
            is_manual: true,
            ..Definition::default()
        };
    };
    let numerator = pack.measure(numerator);
    let mut condition = numerator
        .filter
        .as_ref()
        .map_or_else(String::new, |filter| filter.text().to_owned());
    if let Sum::Of(value) = &numerator.sum {
        condition = format!("{condition}; sum {}", value.text());
    }
    // A numerator that is written inside its indicator has no name of its own; its condition says what it is.
    let is_inline = numerator.id.contains('.');
    Definition {
        numerator: if is_inline {
            Localized::default()
        } else {
            numerator.title.clone()
        },
        condition,
        denominator: denominator.map_or_else(Localized::default, |denominator| {
            pack.measure(denominator).title.clone()
        }),
        is_manual: false,
    }
}

/// What a row says of these children, in their order.
fn of_children<'r>(
    row: &'r Row,
    children: &'r [OrganizationId],
) -> impl Iterator<Item = &'r (OrganizationId, Cell, Judgement)> {
    let told = row.children.iter();
    told.filter(|(child, _, _)| children.contains(child))
}

fn goal(row: &Row, figure: Option<usize>, children: &[OrganizationId]) -> Goal {
    let (written, unit) = (&row.target.written, &row.target.unit);
    let unit = if written.ends_with(unit.as_str()) {
        ""
    } else {
        unit
    };
    Goal {
        written: row.target.indicator_written.clone(),
        asked: format!("{}{written}{unit}", row.target.comparator.sign()),
        figure,
        aim: row.aim,
        judgement: row.judgement,
        within_reach: row.within_reach,
        below: of_children(row, children)
            .map(|(_, _, judgement)| *judgement)
            .collect(),
    }
}
