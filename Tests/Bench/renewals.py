"""How long many renewals take that fall due in the same second, and what people notice of it meanwhile.

usage: renewals.py BINARY [--customers 20000] [--readers 4]

A server is started and stopped once; its file then gets so many organisations, each with an owner and a paid monthly
plan that ends in the same second. The test clock is moved past that second: every one of them is invoiced (numbers,
taxes, ledger, audit, events, mail). Meanwhile some clients read and write as people do. Judged are the whole time and
the 99th percentile of what the clients wait.
"""
import argparse
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Driver"))

from raptorflow import Client, Server  # noqa: E402
from workspace import Workspace  # noqa: E402

DAY = 86_400_000


def crowd(database, customers, ends):
    """So many organisations with a plan that ends then; everything else is as the server would have made it."""
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as file:
        file.execute("PRAGMA synchronous = OFF")
        (owner,) = file.execute("SELECT id FROM users LIMIT 1").fetchone()
        (price,) = file.execute(
            "SELECT id FROM prices WHERE plan_code = 'pro' AND currency = 'INR' AND period = 'month'").fetchone()
        begins = ends - 30 * DAY
        for number in range(customers):
            name = f"org_01bench{number:021d}"
            file.execute(
                "INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (name, f"Customer {number}", f"customer-{number}", begins, begins))
            file.execute(
                "INSERT INTO members (organization_id, user_id, role, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                (name, owner, "owner", begins, begins))
            file.execute(
                "INSERT INTO subscriptions (organization_id, plan_code, currency, period, state, price_id,"
                " period_start,"
                " period_end, billed_through, anchor_wall, anchor_months, created_at, updated_at)"
                " VALUES (?, 'pro', 'INR', 'month', 'active', ?, ?, ?, ?, ?, 1, ?, ?)",
                (name, price, begins, ends, ends, begins, begins, begins))
        file.commit()


def use(url, token, base, ends, waits):
    """Reads and writes as a person does, until it is over."""
    client = Client(url, token)
    number = 0
    while not ends.is_set():
        number += 1
        began = time.monotonic()
        if number % 4:
            client.get(f"{base}/subscription").expect(200)
        else:
            client.post(f"{base}/subscription/time-zone", {"time_zone": "UTC"}).expect(200)
        waits.append(time.monotonic() - began)
        time.sleep(0.02)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--readers", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, str(pathlib.Path(arguments.binary).resolve()))
        server.start()
        workspace = Workspace(server)
        server.stop()
        crowd(f"{folder}/raptorflow.db", arguments.customers, int(time.time() * 1000) + DAY)
        server.start()
        owner = Client(server.url, workspace.session, timeout=900)
        ends, waits = threading.Event(), []
        readers = [threading.Thread(target=use, args=(server.url, workspace.session, workspace.base, ends, waits))
                   for _ in range(arguments.readers)]
        for reader in readers:
            reader.start()
        time.sleep(2)
        quiet = list(waits)
        waits.clear()
        began = time.monotonic()
        owner.post("/v1/operator/clock", {"days": 2}).expect(200)
        seconds = time.monotonic() - began
        busy = list(waits)
        ends.set()
        for reader in readers:
            reader.join()
        with contextlib.closing(sqlite3.connect(f"{folder}/raptorflow.db", timeout=30)) as file:
            (renewed,) = file.execute("SELECT count(*) FROM subscriptions WHERE state = 'past_due'").fetchone()
            (numbers,) = file.execute("SELECT count(DISTINCT number) FROM invoices").fetchone()
        server.stop()
    print(json.dumps({
        "customers": arguments.customers, "renewed": renewed, "numbers": numbers, "seconds": round(seconds, 2),
        "per_second": round(renewed / seconds), "p99_quiet_ms": round(quantile(quiet, 0.99), 1),
        "p99_busy_ms": round(quantile(busy, 0.99), 1), "max_busy_ms": round(quantile(busy, 1.0), 1),
        "calls_meanwhile": len(busy)}))
    if renewed < arguments.customers:
        sys.exit(f"only {renewed} of {arguments.customers} were renewed")


if __name__ == "__main__":
    main()
