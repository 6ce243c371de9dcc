//! SQL about persons.

use fuyou_kernel::{Date, Id, Phone, Timestamp};
use uuid::Uuid;

use super::person::{Secret, spelled};
use super::{Identity, Person, PersonId};
use crate::db::{Connection, DbDate, DbInstant, Error, Query, Sql, Tx, query, row};
use crate::keys::Keyring;

/// Columns for keyed hashes.
pub(super) const ID_NO: &str = "person.id_no";
pub(super) const PHONE: &str = "person.phone";
pub(super) const CONTENT: &str = "person.content";

/// Persons that are perhaps the same as somebody on a page, at most.
const SAME_MAX: usize = 100;

/// The place of a sealed value: column and row.
pub(super) fn place(column: &str, id: PersonId) -> String {
    format!("{column}/{id}")
}

row! {
    struct Row {
        subject_id: Uuid,
        name: String,
        sex: String,
        birth_on: DbDate,
        id_type: String,
        id_no_sealed: Option<Vec<u8>>,
        phone_sealed: Option<Vec<u8>>,
        residence_org_id: Uuid,
        residence_address: String,
        residence_since: Option<DbDate>,
        household_kind: String,
        household_region: Option<String>,
        ethnicity: Option<String>,
        version: i64,
        merged_into: Option<Uuid>,
    }
}

fn person(row: Row, keys: &Keyring) -> Result<Person, Error> {
    let id: PersonId = Id::from_uuid(row.subject_id);
    let corrupt = |err: &dyn std::fmt::Display| Error::Corrupt(format!("person {id}: {err}"));
    let open = |column: &str, sealed: Option<Vec<u8>>| -> Result<Option<String>, Error> {
        let opened = sealed
            .map(|sealed| keys.open_sealed(&place(column, id), &sealed))
            .transpose();
        opened.map_err(|err| corrupt(&err))
    };
    let phone = open(PHONE, row.phone_sealed)?
        .map(|text| text.parse::<Phone>())
        .transpose();
    Ok(Person {
        id,
        identity: Identity {
            name: row.name,
            sex: row.sex.parse().map_err(|err| corrupt(&err))?,
            birth_on: row.birth_on.0,
            id_type: row.id_type.parse().map_err(|err| corrupt(&err))?,
            id_no: open(ID_NO, row.id_no_sealed)?
                .as_deref()
                .and_then(Secret::new),
            phone: phone.map_err(|err| corrupt(&err))?,
            residence: Id::from_uuid(row.residence_org_id),
            address: row.residence_address,
            residence_since: row.residence_since.map(|date| date.0),
            household: row.household_kind.parse().map_err(|err| corrupt(&err))?,
            household_region: row.household_region,
            ethnicity: row.ethnicity,
        },
        version: row.version,
        merged_into: row.merged_into.map(Id::from_uuid),
    })
}

pub(super) async fn load(
    connection: &mut Connection,
    keys: &Keyring,
    id: PersonId,
) -> Result<Option<Person>, Error> {
    const SQL: &str = "select subject_id, name, sex, birth_on, id_type, id_no_sealed, phone_sealed, residence_org_id, \
                       residence_address, residence_since, household_kind, household_region, ethnicity, version, \
                       merged_into from person where subject_id = $1";
    let row: Option<Row> = query(SQL).bind(id.uuid()).optional(connection).await?;
    row.map(|row| person(row, keys)).transpose()
}

/// These persons.
pub(super) async fn load_all(
    connection: &mut Connection,
    keys: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Person>, Error> {
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select subject_id, name, sex, birth_on, id_type, id_no_sealed, phone_sealed, residence_org_id, residence_address, \
         residence_since, household_kind, household_region, ethnicity, version, merged_into from person \
         where subject_id in ({})",
        places.join(", ")
    );
    let ids = ids.iter().copied();
    let rows: Vec<Row> = query(Sql::built(sql)).bind_all(ids).all(connection).await?;
    rows.into_iter().map(|row| person(row, keys)).collect()
}

/// Birth date, sex, residence, type of household registration, population group, the record she was merged into.
pub(super) type ProfileRow = (
    DbDate,
    String,
    Uuid,
    Option<String>,
    Option<String>,
    Option<Uuid>,
);

/// What rules may know of a person, and whether she was merged: a [`ProfileRow`].
pub(super) const PROFILE: &str = "select birth_on, sex, residence_org_id, household_type, population_group, merged_into \
                                  from person where subject_id = $1";

