use super::{At, Report};

/// A CSV file as written: the header and the rows with their places.
pub(crate) struct Sheet {
    header: Vec<String>,
    pub rows: Vec<SheetRow>,
    pub at: At,
}

/// A row of a sheet.
pub(crate) struct SheetRow {
    pub at: At,
    cells: Vec<String>,
}

impl SheetRow {
    /// The text of a cell without spaces around; empty beyond the row's end.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

impl Sheet {
    /// The column with this title.
    pub fn column(&self, title: &str) -> Option<usize> {
        self.header.iter().position(|known| known == title)
    }

    /// The titles in order.
    pub fn titles(&self) -> impl Iterator<Item = (usize, &str)> {
        self.header.iter().map(String::as_str).enumerate()
    }
}

/// Reads the CSV text of a file; a row that cannot be read ends it with an error.
pub(crate) fn read_sheet(report: &Report, file: usize) -> Sheet {
    let text = &report.files[file].text;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let at = |position: Option<&csv::Position>| {
        let start = position
            .and_then(|position| u32::try_from(position.byte()).ok())
            .unwrap_or(0);
        At {
            file: u32::try_from(file).unwrap_or(0),
            start,
            end: start + 1,
        }
    };
    let owned =
        |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<String>>();
    let header = reader.headers().map(owned).unwrap_or_default();
    let header = header.iter().map(|title| title.trim().to_owned()).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => rows.push(SheetRow {
                at: at(record.position()),
                cells: owned(&record),
            }),
            Err(error) => {
                report.error(
                    at(error.position()),
                    format!("CSV 有误:{error}"),
                    format!("not CSV: {error}"),
                );
                break;
            }
        }
    }
    Sheet {
        header,
        rows,
        at: at(None),
    }
}
