//! Days, moments and ages as people say them. Every page that tells one tells it through here; beside the words stands
//! the whole date, for a machine and for whoever wants to know it exactly.

use fuyou_kernel::{Date, DayNumber, Language, TimeZone, Timestamp, add_months, months_between};

use super::{text, text_with};

/// How far from today a day is told by its distance, too. Beyond a month nobody counts days.
const NEAR_DAYS_MAX: i32 = 30;
/// Below this age the days are told, too: what is due then is due in days.
const MONTHS_AND_DAYS_BELOW_MONTHS: i32 = 24;
/// From this age only the years are told, as everybody does of adults.
const YEARS_ONLY_FROM_YEARS: i32 = 18;

/// A day or a moment: its words, and the whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// As machines write it.
    pub iso: String,
    /// The whole date with its year and day of the week.
    pub full: String,
    /// As people say it.
    pub words: String,
}

impl Told {
    /// The same day in a phrase around it.
    #[must_use]
    pub fn said(self, words: String) -> Self {
        Told { words, ..self }
    }
}

/// What a day is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// Something happened or will happen on it.
    Event,
    /// Something has to be done by then: after it, it is late.
    Deadline,
}

/// How a reader sees days: in which language, and from which day.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    /// The reader's language.
    pub language: Language,
    /// The reader's day.
    pub today: Date,
}

impl Calendar {
    /// A month as it stands in a date, from 1 to 12.
    pub fn month(self, month: i8) -> String {
        match self.language {
            Language::Zh => month.to_string(),
            Language::En => text(Language::En, &format!("month-{month}")),
        }
    }

    fn date(self, on: Date, year: Option<i16>) -> String {
        let month = self.month(on.month());
        let (day, year) = (on.day().to_string(), year.map(|year| year.to_string()));
        let mut values = vec![("day", day.as_str()), ("month", month.as_str())];
        let key = match &year {
            Some(year) => {
                values.push(("year", year));
                "day-of-year"
            }
            None => "day-of-month",
        };
        text_with(self.language, key, &values)
    }

    /// A day with its year, as it stands in a record.
    pub fn whole(self, on: Date) -> String {
        self.date(on, Some(on.year()))
    }

    /// A day without what everybody knows: the year is told when it is another.
    pub fn short(self, on: Date) -> String {
        self.date(on, (on.year() != self.today.year()).then_some(on.year()))
    }

    /// The whole of a day, with its name in the week.
    pub fn full(self, on: Date) -> String {
        let weekday = on.weekday().to_monday_one_offset();
        let weekday = text(self.language, &format!("weekday-{weekday}"));
        let values = [("date", self.whole(on)), ("weekday", weekday)];
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        text_with(self.language, "day-full", &values)
    }

    /// How far a day is; none when it is too far to be counted. A deadline is late however far it is.
    pub fn distance(self, on: Date, sense: Sense) -> Option<String> {
        let days = DayNumber::from(on).0 - DayNumber::from(self.today).0;
        let counted = |key| {
            Some(text_with(
                self.language,
                key,
                &[("days", &days.abs().to_string())],
            ))
        };
        match (days, sense) {
            (0, _) => Some(text(self.language, "near-today")),
            (1, _) => Some(text(self.language, "near-tomorrow")),
            (-1, Sense::Event) => Some(text(self.language, "near-yesterday")),
            (..0, Sense::Deadline) => counted("near-late"),
            (2..=NEAR_DAYS_MAX, _) => counted("near-in-days"),
            (..0, Sense::Event) if -days <= NEAR_DAYS_MAX => counted("near-days-ago"),
            _ => None,
        }
    }

    fn told(self, on: Date, words: String) -> Told {
        Told {
            iso: on.to_string(),
            full: self.full(on),
            words,
        }
    }