/// The keyed hash of what was first registered under this id.
pub(super) async fn content_hash(
    connection: &mut Connection,
    id: PersonId,
) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "select content_hash from person where subject_id = $1";
    let row: Option<(Vec<u8>,)> = query(SQL).bind(id.uuid()).optional(connection).await?;
    Ok(row.map(|(hash,)| hash))
}

/// A statement with $1 the person and $2 to $19 what is told of her, identity number and phone sealed.
fn written(sql: &'static str, keys: &Keyring, id: PersonId, new: &Identity) -> Query {
    let (pinyin, initials) = spelled(&new.name);
    let secrets = Secrets::of(keys, id, new);
    query(sql)
        .bind(id.uuid())
        .bind(new.name.as_str())
        .bind(pinyin.as_str())
        .bind(initials.as_str())
        .bind(new.sex.word())
        .bind(DbDate(new.birth_on))
        .bind(new.id_type.word())
        .bind(secrets.id_no_sealed.as_deref())
        .bind(secrets.id_no_hash.as_deref())
        .bind(secrets.phone_sealed.as_deref())
        .bind(secrets.phone_hash.as_deref())
        .bind(secrets.phone_tail.as_deref())
        .bind(secrets.key_version)
        .bind(new.residence.uuid())
        .bind(new.address.as_str())
        .bind(new.residence_since.map(DbDate))
        .bind(new.household.word())
        .bind(new.household_region.as_deref())
        .bind(new.ethnicity.as_deref())
}

pub(super) async fn insert(
    tx: &mut Tx,
    keys: &Keyring,
    id: PersonId,
    new: &Identity,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into person (subject_id, name, pinyin, initials, sex, birth_on, id_type, id_no_sealed, \
                       id_no_hash, phone_sealed, phone_hash, phone_tail, key_version, residence_org_id, \
                       residence_address, residence_since, household_kind, household_region, ethnicity, content_hash, \
                       version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
                       $13, $14, $15, $16, $17, $18, $19, $20, 1, $21, $21)";
    written(SQL, keys, id, new)
        .bind(keys.lookup(CONTENT, &new.canonical()))
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Returns false when someone else saved first.
pub(super) async fn update(
    tx: &mut Tx,
    keys: &Keyring,
    id: PersonId,
    new: &Identity,
    version: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "update person set name = $2, pinyin = $3, initials = $4, sex = $5, birth_on = $6, \
                       id_type = $7, id_no_sealed = $8, id_no_hash = $9, phone_sealed = $10, phone_hash = $11, \
                       phone_tail = $12, key_version = $13, residence_org_id = $14, residence_address = $15, \
                       residence_since = $16, household_kind = $17, household_region = $18, ethnicity = $19, \
                       version = version + 1, updated_at = $20 where subject_id = $1 and version = $21";
    let rows = written(SQL, keys, id, new)
        .bind(DbInstant(now))
        .bind(version)
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// What is stored of identity number and phone.
pub(super) struct Secrets {
    pub id_no_sealed: Option<Vec<u8>>,
    pub id_no_hash: Option<Vec<u8>>,
    pub phone_sealed: Option<Vec<u8>>,
    pub phone_hash: Option<Vec<u8>>,
    pub phone_tail: Option<String>,
    pub key_version: i64,
}

impl Secrets {
    pub(super) fn of(keys: &Keyring, id: PersonId, identity: &Identity) -> Self {
        let id_no = identity.id_no.as_ref().map(Secret::reveal);
        let phone = identity.phone.as_ref().map(Phone::reveal);
        Secrets {
            // Read before sealing: if a rotation comes between, the row is done once more, never missed.
            key_version: i64::from(keys.current_version()),
            id_no_sealed: id_no.map(|text| keys.seal(&place(ID_NO, id), text)),
            id_no_hash: id_no.map(|text| keys.lookup(ID_NO, text)),
            phone_sealed: phone.map(|text| keys.seal(&place(PHONE, id), text)),
            phone_hash: phone.map(|text| keys.lookup(PHONE, text)),
            phone_tail: phone.map(tail),
        }
    }
}

/// The last four digits.
pub(super) fn tail(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(4)..].iter().collect()
}

/// A person as a list shows her: without identifiers.
#[derive(Debug, Clone)]
pub(super) struct Brief {
    pub id: PersonId,
    pub name: String,
    pub birth_on: Date,
    pub residence: Uuid,
}

row! {
    pub(super) struct BriefRow {
        subject_id: Uuid,
        name: String,
        birth_on: DbDate,
        residence_org_id: Uuid,
    }
}

impl From<BriefRow> for Brief {
    fn from(row: BriefRow) -> Self {
        Brief {
            id: Id::from_uuid(row.subject_id),
            name: row.name,
            birth_on: row.birth_on.0,
            residence: row.residence_org_id,
        }
    }
}

/// The person with this document number under either of two keys, whoever may see her. The number of a merged record
/// leads to the one that stayed.
pub(super) async fn by_id_no(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
) -> Result<Option<Brief>, Error> {
    const SQL: &str = "select subject_id, name, birth_on, residence_org_id from person where subject_id in \
                       (select coalesce(merged_into, subject_id) from person where id_no_hash in ($1, $2)) \
                       and merged_into is null order by subject_id limit 1";
    let row: Option<BriefRow> = query(SQL)
        .bind(&hashes[0])
        .bind(&hashes[1])
        .optional(connection)
        .await?;
    Ok(row.map(Brief::from))
}

/// Persons of exactly this name and phone, at most two; what a merged record was called and phoned by leads on.
pub(super) async fn by_name_and_phone(
    connection: &mut Connection,
    name: &str,
    phones: &[Vec<u8>; 2],
) -> Result<Vec<PersonId>, Error> {
    const SQL: &str = "select distinct coalesce(merged_into, subject_id) from person \
                       where phone_hash in ($1, $2) and name = $3 limit 2";
    let rows: Vec<(Uuid,)> = query(SQL)
        .bind(&phones[0])
        .bind(&phones[1])
        .bind(name)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id,)| Id::from_uuid(id)).collect())
}

