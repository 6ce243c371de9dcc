//! The lists of a pack, page by page.

use std::collections::{BTreeMap, HashMap};

use fuyou_expr::{Type, Value, format_value, parse_value};
use fuyou_pack::Program;
use fuyou_pack::model::{FormIx, List, ProgramIx};
use uuid::Uuid;

use super::columns::Column;
use super::register::{Condition, ListFilter, ListHead, ListPage, ListRow, SortBy, Total};
use super::tables::{self, After, Question};
use super::{Acting, Care, Cursor, EnrollmentId, Error, Risk, Shown, SubjectId};
use crate::access::Action;
use crate::db::{self, Connection};
use crate::registry::OrganizationId;

/// Lines of one page at most.
const LINES_MAX: u32 = 1_000;
/// Enrollments of which the records are read at most to choose or sort lines by a field of a form.
pub(crate) const RECORDS_OF_MAX: u32 = 5_000;

/// What somebody asks of a list, found in the pack and allowed.
struct Asked<'a> {
    program_ix: ProgramIx,
    program: &'a Program,
    list: &'a List,
    columns: Vec<Column<'a>>,
    question: Question<'a>,
}

/// All lines of a list, read in one pass: those of the moment at which the walk began.
pub(crate) struct ListWalk {
    care: Care,
    by: Acting,
    list: (String, String),
    filter: ListFilter,
    walking: tables::Walking,
}

