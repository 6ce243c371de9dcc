//! SQL about links and about how far the change feed was read.

use std::collections::HashSet;
use std::sync::LazyLock;

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::model::{CarriedOver, Link, LinkState};
use crate::care::Error;
use crate::db::{Cell, Connection, DbInstant, Insert, Sql, Tx, query, row};
use crate::registry::OrganizationId;

row! {
    struct LinkRow {
        subject_id: Uuid,
        id: Uuid,
        other_subject_id: Uuid,
        program: String,
        opens: String,
        row_key: String,
        opener_enrollment_id: Uuid,
        opener_encounter_id: Uuid,
        opened_enrollment_id: Option<Uuid>,
        opened_encounter_id: Option<Uuid>,
        state: String,
        carried: String,
        differs: String,
        with_org_id: Uuid,
        lived_org_id: Option<Uuid>,
        version: i64,
    }
}

impl LinkRow {
    fn link(self) -> Result<Link, Error> {
        let wrong = |column: &str, text: &str| Error::Stored {
            column: column.to_owned(),
            text: text.to_owned(),
            ty: "link".to_owned(),
        };
        let state = LinkState::ALL
            .into_iter()
            .find(|state| state.word() == self.state)
            .ok_or_else(|| wrong("link.state", &self.state))?;
        let carried = CarriedOver::read(&self.carried).ok_or_else(|| wrong("link.carried", "…"))?;
        Ok(Link {
            subject: self.subject_id,
            id: self.id,
            other: self.other_subject_id,
            program: self.program,
            opens: self.opens,
            key: self.row_key,
            opener_enrollment: self.opener_enrollment_id,
            opener_encounter: self.opener_encounter_id,
            enrollment: self.opened_enrollment_id,
            encounter: self.opened_encounter_id,
            state,
            carried,
            differs: self.differs.split_whitespace().map(str::to_owned).collect(),
            with_org: OrganizationId::from_uuid(self.with_org_id),
            lived: self.lived_org_id.map(OrganizationId::from_uuid),
            version: self.version,
        })
    }
}

/// The links that records of an enrollment made.
pub(super) async fn of_opener(
    connection: &mut Connection,
    subject: Uuid,
    enrollment: Uuid,
) -> Result<Vec<Link>, Error> {
    const SQL: &str = "select subject_id, id, other_subject_id, program, opens, row_key, opener_enrollment_id, \
                       opener_encounter_id, opened_enrollment_id, opened_encounter_id, state, carried, differs, \
                       with_org_id, lived_org_id, version from link \
                       where other_subject_id = $1 and opener_enrollment_id = $2 order by id";
    let rows: Vec<LinkRow> = query(SQL)
        .bind(subject)
        .bind(enrollment)
        .all(connection)
        .await?;
    rows.into_iter().map(LinkRow::link).collect()
}

/// The links of a subject, from both sides.
pub(super) async fn of_subject(
    connection: &mut Connection,
    subject: Uuid,
) -> Result<Vec<Link>, Error> {
    const SQL: &str = "select subject_id, id, other_subject_id, program, opens, row_key, opener_enrollment_id, \
                       opener_encounter_id, opened_enrollment_id, opened_encounter_id, state, carried, differs, \
                       with_org_id, lived_org_id, version from link \
                       where subject_id = $1 or other_subject_id = $1 order by row_key, id limit 200";
    let rows: Vec<LinkRow> = query(SQL).bind(subject).all(connection).await?;
    rows.into_iter().map(LinkRow::link).collect()
}

/// Whom these opened: pairs of the opened subject and the one whose record did it.
pub(super) async fn opened_by(
    connection: &mut Connection,
    openers: &[Uuid],
) -> Result<HashSet<(Uuid, Uuid)>, Error> {
    let places: Vec<String> = (1..=openers.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select distinct subject_id, other_subject_id from link where other_subject_id in ({})",
        places.join(", ")
    );
    let openers = openers.iter().copied();
    let pairs: Vec<(Uuid, Uuid)> = query(Sql::built(sql))
        .bind_all(openers)
        .all(connection)
        .await?;
    Ok(pairs.into_iter().collect())
}

