"""Whatever is published, flushed, restarted, restored and sent in vain: one chain a writer, each reference once."""

import asyncio
import itertools
import sqlite3
import tempfile
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broker.bus.embedded import open_embedded_bus
from broker.envelope.message import Opened
from broker.errors import BusUnavailable
from broker.types.vocabulary import Section
from producers.draft import Draft
from producers.flush import Flusher
from producers.outbox import outbox_state
from producers.publish import Already, Taken
from tests.support.outbox import (
    BrokenBus,
    PublishingNode,
    a_clock,
    a_draft,
    a_sealing_federation,
    check_chains,
    prepare_bus,
    records_in,
)

pytestmark = pytest.mark.timeout(600)  # hundreds of steps, and after each the whole bus is read again

T = TypeVar("T")

FEDERATION = a_sealing_federation("NL")
REFERENCES = [f"R-{number}" for number in range(12)]


def draft_of(reference: str) -> Draft:
    """Return the one draft of *reference*; every third names an earlier one, which may not be published yet."""
    number = REFERENCES.index(reference)
    return a_draft(reference, related=[REFERENCES[number // 2]] if number % 3 == 2 else [])


class OutboxMachine(RuleBasedStateMachine):
    """One node, its bus, and what should have come of them."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.bus = open_embedded_bus(path / "bus.sqlite", clock=a_clock())
        self.run(prepare_bus(self.bus, FEDERATION))
        self.node = PublishingNode(path, FEDERATION, self.bus)
        self.published: set[str] = set()
        self.backup: tuple[Path, set[str]] | None = None
        self.backups = itertools.count()
        self.restores = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @rule(reference=st.sampled_from(REFERENCES))
    def publish(self, reference: str) -> None:
        (outcome,) = self.node.publish(draft_of(reference))
        assert isinstance(outcome, Taken | Already)
        if isinstance(outcome, Already):
            assert reference in self.published
        self.published.add(reference)

    @rule()
    def flush(self) -> None:
        self.run(self.node.flusher.flush())
        assert 0 == outbox_state(self.node.engine).ready + outbox_state(self.node.engine).unsent

    @rule(delivers=st.booleans())
    def flush_in_vain(self, *, delivers: bool) -> None:
        broken = BrokenBus(self.bus, BusUnavailable("no answer"), delivers=delivers)
        try:
            self.run(Flusher(self.node.engine, self.node.line(broken)).flush())
        except BusUnavailable:
            return

    @rule()
    def restart(self) -> None:
        self.node.close()
        self.node.restart()

    @precondition(lambda self: self.restores < 3)
    @rule()
    def back_up(self) -> None:
        path = Path(self.folder.name) / f"backup-{next(self.backups)}.sqlite"
        with closing(sqlite3.connect(self.node.path)) as database, closing(sqlite3.connect(path)) as copy:
            database.backup(copy)
        self.backup = path, set(self.published)

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        assert self.backup is not None
        path, known = self.backup
        self.backup = None
        self.restores += 1
        self.node.close()
        for ending in ("", "-wal", "-shm"):
            self.node.path.with_name(self.node.path.name + ending).unlink(missing_ok=True)
        path.rename(self.node.path)
        self.node.restart()
        # What was published since is known again as far as the bus had it.
        self.published = known | self.references()

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "node"):
            return
        distinct = {one.digest: one for one in self.run(self.node.messages())}
        check_chains(distinct.values())
        references = [self.reference_of(one) for one in records_in(distinct.values())]
        assert len(references) == len(set(references))
        assert set(references) <= self.published

    def references(self) -> set[str]:
        return {self.reference_of(one) for one in records_in(self.run(self.node.messages()))}

    def reference_of(self, message: Opened) -> str:
        core = self.node.read(message).content[Section.CORE]
        return str(getattr(core, "national_reference", ""))

    def teardown(self) -> None:
        if not hasattr(self, "node"):
            return
        try:
            # Related drafts wait for what they name; once all is published and flushed, all is on the bus.
            self.node.publish(*map(draft_of, REFERENCES))
            self.published.update(REFERENCES)
            self.run(self.node.flusher.flush())
            assert set(REFERENCES) == self.references()
            self.holds()
        finally:
            self.node.close()
            self.run(self.bus.close())
            self.loop.close()
            self.folder.cleanup()


OutboxMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOutbox = OutboxMachine.TestCase
