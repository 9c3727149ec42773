"""AUD-2: every operation of the OpenAPI document that changes something leaves a record in the audit log, in the
transaction of the change: it is there, under the request's id, when the answer is."""
import contextlib
import re
import sqlite3
import urllib.parse
import uuid

import pyotp
import pytest

from exempt import EXEMPT
from outbox import outbox
from prepared_catalogue import CATALOGUE
from prepared_invoices import INVOICES
from prepared_tenancy import NAMES, TENANCY
from raptorflow import PASSWORD, Client, serving
from test_path import join, key, mail_token, pay, until


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Every way to make an account and to sign in is open, so that each can be tried."""
    options = ["--accounts-sign-up", "open", "--accounts-magic-links", "on",
               "--dns-server", f"127.0.0.1:{NAMES.server_address[1]}"]
    with serving(tmp_path_factory.mktemp("instance"), *options) as running:
        yield running


class World:
    """One of everything that operations are about."""

    def __init__(self, workspace):
        self.workspace, self.base, self.owner = workspace, workspace.base, workspace.owner
        self.accounts = workspace.make_accounts(2)
        self.count = 0

    def one(self, path, body, *statuses):
        return self.owner.post(self.base + path, body, key=key()).expect(*(statuses or (200, 201))).json

    def fresh(self):
        self.count += 1
        return f"person{self.count}@example.com"

    def account(self):
        return self.one("/ledger/accounts", self.workspace.account(f"x-{uuid.uuid4().hex[:8]}"))["id"]

    def entry(self):
        return self.one("/ledger/journal-entries", self.workspace.entry(*self.accounts, 5))["id"]

    def hold_body(self):
        debit, credit = self.accounts
        return {"description": "Order", "currency": "INR", "amount": 3, "debit_account": debit,
                "credit_account": credit}

    def hold(self):
        return self.one("/ledger/holds", self.hold_body())["id"]

    def key(self):
        return self.one("/api-keys", {"name": "K", "role": "viewer"})["key"]["id"]

    def invitation(self):
        return self.one("/invitations", {"email": self.fresh(), "role": "viewer"})["id"]

    def person(self):
        """A member with a session: client and user id."""
        client = Client(self.workspace.url, join(self.workspace, self.fresh(), "editor"))
        return client, client.get("/v1/me").json["id"]


@pytest.fixture(scope="module")
def world(workspace):
    return World(workspace)


def operations(server):
    document = Client(server.url).get("/openapi.json").expect(200).json
    return {operation["operationId"]: (method.upper(), path) for path, methods in document["paths"].items()
            for method, operation in methods.items() if method != "get"}


def sign_in(world, email):
    return Client(world.workspace.url).post("/v1/auth/sign-in", {"email": email, "password": PASSWORD}).expect(201, 200)


# Each prepares what it needs and returns client, parameters of the path, body.
def me(world):
    client, _ = world.person()
    return client


def invited(world):
    email = world.fresh()
    world.one("/invitations", {"email": email, "role": "viewer"})
    return email, mail_token(world.workspace, email)


def accepting(world):
    client, _ = world.person()
    other = Client(world.workspace.url, join(world.workspace, world.fresh(), "viewer"))
    organization = other.post("/v1/orgs", {"name": "Elsewhere"}, key=key()).expect(201).json["id"]
    other.post(f"/v1/orgs/{organization}/invitations", {"email": client.get("/v1/me").json["email"], "role": "viewer"},
               key=key()).expect(201)
    with contextlib.closing(sqlite3.connect(f"file:{world.workspace.server.folder}/raptorflow.db?mode=ro",
                                            uri=True)) as file:
        ((text,),) = file.execute("SELECT text FROM messages ORDER BY id DESC LIMIT 1").fetchall()
    return client, {}, {"token": re.search(r"#token=([A-Za-z0-9_-]+)", text).group(1)}


def second_session(world):
    client, _ = world.person()
    email = client.get("/v1/me").json["email"]
    sign_in(world, email)
    listed = client.get("/v1/me/sessions").json["data"]
    return client, {"session": next(each["id"] for each in listed if not each["is_current"])}, None


def resetting(world):
    client, _ = world.person()
    email = client.get("/v1/me").json["email"]
    Client(world.workspace.url).post("/v1/auth/password/forgot", {"email": email}).expect(200, 202, 204)

    def token():
        with contextlib.closing(sqlite3.connect(f"file:{world.workspace.server.folder}/raptorflow.db?mode=ro",
                                                uri=True)) as file:
            for (text,) in file.execute("SELECT text FROM messages WHERE recipient = ? ORDER BY id DESC", (email,)):
                found = re.search(r"/password/reset#token=([A-Za-z0-9_-]+)|#token=([A-Za-z0-9_-]+)", text)
                if found and "invite" not in text:
                    return found.group(1) or found.group(2)
        return None
    anonymous = Client(world.workspace.url)
    return anonymous, {}, {"token": until(token, "the mail is there"), "password": PASSWORD + " anew"}


def new_organization(world):
    return world.owner.post("/v1/orgs", {"name": "Payer"}, key=key()).expect(201).json["id"]


PRO = {"plan": "pro", "currency": "INR", "interval": "month", "trial": False}


def taken(world):
    """Another organisation that took the plan and has not paid: its id and the checkout."""
    organization = new_organization(world)
    answer = world.owner.post(f"/v1/orgs/{organization}/subscription", PRO, key=key()).expect(200)
    return organization, answer.json["checkout"]


def paid(world, field):
    organization, checkout = taken(world)
    pay(world.workspace, checkout["url"], "success")
    base = f"/v1/orgs/{organization}"
    payment = until(lambda: world.owner.get(f"{base}/payments").json["data"], "there is a payment")[0]
    until(lambda: world.owner.get(f"{base}/subscription").json["plan_in_force"] == "pro", "it is in force")
    return world.owner, {"org": organization, **field(payment)}


def confirming(world):
    """Paid at the simulator by somebody whose browser did not come back: the proof is in their hands."""
    organization, checkout = taken(world)
    target = checkout["url"].removeprefix(world.workspace.url)
    headers = {"Cookie": f"raptorflow={world.workspace.session}", "Accept": "text/html"}
    client = Client(world.workspace.url)
    html = client.get(target, headers=headers).expect(200).body.decode()
    forms = [(form, dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)))
             for form in re.findall(r"<form.*?</form>", html, re.DOTALL)]
    form, fields = next((form, fields) for form, fields in forms if fields.get("outcome") == "callback")
    client.post(re.search(r'action="([^"]+)"', form).group(1), urllib.parse.urlencode(fields), headers={
        **headers, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}).expect(307)
    return world.owner, {"org": organization}, {
        name: fields[name] for name in ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")}


def transferring(world):
    """By an owner who is not the only one, so that the others' preparations go on."""
    client, user = world.person()
    _, next_owner = world.person()
    world.owner.request("PATCH", f"{world.base}/members/{user}", {"role": "owner"}).expect(200)
    return client, {}, {"user_id": next_owner}


