//! Figures that no record yields: typed by people, kept with who and when, never overwritten.

use fuyou_kernel::{Localized, Period, Timestamp};
use fuyou_pack::Pack;
use fuyou_pack::model::{Indicator, IndicatorEntry, Unit};

use super::plans::Error;
use super::store::{self, EntryRow};
use crate::access::Action;
use crate::db::{self, Change, Operation};
use crate::http::Cx;
use crate::registry::OrganizationId;

/// How many entries the history beside the form shows.
const HISTORY: i64 = 200;

/// A figure to be entered.
#[derive(Clone, Debug)]
pub struct FigureEntry {
    /// The indicator; its figures must be of the typed kind.
    pub indicator: String,
    /// The organization that the figure is about.
    pub org: OrganizationId,
    /// A month, or the year that the indicator's targets use.
    pub period: Period,
    /// The count or the numerator.
    pub numerator: i64,
    /// The denominator; for rates only.
    pub denominator: Option<i64>,
    /// Where the figure comes from.
    pub note: String,
}

/// An entry in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The indicator.
    pub indicator: String,
    /// The organization.
    pub org: OrganizationId,
    /// The period as it is written.
    pub period: String,
    /// The count or the numerator.
    pub numerator: i64,
    /// The denominator.
    pub denominator: Option<i64>,
    /// Where the figure comes from.
    pub note: String,
    /// When.
    pub entered_at: Timestamp,
    /// Who.
    pub entered_by: String,
    /// Whether no later entry has taken its place.
    pub in_force: bool,
}

impl FigureEntry {
    fn check(&self, indicator: &Indicator) -> Result<(), Error> {
        let refuse = |zh: &str, en: &str| Err(Error::Refused(Localized::new(zh, en)));
        if indicator.entry != IndicatorEntry::Manual {
            return refuse(
                "该指标由服务记录计算,不能手工填报",
                "this indicator is computed from records and cannot be typed",
            );
        }
        if !matches!(
            self.period,
            Period::Month(_) | Period::CalendarYear(_) | Period::StatisticalYear(_)
        ) {
            return refuse("期间须为某月或某年", "the period is a month or a year");
        }
        let rate = !matches!(indicator.unit, Unit::Count);
        match self.denominator {
            _ if self.numerator < 0 => refuse("数值不能为负", "a figure is not negative"),
            None if rate => refuse("请同时填写分母", "a rate needs its denominator"),
            Some(_) if !rate => refuse("该指标没有分母", "this indicator has no denominator"),
            Some(denominator) if denominator < 0 => {
                refuse("数值不能为负", "a figure is not negative")
            }
            Some(denominator) if indicator.unit != Unit::Ratio && self.numerator > denominator => {
                refuse(
                    "分子不能大于分母",
                    "the numerator is not above the denominator",
                )
            }
            _ => Ok(()),
        }
    }
}

/// Enters a figure; the one in force for the same indicator, organization and period stays in the history.
pub async fn enter(cx: &Cx, pack: &Pack, entry: &FigureEntry) -> Result<(), Error> {
    cx.actor.require(Action::ManagePlan, entry.org)?;
    let ix = pack.indicator_ix(&entry.indicator).ok_or(Error::NotFound)?;
    entry.check(pack.indicator(ix))?;
    let row = EntryRow {
        id: cx.new_id(),
        indicator: entry.indicator.clone(),
        org: entry.org,
        period: entry.period.to_string(),
        first_on: entry.period.start(),
        last_on: entry.period.end(),
        numerator: entry.numerator,
        denominator: entry.denominator,
        note: entry.note.trim().to_owned(),
        entered_at: cx.now,
        entered_by: Some(cx.actor.id.uuid()),
        entered_by_login: cx.actor.login.clone(),
    };
    let mut tx = cx.db.begin(None).await?;
    store::put_entry(&mut tx, &row).await?;
    tx.changed(Change {
        subject_id: None,
        entity: "figure_entry",
        entity_id: row.id,
        operation: Operation::Insert,
        at: cx.now,
    });
    tx.audit(db::Entry {
        entity_id: Some(row.id),
        ..cx.entry("enter", "figure_entry")
    });
    tx.commit().await?;
    Ok(())
}

/// The latest entries of the actor's subtree, newest first.
pub async fn entries(cx: &Cx) -> Result<Vec<Entry>, Error> {
    cx.actor.require_anywhere(Action::ManagePlan)?;
    let mut reader = cx.db.read().await?;
    let rows = store::latest_entries(&mut reader, HISTORY).await?;
    let entry = |row: store::EntryHistory| Entry {
        indicator: row.indicator,
        org: row.org,
        period: row.period,
        numerator: row.numerator,
        denominator: row.denominator,
        note: row.note,
        entered_at: row.entered_at,
        entered_by: row.entered_by_login,
        in_force: row.in_force,
    };
    Ok(rows
        .into_iter()
        .filter(|row| cx.actor.sees(row.org))
        .map(entry)
        .collect())
}
