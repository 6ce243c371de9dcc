//! The lists of a pack, page by page.

use fuyou_expr::{Type, Value, format_value, parse_value};
use fuyou_pack::Program;
use uuid::Uuid;

use super::register::{ListFilter, ListHead, ListPage, ListRow, Total};
use super::tables::{self, After, Question};
use super::{Acting, Care, Cursor, EnrollmentId, Error, Risk, Shown, SubjectId};
use crate::access::Action;
use crate::db::{self, Connection};
use crate::registry::OrganizationId;

/// Lines of one page at most.
const LINES_MAX: u32 = 1_000;
/// Lines that an export reads at once at most. Each time the whole list is put into order, so few and long pages are fast.
const BULK_LINES_MAX: u32 = 10_000;

/// Whether a page comes with its totals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Totals {
    Counted,
    /// They were counted with the first page.
    Known,
}

impl Care {
    /// The subjects of whom a fact that the pack lets people search by is this number, whoever may see them; letters
    /// count in either case. One statement for each such fact.
    ///
    /// # Errors
    /// The database's.
    pub async fn numbered(
        &self,
        reader: &mut Connection,
        number: &str,
        limit: i64,
    ) -> Result<Vec<Uuid>, db::Error> {
        let number = number.to_ascii_lowercase();
        tables::subjects(reader, (self.pack(), self.tables()), &number, limit).await
    }

    /// One page of a list of the pack; `list` is the program's id and the list's. Two statements.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<ListPage, Error> {
        let limit = limit.clamp(1, LINES_MAX);
        self.listed(by, list, filter, (after, limit), Totals::Counted)
            .await
    }

    /// As [`Care::list`], for who reads a list to its end: long pages, and totals with the first one only.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_in_bulk(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
        after: Option<&Cursor>,
    ) -> Result<ListPage, Error> {
        let totals = match after {
            None => Totals::Counted,
            Some(_) => Totals::Known,
        };
        self.listed(by, list, filter, (after, BULK_LINES_MAX), totals)
            .await
    }

    async fn listed(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
        (after, limit): (Option<&Cursor>, u32),
        totals: Totals,
    ) -> Result<ListPage, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let secrecy_max = by.actor.secrecy_max();
        let program_ix = self
            .pack()
            .program_ix(list.0)
            .ok_or(Error::NotFound("program"))?;
        let program = self.pack().program(program_ix);
        let found = program.lists.iter().find(|known| *known.id == *list.1);
        let list = found
            .filter(|list| list.secrecy <= secrecy_max)
            .ok_or(Error::NotFound("list"))?;
        let organization = filter.organization.unwrap_or(by.actor.organization);
        by.actor.require(Action::ReadPerson, organization)?;
        let place = by
            .actor
            .tree
            .get(organization)
            .ok_or(Error::NotFound("organization"))?;
        let level = filter
            .level
            .and_then(|level| program.risk.as_ref()?.levels.get(level));
        let question = Question {
            program,
            list,
            path: &place.path,
            level: level.map(|level| &*level.id),
            sort: filter.sort,
            today: by.today,
            secrecy_max,
        };
        let types: Vec<Type> = question
            .keys()
            .iter()
            .map(|(expr, _)| expr.ty().clone())
            .collect();
        let after = after
            .map(|cursor| read_cursor(cursor, &types))
            .transpose()?;
        let facts = &self.tables().program(program_ix).facts;
        let dialect = self.db().dialect();
        let mut reader = self.db().read().await?;
        let (total, totals) = match totals {
            Totals::Counted => tables::totals(&mut reader, dialect, facts, &question).await?,
            Totals::Known => (0, vec![Total::None; list.columns.len()]),
        };
        let mut lines = tables::lines(
            &mut reader,
            dialect,
            facts,
            &question,
            (after.as_ref(), limit + 1),
        )
        .await?;
        drop(reader);
        let more = lines.len() > limit as usize;
        lines.truncate(limit as usize);
        let last = lines.last().filter(|_| more);
        let next = last.map(|line| write_cursor(&line.keys, line.enrollment, &types));
        let mut entry = by.entry("read", "list");
        entry.detail = serde_json::json!({ "list": &*list.id, "lines": lines.len() }).to_string();
        self.db().note(entry).await?;
        let rows = lines
            .into_iter()
            .map(|line| self.list_row(by, program, list, line))
            .collect();
        let columns = list.columns.iter().map(|column| ListHead {
            key: column.is.text().to_owned(),
            title: column.title.clone(),
            ty: column.is.ty().clone(),
            secrecy: column.is.secrecy(),
        });
        Ok(ListPage {
            program: program_ix,
            title: list.title.clone(),
            columns: columns.collect(),
            rows,
            total,
            totals,
            is_called: list.is_called,
            next,
        })
    }

    fn list_row(
        &self,
        by: &Acting,
        program: &Program,
        list: &fuyou_pack::model::List,
        line: tables::Line,
    ) -> ListRow {
        let secrecy_max = by.actor.secrecy_max();
        let organization = by
            .actor
            .tree
            .by_code(&line.org)
            .map(|organization| organization.id);
        let risk = program
            .risk
            .as_ref()
            .map_or_else(Risk::default, |scale| Risk {
                level: scale
                    .levels
                    .iter()
                    .position(|level| Some(&*level.id) == line.risk.as_deref()),
                marks: {
                    let marks = line.marks.as_deref().unwrap_or_default();
                    let stands = |id: &str| marks.split('|').any(|mark| mark == id);
                    let all = scale.marks.iter().enumerate();
                    all.filter(|(_, mark)| stands(&mark.id))
                        .map(|(position, _)| position)
                        .collect()
                },
                scores: Vec::new(),
            });
        let values = list.columns.iter().zip(line.values).map(|(column, value)| {
            if column.is.secrecy() > secrecy_max {
                Shown::Restricted
            } else {
                Shown::Value(value)
            }
        });
        ListRow {
            subject: SubjectId::from_uuid(line.subject),
            enrollment: EnrollmentId::from_uuid(line.enrollment),
            organization: organization.unwrap_or_else(|| OrganizationId::from_uuid(Uuid::nil())),
            risk,
            values: values.collect(),
        }
    }
}

fn write_cursor(keys: &[Value], enrollment: Uuid, types: &[Type]) -> Cursor {
    let texts: Vec<Option<String>> = keys
        .iter()
        .zip(types)
        .map(|(value, ty)| (!value.is_null()).then(|| format_value(ty, value)))
        .collect();
    Cursor(serde_json::json!([texts, enrollment.to_string()]).to_string())
}

fn read_cursor(cursor: &Cursor, types: &[Type]) -> Result<After, Error> {
    let wrong = || Error::NotFound("page");
    let (texts, id): (Vec<Option<String>>, String) =
        serde_json::from_str(&cursor.0).map_err(|_| wrong())?;
    if texts.len() != types.len() {
        return Err(wrong());
    }
    let value = |(text, ty): (Option<String>, &Type)| match text {
        None => Ok(Value::Null),
        Some(text) => parse_value(ty, &text).map_err(|_| wrong()),
    };
    let keys = texts
        .into_iter()
        .zip(types)
        .map(value)
        .collect::<Result<_, _>>()?;
    Ok((keys, id.parse().map_err(|_| wrong())?))
}
