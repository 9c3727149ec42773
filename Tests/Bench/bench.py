"""Measures RaptorFlow, beside its peers when PEERS names the folder with their start scripts.

usage: bench.py BINARY [--rounds 3] [--seconds 6]

Everything runs on this machine, the load generator (wrk) included. In each round the peer and RaptorFlow take
turns; a figure is the median over the rounds, a ratio that of the two medians. The summary and all raw output go to
docs/benchmarks/DATE.txt.
"""
import argparse
import dataclasses
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "Driver"))

from load import Target, run_load  # noqa: E402
from peers import PocketBase, SeedStack  # noqa: E402
from raptorflow import Server  # noqa: E402
from workspace import Workspace  # noqa: E402

CLIENTS = 64


class Report:
    """The lines of the summary and, below them, everything that was printed."""

    def __init__(self):
        self.summary, self.raw, self.missed = [], [], 0

    def line(self, text):
        print(text, flush=True)
        self.summary.append(text)

    def judge(self, name, value, unit, limit, above):
        """One target: `above` says whether the value has to reach the limit or stay below it."""
        met = value >= limit if above else value < limit
        self.missed += not met
        sign = "≥" if above else "<"
        self.line(f"{'met   ' if met else 'MISSED'}  {name}: {value:.4g}{unit} (target {sign} {limit:g}{unit})")

    def write(self, path):
        text = "\n".join(self.summary) + "\n\nRaw output\n==========\n\n" + "\n".join(self.raw) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def compare(report, name, ours, theirs, rounds, seconds, least):
    """Peer, RaptorFlow, peer, RaptorFlow …; judges the ratio of the medians."""
    rates = {target.name: [] for target in (theirs, ours) if target}
    slowest = []
    for number in range(rounds):
        for target in filter(None, (theirs, ours)):
            result = run_load(target, CLIENTS, seconds, f"{name}-{number}", report.raw)
            rates[target.name].append(result.rate)
            if target is ours:
                slowest.append(result.p99)
    medians = {key: statistics.median(values) for key, values in rates.items()}
    for key, values in rates.items():
        report.line(f"        {name}, {key}: median {medians[key]:,.0f}/s of {', '.join(f'{v:,.0f}' for v in values)}")
    report.judge(f"{name}, p99 at {CLIENTS} clients", statistics.median(slowest), " ms", 15, above=False)
    if theirs:
        report.judge(f"{name} against {theirs.name}", medians[ours.name] / medians[theirs.name], "×", least, above=True)


def measure_start(report, binary):
    """From the start of the process to the first `ready`, on a file that exists."""
    folder = tempfile.mkdtemp()
    times = []
    try:
        for number in range(6):
            with Server(folder, binary) as server:
                times.append(server.ready_after * 1000)
        report.raw.append(f"start to ready, ms: {times} (the first one makes the database)")
        report.judge("start to ready", statistics.median(times[1:]), " ms", 200, above=False)
    finally:
        shutil.rmtree(folder)


def raptorflow_targets(workspace):
    """The three requests that are measured, as an API key's holder sends them."""
    read = Target("RaptorFlow", workspace.url, workspace.base, f"Bearer {workspace.key}")
    create = Target("RaptorFlow", workspace.url, *workspace.create_request())
    accounts = workspace.make_accounts(100)
    entry = Target("RaptorFlow", workspace.url, *workspace.entry_request(), names=accounts)
    return read, create, entry


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    arguments = parser.parse_args()
    binary = str(pathlib.Path(arguments.binary).resolve())
    report = Report()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    report.line(f"RaptorFlow {commit.strip()}, {os.cpu_count()} cores, {arguments.rounds} rounds of "
                f"{arguments.seconds} s, {CLIENTS} clients, load generator on the same machine")
    busy = os.getloadavg()[0]
    if busy > 0.5:
        report.line(f"Not to be quoted: other work was running here (load {busy:.1f} before the first request)")
    run(report, binary, arguments)
    path = ROOT / "docs" / "benchmarks" / f"{datetime.date.today().isoformat()}.txt"
    report.write(path)
    print(f"written to {path.relative_to(ROOT)}")
    return 1 if report.missed else 0


def run(report, binary, arguments):
    measure_start(report, binary)
    peers = os.environ.get("PEERS")
    pocketbase = PocketBase(peers) if peers else None
    seedstack = SeedStack(peers) if peers else None
    folder = tempfile.mkdtemp()
    try:
        with Server(folder, binary) as server:
            report.judge("resident memory, idle", server.memory("VmRSS"), " MB", 60, above=False)
            workspace = Workspace(server)
            read, create, entry = raptorflow_targets(workspace)
            rounds, seconds = arguments.rounds, arguments.seconds
            compare(report, "read one object", read, pocketbase and pocketbase.read, rounds, seconds, 5)
            compare(report, "durable create", create, pocketbase and pocketbase.create, rounds, seconds, 4)
            compare(report, "ledger entry", entry, seedstack and seedstack.post, rounds, seconds, 30)
            for name, target in ("durable create", create), ("ledger entry", entry):
                keyed = dataclasses.replace(target, keyed=True)
                compare(report, f"{name}, keyed", keyed, None, rounds, seconds, 0)
            report.judge("resident memory, highest", server.memory("VmHWM"), " MB", 150, above=False)
    finally:
        for peer in filter(None, (pocketbase, seedstack)):
            peer.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
