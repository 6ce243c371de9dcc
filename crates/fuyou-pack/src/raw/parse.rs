use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use fuyou_kernel::{Date, DayNumber};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{At, Key, Node, NodeKind, Report, Table};

/// How many threads read files. A pack is read at every start and by every command: a core less is waited for.
const READERS: usize = 4;

/// Reads the TOML files among those of the report, each at its place; other files are left empty.
pub(crate) fn parse_all(report: &Report) -> Vec<Option<Table>> {
    let next = AtomicUsize::new(0);
    // A file at a time: they are of very different length.
    let read = || {
        let mut tables = Vec::new();
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = report.files.get(file) else {
                return tables;
            };
            if text.path.ends_with(".toml") {
                tables.push((file, parse_toml(report, file)));
            }
        }
    };
    let mut all: Vec<Option<Table>> = report.files.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(read)).collect();
        for reader in readers {
            let tables = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
            for (file, table) in tables {
                all[file] = Some(table);
            }
        }
    });
    all
}

/// Reads the TOML text of a file; what is wrong with it is reported, what could be read comes back.
pub(crate) fn parse_toml(report: &Report, file: usize) -> Table {
    let text = &report.files[file].text;
    let at = Placer {
        file: u32::try_from(file).unwrap_or(u32::MAX),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().trim().replace('\n', ", ");
        report.error(
            at.of(span),
            format!("TOML 语法错误:{message}"),
            format!("not TOML: {message}"),
        );
    }
    let span = table.span();
    read_table(report, at, table.into_inner(), span)
}

#[derive(Clone, Copy)]
struct Placer {
    file: u32,
}

impl Placer {
    fn of(self, span: Range<usize>) -> At {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        At {
            file: self.file,
            start: number(span.start),
            end: number(span.end),
        }
    }
}

fn read_table(report: &Report, at: Placer, table: DeTable<'_>, span: Range<usize>) -> Table {
    let mut entries: Vec<(Key, Node)> = table
        .into_iter()
        .map(|(key, value)| {
            let key_at = at.of(key.span());
            (
                Key {
                    name: key.into_inner().into_owned(),
                    at: key_at,
                },
                read_value(report, at, value),
            )
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.at.start);
    Table {
        at: at.of(span),
        entries,
    }
}

fn read_value(report: &Report, at: Placer, value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let here = at.of(span.clone());
    let kind = match value.into_inner() {
        DeValue::String(text) => NodeKind::Text(text.into_owned()),
        DeValue::Integer(number) => {
            match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => NodeKind::Integer(number),
                Err(_) => {
                    report.error(here, "整数太大", "the number is too large");
                    NodeKind::Integer(0)
                }
            }
        }
        DeValue::Float(number) => NodeKind::Decimal(number.as_str().replace('_', "")),
        DeValue::Boolean(truth) => NodeKind::Boolean(truth),
        DeValue::Datetime(moment) if moment.offset.is_none() => {
            let date = moment.date.map(|date| (date.year, date.month, date.day));
            let time = moment
                .time
                .map(|time| (time.hour, time.minute, time.second.unwrap_or(0)));
            read_moment(report, here, date, time)
        }
        DeValue::Datetime(_) => {
            report.error(
                here,
                "时刻按当地时间写,不带时区",
                "a time is written as on the local clock, without an offset",
            );
            NodeKind::DateTime(0)
        }
        DeValue::Array(array) => NodeKind::Array(
            array
                .into_iter()
                .map(|value| read_value(report, at, value))
                .collect(),
        ),
        DeValue::Table(table) => NodeKind::Table(read_table(report, at, table, span)),
    };
    Node { at: here, kind }
}

fn read_moment(
    report: &Report,
    at: At,
    date: Option<(u16, u8, u8)>,
    time: Option<(u8, u8, u8)>,
) -> NodeKind {
    let day = date.and_then(|(year, month, day)| {
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let date = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
        Some(DayNumber::from(date).0)
    });
    match (day, time) {
        (Some(day), None) => NodeKind::Date(day),
        (Some(day), Some((hour, minute, second))) => {
            let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
            NodeKind::DateTime((i64::from(day) * 86_400 + seconds) * 1_000)
        }
        (None, _) => {
            report.error(at, "不是日期", "not a date");
            NodeKind::Date(0)
        }
    }
}
