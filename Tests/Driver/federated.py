"""An instance with two real OpenID providers and a GitHub, and the steps that people take between them."""
import contextlib
import json
import sqlite3
import subprocess
import time
import urllib.parse

from outbox import outbox
from person import Person
from providers import GitHub, OpenIDProvider
from raptorflow import PASSWORD, Client, Server, free_port
from workspace import Workspace

NAMES = ["ann", "bob", "cora", "dan", "eve", "fay", "gus", "hal", "ida", "jo", "kim", "lou", "mae", "ned", "ola", "pia",
         "quin", "rex", "sue", "tom"]
PEOPLE = {f"true.{name}": f"{name}@people.example" for name in NAMES} | {
    "false.owner": "owner@example.com", "false.liar": "ann@people.example", "false.new": "nobody@people.example",
    "true.successor": "sue@people.example", "true.elsewhere": "elsewhere@other.example",
    "true.operator": "owner@example.com"}


class Instance:
    """The server, its providers, and what tests do with them."""

    def __init__(self, folder, *arguments, sign_up="open"):
        self.server = Server(folder, arguments=arguments)
        self.url, self.corp, self.other, self.github = self.server.url, None, None, GitHub()
        for name in ("corp", "other"):
            (folder / name).mkdir()
            setattr(self, name, OpenIDProvider(folder / name, free_port(), [self.callback(name)], PEOPLE).start())
        (folder / "providers.json").write_text(json.dumps({"providers": [
            self.corp.entry("corp", "Acme Login"), self.other.entry("other", "Other Login")]}))
        self.server.command += [
            "--providers", "providers.json", "--github-url", self.github.url, "--accounts-sign-up", sign_up]
        self.server.environment |= {"RAPTORFLOW_GITHUB_CLIENT_ID": self.github.client,
                                    "RAPTORFLOW_GITHUB_CLIENT_SECRET": self.github.secret}
        self.server.start()
        self.workspace = Workspace(self.server)

    def stop(self):
        try:
            assert self.server.stop() == 0, self.server.output
        finally:
            for running in (self.server, self.corp, self.other):
                getattr(running, "kill", getattr(running, "stop", None))()
            self.github.server.shutdown()

    def callback(self, provider):
        return f"{self.server.url}/sign-in/with/{provider}/callback"

    def account(self, email, name="Some Body", confirmed=True):
        """An account with a password; its mailbox is confirmed by a mailed link."""
        done = subprocess.run(
            [self.server.binary, "user", "create", email, "--name", name], cwd=self.server.folder, text=True,
            input=PASSWORD + "\n", capture_output=True, timeout=60, env=self.server.environment)
        assert done.returncode == 0, done.stderr
        client = Client(self.url, self.password_session(email))
        if confirmed:
            client.post("/v1/me/email/verification").expect(204)
            Client(self.url).post("/v1/auth/verify-email", {"token": self.mailed_token(email)}).expect(204)
        return client

    def password_session(self, email, password=PASSWORD):
        return Client(self.url).post(
            "/v1/auth/sign-in", {"email": email, "password": password}).expect(201).json["token"]

    def mailed_token(self, email):
        """The token of the link in the newest message to an address."""
        return outbox(self.server, email).split("#token=")[1].split()[0]

    def sql(self, statement, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.server.folder}/raptorflow.db?mode=ro", uri=True)) as file:
            return file.execute(statement, values).fetchall()

    def audited(self, action):
        return [json.loads(row[0]) for row in self.sql(
            "SELECT details FROM audit_events WHERE action = ?", action)]

    def logged(self, words):
        """Waits until the log says something: it is written beside the answer."""
        ends = time.monotonic() + 10
        while words not in self.server.output:
            assert time.monotonic() < ends, f"{words!r} is not in the log: {self.server.output[-1500:]}"
            time.sleep(0.05)

    def denied(self, code):
        """Waits until the audit log has a refusal: they are written once a second."""
        ends = time.monotonic() + 10
        while code not in [details["code"] for details in self.audited("access.denied")]:
            assert time.monotonic() < ends, f"no refusal {code} is in the audit log"
            time.sleep(0.1)

    # The steps of a person.

    def leave(self, person, provider="Acme Login", page="/sign-in", verb="Continue with", stop=None):
        """From our page to the provider's: its sign-in page, or that of its consent."""
        return person.press(person.open(self.url + page), f"{verb} {provider}", stop)

    def at_provider(self, person, page, name, stop=None, allow="Authorize"):
        """Signs in at the provider, consents, and comes back."""
        if "Sign in at the provider" in page.text:
            page = person.press(page, "Sign in", username=name, password="at the provider")
        return person.press(page, allow, stop)

    def come(self, name, provider="Acme Login", person=None, page="/sign-in", verb="Continue with", stop=None):
        """The whole way; gives the person and the page they end on."""
        person = person or Person()
        return person, self.at_provider(person, self.leave(person, provider, page, verb), name, stop)

    def back_address(self, name, person, provider="Acme Login", page="/sign-in", verb="Continue with"):
        """The address that the provider sends the browser back to, before it is fetched."""
        _, address = self.come(name, provider, person, page, verb, stop=self.is_callback)
        return address

    def is_callback(self, address):
        return urllib.parse.urlsplit(address).path.endswith("/callback") and address.startswith(self.url)

    def session(self, person):
        """A client with the session that a browser has."""
        host = urllib.parse.urlsplit(self.url).netloc
        token = person.cookies.get(host, {}).get("raptorflow")
        assert token, f"nobody is signed in: {person.cookies}"
        return Client(self.url, token)

    def is_signed_in(self, person):
        return "raptorflow" in person.cookies.get(urllib.parse.urlsplit(self.url).netloc, {})
