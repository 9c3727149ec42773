"""What the ledger does over HTTP: batches, balances at an instant on a long account, and the cost as a book grows.

usage: ledger.py BINARY [--seconds 10] [--clients 8] [--entries 1000000] [--journals 100000] [--accounts 100]

Three parts, each on a server and a file of its own; 0 leaves one out.

- batches: `--clients` connections post batches of 100 entries of 2 postings for `--seconds`; postings ("legs") a second
- as-of: an account gets `--entries` entries by batches, then is read at random instants by booking time and, after a
  thousandth of the entries was dated otherwise, by effective time
- growth: one connection fills a book of `--accounts` accounts up to `--journals` journals; microseconds per journal of
  the last tenth before each size, and bytes on disk for each
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Driver"))

from raptorflow import Server  # noqa: E402
from workspace import Workspace  # noqa: E402

BATCH = 100
LEGS_AT_LEAST = 60_000
AS_OF_AT_MOST = 2.0


@contextlib.contextmanager
def instance(binary):
    with tempfile.TemporaryDirectory() as folder, Server(folder, str(pathlib.Path(binary).resolve())) as server:
        yield server, Workspace(server)


def batch(accounts, choose, dated=()):
    """A batch as bytes; entries at the places `dated` count at another time than they are booked."""
    entries = []
    for place in range(BATCH):
        debit, credit = choose(accounts)
        entry = Workspace.entry(debit, credit, 5, f"entry {place}")
        if place in dated:
            entry["effective_at"] = f"2025-{random.randint(1, 12):02}-{random.randint(1, 28):02}T12:00:00Z"
        entries.append(entry)
    return json.dumps({"entries": entries})


def pair(accounts):
    return random.sample(accounts, 2)


def post(client, workspace, body):
    client.request("POST", f"{workspace.base}/ledger/journal-entries/batch", body,
                   headers={"Content-Type": "application/json"}).expect(201)


def verify(server):
    done = server.run("ledger", "verify", timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr


def batches(binary, clients, seconds):
    with instance(binary) as (server, workspace):
        accounts = workspace.make_accounts(100)
        bodies = [batch(accounts, pair) for _ in range(50)]
        end, counts, times = time.monotonic() + seconds, [0] * clients, []

        def run(number):
            client = workspace.client()
            while time.monotonic() < end:
                began = time.monotonic()
                post(client, workspace, random.choice(bodies))
                times.append((time.monotonic() - began) * 1000)
                counts[number] += 1

        began = time.monotonic()
        threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        legs = sum(counts) * BATCH * 2 / took
        print(f"batches: {legs:,.0f} legs/s in {sum(counts)} requests of {BATCH} entries over {clients} connections, "
              f"median {statistics.median(times):.1f} ms, slowest {max(times):.0f} ms")
        print(f"  {'met' if legs >= LEGS_AT_LEAST else 'NOT MET'}: at least {LEGS_AT_LEAST:,} legs/s")
        verify(server)


def latencies(client, path, instants):
    times = []
    for instant in instants:
        began = time.monotonic()
        client.get(path.format(instant)).expect(200)
        times.append((time.monotonic() - began) * 1000)
    times.sort()
    return times


def as_of(binary, entries, reads=1000):
    with instance(binary) as (server, workspace):
        long, *others = workspace.make_accounts(11)
        client = workspace.client()

        def choose(_):
            return long, random.choice(others)

        bodies = [batch(others, choose) for _ in range(20)]
        first = time.time()
        for number in range(entries // BATCH):
            post(client, workspace, batch(others, choose, {7}) if number % 10 == 0 else bodies[number % 20])
        last = time.time()
        instants = [datetime.datetime.fromtimestamp(random.uniform(first, last), datetime.timezone.utc)
                    .isoformat(timespec="milliseconds").replace("+00:00", "Z") for _ in range(reads)]
        path = f"{workspace.base}/ledger/accounts/{long}"
        print(f"as-of, an account with {entries:,} entries filled in {last - first:.0f} s, over HTTP:")
        for name, query in (("now", "?x={}"), ("booked", "?at={}"), ("effective", "?at={}&basis=effective")):
            times = latencies(client, path + ("" if name == "now" else query), instants)
            print(f"  {name}: median {statistics.median(times):.2f} ms, 99 % within "
                  f"{times[len(times) * 99 // 100]:.2f} ms")
            if name == "booked":
                met = statistics.median(times) < AS_OF_AT_MOST
                print(f"  {'met' if met else 'NOT MET'}: below {AS_OF_AT_MOST} ms")


def sizes(limit):
    size = 1000
    while size < limit:
        yield size
        size *= 2 if str(size)[0] in "15" else 5 / 2
        size = int(size)
    yield limit


def growth(binary, journals, accounts):
    with instance(binary) as (server, workspace):
        names = workspace.make_accounts(accounts)
        client, done = workspace.client(), 0
        print(f"growth, {accounts} accounts, batches of {BATCH}, one connection:")
        for size in sizes(journals):
            spent, timed = 0.0, 0
            while done < size:
                body = batch(names, pair)
                began = time.monotonic()
                post(client, workspace, body)
                if done >= size - size // 10:
                    spent, timed = spent + time.monotonic() - began, timed + BATCH
                done += BATCH
            stored = sum(path.stat().st_size for path in server.folder.glob("raptorflow.db*"))
            cost = spent / max(timed, 1) * 1e6
            print(f"  {size:>9,} journals: {cost:6.1f} µs each, {stored / done:7.0f} bytes each", flush=True)
        verify(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--journals", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=100)
    arguments = parser.parse_args()
    if (busy := os.getloadavg()[0]) > 0.5:
        print(f"Not to be quoted: other work was running here (load {busy:.1f} before the first request)")
    if arguments.seconds:
        batches(arguments.binary, arguments.clients, arguments.seconds)
    if arguments.entries:
        as_of(arguments.binary, arguments.entries)
    if arguments.journals:
        growth(arguments.binary, arguments.journals, arguments.accounts)


if __name__ == "__main__":
    main()