def leaving(world):
    organization = new_organization(world)
    world.owner.request("DELETE", f"/v1/orgs/{organization}").expect(204)
    return organization


def pausing(world):
    """An organisation whose plan is going to pause."""
    owner, values = paid(world, lambda _: {})
    owner.post(f"/v1/orgs/{values['org']}/subscription/pause", key=key()).expect(200)
    return owner, values


def suspended(world, kind, wanted):
    world.owner.post(f"/v1/operator/{kind}/{wanted}/suspend", {"reason": "test"}, key=key()).expect(200, 204)
    return wanted


def old_invitation(world):
    """An invitation that may be sent again: its mail is not of this minute."""
    made = world.invitation()
    with contextlib.closing(sqlite3.connect(f"{world.workspace.server.folder}/raptorflow.db", timeout=10)) as file:
        file.execute("UPDATE invitations SET created_at = created_at - 600000 WHERE id = ?", (made,))
        file.commit()
    return made


def job(world, *acts):
    body = {"kind": "echo", "run_at": "2099-01-01T00:00:00Z"}
    made = world.one("/jobs", body, 200, 201, 202)["id"]
    for act in acts:
        world.one(f"/jobs/{made}/{act}", None, 200)
    return made


def stranger(world):
    return Client(world.workspace.url)


def mailed(world, recipient, path):
    """The token of a link to a page, once a message with one has come."""
    def find():
        try:
            return re.search(rf"{path}#token=([A-Za-z0-9_-]+)", outbox(world.workspace.server, recipient))
        except AssertionError:
            return None
    return until(find, f"{recipient} has a link to {path}").group(1)


def changing(world):
    """Somebody who asked for another address: who, the address until now, and the link that went to the new one."""
    client = me(world)
    old, new = client.get("/v1/me").json["email"], world.fresh()
    client.post("/v1/me/email", {"email": new}, key=key()).expect(200, 202, 204)
    return old, mailed(world, new, "[a-z-]+")


def undoing(world):
    old, token = changing(world)
    stranger(world).post("/v1/auth/change-email", {"token": token}, key=key()).expect(200, 204)
    return stranger(world), {}, {"token": mailed(world, old, "undo-email")}


