//! The tables of a pack with the statements that read and write them.

use std::collections::HashMap;

use fuyou_expr::{Slot, Type, Value};
use fuyou_pack::model::{FormIx, ProgramIx};
use fuyou_pack::{Pack, Program};
use uuid::Uuid;

use super::{from_cell, names, to_cell, values};
use crate::care::Error;
use crate::db::{Cell, CellType, Connection, Insert, Row, Sql, Together, query, read_cell};

/// A column that a pack defines.
#[derive(Debug)]
pub(in crate::care) struct PackColumn {
    pub name: String,
    pub ty: Type,
    /// A time of day is text in expressions and minutes since midnight in its column.
    pub is_time: bool,
}

/// The statements of one pack table.
#[derive(Debug)]
pub(in crate::care) struct PackTable {
    pub name: String,
    pub columns: Vec<PackColumn>,
    pub(super) upsert: Insert,
    pub(super) by_subject: Sql,
    pub(super) remove: Sql,
    pub(super) types: Vec<CellType>,
    /// How many cells stand before the pack's own columns.
    pub(super) lead: usize,
}

/// Everything a program stores in tables of its own.
#[derive(Debug)]
pub(in crate::care) struct ProgramTables {
    pub forms: Vec<PackTable>,
    pub groups: Vec<Vec<PackTable>>,
    pub facts: PackTable,
    /// Where each column of the facts table stands in a facts row; `None`: the day of closing.
    pub fact_slots: Vec<Option<Slot>>,
    /// Updates the derived columns of a record whose content did not change.
    pub(super) derive: Vec<Option<Sql>>,
    /// Reads form after form, each followed by its groups; beside it, which form each query belongs to.
    content: Together,
    content_forms: Vec<FormIx>,
}

/// Rows of values by the record that they belong to.
pub(in crate::care) type RowsByRecord = HashMap<Uuid, Vec<Vec<Value>>>;

/// The tables of all programs of a pack.
#[derive(Debug)]
pub(in crate::care) struct Tables {
    pub(super) programs: Vec<ProgramTables>,
}

impl Tables {
    /// The tables that a pack needs, or the name that cannot be one.
    pub(in crate::care) fn of(pack: &Pack) -> Result<Tables, String> {
        let mut taken = names::Taken::default();
        let programs = pack
            .programs
            .iter()
            .map(|program| program_tables(program, &mut taken))
            .collect::<Result<_, _>>()?;
        Ok(Tables { programs })
    }

    pub(in crate::care) fn program(&self, ix: ProgramIx) -> &ProgramTables {
        &self.programs[ix.get()]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &PackTable> {
        self.programs.iter().flat_map(|program| {
            let groups = program.groups.iter().flatten();
            program.forms.iter().chain(groups).chain([&program.facts])
        })
    }
}

impl ProgramTables {
    pub(in crate::care) fn form(&self, ix: FormIx) -> &PackTable {
        &self.forms[ix.get()]
    }

    /// The content of a subject's records: per form its rows and those of its groups, by record. The tables of forms
    /// that are not wanted may be left out.
    pub(in crate::care) async fn contents(
        &self,
        connection: &mut Connection,
        subject: Uuid,
        wanted: impl Fn(FormIx) -> bool,
    ) -> Result<Vec<(RowsByRecord, Vec<RowsByRecord>)>, Error> {
        let cells = vec![Cell::id(subject)];
        let is_wanted = |at: usize| wanted(self.content_forms[at]);
        let mut answers = self
            .content
            .rows(connection, cells, is_wanted)
            .await?
            .into_iter();
        let mut next = |table: &PackTable| table.by_record(&answers.next().unwrap_or_default());
        let mut contents = Vec::new();
        for (form, groups) in self.forms.iter().zip(&self.groups) {
            let rows = next(form)?;
            contents.push((
                rows,
                groups.iter().map(&mut next).collect::<Result<_, _>>()?,
            ));
        }
        Ok(contents)
    }

