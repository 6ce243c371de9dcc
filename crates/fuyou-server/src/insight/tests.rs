//! Figures are the same on both databases, and the same as counting row by row; every figure opens into its persons.

use fuyou_kernel::{Date, Period, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::indicator::{Contribution, contributions};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx};
use uuid::Uuid;

use super::order::{Cursor, Order, OrderBy};
use super::persons::{Behind, Group, Line, persons};
use super::{By, Cell, Live, Question, Source, figures, gaps, split};
use crate::access::{Actor, Role};
use crate::db::counted;
use crate::registry::{OrganizationId, Tree};
use crate::testkit::{TestApp, on_each_database, population, sample_pack, store_facts};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 5] = ["990001", "990001001", "990002", "990002001", "990000H"];

fn indicators(pack: &Pack) -> Vec<IndicatorIx> {
    (0..pack.indicators.len()).map(IndicatorIx::new).collect()
}

fn ix(pack: &Pack, id: &str) -> IndicatorIx {
    pack.indicator_ix(id).unwrap()
}

fn periods(texts: &[&str]) -> Vec<Period> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Adds up what each row contributes, without SQL.
fn by_hand(
    tree: &Tree,
    node: OrganizationId,
    period: Period,
    part: impl Iterator<Item = Contribution>,
) -> i64 {
    let inside = |contribution: &Contribution| {
        let place = contribution
            .org
            .as_deref()
            .and_then(|code| tree.by_code(code));
        let on = contribution.on.and_then(|day| Date::try_from(day).ok());
        place.is_some_and(|place| tree.contains(node, place.id))
            && on.is_some_and(|on| period.contains(on))
    };
    part.filter(inside)
        .map(|contribution| contribution.value)
        .sum()
}

#[tokio::test]
async fn every_cell_is_what_counting_row_by_row_gives() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        let rows = population(&pack, &PLACES, 400);
        store_facts(app.app.db(), &pack, &rows).await;
        let question = Question {
            indicators: indicators(&pack),
            nodes: tree.all().iter().map(|node| node.id).collect(),
            periods: periods(&[
                "s2025",
                "s2026",
                "2025",
                "2025Q2",
                "2025-03",
                "2025-02..2025-07",
                "2024",
            ]),
        };
        let cells = figures(
            Source::store(app.app.db(), &pack, &tree),
            &question,
            Secrecy::Infection,
        )
        .await
        .unwrap();
        let mut filled = 0;
        for ix in &question.indicators {
            let indicator = pack.indicator(*ix);
            for node in &question.nodes {
                for period in &question.periods {
                    let Some(figure) = cells.get(*ix, *node, *period).figure() else {
                        assert_eq!(
                            &*indicator.id, "sessions",
                            "only the typed indicator is without a figure"
                        );
                        continue;
                    };
                    let IndicatorEntry::Computed {
                        numerator,
                        denominator,
                    } = indicator.entry
                    else {
                        panic!("{} has a figure", indicator.id);
                    };
                    let of = |side: MeasureIx| {
                        let parts = rows
                            .iter()
                            .flat_map(|row| contributions(&pack, side, &row.row));
                        by_hand(&tree, *node, *period, parts)
                    };
                    let (numerator, denominator) = (of(numerator), denominator.map_or(0, of));
                    let place = format!("{} {} {period}", indicator.id, tree.name(*node));
                    assert_eq!(figure.numerator, numerator, "{place}");
                    assert_eq!(figure.denominator.unwrap_or(0), denominator, "{place}");
                    filled += usize::from(numerator > 0);
                }
            }
        }
        app.say(&format!(
            "{filled} cells above 0, {} unplaced",
            cells.unplaced
        ));
    })
    .await;
}

