"""Custom roles over HTTP: made, given in an invitation, changed for everybody at once, replaced and deleted."""
import base64
import json

import pytest

from raptorflow import Client
from test_path import join, key, page


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture(scope="module")
def role(workspace):
    body = {"name": "Support", "permissions": ["members:read", "jobs:read"]}
    return workspace.owner.post(f"{workspace.base}/roles", body, key=key()).expect(201).json


@pytest.fixture(scope="module")
def helper(workspace, role):
    """Somebody who was invited with the custom role."""
    return Client(workspace.url, join(workspace, "helper@example.com", role["id"]))


def test_a_custom_role_is_listed_behind_the_four(workspace, role):
    listed = workspace.owner.get(f"{workspace.base}/roles").expect(200).json
    assert [each["id"] for each in listed["data"]] == ["owner", "admin", "editor", "viewer", role["id"]]
    assert role["permissions"] == ["organization:read", "members:read", "jobs:read"]
    first = workspace.owner.get(f"{workspace.base}/roles?limit=2").expect(200).json
    rest = workspace.owner.get(f"{workspace.base}/roles?cursor={first['next_cursor']}").expect(200).json
    assert [each["id"] for each in first["data"] + rest["data"]] == [each["id"] for each in listed["data"]]


def test_who_was_invited_with_it_does_what_it_holds_and_nothing_else(workspace, role, helper):
    for path, status in [("", 200), ("/members", 200), ("/jobs", 200), ("/roles", 200), ("/ledger/accounts", 403),
                         ("/invoices", 403), ("/api-keys", 403), ("/messages", 403), ("/audit-events", 403)]:
        helper.get(workspace.base + path).expect(status)
    refused = helper.post(f"{workspace.base}/invitations", {"email": "x@example.com", "role": role["id"]}, key=key())
    assert refused.expect(403).json["code"] == "permission_denied"
    mine = {each["organization"]["id"]: each["role"] for each in helper.get("/v1/me/orgs").expect(200).json["data"]}
    assert mine[workspace.organization] == role["id"]


def test_an_access_token_names_the_role_and_what_it_holds(workspace, role, helper):
    token = helper.post("/v1/auth/token", {"organization": workspace.organization}).expect(201).json["access_token"]
    said = claims(token)
    assert said["role"] == role["id"]
    assert said["permissions"] == ["jobs:read", "members:read", "organization:read"]
    token = workspace.owner.post("/v1/auth/token", {"organization": workspace.organization}).expect(201).json
    assert claims(token["access_token"])["role"] == "owner" and "permissions" not in claims(token["access_token"])


def test_authorize_and_keys_know_the_role(workspace, role, helper):
    user = helper.get("/v1/me").expect(200).json["id"]

    def ask(permission):
        body = {"user": user, "permission": permission}
        return workspace.client().post(f"{workspace.base}/authorize", body).expect(200).json
    assert ask("jobs:read") == {"allowed": True, "reason": "role_allows", "role": role["id"]}
    assert ask("ledger:read")["allowed"] is False
    refused = workspace.owner.post(f"{workspace.base}/api-keys", {"name": "K", "role": role["id"]}, key=key())
    assert refused.expect(422).json["errors"][0]["pointer"] == "/role"


def test_a_change_holds_from_the_next_request_on(workspace, role, helper):
    path = f"{workspace.base}/roles/{role['id']}"
    etag = f'"{workspace.owner.get(path).json["version"]}"'
    for permissions, status in [(["ledger:read"], 200), (["jobs:read"], 403)]:
        workspace.owner.request("PATCH", path, {"permissions": permissions}).expect(200)
        helper.get(f"{workspace.base}/ledger/accounts").expect(status)
    workspace.owner.request("PATCH", path, {"name": "Late"}, headers={"If-Match": etag}).expect(412)


def test_ten_8_an_admin_can_put_nothing_of_an_owner_into_a_role(workspace):
    admin = Client(workspace.url, join(workspace, "deputy@example.com", "admin"))
    for permission in ("billing:manage", "organization:delete", "outbox:read"):
        refused = admin.post(f"{workspace.base}/roles", {"name": "More", "permissions": [permission]}, key=key())
        assert refused.expect(422).json["errors"][0]["pointer"] == "/permissions/0"
    made = admin.post(f"{workspace.base}/roles", {"name": "Deputy", "permissions": ["members:manage", "members:read"]},
                      key=key()).expect(201).json
    deputy = Client(workspace.url, join(workspace, "deputy2@example.com", made["id"]))
    refused = deputy.post(f"{workspace.base}/roles", {"name": "More", "permissions": ["audit:read"]}, key=key())
    assert refused.expect(403).json["code"] == "above_own_role"
    refused = deputy.post(f"{workspace.base}/invitations", {"email": "x@example.com", "role": "viewer"}, key=key())
    assert refused.expect(403).json["code"] == "above_own_role"


def test_the_console_shows_makes_and_changes_roles(workspace, role, helper):
    roles = f"/orgs/{workspace.organization}/roles"
    assert role["id"] in page(workspace, roles).expect(200).body.decode()
    page(workspace, f"{roles}/new").expect(200)
    one = page(workspace, f"{roles}/{role['id']}").expect(200).body.decode()
    assert "may_billing_manage" not in one and "may_jobs_write" in one
    headers = {"Cookie": f"raptorflow={workspace.session}", "Sec-Fetch-Site": "same-origin",
               "Content-Type": "application/x-www-form-urlencoded"}
    Client(workspace.url).post(f"{roles}/new", "name=Clerk&may_ledger_read=on", headers=headers).expect(303)
    listed = workspace.owner.get(f"{workspace.base}/roles").expect(200).json["data"]
    assert next(each for each in listed if each["name"] == "Clerk")["permissions"] == [
        "organization:read", "ledger:read"]
    again = Client(workspace.url).post(f"{roles}/new", "name=clerk&may_ledger_read=on", headers=headers)
    assert "There is a role of this name" in again.expect(409).body.decode()
    assert "Support" in page(workspace, f"/orgs/{workspace.organization}/members").expect(200).body.decode()
    page(workspace, f"{roles}/new", helper.token).expect(403)


def test_a_role_in_use_goes_only_with_a_replacement(workspace, role, helper):
    path = f"{workspace.base}/roles/{role['id']}"
    assert workspace.owner.request("DELETE", path).expect(409).json["code"] == "role_in_use"
    workspace.owner.request("DELETE", f"{path}?replacement=king").expect(422)
    workspace.owner.request("DELETE", f"{path}?replacement=viewer").expect(204)
    workspace.owner.get(path).expect(404)
    user = helper.get("/v1/me").json["id"]
    assert workspace.owner.get(f"{workspace.base}/members/{user}").expect(200).json["role"] == "viewer"
    assert workspace.server.run("audit", "verify").returncode == 0
