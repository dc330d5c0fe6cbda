"""Whatever a log shows, in whatever order, and wherever it breaks off: a node knows one history of it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from broker.database import writing
from broker.errors import BrokerError, LogUnavailable
from broker.limits import LOGGED_WITHIN
from broker.logbook import Claim, note_claim
from broker.merkle import Frontier, leaf_hash
from tests.support.logbook import AT, HEADS, a_book, a_digest, a_log_of, leaves, open_book_database
from tests.support.notes import a_log_trust
from tests.support.plain_log import Files

pytestmark = pytest.mark.timeout(300)  # many examples

PARTING = 5
"""Where the other history begins; both are the same below."""
SIZES = st.one_of(st.integers(1, 12), st.integers(254, 262))
TRUST = a_log_trust()


@cache
def shown_log(size: int, *, other: bool) -> Files:
    """Return the log of one of the two histories."""
    return a_log_of(leaves(size, parting=PARTING if other else None))


class _Breaking(Files):
    """A log that answers so many times."""

    answers = 0

    def read(self, path: str, *, most: int) -> bytes | None:
        self.answers -= 1
        if self.answers < 0:
            raise LogUnavailable("away")
        return super().read(path, most=most)


class Following(RuleBasedStateMachine):
    """A node that is shown logs of two histories, and told of checkpoints of both."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._engine = open_book_database(Path(self._folder.name) / "node.sqlite")
        self._is_other: bool | None = None
        self._size = 0
        self._now = AT

    def teardown(self) -> None:
        self._engine.dispose()
        self._folder.cleanup()

    @rule(size=SIZES, other=st.booleans(), answers=st.one_of(st.none(), st.integers(0, 8)))
    def look(self, size: int, other: bool, answers: int | None) -> None:
        shown = _Breaking(shown_log(size, other=other))
        shown.answers = 10**6 if answers is None else answers
        before = a_book(self._engine).state.size
        hidden, code = self._look(shown)
        if code in ("", "log-unavailable"):
            assert (answers is None) <= (code == "")
            self._note_read(before, other)
            assert code or size == a_book(self._engine).state.size
            assert all(one.head.size > size for one in hidden)
        elif size < before:  # whether it is the same history cannot be told where the larger tiles are gone
            assert code in ("log-rolled-back", "split-view")
        else:
            assert (code, not other) == ("split-view", self._is_other)

    def _look(self, shown: Files) -> tuple[Sequence[Claim], str]:
        """Return which claims are hidden, and the code of what went wrong."""
        try:
            return a_book(self._engine).catch_up(shown, TRUST, self._now).hidden, ""
        except BrokerError as error:
            return (), error.code

    def _note_read(self, before: int, other: bool) -> None:
        size = a_book(self._engine).state.size
        if size > before and size > PARTING and self._is_other is None:
            self._is_other = other

    @rule(size=SIZES, other=st.booleans())
    def hear(self, size: int, other: bool) -> None:
        with writing(self._engine) as connection:
            raw = shown_log(size, other=other)["checkpoint"]
            note_claim(connection, raw, trust=TRUST, by=HEADS, now=self._now)

    @rule()
    def wait(self) -> None:
        self._now += LOGGED_WITHIN / 2 + timedelta(seconds=1)

    @invariant()
    def is_one_history(self) -> None:
        state = a_book(self._engine).state
        own = leaves(state.size, parting=PARTING if self._is_other else None)
        assert Frontier().grown(map(leaf_hash, own)).root == state.head.root
        history = "other" if self._is_other else ""
        wanted = [a_digest(number, history if number >= PARTING else "") for number in range(state.size)]
        found = a_book(self._engine).places(wanted)
        assert list(range(state.size)) == [found[digest].index for digest in wanted]

    @invariant()
    def every_split_is_of_two_histories(self) -> None:
        for split in a_book(self._engine).splits:
            size = int(split.theirs.split(b"\n")[1])
            assert split.theirs == shown_log(size, other=not self._is_other)["checkpoint"]


Following.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestFollowing = Following.TestCase
