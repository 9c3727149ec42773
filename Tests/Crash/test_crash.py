"""kill -9 during load, again and again: what was acknowledged is there, and nothing is there twice."""
import http.client
import os
import random
import threading
import time
import uuid

from raptorflow import Client, Server
from workspace import Workspace

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "50"))
WRITERS = 4
SECONDS = 170


class Writer(threading.Thread):
    """Posts journal entries and opens accounts, one after the other, until the server is gone."""

    def __init__(self, workspace, accounts):
        super().__init__(daemon=True)
        self.workspace, self.accounts = workspace, accounts
        self.acknowledged, self.unanswered, self.refused = [], None, None

    def run(self):
        client = self.workspace.client()
        while True:
            path, body, key = self.next_request()
            self.unanswered = (path, body, key)
            try:
                answer = client.post(path, body, key=key)
            except (OSError, http.client.HTTPException):
                return
            if answer.status != 201:
                self.refused = answer
                return
            self.acknowledged.append((path, answer.json["id"], key))
            self.unanswered = None

    def next_request(self):
        key = uuid.uuid4().hex
        base = self.workspace.base
        if random.random() < 0.7:
            debit, credit = random.sample(self.accounts, 2)
            body = self.workspace.entry(debit, credit, random.randint(1, 10_000), f"entry {key}")
            return f"{base}/ledger/journal-entries", body, key
        return f"{base}/ledger/accounts", self.workspace.account(key), key


def load_and_kill(server, workspace, accounts):
    """Writes from several threads, kills the server in the middle, and returns what the writers saw."""
    writers = [Writer(workspace, accounts) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(random.uniform(0.02, 0.4))
    server.kill()
    for writer in writers:
        writer.join(30)
        assert not writer.is_alive(), "a writer did not see that the server is gone"
        assert writer.refused is None, f"{writer.refused.status}: {writer.refused.body!r}"
    return writers


def everything(client, path):
    """The ids and key descriptions of a whole list, page by page."""
    found, cursor = [], None
    while True:
        page = client.get(f"{path}?limit=100" + (f"&cursor={cursor}" if cursor else "")).expect(200).json
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_no_acknowledged_write_is_lost_and_none_is_booked_twice(tmp_path):
    server = Server(tmp_path).start()
    try:
        workspace = Workspace(server)
        accounts = workspace.make_accounts(10)
        written = {identifier: (f"{workspace.base}/ledger/accounts", None) for identifier in accounts}
        deadline = time.monotonic() + SECONDS
        rounds = 0
        while rounds < ROUNDS:
            assert time.monotonic() < deadline, f"only {rounds} of {ROUNDS} rounds in {SECONDS} s"
            rounds += 1
            crash_once(server, workspace, accounts, written)
        check_everything(Client(server.url, workspace.session), workspace, written)
        assert server.stop() == 0, server.output
        for command in (["ledger", "verify"], ["audit", "verify"]):
            done = server.run(*command)
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        print(f"{rounds} kills, {len(written)} rows acknowledged")
    finally:
        server.kill()


def crash_once(server, workspace, accounts, written):
    writers = load_and_kill(server, workspace, accounts)
    server.start()
    client = workspace.client()
    fresh = [item for writer in writers for item in writer.acknowledged]
    assert fresh or len(written) > len(accounts), "no write was acknowledged before the first kill"
    for path, identifier, key in fresh:
        written[identifier] = (path, key)
    for path, identifier, _ in fresh[-10:]:
        client.get(f"{path}/{identifier}").expect(200)
    # What was under way may have been written or not; asked for again with its key it is written once.
    for path, body, key in filter(None, (writer.unanswered for writer in writers)):
        answer = client.post(path, body, key=key).expect(201)
        written[answer.json["id"]] = (path, key)


def check_everything(client, workspace, written):
    """Each list holds exactly what was acknowledged."""
    for name in ("ledger/journal-entries", "ledger/accounts"):
        path = f"{workspace.base}/{name}"
        expected = {identifier for identifier, (where, _) in written.items() if where == path}
        found = [item["id"] for item in everything(client, path)]
        assert len(found) == len(set(found)), f"{name}: a row is listed twice"
        assert set(found) == expected, (
            f"{name}: {len(expected - set(found))} acknowledged rows are missing, "
            f"{len(set(found) - expected)} are there that nobody was told of")
