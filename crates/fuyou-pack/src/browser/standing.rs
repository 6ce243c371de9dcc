//! The values of one enrollment that a sheet reads.

use std::sync::Arc;

use fuyou_expr::{Json, Slot, Value};
use fuyou_kernel::{DayNumber, Secrecy};

use super::outlook::is_told;
use super::places::Key;
use super::{Maker, Sheet};
use crate::model::RuleIx;
use crate::record::Previous;
use crate::replay::{History, Outcome, RowView, day, values_with_aggregates};
use crate::scope::{Member, NO_FIELD};
use crate::{Pack, Program};

/// When and by whom a record is typed.
#[derive(Clone, Debug)]
pub struct Now {
    /// The day of service.
    pub occurred_on: DayNumber,
    /// The day of typing.
    pub today: DayNumber,
    /// The code of the organization that records.
    pub recorded_org: Option<Arc<str>>,
}

impl Sheet {
    /// The values of an enrollment before this record as JSON; `history` and `outcome` as in
    /// [`crate::record::check_record`]. `{"ask":true}` when one of them is above the reader's secrecy.
    pub fn standing(&self, pack: &Pack, history: &History, outcome: &Outcome, now: &Now) -> String {
        let program = pack.program(self.program);
        let maker = Maker {
            program,
            form_ix: self.form,
            form: program.form(self.form),
            reader: &self.reader,
            places: &self.places,
        };
        let mut json = Json::new();
        let values = values_with_aggregates(program, history);
        let previous = Previous::new(program, history, outcome, now.occurred_on);
        let mut given = Vec::new();
        let mut hidden = false;
        for (_, key) in self.places.all() {
            let (value, ty) = match key {
                Key::RecordedOrg => (
                    now.recorded_org.clone().map_or(Value::Null, Value::Text),
                    None,
                ),
                Key::Row(slot) => {
                    let (_, column) = program.layout.row.column(None, slot);
                    (values[usize::from(slot.0)].clone(), Some(&column.ty))
                }
                Key::Aggregate(ix) => {
                    let aggregate = &program.plan.aggregates[ix];
                    let ty = aggregate.of.as_ref().map(|of| &of.ty);
                    (values[program.plan.columns + ix].clone(), ty)
                }
                Key::Previous(member) => {
                    let (_, column) = program
                        .facts_scope
                        .column(Some(program.layout.encounter), member);
                    (previous.value(member), Some(&column.ty))
                }
                _ => continue,
            };
            hidden |= ty.is_some_and(|ty| code_secrecy(pack, ty, &value) > self.reader.secrecy_max);
            given.push(value);
        }
        let members = self.places.members();
        let earlier = earlier(program, history, outcome, &members);
        for row in &earlier {
            for (slot, value) in members.iter().zip(row) {
                let set = Some(program.layout.encounter);
                let (_, column) = program.facts_scope.column(set, *slot);
                hidden |= code_secrecy(pack, &column.ty, value) > self.reader.secrecy_max;
            }
        }
        if hidden || self.json == ASK {
            return ASK.to_owned();
        }
        json.object(|json| {
            json.key("given")
                .array(|json| given.iter().for_each(|value| value.put(json)));
            json.key("earlier").array(|json| {
                for row in &earlier {
                    json.array(|json| row.iter().for_each(|value| value.put(json)));
                }
            });
            json.key("on").number(i64::from(now.occurred_on.0));
            json.key("today").number(i64::from(now.today.0));
            let last = history.encounters.iter().map(|one| one.occurred_on.0).max();
            json.key("last");
            match last {
                Some(day) => json.number(i64::from(day)),
                None => json.null(),
            }
            if let Some(rules) = &self.rules {
                // What the page shows anyway: that a risk was or was not assessed yet.
                let scale = program.risk.as_ref();
                let when = scale.and_then(|scale| scale.assessed_when.as_ref());
                let row = RowView(&values);
                json.key("assessed")
                    .truth(when.is_none_or(|when| when.holds(&row)));
                maker.put_hits(rules, outcome, json);
            }
        });
        json.into_text()
    }
}

