"""A simulated company, made by the product's own code, held against its books: verified, reconciled, added up."""
import contextlib
import csv
import io
import os
import re
import sqlite3
import subprocess

import pytest
from beancount import loader
from beancount.core import realization

from raptorflow import BINARY, Client, Server

CUSTOMERS = os.environ.get("SIMULATED_CUSTOMERS", "60")
YEARS = os.environ.get("SIMULATED_YEARS", "1")


def simulate(folder, name, *more, customers=CUSTOMERS, years=YEARS):
    command = [BINARY, "simulate", name, "--customers", customers, "--years", years, *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return folder / name


def rows(path, statement):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return file.execute(statement).fetchall()


def totals(path):
    """What does not depend on identifiers."""
    return {
        "balances": rows(path, """
            SELECT a.code, a.currency, sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id GROUP BY 1, 2 ORDER BY 1, 2"""),
        "invoices": rows(path, """
            SELECT state, currency, count(*), sum(amount) FROM invoices GROUP BY 1, 2 ORDER BY 1, 2"""),
        "payments": rows(path, "SELECT state, count(*), sum(amount) FROM payments GROUP BY 1 ORDER BY 1"),
        "refunds": rows(path, "SELECT origin, state, count(*), sum(amount) FROM refunds GROUP BY 1, 2 ORDER BY 1, 2"),
    }


@pytest.fixture(scope="module", params=["calm", "rough"])
def company(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return simulate(folder, "raptorflow.db", "--seed", "7", *(["--chaos"] if request.param == "rough" else []))


def test_books_and_audit_log_of_a_simulated_company_verify(company):
    server = Server(company.parent)
    for command in (["ledger", "verify"], ["audit", "verify"]):
        done = server.run(*command, timeout=600)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    found = totals(company)
    assert {state for state, *_ in found["payments"]} == {"captured", "failed"}
    assert found["refunds"] and len(found["invoices"]) >= 3


def test_property_e_the_provider_s_books_are_ours_when_all_news_is_told(company):
    ((held, clearing),) = rows(company, """
        SELECT (SELECT sum(amount - coalesce(fee, 0)) FROM sandbox_payments WHERE status IN ('captured', 'refunded'))
            - (SELECT coalesce(sum(amount), 0) FROM sandbox_refunds WHERE status = 'processed'),
          (SELECT sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p
            ON p.organization_id = a.organization_id AND p.account_id = a.id WHERE a.code = '1010')""")
    assert held == clearing


def test_property_d_recognised_deferred_and_credited_are_what_was_invoiced(company):
    for (currency,) in rows(company, "SELECT DISTINCT currency FROM invoices"):
        ((invoiced,),) = rows(company, f"""
            SELECT sum(subtotal) FROM invoices WHERE currency = '{currency}' AND state NOT IN ('draft', 'void')""")
        ((credited,),) = rows(company, f"SELECT total(subtotal) FROM credit_notes WHERE currency = '{currency}'")
        ((kept,),) = rows(company, f"""
            SELECT -sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p ON p.organization_id = a.organization_id
              AND p.account_id = a.id WHERE a.currency = '{currency}' AND (a.code = '2000' OR a.code LIKE '4%')""")
        assert invoiced - int(credited) == kept, currency


def by_account(path):
    """Balances that are not 0, by currency, without names: what an accounting program has to find too."""
    found = {}
    for currency, amount in rows(path, """
            SELECT a.currency, sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p
              ON p.organization_id = a.organization_id AND p.account_id = a.id
            GROUP BY a.organization_id, a.id HAVING sum(p.amount) <> 0"""):
        found.setdefault(currency, []).append(amount)
    return {currency: sorted(amounts) for currency, amounts in found.items()}


def test_beancount_finds_the_same_balances_in_an_export(company, tmp_path):
    done = Server(company.parent).run("ledger", "export", "--of", "instance", "--format", "beancount", timeout=300)
    assert done.returncode == 0, done.stderr
    entries, errors, _ = loader.load_string(done.stdout)
    assert not errors, errors[:3]
    found = {}
    for account in realization.iter_children(realization.realize(entries)):
        for position in account.balance:
            amount = position.units.number.scaleb(2)
            assert amount == int(amount)
            found.setdefault(position.units.currency, []).append(int(amount))
    assert {currency: sorted(amounts) for currency, amounts in found.items()} == by_account(company)


def test_the_same_seed_gives_the_same_company_and_another_seed_another(tmp_path):
    few = {"customers": "12", "years": "1"}
    made = [simulate(tmp_path, name, "--seed", seed, **few)
            for name, seed in (("a.db", "3"), ("b.db", "3"), ("c.db", "4"))]
    first, second, third = map(totals, made)
    assert first == second != third


def test_a_simulation_never_touches_a_file_that_exists(tmp_path):
    file = tmp_path / "mine.db"
    file.write_text("mine")
    done = subprocess.run([BINARY, "simulate", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "exists" in done.stderr and file.read_text() == "mine"


@pytest.fixture(scope="module")
def operator(company):
    """Somebody who runs the instance that the company is on; without workers, so that nothing moves on."""
    server = Server(company.parent, arguments=["--roles", "web"])
    done = server.run("user", "create", "reader@example.com", "--name", "Reader", "--operator", "--generate")
    assert done.returncode == 0, done.stderr
    password = re.search(r"Password: (.+)", done.stdout).group(1)
    with server:
        signed = Client(server.url).post("/v1/auth/sign-in", {"email": "reader@example.com", "password": password})
        yield Client(server.url, signed.expect(200, 201).json["token"])


def report(operator, name, query=""):
    return operator.get(f"/v1/operator/reports/{name}{query}").expect(200).json


PERIOD = "?from=2024-04&to=2029-12"


def test_reports_of_a_simulated_company_reconcile(company, operator):
    reconciliation = report(operator, "reconciliation")
    assert reconciliation["is_reconciled"], reconciliation
    assert {check["subject"] for check in reconciliation["checks"]} >= {"receivable", "clearing", "deferred"}
    gst = report(operator, "gst", PERIOD)
    assert gst["rows"] and all(check["difference"] == 0 for check in gst["checks"])
    ((booked,),) = rows(company, """
        SELECT -sum(p.amount) FROM ledger_accounts a JOIN ledger_postings p ON p.organization_id = a.organization_id
          AND p.account_id = a.id WHERE a.code IN ('2100', '2101', '2102')""")
    assert sum(row["tax"] for row in gst["rows"]) == booked
    aging = report(operator, "aging")
    owed = dict(rows(company, "SELECT currency, sum(amount) FROM invoices WHERE state = 'open' GROUP BY 1"))
    assert {row["currency"]: row["total"] for row in aging["totals"]} == owed


def test_case_39_movements_of_recurring_revenue_add_up_month_by_month(company, operator):
    found = report(operator, "mrr", PERIOD)["rows"]
    assert {row["currency"] for row in found} == {"INR", "USD"}
    assert any(row["churn"] < 0 for row in found)
    for currency in ("INR", "USD"):
        months = [row for row in found if row["currency"] == currency]
        assert months[0]["start"] == 0
        for before, after in zip(months, months[1:]):
            assert after["start"] == before["end"] and after["customers_at_start"] == before["customers"]
        for row in months:
            # Each part is rounded from twelfths by itself.
            moved = sum(row[kind] for kind in ("new", "expansion", "reactivation", "contraction", "churn"))
            assert abs(row["start"] + moved - row["end"]) <= 3
        now = rows(company, f"""
            SELECT sum(mrr_after) FROM mrr_movements m WHERE currency = '{currency}' AND number = (SELECT max(number)
              FROM mrr_movements WHERE organization_id = m.organization_id AND currency = m.currency)""")
        assert months[-1]["end_twelfths"] == now[0][0]
    # What recurs is what subscriptions in force were bought for.
    ((bought,),) = rows(company, """
        SELECT sum(p.amount * CASE p.period WHEN 'month' THEN 12 WHEN 'quarter' THEN 4 ELSE 1 END)
        FROM subscriptions s JOIN prices p ON p.id = s.price_id
        WHERE s.state IN ('active', 'past_due') AND s.paid_invoice_id IS NOT NULL""")
    assert sum(row["end_twelfths"] for row in found if row["month"] == "2029-12") == bought


@pytest.mark.parametrize("name", ["mrr", "aging", "gst", "revenue", "reconciliation", "stuck"])
def test_each_report_is_a_page_and_a_file_too(operator, name):
    query = PERIOD if name in ("mrr", "gst", "revenue") else ""
    file = operator.get(f"/v1/operator/reports/{name}.csv{query}").expect(200)
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(file.body.decode())))
    assert len({len(line) for line in lines}) == 1 and (len(lines) > 1 or name == "stuck")
    cookie = {"Cookie": f"raptorflow={operator.token}", "Accept": "text/html"}
    page = operator.get(f"/operator/reports/{name}{query}", headers=cookie).expect(200).body.decode()
    assert f"/v1/operator/reports/{name}.csv" in page and page.count("<h1>") == 1