#[tokio::test]
async fn a_year_is_the_sum_of_its_months_and_a_node_the_sum_of_what_is_below() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 200)).await;
        let year: Period = "s2025".parse().unwrap();
        let root = app.organization("990000");
        let mut question = Question::of(vec![ix(&pack, "births")], root, year).with_children(&tree);
        question.periods.extend(split(year, By::Month).unwrap());
        let cells = figures(
            Source::store(app.app.db(), &pack, &tree),
            &question,
            Secrecy::Open,
        )
        .await
        .unwrap();
        let count = |node, period| {
            cells
                .get(ix(&pack, "births"), node, period)
                .figure()
                .unwrap()
                .numerator
        };
        let months: i64 = question.periods[1..]
            .iter()
            .map(|month| count(root, *month))
            .sum();
        let below: i64 = question.nodes[1..]
            .iter()
            .map(|child| count(*child, year))
            .sum();
        assert!(months > 0);
        assert_eq!((months, below), (count(root, year), count(root, year)));
    })
    .await;
}

/// A worker of the county; `secrecy` comes with the role.
fn actor(app: &TestApp, role: Role, code: &str) -> Actor {
    Actor {
        id: fuyou_kernel::Id::from_uuid(Uuid::nil()),
        login: "test".into(),
        name: "test".into(),
        role,
        organization: app.organization(code),
        tree: app.app.tree(),
    }
}

/// Every page, which memory and the store must tell alike.
async fn all_lines(
    source: Source<'_>,
    live: &Live,
    actor: &Actor,
    behind: &Behind,
    limit: usize,
) -> (i64, i64, usize) {
    let (mut adds, mut total, mut seen, mut after) = (0, 0, std::collections::HashSet::new(), None);
    loop {
        let page = persons(source, actor, behind, after.as_ref(), limit)
            .await
            .unwrap();
        let from_memory = persons(source.with(live), actor, behind, after.as_ref(), limit).await;
        assert_eq!(from_memory.unwrap(), page);
        assert!(page.lines.len() <= limit);
        for line in &page.lines {
            assert!(
                seen.insert(line.enrollment),
                "{} stands on two pages",
                line.enrollment
            );
            adds += line.adds;
        }
        total = total.max(page.total);
        match page.next {
            Some(cursor) => after = Cursor::read(&cursor.to_string(), behind.order),
            None => return (adds, total, seen.len()),
        }
    }
}

#[tokio::test]
async fn every_figure_opens_into_exactly_its_persons() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 300)).await;
        let worker = actor(app, Role::CountyWorker, "990000");
        let store = Source::store(app.app.db(), &pack, &tree);
        let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
        live.loaded().await;
        let period: Period = "s2025".parse().unwrap();
        for id in [
            "early_rate",
            "births",
            "births_per_finished",
            "finding_rate",
        ] {
            for code in ["990000", "990001", "990002001"] {
                let (indicator, node) = (ix(&pack, id), app.organization(code));
                let question = Question::of(vec![indicator], node, period);
                let cells = figures(
                    Source::store(app.app.db(), &pack, &tree),
                    &question,
                    Secrecy::Infection,
                )
                .await
                .unwrap();
                let figure = cells.get(indicator, node, period).figure().unwrap();
                let behind = |group| Behind {
                    indicator,
                    node,
                    period,
                    group,
                    layer: None,
                    order: Order::default(),
                };
                let (adds, total, lines) =
                    all_lines(store, &live, &worker, &behind(Group::Counted), 7).await;
                assert_eq!(adds, figure.numerator, "{id} {code}");
                assert_eq!(usize::try_from(total).unwrap(), lines, "{id} {code}");
                if id == "early_rate" || id == "finding_rate" {
                    let (_, rest, _) =
                        all_lines(store, &live, &worker, &behind(Group::NotCounted), 7).await;
                    assert_eq!(total + rest, figure.denominator.unwrap(), "{id} {code}");
                }
                app.say(&format!("{id} {code} {total}"));
            }
        }
        let gap = Behind {
            indicator: ix(&pack, "early_rate"),
            node: app.organization("990001"),
            period,
            group: Group::Gap,
            layer: None,
            order: Order::default(),
        };
        let (_, total, _) = all_lines(store, &live, &worker, &gap, 100).await;
        let counted = gaps(
            Source::store(app.app.db(), &pack, &tree),
            &[gap.indicator],
            &[gap.node],
            Secrecy::Open,
        )
        .await
        .unwrap();
        assert!(total > 0);
        assert_eq!(counted.get(gap.indicator, gap.node), Some(total));
        // In every order the same persons, none twice, on pages of any length.
        let births = Behind {
            indicator: ix(&pack, "births"),
            node: app.organization("990000"),
            period,
            group: Group::Counted,
            layer: None,
            order: Order::default(),
        };
        let (adds, total, lines) = all_lines(store, &live, &worker, &births, 7).await;
        for word in [
            "-organization",
            "on",
            "-on",
            "adds",
            "-adds",
            "name",
            "-name",
            "residence",
        ] {
            let order = Order::read(word).unwrap();
            assert_eq!(order.word(), word);
            let sorted = Behind {
                order,
                ..births.clone()
            };
            assert_eq!(
                all_lines(store, &live, &worker, &sorted, 7).await,
                (adds, total, lines)
            );
            let page = persons(store.with(&live), &worker, &sorted, None, 500)
                .await
                .unwrap();
            let key = |line: &Line| match order.by {
                OrderBy::Day => line.on.unwrap().to_string(),
                OrderBy::Adds => format!("{:09}", line.adds),
                OrderBy::Place => line.place.clone().unwrap(),
                // The facts of this test are of nobody whom the registry knows.
                OrderBy::Name | OrderBy::Residence => String::new(),
            };
            let mut keys: Vec<String> = page.lines.iter().map(key).collect();
            if word.starts_with('-') {
                keys.reverse();
            }
            assert!(keys.is_sorted(), "{word}: {keys:?}");
        }
        assert!(Order::read("phone").is_none());
    })
    .await;
}

