//! Problems and next steps: which targets are not met, which places the gap comes from, and who would close it.

use fuyou_pack::model::Unit;

use super::data::{FigureData, Goal};
use super::document::{Block, Inline};
use super::words::{Writer, size_text};
use crate::insight::{Aim, Cell, Decimal, Progress, address, with_unit};

/// Places named as causes of a gap.
const CAUSES: usize = 3;

/// Targets that are not met, what became worse, and what a person must add.
pub(super) fn problems(w: &mut Writer<'_>) {
    let title = w.t("summary-problems");
    w.heading(&title);
    let mut number = 0;
    for goal in unmet(w) {
        let Some(position) = goal.figure else {
            continue;
        };
        number += 1;
        let text = problem(w, goal, position, number);
        w.blocks.push(Block::Paragraph(text));
    }
    let (met, some) = (
        w.data.goals_at(Progress::Met).count(),
        w.data.plan.is_some(),
    );
    if number == 0 && met > 0 && some {
        let text = w.sentence("summary-no-problem", []);
        w.blocks.push(Block::Paragraph(text));
    }
    let data = w.data;
    let worse: Vec<&FigureData> = (0..)
        .zip(&data.figures)
        .filter(|(position, figure)| {
            figure.is_improved() == Some(false)
                && !unmet(w).iter().any(|goal| goal.figure == Some(*position))
        })
        .map(|(_, figure)| figure)
        .collect();
    if !worse.is_empty() {
        number += 1;
        let mut text = vec![Inline::Strong(format!(
            "{}{}",
            w.part_number(number),
            w.t("summary-worse")
        ))];
        let mut items = Vec::new();
        for figure in worse {
            let before = w.number(
                figure,
                crate::insight::shown(figure.before, figure.unit).value,
            );
            let now = w.number(figure, crate::insight::shown(figure.now, figure.unit).value);
            items.push(w.sentence(
                "summary-from-to",
                [
                    ("title", figure.title.get(w.language).into()),
                    ("before", before.into()),
                    ("now", now.into()),
                ],
            ));
        }
        text.extend(w.joined(items, "summary-clause-joiner"));
        text.push(Inline::Text(w.t("summary-full-stop")));
        w.blocks.push(Block::Paragraph(text));
    }
    for part in ["summary-blank-causes", "summary-blank-resources"] {
        let blank = w.t(part);
        w.blocks.push(Block::Paragraph(vec![Inline::Blank(blank)]));
    }
}

/// The goals that fall short, the widest first, measured in parts of the target.
fn unmet<'a>(w: &Writer<'a>) -> Vec<&'a Goal> {
    let data = w.data;
    let mut goals: Vec<&Goal> = data
        .goals_at(Progress::Behind)
        .filter(|goal| goal.figure.is_some() && goal.aim.is_some())
        .collect();
    let width = |goal: &Goal| {
        let value = goal
            .figure
            .and_then(|position| data.figures[position].now.value());
        let limit = match goal.aim {
            Some(Aim::AtLeast(limit) | Aim::AtMost(limit) | Aim::Between(limit, _)) => {
                limit.as_f64().abs().max(f64::MIN_POSITIVE)
            }
            None => 1.0,
        };
        value
            .and_then(|value| goal.distance(value))
            .map_or(0.0, |distance| distance.as_f64() / limit)
    };
    goals.sort_by(|one, other| width(other).total_cmp(&width(one)));
    goals
}

fn problem(w: &mut Writer<'_>, goal: &Goal, position: usize, number: usize) -> Vec<Inline> {
    let figure = &w.data.figures[position];
    let lead = w.words(
        "summary-problem-lead",
        &[("title", figure.title.get(w.language))],
    );
    let mut text = vec![Inline::Strong(format!("{}{lead}", w.part_number(number)))];
    if let (Some(aim), Some(value)) = (goal.aim, figure.now.value()) {
        let aim = w.aim(figure, aim);
        let now = w.number(figure, with_unit(value, figure.unit));
        let gap = w.number(
            figure,
            goal.distance(value)
                .map(|size| size_text(w.language, size, figure.unit))
                .unwrap_or_default(),
        );
        let key = if figure.unit == Unit::Percent {
            "summary-problem-points"
        } else {
            "summary-problem"
        };
        text.extend(w.sentence(
            key,
            [
                ("aim", aim.into()),
                ("now", now.into()),
                ("gap", gap.into()),
            ],
        ));
    }
    let is_over_limit = matches!(goal.aim, Some(Aim::AtMost(_)));
    if let Some(missing) = goal.judgement.missing.filter(|missing| *missing > 0) {
        let missing = w.number(figure, missing.to_string());
        let key = if is_over_limit {
            "summary-too-many"
        } else {
            "summary-missing"
        };
        text.extend(w.sentence(key, [("missing", missing.into())]));
    }
    text.push(Inline::Text(w.t("summary-full-stop")));
    text.extend(causes(w, goal, figure));
    text
}

/// From which places a gap comes.
fn causes(w: &mut Writer<'_>, goal: &Goal, figure: &FigureData) -> Vec<Inline> {
    let parts = goal.contributions();
    if parts.is_empty() {
        return Vec::new();
    }
    let count = w.number(figure, parts.len().to_string());
    let of = w.number(figure, w.data.places.len().to_string());
    let below = w.below();
    let mut items = Vec::new();
    for part in parts.iter().take(CAUSES) {
        let missing = w.number_at(figure, part.place, part.missing.to_string());
        let share = w.number_at(figure, part.place, format!("{}%", part.share));
        let name = w.data.places[part.place].name.as_str();
        items.push(w.sentence(
            "summary-cause",
            [
                ("name", name.into()),
                ("missing", missing.into()),
                ("share", share.into()),
            ],
        ));
    }
    let all: i64 = parts.iter().map(|part| part.missing).sum();
    let all = w.number(figure, all.to_string());
    let items = w.joined(items, "summary-joiner");
    w.sentence(
        "summary-causes",
        [
            ("of", of.into()),
            ("below", below.into()),
            ("count", count.into()),
            ("all", all.into()),
            ("items", items.into()),
        ],
    )
}

