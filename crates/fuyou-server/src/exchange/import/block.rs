//! Reading a file of lines in pieces that keep the lines of a subject together.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use uuid::Uuid;

use super::lines::Head;

/// Subjects in one piece of work.
const SUBJECTS_MAX: usize = 48;
/// Lines in one piece of work, unless one subject alone has more.
const LINES_MAX: usize = 1_200;
/// Bytes of one line at most.
const LINE_BYTES_MAX: usize = 4 << 20;

/// One line with its number from 1.
pub(super) struct NumberedLine {
    pub number: u64,
    pub bytes: Vec<u8>,
}

/// The lines of one subject.
pub(super) struct SubjectLines {
    pub subject: Uuid,
    pub lines: Vec<NumberedLine>,
}

/// One piece of work.
#[derive(Default)]
pub(super) struct Block {
    /// Pieces are numbered from 0 within a run.
    pub number: u64,
    pub subjects: Vec<SubjectLines>,
    /// Lines that belong to no subject: organizations and staff.
    pub places: Vec<NumberedLine>,
    /// Lines that are no lines of the format.
    pub unreadable: Vec<NumberedLine>,
    /// Where the next piece begins: byte and line.
    pub end: (u64, u64),
}

impl Block {
    /// Whether a subject stands in this piece already; the last one most likely.
    fn has(&self, subject: Uuid) -> bool {
        self.subjects
            .iter()
            .rev()
            .any(|known| known.subject == subject)
    }
}

/// Reads pieces from a place in a file.
pub(super) struct Blocks {
    reader: BufReader<File>,
    position: u64,
    line: u64,
    number: u64,
    /// A line that was read and belongs to the next piece.
    held: Option<(NumberedLine, Option<Uuid>)>,
}

impl Blocks {
    pub(super) fn open(path: &Path, (position, line): (u64, u64)) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(position))?;
        Ok(Blocks {
            reader: BufReader::with_capacity(1 << 20, file),
            position,
            line,
            number: 0,
            held: None,
        })
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Block>> {
        let mut block = Block {
            number: self.number,
            ..Block::default()
        };
        let mut lines = 0;
        loop {
            // The end of this piece lies before the line that is held for the next one.
            let before = (self.position, self.line);
            let Some((line, subject)) = (match self.held.take() {
                Some(held) => Some(held),
                None => self.read_line()?,
            }) else {
                block.end = (self.position, self.line);
                break;
            };
            match subject {
                Some(subject) if block.has(subject) => {
                    if let Some(known) = block
                        .subjects
                        .iter_mut()
                        .rev()
                        .find(|known| known.subject == subject)
                    {
                        known.lines.push(line);
                    }
                }
                Some(_) if block.subjects.len() == SUBJECTS_MAX || lines >= LINES_MAX => {
                    block.end = before;
                    self.held = Some((line, subject));
                    break;
                }
                Some(subject) => block.subjects.push(SubjectLines {
                    subject,
                    lines: vec![line],
                }),
                None => match serde_json::from_slice::<Head<'_>>(&line.bytes) {
                    Ok(_) => block.places.push(line),
                    Err(_) => block.unreadable.push(line),
                },
            }
            lines += 1;
        }
        let empty =
            block.subjects.is_empty() && block.places.is_empty() && block.unreadable.is_empty();
        self.number += 1;
        Ok(if empty { None } else { Some(block) })
    }

    /// A line that is not blank, with its subject.
    fn read_line(&mut self) -> std::io::Result<Option<(NumberedLine, Option<Uuid>)>> {
        loop {
            let mut bytes = Vec::with_capacity(512);
            let read = self.reader.read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            if read > LINE_BYTES_MAX {
                return Err(std::io::Error::other("a line is longer than 4 MiB"));
            }
            self.position += read as u64;
            self.line += 1;
            if self.line == 1 && bytes.starts_with(b"\xEF\xBB\xBF") {
                bytes.drain(..3);
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let head = serde_json::from_slice::<Head<'_>>(&bytes).ok();
            let subject = head.and_then(|head| match &*head.kind {
                "person" => head.id,
                "organization" | "staff" => None,
                _ => head.subject,
            });
            return Ok(Some((
                NumberedLine {
                    number: self.line,
                    bytes,
                },
                subject,
            )));
        }
    }
}
