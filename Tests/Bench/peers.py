"""Starts the peers by the scripts in the folder that PEERS names; they print what a client needs to know.

Needs Debian's postgresql and redis-server for the second one, and the network once, for PyPI.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from load import Target

HOMES = pathlib.Path(__file__).resolve().parents[2] / ".build" / "peers"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, script, home_variable):
    """Runs a start script and returns the shell assignments it prints."""
    home = HOMES / script
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["sh", str(pathlib.Path(folder) / script), str(free_port())],
                          env=dict(os.environ, **{home_variable: str(home)}),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=180)
    words = [word.split("=", 1) for word in done.stdout.split() if "=" in word]
    if done.returncode or not words:
        raise RuntimeError(f"{script} did not start (status {done.returncode})")
    return dict(words)


def start_services():
    """PostgreSQL and Redis, on loopback. The cluster command reports a slow start as a failure; the start script
    waits until the server answers."""
    if subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1"]).returncode:
        subprocess.run(["pg_ctlcluster", "15", "main", "start"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if subprocess.run(["redis-cli", "ping"], capture_output=True).returncode:
        subprocess.run(["redis-server", "--bind", "127.0.0.1", "--daemonize", "yes", "--save", "",
                        "--appendonly", "no"],
                       stdout=subprocess.DEVNULL, check=True)


class Peer:
    def stop(self):
        os.kill(self.process, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while os.path.exists(f"/proc/{self.process}") and time.monotonic() < deadline:
            time.sleep(0.05)


class PocketBase(Peer):
    def __init__(self, folder):
        # It writes migrations beside its data, which would make the collection a second time.
        shutil.rmtree(HOMES / "pocketbase.sh" / "pb_migrations", ignore_errors=True)
        found = start(folder, "pocketbase.sh", "PB_HOME")
        self.process = int(found["PB_PID"])
        collection = "/api/collections/items/records"
        self.read = Target("PocketBase", found["PB_URL"], f"{collection}/{found['PB_RECORD']}", found["PB_TOKEN"])
        self.create = Target("PocketBase", found["PB_URL"], collection, found["PB_TOKEN"], '{"title":"item %N","n":1}')


class SeedStack(Peer):
    def __init__(self, folder):
        start_services()
        found = start(folder, "seedstack.sh", "SEED_HOME")
        self.process = int(found["SEED_PID"])
        body = '{"description":"entry %N","entries":[{"account":"%A","amount":5},{"account":"%B","amount":-5}]}'
        self.post = Target("the cloud stack", found["SEED_URL"], "/v1/ledger/transactions", "Bearer rk_bench", body,
                           names=[f"wallet-{number}" for number in range(100)])
