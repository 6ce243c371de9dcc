"""All indicators of a program × every organization × 24 months: the cube beside DuckDB, SQLite and the floor.

Needs `numpy` and, for that peer, `duckdb` from the package index. Every engine gets the same columns, in the narrowest
types it has, and answers with one statement for each way of dating and placing; cells are compared before times are told.
"""
import math, os, pathlib, sqlite3, statistics, subprocess, sys, tempfile, time

ROUNDS = 5
NULL = -2**31


def timed(work):
    start = time.monotonic()
    found = work()
    return time.monotonic() - start, found


def read(folder):
    columns = [line.split("\t") for line in (folder / "columns.tsv").read_text().rstrip("\n").split("\n")]
    questions = [line.split("\t") for line in (folder / "questions.tsv").read_text().rstrip("\n").split("\n")]
    return columns, questions


def statement(question, month):
    on, place, measures = question[1], question[2], question[3:]
    sums = []
    for condition, value in zip(measures[::2], measures[1::2]):
        function = "count(*)" if value == "1" else f"sum({value})"
        sums.append(f"coalesce({function}{f' filter (where {condition})' if condition else ''}, 0)")
    return (f"select coalesce({place}, -1), {month(on)}, count(*), {', '.join(sums)} from facts "
            f"where {on} is not null group by 1, 2")


def duck(folder, columns, threads, numpy):
    import duckdb
    base = duckdb.connect(config={"threads": threads})
    base.execute("set enable_progress_bar = false")
    types = {"boolean": "boolean", "date": "date", "text": "integer"}
    selected, data = [], {}
    for name, kind, codes in columns:
        raw = numpy.fromfile(folder / f"{name}.i32", dtype="<i4")
        data[name] = raw
        known = f'nullif("{name}", {NULL})'
        if kind == "code":
            listed = ", ".join(f"'{code}'" for code in codes.split(","))
            base.execute(f'create type "e_{name}" as enum ({listed})')
            cases = " ".join(f"when {at} then '{code}'" for at, code in enumerate(codes.split(",")))
            selected.append(f'cast(case "{name}" {cases} end as "e_{name}") as "{name}"')
        elif kind == "date":
            selected.append(f"date '1970-01-01' + {known} as \"{name}\"")
        else:
            top = int(raw.max())
            narrow = types.get(kind) or ("tinyint" if top < 128 else "smallint" if top < 32768 else "integer")
            selected.append(f'cast({known} as {narrow}) as "{name}"')
    base.register("raw", data)
    base.execute(f"create table facts as select {', '.join(selected)} from raw")
    base.unregister("raw")
    return base, lambda on: f"(year({on}) * 12 + month({on}) - 1)"


def lite(folder, columns, numpy):
    base = sqlite3.connect(folder / "facts.db")
    base.execute("pragma journal_mode=off")
    base.execute("pragma synchronous=off")
    base.execute("pragma cache_size=-4000000")
    names = ", ".join(f'"{name}"' for name, _, _ in columns)
    base.execute(f"create table facts ({names})")
    raw = [numpy.fromfile(folder / f"{name}.i32", dtype="<i4") for name, _, _ in columns]
    def shown(values, kind, codes):
        if kind == "date":
            texts = numpy.datetime_as_string(values.astype("datetime64[D]")).tolist()
            return [None if value == NULL else text for value, text in zip(values.tolist(), texts)]
        words = codes.split(",")
        if kind == "code":
            return [None if value == NULL else words[value] for value in values.tolist()]
        return [None if value == NULL else value for value in values.tolist()]
    marks = ", ".join("?" for _ in columns)
    for first in range(0, len(raw[0]), 100_000):
        parts = [shown(all[first:first + 100_000], kind, codes) for all, (_, kind, codes) in zip(raw, columns)]
        base.executemany(f"insert into facts values ({marks})", zip(*parts))
    base.commit()
    return base, lambda on: f"(cast(substr({on}, 1, 4) as integer) * 12 + cast(substr({on}, 6, 2) as integer) - 1)"


