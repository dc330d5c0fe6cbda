"""After the end of a sealing key nobody opens again what was sealed to it: not the node itself, from the whole bus."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.bus.port import Bus
from broker.database import reading
from broker.limits import SEALING_KEY_KEPT_AFTER, SEALING_KEY_MAX_AGE
from broker.records.incident import IncidentCore
from broker.types.names import Originator, Participant
from broker.types.vocabulary import Section, Status
from consumers import inbox
from producers.publish import Taken, Terms, take
from tests.support.outbox import a_draft
from tests.support.records import a_marking
from tocsin.administering import Administrator
from tocsin.enrolment import rotate_sealing_key
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, open_node
from tocsin.members import usual_member
from tocsin.sealing_keys import destroy_ended_keys

NL, BE = Participant("NL"), Participant("BE")
POLICE = Originator("BE/police")
FOUNDED = datetime(2026, 3, 1, tzinfo=UTC)
SENT = FOUNDED + timedelta(days=30)
ROTATED = FOUNDED + timedelta(days=80)
GONE = FOUNDED + SEALING_KEY_MAX_AGE + SEALING_KEY_KEPT_AFTER
MOMENT = timedelta(microseconds=1)
SUMMARY = "Drums behind walnut veneer."


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def a_fresh_copy(folder: FederationFolder, to: Path) -> FederationFolder:
    """Return the folder with BE's node made anew: its keys as they are, its database and key store empty."""
    copy = FederationFolder(Path(shutil.copytree(folder.root, to)))
    own = copy.node(BE)
    for path in (*own.root.glob("node.sqlite*"), *own.keys.glob("sections.sqlite*")):
        path.unlink()
    return copy


async def speak(folder: FederationFolder, moment: datetime) -> None:
    """Let BE's node say what it has seen; who has not heard of anybody lately publishes nothing."""
    with open_node(folder, BE, clock=at(moment)) as node:
        async with node.bus() as bus:
            await node.announcer(bus).announce(forced=True)


async def publish(folder: FederationFolder, reference: str, moment: datetime) -> None:
    await speak(folder, moment)
    with open_node(folder, NL, clock=at(moment)) as node:
        async with node.bus() as bus:
            await receive(node, bus)
            draft = a_draft(reference, summary=SUMMARY, marking=a_marking(recipients=("BE",)), status=Status.EXERCISE)
            (outcome,) = take(node.engine, lambda: [draft], Terms())
            assert isinstance(outcome, Taken), outcome
            await node.flusher(bus).flush()


async def summaries(folder: FederationFolder, moment: datetime) -> list[str]:
    """Return what BE/police can read at that moment, after receiving everything that the bus has."""
    with open_node(folder, BE, clock=at(moment)) as node:
        async with node.bus() as bus:
            await receive(node, bus)
        with reading(node.engine) as connection:
            found = list(inbox.items(connection, node.section_keys, POLICE, moment))
    cores = (one.sections[Section.CORE] for one in found)
    return [core.summary for core in cores if isinstance(core, IncidentCore)]


async def receive(node: Node, bus: Bus) -> None:
    await node.receiver(bus).receive()


async def rotate(folder: FederationFolder, code: Participant, moment: datetime) -> None:
    with open_node(folder, code, clock=at(moment)) as node:
        administrator = Administrator(folder, Originator(f"{code}/~admin"), node.administrator_key, clock=at(moment))
        await rotate_sealing_key(node, administrator)


@pytest.mark.timeout(600)
async def test_an_old_topic_cannot_be_opened_again_once_the_sealing_key_is_destroyed(tmp_path: Path) -> None:
    founding = Founding(id="exercise", members=(usual_member("NL"), usual_member("BE")))
    folder = await found_federation(tmp_path / "made", founding, clock=at(FOUNDED))
    await publish(folder, "R-1", SENT)
    for code in (NL, BE):
        await rotate(folder, code, ROTATED)
    await publish(folder, "R-2", ROTATED + MOMENT)

    # To the last moment of the late window the bus alone is enough …
    before = a_fresh_copy(folder, tmp_path / "before")
    assert [SUMMARY, SUMMARY] == await summaries(before, GONE - MOMENT)
    with open_node(before, BE, clock=at(GONE - MOMENT)) as node:
        assert () == destroy_ended_keys(node, GONE - MOMENT)

    # … then the private half goes, and with it what was sealed to it; what was sealed to the next one stays.
    with open_node(before, BE, clock=at(GONE)) as node:
        assert 1 == len(destroy_ended_keys(node, GONE))
    assert [SUMMARY, SUMMARY] == await summaries(before, GONE), "what the node still holds has its own keys"
    assert [SUMMARY] == await summaries(a_fresh_copy(before, tmp_path / "after"), GONE)
