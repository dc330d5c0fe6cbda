"""The notary's key is replaced by a new root record, and revoked: the log goes on under the new one."""

import msgspec
import pytest

from broker.errors import LogForked
from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.note import Note, format_note, sign_note
from broker.log.port import CHECKPOINT
from broker.merkle import Hash
from broker.types.vocabulary import KeyUse
from tests.support.exercise import NOW, Exercise
from tests.support.federation import ROOT_STREAM, a_revocation, a_signing_key, a_statement
from tests.support.log import NOTARY_KEY, Log, a_log

NEXT = a_signing_key("the next notary")
ORIGIN = "exercise-2026/log"


async def replace_key(log: Log, *, revoked: bool) -> None:
    federation = log.exercise.federation
    statement = a_statement(NEXT, "X-HUB/~notary", KeyUse.LOG)
    root = federation.directory.root
    federation.say(msgspec.structs.replace(root, version=root.version + 1, notary_key=statement), ROOT_STREAM)
    if revoked:
        federation.say(a_revocation(NOTARY_KEY, revoked_at=NOW), ROOT_STREAM)
    await log.exercise.announce()
    log.key = NEXT


@pytest.mark.parametrize("revoked", [False, True])
async def test_a_new_key_goes_on_with_the_log(exercise: Exercise, revoked: bool) -> None:
    log = a_log(exercise)
    await exercise.write()
    await log.run_once()
    before = log.entries()
    await replace_key(log, revoked=revoked)
    await exercise.write()

    await log.run_once()

    assert before == log.entries()[: len(before)]
    assert len(before) < log.checkpoint.size
    assert log.checkpoint.is_witnessed


@pytest.mark.parametrize("more", [0, 1])
async def test_what_the_thief_of_a_revoked_key_publishes_is_not_gone_on_with(exercise: Exercise, more: int) -> None:
    log = a_log(exercise)
    await log.run_once()
    size = log.checkpoint.size + more
    await replace_key(log, revoked=True)
    text = format_checkpoint(Checkpoint(ORIGIN, size, Hash(b"\x07" * 32)))
    forged = format_note(Note(text, (sign_note(text, NOTARY_KEY, ORIGIN),)))
    log.files[CHECKPOINT] = forged

    with pytest.raises(LogForked):
        await log.run_once()

    assert forged == log.files[CHECKPOINT]
