"""How reads fare while 200 clients sign in at once.

usage: storm.py BINARY [--rounds 3] [--seconds 8] [--clients 200]

In each round the same read is measured twice on one server: alone, and during the storm. Judged is the 99th percentile
of the read in the storm against its own quiet value, and the memory that the storm takes. The clients of the storm are
a process of their own (this file, with --storm); each has an address of its own in 127/8, as clients of the world have,
and asks again at once when it is answered, or after 200 ms when it is told to wait.
"""
import argparse
import asyncio
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Driver"))

from load import Target, run_load  # noqa: E402
from raptorflow import PASSWORD, Server  # noqa: E402
from workspace import Workspace  # noqa: E402

READERS = 8


async def one_client(number, port, request, ends, seen):
    """Signs in over and over on one connection, until its time is over."""
    address = f"127.1.{number // 250}.{number % 250 + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        while time.monotonic() < ends:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            status = int(head.split(b" ", 2)[1])
            seen[status] += 1
            if status != 201:
                await asyncio.sleep(0.2)
    except (OSError, asyncio.IncompleteReadError):
        seen["closed"] += 1
    finally:
        writer.close()


async def storm(port, email, clients, seconds):
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    request = (f"POST /v1/auth/sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    seen, ends = collections.Counter(), time.monotonic() + seconds
    await asyncio.gather(*(one_client(number, port, request, ends, seen) for number in range(clients)))
    print(json.dumps({str(status): count for status, count in seen.items()}))


def measure(server, workspace, arguments):
    """Quiet and stormy 99th percentiles by round, and what the storm was answered."""
    read = Target("read", workspace.url, workspace.base, f"Bearer {workspace.session}")
    quiet, stormy, answers = [], [], collections.Counter()
    for number in range(arguments.rounds):
        quiet.append(run_load(read, READERS, arguments.seconds, f"quiet-{number}", []).p99)
        command = [sys.executable, __file__, "--storm", str(server.port), "--clients", str(arguments.clients),
                   "--seconds", str(arguments.seconds + 2), "--email", workspace.email, server.binary]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as attack:
            time.sleep(1)
            stormy.append(run_load(read, READERS, arguments.seconds, f"storm-{number}", []).p99)
            answers.update(json.loads(attack.communicate(timeout=60)[0]))
        time.sleep(1)
    return quiet, stormy, answers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--storm", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--email", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.storm:
        asyncio.run(storm(arguments.storm, arguments.email, arguments.clients, arguments.seconds))
        return 0
    if (busy := os.getloadavg()[0]) > 0.5:
        print(f"Not to be quoted: other work was running here (load {busy:.1f} before the first request)")
    binary = str(pathlib.Path(arguments.binary).resolve())
    with tempfile.TemporaryDirectory() as folder, Server(folder, binary) as server:
        workspace = Workspace(server)
        before = server.memory("VmRSS")
        quiet, stormy, answers = measure(server, workspace, arguments)
        highest = server.memory("VmHWM")
    ratio = statistics.median(stormy) / statistics.median(quiet)
    print(f"read, p99 alone: {', '.join(f'{value:.2f}' for value in quiet)} ms")
    print(f"read, p99 in the storm: {', '.join(f'{value:.2f}' for value in stormy)} ms")
    print(f"the storm was answered {dict(answers)}")
    print(f"{'met   ' if ratio < 3 else 'MISSED'}  p99 in the storm: {ratio:.2f}× (target < 3×)")
    print(f"{'met   ' if highest < 150 else 'MISSED'}  resident memory: {before:.0f} MB before, "
          f"{highest:.0f} MB at the highest (target < 150 MB)")
    return 0 if ratio < 3 and highest < 150 and answers.get("201", 0) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