#[tokio::test]
async fn who_may_not_open_a_figure_sees_no_person() {
    on_each_database(TODAY, async |app| {
        let pack = sample_pack();
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 60)).await;
        let period: Period = "s2025".parse().unwrap();
        let behind = |id: &str, code: &str| Behind {
            indicator: ix(&pack, id),
            node: app.organization(code),
            period,
            group: Group::Counted,
            layer: None,
            order: Order::default(),
        };
        let check = async |role: Role, at: &str, id: &str, code: &str, allowed: bool| {
            let outcome = persons(
                Source::store(app.app.db(), &pack, &app.app.tree()),
                &actor(app, role, at),
                &behind(id, code),
                None,
                10,
            )
            .await;
            assert_eq!(
                outcome.is_ok(),
                allowed,
                "{role:?} at {at} opens {id} of {code}"
            );
        };
        check(Role::CountyWorker, "990000", "early_rate", "990001", true).await;
        check(Role::TownshipWorker, "990001", "early_rate", "990001", true).await;
        check(
            Role::TownshipWorker,
            "990001",
            "early_rate",
            "990002",
            false,
        )
        .await;
        check(
            Role::TownshipWorker,
            "990001",
            "early_rate",
            "990000",
            false,
        )
        .await;
        check(Role::Director, "990000", "early_rate", "990000", false).await;
        check(Role::Analyst, "990000", "early_rate", "990000", false).await;
        check(Role::CountyWorker, "990000", "finding_rate", "990001", true).await;
        check(
            Role::TownshipWorker,
            "990001",
            "finding_rate",
            "990001",
            false,
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn few_findings_are_hidden_from_those_who_may_not_see_them() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 90)).await;
        let finding = ix(&pack, "finding_rate");
        let period: Period = "s2025".parse().unwrap();
        let question = Question {
            indicators: vec![finding],
            nodes: tree.all().iter().map(|node| node.id).collect(),
            periods: vec![period],
        };
        let open = figures(
            Source::store(app.app.db(), &pack, &tree),
            &question,
            Secrecy::Open,
        )
        .await
        .unwrap();
        let all = figures(
            Source::store(app.app.db(), &pack, &tree),
            &question,
            Secrecy::Infection,
        )
        .await
        .unwrap();
        let mut hidden = 0;
        for node in &question.nodes {
            let figure = all.get(finding, *node, period).figure().unwrap();
            let small = (1..5).contains(&figure.numerator);
            assert!(
                !small || open.get(finding, *node, period) == Cell::Suppressed,
                "{}",
                tree.name(*node)
            );
            hidden += usize::from(small);
        }
        assert!(hidden > 0, "the population must hold a small cell");
    })
    .await;
}

