//! Tables as files. A short one is the answer to a request; a long one is written by a job, which seals what it has written
//! piece by piece, so that a table of any length needs the memory of some hundred lines.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use futures_util::future::BoxFuture;
use fuyou_kernel::Localized;
use serde::Deserialize;

use super::sheet::{Sheet, SheetError, SheetKind, Value};
use crate::http::{Cx, Error, Query};
use crate::jobs::{self, Ended, Handle, Kind, LeaveError, Leaving, New};

/// Lines of a table that is sent at once, at most.
pub(crate) const AT_ONCE_MAX: i64 = 5_000;

/// A table that is being written.
pub(crate) type Sending = Sheet<Outgoing>;

/// The part of an address that says which kind of file is wanted: `format=csv`.
#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    format: String,
}

/// A handler that takes it answers for files of known kinds only; any other is not there.
impl<S: Sync> FromRequestParts<S> for SheetKind {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Query(wanted) = Query::<Wanted>::of(&parts.uri).map_err(|_| Error::NotFound)?;
        SheetKind::of_ending(&wanted.format).ok_or(Error::NotFound)
    }
}

/// Where the lines come from.
pub(crate) trait Lines: Send + 'static {
    /// Writes the lines that come next, some hundred, and says how many; none when all were written.
    fn write(
        &mut self,
        sheet: &mut Sending,
    ) -> impl Future<Output = Result<Option<u64>, Error>> + Send;
}

/// [`Lines`] of whatever kind, so that all that a table goes through is compiled once.
pub(crate) trait AnyLines: Send + 'static {
    fn write_some<'a>(
        &'a mut self,
        sheet: &'a mut Sending,
    ) -> BoxFuture<'a, Result<Option<u64>, Error>>;
}

impl<L: Lines> AnyLines for L {
    fn write_some<'a>(
        &'a mut self,
        sheet: &'a mut Sending,
    ) -> BoxFuture<'a, Result<Option<u64>, Error>> {
        Box::pin(self.write(sheet))
    }
}

/// A table that can be taken out.
pub(crate) struct Table {
    /// What the file is called, without its ending.
    pub name: String,
    pub kind: SheetKind,
    pub head: Vec<String>,
    /// How many lines it has; 0 when nobody has counted them.
    pub total: i64,
    pub lines: Box<dyn AnyLines>,
}

impl Table {
    /// The whole table as an answer.
    ///
    /// # Errors
    /// When it is too long for that, and when its lines cannot be read.
    pub(crate) async fn answer(mut self) -> Result<Response, Error> {
        if self.total > AT_ONCE_MAX {
            return Err(Error::Rejected(Localized::new(
                format!("超过 {AT_ONCE_MAX} 行，请在列表页点“导出”，由后台任务生成文件。"),
                format!(
                    "There are more than {AT_ONCE_MAX} lines: export from the page of the list, where a job makes the file."
                ),
            )));
        }
        let outgoing = Outgoing::default();
        let mut sheet = Sheet::begin(self.kind, outgoing.clone(), &self.head)?;
        while self.lines.write_some(&mut sheet).await?.is_some() {}
        sheet.finish()?;
        let headers = [
            (CONTENT_TYPE, self.kind.media_type().to_owned()),
            (CONTENT_DISPOSITION, attachment(&self.file_name())),
        ];
        Ok((headers, outgoing.take()).into_response())
    }

    /// Begins a job that writes the table, and leads to its page. `uri` is where it was asked for: to ask for it again.
    ///
    /// # Errors
    /// When the job cannot be stored.
    pub(crate) async fn begin(self, cx: Cx, uri: &Uri) -> Result<Redirect, Error> {
        let address = uri.path_and_query().map_or("/", |address| address.as_str());
        let new = New::file(&cx, Kind::Export, self.file_name(), address);
        let (app, entry) = (cx.app.clone(), cx.entry("start_job", "job"));
        let id = jobs::start(&app, new, entry, |handle| self.write(cx, handle)).await?;
        Ok(Redirect::to(&format!("/jobs/{id}")))
    }

    fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.kind.ending())
    }

    async fn write(self, cx: Cx, handle: Handle) -> Ended {
        let mut leaving = Leaving::new(&cx.app, handle.id());
        let written = self.write_to(&mut leaving, &handle).await;
        let ended = match written {
            Ok(Some(lines)) => {
                let bytes = i64::try_from(leaving.bytes()).unwrap_or(i64::MAX);
                let lines = i64::try_from(lines).unwrap_or(i64::MAX);
                return Ended::Done(vec![("file-lines", lines), ("bytes", bytes)]);
            }
            Ok(None) => Ended::Stopped(Vec::new()),
            Err(WriteError::Leave(LeaveError::TooLong)) => Ended::Failed(Localized::new(
                "文件太大，请缩小范围或减少列后再导出",
                "the file grows too large: export a part of the list, or fewer columns",
            )),
            Err(err) => {
                tracing::error!(
                    error = &err as &dyn std::error::Error,
                    "a file could not be written"
                );
                Ended::Failed(Localized::new(
                    "导出中断，请再试一次",
                    "the export broke off: please try again",
                ))
            }
        };
        // A part is never taken for the whole.
        if let Err(err) = leaving.withdraw().await {
            tracing::error!(error = %err, "a part of a file was not removed");
        }
        ended
    }

    /// Says how many lines were written; none when the job was asked to stop.
    async fn write_to(
        mut self,
        leaving: &mut Leaving,
        handle: &Handle,
    ) -> Result<Option<u64>, WriteError> {
        let total = u64::try_from(self.total).unwrap_or_default();
        let outgoing = Outgoing::default();
        let mut sheet = Sheet::begin(self.kind, outgoing.clone(), &self.head)?;
        let mut done = 0;
        handle.at(done, total);
        while let Some(lines) = self.lines.write_some(&mut sheet).await? {
            done += lines;
            // Where nobody has counted the lines before, nobody says how many are left.
            let total = if total == 0 { 0 } else { total.max(done) };
            handle.at(done, total);
            leaving.add(&outgoing.take()).await?;
            if handle.shall_stop() {
                return Ok(None);
            }
        }
        sheet.finish()?;
        leaving.add(&outgoing.take()).await?;
        leaving.end().await?;
        Ok(Some(done))
    }
}

/// Why a job could not write its file.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("lines could not be read")]
    Lines(#[from] Error),
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error(transparent)]
    Leave(#[from] LeaveError),
}

/// A table that is short enough to be held: whole numbers are written as numbers.
pub(crate) fn held(
    name: String,
    kind: SheetKind,
    head: &[String],
    lines: Vec<Vec<String>>,
) -> Table {
    Table {
        name,
        kind,
        head: head.to_vec(),
        total: i64::try_from(lines.len()).unwrap_or(i64::MAX),
        lines: Box::new(Held(lines)),
    }
}

/// Lines that are all there.
struct Held(Vec<Vec<String>>);

impl Lines for Held {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let value = |text| str::parse(text).map_or(Value::Text(text), Value::Int);
        let lines = std::mem::take(&mut self.0);
        for line in &lines {
            sheet.line(line.iter().map(|text| value(text)))?;
        }
        Ok((!lines.is_empty()).then_some(lines.len() as u64))
    }
}

/// A list that is read in pages, each of which says where the next begins.
pub(crate) trait Pages: Send + Sync + 'static {
    /// What is read.
    type Line: Send;
    /// Where a page begins.
    type Place: Send;

    /// A page, from the first line or from a place on.
    fn read(
        &self,
        from: Option<Self::Place>,
    ) -> impl Future<Output = Result<PageRead<Self>, Error>> + Send;

    /// What the file says of a line.
    fn cells(&self, line: Self::Line) -> Vec<String>;
}

/// The lines of a page, and where the next begins if there is one.
pub(crate) type PageRead<P> = (Vec<<P as Pages>::Line>, Option<<P as Pages>::Place>);

/// The lines of such a list, page by page.
pub(crate) struct Paged<P: Pages> {
    pages: P,
    /// What was read but not written.
    waiting: Option<PageRead<P>>,
}

impl<P: Pages> Paged<P> {
    /// Reads the first page: whoever may not read the list is told so before a file is begun.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn begin(pages: P) -> Result<Paged<P>, Error> {
        let waiting = Some(pages.read(None).await?);
        Ok(Paged { pages, waiting })
    }
}

