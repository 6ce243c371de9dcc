//! SQL of the person search. One statement per kind of search, each with an index, and each with the same right:
//! she lives in the area, or an organization of the area cares for her.

use fuyou_kernel::Date;
use uuid::Uuid;

use crate::db::{Connection, DbDate, Error, Sql, query, row};

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

/// Names that begin with these characters.
pub(super) async fn by_name(
    connection: &mut Connection,
    name: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where p.name >= $1 and p.name < $2 \
         and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7";
    let (from, to) = (name, end_of(name));
    Ok(query(SQL)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await?)
}

/// Names whose pinyin or initials begin with these letters.
pub(super) async fn by_letters(
    connection: &mut Connection,
    letters: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where ((p.pinyin >= $1 and p.pinyin < $2) or (p.initials >= $1 and p.initials < $2)) \
         and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7";
    let (from, to) = (letters, end_of(letters));
    Ok(query(SQL)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await?)
}

/// Phones that end with these four digits.
pub(super) async fn by_phone_tail(
    connection: &mut Connection,
    digits: &str,
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where p.phone_tail in ($1, $2) \
         and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7";
    let (from, to) = (digits, digits);
    Ok(query(SQL)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await?)
}

/// The whole phone, by its hash under either of two keys.
pub(super) async fn by_phone(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where p.phone_hash in ($1, $2) \
         and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7";
    let [from, to] = hashes;
    Ok(query(SQL)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await?)
}

/// The whole document number, by its hash under either of two keys.
pub(super) async fn by_id_no(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
    area: &Area,
) -> Result<Vec<Row>, Error> {
    const SQL: &str = "select p.subject_id, p.name, p.birth_on, p.residence_org_id, p.phone_tail from person p \
         where p.id_no_hash in ($1, $2) \
         and p.merged_into is null and p.subject_id > $3 \
         and (p.residence_org_id in (select id from organization where path >= $4 and path < $5) \
              or exists (select 1 from care_relation r where r.subject_id = p.subject_id \
                         and (r.until_on is null or r.until_on >= $6) \
                         and r.org_id in (select id from organization where path >= $4 and path < $5))) \
         order by p.subject_id limit $7";
    let [from, to] = hashes;
    Ok(query(SQL)
        .bind(from)
        .bind(to)
        .bind(area.after)
        .bind(area.path_from.as_str())
        .bind(area.path_to.as_str())
        .bind(DbDate(area.today))
        .bind(area.limit)
        .all(connection)
        .await?)
}

/// These persons, without asking who may see them.
pub(super) async fn by_ids(connection: &mut Connection, ids: &[Uuid]) -> Result<Vec<Row>, Error> {
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select subject_id, name, birth_on, residence_org_id, phone_tail from person where subject_id in ({})",
        places.join(", ")
    );
    let ids = ids.iter().copied();
    query(Sql::built(sql)).bind_all(ids).all(connection).await
}
