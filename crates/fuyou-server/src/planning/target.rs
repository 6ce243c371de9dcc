//! A target of a plan as it is kept, and what it asks of an indicator's figure.

use fuyou_kernel::{Id, Localized, Period, kinds};
use fuyou_pack::model::{Better, Indicator, PeriodKind, Unit};

use super::reader::{self, Comparator, Kind};
use crate::insight::{Aim, Decimal};
use crate::registry::OrganizationId;

/// Id of a target.
pub type TargetId = Id<kinds::Target>;
/// Id of a plan.
pub type PlanId = Id<kinds::Plan>;

/// Whether a person has looked at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// As the reader found it.
    Found,
    /// A person has confirmed or edited it.
    Confirmed,
    /// A person has decided that it is none.
    Ignored,
}

impl TargetState {
    /// The word in storage.
    pub fn word(self) -> &'static str {
        match self {
            TargetState::Found => "found",
            TargetState::Confirmed => "confirmed",
            TargetState::Ignored => "ignored",
        }
    }

    /// The state with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [
            TargetState::Found,
            TargetState::Confirmed,
            TargetState::Ignored,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }
}

/// A target of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanTarget {
    /// Its id.
    pub id: TargetId,
    /// Where its value stands in the text.
    pub span: reader::Span,
    /// The value as written.
    pub written: String,
    /// The phrase that names the indicator, as written.
    pub indicator_written: String,
    /// Id of the indicator that it is bound to; `None` waits for a person.
    pub indicator: Option<String>,
    /// How the figure is compared.
    pub comparator: Comparator,
    /// The value.
    pub value: Option<Decimal>,
    /// The upper end of a range.
    pub value_high: Option<Decimal>,
    /// The unit as written.
    pub unit: String,
    /// The word of [`Kind`].
    pub kind: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What the reader remarks, in Chinese.
    pub note_zh: String,
    /// The same in English.
    pub note_en: String,
    /// Whether a person has looked at it.
    pub state: TargetState,
}

/// What a target means for one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The target.
    pub target: TargetId,
    /// The organization.
    pub org: OrganizationId,
    /// The value there.
    pub value: Decimal,
    /// How it came about.
    pub method: Method,
}

/// How a share came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Everyone has the same value.
    Same,
    /// Divided by population.
    Population,
    /// Typed by a person.
    Edited,
}

impl Method {
    /// The word in storage and forms.
    pub fn word(self) -> &'static str {
        match self {
            Method::Same => "same",
            Method::Population => "population",
            Method::Edited => "edited",
        }
    }

    /// The method with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Method::Same, Method::Population, Method::Edited]
            .into_iter()
            .find(|method| method.word() == word)
    }
}

/// All comparators, for the choice in a form.
pub const COMPARATORS: [Comparator; 8] = [
    Comparator::AtLeast,
    Comparator::AtMost,
    Comparator::Equal,
    Comparator::About,
    Comparator::Range,
    Comparator::BelowReference,
    Comparator::AboveReference,
    Comparator::None,
];

/// The comparator with this sign.
pub fn comparator_of(sign: &str) -> Option<Comparator> {
    COMPARATORS
        .into_iter()
        .find(|comparator| comparator.sign() == sign)
}

impl PlanTarget {
    /// A target as the reader found it.
    pub(super) fn found(id: TargetId, target: &reader::Target) -> Self {
        let number = |number: Option<reader::Number>| {
            number.and_then(|number| number.to_string().parse().ok())
        };
        let notes =
            |words: fn(&reader::Note) -> String| target.notes.iter().map(words).collect::<Vec<_>>();
        PlanTarget {
            id,
            span: target.span,
            written: target.text.clone(),
            indicator_written: target.indicator_as_written.clone(),
            indicator: target.indicator.clone(),
            comparator: target.comparator,
            value: number(target.value),
            value_high: number(target.value_high),
            unit: target.unit.clone(),
            kind: target.kind.id().to_owned(),
            confidence: target.confidence.id().to_owned(),
            note_zh: notes(reader::Note::zh).join(";"),
            note_en: notes(reader::Note::en).join("; "),
            state: TargetState::Found,
        }
    }

    /// Whether a person must decide before the plan may be adopted: the value was repaired, implied or contradicts itself.
    pub fn waits_for_decision(&self) -> bool {
        self.state == TargetState::Found && self.confidence != "high"
    }

