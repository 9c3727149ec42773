"""Cases of payments that need the real binary: webhooks at once, keys of idempotency, the simulator's bad behaviour."""
import concurrent.futures
import re
import sqlite3
import time
import urllib.parse
import uuid

import pytest
import razorpay
from raptorflow import Client
from test_razorpay_client import Buyer, captures, choose, events, pay, wait_for


@pytest.fixture(scope="module")
def keys(workspace):
    return workspace.owner.get("/sandbox/razorpay/keys").expect(200).json


@pytest.fixture(scope="module")
def client(keys):
    return razorpay.Client(auth=(keys["key_id"], keys["key_secret"]), base_url=keys["base_url"])


@pytest.fixture()
def behave(workspace):
    """Sets how the simulator behaves; it is good again afterwards."""
    def behave(**chaos):
        return workspace.owner.post("/sandbox/razorpay/chaos", chaos).expect(200).json
    yield behave
    behave()


def play(workspace, event, of=""):
    return workspace.owner.post("/sandbox/razorpay/play", {"event": event, "id": of}).expect(200).json["id"]


def test_case_1_ten_deliveries_at_once_on_ten_connections_are_ten_200s_and_one_capture(
        server, workspace, behave):
    behave(drop=100)
    buyer = Buyer(workspace)
    fields = pay(server, buyer.take()["checkout"], "webhook")
    payment = fields["razorpay_payment_id"]
    event = next(each for each in events(workspace)
                 if each["type"] == "payment.captured" and payment in each["body"])

    def deliver(_):
        return Client(server.url).post("/v1/webhooks/razorpay", event["body"], headers={
            "Content-Type": "application/json", "X-Razorpay-Signature": event["signature"],
            "X-Razorpay-Event-Id": event["id"]}).status

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert list(pool.map(deliver, range(10))) == [200] * 10
    wait_for(buyer.is_active)
    assert captures(server, payment) == 1


def test_case_35_one_key_one_refund_and_another_body_is_refused(server, workspace):
    buyer, other = Buyer(workspace), Buyer(workspace)
    for each in (buyer, other):
        pay(server, each.take()["checkout"], "success")
        wait_for(each.is_active)
    key = str(uuid.uuid4())

    def path(of):
        return f"{of.base}/payments/{of.payments()[0]['id']}/refunds"

    mine, theirs = path(buyer), path(other)

    def refund(_):
        return Client(server.url, workspace.session).post(mine, {"amount": 1000}, key=key).status

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(refund, range(6)))
    assert set(answers) <= {201, 409} and 201 in answers
    assert buyer.owner.post(mine, {"amount": 1000}, key=key).expect(201).headers["Idempotent-Replayed"] == "true"
    buyer.owner.post(mine, {"amount": 2000}, key=key).expect(422)
    other.owner.post(theirs, {"amount": 1000}, key=key).expect(201)
    for each, address in ((buyer, mine), (other, theirs)):
        assert len(each.owner.get(address).expect(200).json["data"]) == 1


def test_case_35_a_new_key_after_the_old_one_expired_charges_the_same_invoice_once(server, workspace):
    buyer = Buyer(workspace)
    first = buyer.take()["checkout"]
    again = buyer.owner.post(f"{buyer.base}/invoices/{first['invoice_id']}/pay", key=str(uuid.uuid4())).expect(200)
    assert again.json["order_id"] == first["order_id"]
    fields = pay(server, first, "success")
    wait_for(buyer.is_active)
    buyer.owner.post(f"{buyer.base}/invoices/{first['invoice_id']}/pay", key=str(uuid.uuid4())).expect(409)
    assert captures(server, fields["razorpay_payment_id"]) == 1


@pytest.mark.parametrize("instrument, status, code", [
    ("success@razorpay", "captured", None), ("failure@razorpay", "failed", "BAD_REQUEST_ERROR"),
    ("4111 1111 1111 1111", "captured", None), ("4100 2800 0000 1007", "captured", None),
    ("5555 5555 5555 4444", "captured", None), ("4718 6091 0820 4366", "captured", None),
    ("4100 2800 0002 0007", "failed", "GATEWAY_ERROR"), ("4100 2800 0008 0001", "failed", "BAD_REQUEST_ERROR"),
])
def test_published_cards_and_ids_behave_as_published(server, client, instrument, status, code):
    order = client.order.create({"amount": 49900, "currency": "INR"})
    person = Client(server.url)
    page = person.get(f"/sandbox/razorpay/checkout/{order['id']}", headers={"Accept": "text/html"}).body.decode()
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if "instrument" in form)
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    body = urllib.parse.urlencode({**fields, "instrument": instrument})
    person.post(f"/sandbox/razorpay/checkout/{order['id']}", body,
                headers={"Content-Type": "application/x-www-form-urlencoded"}).expect(303, 307)
    (payment,) = client.order.payments(order["id"])["items"]
    assert (payment["status"], payment["error_code"]) == (status, code)


