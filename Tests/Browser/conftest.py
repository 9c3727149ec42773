"""One Chromium for all tests that look at pages."""
import pytest

from look import chromium


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running
