"""People sign in through a real OpenID provider (django-oauth-toolkit) over HTTP, as their browsers would."""
import json
import re
import time
import urllib.parse

import pyotp
import pytest

from federated import Instance
from outbox import outbox
from person import Person
from raptorflow import PASSWORD, Client


def test_the_first_sight_makes_an_account_and_the_next_finds_it(instance):
    ann, page = instance.come("true.ann")
    assert page.url.rstrip("/") == instance.url
    me = instance.session(ann).get("/v1/me").expect(200).json
    assert (me["email"], me["name"], me["is_operator"]) == ("ann@people.example", "Ann", False) and me["verified_at"]
    assert instance.session(ann).get("/v1/me/sessions").json["data"][0]["methods"] == ["sso"]
    found = instance.session(ann).get("/v1/me/identities").json["data"][0]
    assert (found["issuer"], found["email"]) == (instance.corp.issuer, "ann@people.example")
    assert {"issuer": instance.corp.issuer, "subject": found["subject"]} in instance.audited("identity.used")
    # The same person in another browser: the same account, told by mail as a new device.
    again, _ = instance.come("true.ann", person=Person(agent="Another browser"))
    assert instance.session(again).get("/v1/me").json["id"] == me["id"]
    assert "new device" in outbox(instance.server, "ann@people.example") or "not seen before" in outbox(
        instance.server, "ann@people.example")


def test_OAU_8_a_new_account_has_no_organisation_and_runs_nothing(instance):
    bob, _ = instance.come("true.bob")
    client = instance.session(bob)
    assert client.get("/v1/orgs").json["data"] == []
    client.get(instance.workspace.base).expect(404)
    client.get("/v1/operator/issuers").expect(404)


def test_the_address_comes_from_userinfo_where_the_id_token_has_none(instance):
    instance.corp.lie(only_userinfo=True)
    cora, _ = instance.come("true.cora")
    assert instance.session(cora).get("/v1/me").json["email"] == "cora@people.example"


def test_OAU_2_an_address_that_the_provider_does_not_confirm_makes_and_finds_nothing(instance):
    instance.account("dan@people.example")
    for claims in ({"email_verified": False}, {"email_verified": "true"}, {"email_verified": None},
                   {"email_verified": 1}):
        instance.corp.lie(claims=claims)
        dan, page = instance.come("true.dan")
        page.expect(403).says("does not confirm an e-mail address")
        assert not instance.is_signed_in(dan)
    new, page = instance.come("false.new")
    page.expect(403).says("email_unconfirmed")
    assert not instance.sql("SELECT 1 FROM users WHERE email = 'nobody@people.example'")
    assert not instance.sql("SELECT 1 FROM identities WHERE email = 'dan@people.example'")


def test_an_account_whose_mailbox_both_sides_confirmed_is_found_by_its_address(instance):
    local = instance.account("eve@people.example").get("/v1/me").json["id"]
    eve, _ = instance.come("true.eve")
    assert instance.session(eve).get("/v1/me").json["id"] == local
    assert "Acme Login can sign you in" in outbox(instance.server, "eve@people.example", -2) + outbox(
        instance.server, "eve@people.example")


def test_OAU_1_whoever_took_an_address_before_its_owner_gets_nothing_of_theirs(instance):
    attacker = instance.account("fay@people.example", confirmed=False)
    # The attacker's own identity, as a second way in.
    browser = Person()
    page = browser.press(browser.open(f"{instance.url}/sign-in"), "Sign in", email="fay@people.example",
                         password=PASSWORD)
    _, page = instance.come("true.elsewhere", "Other Login", browser, "/account/connected", "Connect")
    page.says("Other Login is connected.")
    # The owner arrives: the account is not handed over, and nothing of it is.
    fay, page = instance.come("true.fay")
    page.expect(409).says("identity_not_linked").says("I have forgotten my password")
    assert not instance.is_signed_in(fay)
    # The owner proves the mailbox: the attacker's session, password and identity are gone.
    Client(instance.url).post("/v1/auth/password/forgot", {"email": "fay@people.example"}).expect(204)
    for _ in range(100):
        mails = instance.sql("SELECT text FROM messages WHERE recipient = 'fay@people.example' ORDER BY id")
        links = [re.search(r"/reset-password#token=(\w+)", text) for (text,) in mails]
        if any(links):
            break
        time.sleep(0.1)
    token = [link for link in links if link][-1].group(1)
    Client(instance.url).post(
        "/v1/auth/password/reset", {"token": token, "password": "five other words in here"}).expect(204)
    attacker.get("/v1/me").expect(401)
    Client(instance.url).post(
        "/v1/auth/sign-in", {"email": "fay@people.example", "password": PASSWORD}).expect(401)
    _, page = instance.come("true.elsewhere", "Other Login")
    assert not instance.sql(
        "SELECT 1 FROM identities JOIN users ON users.id = user_id WHERE users.email = 'fay@people.example'")
    fay, _ = instance.come("true.fay")
    assert instance.session(fay).get("/v1/me").json["email"] == "fay@people.example"