def compare(folder, question, rows, numpy, engine):
    """Both tables in the same order must be the same."""
    ours = numpy.fromfile(folder / f"axis{question[0]}.cells", dtype="<i8")
    theirs = numpy.array(rows, dtype="i8") if isinstance(rows, list) else rows
    ours = ours.reshape(-1, theirs.shape[1])
    sort = lambda cells: cells[numpy.lexsort((cells[:, 1], cells[:, 0]))]
    if ours.shape != theirs.shape or not (sort(ours) == sort(theirs)).all():
        sys.exit(f"axis {question[0]}: the cells of the cube and of {engine} differ")
    return theirs.size


def duck_cells(base, sql, numpy):
    found = base.execute(sql).fetchnumpy()
    columns = [numpy.ma.filled(column, 0).astype("i8") for column in found.values()]
    return numpy.stack(columns, axis=1)


def run(root, enrollments, sqlite_most=1_000_000):
    try:
        import numpy
    except ImportError:
        sys.exit("bench/run indicators needs numpy and duckdb: pip install numpy duckdb")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        command = [target / "release/examples/indicators", root / "packs/cn", "maternal", str(enrollments), str(threads), folder]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        told = [line.split("=") for line in out.split()]
        values = lambda key: [int(value) for name, value in told if name == key]
        columns, questions = read(folder)
        base, month = duck(folder, columns, threads, numpy)
        texts = [statement(question, month) for question in questions]
        cold = sum(timed(lambda: base.execute(sql).fetchnumpy())[0] for sql in texts)
        cells = sum(compare(folder, question, duck_cells(base, sql, numpy), numpy, "DuckDB") for question, sql in zip(questions, texts))
        # Only the answering is timed, not the hand-over to Python: the result is written into a table of the engine.
        warm = []
        for _ in range(ROUNDS):
            warm.append(sum(timed(lambda: base.execute(f"create or replace temp table answer as {sql}"))[0] for sql in texts))
        base.close()
        slow = None
        if enrollments <= sqlite_most:
            base, month = lite(folder, columns, numpy)
            slow = 0
            for question in questions:
                seconds, rows = timed(lambda: base.execute(statement(question, month)).fetchall())
                slow += seconds
                compare(folder, question, rows, numpy, "SQLite")
            base.close()
        print(f"{enrollments} enrollments, {threads} threads, {cells} cells alike in every engine; load average {os.getloadavg()[0]:.1f}")
        ours, floor = min(values("scan")) / 1000, min(values("floor")) / 1000
        for label, key in [("load", "load"), ("order and first scan", "order_and_scan")]:
            print(f"cube {label}: {values(key)[0] / 1000:.0f} ms")
        print(f"cube scan: best {ours:.1f} ms, median {statistics.median(values('scan')) / 1000:.1f} ms; one change: {values('change_ns')[0] / 1000:.1f} µs")
        print("cube memory: " + ", ".join(f"{key[:-6]} {values(key)[0] >> 20} MiB" for key in ["column_bytes", "index_bytes", "projection_bytes", "cell_bytes"]))
        print(f"floor: {values('scanned_bytes')[0] >> 20} MiB read once in {floor:.1f} ms; the scan takes {ours / floor:.1f} times as long")
        written = min(values("written")) / 1000
        print(f"floor with what comes out: {values('cell_bytes')[0] >> 20} MiB of cells written once in {written:.1f} ms; "
              f"the scan takes {ours / (floor + written):.1f} times as long as reading and writing")
        print(f"single-record evaluation of all {values('rules')[0]} rules: {values('rules_ns')[0] / 1000:.1f} µs; goal 50 µs")
        peer = min(warm) * 1000
        print(f"DuckDB: cold {cold * 1000:.0f} ms, warm best {peer:.0f} ms, median {statistics.median(warm) * 1000:.0f} ms")
        print(f"SQLite: {slow * 1000:.0f} ms" if slow is not None else f"SQLite: not run beyond {sqlite_most} enrollments")
    print(f"indicators ours={ours:.1f}ms peer={peer:.0f}ms ratio={peer / ours:.1f}")
    return ours


def run_each(root, sizes):
    """One run for each number of enrollments, then how the time of a scan grows with it."""
    times = [run(root, size) for size in sizes]
    for (few, short), (many, long) in zip(zip(sizes, times), zip(sizes[1:], times[1:])):
        print(f"from {few} to {many} enrollments: exponent {math.log(long / short) / math.log(many / few):.2f}; goal at most 1.05")
