"""What limits, the record of every refusal and the log cost a read with an API key.

usage: limits.py BINARY [--before OTHER-BINARY] [--rounds 5] [--seconds 5]

Two servers on files of their own, one with the limits off and one with them on and too high to be reached, are read in
turns; judged is the ratio of the medians. `--before` names an older binary that is read instead of the one without
limits: the first vertical slice, for what all that came after it costs.
"""
import argparse
import contextlib
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Driver"))

from load import Target, run_load  # noqa: E402
from raptorflow import Server  # noqa: E402
from workspace import Workspace  # noqa: E402

CLIENTS = 64
LEAST = 0.85


@contextlib.contextmanager
def target(name, binary, limit):
    """A read of an organisation with its API key, on a server with limits of so many calls a minute; 0 is none."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, str(pathlib.Path(binary).resolve()))
        # An older binary has fewer limits, and no help names options.
        known = subprocess.run([server.binary, "config"], cwd=folder, capture_output=True, text=True).stdout
        pairs = [(word, value) for word, value in zip(server.command, server.command[1:])
                 if word.startswith("--limits-")]
        kept = [word for word, _ in pairs if word[2:].replace("-", ".", 1).replace("-", "_") in known]
        server.command = [word for word in server.command if word not in dict(pairs) and word != "0"]
        server.command += [part for word in kept for part in (word, str(limit))]
        with server:
            workspace = Workspace(server)
            if limit:
                # An organisation's limit is that of its plan.
                with contextlib.closing(sqlite3.connect(server.folder / "raptorflow.db", timeout=5)) as file:
                    file.execute("UPDATE plans SET version = version + 1")
                    file.execute("INSERT INTO plan_versions SELECT code, version, '[]', 0 FROM plans")
                    file.execute("INSERT INTO plan_entitlements SELECT code, version, 'calls_per_minute', ? FROM plans",
                                 (str(limit),))
                    file.commit()
            yield Target(name, workspace.url, workspace.base, f"Bearer {workspace.key}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--before")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    arguments = parser.parse_args()
    if (busy := os.getloadavg()[0]) > 0.5:
        print(f"Not to be quoted: other work was running here (load {busy:.1f} before the first request)")
    name = "the older binary, no limits" if arguments.before else "no limits"
    with target(name, arguments.before or arguments.binary, 0) as without, \
            target("limits on", arguments.binary, 1_000_000) as limited:
        rates = {without.name: [], limited.name: []}
        for number in range(arguments.rounds):
            for each in (without, limited):
                rates[each.name].append(run_load(each, CLIENTS, arguments.seconds, f"limits-{number}", []).rate)
    for name, values in rates.items():
        print(f"{name}: median {statistics.median(values):,.0f}/s of {', '.join(f'{value:,.0f}' for value in values)}")
    ratio = statistics.median(rates[limited.name]) / statistics.median(rates[without.name])
    verdict = "met   " if ratio >= LEAST else "MISSED"
    print(f"{verdict}  limits on against {without.name}: {ratio:.2f}× (target ≥ {LEAST}×)")
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
