//! All columns with which a list can be seen: its own, what the program computes, and the fields of its forms.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};

use super::care_of;
use super::list_query::ListQuery;
use super::list_view::{ChoiceGroup, Dates, Looks};
use super::words::Words;
use crate::care::{Acting, COLUMNS_MAX, ListFilter};
use crate::http::{Cx, Error, Query};
use crate::ui::{Frame, html};

#[derive(Template)]
#[template(path = "care/pages/list_columns.html")]
struct ColumnsPage {
    frame: Frame,
    cx: Cx,
    base: String,
    back: String,
    /// What is asked of the list besides its columns.
    asked: Vec<(String, String)>,
    groups: Vec<ChoiceGroup>,
    most: usize,
}

/// The columns to choose from, those marked that the address names.
pub(super) async fn show(
    cx: Cx,
    Path((program, list)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let query = ListQuery::read(pairs);
    let by = Acting::from(&cx);
    let names = (program.as_str(), list.as_str());
    let filter = ListFilter {
        columns: query.columns.clone(),
        ..ListFilter::default()
    };
    let page = care.bare_list(&by, names, &filter)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let looks = Looks {
        words,
        program: care.pack().program(page.program),
        page: &page,
        query: &query,
        dates: Dates::Said,
    };
    let base = format!("/lists/{program}/{list}");
    let groups = looks.choices(&care.list_columns(&by, names)?);
    let view = ColumnsPage {
        frame: Frame::new(&cx, "menu-lists").titled(words.of(&page.title)),
        back: query.address(&base, &query.sort),
        base,
        asked: query.besides_columns(),
        groups,
        most: COLUMNS_MAX,
        cx: cx.clone(),
    };
    Ok(html(&view)?.into_response())
}