/// What a reader can compute: sums of what was recorded at each organization in each month.
struct Algebra {
    rows: Vec<Vec<u64>>,
}

/// Arithmetic modulo a prime stands for fractions: no figure of ours comes near it.
const PRIME: u64 = 1_000_000_007;

impl Algebra {
    fn power(base: u64, exponent: u64) -> u64 {
        let (mut base, mut exponent, mut result) = (base, exponent, 1);
        while exponent > 0 {
            if exponent % 2 == 1 {
                result = result * base % PRIME;
            }
            base = base * base % PRIME;
            exponent /= 2;
        }
        result
    }

    /// What remains of a sum when everything known is taken off.
    fn reduced(&self, mut sum: Vec<u64>) -> Vec<u64> {
        for row in &self.rows {
            let lead = row.iter().position(|value| *value != 0).unwrap();
            let factor = sum[lead];
            if factor != 0 {
                for (value, known) in sum.iter_mut().zip(row) {
                    *value = (*value + PRIME - factor * known % PRIME) % PRIME;
                }
            }
        }
        sum
    }

    fn learn(&mut self, sum: Vec<u64>) {
        let mut rest = self.reduced(sum);
        if let Some(lead) = rest.iter().position(|value| *value != 0) {
            let inverse = Self::power(rest[lead], PRIME - 2);
            rest.iter_mut()
                .for_each(|value| *value = *value * inverse % PRIME);
            self.rows.push(rest);
        }
    }

    fn tells(&self, sum: Vec<u64>) -> bool {
        self.reduced(sum).iter().all(|value| *value == 0)
    }
}

