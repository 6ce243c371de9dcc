//! `fuyou indicators`: all indicators of a node in a period, as a table for people or as JSON for programs.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use fuyou_kernel::{Language, Period, Secrecy};
use fuyou_pack::Pack;
use fuyou_pack::model::IndicatorIx;
use fuyou_server::insight::{Cell, Question, Source, figures, shown};
use serde_json::{Value, json};

use crate::config::{Config, say};

/// Computes indicators.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: Config,
    /// 机构编码 · Code of the organization.
    #[arg(long)]
    node: String,
    /// 期间 · s2026 (statistical year), 2026, 2026Q1, 2026-03 or 2026-01..2026-06.
    #[arg(long)]
    period: Period,
    /// 下级机构 · The organizations directly below, too.
    #[arg(long)]
    children: bool,
    /// 输出 JSON · Print JSON.
    #[arg(long)]
    json: bool,
}

/// Small cells of infection indicators stay hidden here: output of commands travels.
const READER: Secrecy = Secrecy::Open;

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match print(args).await {
        // A reader that closes the pipe early ("| head") has seen enough.
        Err(err)
            if err
                .downcast_ref::<std::io::Error>()
                .is_some_and(|err| err.kind() == std::io::ErrorKind::BrokenPipe) =>
        {
            Ok(ExitCode::SUCCESS)
        }
        other => other,
    }
}

async fn print(args: Args) -> anyhow::Result<ExitCode> {
    let app = args.config.open_app().await?;
    let pack = app
        .pack()
        .context("没有规则包 · no pack was loaded")?
        .clone();
    let tree = app.tree();
    let Some(node) = tree.by_code(&args.node) else {
        bail!(
            "没有编码为 {} 的机构 · there is no organization with the code {}",
            args.node,
            args.node
        );
    };
    let all = (0..pack.indicators.len()).map(IndicatorIx::new).collect();
    let mut question = Question::of(all, node.id, args.period).with_previous_year();
    if args.children {
        question = question.with_children(&tree);
    }
    let cells = figures(Source::store(app.db(), &pack, &tree), &question, READER).await?;
    if args.json {
        let mut rows = Vec::new();
        for ix in &question.indicators {
            for node in &question.nodes {
                for period in &question.periods {
                    let code = tree.get(*node).map_or("", |node| node.code.as_str());
                    rows.push(row(
                        &pack,
                        *ix,
                        code,
                        *period,
                        cells.get(*ix, *node, *period),
                    ));
                }
            }
        }
        say(&serde_json::to_string_pretty(
            &json!({ "as_of": cells.as_of, "unplaced": cells.unplaced, "cells": rows }),
        )?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = std::io::stdout().lock();
    for id in question.nodes.iter().filter_map(|id| tree.get(*id)) {
        writeln!(out, "{} {} · {}", id.code, id.name, args.period)?;
        for ix in &question.indicators {
            let indicator = pack.indicator(*ix);
            let now = shown(cells.get(*ix, id.id, args.period), indicator.unit);
            let before = shown(
                cells.get(*ix, id.id, args.period.previous_year()),
                indicator.unit,
            );
            writeln!(
                out,
                "  {:>12}  {:>15}  ({:>12})  {}{}",
                now.value,
                now.parts,
                before.value,
                indicator.title.get(Language::Zh),
                if now.beyond { " !" } else { "" }
            )?;
        }
    }
    if cells.unplaced > 0 {
        writeln!(
            out,
            "{} 条记录未归属任何机构 · records belong to no organization",
            cells.unplaced
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(pack: &Pack, ix: IndicatorIx, node: &str, period: Period, cell: Cell) -> Value {
    let figure = cell.figure();
    json!({
        "indicator": &*pack.indicator(ix).id,
        "node": node,
        "period": period.to_string(),
        "numerator": figure.map(|figure| figure.numerator),
        "denominator": figure.and_then(|figure| figure.denominator),
        // Text, because a decimal is exact and a JSON number is not.
        "value": cell.value().map(|value| value.to_string()),
        "beyond_whole": figure.is_some_and(|figure| figure.beyond_whole()),
        "suppressed": cell == Cell::Suppressed,
    })
}
