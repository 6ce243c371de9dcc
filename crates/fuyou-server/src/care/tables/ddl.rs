//! Making and widening the tables of a pack.

use std::collections::HashMap;

use fuyou_expr::Type;
use fuyou_kernel::Timestamp;
use fuyou_pack::Pack;

use super::{PackColumn, PackTable, Tables, list_index, numbers, values};
use crate::care::{InstallError, places_store};
use crate::db::{Cell, CellType, Connection, Db, Dialect, Insert, Sql, Tx, query};

/// Creates what is missing, refuses what changed its type, and makes the readable views anew.
pub(in crate::care) async fn install(
    db: &Db,
    pack: &Pack,
    tables: &Tables,
    at: Timestamp,
) -> Result<(), InstallError> {
    let mut tx = db.begin_alone().await?;
    let known = known_columns(&mut tx).await?;
    for table in tables.all() {
        widen(&mut tx, db.dialect(), table, &known).await?;
    }
    let layers = stamp(pack);
    if is_new_version(&mut tx, pack, &layers).await? {
        note_version(&mut tx, pack, &layers, at).await?;
        // What is open follows the new version; what is closed stays what it amounted to.
        places_store::unsettle_open(&mut tx, &layers, at).await?;
    }
    for (program, tables) in pack.programs.iter().zip(&tables.programs) {
        for table in &tables.forms {
            view(&mut tx, db.dialect(), table, Of::Record).await?;
        }
        view(&mut tx, db.dialect(), &tables.facts, Of::Enrollment).await?;
        list_index::make(&mut tx, db.dialect(), (program, &tables.facts)).await?;
    }
    for (table, column) in tables.searched(pack) {
        query(numbers::index(table, column))
            .execute(&mut tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The layers of a pack with their versions: what enrollments were computed by.
pub(in crate::care) fn stamp(pack: &Pack) -> String {
    let layers = pack.layers.iter();
    let layers = layers.map(|layer| format!("{} {}", layer.id, layer.version));
    layers.collect::<Vec<_>>().join(", ")
}

/// Types in the words of packs, by table and column.
type Known = HashMap<(String, String), String>;

async fn known_columns(connection: &mut Connection) -> Result<Known, InstallError> {
    const SQL: &str = "select table_name, name, type from pack_column";
    let rows: Vec<(String, String, String)> = query(SQL).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(table, name, ty)| ((table, name), ty))
        .collect())
}

async fn widen(
    tx: &mut Tx,
    dialect: Dialect,
    table: &PackTable,
    known: &Known,
) -> Result<(), InstallError> {
    let is_new = !known.keys().any(|(name, _)| *name == table.name);
    let mut added = Vec::new();
    for column in &table.columns {
        let wanted = values::type_word(column);
        match known.get(&(table.name.clone(), column.name.clone())) {
            Some(stored) if *stored == wanted => {}
            Some(stored) => {
                return Err(InstallError::ColumnChanged {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    stored: stored.clone(),
                    wanted,
                });
            }
            None => added.push((column, wanted)),
        }
    }
    if is_new {
        create(tx, dialect, table).await?;
    } else {
        for (column, _) in &added {
            let sql = format!(
                "alter table \"{}\" add column \"{}\" {}",
                table.name,
                column.name,
                sql_type(dialect, column)
            );
            query(Sql::built(sql)).execute(tx).await?;
        }
    }
    let mut cells = Vec::new();
    for (column, word) in added {
        cells.extend([
            Cell::text(&*table.name),
            Cell::text(&*column.name),
            Cell::text(word),
        ]);
    }
    if is_new && cells.is_empty() {
        // A form without fields still has a table; remember that it was made.
        cells.extend([Cell::text(&*table.name), Cell::text("id"), Cell::text("id")]);
    }
    Insert::new("pack_column", &["table_name", "name", "type"], "")
        .run(tx, cells)
        .await?;
    Ok(())
}

async fn create(tx: &mut Tx, dialect: Dialect, table: &PackTable) -> Result<(), InstallError> {
    let id = match dialect {
        Dialect::Sqlite => "blob",
        Dialect::Postgres => "uuid",
    };
    let mut lines = vec![
        format!("subject_id {id} not null"),
        format!("id {id} not null"),
    ];
    let mut key = "subject_id, id".to_owned();
    if table.lead > 2 {
        lines.push(match dialect {
            Dialect::Sqlite => "seq integer not null".to_owned(),
            Dialect::Postgres => "seq bigint not null".to_owned(),
        });
        key.push_str(", seq");
    }
    lines.extend(
        table
            .columns
            .iter()
            .map(|column| format!("\"{}\" {}", column.name, sql_type(dialect, column))),
    );
    lines.push(format!("primary key ({key})"));
    let tail = match dialect {
        Dialect::Sqlite => " strict, without rowid",
        Dialect::Postgres => "",
    };
    let sql = format!(
        "create table \"{}\" ({}){tail}",
        table.name,
        lines.join(", ")
    );
    query(Sql::built(sql)).execute(tx).await?;
    Ok(())
}

fn sql_type(dialect: Dialect, column: &PackColumn) -> &'static str {
    match (values::cell_type(column), dialect) {
        (CellType::Bool, Dialect::Postgres) => "boolean",
        (CellType::Int, Dialect::Postgres) => "bigint",
        (CellType::Date, Dialect::Postgres) => "date",
        (CellType::Bool | CellType::Int, Dialect::Sqlite) => "integer",
        (_, _) => "text",
    }
}