#[tokio::test]
async fn a_hidden_finding_cannot_be_computed_from_what_is_shown() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 600)).await;
        let finding = ix(&pack, "finding_rate");
        let whole: Period = "2024-10..2026-09".parse().unwrap();
        let months = split(whole, By::Month).unwrap();
        let mut asked = periods(&[
            "s2025",
            "s2026",
            "2025",
            "2025-02..2025-11",
            "2025-03..2026-06",
        ]);
        asked.extend(split("s2025".parse().unwrap(), By::Quarter).unwrap());
        asked.extend(split("s2026".parse().unwrap(), By::Quarter).unwrap());
        asked.extend(&months);
        let question = Question {
            indicators: vec![finding],
            nodes: tree.all().iter().map(|node| node.id).collect(),
            periods: asked,
        };
        let of = async |reader: Secrecy| {
            figures(Source::store(app.app.db(), &pack, &tree), &question, reader)
                .await
                .unwrap()
        };
        let (shown, all) = (of(Secrecy::Open).await, of(Secrecy::Infection).await);
        // One unknown for each organization and month.
        let sum = |node: OrganizationId, period: Period| -> Vec<u64> {
            let mut sum = Vec::new();
            for place in tree.all() {
                let inside = tree.contains(node, place.id);
                sum.extend(
                    months
                        .iter()
                        .map(|month| u64::from(inside && period.contains(month.start()))),
                );
            }
            sum
        };
        let (mut known, mut naive) = (Algebra { rows: Vec::new() }, Algebra { rows: Vec::new() });
        let mut small = Vec::new();
        let mut seen = 0;
        for node in &question.nodes {
            for period in &question.periods {
                let count = all.get(finding, *node, *period).figure().unwrap().numerator;
                if (1..5).contains(&count) {
                    small.push((*node, *period));
                } else {
                    naive.learn(sum(*node, *period));
                }
                if shown.get(finding, *node, *period).figure().is_some() {
                    known.learn(sum(*node, *period));
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "not everything may be hidden");
        let told = |algebra: &Algebra| {
            let told = small
                .iter()
                .filter(|(node, period)| algebra.tells(sum(*node, *period)));
            told.count()
        };
        assert!(
            told(&naive) > 0,
            "hiding small cells alone must not be enough here, or this shows nothing"
        );
        assert_eq!(told(&known), 0, "{} small cells", small.len());
        // The same cell alone is answered as it is among others.
        for node in &question.nodes {
            let alone = Question::of(vec![finding], *node, question.periods[5]);
            let cells = figures(
                Source::store(app.app.db(), &pack, &tree),
                &alone,
                Secrecy::Open,
            )
            .await
            .unwrap();
            assert_eq!(
                cells.get(finding, *node, question.periods[5]),
                shown.get(finding, *node, question.periods[5])
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_question_takes_few_statements_however_large_it_is() {
    on_each_database(TODAY, async |app| {
        let (pack, tree) = (sample_pack(), app.app.tree());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 30)).await;
        let mut question = Question::of(
            indicators(&pack),
            app.organization("990000"),
            "s2026".parse().unwrap(),
        )
        .with_children(&tree)
        .with_previous_year();
        question
            .periods
            .extend(split("2025".parse().unwrap(), By::Month).unwrap());
        let (cells, statements) = counted(figures(
            Source::store(app.app.db(), &pack, &tree),
            &question,
            Secrecy::Open,
        ))
        .await;
        cells.unwrap();
        // How far the store is, one for the facts of the program by each of its two dates, one for typed figures; one for
        // what decides which findings may be shown.
        assert_eq!(statements, 5);
    })
    .await;
}

#[tokio::test]
async fn pages_of_figures() {
    let transcript = on_each_database(TODAY, async |app| {
        let pack = sample_pack();
        let _ = app.app.clone().with_pack(pack.clone());
        store_facts(app.app.db(), &pack, &population(&pack, &PLACES, 200)).await;
        app.get("director", "/indicators?period=s2025").await;
        app.get("township_worker", "/indicators?node=990002&period=s2025")
            .await;
        app.get("analyst", "/indicators/early_rate?period=s2025")
            .await;
        app.get(
            "county_worker",
            "/indicators/births?period=2025&by=week_band",
        )
        .await;
        app.get(
            "director",
            "/indicators/births?period=2025&by=finding&node=990001",
        )
        .await;
        app.get("director", "/indicators/births?period=2025&by=nothing")
            .await;
        let layer = "/indicators/births/persons?period=2025&group=counted&by=week_band&layer=early";
        app.get("county_worker", layer).await;
        let layers = "/indicators/births/strata?period=2025&by=week_band&format=csv";
        let layers = app.send("analyst", "GET", layers, None).await;
        app.say(&layers.body);
        app.get(
            "analyst",
            "/indicators/early_rate/persons?period=s2025&group=gap",
        )
        .await;
        app.get(
            "township_worker",
            "/indicators/early_rate/persons?node=990001&period=s2025&group=counted",
        )
        .await;
        app.get(
            "township_worker",
            "/indicators/finding_rate/persons?node=990001&period=s2025",
        )
        .await;
        app.get("county_worker", "/indicators/nothing?period=s2025")
            .await;
        app.get("county_worker", "/indicators?period=yesterday")
            .await;
        app.get("village_doctor", "/packs/sample").await;
        let csv = app
            .send(
                "county_worker",
                "GET",
                "/indicators/births/export?period=2025&group=counted&format=csv",
                None,
            )
            .await;
        app.say(&format!(
            "csv {} {} lines",
            csv.status,
            csv.body.lines().count()
        ));
        let xlsx = app
            .send(
                "county_worker",
                "GET",
                "/indicators/births/export?period=2025&group=counted&format=xlsx",
                None,
            )
            .await;
        app.say(&format!(
            "xlsx {} {}",
            xlsx.status,
            xlsx.body.starts_with("PK")
        ));
    })
    .await;
    insta::assert_snapshot!(transcript);
}
