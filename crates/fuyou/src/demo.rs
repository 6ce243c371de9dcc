//! `fuyou demo`: a made-up county of half a million people, ready to be looked at, in one command.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use fuyou_kernel::{Date, Timestamp};
use fuyou_server::access::{NewUser, Role, UserError, create_user};
use fuyou_server::care::{Acting, WorkFilter};
use fuyou_server::http::{App, Clock};
use fuyou_server::planning;
use fuyou_server::registry::{Organization, OrganizationId, OrganizationKind};
use fuyou_server::simulate::{Extent, Options, Size, Source};

use crate::config::{Config, by_command, say, system_clock};
use crate::serve::{bind, log_to_stderr, serve_whole};
use crate::simulate::{into_store, read_scenarios, threads, today};

/// The first annual plan of the made-up county.
const PLAN: &str = include_str!("demo_plan.txt");
/// Every demo account has this password; they exist in made-up counties only.
const PASSWORD: &str = "yunling-demo-2026";

/// A made-up county with an account for every role.
#[derive(clap::Args)]
pub struct Args {
    /// Inhabitants.
    #[arg(long, default_value_t = 500_000)]
    population: u64,
    /// Years of care before today.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=10))]
    years: u32,
    /// The day on which the county lives; today when not given.
    #[arg(long)]
    today: Option<Date>,
    /// The same seed makes the same county.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address to listen on.
    #[arg(long, env = "FUYOU_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Directory of the county; a new one for each day and seed in the system's folder for temporary files without it.
    #[arg(long, value_name = "DIR")]
    county: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

/// Makes the county unless it is there already, and serves it.
pub async fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    let day = args.today.unwrap_or_else(|| today(&args.config));
    let folder = format!("fuyou-demo-{day}-{}-{}", args.population, args.seed);
    args.config.data = args
        .county
        .take()
        .unwrap_or_else(|| std::env::temp_dir().join(folder));
    args.config.county_name = "云岭县(模拟) · made-up county".to_owned();
    let listener = bind(&args.listen).await?;
    let app = args.config.open_app_at(clock_on(day, &args.config)).await?;
    let ready = args.config.data.join("county-is-ready");
    if !ready.exists() {
        make(&app, &args, day).await?;
        std::fs::write(&ready, b"")?;
    }
    let logins: Vec<&str> = Role::ALL.into_iter().map(login).collect();
    say(&format!(
        "http://{} · 帐号 accounts: {} · 密码 password: {PASSWORD}",
        listener.local_addr()?,
        logins.join(", ")
    ))?;
    serve_whole(app, &args.config, listener).await?;
    Ok(ExitCode::SUCCESS)
}

async fn make(app: &App, args: &Args, day: Date) -> anyhow::Result<()> {
    let options = Options {
        size: Size::Population(args.population),
        years: args.years,
        today: day,
        seed: args.seed,
        threads: threads(),
        extent: Extent::Everything,
    };
    let pack = app.pack().context("没有规则包 · no pack was loaded")?;
    // Those whose subjects come to be by themselves first; the records of these open the others.
    let mut scenarios = Vec::new();
    let mut missing = anyhow::anyhow!("规则包没有项目 · the pack has no program");
    for program in &pack.programs {
        match read_scenarios(&args.config.pack, &program.id) {
            Ok(found) => scenarios.extend(found),
            // A scenario that does not fit is told; a program without one is left out.
            Err(error) if error.is::<fuyou_server::simulate::Error>() => return Err(error),
            Err(error) => missing = error,
        }
    }
    if scenarios.is_empty() {
        return Err(missing);
    }
    scenarios.sort_by_key(|scenario| match scenario.source() {
        Source::Made => 0,
        Source::Opened => 1,
        Source::Organizations(_) => 2,
        Source::Asked { .. } => 3,
    });
    for (number, scenario) in scenarios.iter().enumerate() {
        let file = format!("county-{number}-{}.ndjson", scenario.program());
        into_store(app, scenario, &options, &args.config.data.join(file)).await?;
    }
    import_plan(app, day).await?;
    for role in Role::ALL {
        create_account(app, role, day).await?;
    }
    Ok(())
}

