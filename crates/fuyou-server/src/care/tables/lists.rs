//! Queries of the lists of a pack over its facts table.

use std::sync::Arc;

use fuyou_expr::{Dialect as ExprDialect, Expr, Type, Value};
use fuyou_kernel::{Date, Secrecy};
use fuyou_pack::Program;
use fuyou_pack::indicator::row_sql;
use fuyou_pack::model::{Direction, Fact, List, SubjectKind};
use uuid::Uuid;

use super::conditions::condition;
use super::{PackColumn, PackTable, Written, from_cell, to_cell, values};
use crate::care::{Condition, Error, Total};
use crate::db::{Cell, CellType, Connection, Db, Dialect, Sql, Walk, query};

/// Codes of a column that are counted one by one; more are no total that anybody reads.
const CODES_MAX: usize = 8;

/// A value that a line is asked for: one that stands in its facts row, is computed from it, or was written into a record.
#[derive(Clone, Copy)]
pub(in crate::care) enum Read<'a> {
    Computed(&'a Expr),
    Fact(&'a Fact),
    Written(Written<'a>),
}

impl Read<'_> {
    pub(in crate::care) fn ty(&self) -> &Type {
        match self {
            Read::Computed(expr) => expr.ty(),
            Read::Fact(fact) => &fact.ty,
            Read::Written(written) => &written.column.ty,
        }
    }

    pub(in crate::care) fn secrecy(&self) -> Secrecy {
        match self {
            Read::Computed(expr) => expr.secrecy(),
            Read::Fact(fact) => fact.secrecy,
            Read::Written(written) => written.secrecy,
        }
    }

    fn is_written(&self) -> bool {
        matches!(self, Read::Written(_))
    }
}

/// What is asked of a list.
pub(in crate::care) struct Question<'a> {
    pub program: &'a Program,
    pub list: &'a List,
    /// What each line shows.
    pub columns: Vec<Read<'a>>,
    /// Only enrollments of organizations whose path begins so; of all when it is none.
    pub path: Option<&'a str>,
    /// Only this level of risk.
    pub level: Option<&'a str>,
    /// Only lines that fit all of these.
    pub only: Vec<(Read<'a>, &'a Condition)>,
    /// Instead of the list's own order.
    pub sort: Option<(Read<'a>, Direction)>,
    pub today: Date,
    pub secrecy_max: Secrecy,
}

/// One line as it is stored.
pub(in crate::care) struct Line {
    pub subject: Uuid,
    pub enrollment: Uuid,
    pub org: String,
    pub risk: Option<String>,
    pub marks: Option<String>,
    /// One per column that was asked for; NULL for what the reader may not see.
    pub values: Vec<Value>,
    /// What the lines are sorted by.
    pub keys: Vec<Value>,
}

/// The line before a page: its sort keys and its enrollment.
pub(in crate::care) type After = (Vec<Value>, Uuid);

impl<'a> Question<'a> {
    /// What the lines are sorted by. What the reader may not see does not sort either.
    pub(in crate::care) fn keys(&self) -> Vec<(Read<'a>, Direction)> {
        let sort = match &self.sort {
            Some(sort) => vec![*sort],
            None => {
                let own = self.list.sort.iter();
                own.map(|(expr, direction)| (Read::Computed(expr), *direction))
                    .collect()
            }
        };
        let is_open = |(read, _): &(Read<'_>, _)| read.secrecy() <= self.secrecy_max;
        sort.into_iter().filter(is_open).collect()
    }

    fn print_keys(&self, dialect: Dialect) -> Vec<String> {
        let keys = self.keys().into_iter();
        keys.map(|(read, _)| self.print(dialect, read)).collect()
    }

    fn print(&self, dialect: Dialect, read: Read<'_>) -> String {
        match read {
            Read::Computed(expr) => self.print_expr(dialect, expr),
            Read::Fact(fact) => format!("f.\"{}\"", fact.id),
            Read::Written(written) => written.print(),
        }
    }

    fn print_expr(&self, dialect: Dialect, expr: &Expr) -> String {
        let today = self.today;
        let (target, today) = match dialect {
            Dialect::Sqlite => (ExprDialect::Sqlite, format!("'{today}'")),
            Dialect::Postgres => (ExprDialect::Postgres, format!("date '{today}'")),
        };
        let column = |name: &str| match name {
            "today" => today.clone(),
            "person.birth_on" => "p.birth_on".to_owned(),
            "person.sex" => "p.sex".to_owned(),
            "person.household" => "p.household_kind".to_owned(),
            "organization.parent" => {
                "(select above.code from organization above where above.id = o.parent_id)"
                    .to_owned()
            }
            other if other.starts_with("organization.") => other.replacen("organization.", "o.", 1),
            // Rules may know more of a person than her row tells; a list shows it as unknown.
            other if other.contains('.') => "null".to_owned(),
            fact => format!("f.\"{fact}\""),
        };
        row_sql(self.program, expr, target, &column)
    }

    /// What is known of the subject, to be joined to the facts. Of a person it stands in an index; SQLite would look into
    /// the key first and then into the row.
    fn subject(&self, dialect: Dialect) -> &'static str {
        match (self.program.subject, dialect) {
            (SubjectKind::Organization, _) => "left join organization o on o.id = f.subject_id",
            (SubjectKind::Person | SubjectKind::Staff, Dialect::Sqlite) => {
                "left join person p indexed by person_in_lists on p.subject_id = f.subject_id"
            }
            (SubjectKind::Person | SubjectKind::Staff, Dialect::Postgres) => {
                "left join person p on p.subject_id = f.subject_id"
            }
        }
    }

    /// The facts with what is known of the subject.
    fn rows(&self, dialect: Dialect, facts: &PackTable) -> String {
        format!("\"{}\" f {}", facts.name, self.subject(dialect))
    }

    /// Whether lines are chosen or sorted by what stands in records, which is read enrollment by enrollment.
    pub(in crate::care) fn reads_records(&self) -> bool {
        let mut only = self.only.iter().map(|(read, _)| read);
        let sort = self.sort.as_ref().map(|(read, _)| read);
        only.any(Read::is_written) || sort.is_some_and(Read::is_written)
    }

    /// The condition, with its placeholders from `$1`.
    fn condition(&self, dialect: Dialect, cells: &mut Vec<Cell>) -> String {
        let mut conditions = self.of_facts(dialect, cells);
        for (read, only) in self.only.iter().filter(|(read, _)| read.is_written()) {
            let printed = self.print(dialect, *read);
            conditions.push(condition(only, (&printed, read.ty()), cells));
        }
        joined(&conditions)
    }

    /// The conditions that the facts row decides.
    fn of_facts(&self, dialect: Dialect, cells: &mut Vec<Cell>) -> Vec<String> {
        let mut conditions = Vec::new();
        if let Some(path) = self.path {
            cells.push(Cell::text(path));
            let within =
                "f.org in (select code from org_place where substr(path, 1, length($1)) = $1)";
            conditions.push(within.to_owned());
        }
        if let Some(filter) = &self.list.filter {
            conditions.push(format!("({})", self.print_expr(dialect, filter)));
        }
        if let Some(level) = self.level {
            cells.push(Cell::text(level));
            conditions.push(format!("f.risk = ${}", cells.len()));
        }
        for (read, only) in self.only.iter().filter(|(read, _)| !read.is_written()) {
            let printed = self.print(dialect, *read);
            conditions.push(condition(only, (&printed, read.ty()), cells));
        }
        conditions
    }
}

fn joined(conditions: &[String]) -> String {
    match conditions.is_empty() {
        true => "1 = 1".to_owned(),
        false => conditions.join(" and "),
    }
}

/// Whether a column that a list shows is added up over all its lines.
pub(super) fn adds_up(program: &Program, shown: &Expr) -> bool {
    !matches!(
        Adding::shown(program, Read::Computed(shown)),
        Adding::Nothing
    )
}

fn cell_type(ty: &Type) -> CellType {
    values::cell_type(&cell_column(ty))
}

/// A column of a query that no table has.
pub(super) fn cell_column(ty: &Type) -> PackColumn {
    PackColumn {
        name: "value".to_owned(),
        ty: ty.clone(),
        is_time: false,
    }
}

/// Whether the records of more enrollments than this would have to be read for a question: those that fit all that their
/// facts decide. One statement, which stops counting there.
pub(in crate::care) async fn is_beyond(
    connection: &mut Connection,
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    most: u32,
) -> Result<bool, Error> {
    let mut cells = Vec::new();
    let condition = joined(&question.of_facts(dialect, &mut cells));
    let sql = format!(
        "select count(*) from (select 1 from {} where {condition} limit {}) counted",
        question.rows(dialect, facts),
        i64::from(most) + 1
    );
    let rows = query(Sql::built(sql))
        .bind_cells(cells)
        .cells(connection, &[CellType::Int])
        .await?;
    let count = rows.into_iter().flatten().next();
    Ok(matches!(count, Some(Cell::Int(Some(count))) if count > i64::from(most)))
}

/// What an enrollment is sorted by; none when it is not there any more. One statement.
pub(in crate::care) async fn keys_of(
    connection: &mut Connection,
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    (subject, enrollment): (Uuid, Uuid),
) -> Result<Option<Vec<Value>>, Error> {
    let keys = question.keys();
    let sql = format!(
        "select {} from {} where f.subject_id = $1 and f.id = $2",
        question.print_keys(dialect).join(", "),
        question.rows(dialect, facts)
    );
    let types: Vec<CellType> = keys.iter().map(|(read, _)| cell_type(read.ty())).collect();
    let rows = query(Sql::built(sql))
        .bind_cells(vec![Cell::id(subject), Cell::id(enrollment)])
        .cells(connection, &types)
        .await?;
    let read = |(cell, (read, _)): (Cell, &(Read<'_>, Direction))| {
        let ty = read.ty();
        from_cell(&cell_column(ty), cell).map_err(|text| Error::stored(&facts.name, &text, ty))
    };
    let row = rows.into_iter().next();
    row.map(|row| row.into_iter().zip(&keys).map(read).collect())
        .transpose()
}

/// How many lines a list has for a reader, and what its columns come to. One statement.
pub(in crate::care) async fn totals(
    connection: &mut Connection,
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
) -> Result<(i64, Vec<Total>), Error> {
    let mut cells = Vec::new();
    let (sql, asked, count) = added(dialect, facts, question, &mut cells);
    let types = vec![CellType::Int; count];
    let rows = query(Sql::built(sql))
        .bind_cells(cells)
        .cells(connection, &types)
        .await?;
    Ok(added_up(asked, rows.into_iter().flatten()))
}

/// The statement for [`totals`], what it adds up, and how many numbers it gives.
pub(super) fn added(
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    cells: &mut Vec<Cell>,
) -> (String, Vec<Adding>, usize) {
    let condition = question.condition(dialect, cells);
    let asked = addings(question);
    let printed = |at: usize| question.print(dialect, question.columns[at]);
    let selected = sums(&asked, printed, cells);
    let rows = question.rows(dialect, facts);
    let sql = format!(
        "select {} from {rows} where {condition}",
        selected.join(", ")
    );
    (sql, asked, selected.len())
}

fn addings(question: &Question<'_>) -> Vec<Adding> {
    let columns = question.columns.iter();
    columns.map(|read| Adding::of(question, *read)).collect()
}

/// The number of lines, and what their columns come to.
fn sums(asked: &[Adding], printed: impl Fn(usize) -> String, cells: &mut Vec<Cell>) -> Vec<String> {
    // A sum of nothing is NULL, and PostgreSQL adds integers up to decimals.
    let sum = |of: String| format!("cast(coalesce(sum({of}), 0) as bigint)");
    let lines = |when: String| format!("count(*) filter (where {when})");
    let mut selected = vec!["count(*)".to_owned()];
    for (at, adding) in asked.iter().enumerate() {
        match adding {
            Adding::Nothing => {}
            Adding::Sum => selected.push(sum(format!("({})", printed(at)))),
            Adding::Yes => selected.push(lines(format!("({})", printed(at)))),
            Adding::Codes(codes) => {
                for code in codes {
                    cells.push(Cell::text(code.clone()));
                    selected.push(lines(format!("({}) = ${}", printed(at), cells.len())));
                }
            }
        }
    }
    selected
}

/// What [`sums`] found.
fn added_up(asked: Vec<Adding>, counts: impl Iterator<Item = Cell>) -> (i64, Vec<Total>) {
    let mut counts = counts.map(|cell| match cell {
        Cell::Int(Some(count)) => count,
        _ => 0,
    });
    let count = counts.next().unwrap_or_default();
    let mut next = || counts.next().unwrap_or_default();
    let totals = asked.into_iter().map(|adding| match adding {
        Adding::Nothing => Total::None,
        Adding::Sum => Total::Sum(next()),
        Adding::Yes => Total::Yes(next()),
        Adding::Codes(codes) => {
            let counted = (0..).zip(&codes).map(|(at, _)| (at, next()));
            Total::Codes(counted.filter(|(_, count)| *count > 0).collect())
        }
    });
    let totals = totals.collect();
    (count, totals)
}

/// How a column is added up.
pub(super) enum Adding {
    Nothing,
    Sum,
    Yes,
    Codes(Vec<Arc<str>>),
}

impl Adding {
    fn of(question: &Question<'_>, read: Read<'_>) -> Adding {
        if read.secrecy() > question.secrecy_max {
            return Adding::Nothing;
        }
        Adding::shown(question.program, read)
    }

    fn shown(program: &Program, read: Read<'_>) -> Adding {
        match read.ty() {
            // Weeks and points do not add up; what counts does.
            Type::Integer => {
                let mut facts = program.facts.iter();
                let fact = match read {
                    Read::Computed(expr) => facts.find(|fact| *fact.id == *expr.text()),
                    Read::Fact(fact) => Some(fact),
                    Read::Written(_) => None,
                };
                match fact {
                    Some(fact) if fact.is.text().starts_with("count(") => Adding::Sum,
                    _ => Adding::Nothing,
                }
            }
            Type::Boolean => Adding::Yes,
            Type::Code(set) if set.codes().len() <= CODES_MAX => {
                Adding::Codes(set.codes().to_vec())
            }
            Type::Code(_) | Type::Codes(_) | Type::Decimal(_) | Type::Text | Type::Date => {
                Adding::Nothing
            }
        }
    }
}

/// The statement for the lines of a page with no more of each than they are sorted by.
pub(super) fn sorted(
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    (after, limit): (Option<&After>, u32),
    cells: &mut Vec<Cell>,
) -> String {
    let mut condition = question.condition(dialect, cells);
    let keys = question.keys();
    let printed = question.print_keys(dialect);
    if let Some((values, id)) = after.filter(|(values, _)| values.len() == keys.len()) {
        let beyond = beyond((&keys, &printed), (values, *id), "f.id", cells);
        condition = format!("{condition} and ({beyond})");
    }
    let keyed = printed.iter().enumerate();
    let keyed = keyed.map(|(at, key)| format!(", {key} as key_{at}"));
    format!(
        "select f.subject_id as subject_id, f.id as id{} from {} where {condition} order by {}f.id limit {limit}",
        keyed.collect::<String>(),
        question.rows(dialect, facts),
        order(&keys, &printed)
    )
}

/// The lines of a page: those after a line, in the order asked for. One statement, which reads the whole row of none but
/// them.
pub(in crate::care) async fn page(
    connection: &mut Connection,
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    which: (Option<&After>, u32),
) -> Result<Vec<Line>, Error> {
    let mut cells = Vec::new();
    let sorted = sorted(dialect, facts, question, which, &mut cells);
    let keys = question.keys();
    let of_line: Vec<String> = (0..keys.len()).map(|at| format!("line.key_{at}")).collect();
    let (selected, types) = selected(dialect, facts, question, &of_line);
    let sql = format!(
        "select {} from ({sorted}) line \
         join \"{}\" f on f.subject_id = line.subject_id and f.id = line.id {} order by {}line.id",
        selected.join(", "),
        facts.name,
        question.subject(dialect),
        order(&keys, &of_line),
    );
    let rows = query(Sql::built(sql))
        .bind_cells(cells)
        .cells(connection, &types)
        .await?;
    let lines = rows.into_iter();
    lines.map(|row| line(question, row, &facts.name)).collect()
}

/// All lines of a list, in one pass, as they are taken.
pub(in crate::care) async fn walk(
    db: &Db,
    facts: &PackTable,
    question: &Question<'_>,
) -> Result<Walking, Error> {
    let asked = asked(db.dialect(), facts, question);
    let walk = db
        .walk(query(Sql::built(asked.sql)).bind_cells(asked.cells))
        .await?;
    Ok(Walking {
        walk,
        types: asked.types,
    })
}

/// Lines on their way.
pub(in crate::care) struct Walking {
    walk: Walk,
    types: Vec<CellType>,
}

impl Walking {
    /// The next lines of the question that was asked; none after the last.
    pub(in crate::care) async fn next(
        &mut self,
        facts: &PackTable,
        question: &Question<'_>,
    ) -> Result<Option<Vec<Line>>, Error> {
        let Some(rows) = self.walk.cells(&self.types).await? else {
            return Ok(None);
        };
        let lines = rows.into_iter();
        let lines = lines.map(|row| line(question, row, &facts.name));
        lines.collect::<Result<_, _>>().map(Some)
    }
}

/// A statement for lines, with its values and the types of what it gives.
struct Asked {
    sql: String,
    cells: Vec<Cell>,
    types: Vec<CellType>,
}

fn asked(dialect: Dialect, facts: &PackTable, question: &Question<'_>) -> Asked {
    let mut cells = Vec::new();
    let condition = question.condition(dialect, &mut cells);
    let keys = question.keys();
    let printed = question.print_keys(dialect);
    let (selected, types) = selected(dialect, facts, question, &printed);
    let sql = format!(
        "select {} from {} where {condition} order by {}f.id",
        selected.join(", "),
        question.rows(dialect, facts),
        order(&keys, &printed)
    );
    Asked { sql, cells, types }
}

/// What a line is read from, with its types: the row's own columns, those that are shown, the keys.
fn selected(
    dialect: Dialect,
    facts: &PackTable,
    question: &Question<'_>,
    keys: &[String],
) -> (Vec<String>, Vec<CellType>) {
    let has = |name: &str| facts.columns.iter().any(|column| column.name == name);
    let own = |name: &str| {
        if has(name) {
            format!("f.\"{name}\"")
        } else {
            "null".to_owned()
        }
    };
    let mut selected = vec![
        "f.subject_id".to_owned(),
        "f.id".to_owned(),
        "f.org".to_owned(),
        own("risk"),
        own("marks"),
    ];
    let mut types = vec![
        CellType::Id,
        CellType::Id,
        CellType::Text,
        CellType::Text,
        CellType::Text,
    ];
    for read in &question.columns {
        let open = read.secrecy() <= question.secrecy_max;
        selected.push(if open {
            question.print(dialect, *read)
        } else {
            typed_null(dialect, read.ty())
        });
        types.push(cell_type(read.ty()));
    }
    for ((read, _), text) in question.keys().iter().zip(keys) {
        selected.push(text.clone());
        types.push(cell_type(read.ty()));
    }
    (selected, types)
}

fn order(keys: &[(Read<'_>, Direction)], printed: &[String]) -> String {
    let order = keys
        .iter()
        .zip(printed)
        .map(|((_, direction), text)| match direction {
            Direction::Ascending => format!("({text}) is null, {text}, "),
            Direction::Descending => format!("({text}) is null, {text} desc, "),
        });
    order.collect()
}

fn typed_null(dialect: Dialect, ty: &Type) -> String {
    match (dialect, cell_type(ty)) {
        (Dialect::Sqlite, _) => "null".to_owned(),
        (Dialect::Postgres, CellType::Bool) => "null::boolean".to_owned(),
        (Dialect::Postgres, CellType::Int) => "null::bigint".to_owned(),
        (Dialect::Postgres, CellType::Date) => "null::date".to_owned(),
        (Dialect::Postgres, _) => "null::text".to_owned(),
    }
}

/// Which lines come after a line: NULL sorts last, the enrollment decides between equals.
fn beyond(
    (keys, printed): (&[(Read<'_>, Direction)], &[String]),
    (values, id): (&[Value], Uuid),
    id_name: &str,
    cells: &mut Vec<Cell>,
) -> String {
    let mut ways = Vec::new();
    let mut equal = String::new();
    for (((read, direction), text), value) in keys.iter().zip(printed).zip(values) {
        if value.is_null() {
            equal.push_str(&format!("({text}) is null and "));
            continue;
        }
        cells.push(to_cell(&cell_column(read.ty()), value));
        let number = cells.len();
        let sign = match direction {
            Direction::Ascending => '>',
            Direction::Descending => '<',
        };
        ways.push(format!(
            "({equal}(({text}) {sign} ${number} or ({text}) is null))"
        ));
        equal.push_str(&format!("({text}) = ${number} and "));
    }
    cells.push(Cell::id(id));
    ways.push(format!("({equal}{id_name} > ${})", cells.len()));
    ways.join(" or ")
}

fn line(question: &Question<'_>, row: Vec<Cell>, table: &str) -> Result<Line, Error> {
    let mut cells = row.into_iter();
    let mut next = || cells.next().unwrap_or(Cell::Text(None));
    let (subject, enrollment) = match (next(), next()) {
        (Cell::Id(Some(subject)), Cell::Id(Some(id))) => (subject, id),
        other => return Err(Error::stored(table, &format!("{other:?}"), &Type::Text)),
    };
    let mut text = || match next() {
        Cell::Text(text) => text.map(|text| text.to_string()),
        _ => None,
    };
    let (org, risk, marks) = (text().unwrap_or_default(), text(), text());
    let mut value = |ty: &Type| {
        let cell = cells.next().unwrap_or(Cell::Text(None));
        from_cell(&cell_column(ty), cell).map_err(|text| Error::stored(table, &text, ty))
    };
    let columns = question.columns.iter();
    let keys = question.keys();
    Ok(Line {
        subject,
        enrollment,
        org,
        risk,
        marks,
        values: columns
            .map(|read| value(read.ty()))
            .collect::<Result<_, _>>()?,
        keys: keys
            .iter()
            .map(|(read, _)| value(read.ty()))
            .collect::<Result<_, _>>()?,
    })
}
