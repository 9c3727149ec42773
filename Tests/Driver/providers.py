"""Starts providers for the tests: a real OpenID one, and a server that speaks GitHub's wire format."""
import base64
import hashlib
import http.server
import json
import pathlib
import secrets
import subprocess
import sys
import threading
import urllib.parse

SITE = pathlib.Path(__file__).resolve().parent / "openid_site.py"
CLIENT = ("raptorflow-tests", "a secret of both: 100% & more")


class OpenIDProvider:
    """django-oauth-toolkit in a process of its own. People whose name begins with `true` have a confirmed address."""

    def __init__(self, folder, port, redirects, people):
        self.folder, self.port = pathlib.Path(folder), port
        self.issuer = f"http://localhost:{port}/o"
        self.redirects, self.people, self.process = redirects, people, None

    def start(self):
        (self.folder / "people.json").write_text(json.dumps(self.people))
        (self.folder / "provider.db").unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, str(SITE), str(self.folder), str(self.port), *self.redirects],
                                        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        assert line == "ready\n", f"the provider did not start: {line!r}"
        return self

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()

    def entry(self, name, title, **more):
        """This provider as an object of the list in the option `providers`."""
        secret = self.folder / "secret"
        secret.write_text(CLIENT[1] + "\n")
        return {"name": name, "title": title, "issuer": self.issuer, "client_id": CLIENT[0],
                "client_secret_file": str(secret), **more}

    def lie(self, **twists):
        (self.folder / "twists.json").write_text(json.dumps(twists))


class GitHub:
    """Speaks what GitHub documents of its web application flow and of two questions of its API, and is as strict as it
    says it is: redirect addresses, PKCE, codes that work once and for ten minutes, errors with status 200."""

    def __init__(self):
        self.client, self.secret = "Iv1.tests", "a secret of GitHub"
        self.user = {"id": 583231, "login": "octocat", "name": "The Octocat"}
        self.emails = [{"email": "octo@example.com", "primary": True, "verified": True, "visibility": "private"}]
        self.codes, self.tokens, self.seen = {}, set(), []
        github = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                github.answer(self, urllib.parse.urlsplit(self.path), None)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                github.answer(self, urllib.parse.urlsplit(self.path), dict(urllib.parse.parse_qsl(body)))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request, target, form):
        query = dict(urllib.parse.parse_qsl(target.query))
        self.seen.append((target.path, query, form, dict(request.headers)))
        if target.path == "/login/oauth/authorize":
            assert query["client_id"] == self.client and query["code_challenge_method"] == "S256"
            code = secrets.token_hex(10)
            self.codes[code] = query
            back = urllib.parse.urlencode({"code": code, "state": query["state"]})
            request.send_response(302)
            request.send_header("Location", f"{query['redirect_uri']}?{back}")
            request.send_header("Content-Length", "0")
            return request.end_headers()
        if target.path == "/login/oauth/access_token":
            return self.send(request, 200, self.token(form))
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            return self.send(request, 401, {"message": "Bad credentials"})
        if not request.headers["User-Agent"]:
            return self.send(request, 403, {"message": "Request forbidden by administrative rules."})
        answers = {"/api/v3/user": self.user, "/api/v3/user/emails": self.emails}
        return self.send(request, 200 if target.path in answers else 404, answers.get(target.path, {}))

    def token(self, form):
        if (form.get("client_id"), form.get("client_secret")) != (self.client, self.secret):
            return {"error": "incorrect_client_credentials"}
        asked = self.codes.pop(form.get("code"), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return {"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."}
        token = "gho_" + secrets.token_hex(18)
        self.tokens.add(token)
        return {"access_token": token, "scope": "user:email", "token_type": "bearer"}

    @staticmethod
    def send(request, status, value):
        body = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
