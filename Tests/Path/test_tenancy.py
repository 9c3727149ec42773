"""The rows TEN-2, 5, 6, 9 and 11 of the attacks on tenants, generated from the OpenAPI document."""
import re
import uuid

import pytest

from raptorflow import Client
from test_path import join, key

ROLES = ("viewer", "editor", "admin")
UNKNOWN = "00000000000000000000000000"
PREFIXES = {"user": "user", "invitation": "inv", "key": "key", "job": "job", "role": "role", "domain": "dom"}

# Fields that no request may set: what they stand for is decided elsewhere.
SMUGGLED = ["id", "org_id", "organization_id", "is_owner", "is_operator", "email_verified", "verified_at", "created_at",
            "balance", "scopes", "rate_limit", "state", "version", "impersonator"]


@pytest.fixture(scope="module")
def document(workspace):
    return Client(workspace.url).get("/openapi.json").expect(200).json


@pytest.fixture(scope="module")
def operations(document):
    return [(method.upper(), path, operation) for path, methods in document["paths"].items()
            for method, operation in methods.items()]


def content(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {})


def fields(document, schema):
    """The names that a body may have."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return set(schema.get("properties", {}))


def fill(path, organization):
    path = path.replace("{org}", organization)
    return re.sub(r"\{(\w+)\}", lambda match: f"{PREFIXES.get(match.group(1), 'x')}_{UNKNOWN}", path)


@pytest.fixture(scope="module")
def people(workspace):
    return {role: Client(workspace.url, join(workspace, f"{role}@example.com", role)) for role in ROLES}


@pytest.fixture(scope="module")
def other(workspace, people):
    """Another organisation, with somebody and something of everything that lists show."""
    client = people["viewer"]
    made = client.post("/v1/orgs", {"name": "Unseen Industries"}, key=key()).expect(201).json["id"]
    base = f"/v1/orgs/{made}"
    client.post(f"{base}/invitations", {"email": "unseen@unseen.example", "role": "viewer"}, key=key()).expect(201)
    client.post(f"{base}/api-keys", {"name": "Unseen key", "role": "viewer"}, key=key()).expect(201)
    client.post(f"{base}/roles", {"name": "Unseen role", "permissions": ["jobs:read"]}, key=key()).expect(201)
    client.post(f"{base}/domains", {"name": "unseen.example"}, key=key()).expect(201)
    client.post(f"{base}/jobs", {"kind": "echo", "payload": {"unseen": 1}}, key=key()).expect(201)
    client.post(f"{base}/ledger/accounts", {**workspace.account("unseen"), "name": "Unseen account"},
                key=key()).expect(201)
    return made


def test_ten_2_no_role_does_what_only_a_higher_one_may(workspace, operations, people):
    """Every operation of an organisation, by each role that lacks its permission: 403, whatever else is wrong."""
    listed = workspace.owner.get(f"{workspace.base}/roles").expect(200).json["data"]
    table = {each["id"]: set(each["permissions"]) for each in listed if each["is_built_in"]}
    tried = 0
    for method, path, operation in operations:
        permission = operation.get("x-raptorflow-permission")
        for role in ROLES:
            if permission is None or permission in table[role]:
                continue
            answer = people[role].request(method, fill(path, workspace.organization), content(operation).get("example"),
                                          headers={"Idempotency-Key": str(uuid.uuid4())})
            assert (answer.status, answer.json["code"]) == (403, "permission_denied"), f"{role}: {method} {path}"
            tried += 1
    assert tried > 60


def test_ten_5_no_list_shows_anything_of_another_organisation(workspace, operations, other):
    tried = 0
    for method, path, operation in operations:
        if method != "GET" or "{org}" not in path or path.count("{") > 1:
            continue
        target = fill(path, workspace.organization)
        names = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        queries = [""] + [f"?{name}=" for name in sorted(names & {"actor", "target", "subject", "user"})]
        for query in queries:
            answer = workspace.owner.get(target + (query + other if query else ""))
            text = answer.body.decode("utf-8", "replace")
            assert other not in text.replace(query + other, ""), f"{target}{query}"
            assert "nseen" not in text, f"{target}{query}"
        tried += 1
    assert tried > 20


def test_ten_6_no_request_sets_what_is_decided_elsewhere(workspace, document, operations):
    """Each operation that takes a body, with each smuggled field: 422 that names it, before anything is done."""
    tried = 0
    for method, path, operation in operations:
        body = content(operation)
        if "schema" not in body or method == "GET" or path.startswith(("/sandbox", "/v1/webhooks")):
            continue
        smuggled = set(SMUGGLED) - fields(document, body["schema"])
        sent = {**(body.get("example") or {}), **{name: 1 for name in smuggled}}
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer = workspace.owner.request(method, fill(path, workspace.organization), sent, headers=headers)
        assert answer.status == 422, f"{method} {path}: {answer.status} {answer.body[:200]!r}"
        refused = {each["pointer"].strip("/") for each in answer.json["errors"] if each["code"] == "unknown_field"}
        assert smuggled <= refused, f"{method} {path}: {smuggled - refused}"
        tried += 1
    assert tried > 40


def test_ten_9_no_header_and_no_query_names_another_organisation(workspace, other):
    names = ("X-Organization", "X-Organization-Id", "X-Org-Id", "X-Tenant-Id", "Organization")
    headers = {name: other for name in names}
    plain = workspace.owner.get(f"{workspace.base}/members").expect(200)
    assert workspace.owner.get(f"{workspace.base}/members", headers=headers).expect(200).json == plain.json
    for name in ("org", "organization", "org_id", "organization_id", "tenant"):
        workspace.owner.get(f"{workspace.base}/members?{name}={other}").expect(422)
    workspace.client().get(f"/v1/orgs/{other}", headers=headers).expect(404)
    workspace.owner.get(f"/v1/orgs/{other}/members?org={workspace.organization}").expect(404, 422)


def test_ten_11_nobody_enqueues_the_products_own_jobs(workspace):
    """They run with the product's rights, so that an organisation must not be able to ask for one."""
    for kind in ("organizations.delete", "domains.check", "mail.deliver", "sessions.prune", "backup.take"):
        refused = workspace.owner.post(f"{workspace.base}/jobs", {"kind": kind}, key=key())
        assert refused.status == 422, f"{kind}: {refused.status}"
