use fuyou_expr::Value;
use fuyou_kernel::DayNumber;

use crate::model::{FormIx, Program};

/// A record as it is being typed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The day of service.
    pub occurred_on: Option<DayNumber>,
    /// The values, in the order of the form's fields; what is computed may be NULL.
    pub values: Vec<Value>,
    /// The rows of groups, in the order of the form's groups.
    pub groups: Vec<Vec<Vec<Value>>>,
}

impl Draft {
    /// An empty draft of a form.
    pub fn new(program: &Program, form: FormIx) -> Self {
        let form = program.form(form);
        Self {
            occurred_on: None,
            values: vec![Value::Null; form.fields.len()],
            groups: vec![Vec::new(); form.groups.len()],
        }
    }
}
