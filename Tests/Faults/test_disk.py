"""A full disk and a read-only one: clear answers, nothing lost, and all is well again when there is room."""
import os
import pathlib
import shutil
import subprocess
import time
import uuid

import pytest

from raptorflow import Server
from workspace import Workspace

NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


class SmallDisk(Server):
    """A server whose folder is a file system of 12 MiB that nobody else sees."""

    def __init__(self, folder):
        super().__init__(folder)
        script = f'mount -t tmpfs -o size=12m tmpfs "{folder}" && cd "{folder}" && exec "$@"'
        self.command = [*NAMESPACE, "sh", "-c", script, "sh", *self.command]

    @property
    def disk(self):
        """The folder as the server sees it."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{self.folder}")


@pytest.fixture
def small(tmp_path):
    running = SmallDisk(tmp_path).start()
    yield running
    running.kill()


def post_until(workspace, accounts, wanted, patience=60):
    """Posts entries until one is answered with the status; returns the acknowledged ones and that answer."""
    client, acknowledged, ends = workspace.client(), [], time.monotonic() + patience
    while time.monotonic() < ends:
        body = workspace.entry(*accounts, 1, description="x" * 400)
        answer = client.post(f"{workspace.base}/ledger/journal-entries", body, key=str(uuid.uuid4()))
        if answer.status == wanted:
            return acknowledged, answer
        answer.expect(201, 503)
        if answer.status == 201:
            acknowledged.append(answer.json["id"])
    raise AssertionError(f"no {wanted} in {patience} s")


def test_a_full_disk_answers_503_loses_nothing_and_recovers(small):
    workspace = Workspace(small)
    accounts = workspace.make_accounts(2)
    filler = small.disk / "filler"
    free = shutil.disk_usage(small.disk).free
    filler.write_bytes(b"\0" * max(0, free - 300_000))

    acknowledged, refused = post_until(workspace, accounts, 503)
    assert refused.json["code"] == "storage_unavailable" and int(refused.headers["Retry-After"]) > 0
    said = time.monotonic() + 5
    while not any("is full" in line for line in list(small.lines)):
        assert time.monotonic() < said, small.output[-2000:]
        time.sleep(0.05)
    client = workspace.client()
    client.get(workspace.base).expect(200)

    filler.unlink()
    more, written = post_until(workspace, accounts, 201)
    for entry in acknowledged + more + [written.json["id"]]:
        client.get(f"{workspace.base}/ledger/journal-entries/{entry}").expect(200)
    copy = small.folder.parent / f"{small.folder.name}.db"
    shutil.copy(small.disk / "raptorflow.db", copy)
    shutil.copy(small.disk / "raptorflow.db-wal", f"{copy}-wal")
    for part in ("ledger", "audit"):
        verified = subprocess.run([small.binary, part, "verify", "--database", str(copy)], capture_output=True,
                                  check=False)
        assert verified.returncode == 0, verified


def test_a_read_only_disk_is_refused_at_the_start_in_a_sentence(tmp_path):
    server = Server(tmp_path).start()
    Workspace(server)
    assert server.stop() == 0
    before = (tmp_path / "raptorflow.db").read_bytes()
    script = (f'mount --bind -o ro "{tmp_path}" "{tmp_path}" && mount -o remount,ro,bind "{tmp_path}" '
              f'&& cd "{tmp_path}" && exec "$@"')
    ended = subprocess.run([*NAMESPACE, "sh", "-c", script, "sh", *server.command], capture_output=True, text=True,
                           timeout=30, check=False)
    assert ended.returncode == 1, ended
    assert "read" in ended.stderr.lower() and "Fatal" not in ended.stderr, ended.stderr
    assert (tmp_path / "raptorflow.db").read_bytes() == before
