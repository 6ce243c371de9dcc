//! The sheet as a whole.

use std::cell::Cell;
use std::collections::BTreeMap;

use fuyou_expr::{Expr, Json, Slot, Type};
use fuyou_kernel::{Localized, Secrecy};

use super::fields::{Label, Sight, kind, unreadable};
use super::names::{EncounterNames, FormNames, GroupNames};
use super::outlook::Outlook;
use super::places::{Key, Places};
use super::{Maker, Reader, Sheet};
use crate::model::{At, DerivedIx, Field, FieldIx, FormIx, Group, GroupIx, ProgramIx};
use crate::record::messages;
use crate::scope::{EncounterOuter, FormOuter, GroupOuter, Step};
use crate::{Form, Pack};

pub(super) fn sheet(pack: &Pack, program_ix: ProgramIx, form_ix: FormIx, reader: Reader) -> Sheet {
    let program = pack.program(program_ix);
    let form = program.form(form_ix);
    let places = Places::behind(form.fields.len());
    let maker = Maker {
        program,
        form_ix,
        form,
        reader: &reader,
        places: &places,
    };
    let mut asks = Vec::new();
    let mut json = Json::new();
    let mut rules = None;
    if let Some(why) = maker.too_secret().or_else(|| maker.beyond()) {
        asks.push(why);
        json.object(|json| json.key("ask").truth(true));
    } else {
        json.object(|json| {
            maker.put_form(json);
            maker.put_derived(json);
            match Outlook::of(&maker) {
                Ok(outlook) => {
                    maker.put_outlook(&outlook, json.key("outlook"));
                    asks.extend(outlook.lacks);
                    rules = Some(outlook.rules);
                }
                Err(why) => asks.push(why),
            }
            json.key("on").place(places.of(Key::OccurredOn));
            json.key("today").place(places.of(Key::Today));
            let all = places.all();
            json.key("size").place(form.fields.len() + all.len());
            json.key("given").array(|json| {
                let given = all.iter().filter(|(_, key)| key.is_given());
                given.for_each(|(place, _)| json.place(*place));
            });
        });
    }
    let json = json.into_text();
    Sheet {
        json,
        program: program_ix,
        form: form_ix,
        places,
        rules,
        asks,
        reader,
    }
}

