//! What was last written into fields of a form: for many subjects at once, and as SQL beside a row of facts.

use std::collections::HashMap;

use fuyou_expr::Value;
use fuyou_kernel::Secrecy;
use uuid::Uuid;

use super::{PackColumn, PackTable, from_cell, values};
use crate::care::Error;
use crate::db::{Cell, CellType, Connection, ManyKeys, read_cell};

/// A field of a form, of which the last value is asked for.
#[derive(Clone, Copy)]
pub(in crate::care) struct Written<'a> {
    table: &'a PackTable,
    pub(super) column: &'a PackColumn,
    pub(super) secrecy: Secrecy,
}

impl<'a> Written<'a> {
    /// The field of this name.
    pub(in crate::care) fn of(
        table: &'a PackTable,
        field: &str,
        secrecy: Secrecy,
    ) -> Option<Written<'a>> {
        let column = table.columns.iter().find(|column| column.name == field)?;
        Some(Written {
            table,
            column,
            secrecy,
        })
    }

    /// The last value beside a row of facts `f`, as [`last_values`] finds it: the records of one subject lie together, so
    /// that each row costs a look into the form's table and one for each record there.
    pub(super) fn print(&self) -> String {
        let column = format!("t.\"{}\"", self.column.name);
        let value = match self.column.is_time {
            // Written as it is read: `HH:MM` sorts as the minutes do.
            true => {
                let two = |number: String| {
                    format!(
                        "case when {number} < 10 then '0' else '' end || cast({number} as text)"
                    )
                };
                let (hours, minutes) = (format!("({column} / 60)"), format!("({column} % 60)"));
                format!("{} || ':' || {}", two(hours), two(minutes))
            }
            false => column.clone(),
        };
        format!(
            "(select {value} from \"{}\" t join encounter e on e.subject_id = t.subject_id and e.id = t.id \
             where t.subject_id = f.subject_id and e.enrollment_id = f.id and e.voided_at is null \
             and {column} is not null order by e.occurred_on desc, e.recorded_at desc, e.id desc limit 1)",
            self.table.name
        )
    }
}

/// The last value of each field, in their order, by enrollment. A field that a later record leaves empty keeps what an
/// earlier one says. One statement for some hundred subjects.
pub(in crate::care) async fn last_values(
    connection: &mut Connection,
    table: &PackTable,
    fields: &[&str],
    subjects: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Value>>, Error> {
    let of_name = |name: &&str| table.columns.iter().find(|column| column.name == **name);
    let columns: Vec<_> = fields.iter().filter_map(of_name).collect();
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!(", t.\"{}\"", column.name))
        .collect();
    let head = format!(
        "select e.enrollment_id, e.occurred_on, e.recorded_at, e.id{} from encounter e \
         join \"{}\" t on t.subject_id = e.subject_id and t.id = e.id where e.voided_at is null and",
        names.concat(),
        table.name
    );
    let keys = subjects.iter().copied().map(Cell::id).collect();
    let rows = ManyKeys::new(&head, &["e.subject_id"])
        .run(connection, keys)
        .await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let read = |at, ty| read_cell(row, at, ty).map_err(crate::db::Error::from);
        let (Cell::Id(Some(enrollment)), Cell::Date(on), Cell::Instant(at), Cell::Id(id)) = (
            read(0, CellType::Id)?,
            read(1, CellType::Date)?,
            read(2, CellType::Instant)?,
            read(3, CellType::Id)?,
        ) else {
            return Err(Error::stored(&table.name, "NULL", &fuyou_expr::Type::Date));
        };
        let value = |(place, column): (usize, &&PackColumn)| {
            let cell = read(place, values::cell_type(column))?;
            let name = format!("{}.{}", table.name, column.name);
            from_cell(column, cell).map_err(|text| Error::stored(&name, &text, &column.ty))
        };
        let values: Vec<Value> = (4..).zip(&columns).map(value).collect::<Result<_, _>>()?;
        records.push(((on, at, id), enrollment, values));
    }
    records.sort_by_key(|(written, ..)| *written);
    let mut last: HashMap<Uuid, Vec<Value>> = HashMap::new();
    for (_, enrollment, values) in records {
        let known = last
            .entry(enrollment)
            .or_insert_with(|| vec![Value::Null; columns.len()]);
        for (known, value) in known.iter_mut().zip(values) {
            if !value.is_null() {
                *known = value;
            }
        }
    }
    Ok(last)
}
