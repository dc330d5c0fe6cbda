"""Checkpoints that other nodes have seen: held against the log as it is shown here."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from broker.database import reading, writing
from broker.errors import BadSignature, BrokerError, UntrustedCheckpoint
from broker.limits import LOGGED_WITHIN
from broker.logbook import Advance, note_claim
from broker.logbook.tables import log_claim
from tests.support.logbook import AT, HEADS, a_book, a_checkpoint_of, a_log_of, leaves
from tests.support.notes import WITNESSES, a_checkpoint, a_log_trust, a_signed_checkpoint
from tests.support.plain_log import Files

TRUST = a_log_trust()


def note(engine: Engine, raw: bytes, at: datetime = AT) -> None:
    with writing(engine) as connection:
        note_claim(connection, raw, trust=TRUST, by=HEADS, now=at)


def look(engine: Engine, files: Files, at: datetime = AT) -> Advance:
    return a_book(engine).catch_up(files, TRUST, at)


def waiting(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(log_claim)) or 0


@pytest.mark.parametrize("size", [1, 255, 256, 300, 511, 520])
def test_a_checkpoint_of_the_same_history_is_compared_and_forgotten(engine: Engine, size: int) -> None:
    note(engine, a_checkpoint_of(leaves(size)))
    look(engine, a_log_of(leaves(520)))
    assert (0, ()) == (waiting(engine), a_book(engine).splits)


@pytest.mark.parametrize("size", [1, 255, 256, 300, 511, 520])
def test_a_checkpoint_of_another_history_proves_two_logs(engine: Engine, size: int) -> None:
    theirs = a_checkpoint_of(leaves(size, parting=0))
    note(engine, theirs)
    look(engine, a_log_of(leaves(520)))
    (split,) = a_book(engine).splits
    assert (theirs, str(HEADS), 0) == (split.theirs, split.by, waiting(engine))


def test_a_larger_checkpoint_is_compared_as_soon_as_the_log_shows_as_much(engine: Engine) -> None:
    look(engine, a_log_of(leaves(20)))
    note(engine, a_checkpoint_of(leaves(30, parting=25)))
    assert () == look(engine, a_log_of(leaves(29))).hidden
    assert (1, ()) == (waiting(engine), a_book(engine).splits)
    look(engine, a_log_of(leaves(35)))
    assert (0, 1) == (waiting(engine), len(a_book(engine).splits))


def test_a_checkpoint_that_the_log_does_not_show_in_time_is_hidden_until_it_does(engine: Engine) -> None:
    look(engine, a_log_of(leaves(20)))
    note(engine, a_checkpoint_of(leaves(30)))
    before = look(engine, a_log_of(leaves(21)), AT + LOGGED_WITHIN - timedelta(seconds=1))
    later = look(engine, a_log_of(leaves(21)), AT + LOGGED_WITHIN)
    healed = look(engine, a_log_of(leaves(30)), AT + LOGGED_WITHIN)
    assert ((), [(30, str(HEADS))], ()) == (
        before.hidden,
        [(one.head.size, one.by) for one in later.hidden],
        healed.hidden,
    )


def test_a_checkpoint_of_a_log_that_shows_nothing_is_hidden_too(engine: Engine) -> None:
    note(engine, a_checkpoint_of(leaves(3)))
    assert 1 == len(look(engine, Files(), AT + LOGGED_WITHIN).hidden)


def test_what_is_known_already_is_not_kept(engine: Engine) -> None:
    look(engine, a_log_of(leaves(20)))
    note(engine, a_checkpoint_of(leaves(20)))
    note(engine, a_checkpoint_of(leaves(20), WITNESSES))
    assert 0 == waiting(engine)


def test_the_same_checkpoint_of_many_nodes_is_kept_once(engine: Engine) -> None:
    note(engine, a_checkpoint_of(leaves(20)))
    note(engine, a_checkpoint_of(leaves(20), WITNESSES))
    assert 1 == waiting(engine)


def test_what_the_notary_did_not_sign_is_not_kept(engine: Engine) -> None:
    forged = a_checkpoint_of(leaves(20)).replace(b"\n20\n", b"\n21\n")
    other = a_signed_checkpoint(a_checkpoint(20, origin="another/log"))
    for raw, error in ((forged, BadSignature), (other, UntrustedCheckpoint), (b"", BrokerError)):
        with pytest.raises(error):
            note(engine, raw)
    assert 0 == waiting(engine)


def test_a_tile_that_was_changed_since_settles_nothing(engine: Engine) -> None:
    whole = a_log_of(leaves(520))
    look(engine, whole)
    note(engine, a_checkpoint_of(leaves(300)))
    look(engine, Files(whole | {"tile/0/001": bytes(32 * 256)}))
    assert (1, ()) == (waiting(engine), a_book(engine).splits)
    look(engine, whole)
    assert 0 == waiting(engine)


def test_a_checkpoint_is_hidden_while_the_tiles_are_kept_back_that_it_could_be_compared_by(engine: Engine) -> None:
    """Whoever serves the log could else keep from a node that its notary has two."""
    whole = a_log_of(leaves(520))
    look(engine, whole)
    note(engine, a_checkpoint_of(leaves(300, parting=290)))
    spoilt = Files({path: data for path, data in whole.items() if path != "tile/0/001"})
    before = look(engine, spoilt, AT + LOGGED_WITHIN - timedelta(seconds=1))
    later = look(engine, spoilt, AT + LOGGED_WITHIN)
    healed = look(engine, whole, AT + LOGGED_WITHIN)
    assert ((), [(300, str(HEADS))], ()) == (
        before.hidden,
        [(one.head.size, one.by) for one in later.hidden],
        healed.hidden,
    )
    assert 1 == len(a_book(engine).splits)


def test_few_splits_are_kept_however_many_there_are(engine: Engine) -> None:
    look(engine, a_log_of(leaves(60)))
    for size in range(20, 50):
        note(engine, a_checkpoint_of(leaves(size, parting=1)))
    look(engine, a_log_of(leaves(60)))
    assert (16, 0) == (len(a_book(engine).splits), waiting(engine))
