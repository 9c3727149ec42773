"""Stripe's official Python client against the simulator, and dollars' way through the real binary beside rupees."""
import html
import re
import sqlite3
import time
import urllib.parse
import uuid

import pytest
import stripe

from raptorflow import Client, serving
from test_razorpay_client import Buyer, captures, pay, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Dollars go to Stripe, everything else to Razorpay."""
    with serving(tmp_path_factory.mktemp("instance"), "--payments-routes", "USD=stripe") as running:
        yield running


@pytest.fixture(scope="module")
def keys(workspace):
    return workspace.owner.get("/sandbox/stripe/keys").expect(200).json


@pytest.fixture(scope="module")
def client(keys):
    return stripe.StripeClient(keys["secret_key"], base_addresses={"api": keys["base_url"]}).v1


def intent(client, **more):
    return client.payment_intents.create({
        "amount": 4900, "currency": "usd", "automatic_payment_methods": {"enabled": True},
        "metadata": {"receipt": f"r-{uuid.uuid4().hex}"}, **more})


def confirmed(client, method="pm_card_visa", **more):
    return client.payment_intents.confirm(intent(client, **more).id, {"payment_method": method})


def checkout(server, address, card="4242 4242 4242 4242", told="all"):
    """Pays on the simulator's page as a browser does, the form carried on by 307."""
    parts = urllib.parse.urlsplit(address)
    person = Client(server.url)
    page = person.get(f"{parts.path}?{parts.query}", headers={"Accept": "text/html"}).expect(200).body.decode()
    fields = {k: html.unescape(v) for k, v in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}
    body = urllib.parse.urlencode({**fields, "card": card, "told": told})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = person.post(parts.path, body, headers=dict(kind)).expect(303, 307)
    if answer.status == 307:
        person.post(answer.headers["Location"], body, headers=dict(kind)).expect(303)


def test_the_official_client_makes_an_intent_once_for_a_key(client):
    key, receipt = uuid.uuid4().hex, uuid.uuid4().hex
    body = {"amount": 4900, "currency": "usd", "metadata": {"receipt": receipt}}
    first = client.payment_intents.create(body, {"idempotency_key": key})
    assert re.fullmatch(r"pi_[A-Za-z0-9]{24}", first.id) and first.status == "requires_payment_method"
    assert client.payment_intents.create(body, {"idempotency_key": key}).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client.payment_intents.create({**body, "amount": 5000}, {"idempotency_key": key})
    found = client.payment_intents.search({"query": f"metadata['receipt']:'{receipt}'"})
    assert [each.id for each in found.data] == [first.id]
    assert client.payment_intents.retrieve(first.id).metadata["receipt"] == receipt


