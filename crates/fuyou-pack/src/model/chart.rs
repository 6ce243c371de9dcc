use std::sync::Arc;

use fuyou_expr::{Curve, Expr, Value};
use fuyou_kernel::{Localized, Secrecy};

use super::{Axis, Cited, DerivedIx};
use crate::replay::{Outcome, RowView};

/// What was measured of a subject, drawn among the lines of reference curves.
#[derive(Debug)]
pub struct Chart {
    /// The id, unique in its program.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// Which stratum of the curves the subject belongs to: a code (facts row).
    pub stratum: Expr,
    /// The standards to choose from; the first is shown first.
    pub standards: Vec<Standard>,
    /// Who may see it: the most secret of what it draws.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
}

/// One set of curves to compare with.
#[derive(Debug)]
pub struct Standard {
    /// The id, unique in its chart.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The curves, one after the other along x.
    pub curves: Vec<Plotted>,
}

/// A curve and the values that are drawn on it.
#[derive(Debug)]
pub struct Plotted {
    /// The curve.
    pub curve: Arc<Curve>,
    /// What stands below.
    pub x: Axis,
    /// What stands at the side.
    pub y: Axis,
    /// Where a record stands along x: a number.
    pub at: DerivedIx,
    /// The measured value: a number.
    pub value: DerivedIx,
}

impl Chart {
    /// The stratum of the subject with this outcome; `None` when it is unknown.
    pub fn stratum_of(&self, outcome: &Outcome) -> Option<u16> {
        match self.stratum.eval(&RowView(&outcome.row)) {
            Value::Code(stratum) => Some(stratum),
            _ => None,
        }
    }
}
