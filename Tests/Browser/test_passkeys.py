"""Somebody adds a passkey with Chromium's own authenticator in software, signs in with it in every way there is, and
removes it; every page on the way is looked at."""
import contextlib
import sqlite3

import pytest

from look import FAULTS, Watched, look
from outbox import outbox
from raptorflow import PASSWORD, Client, Server
from test_accounts import press
from workspace import Workspace


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Under a name: browsers allow no passkeys for an address that is a number."""
    running = Server(tmp_path_factory.mktemp("named"))
    running.name = f"http://localhost:{running.port}"
    running.command += ["--public-url", running.name]
    with running:
        running.url = running.name
        yield running


class Device:
    """A browser with an authenticator that does what its owner would do."""

    def __init__(self, browser, verifies=True):
        self.context = browser.new_context()
        self.tab = Watched(self.context)
        self.page = self.tab.page
        self.session = self.context.new_cdp_session(self.page)
        self.session.send("WebAuthn.enable")
        self.authenticator = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": verifies, "automaticPresenceSimulation": True}})["authenticatorId"]

    def tell(self, method, **values):
        return self.session.send(f"WebAuthn.{method}", {"authenticatorId": self.authenticator, **values})

    def credentials(self):
        return self.tell("getCredentials")["credentials"]

    def sign_out(self):
        self.page.locator("form[action='/sign-out']").first.evaluate("form => form.submit()")
        self.page.wait_for_url("**/sign-in")

    def type_password(self, server, email):
        self.page.goto(f"{server.url}/sign-in")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def close(self):
        self.context.close()


@pytest.fixture
def device(browser):
    made = Device(browser)
    yield made
    made.close()


def actions(server):
    path = f"file:{server.folder / 'raptorflow.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True)) as file:
        return [action for (action,) in file.execute(
            "SELECT action FROM audit_events WHERE organization_id = 'instance' ORDER BY sequence")]


def age(server, minutes):
    """Makes all sessions older."""
    with contextlib.closing(sqlite3.connect(server.folder / "raptorflow.db", timeout=10)) as file:
        file.execute("UPDATE sessions SET authenticated_at = authenticated_at - ?", (minutes * 60_000,))
        file.commit()


def test_an_owner_adds_a_passkey_and_uses_it_everywhere(browser, server, device):
    workspace = Workspace(server)
    page = device.page
    device.type_password(server, workspace.email)
    page.wait_for_url(f"{server.url}/")
    page.goto(f"{server.url}/account/passkeys")
    state = device.context.storage_state()
    assert look(browser, server.url, state, ["/account/passkeys", "/account/second-factor"], "passkey-none") == []

    # Added, with recovery codes.
    page.goto(f"{server.url}/account/passkeys")
    page.get_by_label("Name").fill("My phone")
    press(page, "Add a passkey")
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    assert page.evaluate(FAULTS) == []
    codes = page.locator("pre code").text_content().split()
    assert len(codes) == 10
    (credential,) = device.credentials()
    assert credential["rpId"] == "localhost" and credential["isResidentCredential"]
    assert "passkey “My phone” was added" in outbox(server, workspace.email)
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/account/passkeys")
    page.get_by_role("link", name="My phone").wait_for()
    state = device.context.storage_state()
    paths = ["/account/passkeys", "/account/confirm?next=/account", "/account/second-factor"]
    assert look(browser, server.url, state, paths, "passkey-one") == []
    # The same authenticator is not asked twice.
    page.get_by_label("Name").fill("Again")
    press(page, "Add a passkey")
    page.get_by_text("This device holds a passkey for your account already.").wait_for()
    assert len(device.credentials()) == 1
    page.get_by_role("link", name="My phone").click()
    page.get_by_role("heading", name="Name a passkey").wait_for()
    assert page.evaluate(FAULTS) == []
    device.tab.shoot("passkey-name-wide-light")
    page.get_by_label("Name").fill("Phone")
    press(page, "Save")
    page.get_by_role("link", name="Phone", exact=True).wait_for()

    # An organisation that asks for a second factor lets it in.
    page.goto(f"{server.url}/orgs/{workspace.organization}/settings")
    press(page, "Ask every member for a second factor")
    page.get_by_text("The sign-in policy is saved.").wait_for()

    # Signed in without a name and a password.
    device.sign_out()
    assert look(browser, server.url, None, ["/sign-in"], "passkey") == []
    page.goto(f"{server.url}/sign-in?next=/orgs/{workspace.organization}/settings")
    press(page, "Sign in with a passkey")
    page.wait_for_url(f"{server.url}/orgs/{workspace.organization}/settings")
    assert page.evaluate(FAULTS) == []

    # As the second step after a password; then the password alone is not enough.
    device.sign_out()
    device.type_password(server, workspace.email)
    page.wait_for_url("**/sign-in/code")
    state = device.context.storage_state()
    assert look(browser, server.url, state, ["/sign-in/code"], "passkey-step") == []
    page.get_by_label("Recovery code").fill("123456")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").first.wait_for()
    press(page, "Use a passkey")
    page.wait_for_url(f"{server.url}/")
    page.goto(f"{server.url}/orgs/{workspace.organization}/settings")
    page.get_by_role("heading", name="Second factor").wait_for()

    # To confirm that it is still the same person.
    age(server, 11)
    page.goto(f"{server.url}/account/passkeys")
    page.get_by_role("heading", name="Confirm that it is you").wait_for()
    press(page, "Use a passkey")
    page.get_by_role("link", name="Phone", exact=True).wait_for()

    # Removed: the organisation is shut, and the authenticator's answer opens nothing.
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("dialog").wait_for()
    device.tab.shoot("passkey-remove-wide-light")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("The passkey is removed.").wait_for()
    assert device.page.goto(f"{server.url}/orgs/{workspace.organization}/settings").url.endswith(
        "/account/second-factor")
    device.sign_out()
    press(page, "Sign in with a passkey")
    page.get_by_role("alert").get_by_text("not known here").wait_for()
    wanted = ["passkey.added", "passkey.renamed", "session.created", "session.confirmed", "passkey.removed"]
    found = iter(actions(server))
    assert all(action in found for action in wanted), actions(server)


def test_what_can_go_wrong_is_said_and_can_be_tried_again(server, device):
    device.page.goto(f"{server.url}/sign-in")
    press(device.page, "Sign in with a passkey")
    device.page.get_by_text("Nothing was chosen, or it took too long.").wait_for()
    assert device.page.get_by_role("button", name="Sign in with a passkey").is_enabled()
    assert device.page.get_by_label("E-mail").is_visible()


def test_without_script_and_without_a_name_there_is_no_button_and_the_rest_works(browser, server, tmp_path_factory):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{server.url}/sign-in")
        assert page.get_by_role("button").all_text_contents() == ["Sign in"]
    with Server(tmp_path_factory.mktemp("number")) as other:
        refused = Client(other.url).post("/v1/auth/passkey/begin").expect(403).json
        assert refused["code"] == "passkeys_unavailable"
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(f"{other.url}/sign-in")
            assert page.get_by_role("button").all_text_contents() == ["Sign in"]
