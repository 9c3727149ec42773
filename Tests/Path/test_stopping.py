"""SES-3 and the end of organisations, over HTTP: what is suspended or deleted is refused from the next request on."""
import re
import urllib.parse
import uuid

import pytest

from raptorflow import PASSWORD, Client
from test_path import join, key, page, query


@pytest.fixture
def team(workspace):
    """A new organisation of the instance's owner, with a member, a key and their clients."""
    session = join(workspace, f"{uuid.uuid4().hex[:8]}@example.com", "viewer")
    member = Client(workspace.url, session)
    email = member.get("/v1/me").json["email"]
    owner = workspace.owner
    organization = owner.post("/v1/orgs", {"name": f"Team {uuid.uuid4().hex[:6]}"}, key=key()).expect(201).json["id"]
    base = f"/v1/orgs/{organization}"
    made = owner.post(f"{base}/api-keys", {"name": "K", "role": "viewer"}, key=key()).expect(201).json["secret"]

    class Team:
        pass
    found = Team()
    found.member, found.email, found.session = member, email, session
    found.owner, found.base, found.organization = owner, base, organization
    found.user, found.key = member.get("/v1/me").json["id"], Client(workspace.url, made)
    found.key.get(base).expect(200)
    return found


def test_ses_3_a_suspended_persons_sessions_end_with_the_next_request(workspace, team):
    team.member.get(workspace.base).expect(200)
    path = f"/v1/operator/users/{team.user}"
    team.member.post(f"{path}/suspend", {"reason": "x"}, key=key()).expect(404)
    team.owner.post(f"{path}/suspend", {"reason": "a test"}, key=key()).expect(204)
    team.member.get("/v1/me").expect(401)
    assert page(workspace, "/account", team.session).status in (303, 401)
    refused = Client(workspace.url).post("/v1/auth/sign-in", {"email": team.email, "password": PASSWORD}).expect(403)
    assert refused.json["code"] == "account_suspended"
    again = team.owner.post(f"{path}/suspend", {"reason": "x"}, key=key()).expect(409)
    assert again.json["code"] == "already_suspended"
    team.owner.post(f"{path}/resume", key=key()).expect(204)
    team.member.get("/v1/me").expect(401)
    Client(workspace.url).post("/v1/auth/sign-in", {"email": team.email, "password": PASSWORD}).expect(200, 201)


def test_ses_3_a_suspended_organisation_refuses_members_and_keys_at_once(workspace, team):
    path = f"/v1/operator/orgs/{team.organization}"
    team.owner.post(f"{path}/suspend", {"reason": "unpaid"}, key=key()).expect(200)
    team.key.get(team.base).expect(401)
    assert team.owner.get(team.base).expect(403).json["code"] == "organization_suspended"
    assert page(workspace, team.base.removeprefix("/v1")).status == 403
    shown = page(workspace, f"/operator/orgs/{team.organization}").expect(200).body.decode()
    assert "unpaid" in shown
    team.owner.post(f"{path}/resume", key=key()).expect(200)
    team.key.get(team.base).expect(200)
    team.owner.get(team.base).expect(200)


def test_ten_7_the_last_owner_is_not_suspended_and_nobody_suspends_themselves(workspace, team):
    me = team.owner.get("/v1/me").json["id"]
    answer = team.owner.post(f"/v1/operator/users/{me}/suspend", {"reason": "x"}, key=key()).expect(409)
    assert answer.json["code"] == "not_yourself"
    own = team.member.post("/v1/orgs", {"name": "Alone"}, key=key()).expect(201).json["id"]
    path = f"/v1/operator/users/{team.user}/suspend"
    assert team.owner.post(path, {"reason": "x"}, key=key()).expect(409).json["code"] == "last_owner"
    team.owner.post(f"/v1/operator/orgs/{own}/suspend", {"reason": "x"}, key=key()).expect(200)
    team.owner.post(path, {"reason": "x"}, key=key()).expect(204)


def test_a_deletion_refuses_all_but_owners_and_can_be_undone(workspace, team):
    assert team.key.request("DELETE", team.base).expect(403).json["code"] == "session_required"
    team.owner.request("DELETE", team.base).expect(204)
    team.key.get(team.base).expect(401)
    found = team.owner.get(team.base).expect(200).json
    assert found["deletion_at"]
    assert team.owner.request("DELETE", team.base).expect(409).json["code"] == "already_leaving"
    shown = page(workspace, f"/orgs/{team.organization}/settings").expect(200).body.decode()
    assert "Undo the deletion" in shown
    assert team.owner.post(f"{team.base}/restore", key=key()).expect(200).json.get("deletion_at") is None
    team.key.get(team.base).expect(200)
    assert team.owner.post(f"{team.base}/restore", key=key()).expect(409).json["code"] == "not_leaving"


