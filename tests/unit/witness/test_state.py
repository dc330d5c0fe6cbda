"""What a witness remembers: before it answers, across crashes, threads and restarts, and what it keeps as proof."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from broker.database import open_engine, writing
from broker.errors import MissingFile, StaleDatabase
from broker.log.checkpoint import Checkpoint
from broker.log.note import COSIGNATURE, parse_note, parse_signatures
from broker.log.tree import TreeHead
from broker.log.witness import AddCheckpoint, Answer, format_request, parse_request
from broker.merkle import Hash
from broker.signing.keys import SigningKey
from tests.support.notes import ORIGIN, a_note_key, a_note_signer, a_signed_checkpoint
from tests.support.witnessing import (
    BE,
    FORK,
    LOG,
    LOGS,
    NOW,
    Seconds,
    a_note,
    a_proof,
    a_request,
    a_state,
    a_witness,
    conversation,
)
from tocsin.witnessing.state import MOST_REFUSED, WitnessState, open_witness_state
from tocsin.witnessing.witness import Event, Witness


class Crash(BaseException):
    """The process ends here."""


class CrashingKey(SigningKey):
    """A key whose owner's process ends when it is used."""

    def sign_note(self, text: bytes) -> bytes:
        raise Crash(text)


def heads(folder: Path) -> list[TreeHead]:
    """Return what is on the disk, as the next process would find it."""
    with a_state(folder) as state:
        return [one.head for one in state.heads()]


def head(size: int) -> TreeHead:
    return TreeHead(size, LOG.root(0, size))


def time_of(answer: Answer) -> int:
    (line,) = parse_signatures(answer.body)
    return int.from_bytes(line.signature[:8], "big")


# ── what is kept, and when ───────────────────────────────────────────────────────────────────────────────────────────


