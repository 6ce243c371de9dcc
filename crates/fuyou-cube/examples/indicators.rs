//! Times the cube over generated facts: `indicators PACK PROGRAM ENROLLMENTS THREADS OUT`.
//!
//! Writes the facts as raw columns, the questions as SQL and the cells into the folder OUT, so that other engines can
//! answer the same questions; prints figures as `name=value`, times in microseconds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use fuyou_cube::PackCube;
use fuyou_expr::{Dialect, Rows, SetId, Slot, Type, Value};
use fuyou_pack::indicator::measure_sql;
use fuyou_pack::model::{MeasureIx, Pack, Program, ProgramIx};
use fuyou_pack::{PackFile, PackFiles, load};

/// Organizations and months over which the facts are spread: 102,000 groups.
const ORGANIZATIONS: u64 = 4_250;
const MONTHS: u64 = 24;
/// Day number of the first day of the months.
const FIRST_DAY: i32 = 19_723;
const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pack, program, enrollments, threads, out] = arguments.as_slice() else {
        return Err(io::Error::other(
            "usage: indicators PACK PROGRAM ENROLLMENTS THREADS OUT",
        ));
    };
    let number = |text: &String| text.parse::<usize>().map_err(io::Error::other);
    let (enrollments, threads, out) = (number(enrollments)?, number(threads)?, PathBuf::from(out));
    let pack =
        load(&[read(Path::new(pack))?]).map_err(|error| io::Error::other(error.to_string()))?;
    let ix = pack
        .program_ix(program)
        .ok_or_else(|| io::Error::other("no such program"))?;
    let mut cube = PackCube::new(&pack, threads).map_err(io::Error::other)?;
    let mut report = io::stdout().lock();
    let columns = columns(&pack, ix);
    let mut took = |name: &str, work: &mut dyn FnMut() -> io::Result<()>| -> io::Result<()> {
        let start = Instant::now();
        work()?;
        writeln!(report, "{name}={}", start.elapsed().as_micros())
    };
    took("load", &mut || {
        fill(&mut cube, ix, &columns, enrollments, &out)
    })?;
    let count = |cube: &mut PackCube| cube.cube.count(ix.get()).map_err(io::Error::other);
    took("order_and_scan", &mut || count(&mut cube))?;
    for _ in 0..ROUNDS {
        took("scan", &mut || count(&mut cube))?;
    }
    let bytes: usize = (0..cube.cube.axes(ix.get()))
        .map(|axis| cube.cube.scanned(ix.get(), axis).1)
        .sum();
    let memory = vec![1u64; bytes / 8 + 1];
    for _ in 0..ROUNDS {
        took("floor", &mut || {
            black_box(read_once(&memory, threads));
            Ok(())
        })?;
    }
    drop(memory);
    let mut cells = vec![0u64; cube.cube.memory().cells / 8 + 1];
    for _ in 0..ROUNDS {
        took("written", &mut || {
            write_once(&mut cells, threads);
            Ok(())
        })?;
    }
    drop(black_box(cells));
    time_rules(&pack, ix, &mut report)?;
    write_questions(&pack, ix, &cube, &out)?;
    let held = cube.cube.memory();
    writeln!(
        report,
        "scanned_bytes={bytes}\ncolumn_bytes={}\nindex_bytes={}",
        held.columns, held.index
    )?;
    writeln!(
        report,
        "projection_bytes={}\ncell_bytes={}",
        held.projections, held.cells
    )?;
    time_changes(&mut cube, ix, &columns, enrollments, &mut report)
}

/// How long one changed enrollment takes until every figure has it.
fn time_changes(
    cube: &mut PackCube,
    ix: ProgramIx,
    columns: &[Generated],
    enrollments: usize,
    report: &mut impl Write,
) -> io::Result<()> {
    let changes = enrollments.min(20_000);
    let mut row = Vec::new();
    let start = Instant::now();
    for id in 0..changes as u64 {
        generate(columns, id + enrollments as u64, &mut row);
        cube.cube
            .put(ix.get(), u128::from(id), Some(&row))
            .map_err(io::Error::other)?;
    }
    writeln!(
        report,
        "change_ns={}",
        start.elapsed().as_nanos() / changes.max(1) as u128
    )
}

