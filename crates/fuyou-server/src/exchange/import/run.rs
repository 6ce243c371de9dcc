//! The pipeline: one thread reads, some check and replay, one task writes in the order of the file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use fuyou_kernel::{Id, Localized};
use sm3::{Digest, Sm3};
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use super::block::{Block, Blocks, NumberedLine};
use super::prepare::{Desk, Prepared, prepare};
use super::rejected::Rejected;
use super::{Error, Job, Progress, Report, places, store};
use crate::access::Action;
use crate::apart::{apart, beside};
use crate::care::{Acting, BulkRows, BulkWriting, Care, Known, Refused};
use crate::db::Db;
use crate::keys::Keyring;
use crate::registry::{PersonRow, insert_persons, number_owners};

/// Encounters of one transaction: enough to share a sync, few enough to let the desk in between.
const BATCH_ENCOUNTERS: u64 = 4_000;
/// Pieces that may be under way at once, per thread.
const AHEAD: usize = 3;
/// How often a piece is planned anew because somebody else recorded about the same subjects.
const ATTEMPTS_MAX: usize = 5;

/// A piece that is ready to be written.
struct Ready {
    number: u64,
    end: (u64, u64),
    persons: Vec<(Uuid, PersonRow)>,
    writings: Vec<BulkWriting>,
    rows: BulkRows,
    refused: Vec<Refused>,
    /// To plan again what raced.
    source: Arc<Block>,
}

impl Ready {
    /// A piece of a file, of which some lines could not be read or stand where they must not.
    fn of(
        source: Arc<Block>,
        prepared: Vec<Prepared>,
        make_rows: impl FnOnce(&mut [BulkWriting]) -> BulkRows,
    ) -> Ready {
        let unreadable = Localized::new(
            "这一行不是有效的 JSON 数据行",
            "This is not a line of JSON with a kind and a subject",
        );
        let late = Localized::new(
            "机构和人员行必须在文件开头",
            "Lines of organizations and staff must come first",
        );
        let lines = |lines: &[NumberedLine], why: &Localized| -> Vec<Refused> {
            let refuse = |line: &NumberedLine| Refused {
                line: line.number,
                why: why.clone(),
            };
            lines.iter().map(refuse).collect()
        };
        let mut refused = lines(&source.unreadable, &unreadable);
        refused.extend(lines(&source.places, &late));
        let (mut persons, mut writings) = (Vec::new(), Vec::new());
        for mut one in prepared {
            persons.extend(one.person.map(|row| (one.subject, row)));
            writings.append(&mut one.writings);
            refused.append(&mut one.refused);
        }
        let rows = make_rows(&mut writings);
        Ready {
            number: source.number,
            end: source.end,
            persons,
            writings,
            rows,
            refused,
            source,
        }
    }

    fn encounters(&self) -> u64 {
        let writings = self.writings.iter();
        writings.map(|writing| writing.encounters).sum()
    }
}

