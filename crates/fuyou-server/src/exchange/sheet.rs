//! Tables as files for spreadsheet programs, written line by line: the memory needed does not grow with the table.
//!
//! An Excel file is written directly (ECMA-376, SpreadsheetML with inline strings): we need one plain sheet after the other,
//! of any length, into a stream that cannot seek.

use std::fmt::Write as _;
use std::io::Write;

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

/// Lines of one sheet at most, the head included: what spreadsheet programs take. More lines go on in the next sheet.
const SHEET_LINES_MAX: u32 = 1_048_576;
/// Text is handed to the packer in pieces of about this many bytes.
const PIECE: usize = 64 * 1024;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SheetError {
    /// The package of an Excel file could not be put together.
    #[error("the spreadsheet could not be packed")]
    Zip(#[from] zip::result::ZipError),
    /// A line of text could not be written.
    #[error("the spreadsheet could not be written")]
    Csv(#[from] csv::Error),
    /// The file could not be written.
    #[error("the spreadsheet could not be written")]
    Io(#[from] std::io::Error),
}

/// The kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SheetKind {
    Csv,
    Xlsx,
}

impl SheetKind {
    /// The kind by the ending of its files.
    pub(crate) fn of_ending(ending: &str) -> Option<SheetKind> {
        [SheetKind::Csv, SheetKind::Xlsx]
            .into_iter()
            .find(|kind| kind.ending() == ending)
    }

    /// The ending of its files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            SheetKind::Csv => "csv",
            SheetKind::Xlsx => "xlsx",
        }
    }

    /// Its MIME type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            SheetKind::Csv => "text/csv; charset=utf-8",
            SheetKind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Int(i64),
}

/// A table that is being written.
pub(crate) struct Sheet<W: Write>(Kind<W>);

enum Kind<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Xlsx<W>>),
}

impl<W: Write> Sheet<W> {
    /// Begins the file with its head.
    pub(crate) fn begin(kind: SheetKind, mut out: W, head: &[String]) -> Result<Self, SheetError> {
        let kind = match kind {
            SheetKind::Csv => {
                // Spreadsheet programs take a file without this mark for their local encoding.
                out.write_all("\u{feff}".as_bytes())?;
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(head)?;
                Kind::Csv(Box::new(writer))
            }
            SheetKind::Xlsx => Kind::Xlsx(Box::new(Xlsx::begin(out, head)?)),
        };
        Ok(Sheet(kind))
    }

