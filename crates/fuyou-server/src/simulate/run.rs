use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use fuyou_kernel::{Date, DayNumber};

use super::county::County;
use super::course::Setting;
use super::scenario::{Given, Process, Scenario};
use super::{Counts, Error, Extent, Options, Size};

/// Subjects made in one piece of work: enough to keep the threads apart, few enough to keep them level.
const BLOCK: u64 = 128;

/// Makes a county and hands its lines to `sink` in order, some hundred subjects at a time. `progress` is told how many of
/// how many subjects are done. The same scenario, options and seed give the same bytes on any number of threads.
///
/// # Errors
/// Options that leave nothing to make, or what `sink` returned.
pub fn simulate<E: From<Error>>(
    scenario: &Scenario,
    options: &Options,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    progress: impl FnMut(u64, u64),
) -> Result<Counts, E> {
    let today = DayNumber::from(options.today).0;
    let start = first_day(options)?;
    let days = shares(&scenario.process, start - scenario.process.lead_days, today);
    let (population, subjects) = extent(scenario, options);
    if scenario.is_opened() || subjects == 0 || days.is_empty() {
        return Err(Error::Nothing.into());
    }
    let county = County::new(
        &scenario.raw_county,
        &scenario.names,
        population,
        options.seed,
    );
    let mut counts = Counts::default();
    if options.extent == Extent::Everything {
        let mut lines = Vec::new();
        counts.places = county.lines(&mut lines) as u64;
        sink(&lines)?;
    }
    let setting = Setting {
        scenario,
        county: &county,
        seed: options.seed,
        subjects,
        today,
        extent: options.extent,
        days: &days,
        given: None,
    };
    play(&setting, options.threads, counts, sink, progress)
}

/// Makes what happens to subjects whom records of another program opened, in the county of the same options, and hands
/// the lines to `sink`. Places, persons and opening records are there already. What happens to a subject depends on the
/// seed and on who it is.
///
/// # Errors
/// When the scenario is about other subjects, the size is not given by inhabitants, or what `sink` returned.
pub fn simulate_opened<E: From<Error>>(
    scenario: &Scenario,
    options: &Options,
    given: &[Given],
    sink: impl FnMut(&[u8]) -> Result<(), E>,
    progress: impl FnMut(u64, u64),
) -> Result<Counts, E> {
    let (Size::Population(population), true) = (options.size, scenario.is_opened()) else {
        return Err(Error::Nothing.into());
    };
    let county = County::new(
        &scenario.raw_county,
        &scenario.names,
        population,
        options.seed,
    );
    let setting = Setting {
        scenario,
        county: &county,
        seed: options.seed,
        subjects: given.len() as u64,
        today: DayNumber::from(options.today).0,
        extent: options.extent,
        days: &[],
        given: Some(given),
    };
    play(&setting, options.threads, Counts::default(), sink, progress)
}

/// Makes all subjects of a setting.
fn play<E>(
    setting: &Setting<'_>,
    threads: usize,
    mut counts: Counts,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Counts, E> {
    let mut done = 0;
    blocks(setting, threads, |block, made| {
        sink(block)?;
        counts += made;
        done = (done + BLOCK).min(setting.subjects);
        progress(done, setting.subjects);
        Ok::<(), E>(())
    })?;
    Ok(counts)
}

/// Runs the blocks on threads and hands them over in order.
fn blocks<E>(
    setting: &Setting<'_>,
    threads: usize,
    mut hand_over: impl FnMut(&[u8], Counts) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicU64::new(0);
    let stopped = AtomicBool::new(false);
    let last = setting.subjects.div_ceil(BLOCK);
    let (sender, receiver) = mpsc::sync_channel::<(u64, Vec<u8>, Counts)>(threads * 2);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let sender = sender.clone();
            let (next, stopped) = (&next, &stopped);
            scope.spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let block = next.fetch_add(1, Ordering::Relaxed);
                    if block >= last {
                        break;
                    }
                    let (lines, counts) = make(setting, block);
                    if sender.send((block, lines, counts)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        let mut outcome = Ok(());
        for (block, lines, counts) in &receiver {
            waiting.insert(block, (lines, counts));
            while outcome.is_ok() {
                let Some((lines, counts)) = waiting.remove(&wanted) else {
                    break;
                };
                outcome = hand_over(&lines, counts);
                wanted += 1;
            }
            if outcome.is_err() {
                stopped.store(true, Ordering::Relaxed);
                break;
            }
        }
        drop(receiver);
        outcome
    })
}

fn make(setting: &Setting<'_>, block: u64) -> (Vec<u8>, Counts) {
    let mut lines = Vec::with_capacity(1 << 20);
    let mut counts = Counts::default();
    for number in block * BLOCK..((block + 1) * BLOCK).min(setting.subjects) {
        counts += setting.subject(number, &mut lines);
    }
    (lines, counts)
}

fn first_day(options: &Options) -> Result<i32, Error> {
    let months = -i32::try_from(options.years * 12).unwrap_or(i32::MAX);
    let start = fuyou_kernel::add_months(options.today, months).map_err(|_| Error::Nothing)?;
    Ok(DayNumber::from(start).0)
}

/// Inhabitants and subjects.
fn extent(scenario: &Scenario, options: &Options) -> (u64, u64) {
    match options.size {
        Size::Population(population) => (population, scenario.subjects(population, options.years)),
        Size::Subjects(subjects) => {
            let per_million = scenario.subjects(1_000_000, options.years).max(1);
            (subjects * 1_000_000 / per_million, subjects)
        }
    }
}

/// The days from `from` up to `until`, each with the share of all subjects that came to be by its end.
fn shares(process: &Process, from: i32, until: i32) -> Vec<(i32, f64)> {
    let mut sum = 0.0;
    let mut days = Vec::new();
    for day in from..until {
        let Ok(date) = Date::try_from(DayNumber(day)) else {
            continue;
        };
        sum += process.months[usize::from(date.month().unsigned_abs()) - 1];
        days.push((day, sum));
    }
    for (_, until) in &mut days {
        *until /= sum;
    }
    days
}