impl Maker<'_> {
    /// Why no browser can check this form: the tables of reference curves stay with the server.
    fn beyond(&self) -> Option<&'static str> {
        let form = self.form;
        let grouped = form.groups.iter().flat_map(Group::expressions);
        let derived = form
            .reads
            .iter()
            .filter_map(|slot| match form.outer[usize::from(slot.0)] {
                FormOuter::Derived(ix) => Some(ix),
                _ => None,
            });
        let mut found = form.expressions().into_iter().chain(grouped);
        let reads_curve = found.any(Expr::reads_curve)
            || derived.into_iter().any(|ix| self.derived_reads_curve(ix));
        reads_curve.then_some("it depends on a reference curve")
    }

    /// Whether a derived column reads a curve, itself or by another that it reads.
    pub fn derived_reads_curve(&self, ix: DerivedIx) -> bool {
        let layout = &self.program.layout;
        let is = &self.program.derived[ix.get()].is;
        let others = is.columns().filter(|column| column.set.is_none());
        is.reads_curve()
            || others
                .filter_map(
                    |column| match layout.encounter_outer[usize::from(column.slot.0)] {
                        EncounterOuter::Member(member) => layout.derived_of(member),
                        EncounterOuter::Row(_) => None,
                    },
                )
                .any(|other| self.derived_reads_curve(other))
    }

    /// Why the reader's browser cannot check this form: something that he sees depends on what he does not.
    fn too_secret(&self) -> Option<&'static str> {
        let secret = |expr: &Expr| !self.sees(expr.secrecy());
        let of_field = |field: &Field| {
            self.sees(field.secrecy)
                && field
                    .expressions()
                    .into_iter()
                    // What is proposed is evaluated by the server.
                    .filter(|expr| {
                        let proposed = field.default.iter().chain(&field.usual);
                        !proposed.into_iter().any(|it| std::ptr::eq(it, *expr))
                    })
                    .any(secret)
        };
        let form = self.form;
        let shown = form
            .sections
            .iter()
            .map(|section| &section.show_if)
            .chain(form.groups.iter().map(|group| &group.show_if))
            .chain([&form.occurred_hard, &form.occurred_soft]);
        let grouped = || form.groups.iter().flat_map(|group| &group.fields);
        if shown.flatten().any(secret) || form.fields.iter().chain(grouped()).any(of_field) {
            return Some("what is shown depends on what the reader may not see");
        }
        let restricted = |at: &At| match *at {
            At::OccurredOn | At::Group(_) => false,
            At::Field(ix) => !self.sees(form.fields[ix.get()].secrecy),
            At::Cell(group, _, ix) => !self.sees(form.groups[group.get()].fields[ix.get()].secrecy),
        };
        let checks = form.checks.iter();
        let mut checks = checks.chain(form.groups.iter().flat_map(|group| &group.checks));
        checks
            .any(|check| secret(&check.that) || check.at.iter().any(restricted))
            .then_some("a check reads what the reader may not see")
    }

    fn put_form(&self, json: &mut Json) {
        let form = self.form;
        let names = FormNames(self);
        let sight = Sight {
            names: &names,
            scope: &form.scope,
        };
        json.key("fields").array(|json| {
            for (position, field) in form.fields.iter().enumerate() {
                let own = FormOuter::Field(FieldIx::new(position));
                let is_own = |slot: Slot| form.outer.get(usize::from(slot.0)) == Some(&own);
                self.put_field(field, &sight, &is_own, json);
            }
        });
        let order = |order: &[FieldIx], json: &mut Json| {
            json.array(|json| order.iter().for_each(|ix| json.place(ix.get())));
        };
        order(&form.compute_order, json.key("order"));
        json.key("sections").array(|json| {
            for section in &form.sections {
                match &section.show_if {
                    Some(show_if) => self.expr(show_if, &sight, json),
                    None => json.truth(true),
                }
            }
        });
        json.key("groups").array(|json| {
            for (position, group) in form.groups.iter().enumerate() {
                self.put_group(GroupIx::new(position), group, &sight, json);
            }
        });
        json.key("checks").array(|json| {
            for check in &form.checks {
                self.put_check(check, &sight, json);
            }
        });
        self.put_day(form, &sight, json.key("day"));
        self.put_texts(json.key("texts"));
    }

    fn put_group(&self, ix: GroupIx, group: &Group, outside: &Sight<'_>, json: &mut Json) {
        let names = GroupNames { maker: self, group };
        let sight = Sight {
            names: &names,
            scope: &group.scope,
        };
        json.object(|json| {
            json.key("id").text(&group.id);
            json.key("min").place(usize::from(group.min));
            json.key("max").place(usize::from(group.max));
            if let Some(section) = group.section {
                json.key("section").place(section);
            }
            if let Some(show_if) = &group.show_if {
                json.key("show");
                self.expr(show_if, outside, json);
            }
            json.key("rows");
            self.say(&messages::rows(group, "{count}"), json);
            json.key("fields").array(|json| {
                for (position, field) in group.fields.iter().enumerate() {
                    let own = GroupOuter::Own(FieldIx::new(position));
                    let is_own = |slot: Slot| group.outer.get(usize::from(slot.0)) == Some(&own);
                    self.put_field(field, &sight, &is_own, json);
                }
            });
            json.key("order").array(|json| {
                let order = group.compute_order.iter();
                order.for_each(|field| json.place(field.get()));
            });
            json.key("checks").array(|json| {
                for check in &group.checks {
                    debug_assert!(
                        check
                            .at
                            .iter()
                            .all(|at| !matches!(at, At::Cell(of, ..) if *of != ix))
                    );
                    self.put_check(check, &sight, json);
                }
            });
        });
    }

    /// What stands against the day of service.
    fn put_day(&self, form: &Form, sight: &Sight<'_>, json: &mut Json) {
        json.object(|json| {
            json.key("missing");
            self.say(&messages::no_day(), json);
            json.key("future");
            self.say(&messages::future_day(), json);
            if let Some(hard) = &form.occurred_hard {
                let label = form.occurred_label.clone();
                let label = label.unwrap_or_else(messages::day_label);
                let is_own = |slot: Slot| {
                    form.outer.get(usize::from(slot.0)) == Some(&FormOuter::OccurredOn)
                };
                let label = Label {
                    label: &label,
                    otherwise: messages::day_contradicts(&label),
                    ty: &Type::Date,
                    secrecy_max: Secrecy::Open,
                };
                json.key("hardIf");
                self.put_condition(hard, sight, &is_own, &label, json);
            }
            if let Some(soft) = &form.occurred_soft {
                json.key("softIf").array(|json| {
                    self.expr(soft, sight, json);
                    self.say(&messages::unusual_day(), json);
                });
            }
        });
    }

    /// Texts that are the same for all fields of a kind.
    fn put_texts(&self, json: &mut Json) {
        let grouped = self.form.groups.iter().flat_map(|group| &group.fields);
        let seen = self.form.fields.iter().chain(grouped);
        let mut bad: BTreeMap<String, Vec<Localized>> = BTreeMap::new();
        for field in seen.filter(|field| self.sees(field.secrecy)) {
            bad.entry(kind(field)).or_insert_with(|| unreadable(field));
        }
        // The day of service is read as dates are.
        bad.entry("date".to_owned())
            .or_insert_with(crate::input::unreadable_days);
        let label = Localized::new("{label}", "{label}");
        json.object(|json| {
            json.key("beyond");
            self.say(&messages::beyond_storage(&label), json);
            for (kind, texts) in &bad {
                if !texts.is_empty() {
                    json.key(kind)
                        .array(|json| texts.iter().for_each(|text| self.say(text, json)));
                }
            }
        });
    }

    /// The derived columns that the form's expressions read, and those that these read, in the order they are computed.
    fn put_derived(&self, json: &mut Json) {
        let unknown = Cell::new(false);
        let names = EncounterNames {
            maker: self,
            changed: None,
            after_risk: false,
            unknown: &unknown,
        };
        let mut found: Vec<(DerivedIx, String)> = Vec::new();
        for step in self.program.layout.steps.iter().rev() {
            if let Step::Derived(ix) = step
                && self.places.has(Key::Derived(*ix))
            {
                let is = &self.program.derived[ix.get()].is;
                found.push((*ix, is.to_browser(&names)));
            }
        }
        json.key("derived").array(|json| {
            for (ix, tree) in found.iter().rev() {
                json.array(|json| {
                    json.place(self.places.of(Key::Derived(*ix)));
                    json.made(tree);
                });
            }
        });
    }
}