/// Members of the encounters before this record, in the order of a replay.
fn earlier(
    program: &Program,
    history: &History,
    outcome: &Outcome,
    members: &[Slot],
) -> Vec<Vec<Value>> {
    if members.is_empty() {
        return Vec::new();
    }
    let layout = &program.layout;
    let mut order: Vec<usize> = (0..history.encounters.len()).collect();
    order.sort_by_key(|at| {
        let one = &history.encounters[*at];
        (one.occurred_on, one.recorded_at_ms, one.id)
    });
    let member = |at: usize, slot: &Slot| {
        let encounter = &history.encounters[at];
        let slot = usize::from(slot.0);
        let place = match layout.members[slot] {
            Member::Field => {
                let field = program.form(encounter.form).by_slot[slot];
                let value = encounter.values.get(usize::from(field));
                return value.filter(|_| field != NO_FIELD).cloned();
            }
            Member::Kept(place) => place,
        };
        let found = outcome.encounters.get(at);
        let code = |position: usize| u16::try_from(position).ok().map(Value::Code);
        match place {
            0 => code(encounter.form.get()),
            1 => found?.visit.and_then(|visit| code(visit.get())),
            2 => Some(Value::Date(encounter.occurred_on.0)),
            3 => Some(Value::Date(day(encounter.recorded_at_ms, history).0)),
            4 => encounter.recorded_org.clone().map(Value::Text),
            place => {
                let found = found?;
                if let Some(ix) = layout.derived.iter().position(|kept| *kept == place) {
                    return found.derived.get(ix).cloned();
                }
                if layout.risk_after == Some(place) {
                    return found.level.and_then(code);
                }
                if layout.risk_after.is_some_and(|first| first + 1 == place) {
                    let marks = found.marks.iter();
                    let marks = marks.filter_map(|mark| u16::try_from(*mark).ok());
                    return Some(Value::Codes(marks.collect()));
                }
                let score = place.checked_sub(layout.scores_after)?;
                found.scores.get(score).copied().map(Value::Number)
            }
        }
    };
    let row = |at: usize| {
        let values = members.iter().map(|slot| member(at, slot));
        values.map(Option::unwrap_or_default).collect()
    };
    order.into_iter().map(row).collect()
}

const ASK: &str = "{\"ask\":true}";

/// The most secret of the codes that a value holds.
fn code_secrecy(pack: &Pack, ty: &fuyou_expr::Type, value: &Value) -> Secrecy {
    let Some(set) = ty.value_set().and_then(|set| pack.value_set(set.name())) else {
        return Secrecy::Open;
    };
    let of = |code: u16| {
        set.codes
            .get(usize::from(code))
            .map_or(Secrecy::Open, |code| code.secrecy)
    };
    match value {
        Value::Code(code) => of(*code),
        Value::Codes(codes) => codes.iter().map(of).max().unwrap_or_default(),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Date(_) => {
            Secrecy::Open
        }
    }
}

impl Maker<'_> {
    /// The rules that are true now: those the browser looks at by their place, the others with their words.
    fn put_hits(&self, rules: &[RuleIx], outcome: &Outcome, json: &mut Json) {
        let program: &Program = self.program;
        let mut running: Vec<_> = outcome
            .hits
            .iter()
            .filter(|hit| hit.until_ms.is_none())
            .collect();
        running.sort_by_key(|hit| hit.since_ms);
        let holds = |rule: &RuleIx| running.iter().any(|hit| hit.rule == *rule);
        let fixed_replacer = |rule: RuleIx| {
            let others = program.plan.replaced_by[rule.get()].iter();
            others.filter(|other| !rules.contains(other)).any(holds)
        };
        json.key("since").array(|json| {
            for (rank, hit) in running.iter().enumerate() {
                if let Some(at) = rules.iter().position(|rule| *rule == hit.rule) {
                    json.array(|json| {
                        json.place(at);
                        json.place(rank);
                    });
                }
            }
        });
        json.key("off").array(|json| {
            for (at, rule) in rules.iter().enumerate() {
                if fixed_replacer(*rule) {
                    json.place(at);
                }
            }
        });
        json.key("hits").array(|json| {
            for (rank, hit) in running.iter().enumerate() {
                let rule = program.rule(hit.rule);
                if rules.contains(&hit.rule) || !is_told(rule) || fixed_replacer(hit.rule) {
                    continue;
                }
                json.object(|json| {
                    json.key("rank").place(rank);
                    let open = self.sees(rule.secrecy);
                    let instead = rule.shown_as.as_ref().unwrap_or(&self.reader.restricted);
                    let shown = |text| if open { text } else { instead };
                    json.key("title");
                    self.say(shown(&rule.title), json);
                    if let Some(alert) = &rule.alert {
                        json.key("alert");
                        self.say(shown(alert), json);
                    }
                    self.put_effect(rule, json);
                    let by = || {
                        let others = program.plan.replaced_by[hit.rule.get()].iter();
                        others.filter(|other| open && rules.contains(other))
                    };
                    if by().next().is_some() {
                        json.key("by").array(|json| {
                            by().for_each(|other| json.place(self.places.of(Key::Rule(*other))));
                        });
                    }
                });
            }
        });
    }
}
