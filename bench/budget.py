"""The budget of every page: whoever follows the links from the first page of a role asks for each kind of page some
times. Printed are the server's own times (95th percentile and median), the bytes of the page as it is sent (packed) and the
statements.

    python3 budget.py FUYOU COUNTY [DAY]

COUNTY is the folder of a made-up county (`fuyou demo --county`). The command fails when a page is over its budget.
"""
import collections, gzip, os, pathlib, re, statistics, sys, tempfile, time
from urllib.parse import quote

import province
from pages import Client, in_memory, resident, started, stopped

ROUNDS = 20
# A page that takes so long that it has missed its budget anyway is not asked for twenty times.
ROUNDS_SECONDS = 10
ROLES = ["village", "township", "nurse", "county", "analyst", "director", "admin", "auditor"]
TIME_MS, BYTES, STATEMENTS = 150, 60 * 1024, 30
# Pinyin initials, a Chinese name's beginning, the tail of a phone.
SEARCHES = ["wx", "王", "lijun", "8321"]
PAGES_MAX = 90
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def kind(path):
    path = ID.sub("{id}", re.split(r"[?#]", path)[0])
    return re.sub(r"^/(indicators|lists/\w+|packs)/[^/{]+", r"/\1/{one}", path)


def each_list(path):
    """As `kind`, with every register for itself."""
    path = ID.sub("{id}", re.split(r"[?#]", path)[0])
    return re.sub(r"^/(indicators|packs)/[^/{]+", r"/\1/{one}", path)


def ask(client, path, form=None):
    headers = {"cookie": client.cookie, "accept-encoding": "gzip"}
    if form is not None:
        headers |= {"content-type": "application/x-www-form-urlencoded", "x-csrf-token": client.token}
    client.connection.request("GET" if form is None else "POST", path, form, headers)
    answer = client.connection.getresponse()
    return answer, answer.read()


def get(client, path):
    return ask(client, path)


def text(answer, body):
    return (gzip.decompress(body) if answer.getheader("content-encoding") == "gzip" else body).decode()


def crawled(client):
    """One address of each kind of page."""
    waiting, seen, found = ["/"], set(), []
    while waiting and len(found) < PAGES_MAX:
        path = waiting.pop(0)
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        answer, body = get(client, path)
        if "html" not in (answer.getheader("content-type") or ""):
            continue
        token = re.search(r'name="csrf" value="([^"]+)"', text(answer, body))
        client.token = token[1] if token else ""
        if answer.status != 200:
            print(f"a link leads to {path}: {answer.status}", file=sys.stderr)
            continue
        found.append(path)
        links = re.findall(r'href="(/[^"]*)"', text(answer, body))
        waiting += [link.replace("&#38;", "&").replace("&amp;", "&") for link in links
                    if not re.search(r"/assets/|/file|format=", link)]
    return found


def measured(server, port, log):
    """Asks for every kind of page as each role; per page the server's times, the bytes and the statements."""
    sizes, routes = {}, {}
    in_memory(log, server)
    for role in ROLES:
        client = Client(port, role)
        pages = [(path, None) for path in crawled(client)]
        if role in ("township", "county"):
            for typed in map(quote, SEARCHES):
                pages += [(f"/persons?q={typed}", None), ("/persons/found", f"q={typed}")]
        for path, form in pages:
            end = time.monotonic() + ROUNDS_SECONDS
            for at in range(ROUNDS):
                if time.monotonic() > end and at > 2:
                    break
                answer, body = ask(client, path, form)
                number = int(answer.getheader("x-request-number"))
                name = kind(path) + ("?q=" if "?q=" in path else "")
                if name == "/" or path.startswith("/lists/"):
                    name += f" ({role})"
                sizes[number], routes[number] = len(body), name
    time.sleep(1)
    found = collections.defaultdict(lambda: ([], [], []))
    for _, line in list(log):
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        number = re.search(r"request\.number=(\d+)", line)
        if not number or int(number[1]) not in sizes:
            continue
        number = int(number[1])
        times, bytes_, statements = found[routes[number]]
        times.append(int(re.search(r"duration_us=(\d+)", line)[1]) / 1000)
        bytes_.append(sizes[number])
        statements.append(int(re.search(r"db\.statements=(\d+)", line)[1]))
    return found


def told(found):
    """Prints the table, and says which pages are over their budget."""
    print("| page | p95 | median | bytes at most | statements at most |\n|---|---|---|---|---|")
    over, worst = [], 0
    for page, (times, bytes_, statements) in sorted(found.items()):
        p95 = sorted(times)[max(0, int(len(times) * 0.95) - 1)]
        worst = max(worst, p95)
        print(f"| `{page}` | {p95:.0f} ms | {statistics.median(times):.0f} ms | {max(bytes_):,} | {max(statements)} |")
        if p95 > TIME_MS or max(bytes_) > BYTES or max(statements) > STATEMENTS:
            over.append(page)
    print(f"\n{len(found)} pages, {sum(len(times) for times, _, _ in found.values())} requests; over budget: {', '.join(over) or 'none'}")
    return over, worst


def of_province(fuyou, enrollments, population, kept=None):
    """The same in a province of so many enrollments, copied from a made-up county; in the folder `kept` it stays and is
    used again."""
    global kind
    kind = each_list
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(kept or name)
        if not (folder / "province").exists():
            folder.mkdir(parents=True, exist_ok=True)
            server, _, _ = started(fuyou, ["demo", "--population", str(population), "--county", str(folder)])
            stopped(server)
            (folder / "cube.snapshot").unlink(missing_ok=True)
            counted, _ = province.multiply(folder / "fuyou.db", enrollments)
            (folder / "province").write_text(", ".join(f"{count:,} of {what}" for what, count in counted))
        print(f"{(folder / 'province').read_text()}; load average {os.getloadavg()[0]:.1f}", flush=True)
        server, port, log = started(fuyou, ["serve", "--data", str(folder)])
        try:
            over, worst = told(measured(server, port, log))
            print(f"{resident(server)}; load average {os.getloadavg()[0]:.1f}")
        finally:
            stopped(server)
    print(f"budget ours={worst:.0f}ms peer={TIME_MS}ms ratio={worst / TIME_MS:.2f}")


def main():
    fuyou, county = sys.argv[1], sys.argv[2]
    day = ["--today", sys.argv[3]] if len(sys.argv) > 3 else []
    server, port, log = started(fuyou, ["demo", "--county", county, *day])
    try:
        over, _ = told(measured(server, port, log))
    finally:
        stopped(server)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