/// Imports a file of lines.
pub(super) async fn run(
    care: &Care,
    keys: &Keyring,
    by: &Acting,
    job: &Job<'_>,
    goes_on: &mut (dyn FnMut(&Progress) -> ControlFlow<()> + Send),
) -> Result<Report, Error> {
    by.actor
        .require_anywhere(Action::ImportData)
        .map_err(crate::care::Error::from)?;
    let bytes_total = std::fs::metadata(job.file)?.len();
    let hash = fingerprint(job.file, bytes_total)?;
    let (id, mut report) = begin(care.db(), by, job.file, &hash).await?;
    let from = (report.resumed_from, report.lines);
    let mut rejected = Rejected::open(job.rejected, report.lines)?;
    let mut blocks = Blocks::open(job.file, from)?;
    // Organizations come first: everything else is placed in their tree.
    let mut by = by.clone();
    let mut first = blocks.next()?;
    if let Some(block) = &mut first {
        let lines = std::mem::take(&mut block.places);
        let refused = places::store(care.db(), keys, &mut by, &lines)
            .await
            .map_err(crate::care::Error::from)?;
        report.rejected += refused.len() as u64;
        rejected.add(&refused)?;
    }
    let by = Arc::new(by);
    let (ready, mut waiting) = mpsc::channel(AHEAD * threads());
    let reading = read_ahead(care, keys, &by, blocks, first, ready);
    let mut writer = Writer {
        care,
        keys,
        by: &by,
        id,
        report,
        rejected: &mut rejected,
    };
    let mut done = Progress {
        bytes_total,
        bytes_done: from.0,
        ..Progress::default()
    };
    let mut next = 0;
    let mut early: BTreeMap<u64, Ready> = BTreeMap::new();
    let mut batch: Vec<Ready> = Vec::new();
    while let Some(piece) = waiting.recv().await {
        let piece: Ready = piece?;
        early.insert(piece.number, piece);
        while let Some(piece) = early.remove(&next) {
            next += 1;
            batch.push(piece);
            if batch.iter().map(Ready::encounters).sum::<u64>() >= BATCH_ENCOUNTERS {
                done.bytes_done = writer.write(std::mem::take(&mut batch)).await?;
                (done.encounters, done.rejected) =
                    (writer.report.encounters, writer.report.rejected);
                if goes_on(&done).is_break() {
                    reading.abort();
                    return Err(Error::Stopped);
                }
            }
        }
    }
    reading.await.map_err(std::io::Error::other)?;
    if !batch.is_empty() {
        done.bytes_done = writer.write(batch).await?;
    }
    (done.encounters, done.rejected) = (writer.report.encounters, writer.report.rejected);
    // All is stored: there is nothing left to stop.
    let _ = goes_on(&done);
    Ok(writer.report)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Size and samples of the content: telling two files apart must not take as long as importing them.
fn fingerprint(path: &Path, size: u64) -> std::io::Result<Vec<u8>> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    const SAMPLES: u64 = 64;
    const SAMPLE_BYTES: u64 = 64 << 10;
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sm3::new();
    hasher.update(size.to_be_bytes());
    let step = (size / SAMPLES).max(SAMPLE_BYTES);
    let mut position = 0;
    while position < size {
        file.seek(SeekFrom::Start(position))?;
        let mut sample = Vec::new();
        (&mut file).take(SAMPLE_BYTES).read_to_end(&mut sample)?;
        hasher.update(&sample);
        position += step;
    }
    Ok(hasher.finalize().to_vec())
}

async fn begin(
    db: &Db,
    by: &Acting,
    file: &Path,
    hash: &[u8],
) -> Result<(Uuid, Report), crate::care::Error> {
    let mut reader = db.read().await?;
    if let Some(row) = store::find(&mut reader, hash).await? {
        return Ok((row.id, row.report()));
    }
    drop(reader);
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    let id = uuid::Builder::from_custom_bytes(id).into_uuid();
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut tx = db.begin(None).await?;
    store::begin(&mut tx, (id, &name, hash), by.now).await?;
    let mut entry = by.entry("import", "import_job");
    entry.entity_id = Some(id);
    tx.audit(entry);
    tx.commit().await?;
    Ok((id, Report::default()))
}

/// Reads pieces and hands each to a thread; no more than a few are under way at once.
fn read_ahead(
    care: &Care,
    keys: &Keyring,
    by: &Arc<Acting>,
    mut blocks: Blocks,
    first: Option<Block>,
    ready: mpsc::Sender<Result<Ready, Error>>,
) -> tokio::task::JoinHandle<()> {
    let (care, keys, by) = (care.clone(), keys.clone(), by.clone());
    beside(async move {
        let ahead = Arc::new(Semaphore::new(AHEAD * threads()));
        let mut held = first;
        loop {
            let block = match held.take() {
                Some(block) => Ok(Some(block)),
                None => blocks.next(),
            };
            let block = match block {
                Ok(Some(block)) => Arc::new(block),
                Ok(None) => return,
                Err(err) => {
                    let _ = ready.send(Err(err.into())).await;
                    return;
                }
            };
            let Ok(permit) = ahead.clone().acquire_owned().await else {
                return;
            };
            let (care, keys, by, ready) = (care.clone(), keys.clone(), by.clone(), ready.clone());
            beside(async move {
                let piece = work(&care, &keys, &by, block, Opening::Now).await;
                // The writer frees the place when it has taken the piece.
                let _ = ready.send(piece).await;
                drop(permit);
            });
        }
    })
}

