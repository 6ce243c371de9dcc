//! A file of organizations as people send it: Excel or CSV, with headings in Chinese, in English or as words of files.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx, open_workbook_from_rs};
use fuyou_kernel::{Localized, narrow};

use super::place_import::{Column, ImportRow};
use crate::exchange::decoded;

/// Most rows of one file.
pub(super) const ROWS_MAX: usize = 5_000;

/// Reads a file into rows, with their numbers in it.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<ImportRow>, Localized> {
    let lines = if bytes.starts_with(b"PK") {
        of_excel(bytes)?
    } else {
        of_csv(bytes)?
    };
    let mut lines = lines.into_iter();
    let (_, head) = lines
        .next()
        .ok_or_else(|| Localized::new("文件是空的", "the file is empty"))?;
    let columns: Vec<Option<Column>> = head.iter().map(|title| Column::of_title(title)).collect();
    for needed in [Column::Code, Column::Name] {
        if !columns.contains(&Some(needed)) {
            return Err(Localized::new(
                "第一行必须是表头，至少有机构编码和机构名称；请用下载的模板填写。",
                "The first row must be the headings, with code and name at least; use the template.",
            ));
        }
    }
    let mut rows = Vec::new();
    for (line, cells) in lines {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == ROWS_MAX {
            return Err(Localized::new(
                format!("一个文件最多 {ROWS_MAX} 行"),
                format!("a file has at most {ROWS_MAX} rows"),
            ));
        }
        let mut row = ImportRow {
            line,
            ..ImportRow::default()
        };
        for (column, cell) in columns.iter().zip(&cells) {
            if let Some(column) = column {
                row.set(*column, plain(cell));
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Full-width letters, digits and signs as the narrow ones that codes are written with.
fn plain(text: &str) -> String {
    let plain = |c: char| match narrow(c) {
        '\u{a0}' => ' ',
        other => other,
    };
    let text: String = text.chars().map(plain).collect();
    text.trim().to_owned()
}

/// The cells of each row, with its number.
fn of_excel(bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Localized> {
    let unreadable = |_: calamine::XlsxError| {
        Localized::new(
            "这不是能读的 Excel 文件（.xlsx）",
            "this is no Excel file (.xlsx) that can be read",
        )
    };
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let Some(sheet) = book.worksheet_range_at(0) else {
        return Ok(Vec::new());
    };
    let sheet = sheet.map_err(unreadable)?;
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        other => other.to_string(),
    };
    // The first row of the range need not be the first of the sheet.
    let first = sheet.start().map_or(0, |(row, _)| row as usize);
    let rows = sheet.rows().enumerate();
    Ok(rows
        .map(|(at, row)| (first + at + 1, row.iter().map(text).collect()))
        .collect())
}

/// As [`of_excel`]. Empty lines are not rows, but they are counted.
fn of_csv(bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, Localized> {
    let text = decoded(bytes).ok_or_else(|| {
        Localized::new(
            "文件既不是 UTF-8 也不是 GBK 编码，请另存为 Excel 或 CSV UTF-8",
            "the file is neither UTF-8 nor GBK: save it as Excel or as CSV UTF-8",
        )
    })?;
    // Lines are counted by one kind of end.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|err| {
            Localized::new(
                format!("CSV 无法识别：{err}"),
                format!("the CSV cannot be read: {err}"),
            )
        })?;
        let line = record.position().map_or(0, |at| {
            // The reader stands before the empty lines that it skips.
            let from = usize::try_from(at.byte()).unwrap_or(usize::MAX);
            let rest = text.as_bytes().get(from..).unwrap_or_default();
            let empty = rest.iter().take_while(|byte| **byte == b'\n').count();
            usize::try_from(at.line()).unwrap_or(usize::MAX) + empty
        });
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_people_send_them() {
        let check = |bytes: &[u8], wanted: &str| {
            let said = match read(bytes) {
                Ok(rows) => {
                    let rows = rows.iter();
                    let said = rows.map(|row| format!("{}:{}:{}", row.line, row.code, row.name));
                    said.collect::<Vec<_>>().join(" ")
                }
                Err(why) => why.zh,
            };
            assert_eq!(said, wanted);
        };
        check("code,name\n1,甲\n".as_bytes(), "2:1:甲");
        check(
            "\u{feff}机构编码,机构名称\r\n9９０１,甲 \r\n".as_bytes(),
            "2:9901:甲",
        );
        check(
            &encoding_rs::GBK.encode("机构名称,机构编码\n甲,1\n\n乙,2").0,
            "2:1:甲 4:2:乙",
        );
        check(
            "a,b\n1,2".as_bytes(),
            "第一行必须是表头，至少有机构编码和机构名称；请用下载的模板填写。",
        );
        check(b"", "文件是空的");
        check(b"PK not a zip", "这不是能读的 Excel 文件（.xlsx）");
    }
}
