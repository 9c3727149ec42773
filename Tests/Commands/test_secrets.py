"""What is sealed stays readable through rotations and crashes, and opens in its own place only; where keys are from."""
import contextlib
import os
import random
import secrets
import sqlite3
import stat
import subprocess
import time
import uuid

import pyotp
import pytest

from raptorflow import Client, Server
from test_options import run, shown
from workspace import Workspace


class Sealed:
    """A stopped instance in which everything that can be sealed is: seeds of two people, signing keys, kept answers."""

    def __init__(self, folder):
        self.server = Server(folder).start()
        workspace = Workspace(self.server)
        self.answers = []
        for _ in range(2):
            body, key = {"name": "Sealed", "role": "viewer"}, str(uuid.uuid4())
            made = workspace.owner.post(f"{workspace.base}/api-keys", body, key=key).expect(201).json
            self.answers.append((body, key, made["secret"]))
        begun = workspace.owner.post("/v1/me/second-factor").expect(200, 201).json
        code = {"code": pyotp.TOTP(begun["secret"]).now()}
        # Confirming gives the session another token.
        self.session = workspace.owner.post("/v1/me/second-factor/confirm", code).expect(200).json["token"]
        self.base = workspace.base
        assert self.server.stop() == 0

    def is_whole(self, server):
        """Whether a running server still opens all of it."""
        owner = Client(server.url, self.session)
        owner.post("/v1/auth/token", {}).expect(201)
        for body, key, secret in self.answers:
            again = owner.post(f"{self.base}/api-keys", body, key=key).expect(201)
            assert again.headers["Idempotent-Replayed"] == "true" and again.json["secret"] == secret
        # The seed: a wrong code is told from one that can't be checked.
        wrong = owner.post("/v1/me/step-up", {"code": "000000"})
        assert wrong.status == 422, wrong.body
        return True


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    return Sealed(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def instance(sealed, tmp_path):
    for name in ("raptorflow.db", "raptorflow.db.key"):
        (tmp_path / name).write_bytes((sealed.server.folder / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return Server(tmp_path)


def lines(instance):
    return (instance.folder / "raptorflow.db.key").read_text().split()


def sql(instance, statement, *values):
    with contextlib.closing(sqlite3.connect(instance.folder / "raptorflow.db")) as file:
        rows = file.execute(statement, values).fetchall()
        file.commit()
    return rows


def good(instance, *words):
    done = instance.run("secrets", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(word in done.stdout for word in words), done.stdout
    return done.stdout


def test_list_tells_what_is_sealed_by_which_key_and_no_value(instance, sealed):
    done = instance.run("secrets", "list")
    assert done.returncode == 0, done.stderr
    for words in ("key second_factors", "key signing", "key answers", "1 seeds of second factors", "4 kept answers"):
        assert words in done.stdout, done.stdout
    assert done.stdout.count("master key ") >= 6 and len(set(
        line.split("master key ")[1][:8] for line in done.stdout.splitlines() if "master key " in line)) == 1
    for (value,) in sql(instance, "SELECT sealed FROM instance_keys"):
        assert value.hex() not in done.stdout
    assert lines(instance)[0] not in done.stdout
    (instance.folder / "raptorflow.db.key").unlink()
    assert instance.run("secrets", "list").stdout == done.stdout, "a list needs no master key"


def test_a_rotation_beside_a_running_server_loses_nothing(instance, sealed):
    old = lines(instance)
    before = {name: value for name, value in sql(instance, "SELECT name, sealed FROM instance_keys")}
    assert instance.run("backup", "before.db").returncode == 0
    with instance:
        done = instance.run("secrets", "rotate")
        assert done.returncode == 0, done.stderr
        assert sealed.is_whole(instance)
    after = {name: value for name, value in sql(instance, "SELECT name, sealed FROM instance_keys")}
    assert before.keys() == after.keys() and not [name for name in before if before[name] == after[name]]
    assert lines(instance)[1:] == old and lines(instance)[0] != old[0]
    assert stat.S_IMODE((instance.folder / "raptorflow.db.key").stat().st_mode) == 0o600
    with instance:
        assert sealed.is_whole(instance)
        assert "master_key.rotated" in [action for (action,) in sql(instance, "SELECT action FROM audit_events")]
    assert "older" not in good(instance)
    # The new key alone opens it; a backup from before needs the old one, which is still in the file.
    key = instance.folder / "raptorflow.db.key"
    assert instance.run("restore", "before.db").returncode == 0
    assert "older" in good(instance)
    with instance:
        assert sealed.is_whole(instance)
    key.write_text(old[0])
    with instance:
        assert sealed.is_whole(instance)


def test_a_key_from_the_options_is_rotated_with_the_one_before_it(instance, sealed):
    (old,), new = lines(instance), secrets.token_hex(32)
    (instance.folder / "raptorflow.db.key").unlink()
    instance.environment["RAPTORFLOW_MASTER_KEY"] = old
    refused = instance.run("secrets", "rotate")
    assert refused.returncode == 1 and "master_key_previous" in refused.stderr
    instance.environment["RAPTORFLOW_MASTER_KEY"] = new
    for command in (["secrets", "check"], ["secrets", "rotate"]):
        wrong = instance.run(*command)
        assert wrong.returncode == 1 and "not the one" in wrong.stderr
    instance.environment["RAPTORFLOW_MASTER_KEY_PREVIOUS"] = old
    with instance:
        assert sealed.is_whole(instance)
        assert instance.run("secrets", "rotate").returncode == 0
        again = instance.run("secrets", "rotate")
        assert again.returncode == 0 and "already" in again.stdout
    del instance.environment["RAPTORFLOW_MASTER_KEY_PREVIOUS"]
    with instance:
        assert sealed.is_whole(instance)
    instance.environment["RAPTORFLOW_MASTER_KEY"] = old
    assert instance.run("secrets", "check").returncode == 1
    assert not (instance.folder / "raptorflow.db.key").exists()


def test_what_an_interrupted_rotation_left_opens_and_is_finished(instance, sealed):
    key = instance.folder / "raptorflow.db.key"
    new = secrets.token_hex(32)
    key.write_text(new + "\n" + key.read_text())
    assert "older" in good(instance)
    with instance:
        assert sealed.is_whole(instance)
    assert instance.run("secrets", "rotate").returncode == 0
    assert lines(instance)[0] == new and len(lines(instance)) == 2
    assert "older" not in good(instance)


def test_kill_9_in_a_rotation_leaves_everything_readable(instance):
    chance = random.Random(15)
    ended = 0
    for round in range(30):
        rotating = subprocess.Popen([instance.binary, "secrets", "rotate"], cwd=instance.folder,
                                    env=instance.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0, 0.08))
        rotating.kill()
        rotating.communicate()
        ended += rotating.returncode == -9
        good(instance)
        if len(lines(instance)) > 12:
            (instance.folder / "raptorflow.db.key").write_text("\n".join(lines(instance)[:2]) + "\n")
            if "older" in good(instance):
                assert instance.run("secrets", "rotate").returncode == 0
    assert ended > 5, "no rotation was interrupted"
    with instance:
        pass


def test_rotations_at_the_same_time_lose_no_key(instance, sealed):
    running = [subprocess.Popen([instance.binary, "secrets", "rotate"], cwd=instance.folder, env=instance.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(5)]
    for each in running:
        _, words = each.communicate(timeout=60)
        assert each.returncode == 0 or "Another raptorflow is rotating" in words, words
    good(instance)
    with instance:
        assert sealed.is_whole(instance)


def test_a_full_or_broken_key_file_is_named_and_left_alone(instance):
    key = instance.folder / "raptorflow.db.key"
    text = key.read_text()
    for content, words in ((text + secrets.token_hex(32) + "\n" + "xyz\n", "64 hexadecimal digits"),
                           (text + "".join(secrets.token_hex(32) + "\n" for _ in range(15)), "Remove the last lines"),
                           ("", "64 hexadecimal digits")):
        key.write_text(content)
        done = instance.run("secrets", "rotate")
        assert done.returncode == 1 and words in done.stderr, done.stderr
        assert key.read_text() == content
    key.write_text(text)
    good(instance)


MOVED = {
    "key second_factors": "UPDATE instance_keys SET sealed = (SELECT sealed FROM instance_keys WHERE name = 'cursors')"
                          " WHERE name = 'second_factors'",
    "seeds of second factors": "UPDATE second_factors SET user_id = 'user_' || substr(hex(randomblob(13)), 1, 26)",
    "secret halves of signing keys": "UPDATE signing_keys SET id = 'sig_' || substr(hex(randomblob(13)), 1, 26)",
    "kept answers": "UPDATE idempotency_keys SET body = (SELECT body FROM idempotency_keys WHERE key = ?2)"
                    " WHERE key = ?1",
}


@pytest.mark.parametrize("what", MOVED)
def test_a_sealed_value_that_was_moved_elsewhere_does_not_open(instance, sealed, what):
    good(instance)
    with contextlib.closing(sqlite3.connect(instance.folder / "raptorflow.db")) as file:
        file.execute(MOVED[what], [key for _, key, _ in sealed.answers] if "?1" in MOVED[what] else [])
        assert file.total_changes == 1
        file.commit()
    done = instance.run("secrets", "check")
    assert done.returncode == 1, done.stdout
    if what.startswith("key "):
        assert "not the one" in done.stderr
        with pytest.raises(RuntimeError, match="not the one"):
            instance.start()
    else:
        assert f"{what}: " in done.stdout and "does NOT open" in done.stdout
    if what == "kept answers":
        with instance:
            body, key, secret = sealed.answers[0]
            answer = Client(instance.url, sealed.session).post(f"{sealed.base}/api-keys", body, key=key)
            assert answer.status == 500 and sealed.answers[1][2].encode() not in answer.body


# A command that prints a secret.

def program(folder, text, name="print-secret"):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def test_a_command_gives_the_master_key_and_other_secrets(instance, sealed):
    (key,) = lines(instance)
    (instance.folder / "raptorflow.db.key").unlink()
    path = program(instance.folder, f'printf "%s\\n" {key}\nenv > seen\nprintf "%s|" "$@" >> arguments')
    instance.environment["RAPTORFLOW_MASTER_KEY_COMMAND"] = f'["{path}", "a b", "$(touch evil)", "`touch evil`"]'
    instance.environment["HOME"] = str(instance.folder)
    with instance:
        assert sealed.is_whole(instance)
    assert not (instance.folder / "evil").exists(), "a shell saw the arguments"
    assert (instance.folder / "arguments").read_text().startswith("a b|$(touch evil)|`touch evil`|")
    seen = (instance.folder / "seen").read_text()
    assert "HOME=" in seen and "RAPTORFLOW_" not in seen
    listed = '{"razorpay": {"key_id": "rzp_x", "key_secret_command": ["%s"], "webhook_secret": "y"}}'
    (instance.folder / "raptorflow.json").write_text(listed % program(instance.folder, "echo from-a-store", "other"))
    rows = shown(instance.run("config"))
    assert rows["razorpay.key_secret"][1].startswith("command ") and "from-a-store" not in str(rows)


@pytest.mark.parametrize("text, words", [
    ("echo what went wrong >&2; exit 3", "ended with status 3"), ("exit 0", "printed nothing"),
    ("kill -TERM $$", "ended by signal 15"), ("head -c 70000 /dev/zero | tr '\\0' a", "more than 65536 bytes"),
    ("printf '\\377\\376'", "no text"), ("echo a; echo b", "must be one line"),
    ("sleep 60 & sleep 60", "took longer than 10 s"), ("echo secret; exec >&-; sleep 60", "took longer than 10 s"),
])
def test_a_command_that_gives_no_secret_is_named_with_the_reason(tmp_path, text, words):
    began = time.monotonic()
    done = run(tmp_path, "config", RAPTORFLOW_MASTER_KEY_COMMAND=program(tmp_path, text))
    assert done.returncode == 2 and words in done.stderr and "master_key" in done.stderr, done.stderr
    assert time.monotonic() - began < 55
    assert "went wrong" not in text or "what went wrong" in done.stderr


@pytest.mark.parametrize("command, words", [
    ("print-secret", "must be an absolute path"), ('["/bin/echo", 5]', "must be an absolute path"),
    ("[]", "must be an absolute path"), ("/nowhere/program", "No such file"),
])
def test_a_command_is_an_absolute_path_or_a_list(tmp_path, command, words):
    done = run(tmp_path, "config", RAPTORFLOW_MASTER_KEY_COMMAND=command)
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_one_secret_has_one_source(tmp_path):
    (tmp_path / "key").write_text("ab" * 32)
    done = run(tmp_path, "config", RAPTORFLOW_MASTER_KEY_FILE="key",
               RAPTORFLOW_MASTER_KEY_COMMAND=program(tmp_path, "echo x"))
    assert done.returncode == 2 and "both set" in done.stderr
    assert os.path.exists(tmp_path / "key")
