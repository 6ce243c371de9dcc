use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::{CodeSet, Column, Expr, Scope, Slot, Type, Value, parse, parse_as, parse_value};
use fuyou_kernel::Secrecy;
use fuyou_pack::model::Pack;
use toml::Table;

use super::Error;
use super::generator::{Amount, Generator, Way, ten_to};
use super::raw::RawGenerator;

/// Reads the parts of a scenario over the names known so far, and gathers what is wrong.
pub(super) struct Reader<'p> {
    pack: &'p Pack,
    scope: Scope,
    types: HashMap<String, (Slot, Type)>,
    problems: Vec<String>,
    place: String,
    /// Stands in for what could not be read, so that reading goes on to the next problem.
    unknown: Expr,
}

impl<'p> Reader<'p> {
    pub(super) fn new(pack: &'p Pack) -> Self {
        let scope = Scope::new();
        let unknown = parse("1 = 1", &scope).expect("this expression is well formed");
        Self {
            pack,
            scope,
            types: HashMap::new(),
            problems: Vec::new(),
            place: String::new(),
            unknown,
        }
    }

    /// Says which part is read now.
    pub(super) fn at(&mut self, place: String) {
        self.place = place;
    }

    pub(super) fn problem(&mut self, message: String) {
        self.problems.push(format!("{}: {message}", self.place));
    }

