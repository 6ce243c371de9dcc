//! The look of every page: frame, menu, small components, stylesheets.
//!
//! A page's template begins with `{% extends "ui/frame.html" %}` and has a field `frame: Frame`.
//! Components are macros in `ui/components.html`.

mod assets;
mod frame;
mod home;
mod offline;
mod qr;

#[cfg(test)]
mod tests;

pub(crate) use assets::stylesheet_path;
pub(crate) use frame::error_page;
pub use frame::{Frame, html};
pub(crate) use home::Need;
pub(crate) use qr::{id_of, picture};

use crate::http::{Access, Route};

/// Routes of the frame itself.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/", Access::LoggedIn, home::home),
        Route::get("/assets/{name}", Access::Public, assets::asset),
        Route::get("/worker.js", Access::Public, offline::worker),
        Route::get("/offline/{language}", Access::Public, offline::shell),
        Route::get("/session", Access::LoggedIn, offline::session),
        Route::post("/language", Access::Public, home::switch_language),
    ]
}