def test_webhooks_that_come_twice_late_and_out_of_order_are_booked_once(server, workspace, behave):
    behave(duplicate=100, reorder=60)
    buyer = Buyer(workspace)
    fields = pay(server, buyer.take()["checkout"], "webhook")
    wait_for(buyer.is_active, patience=30)
    assert captures(server, fields["razorpay_payment_id"]) == 1


def test_a_slow_answer_is_waited_for_and_an_outage_is_told(server, workspace, behave):
    behave(slow=700)
    start = time.monotonic()
    Buyer(workspace).take()
    assert time.monotonic() - start > 0.6
    behave(outage=1440)
    buyer = Buyer(workspace)
    body = {"plan": "pro", "currency": "INR", "interval": "month"}
    answer = buyer.owner.post(f"{buyer.base}/subscription", body, key=str(uuid.uuid4())).expect(503)
    assert answer.json["code"] == "payment_provider_unavailable"
    behave()
    taken = buyer.owner.post(f"{buyer.base}/subscription", body, key=str(uuid.uuid4())).expect(200).json
    pay(server, taken["checkout"], "success")
    wait_for(buyer.is_active)


def test_case_27_a_refund_for_which_the_balance_is_too_low_is_owed(server, workspace, behave):
    buyer = Buyer(workspace)
    pay(server, buyer.take()["checkout"], "success")
    wait_for(buyer.is_active)
    behave(is_poor=True)
    path = f"{buyer.base}/payments/{buyer.payments()[0]['id']}/refunds"
    assert buyer.owner.post(path, {}, key=str(uuid.uuid4())).expect(201).json["state"] == "planned"
    with sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True) as file:
        ((owed,),) = file.execute(
            "SELECT sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p ON p.account_id = a.id"
            " WHERE a.code = '2210' AND a.owner_id = ?", [buyer.base.removeprefix("/v1/orgs/")]).fetchall()
    assert owed == -294882


def test_a_dispute_that_takes_the_money_is_lost_and_settled(server, workspace, client, behave):
    behave(holds_disputes=True)
    buyer = Buyer(workspace)
    fields = pay(server, buyer.take()["checkout"], "success")
    wait_for(buyer.is_active)
    dispute = play(workspace, "dispute", fields["razorpay_payment_id"])
    known = wait_for(lambda: buyer.owner.get(f"{buyer.base}/disputes").expect(200).json["data"])[0]
    assert (known["provider_id"], known["state"]) == (dispute, "open")
    path = f"{buyer.base}/payments/{buyer.payments()[0]['id']}/refunds"
    assert buyer.owner.post(path, {}, key=str(uuid.uuid4())).expect(409).json["code"] == "payment_disputed"
    play(workspace, "dispute_lost", dispute)
    wait_for(lambda: buyer.owner.get(f"{buyer.base}/disputes/{known['id']}").json["state"] == "lost")
    settlement = client.settlement.fetch(play(workspace, "settle"))
    assert settlement["status"] == "processed"
    wait_for(lambda: settlement["id"] in [
        each["provider_id"] for each in workspace.owner.get("/v1/settlements").expect(200).json["data"]])
    day = time.gmtime(time.time() + 19800)
    report = client.settlement.report({"year": day.tm_year, "month": day.tm_mon, "day": day.tm_mday, "count": 1000})
    lines = [line for line in report["items"] if line["settlement_id"] == settlement["id"]]
    assert sum(line["credit"] - line["debit"] for line in lines) == settlement["amount"]


def test_a_payment_link_pays_its_invoice(server, workspace, client):
    buyer = Buyer(workspace)
    invoice = buyer.take()["checkout"]["invoice_id"]
    path = f"{buyer.base}/invoices/{invoice}/payment-link"
    made = buyer.owner.post(path, key=str(uuid.uuid4())).expect(200).json
    assert buyer.owner.post(path, key=str(uuid.uuid4())).expect(200).json["url"] == made["url"]
    link = client.payment_link.fetch(made["url"].rsplit("/", 1)[1])
    assert (link["status"], link["amount"]) == ("created", 294882)
    page = Client(server.url).get(urllib.parse.urlsplit(made["url"]).path, headers={"Accept": "text/html"}).expect(200)
    order = re.search(r"checkout/(order_\w+)", page.body.decode()).group(1)
    choose(server.url, "webhook", order)
    wait_for(buyer.is_active)
    assert client.payment_link.fetch(link["id"])["status"] == "paid"
    assert buyer.owner.get(f"{buyer.base}/invoices/{invoice}").expect(200).json["state"] == "paid"


def test_the_books_stand_after_all_of_it(server):
    answer = server.run("ledger", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