    pub(super) fn finish<T>(self, read: T) -> Result<T, Error> {
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(Error::Scenario(self.problems))
        }
    }

    /// How many names there are.
    pub(super) fn width(&self) -> usize {
        self.types.len()
    }

    /// Declares a name, or finds it when it has been declared with the same type.
    pub(super) fn declare(&mut self, name: &str, ty: Type, range: Option<(i64, i64)>) -> Slot {
        if let Some((slot, known)) = self.types.get(name) {
            let slot = *slot;
            if *known != ty {
                let message = format!("`{name}` is already a {known}, it cannot be a {ty}, too");
                self.problem(message);
            }
            return slot;
        }
        let column = Column {
            ty: ty.clone(),
            range,
            secrecy: Secrecy::Open,
        };
        let slot = self.scope.outer(name, column);
        self.types.insert(name.to_owned(), (slot, ty));
        slot
    }

    pub(super) fn slot(&self, name: &str) -> Option<(Slot, Type)> {
        self.types.get(name).cloned()
    }

    /// An expression of any type.
    fn expr(&mut self, text: &str) -> Expr {
        let read = parse(text, &self.scope);
        self.or_unknown(text, read)
    }

    /// An expression of this type.
    pub(super) fn typed(&mut self, text: &str, ty: &Type) -> Expr {
        let read = parse_as(text, &self.scope, ty);
        self.or_unknown(text, read)
    }

    fn or_unknown(&mut self, text: &str, read: Result<Expr, Vec<fuyou_expr::Diagnostic>>) -> Expr {
        read.unwrap_or_else(|found| {
            for one in found {
                let hint = one
                    .suggestion
                    .map_or_else(String::new, |hint| format!("; did you mean {hint}"));
                self.problem(format!("in `{text}`: {}{hint}", one.message.en));
            }
            self.unknown.clone()
        })
    }

    /// A number or an expression with a numeric value.
    pub(super) fn amount(&mut self, key: &str, value: &toml::Value) -> Amount {
        match value {
            toml::Value::Integer(whole) => Amount::Number(*whole as f64),
            toml::Value::Float(number) => Amount::Number(*number),
            toml::Value::String(text) => {
                let expr = self.expr(text);
                if expr.ty().scale().is_none() && expr.text() != self.unknown.text() {
                    self.problem(format!(
                        "{key}: `{text}` is a {}, a number is needed",
                        expr.ty()
                    ));
                }
                let per_one = ten_to(expr.ty().scale().unwrap_or(0));
                Amount::Computed { expr, per_one }
            }
            other => {
                self.problem(format!(
                    "{key}: {} is neither a number nor an expression",
                    written(other)
                ));
                Amount::Number(0.0)
            }
        }
    }

    /// Draws in the order written; each name may be used by the next.
    pub(super) fn draws(&mut self, place: &str, table: &Table) -> Vec<(Slot, Generator)> {
        let mut draws = Vec::new();
        for (name, value) in table {
            self.at(format!("{place}, {name}"));
            let known = self.slot(name).map(|(_, ty)| ty);
            let ty = known.unwrap_or_else(|| self.draw_type(value));
            let generator = self.generator(name, value, &ty, None);
            let ends = (generator.low != i64::MIN && generator.high != i64::MAX)
                .then_some((generator.low, generator.high));
            let ends = ends.or_else(|| match &generator.way {
                Way::Computed(expr) => expr.range().map(|bounds| (bounds.min, bounds.max)),
                _ => None,
            });
            draws.push((self.declare(name, ty, ends), generator));
        }
        draws
    }

    /// The type of a draw that is not declared elsewhere.
    fn draw_type(&mut self, value: &toml::Value) -> Type {
        let table = match value {
            toml::Value::String(text) => return self.expr(text).ty().clone(),
            toml::Value::Boolean(_) => return Type::Boolean,
            toml::Value::Integer(_) => return Type::Integer,
            toml::Value::Table(table) => table,
            _ => return Type::Text,
        };
        if let Some(name) = table.get("type").and_then(toml::Value::as_str) {
            return self.type_named(name);
        }
        if let Some(text) = table.get("is").and_then(toml::Value::as_str) {
            return self.expr(text).ty().clone();
        }
        if table.contains_key("chance") {
            return Type::Boolean;
        }
        if ["normal", "uniform", "quantiles", "curve"]
            .iter()
            .any(|key| table.contains_key(*key))
        {
            let decimals = table
                .get("decimals")
                .and_then(toml::Value::as_integer)
                .unwrap_or(0);
            return Type::number(u8::try_from(decimals).unwrap_or(0));
        }
        Type::Text
    }

    fn type_named(&mut self, name: &str) -> Type {
        let set = |prefix: &str| Some(name.strip_prefix(prefix)?.strip_suffix(')')?.to_owned());
        let found = match name {
            "boolean" => Some(Type::Boolean),
            "integer" => Some(Type::Integer),
            "text" => Some(Type::Text),
            "date" => Some(Type::Date),
            _ => None,
        };
        let code = || Some(Type::Code(self.pack.value_set(&set("code(")?)?.set.clone()));
        let codes = || {
            Some(Type::Codes(
                self.pack.value_set(&set("codes(")?)?.set.clone(),
            ))
        };
        found.or_else(code).or_else(codes).unwrap_or_else(|| {
            self.problem(format!("`{name}` is not a type"));
            Type::Text
        })
    }

    /// A generator of values of a type, from any of the ways to write one.
    pub(super) fn generator(
        &mut self,
        key: &str,
        value: &toml::Value,
        ty: &Type,
        range: Option<(i64, i64)>,
    ) -> Generator {
        let (low, high) = range.unwrap_or((i64::MIN, i64::MAX));
        let plain = |way| Generator {
            way,
            when: None,
            scale: ty.scale().unwrap_or(0),
            low,
            high,
        };
        match value {
            toml::Value::String(text) => plain(Way::Computed(self.typed(text, ty))),
            toml::Value::Table(table) => self.generator_table(key, table, ty, (low, high)),
            toml::Value::Array(codes) => {
                let codes: Vec<String> = codes
                    .iter()
                    .filter_map(|code| code.as_str().map(str::to_owned))
                    .collect();
                let places = codes
                    .iter()
                    .filter_map(|code| self.place_of(ty, code))
                    .collect::<Vec<_>>();
                plain(Way::Fixed(Value::Codes(CodeSet::from_iter(places))))
            }
            other => plain(Way::Fixed(self.constant(ty, &written(other)))),
        }
    }

    fn generator_table(
        &mut self,
        key: &str,
        table: &Table,
        ty: &Type,
        range: (i64, i64),
    ) -> Generator {
        let raw: RawGenerator = match table.clone().try_into() {
            Ok(raw) => raw,
            Err(error) => {
                self.problem(format!("{key}: {}", error.message()));
                RawGenerator::default()
            }
        };
        let end = |reader: &mut Self, value: &Option<toml::Value>, otherwise: i64| match value {
            None => otherwise,
            Some(value) => match reader.constant(ty, &written(value)) {
                Value::Number(number) => number,
                _ => otherwise,
            },
        };
        Generator {
            when: raw
                .when
                .as_deref()
                .map(|text| self.typed(text, &Type::Boolean)),
            scale: ty.scale().unwrap_or(0),
            low: end(self, &raw.min, range.0).max(range.0),
            high: end(self, &raw.max, range.1).min(range.1),
            way: self.way(key, raw, ty),
        }
    }

    fn way(&mut self, key: &str, raw: RawGenerator, ty: &Type) -> Way {
        let numeric = ty.scale().is_some();
        match raw {
            RawGenerator { is: Some(text), .. } => Way::Computed(self.typed(&text, ty)),
            RawGenerator {
                chance: Some(value),
                ..
            } if *ty == Type::Boolean => Way::Chance(self.amount(key, &value)),
            RawGenerator {
                choice: Some(table),
                ..
            } => Way::Choice(
                table
                    .iter()
                    .map(|(code, weight)| (self.constant(ty, code), self.amount(code, weight)))
                    .collect(),
            ),
            RawGenerator {
                any: Some(table),
                none,
                ..
            } => Way::Any {
                each: table
                    .iter()
                    .filter_map(|(code, weight)| {
                        Some((self.place_of(ty, code)?, self.amount(code, weight)))
                    })
                    .collect(),
                none: none.and_then(|code| self.place_of(ty, &code)),
            },
            RawGenerator {
                normal: Some((mean, sd)),
                ..
            } if numeric => Way::Normal(self.amount(key, &mean), self.amount(key, &sd)),
            RawGenerator {
                uniform: Some((low, high)),
                ..
            } if numeric => Way::Uniform(self.amount(key, &low), self.amount(key, &high)),
            RawGenerator {
                quantiles: Some(points),
                ..
            } if numeric => Way::Quantiles(points),
            RawGenerator {
                staff: Some(org), ..
            } if *ty == Type::Text => Way::Staff(self.typed(&org, &Type::Text)),
            RawGenerator {
                organization: Some(roles),
                below,
                ..
            } if *ty == Type::Text => Way::Organization(
                roles
                    .iter()
                    .map(|(role, weight)| (role.clone(), self.amount(role, weight)))
                    .collect(),
                below.map(|below| self.typed(&below, &Type::Text)),
            ),
            RawGenerator {
                curve: Some(id),
                stratum: Some(stratum),
                x: Some(x),
                z: Some(z),
                ..
            } if numeric => self.curve(key, &id, (&stratum, &x, &z)),
            RawGenerator { ty: Some(_), .. } => Way::Fixed(Value::Null),
            _ => {
                self.problem(format!("{key}: no way to make a {ty} is given"));
                Way::Fixed(Value::Null)
            }
        }
    }

    fn curve(&mut self, key: &str, id: &str, (stratum, x, z): (&str, &str, &toml::Value)) -> Way {
        let mut curves = self.pack.curves.iter();
        let Some(known) = curves.find(|known| **known.curve.id() == *id) else {
            self.problem(format!("{key}: there is no curve `{id}`"));
            return Way::Fixed(Value::Null);
        };
        let strata = Type::Code(Arc::clone(known.curve.strata()));
        Way::Curve {
            curve: Arc::clone(&known.curve),
            stratum: self.typed(stratum, &strata),
            x: self.amount(key, &toml::Value::String(x.to_owned())),
            z: self.amount(key, z),
        }
    }

    fn constant(&mut self, ty: &Type, text: &str) -> Value {
        parse_value(ty, text).unwrap_or_else(|error| {
            self.problem(error.to_string());
            Value::Null
        })
    }

    fn place_of(&mut self, ty: &Type, code: &str) -> Option<u16> {
        let place = ty.value_set().and_then(|set| set.index(code));
        if place.is_none() {
            self.problem(format!("`{code}` is not a code of {ty}"));
        }
        place
    }
}

/// A plain TOML value as the text that values are read from.
fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(whole) => whole.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        toml::Value::Datetime(date) => date.to_string(),
        toml::Value::Array(_) => "a list".to_owned(),
        toml::Value::Table(_) => "a table".to_owned(),
    }
}
