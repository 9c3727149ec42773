"""What the black-box tests share: a running server on a fresh folder, and somebody who owns an organisation on it."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Driver"))

from raptorflow import Server  # noqa: E402
from workspace import Workspace  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on an empty folder, stopped by SIGTERM at the end, which must leave status 0."""
    running = Server(tmp_path_factory.mktemp("instance")).start()
    yield running
    try:
        assert running.stop() == 0, running.output
    finally:
        running.kill()


@pytest.fixture(scope="module")
def workspace(server):
    return Workspace(server)
