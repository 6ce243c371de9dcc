//! Making the hand-overs of a life course.

use fuyou_expr::Value;
use fuyou_kernel::{Id, kinds};

use super::course::Subject;
use super::generator::{Amount, Generator};
use super::line::Line;
use super::scenario::ReferralPlan;

impl Subject<'_> {
    pub(super) fn referral(&mut self, plan: &ReferralPlan) {
        if plan
            .when
            .as_ref()
            .is_some_and(|when| !when.holds(&self.known))
        {
            return;
        }
        let setting = self.setting;
        let (Some(day), Value::Text(from), Value::Text(to)) = (
            self.date(&plan.on),
            plan.from.eval(&self.known),
            plan.to.eval(&self.known),
        ) else {
            return;
        };
        if day >= setting.today || from == to {
            return;
        }
        let sent = self.instant(day);
        let arrived = self.follow(day, &plan.arrive, &plan.arrive_after);
        let answered =
            arrived.and_then(|(day, _)| self.follow(day, &plan.feedback, &plan.feedback_after));
        let followed =
            answered.and_then(|(day, _)| self.follow(day, &plan.follow_up, &plan.follow_up_after));
        let id: Id<kinds::Referral> =
            Id::new(u64::try_from(sent).unwrap_or(0), self.chance.bytes());
        let mut line = Line::new(&mut self.lines, "referral");
        line.id("subject", self.id.uuid());
        line.id("enrollment", self.enrollment.uuid());
        line.id("id", id.uuid());
        line.text("type", &plan.kind);
        line.text("from", &from);
        line.text("to", &to);
        line.instant("sent_at", sent);
        for (key, step) in [
            ("arrived_at", arrived),
            ("feedback_at", answered),
            ("followed_up_at", followed),
        ] {
            if let Some((_, at)) = step {
                line.instant(key, at);
            }
        }
        line.json("values", b"{}");
        line.end();
        self.counts.referrals += 1;
    }

    /// The next step of a referral, if it is taken before today: its day and instant, later than the step before.
    fn follow(&mut self, day: i32, share: &Amount, after: &Generator) -> Option<(i32, i64)> {
        let taken = self.chance.hit(share.of(&self.known).unwrap_or(0.0));
        let days = match after.draw(&self.known, &mut self.chance, self.setting.county) {
            Value::Number(days) => i32::try_from(days).unwrap_or(0).max(1),
            _ => return None,
        };
        let at = self.instant(day + days);
        (taken && day + days < self.setting.today).then_some((day + days, at))
    }
}
