//! Plans: imported, decided on target by target, adopted, broken down.

use fuyou_kernel::{Localized, Timestamp};
use fuyou_pack::Pack;
use fuyou_pack::model::{Better as PackBetter, Unit};
use uuid::Uuid;

use super::reader::{self, Better, Comparator, Dictionary, PlanText, ReadError, Term};
use super::target::{PlanId, PlanTarget, Share, TargetId, TargetState};
use super::{store, target};
use crate::access::{Action, Denied};
use crate::db::{self, Change, Operation};
use crate::http::{App, Cx};
use crate::insight::Decimal;
use crate::registry::OrganizationId;

/// Years that a plan may be for.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;

/// What became of an edition of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// Imported, not yet in force.
    Draft,
    /// The plan of its year.
    Current,
    /// A later edition took its place.
    Replaced,
}

impl PlanState {
    /// The word in storage.
    pub fn word(self) -> &'static str {
        match self {
            PlanState::Draft => "draft",
            PlanState::Current => "current",
            PlanState::Replaced => "replaced",
        }
    }

    /// The state with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [PlanState::Draft, PlanState::Current, PlanState::Replaced]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// One edition of an organization's plan for a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Whose plan it is.
    pub org: OrganizationId,
    /// The year that it plans.
    pub year: i16,
    /// 1 for the first import of that year, then counted up.
    pub edition: i64,
    /// Its first line.
    pub title: String,
    /// The name of the file, empty when it was pasted.
    pub file_name: String,
    /// The lines as read, joined by line feeds.
    pub body: String,
    /// What happened to the text before it came here, one finding a line: Chinese, a tab, English.
    pub damage: String,
    /// What became of it.
    pub state: PlanState,
    /// Counts the decisions, so that two people do not overwrite each other.
    pub version: i64,
    /// When it was imported.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

/// Why planning refused something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The actor may not do this there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such plan, target or indicator.
    #[error("not found")]
    NotFound,
    /// The text is no plan.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Somebody else changed the plan first.
    #[error("the plan was changed by somebody else")]
    Stale,
    /// What was typed breaks a rule.
    #[error("{0}")]
    Refused(Localized),
    /// Indicators could not be computed.
    #[error(transparent)]
    Insight(#[from] crate::insight::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
}

/// The names by which the reader knows the indicators and terms of a pack.
pub fn dictionary_of(pack: &Pack) -> Dictionary {
    let better = |better: PackBetter| match better {
        PackBetter::Higher => Better::Higher,
        PackBetter::Lower => Better::Lower,
        PackBetter::Neither => Better::None,
    };
    let indicators = pack.indicators.iter().map(|indicator| Term {
        id: indicator.id.to_string(),
        names: std::iter::once(indicator.title.zh.clone())
            .chain(indicator.aliases.iter().cloned())
            .collect(),
        unit: unit_written(indicator.unit).to_owned(),
        better: better(indicator.better),
    });
    let terms = pack.terms.iter().map(|term| Term {
        id: term.id.to_string(),
        names: std::iter::once(term.title.zh.clone())
            .chain(term.aliases.iter().cloned())
            .collect(),
        unit: term.unit.clone(),
        better: better(term.better),
    });
    Dictionary::new(indicators.chain(terms).collect())
}

/// A unit as plans write it.
pub fn unit_written(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "%",
        Unit::PerMille => "‰",
        Unit::Per10000 => "/万",
        Unit::Per100000 => "/10万",
        Unit::Count | Unit::Ratio => "",
    }
}

/// Who imports, and for whom.
pub struct Import<'a> {
    /// Whose plan it is.
    pub org: OrganizationId,
    /// The year that it plans.
    pub year: i16,
    /// The file's name; empty when pasted.
    pub file_name: &'a str,
    /// The file or the text.
    pub bytes: &'a [u8],
    /// The user's id and login, for commands none and `system`.
    pub by: (Option<Uuid>, &'a str),
}

/// Reads a text and keeps it as a new edition, with everything that was found, before anybody decides anything.
///
/// # Errors
/// [`Error::Unreadable`] when it is no plan: then nothing is kept.
pub async fn import(
    app: &App,
    pack: &Pack,
    import: &Import<'_>,
    audit: db::Entry,
) -> Result<Plan, Error> {
    if !YEARS.contains(&import.year) {
        return Err(Error::Refused(Localized::new(
            format!("年份 {} 不合理", import.year),
            format!("{} is not a year to plan", import.year),
        )));
    }
    let read = reader::read(import.bytes, import.file_name, &dictionary_of(pack))?;
    let mut plan = Plan {
        id: app.new_id(),
        org: import.org,
        year: import.year,
        edition: 0,
        title: title_of(&read),
        file_name: import.file_name.to_owned(),
        body: read.lines.join("\n"),
        damage: read
            .damage
            .iter()
            .map(|damage| format!("{}\t{}", damage.zh(), damage.en()))
            .collect::<Vec<_>>()
            .join("\n"),
        state: PlanState::Draft,
        version: 1,
        created_at: app.now(),
        created_by: import.by.1.to_owned(),
    };
    let found: Vec<PlanTarget> = read
        .targets
        .iter()
        .map(|target| PlanTarget::found(app.new_id(), target))
        .collect();
    let mut tx = app.db().begin(None).await?;
    plan.edition = store::next_edition(&mut tx, plan.org, plan.year).await?;
    store::insert_plan(&mut tx, &plan, import.by.0).await?;
    for (position, target) in found.iter().enumerate() {
        store::insert_target(&mut tx, plan.id, position, target).await?;
    }
    tx.changed(changed(&plan, Operation::Insert, app.now()));
    tx.audit(db::Entry {
        entity_id: Some(plan.id.uuid()),
        ..audit
    });
    tx.commit().await?;
    Ok(plan)
}

