//! Names of those whom records name by a code: files know staff by codes, people know them by names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::{import, store};
use crate::db::Error;
use crate::http::Cx;

/// Codes asked for at once; a page that names more people tells the others by their codes.
const CODES_MAX: usize = 200;

/// What one request has learned of names; a code that nobody has stays as it is.
#[derive(Clone, Debug, Default)]
pub struct StaffNames(Arc<Mutex<HashMap<String, Option<String>>>>);

impl StaffNames {
    /// The name behind a code, if somebody has it.
    pub fn name(&self, code: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(code).cloned().flatten()
    }

    /// All that were found, by code.
    pub fn all(&self) -> Vec<(String, String)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known
            .iter()
            .filter_map(|(code, name)| Some((code.clone(), name.clone()?)));
        let mut found: Vec<_> = found.collect();
        found.sort();
        found
    }

    fn is_asked(&self, code: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(code)
    }

    fn learn(&self, code: &str, name: Option<String>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(code.to_owned(), name);
    }
}

/// Learns the names behind the codes of a page, so that they can be told. One statement, or none. Names of colleagues:
/// the caller has decided that the actor may see the records they stand in.
pub(crate) async fn learn_staff(cx: &Cx, codes: &[&str]) -> Result<(), Error> {
    let mut ids: HashMap<Uuid, &str> = HashMap::new();
    for code in codes
        .iter()
        .copied()
        .filter(|code| !code.is_empty() && !cx.staff.is_asked(code))
    {
        if ids.len() < CODES_MAX {
            ids.insert(import::id_of(code, "staff"), code);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let asked: Vec<Uuid> = ids.keys().copied().collect();
    let mut reader = cx.db.read().await?;
    let mut found: HashMap<Uuid, String> = store::names(&mut reader, &asked)
        .await?
        .into_iter()
        .collect();
    for (id, code) in ids {
        cx.staff.learn(code, found.remove(&id));
    }
    Ok(())
}
