//! Word files: the paragraphs of `word/document.xml`, a table row as one line with tabs between the cells.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::Event;

/// The document inside may not unpack to more than this: a plan is text, and a small file that unpacks to gigabytes is an attack.
const UNPACKED_MAX: u64 = 16 << 20;
/// A zip file with more parts than this is no Word file.
const PARTS_MAX: usize = 10_000;

/// Why a Word file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DocxError {
    /// The container is damaged or no zip file at all.
    #[error("it is not a complete zip file ({0})")]
    Zip(String),
    /// The container has no document.
    #[error("word/document.xml is missing")]
    NoDocument,
    /// The document unpacks to more than any plan.
    #[error("word/document.xml unpacks to more than {max} bytes")]
    TooLarge {
        /// The limit.
        max: u64,
    },
    /// The XML is damaged.
    #[error("word/document.xml is damaged at byte {at}: {why}")]
    Xml {
        /// Where reading stopped.
        at: u64,
        /// What the XML reader said.
        why: String,
    },
}

impl DocxError {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Zip(why) => format!("不是完整的压缩文件({why})"),
            Self::NoDocument => "缺少 word/document.xml".into(),
            Self::TooLarge { max } => format!("word/document.xml 解压后超过 {max} 字节"),
            Self::Xml { at, why } => format!("word/document.xml 在第 {at} 字节处损坏:{why}"),
        }
    }
}

/// The lines of a Word file.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<String>, DocxError> {
    let xml = document(bytes)?;
    let mut reader = Reader::from_reader(xml.as_slice());
    let mut text = Body::default();
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => text.take(&event),
            Err(err) => {
                return Err(DocxError::Xml {
                    at: reader.error_position(),
                    why: err.to_string(),
                });
            }
        }
    }
    if text.depth != 0 {
        return Err(DocxError::Xml {
            at: reader.buffer_position(),
            why: "the document ends inside an element".into(),
        });
    }
    text.end_line();
    Ok(text.lines)
}

fn document(bytes: &[u8]) -> Result<Vec<u8>, DocxError> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|err| DocxError::Zip(err.to_string()))?;
    if archive.len() > PARTS_MAX {
        return Err(DocxError::Zip(format!("{} parts", archive.len())));
    }
    let file = match archive.by_name("word/document.xml") {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Err(DocxError::NoDocument),
        Err(err) => return Err(DocxError::Zip(err.to_string())),
    };
    let mut xml = Vec::new();
    // The size in the directory may lie, so the limit holds while unpacking.
    file.take(UNPACKED_MAX + 1)
        .read_to_end(&mut xml)
        .map_err(|err| DocxError::Zip(err.to_string()))?;
    if xml.len() as u64 > UNPACKED_MAX {
        return Err(DocxError::TooLarge { max: UNPACKED_MAX });
    }
    Ok(xml)
}

#[derive(Default)]
struct Body {
    lines: Vec<String>,
    line: String,
    depth: i64,
    rows: u32,
    in_text: bool,
    /// Text of tracked deletions is not part of the document.
    deleted: u32,
}

impl Body {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.open(tag.local_name().as_ref());
            }
            Event::Empty(tag) => self.empty(tag.local_name().as_ref()),
            Event::End(tag) => {
                self.depth -= 1;
                self.close(tag.local_name().as_ref());
            }
            Event::Text(text) if self.in_text && self.deleted == 0 => {
                self.line.push_str(text.as_ref())
            }
            Event::GeneralRef(entity) if self.in_text && self.deleted == 0 => self.entity(entity),
            _ => {}
        }
    }

    fn open(&mut self, name: &str) {
        match name {
            "t" => self.in_text = true,
            "tr" => {
                self.rows += 1;
                if self.rows == 1 {
                    self.end_line();
                }
            }
            "del" => self.deleted += 1,
            _ => {}
        }
    }

    fn empty(&mut self, name: &str) {
        match name {
            "tab" if self.rows == 0 => self.line.push('\t'),
            "br" | "cr" if self.rows == 0 => self.end_line(),
            "tab" | "br" | "cr" => self.line.push(' '),
            "noBreakHyphen" => self.line.push('-'),
            "p" if self.rows == 0 => self.close("p"),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "del" => self.deleted = self.deleted.saturating_sub(1),
            "p" if self.rows == 0 => self.lines.push(std::mem::take(&mut self.line)),
            "tc" => self.line.push('\t'),
            "tr" => {
                self.rows = self.rows.saturating_sub(1);
                let row = self.line.trim_end_matches('\t').to_owned();
                if self.rows == 0 {
                    self.line.clear();
                    self.lines.push(row);
                }
            }
            _ => {}
        }
    }

    fn entity(&mut self, entity: &quick_xml::events::BytesRef<'_>) {
        if let Ok(Some(c)) = entity.resolve_char_ref() {
            self.line.push(c);
            return;
        }
        let c = match entity.as_ref() {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return,
        };
        self.line.push(c);
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }
}