    /// Stores new derived values of a record.
    pub(in crate::care) async fn derive(
        &self,
        connection: &mut Connection,
        (subject, id): (Uuid, Uuid),
        form: FormIx,
        derived: &[Value],
    ) -> Result<(), Error> {
        let Some(sql) = &self.derive[form.get()] else {
            return Ok(());
        };
        let columns = &self.form(form).columns;
        let mut cells = vec![Cell::id(subject), Cell::id(id)];
        let own = &columns[columns.len() - derived.len()..];
        cells.extend(
            own.iter()
                .zip(derived)
                .map(|(column, value)| to_cell(column, value)),
        );
        query(sql).bind_cells(cells).execute(connection).await?;
        Ok(())
    }
}

impl PackTable {
    /// Stores rows laid end to end: the key first, then the values as [`to_cell`] makes them.
    pub(in crate::care) async fn store(
        &self,
        connection: &mut Connection,
        cells: Vec<Cell>,
    ) -> Result<(), Error> {
        self.upsert.run(connection, cells).await?;
        Ok(())
    }

    /// The cells of one row, by record or enrollment.
    pub(in crate::care) async fn cells(
        &self,
        connection: &mut Connection,
        subject: Uuid,
        id: Uuid,
    ) -> Result<Option<Vec<Cell>>, Error> {
        let rows = query(&self.by_subject)
            .bind(subject)
            .cells(connection, &self.types)
            .await?;
        Ok(rows
            .into_iter()
            .find(|row| row.first() == Some(&Cell::id(id)))
            .map(|mut row| row.split_off(1)))
    }

    /// Some columns of the rows of several subjects, by record or enrollment. One statement.
    pub(in crate::care) async fn values_of(
        &self,
        connection: &mut Connection,
        subjects: &[Uuid],
        columns: &[usize],
    ) -> Result<HashMap<Uuid, Vec<Value>>, Error> {
        let wanted: Vec<&PackColumn> = columns.iter().map(|at| &self.columns[*at]).collect();
        let mut selected = vec!["id".to_owned()];
        selected.extend(wanted.iter().map(|column| format!("\"{}\"", column.name)));
        let places: Vec<String> = (1..=subjects.len()).map(|at| format!("${at}")).collect();
        let sql = format!(
            "select {} from \"{}\" where subject_id in ({})",
            selected.join(", "),
            self.name,
            places.join(", ")
        );
        let mut types = vec![CellType::Id];
        types.extend(wanted.iter().map(|column| values::cell_type(column)));
        let subjects = subjects.iter().copied();
        let rows = query(Sql::built(sql))
            .bind_all(subjects)
            .cells(connection, &types)
            .await?;
        let mut found = HashMap::new();
        for row in rows {
            let mut cells = row.into_iter();
            let Some(Cell::Id(Some(id))) = cells.next() else {
                return Err(Error::NotFound("id"));
            };
            let values = std::iter::zip(&wanted, cells).map(|(column, cell)| {
                from_cell(column, cell).map_err(|text| self.wrong(column, &text))
            });
            found.insert(id, values.collect::<Result<_, _>>()?);
        }
        Ok(found)
    }

