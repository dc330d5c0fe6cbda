"""What holds for all tests: no network, and properties that are the same on every run."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
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
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave unit tests no socket but those inside the machine's memory, and others only this machine."""
    folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
    if folder in NETWORKED:
        return
    if folder == "unit":
        disable_socket(allow_unix_socket=True)  # an event loop talks to itself through one
    else:
        socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
