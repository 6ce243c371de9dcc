//! A form for the browser: what it needs to say at once, while somebody types, what [`check_record`] and a replay would
//! say. The server decides all the same when the form is sent.
//!
//! There are two parts. The *sheet* holds the form's expressions, limits and messages and the rules that a record of it
//! can change; it depends on the pack, the form, the language and the reader's secrecy only, so a browser keeps it as long
//! as the pack stays. The *standing* holds the values of one enrollment on one day that the sheet's expressions read, and
//! nothing else of it.
//!
//! Invariants:
//! - an expression that reads anything above the reader's secrecy is not in his sheet, and no such value in a standing;
//!   where the browser would need one, the sheet or the standing says that the server has to be asked;
//! - rules look at the whole enrollment, of which a browser knows only the aggregates: each is taken one record further.
//!   Where that cannot be done (an earlier record would look different), the sheet or the script asks the server.
//!
//! [`check_record`]: crate::record::check_record

mod fields;
mod names;
mod outlook;
mod places;
mod sheet;
mod standing;

use fuyou_expr::Json;
use fuyou_kernel::{Language, Localized, Secrecy};

use self::places::Places;
use crate::model::{FormIx, ProgramIx, RuleIx};
use crate::{Pack, Program};

pub use self::standing::Now;

/// For whom a sheet is made.
#[derive(Clone, Debug)]
pub struct Reader {
    /// In which language he is spoken to.
    pub language: Language,
    /// What he may see.
    pub secrecy_max: Secrecy,
    /// What stands in place of what he may not see.
    pub restricted: Localized,
}

/// A form's expressions for the browser.
#[derive(Debug)]
pub struct Sheet {
    json: String,
    program: ProgramIx,
    form: FormIx,
    reader: Reader,
    places: Places,
    /// The rules that the browser looks at; none when it asks the server what a record leads to.
    rules: Option<Vec<RuleIx>>,
    asks: Vec<&'static str>,
}

impl Sheet {
    /// The sheet of a form for a reader.
    pub fn new(pack: &Pack, program: ProgramIx, form: FormIx, reader: Reader) -> Sheet {
        sheet::sheet(pack, program, form, reader)
    }

    /// The sheet as JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Why the browser asks the server instead of deciding by itself; empty when it decides everything.
    pub fn asks(&self) -> &[&'static str] {
        &self.asks
    }
}

/// What a sheet is made with.
struct Maker<'a> {
    program: &'a Program,
    form_ix: FormIx,
    form: &'a crate::Form,
    reader: &'a Reader,
    places: &'a Places,
}

impl Maker<'_> {
    fn say(&self, text: &Localized, json: &mut Json) {
        json.text(text.get(self.reader.language));
    }

    fn sees(&self, secrecy: Secrecy) -> bool {
        secrecy <= self.reader.secrecy_max
    }
}
