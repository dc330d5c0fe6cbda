"""The log of the demo: its notary runs in this process, its witnesses are asked, every node follows it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Select, select

from broker.database import reading
from broker.log.trust import SignedCheckpoint
from broker.logbook import Assurance, load_state, log_entry
from broker.notary import Notary, Progress
from broker.types.names import Originator, participant_of
from consumers import inbox, store
from consumers.assured import Standing, standing_of
from tocsin.buses import open_bus
from tocsin.demo.document import Log
from tocsin.demo.network import Network, own_bus
from tocsin.demo.sides import Side
from tocsin.installation import Node, now
from tocsin.log_sources import need_log, open_store
from tocsin.notarizing import Asked, open_journal, open_notary
from tocsin.published_log import look_at_log
from tocsin.secret import load_key
from tocsin.settings import load_notary
from tocsin.watching_log import watch_log

_AT_ONCE: Final = 2


class Risen(msgspec.Struct, frozen=True):
    """How the assurance of one message rose at one of its readers.

    Attributes:
        steps: What it was: before the notary ran, behind its signature, behind those of the witnesses.
        index: Of its leaf in the log.
    """

    message: str
    reader: Originator
    steps: tuple[str, ...]
    index: int


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """The log at the end of the demo.

    Attributes:
        appointed: How many witnesses there are.
        asked: Whom the notary asked, and where.
        risen: None where nobody else may see a report.
    """

    document: Log
    checkpoint: SignedCheckpoint
    appointed: int
    asked: tuple[Asked, ...]
    risen: Risen | None


async def log_reports(network: Network, message: str | None, sides: Iterable[Side]) -> Risen | None:
    """Have the notary log and sign what is on the bus, then have it witnessed, and watch one message rise by that.

    Args:
        message: The report that *sides* shows.
    """
    reader = next((one.reader for one in sides if _sees_anothers(one, message)), None)
    seen = [_standing(network, reader, message)]
    await _sign_alone(network)
    seen.append(await _look(network, reader, message))
    await _keep(network)
    seen.append(await _look(network, reader, message))
    last = seen[-1]
    if reader is None or message is None or last is None or last.place is None:
        return None
    return Risen(message, reader, tuple(one.assurance.value for one in seen if one is not None), last.place.index)


async def finish_log(network: Network, risen: Risen | None) -> Logged | None:
    """Log all the rest: every node sends HEADS, which name the log that it was shown, and these are logged too.

    Returns:
        The log; None where nothing is published, which should not be so.
    """
    await _keep(network)
    await _each(network, watch_log)
    await _each(network, lambda node: _send_heads(network, node))
    await _keep(network)
    await _each(network, watch_log)
    async with open_notary(network.folder) as office:
        asked = office.asked
    return _summary(network, asked, risen)


async def _keep(network: Network) -> Progress:
    """Log what is on the bus, sign it, and ask every witness."""
    async with open_notary(network.folder) as office:
        return await office.notary.run_once()


async def _sign_alone(network: Network) -> None:
    """Log what is on the bus and sign it, and ask no witness: so it stands for the moment before one has answered."""
    folder, settings = network.folder, next(iter(network.nodes.values())).federation
    own = load_notary(folder)
    with open_journal(folder) as engine:
        async with open_bus(folder, settings, clock=now, node=own) as bus:
            notary = Notary(
                engine,
                bus,
                open_store(folder, settings),
                key=load_key(own.key, folder.hub),
                federation=settings.id,
                root_digest=settings.root_digest,
                clock=now,
                witnesses=(),
            )
            await notary.run_once()


async def _send_heads(network: Network, node: Node) -> None:
    async with own_bus(network, node) as bus:
        await node.announcer(bus).announce(forced=True)


async def _look(network: Network, reader: Originator | None, message: str | None) -> Standing | None:
    if reader is not None:
        await watch_log(network.nodes[participant_of(reader)])
    return _standing(network, reader, message)


def _standing(network: Network, reader: Originator | None, message: str | None) -> Standing | None:
    if reader is None or message is None:
        return None
    node = network.nodes[participant_of(reader)]
    with reading(node.engine) as connection:
        return inbox.item(connection, node.section_keys, reader, message, now()).standing


def _sees_anothers(side: Side, message: str | None) -> bool:
    foreign = message is not None and participant_of(side.reader) != message.partition("/")[0]
    return foreign and any(cell.shown for cell in side.cells)


async def _each(network: Network, work: Callable[[Node], Awaitable[object]]) -> None:
    limit = asyncio.Semaphore(_AT_ONCE)

    async def do(node: Node) -> None:
        async with limit:
            await work(node)

    await asyncio.gather(*(do(node) for node in network.nodes.values()))


def _summary(network: Network, asked: tuple[Asked, ...], risen: Risen | None) -> Logged | None:
    node = next(iter(network.nodes.values()))
    published = look_at_log(need_log(network.folder, node.federation), node.directory)
    checkpoint = published.checkpoint
    if checkpoint is None:
        return None
    counts = Counter(one for node in network.nodes.values() for one in _assurances(node.engine))
    document = Log(
        size=checkpoint.size,
        checkpoint=checkpoint.raw.decode(),
        witnesses=checkpoint.witnesses,
        quorum=checkpoint.quorum,
        assurance={one.value: counts[one] for one in (Assurance.RECEIVED, Assurance.LOGGED, Assurance.WITNESSED)},
    )
    return Logged(
        document=document,
        checkpoint=checkpoint,
        appointed=len(published.trust.witnesses),
        asked=asked,
        risen=risen,
    )


def _assurances(node: Engine) -> Iterator[Assurance]:
    """Yield the assurance of each message in each inbox of a node; of empty receipts too, which nobody is shown."""
    joined = store.inbox.outerjoin(log_entry, log_entry.c.digest == store.inbox.c.digest)
    wanted: Select[Any] = select(log_entry.c.place, log_entry.c.seen_at).select_from(joined)
    with reading(node) as connection:
        state = load_state(connection)
        for row in connection.execute(wanted):
            yield standing_of(row, state).assurance
