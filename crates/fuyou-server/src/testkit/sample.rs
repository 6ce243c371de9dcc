//! A small pack and a small population that passed through it, for the tests of figures.
//!
//! The facts are what the replay of generated histories says; their table is made as the pack's columns say.

use std::fmt::Write as _;
use std::sync::Arc;

use fuyou_expr::{Type, Value};
use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::replay::{Encounter, History, replay};
use fuyou_pack::{Pack, PackFile, PackFiles, Program, load};
use uuid::Uuid;

use crate::db::{Db, Dialect, Sql, script};

const FILES: &[(&str, &str)] = &[
    ("pack.toml", include_str!("pack/pack.toml")),
    ("values.toml", include_str!("pack/values.toml")),
    (
        "sample/program.toml",
        include_str!("pack/sample/program.toml"),
    ),
    (
        "sample/indicators.toml",
        include_str!("pack/sample/indicators.toml"),
    ),
    (
        "sample/forms/start.toml",
        include_str!("pack/sample/forms/start.toml"),
    ),
    (
        "sample/forms/finish.toml",
        include_str!("pack/sample/forms/finish.toml"),
    ),
];

/// The small pack.
pub(crate) fn sample_pack() -> Arc<Pack> {
    sample_pack_with("")
}

/// The small pack with more indicators.
pub(crate) fn sample_pack_with(indicators: &str) -> Arc<Pack> {
    let files = FILES.iter().map(|(path, text)| {
        let more = if path.ends_with("indicators.toml") {
            indicators
        } else {
            ""
        };
        PackFile {
            path: (*path).to_owned(),
            bytes: format!("{text}{more}").into_bytes(),
        }
    });
    let layer = PackFiles {
        root: "sample".to_owned(),
        files: files.collect(),
    };
    match load(&[layer]) {
        Ok(pack) => Arc::new(pack),
        Err(errors) => panic!(
            "{}",
            errors
                .0
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        ),
    }
}

/// One enrollment of the population.
pub(crate) struct Enrolled {
    pub subject: Uuid,
    pub id: Uuid,
    pub row: Vec<Value>,
}

/// `count` enrollments spread over these organizations; the same for the same count. Every ninth names no known place.
pub(crate) fn population(pack: &Pack, places: &[&str], count: u32) -> Vec<Enrolled> {
    let program = &pack.programs[0];
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut dice = move |sides: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let first: Date = "2024-08-15".parse().unwrap();
    let one = |at: u32| {
        let place = if at % 9 == 8 {
            "nowhere"
        } else {
            places[dice(places.len() as u64) as usize]
        };
        let start = DayNumber(DayNumber::from(first).0 + dice(700) as i32);
        let week = match dice(4) {
            0 => Value::Null,
            _ => Value::Number(dice(30) as i64),
        };
        let finding = match dice(12) {
            0 => Value::Boolean(true),
            1 => Value::Null,
            _ => Value::Boolean(false),
        };
        let mut encounters = vec![encounter(
            program,
            "start",
            u128::from(at) * 2,
            start,
            vec![week, finding],
        )];
        if dice(3) > 0 {
            let day = DayNumber(start.0 + 20 + dice(200) as i32);
            let births = if dice(10) == 0 {
                Value::Null
            } else {
                Value::Number(dice(3) as i64)
            };
            let ending = match at % 4 {
                0 => Value::Null,
                code => Value::Code((code - 1) as u16),
            };
            encounters.push(encounter(
                program,
                "finish",
                u128::from(at) * 2 + 1,
                day,
                vec![births, ending],
            ));
        }
        let history = History {
            opened_on: Some(start),
            org: Some(Arc::from(place)),
            utc_offset_minutes: 480,
            encounters,
            ..History::default()
        };
        let row = replay(program, &history).row;
        Enrolled {
            subject: Uuid::from_u128(u128::from(at) + 1),
            id: Uuid::from_u128((u128::from(at) + 1) << 64),
            row,
        }
    };
    (0..count).map(one).collect()
}

fn encounter(
    program: &Program,
    form: &str,
    id: u128,
    on: DayNumber,
    values: Vec<Value>,
) -> Encounter {
    Encounter {
        id,
        form: program.form_ix(form).unwrap(),
        occurred_on: on,
        recorded_at_ms: i64::from(on.0) * 86_400_000,
        recorded_org: None,
        values,
        groups: Vec::new(),
    }
}

/// Makes the facts table of the pack's first program and fills it.
pub(crate) async fn store_facts(db: &Db, pack: &Pack, population: &[Enrolled]) {
    let program = &pack.programs[0];
    let dialect = db.dialect();
    let columns: Vec<_> = program
        .row_columns()
        .filter(|column| !column.name.contains('.'))
        .collect();
    let id = if dialect == Dialect::Sqlite {
        "blob"
    } else {
        "uuid"
    };
    let mut sql = format!(
        "create table \"{}_facts\" (subject_id {id} not null, id {id} not null",
        program.id
    );
    for column in &columns {
        let _ = write!(
            sql,
            ", \"{}\" {}",
            column.name,
            sql_type(dialect, column.ty)
        );
    }
    sql.push_str(", primary key (subject_id, id));\n");
    for enrolled in population {
        let key = |id: Uuid| match dialect {
            Dialect::Sqlite => format!("x'{}'", id.simple()),
            Dialect::Postgres => format!("'{id}'"),
        };
        let _ = write!(
            sql,
            "insert into \"{}_facts\" values ({}, {}",
            program.id,
            key(enrolled.subject),
            key(enrolled.id)
        );
        for column in &columns {
            let _ = write!(
                sql,
                ", {}",
                literal(
                    dialect,
                    column.ty,
                    &enrolled.row[usize::from(column.slot.0)]
                )
            );
        }
        sql.push_str(");\n");
    }
    let mut tx = db.begin(None).await.unwrap();
    script(&mut tx, Sql::built(sql)).await.unwrap();
    tx.commit().await.unwrap();
}

fn sql_type(dialect: Dialect, ty: &Type) -> &'static str {
    match (dialect, ty) {
        (_, Type::Text | Type::Code(_) | Type::Codes(_)) | (Dialect::Sqlite, Type::Date) => "text",
        (Dialect::Sqlite, _) => "integer",
        (Dialect::Postgres, Type::Boolean) => "boolean",
        (Dialect::Postgres, Type::Date) => "date",
        (Dialect::Postgres, _) => "bigint",
    }
}

fn literal(dialect: Dialect, ty: &Type, value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(truth) if dialect == Dialect::Sqlite => i32::from(*truth).to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(_) | Value::Code(_) | Value::Codes(_) | Value::Date(_) => {
            format!("'{}'", fuyou_expr::format_value(ty, value))
        }
    }
}
