"""An operator acts for a user, over HTTP: what is out of reach meanwhile, what is written down, and how it ends."""
import re
import uuid

import pyotp
import pytest

from raptorflow import PASSWORD, Client, serving
from test_path import join, key, page
from workspace import Workspace

REASON = "ticket 4711: the invoice page is empty"


def mine(client):
    return client.get("/v1/me").expect(200).json["id"]


@pytest.fixture(scope="module")
def admin(workspace):
    return Client(workspace.url, join(workspace, "admin@example.com", "admin"))


@pytest.fixture(scope="module")
def other_owner(workspace):
    client = Client(workspace.url, join(workspace, "second@example.com", "admin"))
    workspace.owner.request("PATCH", f"{workspace.base}/members/{mine(client)}", {"role": "owner"}).expect(200)
    return client


def begin(workspace, user, **more):
    body = {"reason": REASON, **more}
    return workspace.owner.post(f"/v1/operator/users/{user}/impersonate", body, key=key())


@pytest.fixture
def acting(workspace, other_owner):
    """The operator in the place of an owner."""
    return Client(workspace.url, begin(workspace, mine(other_owner)).expect(201).json["token"])


def operations(workspace):
    document = Client(workspace.url).get("/openapi.json").expect(200).json
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def example(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def test_a_reason_is_needed_and_only_operators_may(workspace, admin):
    user = mine(admin)
    for body in ({}, {"reason": "x"}, {"reason": "x" * 501}, {"reason": REASON, "minutes": 61},
                 {"reason": REASON, "minutes": 0}):
        workspace.owner.post(f"/v1/operator/users/{user}/impersonate", body, key=key()).expect(422)
    admin.post(f"/v1/operator/users/{user}/impersonate", {"reason": REASON}, key=key()).expect(404)
    assert begin(workspace, mine(workspace.owner)).expect(409).json["code"] == "not_impersonable"


def test_one_sees_what_they_see_and_is_not_an_operator_meanwhile(workspace, acting, other_owner):
    assert mine(acting) == mine(other_owner)
    acting.get(f"{workspace.base}/members").expect(200)
    acting.get("/v1/operator/orgs").expect(404)


def test_what_is_the_persons_own_is_out_of_reach(workspace, acting):
    """Every operation of an account, and of an organisation what only owners do, who gets in, and keys."""
    tried = 0
    for method, path, operation in operations(workspace):
        permission = operation.get("x-raptorflow-permission")
        theirs = permission in ("members:manage", "api_keys:manage", "outbox:read", "billing:manage",
                                "organization:delete")
        is_account = operation["x-raptorflow-access"] == "signed_in" and method != "GET"
        if not theirs and not is_account or path == "/v1/auth/impersonation/end":
            continue
        target = re.sub(r"\{org\}", workspace.organization, path)
        target = re.sub(r"\{(\w+)\}", "x_00000000000000000000000000", target)
        answer = acting.request(method, target, example(operation), headers={"Idempotency-Key": str(uuid.uuid4())})
        assert (answer.status, answer.json["code"]) == (403, "impersonating"), f"{method} {path}: {answer.status}"
        tried += 1
    assert tried > 35
    assert acting.post(f"{workspace.base}/leave", {}, key=key()).expect(403).json["code"] == "impersonating"
    for path in ("/v1/me/export", f"{workspace.base}/audit-events/export.csv"):
        assert acting.get(path).expect(403).json["code"] == "impersonating"


@pytest.mark.parametrize("path,body", [
    ("/sign-out", ""), ("/sign-in", "email=a&password=b"), ("/invitations/accept", "token=rft_" + "A" * 43),
    ("/account/password", "current_password=a&new_password=b"), ("/account/data/export", ""), ("/orgs/new", "name=X")])
def test_the_consoles_forms_of_the_account_are_too(workspace, acting, path, body):
    headers = {"Cookie": f"raptorflow={acting.token}", "Sec-Fetch-Site": "same-origin",
               "Content-Type": "application/x-www-form-urlencoded"}
    Client(workspace.url).post(path, body, headers=headers).expect(403)


def test_what_is_done_stands_in_the_log_under_both_names(workspace, acting, other_owner):
    acting.request("PATCH", workspace.base, {"name": "Acme, mended"}).expect(200)
    log = workspace.owner.get(f"{workspace.base}/audit-events").expect(200).json["data"]
    changed = next(each for each in log if each["action"] == "organization.updated")
    assert changed["actor"]["id"] == mine(other_owner)
    assert changed["details"]["impersonator"]["name"] == "Olivia Owner"
    started = next(each for each in log if each["action"] == "impersonation.started")
    assert started["details"]["reason"] == REASON and started["actor"]["id"] == mine(workspace.owner)


def test_the_user_reads_of_it_and_can_end_it(workspace, acting, other_owner):
    listed = other_owner.get("/v1/me/sessions").expect(200).json["data"]
    theirs = [each for each in listed if each.get("impersonated_by") == "Olivia Owner"]
    assert len(theirs) == 1
    assert "Olivia Owner, who acts for you" in page(
        workspace, "/account/sessions", other_owner.token).expect(200).body.decode()
    other_owner.request("DELETE", f"/v1/me/sessions/{theirs[0]['id']}").expect(204)
    acting.get("/v1/me").expect(401)


def test_ending_it_is_written_down_too(workspace, acting):
    acting.post("/v1/auth/impersonation/end", {}, key=key()).expect(204)
    acting.get("/v1/me").expect(401)
    log = workspace.owner.get(f"{workspace.base}/audit-events?action=impersonation.ended").expect(200).json["data"]
    assert log[0]["details"]["impersonator"]["name"] == "Olivia Owner"
    workspace.owner.post("/v1/auth/impersonation/end", {}, key=key()).expect(404)


def cookies(answer):
    found = {}
    for name, value in answer.headers.items():
        if name.lower() == "set-cookie":
            cookie, _, rest = value.partition("=")
            found[cookie] = rest.split(";")[0]
    return found


def test_the_console_shows_a_bar_on_every_page_and_leads_back(workspace, admin, other_owner):
    def post(path, body, cookie):
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin",
                   "Content-Type": "application/x-www-form-urlencoded"}
        return Client(workspace.url).post(path, body, headers=headers)

    path = f"/operator/users/{mine(other_owner)}/impersonate"
    assert "Act for" in page(workspace, path).expect(200).body.decode()
    assert path in page(workspace, f"/operator/orgs/{workspace.organization}").expect(200).body.decode()
    post(path, "reason=x&minutes=30", f"raptorflow={workspace.session}").expect(422)
    began = cookies(post(path, f"reason={REASON.replace(' ', '+')}&minutes=30",
                         f"raptorflow={workspace.session}").expect(303))
    assert began["raptorflow-own"] == workspace.session
    for shown in ("/", f"/orgs/{workspace.organization}", f"/orgs/{workspace.organization}/members", "/account"):
        html = page(workspace, shown, began["raptorflow"]).expect(200).body.decode()
        assert "Olivia Owner, you act for Second until" in html and 'action="/impersonation/end"' in html, shown
    both = f"raptorflow={began['raptorflow']}; raptorflow-own={began['raptorflow-own']}"
    ended = post("/impersonation/end", "", both).expect(303)
    assert cookies(ended)["raptorflow"] == workspace.session and ended.headers["Location"] == "/operator"
    page(workspace, "/account", began["raptorflow"]).expect(303)
    # Whose time ran out is nobody, and still finds the way back; a stranger's token leads nowhere.
    late = post("/impersonation/end", "", f"raptorflow-own={workspace.session}").expect(303)
    assert cookies(late)["raptorflow"] == workspace.session
    signed_in = post("/sign-in", f"email=admin%40example.com&password={PASSWORD.replace(' ', '+')}",
                     f"raptorflow-own={workspace.session}").expect(303)
    assert cookies(signed_in)["raptorflow-own"] == ""
    wrong = post("/impersonation/end", "", f"raptorflow-own={other_owner.token}").expect(303)
    assert wrong.headers["Location"] == "/sign-in" and cookies(wrong)["raptorflow"] == ""