def verifying(world):
    world.owner.post("/v1/me/email/verification", key=key()).expect(200, 202, 204)
    return stranger(world), {}, {"token": mailed(world, world.workspace.email, "[a-z-]+")}


def linked(world, path, recipient, page):
    """The token of a link that a stranger asked for."""
    stranger(world).post(path, {"email": recipient}, key=key()).expect(200, 202, 204)
    return mailed(world, recipient, page)


def redeeming(world):
    email = me(world).get("/v1/me").json["email"]
    return stranger(world), {}, {"token": linked(world, "/v1/auth/magic-link", email, "magic-link")}


def signing_up(world):
    email = world.fresh()
    token = linked(world, "/v1/auth/sign-up/request", email, "sign-up/complete")
    return stranger(world), {}, {"token": token, "name": "New", "password": PASSWORD}


def unconfirmed(world):
    """Somebody who has begun to add a second factor, and the code that completes it."""
    client = me(world)
    seed = client.post("/v1/me/second-factor", key=key()).expect(201).json
    return client, {"code": pyotp.TOTP(seed["secret"]).now()}


def protected(world):
    """Somebody with a second factor: the client, the address, a recovery code."""
    client, code = unconfirmed(world)
    email = client.get("/v1/me").json["email"]
    made = client.post("/v1/me/second-factor/confirm", code).expect(200).json
    return Client(world.workspace.url, made["token"]), email, made["recovery_codes"][0]


def completing(world):
    _, email, code = protected(world)
    begun = stranger(world).post("/v1/auth/sign-in", {"email": email, "password": PASSWORD}, key=key()).expect(201).json
    return stranger(world), {}, {"challenge": begun["challenge"]["token"], "code": code}


