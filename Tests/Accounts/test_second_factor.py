"""Second factors over HTTP and in the console, with codes and QR codes by other people's libraries."""
import re
import urllib.parse

import pyotp
import pytest
import qrcode

from outbox import outbox
from raptorflow import PASSWORD, Client

EMAIL = "owner@example.com"


@pytest.fixture(scope="module")
def enrolled(server, workspace):
    """The owner's second factor: secret, recovery codes, and a session that was opened without it."""
    made = workspace.owner.post("/v1/me/second-factor").expect(201).json
    totp = pyotp.parse_uri(made["uri"])
    assert totp.secret == made["secret"] and totp.name == EMAIL
    workspace.owner.post("/v1/me/second-factor/confirm", {"code": "000000"}).expect(422)
    confirmed = workspace.owner.post("/v1/me/second-factor/confirm", {"code": totp.now()}).expect(200).json
    assert len(confirmed["recovery_codes"]) == 10
    workspace.owner.get("/v1/me").expect(401)
    workspace.owner = Client(server.url, confirmed["token"])
    workspace.owner.get("/v1/me").expect(200)
    return totp, list(confirmed["recovery_codes"])


def challenge(server):
    answer = Client(server.url).post("/v1/auth/sign-in", {"email": EMAIL, "password": PASSWORD}).expect(201).json
    assert answer["status"] == "second_factor_required" and "token" not in answer and "session" not in answer
    return answer["challenge"]["token"]


def sign_in(server, code):
    return Client(server.url).post("/v1/auth/second-factor", {"challenge": challenge(server), "code": code})


def test_SES_8_a_challenge_opens_nothing(server, enrolled):
    token = challenge(server)
    for path in ["/v1/me", "/v1/me/second-factor", "/v1/me/sessions", "/v1/orgs"]:
        Client(server.url, token).get(path).expect(401)


def test_a_code_completes_the_sign_in_once(server, enrolled):
    _, codes = enrolled
    signed_in = sign_in(server, codes.pop()).expect(201).json
    assert signed_in["session"]["methods"] == ["pwd", "otp"]
    used = codes[0]
    sign_in(server, used).expect(201)
    assert sign_in(server, used).expect(422).json["code"] == "wrong_code"
    codes.remove(used)


def test_the_console_asks_for_the_code_before_it_gives_a_session(server, enrolled):
    _, codes = enrolled
    client = Client(server.url)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    body = urllib.parse.urlencode({"email": EMAIL, "password": PASSWORD, "next": "/account"})
    answer = client.post("/sign-in", body, headers=form).expect(303)
    assert answer.headers["Location"] == "/sign-in/code?next=/account"
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    assert cookie.startswith("raptorflow-step=") and "HttpOnly" in answer.headers["Set-Cookie"]
    page = {**form, "Cookie": cookie}
    client.get("/account", headers=page).expect(303)
    # The challenge in the place of the session's cookie is nothing either.
    client.get("/account", headers={**form, "Cookie": cookie.replace("raptorflow-step", "raptorflow")}).expect(303)
    wrong = client.post("/sign-in/code", "code=000000", headers={**page, "Sec-Fetch-Site": "same-origin"}).expect(422)
    assert b"wrong, too old" in wrong.body
    right = urllib.parse.urlencode({"code": codes.pop(), "next": "/account"})
    done = client.post("/sign-in/code", right, headers={**page, "Sec-Fetch-Site": "same-origin"}).expect(303)
    assert done.headers["Location"] == "/account"
    cookies = [line.split(";")[0] for line in done.headers.get_all("Set-Cookie")]
    session = next(cookie for cookie in cookies if cookie.startswith("raptorflow=rfs_"))
    client.get("/account", headers={"Accept": "text/html", "Cookie": session}).expect(200)


