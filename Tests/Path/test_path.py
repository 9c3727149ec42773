"""The path of a customer through the product, over HTTP against the real binary: from an empty folder to a paid plan,
with the books, the audit log, jobs and backups behind it. The tests build on each other, in their order."""
import contextlib
import re
import sqlite3
import subprocess
import time

import pytest

from checkout import key, pay
from raptorflow import PASSWORD, Client

ROLES = ("viewer", "editor", "admin", "owner")


def until(condition, what, patience=20):
    """Waits for something that a job does."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not happen in {patience} s: {what}")


def page(workspace, path, session=None):
    """A page of the console as the browser of a signed-in person gets it."""
    cookie = {"Cookie": f"raptorflow={session or workspace.session}", "Accept": "text/html"}
    return Client(workspace.url).get(path, headers=cookie)


def mail_token(workspace, address):
    """The token of the newest message to somebody, as it can be read in the outbox."""
    listed = page(workspace, f"{workspace.base.removeprefix('/v1')}/outbox").expect(200).body.decode()
    for path in re.findall(r'href="(/orgs/[^"]+/outbox/[^"]+)"', listed):
        text = page(workspace, path).expect(200).body.decode()
        found = re.search(r"#token=([A-Za-z0-9_-]+)", text)
        if address in text and found:
            return found.group(1)
    found = re.search(rf"{re.escape(address)}.*?#token=([A-Za-z0-9_-]+)", listed, re.DOTALL)
    assert found, f"no mail with a token to {address}"
    return found.group(1)


def join(workspace, email, role):
    """Invites somebody, who accepts with a new account; returns the session."""
    invitation = {"email": email, "role": role}
    workspace.owner.post(f"{workspace.base}/invitations", invitation, key=key()).expect(201)
    body = {"name": email.split("@")[0].title(), "password": PASSWORD, "invitation_token": mail_token(workspace, email)}
    return Client(workspace.url).post("/v1/auth/sign-up", body).expect(201).json["token"]


def furnish(workspace):
    """Makes one of what an organisation has; returns identifiers by the names that paths have for them."""
    owner, base = workspace.owner, workspace.base
    owner.post(f"{base}/invitations", {"email": "waiting@example.com", "role": "viewer"}, key=key()).expect(201)
    accounts = workspace.make_accounts(2)
    entry = workspace.client().post(f"{base}/ledger/journal-entries", workspace.entry(*accounts, 700), key=key())
    hold = {"description": "Order", "currency": "INR", "amount": 5, "debit_account": accounts[0],
            "credit_account": accounts[1]}
    hold = owner.post(f"{base}/ledger/holds", hold, key=key()).expect(201).json
    body = {"plan": "pro", "currency": "INR", "interval": "month", "trial": False}
    checkout = owner.post(f"{base}/subscription", body, key=key()).expect(200).json["checkout"]
    pay(workspace, checkout["url"], "success")
    until(lambda: owner.get(f"{base}/payments").json["data"], "there is a payment")
    paid = owner.get(f"{base}/payments").json["data"][0]["provider_id"]
    until(lambda: owner.get(f"{base}/payments").json["data"][0]["state"] == "captured", "it is captured")
    owner.post("/sandbox/razorpay/play", {"event": "dispute", "id": paid}).expect(200)
    until(lambda: owner.get(f"{base}/disputes").json["data"], "there is a dispute")
    role = owner.post(f"{base}/roles", {"name": "Theirs", "permissions": ["jobs:read"]}, key=key()).expect(201).json
    domain = owner.post(f"{base}/domains", {"name": "theirs.example"}, key=key()).expect(201).json
    meter = {"code": "requests", "name": "Requests", "aggregation": "count", "unit": "request"}
    owner.post("/v1/operator/catalog", {"catalog": {"meters": [meter]}}, key=key()).expect(200)

    def first(path):
        return owner.get(f"{base}/{path}").expect(200).json["data"][0]["id"]

    return {
        "invitation": first("invitations"), "key": first("api-keys"), "account": accounts[0],
        "entry": entry.expect(201).json["id"], "invoice": first("invoices"), "payment": first("payments"),
        "role": role["id"], "domain": domain["id"], "hold": hold["id"], "dispute": first("disputes"),
        "feature": "members", "meter": "requests",
    }


@pytest.fixture(scope="module")
def people(workspace):
    """A session for each role, by way of an invitation."""
    sessions = {role: join(workspace, f"{role}@example.com", role) for role in ROLES[:3]}
    return {**sessions, "owner": workspace.session}


def test_the_set_up_link_works_once_and_strangers_stay_outside(server, workspace):
    again = {"token": server.set_up_token(), "email": "eve@example.com", "name": "Eve", "password": PASSWORD}
    Client(server.url).post("/v1/auth/set-up", again).expect(401, 403, 404, 409, 422)
    Client(server.url).post(
        "/v1/auth/sign-up", {"name": "Eve", "password": PASSWORD, "invitation_token": "rft_" + "A" * 43}
    ).expect(401, 403, 404, 409, 422)


def test_a_password_is_kept_as_argon2id_with_the_stated_cost(server, workspace):
    ((stored,),) = query(server, "SELECT password_hash FROM users WHERE email = 'owner@example.com'")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_invited_person_switches_between_two_organisations(workspace, people):
    editor = Client(workspace.url, people["editor"])
    own = editor.post("/v1/orgs", {"name": "Side Project"}, key=key()).expect(201).json["id"]
    seen = {each["organization"]["id"]: each["role"] for each in editor.get("/v1/me/orgs").expect(200).json["data"]}
    assert seen == {workspace.organization: "editor", own: "owner"}
    switcher = page(workspace, f"/orgs/{own}", people["editor"]).expect(200).body.decode()
    assert f"/orgs/{workspace.organization}" in switcher and "Side Project" in switcher


# Method, path below the organisation, body, and the least role that may.
RIGHTS = [
    ("GET", "", None, "viewer"), ("GET", "/members", None, "viewer"), ("GET", "/jobs", None, "viewer"),
    ("GET", "/invoices", None, "viewer"), ("GET", "/ledger/accounts", None, "viewer"),
    ("GET", "/events", None, "viewer"), ("GET", "/spending", None, "viewer"),
    ("POST", "/ledger/journal-entries", {"description": "x", "currency": "INR", "postings": []}, "editor"),
    ("GET", "/audit-events", None, "admin"), ("GET", "/api-keys", None, "admin"),
    ("POST", "/invitations", {"email": "not an address", "role": "viewer"}, "admin"),
    ("PATCH", "", {"name": ""}, "admin"),
    ("POST", "/subscription", {"plan": "no such plan", "currency": "INR", "interval": "month"}, "owner"),
]


@pytest.mark.parametrize("method,path,body,least", RIGHTS, ids=[f"{m} {p}" for m, p, _, _ in RIGHTS])
def test_each_role_can_do_exactly_what_the_table_says(workspace, people, method, path, body, least):
    for role in ROLES:
        answer = Client(workspace.url, people[role]).request(method, workspace.base + path, body,
                                                             headers={"Idempotency-Key": key()} if body else {})
        if ROLES.index(role) < ROLES.index(least):
            answer.expect(403)
            assert answer.json["code"] == "permission_denied"
        else:
            # Bodies are wrong on purpose: who may is told what is wrong with them.
            answer.expect(*([200] if body is None else [404, 422]))


PAGES = [("", "viewer"), ("/members", "viewer"), ("/billing", "viewer"), ("/billing/spending", "viewer"),
         ("/ledger", "viewer"), ("/jobs", "viewer"),
         ("/audit", "admin"), ("/api-keys", "admin"), ("/settings", "admin")]


@pytest.mark.parametrize("path,least", PAGES)
def test_each_role_sees_exactly_its_pages(workspace, people, path, least):
    for role in ROLES:
        expected = 200 if ROLES.index(role) >= ROLES.index(least) else 403
        page(workspace, f"/orgs/{workspace.organization}{path}", people[role]).expect(expected)


def test_a_program_uses_an_api_key_that_is_shown_once_and_kept_as_a_hash(server, workspace):
    secret = workspace.make_key("viewer", "Reader")
    assert re.fullmatch(r"rfk_live_[0-9A-Za-z]{36}", secret)
    Client(workspace.url, secret).get(workspace.base).expect(200)
    Client(workspace.url, secret[:-1] + ("0" if secret[-1] != "0" else "1")).get(workspace.base).expect(401)
    listed = workspace.owner.get(f"{workspace.base}/api-keys").expect(200)
    assert secret not in listed.body.decode()
    for file in server.folder.glob("raptorflow.db*"):
        assert secret.encode() not in file.read_bytes()


@pytest.fixture(scope="module")
def checkout(workspace):
    """The owner takes Pro; the answer says where to pay."""
    body = {"plan": "pro", "currency": "INR", "interval": "month", "trial": False}
    return workspace.owner.post(f"{workspace.base}/subscription", body, key=key()).expect(200).json["checkout"]


def query(server, statement):
    """Reads the file from outside."""
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
        return file.execute(statement).fetchall()


def books(server):
    """The balances of the instance's own book by account code: debits less credits."""
    return dict(query(server, """
        SELECT code, sum(debits_after - credits_after) FROM ledger_accounts a
        JOIN ledger_postings p ON p.organization_id = a.organization_id AND p.account_id = a.id
        WHERE a.organization_id = 'instance' AND seq = (SELECT max(seq) FROM ledger_postings l
          WHERE l.organization_id = a.organization_id AND l.account_id = a.id) GROUP BY code"""))


