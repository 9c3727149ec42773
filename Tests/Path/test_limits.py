"""Limits as they are delivered: an organisation's by its plan, and nobody locked out by who shares their address."""
import contextlib
import re
import sqlite3

import pytest

from raptorflow import PASSWORD, Client, Server
from test_cross_site import FORM, send
from test_path import until
from workspace import Workspace

SIGN_IN = f"email=owner%40example.com&password={PASSWORD.replace(' ', '+')}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that counts calls of organisations, and attempts to sign in."""
    running = Server(tmp_path_factory.mktemp("limited"))
    at = running.command.index("--limits-organization-per-minute")
    running.command[at + 1] = "600"
    with running:
        yield running


def plan(server, calls):
    """Sells the free plan in a version that allows so many calls, as whoever runs the instance can."""
    with contextlib.closing(sqlite3.connect(server.folder / "raptorflow.db", timeout=10)) as file:
        version, = file.execute(
            "UPDATE plans SET version = version + 1 WHERE code = 'free' RETURNING version").fetchone()
        file.execute("INSERT INTO plan_versions VALUES ('free', ?, '[]', 0)", (version,))
        if calls:
            file.execute("INSERT INTO plan_entitlements VALUES ('free', ?, 'calls_per_minute', ?)",
                         (version, str(calls)))
        file.commit()


def policy(answer):
    return answer.headers["RateLimit-Policy"]


def test_a_verification_takes_its_cost_from_the_organisation(server, workspace):
    plan(server, 600)
    left = [int(workspace.owner.get(workspace.base + path).expect(200).headers["X-RateLimit-Remaining"])
            for path in ("", "/audit-events/verification")]
    # Ten come back each second.
    assert left[0] > 80 and 45 <= left[0] - left[1] <= 50, left
    verify = f"{workspace.base}/audit-events/verification"
    refused = until(lambda: (answer := workspace.owner.get(verify)).status == 429 and answer, "the limit is reached")
    assert int(refused.headers["Retry-After"]) >= 1


def test_an_organisation_calls_as_often_as_its_plan_says(server, workspace):
    owner, key = workspace.owner, workspace.client()
    for calls, burst in ((60_000, 10_000), (1200, 200), (None, 100)):
        plan(server, calls)
        assert policy(owner.get(workspace.base)) == f'"organization";q={burst};w=10'
    plan(server, 12)
    assert policy(owner.get(workspace.base)) == '"organization";q=2;w=10'
    # Whoever of it calls, it is one bucket: a person and a program.
    refused = until(lambda: (answer := key.get(workspace.base)).status == 429 and answer, "the limit is reached")
    assert refused.json["code"] == "rate_limited" and int(refused.headers["Retry-After"]) >= 1
    owner.get(workspace.base).expect(429)
    # What is not the organisation's goes on, and so does the organisation once the plan allows more.
    owner.get("/v1/me").expect(200)
    plan(server, 60_000)
    owner.get(workspace.base).expect(200)


def sign_in(server, **headers):
    return send(server, "POST", "/sign-in", SIGN_IN, Content_Type=FORM, **headers)


def cookies(answer):
    return ", ".join(answer.headers.get_all("Set-Cookie") or [])


def test_a_victim_beside_an_attacker_still_signs_in_with_a_known_browser(server, workspace):
    device = re.search(r"raptorflow-device=([^;]+)", cookies(sign_in(server, Sec_Fetch_Site="same-origin"))).group(1)
    wrong = {"email": "owner@example.com", "password": "not the password"}
    statuses = [Client(server.url).post("/v1/auth/sign-in", wrong).status for _ in range(40)]
    assert statuses[0] == 401 and statuses[-1] == 429, statuses
    assert sign_in(server).status == 429
    assert sign_in(server, Cookie="raptorflow-device=" + "A" * len(device)).status == 429
    known = sign_in(server, Cookie=f"raptorflow-device={device}")
    assert known.status == 303 and "raptorflow=rfs_" in cookies(known)
    # It is a bucket of its own, not a pass.
    assert 429 in [sign_in(server, Cookie=f"raptorflow-device={device}").status for _ in range(45)]
