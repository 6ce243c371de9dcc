//! The file of lines that were refused.

use std::io::Write as _;
use std::path::Path;

use crate::care::Refused;

/// A CSV file: line, reason in Chinese, reason in English. Lines beyond the place where a run goes on are taken out first,
/// because they will be read again.
pub(super) struct Rejected {
    writer: csv::Writer<std::fs::File>,
}

impl Rejected {
    pub(super) fn open(path: &Path, lines_done: u64) -> std::io::Result<Self> {
        let mut kept: Vec<csv::StringRecord> = Vec::new();
        if lines_done > 0 && path.exists() {
            let mut reader = csv::Reader::from_path(path).map_err(std::io::Error::other)?;
            for record in reader.records() {
                let record = record.map_err(std::io::Error::other)?;
                let line = record.get(0).and_then(|line| line.parse::<u64>().ok());
                if line.is_some_and(|line| line <= lines_done) {
                    kept.push(record);
                }
            }
        }
        let mut file = std::fs::File::create(path)?;
        // Excel takes a file without this mark for one in the encoding of the machine.
        file.write_all(b"\xEF\xBB\xBF")?;
        let mut writer = csv::Writer::from_writer(file);
        writer
            .write_record(["line", "reason_zh", "reason_en"])
            .map_err(std::io::Error::other)?;
        for record in kept {
            writer
                .write_record(&record)
                .map_err(std::io::Error::other)?;
        }
        writer.flush()?;
        Ok(Rejected { writer })
    }

    pub(super) fn add(&mut self, refused: &[Refused]) -> std::io::Result<()> {
        for one in refused {
            let line = one.line.to_string();
            self.writer
                .write_record([&line, &one.why.zh, &one.why.en])
                .map_err(std::io::Error::other)?;
        }
        if refused.is_empty() {
            Ok(())
        } else {
            self.writer.flush()
        }
    }
}
