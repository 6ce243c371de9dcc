//! A document as a Word file: the parts of an Office Open XML package (ECMA-376), written directly, because what we need
//! beside text — a bookmark on every number, endnotes, drawings with a picture behind them — is a few elements each.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use fuyou_kernel::Timestamp;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::document::{Block, Document, Inline, Number, Orientation, Picture, Table};
use super::docx_parts as parts;
use super::raster::{self, RasterError};

/// Why a document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DocxError {
    /// The package could not be put together.
    #[error("the document could not be packed")]
    Zip(#[from] zip::result::ZipError),
    /// A part could not be written into it.
    #[error("the document could not be packed")]
    Io(#[from] std::io::Error),
    /// A picture could not be turned into dots.
    #[error("a picture of the document could not be drawn")]
    Picture(#[from] RasterError),
}

/// English metric units in a millimetre.
const EMU_PER_MM: u32 = 36_000;

/// The file. `at` is the moment of making; it stands in the properties of the file.
///
/// # Errors
/// When a picture cannot be drawn or the package not be put together.
pub fn docx(document: &Document, at: Timestamp) -> Result<Vec<u8>, DocxError> {
    let mut body = Body::default();
    for block in &document.blocks {
        body.block(block);
    }
    body.end();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut put = |name: &str, bytes: &[u8]| -> Result<(), DocxError> {
        zip.start_file(name, options)?;
        Ok(zip.write_all(bytes)?)
    };
    put("[Content_Types].xml", parts::CONTENT_TYPES.as_bytes())?;
    put("_rels/.rels", parts::ROOT_RELATIONS.as_bytes())?;
    put(
        "docProps/core.xml",
        parts::core(&escaped(&document.title), &at.to_string()).as_bytes(),
    )?;
    put("docProps/app.xml", parts::APP.as_bytes())?;
    put(
        "word/styles.xml",
        parts::styles(document.language).as_bytes(),
    )?;
    put("word/settings.xml", parts::SETTINGS.as_bytes())?;
    put("word/footer_odd.xml", parts::footer("right").as_bytes())?;
    put("word/footer_even.xml", parts::footer("left").as_bytes())?;
    put("word/fontTable.xml", parts::FONTS.as_bytes())?;
    put("word/endnotes.xml", endnotes(&document.notes).as_bytes())?;
    put("word/document.xml", body.part().as_bytes())?;
    put("word/_rels/document.xml.rels", body.relations().as_bytes())?;
    for (number, picture) in body.pictures.iter().enumerate() {
        put(
            &format!("word/media/chart{}.svg", number + 1),
            picture.svg.as_bytes(),
        )?;
        let png = raster::png(&picture.svg)?;
        put(&format!("word/media/chart{}.png", number + 1), &png)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// The body while it is written.
#[derive(Default)]
struct Body<'a> {
    xml: String,
    bookmarks: usize,
    pictures: Vec<&'a Picture>,
    links: Vec<&'a str>,
    orientation: Option<Orientation>,
}

impl<'a> Body<'a> {
    fn block(&mut self, block: &'a Block) {
        match block {
            Block::Title(inlines) => self.paragraph("Title", inlines),
            Block::Subtitle(inlines) => self.paragraph("Subtitle", inlines),
            Block::Heading(level, inlines) => {
                self.paragraph(if *level <= 1 { "Heading1" } else { "Heading2" }, inlines)
            }
            Block::Paragraph(inlines) => self.paragraph("BodyText", inlines),
            Block::Signature(inlines) => self.paragraph("Signature", inlines),
            Block::Table(table) => self.table(table),
            Block::Picture(picture) => self.picture(picture),
            Block::Pages(orientation) => {
                // The properties of pages stand at their end: these close what came before.
                let before = self
                    .orientation
                    .replace(*orientation)
                    .unwrap_or(Orientation::Portrait);
                let _ = write!(
                    self.xml,
                    "<w:p><w:pPr>{}</w:pPr></w:p>",
                    parts::section(before)
                );
            }
        }
    }

    fn paragraph(&mut self, style: &str, inlines: &'a [Inline]) {
        let _ = write!(
            self.xml,
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>"#
        );
        self.inlines(inlines);
        self.xml.push_str("</w:p>");
    }

    fn inlines(&mut self, inlines: &'a [Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => self.run("", text),
                Inline::Strong(text) => self.run("<w:b/><w:bCs/>", text),
                Inline::Blank(text) => self.run(r#"<w:highlight w:val="yellow"/>"#, text),
                Inline::Number(number) => self.number(number),
                Inline::Link(text, address) => {
                    self.links.push(address);
                    let _ = write!(
                        self.xml,
                        r#"<w:hyperlink r:id="link{}" w:history="1">"#,
                        self.links.len()
                    );
                    self.run(r#"<w:rStyle w:val="Hyperlink"/>"#, text);
                    self.xml.push_str("</w:hyperlink>");
                }
            }
        }
    }

    fn run(&mut self, properties: &str, text: &str) {
        let properties = if properties.is_empty() {
            String::new()
        } else {
            format!("<w:rPr>{properties}</w:rPr>")
        };
        let _ = write!(
            self.xml,
            r#"<w:r>{properties}<w:t xml:space="preserve">{}</w:t></w:r>"#,
            escaped(text)
        );
    }

    fn number(&mut self, number: &Number) {
        self.bookmarks += 1;
        let (id, name) = (self.bookmarks, escaped(&number.bookmark));
        let _ = write!(
            self.xml,
            r#"<w:bookmarkStart w:id="{id}" w:name="{name}"/>"#
        );
        self.run("", &number.text);
        let _ = write!(self.xml, r#"<w:bookmarkEnd w:id="{id}"/>"#);
        if let Some(note) = number.note {
            let _ = write!(
                self.xml,
                r#"<w:r><w:rPr><w:rStyle w:val="EndnoteReference"/></w:rPr><w:endnoteReference w:id="{note}"/></w:r>"#
            );
        }
    }

    fn table(&mut self, table: &'a Table) {
        if !table.caption.is_empty() {
            self.paragraph("TableCaption", &table.caption);
        }
        let room = parts::text_width_twips(self.orientation.unwrap_or(Orientation::Portrait));
        let all: u32 = table
            .columns
            .iter()
            .map(|column| column.width)
            .sum::<u32>()
            .max(1);
        let widths: Vec<u32> = table
            .columns
            .iter()
            .map(|column| room * column.width / all)
            .collect();
        let _ = write!(
            self.xml,
            r#"<w:tbl><w:tblPr><w:tblStyle w:val="Figures"/><w:tblW w:w="{room}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>"#
        );
        for width in &widths {
            let _ = write!(self.xml, r#"<w:gridCol w:w="{width}"/>"#);
        }
        self.xml
            .push_str("</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        for (column, width) in table.columns.iter().zip(&widths) {
            let _ = write!(
                self.xml,
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:shd w:val="clear" w:color="auto" w:fill="E7EDF2"/><w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="TableHead"/></w:pPr>"#
            );
            self.run("", &column.title);
            self.xml.push_str("</w:p></w:tc>");
        }
        self.xml.push_str("</w:tr>");
        for row in &table.rows {
            self.xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
            for ((cell, column), width) in row.iter().zip(&table.columns).zip(&widths) {
                let style = if column.is_number {
                    "TableNumber"
                } else {
                    "TableText"
                };
                let _ = write!(
                    self.xml,
                    r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>"#
                );
                self.paragraph(style, cell);
                self.xml.push_str("</w:tc>");
            }
            self.xml.push_str("</w:tr>");
        }
        // Two tables in a row would grow together without a paragraph between them.
        self.xml
            .push_str(r#"</w:tbl><w:p><w:pPr><w:pStyle w:val="AfterTable"/></w:pPr></w:p>"#);
    }

    fn picture(&mut self, picture: &'a Picture) {
        self.pictures.push(picture);
        let number = self.pictures.len();
        let width = parts::TEXT_WIDTH_MM * EMU_PER_MM;
        let height = u32::try_from(
            u64::from(width) * u64::from(picture.size.1) / u64::from(picture.size.0.max(1)),
        )
        .unwrap_or(width);
        let _ = write!(
            self.xml,
            r#"<w:p><w:pPr><w:pStyle w:val="Picture"/></w:pPr><w:r>{}</w:r></w:p>"#,
            parts::drawing(number, (width, height), &escaped(&picture.says))
        );
        self.paragraph("Caption", &picture.caption);
    }

    fn end(&mut self) {
        self.xml.push_str(&parts::section(
            self.orientation.unwrap_or(Orientation::Portrait),
        ));
    }

    fn part(&self) -> String {
        format!(
            "{}<w:document {}><w:body>{}</w:body></w:document>",
            parts::DECLARATION,
            parts::SPACES,
            self.xml
        )
    }

    fn relations(&self) -> String {
        let mut xml = format!("{}{}", parts::DECLARATION, parts::DOCUMENT_RELATIONS);
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        for number in 1..=self.pictures.len() {
            for form in ["svg", "png"] {
                let _ = write!(
                    xml,
                    r#"<Relationship Id="{form}{number}" Type="{kind}/image" Target="media/chart{number}.{form}"/>"#
                );
            }
        }
        for (at, address) in self.links.iter().enumerate() {
            let _ = write!(
                xml,
                r#"<Relationship Id="link{}" Type="{kind}/hyperlink" Target="{}" TargetMode="External"/>"#,
                at + 1,
                escaped(address)
            );
        }
        xml.push_str("</Relationships>");
        xml
    }
}

/// The endnotes; the two below 1 are the lines that word processors draw above them.
fn endnotes(notes: &[String]) -> String {
    let mut xml = format!(
        "{}<w:endnotes {}>{}",
        parts::DECLARATION,
        parts::SPACES,
        parts::SEPARATORS
    );
    for (at, note) in notes.iter().enumerate() {
        let _ = write!(
            xml,
            r#"<w:endnote w:id="{}"><w:p><w:pPr><w:pStyle w:val="EndnoteText"/></w:pPr><w:r><w:rPr><w:rStyle w:val="EndnoteReference"/></w:rPr><w:endnoteRef/></w:r><w:r><w:t xml:space="preserve"> {}</w:t></w:r></w:p></w:endnote>"#,
            at + 1,
            escaped(note)
        );
    }
    xml.push_str("</w:endnotes>");
    xml
}

/// Text for an element or attribute. Characters that XML cannot hold are dropped: no reader would open the file.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => {}
            c => safe.push(c),
        }
    }
    safe
}
