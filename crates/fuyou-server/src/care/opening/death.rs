//! A death that the records of one program know ends what else the subject has open in programs that say nothing of
//! deaths themselves; when nobody knows of it any more, that goes on.

use fuyou_kernel::{Date, Localized};
use fuyou_pack::Program;
use fuyou_pack::model::{At, ProgramIx, SubjectKind};
use fuyou_pack::record::Finding;
use fuyou_pack::replay::replay;
use uuid::Uuid;

use super::perform::ROUNDS_MAX;
use crate::care::draft::refusal;
use crate::care::engine::Base;
use crate::care::file::{self, Enrolled, File, Head, Reading};
use crate::care::memory::Around;
use crate::care::{Acting, Care, EnrollmentId, EnrollmentState, Error, Record, shown};

impl Care {
    /// The ids of the programs that end with a death, and of those that know deaths: none where one of them is missing.
    pub(super) fn programs_of_death(&self) -> (Vec<&str>, Vec<&str>) {
        let of = |is: fn(&Program) -> bool| -> Vec<&str> {
            let programs = self.pack().programs.iter().filter(|program| is(program));
            programs.map(|program| &*program.id).collect()
        };
        let (ending, telling) = (
            of(Program::ends_with_death),
            of(|program| program.died_on.is_some()),
        );
        match ending.is_empty() || telling.is_empty() {
            true => (Vec::new(), Vec::new()),
            false => (ending, telling),
        }
    }

    /// Whether a record of this program can end something of another one.
    pub(super) fn tells_death(&self, program: ProgramIx) -> bool {
        let (_, telling) = self.programs_of_death();
        telling.contains(&&*self.pack().program(program).id)
    }

    /// Brings what a subject has open in line with what her records say of her death. Says how many enrollments changed.
    ///
    /// # Errors
    /// When the store fails; whoever follows the change feed tries again.
    pub(super) async fn end_with_death(&self, by: &Acting, subject: Uuid) -> Result<u64, Error> {
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        let mut changed = 0;
        for _ in 0..ROUNDS_MAX {
            // Of what ends with a death the head says enough, however many records it has.
            let telling = self.read_of(subject, Reading::TellingOfDeath).await?;
            let death = self.death_of(&by, &telling);
            let mut ending = telling.elsewhere.iter();
            let differs = ending.find(|head| {
                self.pack().program(head.program).ends_with_death() && is_otherwise(head, death)
            });
            let Some(head) = differs else {
                return Ok(changed);
            };
            let file = self.read_of(subject, Reading::Enrollment(head.id)).await?;
            let found = file.enrolled(head.id);
            let Some(enrolled) = found.filter(|found| is_otherwise(&found.head, death)) else {
                continue;
            };
            let base = self.base(&by, &file, enrolled.head.program).await?;
            let head = Head {
                died_on: death,
                ..enrolled.head.clone()
            };
            let told = match death {
                Some(_) => ("end", "closed", "死亡,结束 · the subject has died"),
                None => (
                    "resume",
                    "reopened",
                    "死亡已更正,恢复 · the death was corrected",
                ),
            };
            let writing = self.plan_head(&by, &base, (enrolled, head), told);
            changed += u64::from(self.write_one(writing, by.now).await?);
        }
        Err(Error::Busy(EnrollmentId::from_uuid(subject)))
    }

