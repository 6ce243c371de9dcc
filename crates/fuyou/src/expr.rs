//! `fuyou expr`: evaluates one expression for pack authors.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use fuyou_expr::{
    Column, Expr, Rows, Scope, SetId, Slot, Type, Value, format_value, parse, parse_value,
};
use fuyou_kernel::Language;

/// What to evaluate, and over what.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The expression, as it would stand in a pack: 'bmi >= 28'
    text: String,
    /// Columns it reads: bmi=28.1 on=2026-01-02 hit=true s='text', or null:TYPE for an unknown value (hb=null:integer)
    #[arg(value_name = "NAME=VALUE")]
    columns: Vec<String>,
}

/// The columns given on the command line.
#[derive(Default)]
struct Row {
    values: Vec<Value>,
}

impl Rows for Row {
    fn outer(&self, slot: Slot) -> &Value {
        &self.values[usize::from(slot.0)]
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}

/// Prints the value and its type; errors go to the other stream with a caret below the place.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (scope, row) = read_columns(&arguments.columns)?;
    match parse(&arguments.text, &scope) {
        Ok(expr) => {
            writeln!(io::stdout(), "{}", answer(&expr, &row))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            for error in errors {
                let (zh, en) = (
                    error.render(&arguments.text, Language::Zh),
                    error.render(&arguments.text, Language::En),
                );
                // The text and its carets are the same in both; the English message goes on a line of its own.
                let english = en.lines().nth(1).unwrap_or_default().replace('^', " ");
                writeln!(io::stderr(), "{zh}{english}")?;
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn answer(expr: &Expr, row: &Row) -> String {
    format!(
        "{} : {}",
        format_value(expr.ty(), &expr.eval(row)),
        expr.ty()
    )
}

fn read_columns(given: &[String]) -> anyhow::Result<(Scope, Row)> {
    let (mut scope, mut row) = (Scope::new(), Row::default());
    for column in given {
        let (name, text) = column
            .split_once('=')
            .with_context(|| format!("{column} 不是 名称=值 / is not NAME=VALUE"))?;
        let (ty, value) = infer(text).with_context(|| column.clone())?;
        if scope.get(name).is_some() {
            bail!("{name} 给了两次 / is given twice");
        }
        scope.outer(
            name,
            Column {
                range: range(&value),
                ..Column::new(ty)
            },
        );
        row.values.push(value);
    }
    Ok((scope, row))
}

/// A hard range such as the field of a form would have around the value.
fn range(value: &Value) -> Option<(i64, i64)> {
    let Value::Number(number) = value else {
        return None;
    };
    let most = number.saturating_abs().saturating_mul(10).max(1_000_000);
    Some((-most, most))
}

/// The type a value looks like: boolean, number, date, else text.
fn infer(text: &str) -> anyhow::Result<(Type, Value)> {
    if let Some(ty) = text.strip_prefix("null:") {
        return Ok((read_type(ty)?, Value::Null));
    }
    if let Some(quoted) = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Ok((Type::Text, Value::text(quoted)));
    }
    let decimals = text
        .split_once('.')
        .and_then(|(_, decimals)| u8::try_from(decimals.len()).ok());
    let number = Type::number(decimals.unwrap_or(0).min(fuyou_expr::SCALE_MAX));
    let guesses = [Type::Boolean, number, Type::Date];
    let found = guesses
        .into_iter()
        .find_map(|ty| parse_value(&ty, text).ok().map(|value| (ty, value)));
    Ok(found.unwrap_or_else(|| (Type::Text, Value::text(text))))
}

fn read_type(text: &str) -> anyhow::Result<Type> {
    let scale = text
        .strip_prefix("decimal(")
        .and_then(|rest| rest.strip_suffix(')'));
    Ok(match (text, scale.map(str::parse)) {
        ("boolean", _) => Type::Boolean,
        ("integer", _) => Type::Integer,
        ("text", _) => Type::Text,
        ("date", _) => Type::Date,
        (_, Some(Ok(scale))) if (1..=fuyou_expr::SCALE_MAX).contains(&scale) => {
            Type::Decimal(scale)
        }
        _ => bail!("{text} 不是类型 / is not a type: boolean integer decimal(1) text date"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, columns: &[&str], expected: &str) {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        let outcome = read_columns(&columns).map(|(scope, row)| match parse(text, &scope) {
            Ok(expr) => answer(&expr, &row),
            Err(errors) => errors[0].message.en.clone(),
        });
        assert_eq!(
            outcome.unwrap_or_else(|error| format!("{error:#}")),
            expected
        );
    }

    #[test]
    fn types_are_inferred_from_values() {
        check("bmi >= 28", &["bmi=28.1"], "true : boolean");
        check("bmi", &["bmi=28.10"], "28.10 : decimal(2)");
        check("x + 1", &["x=-3"], "-2 : integer");
        check("x + 1", &["x=null:integer"], "null : integer");
        check(
            "x > 0.5 or hit",
            &["x=null:decimal(1)", "hit=true"],
            "true : boolean",
        );
        check("on + 1", &["on=2026-01-31"], "2026-02-01 : date");
        check("s || '!'", &["s='28'"], "28! : text");
        check("s || '!'", &["s=孕妇"], "孕妇! : text");
        check(
            "systolik > 1",
            &["systolic=1"],
            "there is no column systolik",
        );
        check(
            "x",
            &["x=null:number"],
            "x=null:number: number 不是类型 / is not a type: boolean integer decimal(1) text date",
        );
        check("x", &["x"], "x 不是 名称=值 / is not NAME=VALUE");
        check("x", &["x=1", "x=2"], "x 给了两次 / is given twice");
    }
}
