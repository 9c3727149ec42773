"""Joining by a domain that its DNS has proven, over HTTP against the real binary and a real name server."""
import re

import pytest

from name_server import NameServer
from raptorflow import Client, serving
from test_path import join, key, page


@pytest.fixture(scope="module")
def names():
    with NameServer() as running:
        yield running
        running.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory, names):
    options = ["--dns-server", f"127.0.0.1:{names.server_address[1]}"]
    with serving(tmp_path_factory.mktemp("instance"), *options) as running:
        yield running


@pytest.fixture(scope="module")
def corp(workspace):
    """Another organisation of the owner, which claims the domain."""
    return workspace.owner.post("/v1/orgs", {"name": "Corp"}, key=key()).expect(201).json["id"]


@pytest.fixture(scope="module")
def domain(workspace, corp):
    return workspace.owner.post(f"/v1/orgs/{corp}/domains", {"name": "Corp.Example"}, key=key()).expect(201).json


def offers(client):
    return client.get("/v1/me/joinable-orgs").expect(200).json["data"]


def verify(workspace, corp, domain):
    return workspace.owner.post(f"/v1/orgs/{corp}/domains/{domain['id']}/verify", {}, key=key())


def test_a_domain_is_proven_by_its_record_alone(workspace, names, corp, domain):
    assert domain["name"] == "corp.example" and domain["state"] == "pending" and domain["role"] == "viewer"
    assert domain["record"]["name"] == "_raptorflow-challenge.corp.example"
    assert verify(workspace, corp, domain).expect(409).json["code"] == "record_not_found"
    names.records[domain["record"]["name"]] = ["v=spf1 -all", domain["record"]["value"] + "x"]
    verify(workspace, corp, domain).expect(409)
    names.records[domain["record"]["name"]].append(domain["record"]["value"])
    assert verify(workspace, corp, domain).expect(200).json["state"] == "verified"
    assert set(names.asked) == {"_raptorflow-challenge.corp.example"}


def test_who_has_a_confirmed_address_there_is_offered_it_and_joins(workspace, corp, domain):
    client = Client(workspace.url, join(workspace, "ada@corp.example", "viewer"))
    assert [(each["organization_id"], each["role"]) for each in offers(client)] == [(corp, "viewer")]
    home = page(workspace, "/", client.token).expect(200).body.decode()
    assert "Your address ends in corp.example" in home
    client.post(f"/v1/me/joinable-orgs/{corp}/join", {}, key=key()).expect(200)
    assert offers(client) == []
    client.get(f"/v1/orgs/{corp}/members").expect(200)
    log = workspace.owner.get(f"/v1/orgs/{corp}/audit-events?action=member.joined").expect(200).json["data"]
    assert log[0]["details"]["domain"] == "corp.example"


@pytest.mark.parametrize("email", ["bob@elsewhere.example", "bob@sub.corp.example", "bob@corp.example.org"])
def test_nobody_else_is_and_can_not(workspace, corp, domain, email):
    client = Client(workspace.url, join(workspace, email, "viewer"))
    assert offers(client) == []
    client.post(f"/v1/me/joinable-orgs/{corp}/join", {}, key=key()).expect(404)


def test_an_address_that_nobody_confirmed_joins_nothing(workspace, server, corp, domain):
    made = server.run("user", "create", "eve@corp.example", "--name", "Eve", "--generate")
    assert made.returncode == 0, made
    password = re.search(r"Password: (\S.*)", made.stdout).group(1)
    body = {"email": "eve@corp.example", "password": password}
    answer = Client(workspace.url).post("/v1/auth/sign-in", body).expect(201).json
    client = Client(workspace.url, answer["token"])
    assert offers(client) == []
    client.post(f"/v1/me/joinable-orgs/{corp}/join", {}, key=key()).expect(404)


def test_who_was_removed_is_not_offered_it_again(workspace, corp, domain):
    client = Client(workspace.url, join(workspace, "gone@corp.example", "viewer"))
    client.post(f"/v1/me/joinable-orgs/{corp}/join", {}, key=key()).expect(200)
    user = client.get("/v1/me").json["id"]
    workspace.owner.request("DELETE", f"/v1/orgs/{corp}/members/{user}").expect(204)
    assert offers(client) == []
    client.post(f"/v1/me/joinable-orgs/{corp}/join", {}, key=key()).expect(404)


def test_public_domains_and_higher_roles_are_refused(workspace, corp):
    for body, pointer in [({"name": "gmail.com"}, "/name"), ({"name": "nothing"}, "/name"),
                          ({"name": "next.example", "role": "admin"}, "/role"),
                          ({"name": "next.example", "role": "king"}, "/role")]:
        refused = workspace.owner.post(f"/v1/orgs/{corp}/domains", body, key=key()).expect(422)
        assert refused.json["errors"][0]["pointer"] == pointer


def test_a_name_server_that_says_nothing_is_waited_for_a_short_time(workspace, names, corp, domain):
    names.is_mute = True
    try:
        assert verify(workspace, corp, domain).expect(503).json["code"] == "dns_unavailable"
    finally:
        names.is_mute = False
    assert workspace.owner.get(f"/v1/orgs/{corp}/domains/{domain['id']}").expect(200).json["state"] == "verified"


def test_the_console_shows_claims_and_checks_domains(workspace, names, corp, domain):
    base = f"/orgs/{corp}/domains"
    headers = {"Cookie": f"raptorflow={workspace.session}", "Sec-Fetch-Site": "same-origin",
               "Content-Type": "application/x-www-form-urlencoded"}
    assert "corp.example" in page(workspace, base).expect(200).body.decode()
    page(workspace, f"{base}/new").expect(200)
    sent = Client(workspace.url).post(f"{base}/new", "name=next.example&role=editor", headers=headers).expect(303)
    one = sent.headers["Location"]
    assert "_raptorflow-challenge.next.example" in page(workspace, one).expect(200).body.decode()
    sent = Client(workspace.url).post(f"{one}/verify", "", headers=headers).expect(303)
    assert sent.headers["Location"] == one
    Client(workspace.url).post(f"{one}/role", "role=viewer", headers=headers).expect(303)
    Client(workspace.url).post(f"{one}/remove", "", headers=headers).expect(303)
    page(workspace, one).expect(404)


def test_another_organisation_can_not_prove_the_same_domain(workspace, names, corp, domain):
    theirs = workspace.owner.post(f"{workspace.base}/domains", {"name": "corp.example"}, key=key()).expect(201).json
    names.records[theirs["record"]["name"]].append(theirs["record"]["value"])
    refused = verify(workspace, workspace.organization, theirs)
    assert refused.expect(409).json["code"] == "domain_taken"
    workspace.owner.request("DELETE", f"/v1/orgs/{corp}/domains/{domain['id']}").expect(204)
    assert verify(workspace, workspace.organization, theirs).expect(200).json["state"] == "verified"
    assert workspace.server.run("audit", "verify").returncode == 0
