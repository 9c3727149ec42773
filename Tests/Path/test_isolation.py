"""TEN-1 and TEN-3: every operation and every page of an organisation, called by somebody of another one, and every
identifier of one in a path of the other: 404, and nothing changes."""
import json
import re
import uuid

import pytest

from raptorflow import ROOT, Client
from test_path import furnish, join, key, page

UNKNOWN = "00000000000000000000000000"


@pytest.fixture(scope="module")
def victim(workspace):
    """One of everything that has an identifier, in the organisation that is attacked."""
    owner, base = workspace.owner, workspace.base
    return {
        **furnish(workspace),
        "job": owner.get(f"{base}/jobs").json["data"][0]["id"] if owner.get(f"{base}/jobs").json["data"] else None,
        "user": owner.get("/v1/me").json["id"],
        "message": owner.get(f"{base}/messages").expect(200).json["data"][0]["id"],
    }


@pytest.fixture(scope="module")
def stranger(workspace, victim):
    """The owner of another organisation."""
    session = join(workspace, "stranger@example.com", "viewer")
    client = Client(workspace.url, session)
    own = client.post("/v1/orgs", {"name": "Other"}, key=key()).expect(201).json["id"]
    client.post(f"{workspace.base}/leave", key=key()).expect(204)
    client.organization, client.session = own, session
    return client


def operations(server):
    document = Client(server.url).get("/openapi.json").expect(200).json
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "{org}" in path and method in ("get", "post", "patch", "put", "delete"):
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                yield method.upper(), path, content.get("example")


def fill(path, organization, victim, missing):
    def value(match):
        name = match.group(1)
        if name == "org":
            return organization
        assert name in victim, f"{path}: {{{name}}} is new; add one to `victim`"
        return victim[name] or missing
    return re.sub(r"\{(\w+)\}", value, path)


def test_ten_1_every_operation_of_another_organisation_is_404(server, workspace, victim, stranger):
    tried = 0
    for method, path, example in operations(server):
        target = fill(path, workspace.organization, victim, f"job_{UNKNOWN}")
        answer = stranger.request(method, target, example, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert (answer.status, answer.json["code"]) == (404, "not_found"), f"{method} {target}: {answer.status}"
        tried += 1
    assert tried > 35


def test_ten_3_every_identifier_of_another_organisation_is_404_in_ones_own(server, victim, stranger):
    tried = 0
    for method, path, example in operations(server):
        # Features and meters are the instance's own: everybody has the same.
        if path.count("{") < 2 or path.endswith(("{feature}", "{meter}")):
            continue
        target = fill(path, stranger.organization, victim, f"job_{UNKNOWN}")
        body = example
        if path.endswith("/refunds"):
            body = {"amount": 100, "reason": "theirs"}
        answer = stranger.request(method, target, body, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert answer.status == 404, f"{method} {target}: {answer.status} {answer.body[:300]!r}"
        tried += 1
    assert tried > 12


def pages():
    """The paths of the console's pages, from the sources: a new one is found by itself."""
    found = set()
    for file in (ROOT / "Sources").rglob("*.swift"):
        found |= set(re.findall(r'"(/orgs/\{org\}[^"\\]*)"', file.read_text(encoding="utf-8")))
    return sorted(found)


def test_ten_1_every_page_of_another_organisation_is_404(workspace, victim, stranger):
    tried = 0
    for path in pages():
        target = fill(path, workspace.organization, victim, f"job_{UNKNOWN}")
        seen = page(workspace, target, stranger.session)
        assert seen.status in (404, 405), f"{target}: {seen.status}"
        headers = {"Cookie": f"raptorflow={stranger.session}", "Sec-Fetch-Site": "same-origin",
                   "Content-Type": "application/x-www-form-urlencoded"}
        sent = Client(workspace.url).post(target, "name=x", headers=headers)
        # The provider's browser comes back here from elsewhere: a signature authenticates it, not who is signed in.
        expected = (303, 422) if target.endswith("/billing/callback") else (404, 405)
        assert sent.status in expected, f"POST {target}: {sent.status}"
        tried += 1
    assert tried > 15


def test_nothing_of_the_attacked_organisation_changed(workspace, victim):
    state = workspace.owner.get(workspace.base).expect(200).json
    assert state["name"] == "Acme Analytics"
    assert len(workspace.owner.get(f"{workspace.base}/members").json["data"]) == 1
    assert json.dumps(victim)
    assert workspace.server.run("ledger", "verify").returncode == 0
    assert workspace.server.run("audit", "verify").returncode == 0