def test_the_official_client_understands_a_refusal(client, keys):
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.create({"amount": 1, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.payment_intents.retrieve("pi_nothing")
    assert missing.value.http_status == 404
    stranger = stripe.StripeClient("sk_test_wrong", base_addresses={"api": keys["base_url"]}).v1
    with pytest.raises(stripe.AuthenticationError):
        stranger.payment_intents.create({"amount": 4900, "currency": "usd"})


def test_test_cards_pay_and_are_declined_as_published(client):
    paid = confirmed(client)
    charge = client.charges.retrieve(paid.latest_charge, {"expand": ["balance_transaction"]})
    assert (paid.status, charge.captured, charge.balance_transaction.fee) == ("succeeded", True, 172)
    assert [each.id for each in client.charges.list({"payment_intent": paid.id}).data] == [charge.id]
    for method, code in [("pm_card_chargeDeclined", "card_declined"),
                         ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds")]:
        with pytest.raises(stripe.CardError) as refusal:
            confirmed(client, method)
        assert refusal.value.code == code


def test_a_manual_capture_and_refunds_by_the_official_client(client):
    held = confirmed(client, capture_method="manual")
    assert held.status == "requires_capture"
    assert client.payment_intents.capture(held.id).status == "succeeded"
    refund = client.refunds.create({"payment_intent": held.id, "amount": 1900})
    assert refund.status == "succeeded" and client.refunds.retrieve(refund.id).amount == 1900
    with pytest.raises(stripe.InvalidRequestError):
        client.refunds.create({"payment_intent": held.id, "amount": 3001})
    client.refunds.create({"payment_intent": held.id})
    assert client.charges.retrieve(held.latest_charge).refunded


def test_the_official_client_verifies_our_webhook_signature(workspace, client, keys):
    paid = confirmed(client)
    told = [each for each in workspace.owner.get("/sandbox/stripe/events").expect(200).json["data"]
            if paid.id in each["body"]]
    assert {each["type"] for each in told} >= {"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}
    for each in told:
        event = stripe.Webhook.construct_event(each["body"], each["signature"], keys["webhook_secret"])
        assert event.id == each["id"]
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(each["body"] + " ", each["signature"], keys["webhook_secret"])
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(each["body"], each["signature"], "whsec_other")


def deliver(server, body, secret, seconds=0):
    time_of = int(time.time()) + seconds
    signed = stripe.WebhookSignature._compute_signature(f"{time_of}.{body}", secret)
    return Client(server.url).post("/v1/webhooks/stripe", body, headers={
        "Content-Type": "application/json", "Stripe-Signature": f"t={time_of},v1={signed}"})


def test_case_17_what_the_official_client_signs_is_believed_and_nothing_else_is(server, workspace, keys):
    body = '{"id":"evt_%s","object":"event","type":"customer.created","data":{"object":{"object":"customer"}}}'
    secret = keys["webhook_secret"]
    deliver(server, body % uuid.uuid4().hex, secret).expect(200)
    for bad in [(secret, -600), (secret, 600), ("whsec_other", 0), (keys["secret_key"], 0)]:
        answer = deliver(server, body % uuid.uuid4().hex, *bad).expect(401)
        assert answer.json["code"] == "invalid_signature"
    razorpay = workspace.owner.get("/sandbox/razorpay/keys").expect(200).json["webhook_secret"]
    deliver(server, body % uuid.uuid4().hex, razorpay).expect(401)
    deliver(server, '{"id":"evt_1","object":"event"}', secret).expect(400)


@pytest.mark.parametrize("told", ["all", "webhook", "callback", "twice"])
def test_dollars_go_to_stripe_and_are_booked_once_however_the_news_comes(server, workspace, told):
    buyer = Buyer(workspace)
    taken = buyer.take(currency="USD")
    assert "/sandbox/stripe/checkout/pi_" in taken["checkout"]["url"]
    checkout(server, taken["checkout"]["url"], told=told)
    wait_for(buyer.is_active)
    (payment,) = buyer.payments()
    assert payment["state"] == "captured" and payment["provider_id"].startswith("ch_")
    time.sleep(0.5)
    assert captures(server, payment["provider_id"]) == 1


def test_rupees_go_to_razorpay_on_the_same_instance(server, workspace):
    buyer = Buyer(workspace)
    taken = buyer.take(currency="INR")
    assert "/sandbox/razorpay/checkout/order_" in taken["checkout"]["url"]
    pay(server, taken["checkout"], "success")
    wait_for(buyer.is_active)


def test_a_declined_card_charges_nothing_and_another_pays_the_same_order(server, workspace):
    buyer = Buyer(workspace)
    taken = buyer.take(currency="USD")
    checkout(server, taken["checkout"]["url"], card="4000 0000 0000 0002")
    failed = wait_for(buyer.payments)
    assert [each["state"] for each in failed] == ["failed"] and failed[0]["error_code"] == "card_declined"
    checkout(server, taken["checkout"]["url"])
    wait_for(buyer.is_active)
    assert sorted(each["state"] for each in buyer.payments()) == ["captured", "failed"]


def test_a_refund_and_a_dispute_through_stripe(server, workspace, client):
    buyer = Buyer(workspace)
    checkout(server, buyer.take(currency="USD")["checkout"]["url"])
    wait_for(buyer.is_active)
    payment = buyer.payments()[0]
    path = f"{buyer.base}/payments/{payment['id']}/refunds"
    made = buyer.owner.post(path, {"amount": 500}, key=str(uuid.uuid4())).expect(201).json
    wait_for(lambda: buyer.owner.get(path).expect(200).json["data"][0]["state"] == "processed")
    assert client.refunds.retrieve(made["provider_id"]).amount == 500
    dispute = workspace.owner.post(
        "/sandbox/stripe/play", {"event": "dispute", "id": payment["provider_id"]}).expect(200).json["id"]
    known = wait_for(lambda: buyer.owner.get(f"{buyer.base}/disputes").expect(200).json["data"])[0]
    assert known["provider_id"] == dispute
    wait_for(lambda: buyer.owner.get(f"{buyer.base}/disputes").json["data"][0]["is_held"])
    buyer.owner.post(path, {"amount": 500}, key=str(uuid.uuid4())).expect(409)
    workspace.owner.post("/sandbox/stripe/play", {"event": "dispute_won", "id": dispute}).expect(200)
    wait_for(lambda: buyer.owner.get(f"{buyer.base}/disputes").json["data"][0]["state"] == "won")
    assert client.disputes.retrieve(dispute).status == "won"


def test_a_payout_is_a_settlement(server, workspace):
    payout = workspace.owner.post("/sandbox/stripe/play", {"event": "payout", "id": "usd"}).expect(200).json["id"]
    found = wait_for(lambda: workspace.owner.get("/v1/settlements").expect(200).json["data"])
    assert payout in [each["provider_id"] for each in found]
    with sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True) as file:
        booked = file.execute("SELECT count(*) FROM ledger_entries WHERE kind = 'settle' AND source_id = ?", [payout])
        assert booked.fetchone()[0] == 1


def test_the_books_stand_after_all_of_it(server):
    answer = server.run("ledger", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
