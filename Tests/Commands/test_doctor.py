"""The doctor finds what is wrong, says nothing of what is right, and works beside a running server."""
import os
import sqlite3
import time

import pytest

from raptorflow import Server
from workspace import Workspace


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """An instance with an organisation, stopped in good order; tests work on copies of its folder."""
    server = Server(tmp_path_factory.mktemp("instance")).start()
    Workspace(server)
    assert server.run("backup", "kept.db").returncode == 0
    assert server.stop() == 0
    (server.folder / "backups").mkdir(exist_ok=True)
    os.replace(server.folder / "kept.db", server.folder / "backups" / "latest.db")
    return server


@pytest.fixture
def instance(stopped, tmp_path):
    for name in ("raptorflow.db", "raptorflow.db.key", "backups/latest.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((stopped.folder / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return Server(tmp_path)


def lights(done):
    """Findings by name: light and words."""
    rows = [line for line in done.stdout.splitlines() if line.startswith("[")]
    return {row[8:24].strip(): (row[1:5], row[24:].strip()) for row in rows}


def change(instance, *statements):
    """Changes the file by hand, as somebody with the sqlite3 shell would."""
    connection = sqlite3.connect(instance.folder / "raptorflow.db")
    connection.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_healthy_instance_has_nothing_red(instance):
    done = instance.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "mend" not in {light for light, _ in lights(done).values()}, done.stdout
    assert {"Database file", "Integrity", "Audit log", "Ledger", "Backups", "Master key"} <= set(lights(done))


def test_it_works_while_the_server_runs(instance):
    with instance:
        assert instance.run("doctor").returncode == 0


def test_a_missing_database_is_red(tmp_path):
    done = Server(tmp_path).run("doctor")
    assert done.returncode == 1 and lights(done)["Database file"][0] == "mend"
    assert not list(tmp_path.iterdir()), "the doctor made something"


def test_a_file_that_others_can_read_is_seen(instance):
    (instance.folder / "raptorflow.db").chmod(0o644)
    assert lights(instance.run("doctor"))["Database file"][0] == "look"


def test_a_damaged_page_is_red(instance):
    path = instance.folder / "raptorflow.db"
    data = bytearray(path.read_bytes())
    for offset in range(8 * 4096, len(data), 3 * 4096):
        data[offset:offset + 200] = b"\xff" * 200
    path.write_bytes(data)
    done = instance.run("doctor")
    assert done.returncode == 1 and "[mend]" in done.stdout, done.stdout


def test_a_broken_reference_is_red(instance):
    change(instance, "DELETE FROM users")
    done = instance.run("doctor")
    assert done.returncode == 1 and lights(done)["References"][0] == "mend", done.stdout


def test_a_touched_audit_record_is_red_and_named(instance):
    change(instance,
           *[f"DROP TRIGGER {name}" for name in triggers(instance, "audit_events")],
           "UPDATE audit_events SET action = 'nothing.happened' WHERE sequence = 1")
    done = instance.run("doctor")
    light, words = lights(done)["Audit log"]
    assert done.returncode == 1 and light == "mend" and "1" in words, done.stdout
    verified = instance.run("audit", "verify")
    assert verified.returncode == 1 and "First problem" in verified.stdout


def triggers(instance, table):
    connection = sqlite3.connect(instance.folder / "raptorflow.db")
    names = [row[0] for row in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,))]
    connection.close()
    return names


def test_an_older_and_a_newer_schema_are_told_apart(instance):
    change(instance, "INSERT INTO schema_migrations VALUES (9999, '9999_future', x'00', 0)")
    done = instance.run("doctor")
    assert done.returncode == 1 and lights(done)["Schema"][0] == "mend", done.stdout


def test_an_old_backup_is_red_and_none_is_yellow(instance):
    latest = instance.folder / "backups" / "latest.db"
    long_ago = time.time() - 3 * 86400
    os.utime(latest, (long_ago, long_ago))
    assert lights(instance.run("doctor"))["Backups"][0] == "mend"
    latest.unlink()
    assert lights(instance.run("doctor"))["Backups"][0] == "look"


def test_a_record_of_the_future_is_red(instance):
    future = int((time.time() + 86400) * 1000)
    change(instance, *[f"DROP TRIGGER {name}" for name in triggers(instance, "audit_events")],
           f"UPDATE audit_events SET at = {future} WHERE sequence = 1")
    assert lights(instance.run("doctor"))["Clock"][0] == "mend"


def test_the_wrong_the_missing_and_the_readable_master_key_are_red(instance):
    key = instance.folder / "raptorflow.db.key"
    key.chmod(0o644)
    assert lights(instance.run("doctor"))["Master key"][0] == "mend"
    text = key.read_text()
    key.write_text("cd" * 32)
    assert "not the one" in lights(instance.run("doctor"))["Master key"][1]
    with pytest.raises(RuntimeError, match="not the one"):
        instance.start()
    key.unlink()
    assert lights(instance.run("doctor"))["Master key"][0] == "mend"
    with pytest.raises(RuntimeError, match="is not here"):
        instance.start()
    assert not key.exists(), "a new key was made for a database that was sealed with another one"
    instance.environment["RAPTORFLOW_MASTER_KEY"] = text.strip()
    with instance:
        assert lights(instance.run("doctor"))["Master key"][0] == "good"


def test_a_public_address_without_encryption_is_seen(instance):
    done = instance.run("doctor", "--public-url", "http://app.example.com")
    assert lights(done)["Public URL"][0] == "look"
