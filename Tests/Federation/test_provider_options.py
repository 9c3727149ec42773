"""The options of providers: what starts, what is refused with which words, and what `config` shows."""
import json
import os
import subprocess

import pytest

from raptorflow import BINARY


def run(folder, *arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPTORFLOW_")}
    return subprocess.run([BINARY, *arguments], cwd=folder, env={**environment, **variables}, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_secrets_of_providers_are_masked_and_come_from_variables_and_files(tmp_path):
    (tmp_path / "github-secret").write_text("hidden-two\n")
    (tmp_path / "raptorflow.json").write_text(json.dumps({
        "github": {"client_id": "Iv1.x", "client_secret_file": "github-secret"}, "microsoft": {"client_id": "ms"}}))
    shown = run(tmp_path, "config", "--google-client-id", "g.apps", RAPTORFLOW_GOOGLE_CLIENT_SECRET="hidden-one",
                RAPTORFLOW_MICROSOFT_CLIENT_SECRET="hidden-three")
    assert shown.returncode == 0, shown.stderr
    rows = {line.split()[0]: line.split()[1:] for line in shown.stdout.splitlines()[1:]}
    assert rows["google.client_id"] == ["g.apps", "--google-client-id"]
    assert rows["google.client_secret"] == ["••••••••", "RAPTORFLOW_GOOGLE_CLIENT_SECRET"]
    assert rows["github.client_secret"] == ["••••••••", "github-secret"]
    assert rows["microsoft.tenant"] == ["common", "default"]
    assert "hidden" not in shown.stdout


@pytest.mark.parametrize("arguments, variables, words", [
    (["--google-client-id", "x"], {}, "google.client_id and google.client_secret belong together"),
    ([], {"RAPTORFLOW_GITHUB_CLIENT_SECRET": "x"}, "github.client_id and github.client_secret belong together"),
    (["--microsoft-tenant", "contoso.com"], {}, "microsoft.tenant must be a tenant's id"),
    (["--github-url", "http://github.example.com"], {}, "github.url must be https"),
    (["--google-client-secret", "x"], {}, "a secret is not taken as a flag"),
])
def test_options_that_do_not_fit_keep_the_server_from_starting(tmp_path, arguments, variables, words):
    refused = run(tmp_path, "serve", "--port", "0", *arguments, **variables)
    assert refused.returncode == 2 and words in refused.stderr, refused.stderr


GOOD = {"name": "corp", "issuer": "https://login.corp.example", "client_id": "raptorflow",
        "client_secret_file": "secret"}


@pytest.mark.parametrize("listed, words", [
    ([{**GOOD, "issuer": "http://login.corp.example"}], "provider 1: issuer must be an https address"),
    ([{**GOOD, "issuer": "https://login.corp.example?x"}], "provider 1: issuer must be an https address"),
    ([{**GOOD, "name": "Corp Login"}], "name must have 1 to 40 lower-case letters"),
    ([{**GOOD, "name": "google"}], "name google is that of an option of its own"),
    ([{**GOOD, "client_secret_file": "nowhere"}], "client_secret_file must name a file"),
    ([{**GOOD, "client_secret": "x"}], "there is no field client_secret"),
    ([{**GOOD, "client_id": ""}], "client_id is needed"), ([{**GOOD, "title": "x" * 41}], "title must have at most 40"),
    ([{**GOOD, "algorithms": ["HS256"]}], "algorithms are ES256"),
    ([{**GOOD, "algorithms": ["none"]}], "algorithms are"),
    ([{**GOOD, "confirms_email": "yes"}], "confirms_email must be true or false"),
    ([GOOD, GOOD], "an issuer is listed twice"), ([7], "provider 1 must be an object"),
    ([{**GOOD, "issuer": "https://accounts.google.com"}], "has options of its own already"),
    ({"a": 1}, "it must be JSON like"),
])
def test_a_list_of_providers_with_a_mistake_keeps_the_server_from_starting(tmp_path, listed, words):
    (tmp_path / "secret").write_text("s\n")
    (tmp_path / "providers.json").write_text(json.dumps({"providers": listed}))
    refused = run(tmp_path, "serve", "--port", "0", "--providers", "providers.json", "--google-client-id", "g",
                  RAPTORFLOW_GOOGLE_CLIENT_SECRET="s")
    assert refused.returncode == 1 and words in refused.stderr and "providers.json" in refused.stderr, refused.stderr
