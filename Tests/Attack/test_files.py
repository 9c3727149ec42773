"""FIL: backups, restoring, modes of files, and paths that lead out of the assets."""
import contextlib
import pathlib
import shutil
import sqlite3
import stat
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Path"))

from raptorflow import PASSWORD, Client, Server  # noqa: E402
from test_path import join  # noqa: E402
from wire import get, key, status  # noqa: E402
from workspace import Workspace  # noqa: E402


def test_fil_1_fil_3_nobody_downloads_or_restores_a_backup_over_http(server, workspace):
    document = Client(server.url).get("/openapi.json").expect(200).json
    named = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    assert {name for name in named if "ackup" in name} == {"listBackups", "takeBackup"}
    assert {name for name in named if "estore" in name} == {"restoreOrganization"}
    owner = Client(workspace.url, join(workspace, "second-owner@example.com", "admin"))
    user = owner.get("/v1/me").expect(200).json["id"]
    workspace.owner.request("PATCH", f"{workspace.base}/members/{user}", {"role": "owner"}).expect(200)
    for method, path in (("GET", "/v1/operator/backups"), ("POST", "/v1/operator/backups")):
        owner.request(method, path, headers={"Idempotency-Key": key()}).expect(404)
        workspace.client().request(method, path, headers={"Idempotency-Key": key()}).expect(403, 404)
    for path in ("/backups/latest.db", "/raptorflow.db", "/assets/../raptorflow.db", "/v1/operator/backups/latest.db"):
        assert status(get(server, path)) in (400, 404), path


def test_fil_1_a_backup_holds_no_secret_in_clear(tmp_path):
    with Server(tmp_path) as server:
        workspace = Workspace(server)
        seed = workspace.owner.post("/v1/me/second-factor", key=key()).expect(201).json["secret"]
        assert server.run("backup", "copy.db").returncode == 0
        master = [path for path in tmp_path.iterdir() if "key" in path.name]
        assert server.stop() == 0
    content = (tmp_path / "copy.db").read_bytes()
    secrets = [workspace.session, workspace.key, PASSWORD, seed, seed.replace(" ", "")]
    for file in master:
        secrets += [file.read_bytes().decode("latin-1").strip(), file.read_bytes()[:32].decode("latin-1")]
    assert master and not [secret for secret in secrets if secret.encode("latin-1") in content]


def test_fil_2_fil_3_fil_4_an_altered_backup_is_refused_and_nothing_is_touched(tmp_path):
    with Server(tmp_path) as server:
        workspace = Workspace(server)
        accounts = workspace.make_accounts(2)
        workspace.owner.post(f"{workspace.base}/ledger/journal-entries", workspace.entry(*accounts, 700),
                             key=key()).expect(201)
        assert server.run("backup", "good.db").returncode == 0
        assert server.stop() == 0
    present = (tmp_path / "raptorflow.db").read_bytes()

    def altered(name, *statements):
        shutil.copyfile(tmp_path / "good.db", tmp_path / name)
        with contextlib.closing(sqlite3.connect(tmp_path / name)) as file:
            for trigger, in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                file.execute(statement)
            file.commit()

    altered("audit.db", "UPDATE audit_events SET actor_display = 'Nobody' WHERE sequence = 2")
    altered("books.db", "UPDATE ledger_postings SET amount = amount + 1")
    (tmp_path / "archive.db").write_bytes(b"PK\x03\x04../../etc/passwd" + bytes(5000))
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "short.db").write_bytes(present[:5000])
    for name in ("audit.db", "books.db", "archive.db", "folder.db", "short.db", "missing.db"):
        done = server.run("restore", name)
        assert done.returncode == 1 and done.stderr, f"{name}: {done.stdout} {done.stderr}"
        assert (tmp_path / "raptorflow.db").read_bytes() == present, name
    assert server.run("restore", "good.db").returncode == 0


def test_fil_5_files_are_read_by_their_owner_only(server, workspace):
    for path in server.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path.name}: {mode:o}"
    assert {path.name for path in server.folder.iterdir()} >= {"raptorflow.db", "raptorflow.db-wal"}


ESCAPES = ["/assets/../raptorflow.db", "/assets/..%2fraptorflow.db", "/assets/%2e%2e/raptorflow.db",
           "/assets/..%5craptorflow.db",
           "/assets..", "/assets../raptorflow.db", "/assets//app.css", "/assets/app.css/", "/ASSETS/app.css",
           "/assets/app.css%00.html", "/assets/app.css%20", "/assets/....//raptorflow.db", "/assets/", "/assets",
           "/assets/%252e%252e/raptorflow.db", "//assets/app.css", "/./assets/app.css", "/assets/.", "/.git/config",
           "/assets/\\..\\raptorflow.db", "/console../raptorflow.db", "/raptorflow.json"]


@pytest.mark.parametrize("path", ESCAPES)
def test_fil_6_no_spelling_leaves_the_folder_of_assets(server, path):
    answer = get(server, path)
    assert status(answer) in (400, 404), answer[:300]
    assert b"SQLite format" not in answer
