//! Which names may stand in a statement.

use std::collections::HashSet;

/// PostgreSQL cuts longer names off, and two could become one.
const NAME_BYTES_MAX: usize = 63;

/// The tables named so far.
#[derive(Default)]
pub(super) struct Taken(HashSet<String>);

impl Taken {
    /// Takes a name for a table, or gives back the name that cannot be one.
    pub(super) fn table(&mut self, name: &str) -> Result<(), String> {
        // The readable view is called after its table.
        if is_name(&format!("v_{name}")) && self.0.insert(name.to_owned()) {
            Ok(())
        } else {
            Err(name.to_owned())
        }
    }

    /// Checks the columns of one table.
    pub(super) fn columns<'a>(
        &self,
        key: &[&'a str],
        columns: impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut seen: HashSet<&str> = key.iter().copied().collect();
        for name in columns {
            if !is_name(name) || !seen.insert(name) {
                return Err(name.to_owned());
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_stand_in_a_statement() {
        let check = |name: &str, ok: bool| assert_eq!(is_name(name), ok, "{name}");
        check("systolic_mmhg", true);
        check("a1", true);
        check("", false);
        check("1a", false);
        check("Weight", false);
        check("a\"b", false);
        check("体重", false);
        check(&"a".repeat(63), true);
        check(&"a".repeat(64), false);
    }

    #[test]
    fn no_two_tables_share_a_name() {
        let mut taken = Taken::default();
        assert_eq!(taken.table("care_a_b"), Ok(()));
        assert_eq!(taken.table("care_a_b"), Err("care_a_b".to_owned()));
        assert_eq!(
            taken.columns(&["id"], ["x", "id"].into_iter()),
            Err("id".to_owned())
        );
    }
}
