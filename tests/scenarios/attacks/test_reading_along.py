"""Who reads along: a process with every topic and no key, a country with all keys of its own, and their disks."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from broker.admit import Verified, read, read_release
from broker.envelope.message import Opened, open_envelope
from broker.errors import BadWrap, BrokenSeal, KeyMismatch, SealedContent
from broker.sealing.release import Item, Pairwise, open_release
from broker.sealing.section import Place, open_section
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Kind, Section
from consumers import store
from tests.support.exercise import CUSTOMS, Exercise, Node, an_exercise
from tests.support.records import Incident, a_core, a_marking, a_nominal_section, an_incident, an_operational_section

PLANTED = (b"Jan Voorbeeld", b"TOCU 305438 3", b"acetic anhydride", b"Drums without papers", b"paper rolls")
COUNTRIES = ("NL", "BE", "FR")


@pytest_asyncio.fixture
async def exercise(tmp_path: Path) -> AsyncIterator[Exercise]:
    """NL, BE and FR; a node has the section keys that are released to it."""
    async with an_exercise(tmp_path, *COUNTRIES, releases=True) as made:
        yield made


async def share(exercise: Exercise, *, by: Originator, to: str) -> list[Item]:
    """Send an incident that only the node of *to*, and the author's own, get the keys of."""
    incident = Incident(
        a_core(marking=a_marking(recipients=(to,)), concerned=()),
        an_operational_section(),
        a_nominal_section(),
        an_incident().evidence,
    )
    raw = exercise.authors.write(incident.sections, by=by)
    items = exercise.authors.items_of(raw)
    gives = {f"{to}/~1": items, f"{participant_of(by)}/~1": items}
    await exercise.send(raw, exercise.authors.release(gives, by=by, writer=2))
    return items


async def everything(exercise: Exercise) -> list[Opened]:
    """Return all that is on the bus."""
    found: list[Opened] = []
    for code in COUNTRIES:
        found += [open_envelope(one.value) for one in await exercise.bus.read(exercise.topic(code), start=0, most=99)]
    return found


def on_disk(folder: Path, pattern: str) -> dict[str, list[bytes]]:
    """Return what of that which was planted is in each file that has any of it."""
    found = {file.name: [one for one in PLANTED if one in file.read_bytes()] for file in sorted(folder.glob(pattern))}
    assert found, "there is nothing to look into"
    return {name: planted for name, planted in found.items() if planted}


async def receive_all(exercise: Exercise) -> dict[str, Node]:
    nodes = {code: exercise.node(f"{code}/~1") for code in COUNTRIES}
    for node in nodes.values():
        await node.receive()
    return nodes


async def test_those_that_were_given_the_keys_read_it(exercise: Exercise) -> None:
    await share(exercise, by=CUSTOMS, to="BE")
    nodes = await receive_all(exercise)
    for code in ("NL", "BE"):
        (item,) = nodes[code].items(f"{code}/police")
        assert item.sections[Section.NOMINAL] is not None
    assert [] == nodes["FR"].items("FR/police")


async def test_whoever_has_all_topics_and_no_key_reads_nothing(exercise: Exercise) -> None:
    await share(exercise, by=CUSTOMS, to="BE")
    await share(exercise, by=Originator("FR/customs"), to="NL")
    messages = await everything(exercise)
    assert {Kind.RECORD: 2, Kind.RELEASE: 2} == {
        kind: sum(one.header.kind is kind for one in messages) for kind in (Kind.RECORD, Kind.RELEASE)
    }
    for one in messages:
        assert [] == [planted for planted in PLANTED if planted in one.raw]
        if one.header.kind is Kind.RECORD:
            with pytest.raises(SealedContent):
                read(Verified(one, late=False))
    assert {} == on_disk(exercise.folder, "bus.sqlite*")


async def test_a_country_with_all_keys_of_its_own_opens_nothing_of_others(exercise: Exercise) -> None:
    theirs = await share(exercise, by=CUSTOMS, to="BE")
    mine = await share(exercise, by=Originator("BE/customs"), to="FR")
    france = (await receive_all(exercise))["FR"]
    assert 1 == len(france.items("FR/police"))
    record, release = [one for one in await everything(exercise) if one.header.originator == CUSTOMS]
    place = Place(record.header.federation, record.header.stream, record.header.sequence)
    for head, body in zip(record.header.sections, record.bodies, strict=True):
        assert body is not None
        for item in mine:
            with pytest.raises(KeyMismatch):
                open_section(head, body, key=item.key, place=place)
    assert not {one.key for one in theirs} & {one.key for one in mine}
    check_no_wrap_opens(exercise, release, france)


def check_no_wrap_opens(exercise: Exercise, release: Opened, node: Node) -> None:
    """Check every wrap with every private half of a node, tag or not, and with every public key as its issuer."""
    header = release.header
    place = Place(header.federation, header.stream, header.sequence)
    said = read_release(Verified(release, late=False))
    issuers = [key.public for key in exercise.federation.sealing_keys.values()]
    opened = open_release(said, place=place, keyring=node.sealing_keys, issuers=issuers, pairwise=Pairwise())
    assert () == opened
    for wrap in said.wraps:
        for mine in node.sealing_keys:
            with pytest.raises(BadWrap):
                mine.unwrap(wrap.sealed, b"")


async def test_a_stolen_list_of_another_message_opens_nothing(exercise: Exercise) -> None:
    """France is given keys of one message, and says that they are of another."""
    await share(exercise, by=CUSTOMS, to="FR")
    await share(exercise, by=CUSTOMS, to="BE")
    releases = [one for one in await everything(exercise) if one.header.kind is Kind.RELEASE]
    first, second = (read_release(Verified(one, late=False)) for one in releases)
    mixed = type(first)(second.lists, first.wraps)
    header = releases[0].header
    issuers = [exercise.federation.sealing_keys["NL/~1"].public]
    with pytest.raises(BrokenSeal):
        open_release(
            mixed,
            place=Place(header.federation, header.stream, header.sequence),
            keyring=[exercise.federation.sealing_keys["FR/~1"]],
            issuers=issuers,
            pairwise=Pairwise(),
        )


@pytest.mark.parametrize("code", COUNTRIES)
async def test_nothing_that_is_sealed_lies_open_on_a_disk(exercise: Exercise, code: str) -> None:
    """Also not where the keys are: content is opened each time it is shown, and the keys are sealed at rest."""
    keys = [item.key for item in await share(exercise, by=CUSTOMS, to="BE")]
    await receive_all(exercise)
    assert {} == on_disk(exercise.folder, f"{code}.*")
    assert not contains(exercise.folder, f"{code}.*", keys)


def contains(folder: Path, pattern: str, secrets: Sequence[bytes]) -> bool:
    return any(secret in file.read_bytes() for file in folder.glob(pattern) for secret in secrets)


async def test_who_is_denied_cannot_tell_it_from_a_message_that_is_not_there(exercise: Exercise) -> None:
    await share(exercise, by=CUSTOMS, to="BE")
    france = (await receive_all(exercise))["FR"]
    assert ([], []) == (france.items("FR/police"), france.alerts("FR/police"))
    assert [] == france.rows(store.inbox)
    assert [None] == [row.record_kind for row in france.rows(store.message) if row.kind == Kind.RECORD.value]
