"""What is sold, what an organisation may use of it, and what it used: over HTTP and by the command."""
import json
import urllib.parse
import uuid

import pytest

from raptorflow import Client
from test_path import key, page, pay, until

METERS = [{"code": "calls", "name": "API calls", "aggregation": "count", "unit": "call"},
          {"code": "people", "name": "Active people", "aggregation": "unique_count", "unit": "person"}]
FEATURES = [{"code": "sso", "name": "Single sign-on", "kind": "boolean"},
            {"code": "call_quota", "name": "API calls", "kind": "limit", "unit": "call", "meter": "calls"}]
TEAM = {
    "code": "team", "name": "Team", "summary": "For a growing team.", "highlights": ["10 members"],
    "entitlements": {"members": 10, "sso": True, "call_quota": 10},
    "prices": [
        {"currency": "KWD", "interval": "quarter", "model": "flat", "amount": 12500},
        {"currency": "INR", "interval": "month", "model": "graduated",
         "tiers": [{"up_to": 10, "unit_amount": 10000}, {"unit_amount": 8000}]},
        {"currency": "INR", "interval": "month", "model": "package", "amount": 5000, "per": 100, "unit": "call",
         "meter": "calls"},
    ],
}
CATALOG = {"meters": METERS, "features": FEATURES, "plans": [TEAM]}


def apply(server, catalog, *options):
    """Runs the command beside the server."""
    file = server.folder / f"{uuid.uuid4().hex}.json"
    file.write_text(json.dumps(catalog), encoding="utf-8")
    return server.run("catalog", "apply", str(file), *options)


def team(client):
    return next(plan for plan in client.get("/v1/plans").expect(200).json["data"] if plan["code"] == "team")


