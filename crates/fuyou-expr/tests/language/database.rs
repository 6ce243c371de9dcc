//! The databases that expressions are compared with.

use std::cell::RefCell;

use fuyou_expr::{Dialect, Expr, Kind, Scope, SetId, Slot, SqlNames, Type, Value, format_value};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tokio::runtime::Runtime;

use crate::world::Record;

/// A database with one table per row kind of the scope.
pub struct Database {
    link: RefCell<Link>,
    pub dialect: Dialect,
}

enum Link {
    Sqlite(rusqlite::Connection),
    Postgres(Runtime, PgConnection),
}

const SETS: [&str; 2] = ["visit", "newborn"];

impl Database {
    pub fn sqlite(scope: &Scope) -> Database {
        let link = rusqlite::Connection::open_in_memory().unwrap();
        Database {
            link: RefCell::new(Link::Sqlite(link)),
            dialect: Dialect::Sqlite,
        }
        .with_tables(scope)
    }

    /// The server that `FUYOU_TEST_POSTGRES` names, or a line that says it was left out.
    pub fn postgres(scope: &Scope) -> Option<Database> {
        let Ok(url) = std::env::var("FUYOU_TEST_POSTGRES") else {
            println!("FUYOU_TEST_POSTGRES is not set: PostgreSQL is left out");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let link = runtime.block_on(PgConnection::connect(&url)).unwrap();
        let database = Database {
            link: RefCell::new(Link::Postgres(runtime, link)),
            dialect: Dialect::Postgres,
        };
        Some(database.with_tables(scope))
    }

    pub fn all(scope: &Scope) -> Vec<Database> {
        std::iter::once(Database::sqlite(scope))
            .chain(Database::postgres(scope))
            .collect()
    }

    fn with_tables(self, scope: &Scope) -> Database {
        let sqlite = self.dialect == Dialect::Sqlite;
        let ty = |ty: &Type| match ty {
            Type::Boolean if sqlite => "integer",
            Type::Boolean => "boolean",
            Type::Integer | Type::Decimal(_) if sqlite => "integer",
            Type::Integer | Type::Decimal(_) => "bigint",
            Type::Date if !sqlite => "date",
            Type::Date | Type::Text | Type::Code(_) | Type::Codes(_) => "text",
        };
        let columns = |set| {
            scope
                .columns(set)
                .map(|(name, column)| format!(", \"{name}\" {}", ty(&column.ty)))
                .collect::<String>()
        };
        self.run(&format!(
            "create temporary table rec (id bigint{})",
            columns(None)
        ));
        for (set, name) in scope.sets().zip(SETS) {
            self.run(&format!(
                "create temporary table {name} (rec bigint, ord bigint{})",
                columns(Some(set))
            ));
        }
        self
    }

    fn run(&self, sql: &str) {
        let done = match &mut *self.link.borrow_mut() {
            Link::Sqlite(link) => link.execute_batch(sql).map_err(|error| error.to_string()),
            Link::Postgres(runtime, link) => {
                let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
                let done = runtime.block_on(statement.execute(link));
                done.map(drop).map_err(|error| error.to_string())
            }
        };
        done.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Replaces what is stored by these records, numbered from 0.
    pub fn store(&self, scope: &Scope, records: &[Record]) {
        let mut sql = "delete from rec; delete from visit; delete from newborn;".to_owned();
        for (id, record) in records.iter().enumerate() {
            sql += &format!(
                "insert into rec values ({id}{});",
                self.values(scope, None, &record.outer)
            );
            for (set, rows) in scope.sets().zip(&record.sets) {
                for (at, row) in rows.iter().enumerate() {
                    let (table, values) =
                        (SETS[usize::from(set.0)], self.values(scope, Some(set), row));
                    sql += &format!("insert into {table} values ({id}, {at}{values});");
                }
            }
        }
        self.run(&sql);
    }

    fn values(&self, scope: &Scope, set: Option<SetId>, row: &[Value]) -> String {
        let literal = |((_, column), value): ((&str, &fuyou_expr::Column), &Value)| match value {
            Value::Null => ", null".to_owned(),
            _ => match self.stored(&column.ty, value) {
                Some(text) if matches!(value, Value::Number(_) | Value::Boolean(_)) => {
                    format!(", {text}")
                }
                Some(text) => format!(", '{}'", text.replace('\'', "''")),
                None => ", null".to_owned(),
            },
        };
        scope.columns(set).zip(row).map(literal).collect()
    }

    /// The text of a value as this database writes it.
    fn stored(&self, ty: &Type, value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::Number(number) => Some(number.to_string()),
            Value::Boolean(truth) if self.dialect == Dialect::Sqlite => {
                Some(u8::from(*truth).to_string())
            }
            _ => Some(format_value(ty, value)),
        }
    }

    /// What the database says the expression is for each stored record.
    fn rows(&self, sql: &str) -> Result<Vec<Option<String>>, String> {
        let found = match &mut *self.link.borrow_mut() {
            Link::Sqlite(link) => texts(link, sql).map_err(|error| error.to_string()),
            Link::Postgres(runtime, link) => {
                let query = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false);
                let rows = runtime.block_on(query.fetch_all(link));
                let read = |rows: Vec<sqlx::postgres::PgRow>| -> sqlx::Result<_> {
                    rows.iter().map(|row| row.try_get(0)).collect()
                };
                rows.and_then(read).map_err(|error| error.to_string())
            }
        };
        found.map_err(|error| format!("{error}\n{sql}"))
    }

