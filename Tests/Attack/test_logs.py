"""LOG: what is in logs and exports, and what strangers are shown."""
import pathlib
import re
import sys
import time

import pyotp

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Path"))

from raptorflow import PASSWORD, Client, Server  # noqa: E402
from test_path import join  # noqa: E402
from wire import get, key, rows, sign_in, status  # noqa: E402
from workspace import Workspace  # noqa: E402


def test_log_1_no_secret_is_in_the_log_the_audit_log_or_an_export(tmp_path):
    """Everything secret that a customer's path makes, searched for in all that is printed or given out."""
    with Server(tmp_path, arguments=["--log-level", "debug", "--accounts-magic-links", "on"]) as server:
        workspace = Workspace(server)
        secrets = {workspace.session, workspace.key, PASSWORD, server.set_up_token()}
        person = Client(server.url, join(workspace, "secretive@example.com", "admin"))
        secrets.add(person.token)
        seed = person.post("/v1/me/second-factor", key=key()).expect(201).json
        code = pyotp.TOTP(seed["secret"]).now()
        made = person.post("/v1/me/second-factor/confirm", {"code": code}).expect(200).json
        secrets |= {seed["secret"], made["token"], *made["recovery_codes"]}
        anonymous = Client(server.url)
        for path in ("/v1/auth/password/forgot", "/v1/auth/magic-link"):
            anonymous.post(path, {"email": workspace.email}).expect(204)
        sign_in(server.url, workspace.email, "a wrong secret phrase")
        secrets.add("a wrong secret phrase")
        Client(server.url, "rfk_live_" + "Z" * 36).get("/v1/me")
        Client(server.url).get(f"/v1/plans?key={workspace.key}")
        Client(server.url, workspace.session).get("/v1/me/missing-page-of-theirs")
        ends = time.monotonic() + 15
        while time.monotonic() < ends:
            tokens = {token for text, in rows(server, "SELECT text FROM messages")
                      for token in re.findall(r"#token=([A-Za-z0-9_-]+)", text)}
            if len(tokens) >= 3:
                break
            time.sleep(0.2)
        assert len(tokens) >= 2
        secrets |= tokens
        owner = workspace.owner
        told = [owner.get(path).expect(200).body.decode() for path in (
            f"{workspace.base}/audit-events?limit=100", f"{workspace.base}/audit-events/export.jsonl",
            "/v1/operator/audit-events?limit=100", "/v1/operator/audit-events/export.csv",
            f"{workspace.base}/events?limit=100",
            f"{workspace.base}/api-keys", "/v1/me/sessions", "/v1/me/export", f"{workspace.base}/invitations")]
        assert server.stop() == 0
        # The set-up link is printed on purpose, once, for whoever starts an empty instance.
        printed = re.sub(r"/setup#token=[A-Za-z0-9_-]+", "", server.output)
    assert len(secrets) > 15
    for place, text in [("the log", printed), *((f"answer {number}", text) for number, text in enumerate(told))]:
        assert not [secret for secret in secrets if secret in text], place


def test_log_2_nothing_about_the_inside_is_open(server):
    for path in ("/metrics", "/debug", "/debug/pprof/", "/debug/vars", "/actuator", "/status", "/server-status",
                 "/trace",
                 "/phpinfo.php", "/.env", "/admin", "/graphql", "/v1/operator/audit-events"):
        assert status(get(server, path)) in (401, 404), path
    for path in ("/up", "/health/live", "/health/ready"):
        assert Client(server.url).get(path).expect(200).json == {"status": "ok"}
    assert Client(server.url).request("TRACE", "/up").status in (404, 405)


def test_log_3_no_answer_to_a_stranger_names_the_program_s_version(server, workspace):
    version = re.search(r"\d+\.\d+\.\d+", server.run("--version").stdout)
    anonymous = Client(server.url)
    for path in ("/", "/sign-in", "/docs", "/nothing", "/v1/me", "/up", "/health/ready", "/openapi.json"):
        answer = anonymous.get(path, headers={"Accept": "text/html"})
        shown = answer.body.decode() + str(answer.headers)
        assert "Server" not in answer.headers and "X-Powered-By" not in answer.headers
        assert not re.search(r"(?i)hummingbird|swift-nio|swiftnio|sqlite \d|swift \d", shown), path
        if version and path != "/openapi.json":
            assert version.group() not in shown, path
