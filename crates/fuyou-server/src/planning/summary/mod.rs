//! The annual summary: the year of a node in words, tables and pictures, written from its figures.
//!
//! - [`SummaryData`] is gathered once (figures, targets, places); [`compose`] turns it into a [`Document`] without
//!   looking anything up; [`docx`] writes that as a Word file, and a page shows the same blocks.
//! - Sentences are texts, the outline is the pack's `summary.csv`: nothing here knows an indicator.
//!
//! Invariants:
//! - every number has a bookmark of its own, and every indicator's first number an endnote that defines it;
//! - what no figure knows is left blank and marked: deeds are never made up;
//! - small cells of infection indicators stay out, whoever makes the document.

mod actions;
mod chapters;
mod compose;
mod data;
mod document;
mod docx;
mod docx_parts;
mod gather;
mod picture;
mod raster;
mod web;
mod words;

#[cfg(test)]
mod tests;

use fuyou_pack::Pack;

use super::plans::Error;
use crate::access::Action;
use crate::http::Cx;
use crate::insight::Source;

pub use compose::compose;
pub use data::{
    ChapterData, Contribution, DENOMINATOR_MIN, Definition, FigureData, Goal, Place, Ranking,
    SummaryData,
};
pub use document::{Block, Column, Document, Inline, Number, Orientation, Picture, Table, plain};
pub use docx::{DocxError, docx};
pub use gather::Request;
pub use raster::RasterError;
pub(super) use web::routes;

/// What the summary of a node is made from, for a user who may see its figures.
pub async fn summary(cx: &Cx, pack: &Pack, request: &Request) -> Result<SummaryData, Error> {
    cx.actor.require(Action::ReadIndicators, request.node)?;
    gather::gather(Source::of(&cx.app, pack, &cx.actor.tree), request).await
}

/// The same for commands, which nobody has logged in to.
pub async fn summary_unguarded(
    source: Source<'_>,
    request: &Request,
) -> Result<SummaryData, Error> {
    gather::gather(source, request).await
}
