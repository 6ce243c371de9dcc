//! Subjects by the numbers that a pack says people look for.

use fuyou_pack::Pack;
use uuid::Uuid;

use super::{PackTable, Tables};
use crate::db::{Connection, Error, Sql, query};

impl Tables {
    /// The facts by which subjects are looked for: table and column.
    pub(super) fn searched<'a>(&'a self, pack: &'a Pack) -> Vec<(&'a PackTable, &'a str)> {
        let programs = pack.programs.iter().zip(&self.programs);
        let facts = programs.flat_map(|(program, tables)| {
            let searched = program.facts.iter().filter(|fact| fact.is_searched);
            searched.map(|fact| (&tables.facts, &*fact.id))
        });
        facts.collect()
    }
}

/// The index that a search by a fact reads.
pub(super) fn index(table: &PackTable, column: &str) -> Sql {
    Sql::built(format!(
        "create index if not exists \"find_{column}_{0}\" on \"{0}\" (lower(\"{column}\"))",
        table.name
    ))
}

/// The subjects whose number this is, in small letters. One statement for each fact that is searched.
pub(in crate::care) async fn subjects(
    connection: &mut Connection,
    (pack, tables): (&Pack, &Tables),
    number: &str,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    let mut found = Vec::new();
    for (table, column) in tables.searched(pack) {
        let sql = format!(
            "select distinct subject_id from \"{}\" where lower(\"{column}\") = $1 order by subject_id limit $2",
            table.name
        );
        let rows: Vec<(Uuid,)> = query(Sql::built(sql))
            .bind(number)
            .bind(limit)
            .all(connection)
            .await?;
        found.extend(rows.into_iter().map(|(subject,)| subject));
    }
    Ok(found)
}
