//! What comes in and goes out in bulk.

pub(crate) mod download_web;
pub mod import;
pub(crate) mod sheet;

/// The text of a file as spreadsheets write it: UTF-8 with or without a mark, else GBK, which every Chinese one writes.
/// None when it is neither.
pub(crate) fn decoded(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, _, is_broken) = encoding_rs::GB18030.decode(bytes);
    (!is_broken).then(|| text.into_owned())
}
