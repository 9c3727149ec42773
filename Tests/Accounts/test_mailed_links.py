"""Mailed links, sign-up and the end of an account over HTTP; what strangers can learn by asking."""
import json
import random
import re
import time
import urllib.parse

import pytest

from outbox import outbox
from raptorflow import PASSWORD, Client, serving
from workspace import Workspace

EMAIL = "owner@example.com"


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """An instance that lets everybody sign up and mails sign-in links; addresses of clients are taken from a header."""
    options = ["--accounts-sign-up", "open", "--accounts-magic-links", "on", "--trusted-proxies", "127.0.0.1"]
    with serving(tmp_path_factory.mktemp("open"), *options) as running:
        yield running


@pytest.fixture(scope="module")
def owner(open_server):
    return Workspace(open_server)


def mailed(server, recipient, path, patience=20):
    """The token of the newest mail with a link to a page; links are mailed by a job, a moment later."""
    ends = time.monotonic() + patience
    while True:
        try:
            found = re.search(rf"{re.escape(server.url)}{path}#token=(\w+)", outbox(server, recipient))
        except AssertionError:
            found = None
        if found:
            return found.group(1)
        assert time.monotonic() < ends, f"no link to {path} was mailed to {recipient}"
        time.sleep(0.05)


def test_a_stranger_signs_up_by_mail_and_founds_an_organisation(open_server, owner):
    client = Client(open_server.url)
    client.post("/v1/auth/sign-up/request", {"email": "new@example.com"}).expect(204)
    token = mailed(open_server, "new@example.com", "/sign-up/complete")
    body = {"token": token, "name": "Nina New", "password": PASSWORD}
    made = client.post("/v1/auth/sign-up/complete", body).expect(201).json
    assert made["user"]["email"] == "new@example.com" and made["user"]["verified_at"]
    client.post("/v1/auth/sign-up/complete", body).expect(422)
    nina = Client(open_server.url, made["token"])
    nina.post("/v1/orgs", {"name": "Nina's"}).expect(201)
    assert nina.request("DELETE", "/v1/me").expect(409).json["code"] == "last_owner"


def test_an_account_is_exported_and_deleted(open_server, owner):
    client = Client(open_server.url)
    client.post("/v1/auth/sign-up/request", {"email": "gone@example.com"}).expect(204)
    token = mailed(open_server, "gone@example.com", "/sign-up/complete")
    made = client.post("/v1/auth/sign-up/complete", {"token": token, "name": "G", "password": PASSWORD}).json
    gone = Client(open_server.url, made["token"])
    export = gone.get("/v1/me/export").expect(200).json
    assert export["account"]["email"] == "gone@example.com" and len(export["sessions"]) == 1
    assert made["token"] not in json.dumps(export)
    gone.request("DELETE", "/v1/me").expect(204)
    gone.get("/v1/me").expect(401)
    client.post("/v1/auth/sign-in", {"email": "gone@example.com", "password": PASSWORD}).expect(401)


def test_a_sign_in_link_opens_one_session(open_server, owner):
    client = Client(open_server.url)
    client.post("/v1/auth/magic-link", {"email": EMAIL}).expect(204)
    token = mailed(open_server, EMAIL, "/magic-link")
    # Opening the page, as programs that look into mails do, uses nothing up.
    client.get("/magic-link", headers={"Accept": "text/html"}).expect(200)
    opened = client.post("/v1/auth/magic-link/redeem", {"token": token}).expect(201).json
    assert opened["status"] == "signed_in" and opened["session"]["methods"] == ["link"]
    client.post("/v1/auth/magic-link/redeem", {"token": token}).expect(422)


def test_RST_5_no_header_changes_where_a_mailed_link_leads(open_server, owner):
    evil = "evil.example"
    headers = {"X-Forwarded-Host": evil, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "444",
               "X-Forwarded-Prefix": f"//{evil}", "Forwarded": f"host={evil};proto=https",
               "Origin": f"https://{evil}", "Referer": f"https://{evil}/", "X-Original-URL": f"https://{evil}/"}
    email = "reset@example.com"
    assert open_server.run("user", "create", email, "--name", "R", "--generate").returncode == 0
    Client(open_server.url).post("/v1/auth/password/forgot", {"email": email}, headers=headers).expect(204)
    mailed(open_server, email, "/reset-password")
    text = outbox(open_server, email)
    assert evil not in text and set(re.findall(r"https?://[^/\s]+", text)) == {open_server.url}
    Client(open_server.url).post("/v1/auth/password/forgot", {"email": email}, headers={"Host": evil}).expect(421)


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
                                  "javascript:alert(1)", "/a\r\nX-Evil: 1", "//user@evil.example/", "///evil.example"])
