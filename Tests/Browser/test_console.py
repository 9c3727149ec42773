"""The console in a real browser: the first minutes of an owner, then every page there is a link to."""
import pytest

from look import Watched, look_everywhere
from raptorflow import PASSWORD


@pytest.fixture(scope="module")
def owner(browser, server):
    """The browser's state after the owner has set the instance up by hand."""
    with browser.new_context() as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{server.url}/setup#token={server.set_up_token()}") == []
        page.get_by_label("Your name").fill("Olivia Owner")
        page.get_by_label("E-mail").fill("owner@example.com")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Organisation").fill("Acme Analytics")
        page.get_by_role("button", name="Make the account").click()
        page.wait_for_url(f"{server.url}/")
        assert tab.faults() == []
        return context.storage_state()


def test_an_owner_signs_in_with_a_password(browser, server, owner):
    with browser.new_context() as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{server.url}/sign-in") == []
        page.get_by_label("E-mail").fill("owner@example.com")
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").first.wait_for()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{server.url}/")


def test_an_owner_invites_an_editor(browser, server, owner):
    with browser.new_context(storage_state=owner) as context:
        tab = Watched(context)
        page = tab.page
        page.goto(server.url)
        page.get_by_role("main").get_by_role("link", name="Acme Analytics").first.click()
        page.get_by_role("link", name="Members").first.click()
        page.get_by_role("link", name="Invite").first.click()
        page.get_by_label("E-mail").fill("editor@example.com")
        page.get_by_role("radio", name="Editor").check()
        page.get_by_role("button", name="Send the invitation").click()
        page.wait_for_url("**/members")
        assert page.get_by_text("editor@example.com").count() > 0
        assert tab.errors == []


def test_every_page_can_be_read_in_every_width_and_colour(browser, server, owner):
    faults, seen = look_everywhere(browser, server.url, owner, "/", "console")
    assert len(seen) > 8, seen
    assert faults == {}


def test_pages_for_strangers_can_be_read_too(browser, server):
    faults, seen = look_everywhere(browser, server.url, None, "/sign-in", "stranger")
    assert faults == {}
