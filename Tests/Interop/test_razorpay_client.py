"""The provider's official Python client against the simulator, and money's way through the real binary."""
import html
import re
import sqlite3
import time
import urllib.parse
import uuid

import pytest
import razorpay
from raptorflow import Client


def wait_for(check, patience=15):
    """The first true value of a check; what follows a payment is done by jobs."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


@pytest.fixture(scope="module")
def keys(workspace):
    """The simulator's address and keys; the first owner runs the instance."""
    return workspace.owner.get("/sandbox/razorpay/keys").expect(200).json


@pytest.fixture(scope="module")
def client(keys):
    return razorpay.Client(auth=(keys["key_id"], keys["key_secret"]), base_url=keys["base_url"])


def events(workspace):
    """The simulator's webhooks, newest first, each with its body and signature."""
    return workspace.owner.get("/sandbox/razorpay/events").expect(200).json["data"]


def choose(url, outcome, order):
    """Opens a checkout page without script, presses one of its buttons; returns the answer and the form."""
    person = Client(url)
    page = person.get(f"/sandbox/razorpay/checkout/{order}", headers={"Accept": "text/html"}).expect(200).body.decode()
    forms = re.findall(r"<form method=\"post\".*?</form>", page, re.S)
    fields = [dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form)) for form in forms]
    form = next({name: html.unescape(value) for name, value in one.items()}
                for one in fields if one.get("outcome") == outcome)
    answer = person.post(f"/sandbox/razorpay/checkout/{order}", urllib.parse.urlencode(form),
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    return answer, form


def pay(server, checkout, outcome):
    """Pays as a browser does: the page's own addresses, the form carried on by 307 where the page says so."""
    parts = urllib.parse.urlsplit(checkout["url"])
    query = dict(urllib.parse.parse_qsl(parts.query))
    person = Client(server.url)
    page = person.get(f"{parts.path}?{parts.query}", headers={"Accept": "text/html"}).expect(200).body.decode()
    for form in re.findall(r"<form method=\"post\".*?</form>", page, re.S):
        fields = {k: html.unescape(v) for k, v in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
        if fields.get("outcome") == outcome:
            break
    else:
        raise AssertionError(f"no button {outcome} in\n{page}")
    body, kind = urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
    answer = person.post(parts.path, body, headers=dict(kind)).expect(303, 307)
    if answer.status == 307:
        assert answer.headers["Location"] == query["callback"]
        person.post(answer.headers["Location"], body, headers=dict(kind)).expect(303)
    return fields


class Buyer:
    """A fresh organisation that takes a plan."""

    def __init__(self, workspace):
        self.owner = workspace.owner
        organization = self.owner.post("/v1/orgs", {"name": f"Buyer {uuid.uuid4().hex[:8]}"}).expect(201).json["id"]
        self.base = f"/v1/orgs/{organization}"

    def take(self, plan="pro", currency="INR", interval="month", **more):
        body = {"plan": plan, "currency": currency, "interval": interval, **more}
        return self.owner.post(f"{self.base}/subscription", body, key=str(uuid.uuid4())).expect(200).json

    def subscription(self):
        return self.owner.get(f"{self.base}/subscription").expect(200).json

    def payments(self):
        return self.owner.get(f"{self.base}/payments").expect(200).json["data"]

    def is_active(self):
        return self.subscription()["state"] == "active" and self.subscription()["plan"] == "pro"


def captures(server, payment):
    """How often the seller's book has a capture of this payment."""
    with sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True) as file:
        found = file.execute("SELECT count(*) FROM ledger_entries WHERE organization_id = 'instance'"
                             " AND kind = 'capture' AND source_id = ?", [payment])
        return found.fetchone()[0]


def test_the_official_client_makes_and_finds_an_order(client):
    receipt = f"r-{uuid.uuid4().hex[:20]}"
    order = client.order.create({"amount": 49900, "currency": "INR", "receipt": receipt, "notes": {"a": "b"}})
    assert re.fullmatch(r"order_[A-Za-z0-9]{14}", order["id"])
    assert (order["entity"], order["status"], order["amount_due"]) == ("order", "created", 49900)
    assert client.order.fetch(order["id"]) == order
    found = client.order.all({"receipt": receipt})
    assert found["entity"] == "collection" and found["items"] == [order]
    assert client.order.payments(order["id"])["count"] == 0


@pytest.mark.parametrize("change, words", [
    ({"amount": 99}, "at least"), ({"amount": None}, "required"), ({"amount": "1.5"}, "integer"),
    ({"currency": "rupees"}, "currency"), ({"receipt": "r" * 41}, "40"), ({"colour": "red"}, "not required"),
])
def test_the_official_client_understands_a_refusal(client, change, words):
    with pytest.raises(razorpay.errors.BadRequestError) as refusal:
        client.order.create({"amount": 49900, "currency": "INR", **change})
    assert words in str(refusal.value)


def test_a_receipt_is_used_once(client):
    receipt = uuid.uuid4().hex
    client.order.create({"amount": 100, "currency": "INR", "receipt": receipt})
    with pytest.raises(razorpay.errors.BadRequestError):
        client.order.create({"amount": 100, "currency": "INR", "receipt": receipt})


def test_other_keys_are_refused(keys):
    stranger = razorpay.Client(auth=(keys["key_id"], "wrong"), base_url=keys["base_url"])
    with pytest.raises(razorpay.errors.BadRequestError, match="Authentication failed"):
        stranger.order.create({"amount": 100, "currency": "INR"})


def test_the_official_client_verifies_our_checkout_signature(server, client):
    order = client.order.create({"amount": 49900, "currency": "INR"})
    answer, form = choose(server.url, "callback", order["id"])
    answer.expect(307)
    proof = {name: form[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}
    assert client.utility.verify_payment_signature(proof)
    with pytest.raises(razorpay.errors.SignatureVerificationError):
        client.utility.verify_payment_signature({**proof, "razorpay_payment_id": "pay_AAAAAAAAAAAAAA"})
    payment = client.payment.fetch(form["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["order_id"]) == ("captured", True, order["id"])
    assert (payment["fee"], payment["tax"]) == (1178, 180)
    assert client.order.fetch(order["id"])["status"] == "paid"


def test_the_official_client_verifies_our_webhook_signature(server, workspace, client, keys):
    order = client.order.create({"amount": 49900, "currency": "INR"})
    choose(server.url, "webhook", order["id"])
    told = [event for event in events(workspace) if order["id"] in event["body"]]
    assert {event["type"] for event in told} == {"payment.authorized", "payment.captured", "order.paid"}
    for event in told:
        assert client.utility.verify_webhook_signature(event["body"], event["signature"], keys["webhook_secret"])
        with pytest.raises(razorpay.errors.SignatureVerificationError):
            client.utility.verify_webhook_signature(event["body"] + "\n", event["signature"], keys["webhook_secret"])


def test_a_manual_capture_and_refunds_by_the_official_client(server, client):
    order = client.order.create({"amount": 50000, "currency": "INR", "payment": {"capture": "manual"}})
    _, form = choose(server.url, "webhook", order["id"])
    payment = form["razorpay_payment_id"]
    assert client.payment.fetch(payment)["status"] == "authorized"
    with pytest.raises(razorpay.errors.BadRequestError, match="equal"):
        client.payment.capture(payment, 100, {"currency": "INR"})
    assert client.payment.capture(payment, 50000, {"currency": "INR"})["status"] == "captured"
    refund = client.payment.refund(payment, {"amount": 20000})
    assert re.fullmatch(r"rfnd_[A-Za-z0-9]{14}", refund["id"])
    assert client.refund.fetch(refund["id"]) == refund
    assert client.payment.fetch(payment)["refund_status"] == "partial"
    with pytest.raises(razorpay.errors.BadRequestError, match="greater"):
        client.payment.refund(payment, {"amount": 30001})
    client.payment.refund(payment, {"amount": 30000})
    assert client.payment.fetch(payment)["status"] == "refunded"


@pytest.mark.parametrize("outcome", ["success", "webhook", "callback", "twice"])
def test_a_plan_is_in_force_however_the_news_comes(server, workspace, outcome):
    buyer = Buyer(workspace)
    taken = buyer.take()
    assert taken["subscription"]["plan"] == "free"
    assert taken["checkout"]["amount"] == {"amount": 294882, "currency": "INR"}
    form = pay(server, taken["checkout"], outcome)
    wait_for(buyer.is_active)
    invoice = buyer.owner.get(f"{buyer.base}/invoices/{taken['checkout']['invoice_id']}").expect(200).json
    assert invoice["state"] == "paid" and re.fullmatch(r"INV/\d{4}/\d{6}", invoice["number"])
    if outcome != "callback":
        wait_for(lambda: all(event.get("delivered_at") for event in events(workspace)))
    time.sleep(0.5)
    assert captures(server, form["razorpay_payment_id"]) == 1
    assert [payment["state"] for payment in buyer.payments()] == ["captured"]


def test_a_declined_payment_charges_nothing_and_can_be_tried_again(server, workspace):
    buyer = Buyer(workspace)
    taken = buyer.take()
    pay(server, taken["checkout"], "failure")
    failed = wait_for(buyer.payments)
    assert [payment["state"] for payment in failed] == ["failed"]
    assert buyer.subscription()["plan"] == "free"
    again = buyer.owner.post(f"{buyer.base}/invoices/{taken['checkout']['invoice_id']}/pay", key="again")
    pay(server, again.expect(200).json, "success")
    assert wait_for(buyer.is_active)


def test_a_refund_is_made_once_and_ends_the_plan(server, workspace, client):
    buyer = Buyer(workspace)
    pay(server, buyer.take()["checkout"], "success")
    wait_for(buyer.is_active)
    payment = buyer.payments()[0]
    path, key = f"{buyer.base}/payments/{payment['id']}/refunds", str(uuid.uuid4())
    buyer.owner.post(path, {}).expect(400)
    first = buyer.owner.post(path, {}, key=key).expect(201)
    second = buyer.owner.post(path, {}, key=key).expect(201)
    assert first.json == second.json and second.headers["Idempotent-Replayed"] == "true"
    wait_for(lambda: buyer.owner.get(path).expect(200).json["data"][0]["state"] == "processed")
    assert client.payment.fetch(payment["provider_id"])["refund_status"] == "full"
    assert client.refund.fetch(first.json["provider_id"])["amount"] == 294882
    assert buyer.subscription()["state"] == "cancelled"
    buyer.owner.post(path, {}, key=str(uuid.uuid4())).expect(409)


def test_a_trial_needs_no_money(workspace):
    buyer = Buyer(workspace)
    taken = buyer.take(trial=True)
    assert taken["subscription"]["state"] == "trialing" and "checkout" not in taken
    assert buyer.owner.post(f"{buyer.base}/subscription/cancel").expect(200).json["state"] == "cancelled"


def test_a_webhook_without_a_true_signature_is_refused(server):
    stranger = Client(server.url)
    body = '{"event":"payment.captured","payload":{}}'
    for signature in ["", "0" * 64, "not hexadecimal"]:
        headers = {"Content-Type": "application/json", "X-Razorpay-Signature": signature}
        answer = stranger.post("/v1/webhooks/razorpay", body, headers=headers).expect(401)
        assert answer.json["code"] == "invalid_signature"


def test_the_books_stand_after_all_of_it(server):
    answer = server.run("ledger", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
