"""What the black-box tests share: a running server on a fresh folder, and somebody who owns an organisation on it."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Driver"))

from raptorflow import serving  # noqa: E402
from workspace import Workspace  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on an empty folder, stopped by SIGTERM at the end, which must leave status 0."""
    with serving(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(server):
    return Workspace(server)
