"""An invoice from draft to money over HTTP: written by whoever sells, read and paid by whoever has its link."""
import json
import re
import subprocess
import uuid

import pytest

from outbox import outbox
from prepared_invoices import new_coupon
from raptorflow import Client
from test_path import key, pay, until

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def invoices(workspace):
    return f"/v1/operator/orgs/{workspace.organization}/invoices"


def draft(workspace, invoices, *lines, **fields):
    body = {"currency": "INR", "lines": list(lines), **fields}
    return workspace.owner.post(invoices, body, key=key()).expect(201).json


def test_an_invoice_goes_from_draft_to_paid_by_a_stranger_with_its_link(workspace, invoices):
    made = draft(workspace, invoices, {"description": "Hours of help", "quantity": 3, "unit_amount": 3333},
                 memo="Thank you.")
    assert made["state"] == "draft" and "number" not in {k for k, v in made.items() if v is not None}
    path = f"{invoices}/{made['id']}"
    workspace.owner.get(f"{workspace.base}/invoices/{made['id']}").expect(404)
    assert made["id"] not in {each["id"] for each in workspace.owner.get(f"{workspace.base}/invoices").json["data"]}
    lines = [{"description": "Hours of help", "quantity": 3, "unit_amount": 3333},
             {"description": "Credit for last month", "unit_amount": -999}]
    changed = workspace.owner.request("PATCH", path, {"currency": "INR", "lines": lines}).expect(200).json
    assert changed["subtotal"]["amount"] == 9000 and changed["total"]["amount"] == 10620
    done = workspace.owner.post(f"{path}/finalise", key=key()).expect(200).json
    assert done["state"] == "open" and re.fullmatch(r"INV/\d{4}/\d{6}", done["number"])
    assert sum(line["taxable"]["amount"] + line["tax"]["amount"] for line in done["lines"]) == 10620
    workspace.owner.request("PATCH", path, {"currency": "INR", "lines": lines}).expect(409)
    workspace.owner.request("DELETE", path).expect(409)

    link = re.search(r"/i/[A-Za-z0-9_-]+", until(
        lambda: outbox(workspace.server, workspace.email) if "/i/" in outbox(workspace.server, workspace.email) else 0,
        "the invoice is mailed")).group(0)
    stranger = Client(workspace.url)
    seen = stranger.get(link, headers=HTML).expect(200).body.decode()
    assert done["number"] in seen and "₹106.20" in seen and "Credit for last month" in seen
    stranger.get(link[:-1] + ("A" if link[-1] != "A" else "B"), headers=HTML).expect(404)
    assert stranger.get(f"{link}/pdf").expect(200).body.startswith(b"%PDF-1.7")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin", **HTML}
    gone = stranger.post(f"{link}/pay", "", headers=form).expect(303)
    checkout = workspace.url + gone.headers["Location"]
    assert f"cancel={link}" in checkout.replace("%2F", "/")
    pay(workspace, checkout, "success")
    paid = until(lambda: [each for each in workspace.owner.get(f"{workspace.base}/invoices?state=paid").json["data"]
                          if each["id"] == done["id"]], "it is paid")
    assert paid[0]["amount_due"]["amount"] == 0


def test_the_pdf_is_whole_and_says_what_the_api_says(workspace, invoices, tmp_path):
    made = draft(workspace, invoices, {"description": "Migration", "unit_amount": 1234567})
    done = workspace.owner.post(f"{invoices}/{made['id']}/finalise", key=key()).expect(200).json
    answer = workspace.owner.get(f"{workspace.base}/invoices/{made['id']}/pdf").expect(200)
    assert answer.headers["Content-Type"] == "application/pdf"
    file = tmp_path / "invoice.pdf"
    file.write_bytes(answer.body)
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True).stdout.decode()
    for words in (done["number"], "₹12,345.67", "₹14,567.89", "Migration", "To pay"):
        assert words in text, words


