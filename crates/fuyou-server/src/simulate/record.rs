//! Making the records of a life course.

use fuyou_expr::Value;
use fuyou_kernel::{Id, kinds};

use super::course::{DAY_S, Due, Subject};
use super::line::{Line, write_member};
use super::scenario::{GroupPlan, Member, RecordPlan};

/// Goes with every record whose form may ask back; an import keeps it only where it did ask.
const REASON: &str = "模拟数据,已核对";

impl Subject<'_> {
    /// Writes one record; false when it does not take place.
    pub(super) fn record(&mut self, plan: &RecordPlan, due: Due) -> bool {
        let setting = self.setting;
        let slots = &setting.scenario.slots;
        self.set(slots.day, Value::Date(due.day));
        self.set(slots.round_no, Value::Number(due.round));
        let attends = match &plan.attend {
            Some(share) => share.of(&self.known).unwrap_or(0.0),
            None => 1.0,
        };
        let came = self.chance.hit(attends);
        if due.day >= setting.today
            || !came
            || plan
                .when
                .as_ref()
                .is_some_and(|when| !when.holds(&self.known))
        {
            return false;
        }
        let Value::Text(org) = plan.org.eval(&self.known) else {
            return false;
        };
        let delay = plan
            .delay
            .as_ref()
            .map(|delay| delay.draw(&self.known, &mut self.chance, setting.county));
        let recorded_on = match delay {
            Some(Value::Number(days)) => due.day + i32::try_from(days).unwrap_or(0),
            _ => due.day,
        };
        if recorded_on >= setting.today {
            return false;
        }
        let recorded_ms = self.recorded_at(recorded_on);
        for (slot, generator) in &plan.draws {
            let value = generator.draw(&self.known, &mut self.chance, setting.county);
            self.set(*slot, value);
        }
        self.write_record(plan, due.day, recorded_ms, &org);
        for (slot, expr) in &plan.after {
            let value = expr.eval(&self.known);
            self.set(*slot, value);
        }
        self.counts.records += 1;
        true
    }

    fn write_record(&mut self, plan: &RecordPlan, day: i32, recorded_ms: i64, org: &str) {
        let setting = self.setting;
        let unusual = self.fill(plan);
        if !self.is_opened {
            self.is_opened = true;
            self.opened_ms = recorded_ms;
            self.enrollment = Id::new(u64::try_from(recorded_ms).unwrap_or(0), self.chance.bytes());
        }
        let staff = setting.county.staff_of(org, &mut self.chance);
        let id: Id<kinds::Encounter> =
            Id::new(u64::try_from(recorded_ms).unwrap_or(0), self.chance.bytes());
        let mut line = Line::new(&mut self.lines, "record");
        line.id("subject", self.id.uuid());
        line.id("enrollment", self.enrollment.uuid());
        line.id("id", id.uuid());
        line.text("form", &plan.form_id);
        line.date("occurred_on", day);
        line.instant("recorded_at", recorded_ms);
        line.text("org", org);
        line.optional("staff", staff.as_deref());
        line.json("values", &self.values);
        if unusual || plan.may_ask {
            line.text("reason", REASON);
        }
        line.end();
    }

    /// Fills the values of a record as JSON; says whether one of them is unusual.
    fn fill(&mut self, plan: &RecordPlan) -> bool {
        let mut values = std::mem::take(&mut self.values);
        values.clear();
        values.push(b'{');
        let mut unusual = self.members(&plan.values, &mut values);
        for group in &plan.groups {
            unusual |= self.group(group, &mut values);
        }
        values.push(b'}');
        self.values = values;
        unusual
    }

    fn group(&mut self, group: &GroupPlan, out: &mut Vec<u8>) -> bool {
        let rows = group.rows.of(&self.known).unwrap_or(0.0) as i64;
        let mut unusual = false;
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(group.id.as_bytes());
        out.extend_from_slice(b"\":[");
        for row in 1..=rows {
            self.set(self.setting.scenario.slots.row_no, Value::Number(row));
            out.extend_from_slice(if row == 1 { b"{" } else { b",{" });
            unusual |= self.members(&group.values, out);
            out.push(b'}');
        }
        out.push(b']');
        unusual
    }

    fn members(&mut self, members: &[Member], out: &mut Vec<u8>) -> bool {
        let mut unusual = false;
        for member in members {
            let value = member
                .generator
                .draw(&self.known, &mut self.chance, self.setting.county);
            if !value.is_null() {
                write_member(out, &member.id, &member.ty, &value);
            }
            if let (Value::Number(number), Some((low, high))) = (&value, member.soft) {
                unusual |= *number < low || *number > high;
            }
            self.set(member.slot, value);
        }
        unusual
    }

    /// When a record of this day's desk work is written: what is done on one day keeps its order, and nothing comes
    /// before the record that opened the enrollment.
    fn recorded_at(&mut self, day: i32) -> i64 {
        let drawn = self.instant(day);
        let offset = self.setting.scenario.clock.utc_offset_minutes * 60_000;
        let day_of = |ms: i64| (ms + offset).div_euclid(DAY_S * 1000);
        let floor = match day_of(self.last_ms) == day_of(drawn) {
            true => self.last_ms.max(self.opened_ms),
            false => self.opened_ms,
        };
        self.last_ms = match drawn > floor {
            true => drawn,
            false => floor + 60_000 * (2 + self.chance.below(9) as i64),
        };
        self.last_ms
    }

    /// A moment of a day within opening hours.
    pub(super) fn instant(&mut self, day: i32) -> i64 {
        let clock = &self.setting.scenario.clock;
        let open = usize::try_from(clock.closes_s - clock.opens_s).unwrap_or(0);
        let second = clock.opens_s + self.chance.below(open) as i64;
        (i64::from(day) * DAY_S + second - clock.utc_offset_minutes * 60) * 1000
    }
}
