//! Figures as words: what stands in a table cell.

use fuyou_kernel::{Date, Language, Period, Quarter, YearMonth};
use fuyou_pack::model::{Indicator, Unit};

use super::{Cell, Decimal, MonthNumber};
use crate::http::Cx;

/// A figure in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The rate or count with its unit; `–` without a denominator, `*` when it is hidden.
    pub value: String,
    /// Numerator and denominator as `12 / 34`; empty for counts and hidden cells.
    pub parts: String,
    /// Whether more was counted than there is to count.
    pub beyond: bool,
    /// Whether it is hidden because it is small, or would tell something small.
    pub hidden: bool,
    /// Whether there is nothing to count of.
    pub is_idle: bool,
}

/// A cell in words.
pub fn shown(cell: Cell, unit: Unit) -> Shown {
    shown_in(Language::Zh, cell, unit)
}

/// A cell in the words of a language.
pub fn shown_in(language: Language, cell: Cell, unit: Unit) -> Shown {
    match cell {
        Cell::Suppressed => Shown {
            value: "*".to_owned(),
            hidden: true,
            ..Shown::default()
        },
        Cell::Absent => Shown {
            value: "–".to_owned(),
            ..Shown::default()
        },
        Cell::Known(figure) => Shown {
            value: figure.value().map_or_else(
                || "–".to_owned(),
                |value| with_unit_in(language, value, unit),
            ),
            parts: figure.denominator.map_or_else(String::new, |denominator| {
                format!("{} / {denominator}", figure.numerator)
            }),
            beyond: figure.beyond_whole(),
            hidden: false,
            is_idle: figure.denominator == Some(0) && figure.numerator == 0,
        },
    }
}

/// A value with the sign of its unit.
pub fn with_unit(value: Decimal, unit: Unit) -> String {
    with_unit_in(Language::Zh, value, unit)
}

/// A value with the sign of its unit in a language.
pub fn with_unit_in(language: Language, value: Decimal, unit: Unit) -> String {
    let sign = unit_sign(language, unit);
    if sign.starts_with("per ") {
        format!("{value} {sign}")
    } else {
        format!("{value}{sign}")
    }
}

/// The sign of a unit in a heading; empty for counts and quotients.
pub fn unit_sign(language: Language, unit: Unit) -> &'static str {
    match (unit, language) {
        (Unit::Percent, _) => "%",
        (Unit::PerMille, _) => "‰",
        (Unit::Per10000, Language::Zh) => "/万",
        (Unit::Per10000, Language::En) => "per 10,000",
        (Unit::Per100000, Language::Zh) => "/10万",
        (Unit::Per100000, Language::En) => "per 100,000",
        (Unit::Count | Unit::Ratio, _) => "",
    }
}

/// A period in the reader's words.
pub fn period_words(cx: &Cx, period: Period) -> String {
    let frame =
        |key: &str, values: &[(&str, &str)]| crate::texts::text_with(cx.language, key, values);
    let text = period.to_string();
    match period {
        Period::StatisticalYear(year) => {
            frame("insight-statistical-year", &[("year", &year.to_string())])
        }
        Period::CalendarYear(year) => {
            frame("insight-calendar-year", &[("year", &year.to_string())])
        }
        Period::Quarter(_) => {
            let (year, quarter) = text.split_once('Q').unwrap_or((&text, ""));
            frame("insight-quarter", &[("year", year), ("quarter", quarter)])
        }
        Period::Month(_) | Period::Months(..) => text.replace("..", " – "),
    }
}

/// The statistical year in which a day lies.
pub fn statistical_year(today: Date) -> i16 {
    // The year begins on 1 October of the year before.
    today.year() + i16::from(Period::StatisticalYear(today.year()).end() < today)
}

/// The periods offered in a choice: both years now and before, the last four quarters, the last twelve months.
pub fn offered(today: Date) -> Vec<Period> {
    let year = statistical_year(today);
    let mut periods = vec![
        Period::StatisticalYear(year),
        Period::StatisticalYear(year - 1),
        Period::CalendarYear(today.year()),
        Period::CalendarYear(today.year() - 1),
    ];
    let now = MonthNumber::of(today).0;
    let quarter = |number: i32| {
        let month: YearMonth = MonthNumber(number * 3).month().ok()?;
        Quarter::new(month.year(), (month.month() + 2) / 3)
            .ok()
            .map(Period::Quarter)
    };
    periods.extend((0..4).filter_map(|back| quarter(now.div_euclid(3) - back)));
    periods
        .extend((0..12).filter_map(|back| MonthNumber(now - back).month().ok().map(Period::Month)));
    periods
}

/// What an indicator counts, in the pack's own words.
pub fn direction_key(indicator: &Indicator) -> &'static str {
    match indicator.better {
        fuyou_pack::model::Better::Higher => "insight-higher",
        fuyou_pack::model::Better::Lower => "insight-lower",
        fuyou_pack::model::Better::Neither => "insight-neither",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_in_both_languages() {
        let check = |unit: Unit, zh: &str, en: &str| {
            let value: Decimal = "14.5".parse().unwrap();
            let of = |language| with_unit_in(language, value, unit);
            assert_eq!((of(Language::Zh), of(Language::En)), (zh.into(), en.into()));
        };
        check(Unit::Percent, "14.5%", "14.5%");
        check(Unit::PerMille, "14.5‰", "14.5‰");
        check(Unit::Per10000, "14.5/万", "14.5 per 10,000");
        check(Unit::Per100000, "14.5/10万", "14.5 per 100,000");
        check(Unit::Count, "14.5", "14.5");
    }

    #[test]
    fn the_statistical_year_turns_in_october() {
        let check = |today: &str, year: i16| {
            assert_eq!(statistical_year(today.parse().unwrap()), year, "{today}")
        };
        check("2026-09-30", 2026);
        check("2026-10-01", 2027);
        check("2026-12-31", 2027);
        check("2027-01-01", 2027);
    }
}
