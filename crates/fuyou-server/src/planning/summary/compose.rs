//! The order of a summary: title, overall, organization of work, goals, chapters, problems, next steps, annex.

use fuyou_kernel::Language;
use fuyou_pack::model::Unit;

use super::data::{FigureData, Goal, SummaryData};
use super::document::{Block, Column, Document, Inline, Orientation, Table};
use super::words::{Writer, size_text};
use super::{actions, chapters};
use crate::insight::{Cell, Progress, shown};

/// Columns of figures in a table of the annex; more would not leave room for numerator and denominator.
const ANNEX_COLUMNS: usize = 7;

/// The document of a summary.
pub fn compose(data: &SummaryData, language: Language) -> Document {
    let mut writer = Writer::new(data, language);
    let title = writer.words(
        "summary-title",
        &[("node", &data.node.name), ("year", &data.year.to_string())],
    );
    writer
        .blocks
        .push(Block::Title(vec![Inline::Text(title.clone())]));
    let at = writer.words("summary-subtitle", &[("at", &data.at)]);
    writer.blocks.push(Block::Subtitle(vec![Inline::Text(at)]));
    overall(&mut writer);
    organization(&mut writer);
    goals(&mut writer);
    chapters::chapters(&mut writer);
    actions::problems(&mut writer);
    actions::next_steps(&mut writer);
    signature(&mut writer);
    annex(&mut writer);
    Document {
        language,
        title,
        blocks: writer.blocks,
        notes: writer.notes,
    }
}

/// What the year was like, in one paragraph.
fn overall(w: &mut Writer<'_>) {
    let year = w.data.year.to_string();
    let mut text = w.sentence(
        "summary-opening",
        [
            ("node", w.data.node.name.as_str().into()),
            ("year", year.as_str().into()),
        ],
    );
    let measured = w
        .data
        .goals
        .iter()
        .filter(|goal| goal.aim.is_some())
        .count();
    if measured > 0 {
        let count = |w: &mut Writer<'_>, what: &str, progress: Progress| {
            let count = w
                .data
                .goals
                .iter()
                .filter(|goal| goal.aim.is_some() && goal.judgement.progress == progress)
                .count();
            w.count(what, count)
        };
        let all = w.count("goals", measured);
        let met = count(w, "met", Progress::Met);
        let behind = count(w, "behind", Progress::Behind);
        text.extend(w.sentence(
            "summary-goals",
            [
                ("all", all.into()),
                ("met", met.into()),
                ("behind", behind.into()),
            ],
        ));
        for (what, key, progress) in [
            ("course", "summary-goals-course", Progress::OnCourse),
            ("unknown", "summary-goals-unknown", Progress::Unknown),
        ] {
            if w.data
                .goals
                .iter()
                .any(|goal| goal.aim.is_some() && goal.judgement.progress == progress)
            {
                let number = count(w, what, progress);
                text.extend(w.sentence(key, [("count", number.into())]));
            }
        }
        text.push(Inline::Text(w.t("summary-full-stop")));
    }
    let compared: Vec<Option<bool>> = w
        .data
        .figures
        .iter()
        .filter(|figure| figure.change().is_some() && figure.is_improved().is_some())
        .map(FigureData::is_improved)
        .collect();
    if !compared.is_empty() {
        let better = compared
            .iter()
            .filter(|improved| **improved == Some(true))
            .count();
        let (all, better, worse) = (
            w.count("compared", compared.len()),
            w.count("better", better),
            w.count("worse", compared.len() - better),
        );
        text.extend(w.sentence(
            "summary-compared",
            [
                ("all", all.into()),
                ("better", better.into()),
                ("worse", worse.into()),
            ],
        ));
    }
    w.blocks.push(Block::Paragraph(text));
}

/// What no figure knows: a person writes it. Nothing is made up here.
fn organization(w: &mut Writer<'_>) {
    let title = w.t("summary-organization");
    w.heading(&title);
    for (number, part) in (1..).zip([
        "leadership",
        "network",
        "training",
        "education",
        "supervision",
    ]) {
        let lead = format!(
            "{}{}",
            w.part_number(number),
            w.t(&format!("summary-organization-{part}"))
        );
        let blank = w.t(&format!("summary-blank-{part}"));
        w.blocks.push(Block::Paragraph(vec![
            Inline::Strong(lead),
            Inline::Blank(blank),
        ]));
    }
}

fn goals(w: &mut Writer<'_>) {
    let title = w.t("summary-goals-heading");
    w.heading(&title);
    let Some(plan) = w.data.plan.clone() else {
        let blank = w.t("summary-no-plan");
        w.blocks.push(Block::Paragraph(vec![Inline::Blank(blank)]));
        return;
    };
    let text = w.sentence("summary-goals-table", [("plan", plan.into())]);
    w.blocks.push(Block::Paragraph(text));
    let column = |w: &Writer<'_>, key: &str, width: u32, is_number: bool| Column {
        title: w.t(key),
        width,
        is_number,
    };
    let columns = vec![
        column(w, "summary-column-goal", 34, false),
        column(w, "summary-column-before", 17, true),
        column(w, "summary-column-now", 19, true),
        column(w, "summary-column-target", 21, true),
        column(w, "summary-column-met", 16, false),
        column(w, "summary-column-gap", 25, true),
    ];
    let data = w.data;
    let rows = data.goals.iter().map(|goal| goal_row(w, goal)).collect();
    let caption = vec![Inline::Text(w.t("summary-goals-caption"))];
    w.blocks.push(Block::Table(Table {
        caption,
        columns,
        rows,
    }));
}

