"""The books from outside: other people's accounting programs read an export, and a published head finds an old book."""
import csv
import decimal
import io
import json
import pathlib
import subprocess
import sys
import uuid

import pytest
from beancount import loader
from beancount.core import realization

from raptorflow import Client, Server, serving
from workspace import Workspace

VENV = pathlib.Path(sys.executable).parent
CODES = ["1000", "wallet-1", "Wallet-1", "a b", "₹ \"5\"; x", "Z-a", "-", "4000|x"]
WORDS = ["Sale", "semi;colon", "pipe | note", "(9) code", "two\nlines\tand \"quotes\" \\ back", "! not", "* star", "ü€"]
DECIMALS = {"INR": 2, "JPY": 0, "BHD": 3}


def key():
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def book(workspace):
    """Accounts with hard names in currencies of 0, 2 and 3 decimals, entries with hard words, some posted late."""
    for currency in DECIMALS:
        for number, code in enumerate(CODES):
            kind = ["asset", "liability", "equity", "income", "expense"][number % 5]
            body = {"code": code, "name": f"Name; of {code}", "type": kind, "currency": currency}
            workspace.owner.post(f"{workspace.base}/ledger/accounts", body, key=key()).expect(201)
        owned = {"code": "1000", "name": "Hers", "type": "asset", "currency": currency, "owner_id": "cus_ä:1"}
        workspace.owner.post(f"{workspace.base}/ledger/accounts", owned, key=key()).expect(201)
    owned = {account["currency"]: account["id"]
             for account in workspace.owner.get(f"{workspace.base}/ledger/accounts?limit=100").expect(200).json["data"]
             if account["owner_id"]}
    for currency in DECIMALS:
        entries = []
        for number, words in enumerate(WORDS):
            entry = workspace.entry(CODES[number], CODES[(number + 1) % len(CODES)], 7 ** number + 1, words, currency)
            if number % 3 == 1:
                entry["effective_at"] = f"202{number}-02-29T23:59:59.999Z" if number == 4 else "2021-03-01T00:00:00Z"
            entries.append(entry)
        entries.append(workspace.entry(owned[currency], "wallet-1", 1, "Hers", currency))
        entries[0]["source"] = {"type": "invoice", "id": f"INV \"{currency}\""}
        workspace.owner.post(f"{workspace.base}/ledger/journal-entries/batch", {"entries": entries},
                             key=key()).expect(201)
    return workspace


def trial(book, query=""):
    """Signed balances by currency and code, in minor units, as our own report has them."""
    report = book.owner.get(f"{book.base}/ledger/reports/trial-balance{query}").expect(200).json
    for part in report["currencies"]:
        assert part["debits"] == part["credits"]
    return {part["currency"]: sorted(line["debit_balance"] - line["credit_balance"] for line in part["lines"])
            for part in report["currencies"]}


def export(book, form, *more):
    return book.server.run("ledger", "export", "--of", book.organization, "--format", form, *more)


def minor(amount, currency):
    scaled = decimal.Decimal(amount).scaleb(DECIMALS[currency])
    assert scaled == scaled.to_integral_value()
    return int(scaled)


def folded(balances):
    """Balances by account as the report has them: accounts of one code together, whoever owns them."""
    sums = {}
    for (currency, account), amount in balances.items():
        code = ":".join(account.split(":")[:3])
        sums[currency, code] = sums.get((currency, code), 0) + amount
    return {currency: sorted(amount for (of, _), amount in sums.items() if of == currency) for currency in DECIMALS}


def nonzero(balances):
    return {currency: [amount for amount in amounts if amount] for currency, amounts in balances.items()}