def submit(workspace, path, session=None, **fields):
    """Sends a form of the console as the browser of a signed-in person does."""
    headers = {"Cookie": f"raptorflow={session or workspace.session}", "Sec-Fetch-Site": "same-origin",
               "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    return Client(workspace.url).post(path, urllib.parse.urlencode(fields), headers=headers)


def test_the_console_deletes_only_what_was_named_and_undoes_it(workspace, team):
    console = f"/orgs/{team.organization}"
    name = team.owner.get(team.base).json["name"]
    submit(workspace, f"{console}/delete", confirm="something else").expect(422)
    submit(workspace, f"{console}/delete", confirm=name).expect(303)
    team.key.get(team.base).expect(401)
    submit(workspace, f"{console}/restore").expect(303)
    team.key.get(team.base).expect(200)


def test_the_console_makes_narrow_keys_and_rotates_them(workspace, team):
    console = f"/orgs/{team.organization}/api-keys"
    wrong = submit(workspace, f"{console}/new", name="N", role="viewer", may_jobs_manage="on", days="90", kind="live",
                   allowed_addresses="").expect(422).body.decode()
    assert "does not hold this" in wrong and "<details class=\"behind\" open>" in wrong
    submit(workspace, f"{console}/new", name="N", role="viewer", days="90", kind="live",
           allowed_addresses="nowhere").expect(422)
    made = submit(workspace, f"{console}/new", name="N", role="admin", may_jobs_read="on", days="90", kind="test",
                  allowed_addresses="127.0.0.1\r\n::1").expect(201).body.decode()
    secret = re.search(r"rfk_test_[0-9A-Za-z]{36}", made).group(0)
    client = Client(workspace.url, secret)
    client.get(f"{team.base}/jobs").expect(200)
    client.get(team.base).expect(403)
    key_id = team.owner.get(f"{team.base}/api-keys").json["data"][0]["id"]
    rotated = submit(workspace, f"{console}/{key_id}/rotate").expect(201).body.decode()
    assert re.search(r"rfk_test_[0-9A-Za-z]{36}", rotated).group(0) != secret
    assert "Rotated" in page(workspace, console).expect(200).body.decode()


def test_the_console_hands_over_and_stops(workspace, team):
    name = team.key.get(team.base).json["name"]
    handing = f"/orgs/{team.organization}/transfer"
    unnamed = submit(workspace, handing, user_id=team.user, confirm="something else").expect(422).body.decode()
    assert "Type the name of the organisation" in unnamed
    submit(workspace, handing, user_id="nobody", confirm=name).expect(422)
    operator = f"/operator/orgs/{team.organization}"
    submit(workspace, f"{operator}/suspend", session=team.session, reason="x").expect(404)
    submit(workspace, f"{operator}/suspend", reason="").expect(422)
    submit(workspace, f"{operator}/suspend", reason="unpaid").expect(303)
    team.key.get(team.base).expect(401)
    submit(workspace, f"{operator}/resume").expect(303)
    team.key.get(team.base).expect(200)
    submit(workspace, f"{operator}/users/{team.user}/suspend", reason="x").expect(303)
    team.member.get("/v1/me").expect(401)
    submit(workspace, f"{operator}/users/{team.user}/resume").expect(303)


def test_the_commands_suspend_and_resume(server, workspace, team):
    for arguments, says in (
            (("user", "suspend", team.email, "--reason", "a test"), "is suspended"),
            (("user", "resume", team.email), "can sign in again"),
            (("organization", "suspend", team.organization, "--reason", "a test"), "is suspended"),
            (("organization", "resume", team.organization), "goes on")):
        done = server.run(*arguments)
        assert done.returncode == 0 and says in done.stdout, done.stdout + done.stderr
        if arguments[1] == "suspend":
            (team.member.get("/v1/me") if arguments[0] == "user" else team.key.get(team.base)).expect(401)
    assert server.run("user", "suspend", workspace.email, "--reason", "x").returncode == 1
    assert server.run("organization", "resume", "org_nothing").returncode == 1
    assert server.run("audit", "verify").returncode == 0


def test_an_organisation_is_handed_over(workspace, team):
    workspace.owner.post(f"{team.base}/invitations", {"email": team.email, "role": "viewer"}, key=key()).expect(201)
    ((text,),) = query(workspace.server, "SELECT text FROM messages ORDER BY id DESC LIMIT 1")
    token = text.split("#token=")[1].split()[0]
    team.member.post("/v1/invitations/accept", {"token": token}, key=key()).expect(200)
    me = team.owner.get("/v1/me").json["id"]
    path = f"{team.base}/transfer"
    team.member.post(path, {"user_id": team.user}, key=key()).expect(403)
    assert team.owner.post(path, {"user_id": me}, key=key()).expect(422).json["errors"][0]["pointer"] == "/user_id"
    team.owner.post(path, {"user_id": "user_" + "0" * 26}, key=key()).expect(404)
    assert team.owner.post(path, {"user_id": team.user}, key=key()).expect(200).json["role"] == "owner"
    roles = {each["user_id"]: each["role"] for each in team.member.get(f"{team.base}/members").json["data"]}
    assert roles == {team.user: "owner", me: "admin"}
    team.owner.post(path, {"user_id": me}, key=key()).expect(403)
