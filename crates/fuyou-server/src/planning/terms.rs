//! The table of plan terms: which indicator is called by which names, as CSV.

use super::reader::{Better, Dictionary, Term};

/// Why a table of terms was refused.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// The CSV itself is damaged.
    #[error("the table of plan terms is no CSV")]
    Csv(#[from] csv::Error),
    /// A row says something that no term can be.
    #[error("row {row} of the plan terms: {why}")]
    Row {
        /// The row, the first after the heading being 1.
        row: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// Reads the columns `id, zh, en, unit, better, aliases, source`; aliases are separated by `|`.
pub fn dictionary(text: &str) -> Result<Dictionary, TermsError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut terms: Vec<Term> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        let row = index + 1;
        let field = |at: usize| record.get(at).unwrap_or_default().trim();
        let id = field(0);
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            return Err(TermsError::Row {
                row,
                why: format!("id \"{id}\" is not lower snake case"),
            });
        }
        if terms.iter().any(|term| term.id == id) {
            return Err(TermsError::Row {
                row,
                why: format!("id \"{id}\" stands twice"),
            });
        }
        let better = match field(4) {
            "higher" => Better::Higher,
            "lower" => Better::Lower,
            "none" => Better::None,
            other => {
                return Err(TermsError::Row {
                    row,
                    why: format!("better \"{other}\" is none of higher, lower, none"),
                });
            }
        };
        let names = std::iter::once(field(1))
            .chain(field(5).split('|'))
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        terms.push(Term {
            id: id.to_owned(),
            names,
            unit: field(3).to_owned(),
            better,
        });
    }
    Ok(Dictionary::new(terms))
}