def test_taking_pro_finalises_an_invoice_and_makes_an_order_over_http(workspace, checkout):
    (invoice,) = workspace.owner.get(f"{workspace.base}/invoices").expect(200).json["data"]
    assert invoice["state"] == "open" and len(invoice["number"]) <= 16
    assert invoice["total"] == checkout["amount"] == {"amount": 294882, "currency": "INR"}
    assert checkout["order_id"].startswith("order_")
    assert workspace.owner.get(f"{workspace.base}/subscription").json["plan_in_force"] == "free"


def test_a_payment_told_twice_by_browser_and_webhook_is_booked_once(server, workspace, checkout):
    pay(workspace, checkout["url"], "twice")
    until(lambda: workspace.owner.get(f"{workspace.base}/subscription").json["plan_in_force"] == "pro",
          "it is in force")
    until(lambda: not workspace.owner.get(f"{workspace.base}/jobs?state=ready").json["data"], "jobs are done")
    (invoice,) = workspace.owner.get(f"{workspace.base}/invoices").expect(200).json["data"]
    assert invoice["state"] == "paid"
    (payment,) = workspace.owner.get(f"{workspace.base}/payments").expect(200).json["data"]
    assert payment["state"] == "captured" and payment["amount"] == invoice["total"]
    balances = books(server)
    assert sum(balances.values()) == 0
    assert balances["1100"] == 0, "nothing is receivable any more"