def test_OAU_3_OAU_4_an_address_that_changed_hands_is_another_person(instance):
    sue, _ = instance.come("true.sue")
    me = instance.session(sue).get("/v1/me").json["id"]
    # The provider gave the address to somebody else: another subject, and confirmed.
    successor, page = instance.come("true.successor")
    page.expect(409).says("identity_not_linked")
    assert not instance.is_signed_in(successor)
    # Another issuer knows another person by the same subject.
    instance.other.lie(claims={"email_verified": False})
    same, page = instance.come("true.sue", "Other Login")
    page.expect(403).says("email_unconfirmed")
    assert [row[0] for row in instance.sql("SELECT issuer FROM identities WHERE user_id = ?", me)] == [
        instance.corp.issuer]


def test_who_runs_the_instance_is_not_found_by_an_address(instance):
    _, page = instance.come("true.operator")
    page.expect(409).says("identity_not_linked")


def test_OAU_5_a_suspended_account_is_refused_and_stays_suspended(instance):
    gus, _ = instance.come("true.gus")
    me = instance.session(gus).get("/v1/me").json["id"]
    instance.workspace.owner.post(f"/v1/operator/users/{me}/suspend", {"reason": "left"}).expect(200, 204)
    again, page = instance.come("true.gus")
    page.expect(403).says("suspended")
    assert not instance.is_signed_in(again)
    assert instance.sql("SELECT suspended_at FROM users WHERE id = ?", me)[0][0]
    instance.denied("account_suspended")
    # Nor does another identity with the same address get around it.
    _, page = instance.come("true.gus", "Other Login")
    page.expect(403).says("suspended")


def test_OAU_6_a_deleted_account_is_not_found_again_by_its_identity(instance):
    instance.corp.lie(claims={"auth_time": 0})
    hal, _ = instance.come("true.hal")
    old = instance.session(hal).get("/v1/me").json["id"]
    instance.session(hal).request("DELETE", "/v1/me").expect(204)
    assert not instance.sql("SELECT 1 FROM identities WHERE user_id = ?", old)
    hal, _ = instance.come("true.hal")
    assert instance.session(hal).get("/v1/me").json["id"] != old


