"""The OpenAPI document against the server, by schemathesis: every operation with examples, with every boundary of every
parameter and field, and with random bodies. No answer may be a 5xx, have a status, type or body that the document does
not say, let somebody in without a credential, take what the schema refuses or refuse what it takes. As every role."""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Path"))

from raptorflow import PASSWORD, Client  # noqa: E402
from test_path import furnish, join, key  # noqa: E402

# Hypothesis draws the same requests in every run.
SEED = "20261128"


@pytest.fixture(scope="module")
def aim(server, workspace):
    """One of everything that has an identifier, and a credential of every role."""
    owner, base = workspace.owner, workspace.base
    made = furnish(workspace)
    # Newcomers join it by the dozen.
    grant = f"/v1/operator/orgs/{workspace.organization}/entitlements/members"
    owner.post(grant, {"value": "unlimited", "reason": "test"}, key=key()).expect(200)
    bystander = Client(server.url, join(workspace, "bystander@example.com", "viewer"))
    job = owner.post(f"{base}/jobs", {"kind": "echo", "run_at": "2099-01-01T00:00:00Z"}, key=key())
    # Another session than the one that attacks, which may end itself.
    signed_in = Client(server.url).post("/v1/auth/sign-in", {"email": workspace.email, "password": PASSWORD})
    again = signed_in.expect(201).json["token"]
    keys = owner.get("/sandbox/razorpay/keys").expect(200).json
    sessions = {role: join(workspace, f"{role}@example.com", role) for role in ("admin", "editor", "viewer")}
    credentials = {**sessions, "owner": workspace.session, "key": workspace.key, "nobody": None}
    return {
        "url": server.url, "folder": str(server.folder), "owner": again, "credentials": credentials,
        "spare": owner.post("/v1/orgs", {"name": "Spare"}, key=key()).expect(201).json["id"],
        "simulator": "Basic " + base64.b64encode(f"{keys['key_id']}:{keys['key_secret']}".encode()).decode(),
        "identifiers": {
            **made, "org": workspace.organization, "job": job.expect(201).json["id"],
            "user": bystander.get("/v1/me").json["id"],
            "organization": bystander.post("/v1/orgs", {"name": "Other"}, key=key()).expect(201).json["id"],
        },
    }


def attack(aim, role, folder, *options):
    """Runs schemathesis as somebody; returns its report and whether it found nothing."""
    credential = aim["credentials"][role]
    facts = {**aim, "role": role if role not in ("key", "nobody") else None,
             "credential": f"Bearer {credential}" if credential else None}
    (folder / "aim.json").write_text(json.dumps(facts), encoding="utf-8")
    environment = {**os.environ, "RAPTORFLOW_AIM": str(folder / "aim.json"),
                   "SCHEMATHESIS_HOOKS": str(pathlib.Path(__file__).with_name("aim.py"))}
    command = [str(pathlib.Path(sys.executable).with_name("schemathesis")), "run", f"{aim['url']}/openapi.json",
               "--seed", SEED, "--checks", "all", "--continue-on-failure", "--no-color", "--warnings", "off",
               "--generation-database", "none", "--generation-with-security-parameters", "false",
               "--suppress-health-check", "all", *options]
    # One makes the simulator fail on purpose, the other takes the server years ahead of the credentials.
    for name in ("setSandboxChaos", "moveClock"):
        command += ["--exclude-operation-id", name]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
    return done.stdout + done.stderr, done.returncode == 0


# How many random requests to each operation as each role; `make attack` sets it.
DEPTH = os.environ.get("ATTACK_DEPTH")
EVERYTHING = ["--phases", "examples,coverage,fuzzing", "--max-examples", DEPTH or "1"]
BOUNDARIES = ["--phases", "examples,coverage"]
WELL_FORMED = ["--phases", "examples,coverage", "--mode", "positive"]


@pytest.mark.parametrize("role,options", [
    ("owner", EVERYTHING), ("key", BOUNDARIES), ("nobody", BOUNDARIES), ("admin", WELL_FORMED), ("editor", WELL_FORMED),
    ("viewer", WELL_FORMED)], ids=lambda value: value if isinstance(value, str) else "")
def test_what_the_document_says_holds_for(role, options, server, aim, tmp_path):
    report, is_clean = attack(aim, role, tmp_path, *(EVERYTHING if DEPTH else options))
    assert is_clean, report[-20000:]
    tried = re.search(r"(\d+) generated", report)
    assert tried and int(tried.group(1)) > 500, report[-2000:]
    crashes = [line for line in server.lines if "request failed" in line]
    assert server.process.poll() is None and not crashes, crashes[:5]