/// What is to be done: where, for how many persons, and with which list.
pub(super) fn next_steps(w: &mut Writer<'_>) {
    let title = w.t("summary-next");
    w.heading(&title);
    let data = w.data;
    let mut number = 0;
    for goal in unmet(w)
        .into_iter()
        .chain(data.goals_at(Progress::OnCourse))
    {
        let Some(position) = goal.figure else {
            continue;
        };
        number += 1;
        let text = step(w, goal, &data.figures[position], number);
        w.blocks.push(Block::Paragraph(text));
    }
    let keep: Vec<Vec<Inline>> = data
        .goals_at(Progress::Met)
        .filter_map(|goal| goal.figure)
        .map(|position| {
            vec![Inline::Text(
                data.figures[position].title.get(w.language).to_owned(),
            )]
        })
        .collect();
    if !keep.is_empty() {
        number += 1;
        let items = w.joined(keep, "summary-joiner");
        let mut text = vec![Inline::Strong(format!(
            "{}{}",
            w.part_number(number),
            w.t("summary-keep-lead")
        ))];
        text.extend(w.sentence("summary-keep", [("items", items.into())]));
        w.blocks.push(Block::Paragraph(text));
    }
    let blank = w.t("summary-blank-next");
    w.blocks.push(Block::Paragraph(vec![Inline::Blank(blank)]));
}

fn step(w: &mut Writer<'_>, goal: &Goal, figure: &FigureData, number: usize) -> Vec<Inline> {
    let lead = w.words(
        if matches!(goal.aim, Some(Aim::AtMost(_))) {
            "summary-step-lower"
        } else {
            "summary-step-raise"
        },
        &[("title", figure.title.get(w.language))],
    );
    let mut text = vec![Inline::Strong(format!("{}{lead}", w.part_number(number)))];
    let names: Vec<Vec<Inline>> = goal
        .contributions()
        .iter()
        .take(CAUSES)
        .map(|part| vec![Inline::Text(w.data.places[part.place].name.clone())])
        .collect();
    if !names.is_empty() {
        let names = w.joined(names, "summary-joiner");
        let key = if matches!(goal.aim, Some(Aim::AtMost(_))) {
            "summary-step-where-lower"
        } else {
            "summary-step-where"
        };
        text.extend(w.sentence(key, [("names", names.into())]));
    }
    let is_over = w.data.is_over(figure);
    match (
        goal.aim,
        goal.judgement.missing.filter(|missing| *missing > 0),
    ) {
        (Some(Aim::AtMost(limit)), Some(_)) => {
            let limit = w.aim(figure, Aim::AtMost(limit));
            text.extend(w.sentence("summary-step-limit", [("aim", limit.into())]));
        }
        (Some(aim), Some(missing)) => {
            let (aim, missing) = (w.aim(figure, aim), w.number(figure, missing.to_string()));
            let key = if is_over {
                "summary-step-next-year"
            } else {
                "summary-step-missing"
            };
            text.extend(w.sentence(key, [("aim", aim.into()), ("missing", missing.into())]));
        }
        _ => {}
    }
    // Who would close the gap is a list of persons still to be counted; above a ceiling there are too many already.
    if !is_over && figure.has_gap && !matches!(goal.aim, Some(Aim::AtMost(_))) {
        text.extend(reach(w, goal, figure));
    }
    text.push(Inline::Text(w.t("summary-full-stop")));
    text
}

/// How many can still be counted, what that would make of the rate, and their list.
fn reach(w: &mut Writer<'_>, goal: &Goal, figure: &FigureData) -> Vec<Inline> {
    let Some(reach) = goal.within_reach else {
        return Vec::new();
    };
    let missing = goal.judgement.missing.unwrap_or_default();
    let number = w.number(figure, reach.to_string());
    let mut text = w.sentence(
        if reach == 0 {
            "summary-reach-none"
        } else {
            "summary-reach"
        },
        [("reach", number.into())],
    );
    if reach > 0 {
        let path = format!(
            "{}&group=gap",
            address(&figure.id, "/persons", &w.data.node.code, figure.period)
        );
        if let Some(base) = &w.data.address {
            let link = vec![Inline::Link(
                w.t("summary-list-link"),
                format!("{base}{path}"),
            )];
            text.extend(w.sentence("summary-list", [("link", link.into())]));
        }
    }
    if let (true, Cell::Known(counts), Some(Aim::AtLeast(_))) =
        (reach > 0 && reach < missing, figure.now, goal.aim)
    {
        let best = counts.denominator.and_then(|of| {
            Decimal::quotient(
                i128::from(counts.numerator + reach) * i128::from(figure.unit.factor()),
                i128::from(of),
                2,
            )
        });
        // Only where all who are within reach belong to the denominator already can this be said; else it grows with them.
        if let Some(best) =
            best.filter(|best| best.cmp_value(Decimal::whole(figure.unit.factor())).is_le())
        {
            let best = w.number(figure, with_unit(best, figure.unit));
            text.extend(w.sentence("summary-reach-not-enough", [("value", best.into())]));
        }
    }
    text
}
