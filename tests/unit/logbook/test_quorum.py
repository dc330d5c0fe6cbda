"""No checkpoint with a quorum for too long: said loudly, by what a node has seen."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from broker.directory import Directory
from broker.errors import UntrustedRoot
from broker.types.names import ZERO_DIGEST
from broker.types.time import EPOCH
from tests.support.federation import a_federation
from tests.support.log import appoint_log
from tests.support.logbook import AT, a_book, a_log_of, leaves
from tests.support.notes import COSIGNED_AT, WITNESSES, a_log_trust

TRUST = a_log_trust()
COSIGNED = EPOCH + timedelta(seconds=COSIGNED_AT + 2)
DAY = timedelta(hours=24)


def a_directory(witnesses: int = 3) -> Directory:
    federation = a_federation()
    appoint_log(federation, witnesses=witnesses)
    return federation.directory


def lost(engine: Engine, at: datetime, witnesses: int = 3) -> str:
    return a_book(engine).state.quorum_lost(at, a_directory(witnesses))


def test_a_log_that_was_never_read_has_lost_nothing(engine: Engine) -> None:
    assert "" == lost(engine, AT)


def test_is_lost_when_the_last_quorum_is_older_than_the_network_tolerates(engine: Engine) -> None:
    a_book(engine).catch_up(a_log_of(leaves(5), WITNESSES[:3]), TRUST, AT)
    assert "" == lost(engine, COSIGNED + DAY)
    assert "since 2026-03-01 12:30 UTC" in lost(engine, COSIGNED + DAY + timedelta(seconds=1))


def test_is_lost_where_there_never_was_one(engine: Engine) -> None:
    a_book(engine).catch_up(a_log_of(leaves(5), WITNESSES[:2]), TRUST, AT)
    assert "" == lost(engine, AT + DAY)
    assert "ever had a quorum of its witnesses, 2 of 3" in lost(engine, AT + DAY + timedelta(seconds=1))


def test_nothing_is_lost_where_nobody_is_appointed(engine: Engine) -> None:
    a_book(engine).catch_up(a_log_of(leaves(5)), TRUST, AT)
    assert "" == lost(engine, AT + 100 * DAY, witnesses=0)


def test_a_witness_whose_clock_is_ahead_makes_no_quorum_last_longer(engine: Engine) -> None:
    early = COSIGNED - 30 * DAY
    a_book(engine).catch_up(a_log_of(leaves(5), WITNESSES[:3]), TRUST, early)
    assert lost(engine, early + DAY + timedelta(seconds=1))


def test_a_later_cosignature_of_the_same_checkpoint_is_a_new_quorum(engine: Engine) -> None:
    a_book(engine).catch_up(a_log_of(leaves(5), WITNESSES[:3]), TRUST, COSIGNED - DAY)
    a_book(engine).catch_up(a_log_of(leaves(5), WITNESSES[:4]), TRUST, COSIGNED + DAY)
    assert "" == lost(engine, COSIGNED + DAY)


def test_nobody_can_say_without_the_root_record(engine: Engine) -> None:
    with pytest.raises(UntrustedRoot):
        a_book(engine).state.quorum_lost(AT, Directory.empty("exercise-2026", ZERO_DIGEST))
