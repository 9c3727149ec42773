"""The API's document is valid, complete and the same over HTTP and from the command."""
import json
import pathlib
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from raptorflow import ROOT, Client


@pytest.fixture(scope="module")
def document(server):
    return Client(server.url).get("/openapi.json").expect(200).json


def operations(document):
    return [(path, method, operation) for path, methods in document["paths"].items()
            for method, operation in methods.items()]


def test_it_is_valid_openapi(document):
    found = OpenAPIV31SpecValidator(document).iter_errors()
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in found]
    assert not errors, errors[:10]


def test_the_command_prints_the_same(server, document):
    done = server.run("openapi")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == document


def test_every_operation_says_what_it_is_who_may_and_how_it_refuses(document):
    seen = set()
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        assert operation["summary"] and operation["tags"], where
        statuses = operation["responses"]
        assert any(status.startswith("2") for status in statuses), where
        assert {"401", "429", "500", "503"} <= set(statuses), where
        if "{org}" in path and operation["security"]:
            assert operation["x-raptorflow-permission"] and {"403", "404"} <= set(statuses), where
        if "requestBody" in operation:
            assert {"413"} <= set(statuses), where
        names = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", path)), where


def test_pages_are_not_in_it_and_the_reference_shows_every_operation(server, document):
    assert not [path for path in document["paths"] if path.startswith(("/orgs", "/sign-in", "/docs", "/assets"))]
    client = Client(server.url)
    pages = {}
    for path, _, operation in operations(document):
        tag = operation["tags"][0]
        if tag not in pages:
            page = client.get(f"/docs/{tag}", headers={"Accept": "text/html"}).expect(200)
            assert "https://" not in page.headers["Content-Security-Policy"]
            pages[tag] = page.body.decode()
            assert "<script>" not in pages[tag] and "style=" not in pages[tag]
        assert f'id="{operation["operationId"]}"' in pages[tag], path
    listed = client.get("/docs", headers={"Accept": "text/html"}).expect(200).body.decode()
    for path, _, operation in operations(document):
        assert f'#{operation["operationId"]}"' in listed, path
    client.get("/docs/codes", headers={"Accept": "text/html"}).expect(200)
    client.get("/docs/nothing", headers={"Accept": "text/html"}).expect(404)


def test_every_code_of_the_document_is_in_the_list_of_errors(document):
    listed = set(re.findall(r"^\| `(\w+)` \|", pathlib.Path(ROOT, "docs", "errors.md").read_text(), re.MULTILINE))
    codes = {code for _, _, operation in operations(document) for response in operation["responses"].values()
             for code in re.findall(r"`(\w+)`:", response.get("description", ""))}
    assert codes and codes <= listed, codes - listed