def test_a_refund_needs_a_key_and_happens_once(server, workspace):
    (payment,) = workspace.owner.get(f"{workspace.base}/payments").expect(200).json["data"]
    path = f"{workspace.base}/payments/{payment['id']}/refunds"
    body = {"amount": 10000, "reason": "a mistake of ours"}
    assert workspace.owner.post(path, body).expect(400).json["code"] == "idempotency_key_required"
    same = key()
    first = workspace.owner.post(path, body, key=same).expect(201)
    again = workspace.owner.post(path, body, key=same).expect(201)
    assert again.headers["Idempotent-Replayed"] == "true" and again.json["id"] == first.json["id"]
    until(lambda: workspace.owner.get(path).json["data"][0]["state"] == "processed", "the refund is processed")
    assert len(workspace.owner.get(path).json["data"]) == 1
    assert sum(books(server).values()) == 0


def test_every_change_is_in_the_audit_log(workspace):
    actions = set()
    cursor = ""
    while cursor is not None:
        answer = workspace.owner.get(f"{workspace.base}/audit-events?limit=100{cursor and '&cursor=' + cursor}")
        actions |= {each["action"] for each in answer.expect(200).json["data"]}
        cursor = answer.json["next_cursor"]
    assert len(actions) >= 8, actions


def test_what_was_touched_by_hand_is_found_and_named(server, workspace, tmp_path):
    assert server.run("ledger", "verify").returncode == 0
    assert server.run("audit", "verify").returncode == 0
    copy = tmp_path / "raptorflow.db"
    assert server.run("backup", str(copy)).returncode == 0
    for statement in ("UPDATE ledger_entries SET description = 'x'", "DELETE FROM ledger_entries",
                      "UPDATE audit_events SET actor_id = 'x'", "DELETE FROM audit_events"):
        shell = subprocess.run(["sqlite3", str(copy), statement], capture_output=True, text=True, check=False)
        assert shell.returncode != 0 and shell.stderr, statement
    touch = "DROP TRIGGER audit_events_update; UPDATE audit_events SET actor_display = 'Mallory' WHERE sequence = 2"
    subprocess.run(["sqlite3", str(copy), touch], check=True)
    found = server.run("audit", "verify", "--database", str(copy))
    assert found.returncode == 1 and "record 2" in found.stdout + found.stderr, found


def test_a_backup_is_complete_and_doctor_finds_nothing_red(server, workspace, tmp_path):
    copy = tmp_path / "copy.db"
    assert server.run("backup", str(copy)).returncode == 0
    with contextlib.closing(sqlite3.connect(copy)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM invoices").fetchone() == (1,)
    doctor = server.run("doctor")
    assert doctor.returncode == 0, doctor.stdout


def test_stopping_leaves_one_file_with_everything_in_it(server, workspace):
    assert server.stop() == 0
    assert not (server.folder / "raptorflow.db-wal").exists()
    server.start()
    workspace.owner.close()
    assert workspace.owner.get(f"{workspace.base}/subscription").expect(200).json["plan_in_force"] == "pro"
