//! Fields of a form or of a group's rows: how they are read, when they are shown, what stands against them.

use fuyou_expr::{BrowserNames, Expr, Json, Scope, Slot, Type};
use fuyou_kernel::{Localized, Secrecy};

use super::Maker;
use crate::input::read_input;
use crate::model::{At, Check, Field, FieldKind, InputType, Requirement, Severity};
use crate::record::limits::{Limit, limits_of};
use crate::record::messages;

/// Where the expressions of some fields are evaluated.
pub(super) struct Sight<'a> {
    pub names: &'a dyn BrowserNames,
    pub scope: &'a Scope,
}

/// A text in place of what is known only later.
const LOW: &str = "{low}";
const HIGH: &str = "{high}";

impl Maker<'_> {
    pub fn expr(&self, expr: &Expr, sight: &Sight<'_>, json: &mut Json) {
        expr.root().put(sight.names, json);
    }

    /// A field, or `null` for one that the reader may not see.
    pub fn put_field(
        &self,
        field: &Field,
        sight: &Sight<'_>,
        is_own: &dyn Fn(Slot) -> bool,
        json: &mut Json,
    ) {
        if !self.sees(field.secrecy) {
            return json.null();
        }
        json.object(|json| {
            json.key("id").text(&field.id);
            json.key("kind").text(&kind(field));
            json.key("label");
            self.say(&field.label, json);
            if let Some(section) = field.section {
                json.key("section").place(section);
            }
            if let Some(set) = field.ty.value_set() {
                // No code holds a bar.
                let codes: Vec<&str> = set.codes().iter().map(|code| &**code).collect();
                json.key("codes").text(&codes.join("|"));
            }
            if let Some(unit) = &field.unit {
                json.key("unit").text(unit);
            }
            if let Some(show_if) = &field.show_if {
                json.key("show");
                self.expr(show_if, sight, json);
            }
            match &field.required {
                None => {}
                Some(Requirement::Always) => json.key("need").truth(true),
                Some(Requirement::When(when)) => {
                    json.key("need");
                    self.expr(when, sight, json);
                }
            }
            if let FieldKind::Computed(compute) = &field.kind {
                json.key("is");
                self.expr(compute, sight, json);
                self.put_titles(field, json);
            }
            self.put_exclusive(field, json);
            self.put_limits(field, sight, is_own, json);
        });
    }

    /// The titles of a computed code, which is shown in words.
    fn put_titles(&self, field: &Field, json: &mut Json) {
        if let Some(set) = &field.codes {
            json.key("titles").array(|json| {
                set.codes.iter().for_each(|code| {
                    if self.sees(code.secrecy) {
                        self.say(&code.title, json);
                    } else {
                        self.say(&self.reader.restricted, json);
                    }
                });
            });
        }
    }

    /// Codes that stand alone, with what is said when they do not.
    fn put_exclusive(&self, field: &Field, json: &mut Json) {
        let (Type::Codes(_), Some(set)) = (&field.ty, &field.codes) else {
            return;
        };
        let alone = || {
            let codes = set.codes.iter().enumerate();
            codes.filter(|(_, code)| code.exclusive && self.sees(code.secrecy))
        };
        if alone().next().is_some() {
            json.key("alone").array(|json| {
                for (at, code) in alone() {
                    json.array(|json| {
                        json.place(at);
                        self.say(&messages::exclusive(&field.label, code), json);
                    });
                }
            });
        }
    }

    fn put_limits(
        &self,
        field: &Field,
        sight: &Sight<'_>,
        is_own: &dyn Fn(Slot) -> bool,
        json: &mut Json,
    ) {
        for (name, range, message) in [
            (
                "hard",
                field.hard_range,
                messages::outside_hard as fn(&Field, (i64, i64)) -> Localized,
            ),
            ("soft", field.soft_range, messages::outside_soft),
        ] {
            if let Some((low, high)) = range {
                json.key(name).array(|json| {
                    json.number(low);
                    json.number(high);
                    self.say(&message(field, (low, high)), json);
                });
            }
        }
        if let Some(hard) = &field.hard {
            json.key("hardIf");
            let label = Label {
                label: &field.label,
                otherwise: messages::contradicts(&field.label),
                ty: &field.ty,
                secrecy_max: field.secrecy,
            };
            self.put_condition(hard, sight, is_own, &label, json);
        }
        if let Some(soft) = &field.soft {
            json.key("softIf").array(|json| {
                self.expr(soft, sight, json);
                self.say(&messages::unusual(&field.label), json);
            });
        }
    }

    /// A condition with its message, and the limits that it names when it breaks one of them.
    pub fn put_condition(
        &self,
        condition: &Expr,
        sight: &Sight<'_>,
        is_own: &dyn Fn(Slot) -> bool,
        label: &Label<'_>,
        json: &mut Json,
    ) {
        let told = |limit: &Limit<'_>| {
            let mut secrecy = Secrecy::Open;
            limit.node.visit(&mut |node| {
                if let fuyou_expr::Kind::Column(column) = node.kind {
                    let (_, column) = sight.scope.column(column.set, column.slot);
                    secrecy = secrecy.max(column.secrecy);
                }
            });
            secrecy <= label.secrecy_max
        };
        let limits = limits_of(condition, is_own).filter(|limits| limits.iter().all(told));
        json.array(|json| {
            self.expr(condition, sight, json);
            self.say(&label.otherwise, json);
            if let Some(limits) = limits {
                json.array(|json| {
                    for limit in limits {
                        json.array(|json| {
                            json.truth(limit.is_low);
                            json.number(limit.offset);
                            limit.node.put(sight.names, json);
                        });
                    }
                });
                json.array(|json| {
                    self.say(&messages::between(label.label, LOW, HIGH), json);
                    self.say(&messages::not_below(label.label, label.ty, LOW), json);
                    self.say(&messages::not_above(label.label, label.ty, HIGH), json);
                });
            }
        });
    }

    /// A condition between fields.
    pub fn put_check(&self, check: &Check, sight: &Sight<'_>, json: &mut Json) {
        json.object(|json| {
            json.key("id").text(&check.id);
            json.key("that");
            self.expr(&check.that, sight, json);
            json.key("refuse").truth(check.severity == Severity::Refuse);
            json.key("say");
            self.say(&check.message, json);
            json.key("at").array(|json| {
                for at in &check.at {
                    json.array(|json| match *at {
                        At::OccurredOn => json.text("on"),
                        At::Field(field) => {
                            json.text("field");
                            json.place(field.get());
                        }
                        At::Group(group) => {
                            json.text("group");
                            json.place(group.get());
                        }
                        At::Cell(group, _, field) => {
                            json.text("cell");
                            json.place(group.get());
                            json.place(field.get());
                        }
                    });
                }
            });
        });
    }
}

