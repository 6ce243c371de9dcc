//! The chapters about services: each indicator with its counts, against last year and the target, and where it is high
//! and low.

use fuyou_pack::model::{Better, Told, Unit};

use super::data::{ChapterData, FigureData, Ranking};
use super::document::{Block, Inline, Picture};
use super::picture::{Bar, ranking as ranking_drawing, standalone};
use super::words::{Writer, size_text};
use crate::insight::chart::{Point, trend};
use crate::insight::{Aim, Cell, Decimal, Progress, shown, with_unit};

/// Places named at each end of a ranking.
const NAMED: usize = 3;

/// All chapters of the outline that have something to tell.
pub(super) fn chapters(w: &mut Writer<'_>) {
    let data = w.data;
    for chapter in &data.chapters {
        if chapter
            .told
            .iter()
            .all(|(position, _)| data.figures[*position].now == Cell::Absent)
        {
            continue;
        }
        w.heading(chapter.title.get(w.language));
        let mut number = 0;
        for (position, told) in chapter.told.iter().filter(|(_, told)| told.fully) {
            number += 1;
            fully(w, *position, number);
            pictures(w, *position, *told);
        }
        briefly(w, chapter, number > 0);
        for (position, told) in chapter.told.iter().filter(|(_, told)| !told.fully) {
            pictures(w, *position, *told);
        }
    }
}

fn fully(w: &mut Writer<'_>, position: usize, number: usize) {
    let figure = &w.data.figures[position];
    let lead = format!(
        "{}{}{}",
        w.part_number(number),
        figure.title.get(w.language),
        w.t("summary-full-stop")
    );
    let mut text = vec![Inline::Strong(lead)];
    text.extend(level(w, position));
    text.extend(change(w, figure));
    text.extend(against_goal(w, position));
    text.push(Inline::Text(w.t("summary-full-stop")));
    if figure
        .now
        .figure()
        .is_some_and(|counts| counts.beyond_whole())
    {
        text.push(Inline::Blank(w.t("summary-beyond")));
    }
    if let Some(ranking) = w.data.ranking(figure) {
        text.extend(ranked(w, figure, &ranking));
    }
    w.blocks.push(Block::Paragraph(text));
}

/// The others in one paragraph; what nobody has typed yet is left open, not left out.
fn briefly(w: &mut Writer<'_>, chapter: &ChapterData, follows: bool) {
    let brief: Vec<usize> = chapter
        .told
        .iter()
        .filter(|(_, told)| !told.fully)
        .map(|(position, _)| *position)
        .collect();
    let (open, known): (Vec<usize>, Vec<usize>) = brief
        .into_iter()
        .partition(|position| w.data.figures[*position].now == Cell::Absent);
    let mut items = Vec::new();
    for position in known {
        let figure = &w.data.figures[position];
        let mut item = level(w, position);
        item.extend(change(w, figure));
        items.push(item);
    }
    if !items.is_empty() {
        let mut text = if follows {
            vec![Inline::Text(w.t("summary-besides"))]
        } else {
            Vec::new()
        };
        text.extend(w.joined(items, "summary-clause-joiner"));
        text.push(Inline::Text(w.t("summary-full-stop")));
        w.blocks.push(Block::Paragraph(text));
    }
    for position in open {
        let blank = w.words(
            "summary-not-typed",
            &[("title", w.data.figures[position].title.get(w.language))],
        );
        w.blocks.push(Block::Paragraph(vec![Inline::Blank(blank)]));
    }
}

