//! The whole pack: head, sources, value sets, programs, indicators, terms.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;

use super::{
    Context, Sources, chapters, charts, curves, indicators, names, opens, program, strata, terms,
    values,
};
use crate::model::{Change, ItemKind, Layer, Pack, Place, ProgramIx, Source, SourceIx};
use crate::raw::{Item, LayerHead, Reader};

/// Checks everything. `None` when not even the head could be read.
pub(crate) fn pack(
    context: &Context<'_>,
    heads: &[Option<LayerHead>],
    changes: Vec<Change>,
) -> Option<Pack> {
    let mut layers = Vec::new();
    let mut region = None;
    for head in heads {
        let below = layers.last().map(|layer: &Layer| Arc::clone(&layer.id));
        if let Some((layer, own_region)) = head
            .as_ref()
            .and_then(|head| read_head(context, head, below))
        {
            layers.push(layer);
            region = own_region.or(region);
        }
    }
    let sources = read_sources(context);
    let by_id: Sources<'_> = sources
        .iter()
        .enumerate()
        .map(|(position, source)| (&*source.id, SourceIx::new(position)))
        .collect();
    let (value_sets, sets) = values::value_sets(context, &by_id);
    let (curves, known_curves) = curves::curves(context, &by_id, &sets);
    let mut programs = Vec::new();
    let mut names: Vec<&str> = context
        .items
        .list
        .iter()
        .flatten()
        .filter(|item| !item.program.is_empty())
        .map(|item| item.program.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    // Nothing of a program is known to another one yet.
    std::thread::scope(|scope| {
        let (by_id, sets, curves) = (&by_id, &sets, &known_curves);
        let checks: Vec<_> = names
            .iter()
            .map(|name| scope.spawn(move || program::program(context, by_id, sets, curves, name)))
            .collect();
        for check in checks {
            programs.extend(check.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
    });
    let opens: Vec<_> = programs
        .iter()
        .map(|program| opens::opens(context, &by_id, &sets, &programs, program))
        .collect();
    let charts: Vec<_> = programs
        .iter()
        .map(|program| charts::charts(context, &by_id, &curves, program))
        .collect();
    for ((program, opens), charts) in programs.iter_mut().zip(opens).zip(charts) {
        (program.opens, program.charts) = (opens, charts);
    }
    let mut measures = indicators::Measures::default();
    for (position, program) in programs.iter().enumerate() {
        measures.read_measures(context, ProgramIx::new(position), program);
    }
    let mut indicators = Vec::new();
    for (position, program) in programs.iter().enumerate() {
        indicators.extend(measures.read_indicators(
            context,
            &by_id,
            &programs,
            ProgramIx::new(position),
            program,
        ));
    }
    let strata = strata::strata(context, &by_id, &sets, &programs);
    let cases = crate::cases::read_cases(context, &programs, &strata);
    let top = layers.last()?.clone();
    let terms = terms::terms(context, heads.len(), &programs, &indicators);
    let chapters = chapters::chapters(context, heads.len(), &indicators);
    Some(Pack {
        id: top.id,
        version: top.version,
        title: top.title,
        region,
        layers,
        places: places(context),
        sources,
        value_sets,
        curves,
        programs,
        measures: measures.list,
        indicators,
        strata,
        terms,
        chapters,
        changes,
        cases,
    })
}

fn read_head(
    context: &Context<'_>,
    head: &LayerHead,
    below: Option<Arc<str>>,
) -> Option<(Layer, Option<String>)> {
    let reader = Reader::new(&head.table, context.report);
    let id = reader.need_text("id");
    let version = reader.need_text("version");
    let title = reader.need_localized("title");
    let extends = reader.text("extends");
    let region = reader.text("region").map(|region| region.text.to_owned());
    match (extends, &below) {
        (Some(extends), Some(below)) if extends.text == &**below => {}
        (None, None) => {}
        (Some(extends), _) => context.report.error(
            extends.at,
            format!("这里叠加在 {} 之上,但下面一层不是它", extends.text),
            format!(
                "this extends `{}`, which is not the pack below it",
                extends.text
            ),
        ),
        (None, Some(below)) => context.report.error(
            reader.at,
            format!("缺少 extends = \"{below}\""),
            format!("`extends = \"{below}\"` is missing"),
        ),
    }
    reader.finish();
    let id = id?;
    let layer = Layer {
        id: id.text.into(),
        version: version?.text.to_owned(),
        title,
    };
    Some((layer, region))
}

fn read_sources(context: &Context<'_>) -> Vec<Source> {
    let mut sources = Vec::new();
    for item in context.items.of(ItemKind::Source, "") {
        let reader = Reader::new(&item.table, context.report);
        reader.node("id");
        names::check_loose(context.report, &item.id, item.id_at);
        let title = reader
            .need_text("title")
            .map(|title| title.text.to_owned())
            .unwrap_or_default();
        let edition = reader
            .text("edition")
            .map(|edition| edition.text.to_owned());
        reader.finish();
        sources.push(Source {
            id: item.id.as_str().into(),
            title,
            edition,
        });
    }
    sources
}

fn places(context: &Context<'_>) -> BTreeMap<(ItemKind, Arc<str>, Arc<str>), Place> {
    let key = |item: &Item| {
        (
            item.kind,
            Arc::from(item.program.as_str()),
            Arc::from(item.id.as_str()),
        )
    };
    let items = context.items.list.iter().flatten();
    items
        .map(|item| (key(item), context.report.place(item.id_at)))
        .collect()
}
