//! The words of the trail as people read them.

use fuyou_kernel::Language;

use crate::texts::text;

/// What is done: care, then figures, then administration.
pub(super) const ACTIONS: &[&str] = &[
    "read",
    "record",
    "correct",
    "void",
    "open_linked",
    "link",
    "withdraw",
    "register",
    "close",
    "reopen",
    "move",
    "refresh",
    "attempt",
    "complete",
    "send",
    "step",
    "merge",
    "undo_merge",
    "break_glass",
    "ask_identity_number",
    "ask_name_and_phone",
    "ask_name_and_slip",
    "drill",
    "export",
    "import",
    "import_organizations",
    "adopt",
    "decide",
    "break_down",
    "enter",
    "create_organization",
    "change_organization",
    "move_organization",
    "close_organization",
    "reopen_organization",
    "forbid_ahead",
    "allow_ahead",
    "create_staff",
    "change_staff",
    "move_staff",
    "end_staff",
    "create_user",
    "change_user",
    "lock_user",
    "unlock_user",
    "reset_password",
    "change_password",
    "choose_language",
    "log_in",
    "log_in_failed",
    "log_in_locked",
    "log_out",
    "rotate_keys",
    "take_along",
    "save_view",
    "remove_view",
    "start_job",
    "stop_job",
];

/// To what it is done.
pub(super) const ENTITIES: &[&str] = &[
    "person",
    "care",
    "enrollment",
    "encounter",
    "link",
    "task",
    "list",
    "referral",
    "person_merge",
    "glass",
    "indicator",
    "plan",
    "plan_target",
    "figure_entry",
    "summary",
    "import_job",
    "organization",
    "staff",
    "app_user",
    "session",
    "keys",
    "job",
    "list_view",
    "audit",
];

/// What the parts of a detail are called.
const DETAILS: &[&str] = &[
    "lines",
    "encounters",
    "referrals",
    "fields",
    "reason",
    "indicator",
    "node",
    "period",
    "group",
    "form",
    "step",
    "with",
    "survivor",
    "merge",
    "code",
    "version",
    "program",
    "list",
    "rows",
    "outcome",
    "from",
    "to",
    "login",
    "year",
    "by",
    "why",
    "kind",
    "found",
    "org",
    "on",
    "parent",
    "confirmed_not_the_same",
    "enrollment",
    "id",
    "subject",
    "opener",
    "on_behalf_of",
    "phones",
    "only",
];

/// What a word tells.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// What was done.
    Action,
    /// To what.
    Entity,
    /// A part of the detail.
    Detail,
}

impl Kind {
    fn key(self, word: &str) -> String {
        let kind = match self {
            Kind::Action => "action",
            Kind::Entity => "entity",
            Kind::Detail => "detail",
        };
        format!("audit-{kind}-{}", word.replace('_', "-"))
    }

    /// The word for a reader; as it was stored when this version does not know it any more.
    pub(super) fn label(self, language: Language, word: &str) -> String {
        let known = match self {
            Kind::Action => ACTIONS,
            Kind::Entity => ENTITIES,
            Kind::Detail => DETAILS,
        };
        if known.contains(&word) {
            text(language, &self.key(word))
        } else {
            word.to_owned()
        }
    }
}

/// The detail of an entry in one line: its parts with their labels. Empty parts are left out.
pub(super) fn detail(language: Language, json: &str) -> String {
    use serde_json::Value;
    let parts = match serde_json::from_str(json) {
        Ok(Value::Object(parts)) => parts,
        _ => return json.to_owned(),
    };
    let said = parts.iter().filter_map(|(key, value)| {
        let said = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        let label = Kind::Detail.label(language, key);
        (!said.is_empty()).then(|| format!("{label} {said}"))
    });
    said.collect::<Vec<_>>().join(" · ")
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every word that a scenario left in the trail can be chosen and has a text.
#[cfg(test)]
pub(crate) async fn words_are_known(db: &crate::db::Db) {
    let mut reader = db.read().await.unwrap();
    let stored = super::store::words(&mut reader).await.unwrap();
    let unknown: Vec<_> = stored
        .iter()
        .filter(|(action, entity)| {
            // What a test does in the name of nobody.
            let told = entity != "test";
            told && (!ACTIONS.contains(&&**action) || !ENTITIES.contains(&&**entity))
        })
        .collect();
    assert!(
        unknown.is_empty(),
        "the trail has words without a text: {unknown:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::has;

    #[test]
    fn every_word_has_a_text() {
        for (kind, words) in [
            (Kind::Action, ACTIONS),
            (Kind::Entity, ENTITIES),
            (Kind::Detail, DETAILS),
        ] {
            for word in words {
                assert!(has(Language::Zh, &kind.key(word)), "{}", kind.key(word));
            }
        }
    }

    #[test]
    fn a_detail_is_read_in_one_line() {
        let check = |json: &str, wanted: &str| assert_eq!(detail(Language::En, json), wanted);
        check("{}", "");
        check(r#"{"lines":40}"#, "lines 40");
        check(
            r#"{"reason":"a typo","fields":["phone","name"]}"#,
            "fields phone, name · reason a typo",
        );
        check(r#"{"unheard_of":true,"reason":""}"#, "unheard_of true");
        check("not an object", "not an object");
    }
}
