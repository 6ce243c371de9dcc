//! The SQL of indicators. Statements over facts tables are put together from checked identifiers of the pack and from
//! expressions that the pack printed; values are always bound.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fuyou_expr::Dialect;
use fuyou_kernel::{Date, Id, Period};
use fuyou_pack::indicator::{MeasureSql, measure_sql, row_sql};
use fuyou_pack::model::{Direction, IndicatorIx, MeasureIx, Pack, ProgramIx, Stratum};
use uuid::Uuid;

use super::counts::Counting;
use super::months::MonthNumber;
use super::order::{Cursor, Key, Order, OrderBy};
use super::persons::Line;
use crate::db::{self, Connection, DbDate, Row, Sql, query};
use crate::registry::OrganizationId;

/// More codes than this are not listed in a statement; the roll-up drops the rows that nobody asked for.
pub(super) const CODES_MAX: usize = 2_000;

/// A figure that a person typed.
pub(super) struct Entered {
    /// Id of the indicator.
    pub(super) indicator: String,
    /// The organization that it is about.
    pub(super) org: OrganizationId,
    /// A month or a whole year.
    pub(super) period: Period,
    /// The count, or the numerator.
    pub(super) numerator: i64,
    /// The denominator of a rate.
    pub(super) denominator: Option<i64>,
}

/// From where to where, and for whom.
pub(super) struct Range<'a> {
    /// First day.
    pub(super) from: Date,
    /// Last day, included.
    pub(super) to: Date,
    /// Only these organizations; `None` for all.
    pub(super) codes: Option<&'a [String]>,
}

/// The dialect in which expressions are printed.
pub(super) fn dialect_of(dialect: db::Dialect) -> Dialect {
    match dialect {
        db::Dialect::Sqlite => Dialect::Sqlite,
        db::Dialect::Postgres => Dialect::Postgres,
    }
}

/// Counts measures by organization and month, and by layer when they are split: one statement for all that share
/// program, date and place.
pub(super) async fn count(
    connection: &mut Connection,
    dialect: Dialect,
    (pack, measures, split): (&Pack, &[MeasureIx], Option<&Stratum>),
    range: &Range<'_>,
    counting: &mut impl Counting,
) -> Result<(), db::Error> {
    let mut groups: BTreeMap<(ProgramIx, String, String), Vec<(usize, MeasureSql)>> =
        BTreeMap::new();
    for (position, measure) in measures.iter().enumerate() {
        let definition = pack.measure(*measure);
        let sql = measure_sql(
            pack.program(definition.program),
            definition,
            dialect,
            &column,
        );
        groups
            .entry((definition.program, sql.on.clone(), sql.org.clone()))
            .or_default()
            .push((position, sql));
    }
    for ((program, _, _), group) in groups {
        let layer = split.map(|stratum| {
            let program = pack.program(program);
            row_sql(program, &stratum.is, dialect, &column)
        });
        let sql = count_sql(
            dialect,
            &pack.program(program).id,
            (group.iter().map(|(_, sql)| sql), layer.as_deref()),
            range.codes.map(<[_]>::len),
        );
        let rows = query(Sql::built(sql))
            .bind(range.from)
            .bind(range.to)
            .bind_all(range.codes.unwrap_or_default())
            .rows(connection)
            .await?;
        for row in &rows {
            let first = match split {
                None => 0,
                Some(stratum) => layer_of(row, 3 + group.len(), stratum)? * measures.len(),
            };
            let positions = group.iter().map(|(position, _)| first + position);
            read_counted(row, positions, counting)?;
        }
    }
    Ok(())
}

/// The layer of a row; the one behind the last when it is not known.
fn layer_of(row: &Row, at: usize, stratum: &Stratum) -> sqlx::Result<usize> {
    let code: Option<String> = row.get(at)?;
    let known = code.and_then(|code| stratum.layer(&code));
    Ok(known.unwrap_or(stratum.layers.len()))
}

fn read_counted(
    row: &Row,
    positions: impl Iterator<Item = usize>,
    counting: &mut impl Counting,
) -> sqlx::Result<()> {
    let (code, month): (Option<String>, i64) = (row.get(0)?, row.get(1)?);
    let month = MonthNumber(i32::try_from(month).map_err(|err| sqlx::Error::Decode(err.into()))?);
    let values = positions.enumerate();
    let values = values.map(|(at, position)| Ok((position, row.get(3 + at)?)));
    let values: Vec<(usize, i64)> = values.collect::<sqlx::Result<_>>()?;
    let place = counting.place(code.as_deref());
    counting.add(place, month, row.get(2)?, values.into_iter());
    Ok(())
}

