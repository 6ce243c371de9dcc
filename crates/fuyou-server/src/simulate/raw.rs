//! A scenario as it is written in TOML; `docs/reference/simulate.md` describes every key.

use serde::Deserialize;
use toml::{Table, Value};

/// The county: places, names, the clock.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCounty {
    pub clock: RawClock,
    pub county: RawPlace,
    pub names: RawNames,
    #[serde(default)]
    pub institution: Vec<RawInstitution>,
    pub township: RawTownship,
    pub village: RawVillage,
    #[serde(default, rename = "trait")]
    pub traits: Vec<RawTrait>,
    /// Places below townships.
    #[serde(default)]
    pub below: Vec<RawBelow>,
}

/// Places below the townships, as many as their people need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBelow {
    pub role: String,
    /// The first number behind the township's code.
    pub code: u64,
    pub people: u64,
    pub names: Vec<String>,
    pub suffix: String,
    pub level: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub staff: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClock {
    pub opens: String,
    pub closes: String,
    pub utc_offset_minutes: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlace {
    pub code: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub staff: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNames {
    pub surnames: Table,
    pub given: Vec<String>,
    pub identity_region: String,
    pub phone_prefix: String,
    pub staff_titles: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInstitution {
    pub role: String,
    pub code: String,
    pub name: String,
    pub level: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub grade: Option<String>,
    #[serde(default)]
    pub midwifery: bool,
    #[serde(default)]
    pub rescue_centre: bool,
    pub staff: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTownship {
    pub people: u64,
    pub names: Vec<String>,
    pub suffix: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub staff: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVillage {
    pub people: u64,
    pub names: Vec<String>,
    pub suffix: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub staff: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrait {
    pub id: String,
    pub quantiles: Vec<(f64, f64)>,
}

/// The life course of one program's subjects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCourse {
    pub program: String,
    pub process: RawProcess,
    #[serde(default)]
    pub person: Table,
    #[serde(default)]
    pub draws: Table,
    #[serde(default)]
    pub record: Vec<RawRecord>,
    #[serde(default)]
    pub referral: Vec<RawReferral>,
    /// Intended rates, compared with the outcome by a test; not read by the generator.
    #[serde(default)]
    pub intended: Vec<RawIntended>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProcess {
    pub anchor: String,
    /// The subjects are those whom records of another program opened.
    #[serde(default)]
    pub opened: bool,
    /// The subjects are the organizations of these kinds.
    #[serde(default)]
    pub organizations: Vec<String>,
    /// The subjects are those of whom a rule of another program is true: `PROGRAM.RULE`.
    pub asked_by: Option<String>,
    #[serde(default)]
    pub per_1000_per_year: f64,
    #[serde(default)]
    pub months: Vec<f64>,
    #[serde(default)]
    pub lead_days: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRecord {
    pub form: String,
    pub on: Option<String>,
    #[serde(default)]
    pub visits: Vec<String>,
    pub anchor: Option<String>,
    pub within: Option<Vec<(f64, f64)>>,
    pub from: Option<String>,
    pub until: Option<String>,
    pub every: Option<Value>,
    pub times: Option<u32>,
    pub slip: Option<Value>,
    pub attend: Option<Value>,
    pub when: Option<String>,
    pub org: String,
    pub delay: Option<Value>,
    #[serde(default)]
    pub draws: Table,
    #[serde(default)]
    pub values: Table,
    #[serde(default)]
    pub group: Vec<RawGroup>,
    #[serde(default)]
    pub after: Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub id: String,
    pub rows: String,
    pub values: Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReferral {
    pub kind: String,
    pub when: Option<String>,
    pub on: String,
    pub from: String,
    pub to: String,
    pub arrive: Value,
    pub arrive_after: Value,
    pub feedback: Value,
    pub feedback_after: Value,
    pub follow_up: Value,
    pub follow_up_after: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIntended {
    pub indicator: String,
    pub low: f64,
    pub high: f64,
    pub source: String,
}

/// A generator written as a table. Exactly one of the ways is given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGenerator {
    pub is: Option<String>,
    pub chance: Option<Value>,
    pub choice: Option<Table>,
    pub any: Option<Table>,
    pub none: Option<String>,
    pub normal: Option<(Value, Value)>,
    pub uniform: Option<(Value, Value)>,
    pub quantiles: Option<Vec<(f64, f64)>>,
    pub staff: Option<String>,
    pub organization: Option<Table>,
    /// Only those below the township with this code.
    pub below: Option<String>,
    pub curve: Option<String>,
    pub stratum: Option<String>,
    pub x: Option<String>,
    pub z: Option<Value>,
    /// Read before the rest, because it decides how the rest is read.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// As `type`.
    #[serde(rename = "decimals")]
    pub _decimals: Option<u8>,
    pub when: Option<String>,
    pub min: Option<Value>,
    pub max: Option<Value>,
}
