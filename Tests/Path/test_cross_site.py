"""What other sites can make a browser do here: nothing. Every operation and page is tried with the owner's cookie."""
import contextlib
import re
import sqlite3
import time
import uuid

import pytest

from raptorflow import PASSWORD, ROOT, Client, serving
from test_isolation import victim  # noqa: F401  (one of everything that has an identifier)
from test_path import until

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Every way to make an account is open, so that each form is there to be tried."""
    with serving(tmp_path_factory.mktemp("instance"), "--accounts-sign-up", "open") as running:
        yield running


def state(server):
    """Everything in the file that a request may change, but what is noted of requests that were refused."""
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in names
                  if not name.startswith(("audit_", "sqlite_", "job", "schedule"))}
        for name, noted in (("sessions", "last_seen_at"), ("api_keys", "last_used_at")):
            columns = [row[1] for row in file.execute(f"PRAGMA table_info({name})") if row[1] != noted]
            tables[name] = file.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        tables["audit"] = file.execute(
            "SELECT action, target_id FROM audit_events WHERE action <> 'access.denied'").fetchall()
        return tables


def settled(server):
    """The state once the jobs of what was done before are done."""
    return until(lambda: (before := state(server)) and not time.sleep(0.3) and state(server) == before and before,
                 "nothing changes any more")


def unsafe(server, organization, known):
    """Method, address, body and its type of every operation and page that may change something."""
    document = Client(server.url).get("/openapi.json").expect(200).json
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "get" and not path.startswith("/sandbox/") and operation["operationId"] != SIGNED:
                example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
                yield method.upper(), target(path, organization, known), example, "application/json"
    for path in submissions():
        yield "POST", target(path, organization, known), "name=x", FORM


# Its body is signed by the provider; there is no cookie in it.
SIGNED = "receiveRazorpayWebhook"


def submissions():
    """The paths of the console's forms and buttons, from the sources: a new one is found by itself."""
    found = set()
    for file in (ROOT / "Sources").rglob("*Pages.swift"):
        text = file.read_text(encoding="utf-8")
        calls = r'pages\.(?:form|formAct|action|actionAct)\(\s*(?:base( \+ )?)?(?:"(/[^"\\]*)")?'
        for match in re.finditer(calls, text):
            plus, path = match.groups()
            # The nearest `let base` above; where it is put together at run time, there is none to be found.
            bases = re.findall(r'let base = ("/[^"\\]*"|[^\n]*)', text[:match.start()])
            base = bases[-1].strip('"') if "base" in match.group(0) and bases else ""
            if base.startswith("/") or (path and not plus and not base):
                found.add(base + (path or ""))
    # Authenticated by the provider's signature: a browser comes back from there.
    return sorted(path for path in found if not path.endswith("/billing/callback") and "/sandbox/" not in path)


def target(path, organization, known):
    unknown = "0" * 26
    return re.sub(r"\{(\w+)\}", lambda match: organization if match.group(1) == "org" else known.get(
        match.group(1)) or f"{match.group(1)[:3]}_{unknown}", path)


