"""A real browser as the judge: which scripts of other sites may read, and that nothing that is stored runs."""
import contextlib
import functools
import http.server
import threading
import uuid

import pytest

from look import Watched, is_page, kind
from raptorflow import PASSWORD, Client, free_port, serving
from workspace import Workspace


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The port of another site: empty pages, reached as localhost and as 127.0.0.1, which are two origins."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>Another site</title>")
    (folder / "favicon.ico").write_bytes(b"")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    handler.log_message = lambda *_: None
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield listening.server_port
    listening.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory, site):
    with serving(tmp_path_factory.mktemp("instance"), "--cors-origins", f"http://localhost:{site}") as running:
        yield running


FETCH = """async ([url, options]) => {
  try {
    const answer = await fetch(url, options);
    return [answer.status, await answer.text(), answer.headers.get("x-request-id") !== null];
  } catch (error) { return String(error); }
}"""


def fetch(browser, address, url, options):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        return page.evaluate(FETCH, [url, options])


def test_cor_1_a_script_of_a_listed_site_calls_with_a_bearer_credential(browser, site, workspace):
    address, url = f"http://localhost:{site}/", workspace.url + workspace.base
    bearer = {"Authorization": f"Bearer {workspace.key}"}
    status, text, sees_id = fetch(browser, address, url, {"headers": bearer})
    assert status == 200 and "Acme Analytics" in text and sees_id
    body = {"method": "POST", "headers": {**bearer, "Content-Type": "application/json", "Idempotency-Key": "browser-1"},
            "body": '{"code": "from-a-browser", "name": "x", "type": "liability", "currency": "INR"}'}
    assert fetch(browser, address, f"{url}/ledger/accounts", body)[0] == 201
    refused = fetch(browser, address, url, {"headers": {"Authorization": "Bearer rfs_wrong"}})
    assert refused[0] == 401 and "unauthenticated" in refused[1], "a script can read why it was refused"


def test_cor_1_no_script_of_another_site_reads_anything(browser, site, workspace):
    address, url = f"http://127.0.0.1:{site}/", workspace.url + workspace.base
    for options in ({"headers": {"Authorization": f"Bearer {workspace.key}"}}, {"credentials": "include"}, {}):
        assert "Failed to fetch" in fetch(browser, address, url, options)


def test_cor_1_a_cookie_reads_nothing_for_a_listed_site_either(browser, site, server, workspace):
    # localhost and 127.0.0.1 are two sites; the console is opened where the script is, so that the cookie comes along.
    console = server.url.replace("127.0.0.1", "localhost")
    with browser.new_context() as context:
        context.add_cookies([{"name": "raptorflow", "value": workspace.session, "url": console}])
        page = context.new_page()
        page.goto(f"http://localhost:{site}/")
        answer = page.evaluate(FETCH, [console + workspace.base, {"credentials": "include"}])
        assert "Failed to fetch" in answer
        assert page.evaluate(FETCH, [console + workspace.base, {}])[0] == 401


PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "\"><script>alert(1)</script>",
    "'><script>alert(1)</script>", "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>", "javascript:alert(1)", "\" onfocus=alert(1) autofocus x=\"",
    "' onmouseover=alert(1) x='", "<iframe srcdoc='<script>alert(1)</script>'>", "<base href=//evil.example>",
    "<a href=javascript:alert(1)>x</a>", "<math><mtext><script>alert(1)</script></mtext></math>",
    "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "<!--<script>alert(1)//-->",
    "<details open ontoggle=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;",
]


def fill(workspace, payload, number):
    """Puts the text into every field that people and programs may write."""
    owner, base = workspace.owner, workspace.base
    account = {**workspace.account(f"xss-{number}"), "name": payload}
    accounts = [owner.post(f"{base}/ledger/accounts", {**account, "code": f"xss-{number}-{side}"},
                           key=str(uuid.uuid4())).expect(201).json["id"] for side in "ab"]
    entry = workspace.entry(*accounts, 5, payload)
    owner.post(f"{base}/ledger/journal-entries", entry, key=str(uuid.uuid4())).expect(201)
    owner.post(f"{base}/api-keys", {"name": payload, "role": "viewer"}, key=str(uuid.uuid4())).expect(201)
    address = f"{number}@" + "xn--evil-1.example"
    owner.post(f"{base}/invitations", {"email": address, "role": "viewer"}, key=str(uuid.uuid4())).expect(201)
    Client(workspace.url).post("/v1/auth/sign-in", {"email": workspace.email, "password": PASSWORD},
                               headers={"User-Agent": payload}).expect(200, 201)
    owner.request("PATCH", base, {"name": payload}).expect(200)
    owner.request("PATCH", "/v1/me", {"name": payload}).expect(200)


def test_xss_1_what_is_stored_is_shown_as_text_on_every_page(browser, workspace):
    for number, payload in enumerate(PAYLOADS):
        fill(workspace, payload, number)
    # The one that names the organisation and the person stands on every page.
    for payload in (PAYLOADS[0], PAYLOADS[3], PAYLOADS[9]):
        workspace.owner.request("PATCH", workspace.base, {"name": payload}).expect(200)
        workspace.owner.request("PATCH", "/v1/me", {"name": payload}).expect(200)
        with browser.new_context() as context:
            context.add_cookies([{"name": "raptorflow", "value": workspace.session, "url": workspace.url}])
            tab, alarms, seen, queue = Watched(context), [], {}, ["/", "/operator"]
            tab.page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
            while queue:
                path = queue.pop(0)
                if kind(path) in seen or not is_page(path):
                    continue
                seen[kind(path)] = path
                tab.errors.clear()
                tab.page.goto(workspace.url + path, wait_until="load")
                with contextlib.suppress(Exception):
                    tab.page.keyboard.press("Tab")
                # Chromium says so in its console when its policy kept a script or a base from working.
                assert tab.errors == [] and alarms == [], f"{path}: {tab.errors} {alarms}"
                assert tab.page.evaluate("document.baseURI").startswith(workspace.url), path
                queue += tab.links(workspace.url)
            assert len(seen) > 20, seen
