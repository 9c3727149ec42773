"""A subscription from outside, over months: the test clock is moved, and everything falls due at its own time."""
import pytest

from raptorflow import PASSWORD, Client, serving
from test_path import key, pay, query, until
from workspace import Workspace

PRO = {"plan": "pro", "currency": "INR", "interval": "month", "quantity": 1}


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def workspace(server):
    return Workspace(server)


def take(workspace):
    """Takes Pro and pays it."""
    owner, base = workspace.owner, workspace.base
    checkout = owner.post(f"{base}/subscription", PRO, key=key()).expect(200).json["checkout"]
    pay(workspace, checkout["url"], "success")
    until(lambda: owner.get(f"{base}/subscription").json["plan_in_force"] == "pro", "it is in force")


def move(workspace, **how):
    """Moves the clock; a session lasts 30 days, so the owner signs in again."""
    report = workspace.owner.post("/v1/operator/clock", how).expect(200).json
    credentials = {"email": workspace.email, "password": PASSWORD}
    workspace.session = Client(workspace.url).post(
        "/v1/auth/sign-in", credentials, key=key()).expect(201).json["token"]
    workspace.owner = Client(workspace.url, workspace.session)
    return report


def test_a_change_costs_exactly_what_its_preview_said(workspace):
    owner, base = workspace.owner, workspace.base
    take(workspace)
    wish = {"plan": "enterprise"}
    preview = owner.post(f"{base}/subscription/preview", wish).expect(200).json
    assert [line["amount"]["amount"] < 0 for line in preview["lines"]] == [True, False]
    total = preview["total"]["amount"]
    owner.post(f"{base}/subscription/change", {**wish, "expected_total": total + 1}, key=key()).expect(409)
    changed = owner.post(f"{base}/subscription/change", {**wish, "expected_total": total}, key=key()).expect(200).json
    assert changed["subscription"]["plan"] == "enterprise"
    invoice = owner.get(f"{base}/invoices/{changed['invoice_id']}").expect(200).json
    assert invoice["total"]["amount"] == total
    assert changed["checkout"]["amount"] == preview["due"]


def test_whoever_does_not_pay_reads_on_until_it_is_paid(workspace):
    take(workspace)
    move(workspace, days=31)
    owner, base = workspace.owner, workspace.base
    assert owner.get(f"{base}/subscription").json["state"] == "past_due"
    steps = owner.get(f"{base}/dunning-steps").expect(200).json["data"]
    assert [step["action"] for step in steps] == ["remind"] * 5 + ["read_only", "cancel"]
    owner.post(f"{base}/jobs", {"kind": "echo"}, key=key()).expect(201)
    move(workspace, days=15)
    owner = workspace.owner
    refused = owner.post(f"{base}/jobs", {"kind": "echo"}, key=key()).expect(402)
    assert refused.json["code"] == "payment_overdue"
    owner.get(f"{base}/jobs").expect(200)
    invoice = owner.get(f"{base}/subscription").json["open_invoice_id"]
    order = owner.post(f"{base}/invoices/{invoice}/pay", key=key()).expect(200).json
    pay(workspace, order["url"], "success")
    until(lambda: owner.get(f"{base}/subscription").json["state"] == "active", "it is paid")
    owner.post(f"{base}/jobs", {"kind": "echo"}, key=key()).expect(201)


def test_an_operator_decides_about_a_step_and_the_record_says_so(server, workspace):
    take(workspace)
    assert move(workspace, days=31)["stops"] > 0
    owner, base = workspace.owner, workspace.base
    step = owner.get(f"{base}/dunning-steps").json["data"][0]
    path = (f"/v1/operator/orgs/{workspace.organization}/invoices/{step['invoice_id']}"
            f"/dunning-steps/{step['position']}")
    after = owner.post(path, {"decision": "skip"}).expect(200).json["data"]
    assert after[0]["state"] == "skipped"
    owner.post(path, {"decision": "skip"}).expect(409)
    actions = {row[0] for row in query(server, "SELECT action FROM audit_events")}
    assert {"clock.moved", "dunning.overridden", "subscription.renewal_due"} <= actions


def test_time_goes_forward_only_and_stays_where_it_is(server, workspace):
    owner = workspace.owner
    before = owner.get("/v1/operator/clock").expect(200).json
    assert before["can_move"] and before.get("held_because") is None
    owner.post("/v1/operator/clock", {"to": "2020-01-01T00:00:00.000Z"}).expect(409)
    owner.post("/v1/operator/clock", {"days": 5, "months": 200}).expect(422)
    moved = move(workspace, days=20)["now"]
    server.stop()
    server.start()
    again = Client(server.url, workspace.session).get("/v1/operator/clock").expect(200).json["now"]
    assert again >= moved > before["now"]