def test_keeps_the_head_and_the_note_of_what_it_cosigned(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        a_witness(state).answer(a_request(0, 20))
        (one,) = state.heads()

    assert (ORIGIN, head(20), a_note(20), NOW) == (one.origin, one.head, one.note, one.at)


def test_a_witness_goes_on_after_a_restart(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        a_witness(state).answer(a_request(0, 20))

    with a_state(tmp_path) as state:
        assert b"20\n" == a_witness(state).answer(a_request(0, 25)).body
        assert 200 == a_witness(state).answer(a_request(20, 25)).status


def test_the_head_is_kept_before_the_key_is_used(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        key = CrashingKey(b"k" * 32)
        witness = Witness(name=BE, key=key, state=state, logs=lambda: LOGS, clock=Seconds())
        with pytest.raises(Crash):
            witness.answer(a_request(0, 20))

    assert [head(20)] == heads(tmp_path)


def test_after_a_crash_between_keeping_and_answering_the_same_checkpoint_is_cosigned(tmp_path: Path) -> None:
    test_the_head_is_kept_before_the_key_is_used(tmp_path)

    with a_state(tmp_path) as state:
        assert NOW == conversation(a_witness(state).answer, 20).at


def test_nothing_is_cosigned_if_nothing_could_be_kept(tmp_path: Path) -> None:
    used = []

    class NotedKey(SigningKey):
        def sign_note(self, text: bytes) -> bytes:
            used.append(text)
            return super().sign_note(text)

    def crash(_connection: object) -> None:
        raise Crash

    engine = opened_engine(tmp_path)
    witness = Witness(name=BE, key=NotedKey(b"k" * 32), state=WitnessState(engine), logs=lambda: LOGS, clock=Seconds())
    event.listen(engine, "commit", crash)
    with pytest.raises(Crash):
        witness.answer(a_request(0, 20))
    engine.dispose()

    assert [] == used
    assert [] == heads(tmp_path)


def opened_engine(folder: Path) -> Engine:
    open_witness_state(folder / "witness.sqlite").close()
    return open_engine(folder / "witness.sqlite")


def test_what_is_refused_leaves_the_head_as_it_is(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 10))
        witness.answer(a_request(10, 20, FORK))
        witness.answer(a_request(10, 10, FORK))
        witness.answer(a_request(0, 9))

    assert [head(10)] == heads(tmp_path)


def test_each_log_has_a_head_of_its_own(tmp_path: Path) -> None:
    other = "elsewhere.example/log"
    note = a_signed_checkpoint(Checkpoint(other, 7, LOG.root(0, 7)))
    logs = {**LOGS, other: (a_note_key(),)}
    with a_state(tmp_path) as state:
        witness = Witness(name=BE, key=a_note_signer(BE), state=state, logs=lambda: logs, clock=Seconds())
        assert 200 == witness.answer(a_request(0, 20)).status
        assert 200 == witness.answer(format_request(AddCheckpoint(0, (), note))).status

        assert [(other, 7), (ORIGIN, 20)] == [(one.origin, one.head.size) for one in state.heads()]


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_time_of_cosignatures_never_runs_backwards(tmp_path: Path) -> None:
    clock, seen = Seconds(), []
    for size, now in ((10, NOW), (12, NOW + 5), (12, NOW - 3600), (14, NOW - 7200), (15, NOW + 4), (16, NOW + 6)):
        clock.now = now
        with a_state(tmp_path) as state:
            seen.append(conversation(a_witness(state, clock).answer, size).at - NOW)

    assert [0, 5, 5, 5, 5, 6] == seen


# ── two at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


def race(folder: Path, first: bytes, second: bytes) -> tuple[Answer, Answer]:
    """Answer *first*; when it was checked and before it is kept, let another witness on the same file begin *second*.

    This is the race that the protocol's text names, played out step by step.
    """
    engine = opened_engine(folder)
    came: list[Answer] = []
    began = threading.Event()

    def late() -> None:
        with a_state(folder) as state:
            began.set()
            came.append(a_witness(state).answer(second))

    thread = threading.Thread(target=late)

    def meanwhile(_connection: object) -> None:
        if thread.ident is None:
            thread.start()
            assert began.wait(25)
            thread.join(0.3)
            assert not came, "the second was answered before the first was kept"

    event.listen(engine, "commit", meanwhile)
    answer = a_witness(WitnessState(engine)).answer(first)
    event.remove(engine, "commit", meanwhile)
    thread.join(25)
    engine.dispose()
    return answer, came[0]


@pytest.mark.parametrize(("first", "second"), [(10, 20), (20, 10), (20, 20)])
def test_of_two_requests_at_once_the_later_meets_the_head_of_the_earlier(
    tmp_path: Path, first: int, second: int
) -> None:
    with a_state(tmp_path) as state:
        a_witness(state).answer(a_request(0, 5))

    one, other = race(tmp_path, a_request(5, first), a_request(5, second))

    assert 200 == one.status
    assert (409, b"%d\n" % first) == (other.status, other.body)
    assert [head(first)] == heads(tmp_path)


def test_of_two_forks_at_once_one_is_cosigned(tmp_path: Path) -> None:
    one, other = race(tmp_path, a_request(0, 20), a_request(0, 20, FORK))

    assert (200, 409) == (one.status, other.status)
    assert [head(20)] == heads(tmp_path)


def test_many_threads_never_roll_the_tree_back(tmp_path: Path) -> None:
    events: list[Event] = []
    with a_state(tmp_path) as state:
        witness = a_witness(state, tell=events.append)
        threads = [threading.Thread(target=push, args=(witness.answer, size)) for size in range(1, 25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        (one,) = state.heads()
    cosigned = [event.size for event in events if event.at is not None]
    assert max(cosigned) == one.head.size
    assert len(set(cosigned)) == len(cosigned)


def push(answer: Callable[[bytes], Answer], size: int) -> None:
    """Try to get *size* cosigned until it is, or the witness has seen more."""
    known = 0
    while known < size:
        said = answer(a_request(known, size))
        if said.status == 200:
            return
        assert 409 == said.status
        known = int(said.body)


# ── proof ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_roots_of_one_size_are_kept_with_both_notes(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 20))
        witness.answer(a_request(20, 20, FORK))
        (one,) = state.refused()

    assert ("split-view", 20, FORK.root(0, 20)) == (one.code, one.head.size, one.head.root)
    assert a_note(20) == one.cosigned_note
    assert a_note(20, FORK) == parse_request(one.request).checkpoint
    assert NOW == one.at


def test_two_roots_of_one_size_are_proof_from_whatever_size_was_asked(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 20))
        witness.answer(a_request(0, 20, FORK))

        assert ["split-view"] == [one.code for one in state.refused()]


def test_a_tree_that_did_not_grow_out_of_the_known_one_is_kept_with_its_request(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 11))
        witness.answer(a_request(11, 20, FORK))
        (one,) = state.refused()

    assert ("not-consistent", a_note(11), a_request(11, 20, FORK)) == (one.code, one.cosigned_note, one.request)


def test_a_wrong_proof_is_forgotten_when_the_right_one_comes(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 11))
        witness.answer(format_request(AddCheckpoint(11, a_proof(11, 20)[:-1], a_note(20))))
        assert ["not-consistent"] == [one.code for one in state.refused()]
        witness.answer(a_request(11, 20))

        assert () == state.refused()


def test_a_split_view_is_not_forgotten_when_the_tree_grows(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 20))
        witness.answer(a_request(20, 20, FORK))
        witness.answer(a_request(20, 30))

        assert ["split-view"] == [one.code for one in state.refused()]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(a_request(5, 20), id="another size known"),
        pytest.param(a_request(5, 9), id="a tree of before"),
        pytest.param(b"rubbish", id="no request"),
        pytest.param(a_request(10, 20).replace(b"=\n", b"A=\n"), id="no checkpoint"),
        pytest.param(a_request(0, 10), id="the same again"),
        pytest.param(format_request(AddCheckpoint(10, a_proof(5, 10), a_note(10))), id="a proof of nothing"),
    ],
)
def test_what_proves_nothing_is_not_kept(tmp_path: Path, request_: bytes) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 10))
        witness.answer(request_)

        assert () == state.refused()


