//! SQL of the person search. One statement per kind of search, each with an index, and each with the same right:
//! she lives in the area, or an organization of the area cares for her. What a merged record was called, numbered or
//! phoned by leads to the one that stayed.
//!
//! A name is borne by thousands in a province. Where the area is wide, all who bear it are gone through in the order of
//! the index until a page is full; where it is narrow, those of the area are gone through.

use fuyou_kernel::Date;
use uuid::Uuid;

use crate::db::{Bound, Connection, DbDate, Error, Query, Sql, query, row};

/// Where to look.
pub(super) struct Area {
    pub path_from: String,
    pub path_to: String,
    pub today: Date,
    /// Whether many live there or are cared for.
    pub is_wide: bool,
    pub limit: i64,
}

/// Who stood last on the page before, as the searches put persons into order.
#[derive(Clone, Debug)]
pub(super) struct After {
    pub id: Uuid,
    pub name: String,
    pub pinyin: String,
    pub initials: String,
}

row! {
    pub(super) struct Row {
        pub subject_id: Uuid,
        pub name: String,
        pub birth_on: DbDate,
        pub residence_org_id: Uuid,
        pub phone_tail: Option<String>,
    }
}

/// The first text after all that begin with `prefix`.
fn end_of(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

/// What a search shows of a person, and the right to see her: she lives in the area of $4 to $5, or an organization of it
/// cares for her on $6. Who cares is looked up by the person: the other way around, each would be looked up once for every
/// organization of the area.
macro_rules! part {
    ("shown") => {
        "p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail"
    };
    ("right") => {
        concat!(" and p.merged_into is null", part!("place"))
    };
    ("place") => {
        " and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r cross join organization o where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) and o.id = r.org_id \
                         and o.path >= $4 and o.path < $5))"
    };
    ("all of the area") => {
        "(select subject_id as id from person \
          where residence_org_id in (select id from organization where path >= $4 and path < $5) \
          union select subject_id from care_relation where (until_on is null or until_on >= $6) \
          and org_id in (select id from organization where path >= $4 and path < $5)) n \
         cross join person p where p.subject_id = n.id and p.merged_into is null"
    };
}

/// A search by a condition on the record itself, and the same on records that were merged into it. The limit stands in
/// both halves, so that each is answered by its index.
macro_rules! found {
    ($own:literal, $merged:literal) => {
        concat!(
            "select * from (select ", part!("shown"), " from person p where ", $own, part!("right"),
            " and p.subject_id > $3 order by p.subject_id limit $7",
            ") a union select * from (select ", part!("shown"),
            " from person m join person p on p.subject_id = m.merged_into where m.merged_into is not null and ",
            $merged, part!("right"), " and p.subject_id > $3 order by p.subject_id limit $7) b \
             order by subject_id limit $7"
        )
    };
}

/// A search by the beginning of a column, in its order: the statement of the first page, where records that were merged
/// come before all others, and that of the pages after it, for a wide and for a narrow area. $1 is where the page begins,
/// $8 what was typed.
macro_rules! spelled {
    ($column:literal, $not:literal) => {
        Spelled {
            first_wide: spelled!("first", "wide", $column, $not),
            next_wide: spelled!("wide", $column, $not),
            first_narrow: spelled!("first", "narrow", $column, $not),
            next_narrow: spelled!("narrow", $column, $not),
        }
    };
    ("first", $way:tt, $column:literal, $not:literal) => {
        concat!(
            "select * from (select distinct ", part!("shown"), ", 0 as place, p.", $column, " as sort \
             from person m join person p on p.subject_id = m.merged_into where m.merged_into is not null and m.",
            $column, " >= $1 and m.", $column, " < $2 and not (p.", $column, " >= $1 and p.", $column, " < $2)",
            part!("right"), " limit $7) a union all select * from (", spelled!($way, $column, $not),
            ") b order by place, sort, subject_id limit $7"
        )
    };
    ("wide", $column:literal, $not:literal) => {
        concat!(
            "select ", part!("shown"), ", 1 as place, p.", $column, " as sort from person p where ", spelled!("own", $column, $not), part!("right"),
            " order by p.", $column, ", p.subject_id limit $7"
        )
    };
    ("narrow", $column:literal, $not:literal) => {
        concat!(
            "select ", part!("shown"), ", 1 as place, p.", $column, " as sort from ", part!("all of the area"), " and ", spelled!("own", $column, $not),
            " order by p.", $column, ", p.subject_id limit $7"
        )
    };
    ("own", $column:literal, $not:literal) => {
        concat!("p.", $column, " >= $1 and p.", $column, " < $2 and (p.", $column, " > $1 or p.subject_id > $3)", $not)
    };
}

struct Spelled {
    first_wide: &'static str,
    next_wide: &'static str,
    first_narrow: &'static str,
    next_narrow: &'static str,
}

impl Spelled {
    /// Those whose column begins with `prefix`, after somebody whose column said `after`.
    async fn rows(
        &self,
        connection: &mut Connection,
        prefix: &str,
        after: Option<(Uuid, &str)>,
        area: &Area,
    ) -> Result<Vec<Row>, Error> {
        let sql = match (after, area.is_wide) {
            (None, true) => self.first_wide,
            (None, false) => self.first_narrow,
            (Some(_), true) => self.next_wide,
            (Some(_), false) => self.next_narrow,
        };
        let (id, from) = after.unwrap_or((Uuid::nil(), prefix));
        let begun = search(sql, [from, &end_of(prefix)], id, area);
        begun.bind(prefix).all(connection).await
    }
}

/// Runs a search for what lies between, or is one of, two values, after a person.
async fn found<T: Bound>(
    connection: &mut Connection,
    sql: &'static str,
    [from, to]: [T; 2],
    after: Uuid,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    search(sql, [from, to], after, area).all(connection).await
}

fn search<T: Bound>(sql: &'static str, [from, to]: [T; 2], after: Uuid, area: &Area) -> Query {
    query(sql)
        .bind(from)
        .bind(to)
        .bind(after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
}

/// The person after whom a page begins, if she may be seen: where she stands among others would tell her name. Of a record
/// that was merged meanwhile its old place counts.
pub(super) async fn after(
    connection: &mut Connection,
    id: Uuid,
    area: &Area,
) -> Result<Option<After>, Error> {
    const SQL: &str = concat!(
        "select p.subject_id, p.name, p.pinyin, p.initials from person p where $1 = $2 and p.subject_id = $3 and $7 > 0",
        part!("place")
    );
    let asked = search(SQL, ["", ""], id, area);
    let row: Option<(Uuid, String, String, String)> = asked.optional(connection).await?;
    Ok(row.map(|(id, name, pinyin, initials)| After {
        id,
        name,
        pinyin,
        initials,
    }))
}

/// Everybody. Where many live or are cared for, whoever comes first is found soon on the way through all; where few are,
/// they are looked for.
pub(super) async fn everybody(
    connection: &mut Connection,
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const WIDE: &str = concat!(
        "select ",
        part!("shown"),
        " from person p where $1 < $2 and p.subject_id > $3",
        part!("right"),
        " order by p.subject_id limit $7"
    );
    const NARROW: &str = concat!(
        "select ",
        part!("shown"),
        " from ",
        part!("all of the area"),
        " and $1 < $2 and p.subject_id > $3 order by p.subject_id limit $7"
    );
    let sql = if area.is_wide { WIDE } else { NARROW };
    found(connection, sql, ["", "\u{10FFFF}"], after_id(after), area).await
}

/// Names that begin with these characters.
pub(super) async fn by_name(
    connection: &mut Connection,
    name: &str,
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const NAMES: Spelled = spelled!("name", " and p.name || '' >= $8");
    let after = after.map(|after| (after.id, &*after.name));
    NAMES.rows(connection, name, after, area).await
}

/// Names whose pinyin begins with these letters, and after them those whose initials do. At most two statements.
pub(super) async fn by_letters(
    connection: &mut Connection,
    letters: &str,
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const PINYIN: Spelled = spelled!("pinyin", " and p.pinyin || '' >= $8");
    const INITIALS: Spelled = spelled!("initials", " and not (p.pinyin >= $8 and p.pinyin < $2)");
    let is_spelled = |after: &&After| after.pinyin.starts_with(letters);
    let (mut rows, abbreviated) = match after.filter(|after| !is_spelled(after)) {
        Some(after) => (Vec::new(), Some((after.id, &*after.initials))),
        None => {
            let after = after.map(|after| (after.id, &*after.pinyin));
            (PINYIN.rows(connection, letters, after, area).await?, None)
        }
    };
    let is_full = usize::try_from(area.limit).is_ok_and(|limit| rows.len() >= limit);
    // The initials of whose pinyin begins with one letter begin with it too.
    if !is_full && letters.chars().count() > 1 {
        let more = INITIALS
            .rows(connection, letters, abbreviated, area)
            .await?;
        rows.extend(more);
    }
    Ok(rows)
}

fn after_id(after: Option<&After>) -> Uuid {
    after.map_or(Uuid::nil(), |after| after.id)
}

/// Phones that end with these four digits.
pub(super) async fn by_phone_tail(
    connection: &mut Connection,
    digits: &str,
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.phone_tail in ($1, $2)", "m.phone_tail in ($1, $2)");
    found(connection, SQL, [digits, digits], after_id(after), area).await
}

/// The whole phone, by its hash under either of two keys.
pub(super) async fn by_phone(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.phone_hash in ($1, $2)", "m.phone_hash in ($1, $2)");
    found(connection, SQL, hashes.each_ref(), after_id(after), area).await
}

/// The whole document number, by its hash under either of two keys.
pub(super) async fn by_id_no(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    after: Option<&After>,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.id_no_hash in ($1, $2)", "m.id_no_hash in ($1, $2)");
    found(connection, SQL, hashes.each_ref(), after_id(after), area).await
}

/// These persons, as far as they may be seen.
pub(super) async fn of_ids(
    connection: &mut Connection,
    ids: &[Uuid],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.subject_id in ($1, $2)", "m.subject_id in ($1, $2)");
    let mut rows = Vec::new();
    for pair in ids.chunks(2) {
        let (first, second) = (pair[0], pair[pair.len() - 1]);
        rows.extend(found(connection, SQL, [first, second], Uuid::nil(), area).await?);
    }
    Ok(rows)
}

row! {
    /// Somebody on a list, and how she is reached.
    pub(super) struct Line {
        pub subject_id: Uuid,
        pub name: String,
        pub birth_on: DbDate,
        pub residence_org_id: Uuid,
        pub phone_sealed: Option<Vec<u8>>,
        pub phone_tail: Option<String>,
    }
}

/// These persons, without asking who may see them.
pub(super) async fn lines(connection: &mut Connection, ids: &[Uuid]) -> Result<Vec<Line>, Error> {
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select subject_id, name, birth_on, residence_org_id, phone_sealed, phone_tail from person where subject_id in ({})",
        places.join(", ")
    );
    let ids = ids.iter().copied();
    query(Sql::built(sql)).bind_all(ids).all(connection).await
}