def test_OAU_9_a_provider_does_not_stand_in_for_the_second_factor(instance):
    client = instance.account("ida@people.example")
    ida = Person()
    ida.press(ida.open(f"{instance.url}/sign-in"), "Sign in", email="ida@people.example", password=PASSWORD)
    instance.come("true.ida", person=ida, page="/account/connected", verb="Connect")[1].says("is connected")
    seed = client.post("/v1/me/second-factor").expect(201).json["secret"]
    codes = client.post("/v1/me/second-factor/confirm", {"code": pyotp.TOTP(seed).now()}).expect(200).json
    instance.corp.lie(claims={"amr": ["mfa", "otp"], "acr": "urn:mace:incommon:iap:gold"})
    ida, page = instance.come("true.ida")
    assert page.url.endswith("/sign-in/code") and not instance.is_signed_in(ida)
    ida.press(page, "Sign in", code=codes["recovery_codes"][0])
    assert instance.session(ida).get("/v1/me/sessions").json["data"][0]["methods"] == ["sso", "otp"]
    # An identity that was never connected does not find an account that has a second factor.
    _, page = instance.come("true.ida", "Other Login")
    page.expect(409).says("identity_not_linked")
    # An organisation that asks for a second factor lets nobody in without one.
    workspace = instance.workspace
    workspace.owner.post(f"{workspace.base}/invitations", {"email": "jo@people.example", "role": "viewer"}).expect(201)
    jo, _ = instance.come("true.jo")
    token = instance.mailed_token("jo@people.example")
    instance.session(jo).post("/v1/invitations/accept", {"token": token}).expect(200)
    instance.session(jo).get(workspace.base).expect(200)
    seed = workspace.owner.post("/v1/me/second-factor").expect(201).json["secret"]
    made = workspace.owner.post("/v1/me/second-factor/confirm", {"code": pyotp.TOTP(seed).now()}).expect(200).json
    workspace.owner = Client(instance.url, made["token"])
    workspace.owner.request("PATCH", workspace.base, {"requires_second_factor": True}).expect(200)
    jo, _ = instance.come("true.jo")
    assert instance.session(jo).get(workspace.base).expect(403).json["code"] == "second_factor_missing"
    workspace.owner.request("PATCH", workspace.base, {"requires_second_factor": False}).expect(200)


def test_an_invited_person_joins_through_a_provider_whatever_their_address_there(instance):
    workspace = instance.workspace
    workspace.owner.post(f"{workspace.base}/invitations", {"email": "kim@work.example", "role": "editor"}).expect(201)
    token = instance.mailed_token("kim@work.example")
    kim = Person()
    page = kim.press(kim.open(f"{instance.url}/invitations/accept"), "Continue", token=token)
    page = kim.press(page, "Continue with Acme Login")
    page = instance.at_provider(kim, page, "true.kim")
    assert page.url == f"{instance.url}/orgs/{workspace.organization}"
    client = instance.session(kim)
    assert client.get("/v1/me").json["email"] == "kim@work.example"
    assert client.get("/v1/me/orgs").json["data"][0]["role"] == "editor"
    # The invitation is used up: nobody else comes in by it.
    lou = Person()
    page = lou.press(lou.open(f"{instance.url}/sign-in"), "Continue with Acme Login", invitation=token)
    instance.at_provider(lou, page, "true.lou").expect(422).says("invitation")
    assert not instance.is_signed_in(lou)


def test_identities_are_connected_and_disconnected_by_their_owner_alone(instance):
    instance.account("mae@people.example")
    mae = Person()
    mae.press(mae.open(f"{instance.url}/sign-in"), "Sign in", email="mae@people.example", password=PASSWORD)
    _, page = instance.come("true.elsewhere", "Acme Login", mae, "/account/connected", "Connect")
    page.says("Acme Login is connected.").says("elsewhere@other.example")
    # It is taken now, for this account and for all others.
    ned, _ = instance.come("true.ned")
    identity = instance.session(mae).get("/v1/me/identities").json["data"][0]["id"]
    instance.session(ned).request("DELETE", f"/v1/me/identities/{identity}").expect(404)
    other, page = instance.come("true.elsewhere")
    assert instance.session(other).get("/v1/me").json["email"] == "mae@people.example"
    page = mae.press(mae.open(f"{instance.url}/account/connected"), "Disconnect")
    assert "signs you in no longer" in page.text
    assert "was disconnected" in "".join(instance.sql(
        "SELECT group_concat(subject) FROM messages WHERE recipient = 'mae@people.example'")[0])
    assert instance.session(mae).get("/v1/me/identities").json["data"] == []