fn title_of(read: &PlanText) -> String {
    let first = read
        .lines
        .iter()
        .map(|line| line.trim())
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    first.chars().take(60).collect()
}

fn changed(plan: &Plan, operation: Operation, at: Timestamp) -> Change {
    Change {
        subject_id: None,
        entity: "plan",
        entity_id: plan.id.uuid(),
        operation,
        at,
    }
}

/// A plan with its targets and shares.
#[derive(Debug)]
pub struct Opened {
    /// The plan.
    pub plan: Plan,
    /// Its targets in the order of the text.
    pub targets: Vec<PlanTarget>,
    /// What they mean for organizations.
    pub shares: Vec<Share>,
}

/// Opens a plan of the actor's subtree.
pub async fn open(cx: &Cx, id: PlanId) -> Result<Opened, Error> {
    let mut reader = cx.db.read().await?;
    let plan = store::plan(&mut reader, id).await?.ok_or(Error::NotFound)?;
    cx.actor.require(Action::ManagePlan, plan.org)?;
    let targets = store::targets(&mut reader, id).await?;
    let shares = store::shares(&mut reader, id).await?;
    Ok(Opened {
        plan,
        targets,
        shares,
    })
}

/// The newest plans that the actor may manage.
pub async fn list(cx: &Cx) -> Result<Vec<Plan>, Error> {
    cx.actor.require_anywhere(Action::ManagePlan)?;
    let mut reader = cx.db.read().await?;
    let plans = store::plans(&mut reader, 200).await?;
    Ok(plans
        .into_iter()
        .filter(|plan| cx.actor.sees(plan.org))
        .collect())
}

/// What a person decides about a target.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The version of the plan that the person saw.
    pub version: i64,
    /// The indicator or term; `None` waits.
    pub indicator: Option<String>,
    /// How the figure is compared.
    pub comparator: Comparator,
    /// The value.
    pub value: Option<Decimal>,
    /// The upper end of a range.
    pub value_high: Option<Decimal>,
    /// The unit.
    pub unit: String,
    /// Whether it is a target at all.
    pub state: TargetState,
}

impl Decision {
    fn check(&self, pack: &Pack) -> Result<(), Error> {
        let refuse = |zh: &str, en: &str| Err(Error::Refused(Localized::new(zh, en)));
        if let Some(id) = &self.indicator {
            let known =
                pack.indicator_ix(id).is_some() || pack.terms.iter().any(|term| *term.id == **id);
            if !known {
                return refuse("没有这个指标", "there is no such indicator");
            }
        }
        let values = [self.value, self.value_high];
        if values.iter().flatten().any(|value| value.is_negative()) {
            return refuse("目标值不能为负", "a target is not negative");
        }
        if self.unit == "%"
            && values
                .iter()
                .flatten()
                .any(|value| value.cmp_value(Decimal::whole(100)).is_gt())
        {
            return refuse("百分率不能超过 100", "a percentage is at most 100");
        }
        match (self.comparator, self.value, self.value_high) {
            (Comparator::Range, Some(low), Some(high)) if low.cmp_value(high).is_le() => Ok(()),
            (Comparator::Range, _, _) => refuse(
                "区间要填下限和上限,下限不大于上限",
                "a range has a lower and an upper end, in this order",
            ),
            _ => Ok(()),
        }
    }
}

/// Keeps a decision about a target.
///
/// # Errors
/// [`Error::Stale`] when somebody else decided something in this plan since the page was opened.
pub async fn decide(
    cx: &Cx,
    pack: &Pack,
    id: PlanId,
    target: TargetId,
    decision: Decision,
) -> Result<(), Error> {
    let opened = open(cx, id).await?;
    let known = opened
        .targets
        .iter()
        .find(|known| known.id == target)
        .ok_or(Error::NotFound)?;
    decision.check(pack)?;
    let decided = PlanTarget {
        indicator: decision.indicator,
        comparator: decision.comparator,
        value: decision.value,
        value_high: decision.value_high,
        unit: decision.unit,
        state: decision.state,
        ..known.clone()
    };
    let mut tx = cx.db.begin(None).await?;
    if !store::bump(&mut tx, id, decision.version).await? {
        return Err(Error::Stale);
    }
    store::update_target(&mut tx, id, &decided).await?;
    tx.changed(changed(&opened.plan, Operation::Update, cx.now));
    tx.audit(db::Entry {
        entity_id: Some(target.uuid()),
        ..cx.entry("decide", "plan_target")
    });
    tx.commit().await?;
    Ok(())
}