    /// Whether it is a number that figures are compared with, once it is bound.
    pub fn is_measurable(&self) -> bool {
        let measured = [
            Kind::Target,
            Kind::Growth,
            Kind::ImpliedAll,
            Kind::ImpliedZero,
        ];
        self.state != TargetState::Ignored && measured.iter().any(|kind| kind.id() == self.kind)
    }

    /// What it asks of the figure of `indicator`; `value` is the organization's own. `None` when a person must judge:
    /// no number, a reference that the plan does not give, another unit, or a change against a year without figures.
    pub(super) fn aim(
        &self,
        indicator: &Indicator,
        value: Option<Decimal>,
        last_year: Option<Decimal>,
    ) -> Option<Aim> {
        let value = self.level(indicator, value?, last_year)?;
        match self.comparator {
            Comparator::AtLeast => Some(Aim::AtLeast(value)),
            Comparator::AtMost => Some(Aim::AtMost(value)),
            Comparator::Equal | Comparator::About => Some(match indicator.better {
                Better::Lower => Aim::AtMost(value),
                Better::Higher | Better::Neither => Aim::AtLeast(value),
            }),
            Comparator::Range => Some(Aim::Between(
                value,
                self.level(indicator, self.value_high?, last_year)?,
            )),
            Comparator::BelowReference | Comparator::AboveReference | Comparator::None => None,
        }
    }

    /// The level that is aimed at, in the unit of the indicator.
    fn level(
        &self,
        indicator: &Indicator,
        value: Decimal,
        last_year: Option<Decimal>,
    ) -> Option<Decimal> {
        if self.kind != Kind::Growth.id() {
            return scale(&self.unit, indicator.unit).and_then(|factor| value.times(factor));
        }
        let base = last_year?;
        let change = match (self.unit.trim(), indicator.unit) {
            // "Grow by 5 %" of a count is a part of last year's count; of a rate it is percentage points.
            ("%", Unit::Count) => base.times(value)?.times(Decimal::scaled(1, 2))?,
            _ => value,
        };
        if indicator.better == Better::Lower {
            base.minus(change)
        } else {
            base.plus(change)
        }
    }
}

/// By what a value in a written unit is multiplied to stand in the indicator's unit; `None` when they do not fit.
fn scale(written: &str, unit: Unit) -> Option<Decimal> {
    let rate = |written: Unit| (written == unit).then_some(Decimal::whole(1));
    match written.trim() {
        "%" | "个百分点" => rate(Unit::Percent),
        "‰" => rate(Unit::PerMille),
        "/万" => rate(Unit::Per10000),
        "/10万" => rate(Unit::Per100000),
        "" => Some(Decimal::whole(1)),
        _ if !matches!(unit, Unit::Count | Unit::Ratio) => None,
        many if many.starts_with('万') => Some(Decimal::whole(10_000)),
        _ => Some(Decimal::whole(1)),
    }
}

/// The period that targets of an indicator mean in a plan of this year.
pub fn period_of(kind: PeriodKind, year: i16) -> Period {
    match kind {
        PeriodKind::Statistical => Period::StatisticalYear(year),
        PeriodKind::Calendar => Period::CalendarYear(year),
    }
}

/// Whether a written unit counts something: then the shares of organizations sum up to the whole.
pub fn counts(target: &PlanTarget) -> bool {
    !matches!(
        target.unit.trim(),
        "%" | "‰" | "/万" | "/10万" | "个百分点" | ""
    )
}

/// Whether shares can stand: no negative value, no percentage above 100, and counts that sum up to the target.
pub(super) fn check_shares(target: &PlanTarget, shares: &[Share]) -> Result<(), Localized> {
    for share in shares {
        if share.value.is_negative()
            || (target.unit == "%" && share.value.cmp_value(Decimal::whole(100)).is_gt())
        {
            return Err(Localized::new(
                format!("{} 不是合理的目标值", share.value),
                format!("{} cannot be a target", share.value),
            ));
        }
    }
    let (Some(whole), true) = (target.value, counts(target)) else {
        return Ok(());
    };
    let values: Vec<Decimal> = shares.iter().map(|share| share.value).collect();
    match super::breakdown::sum(&values) {
        Some(sum) if sum.cmp_value(whole).is_eq() => Ok(()),
        sum => {
            let sum = sum.map_or("–".to_owned(), |sum| sum.to_string());
            Err(Localized::new(
                format!("各单位之和为 {sum},应等于 {whole}"),
                format!("the shares sum up to {sum}, they should make {whole}"),
            ))
        }
    }
}
