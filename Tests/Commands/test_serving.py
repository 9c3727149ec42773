"""The server's life: roles, health, log, signals; and accounts made from the command line."""
import json
import signal
import socket
import subprocess
import time

import pytest

from raptorflow import Client, Server
from workspace import Workspace


def waiting_request(server):
    """A request whose body does not come: it is running for as long as the server lets it."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"POST /v1/auth/sign-in HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 100\r\n\r\n{" % server.port)
    time.sleep(0.3)
    return connection


def test_a_second_signal_ends_the_process_at_once(tmp_path):
    server = Server(tmp_path).start()
    connection = waiting_request(server)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.7)
    assert server.process.poll() is None, "it did not wait for the running request"
    began = time.monotonic()
    assert server.stop() == 1
    assert time.monotonic() - began < 2
    connection.close()
    with server:
        Client(server.url).get("/health/ready").expect(200)


def test_ctrl_c_stops_in_good_order_too(tmp_path):
    server = Server(tmp_path).start()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0
    assert not (tmp_path / "raptorflow.db-wal").exists()


def test_a_taken_port_is_told_in_a_sentence(tmp_path, server):
    (tmp_path / "second").mkdir()
    done = subprocess.run([server.binary, "serve", "--port", str(server.port)], cwd=tmp_path / "second", timeout=30,
                          capture_output=True, text=True)
    assert done.returncode == 1 and "is taken by another program" in done.stderr, done.stderr


def test_health_answers_without_a_credential(server):
    for path in ("/up", "/health/live", "/health/ready"):
        assert Client(server.url).get(path).expect(200).json == {"status": "ok"}


def test_log_lines_are_json_and_say_nothing_secret(tmp_path):
    with Server(tmp_path, arguments=["--log-format", "json"]) as server:
        workspace = Workspace(server)
        Client(server.url).get("/up", headers={"X-Request-Id": "req-of-a-test-1"})
        Client(server.url, workspace.key).get("/v1/orgs/org_x?secret=s3cr3t")
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.lines if line.startswith("{")]
        assert {"at", "level", "part", "message"} <= set(lines[0])
        requests = [line for line in lines if line["message"] == "request"]
        assert any(line["request_id"] == "req-of-a-test-1" and line["status"] == 200 for line in requests)
        logged = json.dumps(lines)
        for secret in (workspace.session, workspace.key, "correct horse", "s3cr3t", "owner@example.com"):
            assert secret not in logged, secret


def test_a_worker_alone_does_not_listen(tmp_path):
    server = Server(tmp_path, arguments=["--roles", "worker"])
    server.process = subprocess.Popen(server.command, cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
    try:
        for line in server.process.stdout:
            if "Working." in line:
                break
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=2)
    finally:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def test_accounts_are_made_and_granted_while_the_server_runs(tmp_path):
    with Server(tmp_path) as server:
        made = subprocess.run([server.binary, "user", "create", "ravi@example.com", "--name", "Ravi Rao"], cwd=tmp_path,
                              input="a long enough phrase\n", capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        body = {"email": "ravi@example.com", "password": "a long enough phrase"}
        token = Client(server.url).post("/v1/auth/sign-in", body).expect(200, 201).json["token"]
        ravi = Client(server.url, token)
        ravi.get("/v1/operator/backups").expect(404)
        assert server.run("operator", "grant", "ravi@example.com").returncode == 0
        ravi.get("/v1/operator/backups").expect(200)
        page = ravi.get("/operator", headers={"Accept": "text/html"}).expect(200)
        assert b"Database file" in page.body and b"Back up now" in page.body
        assert server.run("operator", "revoke", "ravi@example.com").returncode == 0
        ravi.get("/v1/operator/backups").expect(404)
        reset = server.run("user", "reset-password", "ravi@example.com", "--generate")
        assert reset.returncode == 0 and "Password: " in reset.stdout
        ravi.get("/v1/me").expect(401)
        body["password"] = reset.stdout.split("Password: ")[1].strip()
        Client(server.url).post("/v1/auth/sign-in", body).expect(200, 201)


@pytest.mark.parametrize("arguments, words", [
    (("user", "create", "nobody", "--name", "N", "--generate"), "email"),
    (("operator", "grant", "absent@example.com"), "no such account"),
])
def test_a_refused_command_says_why(server, arguments, words):
    done = server.run(*arguments)
    assert done.returncode == 1 and words in done.stderr, done.stderr
