//! In which order the persons behind a cell are listed, and where a page of them begins.

use fuyou_kernel::{Date, Id, kinds};
use fuyou_pack::model::Direction;

use super::Line;

/// Persons that are sorted by what the registry knows of them, at most: every one of them is looked up.
pub const BY_PERSON_MAX: i64 = 20_000;

/// What the lines are sorted by; equals by enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// The code of the organization.
    Place,
    /// The day that puts a line into the period.
    Day,
    /// What a line adds.
    Adds,
    /// The name, as it is spoken.
    Name,
    /// The code of the organization where the person lives.
    Residence,
}

/// An order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What they are sorted by.
    pub by: OrderBy,
    /// Whether the smallest or the largest comes first.
    pub direction: Direction,
}

impl Default for Order {
    fn default() -> Self {
        Order {
            by: OrderBy::Place,
            direction: Direction::Ascending,
        }
    }
}

impl OrderBy {
    /// All of them.
    pub const ALL: [OrderBy; 5] = [
        OrderBy::Name,
        OrderBy::Residence,
        OrderBy::Place,
        OrderBy::Day,
        OrderBy::Adds,
    ];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            OrderBy::Place => "organization",
            OrderBy::Day => "on",
            OrderBy::Adds => "adds",
            OrderBy::Name => "name",
            OrderBy::Residence => "residence",
        }
    }

    /// Whether the registry must be asked for it.
    pub fn is_of_person(self) -> bool {
        match self {
            OrderBy::Name | OrderBy::Residence => true,
            OrderBy::Place | OrderBy::Day | OrderBy::Adds => false,
        }
    }
}

impl Order {
    /// The order of a word of an address: with `-` in front the largest comes first, without any the usual one.
    pub fn read(word: &str) -> Option<Order> {
        if word.is_empty() {
            return Some(Order::default());
        }
        let (direction, word) = match word.strip_prefix('-') {
            Some(word) => (Direction::Descending, word),
            None => (Direction::Ascending, word),
        };
        let mut all = OrderBy::ALL.into_iter();
        let by = all.find(|by| by.word() == word)?;
        Some(Order { by, direction })
    }

    /// The word of an address.
    pub fn word(self) -> String {
        let sign = match self.direction {
            Direction::Ascending => "",
            Direction::Descending => "-",
        };
        format!("{sign}{}", self.by.word())
    }
}

/// What the last line of a page is sorted by. A person stands for her name: names are in no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The organization's code.
    Place(String),
    /// The day.
    Day(Date),
    /// What it adds.
    Adds(i64),
    /// Whose name or residence it is.
    Person(Id<kinds::Person>),
}

/// Where a page begins: after this enrollment. Printed as `KEY~ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the last line is sorted by.
    pub key: Key,
    /// The enrollment of the last line.
    pub enrollment: Id<kinds::Enrollment>,
}

impl Cursor {
    /// After a line.
    pub(super) fn after(line: &Line, order: Order) -> Cursor {
        Cursor {
            key: match (order.by, line.on) {
                (OrderBy::Place, _) => Key::Place(line.place.clone().unwrap_or_default()),
                // Lines without a day are the same in this order.
                (OrderBy::Day, on) => Key::Day(on.unwrap_or(Date::MAX)),
                (OrderBy::Adds, _) => Key::Adds(line.adds),
                (OrderBy::Name | OrderBy::Residence, _) => Key::Person(line.subject),
            },
            enrollment: line.enrollment,
        }
    }

    /// Reads what was printed of a page in an order.
    pub fn read(text: &str, order: Order) -> Option<Cursor> {
        let (key, enrollment) = text.rsplit_once('~')?;
        let key = match order.by {
            OrderBy::Place => Key::Place(key.to_owned()),
            OrderBy::Day => Key::Day(key.parse().ok()?),
            OrderBy::Adds => Key::Adds(key.parse().ok()?),
            OrderBy::Name | OrderBy::Residence => Key::Person(key.parse().ok()?),
        };
        let enrollment = enrollment.parse().ok()?;
        Some(Cursor { key, enrollment })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            Key::Place(code) => write!(f, "{code}")?,
            Key::Day(on) => write!(f, "{on}")?,
            Key::Adds(adds) => write!(f, "{adds}")?,
            Key::Person(id) => write!(f, "{id}")?,
        }
        write!(f, "~{}", self.enrollment)
    }
}
