//! What is asked of a list, as an address says it.

use fuyou_pack::Program;
use fuyou_pack::model::Direction;

use crate::care::{Condition, ListFilter, SortBy};
use crate::http::{Error, encoded};

/// The residence and the last contact as columns that can be chosen.
pub(super) const RESIDENCE: &str = "@residence";
pub(super) const CONTACT: &str = "@contact";
/// A view that shows the list as the pack says.
pub(super) const NO_VIEW: &str = "all";

/// One thing that an address asks of a column, as `is.risk=red` or `from.booked_on=2026-01-01`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asking {
    pub how: How,
    /// The column's key.
    pub key: String,
    /// What was typed or ticked.
    pub typed: String,
}

/// How a column is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It is one of the values that are asked for.
    Is,
    /// It is this day or number, or a later or larger one.
    From,
    /// It is this day or number, or an earlier or smaller one.
    To,
    /// It has this in its text.
    Has,
}

impl How {
    const ALL: [How; 4] = [How::Is, How::From, How::To, How::Has];

    fn word(self) -> &'static str {
        match self {
            How::Is => "is",
            How::From => "from",
            How::To => "to",
            How::Has => "has",
        }
    }

    /// The name of what asks so of a column, in addresses and forms.
    pub(super) fn name(self, key: &str) -> String {
        format!("{}.{key}", self.word())
    }

    fn read(name: &str) -> Option<(How, &str)> {
        let (word, key) = name.split_once('.')?;
        let how = How::ALL.into_iter().find(|how| how.word() == word)?;
        Some((how, key))
    }
}

/// The parts of an address.
#[derive(Clone, Debug, Default)]
pub(super) struct ListQuery {
    pub organization: String,
    pub level: String,
    /// The place of one of the list's columns, or the key of another; with `-` in front when the largest comes first.
    pub sort: String,
    pub after: String,
    /// Keys of the columns that are shown; all without any.
    pub columns: Vec<String>,
    /// What is asked of columns.
    pub only: Vec<Asking>,
    /// The id of a view, or [`NO_VIEW`].
    pub view: String,
}

impl ListQuery {
    pub(super) fn read(pairs: Vec<(String, String)>) -> ListQuery {
        let mut query = ListQuery::default();
        for (name, value) in pairs {
            match name.as_str() {
                "organization" => query.organization = value,
                "level" => query.level = value,
                "sort" => query.sort = value,
                "after" => query.after = value,
                "view" => query.view = value,
                "columns" => query.columns.push(value),
                // A form sends its empty boxes, too.
                _ if value.trim().is_empty() => {}
                name => query.only.extend(How::read(name).map(|(how, key)| Asking {
                    how,
                    key: key.to_owned(),
                    typed: value.trim().to_owned(),
                })),
            }
        }
        query
    }

    /// Whether nothing is asked, so that the user's own view is shown.
    pub(super) fn is_bare(&self) -> bool {
        self.pairs().is_empty() && self.view.is_empty() && self.after.is_empty()
    }

    /// What a view keeps: neither a place in the list nor the kind of a file.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let single = [
            ("organization", &self.organization),
            ("level", &self.level),
            ("sort", &self.sort),
        ];
        let columns = self.columns.iter().map(|key| ("columns", key));
        let pairs = single.into_iter().chain(columns);
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.clone()));
        let only = self.only.iter();
        let only = only.map(|asking| (asking.how.name(&asking.key), asking.typed.clone()));
        pairs
            .chain(only)
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// What is asked besides the columns that are shown.
    pub(super) fn besides_columns(&self) -> Vec<(String, String)> {
        let pairs = self.pairs().into_iter();
        pairs.filter(|(name, _)| name != "columns").collect()
    }

    /// The same question without a column's condition.
    pub(super) fn without(&self, key: &str) -> ListQuery {
        let mut query = self.clone();
        query.only.retain(|asking| asking.key != key);
        query
    }

    /// The question with the conditions that were read of it.
    pub(super) fn filter(
        &self,
        program: &Program,
        only: Vec<Condition>,
    ) -> Result<ListFilter, Error> {
        let organization = Some(&self.organization).filter(|text| !text.is_empty());
        let levels = program
            .risk
            .as_ref()
            .map(|scale| scale.levels.as_slice())
            .unwrap_or_default();
        let sort = Some(self.sort.as_str()).filter(|text| !text.is_empty());
        let by = |text: &str| match text.parse() {
            Ok(at) => SortBy::Own(at),
            Err(_) => SortBy::Key(text.to_owned()),
        };
        let sort = sort.map(|text| match text.strip_prefix('-') {
            Some(column) => (by(column), Direction::Descending),
            None => (by(text), Direction::Ascending),
        });
        Ok(ListFilter {
            organization: organization
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Error::NotFound)?,
            level: levels.iter().position(|level| *level.id == *self.level),
            sort,
            only,
            columns: self.columns.clone(),
        })
    }

    /// The same question under an address, sorted so.
    pub(super) fn address(&self, base: &str, sort: &str) -> String {
        let asked = ListQuery {
            sort: sort.to_owned(),
            ..self.clone()
        };
        let mut pairs = asked.pairs();
        if pairs.is_empty() {
            // Without anything the user's own view would be shown instead.
            pairs.push(("view".to_owned(), NO_VIEW.to_owned()));
        }
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        format!("{base}?{}", pairs.join("&"))
    }

    /// Whether the residence or the last contact is shown. The last contact is shown unasked where the pack says that a
    /// list is called.
    pub(super) fn shows(&self, key: &str, is_called: bool) -> bool {
        if self.columns.is_empty() {
            key == RESIDENCE || (key == CONTACT && is_called)
        } else {
            self.columns.iter().any(|chosen| chosen == key)
        }
    }
}