/// Links that a person has to look at whose opened enrollment (or else whose opener's) is in the care of somebody below
/// a place of the tree, the oldest first.
pub(super) async fn wanting(
    connection: &mut Connection,
    path: &str,
    limit: i64,
) -> Result<Vec<Link>, Error> {
    const SQL: &str = "select subject_id, id, other_subject_id, program, opens, row_key, opener_enrollment_id, \
                       opener_encounter_id, opened_enrollment_id, opened_encounter_id, state, carried, differs, \
                       with_org_id, lived_org_id, version from link \
                       where (state = 'waiting' or differs <> '') and state <> 'withdrawn' \
                       and coalesce((select e.org_id from enrollment e where e.subject_id = link.subject_id \
                       and e.id = link.opened_enrollment_id), with_org_id) \
                       in (select id from org_place where substr(path, 1, length($1)) = $1) \
                       order by updated_at, id limit $2";
    let rows: Vec<LinkRow> = query(SQL).bind(path).bind(limit).all(connection).await?;
    rows.into_iter().map(LinkRow::link).collect()
}

row! {
    /// A link that no longer brings anybody in, with what stands of her all the same.
    struct ContradictedRow {
        standing_id: Uuid,
        standing_program: String,
        ..link: LinkRow,
    }
}

/// Links of other subjects that were withdrawn, whose subjects have records of their own besides in one of these programs
/// that count and are in the care of somebody below a place of the tree, the oldest first; with that enrollment and its
/// program.
pub(super) async fn contradicted(
    connection: &mut Connection,
    programs: &[&str],
    (path, limit): (&str, i64),
) -> Result<Vec<(Link, Uuid, String)>, Error> {
    let sql = format!(
        "select e.id as standing_id, e.program as standing_program, k.subject_id, k.id, k.other_subject_id, k.program, \
         k.opens, k.row_key, k.opener_enrollment_id, k.opener_encounter_id, k.opened_enrollment_id, \
         k.opened_encounter_id, k.state, k.carried, k.differs, k.with_org_id, k.lived_org_id, k.version \
         from link k join enrollment w on w.subject_id = k.subject_id and w.id = k.opened_enrollment_id \
         join enrollment e on e.subject_id = k.subject_id and e.withdrawn is null \
         where k.state = 'withdrawn' and k.subject_id <> k.other_subject_id and w.withdrawn is not null \
         and e.program in ({}) and e.org_id in (select id from org_place where substr(path, 1, length($1)) = $1) \
         and exists (select 1 from encounter r where r.subject_id = e.subject_id and r.enrollment_id = e.id \
         and r.voided_at is null) \
         and not exists (select 1 from link o where o.subject_id = k.subject_id and o.other_subject_id <> k.subject_id \
         and o.state <> 'withdrawn') \
         order by k.updated_at, k.id, e.id limit $2",
        places(3, programs)
    );
    let mut cells = vec![Cell::text(path), Cell::int(limit)];
    cells.extend(programs.iter().map(|id| Cell::text(*id)));
    let rows: Vec<ContradictedRow> = query(Sql::built(sql))
        .bind_cells(cells)
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.link.link()?, row.standing_id, row.standing_program)))
        .collect()
}

/// Who was opened by links of these programs and ids, with the opened enrollment and record.
pub(super) async fn opened(
    connection: &mut Connection,
    (program, opens): (&str, &str),
) -> Result<Vec<(Uuid, Uuid, Uuid)>, Error> {
    const SQL: &str = "select subject_id, opened_enrollment_id, opened_encounter_id from link \
                       where program = $1 and opens = $2 and state = 'open' and opened_enrollment_id is not null \
                       and opened_encounter_id is not null order by subject_id";
    let rows = query(SQL).bind(program).bind(opens);
    Ok(rows.all(connection).await?)
}