impl ListWalk {
    /// The next lines, some hundred; none after the last.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn next(&mut self) -> Result<Option<Vec<ListRow>>, Error> {
        let care = self.care.clone();
        let asked = care.asked(&self.by, (&self.list.0, &self.list.1), &self.filter)?;
        let facts = &care.tables().program(asked.program_ix).facts;
        let lines = self.walking.next(facts, &asked.question).await?;
        let Some(lines) = lines else { return Ok(None) };
        let mut reader = care.db().read().await?;
        Ok(Some(
            care.list_rows(&mut reader, &self.by, &asked, lines).await?,
        ))
    }
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

    /// One page of a list of the pack; `list` is the program's id and the list's. Three statements, and one more for each
    /// form of which fields are shown, one when fields choose or sort, and one for a later page of a list that is sorted
    /// by a text. All lines are counted beside the reading of the page, on another connection: the two tell of the same
    /// moment only when nobody records meanwhile.
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
        let asked = self.asked(by, list, filter)?;
        let types = asked.key_types();
        let facts = &self.tables().program(asked.program_ix).facts;
        let dialect = self.db().dialect();
        let mut reader = self.db().read().await?;
        self.bounded(&mut reader, &asked).await?;
        let after = match after
            .map(|cursor| read_cursor(cursor, &types))
            .transpose()?
        {
            None => None,
            Some(Begins::After(after)) => Some(after),
            // Of one that went elsewhere meanwhile nobody knows what comes after: the list begins anew.
            Some(Begins::Behind(subject, id)) => {
                let line = (subject, id);
                let keys = tables::keys_of(&mut reader, dialect, facts, &asked.question, line);
                keys.await?.map(|keys| (keys, id))
            }
        };
        // Nobody waits for a connection who has one: all could be with such.
        drop(reader);
        let (counted, page) = tokio::join!(
            async {
                let mut reader = self.db().read().await?;
                tables::totals(&mut reader, dialect, facts, &asked.question).await
            },
            async {
                let mut reader = self.db().read().await?;
                let which = (after.as_ref(), limit + 1);
                let mut lines =
                    tables::page(&mut reader, dialect, facts, &asked.question, which).await?;
                let more = lines.len() > limit as usize;
                lines.truncate(limit as usize);
                let last = lines.last().filter(|_| more);
                let next = last.map(|line| write_cursor(line, &types));
                let rows = self.list_rows(&mut reader, by, &asked, lines).await?;
                Ok::<_, Error>((rows, next))
            }
        );
        let (rows, next) = page?;
        let mut entry = by.entry("read", "list");
        entry.detail = noted(&asked.list.id, filter, rows.len()).to_string();
        self.db().note(entry).await?;
        Ok(ListPage {
            rows,
            next,
            ..asked.page(counted?)
        })
    }

    /// All lines of a list from the first to the last, and the page that tells of them without having any. Whoever takes
    /// them out has been allowed to and is written down by the caller.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn walk_list(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
    ) -> Result<(ListPage, ListWalk), Error> {
        let asked = self.asked(by, list, filter)?;
        let facts = &self.tables().program(asked.program_ix).facts;
        let mut reader = self.db().read().await?;
        self.bounded(&mut reader, &asked).await?;
        let dialect = self.db().dialect();
        let counted = tables::totals(&mut reader, dialect, facts, &asked.question).await?;
        drop(reader);
        let walk = ListWalk {
            care: self.clone(),
            by: by.clone(),
            list: (list.0.to_owned(), list.1.to_owned()),
            filter: filter.clone(),
            walking: tables::walk(self.db(), facts, &asked.question).await?,
        };
        Ok((asked.page(counted), walk))
    }

    /// A list without its lines, and without counting them. No statement.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn bare_list(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
    ) -> Result<ListPage, Error> {
        Ok(self.asked(by, list, filter)?.page((0, Vec::new())))
    }

    /// Every column with which the reader may see a list.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn list_columns(&self, by: &Acting, list: (&str, &str)) -> Result<Vec<ListHead>, Error> {
        let everything = ListFilter::default();
        let asked = self.asked(by, list, &everything)?;
        let all = Column::all(asked.program, asked.list, by.actor.secrecy_max());
        Ok(all.map(|column| column.head(asked.program)).collect())
    }

    /// Refuses what would read the records of too many. One statement when fields choose or sort, else none.
    async fn bounded(&self, reader: &mut Connection, asked: &Asked<'_>) -> Result<(), Error> {
        let (question, most) = (&asked.question, RECORDS_OF_MAX);
        if !question.reads_records() {
            return Ok(());
        }
        let facts = &self.tables().program(asked.program_ix).facts;
        let dialect = self.db().dialect();
        match tables::is_beyond(reader, dialect, facts, question, most).await? {
            true => Err(Error::TooWide(most)),
            false => Ok(()),
        }
    }

    fn asked<'a>(
        &'a self,
        by: &'a Acting,
        list: (&str, &str),
        filter: &'a ListFilter,
    ) -> Result<Asked<'a>, Error> {
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
        let columns = Column::chosen(program, list, secrecy_max, &filter.columns);
        let tables = self.tables().program(program_ix);
        // Who may not see a column does not learn from it whose value fits: for him there is no such column.
        let readable = |condition: &Condition| {
            let mut all = Column::all(program, list, secrecy_max);
            let column = all.find(|column| {
                column.key() == condition.column
                    && column.secrecy() <= secrecy_max
                    && condition.is_of(column.asks(program))
            });
            column?.asked(tables)
        };
        let only = filter.only.iter().map(|condition| {
            let read = readable(condition).ok_or(Error::NotFound("column"))?;
            Ok::<_, Error>((read, condition))
        });
        let only = only.collect::<Result<Vec<_>, Error>>()?;
        let sorting = |by: &SortBy| {
            let mut all = Column::all(program, list, secrecy_max);
            let column = all.find(|column| match (by, column) {
                (SortBy::Own(wanted), Column::Own(at, _)) => wanted == at,
                (SortBy::Own(_), Column::Fact(_) | Column::Field(..)) => false,
                (SortBy::Key(key), column) => column.key() == *key,
            });
            column.and_then(|column| column.asked(tables))
        };
        let sort = filter.sort.as_ref();
        let question = Question {
            program,
            list,
            columns: columns.iter().filter_map(Column::read).collect(),
            // The whole tree needs no looking for places.
            path: Some(place.path.as_str()).filter(|_| place.parent_id.is_some()),
            level: level.map(|level| &*level.id),
            only,
            sort: sort.and_then(|(by, direction)| Some((sorting(by)?, *direction))),
            today: by.today,
            secrecy_max,
        };
        Ok(Asked {
            program_ix,
            program,
            list,
            columns,
            question,
        })
    }

    /// Lines with what was last written into the fields that are shown.
    async fn list_rows(
        &self,
        reader: &mut Connection,
        by: &Acting,
        asked: &Asked<'_>,
        lines: Vec<tables::Line>,
    ) -> Result<Vec<ListRow>, Error> {
        let mut subjects: Vec<Uuid> = lines.iter().map(|line| line.subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let tables = self.tables().program(asked.program_ix);
        let mut written = BTreeMap::new();
        for (form, fields) in asked.fields() {
            let table = tables.form(form);
            let values = tables::last_values(reader, table, &fields, &subjects).await?;
            written.insert(form, values);
        }
        let rows = lines.into_iter();
        Ok(rows
            .map(|line| list_row(by, asked, &written, line))
            .collect())
    }
}