def test_MFA_7_an_organisation_that_asks_for_it_lets_nobody_in_without(server, workspace, enrolled):
    # A member who has none, by invitation.
    email = "editor@example.com"
    workspace.owner.post(f"{workspace.base}/invitations", {"email": email, "role": "editor"}).expect(201)
    token = re.search(r"#token=(\w+)", outbox(server, email)).group(1)
    made = Client(server.url).post("/v1/auth/sign-up", {
        "invitation_token": token, "name": "Edith Editor", "password": PASSWORD}).expect(201).json
    editor = Client(server.url, made["token"])
    editor.get(workspace.base).expect(200)
    assert editor.request("PATCH", workspace.base, {"requires_second_factor": True}).expect(403)
    # The key can't change the policy; the owner can.
    key = workspace.client()
    refused = key.request("PATCH", workspace.base, {"requires_second_factor": True}).expect(403).json
    assert refused["code"] == "second_factor_missing"
    changed = workspace.owner.request("PATCH", workspace.base, {"requires_second_factor": True}).expect(200).json
    assert changed["requires_second_factor"] is True
    for path in ["", "/members", "/audit-events", "/api-keys"]:
        assert editor.get(workspace.base + path).expect(403).json["code"] == "second_factor_missing"
    page = editor.get(f"/orgs/{workspace.organization}", headers={
        "Accept": "text/html", "Authorization": f"Bearer {made['token']}"}).expect(303)
    assert page.headers["Location"] == "/account/second-factor"
    workspace.owner.get(workspace.base).expect(200)
    # With a second factor of their own they are in again.
    seed = editor.post("/v1/me/second-factor").expect(201).json
    session = editor.post("/v1/me/second-factor/confirm", {"code": pyotp.TOTP(seed["secret"]).now()}).expect(200).json
    editor = Client(server.url, session["token"])
    editor.get(workspace.base).expect(200)
    editor.request("DELETE", "/v1/me/second-factor").expect(204)
    assert editor.get(workspace.base).expect(403).json["code"] == "second_factor_missing"


def modules(svg):
    """The dark modules of the picture, without the quiet zone."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg).group(1)) - 8
    matrix = [[0] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        for column in range(int(x), int(x) + int(width)):
            matrix[int(y) - 4][column - 4] = 1
    return matrix


def theirs(text, version, mask):
    """The modules of the same code by the library `qrcode`."""
    code = qrcode.QRCode(version, qrcode.ERROR_CORRECT_M, mask_pattern=mask)
    code.add_data(qrcode.util.QRData(text.encode(), mode=qrcode.util.MODE_8BIT_BYTE))
    code.make(fit=False)
    return [[int(module) for module in row] for row in code.modules]


def test_the_picture_on_the_page_is_the_QR_code_of_the_secret(server, workspace):
    """Compared module by module with another encoder's, for the mask that ours chose."""
    for length in (3, 30, 90, 180):
        email = f"{'n' * min(length, 60)}@{'.'.join(['d' * 40] * (length // 60 + 1))}.example.com"
        done = server.run("user", "create", email, "--name", "Nora", "--generate")
        password = re.search(r"Password: (\w+)", done.stdout).group(1)
        client = Client(server.url)
        client.token = client.post("/v1/auth/sign-in", {"email": email, "password": password}).json["token"]
        uri = client.post("/v1/me/second-factor").expect(201).json["uri"]
        page = client.get("/account/second-factor", headers={"Accept": "text/html"}).expect(200).body.decode()
        shown = modules(re.search(r'<svg class="qr".*?</svg>', page).group(0))
        version = (len(shown) - 17) // 4
        assert shown in [theirs(uri, version, mask) for mask in range(8)], (version, uri)



def test_the_command_takes_a_second_factor_away(server, enrolled):
    done = server.run("user", "disable-mfa", EMAIL)
    assert done.returncode == 0 and "password alone" in done.stdout, done.stderr
    answer = Client(server.url).post("/v1/auth/sign-in", {"email": EMAIL, "password": PASSWORD}).expect(201).json
    assert answer["status"] == "signed_in"
    assert server.run("user", "disable-mfa", "nobody@example.com").returncode != 0