    /// Writes a line. A text that begins like a formula is written so that it does not become one.
    pub(crate) fn line<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Value<'a>>,
    ) -> Result<(), SheetError> {
        match &mut self.0 {
            Kind::Csv(writer) => {
                for cell in cells {
                    match cell {
                        Value::Text(text) if is_formula(text) => {
                            writer.write_field(format!("'{text}"))?;
                        }
                        Value::Text(text) => writer.write_field(text)?,
                        Value::Int(number) => writer.write_field(number.to_string())?,
                    }
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
            Kind::Xlsx(xlsx) => xlsx.line(cells, Style::Plain),
        }
    }

    /// Ends the file and gives back what it was written to.
    pub(crate) fn finish(self) -> Result<W, SheetError> {
        match self.0 {
            Kind::Csv(writer) => writer
                .into_inner()
                .map_err(|err| SheetError::Io(err.into_error())),
            Kind::Xlsx(xlsx) => xlsx.finish(),
        }
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The place of a format in `styles.xml`.
#[derive(Clone, Copy)]
enum Style {
    Plain = 0,
    Head = 1,
}

struct Xlsx<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    head: Vec<String>,
    /// Sheets begun.
    sheets: u32,
    /// Lines in the present sheet.
    lines: u32,
    /// Text that was not yet handed to the packer.
    text: String,
}

impl<W: Write> Xlsx<W> {
    fn begin(out: W, head: &[String]) -> Result<Self, SheetError> {
        let mut xlsx = Xlsx {
            zip: ZipWriter::new_stream(out),
            head: head.to_vec(),
            sheets: 0,
            lines: 0,
            text: String::with_capacity(PIECE + 1024),
        };
        xlsx.part("_rels/.rels", ROOT_RELATIONS)?;
        xlsx.part("xl/styles.xml", STYLES)?;
        xlsx.begin_sheet()?;
        Ok(xlsx)
    }

    fn part(&mut self, name: &str, text: &str) -> Result<(), SheetError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options.large_file(true))?;
        Ok(self.zip.write_all(text.as_bytes())?)
    }

    fn begin_sheet(&mut self) -> Result<(), SheetError> {
        self.sheets += 1;
        self.lines = 0;
        self.part(&format!("xl/worksheets/sheet{}.xml", self.sheets), SHEET)?;
        self.text.push_str("<cols>");
        for (at, title) in (1..).zip(&self.head) {
            // About as wide as its title; a Chinese character takes the room of two letters.
            let letters: usize = title
                .chars()
                .map(|c| if c.is_ascii() { 1 } else { 2 })
                .sum();
            let width = (letters + 3).clamp(10, 40);
            let _ = write!(
                self.text,
                "<col min=\"{at}\" max=\"{at}\" width=\"{width}\" customWidth=\"1\"/>"
            );
        }
        self.text.push_str("</cols><sheetData>");
        let head = std::mem::take(&mut self.head);
        self.put_line(head.iter().map(|title| Value::Text(title)), Style::Head)?;
        self.head = head;
        Ok(())
    }

    fn line<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Value<'a>>,
        style: Style,
    ) -> Result<(), SheetError> {
        if self.lines == SHEET_LINES_MAX {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.put_line(cells, style)
    }

    fn put_line<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Value<'a>>,
        style: Style,
    ) -> Result<(), SheetError> {
        self.lines += 1;
        let _ = write!(self.text, "<row r=\"{}\">", self.lines);
        for cell in cells {
            match cell {
                Value::Text(text) => {
                    let _ = write!(
                        self.text,
                        "<c s=\"{}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">",
                        style as u8
                    );
                    push_escaped(&mut self.text, text);
                    self.text.push_str("</t></is></c>");
                }
                Value::Int(number) => {
                    let _ = write!(self.text, "<c s=\"{}\"><v>{number}</v></c>", style as u8);
                }
            }
        }
        self.text.push_str("</row>");
        if self.text.len() >= PIECE {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), SheetError> {
        self.zip.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn end_sheet(&mut self) -> Result<(), SheetError> {
        self.text.push_str("</sheetData></worksheet>");
        self.hand_over()
    }

    /// The parts that tell how many sheets there are come last.
    fn finish(mut self) -> Result<W, SheetError> {
        self.end_sheet()?;
        let (mut sheets, mut relations, mut types) = (String::new(), String::new(), String::new());
        for n in 1..=self.sheets {
            let _ = write!(
                sheets,
                "<sheet name=\"{n}\" sheetId=\"{n}\" r:id=\"s{n}\"/>"
            );
            let _ = write!(
                relations,
                "<Relationship Id=\"s{n}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
            );
            let _ = write!(
                types,
                "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{CONTENT}.worksheet+xml\"/>"
            );
        }
        let workbook = format!(
            "{HEADER}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{sheets}</sheets></workbook>"
        );
        self.part("xl/workbook.xml", &workbook)?;
        let relations = format!(
            "{HEADER}<Relationships xmlns=\"{PACKAGE_RELATIONS}\">{relations}\
             <Relationship Id=\"styles\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/></Relationships>"
        );
        self.part("xl/_rels/workbook.xml.rels", &relations)?;
        let types = format!(
            "{HEADER}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Override PartName=\"/xl/workbook.xml\" ContentType=\"{CONTENT}.sheet.main+xml\"/>\
             <Override PartName=\"/xl/styles.xml\" ContentType=\"{CONTENT}.styles+xml\"/>{types}</Types>"
        );
        self.part("[Content_Types].xml", &types)?;
        Ok(self.zip.finish()?.into_inner())
    }
}

/// Escapes what XML reads as markup and leaves out what it cannot hold.
fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
}

