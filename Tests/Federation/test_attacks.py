"""Attacks on signing in through a provider: what does not belong to this browser, this request, this provider."""
import re
import sqlite3
import urllib.parse

import pytest

from person import Person
from providers import CLIENT
from raptorflow import PASSWORD, Client


def query(address):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def changed(address, **changes):
    """An address with some parameters changed; None takes one away."""
    parts = urllib.parse.urlsplit(address)
    fields = {name: value for name, value in {**query(address), **changes}.items() if value is not None}
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(fields)))


def refuse(instance, person, address, status, code):
    page = person.open(address).expect(status).says(code).says("Sign-in with")
    assert not instance.is_signed_in(person)
    return page


@pytest.fixture
def at_the_door(instance):
    """A browser that the provider has just sent back, and the address it is sent to."""
    person = Person()
    return person, instance.back_address("true.ann", person)


def test_OAU_7_the_request_carries_state_nonce_and_a_challenge_of_S256(instance):
    seen = []
    for _ in range(2):
        person = Person()
        page = person.open(f"{instance.url}/sign-in")
        address = person.press(page, "Continue with Acme Login", lambda address: "/o/authorize" in address)
        asked = query(address)
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == instance.callback("corp") and asked["scope"] == "openid email profile"
        assert all(re.fullmatch(r"[\w-]{43}", asked[name]) for name in ("state", "nonce", "code_challenge"))
        cookie = person.cookies[urllib.parse.urlsplit(instance.url).netloc]["raptorflow-flow"]
        # What the browser keeps does not show what the provider must not learn.
        assert all(value not in cookie for value in (asked["state"], asked["nonce"]))
        seen.append((asked["state"], asked["nonce"], asked["code_challenge"], cookie))
    assert all(first != second for first, second in zip(*seen))


@pytest.mark.parametrize("state", [None, "", "x" * 43, "wrong"])
def test_OAU_7_a_state_that_is_missing_or_wrong_is_refused(instance, at_the_door, state):
    person, address = at_the_door
    refuse(instance, person, changed(address, state=state), 422, "sign_in_unusable")


def test_OAU_7_another_browser_can_not_end_a_sign_in(instance, at_the_door):
    """Login CSRF: the attacker's answer, opened by the victim, signs nobody in; not with a sign-in of their own under
    way either."""
    person, address = at_the_door
    refuse(instance, Person(), address, 422, "sign_in_unusable")
    victim = Person()
    instance.leave(victim)
    refuse(instance, victim, address, 422, "sign_in_unusable")
    # A touched cookie is none.
    thief = Person()
    host = urllib.parse.urlsplit(instance.url).netloc
    cookie = person.cookies[host]["raptorflow-flow"]
    for broken in (cookie[:-1], cookie[:40] + ("A" if cookie[40] != "A" else "B") + cookie[41:], "", "AAAA", "%00"):
        thief.cookies = {host: {"raptorflow-flow": broken}}
        refuse(instance, thief, address, 422, "sign_in_unusable")
    person.open(address).expect(200)
    assert instance.is_signed_in(person)


def test_OAU_7_an_answer_works_once(instance, at_the_door):
    person, address = at_the_door
    host = urllib.parse.urlsplit(instance.url).netloc
    kept = dict(person.cookies[host])
    person.open(address).expect(200)
    assert "raptorflow-flow" not in person.cookies[host]
    again = Person()
    refuse(instance, again, address, 422, "sign_in_unusable")
    # Even with the cookie of before: the provider gives nothing for the code again.
    again.cookies = {host: kept}
    refuse(instance, again, address, 422, "sign_in_unusable")


def test_OAU_7_a_state_works_once_even_if_the_provider_takes_a_new_code(instance):
    """The same cookie and state, with a second code of the same person for the same request."""
    person = Person()
    page = person.open(f"{instance.url}/sign-in")
    ask = person.press(page, "Continue with Acme Login", lambda address: "/o/authorize" in address)
    first = instance.at_provider(person, person.open(ask), "true.ann", instance.is_callback)
    second = instance.at_provider(person, person.open(ask), "true.ann", instance.is_callback)
    assert query(first)["state"] == query(second)["state"] and query(first)["code"] != query(second)["code"]
    host = urllib.parse.urlsplit(instance.url).netloc
    kept = dict(person.cookies[host])
    person.open(first).expect(200)
    replay = Person()
    replay.cookies = {host: kept}
    refuse(instance, replay, second, 422, "sign_in_unusable")


