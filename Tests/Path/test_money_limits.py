"""Amounts in JSON are whole numbers of minor units from 1 to 2^53 - 1: taken exactly, or refused; never rounded."""
import uuid

import pytest

from checkout import key, pay
from raptorflow import serving
from workspace import Workspace

LIMIT = 2 ** 53 - 1
REFUSED = [str(LIMIT + 1), str(2 ** 63 - 1), str(2 ** 63), "1" + "0" * 40, "0", "-1", f"-{LIMIT}", "1e2", "1E2",
           "1e400", "100.0", "100.5", "1.0", "-0.0", '"100"', "null", "true", "[100]", "{}"]
# What is no JSON at all.
BROKEN = ["0100", "+100", "0x64", "NaN", "Infinity", "1,000", "100.", ".5", "1_000"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("money")) as running:
        yield Workspace(running)


def post_raw(workspace, path, text):
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    return workspace.owner.request("POST", workspace.base + path, text, headers=headers)


def entry(accounts, amount, currency="INR"):
    postings = ",".join(f'{{"account":"{account}","direction":"{side}","amount":{amount}}}'
                        for account, side in zip(accounts, ("debit", "credit")))
    return f'{{"description":"x","currency":"{currency}","postings":[{postings}]}}'


def balance(workspace, account):
    return workspace.owner.get(f"{workspace.base}/ledger/accounts/{account}").expect(200)


def test_case_37_amounts_of_entries_are_taken_exactly_or_refused(workspace):
    accounts = workspace.make_accounts(2)
    for text in ("1", str(LIMIT - 1), str(LIMIT)):
        made = post_raw(workspace, "/ledger/journal-entries", entry(accounts, text)).expect(201)
        assert any(f'"amount":{text}{end}'.encode() in made.body for end in ",}")
        back = post_raw(workspace, "/ledger/journal-entries", entry(accounts[::-1], text)).expect(201)
        assert [posting["amount"] for posting in back.json["postings"]] == [int(text)] * 2
    for text in REFUSED:
        assert post_raw(workspace, "/ledger/journal-entries", entry(accounts, text)).status == 422, text
    for text in BROKEN:
        assert post_raw(workspace, "/ledger/journal-entries", entry(accounts, text)).status == 400, text
    assert balance(workspace, accounts[0]).json["balance"]["amount"] == 0


def test_case_37_currencies_with_no_and_with_three_decimals_keep_their_minor_units(workspace):
    for currency, amount, shown in (("JPY", 1234567, "JPY 1,234,567"), ("KWD", 1234567, "KWD 1,234.567"),
                                    ("INR", 1234567, "₹12,345.67")):
        accounts = [workspace.owner.post(f"{workspace.base}/ledger/accounts",
                                         workspace.account(uuid.uuid4().hex[:12], currency), key=key()).expect(201)
                    .json["id"] for _ in range(2)]
        post_raw(workspace, "/ledger/journal-entries", entry(accounts, str(amount), currency)).expect(201)
        assert balance(workspace, accounts[1]).json["balance"] == {"amount": amount, "currency": currency}
        page = workspace.owner.get(f"/orgs/{workspace.organization}/ledger/accounts/{accounts[1]}",
                                   headers={"Accept": "text/html", "Cookie": f"raptorflow={workspace.session}"})
        assert shown in page.expect(200).body.decode()


def test_case_37_sums_past_64_bits_are_refused_and_nothing_wraps(workspace):
    accounts = workspace.make_accounts(2)
    batch = '{"entries":[' + ",".join([entry(accounts, str(LIMIT))] * 64) + "]}"
    for _ in range(16):
        post_raw(workspace, "/ledger/journal-entries/batch", batch).expect(200, 201)
    refused = post_raw(workspace, "/ledger/journal-entries", entry(accounts, str(LIMIT)))
    assert 400 <= refused.status < 500, refused.body
    assert 1024 * LIMIT < 2 ** 63 < 1025 * LIMIT
    assert abs(balance(workspace, accounts[0]).json["balance"]["amount"]) == 1024 * LIMIT


def test_case_37_amounts_of_refunds_are_taken_exactly_or_refused(workspace):
    body = {"plan": "pro", "currency": "INR", "interval": "month"}
    taken = workspace.owner.post(f"{workspace.base}/subscription", body, key=key()).expect(200).json
    pay(workspace, taken["checkout"]["url"], "success")
    (payment,) = workspace.owner.get(f"{workspace.base}/payments").expect(200).json["data"]
    path = f"/payments/{payment['id']}/refunds"
    for text in REFUSED:
        if text == "null":
            continue    # no amount: all that is left
        assert post_raw(workspace, path, f'{{"amount":{text}}}').status in (409, 422), text
    for text in BROKEN:
        assert post_raw(workspace, path, f'{{"amount":{text}}}').status == 400, text
    assert workspace.owner.get(workspace.base + path).json["data"] == []
    assert post_raw(workspace, path, '{"amount":12345}').expect(201).json["amount"]["amount"] == 12345
