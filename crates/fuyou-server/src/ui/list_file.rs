//! A list as a file for a spreadsheet program.

use crate::http::Error;

/// Head and lines, in words.
#[derive(Default)]
pub(crate) struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A text that begins like a formula must not become one when the file is opened.
fn tame(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// With a mark at the beginning: spreadsheet programs take a file without it for their local encoding.
pub(crate) fn csv(table: &Table) -> Result<Vec<u8>, Error> {
    let internal = |err: csv::Error| Error::Internal(err.into());
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(&table.head).map_err(internal)?;
    for row in &table.rows {
        writer
            .write_record(row.iter().map(|text| tame(text)))
            .map_err(internal)?;
    }
    writer
        .into_inner()
        .map_err(|err| Error::Internal(Box::new(err.into_error())))
}

/// Every cell is text: what is shown on the page is what stands in the file.
pub(crate) fn xlsx(table: &Table) -> Result<Vec<u8>, Error> {
    let internal = |err: rust_xlsxwriter::XlsxError| Error::Internal(err.into());
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book
        .add_worksheet_with_constant_memory()
        .map_err(internal)?;
    let bold = rust_xlsxwriter::Format::new().set_bold();
    for (column, title) in (0u16..).zip(&table.head) {
        sheet
            .write_string_with_format(0, column, title, &bold)
            .map_err(internal)?;
    }
    for (line, row) in (1u32..).zip(&table.rows) {
        for (column, text) in (0u16..).zip(row) {
            sheet.write_string(line, column, text).map_err(internal)?;
        }
    }
    book.save_to_buffer().map_err(internal)
}
