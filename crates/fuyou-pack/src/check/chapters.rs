//! `summary.csv`: the chapters of the annual summary and the indicators that each tells about.

use fuyou_kernel::Localized;

use super::Context;
use super::names::check_snake;
use crate::model::{Chapter, Indicator, IndicatorIx, Told};
use crate::raw::{nearest, read_sheet};

const HEADER: [&str; 6] = ["chapter", "zh", "en", "indicator", "told", "charts"];

/// Reads the chapters of the outermost layer that has any: an overlay writes its own outline, not a part of one.
pub(crate) fn chapters(
    context: &Context<'_>,
    layers: usize,
    indicators: &[Indicator],
) -> Vec<Chapter> {
    let mut files = (0..layers)
        .rev()
        .filter_map(|layer| context.files.get(&(layer, "summary.csv".to_owned())));
    files
        .next()
        .map_or_else(Vec::new, |file| read(context, *file, indicators))
}

fn read(context: &Context<'_>, file: usize, indicators: &[Indicator]) -> Vec<Chapter> {
    let report = context.report;
    let sheet = read_sheet(report, file);
    if sheet.titles().map(|(_, title)| title).ne(HEADER) {
        let expected = HEADER.join(",");
        report.error(
            sheet.at,
            format!("表头应为 {expected}"),
            format!("the header should be {expected}"),
        );
        return Vec::new();
    }
    let mut chapters: Vec<Chapter> = Vec::new();
    for row in &sheet.rows {
        let cell = |column: usize| row.cell(column);
        check_snake(report, cell(0), row.at);
        let Some(position) = indicators
            .iter()
            .position(|indicator| &*indicator.id == cell(3))
        else {
            let known = nearest(cell(3), indicators.iter().map(|indicator| &*indicator.id))
                .map(str::to_owned);
            let zh = format!("没有指标「{}」", cell(3));
            report.error_with(
                row.at,
                Localized::new(zh, format!("there is no indicator `{}`", cell(3))),
                known,
            );
            continue;
        };
        let Some(told) = Told::of_words(cell(4), cell(5)) else {
            report.error(
                row.at,
                "told 应为 fully 或 briefly,charts 应为空、ranking、trend 或 ranking|trend",
                "told should be fully or briefly, charts empty, ranking, trend or ranking|trend",
            );
            continue;
        };
        let entry = (IndicatorIx::new(position), told);
        match chapters.iter_mut().find(|chapter| &*chapter.id == cell(0)) {
            Some(chapter) => chapter.indicators.push(entry),
            None if cell(1).is_empty() || cell(2).is_empty() => report.error(
                row.at,
                "一章的第一行要写中英文标题",
                "the first row of a chapter needs its heading in both languages",
            ),
            None => chapters.push(Chapter {
                id: cell(0).into(),
                title: Localized::new(cell(1), cell(2)),
                indicators: vec![entry],
            }),
        }
    }
    chapters
}
