"""The pages of the books in a real browser: reports, holds, closing a period; in both widths and colour schemes."""
import uuid

import pytest

from look import Watched, look
from raptorflow import PASSWORD


def key():
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def state(browser, workspace):
    """The owner's browser on a book with accounts of two currencies, entries and a hold."""
    owner, base = workspace.owner, workspace.base
    for code, name, kind in (("1000", "Bank", "asset"), ("2200", "Wallets", "liability"),
                             ("4000", "Sales", "income"), ("5000", "Fees", "expense")):
        for currency in ("INR", "JPY"):
            owner.post(f"{base}/ledger/accounts", {"code": code, "name": name, "type": kind, "currency": currency},
                       key=key()).expect(201)
    for currency in ("INR", "JPY"):
        entries = [workspace.entry("1000", "4000", 118_000, "Sale", currency),
                   workspace.entry("5000", "1000", 2_000, "Fee", currency),
                   workspace.entry("1000", "2200", 50_000, "Top-up", currency)]
        owner.post(f"{base}/ledger/journal-entries/batch", {"entries": entries}, key=key()).expect(201)
    hold = {"description": "Order 17", "currency": "INR", "amount": 20_000, "debit_account": "2200",
            "credit_account": "4000"}
    owner.post(f"{base}/ledger/holds", hold, key=key()).expect(201)
    with browser.new_context() as context:
        page = Watched(context).page
        page.goto(f"{workspace.url}/sign-in")
        page.get_by_label("E-mail").fill(workspace.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{workspace.url}/")
        return context.storage_state()


def test_the_pages_of_the_books_are_without_fault(browser, workspace, state):
    base = f"/orgs/{workspace.organization}/ledger"
    paths = [base, base + "/reports", base + "/reports?from=2026-04-01&to=2027-04-01&basis=booked", base + "/holds",
             base + "/closing", base + "/verification", "/operator/ledger"]
    assert look(browser, workspace.url, state, paths, "ledger") == []


def test_reports_show_the_result_and_say_what_is_no_day(browser, workspace, state):
    with browser.new_context(storage_state=state) as context:
        tab = Watched(context)
        assert tab.open(f"{workspace.url}/orgs/{workspace.organization}/ledger/reports") == []
        words = tab.page.inner_text("main")
        assert "₹1,160.00" in words and "JPY 116,000" in words
        tab.page.get_by_label("From").fill("soon")
        tab.page.get_by_role("button", name="Show").click()
        assert "Write a day" in tab.page.inner_text("main")


def test_a_hold_is_posted_and_a_period_closed_by_hand(browser, workspace, state):
    with browser.new_context(storage_state=state) as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{workspace.url}/orgs/{workspace.organization}/ledger/holds") == []
        page.get_by_role("button", name="Post").click()
        page.get_by_text("What was held is posted.").wait_for()
        assert tab.open(f"{workspace.url}/orgs/{workspace.organization}/ledger/closing") == []
        page.get_by_label("Close through").fill("2999-01-01")
        page.get_by_role("button", name="Close").click()
        page.get_by_text("Close through a time that is over.").first.wait_for()
        page.get_by_label("Close through").fill("2020-12-31")
        page.get_by_role("button", name="Close").click()
        page.get_by_text("The book is closed for that time.").wait_for()
    late = {**workspace.entry("1000", "4000", 5), "effective_at": "2020-12-31T23:59:59.999Z"}
    # The owner's own connection may have been closed for idleness while the pages were looked at.
    client = workspace.client()
    answer = client.post(f"{workspace.base}/ledger/journal-entries", late, key=key())
    assert answer.status == 409 and answer.json["code"] == "ledger_period_closed"
    book = client.get(f"{workspace.base}/ledger/book").expect(200).json
    assert book["closed_through"] == "2020-12-31T23:59:59.999Z"
