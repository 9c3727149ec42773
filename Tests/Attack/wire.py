"""What the attacks on the running binary share: requests as bytes, as no client library would send them."""
import contextlib
import socket
import sqlite3
import uuid

from raptorflow import PASSWORD, Client


def key():
    return str(uuid.uuid4())


def raw(server, request, patience=10):
    """The answer to bytes, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(socket.timeout):
            while part := connection.recv(65536):
                answer += part
        return answer


def get(server, path, patience=10, **headers):
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(server, ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape"), patience)


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def rows(server, statement):
    with contextlib.closing(sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
        return file.execute(statement).fetchall()


def sign_in(url, email, password=PASSWORD):
    return Client(url).post("/v1/auth/sign-in", {"email": email, "password": password})