/// The person of exactly this name whom a referral is about.
pub(super) async fn by_name_and_referral(
    connection: &mut Connection,
    name: &str,
    referral: Uuid,
) -> Result<Vec<PersonId>, Error> {
    const SQL: &str = "select distinct p.subject_id from referral r join person p on p.subject_id = r.subject_id \
                       where r.id = $1 and p.name = $2 limit 2";
    let rows: Vec<(Uuid,)> = query(SQL).bind(referral).bind(name).all(connection).await?;
    Ok(rows.into_iter().map(|(id,)| Id::from_uuid(id)).collect())
}

/// To whom these document numbers belong, by their keyed hashes; at most 64.
pub(super) async fn owners_of_numbers(
    connection: &mut Connection,
    hashes: &[&[u8]],
) -> Result<Vec<(Vec<u8>, Uuid)>, Error> {
    let places: Vec<String> = (1..=64).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select id_no_hash, subject_id from person where merged_into is null and id_no_hash in ({})",
        places.join(", ")
    );
    let padded = (0..64).map(|at| hashes.get(at).copied().unwrap_or_default());
    query(Sql::built(sql))
        .bind_all(padded)
        .all(connection)
        .await
}

/// All ids under which a person was ever known, that of the record that stayed first. Of what is no person, its own.
pub(super) async fn ids_of(connection: &mut Connection, subject: Uuid) -> Result<Vec<Uuid>, Error> {
    const STAYED: &str =
        "select coalesce(merged_into, subject_id) from person where subject_id = $1";
    const GONE: &str = "select subject_id from person where merged_into = $1 order by subject_id";
    let stayed: Option<(Uuid,)> = query(STAYED).bind(subject).optional(connection).await?;
    let stayed = stayed.map_or(subject, |(id,)| id);
    let gone: Vec<(Uuid,)> = query(GONE).bind(stayed).all(connection).await?;
    let mut ids = vec![stayed];
    ids.extend(gone.into_iter().map(|(id,)| id));
    Ok(ids)
}