/// What a row of a table belongs to.
#[derive(Clone, Copy)]
enum Of {
    Record,
    Enrollment,
}

/// A view for people: decimals with their point, ids as text, the head beside the values, no voided records.
async fn view(
    tx: &mut Tx,
    dialect: Dialect,
    table: &PackTable,
    of: Of,
) -> Result<(), InstallError> {
    let drop = format!("drop view if exists \"v_{}\"", table.name);
    query(Sql::built(drop)).execute(tx).await?;
    let id = |name: &str| match dialect {
        Dialect::Sqlite => format!("lower(hex({name}))"),
        Dialect::Postgres => format!("replace(cast({name} as text), '-', '')"),
    };
    let mut columns = vec![
        format!("{} as subject_id", id("t.subject_id")),
        format!("{} as id", id("t.id")),
    ];
    let join = match of {
        Of::Record => {
            columns.push(format!("{} as enrollment_id", id("e.enrollment_id")));
            for name in ["occurred_on", "visit", "risk_after", "marks_after"] {
                // A field or derived column of the same name wins.
                if !table.columns.iter().any(|column| column.name == name) {
                    columns.push(format!("e.{name}"));
                }
            }
            " join encounter e on e.subject_id = t.subject_id and e.id = t.id where e.voided_at is null"
        }
        Of::Enrollment => "",
    };
    columns.extend(table.columns.iter().map(|column| {
        let name = &column.name;
        match (&column.ty, column.is_time) {
            (_, true) => format!("t.\"{name}\" as \"{name}_minutes\""),
            (Type::Decimal(scale), _) => {
                format!(
                    "t.\"{name}\" / 1{}.0 as \"{name}\"",
                    "0".repeat(usize::from(*scale))
                )
            }
            _ => format!("t.\"{name}\""),
        }
    }));
    let sql = format!(
        "create view \"v_{}\" as select {} from \"{}\" t{join}",
        table.name,
        columns.join(", "),
        table.name
    );
    query(Sql::built(sql)).execute(tx).await?;
    Ok(())
}

async fn is_new_version(
    connection: &mut Connection,
    pack: &Pack,
    layers: &str,
) -> Result<bool, InstallError> {
    const SQL: &str =
        "select id, version, layers from pack_version order by installed_at desc limit 1";
    let last: Option<(String, String, String)> = query(SQL).optional(connection).await?;
    Ok(last.is_none_or(|(id, version, known)| {
        (&*id, &*version, &*known) != (&*pack.id, &*pack.version, layers)
    }))
}

async fn note_version(
    tx: &mut Tx,
    pack: &Pack,
    layers: &str,
    at: Timestamp,
) -> Result<(), InstallError> {
    let cells = vec![
        Cell::text(&*pack.id),
        Cell::text(&*pack.version),
        Cell::text(layers),
        Cell::at(at),
    ];
    Insert::new(
        "pack_version",
        &["id", "version", "layers", "installed_at"],
        "",
    )
    .run(tx, cells)
    .await?;
    Ok(())
}