def test_it_asks_for_a_fresh_credential(workspace, server, admin):
    import contextlib
    import sqlite3
    with contextlib.closing(sqlite3.connect(f"{server.folder}/raptorflow.db", timeout=10)) as file:
        file.execute("UPDATE sessions SET authenticated_at = authenticated_at - 3600000")
        file.commit()
    assert begin(workspace, mine(admin)).expect(403).json["code"] == "step_up_required"


def test_an_instance_can_switch_it_off_and_ask_for_a_second_factor(tmp_path):
    options = ["--accounts-impersonation", "off", "--accounts-second-factor", "operators"]
    with serving(tmp_path, *options) as server:
        # Nobody changes plans here without a second factor.
        workspace = Workspace(server, lifts=False)
        user = mine(Client(workspace.url, join_member(workspace)))
        assert begin(workspace, user).expect(403).json["code"] == "second_factor_missing"
        workspace.owner.get(workspace.base).expect(200)
        workspace.owner.get("/v1/operator/orgs").expect(403)
        assert page(workspace, "/operator").expect(303).headers["Location"] == "/account/second-factor"
        seed = workspace.owner.post("/v1/me/second-factor", key=key()).expect(201).json["secret"]
        made = workspace.owner.post("/v1/me/second-factor/confirm", {"code": pyotp.TOTP(seed).now()}).expect(200).json
        workspace.owner = Client(workspace.url, made["token"])
        workspace.owner.get("/v1/operator/orgs").expect(200)
        assert begin(workspace, user).expect(403).json["code"] == "impersonation_off"


def join_member(workspace):
    return join(workspace, "member@example.com", "viewer")


def test_an_instance_can_ask_everybody_for_a_second_factor(tmp_path):
    with serving(tmp_path, "--accounts-second-factor", "everybody") as server:
        anonymous = Client(server.url)
        made = anonymous.post("/v1/auth/set-up", {
            "token": server.set_up_token(), "email": "o@example.com", "name": "O", "password": PASSWORD,
        }).expect(201).json
        owner = Client(server.url, made["token"])
        organization = owner.post("/v1/orgs", {"name": "Acme"}, key=key()).expect(201).json["id"]
        assert owner.get(f"/v1/orgs/{organization}").expect(403).json["code"] == "second_factor_missing"
        owner.get("/v1/me").expect(200)
        seed = owner.post("/v1/me/second-factor", key=key()).expect(201).json["secret"]
        made = owner.post("/v1/me/second-factor/confirm", {"code": pyotp.TOTP(seed).now()}).expect(200).json
        owner = Client(server.url, made["token"])
        owner.get(f"/v1/orgs/{organization}").expect(200)
        secret = owner.post(f"/v1/orgs/{organization}/api-keys", {"name": "K", "role": "viewer"}, key=key())
        Client(server.url, secret.expect(201).json["secret"]).get(f"/v1/orgs/{organization}").expect(200)