    /// As [`Care::base`], for a record: where it may begin something that does not begin after a death, with the day of
    /// the subject's death.
    pub(in crate::care) async fn base_of_record<'a>(
        &'a self,
        by: &'a Acting,
        file: &'a File,
        (program, record): (ProgramIx, &Record),
    ) -> Result<Base<'a>, Error> {
        let mut base = self.base(by, file, program).await?;
        let into = record.enrollment.and_then(|id| file.enrolled(id.uuid()));
        if into.is_none() {
            base.died_on = self.died_before_beginning(by, file, program).await?;
        }
        Ok(base)
    }

    /// The day of death of a subject, as far as it stands against beginning something in a program. Asks the database only
    /// where she is in a program that knows deaths and was not read.
    pub(in crate::care) async fn died_before_beginning(
        &self,
        by: &Acting,
        file: &File,
        program: ProgramIx,
    ) -> Result<Option<Date>, Error> {
        if !self.must_begin_alive(program) {
            return Ok(None);
        }
        let is_open =
            |one: &Enrolled| one.head.program == program && one.head.state == EnrollmentState::Open;
        if self.pack().program(program).one_open && file.enrollments.iter().any(is_open) {
            return Ok(None);
        }
        let tells = |head: &Head| self.pack().program(head.program).died_on.is_some();
        if !file.elsewhere.iter().any(tells) {
            return Ok(self.death_of(by, file));
        }
        let telling = self.read_of(file.subject, Reading::TellingOfDeath).await?;
        Ok(self.death_of(by, &telling))
    }

    /// Whether nothing of a program begins after its subject's death.
    pub(in crate::care) fn must_begin_alive(&self, program: ProgramIx) -> bool {
        let program = self.pack().program(program);
        program.subject == SubjectKind::Person && !program.after_death
    }

    async fn read_of(&self, subject: Uuid, reading: Reading) -> Result<File, Error> {
        let mut reader = self.db().glance().await?;
        let of = (&**self.pack(), self.tables());
        file::read_again(&mut reader, of, self.memory(), (subject, reading)).await
    }

    /// The programs whose records say that somebody was born alive: those that know of deaths, and those in which nothing
    /// begins after one.
    pub(super) fn programs_of_the_living(&self) -> Vec<&str> {
        let programs = self.pack().programs.iter().enumerate();
        let of_the_living = programs.filter(|(at, program)| {
            let is_of_persons = program.subject == SubjectKind::Person;
            is_of_persons
                && (program.died_on.is_some() || self.must_begin_alive(ProgramIx::new(*at)))
        });
        of_the_living.map(|(_, program)| &*program.id).collect()
    }

    /// The day of death as the records of a file know it, the earliest when they differ.
    pub(in crate::care) fn death_of(&self, by: &Acting, file: &File) -> Option<Date> {
        let told = file.enrollments.iter();
        told.filter_map(|enrolled| self.death_told(by, file, enrolled))
            .min()
    }

    /// As [`Care::death_of`], without what one of the enrollments says itself.
    pub(in crate::care) fn death_told_beside(
        &self,
        by: &Acting,
        file: &File,
        enrollment: Uuid,
    ) -> Option<Date> {
        let others = file.enrollments.iter();
        let others = others.filter(|enrolled| enrolled.head.id != enrollment);
        others
            .filter_map(|enrolled| self.death_told(by, file, enrolled))
            .min()
    }

    /// The day of death as the records of an enrollment know it.
    pub(in crate::care) fn death_told(
        &self,
        by: &Acting,
        file: &File,
        enrolled: &Enrolled,
    ) -> Option<Date> {
        let program = self.pack().program(enrolled.head.program);
        if program.died_on.is_none() || enrolled.head.withdrawn.is_some() {
            return None;
        }
        let around = Around {
            profile: file.profile.clone(),
            tree: by.actor.tree.clone(),
        };
        if let Some(known) = self.memory().computed(&enrolled.head, &around) {
            return program.death(&known.outcome).map(shown::date);
        }
        let offset = self.settings().utc_offset_minutes;
        let profile = file.profile.as_ref();
        let history = enrolled.history(program, &by.actor.tree, profile, offset);
        program.death(&replay(program, &history)).map(shown::date)
    }
}

/// Whether what an enrollment was told of a death is to be changed. What is over already is left as it is.
fn is_otherwise(head: &Head, death: Option<Date>) -> bool {
    let is_over = head.state == EnrollmentState::Closed && head.died_on.is_none();
    head.withdrawn.is_none() && head.died_on != death && !(is_over && death.is_some())
}

/// What stands against beginning something on a day of somebody who died before it.
pub(in crate::care) fn begins_after(died_on: Option<Date>, on: Date) -> Option<Finding> {
    let died_on = died_on.filter(|died_on| *died_on < on)?;
    let message = Localized::new(
        format!("服务对象已于 {died_on} 死亡,此后不能再建册;死亡日期有误时,请先更正死亡记录"),
        format!(
            "the subject died on {died_on}: nothing can begin after that day; if the day is wrong, correct the record of \
             the death first"
        ),
    );
    Some(refusal(vec![At::OccurredOn], "after_death", message))
}