def test_RST_6_a_sign_in_goes_on_within_this_site_only(open_server, owner, path):
    body = urllib.parse.urlencode({"email": EMAIL, "password": PASSWORD, "next": path})
    answer = Client(open_server.url).post("/sign-in", body, headers={
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}).expect(303)
    assert answer.headers["Location"] == "/" and "X-Evil" not in answer.headers


def area(left, right):
    """How often a value of the left is above one of the right: 0.5 when nothing tells them apart (Mann-Whitney)."""
    return sum((a > b) + (a == b) / 2 for a in left for b in right) / (len(left) * len(right))


def compare(server, ask, known, unknown, rounds=80):
    """Times and answers of two kinds of requests in random order; nothing but the time may differ, nor that much."""
    client, times, shown = Client(server.url), {True: [], False: []}, {True: set(), False: set()}
    order = [True, False] * rounds
    random.Random(7).shuffle(order)
    for number, is_known in enumerate(order):
        headers = {"X-Forwarded-For": f"198.51.{number // 200}.{number % 200 + 1}"}
        began = time.perf_counter()
        answer = ask(client, known(number) if is_known else unknown(number), headers)
        times[is_known].append(time.perf_counter() - began)
        body = re.sub(r"req_\w+", "", answer.body.decode())
        names = tuple(name for name, _ in sorted(answer.headers.items()) if name != "Date")
        shown[is_known].add((answer.status, body, names))
    assert shown[True] == shown[False] and len(shown[True]) == 1, shown
    # Equal distributions stay within 0.5 ± 0.05 two times in three; a hash that is left out gives 0 or 1.
    assert 0.25 < area(times[True], times[False]) < 0.75


def test_PWD_1_a_wrong_password_and_an_unknown_address_can_t_be_told_apart(open_server, owner):
    compare(open_server, lambda client, email, headers: client.post(
        "/v1/auth/sign-in", {"email": email, "password": "not the password"}, headers=headers),
        lambda _: EMAIL, lambda number: f"nobody{number}@example.com")


@pytest.mark.parametrize("path", ["/v1/auth/password/forgot", "/v1/auth/magic-link", "/v1/auth/sign-up/request"])
def test_PWD_2_asking_for_a_link_tells_nothing_about_accounts(open_server, owner, path):
    compare(open_server, lambda client, email, headers: client.post(path, {"email": email}, headers=headers),
            lambda _: EMAIL, lambda number: f"nobody{number}@example.com")


def test_by_default_strangers_make_no_accounts_and_get_no_sign_in_links(server, workspace):
    client = Client(server.url)
    refused = client.post("/v1/auth/sign-up/request", {"email": "a@example.com"}).expect(403).json
    assert refused["code"] == "sign_up_closed"
    assert client.post("/v1/auth/magic-link", {"email": EMAIL}).expect(403).json["code"] == "magic_links_off"
    page = client.get("/sign-in", headers={"Accept": "text/html"}).expect(200).body.decode()
    assert "/sign-up" not in page and "/sign-in/link" not in page


def test_RST_13_a_change_of_address_asks_for_a_credential_and_can_be_undone(server, workspace):
    workspace.owner.post("/v1/me/email", {"email": "new-owner@example.com"}).expect(204)
    told = outbox(server, workspace.email)
    assert "new-owner@example.com" in told
    token = mailed(server, "new-owner@example.com", "/change-email")
    Client(server.url).post("/v1/auth/change-email", {"token": token}).expect(204)
    assert workspace.owner.get("/v1/me").expect(200).json["email"] == "new-owner@example.com"
    undo = mailed(server, workspace.email, "/undo-email")
    Client(server.url).post("/v1/auth/undo-email", {"token": undo}).expect(204)
    workspace.owner.get("/v1/me").expect(401)
    client, email = Client(server.url), workspace.email
    client.post("/v1/auth/sign-in", {"email": email, "password": PASSWORD}).expect(401)
    reset = mailed(server, email, "/reset-password")
    client.post("/v1/auth/password/reset", {"token": reset, "password": PASSWORD}).expect(204)
    signed_in = Client(server.url).post("/v1/auth/sign-in", {"email": workspace.email, "password": PASSWORD})
    workspace.owner = Client(server.url, signed_in.expect(201).json["token"])
