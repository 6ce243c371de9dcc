//! A CSV file of one form, as it comes out of a spreadsheet: with or without a byte order mark, in UTF-8 or GBK, with
//! any line ends.

use std::ops::ControlFlow;

use fuyou_kernel::{Date, Localized};
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::rejected::Rejected;
use super::{Error, Job, Progress, Report};
use crate::access::Action;
use crate::care::{
    Acting, Care, EncounterId, EnrollmentId, Reasons, Record, Refused, SubjectId, TypedText, Values,
};
use crate::exchange::decoded;
use crate::keys::Keyring;
use crate::registry::person_by_number;

/// Bytes of a file at most; larger ones come as lines.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Columns that are no fields.
const SUBJECT: &str = "subject";
const ID_NO: &str = "id_no";
const OCCURRED_ON: &str = "occurred_on";
const ENROLLMENT: &str = "enrollment";
const ID: &str = "id";
const REASON: &str = "reason";

/// Imports a CSV file row by row, as the actor would record them.
pub(super) async fn run(
    care: &Care,
    keys: &Keyring,
    by: &Acting,
    (job, program, form): (&Job<'_>, &str, &str),
    goes_on: &mut (dyn FnMut(&Progress) -> ControlFlow<()> + Send),
) -> Result<Report, Error> {
    by.actor
        .require_anywhere(Action::ImportData)
        .map_err(crate::care::Error::from)?;
    let bytes_total = std::fs::metadata(job.file)?.len();
    if bytes_total > FILE_BYTES_MAX {
        return Err(Error::NotThis(format!(
            "a CSV file has at most {} MiB",
            FILE_BYTES_MAX >> 20
        )));
    }
    let neither = || Error::NotThis("the file is neither UTF-8 nor GBK".to_owned());
    let text = decoded(&std::fs::read(job.file)?).ok_or_else(neither)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .map_err(|err| Error::NotThis(err.to_string()))?
        .iter()
        .map(str::to_owned)
        .collect();
    let names_person = header.iter().any(|name| name == SUBJECT || name == ID_NO);
    if !names_person || !header.iter().any(|name| name == OCCURRED_ON) {
        return Err(Error::NotThis(format!(
            "the header must hold {SUBJECT} or {ID_NO}, and {OCCURRED_ON}"
        )));
    }
    let mut report = Report::default();
    let mut rejected = Rejected::open(job.rejected, 0)?;
    let mut done = Progress {
        bytes_total,
        ..Progress::default()
    };
    for row in reader.records() {
        report.lines += 1;
        let line = row
            .as_ref()
            .ok()
            .and_then(|row| row.position())
            .map_or(report.lines + 1, csv::Position::line);
        let outcome = match row {
            Err(err) => Err(Localized::new(
                format!("这一行读不懂:{err}"),
                format!("the row cannot be read: {err}"),
            )),
            Ok(row) => {
                done.bytes_done = row.position().map_or(0, csv::Position::byte);
                store(care, keys, by, (program, form), &header, &row).await?
            }
        };
        match outcome {
            Ok(true) => report.repeated += 1,
            Ok(false) => report.encounters += 1,
            Err(why) => {
                report.rejected += 1;
                rejected.add(&[Refused { line, why }])?;
            }
        }
        (done.encounters, done.rejected) = (report.encounters, report.rejected);
        if report.lines.is_multiple_of(200) && goes_on(&done).is_break() {
            return Err(Error::Stopped);
        }
    }
    done.bytes_done = bytes_total;
    // All is stored: there is nothing left to stop.
    let _ = goes_on(&done);
    Ok(report)
}

/// Stores a row: whether it had been stored before, or why it is refused.
async fn store(
    care: &Care,
    keys: &Keyring,
    by: &Acting,
    (program, form): (&str, &str),
    header: &[String],
    row: &csv::StringRecord,
) -> Result<Result<bool, Localized>, Error> {
    let cell = |name: &str| {
        let at = header.iter().position(|known| known == name)?;
        row.get(at).filter(|text| !text.is_empty())
    };
    let wrong = |name: &str, text: &str| {
        Localized::new(
            format!("{name} 的值“{text}”有误"),
            format!("{name} is wrong: `{text}`"),
        )
    };
    let subject = match (cell(SUBJECT), cell(ID_NO)) {
        (Some(text), _) => match text.parse::<SubjectId>() {
            Ok(subject) => subject,
            Err(_) => return Ok(Err(wrong(SUBJECT, text))),
        },
        (None, Some(number)) => {
            let mut reader = care.db().read().await.map_err(crate::care::Error::from)?;
            let found = person_by_number(&mut reader, keys, number)
                .await
                .map_err(crate::care::Error::from)?;
            match found {
                Some(person) => SubjectId::from_uuid(person.uuid()),
                // The number itself stays out of the file of reasons.
                None => {
                    return Ok(Err(Localized::new(
                        "没有这个身份证号的人",
                        "Nobody has this identity number",
                    )));
                }
            }
        }
        (None, None) => {
            return Ok(Err(Localized::new(
                "缺少 subject 或 id_no",
                "Neither subject nor id_no is given",
            )));
        }
    };
    let mut text = TypedText::default();
    for (name, value) in header.iter().zip(row) {
        let is_field =
            ![SUBJECT, ID_NO, OCCURRED_ON, ENROLLMENT, ID, REASON].contains(&name.as_str());
        if is_field && !value.is_empty() {
            text.fields.insert(name.clone(), value.to_owned());
        }
    }
    let occurred_on = cell(OCCURRED_ON).map(date).transpose();
    let Ok(occurred_on) = occurred_on else {
        return Ok(Err(wrong(
            OCCURRED_ON,
            cell(OCCURRED_ON).unwrap_or_default(),
        )));
    };
    let enrollment = match cell(ENROLLMENT).map(str::parse::<EnrollmentId>).transpose() {
        Ok(enrollment) => enrollment,
        Err(_) => return Ok(Err(wrong(ENROLLMENT, cell(ENROLLMENT).unwrap_or_default()))),
    };
    let id = match cell(ID).map(str::parse::<EncounterId>) {
        Some(Ok(id)) => id,
        Some(Err(_)) => return Ok(Err(wrong(ID, cell(ID).unwrap_or_default()))),
        None => EncounterId::from_uuid(id_of(subject, (program, form), header, row)),
    };
    let record = Record {
        id,
        subject,
        enrollment,
        program: program.to_owned(),
        form: form.to_owned(),
        occurred_on,
        values: Values::Text(text),
        reasons: cell(REASON)
            .map(|why| Reasons::from([("*".to_owned(), why.to_owned())]))
            .unwrap_or_default(),
        base_version: None,
    };
    Ok(match care.record(by, record).await {
        Ok(recorded) => Ok(recorded.repeated),
        Err(crate::care::Error::Store(err)) => return Err(Error::Care(err.into())),
        Err(error) => Err(error.message()),
    })
}

/// A row without an id has the id of its content: the same row twice is one record.
fn id_of(
    subject: SubjectId,
    (program, form): (&str, &str),
    header: &[String],
    row: &csv::StringRecord,
) -> Uuid {
    let mut hasher = Sm3::new();
    let mut put = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    put(&subject.to_string());
    put(program);
    put(form);
    for (name, value) in header
        .iter()
        .zip(row)
        .filter(|(_, value)| !value.is_empty())
    {
        put(name);
        put(value);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A day as spreadsheets write it.
fn date(text: &str) -> Result<Date, Localized> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let read = match parts[..] {
        [year, month, day] => {
            let number = |part: &str| part.parse::<i16>().ok();
            match (number(year), number(month), number(day)) {
                (Some(year), Some(month), Some(day)) => {
                    let small = |part: i16| i8::try_from(part).unwrap_or(0);
                    Date::new(year, small(month), small(day)).ok()
                }
                _ => None,
            }
        }
        _ => text.parse().ok(),
    };
    read.ok_or_else(|| Localized::new("日期有误", "the date is wrong"))
}