/// How long it takes to decide every rule of the program over one record.
fn time_rules(pack: &Pack, ix: ProgramIx, report: &mut impl Write) -> io::Result<()> {
    let program = pack.program(ix);
    let generated = program.row_columns().map(|column| Generated {
        name: column.name.to_owned(),
        slot: usize::from(column.slot.0),
        ty: column.ty.clone(),
        unknown: 10,
        min: 0,
        max: 200,
    });
    let generated: Vec<Generated> = generated.collect();
    let mut rows = Vec::with_capacity(1_000);
    for id in 0..1_000 {
        let mut row = Vec::new();
        generate(&generated, id, &mut row);
        rows.push(Row(row));
    }
    let (mut best, mut held) = (u128::MAX, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for row in &rows {
            held += program
                .rules
                .iter()
                .filter(|rule| rule.when.holds(row))
                .count();
        }
        best = best.min(start.elapsed().as_nanos() / rows.len() as u128);
    }
    black_box(held);
    writeln!(report, "rules={}\nrules_ns={best}", program.rules.len())
}

/// One record of facts.
struct Row(Vec<Value>);

impl Rows for Row {
    fn outer(&self, slot: Slot) -> &Value {
        &self.0[usize::from(slot.0)]
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}

/// Writes a memory once on several threads.
fn write_once(memory: &mut [u64], threads: usize) {
    std::thread::scope(|scope| {
        for part in memory.chunks_mut(memory.len().div_ceil(threads)) {
            scope.spawn(move || black_box(part).fill(1));
        }
    });
}

/// Reads a memory once on several threads.
fn read_once(memory: &[u64], threads: usize) -> u64 {
    let sum = |part: &[u64]| {
        part.iter()
            .fold(0, |sum: u64, word| sum.wrapping_add(*word))
    };
    std::thread::scope(|scope| {
        let parts = memory.chunks(memory.len().div_ceil(threads));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || sum(part))).collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .sum()
    })
}

/// A column that some measure reads, and how its values are spread.
struct Generated {
    name: String,
    slot: usize,
    ty: Type,
    /// Of 100 values so many are unknown.
    unknown: u64,
    min: i64,
    max: i64,
}

/// The columns of the program's measures; those that date the most measures are nearly always known.
fn columns(pack: &Pack, ix: ProgramIx) -> Vec<Generated> {
    let program = pack.program(ix);
    let mut dates: BTreeMap<usize, usize> = BTreeMap::new();
    let mut used: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
    for measure in pack.measures.iter().filter(|measure| measure.program == ix) {
        let exprs = [
            Some(&measure.dated_by),
            Some(&measure.placed_by),
            measure.filter.as_ref(),
        ];
        let sum = match &measure.sum {
            fuyou_pack::model::Sum::Of(sum) => Some(sum),
            fuyou_pack::model::Sum::Count => None,
        };
        for expr in exprs.into_iter().chain([sum]).flatten() {
            used.extend(
                expr.columns()
                    .map(|column| (usize::from(column.slot.0), (0, 0))),
            );
        }
        for column in measure.dated_by.columns() {
            *dates.entry(usize::from(column.slot.0)).or_default() += 1;
        }
    }
    let main = dates
        .iter()
        .max_by_key(|(_, count)| **count)
        .map(|(slot, _)| *slot);
    let generated = |column: fuyou_pack::model::RowColumn<'_>| {
        let slot = usize::from(column.slot.0);
        used.get(&slot)?;
        let range = program.row_scope.column(None, column.slot).1.range;
        let (min, max) = range.filter(|(_, max)| *max <= 5_000).unwrap_or((0, 3));
        let unknown = match column.ty {
            Type::Text => 1,
            Type::Date if Some(slot) == main => 3,
            Type::Date => 40,
            _ => 10,
        };
        let (name, ty) = (column.name.to_owned(), column.ty.clone());
        Some(Generated {
            name,
            slot,
            ty,
            unknown,
            min,
            max,
        })
    };
    program.row_columns().filter_map(generated).collect()
}

