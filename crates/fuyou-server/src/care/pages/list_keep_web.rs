//! Keeping and forgetting the user's views of a list.

use axum::extract::Path;
use axum::response::Redirect;
use fuyou_kernel::Localized;

use super::care_of;
use super::list_query::ListQuery;
use super::sent::Sent;
use crate::care::{Acting, ListView, NewView};
use crate::http::{Cx, Error, Form};

/// Keeps what the page shows under a name.
pub(super) async fn keep(
    cx: Cx,
    Path((program, list)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, Error> {
    let sent = Sent(pairs);
    let id = sent.one("id").parse().map_err(|_| Error::NotFound)?;
    let (name, is_default) = (sent.one("name").to_owned(), sent.one("is_default") == "yes");
    let new = NewView {
        view: ListView {
            id,
            name,
            // Only what an address of the list can say is kept.
            pairs: ListQuery::read(sent.0).pairs(),
            is_default,
        },
        program,
        list,
    };
    if !care_of(&cx)?.keep_view(&Acting::from(&cx), &new).await? {
        return Err(Error::Rejected(Localized::new(
            "视图需要一个名称（最多40字），每个台账最多保存20个视图。",
            "A view needs a name of at most 40 characters, and a list has at most 20 views.",
        )));
    }
    let pairs = new.view.pairs.clone();
    let base = format!("/lists/{}/{}", new.program, new.list);
    let query = ListQuery::read(pairs);
    Ok(Redirect::to(&query.address(&base, &query.sort)))
}

/// Forgets a view.
pub(super) async fn remove(
    cx: Cx,
    Path((program, list, view)): Path<(String, String, String)>,
) -> Result<Redirect, Error> {
    let id = view.parse().map_err(|_| Error::NotFound)?;
    care_of(&cx)?.forget_view(&Acting::from(&cx), id).await?;
    Ok(Redirect::to(&format!("/lists/{program}/{list}")))
}
