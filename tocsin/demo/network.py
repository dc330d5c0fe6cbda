"""The federation of the demo: founded in a folder, its nodes held open, everybody publishing and receiving."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from broker.bus.port import Bus
from broker.policy.table import Table, parse_table
from broker.records.agreement import AgreementCore
from broker.records.group import GroupCore
from broker.records.marking import Marking
from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import Purpose, Status, Tlp
from consumers.deliver import Taken as Received
from producers.draft import Draft, draft_record
from producers.publish import Declined, take
from producers.sources import Source
from tocsin.buses import open_bus
from tocsin.demo.cast import Cast
from tocsin.demo.material import text_of
from tocsin.demo.options import Venue
from tocsin.demo.profiles import Profiles
from tocsin.demo.reports import Drafted
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, now, open_node
from tocsin.members import Member
from tocsin.settings import load_federation

_AT_ONCE: Final = 2
"""Nodes that work at the same time: while one waits for the disk, another computes."""
_PURPOSES: Final = (Purpose.PREVENTION, Purpose.INVESTIGATION, Purpose.REGULATION, Purpose.PUBLIC_HEALTH)
_A_YEAR: Final = timedelta(days=365)


class Network(msgspec.Struct, frozen=True):
    """All nodes of a federation in one process, and the bus between them."""

    folder: FederationFolder
    bus: Bus
    nodes: Mapping[Participant, Node]


class Published(msgspec.Struct, frozen=True):
    """What became of drafts.

    Attributes:
        parked: Those that wait for a report that they refer to and that nobody has published.
        declined: Those that were not taken.
    """

    signed: int
    parked: int
    declined: tuple[Declined, ...]


async def found(
    root: Path, cast: Cast, profiles: Profiles, drafted: Sequence[Drafted], venue: Venue
) -> FederationFolder:
    """Found the federation of the authorities that report, and of the cast.

    Raises:
        AlreadyThere: The folder *root* is not empty, or the bus has a network of this name.
        TransportError: The bus does not answer.
    """
    members = cast.members(one.authority for one in drafted)
    codes = {member.code for member in members}
    founding = Founding(
        id=cast.federation,
        members=members,
        conditions={code: _table(name) for code, name in cast.conditions.items() if code in codes},
        houses={code: _table(name) for code, name in cast.house.items() if code in codes},
        releases={code: _table(name) for code, name in cast.release.items() if code in codes},
        profiles={member.code: profiles.text(member.code, _names_in(member)) for member in members},
        bus=venue.bus,
        identities=venue.identities,
        allow_plaintext=venue.allow_plaintext,
    )
    return await found_federation(root, founding)


@asynccontextmanager
async def open_network(folder: FederationFolder) -> AsyncIterator[Network]:
    """Give all nodes of the federation in *folder*, and close them."""
    with ExitStack() as stack:
        nodes = {code: stack.enter_context(open_node(folder, code)) for code in folder.participants()}
        async with open_bus(folder, load_federation(folder), clock=now) as bus:
            yield Network(folder, bus, nodes)


async def set_the_scene(network: Network, cast: Cast, drafted: Sequence[Drafted], now: datetime) -> int:
    """Publish agreements and groups, and let every node read what is there; return how many were published.

    To a node all this is history, so alerts are raised for the reports that follow, and for nothing else.
    """
    reporting = {participant_of(one.authority): one.authority for one in drafted}
    records = [
        draft_record(core, authority=author, tlp=Tlp.AMBER, status=Status.EXERCISE, authored_at=now)
        for by, core in _records(cast, now.date())
        if by in reporting
        for author in [await _spokesman(network, by, now) or reporting[by]]
    ]
    for draft in records:
        await publish(network, draft.authority, [draft])
    await receive_all(network)
    return len(records)


async def publish_reports(network: Network, drafted: Sequence[Drafted], source: Source) -> Published:
    """Publish the drafts of every authority, over its own node."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def publish_drafted(one: Drafted) -> Published:
        async with limit:
            return await publish(network, one.authority, one.drafts, source)

    done = await asyncio.gather(*(publish_drafted(one) for one in drafted if one.drafts))
    return Published(
        signed=sum(one.signed for one in done),
        parked=sum(one.parked for one in done),
        declined=tuple(declined for one in done for declined in one.declined),
    )


async def receive_all(network: Network, participants: Collection[Participant] | None = None) -> Received:
    """Let every node, or those of *participants*, take what is on the bus; return what it came to."""
    limit = asyncio.Semaphore(_AT_ONCE)

    nodes = [network.nodes[code] for code in (network.nodes if participants is None else participants)]

    async def receive(node: Node) -> Received:
        async with limit:
            return await node.receiver(network.bus).receive()

    taken = await asyncio.gather(*(receive(node) for node in nodes))
    return sum(taken, start=Received())


async def publish(
    network: Network, authority: Originator, drafts: Sequence[Draft], source: Source | None = None
) -> Published:
    """Publish *drafts*, of the file *source* or of none, over the node of *authority*."""
    node = network.nodes[participant_of(authority)]
    outcomes = await asyncio.to_thread(lambda: list(take(node.engine, lambda: drafts, node.terms(source=source))))
    async with own_bus(network, node) as bus:
        report = await node.flusher(bus).flush()
    declined = tuple(one for one in outcomes if isinstance(one, Declined))
    return Published(report.signed, len(report.parked), declined)


@asynccontextmanager
async def own_bus(network: Network, node: Node) -> AsyncIterator[Bus]:
    """Give the bus as it lets *node* in: on a cluster with rules of access nobody else may write to its topic."""
    if not node.settings.way_in.bus_identity:
        yield network.bus
        return
    async with node.bus() as bus:
        yield bus


def _records(cast: Cast, today: date) -> Iterator[tuple[Participant, AgreementCore | GroupCore]]:
    for one in cast.agreement:
        yield (
            Participant(one.by),
            AgreementCore(
                marking=Marking(purposes=_PURPOSES, recipients=one.parties),
                national_reference=one.name,
                reference=one.name,
                title=one.title,
                parties=one.parties,
                starts_on=today,
            ),
        )
    for group in cast.group:
        yield (
            Participant(group.by),
            GroupCore(
                marking=Marking(purposes=_PURPOSES, recipients=group.members),
                national_reference=group.name,
                name=group.name,
                title=group.title,
                members=group.members,
                starts_on=today,
                ends_on=today + _A_YEAR,
            ),
        )


async def _spokesman(network: Network, code: Participant, now: datetime) -> Originator | None:
    """Return the first focal point of a participant: what it makes holds for all its authorities."""
    directory = await network.nodes[code].follower.catch_up(network.bus)
    return next((Originator(one.authority) for one in directory.focal_points(code, now)), None)


def _table(name: str) -> Table:
    return parse_table(text_of(f"demo/{name}"), source=name)


def _names_in(member: Member) -> list[str]:
    return [f"{member.code}/{post.name}" for post in member.authorities]
