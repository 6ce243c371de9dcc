use std::collections::BTreeMap;
use std::sync::Arc;

use fuyou_expr::{Curve, Expr, ValueSet};
use fuyou_kernel::{Localized, Secrecy};

use crate::cases::Cases;

use super::{IndicatorIx, MeasureIx, Program, ProgramIx, SourceIx, Stratum, StratumIx};

/// A checked pack: the base and its overlays, put together.
#[derive(Debug)]
pub struct Pack {
    /// The id of the outermost overlay (or of the pack itself).
    pub id: Arc<str>,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: Localized,
    /// The administrative code of the region that it is made for.
    pub region: Option<String>,
    /// What it was put together from, base first.
    pub layers: Vec<Layer>,
    /// The cited sources.
    pub sources: Vec<Source>,
    /// The value sets of all programs.
    pub value_sets: Vec<Arc<CodeSet>>,
    /// The reference curves of all programs.
    pub curves: Vec<ReferenceCurve>,
    /// The programs, by id.
    pub programs: Vec<Program>,
    /// The measures of all programs.
    pub measures: Vec<Measure>,
    /// The indicators of all programs, in the order written.
    pub indicators: Vec<Indicator>,
    /// How figures can be split, in the order written.
    pub strata: Vec<Stratum>,
    /// Goals of plans that no indicator computes yet.
    pub terms: Vec<Term>,
    /// The chapters of the annual summary, in order.
    pub chapters: Vec<Chapter>,
    /// What overlays changed, in the order applied.
    pub changes: Vec<Change>,
    /// The golden cases.
    pub(crate) cases: Cases,
    /// Where each item was written, by kind, program (empty outside one) and id.
    pub(crate) places: BTreeMap<(ItemKind, Arc<str>, Arc<str>), Place>,
}

impl Pack {
    /// The program with this id.
    pub fn program_ix(&self, id: &str) -> Option<ProgramIx> {
        self.programs
            .iter()
            .position(|program| &*program.id == id)
            .map(ProgramIx::new)
    }

    /// The program at an index of this pack.
    pub fn program(&self, ix: ProgramIx) -> &Program {
        &self.programs[ix.get()]
    }

    /// The indicator with this id.
    pub fn indicator_ix(&self, id: &str) -> Option<IndicatorIx> {
        self.indicators
            .iter()
            .position(|indicator| &*indicator.id == id)
            .map(IndicatorIx::new)
    }

    /// The indicator at an index of this pack.
    pub fn indicator(&self, ix: IndicatorIx) -> &Indicator {
        &self.indicators[ix.get()]
    }

    /// The stratum at an index of this pack.
    pub fn stratum(&self, ix: StratumIx) -> &Stratum {
        &self.strata[ix.get()]
    }

    /// The strata by which an indicator can be split: those of its program, when all that it counts is of one.
    pub fn strata_of(&self, indicator: &Indicator) -> impl Iterator<Item = StratumIx> + '_ {
        let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = indicator.entry
        else {
            return Vec::new().into_iter();
        };
        let program = |side: MeasureIx| self.measure(side).program;
        let only = program(numerator);
        let is_one = denominator.is_none_or(|side| program(side) == only);
        let of = self.strata.iter().enumerate();
        let of = of.filter(|(_, stratum)| is_one && stratum.program == only);
        let of: Vec<StratumIx> = of.map(|(at, _)| StratumIx::new(at)).collect();
        of.into_iter()
    }

    /// A measure and those counted with it.
    pub fn parts(&self, ix: MeasureIx) -> impl Iterator<Item = MeasureIx> + '_ {
        std::iter::once(ix).chain(self.measure(ix).also.iter().copied())
    }

    /// The measure at an index of this pack.
    pub fn measure(&self, ix: MeasureIx) -> &Measure {
        &self.measures[ix.get()]
    }

    /// The value set with this id.
    pub fn value_set(&self, id: &str) -> Option<&Arc<CodeSet>> {
        self.value_sets.iter().find(|set| &*set.id == id)
    }

    /// The file and line where an item was written; an overlay's own place when it replaced the item.
    pub fn place(&self, kind: ItemKind, program: &str, id: &str) -> Option<&Place> {
        self.places.get(&(kind, program.into(), id.into()))
    }
}

