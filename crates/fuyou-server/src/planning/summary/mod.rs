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

/// What making a summary goes through, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The targets and how far they are.
    Targets,
    /// The figures of all chapters.
    Figures,
    /// Sentences, tables and pictures.
    Words,
    /// The Word file.
    File,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 4] = [Stage::Targets, Stage::Figures, Stage::Words, Stage::File];

    /// Stages that are over when this one begins.
    pub fn before(self) -> u64 {
        let before = Stage::ALL.iter().take_while(|stage| **stage != self);
        before.count() as u64
    }
}

/// What the summary of a node is made from, for a user who may see its figures. `told` hears of each stage.
pub async fn summary(
    cx: &Cx,
    pack: &Pack,
    request: &Request,
    told: impl Fn(Stage) + Send,
) -> Result<SummaryData, Error> {
    cx.actor.require(Action::ReadIndicators, request.node)?;
    let source = Source::of(&cx.app, pack, &cx.actor.tree);
    gather::gather(source, request, told).await
}

/// The same for commands, which nobody has logged in to.
pub async fn summary_unguarded(
    source: Source<'_>,
    request: &Request,
    told: impl Fn(Stage) + Send,
) -> Result<SummaryData, Error> {
    gather::gather(source, request, told).await
}
