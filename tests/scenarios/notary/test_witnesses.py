"""Witnesses: asked for every checkpoint, waited for within a time, believed when they saw another log."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from broker.database import open_engine, reading
from broker.log.tree import TreeHead
from broker.log.witness import Answer, parse_request
from broker.log_store import MemoryTileStore
from broker.merkle import Hash
from broker.notary import cosigning, tables
from tests.support.exercise import Exercise
from tests.support.log import InProcessWitness, Log, a_log
from tests.support.patience import ANSWER_SECONDS


class SilentWitness(InProcessWitness):
    """Takes a request and never answers."""

    async def add_checkpoint(self, request: bytes) -> Answer:
        self.requests.append(request)
        await asyncio.Event().wait()
        raise AssertionError


def make_silent(log: Log, *places: int) -> None:
    for place in places:
        code = log.witnesses[place].name.rsplit("/", 1)[1]
        log.witnesses[place] = SilentWitness(log.exercise.federation, code, log.exercise.clock)


def old_sizes(witness: InProcessWitness) -> list[int]:
    return [parse_request(one).old_size for one in witness.requests]


async def test_a_witness_is_asked_from_where_it_stands(exercise: Exercise) -> None:
    log = a_log(exercise)
    first = (await log.run_once()).size
    await exercise.write()
    await log.run_once()
    assert [0, first] == old_sizes(log.witnesses[0])


async def test_a_witness_that_knows_less_or_more_than_we_think_says_so(exercise: Exercise) -> None:
    log = a_log(exercise)
    first = (await log.run_once()).size
    log.witnesses[0].heads.clear()
    await exercise.write()
    assert 3 == len((await log.run_once()).witnesses)
    assert [0, first, 0] == old_sizes(log.witnesses[0])
    await replace(log, file="new.sqlite").run_once()
    assert first + 1 == log.checkpoint.size


async def test_a_witness_that_is_away_is_told_of_and_asked_again(exercise: Exercise) -> None:
    log = a_log(exercise)
    log.witnesses[2].away = True
    progress = await log.run_once()
    assert ["witness-unavailable"] == [one.code for one in progress.troubles]
    assert 2 == len(progress.witnesses)
    assert progress.is_witnessed
    log.witnesses[2].away = False
    progress = await log.run_once()
    assert 3 == len(progress.witnesses) == len(log.checkpoint.witnesses)
    assert () == progress.troubles


async def test_without_a_quorum_the_log_grows_all_the_same(exercise: Exercise) -> None:
    log = a_log(exercise)
    for witness in log.witnesses[1:]:
        witness.away = True
    await exercise.write()
    progress = await log.run_once()
    assert not progress.is_witnessed
    assert not log.checkpoint.is_witnessed
    assert progress.size == log.checkpoint.size == len(exercise.federation.messages) + 1


async def test_silent_witnesses_are_not_waited_for_behind_a_quorum(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosigning, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(cosigning, "WAIT_SECONDS", 10.0 * ANSWER_SECONDS)
    log = a_log(exercise)
    make_silent(log, 0)
    async with asyncio.timeout(ANSWER_SECONDS):
        progress = await log.run_once()
    assert progress.is_witnessed
    assert ["witness-unavailable"] == [one.code for one in progress.troubles]


async def test_silent_witnesses_are_waited_for_no_longer_than_the_limit(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosigning, "WAIT_SECONDS", 0.05)
    log = a_log(exercise)
    make_silent(log, 0, 1, 2)
    progress = await log.run_once()
    assert 3 == len(progress.troubles)
    assert progress.size == log.checkpoint.size


async def test_a_witness_that_saw_another_log_is_an_alarm_that_is_kept(exercise: Exercise) -> None:
    log = a_log(exercise)
    size = (await log.run_once()).size
    witness = log.witnesses[1]
    witness.heads[log.trust.origin] = TreeHead(size + 5, Hash(bytes(32)))
    await exercise.write()
    progress = await log.run_once()
    assert ["split-view"] == [one.code for one in progress.troubles]
    assert 2 == len(progress.witnesses)
    engine = open_engine(exercise.folder / log.file)
    with reading(engine) as connection:
        (row,) = connection.execute(select(tables.split_view)).all()
    engine.dispose()
    assert (witness.name, size + 1) == (row.witness, row.size)


async def test_a_second_log_under_one_key_is_told_of_by_every_witness(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    exercise.clock.advance(seconds=1)
    forged = replace(log, store=MemoryTileStore(), file="forged.sqlite")
    progress = await forged.run_once()
    assert ["split-view"] * 3 == [one.code for one in progress.troubles]
    assert not forged.checkpoint.is_witnessed


async def test_a_client_of_nobody_who_is_appointed_is_told_of(exercise: Exercise) -> None:
    log = a_log(exercise)
    log.witnesses.append(InProcessWitness(exercise.federation, "FR", exercise.clock))
    progress = await log.run_once()
    assert 3 == len(progress.witnesses)
    assert ["exercise-2026/witness/FR is not appointed as a witness"] == [str(one) for one in progress.troubles]


async def test_cosignatures_that_grow_old_are_renewed(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    first = log.checkpoint.witnessed_at
    exercise.clock.advance(hours=1)
    await log.run_once()
    assert first == log.checkpoint.witnessed_at
    exercise.clock.advance(hours=6)
    await log.run_once()
    assert (first or 0) + 7 * 3600 == log.checkpoint.witnessed_at
    assert 3 == len(log.checkpoint.witnesses)


async def test_a_renewal_that_fails_leaves_the_old_cosignatures(exercise: Exercise) -> None:
    log = a_log(exercise)
    await log.run_once()
    raw = log.raw
    exercise.clock.advance(hours=7)
    for witness in log.witnesses:
        witness.away = True
    await log.run_once()
    assert raw == log.raw


async def test_a_log_without_witnesses_is_only_signed(exercise: Exercise) -> None:
    log = a_log(exercise, witnesses=0)
    progress = await log.run_once()
    assert ((), 0, False) == (progress.witnesses, progress.quorum, progress.is_witnessed)
    assert progress.size == log.checkpoint.size