def test_OAU_7_a_code_of_another_request_is_refused(instance, at_the_door):
    """Code injection: a stolen code in one's own sign-in. The provider knows whose challenge it was."""
    _, stolen = at_the_door
    attacker = Person()
    own = instance.back_address("true.bob", attacker)
    refuse(instance, attacker, changed(own, code=query(stolen)["code"]), 422, "sign_in_unusable")
    # A stolen code is worth nothing without the verifier, not even with the client's secret.
    body = urllib.parse.urlencode({
        "grant_type": "authorization_code", "code": query(stolen)["code"], "redirect_uri": instance.callback("corp"),
        "client_id": CLIENT[0], "client_secret": CLIENT[1]})
    answer = Client(instance.corp.issuer).post(
        "/o/token/", body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400 and answer.json["error"] in ("invalid_grant", "invalid_request")


@pytest.mark.parametrize("code", [None, "", "wrong", "x" * 2049])
def test_a_code_that_is_none_is_refused(instance, at_the_door, code):
    person, address = at_the_door
    refuse(instance, person, changed(address, code=code), 422, "sign_in_unusable")


LIES = {
    "wrong nonce": {"nonce": "another"}, "no nonce": {"nonce": None}, "wrong issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None}, "wrong audience": {"aud": "another-client"},
    "audience among others without azp": {"aud": [CLIENT[0], "another-client"]},
    "azp of another": {"aud": [CLIENT[0], "another-client"], "azp": "another-client"},
    "azp of another alone": {"azp": "another-client"}, "expired": {"exp": -60}, "issued later": {"iat": 120},
    "issued long ago": {"iat": -1200}, "valid later": {"nbf": 120}, "valid for years": {"exp": 400_000_000},
    "no subject": {"sub": None}, "empty subject": {"sub": ""}, "subject of another kind": {"sub": 7},
    "long subject": {"sub": "x" * 256}, "broken subject": {"sub": "a\u0000b"},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES.keys())
def test_OAU_7_an_id_token_that_does_not_fit_signs_nobody_in(instance, claims):
    instance.corp.lie(claims=claims)
    person, page = instance.come("true.ann")
    page.expect(403).says("provider_untrusted").says("could not be verified")
    assert not instance.is_signed_in(person)


def test_an_id_token_among_several_audiences_names_us_as_its_party(instance):
    instance.corp.lie(claims={"aud": [CLIENT[0], "another-client"], "azp": CLIENT[0]})
    person, _ = instance.come("true.ann")
    assert instance.is_signed_in(person)


def test_mix_up_one_providers_answer_is_not_taken_for_anothers(instance, at_the_door):
    person, address = at_the_door
    # At the other provider's address.
    moved = address.replace("/with/corp/", "/with/other/")
    refuse(instance, person, moved, 422, "sign_in_unusable")
    # In the name of another issuer, or of none although the provider always names itself (RFC 9207).
    assert query(address)["iss"] == instance.corp.issuer
    for issuer in (instance.other.issuer, instance.corp.issuer + "/", "https://evil.example", None):
        refuse(instance, person, changed(address, iss=issuer), 403, "provider_untrusted")
    person.open(address).expect(200)


def test_a_refusal_at_the_provider_is_told_plainly(instance):
    person = Person()
    page = instance.leave(person)
    page = instance.at_provider(person, page, "true.ann", allow="Cancel")
    page.expect(403).says("provider_declined").says("cancelled").says("Back to sign-in")
    assert not instance.is_signed_in(person)
    # An error that nobody asked for says nothing of its text, and an answer without a sign-in under way is no answer.
    stranger = Person()
    page = stranger.open(f"{instance.callback('corp')}?error=%3Cscript%3E&state=x&error_description=%3Cscript%3E")
    page.expect(422).says("sign_in_unusable")
    assert "<script>" not in page.text.replace("<script src", "").replace("<script type", "")


def test_a_sign_in_is_begun_on_our_own_page_only(instance):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}):
        page = Person().send("POST", f"{instance.url}/sign-in/with/corp", "next=/", headers)
        assert page.status == 403 and "Refresh" not in page.headers
    assert Person().send("GET", f"{instance.url}/sign-in/with/corp").status == 405
    assert Person().send("POST", f"{instance.url}/sign-in/with/nobody", "next=/").status == 404
    assert Person().send("GET", f"{instance.url}/sign-in/with/nobody/callback?code=x&state=y").status == 404


