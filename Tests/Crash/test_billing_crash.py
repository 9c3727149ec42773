"""kill -9 while customers buy, pay and get money back: afterwards every act is there as a whole or not at all."""
import contextlib
import http.client
import os
import random
import re
import sqlite3
import threading
import time

from checkout import key, pay
from raptorflow import Client, Server
from workspace import Workspace

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "50")) // 5
SECONDS = 150


class Customer(threading.Thread):
    """Buys, pays, takes the money back, and buys again, until the server is gone."""

    def __init__(self, workspace, organization):
        super().__init__(daemon=True)
        self.base = f"/v1/orgs/{organization}"
        self.workspace, self.client = workspace, Client(workspace.url, workspace.session)

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            while True:
                self.buy_once()

    def buy_once(self):
        body = {"plan": "pro", "currency": "INR", "interval": random.choice(["month", "year"])}
        taken = self.client.post(f"{self.base}/subscription", body, key=key())
        if taken.status == 200:
            pay(self.workspace, taken.json["checkout"]["url"], random.choice(["success", "webhook", "callback"]))
        for payment in self.client.get(f"{self.base}/payments").expect(200).json["data"][:2]:
            self.client.post(f"{self.base}/payments/{payment['id']}/refunds", {"reason": "x"}, key=key())


def rows(server, statement):
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
        return file.execute(statement).fetchall()


def check_numbers(server):
    """Every series runs from 1 to its counter without a hole."""
    for series, year, last in rows(server, "SELECT series, fiscal_year, last_number FROM document_counters"):
        table = {"INV": "invoices", "CRN": "credit_notes"}[series]
        numbers = [number for (number,) in rows(server, f"SELECT number FROM {table} WHERE number IS NOT NULL")
                   if number.startswith(f"{series}/{year}/")]
        assert sorted(int(number.rsplit("/", 1)[1]) for number in numbers) == list(range(1, last + 1)), series


def check_wholeness(server):
    """Each invoice, capture and credit note has its entry, and each of these entries its document."""
    entries = rows(server, "SELECT kind, count(*) FROM ledger_entries WHERE organization_id = 'instance' GROUP BY kind")
    booked = dict(entries)
    for kind, statement in (
            ("invoice", "SELECT count(*) FROM invoices WHERE number IS NOT NULL AND amount > 0"),
            ("capture", "SELECT count(*) FROM payments WHERE state = 'captured'"),
            ("credit_note", "SELECT count(*) FROM credit_notes")):
        assert booked.get(kind, 0) == rows(server, statement)[0][0], kind


def test_case_36_kill_9_while_customers_buy_and_get_money_back(tmp_path):
    server = Server(tmp_path).start()
    try:
        workspace = Workspace(server)
        organizations = [workspace.owner.post("/v1/orgs", {"name": f"Customer {n}"}, key=key()).expect(201).json["id"]
                         for n in range(3)]
        deadline = time.monotonic() + SECONDS
        for _ in range(ROUNDS):
            assert time.monotonic() < deadline
            customers = [Customer(workspace, organization) for organization in organizations]
            for customer in customers:
                customer.start()
            time.sleep(random.uniform(0.3, 1.5))
            server.kill()
            for customer in customers:
                customer.join(30)
            check_numbers(server)
            check_wholeness(server)
            server.start()
        assert server.stop() == 0, server.output
        assert rows(server, "SELECT count(*) FROM payments WHERE state = 'captured'")[0][0] > 0
        assert not re.search(r"Fatal error", server.output)
        for command in (["ledger", "verify"], ["audit", "verify"]):
            done = server.run(*command)
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    finally:
        server.kill()
