//! What a checked pack is: typed, closed, every reference an index, every text an expression that parsed.

mod chart;
mod form;
mod index;
mod opens;
mod pack;
mod program;
mod schedule;
mod stratum;

pub use chart::{Chart, Plotted, Standard};
pub use form::{
    At, Check, Field, FieldKind, Form, Group, InputType, Requirement, Section, Severity,
};
pub use index::{
    DerivedIx, FactIx, FieldIx, FormIx, GroupIx, IndicatorIx, MeasureIx, ProgramIx, ReferralIx,
    RuleIx, ScoreIx, SourceIx, StratumIx, VisitIx,
};
pub use opens::{Carried, OpenedPerson, Opens, Relation, RelationEnd, Shows, Travel};
pub(crate) use pack::CurveExample;
pub use pack::{
    Axis, Better, Certainty, Change, ChangeKind, Chapter, Citation, Cited, Code, CodeSet,
    Indicator, IndicatorEntry, ItemKind, Layer, Measure, Pack, PeriodKind, Place, ReferenceCurve,
    Source, Sum, Term, Told, Unit,
};
pub use program::{
    Derived, Direction, Fact, List, ListColumn, Mark, Program, ReferralKind, RiskLevel, RiskScale,
    RowColumn, Rule, Score, SubjectKind, Trend, Unreached,
};
pub use schedule::{Escalation, Owner, RuleTask, Visit};
pub use stratum::{Layer as StratumLayer, Stratum};
