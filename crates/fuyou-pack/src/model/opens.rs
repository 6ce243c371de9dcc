use std::sync::Arc;

use fuyou_expr::Expr;
use fuyou_kernel::{Localized, Secrecy};

use super::{Cited, FactIx, FieldIx, FormIx, GroupIx, ProgramIx};
use crate::scope::OpensOuter;

/// A record of one program that opens an enrollment in another, of the same subject or of a new one, or tells one that
/// is there.
#[derive(Debug)]
pub struct Opens {
    /// The id, unique in its program.
    pub id: Arc<str>,
    /// Records of this form open …
    pub form: FormIx,
    /// … once for each row of this group; without it once.
    pub each: Option<GroupIx>,
    /// What tells the rows of one record apart, also when they are corrected; without it their position.
    pub key: Option<Expr>,
    /// Which records or rows open; NULL is not true.
    pub when: Option<Expr>,
    /// The program that is opened.
    pub program: ProgramIx,
    /// The form of that program that is filled in.
    pub with: FormIx,
    /// Whether that form goes into the enrollment which the subject has there, the last one also when it is closed; where
    /// there is none nothing happens. Otherwise the form opens one.
    pub joins: bool,
    /// Who is followed there; without it the same subject.
    pub person: Option<OpenedPerson>,
    /// What the two subjects are to each other.
    pub relation: Option<Relation>,
    /// The day of the opening record; without it the day of the opener's.
    pub occurred_on: Option<Expr>,
    /// Facts of the opened enrollment that its opener's page shows, and of the opener's that the opened one's page does.
    pub shows: Shows,
    /// What is carried into the opening record.
    pub values: Vec<(FieldIx, Carried)>,
    /// What goes along from the opener's subject to the opened one later.
    pub travels: Vec<Travel>,
    /// Who may know that something was opened: inherited from what decides it.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
    /// What each outer column of the scope of its expressions is.
    pub(crate) outer: Vec<OpensOuter>,
}

/// A person who is not registered yet.
#[derive(Debug)]
pub struct OpenedPerson {
    /// The name that stands until there is a real one.
    pub name: Expr,
    /// A code of which `male` and `female` are taken over; anything else is unknown.
    pub sex: Expr,
    /// The day of birth.
    pub birth_on: Expr,
}

/// Where the value of a field comes from.
#[derive(Debug)]
pub enum Carried {
    /// It is computed.
    Is(Expr),
    /// Of several codes those whose condition holds; none of them leaves the field empty.
    Codes(Vec<(u16, Expr)>),
}

/// What two subjects are to each other: words of the value set `relation`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// What the subject of the opener is to the opened one.
    pub of: RelationEnd,
    /// What the opened subject is to that of the opener.
    pub to: RelationEnd,
}

/// One end of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationEnd {
    /// The code.
    pub code: Arc<str>,
    /// Its text.
    pub title: Localized,
}

/// What the page of one end of a link shows of the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shows {
    /// Facts of the opener's enrollment.
    pub of: Vec<FactIx>,
    /// Facts of the opened enrollment.
    pub to: Vec<FactIx>,
}

/// What goes along a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// A change of residence, for whoever lived at the same place.
    Move,
}

impl Travel {
    /// All of them with the words used in packs.
    pub const WORDS: [(&'static str, Travel); 1] = [("move", Travel::Move)];
}

impl Carried {
    /// The most secret level of what it reads.
    pub fn secrecy(&self) -> Secrecy {
        match self {
            Carried::Is(expr) => expr.secrecy(),
            Carried::Codes(codes) => {
                let all = codes.iter().map(|(_, when)| when.secrecy());
                all.max().unwrap_or_default()
            }
        }
    }
}
