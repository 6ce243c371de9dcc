//! From a scenario as written to one checked against a pack. All problems are reported at once.

use std::sync::Arc;

use fuyou_expr::{Expr, Slot, Type};
use fuyou_kernel::Span;
use fuyou_pack::model::{Field, FieldKind, Form, Pack, Program, Severity};

use super::Error;
use super::generator::Generator;
use super::names::Reader;
use super::person::Names;
use super::raw::{RawCounty, RawCourse, RawGroup, RawRecord, RawReferral};
use super::scenario::{
    BuiltIn, Clock, GroupPlan, Intended, Member, PersonPlan, Process, RecordPlan, ReferralPlan,
    Scenario, Source, Timing, Window,
};

impl Scenario {
    /// Reads a scenario: the file about the county and the file about one program's life course.
    ///
    /// # Errors
    /// Text that is not TOML or has unknown keys, or everything that does not fit the pack.
    pub fn read(pack: &Pack, county: &str, course: &str) -> Result<Self, Error> {
        let raw_county: RawCounty =
            toml::from_str(county).map_err(|error| Error::toml("county", &error))?;
        let raw: RawCourse =
            toml::from_str(course).map_err(|error| Error::toml("course", &error))?;
        let program = pack
            .program_ix(&raw.program)
            .map(|ix| pack.program(ix))
            .ok_or_else(|| {
                Error::Scenario(vec![format!("the pack has no program `{}`", raw.program)])
            })?;
        let mut reader = Reader::new(pack);
        let slots = built_in(&mut reader, &raw_county, &raw);
        let given = given(&mut reader, program, &raw);
        declare_fields(&mut reader, program, &raw);
        let draws = reader.draws("draws", &raw.draws);
        let scenario = Self {
            program: Arc::clone(&program.id),
            names: Names::new(&raw_county.names),
            clock: clock(&mut reader, &raw_county),
            process: process(&mut reader, &raw),
            person: is_made(&raw).then(|| person(&mut reader, &raw)),
            given: given.0,
            given_sex: given.1,
            records: raw
                .record
                .iter()
                .filter_map(|one| record(&mut reader, program, one))
                .collect(),
            referrals: raw
                .referral
                .iter()
                .filter_map(|one| referral(&mut reader, program, one))
                .collect(),
            intended: intended(&mut reader, pack, &raw),
            opens_with: program.opens_with,
            raw_county,
            slots,
            draws,
            width: reader.width(),
        };
        reader.finish(scenario)
    }
}

/// Whether the scenario makes its subjects.
fn is_made(raw: &RawCourse) -> bool {
    let process = &raw.process;
    !process.opened && process.organizations.is_empty() && process.asked_by.is_none()
}

fn built_in(reader: &mut Reader<'_>, county: &RawCounty, course: &RawCourse) -> BuiltIn {
    BuiltIn {
        today: reader.declare("today", Type::Date, None),
        anchor: reader.declare(&course.process.anchor, Type::Date, None),
        serial: reader.declare("serial", Type::Text, None),
        home_org: reader.declare("home_org", Type::Text, None),
        village_org: reader.declare("village_org", Type::Text, None),
        people: reader.declare("people", Type::Integer, Some((0, 100_000_000))),
        day: reader.declare("day", Type::Date, None),
        round_no: reader.declare("round_no", Type::Integer, Some((0, 1000))),
        row_no: reader.declare("row_no", Type::Integer, Some((0, 100))),
        traits: county
            .traits
            .iter()
            .map(|one| reader.declare(&one.id, Type::Decimal(3), Some((0, 1_000_000))))
            .collect(),
    }
}

/// What is known already of a subject whom a record of another program opened.
fn given(reader: &mut Reader<'_>, program: &Program, raw: &RawCourse) -> (Vec<Slot>, Option<Slot>) {
    if !raw.process.opened {
        return (Vec::new(), None);
    }
    let fields = &program.form(program.opens_with).fields;
    let declared = fields
        .iter()
        .map(|field| reader.declare(&field.id, field.ty.clone(), field.hard_range));
    let declared = declared.collect();
    let sex = program.row_column("person.sex");
    let sex = sex.map(|column| reader.declare("person_sex", column.ty.clone(), None));
    (declared, sex)
}

/// A field's name means its latest value; a field of a group is `GROUP_FIELD`.
fn declare_fields(reader: &mut Reader<'_>, program: &Program, raw: &RawCourse) {
    for record in &raw.record {
        let Some(form) = program.form_ix(&record.form).map(|ix| program.form(ix)) else {
            continue;
        };
        for field in form
            .fields
            .iter()
            .filter(|field| record.values.contains_key(&*field.id))
        {
            reader.declare(&field.id, field.ty.clone(), field.hard_range);
        }
        for group in &record.group {
            let Some(fields) = form
                .group(&group.id)
                .map(|ix| &form.groups[ix.get()].fields)
            else {
                continue;
            };
            for field in fields
                .iter()
                .filter(|field| group.values.contains_key(&*field.id))
            {
                reader.declare(
                    &format!("{}_{}", group.id, field.id),
                    field.ty.clone(),
                    field.hard_range,
                );
            }
        }
    }
}

