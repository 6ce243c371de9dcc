use fuyou_expr::{Expr, Value};
use fuyou_kernel::{Date, DayNumber, Id, Sex, Span, kinds};

use super::chance::Chance;
use super::county::County;
use super::generator::Known;
use super::line::{Line, write_member};
use super::scenario::{GroupPlan, Member, RecordPlan, ReferralPlan, Scenario, Timing};
use super::{Counts, Extent};

const DAY_S: i64 = 86_400;

/// What every subject's course needs.
pub(super) struct Setting<'a> {
    pub scenario: &'a Scenario,
    pub county: &'a County,
    pub seed: u64,
    pub subjects: u64,
    pub today: i32,
    pub extent: Extent,
    /// Days on which subjects come to be, with the share of subjects until the end of that day.
    pub days: &'a [(i32, f64)],
}

/// A record that is due.
#[derive(Clone, Copy)]
struct Due {
    day: i32,
    plan: usize,
    round: i64,
}

/// One subject while she is being made.
struct Subject<'a> {
    setting: &'a Setting<'a>,
    known: Known,
    chance: Chance,
    id: Id<kinds::Person>,
    enrollment: Id<kinds::Enrollment>,
    counts: Counts,
    /// When the opening record was recorded; nothing is recorded before it.
    opened_ms: i64,
    /// When the last record was recorded.
    last_ms: i64,
    lines: Vec<u8>,
    values: Vec<u8>,
}

impl Setting<'_> {
    /// Writes all lines of one subject; nothing when she was never enrolled.
    pub(super) fn subject(&self, number: u64, out: &mut Vec<u8>) -> Counts {
        let mut chance = Chance::of(self.seed, number);
        let anchor = self.anchor(number, &mut chance);
        let born_ms = i64::from(anchor) * DAY_S * 1000 + (number % 80_000_000) as i64;
        let id = Id::new(u64::try_from(born_ms).unwrap_or(0), chance.bytes());
        let mut subject = Subject {
            setting: self,
            known: Known {
                values: vec![Value::Null; self.scenario.width],
            },
            enrollment: Id::new(0, [0; 10]),
            chance,
            id,
            counts: Counts::default(),
            opened_ms: 0,
            last_ms: 0,
            lines: Vec::new(),
            values: Vec::new(),
        };
        subject.begin(number, anchor);
        subject.live();
        subject.write(number, out)
    }

    /// The day on which a subject comes to be: the subjects are laid evenly over the shares of the days.
    fn anchor(&self, number: u64, chance: &mut Chance) -> i32 {
        let share = (number as f64 + chance.unit()) / self.subjects as f64;
        let position = self.days.partition_point(|(_, until)| *until <= share);
        self.days[position.min(self.days.len() - 1)].0
    }
}