def test_a_proof_from_no_tree_is_not_kept(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        assert 422 == a_witness(state).answer(format_request(AddCheckpoint(0, a_proof(5, 10), a_note(10)))).status

        assert () == state.refused()


def test_what_no_trusted_key_signed_is_not_kept(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 10))
        witness.answer(format_request(AddCheckpoint(10, (), a_note(20).replace(b"\n20\n", b"\n21\n"))))

        assert () == state.refused()


def a_made_up_tree(size: int, number: int) -> bytes:
    return a_signed_checkpoint(Checkpoint(ORIGIN, size, Hash(number.to_bytes(32, "big"))))


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        pytest.param(10, range(MOST_REFUSED), id="the first proofs of a split view"),
        pytest.param(20, range(3, MOST_REFUSED + 3), id="the last that may be a wrong proof"),
    ],
)
def test_what_is_kept_is_bounded(tmp_path: Path, size: int, kept: range) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 10))
        for number in range(MOST_REFUSED + 3):
            witness.answer(format_request(AddCheckpoint(10, (), a_made_up_tree(size, number))))

        assert list(kept) == [int.from_bytes(one.head.root, "big") for one in state.refused()]


def test_the_same_proof_twice_is_kept_once(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)
        witness.answer(a_request(0, 10))
        for _ in range(3):
            witness.answer(a_request(10, 20, FORK))

        assert 1 == len(state.refused())


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tells_what_it_cosigned_and_what_it_refused(tmp_path: Path) -> None:
    told: list[Event] = []
    with a_state(tmp_path) as state:
        witness = a_witness(state, tell=told.append)
        for request in (a_request(0, 10), a_request(0, 20), a_request(10, 20, FORK), b"rubbish"):
            witness.answer(request)

    root, fork = LOG.root(0, 20).hex(), FORK.root(0, 20).hex()
    assert [
        Event(200, "cosigned", "", ORIGIN, 10, LOG.root(0, 10).hex(), NOW),
        Event(409, "asked from 0, cosigned last was 10", "", ORIGIN, 20, root),
        Event(422, "the consistency proof does not hold", "not-consistent", ORIGIN, 20, fork),
        Event(400, "malformed: a request without an empty line and a checkpoint behind it"),
    ] == told


def test_its_key_checks_what_it_cosigns(tmp_path: Path) -> None:
    with a_state(tmp_path) as state:
        witness = a_witness(state)

        assert a_note_key(BE, COSIGNATURE) == witness.note_key
        assert NOW == conversation(witness.answer, 20, key=witness.note_key).at
        assert parse_note(a_note(20)).text == parse_note(state.heads()[0].note).text


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with a_state(tmp_path):
        assert 0o600 == (tmp_path / "witness.sqlite").stat().st_mode & 0o777


def test_a_file_of_another_version_is_not_touched(tmp_path: Path) -> None:
    engine = opened_engine(tmp_path)
    with writing(engine) as connection:
        connection.exec_driver_sql("PRAGMA user_version=2")
    engine.dispose()

    with pytest.raises(StaleDatabase):
        open_witness_state(tmp_path / "witness.sqlite")


def test_a_file_of_another_program_is_not_touched(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "witness.sqlite")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE something (id INTEGER)")
    engine.dispose()

    with pytest.raises(StaleDatabase):
        open_witness_state(tmp_path / "witness.sqlite")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        open_witness_state(tmp_path / "nowhere" / "witness.sqlite")
