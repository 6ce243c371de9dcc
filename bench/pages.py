"""Pages that show figures at a million enrollments: a made-up county is copied until its province of sixteen cities has
that many.

Of what is known of its subjects only the facts of one program and the persons are copied, which is what these pages
read (`province.py` tells how). The same pages are asked for twice: while the facts are not yet in memory (the database counts),
and afterwards. Times are those of a client on the same machine, from the first byte sent to the last received.
"""
import http.client, os, pathlib, re, signal, statistics, subprocess, sys, tempfile, threading, time

from province import multiply

ROUNDS = 21
# What the pages read: facts, and who the persons behind them are.
COPIED = ("maternal_facts", "person")
# Whoever reads figures and whoever opens them into persons do so for the whole province.
PROVINCIAL = ("director", "county")
GOAL_MS = 100
PASSWORD = "yunling-demo-2026"


def started(fuyou, arguments):
    """The process, its port, and the lines of its log as they come with their times."""
    environment = dict(os.environ, FUYOU_LOG="info")
    server = subprocess.Popen([fuyou, *arguments, "--listen", "127.0.0.1:0"], text=True, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begun, log = time.monotonic(), []
    threading.Thread(target=lambda: [log.append((time.monotonic() - begun, line)) for line in server.stderr], daemon=True).start()
    line = server.stdout.readline()
    found = re.match(r"http://127\.0\.0\.1:(\d+)", line)
    if not found:
        sys.exit(f"the server did not start: {line} {log[-3:]}")
    return server, int(found[1]), log


def stopped(server):
    server.send_signal(signal.SIGTERM)
    start = time.monotonic()
    server.wait()
    return time.monotonic() - start


def in_memory(log, server, most=900):
    """Seconds from the start until the log says that figures are in memory, and that line."""
    end = time.monotonic() + most
    while time.monotonic() < end and server.poll() is None:
        for at, line in list(log):
            if "figures are in memory" in line:
                return at, line
        time.sleep(0.05)
    sys.exit(f"figures did not come into memory: {log[-3:]}")


def resident(server):
    """The memory of the server now and at most so far."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    now, most = (int(re.search(rf"{key}:\s+(\d+)", status)[1]) >> 10 for key in ("VmRSS", "VmHWM"))
    return f"the server has {now} MiB, at most {most} MiB"


class Client:
    def __init__(self, port, login):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", "/login", f"login={login}&password={PASSWORD}", headers)
        answer = self.connection.getresponse()
        answer.read()
        self.cookie = (answer.getheader("set-cookie") or "").split(";")[0]

    def get(self, path):
        start = time.monotonic()
        self.connection.request("GET", path, headers={"cookie": self.cookie})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}")
        return (time.monotonic() - start) * 1000, body


def run(fuyou, enrollments, population):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server, _, log = started(fuyou, ["demo", "--population", str(population), "--county", str(folder)])
        stopped(server)
        (folder / "cube.snapshot").unlink(missing_ok=True)
        counted, shared = multiply(folder / "fuyou.db", enrollments, COPIED, PROVINCIAL)
        counted = ", ".join(f"{count} of {table}" for table, count in counted)
        print(f"{counted}; load average {os.getloadavg()[0]:.1f}")
        server, port, log = started(fuyou, ["serve", "--data", str(folder)])
        director, worker = Client(port, "director"), Client(port, "county")
        year = time.localtime().tm_year
        rate = "early_booking_rate"
        pages = [(director, f"/board?year={year}"), (director, "/indicators"), (director, f"/indicators/{rate}"),
                 (director, f"/indicators/{rate}?by=mother_age"), (director, f"/board?year={year}&node={shared}"), (worker, f"/indicators/{rate}/persons?group=counted"),
                 (worker, f"/indicators/{rate}/persons?group=not_counted"), (worker, f"/indicators/{rate}/persons?group=gap"),
                 (worker, f"/indicators/{rate}/persons?group=counted&node={shared}")]
        early = [client.get(path) for client, path in pages]
        seconds, line = in_memory(log, server)
        print(f"loaded from the database in {seconds:.1f} s: {re.sub(chr(27) + r'[^m]*m', '', line).strip()[-60:]}; {resident(server)}")
        worst = 0
        for (client, path), (before, _) in zip(pages, early):
            times = sorted(client.get(path)[0] for _ in range(ROUNDS))
            worst = max(worst, statistics.median(times))
            middle, late = statistics.median(times), times[ROUNDS * 95 // 100]
            kept = "within" if middle <= GOAL_MS else "MISSES"
            print(f"{path}: p50 {middle:.1f} ms, p95 {late:.1f} ms, best {times[0]:.1f} ms, {kept} {GOAL_MS} ms; before that {before:.0f} ms")
        print(f"stopped in {stopped(server):.1f} s, snapshot {(folder / 'cube.snapshot').stat().st_size >> 20} MiB")
        server, _, log = started(fuyou, ["serve", "--data", str(folder)])
        seconds, _ = in_memory(log, server)
        print(f"in memory from the snapshot after {seconds:.1f} s; load average {os.getloadavg()[0]:.1f}")
        stopped(server)
    print(f"pages ours={worst:.1f}ms peer={GOAL_MS}ms ratio={worst / GOAL_MS:.2f}")