def send(server, method, path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return Client(server.url).request(method, path, body, headers={"Idempotency-Key": str(uuid.uuid4()), **headers})


OTHER_SITES = [
    {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "none"},
    {"Sec_Fetch_Site": "cross-site", "Origin": None}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {},
]


@pytest.mark.parametrize("told", OTHER_SITES, ids=str)
def test_csr_1_no_operation_or_page_takes_what_another_site_sent(server, workspace, victim, told):  # noqa: F811
    before, tried = settled(server), 0
    cookie = f"raptorflow={workspace.session}"
    for method, path, body, content in unsafe(server, workspace.organization, victim):
        answer = send(server, method, path, body, Cookie=cookie, Content_Type=content, **told)
        assert answer.status == 403 and b"cross_origin_request" in answer.body, f"{method} {path}: {answer.status}"
        tried += 1
    assert tried > 90
    assert state(server) == before


@pytest.mark.parametrize("content", ["text/plain", FORM, "multipart/form-data; boundary=x", None])
def test_csr_1_no_operation_takes_a_body_that_needs_no_preflight(server, workspace, victim, content):  # noqa: F811
    before, tried = settled(server), 0
    for method, path, body, expected in unsafe(server, workspace.organization, victim):
        if expected == FORM or body is None:
            continue
        for credential in ({"Authorization": f"Bearer {workspace.session}"}, {}):
            answer = send(server, method, path, "x", Content_Type=content, **credential)
            assert answer.status in (401, 404, 415), f"{method} {path}: {answer.status}"
        tried += 1
    assert tried > 35
    assert state(server) == before


def readable(server, organization, known):
    document = Client(server.url).get("/openapi.json").expect(200).json
    yield from (target(path, organization, known) for path, methods in document["paths"].items() if "get" in methods)
    for file in (ROOT / "Sources").rglob("*Pages.swift"):
        text = file.read_text(encoding="utf-8")
        yield from (target(path, organization, known) for path in re.findall(r'"(/[a-z][^"\\ ]*)"', text))


def test_csr_2_reading_changes_nothing(server, workspace, victim):  # noqa: F811
    before, seen = settled(server), set()
    cookie = {"Cookie": f"raptorflow={workspace.session}"}
    for path in sorted(set(readable(server, workspace.organization, victim))):
        for method in ("GET", "HEAD", "OPTIONS"):
            status = send(server, method, path, **cookie, Sec_Fetch_Site="cross-site").status
            assert status < 500, f"{method} {path}: {status}"
            if method == "GET" and status == 200:
                seen.add(path)
    assert len(seen) > 60, sorted(seen)
    assert state(server) == before
    Client(server.url, workspace.session).get("/v1/me").expect(200)


def test_csr_3_nobody_is_signed_in_or_out_from_another_site(server, workspace):
    form = f"email=owner%40example.com&password={PASSWORD.replace(' ', '+')}"
    for told in OTHER_SITES[:-1]:
        refused = send(server, "POST", "/sign-in", form, Content_Type=FORM, **told)
        assert refused.status == 403 and "Set-Cookie" not in refused.headers, told
        out = send(server, "POST", "/sign-out", "", Content_Type=FORM, Cookie=f"raptorflow={workspace.session}", **told)
        assert out.status == 403 and "Set-Cookie" not in out.headers, told
    Client(server.url, workspace.session).get("/v1/me").expect(200)
    own = send(server, "POST", "/sign-in", form, Content_Type=FORM, Sec_Fetch_Site="same-origin")
    assert own.status == 303 and "raptorflow=rfs_" in own.headers["Set-Cookie"]


SPELLINGS = ["http://127.0.0.1", "http://127.0.0.1:{next}", "https://127.0.0.1:{port}", "http://localhost:{port}",
             "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}.evil.example", "http://evil.127.0.0.1:{port}",
             "http://127.0.0.1:{port}0", "http://x@127.0.0.1:{port}", "HTTP://127.0.0.1:{port}", "127.0.0.1:{port}",
             "http://127.0.0.1:{port} http://127.0.0.1:{port}", "*", "http://*", ""]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_csr_4_an_origin_is_ours_only_letter_by_letter(server, workspace, spelling):
    origin = spelling.format(port=server.port, next=server.port + 1)
    for path, body, content in ((f"{workspace.base}/ledger/accounts", workspace.account("csr-4"), "application/json"),
                                ("/account", "name=Changed", FORM)):
        answer = send(server, "POST", path, body, Origin=origin, Content_Type=content,
                      Cookie=f"raptorflow={workspace.session}")
        assert answer.status == 403, f"{origin}: {answer.status}"
    assert workspace.owner.get("/v1/me").json["name"] == "Olivia Owner"
    good = send(server, "POST", f"{workspace.base}/ledger/accounts", workspace.account(f"x-{uuid.uuid4().hex[:6]}"),
                Origin=server.url, Content_Type="application/json", Cookie=f"raptorflow={workspace.session}")
    assert good.status == 201


def test_ses_7_signing_out_ends_the_session_and_clears_what_the_browser_kept(server):
    form = f"email=owner%40example.com&password={PASSWORD.replace(' ', '+')}"
    signed_in = send(server, "POST", "/sign-in", form, Content_Type=FORM, Sec_Fetch_Site="same-origin")
    token = re.search(r"raptorflow=(rfs_[^;]+)", ", ".join(signed_in.headers.get_all("Set-Cookie"))).group(1)
    cookie = {"Cookie": f"raptorflow={token}"}
    assert send(server, "GET", "/account", **cookie).status == 200
    out = send(server, "POST", "/sign-out", "", Content_Type=FORM, Sec_Fetch_Site="same-origin", **cookie)
    assert out.status == 303
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "raptorflow=; Path=/; Max-Age=0" in ", ".join(out.headers.get_all("Set-Cookie"))
    again = send(server, "GET", "/account", **cookie)
    assert again.status == 303 and again.headers["Location"].startswith("/sign-in")
    Client(server.url, token).get("/v1/me").expect(401)
