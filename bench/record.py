"""Recording over HTTP: a county lives until a day, then its records of the days after come in as posted forms."""
import json, os, pathlib, resource, sqlite3, subprocess, tempfile, time, urllib.error, urllib.parse, urllib.request, uuid

USERS = ["worker-%d" % n for n in range(1, 9)]
PASSWORD, NEW_PASSWORD = "first-of-the-bench-1", "second-of-the-bench-2"
# Share of the county's records that come in over HTTP; the rest is there before.
LIVE_SHARE = 0.25
WARM_POSTS = 400


def split(lines, before, live_share):
    """Writes what is there at the beginning into `before` and gives the later records, in the order of recording."""
    days = sorted(json.loads(line)["recorded_at"] for line in open(lines) if line.startswith('{"kind":"record"'))
    cut = days[int(len(days) * (1 - live_share))]
    live, opened = [], set()
    texts = open(lines).read().splitlines()
    for text in texts:
        line = json.loads(text)
        if line["kind"] == "record" and line["recorded_at"] < cut:
            opened.add(line["enrollment"])
    with open(before, "w") as out:
        for text in texts:
            line = json.loads(text)
            kind = line["kind"]
            if kind == "record" and line["recorded_at"] >= cut:
                live.append(line)
            elif kind == "enrollment" and line["id"] not in opened:
                pass
            elif kind in ("referral", "done") and (line.get("sent_at") or line.get("at")) >= cut:
                pass
            else:
                out.write(text + "\n")
    live.sort(key=lambda line: line["recorded_at"])
    return live


def typed(value):
    """A value as a browser sends it: one text, several for several codes."""
    if value is True or value is False:
        return ["true" if value else "false"]
    if isinstance(value, list):
        return value or ["|"]
    return [str(value)]


def post(line):
    """A record line as a filled form: subject, path, urlencoded body."""
    pairs = [("id", line["id"]), ("enrollment", line["enrollment"]), ("occurred_on", line["occurred_on"]), ("do", "save")]
    for field, value in line["values"].items():
        if isinstance(value, list) and (not value or isinstance(value[0], dict)):
            pairs.append((f"n.{field}", len(value)))
            for row, cells in enumerate(value):
                pairs += [(f"g.{field}.{row}.{name}", text) for name, cell in cells.items()
                          if cell is not None for text in typed(cell)]
        elif value is not None:
            pairs += [(f"f.{field}", text) for text in typed(value)]
    if line.get("reason"):
        pairs.append(("reason.*", line["reason"]))
    return f"{line['subject']}\t/persons/{line['subject']}/forms/maternal/{line['form']}\t{urllib.parse.urlencode(pairs)}"


class Server:
    """`fuyou serve` on a data directory."""

    def __init__(self, fuyou, data, log=None):
        environment = dict(os.environ, **({"FUYOU_LOG": "info", "NO_COLOR": "1"} if log else {}))
        self.log = open(log, "w") if log else subprocess.DEVNULL
        self.process = subprocess.Popen([fuyou, "serve", "--data", data, "--listen", "127.0.0.1:0"], env=environment,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.address = self.process.stdout.readline().strip().removeprefix("http://")

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self):
        """Waits until what a start brings with it is over: figures are read, the change feed is followed to its end."""
        for _ in range(120):
            before = self.cpu_s()
            time.sleep(1)
            if self.cpu_s() - before < 0.03:
                return
        raise SystemExit("the server does not come to rest")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def choose_password(address, login):
    """The first login: the first password must be changed."""
    opener = urllib.request.build_opener(NoRedirect)

    def send(path, pairs=None, cookie=""):
        data = urllib.parse.urlencode(pairs).encode() if pairs else None
        request = urllib.request.Request(f"http://{address}{path}", data, {"cookie": cookie})
        try:
            return opener.open(request)
        except urllib.error.HTTPError as answer:
            return answer

    cookie = send("/login", [("login", login), ("password", PASSWORD)]).headers["set-cookie"].split(";")[0]
    page = send("/password", cookie=cookie).read().decode()
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    pairs = [("csrf", csrf), ("present", PASSWORD), ("new", NEW_PASSWORD), ("again", NEW_PASSWORD)]
    answer = send("/password", pairs, cookie)
    if answer.status != 303:
        raise SystemExit(f"the password of {login} could not be changed: {answer.status}")


