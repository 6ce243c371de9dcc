"""The budget of every page: whoever follows the links from the first page of a role asks for each kind of page some
times. Printed are the server's own times (95th percentile and median), the bytes of the page and the statements.

    python3 budget.py FUYOU COUNTY [DAY]

COUNTY is the folder of a made-up county (`fuyou demo --county`). The command fails when a page is over its budget.
"""
import collections, re, statistics, sys, time

from pages import Client, started, stopped

ROUNDS = 20
ROLES = ["village", "township", "nurse", "county", "analyst", "director", "admin", "auditor"]
TIME_MS, BYTES, STATEMENTS = 150, 180 * 1024, 30
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def kind(path):
    path = ID.sub("{id}", re.split(r"[?#]", path)[0])
    return re.sub(r"^/(indicators|lists/\w+|packs)/[^/{]+", r"/\1/{one}", path)


def get(client, path):
    client.connection.request("GET", path, headers={"cookie": client.cookie, "accept-encoding": "gzip"})
    answer = client.connection.getresponse()
    return answer, answer.read()


def crawled(client):
    """One address of each kind of page."""
    waiting, seen, found = ["/"], set(), []
    while waiting and len(found) < 45:
        path = waiting.pop(0)
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        answer, body = get(client, path)
        if "html" not in (answer.getheader("content-type") or ""):
            continue
        if answer.status != 200:
            sys.exit(f"a link leads to {path}: {answer.status}")
        found.append(path)
        links = re.findall(r'href="(/[^"]*)"', body.decode())
        waiting += [link.replace("&#38;", "&").replace("&amp;", "&") for link in links
                    if not re.search(r"/assets/|/file|format=", link)]
    return found


def main():
    fuyou, county = sys.argv[1], sys.argv[2]
    day = ["--today", sys.argv[3]] if len(sys.argv) > 3 else []
    server, port, log = started(fuyou, ["demo", "--county", county, *day])
    sizes, routes = {}, {}
    try:
        end = time.monotonic() + 300
        while not any("figures are in memory" in line for _, line in list(log)) and time.monotonic() < end:
            time.sleep(0.1)
        for role in ROLES:
            client = Client(port, role)
            for path in crawled(client):
                for _ in range(ROUNDS):
                    answer, body = get(client, path)
                    number = int(answer.getheader("x-request-number"))
                    sizes[number], routes[number] = len(body), (role, kind(path))
        time.sleep(1)
    finally:
        stopped(server)
    found = collections.defaultdict(lambda: ([], [], []))
    for _, line in log:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        number = re.search(r"request\.number=(\d+)", line)
        if not number or int(number[1]) not in sizes:
            continue
        number = int(number[1])
        times, bytes_, statements = found[routes[number][1]]
        times.append(int(re.search(r"duration_us=(\d+)", line)[1]) / 1000)
        bytes_.append(sizes[number])
        statements.append(int(re.search(r"db\.statements=(\d+)", line)[1]))
    print("| page | p95 | median | bytes at most | statements at most |\n|---|---|---|---|---|")
    over = []
    for page, (times, bytes_, statements) in sorted(found.items()):
        p95 = sorted(times)[int(len(times) * 0.95) - 1]
        print(f"| `{page}` | {p95:.0f} ms | {statistics.median(times):.0f} ms | {max(bytes_):,} | {max(statements)} |")
        if p95 > TIME_MS or max(bytes_) > BYTES or max(statements) > STATEMENTS:
            over.append(page)
    print(f"\n{len(found)} pages, {sum(len(times) for times, _, _ in found.values())} requests; over budget: {', '.join(over) or 'none'}")
    sys.exit(1 if over else 0)


main()
