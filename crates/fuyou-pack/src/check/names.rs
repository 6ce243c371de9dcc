//! Identifiers: how they must look, and which of them a text mentions.

use std::collections::HashMap;

use fuyou_kernel::Localized;

use crate::raw::{At, Report};

/// Refuses an identifier that is not `lower_snake_case`; returns whether it is one.
pub(crate) fn check_snake(report: &Report, id: &str, at: At) -> bool {
    let mut bytes = id.bytes();
    let good = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && id.len() <= 60;
    if !good {
        report.error(
            at,
            format!("标识「{id}」应为小写英文、数字和下划线,以字母开头,最多 60 个字符"),
            format!("`{id}` should be lower_snake_case ASCII, begin with a letter and have at most 60 characters"),
        );
    }
    good
}

/// Refuses an identifier of a rule or case that holds anything but letters, digits, `.`, `-` and `_`.
pub(crate) fn check_loose(report: &Report, id: &str, at: At) -> bool {
    let good = !id.is_empty()
        && id.len() <= 80
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !good {
        report.error(
            at,
            format!("标识「{id}」应为英文字母、数字、点、横线或下划线,最多 80 个字符"),
            format!(
                "`{id}` should be ASCII letters, digits, `.`, `-` or `_`, at most 80 characters"
            ),
        );
    }
    good
}

/// Names that the engine itself gives to columns and sets.
pub(crate) const RESERVED: [&str; 18] = [
    "form",
    "visit",
    "occurred_on",
    "recorded_on",
    "recorded_org",
    "opened_on",
    "org",
    "risk",
    "marks",
    "risk_after",
    "marks_after",
    "today",
    "previous",
    "person",
    "organization",
    "task",
    "referral",
    "this",
];

/// The names of one program: what each is and where it stands.
#[derive(Default)]
pub(crate) struct Names {
    taken: HashMap<String, (&'static str, At)>,
}

impl Names {
    /// Takes a name for a thing of a kind (such as `field`); reports and returns false when it is taken or reserved.
    pub fn take(&mut self, report: &Report, id: &str, kind: &'static str, at: At) -> bool {
        if RESERVED.contains(&id) {
            report.error(
                at,
                format!("「{id}」是系统保留的名称"),
                format!("`{id}` is a name that the engine gives itself"),
            );
            return false;
        }
        if let Some((other, before)) = self.taken.get(id) {
            let place = report.place(*before);
            let message = Localized::new(
                format!("「{id}」已用作 {other}({}:{})", place.file, place.line),
                format!(
                    "`{id}` is already a {other} ({}:{})",
                    place.file, place.line
                ),
            );
            report.error_with(at, message, None);
            return false;
        }
        self.taken.insert(id.to_owned(), (kind, at));
        true
    }
}

/// The names that an expression's text mentions, before it can be parsed: `name`, or `set.name` for dotted ones.
pub(crate) fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 2);
            rest = &rest[end..];
        } else if first == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            found.push(rest[1..end.saturating_sub(1).max(1)].to_owned());
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
                .unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches('.');
            found.push(name.strip_prefix("this.").unwrap_or(name).to_owned());
            rest = &rest[end..];
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
                .unwrap_or(rest.len());
            rest = &rest[end..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_text() {
        let check =
            |text: &str, expected: &str| assert_eq!(mentions(text).join(" "), expected, "{text}");
        check("last(edd_on) - 280", "last edd_on");
        check(
            "count(*) filter (where form = 'booking' and newborn.sex = 'm''ale')",
            "count filter where form and newborn.sex",
        );
        check("this.hb > 60", "hb");
        check("ga_days>=112", "ga_days");
        check("x1 is null or 'a b' = y", "x1 is null or y");
    }
}
