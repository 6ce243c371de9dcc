//! How a user likes to see a list: columns, order and lines under a name. Only the user's own.

use uuid::Uuid;

use super::{Acting, Care, Error, views_store as store};
use crate::access::Action;

/// Views of one list that a user keeps at most.
const VIEWS_MAX: usize = 20;
/// Most characters of a name.
const NAME_CHARACTERS_MAX: usize = 40;

/// A view that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListView {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What is asked of the list, as pairs of an address.
    pub pairs: Vec<(String, String)>,
    /// Whether the list opens with it.
    pub is_default: bool,
}

/// A view to be kept, with an id made by the client.
#[derive(Clone, Debug)]
pub struct NewView {
    /// The view.
    pub view: ListView,
    /// The program's id.
    pub program: String,
    /// The list's id.
    pub list: String,
}

impl Care {
    /// The views that the actor keeps of a list, by name. One statement.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn views(&self, by: &Acting, list: (&str, &str)) -> Result<Vec<ListView>, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let mut reader = self.db().glance().await?;
        Ok(store::views(&mut reader, by.actor.id, list).await?)
    }

    /// Keeps a view. One of the same name takes its place; the list opens with one view at most.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such list; see [`Error`]. Without a name, or with too many views, nothing is
    /// kept and `false` is given.
    pub async fn keep_view(&self, by: &Acting, new: &NewView) -> Result<bool, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let program = self.pack().program_ix(&new.program);
        let program = self.pack().program(program.ok_or(Error::NotFound("list"))?);
        let known = program.lists.iter().find(|list| *list.id == *new.list);
        known
            .filter(|list| list.secrecy <= by.actor.secrecy_max())
            .ok_or(Error::NotFound("list"))?;
        let name = new.view.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
            return Ok(false);
        }
        let list = (new.program.as_str(), new.list.as_str());
        let mut tx = self.db().begin(None).await?;
        let kept = store::views(&mut tx, by.actor.id, list).await?;
        let same = kept.iter().find(|view| view.name == name);
        if same.is_none() && kept.len() >= VIEWS_MAX {
            return Ok(false);
        }
        let view = ListView {
            id: same.map_or(new.view.id, |view| view.id),
            name: name.to_owned(),
            ..new.view.clone()
        };
        if view.is_default {
            store::clear_default(&mut tx, by.actor.id, list).await?;
        }
        store::save(&mut tx, by.actor.id, list, &view, by.now).await?;
        let mut entry = by.entry("save_view", "list_view");
        entry.entity_id = Some(view.id);
        tx.audit(entry.saying(serde_json::json!({ "list": new.list }).to_string()));
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets a view of the actor's; one that is gone already stays gone.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn forget_view(&self, by: &Acting, id: Uuid) -> Result<(), Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let mut tx = self.db().begin(None).await?;
        if store::remove(&mut tx, by.actor.id, id).await? {
            let mut entry = by.entry("remove_view", "list_view");
            entry.entity_id = Some(id);
            tx.audit(entry);
        }
        tx.commit().await?;
        Ok(())
    }
}