/// One pack folder in a composition.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The id.
    pub id: Arc<str>,
    /// The version.
    pub version: String,
    /// The title.
    pub title: Localized,
}

/// A reference curve with its words.
#[derive(Clone, Debug)]
pub struct ReferenceCurve {
    /// The title.
    pub title: Localized,
    /// What stands below.
    pub x: Axis,
    /// What stands at the side.
    pub y: Axis,
    /// Where it comes from.
    pub cited: Cited,
    /// The tables; its id is the curve's.
    pub curve: Arc<Curve>,
    /// Published examples, run with the golden cases.
    pub(crate) examples: Vec<CurveExample>,
}

/// What a curve must answer; numbers in the units of [`Curve::z`] and [`Curve::band`].
#[derive(Clone, Debug)]
pub(crate) struct CurveExample {
    pub id: String,
    pub stratum: u16,
    pub x: i64,
    pub y: i64,
    /// `None` when not asked for; inside, `None` must be unknown.
    pub z: Option<Option<i64>>,
    pub band: Option<Option<i64>>,
    pub place: Place,
}

/// An axis of a curve.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures.
    pub title: Localized,
    /// In which unit.
    pub unit: String,
}

/// A document that a pack cites.
#[derive(Clone, Debug)]
pub struct Source {
    /// The id that citations begin with.
    pub id: Arc<str>,
    /// The title as printed on the document.
    pub title: String,
    /// The document number, edition or year.
    pub edition: Option<String>,
}

/// Where a definition comes from and how sure we are.
#[derive(Clone, Debug, Default)]
pub struct Cited {
    /// The place in a source.
    pub source: Option<Citation>,
    /// How sure we are.
    pub certainty: Option<Certainty>,
}

/// A place in a cited source.
#[derive(Clone, Debug)]
pub struct Citation {
    /// The source.
    pub source: SourceIx,
    /// Chapter, annex, row …; may be empty.
    pub place: String,
}

/// How sure the pack's author is of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Seen in the source.
    Verified,
    /// Professional knowledge, to be confirmed by the county.
    Known,
    /// Real doubt.
    Uncertain,
    /// Our own choice.
    Design,
}

impl Certainty {
    /// The word used in packs.
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Verified => "verified",
            Certainty::Known => "known",
            Certainty::Uncertain => "uncertain",
            Certainty::Design => "design",
        }
    }
}

/// A value set with its texts.
#[derive(Debug)]
pub struct CodeSet {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// What expressions know of it: the codes in order.
    pub set: Arc<ValueSet>,
    /// The codes with their texts, in the order written; a [`fuyou_expr::Value::Code`] is a position here.
    pub codes: Vec<Code>,
    /// The source.
    pub cited: Cited,
}

impl CodeSet {
    /// The code's position.
    pub fn position(&self, code: &str) -> Option<usize> {
        self.codes.iter().position(|known| &*known.code == code)
    }
}

/// One code of a value set.
#[derive(Clone, Debug)]
pub struct Code {
    /// What is stored.
    pub code: Arc<str>,
    /// What is shown.
    pub title: Localized,
    /// In a multiple choice it stands alone.
    pub exclusive: bool,
    /// Raises the secrecy of a record that holds it.
    pub secrecy: Secrecy,
    /// The codes of other forms, by the name of the map.
    pub maps: BTreeMap<String, String>,
}