def test_case_25_a_credit_note_takes_back_no_more_than_there_is(workspace, invoices):
    made = draft(workspace, invoices, {"description": "Help", "unit_amount": 100000})
    path = f"{invoices}/{made['id']}"
    note = {"amount": 1000, "reason": "agreed"}
    refused = workspace.owner.post(f"{path}/credit-notes", note, key=key()).expect(409).json
    assert refused["code"] == "invoice_not_creditable"
    workspace.owner.post(f"{path}/finalise", key=key()).expect(200)
    workspace.owner.post(f"{path}/credit-notes", note).expect(400)
    one = key()
    first = workspace.owner.post(f"{path}/credit-notes", note, key=one).expect(201).json
    assert workspace.owner.post(f"{path}/credit-notes", note, key=one).expect(201).json == first
    assert re.fullmatch(r"CRN/\d{4}/\d{6}", first["number"])
    large = workspace.owner.post(f"{path}/credit-notes", {**note, "amount": 117001}, key=key()).expect(409).json
    assert large["code"] == "credit_too_large"
    workspace.owner.post(f"{path}/void", key=key()).expect(200)
    workspace.owner.post(f"{path}/credit-notes", note, key=key()).expect(409)
    listed = workspace.owner.get(f"{workspace.base}/invoices/{made['id']}/credit-notes").expect(200).json["data"]
    assert [each["id"] for each in listed] == [first["id"]]


def test_a_credit_pays_the_next_invoice_without_a_provider(workspace, invoices):
    credit = draft(workspace, invoices, {"description": "Goodwill", "unit_amount": -50000})
    assert workspace.owner.post(f"{invoices}/{credit['id']}/finalise", key=key()).expect(200).json["state"] == "paid"
    assert {"amount": 59000, "currency": "INR"} in workspace.owner.get(f"{workspace.base}/balance").json["data"]
    made = draft(workspace, invoices, {"description": "Help", "unit_amount": 50000})
    done = workspace.owner.post(f"{invoices}/{made['id']}/finalise", key=key()).expect(200).json
    assert (done["state"], done["amount_due"]["amount"], done["credit_applied"]["amount"]) == ("paid", 0, 59000)


def test_taxes_coupons_and_seller_are_set_over_the_api(workspace):
    owner = workspace.owner
    body = {"country": "IN", "name": "GST", "rate": 500, "category": "books"}
    made = owner.post("/v1/operator/tax-rates", body, key=key()).expect(201).json
    assert made["id"] in {each["id"] for each in owner.get("/v1/operator/tax-rates").expect(200).json["data"]}
    owner.post("/v1/operator/tax-rates", {**body, "rate": 501}, key=key()).expect(422)
    owner.post(f"/v1/operator/tax-rates/{made['id']}/end", key=key()).expect(200)
    code = "T" + uuid.uuid4().hex[:8].upper()
    owner.post("/v1/operator/coupons", new_coupon(code), key=key()).expect(201)
    owner.post("/v1/operator/coupons", new_coupon(code.lower()), key=key()).expect(409)
    owner.post(f"{workspace.base}/coupons", {"code": code.lower()}, key=key()).expect(200)
    owner.post(f"{workspace.base}/coupons", {"code": code}, key=key()).expect(409)
    owner.post(f"/v1/operator/coupons/{code}/retire", key=key()).expect(200)
    seller = {"name": "Kestrel Software", "address": "4 Church Street\nBengaluru", "country": "IN", "state": "29",
              "gstin": "29AAGCB7383J1Z4"}
    assert owner.post("/v1/operator/seller", seller, key=key()).expect(200).json["gstin"] == "29AAGCB7383J1Z4"
    wrong = owner.post("/v1/operator/seller", {**seller, "gstin": "29AAGCB7383J1Z5"}, key=key()).expect(422).json
    assert wrong["errors"][0]["pointer"] == "/gstin"


def test_whoever_does_not_run_the_instance_writes_no_invoices(workspace, invoices):
    body = {"currency": "INR", "lines": [{"description": "x", "unit_amount": 1}]}
    workspace.client().post(invoices, body, key=key()).expect(401, 403, 404)
    Client(workspace.url).post(invoices, body, key=key()).expect(401)


@pytest.mark.parametrize(
    "number", ["1e2", "100.0", "100.5", '"100"', "9007199254740992", "9223372036854775808", "null"])
def test_case_37_an_amount_is_a_whole_number_of_minor_units_or_refused(workspace, invoices, number):
    text = json.dumps({"currency": "INR", "lines": [{"description": "x", "unit_amount": 1717}]}).replace("1717", number)
    headers = {"Content-Type": "application/json"}
    answer = workspace.owner.post(invoices, text, key=key(), headers=headers)
    assert answer.status == 422, (number, answer.status, answer.body[:300])


def test_case_37_the_largest_amount_is_kept_to_the_paisa(workspace, invoices):
    line = {"description": "x", "unit_amount": 9007199254740991, "tax_category": "exempt"}
    made = draft(workspace, invoices, line)
    assert made["total"]["amount"] == 9007199254740991
    over = {"currency": "INR", "lines": [line, {**line, "unit_amount": 1}]}
    workspace.owner.post(invoices, over, key=key()).expect(422)