/// Whether what records open is planned with them, or left to whoever follows the change feed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Now,
    Later,
}

/// Finds out who is stored already, then checks, replays and puts the rows together on a thread of its own.
async fn work(
    care: &Care,
    keys: &Keyring,
    by: &Arc<Acting>,
    block: Arc<Block>,
    opening: Opening,
) -> Result<Ready, Error> {
    let mut known: HashMap<Uuid, Known> = HashMap::new();
    let subjects: Vec<Uuid> = block.subjects.iter().map(|lines| lines.subject).collect();
    let mut reader = care.db().glance().await.map_err(crate::care::Error::from)?;
    let existing = store::existing(&mut reader, &subjects)
        .await
        .map_err(crate::care::Error::from)?;
    drop(reader);
    let registered: HashSet<Uuid> = existing.iter().map(|(subject, _)| *subject).collect();
    for (subject, merged_into) in existing {
        // Lines that were written before a merge are about the record that stayed.
        let stands = merged_into.unwrap_or(subject);
        known.insert(subject, care.known(stands).await?);
    }
    for subject in subjects {
        if by.actor.tree.get(Id::from_uuid(subject)).is_some() {
            let file = care.known(subject).await?;
            known.insert(subject, file.organization());
        }
    }
    let lines = block.clone();
    let (desk_care, desk_keys, desk_by) = (care.clone(), keys.clone(), by.clone());
    let mut prepared = on_a_thread(move || {
        let desk = Desk {
            care: &desk_care,
            keys: &desk_keys,
            by: &desk_by,
        };
        let each = lines.subjects.iter().map(|lines| {
            let known = known
                .remove(&lines.subject)
                .unwrap_or_else(|| Known::new(lines.subject, None));
            prepare(&desk, known, lines)
        });
        each.collect::<Vec<Prepared>>()
    })
    .await?;
    refuse_taken_numbers(care.db(), &block, &registered, &mut prepared).await?;
    if opening == Opening::Later {
        let writings = prepared.iter_mut().flat_map(|one| &mut one.writings);
        writings.for_each(BulkWriting::open_later);
    }
    let (care, by) = (care.clone(), by.clone());
    on_a_thread(move || Ready::of(block, prepared, |writings| care.bulk_rows(&by, writings))).await
}

/// Does what takes its time without keeping others from being served. One processor is left to the writer.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    static DESKS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new((threads() - 1).max(1)));
    // It is never closed.
    let _desk = DESKS.acquire().await;
    let done = apart(work).await;
    done.map_err(|err| Error::NotRead(std::io::Error::other(err)))
}

/// A document number belongs to one person: whoever comes with that of somebody else is refused whole, line by line.
async fn refuse_taken_numbers(
    db: &Db,
    lines: &Block,
    registered: &HashSet<Uuid>,
    all: &mut [Prepared],
) -> Result<(), crate::care::Error> {
    let numbers = |prepared: &Prepared| {
        let row = prepared.person.as_ref();
        row.map(PersonRow::number_hashes).unwrap_or_default()
    };
    let told: Vec<Vec<u8>> = all.iter().flat_map(numbers).collect();
    if told.is_empty() {
        return Ok(());
    }
    let mut reader = db.glance().await?;
    let told: Vec<&[u8]> = told.iter().map(Vec::as_slice).collect();
    let mut owners = number_owners(&mut reader, &told).await?;
    for (prepared, subject) in all.iter_mut().zip(&lines.subjects) {
        // Who is registered keeps the number that stands there, whatever the file says.
        if registered.contains(&subject.subject) {
            continue;
        }
        let hashes = numbers(prepared);
        let owner = hashes.iter().find_map(|hash| owners.get(hash)).copied();
        let Some(owner) = owner.filter(|owner| *owner != subject.subject) else {
            owners.extend(hashes.into_iter().map(|hash| (hash, subject.subject)));
            continue;
        };
        let why = Localized::new(
            format!("证件号码已登记在另一编号下：{owner}"),
            format!("the document number is registered under another id: {owner}"),
        );
        *prepared = Prepared {
            subject: subject.subject,
            refused: subject
                .lines
                .iter()
                .map(|line| Refused {
                    line: line.number,
                    why: why.clone(),
                })
                .collect(),
            ..Prepared::default()
        };
    }
    Ok(())
}

