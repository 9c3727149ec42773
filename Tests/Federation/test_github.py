"""GitHub's profile against a local server that speaks GitHub's documented wire format: there is no GitHub here."""
import urllib.parse

import pytest

from person import Person


@pytest.fixture(autouse=True)
def octocat(instance):
    github = instance.github
    before = github.user, github.emails
    github.seen.clear()
    yield github
    github.user, github.emails = before


def come(instance, person=None):
    person = person or Person()
    return person, person.press(person.open(f"{instance.url}/sign-in"), "Continue with GitHub")


def test_the_primary_verified_address_makes_the_account(instance, octocat):
    octocat.emails = [{"email": "old@example.com", "primary": False, "verified": True, "visibility": None},
                      {"email": "octo@example.com", "primary": True, "verified": True, "visibility": "private"}]
    person, page = come(instance)
    assert page.url.rstrip("/") == instance.url
    me = instance.session(person).get("/v1/me").json
    assert (me["email"], me["name"]) == ("octo@example.com", "The Octocat")
    identity = instance.session(person).get("/v1/me/identities").json["data"][0]
    assert (identity["issuer"], identity["subject"]) == (octocat.url, "583231")
    steps = {path: (query, form, headers) for path, query, form, headers in octocat.seen}
    assert set(steps["/login/oauth/authorize"][0]) == {
        "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"}
    assert steps["/login/oauth/authorize"][0]["scope"] == "user:email"
    assert steps["/login/oauth/access_token"][2]["Accept"] == "application/json"
    for path in ("/api/v3/user", "/api/v3/user/emails"):
        headers = steps[path][2]
        assert headers["Accept"] == "application/vnd.github+json" and headers["X-GitHub-Api-Version"] == "2022-11-28"
    # A new login and address: the number is who it is.
    octocat.user = {**octocat.user, "login": "renamed"}
    octocat.emails = [{"email": "new@example.com", "primary": True, "verified": True, "visibility": "private"}]
    again, _ = come(instance)
    assert instance.session(again).get("/v1/me").json["id"] == me["id"]
    # GitHub does not say when somebody signed in there, so the session is not fresh.
    assert instance.session(again).request("DELETE", "/v1/me").expect(403).json["code"] == "step_up_required"


@pytest.mark.parametrize("emails", [
    [], [{"email": "a@example.com", "primary": True, "verified": False, "visibility": None}],
    [{"email": "a@example.com", "primary": False, "verified": True, "visibility": None}],
    [{"email": "a@example.com", "primary": True, "verified": "true", "visibility": None}], {"message": "none"},
    [{"email": "a@b@example.com", "primary": True, "verified": True, "visibility": None}],
])
def test_OAU_2_any_other_address_makes_nobody(instance, octocat, emails):
    octocat.user, octocat.emails = {"id": 77, "login": "other", "name": None}, emails
    person, page = come(instance)
    page.expect(403).says("email_unconfirmed")
    assert not instance.is_signed_in(person)


@pytest.mark.parametrize("user", [{}, {"id": None}, {"id": "583231"}, {"id": 0}, {"id": -1}, [], {"id": 1.5}])
def test_a_user_without_a_number_is_nobody(instance, octocat, user):
    octocat.user = user
    person, page = come(instance)
    page.expect(403).says("provider_untrusted")
    assert not instance.is_signed_in(person)


def test_OAU_7_a_code_of_another_browser_and_a_code_used_before_are_refused(instance, octocat):
    stolen = Person()
    page = stolen.open(f"{instance.url}/sign-in")
    theirs = stolen.press(page, "Continue with GitHub", instance.is_callback)
    attacker = Person()
    own = attacker.press(attacker.open(f"{instance.url}/sign-in"), "Continue with GitHub", instance.is_callback)
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(theirs).query))["code"]
    state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(own).query))["state"]
    attacker.open(f"{instance.callback('github')}?code={code}&state={state}").expect(422).says("sign_in_unusable")
    stolen.open(theirs).expect(422)
    assert not instance.is_signed_in(attacker) and not instance.is_signed_in(stolen)
    late = Person()
    back = late.press(late.open(f"{instance.url}/sign-in"), "Continue with GitHub", instance.is_callback)
    late.open(f"{back}&iss=https%3A%2F%2Fevil.example").expect(403).says("provider_untrusted")


def test_wrong_credentials_of_ours_are_told_as_an_outage_and_logged(instance, octocat):
    right, octocat.secret = octocat.secret, "changed"
    try:
        person, page = come(instance)
        page.expect(503).says("provider_unavailable")
        instance.logged("incorrect_client_credentials")
    finally:
        octocat.secret = right
