//! A table as the body of an answer: lines are read when the client has taken the ones before, so that a table of any
//! length needs the memory of one page.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::sheet::{Sheet, SheetError, SheetKind, Value};
use crate::http::Error;

/// A table that is sent while it is being written.
pub(crate) type Sending = Sheet<Outgoing>;

/// Where the lines come from.
pub(crate) trait Lines: Send + 'static {
    /// Lines that are read together.
    type Page: Send + 'static;

    /// Writes the lines of a page, and reads the page that follows, if there is one.
    fn write(
        &self,
        page: Self::Page,
        sheet: &mut Sending,
    ) -> impl Future<Output = Result<Option<Self::Page>, Error>> + Send;
}

/// Answers with a table as a file. `stem` is the file's name without its ending, in letters, digits and hyphens.
///
/// A failure after the first line cuts the connection, so that the client does not take a part for the whole.
pub(crate) fn download<L: Lines>(
    stem: &str,
    kind: SheetKind,
    head: &[String],
    lines: L,
    first: L::Page,
) -> Result<Response, Error> {
    let outgoing = Outgoing::default();
    let sheet = Sheet::begin(kind, outgoing.clone(), head)?;
    let body = stream::try_unfold((Some((sheet, first)), lines), move |(left, lines)| {
        let outgoing = outgoing.clone();
        async move {
            let Some((mut sheet, page)) = left else {
                return Ok::<_, Error>(None);
            };
            let left = match lines.write(page, &mut sheet).await? {
                Some(next) => Some((sheet, next)),
                None => {
                    sheet.finish()?;
                    None
                }
            };
            Ok(Some((outgoing.take(), (left, lines))))
        }
    });
    let headers = [
        (CONTENT_TYPE, kind.media_type().to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{stem}.{}\"", kind.ending()),
        ),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Answers with a table that is short enough to be held: whole numbers are written as numbers.
pub(crate) fn download_table(
    stem: &str,
    kind: SheetKind,
    head: &[String],
    lines: Vec<Vec<String>>,
) -> Result<Response, Error> {
    download(stem, kind, head, Held, lines)
}

/// Lines that are all there.
struct Held;

impl Lines for Held {
    type Page = Vec<Vec<String>>;

    async fn write(
        &self,
        lines: Self::Page,
        sheet: &mut Sending,
    ) -> Result<Option<Self::Page>, Error> {
        let value = |text| str::parse(text).map_or(Value::Text(text), Value::Int);
        for line in &lines {
            sheet.line(line.iter().map(|text| value(text)))?;
        }
        Ok(None)
    }
}

impl Sending {
    /// Writes a line of which every cell is text.
    pub(crate) fn texts<'a>(
        &mut self,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), SheetError> {
        self.line(cells.into_iter().map(Value::Text))
    }
}

impl From<SheetError> for Error {
    fn from(err: SheetError) -> Self {
        Error::Internal(err.into())
    }
}

/// What is written but not yet sent.
#[derive(Clone, Default)]
pub(crate) struct Outgoing(Arc<Mutex<Vec<u8>>>);

impl Outgoing {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::HttpBody as _;
    use futures_util::future::poll_fn;

    use super::*;

    /// Lines with running numbers; fails at one of them.
    struct Numbers {
        end: i64,
        fails_at: i64,
    }

    impl Lines for Numbers {
        type Page = i64;

        async fn write(&self, first: i64, sheet: &mut Sending) -> Result<Option<i64>, Error> {
            if first >= self.fails_at {
                return Err(Error::NotFound);
            }
            for n in first..self.end.min(first + 500) {
                sheet.line([Value::Int(n), Value::Text("a line of some length")])?;
            }
            Ok(Some(first + 500).filter(|next| *next < self.end))
        }
    }

    /// Sends lines, and gives the whole body (or how it failed) and the longest piece that was held at once.
    async fn sent(kind: SheetKind, end: i64, fails_at: i64) -> (Result<Vec<u8>, ()>, usize) {
        let lines = Numbers { end, fails_at };
        let head = ["n".to_owned(), "text".to_owned()];
        let mut body = std::pin::pin!(download("t", kind, &head, lines, 0).unwrap().into_body());
        let (mut whole, mut longest) = (Vec::new(), 0);
        while let Some(piece) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let Ok(piece) = piece else {
                return (Err(()), longest);
            };
            let piece = piece.into_data().unwrap();
            longest = longest.max(piece.len());
            whole.extend_from_slice(&piece);
        }
        (Ok(whole), longest)
    }

    #[tokio::test]
    async fn a_long_table_is_sent_in_short_pieces() {
        let (body, longest) = sent(SheetKind::Csv, 300_000, i64::MAX).await;
        let text = String::from_utf8(body.unwrap()).unwrap();
        assert_eq!(text.lines().count(), 300_001);
        assert!(text.ends_with("299999,a line of some length\n"));
        assert!(longest < 40_000, "held {longest} bytes at once");

        let (body, longest) = sent(SheetKind::Xlsx, 300_000, i64::MAX).await;
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body.unwrap())).unwrap();
        let sheet = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
        let text = std::io::read_to_string(sheet).unwrap();
        assert_eq!(text.matches("<row ").count(), 300_001);
        assert!(longest < 200_000, "held {longest} bytes at once");
    }

    #[tokio::test]
    async fn a_failure_cuts_the_connection() {
        let (body, _) = sent(SheetKind::Csv, 10_000, 5_000).await;
        assert_eq!(body, Err(()));
    }
}