impl Subject<'_> {
    fn set(&mut self, slot: fuyou_expr::Slot, value: Value) {
        self.known.values[usize::from(slot.0)] = value;
    }

    fn begin(&mut self, number: u64, anchor: i32) {
        let setting = self.setting;
        let slots = &setting.scenario.slots;
        let home = setting.county.home(&mut self.chance);
        self.set(slots.today, Value::Date(setting.today));
        self.set(slots.anchor, Value::Date(anchor));
        self.set(slots.serial, Value::text(&format!("{:07}", number + 1)));
        self.set(slots.home_org, Value::Text(home.township.clone()));
        self.set(slots.village_org, Value::Text(home.village.clone()));
        for (slot, thousandths) in slots.traits.iter().zip(home.traits.iter()) {
            self.set(*slot, Value::Number(*thousandths));
        }
        for (slot, generator) in &setting.scenario.draws {
            let value = generator.draw(&self.known, &mut self.chance, setting.county);
            self.set(*slot, value);
        }
    }

    /// Plans everything that is due and writes down what takes place.
    fn live(&mut self) {
        let setting = self.setting;
        let mut due = Vec::new();
        for (plan, record) in setting.scenario.records.iter().enumerate() {
            self.plan(plan, record, &mut due);
        }
        due.sort_by_key(|one| (one.day, one.plan, one.round));
        let mut opened = false;
        for one in due {
            let plan = &setting.scenario.records[one.plan];
            let opens = plan.form == setting.scenario.opens_with;
            if opened != opens && self.record(plan, one) {
                opened = true;
            }
        }
        if opened {
            for plan in &setting.scenario.referrals {
                self.referral(plan);
            }
        }
    }

    fn date(&self, expr: &Expr) -> Option<i32> {
        match expr.eval(&self.known) {
            Value::Date(day) => Some(day),
            _ => None,
        }
    }

    fn plan(&mut self, plan: usize, record: &RecordPlan, due: &mut Vec<Due>) {
        let setting = self.setting;
        let mut days = Vec::new();
        match &record.timing {
            Timing::On(on) => days.extend(self.date(on)),
            Timing::Visits { anchor, windows, within } => {
                let Some(anchor) = self.date(anchor) else { return };
                for window in windows {
                    let (from, to) = (end(anchor, window.from, window.shift), end(anchor, window.to, window.shift));
                    let at = self.chance.quantile(within);
                    days.push(from + (f64::from(to - from) * at).round() as i32);
                }
            }
            Timing::Every { from, until, days: step, times } => {
                let until = until.as_ref().map_or(Some(setting.today), |until| self.date(until));
                let (Some(mut day), Some(until)) = (self.date(from), until) else { return };
                for _ in 0..*times {
                    if day > until || day > setting.today {
                        break;
                    }
                    days.push(day);
                    match step.draw(&self.known, &mut self.chance, setting.county) {
                        Value::Number(step) => day += i32::try_from(step).unwrap_or(1).max(1),
                        _ => break,
                    }
                }
            }
        }
        for (round, day) in days.into_iter().enumerate() {
            let slip = record.slip.as_ref().map(|slip| slip.draw(&self.known, &mut self.chance, setting.county));
            let slip = match slip {
                Some(Value::Number(days)) => i32::try_from(days).unwrap_or(0),
                _ => 0,
            };
            due.push(Due {
                day: day + slip,
                plan,
                round: round as i64 + 1,
            });
        }
    }

    /// Writes one record; false when it does not take place.
    fn record(&mut self, plan: &RecordPlan, due: Due) -> bool {
        let setting = self.setting;
        let slots = &setting.scenario.slots;
        self.set(slots.day, Value::Date(due.day));
        self.set(slots.round_no, Value::Number(due.round));
        let attends = match &plan.attend {
            Some(share) => share.of(&self.known).unwrap_or(0.0),
            None => 1.0,
        };
        let came = self.chance.hit(attends);
        if due.day >= setting.today || !came || plan.when.as_ref().is_some_and(|when| !when.holds(&self.known)) {
            return false;
        }
        let Value::Text(org) = plan.org.eval(&self.known) else { return false };
        let delay = plan.delay.as_ref().map(|delay| delay.draw(&self.known, &mut self.chance, setting.county));
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
        let unusual = self.fill(plan);
        if self.counts.records == 0 {
            self.opened_ms = recorded_ms;
            self.enrollment = Id::new(u64::try_from(recorded_ms).unwrap_or(0), self.chance.bytes());
        }
        let staff = setting.county.staff_of(&org, &mut self.chance);
        let id: Id<kinds::Encounter> = Id::new(u64::try_from(recorded_ms).unwrap_or(0), self.chance.bytes());
        let mut line = Line::new(&mut self.lines, "record");
        line.id("subject", self.id.uuid());
        line.id("enrollment", self.enrollment.uuid());
        line.id("id", id.uuid());
        line.text("form", &plan.form_id);
        line.date("occurred_on", due.day);
        line.instant("recorded_at", recorded_ms);
        line.text("org", &org);
        line.optional("staff", staff.as_deref());
        line.json("values", &self.values);
        if unusual || plan.may_ask {
            line.text("reason", REASON);
        }
        line.end();
        for (slot, expr) in &plan.after {
            let value = expr.eval(&self.known);
            self.set(*slot, value);
        }
        self.counts.records += 1;
        true
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
            let value = member.generator.draw(&self.known, &mut self.chance, self.setting.county);
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
    fn instant(&mut self, day: i32) -> i64 {
        let clock = &self.setting.scenario.clock;
        let open = usize::try_from(clock.closes_s - clock.opens_s).unwrap_or(0);
        let second = clock.opens_s + self.chance.below(open) as i64;
        (i64::from(day) * DAY_S + second - clock.utc_offset_minutes * 60) * 1000
    }

    fn referral(&mut self, plan: &ReferralPlan) {
        if plan.when.as_ref().is_some_and(|when| !when.holds(&self.known)) {
            return;
        }
        let setting = self.setting;
        let (Some(day), Value::Text(from), Value::Text(to)) =
            (self.date(&plan.on), plan.from.eval(&self.known), plan.to.eval(&self.known))
        else {
            return;
        };
        if day >= setting.today || from == to {
            return;
        }
        let sent = self.instant(day);
        let arrived = self.follow(day, &plan.arrive, &plan.arrive_after);
        let answered = arrived.and_then(|(day, _)| self.follow(day, &plan.feedback, &plan.feedback_after));
        let id: Id<kinds::Referral> = Id::new(u64::try_from(sent).unwrap_or(0), self.chance.bytes());
        let mut line = Line::new(&mut self.lines, "referral");
        line.id("subject", self.id.uuid());
        line.id("enrollment", self.enrollment.uuid());
        line.id("id", id.uuid());
        line.text("type", &plan.kind);
        line.text("from", &from);
        line.text("to", &to);
        line.instant("sent_at", sent);
        for (key, step) in [("arrived_at", arrived), ("feedback_at", answered)] {
            if let Some((_, at)) = step {
                line.instant(key, at);
            }
        }
        line.json("values", b"{}");
        line.end();
        self.counts.referrals += 1;
    }

    /// The next step of a referral, if it is taken before today: its day and instant, later than the step before.
    fn follow(
        &mut self,
        day: i32,
        share: &super::generator::Amount,
        after: &super::generator::Generator,
    ) -> Option<(i32, i64)> {
        let taken = self.chance.hit(share.of(&self.known).unwrap_or(0.0));
        let days = match after.draw(&self.known, &mut self.chance, self.setting.county) {
            Value::Number(days) => i32::try_from(days).unwrap_or(0).max(1),
            _ => return None,
        };
        let at = self.instant(day + days);
        (taken && day + days < self.setting.today).then_some((day + days, at))
    }

    fn write(mut self, number: u64, out: &mut Vec<u8>) -> Counts {
        if self.counts.records == 0 {
            return Counts::default();
        }
        let scenario = self.setting.scenario;
        if self.setting.extent == Extent::Everything {
            self.person(number, out);
        }
        let mut line = Line::new(out, "enrollment");
        line.id("subject", self.id.uuid());
        line.id("id", self.enrollment.uuid());
        line.text("program", &scenario.program);
        if let Value::Text(org) = &self.known.values[usize::from(scenario.slots.home_org.0)] {
            line.text("org", org);
        }
        line.end();
        out.extend_from_slice(&self.lines);
        self.counts.enrollments = 1;
        self.counts
    }

    fn person(&mut self, number: u64, out: &mut Vec<u8>) {
        let scenario = self.setting.scenario;
        let name = scenario.names.full_name(&mut self.chance);
        let phone = scenario.names.phone(&mut self.chance);
        let sex = self.text(&scenario.person.sex);
        let kind = match sex.as_deref() {
            Some("male") => Sex::Male,
            _ => Sex::Female,
        };
        let birth = self.date(&scenario.person.birth_on);
        let household = self.text(&scenario.person.household);
        let population = self.text(&scenario.person.population);
        let residence = self.known.values[usize::from(scenario.slots.village_org.0)].clone();
        let mut line = Line::new(out, "person");
        line.id("id", self.id.uuid());
        line.text("name", &name);
        line.optional("sex", sex.as_deref());
        if let Some(birth) = birth {
            line.date("birth_on", birth);
            line.text("id_no", &scenario.names.identity_number(birth, kind, number));
        }
        line.text("phone", &phone);
        if let Value::Text(residence) = &residence {
            line.text("residence", residence);
        }
        line.optional("household", household.as_deref());
        line.optional("population", population.as_deref());
        line.end();
        self.counts.persons = 1;
    }

    fn text(&self, expr: &Expr) -> Option<std::sync::Arc<str>> {
        match expr.eval(&self.known) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Goes with every record whose form may ask back; an import keeps it only where it did ask.
const REASON: &str = "模拟数据,已核对";

/// An end of a window: the span after the anchor, and the repetition's shift as often as it was added.
fn end(anchor: i32, span: Span, shift: Option<(Span, u16)>) -> i32 {
    let after = |day: i32, span: Span| {
        let date = Date::try_from(DayNumber(day)).ok();
        date.and_then(|date| span.after(date).ok()).map_or(day, |date| DayNumber::from(date).0)
    };
    let (step, times) = shift.unwrap_or((Span::Days(0), 0));
    (0..times).fold(after(anchor, span), |day, _| after(day, step))
}