/// How a column of the facts row is written: facts, risk, scores and the enrollment's own columns stand in the table
/// under their names.
pub(super) fn column(name: &str) -> String {
    match name.strip_prefix("person.") {
        Some(attribute) => format!("f.\"person_{attribute}\""),
        None => format!("f.\"{name}\""),
    }
}

/// The facts table of a program.
pub(super) fn facts_table(program: &str) -> String {
    format!("\"{program}_facts\"")
}

/// A month as a number, so that both databases group alike.
fn month_sql(dialect: Dialect, on: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "(cast(substr({on}, 1, 4) as integer) * 12 + cast(substr({on}, 6, 2) as integer) - 1)"
        ),
        Dialect::Postgres => {
            format!("cast(extract(year from {on}) * 12 + extract(month from {on}) - 1 as bigint)")
        }
    }
}

fn count_sql<'a>(
    dialect: Dialect,
    program: &str,
    (group, layer): (impl Iterator<Item = &'a MeasureSql> + Clone, Option<&str>),
    codes: Option<usize>,
) -> String {
    let mut sums = String::new();
    for measure in group.clone() {
        let value = match &measure.filter {
            Some(filter) => format!("case when {filter} then {} end", measure.value),
            None => measure.value.clone(),
        };
        let _ = write!(sums, ", cast(coalesce(sum({value}), 0) as bigint)");
    }
    let Some(MeasureSql { on, org, .. }) = group.clone().next() else {
        return String::new();
    };
    let (month, table) = (month_sql(dialect, on), facts_table(program));
    let places = codes.map_or(String::new(), |codes| codes_sql(org, codes, 3));
    let (layers, by) = match layer {
        None => (String::new(), String::new()),
        Some(layer) => (format!(", {layer}"), format!(", {}", group.count() + 4)),
    };
    format!(
        "select {org}, {month}, cast(count(*) as bigint){sums}{layers} from {table} f where {on} between $1 and $2{places} group by 1, 2{by}"
    )
}

/// ` and ORG in ($n, …)`.
pub(super) fn codes_sql(org: &str, codes: usize, first: usize) -> String {
    let list: Vec<String> = (first..first + codes).map(|at| format!("${at}")).collect();
    format!(" and {org} in ({})", list.join(", "))
}

/// Counts gap conditions by organization, by position: one statement for all that share program and place.
pub(super) async fn count_gaps(
    connection: &mut Connection,
    dialect: Dialect,
    pack: &Pack,
    indicators: &[(IndicatorIx, MeasureIx)],
    counting: &mut impl Counting,
) -> Result<(), db::Error> {
    let mut groups: BTreeMap<(ProgramIx, String), Vec<(usize, String)>> = BTreeMap::new();
    for (position, (ix, measure)) in indicators.iter().enumerate() {
        let definition = pack.measure(*measure);
        let program = pack.program(definition.program);
        let Some(gap) = &pack.indicator(*ix).gap else {
            continue;
        };
        let org = measure_sql(program, definition, dialect, &column).org;
        groups
            .entry((definition.program, org))
            .or_default()
            .push((position, row_sql(program, gap, dialect, &column)));
    }
    for ((program, org), group) in groups {
        // No month: what has no date is of month 0.
        let mut sql = format!("select {org}, cast(0 as bigint), cast(count(*) as bigint)");
        for (_, gap) in &group {
            let _ = write!(
                sql,
                ", cast(coalesce(sum(case when {gap} then 1 end), 0) as bigint)"
            );
        }
        let _ = write!(
            sql,
            " from {} f group by 1",
            facts_table(&pack.program(program).id)
        );
        for row in &query(Sql::built(sql)).rows(connection).await? {
            read_counted(row, group.iter().map(|(position, _)| *position), counting)?;
        }
    }
    Ok(())
}

/// Where the change feed of each lane stands.
pub(super) async fn heads(connection: &mut Connection) -> Result<Vec<(i64, i64)>, db::Error> {
    const SQL: &str = "select id, change_seq from lane order by id";
    query(SQL).all(connection).await
}

/// The figures in force that people typed for periods inside the range.
pub(super) async fn entered(
    connection: &mut Connection,
    from: Date,
    to: Date,
) -> Result<Vec<Entered>, db::Error> {
    const SQL: &str = "select indicator, org_id, period, numerator, denominator from figure_entry \
                       where replaced_at is null and first_on >= $1 and last_on <= $2";
    let rows: Vec<(String, Uuid, String, i64, Option<i64>)> = query(SQL)
        .bind(DbDate(from))
        .bind(DbDate(to))
        .all(connection)
        .await?;
    let read = |(indicator, org, period, numerator, denominator): (
        String,
        Uuid,
        String,
        i64,
        Option<i64>,
    )| {
        let period = period
            .parse()
            .map_err(|err: fuyou_kernel::PeriodError| sqlx::Error::Decode(err.into()))?;
        Ok(Entered {
            indicator,
            org: OrganizationId::from_uuid(org),
            period,
            numerator,
            denominator,
        })
    };
    rows.into_iter()
        .map(read)
        .collect::<sqlx::Result<_>>()
        .map_err(db::Error::from)
}

