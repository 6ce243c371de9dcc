//! Layers are the same from memory and from both databases, add up to the figure, are what counting row by row gives, and
//! open into their persons; small layers of findings are hidden.

use std::collections::HashSet;

use fuyou_kernel::{Date, Id, Period, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::indicator::contributions;
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx, StratumIx};
use uuid::Uuid;

use super::{
    Behind, Cell, Group, Live, Order, Question, Source, SplitQuestion, Strata, figures, persons,
    strata,
};
use crate::access::{Actor, Role};
use crate::registry::{OrganizationId, Tree};
use crate::testkit::{Enrolled, TestApp, on_each_database, population, sample_pack, store_facts};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 5] = ["990001", "990001001", "990002", "990002001", "990000H"];

fn computed(pack: &Pack) -> Vec<IndicatorIx> {
    let all = (0..pack.indicators.len()).map(IndicatorIx::new);
    all.filter(|ix| pack.strata_of(pack.indicator(*ix)).next().is_some())
        .collect()
}

fn asked(
    tree: &Tree,
    indicator: IndicatorIx,
    stratum: StratumIx,
    periods: &[&str],
) -> SplitQuestion {
    SplitQuestion {
        indicator,
        stratum,
        nodes: tree.all().iter().map(|node| node.id).collect(),
        periods: periods.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

/// Numerator and denominator of a layer, counted row by row.
fn by_hand(
    (pack, tree, rows): (&Pack, &Tree, &[Enrolled]),
    question: &SplitQuestion,
    layer: Option<usize>,
    (node, period): (OrganizationId, Period),
) -> (i64, i64) {
    let IndicatorEntry::Computed {
        numerator,
        denominator,
    } = pack.indicator(question.indicator).entry
    else {
        panic!("only computed indicators are split");
    };
    let stratum = pack.stratum(question.stratum);
    let of = |side: MeasureIx| -> i64 {
        let own = rows
            .iter()
            .filter(|row| stratum.layer_of(&row.row) == layer);
        let parts = own.flat_map(|row| contributions(pack, side, &row.row));
        let inside = parts.filter(|part| {
            let place = part.org.as_deref().and_then(|code| tree.by_code(code));
            let on = part.on.and_then(|day| Date::try_from(day).ok());
            place.is_some_and(|place| tree.contains(node, place.id))
                && on.is_some_and(|on| period.contains(on))
        });
        inside.map(|part| part.value).sum()
    };
    (of(numerator), denominator.map_or(0, of))
}

fn sizes(cell: Cell) -> (i64, i64) {
    let figure = cell.figure().unwrap();
    (figure.numerator, figure.denominator.unwrap_or(0))
}

/// Memory and the store say the same.
async fn from_both(
    source: Source<'_>,
    live: &Live,
    question: &SplitQuestion,
    reader: Secrecy,
) -> Strata {
    let stored = strata(source, question, reader).await.unwrap();
    let held = strata(source.with(live), question, reader).await.unwrap();
    assert_eq!(held, stored);
    stored
}

#[tokio::test]
async fn layers_are_what_counting_row_by_row_gives_and_add_up_to_the_figure() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        let rows = population(&pack, &PLACES, 300);
        store_facts(app.app.db(), &pack, &rows).await;
        let source = Source::store(app.app.db(), &pack, &tree);
        let live = Live::start(app.app.db(), &pack, 2, None).unwrap();
        live.loaded().await;
        let (mut compared, mut filled) = (0, 0);
        for ix in computed(&pack) {
            for stratum in pack.strata_of(pack.indicator(ix)) {
                let question = asked(
                    &tree,
                    ix,
                    stratum,
                    &["s2025", "2025", "2025Q2", "2025-02..2025-07"],
                );
                let found = from_both(source, &live, &question, Secrecy::Infection).await;
                let whole = Question {
                    indicators: vec![ix],
                    nodes: question.nodes.clone(),
                    periods: question.periods.clone(),
                };
                let whole = figures(source, &whole, Secrecy::Infection).await.unwrap();
                for (node, id) in question.nodes.iter().enumerate() {
                    for (period, asked) in question.periods.iter().enumerate() {
                        let mut sum = (0, 0);
                        for layer in 0..found.layers {
                            let told = sizes(found.get(layer, node, period));
                            let known = (layer + 1 < found.layers).then_some(layer);
                            let plainly =
                                by_hand((&pack, &tree, &rows), &question, known, (*id, *asked));
                            assert_eq!(told, plainly, "{} layer {layer}", pack.indicator(ix).id);
                            sum = (sum.0 + told.0, sum.1 + told.1);
                            compared += 1;
                            filled += usize::from(told.0 > 0);
                        }
                        assert_eq!(sum, sizes(whole.get(ix, *id, *asked)));
                    }
                }
            }
        }
        live.stop().await;
        app.say(&format!("{compared} layers, {filled} above 0"));
        assert!(filled > 200, "{filled}");
    })
    .await;
}

