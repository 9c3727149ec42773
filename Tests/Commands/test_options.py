"""Options: which place wins, what is refused and how, and what `config` shows."""
import json
import os
import subprocess

import pytest

from raptorflow import BINARY


def run(folder, *arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPTORFLOW_")}
    return subprocess.run([BINARY, *arguments], cwd=folder, env={**environment, **variables}, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


def shown(done):
    """Rows of `raptorflow config` by option: value and origin."""
    assert done.returncode == 0, done.stderr
    rows = [line.split(None, 2) for line in done.stdout.splitlines()[1:]]
    return {row[0]: (row[1], row[2] if len(row) > 2 else "") for row in rows}


def test_a_flag_wins_over_a_variable_over_the_file_over_the_default(tmp_path):
    def port(*arguments, **variables):
        return shown(run(tmp_path, "config", *arguments, **variables))["port"]

    assert port() == ("8090", "default")
    (tmp_path / "raptorflow.json").write_text('{"port": 9001}')
    assert port() == ("9001", "raptorflow.json")
    assert port(RAPTORFLOW_PORT="9002") == ("9002", "RAPTORFLOW_PORT")
    assert port("--port", "9003", RAPTORFLOW_PORT="9002") == ("9003", "--port")
    assert port("--port=9004") == ("9004", "--port")


def test_nested_options_have_one_name_in_three_spellings(tmp_path):
    (tmp_path / "other.json").write_text('{"log": {"level": "debug"}, "trusted_proxies": ["10.0.0.1", "::1"]}')
    rows = shown(run(tmp_path, "config", "--config", "other.json", "--log-format", "json"))
    assert rows["log.level"] == ("debug", "other.json")
    assert rows["log.format"] == ("json", "--log-format")
    assert rows["trusted_proxies"] == ("10.0.0.1,::1", "other.json")


def test_everything_wrong_is_told_at_once_with_option_origin_and_what_is_allowed(tmp_path):
    (tmp_path / "raptorflow.json").write_text('{"mode": "prod", "smtp": {"hots": "x"}, "host": 7}')
    done = run(tmp_path, "config", "--port", "80x", RAPTORFLOW_LOG_LEVEL="loud", RAPTORFLOW_PROT="1")
    assert done.returncode == 2
    for part in ['port "80x" (from --port) must be a whole number from 0 to 65535',
                 'log.level "loud" (from RAPTORFLOW_LOG_LEVEL) must be one of: debug, info',
                 "RAPTORFLOW_PROT: there is no such option. Did you mean RAPTORFLOW_PORT?",
                 'mode "prod" (from raptorflow.json) must be one of: sandbox, production',
                 "there is no option smtp.hots. Did you mean smtp.host?", "raptorflow.json: host must be a text"]:
        assert part in done.stderr, f"{part!r} is not in:\n{done.stderr}"


@pytest.mark.parametrize("text, words", [
    ("{", "is not valid JSON"), ("[]", "must be a JSON object"), ('{"port": 1, "port": 2}', "is not valid JSON"),
    ('{"port": "8090"}', "port must be a whole number, without quotes"), ('{"port": null}', "port must be"),
])
def test_a_bad_file_is_refused(tmp_path, text, words):
    (tmp_path / "raptorflow.json").write_text(text)
    done = run(tmp_path, "config")
    assert done.returncode == 2 and words in done.stderr, done.stderr


@pytest.mark.parametrize("arguments, words", [
    (("serve", "--prot", "1"), "Unknown option '--prot'"), (("sreve",), "sreve"),
    (("config", "--port"), "needs a value"),
    (("config", "--port", "1", "--port", "2"), "--port is given twice"),
    (("config", "--config", "nowhere.json"), "nowhere.json can't be read"), (("backup",), "Missing"),
])
def test_wrong_usage_ends_with_status_2(tmp_path, arguments, words):
    done = run(tmp_path, *arguments)
    assert done.returncode == 2 and words in done.stderr, (done.returncode, done.stderr)


def test_secrets_are_masked_and_never_flags(tmp_path):
    secret = "very-secret-value-123"
    (tmp_path / "secret").write_text(secret + "\n")
    three = {"RAPTORFLOW_RAZORPAY_KEY_ID": "rzp_x", "RAPTORFLOW_RAZORPAY_WEBHOOK_SECRET": secret}
    done = run(tmp_path, "config", RAPTORFLOW_RAZORPAY_KEY_SECRET_FILE="secret", **three)
    rows = shown(done)
    assert secret not in done.stdout + done.stderr
    assert rows["razorpay.key_secret"][1] == "secret" and set(rows["razorpay.key_secret"][0]) == {"•"}
    refused = run(tmp_path, "config", "--razorpay-key-secret", secret)
    assert refused.returncode == 2 and secret not in refused.stderr and "not taken as a flag" in refused.stderr
    both = run(tmp_path, "config", RAPTORFLOW_RAZORPAY_KEY_SECRET_FILE="secret",
               RAPTORFLOW_RAZORPAY_KEY_SECRET=secret, **three)
    assert both.returncode == 2 and "both set" in both.stderr


def test_a_credential_of_systemd_is_found(tmp_path):
    (tmp_path / "raptorflow_master_key").write_text("ab" * 32)
    rows = shown(run(tmp_path, "config", CREDENTIALS_DIRECTORY=str(tmp_path)))
    assert rows["master_key"][1].startswith("credential ")


def test_production_without_a_payment_account_does_not_start(tmp_path):
    done = run(tmp_path, "serve", "--mode", "production", "--port", "0")
    assert done.returncode == 2 and "mode production needs razorpay.key_id" in done.stderr
    assert not list(tmp_path.iterdir())


def test_every_option_is_listed_and_documented_by_its_flag(tmp_path):
    listed = run(tmp_path, "options").stdout
    for option in shown(run(tmp_path, "config")):
        variable = "RAPTORFLOW_" + option.upper().replace(".", "_")
        assert variable in listed, option


def test_help_is_fine_and_goes_to_standard_output(tmp_path):
    done = run(tmp_path, "--help")
    assert done.returncode == 0 and "serve" in done.stdout and not done.stderr
    assert json.dumps(done.stdout)
