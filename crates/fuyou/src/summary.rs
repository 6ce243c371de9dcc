//! `fuyou summary`: the annual summary of a node as a Word document.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use fuyou_kernel::{Date, Language};
use fuyou_server::insight::Source;
use fuyou_server::planning::summary::{Request, Stage, compose, docx, summary_unguarded};

use crate::bar::Bar;
use crate::config::{Config, say};

/// Writes the summary.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: Config,
    /// 机构编码 · Code of the organization.
    #[arg(long)]
    node: String,
    /// 年份 · The year.
    #[arg(long)]
    year: i16,
    /// 输出文件 · The file to write.
    #[arg(long)]
    out: PathBuf,
    /// 语言 · Language of the document.
    #[arg(long, value_enum, default_value_t = DocumentLanguage::Zh)]
    language: DocumentLanguage,
    /// 日期 · The day on which it is made; today without it.
    #[arg(long)]
    today: Option<Date>,
    /// 访问地址,用于文中链接 · Where this installation is reached, for links: http://10.0.0.8:8080
    #[arg(long)]
    address: Option<String>,
}

/// Languages of a document.
#[derive(Clone, Copy, ValueEnum)]
enum DocumentLanguage {
    /// 中文
    Zh,
    /// English
    En,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
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
    let now = app.now();
    let at = now.to_zoned(app.options().time_zone.clone());
    let request = Request {
        node: node.id,
        year: args.year,
        today: args.today.unwrap_or_else(|| app.date_of(now)),
        at: at.strftime("%Y-%m-%d %H:%M").to_string(),
        address: args
            .address
            .as_deref()
            .map(|address| address.trim_end_matches('/').to_owned()),
    };
    let bar = Bar::new("{bar:20} {pos}/{len} {msg} {elapsed}")?;
    let told = |stage: Stage| bar.at(stage.before(), Stage::ALL.len() as u64, words(stage));
    let source = Source::store(app.db(), &pack, &tree);
    let data = summary_unguarded(source, &request, told).await?;
    let language = match args.language {
        DocumentLanguage::Zh => Language::Zh,
        DocumentLanguage::En => Language::En,
    };
    told(Stage::Words);
    let document = compose(&data, language);
    told(Stage::File);
    let bytes = docx(&document, now)?;
    drop(bar);
    std::fs::write(&args.out, &bytes)
        .with_context(|| format!("无法写入 · cannot write {}", args.out.display()))?;
    say(&format!(
        "{} · {} · {} bytes",
        args.out.display(),
        document.title,
        bytes.len()
    ))?;
    app.db().close().await;
    Ok(ExitCode::SUCCESS)
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Targets => "目标 · targets",
        Stage::Figures => "指标 · figures",
        Stage::Words => "成文 · words",
        Stage::File => "文件 · file",
    }
}