fn clock(reader: &mut Reader<'_>, raw: &RawCounty) -> Clock {
    let mut second = |text: &str| {
        let parts = text.split_once(':').and_then(|(hour, minute)| {
            Some(hour.parse::<i64>().ok()? * 3600 + minute.parse::<i64>().ok()? * 60)
        });
        parts.unwrap_or_else(|| {
            reader.problem(format!("clock: `{text}` is not a time such as 08:00"));
            0
        })
    };
    Clock {
        opens_s: second(&raw.clock.opens),
        closes_s: second(&raw.clock.closes),
        utc_offset_minutes: i64::from(raw.clock.utc_offset_minutes),
    }
}

fn process(reader: &mut Reader<'_>, raw: &RawCourse) -> Process {
    let source = match (&raw.process.asked_by, &raw.process.organizations[..]) {
        (Some(asked), _) => match asked.split_once('.') {
            Some((program, rule)) => Source::Asked {
                program: program.to_owned(),
                rule: rule.to_owned(),
            },
            None => {
                reader.problem("process.asked_by: PROGRAM.RULE is needed".to_owned());
                Source::Made
            }
        },
        (None, []) if raw.process.opened => Source::Opened,
        (None, []) => Source::Made,
        (None, kinds) => Source::Organizations(kinds.to_vec()),
    };
    if source != Source::Made {
        return Process {
            source,
            per_1000_per_year: 0.0,
            months: [1.0; 12],
            lead_days: 0,
        };
    }
    let months = <[f64; 12]>::try_from(raw.process.months.as_slice()).unwrap_or_else(|_| {
        reader.problem("process.months: twelve weights are needed".to_owned());
        [1.0; 12]
    });
    Process {
        source,
        per_1000_per_year: raw.process.per_1000_per_year,
        months,
        lead_days: raw.process.lead_days,
    }
}

fn person(reader: &mut Reader<'_>, raw: &RawCourse) -> PersonPlan {
    let mut part = |key: &str, ty: Type| {
        let text = raw.person.get(key).and_then(toml::Value::as_str);
        reader.at(format!("person.{key}"));
        if text.is_none() {
            reader.problem("an expression is needed".to_owned());
        }
        reader.typed(text.unwrap_or("null"), &ty)
    };
    PersonPlan {
        birth_on: part("birth_on", Type::Date),
        sex: part("sex", Type::Text),
        household: part("household", Type::Text),
        population: part("population", Type::Text),
    }
}

fn record(reader: &mut Reader<'_>, program: &Program, raw: &RawRecord) -> Option<RecordPlan> {
    reader.at(format!("record {}", raw.form));
    let Some(ix) = program.form_ix(&raw.form) else {
        reader.problem("the program has no such form".to_owned());
        return None;
    };
    let form = program.form(ix);
    let timing = timing(reader, program, raw)?;
    let slip = raw
        .slip
        .as_ref()
        .map(|value| reader.generator("slip", value, &Type::Integer, None));
    let attend = raw
        .attend
        .as_ref()
        .map(|value| reader.amount("attend", value));
    let when = raw
        .when
        .as_deref()
        .map(|text| reader.typed(text, &Type::Boolean));
    let org = reader.typed(&raw.org, &Type::Text);
    let delay = raw
        .delay
        .as_ref()
        .map(|value| reader.generator("delay", value, &Type::Integer, None));
    let place = format!("record {}", raw.form);
    let draws = reader.draws(&place, &raw.draws);
    let mut values = Vec::new();
    for (id, value) in &raw.values {
        reader.at(format!("{place}, {id}"));
        let field = form.field(id).map(|at| &form.fields[at.get()]);
        values.extend(member(reader, field, id, value));
    }
    let groups = raw
        .group
        .iter()
        .filter_map(|one| group(reader, form, &place, one))
        .collect();
    let mut after = Vec::new();
    for (name, value) in &raw.after {
        reader.at(format!("{place}, after.{name}"));
        after.extend(after_value(reader, name, value));
    }
    let asks = |field: &Field| field.soft.is_some();
    let confirms = form
        .checks
        .iter()
        .any(|check| check.severity == Severity::Confirm);
    Some(RecordPlan {
        form: ix,
        form_id: Arc::clone(&form.id),
        timing,
        slip,
        attend,
        when,
        org,
        delay,
        draws,
        values,
        groups,
        after,
        may_ask: confirms || form.occurred_soft.is_some() || form.fields.iter().any(asks),
    })
}

fn after_value(reader: &mut Reader<'_>, name: &str, value: &toml::Value) -> Option<(Slot, Expr)> {
    let (Some((slot, ty)), Some(text)) = (reader.slot(name), value.as_str()) else {
        reader.problem("an expression for a name that exists is needed".to_owned());
        return None;
    };
    Some((slot, reader.typed(text, &ty)))
}