/// A countable quantity: enrollments, or a sum of a fact.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The id, unique in the pack; for a numerator written inside an indicator `INDICATOR.numerator`.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The program whose facts it reads.
    pub program: ProgramIx,
    /// Which enrollments count; all when `None` (facts row).
    pub filter: Option<Expr>,
    /// What one enrollment adds.
    pub sum: Sum,
    /// The date that decides the period (facts row); without one the enrollment is in no period.
    pub dated_by: Expr,
    /// The organization code that decides the place (facts row).
    pub placed_by: Expr,
    /// Measures that are counted with it, of the same program and at the same place: the whole is the sum of all. So one
    /// enrollment can count in several periods, once by each.
    pub also: Vec<MeasureIx>,
    /// Inherited from what it reads.
    pub secrecy: Secrecy,
}

/// What one enrollment adds to a measure.
#[derive(Clone, Debug)]
pub enum Sum {
    /// One.
    Count,
    /// A number (facts row); NULL adds nothing.
    Of(Expr),
}

/// A figure with a name.
#[derive(Debug)]
pub struct Indicator {
    /// The id, unique in the pack.
    pub id: Arc<str>,
    /// The number in official lists.
    pub code: Option<String>,
    /// The title.
    pub title: Localized,
    /// Other names in plans and reports.
    pub aliases: Vec<String>,
    /// The program whose folder it was written in.
    pub program: ProgramIx,
    /// Where its figures come from.
    pub entry: IndicatorEntry,
    /// The unit of the figure.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// The year that targets use.
    pub period: PeriodKind,
    /// Which enrollments of the denominator's program could still be counted if somebody acted (facts row).
    pub gap: Option<Expr>,
    /// Inherited from what it reads; small cells of infection indicators are suppressed.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
}

impl Indicator {
    /// The condition of those who would close the gap, and the measure whose program and place they are counted by: the
    /// denominator, or the numerator of a single count. `None` without a condition, and for figures that people type.
    pub fn gap_and_place(&self) -> Option<(&Expr, MeasureIx)> {
        let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = self.entry
        else {
            return None;
        };
        Some((self.gap.as_ref()?, denominator.unwrap_or(numerator)))
    }
}

/// Where the figures of an indicator come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndicatorEntry {
    /// From facts.
    Computed {
        /// What is counted.
        numerator: MeasureIx,
        /// Of what; `None` for a single count.
        denominator: Option<MeasureIx>,
    },
    /// People type them.
    Manual,
}

/// The unit of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Of 100.
    Percent,
    /// Of 1,000.
    PerMille,
    /// Of 10,000.
    Per10000,
    /// Of 100,000.
    Per100000,
    /// A number.
    Count,
    /// A quotient as it is.
    Ratio,
}

impl Unit {
    /// All units with the words used in packs.
    pub const WORDS: [(&'static str, Unit); 6] = [
        ("percent", Unit::Percent),
        ("per_mille", Unit::PerMille),
        ("per_10000", Unit::Per10000),
        ("per_100000", Unit::Per100000),
        ("count", Unit::Count),
        ("ratio", Unit::Ratio),
    ];

    /// By what the quotient is multiplied.
    pub fn factor(self) -> i64 {
        match self {
            Unit::Percent => 100,
            Unit::PerMille => 1_000,
            Unit::Per10000 => 10_000,
            Unit::Per100000 => 100_000,
            Unit::Count | Unit::Ratio => 1,
        }
    }
}

/// Which direction of an indicator is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// It only describes.
    Neither,
}

/// Which year the targets of an indicator use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodKind {
    /// 1 October of the year before to 30 September.
    Statistical,
    /// 1 January to 31 December.
    Calendar,
}

/// A goal of plans that no indicator computes yet.
#[derive(Clone, Debug)]
pub struct Term {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The unit as written.
    pub unit: String,
    /// Which direction is good.
    pub better: Better,
    /// The program to come that would compute it; a name for people, not one of the pack's programs.
    pub program: Arc<str>,
    /// Other names in plans and reports.
    pub aliases: Vec<String>,
    /// The source as written.
    pub source: String,
}