PREPARED = {
    "changeEmail": lambda w: (stranger(w), {}, {"token": changing(w)[1]}),
    "undoEmailChange": undoing,
    "verifyEmail": verifying,
    "requestEmailChange": lambda w: (me(w), {}, {"email": w.fresh()}),
    "redeemMagicLink": redeeming,
    "completeSignUp": signing_up,
    "completeSignIn": completing,
    "confirmSecondFactor": lambda w: (lambda client, code: (client, {}, code))(*unconfirmed(w)),
    "renewRecoveryCodes": lambda w: (protected(w)[0], {}, None),
    "removeSecondFactor": lambda w: (protected(w)[0], {}, None),
    "revokeMyOtherSessions": lambda w: (second_session(w)[0], {}, None),
    "stepUp": lambda w: (me(w), {}, {"password": PASSWORD}),
    "deleteMe": lambda w: (me(w), {}, None),
    "resetPassword": resetting,
    "signIn": lambda w: (Client(w.workspace.url), {}, {"email": w.workspace.email, "password": PASSWORD}),
    "signOut": lambda w: (me(w), {}, None),
    "signUp": lambda w: (Client(w.workspace.url), {}, {
        "invitation_token": invited(w)[1], "name": "New", "password": PASSWORD}),
    "acceptInvitation": accepting,
    "updateMe": lambda w: (me(w), {}, {"name": "Another Name"}),
    "changePassword": lambda w: (me(w), {}, {"current_password": PASSWORD, "new_password": PASSWORD + " two"}),
    "revokeMySession": second_session,
    **CATALOGUE,
    "resolveStuckObject": lambda w: (w.owner, {}, {"kind": "overdue_invoice", "id": taken(w)[1]["invoice_id"]}),
    "takeBackup": lambda w: (w.owner, {}, None),
    "createOrganization": lambda w: (w.owner, {}, {"name": "Next"}),
    "updateOrganization": lambda w: (w.owner, {}, {"name": "Acme Renamed"}),
    "deleteOrganization": lambda w: (w.owner, {"org": new_organization(w)}, None),
    "restoreOrganization": lambda w: (w.owner, {"org": leaving(w)}, None),
    "transferOrganization": lambda w: transferring(w),
    "resendInvitation": lambda w: (w.owner, {"invitation": old_invitation(w)}, None),
    "suspendOrganization": lambda w: (w.owner, {"organization": new_organization(w)}, {"reason": "test"}),
    "resumeOrganization": lambda w: (w.owner, {"organization": suspended(w, "orgs", new_organization(w))}, None),
    "suspendUser": lambda w: (w.owner, {"user": w.person()[1]}, {"reason": "test"}),
    "resumeUser": lambda w: (w.owner, {"user": suspended(w, "users", w.person()[1])}, None),
    **TENANCY,
    **INVOICES,
    "createAPIKey": lambda w: (w.owner, {}, {"name": "K", "role": "viewer"}),
    "revokeAPIKey": lambda w: (w.owner, {"key": w.key()}, None),
    "rotateAPIKey": lambda w: (w.owner, {"key": w.key()}, None),
    "createInvitation": lambda w: (w.owner, {}, {"email": w.fresh(), "role": "viewer"}),
    "revokeInvitation": lambda w: (w.owner, {"invitation": w.invitation()}, None),
    "setBillingDetails": lambda w: (w.owner, {}, {
        "name": "Acme", "address": "1 Road, Pune 411001", "country": "IN", "state": "27", "gstin": ""}),
    "takePlan": lambda w: (w.owner, {"org": new_organization(w)}, PRO),
    "confirmPayment": confirming,
    "createPaymentLink": lambda w: (lambda o, c: (w.owner, {"org": o, "invoice": c["invoice_id"]}, None))(*taken(w)),
    "changePlan": lambda w: (*paid(w, lambda _: {}), {"plan": "enterprise"}),
    "endSubscription": lambda w: (*paid(w, lambda _: {}), {"credit": True}),
    "pauseSubscription": lambda w: (*paid(w, lambda _: {}), None),
    "resumeSubscription": lambda w: (*pausing(w), None),
    "setTimeZone": lambda w: (w.owner, {}, {"time_zone": "Asia/Kolkata"}),
    "setDunningPolicy": lambda w: (
        w.owner, {"plan": "enterprise"}, {"reminder_days": [0, 2], "grace_days": 5, "cancel_days": 14}),
    "cancelSubscription": lambda w: (*paid(w, lambda _: {}), None),
    "refundPayment": lambda w: (*paid(w, lambda payment: {"payment": payment["id"]}), {"amount": 100, "reason": "x"}),
    "enqueueJob": lambda w: (w.owner, {}, {"kind": "echo"}),
    "cancelJob": lambda w: (w.owner, {"job": job(w)}, None),
    "retryJob": lambda w: (w.owner, {"job": job(w, "cancel")}, None),
    "openLedgerAccount": lambda w: (w.owner, {}, w.workspace.account(f"y-{uuid.uuid4().hex[:8]}")),
    "updateLedgerAccount": lambda w: (w.owner, {"account": w.account()}, {"name": "Renamed"}),
    "postJournalEntry": lambda w: (w.owner, {}, w.workspace.entry(*w.accounts, 7)),
    "postJournalEntries": lambda w: (w.owner, {}, {"entries": [w.workspace.entry(*w.accounts, 7)]}),
    "createLedgerHold": lambda w: (w.owner, {}, w.hold_body()),
    "postLedgerHold": lambda w: (w.owner, {"hold": w.hold()}, {"amount": 1}),
    "voidLedgerHold": lambda w: (w.owner, {"hold": w.hold()}, None),
    "closeLedger": lambda w: (w.owner, {}, {"through": "2020-01-01T00:00:00Z"}),
    "closeLedgerOfInstance": lambda w: (paid(w, lambda _: {}), (w.owner, {}, {"through": "2020-01-01T00:00:00Z"}))[1],
    "reverseJournalEntry": lambda w: (w.owner, {"entry": w.entry()}, {"description": "a mistake"}),
    "leaveOrganization": lambda w: (me(w), {}, None),
    "updateMember": lambda w: (w.owner, {"user": w.person()[1]}, {"role": "viewer"}),
    "removeMember": lambda w: (w.owner, {"user": w.person()[1]}, None),
}


def test_every_operation_that_changes_something_leaves_a_record(server, world):
    missing, tried = [], 0
    found = operations(server)
    for name, (method, path) in found.items():
        if name in EXEMPT or name == "setUp":
            continue
        assert name in PREPARED, f"{name} is new: prepare it here, and see that it leaves a record"
        client, parameters, body = PREPARED[name](world)
        parameters = {"org": world.workspace.organization, **parameters}
        target = re.sub(r"\{(\w+)\}", lambda match: parameters[match.group(1)], path)
        request = f"aud2-{uuid.uuid4().hex}"
        answer = client.request(method, target, body, headers={"X-Request-Id": request, "Idempotency-Key": key()})
        assert 200 <= answer.status < 300, f"{name}: {answer.status} {answer.body[:600]!r}"
        with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
            left = file.execute("SELECT action FROM audit_events WHERE request_id = ?", (request,)).fetchall()
        tried += 1
        if not left:
            missing.append(name)
    assert not missing, missing
    assert set(EXEMPT) | set(PREPARED) | {"setUp"} >= set(found) and tried > 30


def test_the_set_up_left_a_record(server, workspace):
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
        actions = [row[0] for row in file.execute("SELECT action FROM audit_events WHERE organization_id = 'instance'")]
    assert "user.created" in actions
