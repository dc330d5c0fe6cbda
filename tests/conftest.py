"""What holds for all tests: no network, and properties that are the same on every run."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from pytest_socket import disable_socket, socket_allow_hosts

TESTS = Path(__file__).parent
NETWORKED = ("kafka", "packaging")
"""Folders whose tests reach a real broker or build what is released."""

pytest_plugins = ["tests.support.kafka.skips", "tests.support.kafka.fixtures"]  # the second imports the first

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False, max_examples=5_000)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci")
settings.load_profile(PROFILE)
if PROFILE == "ci":
    # It would mix in numbers and words from the source of whatever is loaded: after other tests, other values.
    providers._get_local_constants = Constants


@pytest.hookimpl(trylast=True)  # when their order is settled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: at the end, one of them alone would keep everybody waiting."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_configure() -> None:
    """Let Ctrl-C count in the processes that tests start: what a shell starts in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave unit tests no socket but those inside the machine's memory, and others only this machine."""
    folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
    if folder in NETWORKED:
        return
    if folder == "unit":
        disable_socket(allow_unix_socket=True)  # an event loop talks to itself through one
    else:
        socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
