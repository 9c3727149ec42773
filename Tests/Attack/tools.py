"""The attack tools that are too slow for every test run, against a server of its own with something of everything:
`make attack`. It prints a line for each, and keeps what they said in .build/attack. What was found is in
docs/security-runs.md."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Driver"), str(HERE.parent / "Path")]

from raptorflow import ROOT, Client, Server  # noqa: E402
from workspace import Workspace  # noqa: E402

KEPT = ROOT / ".build" / "attack"


def tool(package, name):
    """A program of a Python package; each has a folder of its own, because they want different versions of others."""
    return ROOT / ".build" / "tools" / package / "bin" / name


def run(name, command, patience, folder):
    """Runs a tool for at most so many seconds; returns what it said."""
    began = time.monotonic()
    with open(KEPT / f"{name}.log", "w+", encoding="utf-8", errors="replace") as log:
        done = subprocess.Popen([str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT)
        try:
            status = done.wait(patience)
        except subprocess.TimeoutExpired:
            done.kill()
            status = "stopped at the time limit"
    print(f"{name}: {status} after {time.monotonic() - began:.0f} s", flush=True)
    return (KEPT / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def sqlmap(workspace, folder):
    """SQL injection into query, path, body and headers of the API, and into a form of the console."""
    api = ["-H", f"Authorization: Bearer {workspace.session}"]
    json_body = ["-H", "Content-Type: application/json"]
    page = [f"--cookie=raptorflow={workspace.session}"]
    base, console = f"{workspace.url}{workspace.base}", f"{workspace.url}/orgs/{workspace.organization}"
    account = workspace.make_accounts(1)[0]
    targets = {
        "audit-list": [*api, "-u", f"{base}/audit-events?limit=1&cursor=a&action=a&actor=b&from=2026-01-01"],
        "jobs-list": [*api, "-u", f"{base}/jobs?limit=5&state=ready"],
        "statement": [*api, "-u", f"{base}/ledger/accounts/{account}*/statement?limit=2"],
        "ledger-account": [*api, "-u", f"{base}/ledger/accounts/*"],
        "sign-in": ["-u", f"{workspace.url}/v1/auth/sign-in", *json_body,
                    '--data={"email":"a@example.com","password":"b"}'],
        "open-account": [*api, "-u", f"{base}/ledger/accounts", *json_body,
                         '--data={"code":"1","name":"n","type":"asset","currency":"INR"}'],
        "key": ["-u", base, "-H", "Authorization: Bearer rfk_live_*"],
        "page-audit": [*page, "-u", f"{console}/audit?action=a&before=5"],
    }
    found = []
    for name, arguments in targets.items():
        said = run(f"sqlmap-{name}", [
            tool("sqlmap", "sqlmap"), "--batch", "--dbms=sqlite",
            "--level=3", "--risk=2", "--technique=BEUST", "--time-sec=2",
            "--ignore-code=*", "--flush-session", "--disable-coloring", f"--output-dir={folder}", *arguments],
            240, folder)
        if "testing" not in said:
            found.append(f"sqlmap {name} tried nothing: {said[-200:]}")
        if "is vulnerable" in said or "identified the following injection point" in said:
            found.append(f"sqlmap: {name}")
    return found


def wapiti(workspace, folder):
    """Crawls the console signed in, and tries every module that needs no service outside."""
    said = run("wapiti", [
        tool("wapiti3", "wapiti"), "-u", f"{workspace.url}/orgs/{workspace.organization}",
        "-H", f"Cookie: raptorflow={workspace.session}", "--scope", "domain",
        "-m", "backup,cookieflags,crlf,csp,exec,file,http_headers,methods,permanentxss,redirect,sql,xss,xxe",
        "-x", f"{workspace.url}/sign-out", "--max-scan-time", "240", "--flush-session", "-f", "json",
        "-o", KEPT / "wapiti.json", "--no-bugreport"], 420, folder)
    if not (KEPT / "wapiti.json").exists():
        return [f"wapiti left no report: {said[-300:]}"]
    report = json.loads((KEPT / "wapiti.json").read_text(encoding="utf-8"))
    return [f"wapiti: {kind}: {each['method']} {each['path']}: {each['info']}"
            for kind, listed in {**report["vulnerabilities"], **report["anomalies"]}.items() for each in listed]


def slowhttptest(workspace, folder):
    """Slow head, slow body and slow reading by 200 connections; a normal client is served meanwhile."""
    modes = {"head": ["-H"], "body": ["-B", "-s", "4096"],
             "read": ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32"]}
    found = []
    for name, mode in modes.items():
        log = open(KEPT / f"slow-{name}.log", "w", encoding="utf-8")
        attack = subprocess.Popen(["slowhttptest", *mode, "-c", "200", "-r", "100", "-i", "5", "-l", "25", "-x", "24",
                                   "-u", f"{workspace.url}/v1/auth/sign-in" if name == "body" else
                                   f"{workspace.url}/assets/app.css"], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        slowest, answered = 0, 0
        while attack.poll() is None:
            began = time.monotonic()
            answered += Client(workspace.url, workspace.session, timeout=10).get("/v1/me").status == 200
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        log.close()
        print(f"slowhttptest {name}: {answered} answers meanwhile, the slowest after {slowest * 1000:.0f} ms",
              flush=True)
        if answered < 20 or slowest > 2:
            found.append(f"slowhttptest {name}: {answered} answers, the slowest after {slowest:.1f} s")
    return found


def sslyze(folder):
    """What the server offers over TLS."""
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "9", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
            f"{folder}/key.pem", "-out", f"{folder}/chain.pem"]
    subprocess.run(make, check=True, capture_output=True)
    server = Server(folder, arguments=("--tls-certificate", f"{folder}/chain.pem", "--tls-key", f"{folder}/key.pem"))
    server.process = subprocess.Popen(server.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=server.log,
                                      stderr=subprocess.STDOUT)
    try:
        time.sleep(5)
        run("sslyze", [tool("sslyze", "sslyze"), "--mozilla_config=intermediate", f"--json_out={KEPT / 'sslyze.json'}",
                       f"localhost:{server.port}"], 300, folder)
    finally:
        server.stop()
    scan = json.loads((KEPT / "sslyze.json").read_text(encoding="utf-8"))["server_scan_results"][0]["scan_result"]
    old = [name for name in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")
           if scan[f"{name}_cipher_suites"]["result"]["accepted_cipher_suites"]]
    weak = [suite["cipher_suite"]["name"] for suite in scan["tls_1_2_cipher_suites"]["result"]["accepted_cipher_suites"]
            if not re.search(r"ECDHE.*(GCM|CHACHA20)", suite["cipher_suite"]["name"])]
    print(f"sslyze: old versions {old}, TLS 1.2 suites without forward secrecy or authentication {weak}", flush=True)
    return [f"sslyze: {name}" for name in old + weak]


def main():
    KEPT.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[1:] or ["sqlmap", "wapiti", "slowhttptest", "sslyze"]
    found = []
    with tempfile.TemporaryDirectory() as folder, Server(folder) as server:
        workspace = Workspace(server)
        workspace.owner.post(f"{workspace.base}/invitations", {"email": "a@example.com", "role": "viewer"},
                             key=str(uuid.uuid4())).expect(201)
        for name, attack in (("sqlmap", sqlmap), ("wapiti", wapiti), ("slowhttptest", slowhttptest)):
            if name in chosen:
                found += attack(workspace, folder)
        failed = [line for line in server.lines if "request failed" in line]
        found += [f"a request failed: {line}" for line in failed[:20]]
        if server.process.poll() is not None:
            found.append(f"the server ended: {server.output[-2000:]}")
    if "sslyze" in chosen:
        with tempfile.TemporaryDirectory() as folder:
            found += sslyze(folder)
    print("\n".join(found) or "nothing was found")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