    /// Takes away the rows of a record (of a group whose rows are written anew).
    pub(in crate::care) async fn remove(
        &self,
        connection: &mut Connection,
        subject: Uuid,
        id: Uuid,
    ) -> Result<(), Error> {
        query(&self.remove)
            .bind(subject)
            .bind(id)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Rows by record (or enrollment), in their order.
    fn by_record(&self, rows: &[Row]) -> Result<RowsByRecord, Error> {
        let mut found = RowsByRecord::new();
        for row in rows {
            let id = row.get(0).map_err(crate::db::Error::from)?;
            let mut values = Vec::with_capacity(self.columns.len());
            for (at, column) in self.columns.iter().enumerate() {
                let ty = self.types[self.lead - 1 + at];
                let cell =
                    read_cell(row, self.lead - 1 + at, ty).map_err(crate::db::Error::from)?;
                values.push(from_cell(column, cell).map_err(|text| self.wrong(column, &text))?);
            }
            found.entry(id).or_default().push(values);
        }
        Ok(found)
    }

    fn wrong(&self, column: &PackColumn, text: &str) -> Error {
        Error::stored(&format!("{}.{}", self.name, column.name), text, &column.ty)
    }
}

fn program_tables(program: &Program, taken: &mut names::Taken) -> Result<ProgramTables, String> {
    let derived = || {
        program.derived.iter().map(|derived| PackColumn {
            name: derived.id.to_string(),
            ty: derived.is.ty().clone(),
            is_time: false,
        })
    };
    let mut forms = Vec::new();
    let mut groups = Vec::new();
    let mut derive = Vec::new();
    for form in &program.forms {
        let name = format!("{}_{}", program.id, form.id);
        let columns: Vec<_> = values::field_columns(&form.fields)
            .chain(derived())
            .collect();
        groups.push(
            form.groups
                .iter()
                .map(|group| {
                    let name = format!("{name}_{}", group.id);
                    table(
                        name,
                        &["subject_id", "id", "seq"],
                        values::field_columns(&group.fields).collect(),
                        taken,
                    )
                })
                .collect::<Result<_, _>>()?,
        );
        derive.push(derive_sql(&name, &columns[form.fields.len()..]));
        forms.push(table(name, &["subject_id", "id"], columns, taken)?);
    }
    let mut columns = Vec::new();
    let mut fact_slots = Vec::new();
    for column in program
        .row_columns()
        .filter(|column| !column.name.contains('.'))
    {
        columns.push(PackColumn {
            name: column.name.to_owned(),
            ty: column.ty.clone(),
            is_time: false,
        });
        fact_slots.push(Some(column.slot));
    }
    columns.push(PackColumn {
        name: "closed_on".to_owned(),
        ty: Type::Date,
        is_time: false,
    });
    fact_slots.push(None);
    let facts = table(
        format!("{}_facts", program.id),
        &["subject_id", "id"],
        columns,
        taken,
    )?;
    let (mut content, mut content_forms) = (Vec::new(), Vec::new());
    for (at, (form, groups)) in std::iter::zip(&forms, &groups).enumerate() {
        let groups: &Vec<PackTable> = groups;
        for table in std::iter::once(form).chain(groups) {
            content.push(table.by_subject.clone());
            content_forms.push(FormIx::new(at));
        }
    }
    Ok(ProgramTables {
        content: Together::of(content),
        content_forms,
        forms,
        groups,
        facts,
        fact_slots,
        derive,
    })
}

fn derive_sql(table: &str, derived: &[PackColumn]) -> Option<Sql> {
    let sets: Vec<String> = derived
        .iter()
        .enumerate()
        .map(|(at, column)| format!("\"{}\" = ${}", column.name, at + 3))
        .collect();
    let text = format!(
        "update \"{table}\" set {} where subject_id = $1 and id = $2",
        sets.join(", ")
    );
    (!sets.is_empty()).then(|| Sql::built(text))
}

fn table(
    name: String,
    key: &[&str],
    columns: Vec<PackColumn>,
    taken: &mut names::Taken,
) -> Result<PackTable, String> {
    taken.table(&name)?;
    taken.columns(key, columns.iter().map(|column| column.name.as_str()))?;
    let all: Vec<&str> = key
        .iter()
        .copied()
        .chain(columns.iter().map(|column| column.name.as_str()))
        .collect();
    let own: Vec<String> = all[1..].iter().map(|name| format!("\"{name}\"")).collect();
    let order = key[1..].join(", ");
    let mut types = vec![CellType::Id];
    if key.len() > 2 {
        types.push(CellType::Int);
    }
    types.extend(columns.iter().map(values::cell_type));
    Ok(PackTable {
        upsert: Insert::upsert(&name, &all, key),
        by_subject: Sql::built(format!(
            "select {} from \"{name}\" where subject_id = $1 order by {order}",
            own.join(", ")
        )),
        remove: Sql::built(format!(
            "delete from \"{name}\" where subject_id = $1 and id = $2"
        )),
        types,
        lead: key.len(),
        name,
        columns,
    })
}
