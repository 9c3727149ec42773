"""One instance with its providers for each module."""
import pytest

from federated import Instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    made = Instance(tmp_path_factory.mktemp("federated"))
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def honest(request):
    """No provider lies into the next test."""
    yield
    if "instance" in request.fixturenames:
        made = request.getfixturevalue("instance")
        for provider in (made.corp, made.other):
            provider.lie()