/// What a condition is about.
pub(super) struct Label<'a> {
    pub label: &'a Localized,
    /// What is said when no limit can be named.
    pub otherwise: Localized,
    pub ty: &'a Type,
    /// Limits are told to whoever types the field: what is more secret than the field stays untold.
    pub secrecy_max: Secrecy,
}

/// How the field is read: the kind of input, decimals behind it; `days` for whole numbers that may be typed in weeks.
pub(super) fn kind(field: &Field) -> String {
    match &field.input {
        InputType::Boolean => "boolean".to_owned(),
        InputType::Integer if crate::input::takes_weeks(field.unit.as_deref()) => "days".to_owned(),
        InputType::Integer => "integer".to_owned(),
        InputType::Decimal(scale) => format!("decimal{scale}"),
        InputType::Text => "text".to_owned(),
        InputType::Code(_) => "code".to_owned(),
        InputType::Codes(_) => "codes".to_owned(),
        InputType::Date => "date".to_owned(),
        InputType::Time => "time".to_owned(),
        InputType::Organization => "organization".to_owned(),
        InputType::Staff => "staff".to_owned(),
    }
}

/// What the reader of typed texts says of texts that it does not understand, with `{text}` in place of the text.
pub(super) fn unreadable(field: &Field) -> Vec<Localized> {
    const TEXT: &str = "{text}";
    let too_long = "x".repeat(crate::input::TEXT_MAX + 1);
    let samples: Vec<&str> = match &field.input {
        InputType::Boolean | InputType::Time => vec![TEXT],
        InputType::Integer => vec![TEXT, "1.5"],
        InputType::Decimal(_) => vec![TEXT, "0.1234567890123"],
        InputType::Date => return crate::input::unreadable_days(),
        InputType::Text | InputType::Organization | InputType::Staff => {
            vec![&too_long, "\u{7}"]
        }
        InputType::Code(_) | InputType::Codes(_) => Vec::new(),
    };
    let said = samples.iter().filter_map(|sample| {
        let message = read_input(field, sample).err()?;
        let put = |text: &str| text.replace(sample, TEXT);
        Some(Localized::new(put(&message.zh), put(&message.en)))
    });
    said.collect()
}
