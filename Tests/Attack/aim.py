"""What schemathesis is told beside the OpenAPI document: identifiers that exist, who calls, and which refusals of
well-formed requests are right. It is loaded by the path in SCHEMATHESIS_HOOKS; RAPTORFLOW_AIM names a file of facts."""
import json
import os
import pathlib
import re
import sys
import types
import uuid

import schemathesis

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Driver"))

from outbox import outbox  # noqa: E402
from raptorflow import PASSWORD, Client  # noqa: E402

AIM = json.loads(pathlib.Path(os.environ["RAPTORFLOW_AIM"]).read_text(encoding="utf-8"))

# After these the session, the membership or the person is gone, so somebody new makes each of them.
LAST_CALLS = {
    "signOut", "deleteMe", "leaveOrganization", "revokeMySession", "revokeMyOtherSessions", "changePassword"}
# These end an organisation; one that nothing else needs.
ENDING = {"deleteOrganization", "restoreOrganization", "transferOrganization"}
# What a server may look up; other texts are attacks on the path itself, and stay as they are.
PLAIN = re.compile(r"[a-z]+_[0-9a-z]{26}|[A-Za-z0-9]{0,20}")

# A body that fits the schema may still be refused for what is stored, for the time, or because two fields do not go
# together: operation (or * for any), field, code of the field.
RIGHT = {
    ("*", "?cursor", "invalid_cursor"),
    ("*", "/password", "too_easy"), ("*", "/new_password", "too_easy"), ("*", "/new_password", "personal"),
    ("changePassword", "/current_password", "wrong_password"),
    ("stepUp", "/password", "required"), ("stepUp", "/password", "wrong_password"),
    ("linkMyIdentity", "/token", "token"),
    ("listAuditEvents", "?target_type", "required"), ("listAuditEvents", "?target_id", "required"),
    ("listAuditEvents", "?from", "format"), ("listAuditEvents", "?to", "format"),
    ("createAPIKey", "/expires_at", "past"), ("createAPIKey", "/allowed_addresses/", "format"),
    ("createAPIKey", "/permissions/", "not_a_choice"),
    ("grantEntitlement", "/value", "format"),
    ("exportLedger", "?after", "range"), ("exportLedgerOfInstance", "?after", "range"),
    ("getReport", "?from", "format"), ("getReport", "?to", "format"), ("getReport", "?from", "range"),
    ("getReport", "?to", "range"), ("createInvoice", "/lines", "length"),
    ("createInvoice", "/lines//unit_amount", "range"),
    ("updateInvoice", "/lines//unit_amount", "range"), ("updateInvoice", "/currency", "fixed"),
    ("moveClock", "/days", "required"), ("setTimeZone", "/time_zone", "unknown_zone"),
    ("createCoupon", "/amount", "range"), ("createCoupon", "/percent", "format"),
    ("createCoupon", "/periods", "format"),
    ("setDunningPolicy", "/reminder_days", "order"), ("createTaxRate", "/country", "format"),
    ("createTaxRate", "/ends_at", "range"), ("setSeller", "/country", "format"), ("setSeller", "/state", "format"),
    ("setSeller", "/gstin", "format"), ("setSeller", "/state", "state"), ("setSeller", "/gstin", "state"),
    ("createLedgerHold", "/credit_account", "same_account"), ("createLedgerHold", "/expires_at", "range"),
    ("updateInvoice", "/lines", "length"), ("createCoupon", "/amount/amount", "format"),
    ("closeLedger", "/through", "range"), ("closeLedgerOfInstance", "/through", "range"),
    ("enqueueJob", "/kind", "choice"), ("openLedgerAccount", "/code", "length"),
    ("setBillingDetails", "/country", "format"), ("setBillingDetails", "/gstin", "format"),
    ("setBillingDetails", "/gstin", "state"),
    ("transferOrganization", "/user_id", "not_a_choice"), ("takePlan", "/plan", "unknown_plan"),
    ("*", "/role", "not_a_choice"), ("deleteRole", "?replacement", "not_a_choice"), ("addDomain", "/name", "format"),
}


def name_of(operation):
    return operation.definition.raw.get("operationId")


def family(name):
    """Lists and exports of the audit log take the same filter, and the seller's reports the same span of months."""
    if re.fullmatch(r"(get|export)(GST|MRR|Revenue|Aging|Reconciliation)Report", name):
        return "getReport"
    return "listAuditEvents" if name.startswith(("listAuditEvents", "exportAuditEvents")) else name


@schemathesis.hook
def before_call(context, case, kwargs):
    """Most calls are about something that exists: what the first lookup refuses teaches little."""
    known = dict(AIM["identifiers"])
    if name_of(case.operation) in ENDING:
        known["org"] = AIM["spare"]
    for name, value in list((case.path_parameters or {}).items()):
        if name in known and PLAIN.fullmatch(str(value)) and (name == "org" or len(str(value)) % 3):
            case.path_parameters[name] = known[name]


@schemathesis.auth(refresh_interval=None)
class Credential:
    """The credential of the attack's role, or somebody new for a call that is the last one its caller can make."""

    def get(self, case, context):
        if case.operation.path.startswith("/sandbox/razorpay/v1"):
            return AIM["simulator"]
        if AIM["role"] and name_of(case.operation) in LAST_CALLS:
            return f"Bearer {newcomer(AIM['role'])}"
        return AIM["credential"]

    def set(self, case, data, context):
        if data:
            case.headers = {**(case.headers or {}), "Authorization": data}


def newcomer(role):
    """The session of a new member."""
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    owner = Client(AIM["url"], AIM["owner"])
    invitation = {"email": email, "role": role}
    owner.post(f"/v1/orgs/{AIM['identifiers']['org']}/invitations", invitation, key=str(uuid.uuid4())).expect(201)
    owner.close()
    mail = outbox(types.SimpleNamespace(folder=pathlib.Path(AIM["folder"])), email)
    body = {"name": "New", "password": PASSWORD,
            "invitation_token": re.search(r"#token=([A-Za-z0-9_-]+)", mail).group(1)}
    return Client(AIM["url"]).post("/v1/auth/sign-up", body).expect(201).json["token"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether it is one: what RIGHT says, and a refusal with a code of its own, say nothing against the schema."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    if "json" not in response.headers.get("content-type", [""])[0]:
        return True
    problem = response.json()
    if problem.get("code") != "validation_failed":
        return "code" not in problem and "error" not in problem
    operation = family(name_of(case.operation))

    def is_right(error):
        # Which meters there are, when events happened and what a catalogue may hold, no schema says.
        if operation in ("reportUsage", "applyCatalog"):
            return True
        pointer = re.sub(r"/\d+", "/", error["pointer"])
        return any((name, pointer, error["code"]) in RIGHT for name in ("*", operation))

    return not all(is_right(error) for error in problem["errors"])
