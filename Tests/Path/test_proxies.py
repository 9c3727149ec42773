"""HTP-1: requests that two servers could read differently, alone and behind nginx and HAProxy. Whatever somebody sends,
the next one on a shared connection gets the answer to their own request."""
import os
import shutil
import socket
import subprocess
import time

import pytest

from raptorflow import Client, free_port

NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream raptorflow {{ server 127.0.0.1:{server}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    ignore_invalid_headers off; underscores_in_headers on;
    location / {{
      proxy_pass http://raptorflow; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host 127.0.0.1:{server};
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  option http-keep-alive
  http-reuse always
frontend in
  bind 127.0.0.1:{port}
  option accept-invalid-http-request
  default_backend raptorflow
backend raptorflow
  server one 127.0.0.1:{server} maxconn 1
"""


def start(name, folder, server):
    port = free_port()
    text, command = {"nginx": (NGINX, ["nginx", "-p", str(folder), "-c"]),
                     "haproxy": (HAPROXY, ["haproxy", "-db", "-q", "-f"])}[name]
    path = folder / f"{name}.conf"
    path.write_text(text.format(folder=folder, port=port, server=server.port,
                                user="user root;" if os.geteuid() == 0 else ""))
    program = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
    assert program, f"{name} is not installed: run `make test`"
    running = subprocess.Popen([program, *command[1:], str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while True:
        try:
            Client(f"http://127.0.0.1:{port}", timeout=5).get("/up", headers={"Host": f"127.0.0.1:{server.port}"})
            return running, port
        except OSError as error:
            assert running.poll() is None, running.stderr.read()
            assert time.monotonic() < deadline, error
            time.sleep(0.05)


@pytest.fixture(scope="module", params=["alone", "nginx", "haproxy"])
def way(request, server, tmp_path_factory):
    """The port that clients are given."""
    if request.param == "alone":
        yield server.port
        return
    running, port = start(request.param, tmp_path_factory.mktemp(request.param), server)
    yield port
    running.terminate()
    running.wait(20)


INNER = "GET /v1/nowhere HTTP/1.1\r\nHost: {host}\r\nX-Request-Id: smuggled-request\r\n\r\n"
SPECIMENS = {
    "both lengths, chunked ends first": "Content-Length: {long}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
    "both lengths, length ends first":
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{inner}\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: {long}\r\n\r\n{inner}",
    "a list of lengths": "Content-Length: 0, {long}\r\n\r\n{inner}",
    "a signed length": "Content-Length: +0\r\n\r\n{inner}", "a negative length": "Content-Length: -1\r\n\r\n{inner}",
    "a length in hexadecimal": "Content-Length: 0x0\r\n\r\n{inner}",
    "a length that overflows": "Content-Length: 18446744073709551616\r\n\r\n{inner}",
    "a coding that is none": "Content-Length: {long}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}",
    "two codings": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{inner}",
    "gzip before chunked": "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{inner}",
    "a blank before the colon": "Content-Length: {long}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}",
    "a tab before the value": "Content-Length: {long}\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n{inner}",
    "a folded line": "Content-Length: {long}\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{inner}",
    "a bare line feed": "X: a\nTransfer-Encoding: chunked\r\nContent-Length: {long}\r\n\r\n0\r\n\r\n{inner}",
    "a bare carriage return": "X: a\rTransfer-Encoding: chunked\r\nContent-Length: {long}\r\n\r\n0\r\n\r\n{inner}",
    "a NUL": "X: a\0b\r\nContent-Length: {long}\r\n\r\n{inner}",
    "a line feed in a chunk's extension": "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n{size}\r\n0\r\n\r\n{inner}",
    "a chunk size that overflows": "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n{inner}",
    "a chunk without its end": "Transfer-Encoding: chunked\r\n\r\n1\r\naX0\r\n\r\n{inner}",
    "a length in the trailer": "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: {long}\r\n\r\n{inner}",
    "an upgrade": "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: {long}\r\n\r\n{inner}",
}


def attack(port, server, fields):
    host = f"127.0.0.1:{server.port}"
    inner = INNER.format(host=host)
    rest = fields.format(inner=inner, long=len(inner) + 5, size=f"{len(inner):x}")
    head = f"POST /v1/auth/sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall((head + rest).encode("latin-1"))
        client.settimeout(0.3)
        try:
            while client.recv(65536):
                pass
        except OSError:
            pass


@pytest.mark.parametrize("what", SPECIMENS)
def test_htp_1_whoever_comes_next_gets_their_own_answer(way, server, what):
    attack(way, server, SPECIMENS[what])
    for number in range(6):
        mine = f"victim-{way}-{number:04}"
        answer = Client(f"http://127.0.0.1:{way}").get(
            "/health/live", headers={"X-Request-Id": mine, "Host": f"127.0.0.1:{server.port}"}).expect(200)
        assert answer.headers["X-Request-Id"] == mine and answer.json == {"status": "ok"}
