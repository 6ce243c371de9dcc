//! What a browser needs to check a form while somebody types: the sheet of the form, which it keeps, and the values of
//! the enrollment that the sheet reads. Nothing above the reader's secrecy is in either.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fuyou_kernel::{DayNumber, Language, Secrecy, hex};
use fuyou_pack::browser::{Now, Reader, Sheet};
use fuyou_pack::model::{FormIx, ProgramIx};
use sm3::{Digest, Sm3};

use super::file::Reading;
use super::record::choose;
use super::{Acting, Care, Error, Record, restricted};
use crate::access::Action;

/// A sheet with the name of its content: a browser may keep it for ever.
#[derive(Debug)]
pub(crate) struct NamedSheet {
    /// Hash of the content.
    pub name: String,
    /// The content.
    pub sheet: Sheet,
}

type Key = (ProgramIx, FormIx, Language, Secrecy);

/// The sheets that were asked for; there are at most forms × languages × levels of secrecy.
#[derive(Default)]
pub(super) struct Sheets(Mutex<HashMap<Key, Arc<NamedSheet>>>);

impl Care {
    /// The sheet of a form for a reader.
    pub(crate) fn sheet(
        &self,
        by: &Acting,
        language: Language,
        (program, form): (ProgramIx, FormIx),
    ) -> Arc<NamedSheet> {
        let secrecy_max = by.actor.secrecy_max();
        let key = (program, form, language, secrecy_max);
        let mut sheets = self
            .sheets()
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let made = sheets.entry(key).or_insert_with(|| {
            let reader = Reader {
                language,
                secrecy_max,
                restricted: restricted(),
            };
            let sheet = Sheet::new(self.pack(), program, form, reader);
            let hash = Sm3::digest(sheet.json().as_bytes());
            Arc::new(NamedSheet {
                name: hex(hash.iter().take(8)),
                sheet,
            })
        });
        Arc::clone(made)
    }

    /// The values that a sheet reads, of the enrollment into which a record would go, on the record's day.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn standing(
        &self,
        by: &Acting,
        record: &Record,
        sheet: &NamedSheet,
    ) -> Result<String, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let (program, form) = self.form_named(&record.program, &record.form)?;
        let file = self
            .open_file(by, record.subject.uuid(), Reading::Program(program))
            .await?;
        let base = self.base(by, &file, program).await?;
        let (enrolled, opening) = choose(&base, record, form)?;
        let on = record.occurred_on.unwrap_or(by.today);
        let before = self.before_or_beginning(by, &base, enrolled, (opening, on));
        let tree = &by.actor.tree;
        let organization = tree.get(by.actor.organization);
        let now = Now {
            occurred_on: DayNumber::from(on),
            today: DayNumber::from(by.today),
            recorded_org: organization.map(|organization| organization.code.as_str().into()),
        };
        let computed = &before.computed;
        Ok(sheet
            .sheet
            .standing(self.pack(), &computed.history, &computed.outcome, &now))
    }
}