/// Whether a record that stands for itself has this document number under either of two keys.
pub(super) async fn number_in_use(
    connection: &mut Connection,
    hashes: &[Vec<u8>; 2],
) -> Result<bool, Error> {
    const SQL: &str = "select subject_id from person where id_no_hash in ($1, $2) and merged_into is null limit 1";
    let row: Option<(Uuid,)> = query(SQL)
        .bind(&hashes[0])
        .bind(&hashes[1])
        .optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Persons who may be the same: sounding alike and born on the same day, or with the same phone. What merged records
/// were called and phoned by counts for the one that stayed.
pub(super) async fn alike(
    connection: &mut Connection,
    name: &str,
    birth_on: Date,
    phones: Option<&[Vec<u8>; 2]>,
) -> Result<Vec<Brief>, Error> {
    const SQL: &str = "select subject_id, name, birth_on, residence_org_id from person \
                       where merged_into is null and subject_id in (select coalesce(merged_into, subject_id) from person \
                       where (pinyin = $1 and birth_on = $2) or phone_hash in ($3, $4)) order by subject_id limit 10";
    let (pinyin, _) = spelled(name);
    let (first, second) = (
        phones.map(|phones| &phones[0]),
        phones.map(|phones| &phones[1]),
    );
    let rows: Vec<BriefRow> = query(SQL)
        .bind(&pinyin)
        .bind(DbDate(birth_on))
        .bind(first)
        .bind(second)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(Brief::from).collect())
}

/// Who was born on one of these days and is reached by one of these phones, with the phone's hash.
pub(super) async fn born_with_phones(
    connection: &mut Connection,
    days: &[Date],
    phones: &[Vec<u8>],
) -> Result<Vec<(Brief, Vec<u8>)>, Error> {
    let places = |from: usize, count: usize| {
        let places: Vec<String> = (from..from + count).map(|at| format!("${at}")).collect();
        places.join(", ")
    };
    let sql = format!(
        "select subject_id, name, birth_on, residence_org_id, phone_hash from person \
         where merged_into is null and phone_hash in ({}) and birth_on in ({}) order by subject_id limit {SAME_MAX}",
        places(1, phones.len()),
        places(1 + phones.len(), days.len())
    );
    let rows: Vec<(Uuid, String, DbDate, Uuid, Vec<u8>)> = query(Sql::built(sql))
        .bind_all(phones)
        .bind_all(days.iter().map(|day| DbDate(*day)))
        .all(connection)
        .await?;
    let brief = |(subject_id, name, birth_on, residence_org_id, hash)| {
        let row = BriefRow {
            subject_id,
            name,
            birth_on,
            residence_org_id,
        };
        (Brief::from(row), hash)
    };
    Ok(rows.into_iter().map(brief).collect())
}

/// A corrected field. Values of sealed fields are sealed here too.
pub(super) struct Corrected {
    pub field: &'static str,
    pub from: Option<String>,
    pub to: Option<String>,
    pub from_sealed: Option<Vec<u8>>,
    pub to_sealed: Option<Vec<u8>>,
}

impl Corrected {
    /// The key version that both values are sealed with, which their first byte tells; 0 when they differ, because a
    /// rotation came between, so that the row is done once more.
    fn key_version(&self) -> i64 {
        let version =
            |sealed: &Option<Vec<u8>>| sealed.as_deref().and_then(|bytes| bytes.first().copied());
        match (version(&self.from_sealed), version(&self.to_sealed)) {
            (Some(one), Some(other)) if one != other => 0,
            (one, other) => i64::from(one.or(other).unwrap_or_default()),
        }
    }
}

/// Who corrects, when and why.
pub(super) struct By<'a> {
    pub at: Timestamp,
    pub actor_id: Uuid,
    pub actor_login: &'a str,
    pub reason: &'a str,
    /// The version the correction makes.
    pub version: i64,
}

pub(super) async fn insert_history(
    tx: &mut Tx,
    person: PersonId,
    id: Uuid,
    by: &By<'_>,
    corrected: &Corrected,
) -> Result<(), Error> {
    const SQL: &str = "insert into person_history (subject_id, id, at, actor_id, actor_login, field, from_value, \
                       to_value, from_sealed, to_sealed, reason, version, key_version) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    query(SQL)
        .bind(person.uuid())
        .bind(id)
        .bind(DbInstant(by.at))
        .bind(by.actor_id)
        .bind(by.actor_login)
        .bind(corrected.field)
        .bind(corrected.from.as_deref())
        .bind(corrected.to.as_deref())
        .bind(corrected.from_sealed.as_deref())
        .bind(corrected.to_sealed.as_deref())
        .bind(by.reason)
        .bind(by.version)
        .bind(corrected.key_version())
        .execute(tx)
        .await?;
    Ok(())
}

