"""A register of a million lines as a file: how long the job takes and how much memory it adds.

A made-up county is copied as for `pages`, until there are twice as many enrollments as lines are wanted, because no
register holds all of them; the longest register of its province is asked for as XLSX and as CSV. Memory is
what the process has more at most while the job runs than at rest before it; the peer is the goal of 200 MiB.
"""
import http.client, os, pathlib, re, subprocess, tempfile, threading, time, zipfile

from pages import COPIED, PROVINCIAL, Client, in_memory, started, stopped
from province import multiply

GOAL_MIB = 200


def resident_mib(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def post(client, path, page):
    token = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    headers = {"cookie": client.cookie, "content-type": "application/x-www-form-urlencoded"}
    client.connection.request("POST", path, f"csrf={token}", headers)
    answer = client.connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("location")


def longest(client):
    """The register with most lines, its page and how many it has."""
    _, index = client.get("/lists")
    found = []
    for path in re.findall(r'href="(/lists/maternal/\w+)"', index.decode()):
        page = client.get(path)[1].decode()
        count = re.search(r'<h1>[^<]*<small class="soft number">\D*(\d+)', page)
        found.append((int(count[1]) if count else 0, path, page))
    return max(found)


def lines_of(kind, path):
    if kind == "csv":
        with open(path, "rb") as file:
            return sum(1 for _ in file) - 1
    rows = 0
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        for name in sheets:
            with book.open(name) as sheet:
                rest = b""
                while piece := sheet.read(1 << 20):
                    # A row's beginning may stand across two pieces, never twice in their seam.
                    rows += (rest + piece).count(b"<row ")
                    rest = piece[-4:]
    return rows - len(sheets)


def fetched(client, path, into):
    client.connection.request("GET", path, headers={"cookie": client.cookie})
    answer = client.connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    with open(into, "wb") as file:
        while piece := answer.read(1 << 20):
            file.write(piece)


def run(fuyou, lines, population):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server, _, _ = started(fuyou, ["demo", "--population", str(population), "--county", str(folder)])
        stopped(server)
        (folder / "cube.snapshot").unlink(missing_ok=True)
        counted, _ = multiply(folder / "fuyou.db", 2 * lines, COPIED, PROVINCIAL)
        server, port, log = started(fuyou, ["serve", "--data", str(folder)])
        try:
            in_memory(log, server)
            client = Client(port, "county")
            total, path, page = longest(client)
            counted = ", ".join(f"{count} of {table}" for table, count in counted)
            print(f"{counted}; {path} has {total} lines; load average {os.getloadavg()[0]:.1f}")
            worst = 0
            for kind in ["xlsx", "csv"]:
                time.sleep(3)
                rest, most, is_over = resident_mib(server), [0.0], threading.Event()

                def watch():
                    while not is_over.wait(0.05):
                        most[0] = max(most[0], resident_mib(server))
                watching = threading.Thread(target=watch, daemon=True)
                watching.start()
                begun = time.monotonic()
                status, job = post(client, f"{path}/file?view=all&format={kind}", page)
                if status != 303:
                    raise SystemExit(f"the export did not begin: {status}")
                asked = time.monotonic() - begun
                while "badge on-course" in (text := client.get(job)[1].decode()):
                    time.sleep(0.2)
                seconds = time.monotonic() - begun
                if f"{job}/file" not in text:
                    raise SystemExit(f"the export failed: {re.sub('<[^>]+>', ' ', text)[-600:]}")
                made = most[0] - rest
                fetched(client, f"{job}/file", folder / f"export.{kind}")
                is_over.set()
                watching.join()
                whole = time.monotonic() - begun
                found, size = lines_of(kind, folder / f"export.{kind}"), (folder / f"export.{kind}").stat().st_size
                if found != total:
                    raise SystemExit(f"the file has {found} lines")
                more = most[0] - rest
                worst = max(worst, more)
                print(f"{kind}: {found} lines, {size >> 20} MiB, page of the job after {asked:.2f} s, made in {seconds:.1f} s, fetched "
                      f"after {whole:.1f} s; memory {rest:.0f} MiB at rest, {made:.0f} MiB more while it was made, {more:.0f} MiB "
                      f"with fetching; load average {os.getloadavg()[0]:.1f}")
        finally:
            stopped(server)
    print(f"export ours={worst:.0f}MiB peer={GOAL_MIB}MiB ratio={worst / GOAL_MIB:.2f}")