impl<P: Pages> Lines for Paged<P> {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let Some((lines, next)) = self.waiting.take() else {
            return Ok(None);
        };
        let count = lines.len() as u64;
        for line in lines {
            let cells = self.pages.cells(line);
            sheet.texts(cells.iter().map(String::as_str))?;
        }
        if next.is_some() {
            self.waiting = Some(self.pages.read(next).await?);
        }
        Ok(Some(count))
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

/// The files of a list as its page offers them.
pub(crate) struct Files {
    /// Where each is asked for, and what its format is called.
    pub all: Vec<(String, String)>,
    /// Whether a job makes them.
    pub is_long: bool,
}

impl Files {
    /// The files of a list of so many lines at an address that ends in its question. None of a list that is empty.
    pub(crate) fn of(address: &str, total: i64) -> Files {
        let joint = if address.contains('?') { '&' } else { '?' };
        let file = |kind: SheetKind| {
            let ending = kind.ending();
            let href = format!("{address}{joint}format={ending}");
            (href, ending.to_uppercase())
        };
        let all = [SheetKind::Xlsx, SheetKind::Csv].map(file);
        Files {
            all: if total > 0 { all.into() } else { Vec::new() },
            is_long: total > AT_ONCE_MAX,
        }
    }

    /// The files of a list that nobody counts and that may be of any length.
    pub(crate) fn uncounted(address: &str) -> Files {
        Files {
            is_long: true,
            ..Files::of(address, AT_ONCE_MAX)
        }
    }

    /// None.
    pub(crate) fn none() -> Files {
        Files {
            all: Vec::new(),
            is_long: false,
        }
    }
}

/// The header under which a browser stores a file: its name in letters for old ones, and as it is written.
pub(crate) fn attachment(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    format!(
        "attachment; filename=\"fuyou.{ending}\"; filename*=UTF-8''{}",
        crate::http::encoded(name)
    )
}

/// What is written but not yet taken.
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
    use super::*;

    /// Lines with running numbers.
    struct Numbers {
        next: i64,
        end: i64,
    }

    impl Lines for Numbers {
        async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
            let until = self.end.min(self.next + 500);
            for n in self.next..until {
                sheet.line([Value::Int(n), Value::Text("a line of some length")])?;
            }
            let count = until - self.next;
            self.next = until;
            Ok((count > 0).then_some(count as u64))
        }
    }

    /// Writes a table as a job does; its bytes, and the most that were held at once.
    async fn written(kind: SheetKind, end: i64) -> (Vec<u8>, usize) {
        let outgoing = Outgoing::default();
        let head = ["n".to_owned(), "text".to_owned()];
        let mut sheet = Sheet::begin(kind, outgoing.clone(), &head).unwrap();
        let (mut whole, mut longest) = (Vec::new(), 0);
        let mut lines = Numbers { next: 0, end };
        while lines.write(&mut sheet).await.unwrap().is_some() {
            let piece = outgoing.take();
            longest = longest.max(piece.len());
            whole.extend(piece);
        }
        sheet.finish().unwrap();
        whole.extend(outgoing.take());
        (whole, longest)
    }

    #[tokio::test]
    async fn a_long_table_is_written_in_short_pieces() {
        let (body, longest) = written(SheetKind::Csv, 300_000).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(text.lines().count(), 300_001);
        assert!(text.ends_with("299999,a line of some length\n"));
        assert!(longest < 40_000, "held {longest} bytes at once");

        let (body, longest) = written(SheetKind::Xlsx, 300_000).await;
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).unwrap();
        let sheet = archive.by_name("xl/worksheets/sheet1.xml").unwrap();
        let text = std::io::read_to_string(sheet).unwrap();
        assert_eq!(text.matches("<row ").count(), 300_001);
        assert!(longest < 200_000, "held {longest} bytes at once");
    }

    #[test]
    fn a_file_keeps_its_name() {
        let check = |name: &str, said: &str| assert_eq!(attachment(name), said);
        check(
            "建册.csv",
            "attachment; filename=\"fuyou.csv\"; filename*=UTF-8''%E5%BB%BA%E5%86%8C%2Ecsv",
        );
        check(
            "a \"b\".xlsx",
            "attachment; filename=\"fuyou.xlsx\"; filename*=UTF-8''a%20%22b%22%2Exlsx",
        );
    }
}