/// The persons behind a cell as a statement.
pub(super) struct PersonsQuery {
    dialect: Dialect,
    period: Period,
    codes: Vec<String>,
    table: String,
    place: String,
    /// The dating expression; `None` when the group lies outside of periods.
    on: Option<String>,
    adds: String,
    condition: String,
}

impl PersonsQuery {
    /// Everybody in nothing; say of what with the other functions.
    pub(super) fn new(dialect: Dialect, period: Period, codes: Vec<String>) -> Self {
        let (table, place, adds, condition) = (
            String::new(),
            String::new(),
            "1".to_owned(),
            "true".to_owned(),
        );
        PersonsQuery {
            dialect,
            period,
            codes,
            table,
            place,
            on: None,
            adds,
            condition,
        }
    }

    /// A measure in SQL; measures counted together become one, dated by the part that falls into the period.
    fn sql(&self, pack: &Pack, measure: MeasureIx) -> MeasureSql {
        let print = |measure: MeasureIx| {
            let measure = pack.measure(measure);
            let program = pack.program(measure.program);
            measure_sql(program, measure, self.dialect, &column)
        };
        let whole = print(measure);
        if pack.measure(measure).also.is_empty() {
            return whole;
        }
        let (mut on, mut adds) = (String::from("case"), Vec::new());
        for part in pack.parts(measure).map(print) {
            let counts = format!("{} and {} between $1 and $2", adding(&part), part.on);
            let _ = write!(on, " when {counts} then {}", part.on);
            adds.push(format!("case when {counts} then {} else 0 end", part.value));
        }
        on.push_str(" end");
        MeasureSql {
            filter: None,
            value: format!("({})", adds.join(" + ")),
            on: format!("({on})"),
            org: whole.org,
        }
    }

    /// Those who add something to a measure.
    pub(super) fn of(mut self, pack: &Pack, measure: MeasureIx) -> Self {
        let sql = self.sql(pack, measure);
        self.table = facts_table(&pack.program(pack.measure(measure).program).id);
        self.condition = adding(&sql);
        (self.place, self.on, self.adds) = (sql.org, Some(sql.on), sql.value);
        self
    }

    /// Without those who add something to another measure of the same program in the same period.
    pub(super) fn without(mut self, pack: &Pack, measure: MeasureIx) -> Self {
        let sql = self.sql(pack, measure);
        let condition = &mut self.condition;
        let _ = write!(
            condition,
            " and not coalesce({} and {} between $1 and $2, false)",
            adding(&sql),
            sql.on
        );
        self
    }

    /// Those who fulfil the gap condition, placed as a measure is.
    pub(super) fn of_gap(
        mut self,
        pack: &Pack,
        measure: MeasureIx,
        gap: &fuyou_expr::Expr,
    ) -> Self {
        let sql = self.sql(pack, measure);
        let program = pack.program(pack.measure(measure).program);
        self.table = facts_table(&program.id);
        self.condition = row_sql(program, gap, self.dialect, &column);
        self.place = sql.org;
        self
    }

    /// Only those of a layer of a stratum of the same program; `None`: those whose layer is not known.
    pub(super) fn in_layer(mut self, pack: &Pack, stratum: &Stratum, layer: Option<usize>) -> Self {
        let program = pack.program(stratum.program);
        let is = row_sql(program, &stratum.is, self.dialect, &column);
        let condition = match layer.and_then(|layer| stratum.layers.get(layer)) {
            // Codes are checked identifiers: the pack refuses quotes in them.
            Some(layer) => format!(" and ({is}) = '{}'", layer.code),
            None => format!(" and ({is}) is null"),
        };
        self.condition = format!("({}){condition}", self.condition);
        self
    }

    /// The day of a line.
    fn date(&self) -> String {
        let on = self.on.as_deref().unwrap_or("null");
        match self.dialect {
            Dialect::Sqlite => on.to_owned(),
            Dialect::Postgres => format!("cast({on} as date)"),
        }
    }

