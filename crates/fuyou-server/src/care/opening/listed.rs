//! Everybody whom records opened in a program, for commands.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use fuyou_expr::Value;
use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::store;
use crate::care::file::{self, Reading};
use crate::care::{Acting, Care, Error};
use crate::registry::{Standing, standing};

/// Subjects read side by side.
const AT_ONCE: usize = 16;

/// A subject whom a record of another program opened.
#[derive(Clone, Debug)]
pub struct OpenedSubject {
    /// Who.
    pub subject: Uuid,
    /// Born on.
    pub birth_on: Date,
    /// The sex, as a value of `person.sex` of the program.
    pub sex: Value,
    /// The opened enrollment.
    pub enrollment: Uuid,
    /// The code of the organization where the subject lives.
    pub residence: String,
    /// When the opening record was recorded.
    pub opened_at: Timestamp,
    /// The values of the opening record, in the order of the form's fields.
    pub values: Vec<Value>,
}

/// A subject of whom a rule of another program is true.
#[derive(Clone, Debug)]
pub struct AskedSubject {
    /// Who.
    pub subject: Uuid,
    /// On which day the rule became true.
    pub since: Date,
    /// The sex, as a value of `person.sex` of the program that is asked for.
    pub sex: Value,
    /// Born on.
    pub birth_on: Date,
    /// The code of the organization where the subject lives.
    pub residence: String,
}

impl Care {
    /// Everybody who is in a program because a record of another one opened it, by id. For commands: the caller may see
    /// everything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn opened_subjects(
        &self,
        by: &Acting,
        program: &str,
    ) -> Result<Vec<OpenedSubject>, Error> {
        let mut found = Vec::new();
        let mut reader = self.db().read().await?;
        for opener in &self.pack().programs {
            for opens in &opener.opens {
                if !opens.joins && *self.pack().program(opens.program).id == *program {
                    found.extend(store::opened(&mut reader, (&opener.id, &opens.id)).await?);
                }
            }
        }
        drop(reader);
        found.sort_unstable();
        let tasks = found.into_iter().map(|link| self.opened_subject(by, link));
        let read = stream::iter(tasks).buffered(AT_ONCE);
        let all: Vec<Option<OpenedSubject>> = read.try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    /// Everybody of whom a rule of a program is true now, by id, with the first instant at which it was. For commands: the
    /// caller may see everything.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn asked_subjects(
        &self,
        by: &Acting,
        asked_by: (&str, &str),
        program: &str,
    ) -> Result<Vec<AskedSubject>, Error> {
        let mut reader = self.db().read().await?;
        let found = store::asked(&mut reader, asked_by).await?;
        drop(reader);
        let target = self.pack().program_ix(program);
        let target = self
            .pack()
            .program(target.ok_or(Error::NotFound("program"))?);
        let mut reader = self.db().glance().await?;
        let mut asked = Vec::new();
        for (subject, since) in found {
            let Standing::Person(profile) = standing(&mut reader, subject).await? else {
                continue;
            };
            let residence = profile.residence.and_then(|id| by.actor.tree.get(id));
            asked.push(AskedSubject {
                subject,
                since: self.date_of(since.0),
                sex: target.person_value("sex", &profile.sex).unwrap_or_default(),
                birth_on: profile.birth_on,
                residence: residence.map_or_else(String::new, |place| place.code.clone()),
            });
        }
        Ok(asked)
    }

    async fn opened_subject(
        &self,
        by: &Acting,
        (subject, enrollment, encounter): (Uuid, Uuid, Uuid),
    ) -> Result<Option<OpenedSubject>, Error> {
        let (pack, tables) = (self.pack(), self.tables());
        let mut reader = self.db().glance().await?;
        let file = file::read(&mut reader, pack, tables, subject, Reading::Everything).await?;
        let found = file
            .record(encounter)
            .filter(|(enrolled, _)| enrolled.head.id == enrollment);
        let (Some(profile), Some((enrolled, kept))) = (&file.profile, found) else {
            return Ok(None);
        };
        let program = pack.program(enrolled.head.program);
        let residence = profile.residence.and_then(|id| by.actor.tree.get(id));
        Ok(Some(OpenedSubject {
            subject,
            birth_on: profile.birth_on,
            sex: program
                .person_value("sex", &profile.sex)
                .unwrap_or_default(),
            enrollment,
            residence: residence.map_or_else(String::new, |place| place.code.clone()),
            opened_at: kept.recorded_at,
            values: kept.values.clone(),
        }))
    }
}