def test_a_dry_run_says_what_would_change_and_changes_nothing(server, workspace):
    told = apply(server, CATALOG, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "Plan team: new, Team" in told.stdout and "nothing was written" in told.stdout
    assert "Plan team: price INR monthly: ₹100.00 a seat up to 10 seats, then ₹80.00" in told.stdout
    assert "team" not in {plan["code"] for plan in workspace.owner.get("/v1/plans").json["data"]}


def test_applying_says_the_same_and_applying_twice_has_nothing_to_change(server, workspace):
    would, did = apply(server, CATALOG, "--dry-run").stdout, apply(server, CATALOG).stdout
    assert would.splitlines()[:-1] == did.splitlines()[:-1]
    assert apply(server, CATALOG).stdout == "Nothing to change.\n"
    exported = json.loads(server.run("catalog", "export").stdout)
    assert apply(server, exported).stdout == "Nothing to change.\n"
    assert {price["currency"] for price in team(workspace.owner)["prices"]} == {"INR", "KWD"}


@pytest.mark.parametrize("amount, status", [
    (9_007_199_254_740_991, 200), (9_007_199_254_740_992, 422), (9_223_372_036_854_775_807, 422),
    (2**64, 422), (-1, 422), ("100", 422), (100.5, 422), (True, 422), (None, 422)])
def test_case_37_amounts_are_whole_minor_units_or_refused(server, workspace, amount, status):
    for currency in ("JPY", "INR", "KWD"):
        price = {"currency": currency, "interval": "year", "model": "flat", "amount": amount}
        body = {"catalog": {"plans": [{**TEAM, "prices": [price]}]}, "dry_run": True}
        answer = workspace.owner.post("/v1/operator/catalog", body, key=key()).expect(status)
        if status == 422:
            assert answer.json["code"] == "validation_failed", answer.json


@pytest.mark.parametrize("spelled, status", [("1e2", 422), ("100.0", 422), ("100", 200), ("1E400", 422)])
def test_case_37_numbers_with_a_fraction_or_an_exponent_are_not_amounts(workspace, spelled, status):
    price = '{"currency": "KWD", "interval": "year", "model": "flat", "amount": AMOUNT}'.replace("AMOUNT", spelled)
    body = json.dumps({"catalog": {"plans": [{**TEAM, "prices": []}]}, "dry_run": True}).replace("[]", f"[{price}]")
    answer = workspace.owner.request("POST", "/v1/operator/catalog", body.encode(), headers={
        "Content-Type": "application/json", "Idempotency-Key": key()})
    assert answer.status == status, answer.body


def test_every_fault_of_a_catalogue_is_named_and_nothing_of_it_is_taken(server, workspace):
    wrong = json.loads(json.dumps(CATALOG))
    wrong["plans"][0]["entitlements"]["teleport"] = 1
    wrong["plans"][0]["prices"][1]["tiers"][1]["up_to"] = 20
    wrong["plans"].append({**TEAM, "code": "free", "is_retired": True})
    wrong["meters"][0]["aggregation"] = "sum"
    answer = workspace.owner.post("/v1/operator/catalog", {"catalog": wrong}, key=key()).expect(422).json
    assert {each["code"] for each in answer["errors"]} >= {"unknown_feature", "refused", "needed", "fixed"}
    assert apply(server, wrong).returncode != 0
    assert apply(server, CATALOG).stdout == "Nothing to change.\n"


def test_who_bought_keeps_the_price_and_the_promise(server, workspace):
    owner = workspace.owner
    organization = owner.post("/v1/orgs", {"name": "Buyer"}, key=key()).expect(201).json["id"]
    base = f"/v1/orgs/{organization}"
    bought = owner.post(f"{base}/subscription", {"plan": "pro", "currency": "INR", "interval": "month"},
                        key=key()).expect(200).json
    pay(workspace, bought["checkout"]["url"], "success")
    until(lambda: owner.get(f"{base}/subscription").json["plan"] == "pro", "the plan is in force")
    price = owner.get(f"{base}/subscription").json["price"]
    pro = next(plan for plan in owner.get("/v1/operator/catalog").json["plans"] if plan["code"] == "pro")
    pro["entitlements"]["members"] = 2
    for each in pro["prices"]:
        each["amount"] = 1
    pro["is_retired"] = True
    told = owner.post("/v1/operator/catalog", {"catalog": {"plans": [pro]}}, key=key()).expect(200).json["changes"]
    assert any("25 members → 2 members" in line for line in told), told
    assert owner.get(f"{base}/entitlements/members").expect(200).json["limit"] == 25
    assert owner.get(f"{base}/subscription").json["price"] == price
    assert "pro" not in {plan["code"] for plan in owner.get("/v1/plans").json["data"]}


def test_a_grant_is_in_the_next_answer_and_so_is_its_end(workspace):
    owner, path = workspace.owner, f"{workspace.base}/entitlements/sso"
    grant = f"/v1/operator/orgs/{workspace.organization}/entitlements/sso"
    for _ in range(20):
        assert owner.get(path).json["is_enabled"] is False
        owner.post(grant, {"value": True, "reason": "a deal"}, key=key()).expect(200)
        assert owner.get(path).json["is_enabled"] is True
        owner.request("DELETE", grant).expect(204)
    owner.post(grant, {"value": 5, "reason": "a deal"}, key=key()).expect(422)
    owner.get(f"{workspace.base}/entitlements/teleport").expect(404)


def test_the_plan_limits_members_and_keys(server, workspace):
    owner = workspace.owner
    base = f"/v1/orgs/{owner.post('/v1/orgs', {'name': 'Small'}, key=key()).expect(201).json['id']}"
    grant = base.replace("/v1/", "/v1/operator/") + "/entitlements"
    owner.post(f"{grant}/members", {"value": 2, "reason": "small"}, key=key()).expect(200)
    owner.post(f"{grant}/api_keys", {"value": 1, "reason": "small"}, key=key()).expect(200)
    owner.post(f"{base}/invitations", {"email": "a@small.example", "role": "viewer"}, key=key()).expect(201)
    refused = owner.post(f"{base}/invitations", {"email": "b@small.example", "role": "viewer"}, key=key()).expect(409)
    assert refused.json["code"] == "plan_limit_reached"
    made = owner.post(f"{base}/api-keys", {"name": "K", "role": "viewer"}, key=key()).expect(201).json["key"]["id"]
    assert owner.post(f"{base}/api-keys", {"name": "L", "role": "viewer"}, key=key()).expect(409).json["code"] \
        == "plan_limit_reached"
    owner.post(f"{base}/api-keys/{made}/rotate", key=key()).expect(201)
    owner.post(f"{grant}/api_keys", {"value": "unlimited", "reason": "grown"}, key=key()).expect(200)
    owner.post(f"{base}/api-keys", {"name": "L", "role": "viewer"}, key=key()).expect(201)


def test_usage_is_counted_once_and_its_quota_is_told_once(server, workspace):
    owner, base = workspace.owner, workspace.base
    owner.post(f"/v1/operator/orgs/{workspace.organization}/entitlements/call_quota",
               {"value": 10, "reason": "test"}, key=key()).expect(200)
    events = [{"id": f"e{number}", "meter": "calls"} for number in range(8)]
    program = workspace.client()
    assert program.post(f"{base}/usage", {"events": events}).expect(200).json["accepted"] == 8
    assert program.post(f"{base}/usage", {"events": events}).expect(200).json == {
        "accepted": 0, "duplicates": 8, "late": 0, "conflicts": []}
    quota = owner.get(f"{base}/entitlements/call_quota").expect(200).json
    assert (quota["used"], quota["remaining"], quota["limit"]) == (8, 2, 10)
    more = [{"id": f"f{number}", "meter": "calls"} for number in range(9)]
    program.post(f"{base}/usage", {"events": more}).expect(200)
    told = [event["data"]["percent"] for event in owner.get(f"{base}/events?type=usage.threshold_reached").json["data"]]
    assert sorted(told) == [80, 100]
    days = owner.get(f"{base}/usage/calls").expect(200).json
    assert days["usage"]["quantity"] == 17 and sum(day["quantity"] for day in days["days"]) == 17
    assert "API calls: 80 % of the quota" in page(workspace, f"/orgs/{workspace.organization}/outbox").body.decode()


def test_a_batch_is_taken_as_a_whole_or_not_at_all(workspace):
    path = f"{workspace.base}/usage"
    program = workspace.client()
    many = [{"id": f"many{number}", "meter": "people", "key": f"user-{number % 7}"} for number in range(1000)]
    assert program.post(path, {"events": many}).expect(200).json["accepted"] == 1000
    assert program.get(f"{path}/people").expect(200).json["usage"]["quantity"] == 7
    program.post(path, {"events": many + [{"id": "one-more", "meter": "people", "key": "x"}]}).expect(422)
    wrong = [{"id": "w1", "meter": "calls"}, {"id": "w2", "meter": "nothing"}, {"id": "w3", "meter": "people"},
             {"id": "w4", "meter": "calls", "at": "2020-01-01T00:00:00Z"}]
    answer = program.post(path, {"events": wrong}).expect(422).json
    assert [each["pointer"] for each in answer["errors"]] == ["/events/1/meter", "/events/2/key", "/events/3/at"]
    viewer = Client(workspace.url, workspace.make_key("viewer"))
    viewer.post(path, {"events": many[:1]}).expect(403)


def form(workspace, path, **fields):
    headers = {"Cookie": f"raptorflow={workspace.session}", "Sec-Fetch-Site": "same-origin",
               "Content-Type": "application/x-www-form-urlencoded"}
    return Client(workspace.url).post(path, urllib.parse.urlencode(fields), headers=headers)


def test_an_operator_edits_plans_in_the_console(workspace):
    made = form(workspace, "/operator/plans/new", code="solo", name="Solo", summary="For one.").expect(303)
    assert made.headers["Location"] == "/operator/plans/solo"
    price = {"currency": "KWD", "interval": "month", "model": "volume", "unit": "seat", "per": "1", "meter": "",
             "amount": "", "tiers": "10: 1.250 + 5\nmore: 0.999"}
    form(workspace, "/operator/plans/solo/prices", **price).expect(303)
    shown = page(workspace, "/operator/plans/solo").expect(200).body.decode()
    assert "KWD 5.000 and KWD 1.250 a seat up to 10 seats, then KWD 0.999" in shown
    refused = form(workspace, "/operator/plans/solo/prices", **{**price, "tiers": "10: 1.2505"}).expect(422)
    assert "Each line is a border" in refused.body.decode()
    form(workspace, "/operator/plans/solo/version", name="Solo", summary="For one.", trial_days="7",
         highlights="One member", members="1", sso="true").expect(303)
    plan = next(each for each in workspace.owner.get("/v1/plans").json["data"] if each["code"] == "solo")
    assert (plan["version"], plan["trial_days"], plan["features"]) == (2, 7, ["One member"])
    form(workspace, "/operator/plans/solo/version", name="Solo", trial_days="7", members="many").expect(422)
    form(workspace, f"/operator/plans/solo/prices/{plan['prices'][0]['id']}/retire").expect(303)
    form(workspace, "/operator/plans/solo/retire").expect(303)
    assert "solo" not in {each["code"] for each in workspace.owner.get("/v1/plans").json["data"]}
    assert "Solo" in page(workspace, "/operator/plans").expect(200).body.decode()


def test_only_operators_edit_the_catalogue(workspace):
    stranger = workspace.client()
    stranger.get("/v1/operator/catalog").expect(404)
    stranger.post("/v1/operator/catalog", {"catalog": {}}, key=key()).expect(404)
