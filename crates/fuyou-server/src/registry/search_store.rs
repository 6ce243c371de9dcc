//! SQL of the person search. One statement per kind of search, each with an index, and each with the same right:
//! she lives in the area, or an organization of the area cares for her. What a merged record was called, numbered or
//! phoned by leads to the one that stayed.

use fuyou_kernel::Date;
use uuid::Uuid;

use crate::db::{Bound, Connection, DbDate, Error, Sql, query, row};

/// Where to look and where to go on.
pub(super) struct Area {
    pub path_from: String,
    pub path_to: String,
    pub today: Date,
    pub after: Uuid,
    pub limit: i64,
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

/// A search by a condition on the record itself, and the same on records that were merged into it. The limit stands in
/// both halves, so that each is answered by its index.
macro_rules! found {
    ($own:literal, $merged:literal) => {
        concat!(
            "select * from (select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p where ",
            $own,
            found!("right"),
            ") a union select * from (select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail \
             from person m join person p on p.subject_id = m.merged_into where m.merged_into is not null and ",
            $merged,
            found!("right"),
            ") b order by subject_id limit $7"
        )
    };
    ("right") => {
        " and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7"
    };
}

/// Runs a search for what lies between, or is one of, two values.
async fn found<T: Bound>(
    connection: &mut Connection,
    sql: &'static str,
    [from, to]: [T; 2],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    query(sql)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await
}

/// Everybody. Where many live or are cared for, whoever comes first is found soon on the way through all; where few are,
/// they are looked for.
pub(super) async fn everybody(
    connection: &mut Connection,
    is_wide: bool,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const WIDE: &str = concat!(
        "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p where $1 < $2",
        found!("right")
    );
    const NARROW: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where p.merged_into is null and $1 < $2 and p.subject_id in (\
         select subject_id from person where subject_id > $3 \
         and residence_org_id in (select id from organization where path >= $4 and path < $5) \
         union select subject_id from care_relation where subject_id > $3 and (until_on is null or until_on >= $6) \
         and org_id in (select id from organization where path >= $4 and path < $5)) \
         order by p.subject_id limit $7";
    let sql = if is_wide { WIDE } else { NARROW };
    found(connection, sql, ["", "\u{10FFFF}"], area).await
}

/// Names that begin with these characters.
pub(super) async fn by_name(
    connection: &mut Connection,
    name: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!(
        "p.name >= $1 and p.name < $2",
        "m.name >= $1 and m.name < $2"
    );
    found(connection, SQL, [name, &end_of(name)], area).await
}

/// Names whose pinyin or initials begin with these letters.
pub(super) async fn by_letters(
    connection: &mut Connection,
    letters: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!(
        "((p.pinyin >= $1 and p.pinyin < $2) or (p.initials >= $1 and p.initials < $2))",
        "((m.pinyin >= $1 and m.pinyin < $2) or (m.initials >= $1 and m.initials < $2))"
    );
    found(connection, SQL, [letters, &end_of(letters)], area).await
}

/// Phones that end with these four digits.
pub(super) async fn by_phone_tail(
    connection: &mut Connection,
    digits: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.phone_tail in ($1, $2)", "m.phone_tail in ($1, $2)");
    found(connection, SQL, [digits, digits], area).await
}

/// The whole phone, by its hash under either of two keys.
pub(super) async fn by_phone(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.phone_hash in ($1, $2)", "m.phone_hash in ($1, $2)");
    found(connection, SQL, hashes.each_ref(), area).await
}

/// The whole document number, by its hash under either of two keys.
pub(super) async fn by_id_no(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = found!("p.id_no_hash in ($1, $2)", "m.id_no_hash in ($1, $2)");
    found(connection, SQL, hashes.each_ref(), area).await
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
        rows.extend(found(connection, SQL, [first, second], area).await?);
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
