"""An owner adds a second factor by hand and signs in with it; every page on the way is looked at."""
import pyotp

from look import FAULTS, Watched, look
from raptorflow import PASSWORD, Server
from workspace import Workspace


def press(page, name):
    page.get_by_role("button", name=name).click()


def test_an_owner_adds_a_second_factor_and_signs_in_with_it(browser, server, workspace):
    with browser.new_context() as context:
        tab = Watched(context)
        page = tab.page
        tab.open(f"{server.url}/sign-in")
        page.get_by_label("E-mail").fill(workspace.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")
        page.wait_for_url(f"{server.url}/")
        page.goto(f"{server.url}/account/second-factor")
        assert look(browser, server.url, context.storage_state(), ["/account/second-factor"], "factor-none") == []
        press(page, "Add an authenticator")
        page.get_by_role("img", name="QR code").wait_for()
        assert look(browser, server.url, context.storage_state(), ["/account/second-factor"], "factor-adding") == []
        totp = pyotp.TOTP(page.locator(".copyable code").first.text_content())
        page.get_by_role("textbox", name="Code").fill("000000")
        press(page, "Turn it on")
        page.get_by_role("alert").first.wait_for()
        page.get_by_role("textbox", name="Code").fill(totp.now())
        press(page, "Turn it on")
        page.get_by_role("heading", name="Your recovery codes").wait_for()
        assert page.evaluate(FAULTS) == []
        codes = page.locator("pre code").text_content().split()
        assert len(codes) == 10
        tab.shoot("factor-codes-wide-light")
        page.set_viewport_size({"width": 390, "height": 900})
        tab.shoot("factor-codes-narrow-light")
        page.get_by_role("link", name="I have kept them").click()
        page.wait_for_url("**/account/second-factor")
        paths = ["/account/second-factor", "/account/confirm?next=/account", f"/orgs/{workspace.organization}/settings"]
        assert look(browser, server.url, context.storage_state(), paths, "factor-on") == []
    with browser.new_context() as context:
        tab = Watched(context)
        page = tab.page
        tab.open(f"{server.url}/sign-in?next=/account/sessions")
        page.get_by_label("E-mail").fill(workspace.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        press(page, "Sign in")
        page.wait_for_url("**/sign-in/code?next=/account/sessions")
        assert look(browser, server.url, context.storage_state(), ["/sign-in/code"], "factor-step") == []
        page.get_by_role("textbox", name="Code").fill(codes[0])
        press(page, "Sign in")
        page.wait_for_url("**/account/sessions")
        assert page.evaluate(FAULTS) == []


def test_the_pages_that_mailed_links_lead_to_can_be_read(browser, tmp_path_factory):
    options = ["--accounts-sign-up", "open", "--accounts-magic-links", "on"]
    with Server(tmp_path_factory.mktemp("open"), arguments=options) as server:
        workspace = Workspace(server)
        paths = ["/sign-in", "/sign-up", "/sign-up/complete", "/sign-in/link", "/magic-link", "/verify-email",
                 "/change-email", "/undo-email"]
        assert look(browser, server.url, None, paths, "link") == []
        with browser.new_context() as context:
            context.add_cookies([{"name": "raptorflow", "value": workspace.session, "url": server.url}])
            paths = ["/account", "/account/data", "/account/email", "/account/sessions"]
            assert look(browser, server.url, context.storage_state(), paths, "account") == []
            page = context.new_page()
            page.goto(f"{server.url}/account/data")
            with page.expect_download() as download:
                press(page, "Download my data")
            assert download.value.suggested_filename == "account.json"
            page.get_by_role("link", name="Delete my account").click()
            page.get_by_label("Type").fill(workspace.email)
            page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
            page.get_by_text("You are the last owner of Acme Analytics").wait_for()