row! {
    /// A line of a person's history.
    pub(super) struct HistoryRow {
        pub at: DbInstant,
        pub actor_login: String,
        pub field: String,
        pub from_value: Option<String>,
        pub to_value: Option<String>,
        pub reason: String,
    }
}

pub(super) async fn history(
    connection: &mut Connection,
    person: PersonId,
) -> Result<Vec<HistoryRow>, Error> {
    const SQL: &str = "select at, actor_login, field, from_value, to_value, reason from person_history \
                       where subject_id = $1 order by version desc, field limit 200";
    query(SQL).bind(person.uuid()).all(connection).await
}

/// Replaces what is sealed, unless the row was corrected since `version`. The version stays: nothing was corrected.
pub(super) async fn reseal(
    tx: &mut Tx,
    id: PersonId,
    version: i64,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "update person set id_no_sealed = $3, id_no_hash = $4, phone_sealed = $5, phone_hash = $6, \
                       key_version = $7, updated_at = $8 where subject_id = $1 and version = $2";
    let rows = query(SQL)
        .bind(id.uuid())
        .bind(version)
        .bind(secrets.id_no_sealed.as_deref())
        .bind(secrets.id_no_hash.as_deref())
        .bind(secrets.phone_sealed.as_deref())
        .bind(secrets.phone_hash.as_deref())
        .bind(secrets.key_version)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Persons the key rotation has still to do: id and version.
pub(super) async fn sealed_before(
    connection: &mut Connection,
    key_version: i64,
    limit: i64,
) -> Result<Vec<(Uuid, i64)>, Error> {
    const SQL: &str = "select subject_id, version from person where key_version <> $1 order by subject_id limit $2";
    query(SQL)
        .bind(key_version)
        .bind(limit)
        .all(connection)
        .await
}

/// How many persons the key rotation has still to do.
pub(super) async fn count_sealed_before(
    connection: &mut Connection,
    key_version: i64,
) -> Result<i64, Error> {
    const SQL: &str = "select count(*) from person where key_version <> $1";
    let (left,): (i64,) = query(SQL).bind(key_version).one(connection).await?;
    Ok(left)
}

row! {
    /// A sealed correction that the key rotation has still to do.
    pub(super) struct SealedHistory {
        pub subject_id: Uuid,
        pub id: Uuid,
        pub field: String,
        pub from_sealed: Option<Vec<u8>>,
        pub to_sealed: Option<Vec<u8>>,
    }
}

/// Corrections that the key rotation has still to do.
pub(super) async fn history_sealed_before(
    connection: &mut Connection,
    key_version: i64,
    limit: i64,
) -> Result<Vec<SealedHistory>, Error> {
    const SQL: &str = "select subject_id, id, field, from_sealed, to_sealed from person_history \
                       where key_version <> $1 and (from_sealed is not null or to_sealed is not null) \
                       order by subject_id, id limit $2";
    query(SQL)
        .bind(key_version)
        .bind(limit)
        .all(connection)
        .await
}

/// How many corrections the key rotation has still to do.
pub(super) async fn count_history_sealed_before(
    connection: &mut Connection,
    key_version: i64,
) -> Result<i64, Error> {
    const SQL: &str = "select count(*) from person_history \
                       where key_version <> $1 and (from_sealed is not null or to_sealed is not null)";
    let (left,): (i64,) = query(SQL).bind(key_version).one(connection).await?;
    Ok(left)
}

/// Replaces the sealed values of a correction.
pub(super) async fn reseal_history(
    tx: &mut Tx,
    row: &SealedHistory,
    (from, to): (Option<Vec<u8>>, Option<Vec<u8>>),
    key_version: i64,
) -> Result<(), Error> {
    const SQL: &str = "update person_history set from_sealed = $3, to_sealed = $4, key_version = $5 \
                       where subject_id = $1 and id = $2";
    query(SQL)
        .bind(row.subject_id)
        .bind(row.id)
        .bind(from)
        .bind(to)
        .bind(key_version)
        .execute(tx)
        .await?;
    Ok(())
}

/// The sealed values of a person's history.
#[cfg(test)]
pub(super) async fn sealed_history(
    connection: &mut Connection,
    person: PersonId,
) -> Result<Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>, Error> {
    const SQL: &str = "select from_sealed, to_sealed from person_history where subject_id = $1";
    query(SQL).bind(person.uuid()).all(connection).await
}
