"""Pays in the payment simulator as a browser would."""
import re
import urllib.parse
import uuid

from raptorflow import Client


def key():
    return str(uuid.uuid4())


def pay(workspace, url, choice):
    """Presses a button of the simulator's checkout, and follows it as a browser would."""
    parts = urllib.parse.urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    cookie = {"Cookie": f"raptorflow={workspace.session}", "Accept": "text/html"}
    client = Client(workspace.url)
    html = client.get(target, headers=cookie).expect(200).body.decode()
    for form in re.findall(r"<form.*?</form>", html, re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        if fields.get("outcome") == choice:
            break
    else:
        raise AssertionError(f"no button {choice} in {html[:2000]}")
    action = re.search(r'action="([^"]+)"', form).group(1)
    headers = {**cookie, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    answer = client.post(action, urllib.parse.urlencode(fields), headers=dict(headers))
    if answer.status == 307:
        answer = client.post(answer.headers["Location"], urllib.parse.urlencode(fields), headers=dict(headers))
    return answer.expect(200, 303)
