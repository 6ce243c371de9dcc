//! What a list can be seen with: the columns that its pack gives it, and besides them any fact of the program and any
//! field of its forms that the reader may see.

use fuyou_expr::Type;
use fuyou_kernel::{Localized, Secrecy};
use fuyou_pack::model::{Fact, Field, FormIx, InputType, List, ListColumn};
use fuyou_pack::{Form, Program};

use super::register::{Asks, ColumnOf, ListHead, Texts};
use super::tables::{ProgramTables, Read, Written};

/// Columns that are shown at once at most.
pub(crate) const COLUMNS_MAX: usize = 60;

/// A column of a list.
#[derive(Clone, Copy)]
pub(super) enum Column<'p> {
    /// What the pack computes for the list: its place there.
    Own(usize, &'p ListColumn),
    Fact(&'p Fact),
    /// What was last written into a field.
    Field(FormIx, &'p Form, &'p Field),
}

impl<'p> Column<'p> {
    /// Every column that a reader can choose. What is above the reader's secrecy is not offered, but for the list's own
    /// columns, which say that they are restricted.
    pub(super) fn all(
        program: &'p Program,
        list: &'p List,
        secrecy_max: Secrecy,
    ) -> impl Iterator<Item = Column<'p>> {
        let own = list.columns.iter().enumerate();
        let own = own.map(|(at, column)| Column::Own(at, column));
        let is_own = |id: &str| list.columns.iter().any(|column| column.is.text() == id);
        let facts = program.facts.iter();
        let facts = facts
            .filter(move |fact| fact.secrecy <= secrecy_max && !is_own(&fact.id))
            .map(Column::Fact);
        let forms = program.forms.iter().enumerate();
        let fields = forms.flat_map(move |(at, form)| {
            let open = form.fields.iter();
            let open = open.filter(move |field| field.secrecy <= secrecy_max);
            open.map(move |field| Column::Field(FormIx::new(at), form, field))
        });
        own.chain(facts).chain(fields)
    }

    /// The columns that are asked for by their keys, in the order of the list; the list's own without any.
    pub(super) fn chosen(
        program: &'p Program,
        list: &'p List,
        secrecy_max: Secrecy,
        keys: &[String],
    ) -> Vec<Column<'p>> {
        let all = Column::all(program, list, secrecy_max);
        let is_asked = |column: &Column<'_>| match keys {
            [] => matches!(column, Column::Own(..)),
            keys => keys.contains(&column.key()),
        };
        all.filter(is_asked).take(COLUMNS_MAX).collect()
    }

    /// The text by which an address and a view know it.
    pub(super) fn key(&self) -> String {
        match self {
            Column::Own(_, column) => column.is.text().to_owned(),
            Column::Fact(fact) => format!("@fact/{}", fact.id),
            Column::Field(_, form, field) => format!("@field/{}/{}", form.id, field.id),
        }
    }

    pub(super) fn secrecy(&self) -> Secrecy {
        match self {
            Column::Own(_, column) => column.is.secrecy(),
            Column::Fact(fact) => fact.secrecy,
            Column::Field(_, _, field) => field.secrecy,
        }
    }

    fn ty(&self) -> &'p Type {
        match self {
            Column::Own(_, column) => column.is.ty(),
            Column::Fact(fact) => &fact.ty,
            Column::Field(_, _, field) => &field.ty,
        }
    }

    fn title(&self) -> &'p Localized {
        match self {
            Column::Own(_, column) => &column.title,
            Column::Fact(fact) => &fact.title,
            Column::Field(_, _, field) => &field.label,
        }
    }

    /// What of it stands in the facts row; none of what is read from records.
    pub(super) fn read(&self) -> Option<Read<'p>> {
        match self {
            Column::Own(_, column) => Some(Read::Computed(&column.is)),
            Column::Fact(fact) => Some(Read::Fact(fact)),
            Column::Field(..) => None,
        }
    }

    /// The fact that it shows; none of what is computed for the list, and of what stands in records.
    fn fact(&self, program: &'p Program) -> Option<&'p Fact> {
        match self {
            Column::Own(_, column) => {
                let mut facts = program.facts.iter();
                facts.find(|fact| *fact.id == *column.is.text())
            }
            Column::Fact(fact) => Some(fact),
            Column::Field(..) => None,
        }
    }

    /// What lines are chosen and sorted by: of a field what was last written into it.
    pub(super) fn asked(&self, tables: &'p ProgramTables) -> Option<Read<'p>> {
        match self {
            Column::Own(..) | Column::Fact(_) => self.read(),
            Column::Field(form, _, field) => {
                let written = Written::of(tables.form(*form), &field.id, field.secrecy);
                written.map(Read::Written)
            }
        }
    }

    /// What lines can be asked for by it. A number by which people look for somebody belongs into the search, and a text
    /// of a record may name anybody: neither stands in an address.
    pub(super) fn asks(&self, program: &'p Program) -> Asks {
        let is_searched = self.fact(program).is_some_and(|fact| fact.is_searched);
        match self {
            Column::Field(_, _, field) if field.ty == Type::Text => Asks::Presence,
            Column::Own(..) | Column::Fact(_) if is_searched => Asks::Nothing,
            Column::Own(..) | Column::Fact(_) | Column::Field(..) => Asks::Values,
        }
    }

    pub(super) fn head(&self, program: &'p Program) -> ListHead {
        // A column that shows a fact is measured as the fact is.
        let unit = match self {
            Column::Field(_, _, field) => field.unit.clone(),
            column => column.fact(program).and_then(|fact| fact.unit.clone()),
        };
        ListHead {
            key: self.key(),
            title: self.title().clone(),
            ty: self.ty().clone(),
            unit,
            secrecy: self.secrecy(),
            asks: self.asks(program),
            texts: match self {
                Column::Field(_, _, field) if field.input == InputType::Staff => Texts::Staff,
                Column::Own(..) | Column::Fact(_) | Column::Field(..) => Texts::Words,
            },
            of: match self {
                Column::Own(at, _) => ColumnOf::List(*at),
                Column::Fact(_) => ColumnOf::Facts,
                Column::Field(form, _, _) => ColumnOf::Form(*form),
            },
        }
    }
}
