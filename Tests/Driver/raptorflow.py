"""Drives the real binary from outside: starts and stops it, and talks to it over HTTP. Standard library only."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("RAPTORFLOW", str(ROOT / ".build" / "debug" / "raptorflow"))
PASSWORD = "violet harbour kettle 97"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """Status, headers and body of one HTTP answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, *statuses):
        assert self.status in statuses, f"{self.status}, not {statuses}: {self.body[:800]!r}"
        return self


class Client:
    """One connection, kept open. Not for several threads at once."""

    def __init__(self, url, token=None, timeout=30):
        self.parts = urllib.parse.urlsplit(url)
        self.token, self.timeout, self.connection = token, timeout, None

    def request(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=self.timeout)
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, key=None, **options):
        headers = options.pop("headers", {})
        if key:
            headers["Idempotency-Key"] = key
        return self.request("POST", path, body, headers=headers, **options)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Server:
    """A running `raptorflow serve` on a folder. Its output goes to a file, so that nobody has to keep reading it."""

    def __init__(self, folder, binary=BINARY, arguments=(), environment=None, command="serve"):
        self.folder, self.binary = pathlib.Path(folder), binary
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log, self.ready_after = tempfile.TemporaryFile(), None
        limits = [word for each in ("address", "principal", "organization")
                  for word in (f"--limits-{each}-per-minute", "0")]
        self.command = [binary, command, "--port", str(self.port), *limits, *arguments]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    def start(self, patience=30):
        self.ready_after = None
        began = time.monotonic()
        self.process = subprocess.Popen(self.command, cwd=self.folder, env=self.environment,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        while not self._is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.output}")
            if time.monotonic() - began > patience:
                self.kill()
                raise RuntimeError(f"the server was not ready after {patience} s:\n{self.output}")
            time.sleep(0.002)
        self.ready_after = time.monotonic() - began
        return self

    def _is_ready(self):
        client = Client(self.url, timeout=5)
        try:
            return client.get("/health/ready").status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()

    @property
    def output(self):
        """Everything printed so far, by every start of this server."""
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode("utf-8", "replace")

    @property
    def lines(self):
        return self.output.splitlines()

    def stop(self, patience=40):
        """SIGTERM, as a service manager does it; returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended(patience)

    def kill(self):
        """SIGKILL: the process has no chance to write anything more."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        return self._ended(10)

    def _ended(self, patience):
        return self.process.wait(patience) if self.process else None

    def memory(self, field):
        """Megabytes of a field of /proc/…/status: VmRSS now, VmHWM at most."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE).group(1)) / 1024

    def run(self, *arguments, timeout=60):
        """Another command of the binary on the same folder."""
        return subprocess.run([self.binary, *arguments], cwd=self.folder, env=self.environment, timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def set_up_token(self):
        """The token of the one-time set-up link that an empty instance prints."""
        found = re.search(r"/setup#token=([A-Za-z0-9_-]+)", self.output)
        assert found, f"no set-up link in:\n{self.output}"
        return found.group(1)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.kill()


@contextlib.contextmanager
def serving(folder, *arguments):
    """A server on a folder for as long as the block runs; stopped by SIGTERM at its end, which must leave status 0."""
    running = Server(folder, arguments=arguments).start()
    try:
        yield running
        assert running.stop() == 0, running.output
    finally:
        running.kill()