/// The county's plan of the running year.
async fn import_plan(app: &App, day: Date) -> anyhow::Result<()> {
    let pack = app
        .pack()
        .context("没有规则包 · no pack was loaded")?
        .clone();
    let tree = app.tree();
    let root = tree
        .all()
        .iter()
        .find(|place| place.parent_id.is_none())
        .context("the county has a root")?;
    let text = PLAN.replace("{year}", &day.year().to_string());
    let import = planning::Import {
        org: root.id,
        year: day.year(),
        file_name: "demo_plan.txt",
        bytes: text.as_bytes(),
        by: (None, "system"),
    };
    let plan = planning::import(app, &pack, &import, by_command(app, "import", "plan")).await?;
    planning::adopt_certain(app, &plan, by_command(app, "adopt", "plan")).await?;
    Ok(())
}

/// One account for each role, where such a person works.
async fn create_account(app: &App, role: Role, day: Date) -> anyhow::Result<()> {
    let kind = match role {
        Role::VillageDoctor => OrganizationKind::VillageClinic,
        Role::TownshipWorker => OrganizationKind::TownshipCentre,
        Role::Nurse => OrganizationKind::Hospital,
        // The institute stands beside the hospitals in the tree; its worker answers for the whole county.
        Role::CountyWorker
        | Role::Analyst
        | Role::Director
        | Role::Administrator
        | Role::Auditor => OrganizationKind::Bureau,
    };
    let tree = app.tree();
    let mut places = tree.all().iter().filter(|place| place.kind == kind);
    let first = places
        .next()
        .context("the county has places of every kind")?;
    // Most villages have nothing to do on a given day; the account is for looking at one that has.
    let place = match role {
        Role::VillageDoctor => busiest(app, std::iter::once(first).chain(places), day).await?,
        _ => first.id,
    };
    let new = NewUser {
        login: login(role).to_owned(),
        name: format!("演示 {}", login(role)),
        role,
        organization: place,
        password: PASSWORD.to_owned(),
        must_change_password: false,
    };
    match create_user(app, by_command(app, "create_user", "app_user"), &new).await {
        // An earlier start was interrupted after this account was made.
        Ok(_) | Err(UserError::Taken(_)) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// The place with the longest work list among the first twenty.
async fn busiest(
    app: &App,
    places: impl Iterator<Item = &Arc<Organization>>,
    day: Date,
) -> anyhow::Result<OrganizationId> {
    let care = app.care().context("没有规则包 · no pack was loaded")?;
    let now = app.now();
    let mut longest = None;
    for place in places.take(20) {
        let mut by = Acting::system(app.tree(), now, day);
        by.actor.organization = place.id;
        let page = care.work_list(&by, &WorkFilter::default(), None, 1).await?;
        if longest.is_none_or(|(count, _)| page.everything > count) {
            longest = Some((page.everything, place.id));
        }
    }
    let (_, place) = longest.context("the county has places of every kind")?;
    Ok(place)
}

fn login(role: Role) -> &'static str {
    match role {
        Role::VillageDoctor => "village",
        Role::TownshipWorker => "township",
        Role::Nurse => "nurse",
        Role::CountyWorker => "county",
        Role::Analyst => "analyst",
        Role::Director => "director",
        Role::Administrator => "admin",
        Role::Auditor => "auditor",
    }
}

/// A clock that runs as the system's does, but on `day`.
fn clock_on(day: Date, config: &Config) -> Clock {
    let clock = system_clock();
    let days =
        fuyou_kernel::DayNumber::from(day).0 - fuyou_kernel::DayNumber::from(today(config)).0;
    let shift_s = i64::from(days) * 86_400;
    Arc::new(move || {
        let now = clock();
        Timestamp::from_second(now.as_second() + shift_s).unwrap_or(now)
    })
}