/// Writes pieces in the order of the file.
struct Writer<'a> {
    care: &'a Care,
    keys: &'a Keyring,
    by: &'a Arc<Acting>,
    id: Uuid,
    report: Report,
    rejected: &'a mut Rejected,
}

impl Writer<'_> {
    /// Writes pieces together; says up to which byte the file is stored.
    async fn write(&mut self, pieces: Vec<Ready>) -> Result<u64, Error> {
        let sources: Vec<Arc<Block>> = pieces.iter().map(|piece| piece.source.clone()).collect();
        if let Some(position) = self.write_once(pieces).await? {
            return Ok(position);
        }
        // Somebody recorded about one of these subjects meanwhile, or the file is not ordered by subject: look again,
        // piece by piece.
        let mut position = 0;
        for source in sources {
            position = self.write_again(source).await?;
        }
        Ok(position)
    }

    async fn write_again(&mut self, source: Arc<Block>) -> Result<u64, Error> {
        for _ in 0..ATTEMPTS_MAX {
            // Whoever is opened may be there already, whatever opens her: that is looked at when all lines are stored.
            let source = source.clone();
            let piece = work(self.care, self.keys, self.by, source, Opening::Later).await?;
            if let Some(position) = self.write_once(vec![piece]).await? {
                return Ok(position);
            }
        }
        Err(Error::Care(crate::care::Error::Busy(Id::from_uuid(
            self.id,
        ))))
    }

    async fn write_once(&mut self, pieces: Vec<Ready>) -> Result<Option<u64>, Error> {
        let (position, line) = pieces.last().map_or((0, 0), |piece| piece.end);
        let mut report = self.report.clone();
        report.lines = line;
        let Some(mut refused) = self.try_write(pieces, &mut report, position).await? else {
            return Ok(None);
        };
        refused.sort_by_key(|one| one.line);
        self.rejected.add(&refused)?;
        self.report = report;
        Ok(Some(position))
    }

    /// Writes pieces in one transaction and gives back the lines that were refused; none when it lost a race.
    async fn try_write(
        &self,
        pieces: Vec<Ready>,
        report: &mut Report,
        position: u64,
    ) -> Result<Option<Vec<Refused>>, crate::care::Error> {
        let (mut told, mut persons) = (Vec::new(), Vec::new());
        let (mut writings, mut rows) = (Vec::new(), BulkRows::default());
        let mut refused = Vec::new();
        for mut piece in pieces {
            for (subject, row) in piece.persons {
                told.push(subject);
                persons.push(row);
            }
            writings.append(&mut piece.writings);
            rows.append(piece.rows);
            refused.append(&mut piece.refused);
        }
        let mut tx = self.care.db().begin(None).await?;
        let stored = insert_persons(&mut tx, persons).await?;
        let repeated = told.len() as u64 - stored;
        if repeated > 0 && store::existing(&mut tx, &told).await?.len() < told.len() {
            // Somebody registered one of these numbers meanwhile.
            return Ok(None);
        }
        report.persons += stored;
        report.repeated += repeated;
        let written = self.care.write_bulk(&mut tx, self.by, &writings, rows);
        if !written.await? {
            return Ok(None);
        }
        for writing in &mut writings {
            report.encounters += writing.encounters;
            report.referrals += writing.referrals;
            report.completions += writing.completions;
            report.repeated += writing.repeated;
            report.enrollments += u64::from(writing.is_new);
            refused.append(&mut writing.refused);
        }
        report.rejected += refused.len() as u64;
        store::advance(&mut tx, (self.id, position), report, self.by.now).await?;
        tx.commit().await?;
        self.care.bulk_is_stored(&writings);
        // To free thousands of replays takes a tenth of the time that it takes to write them: not in the writer's way.
        drop(apart(move || drop(writings)));
        Ok(Some(refused))
    }
}
