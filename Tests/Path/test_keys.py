"""KEY-1 and KEY-2 over every operation of the OpenAPI document: what a key was not made for it does not do."""
import json
import re

import pytest

from raptorflow import Client
from test_path import key

FOR_PEOPLE = {"api_keys:read", "api_keys:manage", "members:manage", "outbox:read", "organization:delete"}


def operations(server):
    document = Client(server.url).get("/openapi.json").expect(200).json
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if permission := operation.get("x-raptorflow-permission"):
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                yield method.upper(), path, permission, content.get("example")


def send(client, workspace, method, path, example):
    """With identifiers of nothing: who may not call learns that before anything is looked up."""
    target = re.sub(r"\{org\}", workspace.organization, path)
    target = re.sub(r"\{(\w+)\}", lambda match: f"{match.group(1)[:3]}_" + "0" * 26, target)
    return client.request(method, target, example, headers={"Idempotency-Key": key()})


@pytest.fixture(scope="module")
def grantable(server):
    return sorted({permission for _, _, permission, _ in operations(server)} - FOR_PEOPLE)


def make(workspace, permissions):
    body = {"name": "Narrow", "role": "owner", "permissions": permissions}
    answer = workspace.owner.post(f"{workspace.base}/api-keys", body, key=key()).expect(201)
    return workspace.client(answer.json["secret"])


def test_key_2_every_operation_refuses_keys_that_lack_its_permission(server, workspace, grantable):
    tried = 0
    for lacking in grantable:
        client = make(workspace, [each for each in grantable if each != lacking])
        for method, path, permission, example in operations(server):
            if permission == lacking or permission in FOR_PEOPLE:
                answer = send(client, workspace, method, path, example)
                expected = "session_required" if permission in FOR_PEOPLE else "permission_denied"
                assert (answer.status, answer.json["code"]) == (403, expected), f"{method} {path}: {answer.status}"
                tried += 1
    assert tried > 100 and len(grantable) > 8


def test_key_2_a_key_with_the_permission_alone_reads_what_it_is_for(server, workspace, grantable):
    tried = 0
    for permission in grantable:
        client = make(workspace, [permission])
        for method, path, needed, example in operations(server):
            if needed == permission and method == "GET":
                answer = send(client, workspace, method, path, example)
                assert answer.status in (200, 404, 422), f"{method} {path}: {answer.status}"
                tried += 1
    assert tried > 15


def test_key_1_nobody_makes_a_key_without_a_session_or_for_somebody_else(server, workspace):
    body = {"name": "x", "role": "viewer"}
    path = f"{workspace.base}/api-keys"
    Client(server.url).post(path, body, key=key()).expect(401)
    workspace.client().post(path, body, key=key()).expect(403)
    refused = workspace.owner.post(path, {**body, "user_id": "user_" + "0" * 26}, key=key()).expect(422)
    assert [(error["pointer"], error["code"]) for error in refused.json["errors"]] == [("/user_id", "unknown_field")]


def test_a_key_is_bound_to_addresses_over_http(workspace):
    def made(*addresses):
        body = {"name": "Bound", "role": "viewer", "allowed_addresses": addresses}
        answer = workspace.owner.post(f"{workspace.base}/api-keys", body, key=key())
        return answer
    workspace.client(made("127.0.0.0/8").expect(201).json["secret"]).get(workspace.base).expect(200)
    refused = workspace.client(made("10.0.0.0/8", "::1").expect(201).json["secret"]).get(workspace.base).expect(403)
    assert refused.json["code"] == "address_not_allowed"
    # A header that any client can write does not help: no proxy is trusted here.
    secret = made("10.0.0.0/8").expect(201).json["secret"]
    forged = {"X-Forwarded-For": "10.0.0.1", "X-Real-IP": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    workspace.client(secret).get(workspace.base, headers=forged).expect(403)
    wrong = made("10.0.0.0/8", "everywhere").expect(422).json["errors"]
    assert [error["pointer"] for error in wrong] == ["/allowed_addresses/1"]


def test_rotation_over_http(workspace):
    body = {"name": "Rotated", "role": "viewer", "permissions": ["jobs:read"]}
    old = workspace.owner.post(f"{workspace.base}/api-keys", body, key=key()).expect(201).json
    path = f"{workspace.base}/api-keys/{old['key']['id']}/rotate"
    new = workspace.owner.post(path, key=key()).expect(201).json
    assert new["key"]["permissions"] == ["jobs:read"] and new["secret"] != old["secret"]
    for secret in (old["secret"], new["secret"]):
        workspace.client(secret).get(f"{workspace.base}/jobs").expect(200)
    listed = {each["id"]: each for each in workspace.owner.get(f"{workspace.base}/api-keys?limit=100").json["data"]}
    assert listed[old["key"]["id"]]["rotated_to"] == new["key"]["id"]
    assert json.dumps(listed).find(new["secret"][10:30]) < 0
    assert workspace.owner.post(path, key=key()).expect(409).json["code"] == "already_rotated"