    /// Compares the database with the evaluator on every record; an error says where they differ.
    pub fn agrees(&self, scope: &Scope, expr: &Expr, records: &[Record]) -> Result<(), String> {
        let expected: Vec<_> = records
            .iter()
            .map(|record| self.stored(expr.ty(), &expr.eval(record)))
            .collect();
        let printed = self.printed(scope, expr);
        let answers = self.rows(&format!(
            "select cast({printed} as text) from rec r order by r.id"
        ))?;
        self.compare(expr, &printed, &expected, &answers)?;
        let mut sets: Vec<SetId> = Vec::new();
        expr.root().visit(&mut |node| {
            if let Kind::Aggregate(aggregate) = &node.kind {
                sets.push(aggregate.set);
            }
        });
        sets.dedup();
        if let [set] = sets[..] {
            for (id, expected) in expected.iter().enumerate() {
                let printed = expr.to_sql(self.dialect, &Plain { scope, id }).unwrap();
                let table = SETS[usize::from(set.0)];
                let answers = self.rows(&format!(
                    "select cast({printed} as text), count(*) from {table} s where s.rec = {id}"
                ))?;
                self.compare(expr, &printed, std::slice::from_ref(expected), &answers)?;
            }
        }
        self.has_type(expr, scope)
    }

    /// The expression as it is asked for each stored record.
    pub fn printed(&self, scope: &Scope, expr: &Expr) -> String {
        expr.to_sql(self.dialect, &Nested(scope)).unwrap()
    }

    fn compare(
        &self,
        expr: &Expr,
        sql: &str,
        ours: &[Option<String>],
        theirs: &[Option<String>],
    ) -> Result<(), String> {
        if ours == theirs {
            return Ok(());
        }
        let at = ours.iter().zip(theirs).position(|(a, b)| a != b);
        let (a, b) = at.map_or((None, None), |at| (Some(&ours[at]), Some(&theirs[at])));
        Err(format!(
            "{}\n{sql}\nrecord {at:?}: we say {a:?}, {:?} says {b:?}",
            expr.text(),
            self.dialect
        ))
    }

    /// PostgreSQL is typed: what it yields must have the type its column would have.
    fn has_type(&self, expr: &Expr, scope: &Scope) -> Result<(), String> {
        if self.dialect == Dialect::Sqlite {
            return Ok(());
        }
        let wanted = match expr.ty() {
            Type::Boolean => "boolean",
            Type::Integer | Type::Decimal(_) => "bigint",
            Type::Text | Type::Code(_) | Type::Codes(_) => "text",
            Type::Date => "date",
        };
        let printed = self.printed(scope, expr);
        let types = self.rows(&format!(
            "select pg_typeof({printed})::text from rec r limit 1"
        ))?;
        match types.first() {
            Some(Some(ty)) if ty != wanted => {
                Err(format!("{} is {ty} instead of {wanted}", expr.text()))
            }
            _ => Ok(()),
        }
    }
}

/// The first column of each row.
fn texts(link: &rusqlite::Connection, sql: &str) -> rusqlite::Result<Vec<Option<String>>> {
    let mut statement = link.prepare(sql)?;
    let rows = statement.query_map((), |row| row.get(0))?;
    rows.collect()
}

/// Aggregates as subqueries of the outer row.
struct Nested<'s>(&'s Scope);

impl SqlNames for Nested<'_> {
    fn column(&self, set: Option<SetId>, slot: Slot) -> String {
        let alias = if set.is_some() { "s" } else { "r" };
        format!("{alias}.\"{}\"", self.0.column(set, slot).0)
    }

    fn order(&self, _: SetId) -> String {
        "s.ord".to_owned()
    }

    fn rows(&self, set: SetId) -> Option<String> {
        Some(format!("{} s where s.rec = r.id", SETS[usize::from(set.0)]))
    }
}

/// Aggregates of the statement itself, over the rows of one record.
struct Plain<'s> {
    scope: &'s Scope,
    id: usize,
}

impl SqlNames for Plain<'_> {
    fn column(&self, set: Option<SetId>, slot: Slot) -> String {
        let name = self.scope.column(set, slot).0;
        match set {
            Some(_) => format!("s.\"{name}\""),
            None => format!("(select \"{name}\" from rec where id = {})", self.id),
        }
    }

    fn order(&self, _: SetId) -> String {
        "s.ord".to_owned()
    }

    fn rows(&self, _: SetId) -> Option<String> {
        None
    }
}
