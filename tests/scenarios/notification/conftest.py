"""A federation of NL, BE and DE where NL has a deadline rule and BE asks for notifications."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.scenarios.notification.desks import START, Desks
from tests.support.exercise import Clock
from tests.support.trade import a_rule, a_trade_entry
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.members import usual_member


@pytest.fixture(scope="session")
def founded_desks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation that nobody may change."""
    root, clock = tmp_path_factory.mktemp("notification") / "federation", Clock(START)
    members = [usual_member(code) for code in ("NL", "BE", "DE")]
    folder = asyncio.run(found_federation(root, Founding(id="notifying", members=members), clock=clock))
    desks = Desks(folder, clock)
    desks.says(a_trade_entry(rule=a_rule(silence="The exporter may proceed."), asks=()))
    desks.says(a_trade_entry(participant="BE", rule=None))
    desks.receive()
    return root


@pytest.fixture
def desks(founded_desks: Path, tmp_path: Path) -> Desks:
    """Return the desks of a federation of the test's own, at its beginning."""
    root = Path(shutil.copytree(founded_desks, tmp_path / "federation"))
    return Desks(FederationFolder(root), Clock(START))
