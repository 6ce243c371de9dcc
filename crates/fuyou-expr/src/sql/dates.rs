//! Dates: ISO text in SQLite, `date` in PostgreSQL. Results outside the limits of the language become `NULL` by
//! clamping them to one beyond each limit, which `nullif` then removes.

use fuyou_kernel::{Date, DayNumber, add_months};

use super::Printer;
use crate::limits::{DATE_MAX, DATE_MIN};
use crate::tree::{Comparison, DatePart, Kind, Node, SpanUnit};
use crate::types::Type;
use crate::value::Value;

impl Printer<'_> {
    pub(super) fn date(&self, node: &Node) -> String {
        match &node.kind {
            Kind::DaysBetween { from, to } => self.days_between(&self.sql(from), &self.sql(to)),
            Kind::AddDays { date, days } => self.add_days(date, days),
            Kind::AddMonths { date, months } => self.add_months(date, months),
            Kind::DatePart { part, of } => self.part(*part, &self.sql(of)),
            Kind::Completed { unit, from, to } => {
                let (from, to) = (self.sql(from), self.sql(to));
                match unit {
                    SpanUnit::Weeks => format!("({} / 7)", self.days_between(&from, &to)),
                    SpanUnit::Months => format!(
                        "(({} - {}) / 32)",
                        self.month_key(&to),
                        self.month_key(&from)
                    ),
                    SpanUnit::Years => format!(
                        "(({} - {}) / 384)",
                        self.month_key(&to),
                        self.month_key(&from)
                    ),
                }
            }
            _ => self.sql(node),
        }
    }

    /// Completed months or years up to a date that stands in the statement, against a number: the start against the date
    /// so many months before. No date is taken apart for each row then, and an index of the starts could answer.
    pub(super) fn completed_by(&self, op: Comparison, left: &Node, right: &Node) -> Option<String> {
        let (Kind::Completed { unit, from, to }, Kind::Literal(Value::Number(count))) =
            (&left.kind, &right.kind)
        else {
            return None;
        };
        let months = match unit {
            SpanUnit::Weeks => return None,
            SpanUnit::Months => 1,
            SpanUnit::Years => 12,
        };
        // From one on: counts are cut towards zero, so that none is completed on both sides of the day itself.
        let (count, sign) = match op {
            Comparison::Less => (*count, ">"),
            Comparison::LessOrEqual => (count.checked_add(1)?, ">"),
            Comparison::Greater => (count.checked_add(1)?, "<="),
            Comparison::GreaterOrEqual => (*count, "<="),
            Comparison::Equal | Comparison::NotEqual => return None,
        };
        if count < 1 {
            return None;
        }
        let to = written(&self.sql(to))?;
        let back = i32::try_from(count.checked_mul(months)?).ok()?;
        // A day that the month has not stands behind its last.
        let on = add_months(to, -back).ok().filter(|on| on.year() >= 1)?;
        let on = self.literal(&Type::Date, &Value::Date(DayNumber::from(on).0));
        Some(format!("({} {sign} {on})", self.sql(from)))
    }

    /// Months counted in steps of 32, and days: differences divide into completed months as in the kernel. A year is
    /// twelve such steps, and dividing twice towards zero is dividing once.
    fn month_key(&self, date: &str) -> String {
        let part = |part| self.part(part, date);
        let (year, month, day) = (
            part(DatePart::Year),
            part(DatePart::Month),
            part(DatePart::Day),
        );
        format!("(({year} * 12 + {month}) * 32 + {day})")
    }

    fn part(&self, part: DatePart, date: &str) -> String {
        let (word, from, length) = match part {
            DatePart::Year => ("year", 1, 4),
            DatePart::Month => ("month", 6, 2),
            DatePart::Day => ("day", 9, 2),
        };
        if self.is_postgres() {
            return format!("extract({word} from {date})::bigint");
        }
        // The places of ISO text: `strftime` would take the date apart and put it together six times for a difference.
        format!("cast(substr({date}, {from}, {length}) as integer)")
    }

    fn days_between(&self, from: &str, to: &str) -> String {
        if self.is_postgres() {
            return format!("({to} - {from})::bigint");
        }
        format!("((unixepoch({to}) - unixepoch({from})) / 86400)")
    }

    fn add_days(&self, date: &Node, days: &Node) -> String {
        let (date, days) = (self.sql(date), self.sql(days));
        let (before, after) = (DATE_MIN - 1, DATE_MAX + 1);
        if self.is_postgres() {
            let sum = format!("(({date} - date '1970-01-01')::bigint + {days})");
            let clamped = format!("greatest({before}, least({sum}, {after}))");
            return format!(
                "(date '1970-01-01' + nullif(nullif({clamped}, {before}), {after})::int)"
            );
        }
        let clamped = format!("max({before}, min(unixepoch({date}) / 86400 + {days}, {after}))");
        format!("date(nullif(nullif({clamped}, {before}), {after}) * 86400, 'unixepoch')")
    }

    fn add_months(&self, date: &Node, months: &Node) -> String {
        let bounds = months.bounds;
        let (date, months) = (self.sql(date), self.sql(months));
        let before = format!("'{}'", limit(DATE_MIN - 1));
        let after = format!("'{}'", limit(DATE_MAX + 1));
        if !self.is_postgres() {
            let sum = format!("date({date}, {months} || ' months', 'floor')");
            return format!(
                "nullif(nullif(max({before}, min({sum}, {after})), {before}), {after})"
            );
        }
        let sum = format!("({date} + make_interval(months => {months}::int))::date");
        // Beyond these many months the result is outside the limits wherever it starts, and might not fit the type.
        let sum = match bounds {
            Some(bounds) if bounds.min >= -4800 && bounds.max <= 4800 => sum,
            _ => format!("(case when {months} between -4800 and 4800 then {sum} end)"),
        };
        format!(
            "nullif(nullif(greatest(date {before}, least({sum}, date {after})), date {before}), date {after})"
        )
    }
}

/// The date that a piece of SQL is, when it is no more than that.
fn written(sql: &str) -> Option<Date> {
    let text = sql.strip_prefix("date ").unwrap_or(sql);
    text.strip_prefix('\'')?.strip_suffix('\'')?.parse().ok()
}

fn limit(days: i32) -> Date {
    Date::try_from(DayNumber(days)).expect("the limits of the language lie within the calendar")
}