def test_SES_1_a_session_of_before_is_not_the_session_of_after(instance):
    host = urllib.parse.urlsplit(instance.url).netloc
    person = Person()
    person.cookies = {host: {"raptorflow": "rfs_" + "a" * 43}}
    address = instance.back_address("true.bob", person)
    person.open(address)
    first = person.cookies[host]["raptorflow"]
    assert first != "rfs_" + "a" * 43
    instance.come("true.bob", person=person)
    assert person.cookies[host]["raptorflow"] != first


def test_SES_10_the_cookie_of_the_way_is_for_this_host_and_no_script(instance):
    person = Person()
    page = person.open(f"{instance.url}/sign-in")
    form = next(form for form in page.forms if "Continue with Acme Login" in form["buttons"])
    answer = person.send("POST", instance.url + form["action"], "next=/", {"Origin": instance.url})
    cookie = next(line for line in answer.headers.get_all("Set-Cookie") if line.startswith("raptorflow-flow="))
    for mark in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert mark in cookie
    assert "Domain" not in cookie and len(cookie) < 1400


def test_OAU_3_an_identity_is_connected_to_the_session_that_asked_and_to_no_other(instance):
    """The attacker begins, and has the victim's browser end it: the victim's account gets no identity of theirs."""
    host = urllib.parse.urlsplit(instance.url).netloc
    instance.account("victim@people.example")
    attacker, _ = instance.come("true.cora")
    address = instance.back_address("true.dan", attacker, "Other Login", "/account/connected", "Connect")
    victim = Person()
    victim.press(victim.open(f"{instance.url}/sign-in"), "Sign in", email="victim@people.example", password=PASSWORD)
    victim.open(address).expect(422).says("sign_in_unusable")
    # With the attacker's cookie too, were it planted there.
    victim.cookies[host]["raptorflow-flow"] = attacker.cookies[host]["raptorflow-flow"]
    victim.open(address).expect(422).says("sign_in_unusable")
    assert instance.session(victim).get("/v1/me/identities").json["data"] == []
    # Signed out in between, it is nobody's.
    attacker.cookies[host].pop("raptorflow")
    attacker.open(address).expect(422)


def test_connecting_asks_for_a_session_that_is_fresh(instance):
    page = Person().send("POST", f"{instance.url}/sign-in/with/corp", "purpose=connect", {"Origin": instance.url})
    assert page.status == 401 and "Refresh" not in page.headers
    instance.corp.lie(claims={"auth_time": -3600})
    stale, _ = instance.come("true.cora")
    page = stale.send("POST", f"{instance.url}/sign-in/with/other", "purpose=connect", {"Origin": instance.url})
    assert page.status == 403 and "step_up_required" in page.text and "Refresh" not in page.headers


def test_no_secret_of_a_provider_is_logged_or_stored(instance):
    instance.corp.lie(claims={"nonce": "wrong"})
    instance.come("true.ann")
    with sqlite3.connect(f"file:{instance.server.folder}/raptorflow.db?mode=ro", uri=True) as file:
        stored = "\n".join(file.iterdump())
    for secret in (CLIENT[1], instance.github.secret):
        assert secret not in instance.server.output and secret not in stored
    # The operator learns why, the person does not.
    instance.logged("ID token: nonce")
    instance.denied("provider_untrusted")