    /// What a line is sorted by.
    fn key(&self, by: OrderBy) -> String {
        match by {
            OrderBy::Place => self.collated(&format!("coalesce({}, '')", self.place)),
            // Where no line has a day, all have the same.
            OrderBy::Day => match (&self.on, self.dialect) {
                (Some(_), _) => self.date(),
                (None, Dialect::Sqlite) => "'9999-12-31'".to_owned(),
                (None, Dialect::Postgres) => "date '9999-12-31'".to_owned(),
            },
            OrderBy::Adds => format!("cast({} as bigint)", self.adds),
            OrderBy::Name | OrderBy::Residence => self.key_of(by, "f.subject_id"),
        }
    }

    /// What somebody is sorted by.
    fn key_of(&self, by: OrderBy, subject: &str) -> String {
        let read = match by {
            OrderBy::Residence => {
                "lives.code from person who join organization lives on lives.id = who.residence_org_id"
            }
            OrderBy::Name | OrderBy::Place | OrderBy::Day | OrderBy::Adds => {
                "who.pinyin from person who"
            }
        };
        self.collated(&format!(
            "coalesce((select {read} where who.subject_id = {subject}), '')"
        ))
    }

    /// Collation would order texts differently on the two databases.
    fn collated(&self, text: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => text.to_owned(),
            Dialect::Postgres => format!("({text} collate \"C\")"),
        }
    }

    /// ` from … where …`; $1 and $2 are the period, then come the codes.
    fn tail(&self) -> String {
        // Both ends are bound whether or not the group is dated, so that the numbers of the others stay the same.
        let on = self.on.as_deref().map_or("$1 <= $2".to_owned(), |on| {
            format!("{on} between $1 and $2")
        });
        let codes = codes_sql(&self.place, self.codes.len(), 3);
        format!(
            " from {} f where {on} and ({}){codes}",
            self.table, self.condition
        )
    }
}

/// The condition under which a row adds something other than nothing.
fn adding(sql: &MeasureSql) -> String {
    let filter = sql.filter.as_deref().unwrap_or("true");
    if sql.value == "1" {
        format!("({filter})")
    } else {
        format!("(({filter}) and ({}) <> 0)", sql.value)
    }
}

/// How many enrollments a query finds.
pub(super) async fn count_persons(
    connection: &mut Connection,
    query: &PersonsQuery,
) -> Result<i64, db::Error> {
    let sql = format!("select cast(count(*) as bigint){}", query.tail());
    let (from, to) = (DbDate(query.period.start()), DbDate(query.period.end()));
    let (count,): (i64,) = db::query(Sql::built(sql))
        .bind(from)
        .bind(to)
        .bind_all(&query.codes)
        .one(connection)
        .await?;
    Ok(count)
}

/// Subject, enrollment, place, date and what it adds.
type LineRow = (Uuid, Uuid, Option<String>, Option<DbDate>, i64);

/// One page of them.
pub(super) async fn list_persons(
    connection: &mut Connection,
    query: &PersonsQuery,
    (order, (after, limit)): (Order, (Option<&Cursor>, usize)),
) -> Result<Vec<Line>, db::Error> {
    let codes = query.codes.len();
    let date = query.date();
    let key = query.key(order.by);
    let (sign, direction) = match order.direction {
        Direction::Ascending => (">", ""),
        Direction::Descending => ("<", " desc"),
    };
    let page = after.map_or(String::new(), |after| {
        let (bound, id) = (codes + 3, codes + 4);
        let last = match after.key {
            Key::Person(_) => query.key_of(order.by, &format!("${bound}")),
            Key::Place(_) | Key::Day(_) | Key::Adds(_) => format!("${bound}"),
        };
        format!(" and ({key} {sign} {last} or ({key} = {last} and f.id > ${id}))")
    });
    let sql = format!(
        "select f.subject_id, f.id, {}, {date}, cast({} as bigint){}{page} order by {key}{direction}, f.id limit {limit}",
        query.place,
        query.adds,
        query.tail()
    );
    let (from, to) = (DbDate(query.period.start()), DbDate(query.period.end()));
    let mut bound = db::query(Sql::built(sql))
        .bind(from)
        .bind(to)
        .bind_all(&query.codes);
    if let Some(after) = after {
        bound = match &after.key {
            Key::Place(code) => bound.bind(code),
            Key::Day(on) => bound.bind(DbDate(*on)),
            Key::Adds(adds) => bound.bind(*adds),
            Key::Person(id) => bound.bind(id.uuid()),
        };
        bound = bound.bind(after.enrollment.uuid());
    }
    let rows: Vec<LineRow> = bound.all(connection).await?;
    let line = |(subject, enrollment, place, on, adds): LineRow| Line {
        subject: Id::from_uuid(subject),
        enrollment: Id::from_uuid(enrollment),
        place,
        on: on.map(|on| on.0),
        adds,
    };
    Ok(rows.into_iter().map(line).collect())
}
