use crate::diagnostic::PackErrors;
use crate::model::Pack;

/// One file of a pack folder.
#[derive(Clone, Debug)]
pub struct PackFile {
    /// The path inside the pack folder, with `/` between names: `maternal/forms/booking.toml`.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The files of one pack folder.
#[derive(Clone, Debug)]
pub struct PackFiles {
    /// The folder as it should be named in messages: `packs/cn`.
    pub root: String,
    /// The files, in any order.
    pub files: Vec<PackFile>,
}

/// The id of the pack that an overlay extends, if its `pack.toml` can be read and names one.
/// For callers that must find the base folder before they can [`load`].
pub fn base_of(files: &PackFiles) -> Option<String> {
    let _ = files;
    None
}

/// Puts a base pack and its overlays (in this order) together and checks the whole.
///
/// # Errors
/// Everything that is wrong, in one run.
pub fn load(layers: &[PackFiles]) -> Result<Pack, PackErrors> {
    let _ = layers;
    Err(PackErrors(Vec::new()))
}
