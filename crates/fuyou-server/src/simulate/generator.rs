use std::sync::Arc;

use fuyou_expr::{CURVE_SCALE, CodeSet, Curve, Expr, Rows, SetId, Slot, Value};

use super::chance::Chance;
use super::county::County;

/// Everything known of the subject being made, by slot of the scenario's scope.
pub(super) struct Known {
    pub values: Vec<Value>,
}

impl Rows for Known {
    fn outer(&self, slot: Slot) -> &Value {
        &self.values[usize::from(slot.0)]
    }

    fn len(&self, _set: SetId) -> usize {
        0
    }

    fn member(&self, _set: SetId, _row: usize, _slot: Slot) -> &Value {
        &Value::Null
    }
}

/// A number that a distribution needs: fixed, or computed from what is known.
#[derive(Debug)]
pub(super) enum Amount {
    Number(f64),
    Computed {
        expr: Expr,
        /// How many units of the last decimal make one.
        per_one: f64,
    },
}

impl Amount {
    /// `None` when what it is computed from is unknown.
    pub(super) fn of(&self, known: &Known) -> Option<f64> {
        match self {
            Amount::Number(number) => Some(*number),
            Amount::Computed { expr, per_one } => match expr.eval(known) {
                Value::Number(number) => Some(number as f64 / per_one),
                Value::Null
                | Value::Boolean(_)
                | Value::Text(_)
                | Value::Code(_)
                | Value::Codes(_)
                | Value::Date(_) => None,
            },
        }
    }
}

/// How a value comes to be.
#[derive(Debug)]
pub(super) enum Way {
    /// Always this.
    Fixed(Value),
    /// An expression over what is known.
    Computed(Expr),
    /// True with a probability.
    Chance(Amount),
    /// One of several, by weight.
    Choice(Vec<(Value, Amount)>),
    /// Each code with its own probability; `none` when no other came.
    Any {
        each: Vec<(u16, Amount)>,
        none: Option<u16>,
    },
    /// Mean and standard deviation.
    Normal(Amount, Amount),
    /// Lowest and highest, both reached.
    Uniform(Amount, Amount),
    /// Points `(share below, value)`.
    Quantiles(Vec<(f64, f64)>),
    /// A staff member of the organization with this code.
    Staff(Expr),
    /// An organization with one of these roles, by weight.
    Organization(Vec<(String, Amount)>, Option<Expr>),
    /// The value of a reference curve for a stratum, at x, so many standard deviations from the median.
    Curve {
        curve: Arc<Curve>,
        stratum: Expr,
        x: Amount,
        z: Amount,
    },
}

/// A way with what stands round it.
#[derive(Debug)]
pub(super) struct Generator {
    pub way: Way,
    /// Otherwise the value is NULL.
    pub when: Option<Expr>,
    /// Decimals of a numeric value.
    pub scale: u8,
    /// A number outside is moved to the nearest end (in units of the last decimal).
    pub low: i64,
    pub high: i64,
}

impl Generator {
    /// Draws a value.
    pub(super) fn draw(&self, known: &Known, chance: &mut Chance, county: &County) -> Value {
        if self.when.as_ref().is_some_and(|when| !when.holds(known)) {
            return Value::Null;
        }
        self.way(known, chance, county).unwrap_or(Value::Null)
    }

    fn way(&self, known: &Known, chance: &mut Chance, county: &County) -> Option<Value> {
        Some(match &self.way {
            Way::Fixed(value) => value.clone(),
            Way::Computed(expr) => self.clip(expr.eval(known)),
            Way::Chance(probability) => Value::Boolean(chance.hit(probability.of(known)?)),
            Way::Choice(choices) => {
                let weights = choices
                    .iter()
                    .map(|(_, weight)| weight.of(known).unwrap_or(0.0));
                choices[chance.weighted(weights)?].0.clone()
            }
            Way::Any { each, none } => {
                let mut found = Vec::new();
                for (code, probability) in each {
                    if chance.hit(probability.of(known).unwrap_or(0.0)) {
                        found.push(*code);
                    }
                }
                if found.is_empty() {
                    found.extend(none);
                }
                Value::Codes(CodeSet::from_iter(found))
            }
            Way::Normal(mean, deviation) => {
                self.number(mean.of(known)? + deviation.of(known)? * chance.normal())
            }
            Way::Uniform(low, high) => {
                let (low, high) = (low.of(known)?, high.of(known)?);
                let step = 1.0 / ten_to(self.scale);
                self.number(low - step / 2.0 + (high - low + step) * chance.unit())
            }
            Way::Quantiles(points) => self.number(chance.quantile(points)),
            Way::Curve {
                curve,
                stratum,
                x,
                z,
            } => {
                let Value::Code(stratum) = stratum.eval(known) else {
                    return None;
                };
                let x = (x.of(known)? * ten_to(CURVE_SCALE)).round() as i64;
                self.number(curve.value_at(stratum, x, z.of(known)?)?)
            }
            Way::Staff(org) => match org.eval(known) {
                Value::Text(code) => Value::Text(county.staff_of(&code, chance)?),
                _ => return None,
            },
            Way::Organization(roles, below) => {
                let weights = roles
                    .iter()
                    .map(|(_, weight)| weight.of(known).unwrap_or(0.0));
                let (role, _) = &roles[chance.weighted(weights)?];
                let township = match below.as_ref().map(|below| below.eval(known)) {
                    None => None,
                    Some(Value::Text(code)) => Some(code),
                    Some(_) => return None,
                };
                Value::Text(county.with_role(role, township.as_deref(), chance)?)
            }
        })
    }

    fn number(&self, value: f64) -> Value {
        self.clip(Value::Number((value * ten_to(self.scale)).round() as i64))
    }

    fn clip(&self, value: Value) -> Value {
        match value {
            Value::Number(number) => Value::Number(number.clamp(self.low, self.high)),
            other => other,
        }
    }
}

/// Ten to the power of a scale.
pub(super) fn ten_to(scale: u8) -> f64 {
    (0..scale).fold(1.0, |power, _| power * 10.0)
}