/// What it is: the rate with its counts, "none" with what it was none of.
fn level(w: &mut Writer<'_>, position: usize) -> Vec<Inline> {
    let figure = &w.data.figures[position];
    let title = figure.title.get(w.language);
    match figure.now {
        Cell::Suppressed => w.sentence("summary-level-hidden", [("title", title.into())]),
        Cell::Absent => vec![Inline::Blank(
            w.words("summary-not-typed", &[("title", title)]),
        )],
        Cell::Known(counts) if counts.value().is_none() => {
            w.sentence("summary-level-nothing", [("title", title.into())])
        }
        Cell::Known(counts) => {
            let value = w.value(position);
            match counts.denominator {
                None => w.sentence(
                    "summary-level-count",
                    [("title", title.into()), ("value", value.into())],
                ),
                Some(_) => {
                    let parts = w.number(figure, Writer::parts_text(figure.now));
                    let none = counts.numerator == 0 && figure.better == Better::Lower;
                    let key = if none {
                        "summary-level-none"
                    } else {
                        "summary-level"
                    };
                    w.sentence(
                        key,
                        [
                            ("title", title.into()),
                            ("value", value.into()),
                            ("parts", parts.into()),
                        ],
                    )
                }
            }
        }
    }
}

/// Against the same period of the year before.
fn change(w: &mut Writer<'_>, figure: &FigureData) -> Vec<Inline> {
    if figure.now.value().is_none() {
        return Vec::new();
    }
    let Some(change) = figure.change() else {
        return w.sentence("summary-no-before", []);
    };
    let before = shown(figure.before, figure.unit).value;
    let before = w.number(figure, before);
    if change.short() == Decimal::whole(0) {
        return w.sentence("summary-same", [("before", before.into())]);
    }
    let size = size_text(w.language, change, figure.unit);
    let size = w.number(figure, size);
    let key = match (change.is_negative(), figure.unit) {
        (false, Unit::Percent) => "summary-up-points",
        (true, Unit::Percent) => "summary-down-points",
        (false, _) => "summary-up",
        (true, _) => "summary-down",
    };
    w.sentence(key, [("before", before.into()), ("change", size.into())])
}

/// Against the target.
fn against_goal(w: &mut Writer<'_>, position: usize) -> Vec<Inline> {
    let figure = &w.data.figures[position];
    let (Some(goal), Some(value)) = (w.data.goal_of(position), figure.now.value()) else {
        return Vec::new();
    };
    let Some(aim) = goal.aim else {
        return Vec::new();
    };
    let words = w.aim(figure, aim);
    match goal.judgement.progress {
        Progress::Met => w.sentence("summary-goal-met", [("aim", words.into())]),
        Progress::Unknown => Vec::new(),
        Progress::OnCourse | Progress::Behind => {
            let size = goal
                .distance(value)
                .map(|size| size_text(w.language, size, figure.unit))
                .unwrap_or_default();
            let size = w.number(figure, size);
            let missing = w.number(
                figure,
                goal.judgement.missing.unwrap_or_default().to_string(),
            );
            let key = match (goal.judgement.progress, figure.unit) {
                (Progress::OnCourse, _) => "summary-goal-course",
                (_, Unit::Percent) => "summary-goal-behind-points",
                _ => "summary-goal-behind",
            };
            w.sentence(
                key,
                [
                    ("aim", words.into()),
                    ("gap", size.into()),
                    ("missing", missing.into()),
                ],
            )
        }
    }
}

/// The places at both ends of the ranking.
fn ranked(w: &mut Writer<'_>, figure: &FigureData, ranking: &Ranking) -> Vec<Inline> {
    // Where all have the same value, such as no death anywhere, nobody is first.
    let (Some((_, top)), Some((_, bottom))) = (ranking.order.first(), ranking.order.last()) else {
        return Vec::new();
    };
    if top.cmp_value(*bottom).is_eq() {
        return Vec::new();
    }
    let spread = top.minus(*bottom);
    let below = w.below();
    let named = NAMED.min(ranking.order.len() / 2);
    let first = places(w, figure, &ranking.order[..named]);
    let last: Vec<_> = ranking.order.iter().rev().take(named).copied().collect();
    let last = places(w, figure, &last);
    let key = if figure.better == Better::Neither {
        "summary-ranking-neither"
    } else {
        "summary-ranking"
    };
    let mut text = w.sentence(
        key,
        [
            ("below", below.as_str().into()),
            ("first", first.into()),
            ("last", last.into()),
        ],
    );
    if let (Some(spread), Unit::Percent) = (spread, figure.unit) {
        let size = w.number(figure, size_text(w.language, spread, figure.unit));
        text.extend(w.sentence("summary-spread", [("spread", size.into())]));
    }
    text.push(Inline::Text(w.t("summary-full-stop")));
    if ranking.left_out > 0 {
        let count = w.number(figure, ranking.left_out.to_string());
        let min = w.number(figure, w.data.denominator_min.to_string());
        text.extend(w.sentence(
            "summary-left-out",
            [
                ("count", count.into()),
                ("below", below.into()),
                ("min", min.into()),
            ],
        ));
    }
    text
}

