//! From bytes to lines: UTF-8 with or without a BOM, UTF-16 with one, GB18030, any mixture of line ends, and Word files.

use super::docx;

/// Files larger than this are not plans.
const BYTES_MAX: usize = 20 << 20;
/// A plan has fewer characters than this in one line; longer lines are cut off from search windows anyway.
const BINARY_SHARE: usize = 50;

/// Why a file could not be read as a plan.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No bytes, or only blanks.
    #[error("the file is empty")]
    Empty,
    /// More bytes than any plan has.
    #[error("the file has {bytes} bytes, more than the {max} that are read")]
    TooLarge {
        /// The size of the file.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Neither text nor a Word file.
    #[error("the file is neither text nor a .docx document")]
    Binary,
    /// A kind of document that is recognised but not read.
    #[error("{kind} files are not read: save it as .docx or .txt")]
    Unsupported {
        /// The kind of file.
        kind: &'static str,
    },
    /// A Word file that is damaged or too large inside.
    #[error("the .docx file cannot be read: {0}")]
    Docx(#[from] docx::DocxError),
    /// A text that is no plan.
    #[error(
        "the text does not look like a work plan: no target and too few of the words that plans use"
    )]
    NotAPlan,
}

impl ReadError {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Empty => "文件为空".into(),
            Self::TooLarge { bytes, max } => format!("文件有 {bytes} 字节,超过上限 {max} 字节"),
            Self::Binary => "文件既不是文本,也不是 .docx 文档".into(),
            Self::Unsupported { kind } => format!("不支持 {kind} 文件,请另存为 .docx 或 .txt"),
            Self::Docx(err) => format!("无法读取 .docx 文件:{}", err.zh()),
            Self::NotAPlan => "文本不像工作计划:没有找到目标,也很少见到计划常用的词语".into(),
        }
    }
}

/// The lines of a file, and whether some characters could not be decoded.
pub(super) struct Source {
    pub(super) lines: Vec<String>,
    pub(super) undecodable: bool,
}

/// Decodes a file. The name only helps to explain what is wrong with it.
pub(super) fn decode(bytes: &[u8], name: &str) -> Result<Source, ReadError> {
    if bytes.len() > BYTES_MAX {
        return Err(ReadError::TooLarge {
            bytes: bytes.len(),
            max: BYTES_MAX,
        });
    }
    let named_docx = name.to_ascii_lowercase().ends_with(".docx");
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || named_docx {
        return Ok(Source {
            lines: docx::lines(bytes)?,
            undecodable: false,
        });
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(ReadError::Unsupported { kind: ".doc" });
    }
    if bytes.starts_with(b"%PDF") {
        return Err(ReadError::Unsupported { kind: "PDF" });
    }
    let (text, undecodable) = text(bytes)?;
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(Source {
        lines: split(&text),
        undecodable,
    })
}

fn text(bytes: &[u8]) -> Result<(String, bool), ReadError> {
    if let Some((encoding, skip)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[skip..]);
        return Ok((text.into_owned(), bad));
    }
    if bytes.contains(&0) {
        return Err(ReadError::Binary);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if is_binary(text) {
            Err(ReadError::Binary)
        } else {
            Ok((text.to_owned(), false))
        };
    }
    // A file that is UTF-8 but for a few broken characters stays UTF-8; all else is GB18030.
    let lossy = String::from_utf8_lossy(bytes);
    let broken = lossy.chars().filter(|c| *c == '\u{fffd}').count();
    if broken * BINARY_SHARE < lossy.chars().count() {
        return Ok((lossy.into_owned(), true));
    }
    let (text, _, bad) = encoding_rs::GB18030.decode(bytes);
    let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
    if is_binary(&text) || broken * BINARY_SHARE > text.chars().count() {
        return Err(ReadError::Binary);
    }
    Ok((text.into_owned(), bad))
}

fn is_binary(text: &str) -> bool {
    let (mut controls, mut total) = (0, 0);
    for c in text.chars() {
        total += 1;
        controls +=
            usize::from(c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{b}'));
    }
    controls * BINARY_SHARE > total
}

/// Lines end with LF, CR LF or CR, mixed as they come.
fn split(text: &str) -> Vec<String> {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = unified.split('\n').map(str::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}
