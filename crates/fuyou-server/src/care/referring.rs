//! What care does for a referral: replay the enrollment with it, and write both in one transaction.

use fuyou_kernel::DayNumber;
use fuyou_pack::Program;
use uuid::Uuid;

use super::derive::{Relation, derived_id};
use super::file::Reading;
use super::{Acting, Care, EnrollmentId, Error, SubjectId, shown};
use crate::referral::{ReferralChange, ReferralRow};
use crate::registry::OrganizationId;

const ATTEMPTS_MAX: usize = 8;
/// The receiver may open the record for so many days after sending.
const RECEIVER_DAYS: i32 = 365;

impl Care {
    /// Changes a referral: `decide` is shown the program and the stored row, and says what happens; `None` when it has
    /// happened before. Answers with the row as it is then.
    pub(crate) async fn change_referral(
        &self,
        by: &Acting,
        subject: SubjectId,
        enrollment: Uuid,
        id: Uuid,
        decide: impl Fn(&Program, Option<&ReferralRow>) -> Result<Option<ReferralChange>, Error>,
    ) -> Result<ReferralRow, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let file = self
                .open_file(by, subject.uuid(), Reading::Everything)
                .await?;
            let of_referral = |row: &ReferralRow| row.id == id;
            let enrolled = file
                .enrollments
                .iter()
                .find(|enrolled| {
                    enrolled.head.id == enrollment || enrolled.referrals.iter().any(of_referral)
                })
                .ok_or(Error::NotFound("enrollment"))?;
            let existing = enrolled.referrals.iter().find(|row| row.id == id);
            let base = self.base(by, &file, enrolled.head.program).await?;
            let Some(change) = decide(base.program(), existing)? else {
                return existing.cloned().ok_or(Error::NotFound("referral"));
            };
            let before = self.before(by, &base, enrolled);
            let mut after = enrolled.clone();
            let (row, action) = match &change {
                ReferralChange::Sent(row) | ReferralChange::SentWithSlip(row, _) => {
                    after.referrals.push(row.clone());
                    (row.clone(), "send")
                }
                ReferralChange::Stepped(row) => {
                    for known in after.referrals.iter_mut().filter(|known| known.id == id) {
                        *known = row.clone();
                    }
                    (
                        ReferralRow {
                            version: row.version + 1,
                            ..row.clone()
                        },
                        "step",
                    )
                }
            };
            let mut planned = self.finish(
                by,
                &base,
                before,
                (after, false),
                Vec::new(),
                (action, String::new()),
            );
            let writing = &mut planned.writing;
            writing.entry.entity = "referral".into();
            writing.entry.entity_id = Some(id);
            let until = DayNumber(DayNumber::from(row.sent_on.0).0 + RECEIVER_DAYS);
            let relation = Relation {
                organization: OrganizationId::from_uuid(row.to_org_id),
                kind: "referral",
                until: Some(shown::date(until)),
            };
            let relation_id = derived_id(&[b"referral", id.as_bytes()]);
            writing.relations.push((relation_id, relation));
            let clocks = writing
                .after
                .derived
                .referrals
                .get(&id)
                .cloned()
                .unwrap_or_default();
            writing.referrals.push(change);
            if self.write_one(planned.writing, by.now).await? {
                let date = |date: Option<fuyou_kernel::Date>| date.map(crate::db::DbDate);
                return Ok(ReferralRow {
                    arrive_by: date(clocks.arrive_by),
                    feedback_by: date(clocks.feedback_by),
                    follow_up_by: date(clocks.follow_up_by),
                    next_by: date(clocks.next_by),
                    ..row
                });
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(enrollment)))
    }
}