/// A chapter of the annual summary.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The id.
    pub id: Arc<str>,
    /// The heading.
    pub title: Localized,
    /// What it tells about, in order.
    pub indicators: Vec<(IndicatorIx, Told)>,
}

/// How the annual summary tells about an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// With comparison and ranking in a paragraph of its own, and a column in the annex; otherwise in passing.
    pub fully: bool,
    /// With a picture of the ranking.
    pub ranking: bool,
    /// With a picture of the months.
    pub trend: bool,
}

impl Told {
    /// From the words of `summary.csv`.
    pub fn of_words(told: &str, charts: &str) -> Option<Self> {
        let fully = match told {
            "fully" => true,
            "briefly" => false,
            _ => return None,
        };
        let mut found = Told {
            fully,
            ranking: false,
            trend: false,
        };
        for chart in charts.split('|').filter(|chart| !chart.is_empty()) {
            match chart {
                "ranking" => found.ranking = true,
                "trend" => found.trend = true,
                _ => return None,
            }
        }
        Some(found)
    }
}

/// The kinds of items that overlays can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// A cited source.
    Source,
    /// A value set.
    ValueSet,
    /// A reference curve.
    Curve,
    /// A program's own keys.
    Program,
    /// A form.
    Form,
    /// A derived column.
    Derived,
    /// A fact.
    Fact,
    /// A visit.
    Visit,
    /// The risk scale.
    Risk,
    /// A score.
    Score,
    /// A rule.
    Rule,
    /// A kind of referral.
    Referral,
    /// A list.
    List,
    /// A chart.
    Chart,
    /// A picture of numbers that recur.
    Trend,
    /// Records that open enrollments elsewhere.
    Opens,
    /// A measure.
    Measure,
    /// An indicator.
    Indicator,
    /// A way of splitting figures.
    Stratum,
    /// A history of golden cases.
    History,
    /// A golden case.
    Case,
    /// A table of golden cases.
    CaseTable,
    /// A goal of plans.
    Term,
    /// A field of a form; its id is `FORM.FIELD`.
    Field,
}

impl ItemKind {
    /// All kinds with the words used in packs.
    pub const WORDS: [(&'static str, ItemKind); 24] = [
        ("source", ItemKind::Source),
        ("value_set", ItemKind::ValueSet),
        ("curve", ItemKind::Curve),
        ("program", ItemKind::Program),
        ("form", ItemKind::Form),
        ("derived", ItemKind::Derived),
        ("fact", ItemKind::Fact),
        ("visit", ItemKind::Visit),
        ("risk", ItemKind::Risk),
        ("score", ItemKind::Score),
        ("rule", ItemKind::Rule),
        ("referral", ItemKind::Referral),
        ("list", ItemKind::List),
        ("chart", ItemKind::Chart),
        ("trend", ItemKind::Trend),
        ("opens", ItemKind::Opens),
        ("measure", ItemKind::Measure),
        ("indicator", ItemKind::Indicator),
        ("stratum", ItemKind::Stratum),
        ("history", ItemKind::History),
        ("case", ItemKind::Case),
        ("case_table", ItemKind::CaseTable),
        ("term", ItemKind::Term),
        ("field", ItemKind::Field),
    ];

    /// The word used in packs.
    pub fn word(self) -> &'static str {
        Self::WORDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(word, _)| word)
    }
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The pack.
    pub pack: Arc<str>,
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Something that an overlay changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// The overlay.
    pub layer: Arc<str>,
    /// What kind of item.
    pub item: ItemKind,
    /// The program; empty for items of the whole pack.
    pub program: Arc<str>,
    /// The id.
    pub id: Arc<str>,
    /// What was done.
    pub kind: ChangeKind,
    /// Where the overlay says so.
    pub place: Place,
}

/// What an overlay did to an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It was replaced as a whole.
    Replaced,
    /// These keys were changed.
    Altered(Vec<String>),
    /// It was taken away.
    Removed,
}
