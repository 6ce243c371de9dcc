//! A document as blocks, whatever the file format: the summary is composed into it, a writer and a page show it.

use std::collections::HashMap;

use fuyou_kernel::Language;

/// Longest name of a bookmark that word processors keep.
pub(super) const BOOKMARK_CHARS_MAX: usize = 40;

/// A whole document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The language that it is written in.
    pub language: Language,
    /// The title on the first page.
    pub title: String,
    /// What it consists of, in order.
    pub blocks: Vec<Block>,
    /// The endnotes; number 1 is the first.
    pub notes: Vec<String>,
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// The title of the document.
    Title(Vec<Inline>),
    /// A line below the title.
    Subtitle(Vec<Inline>),
    /// A heading of a chapter (1) or a part of it (2).
    Heading(u8, Vec<Inline>),
    /// A paragraph of text.
    Paragraph(Vec<Inline>),
    /// A line at the right, such as the signature.
    Signature(Vec<Inline>),
    /// A table.
    Table(Table),
    /// A picture.
    Picture(Picture),
    /// What follows stands on pages of this orientation, beginning with a new one.
    Pages(Orientation),
}

/// How a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// Upright.
    Portrait,
    /// On its side, for wide tables.
    Landscape,
}

/// Text inside a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Words that lead.
    Strong(String),
    /// A number that was computed or planned, with its own bookmark.
    Number(Number),
    /// A place that a person fills in.
    Blank(String),
    /// Words that lead to an address.
    Link(String, String),
}

/// A number in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// As it is read, unit included.
    pub text: String,
    /// The name of its bookmark, once in the document.
    pub bookmark: String,
    /// The endnote behind it.
    pub note: Option<usize>,
}

/// A table with a heading row.
#[derive(Clone, Debug)]
pub struct Table {
    /// What stands above it.
    pub caption: Vec<Inline>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Vec<Inline>>>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Its part of the width, compared with the other columns.
    pub width: u32,
    /// Whether numbers stand in it.
    pub is_number: bool,
}

/// A picture. A file has it twice: drawn, and as dots for programs that cannot draw it.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The drawing.
    pub svg: String,
    /// Width and height, in the units of the drawing.
    pub size: (u32, u32),
    /// What it shows, for those who do not see it.
    pub says: String,
    /// What stands below it.
    pub caption: Vec<Inline>,
}

/// Gives every number its own bookmark: the first of a figure has the plain name, later ones a count behind it.
#[derive(Debug, Default)]
pub(super) struct Bookmarks(HashMap<String, usize>);

impl Bookmarks {
    /// The name of the next bookmark for this figure.
    pub(super) fn next(&mut self, stem: &str) -> String {
        let stem = shortened(stem);
        let count = self.0.entry(stem.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            stem
        } else {
            format!("{stem}_{count}")
        }
    }
}

/// A stem that leaves room for a count. What is cut is replaced by a checksum, so that two long names stay two.
fn shortened(stem: &str) -> String {
    const ROOM: usize = BOOKMARK_CHARS_MAX - 4;
    let clean: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if clean.len() <= ROOM {
        return clean;
    }
    // FNV-1a: any spread would do, and this one does not change between versions of a library.
    let hash = clean.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The period stands at the end and must stay readable.
    let tail = clean.rfind('_').map_or("", |at| &clean[at..]);
    let tail = if tail.len() <= 8 { tail } else { "" };
    let keep = ROOM - 9 - tail.len();
    format!("{}_{hash:08x}{tail}", &clean[..keep])
}

/// The words of inlines without any marks.
pub fn plain(inlines: &[Inline]) -> String {
    let text = |inline: &Inline| match inline {
        Inline::Text(text) | Inline::Strong(text) | Inline::Blank(text) | Inline::Link(text, _) => {
            text.clone()
        }
        Inline::Number(number) => number.text.clone(),
    };
    inlines.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookmarks_are_unique_and_short() {
        let mut marks = Bookmarks::default();
        let mut check = |stem: &str, expected: &str| {
            let name = marks.next(stem);
            assert_eq!(name, expected, "{stem}");
            assert!(name.len() <= BOOKMARK_CHARS_MAX, "{name}");
        };
        check("i_card_rate_s2026", "i_card_rate_s2026");
        check("i_card_rate_s2026", "i_card_rate_s2026_2");
        check("i_card_rate_2026-03", "i_card_rate_2026_03");
        check(
            "i_hospital_exclusive_breastfeeding_rate_s2026",
            "i_hospital_exclusive__72c4df77_s2026",
        );
        check(
            "i_hospital_exclusive_breastfeeding_rate_s2026",
            "i_hospital_exclusive__72c4df77_s2026_2",
        );
    }
}
