"""Other people's token libraries against the real binary: they verify ours, and we verify theirs."""
import http.server
import json
import sqlite3
import threading
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as jose_jwk
from joserfc import jwt as jose_jwt
from raptorflow import Client, Server, serving
from workspace import Workspace


class Issuer:
    """Serves a key set on a local port, as an issuer does, and counts how often it was fetched."""

    def __init__(self):
        self.keys, self.fetched = {"keys": []}, []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetched.append(self.path)
                body = json.dumps(issuer.keys).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def claims(issuer, audience="authenticated", **more):
    now = int(time.time())
    return {"iss": issuer, "aud": audience, "sub": str(uuid.uuid4()), "iat": now, "exp": now + 600,
            "role": "authenticated", **more}


@pytest.fixture(scope="module")
def supabase():
    """An issuer with one good key beside two that nobody can use yet."""
    issuer = Issuer()
    issuer.key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.get_algorithm_by_name("ES256").to_jwk(issuer.key.public_key(), as_dict=True)
    odd = [{"kty": "AKP", "kid": "later", "alg": "ML-DSA-44"}, {"kty": "oct", "kid": "secret", "k": "AAAA"}]
    issuer.keys = {"keys": [*odd, {**public, "kid": "k1", "use": "sig", "key_ops": ["verify"], "alg": "ES256"}]}
    yield issuer
    issuer.server.shutdown()


