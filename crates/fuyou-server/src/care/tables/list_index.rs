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

#[cfg(test)]
mod tests {
    use fuyou_kernel::Secrecy;

    use super::super::lists::{added, sorted};
    use super::super::{Question, Read};
    use super::*;
    use crate::care::{Care, Settings};
    use crate::db::{Cell, CellType, Connection};
    use crate::testkit::county::{County, bicycle_pack, national_pack};
    use crate::testkit::each_database;

    /// How SQLite goes about a statement.
    async fn ways(connection: &mut Connection, sql: &str, cells: Vec<Cell>) -> String {
        let types = [CellType::Int, CellType::Int, CellType::Int, CellType::Text];
        let explained = query(Sql::built(format!("explain query plan {sql}")));
        let rows = explained.bind_cells(cells).cells(connection, &types).await;
        let rows = rows.unwrap().into_iter();
        rows.map(|row| format!("{:?}; ", row[3])).collect()
    }

    #[tokio::test]
    async fn registers_read_no_rows_but_their_own() {
        each_database(async |db| {
            let county = County::new(db.clone(), national_pack()).await;
            if db.dialect() == Dialect::Postgres {
                return;
            }
            let tables = county.care.tables();
            let mut reader = db.read().await.unwrap();
            let pack = county.care.pack();
            for (program, at) in pack.programs.iter().zip(&tables.programs) {
                for list in &program.lists {
                    let shown = list.columns.iter();
                    let question = Question {
                        program,
                        list,
                        columns: shown.map(|column| Read::Computed(&column.is)).collect(),
                        path: Some("99/"),
                        level: None,
                        only: Vec::new(),
                        sort: None,
                        today: county.worker("2024-12-25").today,
                        secrecy_max: Secrecy::Infection,
                    };
                    let (mut of_page, mut of_all) = (Vec::new(), Vec::new());
                    let (at, on) = (&at.facts, Dialect::Sqlite);
                    let page = sorted(on, at, &question, (None, 41), &mut of_page);
                    let (all, ..) = added(on, at, &question, &mut of_all);
                    for (sql, cells) in [(page, of_page), (all, of_all)] {
                        let found = ways(&mut reader, &sql, cells).await;
                        let wanted = "SEARCH f USING COVERING INDEX list_";
                        assert!(found.contains(wanted), "{}: {found}", list.id);
                    }
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn another_pack_leaves_no_index_behind() {
        const STANDING: &str =
            "select name from sqlite_master where type = 'index' and substr(name, 1, 6) = 'place_'";
        each_database(async |db| {
            let county = County::new(db.clone(), bicycle_pack()).await;
            if db.dialect() == Dialect::Postgres {
                return;
            }
            let now = county.worker("2024-12-25").now;
            let table = &county.care.tables().programs[0].facts.name;
            let former = format!("create index \"place_{table}\" on \"{table}\" (\"org\")");
            let mut tx = db.begin(None).await.unwrap();
            query(Sql::built(former)).execute(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            for _ in 0..2 {
                let installed =
                    Care::install(db.clone(), bicycle_pack(), Settings::default(), now).await;
                installed.unwrap();
            }
            let mut reader = db.read().await.unwrap();
            let left: Vec<(String,)> = query(STANDING).all(&mut reader).await.unwrap();
            assert!(left.is_empty(), "{left:?}");
        })
        .await;
    }
}
