"""kill -9 among holds and batches: a hold is taken and posted whole or not at all, and so is a batch."""
import contextlib
import http.client
import os
import random
import sqlite3
import threading
import time
import uuid

from raptorflow import Server
from workspace import Workspace

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "50")) // 5
WRITERS = 4
BATCH = 7


class Writer(threading.Thread):
    """Takes holds and posts or voids them, and posts batches, until the server is gone."""

    def __init__(self, workspace, accounts):
        super().__init__(daemon=True)
        self.workspace, self.accounts = workspace, accounts
        self.states, self.batches, self.refused = {}, [], None

    def run(self):
        client = self.workspace.client()
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            while True:
                self.once(client)

    def send(self, client, path, body, status):
        answer = client.post(f"{self.workspace.base}/ledger/{path}", body, key=uuid.uuid4().hex)
        if answer.status != status:
            self.refused = answer
        return answer.expect(status).json

    def once(self, client):
        debit, credit = random.sample(self.accounts, 2)
        if random.random() < 0.3:
            group = uuid.uuid4().hex
            entries = [{**self.workspace.entry(debit, credit, 3), "group": group} for _ in range(BATCH)]
            self.send(client, "journal-entries/batch", {"entries": entries}, 201)
            self.batches.append(group)
            return
        body = {"description": "Order", "currency": "INR", "amount": 9, "debit_account": debit,
                "credit_account": credit}
        hold = self.send(client, "holds", body, 201)["id"]
        self.states[hold] = "pending"
        verb, state = random.choice([("post", "posted"), ("void", "voided"), (None, None)])
        if verb:
            # While it is under way it may be either; once it is answered it is that.
            self.states[hold] = None
            self.send(client, f"holds/{hold}/{verb}", {"amount": 4} if verb == "post" else None, 200)
            self.states[hold] = state


def test_case_36_a_kill_leaves_no_hold_and_no_batch_half_done(tmp_path):
    server = Server(tmp_path).start()
    try:
        workspace = Workspace(server)
        accounts = workspace.make_accounts(6)
        states, batches = {}, []
        for _ in range(ROUNDS):
            writers = [Writer(workspace, accounts) for _ in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(random.uniform(0.1, 0.5))
            server.kill()
            for writer in writers:
                writer.join(30)
                assert not writer.is_alive() and writer.refused is None, writer.refused and writer.refused.body
                states.update(writer.states)
                batches += writer.batches
            server.start()
        assert states and batches
        client = workspace.client()
        for hold, state in states.items():
            found = client.get(f"{workspace.base}/ledger/holds/{hold}").expect(200).json
            assert state in (None, found["state"]), found
        assert server.stop() == 0, server.output
        with contextlib.closing(sqlite3.connect(tmp_path / "raptorflow.db")) as file:
            sizes = dict(file.execute("SELECT group_id, count(*) FROM ledger_entries WHERE group_id IS NOT NULL "
                                      "GROUP BY group_id"))
        assert set(sizes.values()) == {BATCH} and set(batches) <= set(sizes)
        done = server.run("ledger", "verify")
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        server.kill()
