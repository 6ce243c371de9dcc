//! The typed tree for a browser, which evaluates it as [`Expr::eval`] does.
//!
//! A node is an array that begins with a word; what is no array is a literal. Types need not be sent: the checker has
//! made everything implicit explicit, and a value says itself what it is:
//!
//! | value | JSON |
//! |---|---|
//! | unknown, true, false | `null`, `true`, `false` |
//! | number, date, code | the scaled integer, the day number, the place; beyond 2^53 `{"n":"…"}` |
//! | text | a string |
//! | set of codes | places in rising order: an array as a value, `["codes", …]` as a literal |
//!
//! Columns are printed by whoever knows where their values will stand ([`BrowserNames`]): `["v", place]` in the list of
//! values, `["m", place]` in the current row of the aggregate around it, `["o", place]` in the row of a group for which
//! the expression is asked.

mod json;
mod print;

pub use json::Json;

use crate::expr::Expr;
use crate::scope::SetId;
use crate::tree::{ColumnRef, Node};
use crate::value::Value;

/// Where the browser finds the columns of an expression.
pub trait BrowserNames {
    /// Prints a column.
    fn column(&self, column: ColumnRef, json: &mut Json);
    /// The place of a set among the browser's sets; `None` when it has no rows there.
    fn set(&self, set: SetId) -> Option<usize>;
}

impl Expr {
    /// The typed tree as JSON, for the browser's evaluator.
    pub fn to_browser(&self, names: &dyn BrowserNames) -> String {
        let mut json = Json::new();
        self.root().put(names, &mut json);
        json.into_text()
    }
}

impl Value {
    /// Adds this value to a JSON text, as the browser's evaluator keeps values.
    pub fn put(&self, json: &mut Json) {
        match self {
            Value::Null => json.null(),
            Value::Boolean(truth) => json.truth(*truth),
            Value::Number(number) => json.number(*number),
            Value::Text(text) => json.text(text),
            Value::Code(place) => json.place(usize::from(*place)),
            Value::Codes(codes) => {
                json.array(|json| codes.iter().for_each(|code| json.place(usize::from(code))))
            }
            Value::Date(day) => json.number(i64::from(*day)),
        }
    }
}

impl Node {
    /// Adds this tree to a JSON text.
    pub fn put(&self, names: &dyn BrowserNames, json: &mut Json) {
        print::Printer { names }.node(self, json);
    }
}
