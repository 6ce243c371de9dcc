//! How the figures of a program are split.

use std::sync::Arc;

use fuyou_expr::{Expr, Value};
use fuyou_kernel::{Localized, Secrecy};

use super::{Cited, ProgramIx};
use crate::replay::RowView;

/// A way of splitting every figure of a program: each enrollment belongs to one layer, or to none that is known.
#[derive(Clone, Debug)]
pub struct Stratum {
    /// The id, unique in its program.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The program whose figures it splits.
    pub program: ProgramIx,
    /// The layer of an enrollment (facts row): a code, whose position is the position in [`Stratum::layers`].
    pub is: Expr,
    /// The layers, in the order of the value set.
    pub layers: Vec<Layer>,
    /// Inherited from what it reads.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
}

/// One layer of a stratum.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The code.
    pub code: Arc<str>,
    /// What is shown.
    pub title: Localized,
}

impl Stratum {
    /// The position of the layer with this code.
    pub fn layer(&self, code: &str) -> Option<usize> {
        self.layers.iter().position(|layer| &*layer.code == code)
    }

    /// The layer of an enrollment; `None` when it is not known.
    pub fn layer_of(&self, row: &[Value]) -> Option<usize> {
        match self.is.eval(&RowView(row)) {
            Value::Code(place) => Some(usize::from(place)),
            _ => None,
        }
    }
}
