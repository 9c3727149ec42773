"""What one request may cost: text, numbers and dates of any size, and questions without a credential."""
import json
import time
import uuid

import pytest

from raptorflow import Client
from test_path import key


def operations(server):
    document = Client(server.url).get("/openapi.json").expect(200).json
    return [(method.upper(), path, operation) for path, methods in document["paths"].items()
            for method, operation in methods.items()]


def example(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def texts(value, at=()):
    """The places of all texts in a document."""
    if isinstance(value, str):
        yield at
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(part, (*at, name))


def replaced(value, at, text):
    if not at:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], text)
    return copy


def test_dos_2_a_long_text_in_any_field_is_refused_at_once(server, workspace):
    tried, slow = 0, []
    client = workspace.owner
    for method, path, operation in operations(server):
        body = example(operation)
        if not isinstance(body, dict) or path.startswith("/sandbox/"):
            continue
        target = path.replace("{org}", workspace.organization)
        for at in texts(body):
            sent = json.dumps(replaced(body, at, "a" * 100_000))
            times = []
            for _ in range(3):
                began = time.monotonic()
                answer = client.request(method, target, sent, headers={
                    "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())})
                times.append(time.monotonic() - began)
                assert 400 <= answer.status < 500, f"{method} {path} {at}: {answer.status}"
            tried += 1
            # A debug build on a busy machine; what grows faster than the text would take many seconds.
            if min(times) > 0.5:
                slow.append((method, path, at, min(times)))
    assert tried > 60 and not slow, slow


NUMBERS = ["0", "-1", "101", "1e3", "1.5", str(2**31), str(2**63 - 1), str(2**63), "9" * 40, "", " 1", "0x10"]


def test_dos_3_a_page_of_any_other_size_is_refused(server, workspace):
    lists = [path for method, path, operation in operations(server) if method == "GET"
             and any(each["name"] == "limit" for each in operation.get("parameters", []))]
    assert len(lists) > 12
    for path in lists:
        target = path.replace("{org}", workspace.organization)
        # The simulator of Stripe wants a key of its own and answers in its own words.
        if "{" in target or target.startswith("/sandbox/stripe/v1/"):
            continue
        for number in NUMBERS:
            answer = workspace.owner.get(f"{target}?limit={number.replace(' ', '%20')}")
            assert answer.status == 422, f"{target} {number}: {answer.status}"
        workspace.owner.get(f"{target}?limit=100").expect(200)


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
                                     "2026-02-30T00:00:00Z", "-9999-01-01T00:00:00Z", "1" * 1000])
def test_dos_3_dates_far_away_are_taken_or_refused(server, workspace, instant):
    tried = 0
    for method, path, operation in operations(server):
        for each in operation.get("parameters", []):
            if method == "GET" and each["name"] in ("at", "from", "to", "since", "until") and path.count("{") == 1:
                target = path.replace("{org}", workspace.organization)
                answer = workspace.owner.get(f"{target}?{each['name']}={instant}")
                assert answer.status < 500, f"{target} {each['name']}: {answer.status} {answer.body[:300]!r}"
                tried += 1
    accounts = workspace.make_accounts(2)
    entry = {**workspace.entry(*accounts, 5), "effective_at": instant}
    answer = workspace.owner.post(f"{workspace.base}/ledger/journal-entries", entry, key=key())
    assert answer.status in (201, 409, 422), answer.body
    body = {"name": "Far", "role": "viewer", "expires_at": instant}
    assert workspace.owner.post(f"{workspace.base}/api-keys", body, key=key()).status in (201, 422)
    assert tried > 2


def test_dos_8_a_health_check_of_a_stranger_touches_no_disk(server):
    client = Client(server.url)
    written = lambda: [(path.name, path.stat().st_size, path.stat().st_mtime_ns)  # noqa: E731
                       for path in sorted(server.folder.glob("raptorflow.db-wal"))]
    before, began = written(), time.monotonic()
    for path in ("/up", "/health/live", "/health/ready") * 100:
        client.get(path).expect(200)
    assert time.monotonic() - began < 10
    assert written() == before


def test_xss_2_files_are_downloads_and_nothing_in_them_runs(server, workspace):
    tried = 0
    for method, path, operation in operations(server):
        content = operation.get("responses", {}).get("200", {}).get("content", {})
        if method != "GET" or not content or "application/json" in content or "{org}" not in path:
            continue
        if "{" in path.replace("{org}", ""):
            continue
        query = "?format=csv" if path.endswith("/ledger/export") else ""
        answer = workspace.owner.get(path.replace("{org}", workspace.organization) + query).expect(200)
        assert answer.headers["Content-Disposition"].startswith("attachment;"), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        tried += 1
    assert tried >= 2
    export = workspace.owner.get("/v1/me/export")
    assert "sandbox" in export.headers["Content-Security-Policy"]


def test_a_verification_costs_what_it_is_worth(server, workspace):
    cost = {operation["operationId"]: operation.get("x-raptorflow-cost", 1) for _, _, operation in operations(server)}
    assert cost["verifyAuditEvents"] == cost["verifyLedger"] == 50
    assert all(value == 50 for name, value in cost.items() if name.startswith("exportAuditEvents"))
    assert cost["listAuditEvents"] == cost["listMembers"] == 1