/// What was last written into the fields that are shown, by form and enrollment.
type Written = BTreeMap<FormIx, HashMap<Uuid, Vec<Value>>>;

impl<'a> Asked<'a> {
    fn key_types(&self) -> Vec<Type> {
        let keys = self.question.keys();
        keys.iter().map(|(read, _)| read.ty().clone()).collect()
    }

    /// The fields that are shown, by form.
    fn fields(&self) -> BTreeMap<FormIx, Vec<&'a str>> {
        let mut fields: BTreeMap<FormIx, Vec<&str>> = BTreeMap::new();
        for column in &self.columns {
            if let Column::Field(ix, _, field) = column {
                fields.entry(*ix).or_default().push(&field.id);
            }
        }
        fields
    }

    /// The page without lines. Fields do not add up.
    fn page(&self, (total, totals): (i64, Vec<Total>)) -> ListPage {
        let mut totals = totals.into_iter();
        let of = |column: &Column<'_>| match column.read() {
            Some(_) => totals.next().unwrap_or(Total::None),
            None => Total::None,
        };
        ListPage {
            program: self.program_ix,
            title: self.list.title.clone(),
            totals: self.columns.iter().map(of).collect(),
            columns: self
                .columns
                .iter()
                .map(|column| column.head(self.program))
                .collect(),
            rows: Vec::new(),
            total,
            is_called: self.list.is_called,
            next: None,
        }
    }
}

fn list_row(by: &Acting, asked: &Asked<'_>, written: &Written, line: tables::Line) -> ListRow {
    let organization = by
        .actor
        .tree
        .by_code(&line.org)
        .map(|organization| organization.id);
    let risk = asked
        .program
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
    let secrecy_max = by.actor.secrecy_max();
    let mut read = line.values.into_iter();
    let mut of_form: HashMap<FormIx, usize> = HashMap::new();
    let value = |column: &Column<'_>| {
        let value = match column {
            Column::Own(..) | Column::Fact(_) => read.next().unwrap_or(Value::Null),
            Column::Field(form, ..) => {
                let at = of_form.entry(*form).or_default();
                let values = written.get(form).and_then(|all| all.get(&line.enrollment));
                let value = values.and_then(|values| values.get(*at)).cloned();
                *at += 1;
                value.unwrap_or(Value::Null)
            }
        };
        if column.secrecy() > secrecy_max {
            Shown::Restricted
        } else {
            Shown::Value(value)
        }
    };
    ListRow {
        subject: SubjectId::from_uuid(line.subject),
        enrollment: EnrollmentId::from_uuid(line.enrollment),
        organization: organization.unwrap_or_else(|| OrganizationId::from_uuid(Uuid::nil())),
        risk,
        values: asked.columns.iter().map(value).collect(),
    }
}

/// What the trail keeps of a list that was read or taken out: which, how many lines, and by which columns they were asked
/// for. Not for which values.
pub(crate) fn noted(list: &str, filter: &ListFilter, lines: usize) -> serde_json::Value {
    let mut noted = serde_json::json!({ "list": list, "lines": lines });
    if !filter.only.is_empty() {
        let columns = filter.only.iter();
        noted["only"] = columns.map(|only| only.column.as_str()).collect();
    }
    noted
}

/// Where a page begins.
enum Begins {
    /// After these values.
    After(After),
    /// After the line of this subject and enrollment, whatever it is sorted by.
    Behind(Uuid, Uuid),
}

/// The line before the next page: what it is sorted by and which it is. A text may name somebody, so that its line stands
/// for it in the address.
fn write_cursor(line: &tables::Line, types: &[Type]) -> Cursor {
    if types.contains(&Type::Text) {
        let line = [line.subject, line.enrollment].map(|id| id.to_string());
        return Cursor(line.join("~"));
    }
    let texts: Vec<Option<String>> = line
        .keys
        .iter()
        .zip(types)
        .map(|(value, ty)| (!value.is_null()).then(|| format_value(ty, value)))
        .collect();
    Cursor(serde_json::json!([texts, line.enrollment.to_string()]).to_string())
}

fn read_cursor(cursor: &Cursor, types: &[Type]) -> Result<Begins, Error> {
    let wrong = || Error::NotFound("page");
    if types.contains(&Type::Text) {
        let (subject, id) = cursor.0.split_once('~').ok_or_else(wrong)?;
        let id = id.parse().map_err(|_| wrong())?;
        return Ok(Begins::Behind(subject.parse().map_err(|_| wrong())?, id));
    }
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
    Ok(Begins::After((keys, id.parse().map_err(|_| wrong())?)))
}