    /// A day with its distance.
    pub fn day(self, on: Date, sense: Sense) -> Told {
        let date = self.short(on);
        let words = match self.distance(on, sense) {
            Some(near) => text_with(
                self.language,
                "day-near",
                &[("date", &date), ("near", &near)],
            ),
            None => date,
        };
        self.told(on, words)
    }

    /// A day without its distance, where the distance stands beside it or does not matter.
    pub fn plain(self, on: Date) -> Told {
        self.told(on, self.short(on))
    }

    /// A moment by the clock of the county.
    pub fn moment(self, at: Timestamp, zone: &TimeZone) -> Told {
        let at = at.to_zoned(zone.clone());
        let clock = format!("{:02}:{:02}", at.hour(), at.minute());
        let day = self.plain(at.date());
        Told {
            iso: format!("{}T{clock}", day.iso),
            full: format!("{} {clock}", day.full),
            words: format!("{} {clock}", day.words),
        }
    }

    /// When somebody was born, and how old that is today.
    pub fn born(self, on: Date) -> Told {
        let age = self.age(on);
        let words = [self.whole(on), age];
        let words: Vec<String> = words.into_iter().filter(|part| !part.is_empty()).collect();
        self.told(on, words.join(" · "))
    }

    /// The age on the reader's day of somebody born on a day; empty before the birth.
    pub fn age(self, birth_on: Date) -> String {
        let Some((months, days)) = completed(birth_on, self.today) else {
            return String::new();
        };
        let (years, over) = (months / 12, months % 12);
        let say = |key, values: &[(&str, i32)]| {
            let values: Vec<(&str, String)> = values
                .iter()
                .map(|(name, value)| (*name, value.to_string()))
                .collect();
            let values: Vec<(&str, &str)> = values
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            text_with(self.language, key, &values)
        };
        match (months, days) {
            (0, _) => say("age-days", &[("days", days)]),
            (..MONTHS_AND_DAYS_BELOW_MONTHS, 0) => say("age-months", &[("months", months)]),
            (..MONTHS_AND_DAYS_BELOW_MONTHS, _) => {
                say("age-months-days", &[("months", months), ("days", days)])
            }
            _ if over == 0 || years >= YEARS_ONLY_FROM_YEARS => {
                say("age-years", &[("years", years)])
            }
            _ => say("age-years-months", &[("years", years), ("months", over)]),
        }
    }
}

