"""Backups, restoring, stopping: what is copied is complete, and one file remains."""
import os
import sqlite3
import threading
import time
import uuid

import pytest

from raptorflow import Client, Server
from workspace import Workspace


def count(path, table):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()


class Writer(threading.Thread):
    """Invites people one after the other until it is told to stop."""

    def __init__(self, workspace):
        super().__init__(daemon=True)
        self.workspace, self.written, self.is_over = workspace, [], False

    def run(self):
        client = self.workspace.client(self.workspace.session)
        while not self.is_over:
            body = {"email": f"{uuid.uuid4().hex}@example.com", "role": "viewer"}
            answer = client.post(f"{self.workspace.base}/invitations", body)
            if answer.status == 409:
                return
            self.written.append(answer.expect(201).json["id"])


@pytest.fixture
def running(tmp_path):
    with Server(tmp_path) as server:
        yield server


def test_a_backup_taken_while_writing_is_complete_and_verifies(running, tmp_path):
    workspace = Workspace(running)
    writer = Writer(workspace)
    writer.start()
    time.sleep(0.3)
    before = list(writer.written)
    done = running.run("backup", "copy.db")
    writer.is_over = True
    writer.join(30)
    assert done.returncode == 0, done.stderr
    assert not os.path.exists(tmp_path / "copy.db-wal")
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    copy = sqlite3.connect(tmp_path / "copy.db")
    copied = {row[0] for row in copy.execute("SELECT id FROM invitations")}
    copy.close()
    assert before and set(before) <= copied <= set(writer.written)
    for command in (["audit", "verify"], ["ledger", "verify"]):
        checked = running.run(*command, "--database", "copy.db")
        assert checked.returncode == 0, checked.stdout + checked.stderr
    again = running.run("backup", "copy.db")
    assert again.returncode == 1 and "is there already" in again.stderr
    assert running.run("backup", "copy.db", "--overwrite").returncode == 0


def test_sigterm_leaves_one_file_that_opens_without_any_other(tmp_path):
    server = Server(tmp_path).start()
    workspace = Workspace(server)

    assert server.stop() == 0, server.output
    left = {path.name for path in tmp_path.iterdir()}
    assert "raptorflow.db-wal" not in left and "raptorflow.db-shm" not in left, left
    moved = tmp_path / "moved.db"
    moved.write_bytes((tmp_path / "raptorflow.db").read_bytes())
    assert count(moved, "organizations") == 1



def test_restore_wants_the_file_alone_and_keeps_what_was_there(running, tmp_path):
    workspace = Workspace(running)
    assert running.run("backup", "good.db").returncode == 0
    workspace.owner.post("/v1/orgs", {"name": "Second"}).expect(201)
    refused = running.run("restore", "good.db")
    assert refused.returncode == 1 and "is in use" in refused.stderr
    assert running.stop() == 0
    assert count(tmp_path / "raptorflow.db", "organizations") == 2
    done = running.run("restore", "good.db")
    assert done.returncode == 0, done.stderr
    assert count(tmp_path / "raptorflow.db", "organizations") == 1
    assert count(tmp_path / "raptorflow.db.before-restore", "organizations") == 2
    assert not (tmp_path / "raptorflow.db.restoring").exists()
    running.start()
    Client(running.url, workspace.session).get("/v1/me").expect(200)


def test_a_damaged_backup_is_not_restored(running, tmp_path):
    assert running.run("backup", "good.db").returncode == 0
    assert running.stop() == 0
    data = bytearray((tmp_path / "good.db").read_bytes())
    for offset in range(4096, len(data), 4096):
        data[offset:offset + 64] = b"\xff" * 64
    (tmp_path / "bad.db").write_bytes(data)
    present = (tmp_path / "raptorflow.db").read_bytes()
    for name, content in (("bad.db", None), ("text.db", b"not a database")):
        if content:
            (tmp_path / name).write_bytes(content)
        done = running.run("restore", name)
        assert done.returncode == 1, done.stdout
        assert (tmp_path / "raptorflow.db").read_bytes() == present


def test_an_operator_asks_for_a_backup_over_the_api(running, tmp_path):
    workspace = Workspace(running)
    workspace.owner.post("/v1/operator/backups").expect(202)
    deadline = time.monotonic() + 20
    while not (found := workspace.owner.get("/v1/operator/backups").expect(200).json["data"]):
        assert time.monotonic() < deadline, "no backup appeared"
        time.sleep(0.1)
    assert count(tmp_path / "backups" / found[0]["name"], "organizations") == 1
    Client(running.url, workspace.key).get("/v1/operator/backups").expect(404)