def make_county(fuyou, folder, population):
    """A data directory as of some day, and the posts of the days after it."""
    lines, before, data = folder / "county.ndjson", folder / "before.ndjson", folder / "data"
    subprocess.run([fuyou, "simulate", "--population", str(population), "--out", lines], check=True)
    live = split(lines, before, LIVE_SHARE)
    subprocess.run([fuyou, "import", before, "--data", data], check=True)
    root = next(json.loads(line)["code"] for line in open(before))
    for login in USERS:
        subprocess.run([fuyou, "user", "add", login, "--name", login, "--role", "county_worker", "--organization", root,
                        "--data", data], input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
    with Server(fuyou, data) as server:
        for login in USERS:
            choose_password(server.address, login)
    return data, [post(line) for line in live]


def load(maker, server, posts, seconds, clients):
    with tempfile.NamedTemporaryFile("w", suffix=".posts") as file:
        file.write("\n".join(posts) + "\n")
        file.flush()
        run = subprocess.run([maker, server.address, ",".join(USERS), NEW_PASSWORD, file.name, str(seconds), str(clients)],
                             check=True, capture_output=True, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def counts(data, posts):
    """How many of the posted records are stored, and how many batches were committed. What a record opens by itself (a
    child's enrollment after a birth) is stored besides, and not counted."""
    base = sqlite3.connect(f"file:{data}/fuyou.db?mode=ro", uri=True)
    posted = {uuid.UUID(urllib.parse.parse_qs(line.split("\t")[2])["id"][0]).bytes for line in posts}
    encounters = sum(id in posted for id, in base.execute("select id from encounter"))
    batches, = base.execute("select sum(batches) from lane").fetchone()
    base.close()
    return encounters, batches


def bare_commits(folder, rows, group):
    """One row a record, `group` records a synced commit: what the disk and SQLite alone would give."""
    base = sqlite3.connect(folder / "floor.db", isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma synchronous=full")
    base.execute("create table row(subject blob, id blob, a text, b text, c integer, d integer, e integer, f text, "
                 "primary key (subject, id))")
    start = time.monotonic()
    for first in range(0, rows, group):
        base.execute("begin immediate")
        for n in range(first, min(rows, first + group)):
            base.execute("insert into row values (?, ?, ?, ?, ?, ?, ?, ?)",
                         (os.urandom(16), os.urandom(16), "antenatal", "2026-01-01", n, n, n, "990001"))
        base.execute("commit")
    return rows / (time.monotonic() - start)


def statements(log):
    """Trips to the database that a request made itself, from the server's own log. What the lane writes is shared by all
    records of a turn and not in it."""
    found = [int(line.split("db.statements=")[1].split()[0]) for line in open(log)
             if "db.statements=" in line and "/forms/" in line and "http.status=303" in line]
    return sum(found) / max(len(found), 1)


def record(fuyou, maker, seconds, clients, population):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data, posts = make_county(fuyou, folder, population)
        log = folder / "server.log"
        with Server(fuyou, data, log) as server:
            warm = load(maker, server, posts[:WARM_POSTS], 60, 1)
        per_record = statements(log)
        encounters_before, batches_before = counts(data, posts)
        with Server(fuyou, data) as server:
            # Logging in is meant to be expensive: what it costs is measured with one record, and taken off.
            server.settle()
            server_start = server.cpu_s()
            first = load(maker, server, posts[WARM_POSTS:WARM_POSTS + 1], 1, 1)
            logins_s = server.cpu_s() - server_start
            maker_before, server_before = resource.getrusage(resource.RUSAGE_CHILDREN), server.cpu_s()
            result = load(maker, server, posts[WARM_POSTS + 1:], seconds, clients)
            maker_after, server_after = resource.getrusage(resource.RUSAGE_CHILDREN), server.cpu_s()
        encounters, batches = counts(data, posts)
        answered = first["stored"] + result["stored"]
        if encounters - encounters_before != answered:
            raise SystemExit(f"{answered} answered, {encounters - encounters_before} stored")
        subprocess.run([fuyou, "audit", "verify", "--data", data], check=True)
        group = max(1, round(result["stored"] / max(1, batches - batches_before)))
        peer = bare_commits(folder, result["stored"], group)
    maker_s = maker_after.ru_utime + maker_after.ru_stime - maker_before.ru_utime - maker_before.ru_stime
    server_s = server_after - server_before - logins_s
    ours = result["stored"] / result["seconds"]
    print(f"{result['stored']} records stored in {result['seconds']:.1f} s over {clients} connections; "
          f"{result['refused']} refused {result['refused_examples'][:2]}; warm-up refused {warm['refused']}")
    print(f"trips to the database {per_record:.1f} a request before the lane; {group} records a commit; "
          f"p50 {result['p50_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms, longest {result['max_ms']:.1f} ms")
    print(f"processor: server {server_s / result['stored'] * 1e6:.0f} µs a record ({server_s / result['seconds']:.2f} cores), "
          f"load maker {maker_s / result['stored'] * 1e6:.0f} µs a record "
          f"({100 * maker_s / (maker_s + server_s):.0f} % of both); load of the machine {os.getloadavg()[0]:.1f}")
    print(f"record ours={ours:.0f}/s peer={peer:.0f}/s ratio={ours / peer:.3f} p99={result['p99_ms']:.1f}ms")