/// Makes an edition the plan of its year. What stood certain in the text counts as confirmed; what was repaired, implied or
/// contradicts itself must have been decided by a person before.
pub async fn adopt(cx: &Cx, id: PlanId, version: i64) -> Result<(), Error> {
    let opened = open(cx, id).await?;
    let waiting = opened
        .targets
        .iter()
        .filter(|target| target.waits_for_decision())
        .count();
    if waiting > 0 {
        return Err(Error::Refused(Localized::new(
            format!("还有 {waiting} 个目标的数值存疑或为推定,请先逐个确认或忽略"),
            format!(
                "{waiting} targets are doubtful or implied: confirm or ignore each of them first"
            ),
        )));
    }
    let before = {
        let mut reader = cx.db.read().await?;
        let current = store::current_plans(&mut reader, opened.plan.year).await?;
        match current
            .into_iter()
            .find(|plan| plan.org == opened.plan.org && plan.id != id)
        {
            Some(plan) => Some((plan.id, store::targets(&mut reader, plan.id).await?)),
            None => None,
        }
    };
    let mut tx = cx.db.begin(None).await?;
    if !store::bump(&mut tx, id, version).await? {
        return Err(Error::Stale);
    }
    store::confirm_certain(&mut tx, id).await?;
    if let Some((earlier, targets)) = before {
        for target in opened
            .targets
            .iter()
            .filter(|target| !opened.shares.iter().any(|share| share.target == target.id))
        {
            if let Some(same) = targets.iter().find(|same| says_the_same(same, target)) {
                store::copy_shares(&mut tx, (earlier, same.id), (id, target.id)).await?;
            }
        }
    }
    store::adopt(&mut tx, &opened.plan).await?;
    tx.changed(changed(&opened.plan, Operation::Update, cx.now));
    tx.audit(db::Entry {
        entity_id: Some(id.uuid()),
        ..cx.entry("adopt", "plan")
    });
    tx.commit().await?;
    Ok(())
}

/// Whether the breakdown of one may be taken over for the other.
fn says_the_same(one: &PlanTarget, other: &PlanTarget) -> bool {
    one.indicator.is_some()
        && one.indicator == other.indicator
        && one.comparator == other.comparator
        && one.value == other.value
        && one.unit == other.unit
}

/// Keeps what a target means for the organizations below the plan's own.
///
/// # Errors
/// [`Error::Refused`] when a count does not sum up to the plan's value, or a value is impossible.
pub async fn break_down(
    cx: &Cx,
    id: PlanId,
    target: TargetId,
    version: i64,
    shares: Vec<Share>,
) -> Result<(), Error> {
    let opened = open(cx, id).await?;
    let known = opened
        .targets
        .iter()
        .find(|known| known.id == target)
        .ok_or(Error::NotFound)?;
    for share in &shares {
        cx.actor.require(Action::ManagePlan, share.org)?;
        let parent = cx.actor.tree.get(share.org).and_then(|org| org.parent_id);
        if parent != Some(opened.plan.org) {
            return Err(Error::NotFound);
        }
    }
    target::check_shares(known, &shares).map_err(Error::Refused)?;
    let mut tx = cx.db.begin(None).await?;
    if !store::bump(&mut tx, id, version).await? {
        return Err(Error::Stale);
    }
    for share in &shares {
        store::put_share(&mut tx, id, share, cx.now, &cx.actor.login).await?;
    }
    tx.changed(changed(&opened.plan, Operation::Update, cx.now));
    tx.audit(db::Entry {
        entity_id: Some(target.uuid()),
        ..cx.entry("break_down", "plan_target")
    });
    tx.commit().await?;
    Ok(())
}

/// Makes a fresh edition the plan of its year without a person: what is doubtful stays out of the figures (it is kept as
/// ignored, a person may bring it back). Returns how many those are.
pub async fn adopt_certain(app: &App, plan: &Plan, audit: db::Entry) -> Result<usize, Error> {
    let targets = store::targets(&mut *app.db().read().await?, plan.id).await?;
    let doubtful: Vec<PlanTarget> = targets
        .into_iter()
        .filter(PlanTarget::waits_for_decision)
        .collect();
    let mut tx = app.db().begin(None).await?;
    if !store::bump(&mut tx, plan.id, plan.version).await? {
        return Err(Error::Stale);
    }
    for target in &doubtful {
        let ignored = PlanTarget {
            state: TargetState::Ignored,
            ..target.clone()
        };
        store::update_target(&mut tx, plan.id, &ignored).await?;
    }
    store::confirm_certain(&mut tx, plan.id).await?;
    store::adopt(&mut tx, plan).await?;
    tx.changed(changed(plan, Operation::Update, app.now()));
    tx.audit(db::Entry {
        entity_id: Some(plan.id.uuid()),
        ..audit
    });
    tx.commit().await?;
    Ok(doubtful.len())
}