fn worker(app: &TestApp, role: Role) -> Actor {
    Actor {
        id: Id::from_uuid(Uuid::nil()),
        login: "test".into(),
        name: "test".into(),
        role,
        organization: app.organization("990000"),
        tree: app.app.tree(),
    }
}

#[tokio::test]
async fn every_layer_opens_into_exactly_its_persons() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 200)).await;
        let source = Source::store(app.app.db(), &pack, &tree);
        let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
        live.loaded().await;
        let county = worker(app, Role::CountyWorker);
        let root = app.organization("990000");
        let position = |question: &SplitQuestion| {
            let mut nodes = question.nodes.iter();
            nodes.position(|node| *node == root).unwrap()
        };
        let ix = pack.indicator_ix("early_rate").unwrap();
        for stratum in pack.strata_of(pack.indicator(ix)) {
            let question = asked(&tree, ix, stratum, &["s2025"]);
            let found = from_both(source, &live, &question, Secrecy::Infection).await;
            let mut seen = HashSet::new();
            for layer in 0..found.layers {
                let (counted, of) = sizes(found.get(layer, position(&question), 0));
                let known = (layer + 1 < found.layers).then_some(layer);
                for (group, expected) in
                    [(Group::Counted, counted), (Group::NotCounted, of - counted)]
                {
                    let behind = Behind {
                        indicator: ix,
                        node: root,
                        period: question.periods[0],
                        group,
                        layer: Some((stratum, known)),
                        order: Order::default(),
                    };
                    let page = persons(source, &county, &behind, None, 500).await.unwrap();
                    let held = persons(source.with(&live), &county, &behind, None, 500).await;
                    assert_eq!(held.unwrap(), page);
                    assert_eq!(page.total, expected);
                    for line in page.lines {
                        assert!(seen.insert(line.enrollment), "in one layer and group only");
                    }
                }
            }
            app.say(&format!("{} {}", pack.stratum(stratum).id, seen.len()));
        }
        // Who may not see findings opens no layer of them, even of an open indicator.
        let finding = pack
            .strata_of(pack.indicator(ix))
            .find(|stratum| &*pack.stratum(*stratum).id == "finding");
        let behind = Behind {
            indicator: ix,
            node: root,
            period: "s2025".parse().unwrap(),
            group: Group::Counted,
            layer: finding.map(|stratum| (stratum, Some(0))),
            order: Order::default(),
        };
        let township = worker(app, Role::TownshipWorker);
        assert!(persons(source, &township, &behind, None, 5).await.is_err());
        live.stop().await;
    })
    .await;
}

#[tokio::test]
async fn small_layers_of_findings_are_hidden_with_their_whole_group() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 900)).await;
        let source = Source::store(app.app.db(), &pack, &tree);
        let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
        live.loaded().await;
        let ix = pack.indicator_ix("births").unwrap();
        let (mut hidden, mut shown) = (0, 0);
        for stratum in pack.strata_of(pack.indicator(ix)) {
            let is_secret = pack.stratum(stratum).secrecy == Secrecy::Infection;
            let question = asked(&tree, ix, stratum, &["2025", "2025-03", "s2025", "2030"]);
            let all = from_both(source, &live, &question, Secrecy::Infection).await;
            let open = from_both(source, &live, &question, Secrecy::Open).await;
            for (node, id) in question.nodes.iter().enumerate() {
                for period in 0..question.periods.len() {
                    let layers = || (0..all.layers).map(|layer| open.get(layer, node, period));
                    if !is_secret {
                        assert!(layers().all(|cell| cell != Cell::Suppressed));
                        continue;
                    }
                    // All layers of a cell are hidden together, and only years of the indicator's own kind are shown.
                    let is_hidden = layers().all(|cell| cell == Cell::Suppressed);
                    assert_eq!(is_hidden, layers().any(|cell| cell == Cell::Suppressed));
                    assert!(is_hidden || period == 0 || period == 3);
                    let small = |layer| (1..5).contains(&sizes(all.get(layer, node, period)).0);
                    assert!(is_hidden || !(0..all.layers).any(small));
                    // What is shown below adds up to nothing that is hidden above.
                    let above = tree.ancestors(*id);
                    let above = above.iter().rev().nth(1).map(|above| above.id);
                    let position = |id| question.nodes.iter().position(|node| *node == id);
                    if let Some(above) = above.and_then(position).filter(|_| !is_hidden) {
                        assert_ne!(open.get(0, above, period), Cell::Suppressed);
                    }
                    hidden += usize::from(is_hidden);
                    shown += usize::from(!is_hidden);
                }
            }
        }
        live.stop().await;
        app.say(&format!("{hidden} cells hidden, {shown} shown"));
        assert!(hidden > 0 && shown > 0, "{hidden} {shown}");
    })
    .await;
}