fn member(
    reader: &mut Reader<'_>,
    field: Option<&Field>,
    name: &str,
    value: &toml::Value,
) -> Option<Member> {
    let Some(field) = field else {
        reader.problem("there is no such field".to_owned());
        return None;
    };
    if matches!(field.kind, FieldKind::Computed(_)) {
        reader.problem("the form computes this field".to_owned());
        return None;
    }
    let (slot, _) = reader.slot(name)?;
    Some(Member {
        id: Arc::clone(&field.id),
        ty: field.ty.clone(),
        slot,
        generator: reader.generator("", value, &field.ty, field.hard_range),
        soft: field.soft_range,
    })
}

fn group(reader: &mut Reader<'_>, form: &Form, place: &str, raw: &RawGroup) -> Option<GroupPlan> {
    reader.at(format!("{place}, {}", raw.id));
    let Some(group) = form.group(&raw.id).map(|ix| &form.groups[ix.get()]) else {
        reader.problem("the form has no such group".to_owned());
        return None;
    };
    let rows = reader.amount("rows", &toml::Value::String(raw.rows.clone()));
    let mut values = Vec::new();
    for (id, value) in &raw.values {
        reader.at(format!("{place}, {}.{id}", raw.id));
        let field = group.fields.iter().find(|field| *field.id == **id);
        values.extend(member(reader, field, &format!("{}_{id}", raw.id), value));
    }
    Some(GroupPlan {
        id: Arc::clone(&group.id),
        rows,
        values,
    })
}

fn timing(reader: &mut Reader<'_>, program: &Program, raw: &RawRecord) -> Option<Timing> {
    match (&raw.on, &raw.anchor, &raw.from) {
        (Some(on), None, None) => Some(Timing::On(reader.typed(on, &Type::Date))),
        (None, Some(anchor), None) => Some(Timing::Visits {
            anchor: reader.typed(anchor, &Type::Date),
            windows: raw
                .visits
                .iter()
                .filter_map(|id| window(reader, program, id))
                .collect(),
            within: raw
                .within
                .clone()
                .unwrap_or_else(|| vec![(0.0, 0.0), (1.0, 1.0)]),
        }),
        (None, None, Some(from)) => Some(Timing::Every {
            from: reader.typed(from, &Type::Date),
            until: raw
                .until
                .as_deref()
                .map(|until| reader.typed(until, &Type::Date)),
            days: match &raw.every {
                Some(days) => {
                    let limits = Some((1, 10_000));
                    Box::new(reader.generator("every", days, &Type::Integer, limits))
                }
                None => {
                    reader.problem("`from` needs `every`, in days".to_owned());
                    return None;
                }
            },
            times: raw.times.unwrap_or(60),
        }),
        _ => {
            reader.problem(
                "exactly one of `on`, `visits` with `anchor`, `from` with `every` is needed"
                    .to_owned(),
            );
            None
        }
    }
}

fn window(reader: &mut Reader<'_>, program: &Program, id: &str) -> Option<Window> {
    let visit = program.visits.iter().find(|visit| *visit.id == *id);
    let hours = |span: Span| matches!(span, Span::Hours(_));
    match visit {
        Some(visit) if !hours(visit.from) && !hours(visit.to) => Some(Window {
            from: visit.from,
            to: visit.to,
            to_excluded: visit.to_excluded,
            shift: visit.shift,
        }),
        Some(_) => {
            reader.problem(format!("the window of visit `{id}` is not in days"));
            None
        }
        None => {
            reader.problem(format!("the program has no visit `{id}`"));
            None
        }
    }
}

fn referral(reader: &mut Reader<'_>, program: &Program, raw: &RawReferral) -> Option<ReferralPlan> {
    fn days(reader: &mut Reader<'_>, name: &'static str, raw: &toml::Value) -> Generator {
        reader.generator(name, raw, &Type::Integer, None)
    }
    reader.at(format!("referral {}", raw.kind));
    if program.referral_ix(&raw.kind).is_none() {
        reader.problem("the program has no such kind of referral".to_owned());
    }
    Some(ReferralPlan {
        kind: raw.kind.clone(),
        when: raw
            .when
            .as_deref()
            .map(|text| reader.typed(text, &Type::Boolean)),
        on: reader.typed(&raw.on, &Type::Date),
        from: reader.typed(&raw.from, &Type::Text),
        to: reader.typed(&raw.to, &Type::Text),
        arrive: reader.amount("arrive", &raw.arrive),
        arrive_after: days(reader, "arrive_after", &raw.arrive_after),
        feedback: reader.amount("feedback", &raw.feedback),
        feedback_after: days(reader, "feedback_after", &raw.feedback_after),
        follow_up: reader.amount("follow_up", &raw.follow_up),
        follow_up_after: days(reader, "follow_up_after", &raw.follow_up_after),
    })
}

fn intended(reader: &mut Reader<'_>, pack: &Pack, raw: &RawCourse) -> Vec<Intended> {
    let mut all = Vec::new();
    for one in &raw.intended {
        reader.at(format!("intended {}", one.indicator));
        if pack.indicator_ix(&one.indicator).is_none() {
            reader.problem("the pack has no such indicator".to_owned());
        }
        all.push(Intended {
            indicator: one.indicator.clone(),
            low: one.low,
            high: one.high,
            source: one.source.clone(),
        });
    }
    all
}
