"""INJ: SQL, cursors of other lists, and what is written into log lines."""
import json
import re
import urllib.parse

from raptorflow import Client, Server
from wire import get, key, rows, sign_in
from workspace import Workspace


PAYLOADS = ["' OR '1'='1", "1; DROP TABLE users; --", "\") UNION SELECT password_hash FROM users --", "%' --",
            "'||(1/0)||'",
            "randomblob(100000000)", "${7*7}{{7*7}}", "$(id)", "%s%n%x", "a\u2028b"]


def test_inj_1_sql_and_templates_in_every_parameter_are_text(server, workspace):
    document = Client(server.url).get("/openapi.json").expect(200).json
    tried, before = 0, rows(server, "SELECT count(*) FROM users")
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if not operation or path.startswith("/sandbox"):
            continue
        names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for payload in PAYLOADS:
            text = urllib.parse.quote(payload, safe="")
            target = re.sub(r"\{(\w+)\}", lambda found: workspace.organization if found[1] == "org" else text, path)
            for query in [f"?{name}={text}" for name in names] or ([""] if "{" in path else []):
                answer = workspace.owner.get(target + query)
                assert answer.status in (200, 400, 404, 422), f"{target}{query}: {answer.status}"
                if answer.status == 200 and query and answer.body.startswith(b'{"data"'):
                    assert answer.json["data"] == [], f"{target}{query} matched something"
                tried += 1
    assert tried > 400
    assert rows(server, "SELECT count(*) FROM users") == before


def test_inj_1_sql_in_bodies_is_stored_as_text(workspace):
    for payload in PAYLOADS:
        named = workspace.owner.post("/v1/orgs", {"name": payload}, key=key()).expect(201).json
        assert workspace.owner.get(f"/v1/orgs/{named['id']}").expect(200).json["name"] == payload
        assert sign_in(workspace.url, payload, payload).status in (401, 422, 429)


def test_inj_2_a_cursor_works_in_its_own_list_only(workspace):
    first = workspace.owner.get(f"{workspace.base}/audit-events?limit=1").expect(200).json["next_cursor"]
    workspace.owner.get(f"{workspace.base}/audit-events?limit=1&cursor={first}").expect(200)
    other = workspace.owner.post("/v1/orgs", {"name": "Elsewhere"}, key=key()).expect(201).json["id"]
    flipped = first[:-1] + ("A" if first[-1] != "A" else "B")
    for path in (f"{workspace.base}/jobs?cursor={first}", f"/v1/orgs/{other}/audit-events?cursor={first}",
                 f"/v1/operator/audit-events?cursor={first}", f"{workspace.base}/audit-events?cursor={flipped}",
                 f"{workspace.base}/audit-events?cursor={first}{first}", f"{workspace.base}/audit-events?cursor="):
        answer = workspace.owner.get(path).expect(422)
        assert answer.json["errors"][0]["pointer"] == "?cursor", path


def test_inj_4_inj_5_what_clients_write_can_not_break_a_log_line(tmp_path):
    with Server(tmp_path, arguments=["--log-format", "json", "--log-level", "debug"]) as server:
        workspace = Workspace(server)
        breaks = ["\x1b[31mred", "a\u2028b", '","level":"error","message":"forged', "x" * 9000, "\udcff\udcfe"]
        for text in breaks:
            for header in ("User_Agent", "X_Request_Id", "traceparent", "tracestate", "Referer", "Accept"):
                get(server, "/v1/me", 5, **{header: text})
            get(server, "/" + urllib.parse.quote(text, safe="", errors="surrogateescape")[:2000], 5)
            if "\udcff" not in text:
                sign_in(server.url, text[:250], text[:200])
        get(server, "/v1/me", 5, X_Request_Id="good-id-1234", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
        assert sign_in(server.url, 'a@b.example\r\n{"level":"error","message":"forged"}').status in (401, 422)
        assert server.stop() == 0
        text = server.output
    printed = [line for line in text.split("\n") if line]
    lines = [json.loads(line) for line in printed if line.startswith("{")]
    # What is no JSON is the set-up link, for people.
    assert len(lines) > 20 and len(printed) - len(lines) < 12, [line for line in printed if not line.startswith("{")]
    assert all("\x1b" not in line and "\u2028" not in line and len(line) < 4096 for line in printed)
    assert not [line for line in lines if line.get("message") == "forged"]
    ids = {line.get("request_id") for line in lines if line.get("message") == "request"}
    assert "good-id-1234" in ids and all(re.fullmatch(r"[A-Za-z0-9._-]{8,64}", each) for each in ids)