fn goal_row(w: &mut Writer<'_>, goal: &Goal) -> Vec<Vec<Inline>> {
    let Some(position) = goal.figure else {
        // Nothing computes it: the plan's words stand, the rest is for a person.
        let asked = w.marked(
            &format!("plan_asked_{}", w.data.year),
            goal.asked.clone(),
            None,
        );
        let blank = || vec![Inline::Blank(w.t("summary-blank"))];
        let (before, now, met) = (blank(), blank(), blank());
        return vec![
            vec![Inline::Text(goal.written.clone())],
            before,
            now,
            asked,
            met,
            Vec::new(),
        ];
    };
    let figure = &w.data.figures[position];
    let before = shown(figure.before, figure.unit).value;
    let before = if figure.before.value().is_some() {
        w.number(figure, before)
    } else {
        vec![Inline::Text(before)]
    };
    let now = if figure.now.value().is_some() {
        w.value(position)
    } else {
        vec![Inline::Text(shown(figure.now, figure.unit).value)]
    };
    let asked = match goal.aim {
        Some(aim) => w.aim(figure, aim),
        None => w.marked(
            &format!("a_{}_{}", figure.id, figure.period),
            goal.asked.clone(),
            None,
        ),
    };
    let word = match (goal.aim, goal.judgement.progress) {
        (None, _) | (_, Progress::Unknown) => vec![Inline::Blank(w.t("summary-person-judges"))],
        (_, Progress::Met) => vec![Inline::Text(w.t("summary-is-met"))],
        (_, Progress::OnCourse) => vec![Inline::Text(w.t("summary-is-on-course"))],
        (_, Progress::Behind) => vec![Inline::Strong(w.t("summary-is-behind"))],
    };
    let gap = match (
        goal.judgement.progress,
        figure.now.value().and_then(|value| goal.distance(value)),
    ) {
        (Progress::Behind | Progress::OnCourse, Some(distance)) => {
            let size = size_text(w.language, distance, figure.unit);
            let size = w.number(figure, size);
            let key = if figure.unit == Unit::Percent {
                "summary-points"
            } else {
                "summary-plain"
            };
            w.sentence(key, [("value", size.into())])
        }
        _ => Vec::new(),
    };
    vec![
        vec![Inline::Text(figure.title.get(w.language).to_owned())],
        before,
        now,
        asked,
        word,
        gap,
    ]
}

fn signature(w: &mut Writer<'_>) {
    let blank = w.t("summary-signature");
    w.blocks.push(Block::Signature(vec![Inline::Blank(blank)]));
    let date = w.date(w.data.today);
    w.blocks.push(Block::Signature(vec![Inline::Text(date)]));
}

/// The places with the figures that the chapters tell fully, some at a time.
fn annex(w: &mut Writer<'_>) {
    let fully = w
        .data
        .chapters
        .iter()
        .flat_map(|chapter| &chapter.told)
        .filter(|(_, told)| told.fully);
    let fully: Vec<usize> = fully
        .map(|(position, _)| *position)
        .filter(|position| w.data.figures[*position].now != Cell::Absent)
        .collect();
    if w.data.places.is_empty() || fully.is_empty() {
        return;
    }
    w.blocks.push(Block::Pages(Orientation::Landscape));
    for (number, some) in (1..).zip(fully.chunks(ANNEX_COLUMNS)) {
        let below = w.below();
        let caption = w.words(
            "summary-annex",
            &[
                ("number", &number.to_string()),
                ("node", &w.data.node.name),
                ("year", &w.data.year.to_string()),
                ("below", &below),
            ],
        );
        let mut columns = vec![Column {
            title: below,
            width: 20,
            is_number: false,
        }];
        columns.extend(some.iter().map(|position| Column {
            title: w.data.figures[*position].title.get(w.language).to_owned(),
            width: 19,
            is_number: true,
        }));
        let mut rows = Vec::new();
        for (place, at) in w.data.places.iter().zip(0..) {
            let mut row = vec![vec![Inline::Text(place.name.clone())]];
            for position in some {
                let figure = &w.data.figures[*position];
                row.push(annex_cell(w, figure, Some(at)));
            }
            rows.push(row);
        }
        let mut all = vec![vec![Inline::Strong(w.t("summary-annex-all"))]];
        for position in some {
            let figure = &w.data.figures[*position];
            all.push(annex_cell(w, figure, None));
        }
        rows.push(all);
        w.blocks.push(Block::Table(Table {
            caption: vec![Inline::Text(caption)],
            columns,
            rows,
        }));
    }
    let explained = w.t("summary-annex-explained");
    w.blocks
        .push(Block::Paragraph(vec![Inline::Text(explained)]));
}

/// A rate with its counts; `*` and `–` as on the pages.
fn annex_cell(w: &mut Writer<'_>, figure: &FigureData, place: Option<usize>) -> Vec<Inline> {
    let cell = place.map_or(figure.now, |place| figure.below[place]);
    let text = shown(cell, figure.unit);
    if cell.figure().is_none() {
        return vec![Inline::Text(text.value)];
    }
    let mut mark = |text: String| match place {
        Some(place) => w.number_at(figure, place, text),
        None => w.number(figure, text),
    };
    let mut inlines = mark(text.value);
    if !text.parts.is_empty() {
        inlines.push(Inline::Text(" (".to_owned()));
        inlines.extend(mark(text.parts.replace(' ', "")));
        inlines.push(Inline::Text(")".to_owned()));
    }
    inlines
}
