//! What the pages of registers read of all enrollments of a part of the tree.

use std::cell::RefCell;
use std::collections::BTreeSet;

use fuyou_expr::{Dialect as ExprDialect, Expr};
use fuyou_kernel::hex;
use fuyou_pack::Program;
use fuyou_pack::indicator::row_sql;
use sm3::{Digest, Sm3};

use super::PackTable;
use super::lists::adds_up;
use crate::db::{Dialect, Error, Sql, Tx, query};

/// Makes the index by which the enrollments of a part of the tree are found, and drops what a former pack had in its place.
///
/// In SQLite it also holds what the program's lists ask of each enrollment, by which they are chosen, sorted and added up:
/// a register looks into the rows of the lines that it shows, not into tens of thousands. The key stands before these
/// values, so that a change stays in its page of the index. PostgreSQL would have to write such an index with every change
/// of a row, which it can leave out for a narrow one, and allows for 32 columns.
pub(super) async fn make(
    tx: &mut Tx,
    dialect: Dialect,
    (program, facts): (&Program, &PackTable),
) -> Result<(), Error> {
    let table = &facts.name;
    let mut columns = vec!["org".to_owned()];
    if dialect == Dialect::Sqlite {
        columns.extend(["subject_id".to_owned(), "id".to_owned()]);
        let stored = |name: &String| facts.columns.iter().any(|column| column.name == *name);
        columns.extend(asked_of_all(program).into_iter().filter(stored));
    }
    let columns: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let columns = columns.join(", ");
    let name = match dialect {
        Dialect::Postgres => format!("place_{table}"),
        Dialect::Sqlite => {
            let mark = hex(&Sm3::digest(&columns)[..4]);
            format!("list_{mark}_{table}")
        }
    };
    if dialect == Dialect::Sqlite {
        drop_others(tx, table, &name).await?;
    }
    let sql = format!("create index if not exists \"{name}\" on \"{table}\" ({columns})");
    query(Sql::built(sql)).execute(tx).await?;
    Ok(())
}

async fn drop_others(tx: &mut Tx, table: &str, name: &str) -> Result<(), Error> {
    const OTHERS: &str = "select name from sqlite_master where type = 'index' and tbl_name = $1 and name <> $2 \
                          and (substr(name, 1, 5) = 'list_' or substr(name, 1, 6) = 'place_')";
    let others: Vec<(String,)> = query(OTHERS).bind(table).bind(name).all(tx).await?;
    for (other,) in others {
        let sql = format!("drop index \"{other}\"");
        query(Sql::built(sql)).execute(tx).await?;
    }
    Ok(())
}

/// The columns of a facts row by which lists choose and sort, and those that they add up.
fn asked_of_all(program: &Program) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for list in &program.lists {
        let sorted = list.sort.iter().map(|(by, _)| by);
        let shown = list.columns.iter().map(|column| &column.is);
        let added = shown.filter(|is| adds_up(program, is));
        for expr in list.filter.iter().chain(sorted).chain(added) {
            found.extend(read_by(program, expr));
        }
    }
    if program.risk.is_some() && !program.lists.is_empty() {
        // Every list can be narrowed to a level.
        found.insert("risk".to_owned());
    }
    found
}

/// The names that an expression reads; not all of them stand in the facts row.
fn read_by(program: &Program, expr: &Expr) -> BTreeSet<String> {
    let names = RefCell::new(BTreeSet::new());
    let _ = row_sql(program, expr, ExprDialect::Sqlite, &|name| {
        names.borrow_mut().insert(name.to_owned());
        String::new()
    });
    names.into_inner()
}
