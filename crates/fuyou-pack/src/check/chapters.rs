//! `summary.csv`: the chapters of the annual summary and the indicators that each tells about.

use fuyou_kernel::Localized;

use super::Context;
use crate::model::{Chapter, Indicator, IndicatorIx, Told};
use crate::raw::At;

const HEADER: [&str; 6] = ["chapter", "zh", "en", "indicator", "told", "charts"];

/// Reads the chapters of the outermost layer that has any: an overlay writes its own outline, not a part of one.
pub(crate) fn chapters(context: &Context<'_>, layers: usize, indicators: &[Indicator]) -> Vec<Chapter> {
    let mut files = (0..layers).rev().filter_map(|layer| context.files.get(&(layer, "summary.csv".to_owned())));
    files.next().map_or_else(Vec::new, |file| read(context, *file, indicators))
}

fn read(context: &Context<'_>, file: usize, indicators: &[Indicator]) -> Vec<Chapter> {
    let report = context.report;
    let at = |byte: u64| {
        let start = u32::try_from(byte).unwrap_or(0);
        At { file: u32::try_from(file).unwrap_or(0), start, end: start + 1 }
    };
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(report.files[file].text.as_bytes());
    let header = rows.headers().cloned().unwrap_or_default();
    if header.iter().map(str::trim).ne(HEADER) {
        let expected = HEADER.join(",");
        report.error(at(0), format!("表头应为 {expected}"), format!("the header should be {expected}"));
        return Vec::new();
    }
    let mut chapters: Vec<Chapter> = Vec::new();
    for row in rows.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let byte = error.position().map_or(0, csv::Position::byte);
                report.error(at(byte), format!("CSV 有误:{error}"), format!("not CSV: {error}"));
                break;
            }
        };
        let here = at(row.position().map_or(0, csv::Position::byte));
        let cell = |column: usize| row.get(column).unwrap_or("").trim();
        super::names::check_snake(report, cell(0), here);
        let Some(position) = indicators.iter().position(|indicator| &*indicator.id == cell(3)) else {
            report.error(here, format!("没有指标「{}」", cell(3)), format!("there is no indicator `{}`", cell(3)));
            continue;
        };
        let Some(told) = Told::of_words(cell(4), cell(5)) else {
            report.error(
                here,
                "told 应为 fully 或 briefly,charts 应为空、ranking、trend 或 ranking|trend".to_owned(),
                "told should be fully or briefly, charts empty, ranking, trend or ranking|trend".to_owned(),
            );
            continue;
        };
        let entry = (IndicatorIx::new(position), told);
        match chapters.iter_mut().find(|chapter| &*chapter.id == cell(0)) {
            Some(chapter) => chapter.indicators.push(entry),
            None if cell(1).is_empty() || cell(2).is_empty() => report.error(
                here,
                "一章的第一行要写中英文标题".to_owned(),
                "the first row of a chapter needs its heading in both languages".to_owned(),
            ),
            None => chapters.push(Chapter { id: cell(0).into(), title: Localized::new(cell(1), cell(2)), indicators: vec![entry] }),
        }
    }
    chapters
}
