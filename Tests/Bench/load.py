"""Runs wrk against one request and reads what it measured."""
import dataclasses
import json
import os
import pathlib
import subprocess

SCRIPT = pathlib.Path(__file__).resolve().parent / "load.lua"


@dataclasses.dataclass
class Target:
    """One kind of request. `body` may hold %A, %B (two of `names`), %T (a tag of the run), %N (a growing number)."""
    name: str
    url: str
    path: str
    authorization: str
    body: str = None
    keyed: bool = False
    names: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Result:
    rate: float
    p99: float


def run_load(target, clients, seconds, tag, raw):
    """One run of wrk; adds its output to `raw`. A run with more than 1 refused request in 1000 is an error."""
    headers = f"Authorization: {target.authorization}"
    environment = dict(os.environ, LOAD_METHOD="POST" if target.body else "GET", LOAD_TAG=tag.replace(" ", "-"),
                       LOAD_KEYED="1" if target.keyed else "", LOAD_NAMES=",".join(target.names))
    if target.body:
        headers += "\nContent-Type: application/json"
        environment["LOAD_BODY"] = target.body
    environment["LOAD_HEADERS"] = headers
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", str(SCRIPT),
               target.url + target.path]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    raw.append(f"--- {tag}: {target.name}\n{output}")
    found = json.loads(next(line for line in output.splitlines() if line.startswith("RESULT "))[7:])
    failures = found["status_errors"] + found["socket_errors"]
    if failures * 1000 > found["requests"]:
        raise RuntimeError(f"{target.name} refused {failures} of {found['requests']} requests\n{output}")
    return Result((found["requests"] - found["status_errors"]) / found["seconds"], found["p99"])