@pytest.fixture(scope="module")
def corporate(tmp_path_factory):
    """RSA and Ed25519 keys, pinned in a file."""
    keys = {"RS256": rsa.generate_private_key(65537, 2048), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
    folder = tmp_path_factory.mktemp("issuers")
    public = [{**jwt.get_algorithm_by_name(name).to_jwk(key.public_key(), as_dict=True), "kid": name}
              for name, key in keys.items()]
    (folder / "keys.json").write_text(json.dumps({"keys": public}))
    (folder / "issuers.json").write_text(json.dumps({"issuers": [{
        "name": "corp", "issuer": "https://login.corp.example", "audiences": ["raptorflow"],
        "algorithms": ["RS256", "EdDSA"], "jwks_file": str(folder / "keys.json")}]}))
    return folder / "issuers.json", keys


@pytest.fixture(scope="module")
def server(tmp_path_factory, supabase, corporate):
    arguments = ["--supabase-url", supabase.url, "--issuers", str(corporate[0]), "--tokens-audience", "reports"]
    with serving(tmp_path_factory.mktemp("tokens"), *arguments) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(server):
    return Workspace(server)


def issue(workspace, **body):
    return workspace.owner.post("/v1/auth/token", body).expect(201).json["access_token"]


def test_pyjwt_and_joserfc_verify_our_access_tokens(server, workspace):
    token = issue(workspace, organization=workspace.organization)
    key = jwt.PyJWKClient(f"{server.url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    read = jwt.decode(token, key.key, algorithms=["ES256"], audience="reports", issuer=server.url,
                      options={"require": ["iss", "aud", "exp", "iat", "sub", "jti"]})
    assert read["sub"] == workspace.owner.get("/v1/me").json["id"]
    assert (read["org"], read["role"]) == (workspace.organization, "owner")
    assert read["exp"] - read["iat"] == 600 and read["sid"].startswith("ses_")
    keys = jose_jwk.KeySet.import_key_set(Client(server.url).get("/.well-known/jwks.json").json)
    assert jose_jwt.decode(token, keys, algorithms=["ES256"]).claims == read
    with pytest.raises(jwt.InvalidAudienceError):
        jwt.decode(token, key.key, algorithms=["ES256"], audience="somebody-else")
    Client(server.url, token).get("/v1/me").expect(401)


def test_a_rotation_keeps_the_old_key_until_the_new_one_signs(server, workspace):
    before = jwt.get_unverified_header(issue(workspace))["kid"]
    assert "signs from" in server.run("keys", "rotate").stdout
    published = {key["kid"] for key in Client(server.url).get("/.well-known/jwks.json").json["keys"]}
    assert before in published and len(published) == 2
    assert jwt.get_unverified_header(issue(workspace))["kid"] == before
    assert [line.split()[1] for line in server.run("keys", "list").stdout.splitlines()] == ["signing", "waiting"]
    assert server.run("keys", "rotate", "--at-once").returncode == 0
    published = {key["kid"] for key in Client(server.url).get("/.well-known/jwks.json").json["keys"]}
    assert published == {jwt.get_unverified_header(issue(workspace))["kid"]} and before not in published


def test_a_supabase_user_gets_a_profile_and_may_be_invited(server, workspace, supabase):
    mine = claims(f"{supabase.url}/auth/v1", email="rita@example.com", session_id=str(uuid.uuid4()))

    def signed(**changes):
        return jwt.encode({**mine, **changes}, supabase.key, algorithm="ES256", headers={"kid": "k1"})

    rita = Client(server.url, signed())
    profile = rita.get("/v1/me").expect(200).json
    assert profile["email"].endswith("@supabase.invalid") and not profile["is_operator"]
    assert supabase.fetched == ["/auth/v1/.well-known/jwks.json"]
    for role in ("anon", "service_role"):
        Client(server.url, signed(role=role)).get("/v1/me").expect(401)
    rita.get(workspace.base).expect(404)
    workspace.owner.post(f"{workspace.base}/invitations", {"email": "rita@example.com", "role": "viewer"}).expect(201)
    with sqlite3.connect(f"file:{server.folder}/raptorflow.db?mode=ro", uri=True) as database:
        (mail,) = database.execute("SELECT text FROM messages WHERE recipient = 'rita@example.com'").fetchone()
    token = mail.split("#token=")[1].split()[0]
    assert rita.post("/v1/invitations/accept", {"token": token}).expect(200).json["role"] == "viewer"
    rita.get(workspace.base).expect(200)
    assert rita.get("/v1/me").json["email"] == "rita@example.com"
    asked = {"user": profile["id"], "permission": "members:manage"}
    verdict = workspace.owner.post(f"{workspace.base}/authorize", asked).expect(200).json
    assert verdict == {"allowed": False, "reason": "role_lacks_permission", "role": "viewer"}
    workspace.owner.request("DELETE", f"{workspace.base}/members/{profile['id']}").expect(204)
    rita.get(workspace.base).expect(404)


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_tokens_of_an_issuer_from_the_file_are_taken(server, corporate, algorithm):
    key, issuer = corporate[1][algorithm], "https://login.corp.example"
    mine = claims(issuer, "raptorflow", name="Cora Corp", email=f"{algorithm}@corp.example", email_verified=True)
    by_pyjwt = jwt.encode(mine, key, algorithm=algorithm, headers={"kid": algorithm})
    profile = Client(server.url, by_pyjwt).get("/v1/me").expect(200).json
    assert (profile["name"], profile["email"]) == ("Cora Corp", f"{algorithm}@corp.example")
    private = jose_jwk.import_key(jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True))
    name = {"EdDSA": "Ed25519"}.get(algorithm, algorithm)
    by_joserfc = jose_jwt.encode({"alg": name, "kid": algorithm}, mine, private, algorithms=[name])
    assert Client(server.url, by_joserfc).get("/v1/me").expect(200).json["id"] == profile["id"]
    for changes in ({"aud": "other"}, {"iss": f"{issuer}/"}, {"exp": int(time.time()) - 60}, {"nonce": "n"}):
        bad = jwt.encode({**mine, **changes}, key, algorithm=algorithm, headers={"kid": algorithm})
        assert Client(server.url, bad).get("/v1/me").expect(401).json["code"] == "unauthenticated"


def test_a_list_with_a_mistake_keeps_the_server_from_starting(tmp_path):
    (tmp_path / "issuers.json").write_text('{"issuers": [{"name": "corp", "issuer": "http://corp.example"}]}')
    refused = Server(tmp_path).run("serve", "--port", "0", "--issuers", "issuers.json")
    assert refused.returncode == 1 and "issuer must be an https address" in refused.stderr
    missing = Server(tmp_path).run("serve", "--port", "0", "--issuers", "nowhere.json")
    assert missing.returncode == 1 and "nowhere.json: it must be JSON" in missing.stderr
    open_road = Server(tmp_path).run("serve", "--port", "0", "--supabase-url", "http://abc.supabase.co")
    assert open_road.returncode == 2 and "supabase.url must be https" in open_road.stderr
    (tmp_path / "issuers.json").write_text(json.dumps({"issuers": [
        {"name": "app", "profile": "supabase", "issuer": "https://abc.supabase.co/auth/v1"}]}))
    twice = Server(tmp_path).run(
        "serve", "--port", "0", "--issuers", "issuers.json", "--supabase-url", "https://abc.supabase.co/")
    assert twice.returncode == 1 and "keep one" in twice.stderr