/// A value of a column for an enrollment; the same every time.
fn value(column: &Generated, id: u64) -> Value {
    let mut bits = (id ^ (column.slot as u64) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 32;
    if bits % 100 < column.unknown {
        return Value::Null;
    }
    let bits = bits / 100;
    match &column.ty {
        Type::Boolean => Value::Boolean(bits % 10 < 6),
        Type::Integer | Type::Decimal(_) => {
            Value::Number(column.min + (bits % (column.max - column.min + 1) as u64) as i64)
        }
        Type::Date => Value::Date(FIRST_DAY + (bits % (MONTHS * 30)) as i32),
        Type::Code(set) => Value::Code((bits % set.codes().len() as u64) as u16),
        Type::Text => Value::Text(Arc::from(format!("{:04}", bits % ORGANIZATIONS))),
        Type::Codes(_) => Value::Null,
    }
}

fn generate(columns: &[Generated], id: u64, row: &mut Vec<Value>) {
    let width = columns
        .iter()
        .map(|column| column.slot + 1)
        .max()
        .unwrap_or(0);
    row.clear();
    row.resize(width, Value::Null);
    for column in columns {
        row[column.slot] = value(column, id);
    }
}

/// Puts the facts into the cube and, as 32-bit numbers with the least for `NULL`, into one file for each column.
fn fill(
    cube: &mut PackCube,
    ix: ProgramIx,
    columns: &[Generated],
    rows: usize,
    out: &Path,
) -> io::Result<()> {
    fs::create_dir_all(out)?;
    let file = |column: &Generated| {
        File::create(out.join(format!("{}.i32", column.name))).map(BufWriter::new)
    };
    let mut files: Vec<BufWriter<File>> = columns.iter().map(file).collect::<io::Result<_>>()?;
    let mut row = Vec::new();
    for id in 0..rows as u64 {
        generate(columns, id, &mut row);
        cube.cube
            .put(ix.get(), u128::from(id), Some(&row))
            .map_err(io::Error::other)?;
        for (column, file) in columns.iter().zip(&mut files) {
            let number = match &row[column.slot] {
                Value::Boolean(truth) => i32::from(*truth),
                Value::Number(number) => i32::try_from(*number).map_err(io::Error::other)?,
                Value::Code(place) => i32::from(*place),
                Value::Date(days) => *days,
                Value::Text(code) => code.parse().map_err(io::Error::other)?,
                Value::Null | Value::Codes(_) => i32::MIN,
            };
            file.write_all(&number.to_le_bytes())?;
        }
    }
    files.iter_mut().try_for_each(Write::flush)?;
    let mut names = File::create(out.join("columns.tsv"))?;
    for column in columns {
        let codes = match &column.ty {
            Type::Code(set) => set.codes().join(","),
            _ => String::new(),
        };
        let ty = match &column.ty {
            Type::Code(_) => "code".to_owned(),
            ty => ty.to_string(),
        };
        writeln!(names, "{}\t{ty}\t{codes}", column.name)?;
    }
    Ok(())
}

/// For each axis the SQL of its date, place and measures, and our cells: place, month, rows, values as 64-bit numbers.
fn write_questions(pack: &Pack, ix: ProgramIx, cube: &PackCube, out: &Path) -> io::Result<()> {
    let program: &Program = pack.program(ix);
    let mut axes: BTreeMap<usize, Vec<MeasureIx>> = BTreeMap::new();
    for at in 0..pack.measures.len() {
        let measure = MeasureIx::new(at);
        if let Some(place) = cube
            .measure(measure)
            .filter(|place| place.program == ix.get())
        {
            axes.entry(place.axis).or_default().push(measure);
        }
    }
    let mut questions = File::create(out.join("questions.tsv"))?;
    for (axis, measures) in &axes {
        for (at, measure) in measures.iter().enumerate() {
            let sql = measure_sql(program, pack.measure(*measure), Dialect::Sqlite, &|name| {
                format!("\"{name}\"")
            });
            if at == 0 {
                write!(questions, "{axis}\t{}\t{}", sql.on, sql.org)?;
            }
            write!(
                questions,
                "\t{}\t{}",
                sql.filter.unwrap_or_default(),
                sql.value
            )?;
        }
        writeln!(questions)?;
        let mut cells = BufWriter::new(File::create(out.join(format!("axis{axis}.cells")))?);
        let mut outcome = Ok(());
        cube.cube.each_group(
            (ix.get(), *axis),
            i32::MIN..=i32::MAX,
            |group, rows, value| {
                let place = cube
                    .cube
                    .place(ix.get(), group)
                    .and_then(|code| code.parse().ok());
                let head = [place.unwrap_or(-1), i64::from(group.month), rows];
                for number in head.into_iter().chain((0..measures.len()).map(value)) {
                    if outcome.is_ok() {
                        outcome = cells.write_all(&number.to_le_bytes());
                    }
                }
            },
        );
        outcome?;
        cells.flush()?;
    }
    Ok(())
}

fn read(dir: &Path) -> io::Result<PackFiles> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(dir) {
                files.push(PackFile {
                    path: inside.to_string_lossy().replace('\\', "/"),
                    bytes: fs::read(&path)?,
                });
            }
        }
    }
    Ok(PackFiles {
        root: dir.to_string_lossy().into_owned(),
        files,
    })
}