fn places(w: &mut Writer<'_>, figure: &FigureData, order: &[(usize, Decimal)]) -> Vec<Inline> {
    let mut items = Vec::new();
    for (place, value) in order {
        let value = w.number_at(figure, *place, with_unit(*value, figure.unit));
        items.push(w.sentence(
            "summary-place",
            [
                ("name", w.data.places[*place].name.as_str().into()),
                ("value", value.into()),
            ],
        ));
    }
    w.joined(items, "summary-joiner")
}

fn pictures(w: &mut Writer<'_>, position: usize, told: Told) {
    let figure = &w.data.figures[position];
    let limit = w
        .data
        .goal_of(position)
        .and_then(|goal| goal.aim)
        .map(|aim| match aim {
            Aim::AtLeast(limit) | Aim::AtMost(limit) | Aim::Between(limit, _) => limit,
        });
    if told.ranking
        && let Some(ranking) = w.data.ranking(figure)
    {
        ranking_picture(w, figure, &ranking, limit);
    }
    let drawn = figure
        .months
        .iter()
        .filter(|(_, cell)| cell.value().is_some())
        .count();
    if told.trend && drawn >= 2 {
        let says = w.words(
            "summary-trend-says",
            &[
                ("node", &w.data.node.name),
                ("title", figure.title.get(w.language)),
            ],
        );
        let points: Vec<Point> = figure
            .months
            .iter()
            .map(|(month, cell)| Point {
                label: month.to_string(),
                value: cell.value(),
            })
            .collect();
        let drawing = trend(&points, limit, &says);
        push(
            w,
            &drawing,
            says,
            if limit.is_some() {
                w.t("summary-legend-limit")
            } else {
                String::new()
            },
        );
    }
}

fn ranking_picture(
    w: &mut Writer<'_>,
    figure: &FigureData,
    ranking: &Ranking,
    limit: Option<Decimal>,
) {
    let short = |value: Decimal| {
        limit.is_some_and(|limit| match figure.better {
            Better::Lower => value.cmp_value(limit).is_gt(),
            Better::Higher | Better::Neither => value.cmp_value(limit).is_lt(),
        })
    };
    let bars: Vec<Bar> = (1..)
        .zip(&ranking.order)
        .map(|(number, (place, value))| Bar {
            name: format!("{number} {}", w.data.places[*place].name),
            value: Some(value.as_f64()),
            shown: with_unit(*value, figure.unit),
            is_short: short(*value),
        })
        .collect();
    let says = w.words(
        "summary-ranking-says",
        &[
            ("below", &w.below()),
            ("title", figure.title.get(w.language)),
        ],
    );
    let drawing = ranking_drawing(&bars, limit.map(|limit| limit.as_f64()), &says);
    // Where only the dots are shown, this line spells the numbered names out.
    let names: Vec<&str> = bars.iter().map(|bar| bar.name.as_str()).collect();
    let names = names.join(&w.t("summary-joiner"));
    let legend = w.words(
        if limit.is_some() {
            "summary-legend-names-limit"
        } else {
            "summary-legend-names"
        },
        &[("names", &names)],
    );
    push(w, &drawing, says, legend);
}

fn push(w: &mut Writer<'_>, drawing: &str, says: String, legend: String) {
    let (svg, size) = standalone(drawing);
    w.pictures += 1;
    let number = w.pictures.to_string();
    let caption = w.words(
        "summary-picture",
        &[("number", &number), ("says", &says), ("legend", &legend)],
    );
    w.blocks.push(Block::Picture(Picture {
        svg,
        size,
        says,
        caption: vec![Inline::Text(caption)],
    }));
}
