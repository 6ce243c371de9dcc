//! Sentences from texts and figures: a text's placeholders become numbers with bookmarks, not letters.

use std::collections::HashMap;

use fuyou_kernel::{Date, Language, Period};
use fuyou_pack::model::Unit;

use super::data::{FigureData, SummaryData};
use super::document::{Block, Bookmarks, Inline, Number};
use crate::insight::{Aim, Cell, Decimal, shown, unit_sign, with_unit};
use crate::texts;

/// Around the position of an inline in a text; of the private use area, so that no text contains them.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// What stands for a placeholder.
pub(super) enum Part {
    /// Words.
    Text(String),
    /// Numbers and what belongs to them.
    Inlines(Vec<Inline>),
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Part::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Part::Text(text)
    }
}

impl From<Vec<Inline>> for Part {
    fn from(inlines: Vec<Inline>) -> Self {
        Part::Inlines(inlines)
    }
}

/// A document while it is written.
pub(super) struct Writer<'a> {
    pub(super) data: &'a SummaryData,
    pub(super) language: Language,
    pub(super) blocks: Vec<Block>,
    pub(super) notes: Vec<String>,
    pub(super) chapters: usize,
    pub(super) pictures: usize,
    bookmarks: Bookmarks,
    /// The figures whose endnote stands already.
    noted: HashMap<usize, usize>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(data: &'a SummaryData, language: Language) -> Self {
        Writer {
            data,
            language,
            blocks: Vec::new(),
            notes: Vec::new(),
            chapters: 0,
            pictures: 0,
            bookmarks: Bookmarks::default(),
            noted: HashMap::new(),
        }
    }

    /// A text without placeholders.
    pub(super) fn t(&self, key: &str) -> String {
        texts::text(self.language, key)
    }

    /// A text whose placeholders are words.
    pub(super) fn words(&self, key: &str, values: &[(&str, &str)]) -> String {
        texts::text_with(self.language, key, values)
    }

    /// A text whose placeholders may be numbers.
    pub(super) fn sentence<const N: usize>(
        &self,
        key: &str,
        parts: [(&str, Part); N],
    ) -> Vec<Inline> {
        let mut held: Vec<Vec<Inline>> = Vec::new();
        let mut values: Vec<(&str, String)> = Vec::new();
        for (name, part) in parts {
            let value = match part {
                Part::Text(text) => text,
                Part::Inlines(inlines) => {
                    held.push(inlines);
                    format!("{OPEN}{}{CLOSE}", held.len() - 1)
                }
            };
            values.push((name, value));
        }
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let text = texts::text_with(self.language, key, &values);
        let mut inlines = Vec::new();
        for piece in text.split(OPEN) {
            let (inside, rest) = match piece.split_once(CLOSE) {
                Some((position, rest)) => (
                    position
                        .parse::<usize>()
                        .ok()
                        .and_then(|position| held.get(position)),
                    rest,
                ),
                None => (None, piece),
            };
            inlines.extend(inside.into_iter().flatten().cloned());
            if !rest.is_empty() {
                inlines.push(Inline::Text(rest.to_owned()));
            }
        }
        inlines
    }

    /// A chapter heading with its number.
    pub(super) fn heading(&mut self, title: &str) {
        self.chapters += 1;
        let text = match self.language {
            Language::Zh => format!("{}、{title}", chinese(self.chapters)),
            Language::En => format!("{}. {title}", self.chapters),
        };
        self.blocks
            .push(Block::Heading(1, vec![Inline::Text(text)]));
    }

    /// The number of a part of a chapter, from 1.
    pub(super) fn part_number(&self, number: usize) -> String {
        match self.language {
            Language::Zh => format!("（{}）", chinese(number)),
            Language::En => format!("({number}) "),
        }
    }

    /// A number that belongs to a figure.
    pub(super) fn number(&mut self, figure: &FigureData, text: impl Into<String>) -> Vec<Inline> {
        self.marked(&format!("i_{}_{}", figure.id, figure.period), text, None)
    }

    /// A number that belongs to a figure of a place.
    pub(super) fn number_at(
        &mut self,
        figure: &FigureData,
        place: usize,
        text: impl Into<String>,
    ) -> Vec<Inline> {
        let code = &self.data.places[place].code;
        // The end of a code tells neighbours apart; bookmarks have no room for the whole of it.
        let tail = code
            .char_indices()
            .rev()
            .nth(5)
            .map_or(code.as_str(), |(at, _)| &code[at..]);
        self.marked(
            &format!("i_{}_{tail}_{}", figure.id, figure.period),
            text,
            None,
        )
    }

    /// A number about the plan as a whole.
    pub(super) fn count(&mut self, what: &str, count: usize) -> Vec<Inline> {
        self.marked(
            &format!("plan_{what}_{}", self.data.year),
            count.to_string(),
            None,
        )
    }

    pub(super) fn marked(
        &mut self,
        stem: &str,
        text: impl Into<String>,
        note: Option<usize>,
    ) -> Vec<Inline> {
        let bookmark = self.bookmarks.next(stem);
        let text = self.units(text.into());
        vec![Inline::Number(Number {
            text,
            bookmark,
            note,
        })]
    }

    /// Units are written as on Chinese pages; English spells the large ones out.
    fn units(&self, text: String) -> String {
        match self.language {
            Language::Zh => text,
            Language::En => text
                .replace("/10万", " per 100,000")
                .replace("/万", " per 10,000"),
        }
    }

    /// The value of a figure; where it first stands its endnote says what it is.
    pub(super) fn value(&mut self, position: usize) -> Vec<Inline> {
        let figure = &self.data.figures[position];
        let text = shown(figure.now, figure.unit).value;
        let note = if self.noted.contains_key(&position) {
            None
        } else {
            let words = self.note(figure);
            self.notes.push(words);
            self.noted.insert(position, self.notes.len());
            Some(self.notes.len())
        };
        self.marked(&format!("i_{}_{}", figure.id, figure.period), text, note)
    }

    /// Numerator and denominator as `12/34`; the count alone when there is no denominator.
    pub(super) fn parts_text(cell: Cell) -> String {
        match cell.figure() {
            Some(figure) => match figure.denominator {
                Some(denominator) => format!("{}/{denominator}", figure.numerator),
                None => figure.numerator.to_string(),
            },
            None => shown(cell, Unit::Count).value,
        }
    }

    fn note(&self, figure: &FigureData) -> String {
        let definition = &figure.definition;
        let title = figure.title.get(self.language);
        let counts = figure.now.figure();
        let number = |count: Option<i64>| {
            count.map_or_else(
                || shown(figure.now, Unit::Count).value,
                |count| count.to_string(),
            )
        };
        let (numerator, denominator) = (
            number(counts.map(|counts| counts.numerator)),
            number(counts.and_then(|counts| counts.denominator)),
        );
        let mut text = match (
            definition.is_manual,
            definition.denominator.get(self.language),
        ) {
            (true, _) => self.words(
                "summary-note-manual",
                &[("title", title), ("parts", &Self::parts_text(figure.now))],
            ),
            (false, of) if definition.numerator.get(self.language).is_empty() && !of.is_empty() => {
                self.words(
                    "summary-note-part",
                    &[
                        ("title", title),
                        ("numerator", &numerator),
                        ("of", of),
                        ("denominator", &denominator),
                    ],
                )
            }
            (false, "") => self.words(
                "summary-note-count",
                &[
                    ("title", title),
                    ("counted", definition.numerator.get(self.language)),
                    ("numerator", &numerator),
                ],
            ),
            (false, of) => self.words(
                "summary-note-rate",
                &[
                    ("title", title),
                    ("counted", definition.numerator.get(self.language)),
                    ("numerator", &numerator),
                    ("of", of),
                    ("denominator", &denominator),
                ],
            ),
        };
        if !definition.condition.is_empty() {
            text.push_str(&self.words(
                "summary-note-condition",
                &[("condition", &definition.condition)],
            ));
        }
        let (from, to) = (figure.period.start(), figure.period.end());
        text.push_str(&self.words(
            "summary-note-period",
            &[
                ("period", &self.period(figure.period)),
                ("from", &self.date(from)),
                ("to", &self.date(to)),
            ],
        ));
        if figure.before.figure().is_some() {
            let value = self.units(shown(figure.before, figure.unit).value);
            text.push_str(&self.words(
                "summary-note-before",
                &[
                    ("value", &value),
                    ("parts", &Self::parts_text(figure.before)),
                ],
            ));
        }
        text.push_str(&self.words(
            "summary-note-at",
            &[
                ("at", &self.data.at),
                ("changes", &self.data.changes.to_string()),
            ],
        ));
        if !figure.source.is_empty() {
            text.push_str(&self.words("summary-note-source", &[("source", &figure.source)]));
        }
        text + &self.t("summary-full-stop")
    }

    /// What a target asks, in words: not less than 90%.
    pub(super) fn aim(&mut self, figure: &FigureData, aim: Aim) -> Vec<Inline> {
        let stem = format!("a_{}_{}", figure.id, figure.period);
        let mut value =
            |value: Decimal| self.marked(&stem, with_unit(value.short(), figure.unit), None);
        match aim {
            Aim::AtLeast(limit) => {
                let limit = value(limit);
                self.sentence("summary-at-least", [("value", limit.into())])
            }
            Aim::AtMost(limit) => {
                let limit = value(limit);
                self.sentence("summary-at-most", [("value", limit.into())])
            }
            Aim::Between(low, high) => {
                let (low, high) = (value(low), value(high));
                self.sentence(
                    "summary-between",
                    [("low", low.into()), ("high", high.into())],
                )
            }
        }
    }

    /// Several as one: `a、b、c`.
    pub(super) fn joined(&self, items: Vec<Vec<Inline>>, key: &str) -> Vec<Inline> {
        let joiner = self.t(key);
        let mut inlines = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                inlines.push(Inline::Text(joiner.clone()));
            }
            inlines.extend(item);
        }
        inlines
    }

    /// The word for the nodes below, such as townships.
    pub(super) fn below(&self) -> String {
        let level = self.data.level.map_or("none", |level| level.word());
        self.t(&format!("summary-below-{level}"))
    }

    /// A period as it is said.
    pub(super) fn period(&self, period: Period) -> String {
        match period {
            Period::StatisticalYear(year) => {
                self.words("insight-statistical-year", &[("year", &year.to_string())])
            }
            Period::CalendarYear(year) => {
                self.words("insight-calendar-year", &[("year", &year.to_string())])
            }
            other => other.to_string(),
        }
    }

    /// A day as it is written out.
    pub(super) fn date(&self, date: Date) -> String {
        match self.language {
            Language::Zh => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
            Language::En => date.to_string(),
        }
    }
}

/// A change or distance in the unit of a figure, without its sign: points for percentages.
pub(super) fn size_text(language: Language, size: Decimal, unit: Unit) -> String {
    let size = size.short().to_string();
    let size = size.trim_start_matches('-');
    // Of rates in percent the sentences say percentage points.
    let sign = match unit {
        Unit::Percent => "",
        _ => unit_sign(language, unit),
    };
    let blank = if sign.starts_with("per ") { " " } else { "" };
    format!("{size}{blank}{sign}")
}

/// A number from 1 to 99 in Chinese.
pub(super) fn chinese(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (tens, ones) = (number / 10 % 10, number % 10);
    match tens {
        0 => DIGITS[ones].to_owned(),
        1 => format!("十{}", DIGITS[ones]),
        _ => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_numbers() {
        let check = |number: usize, expected: &str| assert_eq!(chinese(number), expected);
        check(1, "一");
        check(10, "十");
        check(11, "十一");
        check(20, "二十");
        check(25, "二十五");
    }
}
