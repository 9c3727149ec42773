"""In a real browser: from our sign-in page to a real OpenID provider on another site and back, and how that looks."""
import pytest

from federated import Instance
from look import FAULTS, SCHEMES, SCREENSHOTS, WIDTHS, Watched, look


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    made = Instance(tmp_path_factory.mktemp("federated-browser"))
    yield made
    made.stop()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def sign_in_there(page, name):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("at the provider")
    press(page, "Sign in")


def test_somebody_signs_up_through_a_provider_on_another_site(browser, instance):
    assert look(browser, instance.url, None, ["/sign-in", "/sign-up"], "federated") == []
    with browser.new_context() as context:
        page = context.new_page()
        refused = []
        # The provider's pages are its own matter.
        page.on("console", lambda message: message.type == "error" and message.location["url"].startswith(instance.url)
                and refused.append(message.text))
        page.goto(f"{instance.url}/sign-in?next=/account/connected")
        press(page, "Continue with Acme Login")
        # The provider is at localhost, we are at 127.0.0.1: two sites to a browser.
        page.wait_for_url(lambda address: address.startswith(f"http://localhost:{instance.corp.port}/login?"))
        sign_in_there(page, "true.ann")
        press(page, "Authorize")
        page.wait_for_url(f"{instance.url}/account/connected")
        page.get_by_text("ann@people.example").wait_for()
        assert page.evaluate(FAULTS) == [] and refused == []
        assert look(browser, instance.url, context.storage_state(), ["/account/connected"], "federated") == []
        # A second one, to be had from the account.
        press(page, "Connect Other Login")
        sign_in_there(page, "true.elsewhere")
        press(page, "Authorize")
        page.get_by_text("Other Login is connected.").wait_for()
        page.get_by_role("link", name="Disconnect").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Disconnect").wait_for()
        dialog.get_by_role("button", name="Disconnect").click()
        page.get_by_text("It signs you in no longer.").wait_for()


def test_a_refusal_and_the_way_there_can_be_read(browser, instance):
    for width in WIDTHS:
        for scheme in SCHEMES:
            size = {"width": WIDTHS[width], "height": 900}
            with browser.new_context(viewport=size, color_scheme=scheme) as context:
                tab = Watched(context)
                page = tab.page
                page.goto(f"{instance.url}/sign-in")
                press(page, "Continue with Acme Login")
                sign_in_there(page, "true.ann")
                press(page, "Cancel")
                page.get_by_role("alert").wait_for()
                assert "cancelled there" in page.text_content("main")
                assert page.evaluate(FAULTS) == []
                tab.shoot(f"federated-refused-{width}-{scheme}")
                page.get_by_role("link", name="Back to sign-in").click()
                page.wait_for_url(f"{instance.url}/sign-in")
    # The page between the two sites, held there.
    with browser.new_context() as context:
        page = context.new_page()
        page.route(f"http://localhost:{instance.corp.port}/**", lambda route: route.abort())
        page.route("**/sign-in/with/corp", hold)
        page.goto(f"{instance.url}/sign-in")
        press(page, "Continue with Acme Login")
        page.get_by_role("heading", name="On the way to Acme Login").wait_for()
        page.screenshot(path=SCREENSHOTS / "federated-way.png")
        assert page.evaluate(FAULTS) == []


def hold(route):
    """The answer without the header that goes on by itself."""
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "refresh"}
    route.fulfill(response=answer, headers=headers)


def test_an_invited_person_and_somebody_without_a_password_see_what_to_do(browser, instance):
    workspace = instance.workspace
    workspace.owner.post(f"{workspace.base}/invitations", {"email": "kim@work.example", "role": "editor"}).expect(201)
    token = instance.mailed_token("kim@work.example")
    with browser.new_context() as context:
        tab = Watched(context)
        page = tab.page
        page.goto(f"{instance.url}/invitations/accept#token={token}")
        press(page, "Continue")
        page.get_by_role("button", name="Continue with Acme Login").wait_for()
        assert page.evaluate(FAULTS) == []
        tab.shoot("federated-invitation-wide-light")
        page.set_viewport_size({"width": 390, "height": 900})
        tab.shoot("federated-invitation-narrow-light")
        press(page, "Continue with Acme Login")
        instance.corp.lie(claims={"auth_time": -3600})
        sign_in_there(page, "true.kim")
        press(page, "Authorize")
        page.wait_for_url(f"{instance.url}/orgs/{workspace.organization}")
        instance.corp.lie()
        paths = ["/account/connected", "/account/password", "/account/confirm"]
        assert look(browser, instance.url, context.storage_state(), paths, "passwordless") == []