def test_bean_check_accepts_the_book_and_its_totals_are_ours(book, tmp_path):
    done = export(book, "beancount")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "book.beancount"
    path.write_text(done.stdout, encoding="utf-8")
    checked = subprocess.run([VENV / "bean-check", path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    entries, errors, _ = loader.load_file(str(path))
    assert not errors
    balances = {}
    for account in realization.iter_children(realization.realize(entries)):
        for position in account.balance:
            balances[position.units.currency, account.account] = minor(position.units.number, position.units.currency)
    assert nonzero(folded(balances)) == nonzero(trial(book))
    told = [entry.narration for entry in entries if hasattr(entry, "narration")]
    assert sorted(set(told)) == sorted({*WORDS, "Hers"})


def test_hledger_reads_the_book_and_its_totals_are_ours(book, tmp_path):
    path = tmp_path / "book.journal"
    path.write_text(export(book, "hledger").stdout, encoding="utf-8")
    done = subprocess.run(["hledger", "-f", path, "check", "--strict"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["hledger", "-f", path, "balance", "--flat", "--no-total", "-O", "json"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    balances = {}
    for account, _, _, amounts in json.loads(done.stdout)[0]:
        for amount in amounts:
            quantity = decimal.Decimal(amount["aquantity"]["decimalMantissa"]).scaleb(
                -amount["aquantity"]["decimalPlaces"])
            balances[amount["acommodity"], account] = minor(quantity, amount["acommodity"])
    assert nonzero(folded(balances)) == nonzero(trial(book))


def test_the_table_has_a_row_for_each_posting_and_sums_to_the_same(book):
    rows = list(csv.DictReader(io.StringIO(export(book, "csv").stdout, newline="")))
    assert len(rows) == 2 * 3 * (len(WORDS) + 1)
    sums = {}
    for row in rows:
        amount = minor(row["debit"] or "-" + row["credit"], row["currency"])
        sums[row["currency"], row["code"]] = sums.get((row["currency"], row["code"]), 0) + amount
    mine = {currency: sorted(amount for (of, _), amount in sums.items() if of == currency) for currency in DECIMALS}
    assert nonzero(mine) == nonzero(trial(book))
    head = book.owner.get(f"{book.base}/ledger/book").expect(200).json["head"]
    assert (rows[-1]["sequence"], rows[-1]["hash"]) == (str(head["sequence"]), head["hash"])


@pytest.mark.parametrize("form", ["csv", "beancount", "hledger"])
def test_parts_over_http_are_together_what_the_command_writes(book, form):
    head = book.owner.get(f"{book.base}/ledger/book").json["head"]
    whole = book.owner.get(f"{book.base}/ledger/export?format={form}").expect(200)
    assert whole.headers["Ledger-Head"] == f"{head['sequence']}:{head['hash']}"
    assert whole.body.decode() == subprocess.run(
        [book.server.binary, "ledger", "export", "--of", book.organization, "--format", form],
        cwd=book.server.folder, env=book.server.environment, capture_output=True).stdout.decode()
    first = book.owner.get(f"{book.base}/ledger/export?format={form}&through=10").expect(200).body.decode()
    rest = book.owner.get(f"{book.base}/ledger/export?format={form}&after=10").expect(200).body.decode()
    if form != "csv":
        first = first[:first.rindex("\n; head ")]
    assert first + rest == whole.body.decode()
    beyond = book.owner.get(f"{book.base}/ledger/export?format={form}&through=9999")
    assert beyond.status == 422


def test_a_late_entry_is_in_the_report_of_its_own_time_and_not_of_what_one_saw_then(book):
    effective = trial(book, "?at=2022-01-01T00:00:00Z")
    booked = trial(book, "?at=2022-01-01T00:00:00Z&basis=booked")
    assert any(amount for amount in effective["INR"]) and not any(amount for amount in booked["INR"])


def test_statements_agree_with_the_trial_balance(book):
    sheet = book.owner.get(f"{book.base}/ledger/reports/balance-sheet").expect(200).json
    year = book.owner.get(f"{book.base}/ledger/reports/profit-and-loss").expect(200).json
    results = {part["currency"]: part["result"] for part in year["currencies"]}
    for part in sheet["currencies"]:
        assert part["assets"]["total"] == part["claims"]
        assert part["result"] == results[part["currency"]]
    halves = [book.owner.get(f"{book.base}/ledger/reports/profit-and-loss?{query}").expect(200).json
              for query in ("to=2022-01-01T00:00:00Z", "from=2022-01-01T00:00:00Z")]
    for currency, result in results.items():
        parts = [part["result"] for half in halves for part in half["currencies"] if part["currency"] == currency]
        assert sum(parts) == result
    other = Client(book.url, book.session)
    assert other.get("/v1/operator/ledger/reports/balance-sheet").expect(200).json["currencies"] == []


def test_case_40_a_restored_backup_is_older_than_the_head_that_was_published(tmp_path):
    with serving(tmp_path) as server:
        workspace = Workspace(server)
        accounts = workspace.make_accounts(2)

        def post():
            workspace.owner.post(f"{workspace.base}/ledger/journal-entries", workspace.entry(*accounts, 7),
                                 key=key()).expect(201)

        def published():
            head = workspace.owner.get(f"{workspace.base}/ledger/book").expect(200).json["head"]
            return f"{head['sequence']}:{head['hash']}"

        post()
        old = published()
        copy = tmp_path / "copy.db"
        assert server.run("backup", str(copy)).returncode == 0
        post()
        new = published()

        def verify(head):
            return server.run("ledger", "verify", "--of", workspace.organization, "--head", head)

        done = verify(new)
        assert done.returncode == 0 and f"Head of {workspace.organization}: {new}" in done.stdout, done
        assert verify(old).returncode == 0
        other = verify(new[:-1] + ("0" if new[-1] != "0" else "1"))
        assert other.returncode == 1 and "entry 2 is another one than was published" in other.stdout
        assert verify("2:short").returncode != 0
    restored = Server(tmp_path)
    assert restored.run("restore", str(copy)).returncode == 0
    done = restored.run("ledger", "verify", "--of", workspace.organization, "--head", new)
    assert done.returncode == 1 and "the book ends at entry 1, and entry 2 was published" in done.stdout, done
    done = restored.run("ledger", "verify", "--of", workspace.organization, "--head", old)
    assert done.returncode == 0, done
