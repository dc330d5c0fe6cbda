"""From a seizure to the shipping country, and on: who asked whom after whom."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from broker.types.names import Digest
from tocsin.asking.chain import Step, chain_of

START = datetime(2026, 3, 14, 12, tzinfo=UTC)


def digest(name: str) -> Digest:
    return Digest(name.encode().ljust(32, b"\x00"))


def a_step(name: str, *after: str, hours: int = 0) -> Step:
    issued_at = START + timedelta(hours=hours)
    return Step(digest=digest(name), issued_at=issued_at, after=tuple(map(digest, after)))


STEPS = (
    a_step("to BE", "seizure", hours=1),
    a_step("to FR", "seizure", hours=2),
    a_step("BE says", "to BE", hours=3),
    a_step("to TR", "BE says", "seizure", hours=4),
    a_step("TR says", "to TR", hours=5),
    a_step("other", hours=6),
)


def said(name: str, *steps: Step) -> list[tuple[int, str]]:
    return [(link.depth, link.digest.rstrip(b"\x00").decode()) for link in chain_of(digest(name), steps)]


WHOLE = [(0, "seizure"), (1, "to BE"), (2, "BE says"), (3, "to TR"), (4, "TR says"), (1, "to FR")]


def test_the_chain_goes_from_the_seizure_to_the_last_answer_from_wherever_it_is_asked_for() -> None:
    for name in ("seizure", "to BE", "BE says", "to TR", "TR says", "to FR"):
        assert WHOLE == said(name, *STEPS)


def test_the_order_of_arrival_changes_nothing() -> None:
    assert {tuple(WHOLE)} == {tuple(said("to TR", *several)) for several in permutations(STEPS)}


def test_what_follows_an_answer_that_is_not_here_stands_below_what_both_are_about() -> None:
    assert [(0, "seizure"), (1, "to TR")] == said("to TR", a_step("to TR", "BE says", "seizure"))


def test_a_request_about_nothing_is_its_own_beginning() -> None:
    assert [(0, "other")] == said("other", *STEPS)


def test_a_forged_ring_hangs_nobody() -> None:
    ring = (a_step("one", "two"), a_step("two", "one"))
    assert {"one", "two"} == {name for _, name in said("one", *ring)}
    assert [(0, "self")] == said("self", a_step("self", "self"))
