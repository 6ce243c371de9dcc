//! How much memory figures may take, and what is said when they need more.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use fuyou_cube::CubeError;

use super::{Live, LiveError};

/// Figures that were too large to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Bytes that they need at least.
    pub needs: usize,
    /// Bytes that they may take.
    pub bytes_max: usize,
}

impl Live {
    /// Keeps in mind that figures were too large, if that is what the error says; told once, here.
    pub(super) fn refuse(&self, error: &LiveError) -> bool {
        let LiveError::Cube(CubeError::TooLarge { needs, bytes_max }) = *error else {
            return false;
        };
        tracing::error!(
            bytes = needs,
            bytes_max,
            "figures do not fit into the memory they may take; the database answers, more slowly"
        );
        self.tell_refused(Some(TooLarge { needs, bytes_max }));
        true
    }

    /// Whether figures were too large.
    pub(super) fn refused(&self) -> Option<TooLarge> {
        let refused = self.0.refused.lock();
        *refused.unwrap_or_else(PoisonError::into_inner)
    }

    /// Also beside the snapshot, where another process finds it.
    pub(super) fn tell_refused(&self, refused: Option<TooLarge>) {
        let known = &mut *self
            .0
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = refused;
        let Some(file) = &self.0.file else { return };
        let beside = beside(&file.path);
        let told = match refused {
            Some(TooLarge { needs, bytes_max }) => {
                fs::write(beside, format!("{needs} {bytes_max}\n"))
            }
            None if beside.exists() => fs::remove_file(beside),
            None => Ok(()),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "how figures stand was not written beside their snapshot");
        }
    }
}

fn beside(snapshot: &Path) -> PathBuf {
    snapshot.with_extension("too-large")
}

/// Whether the process that keeps this snapshot found its figures too large to be held.
pub fn was_too_large(snapshot: &Path) -> Option<TooLarge> {
    let text = fs::read_to_string(beside(snapshot)).ok()?;
    let (needs, bytes_max) = text.trim().split_once(' ')?;
    Some(TooLarge {
        needs: needs.parse().ok()?,
        bytes_max: bytes_max.parse().ok()?,
    })
}