/// Of whom a rule is true, and since when.
pub(super) async fn asked(
    connection: &mut Connection,
    (program, rule): (&str, &str),
) -> Result<Vec<(Uuid, DbInstant)>, Error> {
    const SQL: &str = "select subject_id, min(since) from rule_hit where program = $1 and rule = $2 \
                       and until is null group by subject_id order by subject_id";
    Ok(query(SQL).bind(program).bind(rule).all(connection).await?)
}

static LINKS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "link",
        &[
            "subject_id",
            "id",
            "other_subject_id",
            "program",
            "opens",
            "row_key",
            "opener_enrollment_id",
            "opener_encounter_id",
            "opened_enrollment_id",
            "opened_encounter_id",
            "state",
            "carried",
            "differs",
            "with_org_id",
            "lived_org_id",
            "version",
            "created_at",
            "updated_at",
        ],
        "on conflict (subject_id, id) do update set opened_enrollment_id = excluded.opened_enrollment_id, \
         opened_encounter_id = excluded.opened_encounter_id, state = excluded.state, \
         carried = excluded.carried, differs = excluded.differs, with_org_id = excluded.with_org_id, \
         lived_org_id = excluded.lived_org_id, version = excluded.version, \
         updated_at = excluded.updated_at where link.version = excluded.version - 1",
    )
});

/// The row of a link with its next version.
pub(super) fn link_row(link: &Link, now: Timestamp) -> [Cell; 18] {
    [
        Cell::id(link.subject),
        Cell::id(link.id),
        Cell::id(link.other),
        Cell::text(link.program.as_str()),
        Cell::text(link.opens.as_str()),
        Cell::text(link.key.as_str()),
        Cell::id(link.opener_enrollment),
        Cell::id(link.opener_encounter),
        Cell::Id(link.enrollment),
        Cell::Id(link.encounter),
        Cell::text(link.state.word()),
        Cell::text(link.carried.text()),
        Cell::text(link.differs.join(" ")),
        Cell::id(link.with_org.uuid()),
        Cell::Id(link.lived.map(OrganizationId::uuid)),
        Cell::int(link.version + 1),
        Cell::at(now),
        Cell::at(now),
    ]
}

/// Stores the rows of links, and says how many: one is not stored when somebody else stored it since it was read.
pub(super) async fn save(tx: &mut Tx, rows: Vec<Cell>) -> Result<u64, Error> {
    Ok(LINKS.run(tx, rows).await?)
}

/// A piece of the change feed of a lane.
pub(super) struct Piece {
    /// Subjects and enrollments that may open something: with the version that they have now when it was they who
    /// changed, with 0 when it was what they open.
    pub changed: Vec<(Uuid, Uuid, i64)>,
    /// Up to where it goes.
    pub end: i64,
}

/// Where the change feed of each lane stands, and how far a reader has come in it.
pub(super) async fn positions(
    connection: &mut Connection,
    reader: &str,
) -> Result<Vec<(i64, i64, i64)>, Error> {
    const SQL: &str = "select l.id, l.change_seq, coalesce(p.seq, 0) from lane l \
                       left join feed_position p on p.lane = l.id and p.reader = $1 order by l.id";
    Ok(query(SQL).bind(reader).all(connection).await?)
}

