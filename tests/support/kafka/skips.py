"""A pytest plugin: a test against a real Kafka that is skipped has not passed, where everything has to be there."""

import os
from collections.abc import Generator

import pytest

MARKER = "kafka"


def must_run() -> bool:
    """Whether this is a machine on which all tests have to run."""
    return os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test with the marker into a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker(MARKER) and must_run():
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI=true says that it has to run: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module of such tests into a failure."""
    report = yield
    if report.skipped and MARKER in collector.path.parts and must_run():
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI=true says that it has to run: {report.longrepr}"
    return report
