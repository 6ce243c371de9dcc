use std::sync::Arc;

use fuyou_expr::{Expr, Value};
use fuyou_kernel::{Id, Sex, kinds};

use super::chance::Chance;
use super::county::{County, Home};
use super::generator::Known;
use super::line::Line;
use super::scenario::{Given, PersonPlan, Scenario, Source};
use super::{Counts, Extent};

pub(super) const DAY_S: i64 = 86_400;

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
    /// The subjects, when they are there already.
    pub given: Option<&'a [Given]>,
}

/// A record that is due.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub day: i32,
    pub plan: usize,
    pub round: i64,
}

/// One subject while she is being made.
pub(super) struct Subject<'a> {
    pub setting: &'a Setting<'a>,
    pub known: Known,
    pub chance: Chance,
    pub id: Id<kinds::Person>,
    pub enrollment: Id<kinds::Enrollment>,
    pub counts: Counts,
    /// Whether the enrollment has been opened.
    pub is_opened: bool,
    /// When the opening record was recorded; nothing is recorded before it.
    pub opened_ms: i64,
    /// When the last record was recorded.
    pub last_ms: i64,
    pub lines: Vec<u8>,
    pub values: Vec<u8>,
    /// The code of the organization that the subject is, and how many people live there.
    pub place: Option<(Arc<str>, Option<i64>)>,
}

impl Setting<'_> {
    /// Writes all lines of one subject; nothing when she was never enrolled.
    pub(super) fn subject(&self, number: u64, out: &mut Vec<u8>) -> Counts {
        if let Some(given) = self.given {
            return self.given_subject(number, &given[number as usize], out);
        }
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
            is_opened: false,
            opened_ms: 0,
            last_ms: 0,
            lines: Vec::new(),
            values: Vec::new(),
            place: None,
        };
        let home = self.county.home(&mut subject.chance);
        subject.begin(number, anchor, home);
        subject.live();
        subject.write(number, out)
    }

    /// What happens to a subject who is there already: the course depends on who it is, not on which others there are.
    fn given_subject(&self, number: u64, given: &Given, out: &mut Vec<u8>) -> Counts {
        let home = self.county.home_at(&given.residence);
        let Some(home) = home.or_else(|| self.county.first_home()) else {
            return Counts::default();
        };
        let (high, low) = given.subject.as_u64_pair();
        let mut subject = Subject {
            setting: self,
            known: Known {
                values: vec![Value::Null; self.scenario.width],
            },
            enrollment: Id::from_uuid(given.enrollment.unwrap_or_default()),
            chance: Chance::of(self.seed, high ^ low),
            id: Id::from_uuid(given.subject),
            counts: Counts::default(),
            is_opened: given.enrollment.is_some(),
            opened_ms: given.opened_ms,
            last_ms: given.opened_ms,
            lines: Vec::new(),
            values: Vec::new(),
            place: None,
        };
        for (slot, value) in self.scenario.given.iter().zip(&given.values) {
            subject.set(*slot, value.clone());
        }
        if let Some(slot) = self.scenario.given_sex {
            subject.set(slot, given.sex.clone());
        }
        subject.place = given.organization.clone();
        subject.begin(number, given.anchor, home);
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
    pub(super) fn set(&mut self, slot: fuyou_expr::Slot, value: Value) {
        self.known.values[usize::from(slot.0)] = value;
    }

    pub(super) fn date(&self, expr: &Expr) -> Option<i32> {
        match expr.eval(&self.known) {
            Value::Date(day) => Some(day),
            _ => None,
        }
    }

    fn text(&self, expr: &Expr) -> Option<Arc<str>> {
        match expr.eval(&self.known) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn begin(&mut self, number: u64, anchor: i32, home: &Home) {
        let setting = self.setting;
        let slots = &setting.scenario.slots;
        self.set(slots.today, Value::Date(setting.today));
        self.set(slots.anchor, Value::Date(anchor));
        self.set(slots.serial, Value::text(&format!("{:07}", number + 1)));
        self.set(slots.home_org, Value::Text(home.township.clone()));
        self.set(slots.village_org, Value::Text(home.village.clone()));
        if let Some((code, people)) = self.place.clone() {
            self.set(slots.people, people.map_or(Value::Null, Value::Number));
            self.set(slots.home_org, Value::Text(code));
            self.set(slots.village_org, Value::Text(home.township.clone()));
        }
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
        let mut opened = self.is_opened;
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

    fn write(mut self, number: u64, out: &mut Vec<u8>) -> Counts {
        if self.counts.records == 0 {
            return Counts::default();
        }
        let scenario = self.setting.scenario;
        if let (Extent::Everything, Some(plan)) = (self.setting.extent, &scenario.person) {
            self.person(number, plan, out);
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
        self.counts.enrollments = u64::from(scenario.process.source != Source::Opened);
        self.counts
    }

    fn person(&mut self, number: u64, plan: &PersonPlan, out: &mut Vec<u8>) {
        let scenario = self.setting.scenario;
        let name = scenario.names.full_name(&mut self.chance);
        let phone = scenario.names.phone(&mut self.chance);
        let sex = self.text(&plan.sex);
        let kind = match sex.as_deref() {
            Some("male") => Sex::Male,
            _ => Sex::Female,
        };
        let birth = self.date(&plan.birth_on);
        let household = self.text(&plan.household);
        let population = self.text(&plan.population);
        let residence = self.known.values[usize::from(scenario.slots.village_org.0)].clone();
        let mut line = Line::new(out, "person");
        line.id("id", self.id.uuid());
        line.text("name", &name);
        line.optional("sex", sex.as_deref());
        if let Some(birth) = birth {
            line.date("birth_on", birth);
            line.text(
                "id_no",
                &scenario.names.identity_number(birth, kind, number),
            );
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
}