macro_rules! header {
    () => {
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    };
}
macro_rules! main {
    () => {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    };
}
macro_rules! relations {
    () => {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    };
}
macro_rules! package_relations {
    () => {
        "http://schemas.openxmlformats.org/package/2006/relationships"
    };
}

const HEADER: &str = header!();
const MAIN: &str = main!();
const RELATIONS: &str = relations!();
const PACKAGE_RELATIONS: &str = package_relations!();
const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

const ROOT_RELATIONS: &str = concat!(
    header!(),
    "<Relationships xmlns=\"",
    package_relations!(),
    "\"><Relationship Id=\"book\" Type=\"",
    relations!(),
    "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
);

/// Two formats: plain, and the head in bold on grey.
const STYLES: &str = concat!(
    header!(),
    "<styleSheet xmlns=\"",
    main!(),
    "\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
     <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
     <fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill>\
     <fill><patternFill patternType=\"solid\"><fgColor rgb=\"FFEFEFEF\"/></patternFill></fill></fills>\
     <borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>\
     <cellXfs count=\"2\"><xf xfId=\"0\"/><xf xfId=\"0\" fontId=\"1\" fillId=\"2\" applyFont=\"1\" applyFill=\"1\"/></cellXfs>\
     </styleSheet>"
);

/// The head of a sheet: its first line stays in view.
const SHEET: &str = concat!(
    header!(),
    "<worksheet xmlns=\"",
    main!(),
    "\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" \
     state=\"frozen\"/></sheetView></sheetViews>"
);

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(kind: SheetKind, lines: &[[Value; 2]]) -> Vec<u8> {
        let head = ["姓名 & name".to_owned(), "n".to_owned()];
        let mut sheet = Sheet::begin(kind, Vec::new(), &head).unwrap();
        for line in lines {
            sheet.line(line.iter().copied()).unwrap();
        }
        sheet.finish().unwrap()
    }

    const LINES: [[Value; 2]; 3] = [
        [Value::Text("张 <三> \"x\""), Value::Int(-3)],
        [Value::Text("=1+1"), Value::Text("a,b")],
        [Value::Text("bell\u{7}"), Value::Int(1 << 53)],
    ];

    #[test]
    fn csv_is_marked_and_holds_no_formula() {
        let text = String::from_utf8(written(SheetKind::Csv, &LINES)).unwrap();
        assert_eq!(
            text,
            "\u{feff}姓名 & name,n\n\"张 <三> \"\"x\"\"\",-3\n'=1+1,\"a,b\"\nbell\u{7},9007199254740992\n"
        );
    }

    #[test]
    fn another_reader_opens_the_excel_file() {
        let bytes = written(SheetKind::Xlsx, &LINES);
        use calamine::Reader as _;
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let read: Vec<Vec<String>> = range
            .rows()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        let expected = [
            ["姓名 & name", "n"],
            ["张 <三> \"x\"", "-3"],
            ["=1+1", "a,b"],
            ["bell", "9007199254740992"],
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_beyond_a_sheet_go_on_in_the_next() {
        let mut xlsx = Xlsx::begin(Vec::new(), &["n".to_owned()]).unwrap();
        xlsx.lines = SHEET_LINES_MAX;
        xlsx.line([Value::Int(7)], Style::Plain).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(xlsx.finish().unwrap())).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut archive.by_name("xl/worksheets/sheet2.xml").unwrap(),
            &mut text,
        )
        .unwrap();
        assert!(
            text.contains("<row r=\"2\"><c s=\"0\"><v>7</v></c></row>"),
            "{text}"
        );
    }
}
