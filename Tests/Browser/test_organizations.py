"""Roles, domains and acting for somebody in a real browser: made by hand, then every page of them looked at."""
import pytest

from look import Watched, look_everywhere
from raptorflow import Client


def state(token):
    """A browser that is signed in."""
    cookie = {"name": "raptorflow", "value": token, "domain": "127.0.0.1", "path": "/", "expires": -1,
              "httpOnly": True, "secure": False, "sameSite": "Lax"}
    return {"cookies": [cookie], "origins": []}


@pytest.fixture(scope="module")
def home(workspace):
    return f"{workspace.url}/orgs/{workspace.organization}"


@pytest.fixture(scope="module")
def role(browser, workspace, home):
    """A role that the owner made by hand."""
    with browser.new_context(storage_state=state(workspace.session)) as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{home}/roles") == []
        page.get_by_role("link", name="New role").click()
        page.locator("#field-name").fill("Support")
        page.get_by_label("Invite, change and remove members").check()
        page.get_by_role("button", name="Make the role").click()
        page.wait_for_url("**/roles")
        page.get_by_role("link", name="Support").click()
        assert page.get_by_label("Invite, change and remove members").is_checked()
        page.get_by_label("See jobs and schedules").check()
        page.get_by_role("button", name="Change the role").click()
        page.wait_for_url("**/roles")
        assert "jobs:read" in page.get_by_role("row", name="Support").inner_text()
        assert tab.errors == []
        return workspace.owner.get(f"{workspace.base}/roles").json["data"][-1]["id"]


@pytest.fixture(scope="module")
def domain(browser, workspace, home):
    """A domain that the owner claimed by hand."""
    with browser.new_context(storage_state=state(workspace.session)) as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{home}/domains") == []
        page.get_by_role("main").get_by_role("link", name="Claim a domain").first.click()
        page.locator("#field-name").fill("gmail.com")
        page.get_by_role("button", name="Claim it").click()
        page.get_by_role("alert").first.wait_for()
        page.locator("#field-name").fill("acme.example")
        page.get_by_role("button", name="Claim it").click()
        page.wait_for_url("**/domains/dom_*")
        assert page.get_by_text("_raptorflow-challenge.acme.example").count() > 0


def test_every_page_of_roles_and_domains_can_be_read(browser, workspace, home, role, domain):
    faults, seen = look_everywhere(browser, workspace.url, state(workspace.session), f"/orgs/{workspace.organization}",
                                   "organizations")
    assert faults == {}
    for path in ("roles", "roles/new", "roles/ID", "domains", "domains/new", "domains/ID"):
        assert f"/orgs/ID/{path}" in seen, seen


def test_an_operator_acts_for_a_member_and_comes_back(browser, workspace, home, role):
    made = workspace.server.run("user", "create", "sam@acme.example", "--name", "Sam Support", "--generate")
    password = made.stdout.split("Password: ")[1].strip()
    sam = Client(workspace.url).post("/v1/auth/sign-in", {"email": "sam@acme.example", "password": password})
    sam = Client(workspace.url, sam.expect(201).json["token"])
    sam.post("/v1/orgs", {"name": "Sam's own"}).expect(201)
    user = sam.get("/v1/me").json["id"]
    with browser.new_context(storage_state=state(workspace.session)) as context:
        tab = Watched(context)
        page = tab.page
        assert tab.open(f"{workspace.url}/operator/users/{user}/impersonate") == []
        tab.shoot("impersonate-form")
        page.get_by_label("Why").fill("ticket 4711: nothing on the page")
        page.get_by_role("button", name="Act for Sam Support").click()
        page.wait_for_url(f"{workspace.url}/")
        page.get_by_text("Olivia Owner, you act for Sam Support until").wait_for()
        acting = context.storage_state()
        faults, seen = look_everywhere(browser, workspace.url, acting, "/", "impersonated")
        assert faults == {} and len(seen) > 5
        tab.open(f"{workspace.url}/")
        page.get_by_role("button", name="Stop").click()
        page.wait_for_url(f"{workspace.url}/operator")
        assert page.get_by_text("you act for").count() == 0
        assert tab.errors == []