def test_without_a_password_the_last_identity_stays_and_a_new_sign_in_there_confirms(instance):
    # The provider let somebody in an hour ago: their session here is no fresh one.
    instance.corp.lie(claims={"auth_time": -3600})
    ola, _ = instance.come("true.ola")
    client = instance.session(ola)
    identity = client.get("/v1/me/identities").json["data"][0]["id"]
    assert client.request("DELETE", f"/v1/me/identities/{identity}").expect(403).json["code"] == "step_up_required"
    page = ola.open(f"{instance.url}/account/connected").says("Confirm that it is you").says("has no password")
    page = ola.press(page, "Confirm with Acme Login")
    page = instance.at_provider(ola, page, "true.ola")
    page.expect(403).says("does not say that you signed in there just now")
    instance.corp.lie()
    page = ola.press(ola.open(f"{instance.url}/account/connected"), "Confirm with Acme Login").says("at the provider")
    page = instance.at_provider(ola, page, "true.ola")
    assert page.url == f"{instance.url}/account/connected" and "Disconnect" in page.text
    client = instance.session(ola)
    assert client.request("DELETE", f"/v1/me/identities/{identity}").expect(409).json["code"] == "last_way_in"
    assert client.get("/v1/me/export").expect(200).json["identities"][0]["id"] == identity
    # Somebody else at the provider confirms nothing.
    stranger = Person()
    stranger.cookies = {urllib.parse.urlsplit(instance.url).netloc: dict(
        ola.cookies[urllib.parse.urlsplit(instance.url).netloc])}
    page = stranger.press(stranger.open(f"{instance.url}/account/confirm"), "Confirm with Acme Login")
    instance.at_provider(stranger, page, "true.pia").expect(403).says("is not connected with this account")


def test_the_way_goes_on_within_this_site_only(instance):
    for wanted, reached in [("/account/sessions", "/account/sessions"), ("//evil.example/x", "/"),
                            ("https://evil.example", "/"), ("/\\evil.example", "/"), ("/" + "a" * 300, "/")]:
        person, page = instance.come("true.quin", page=f"/sign-in?next={urllib.parse.quote(wanted)}")
        assert page.url == instance.url + reached, wanted


def test_a_provider_that_is_down_gives_a_page_and_works_again_when_it_is_back(tmp_path_factory):
    folder = tmp_path_factory.mktemp("down")
    instance = Instance(folder)
    try:
        instance.corp.stop()
        person = Person()
        began = time.monotonic()
        page = instance.leave(person).expect(503).says("Acme Login does not answer").says("Back to sign-in")
        assert page.headers["Retry-After"] == "10"
        assert time.monotonic() - began < 15
        instance.leave(person, "Other Login").says("Sign in at the provider")
        instance.corp.start()
        time.sleep(5.5)
        instance.come("true.rex")[1].expect(200)
        # Between the browser's leaving and its coming back.
        tom = Person()
        back = instance.back_address("true.tom", tom)
        instance.corp.stop()
        tom.open(back).expect(503).says("provider_unavailable")
        assert not instance.is_signed_in(tom)
        instance.corp.start()
    finally:
        instance.stop()


def test_OAU_8_who_may_make_an_account_holds_for_providers_too(tmp_path_factory):
    instance = Instance(tmp_path_factory.mktemp("invite"), "--accounts-domains", "people.example,work.example",
                        sign_up="invite")
    try:
        assert "Continue with Acme Login" in Person().open(f"{instance.url}/sign-in").text
        ann, page = instance.come("true.ann")
        page.expect(403).says("sign_up_closed")
        assert not instance.is_signed_in(ann)
        base, owner = instance.workspace.base, instance.workspace.owner
        for email, status in [("x@elsewhere.example", 422), ("new@work.example", 200)]:
            owner.post(f"{base}/invitations", {"email": email, "role": "viewer"}).expect(201)
            token = instance.mailed_token(email)
            person = Person()
            page = person.press(person.open(f"{instance.url}/invitations/accept"), "Continue", token=token)
            page = person.press(page, "Continue with Acme Login")
            instance.at_provider(person, page, "true.ann").expect(status)
            assert instance.is_signed_in(person) == (status == 200)
        assert json.dumps(instance.audited("user.created")).count("work.example") == 1
    finally:
        instance.stop()


@pytest.mark.parametrize("address, status", [("elsewhere@other.example", 422), ("rex@people.example", 200)])
def test_new_accounts_have_addresses_of_the_listed_domains(tmp_path_factory, address, status):
    instance = Instance(tmp_path_factory.mktemp("domains"), "--accounts-domains", "people.example")
    try:
        person, page = instance.come(f"true.{address.split('@')[0]}")
        page.expect(status)
        assert instance.is_signed_in(person) == (status == 200)
    finally:
        instance.stop()
