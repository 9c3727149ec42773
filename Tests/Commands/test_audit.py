"""The audit log from outside: proofs that other people's code checks, checkpoints kept elsewhere, exports."""
import csv
import io
import json
import re
import subprocess
import sys
import time
import uuid

import pymerkle
import pytest

from raptorflow import ROOT, Client


@pytest.fixture(scope="module")
def log(workspace):
    """An organisation with more records than a tile has, and a checkpoint over all of them."""
    for number in range(300):
        answer = workspace.owner.post(f"{workspace.base}/ledger/accounts", workspace.account(f"a-{number}"),
                                      key=str(uuid.uuid4()))
        answer.expect(201)
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        found = get(workspace, "checkpoints").json["data"]
        if found and found[0]["size"] > 256:
            return found[0]
        time.sleep(0.5)
    raise AssertionError("no checkpoint after two minutes")


def get(workspace, path):
    return workspace.owner.get(f"{workspace.base}/audit-events/{path}").expect(200)


def script():
    """The checker that the documentation prints."""
    text = (ROOT / "docs" / "06-audit.md").read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)


def check(folder, proof, key):
    (folder / "proof.json").write_text(json.dumps(proof))
    (folder / "check.py").write_text(script())
    return subprocess.run([sys.executable, folder / "check.py", folder / "proof.json", key], capture_output=True,
                          text=True, timeout=30)


def test_the_script_of_the_documentation_accepts_a_proof_and_no_touched_one(workspace, log, tmp_path):
    key = get(workspace, "verification").json["public_key"]
    for sequence in (1, 2, 255, 256, 257, log["size"]):
        proof = get(workspace, f"proof?sequence={sequence}").json
        done = check(tmp_path, proof, key)
        assert done.returncode == 0 and f"record {sequence} of" in done.stdout, done.stderr
    touched = {**proof, "canonical": proof["canonical"].replace("ledger", "lodger")}
    assert check(tmp_path, touched, key).returncode != 0
    unsigned = {**proof, "checkpoint": {**proof["checkpoint"], "at": "2020-01-01T00:00:00.000Z"}}
    assert check(tmp_path, unsigned, key).returncode != 0
    assert check(tmp_path, proof, "00" * 31 + "01").returncode != 0
    assert len([line for line in script().splitlines() if line.strip()]) <= 30


def exported(workspace, form):
    """All files of an export, one after the other."""
    path, files = f"{workspace.base}/audit-events/export.{form}", []
    while path:
        answer = workspace.owner.get(path).expect(200)
        files.append(answer.body.decode())
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("Link") or "")
        path = link.group(1) if link else None
    return files


def test_pymerkle_finds_the_same_roots(workspace, log):
    lines = [json.loads(line) for line in "".join(exported(workspace, "jsonl")).splitlines()]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in lines:
        tree.append_entry(line["canonical"].encode())
    assert tree.get_root(log["size"]).hex() == log["root"]
    for old, new in ((1, log["size"]), (200, 257), (256, log["size"])):
        answer = get(workspace, f"consistency?from={old}&to={new}").json
        assert answer["from_root"] == tree.get_root(old).hex()
        assert answer["to_root"] == tree.get_root(new).hex()


def test_a_csv_export_is_read_by_others(workspace, log):
    rows = list(csv.DictReader(io.StringIO("".join(exported(workspace, "csv")), newline="")))
    assert [int(row["sequence"]) for row in rows] == list(range(1, len(rows) + 1)) and len(rows) >= log["size"]
    assert rows[0]["action"] == "organization.created" and json.loads(rows[0]["details"])["name"]


def test_filters_are_joined_and_mistakes_are_named(workspace, log):
    me = workspace.owner.get("/v1/me").json["id"]
    base = f"{workspace.base}/audit-events"
    made = workspace.owner.get(f"{base}?action=api_key.created&actor={me}&from=2020-01-01").expect(200).json["data"]
    assert made and {event["action"] for event in made} == {"api_key.created"}
    one = made[0]["target"]
    about = workspace.owner.get(f"{base}?target_type={one['type']}&target_id={one['id']}").expect(200).json["data"]
    assert [event["target"]["id"] for event in about] == [one["id"]]
    assert workspace.owner.get(f"{base}?to=2020-01-01").expect(200).json["data"] == []
    for query, pointer in (("from=yesterday", "?from"), ("target_id=x", "?target_type"), ("colour=red", "?colour")):
        errors = workspace.owner.get(f"{base}?{query}").expect(422).json["errors"]
        assert [error["pointer"] for error in errors] == [pointer]
    assert workspace.owner.get(f"{base}/proof").expect(422).json["errors"][0]["pointer"] == "?sequence"
    assert workspace.owner.get(f"{base}/proof?sequence=1&size=99999").expect(422).json["code"] == "size_out_of_range"
    workspace.owner.get(f"{base}/proof?sequence=99999").expect(404)


def test_the_command_compares_with_checkpoints_that_were_kept(server, workspace, log, tmp_path):
    kept = tmp_path / "kept.json"
    for text in (json.dumps(log), get(workspace, "checkpoints").body.decode(), server.output):
        kept.write_text(text)
        done = server.run("audit", "verify", "--checkpoint", str(kept))
        assert done.returncode == 0 and "none touched" in done.stdout, done.stdout + done.stderr
    kept.write_text(json.dumps({**log, "root": "00" * 32}))
    done = server.run("audit", "verify", "--checkpoint", str(kept))
    assert done.returncode == 1 and f"the checkpoint of {log['size']} records" in done.stdout, done.stdout
    kept.write_text("nothing here")
    assert "no checkpoint" in server.run("audit", "verify", "--checkpoint", str(kept)).stderr


def test_the_instance_has_a_log_of_its_own_for_operators(server, workspace):
    assert workspace.owner.get("/v1/operator/audit-events").expect(200).json["data"]
    assert workspace.owner.get("/v1/operator/audit-events/verification").expect(200).json["is_sound"]
    Client(server.url).get("/v1/operator/audit-events").expect(401)
    Client(server.url, workspace.key).get("/v1/operator/audit-events").expect(403, 404)


def denied(workspace, base="/v1/operator/audit-events"):
    """The newest refusals; they are written within a second or two."""
    time.sleep(2)
    return workspace.owner.get(f"{base}?action=access.denied").expect(200).json["data"]


def test_aud_3_and_key_4_refusals_are_in_the_log(server, workspace):
    key = workspace.make_key("viewer", name="Reader")
    hint = key[-4:]
    Client(server.url, key).post(f"{workspace.base}/api-keys", {"name": "x", "role": "viewer"}).expect(403)
    Client(server.url, key).get(f"{workspace.base}/audit-events").expect(403)
    refused = denied(workspace, f"{workspace.base}/audit-events")[:2]
    assert [event["details"]["code"] for event in refused] == ["permission_denied", "session_required"]
    assert {event["actor"]["display"] for event in refused} == {"Reader"}
    answer = Client(server.url).get(f"{workspace.base}?api_key={key}").expect(400)
    assert answer.json["code"] == "credential_in_query" and key not in answer.body.decode()
    Client(server.url, key[:-1] + ("x" if key[-1] != "x" else "y")).get(workspace.base).expect(401)
    Client(server.url).post("/v1/auth/sign-in", {"email": workspace.email, "password": "not the right one"}).expect(401)
    with_key = [event["details"]["code"] for event in denied(workspace)][:3]
    assert with_key == ["wrong_credentials", "unauthenticated", "credential_in_query"]
    everything = "".join(exported(workspace, "jsonl")) + server.output
    assert key not in everything and hint in everything
