//! A death that the records of one program know ends what else the subject has open in programs that say nothing of
//! deaths themselves; when nobody knows of it any more, that goes on.

use fuyou_kernel::Date;
use fuyou_pack::Program;
use fuyou_pack::model::ProgramIx;
use fuyou_pack::replay::replay;
use uuid::Uuid;

use super::perform::ROUNDS_MAX;
use crate::care::file::{self, Enrolled, File, Head, Reading};
use crate::care::memory::Around;
use crate::care::{Acting, Care, EnrollmentId, EnrollmentState, Error, shown};

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
            let mut reader = self.db().glance().await?;
            let of = (&**self.pack(), self.tables());
            let what = (subject, Reading::Everything);
            let file = file::read_again(&mut reader, of, self.memory(), what).await?;
            drop(reader);
            let death = self.death_of(&by, &file);
            let differs = file.enrollments.iter().find(|enrolled| {
                self.pack().program(enrolled.head.program).ends_with_death()
                    && is_otherwise(&enrolled.head, death)
            });
            let Some(enrolled) = differs else {
                return Ok(changed);
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

    /// The day of death as the records of a file know it, the earliest when they differ.
    fn death_of(&self, by: &Acting, file: &File) -> Option<Date> {
        let told = file.enrollments.iter().filter_map(|enrolled: &Enrolled| {
            let program = self.pack().program(enrolled.head.program);
            if program.died_on.is_none() || enrolled.head.withdrawn.is_some() {
                return None;
            }
            let around = Around {
                profile: file.profile.clone(),
                tree: by.actor.tree.clone(),
            };
            if let Some(known) = self.memory().computed(&enrolled.head, &around) {
                return program.death(&known.outcome);
            }
            let offset = self.settings().utc_offset_minutes;
            let profile = file.profile.as_ref();
            let history = enrolled.history(program, &by.actor.tree, profile, offset);
            program.death(&replay(program, &history))
        });
        told.min().map(shown::date)
    }
}

/// Whether what an enrollment was told of a death is to be changed. What is over already is left as it is.
fn is_otherwise(head: &Head, death: Option<Date>) -> bool {
    let is_over = head.state == EnrollmentState::Closed && head.died_on.is_none();
    head.withdrawn.is_none() && head.died_on != death && !(is_over && death.is_some())
}