/// The enrollments that changed in a lane after a position and hold a record of one of the first forms, or are linked;
/// and those with a record of one of the second forms of whose subject any enrollment changed; and the openers of whoever
/// waits or differs and changed.
pub(super) async fn changed(
    connection: &mut Connection,
    (openers, joiners): (&[&str], &[&str]),
    (lane, after, head): (i64, i64, i64),
    length: i64,
) -> Result<Piece, Error> {
    let end = head.min(after + length);
    let (opening, joining) = (places(4, openers), places(4 + openers.len(), joiners));
    let sql = format!(
        "select subject_id, enrollment_id, min(version) from (\
         select c.subject_id, c.entity_id as enrollment_id, n.version from change c \
         join enrollment n on n.subject_id = c.subject_id and n.id = c.entity_id where c.lane = $1 and c.seq > $2 and c.seq <= $3 \
         and c.entity = 'enrollment' and c.subject_id is not null and (exists (select 1 from encounter e \
         where e.subject_id = c.subject_id and e.enrollment_id = c.entity_id and e.form in ({opening})) \
         or exists (select 1 from link k where k.other_subject_id = c.subject_id and k.opener_enrollment_id = c.entity_id)) \
         union select c.subject_id, e.enrollment_id, 0 from change c join encounter e on e.subject_id = c.subject_id \
         where c.lane = $1 and c.seq > $2 and c.seq <= $3 and c.entity = 'enrollment' and e.form in ({joining}) \
         union select k.other_subject_id, k.opener_enrollment_id, 0 from change c join link k on k.subject_id = c.subject_id \
         where c.lane = $1 and c.seq > $2 and c.seq <= $3 and c.entity = 'enrollment' \
         and (k.state = 'waiting' or k.differs <> '')) found group by subject_id, enrollment_id"
    );
    let mut cells = vec![Cell::int(lane), Cell::int(after), Cell::int(end)];
    let forms = openers.iter().chain(joiners);
    cells.extend(forms.map(|form| Cell::text(*form)));
    let changed = query(Sql::built(sql))
        .bind_cells(cells)
        .all(connection)
        .await?;
    Ok(Piece { changed, end })
}

/// The subjects of whom something changed in a part of a lane's change feed, and who are both in a program that ends with
/// a death and in one that knows deaths.
pub(super) async fn changed_beside_death(
    connection: &mut Connection,
    (ending, telling): (&[&str], &[&str]),
    (lane, after, end): (i64, i64, i64),
) -> Result<Vec<Uuid>, Error> {
    if ending.is_empty() {
        return Ok(Vec::new());
    }
    let is_in = |programs: String| {
        format!(
            "exists (select 1 from enrollment e where e.subject_id = c.subject_id and e.program in ({programs}))"
        )
    };
    let sql = format!(
        "select distinct c.subject_id from change c where c.lane = $1 and c.seq > $2 and c.seq <= $3 \
         and c.entity = 'enrollment' and c.subject_id is not null and {} and {} order by c.subject_id",
        is_in(places(4, ending)),
        is_in(places(4 + ending.len(), telling)),
    );
    let mut cells = vec![Cell::int(lane), Cell::int(after), Cell::int(end)];
    cells.extend(ending.iter().chain(telling).map(|id| Cell::text(*id)));
    let found: Vec<(Uuid,)> = query(Sql::built(sql))
        .bind_cells(cells)
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|(subject,)| subject).collect())
}

/// The places of so many bound words, from the first one on.
fn places(from: usize, words: &[&str]) -> String {
    let all = (from..from + words.len()).map(|at| format!("${at}"));
    match words {
        [] => "null".to_owned(),
        _ => all.collect::<Vec<_>>().join(", "),
    }
}

/// Remembers how far a reader has come in a lane. Never goes back: of two readers the one ahead counts.
pub(super) async fn advance(
    tx: &mut Tx,
    reader: &str,
    (lane, seq): (i64, i64),
) -> Result<(), Error> {
    const SQL: &str = "insert into feed_position (reader, lane, seq) values ($1, $2, $3) \
                       on conflict (reader, lane) do update set seq = excluded.seq where feed_position.seq < excluded.seq";
    query(SQL)
        .bind(reader)
        .bind(lane)
        .bind(seq)
        .execute(tx)
        .await?;
    Ok(())
}