/// Completed calendar months between two days, and the days since the last of them; none when the second is earlier.
fn completed(from: Date, to: Date) -> Option<(i32, i32)> {
    let day = |date: Date| DayNumber::from(date).0;
    if day(to) < day(from) {
        return None;
    }
    let months = months_between(from, to);
    let last = add_months(from, months).ok()?;
    Some((months, day(to) - day(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 22);

    fn calendar(language: Language) -> Calendar {
        Calendar {
            language,
            today: TODAY,
        }
    }

    #[test]
    fn days_are_told_as_people_say_them() {
        let check = |on: &str, event: [&str; 2], deadline: [&str; 2]| {
            let on: Date = on.parse().unwrap();
            for (at, language) in [Language::Zh, Language::En].into_iter().enumerate() {
                let calendar = calendar(language);
                assert_eq!(calendar.day(on, Sense::Event).words, event[at], "{on}");
                assert_eq!(
                    calendar.day(on, Sense::Deadline).words,
                    deadline[at],
                    "{on}"
                );
            }
        };
        check(
            "2026-11-22",
            ["11月22日（今天）", "22 Nov (today)"],
            ["11月22日（今天）", "22 Nov (today)"],
        );
        check(
            "2026-11-21",
            ["11月21日（昨天）", "21 Nov (yesterday)"],
            ["11月21日（逾期 1 天）", "21 Nov (1 day late)"],
        );
        check(
            "2026-11-23",
            ["11月23日（明天）", "23 Nov (tomorrow)"],
            ["11月23日（明天）", "23 Nov (tomorrow)"],
        );
        check(
            "2026-11-25",
            ["11月25日（3 天后）", "25 Nov (in 3 days)"],
            ["11月25日（3 天后）", "25 Nov (in 3 days)"],
        );
        check(
            "2026-11-10",
            ["11月10日（12 天前）", "10 Nov (12 days ago)"],
            ["11月10日（逾期 12 天）", "10 Nov (12 days late)"],
        );
        check(
            "2026-12-22",
            ["12月22日（30 天后）", "22 Dec (in 30 days)"],
            ["12月22日（30 天后）", "22 Dec (in 30 days)"],
        );
        check("2026-12-23", ["12月23日", "23 Dec"], ["12月23日", "23 Dec"]);
        check(
            "2026-10-23",
            ["10月23日（30 天前）", "23 Oct (30 days ago)"],
            ["10月23日（逾期 30 天）", "23 Oct (30 days late)"],
        );
        check(
            "2026-10-22",
            ["10月22日", "22 Oct"],
            ["10月22日（逾期 31 天）", "22 Oct (31 days late)"],
        );
        check(
            "2025-12-31",
            ["2025年12月31日", "31 Dec 2025"],
            [
                "2025年12月31日（逾期 326 天）",
                "31 Dec 2025 (326 days late)",
            ],
        );
        check(
            "2027-01-01",
            ["2027年1月1日", "1 Jan 2027"],
            ["2027年1月1日", "1 Jan 2027"],
        );
    }

    #[test]
    fn the_whole_date_stands_beside_the_words() {
        let told = calendar(Language::Zh).day(TODAY, Sense::Event);
        assert_eq!(
            (told.iso.as_str(), told.full.as_str()),
            ("2026-11-22", "2026年11月22日 星期日")
        );
        let told = calendar(Language::En).plain("2026-03-02".parse().unwrap());
        assert_eq!(
            (told.iso.as_str(), told.full.as_str()),
            ("2026-03-02", "Monday, 2 Mar 2026")
        );
        let told =
            calendar(Language::Zh).moment("2026-11-22T01:05:00Z".parse().unwrap(), &TimeZone::UTC);
        assert_eq!(
            (told.iso.as_str(), told.words.as_str()),
            ("2026-11-22T01:05", "11月22日 01:05")
        );
    }

    #[test]
    fn ages_are_told_in_what_counts_at_that_age() {
        let check = |birth: &str, zh: &str, en: &str| {
            let birth: Date = birth.parse().unwrap();
            assert_eq!(calendar(Language::Zh).age(birth), zh, "{birth}");
            assert_eq!(calendar(Language::En).age(birth), en, "{birth}");
        };
        check("2026-11-23", "", "");
        check("2026-11-22", "0 天", "0 days");
        check("2026-11-21", "1 天", "1 day");
        check("2026-10-23", "30 天", "30 days");
        check("2026-10-22", "1 月", "1 month");
        check("2026-10-21", "1 月 1 天", "1 month 1 day");
        check("2025-11-23", "11 月 30 天", "11 months 30 days");
        check("2024-11-23", "23 月 30 天", "23 months 30 days");
        check("2024-11-22", "2 岁", "2 years");
        check("2023-09-22", "3 岁 2 月", "3 years 2 months");
        check("2023-09-23", "3 岁 1 月", "3 years 1 month");
        check("2008-11-23", "17 岁 11 月", "17 years 11 months");
        check("2008-11-22", "18 岁", "18 years");
        check("1995-08-28", "31 岁", "31 years");
    }

    #[test]
    fn a_month_without_such_a_day_is_complete_on_the_first_after_it() {
        let on = |from: &str, to: &str| completed(from.parse().unwrap(), to.parse().unwrap());
        assert_eq!(on("2026-01-31", "2026-02-28"), Some((0, 28)));
        assert_eq!(on("2026-01-31", "2026-03-01"), Some((1, 1)));
    }
}
