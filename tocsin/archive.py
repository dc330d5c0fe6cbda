"""A record as files: topics and log of a federation, copied into a folder to be audited anywhere.

What auditors get has no node and no key in it. The log is copied before the topics: so every leaf has its message.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from broker import limits
from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.errors import AlreadyThere, BadNote, Gap
from broker.log.checkpoint import parse_checkpoint
from broker.log.note import parse_note
from broker.log.port import CHECKPOINT, LogReader
from broker.log.tiles import Bundle, Tile, new_bundles, tiles_of
from broker.types.names import directory_topic
from broker.types.time import Clock
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.log_sources import open_log
from tocsin.settings import EMBEDDED, FederationSettings, WayIn, format_federation, load_federation

_AT_ONCE: Final = 256
_MOST_ABSENT: Final = 256
"""A log from which more is missing than this is no log, whatever size its checkpoint names."""


class Archived(msgspec.Struct, frozen=True, kw_only=True):
    """What was copied.

    Attributes:
        messages: How many, of all topics.
        log_size: Leaves by the newest checkpoint, which nobody has checked yet; 0 without one.
        absent: Files that the log should have, and has not.
        missing: Parts of topics that the bus does not give, as ``topic@first-next``.
    """

    topics: int
    messages: int
    log_size: int
    absent: tuple[str, ...]
    missing: tuple[str, ...]


async def archive_record(
    folder: FederationFolder, to: Path, *, clock: Clock, progress: Callable[[int], None] = lambda _: None
) -> Archived:
    """Copy the record of the federation in *folder* into the folder *to*, which is empty or not there yet.

    The copy has an embedded bus with the same bytes, and the log as it was before they were copied. In each topic they
    have the same places, up to the first part that the bus does not give: that is gone around, and named.
    ``federation.toml`` is written last: without it, what an interrupted copying left is no archive.

    Args:
        progress: Is told how many messages were copied.

    Raises:
        AlreadyThere: The folder is not empty.
        TransportError: The bus or the log does not answer.
    """
    _make_empty(to)
    settings, copy = load_federation(folder), FederationFolder(to)
    size, absent = _copy_log(open_log(folder, settings), copy.log)
    copied = await _copy_topics(folder, settings, copy, clock, progress)
    log = copy.log.name if copy.log.exists() else ""
    plain = msgspec.structs.replace(settings, bus=EMBEDDED, log=log, way_in=WayIn())
    copy.federation_file.write_text(format_federation(plain), "utf-8")
    return Archived(
        topics=len(copied),
        messages=sum(one.messages for one in copied),
        log_size=size,
        absent=tuple(absent),
        missing=tuple(part for one in copied for part in one.missing),
    )


async def archive(folder: FederationFolder, to: Path, *, clock: Clock) -> FederationFolder:
    """Copy the record of the federation in *folder* into the empty folder *to*, with the nodes beside it.

    The nodes of the copy are those of *folder* itself, by a link: whoever changes them changes both.

    Raises:
        AlreadyThere: The folder is not empty.
        TransportError: The bus or the log does not answer.
    """
    await archive_record(folder, to, clock=clock)
    (to / "nodes").symlink_to((folder.root / "nodes").resolve(), target_is_directory=True)
    return FederationFolder(to)


def _make_empty(to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise AlreadyThere(f"{to} is not empty", hint="Name a folder that is not there yet.")
    to.mkdir(parents=True, exist_ok=True)


class _Copied(msgspec.Struct, frozen=True):
    """What was copied of one topic."""

    messages: int
    missing: tuple[str, ...]


async def _copy_topics(
    folder: FederationFolder,
    settings: FederationSettings,
    copy: FederationFolder,
    clock: Clock,
    progress: Callable[[int], None],
) -> list[_Copied]:
    async with open_bus(folder, settings, clock=clock) as bus:
        target = open_embedded_bus(copy.bus_file, clock=clock)
        try:
            ours = [one for one in sorted(await bus.topics()) if _is_ours(one, settings.id)]
            return [await _copy_topic(bus, target, topic, progress) for topic in ours]
        finally:
            await target.close()


def _is_ours(topic: str, federation: str) -> bool:
    return topic == directory_topic(federation) or topic.startswith(f"{federation}.msg.")


async def _copy_topic(bus: Bus, target: Bus, topic: str, progress: Callable[[int], None]) -> _Copied:
    await target.create_topics([topic])
    start, end, copied, missing = 0, await bus.end(topic), 0, []
    while start < end:
        try:
            batch = [one for one in await bus.read(topic, start=start, most=_AT_ONCE) if one.offset < end]
        except Gap as gap:
            missing.append(f"{topic}@{gap.start}-{gap.next}")
            start = gap.next
            continue
        if not batch:
            break
        await target.send(topic, [Outgoing(one.key, one.value) for one in batch])
        start, copied = batch[-1].offset + 1, copied + len(batch)
        progress(len(batch))
    return _Copied(copied, tuple(missing))


def _copy_log(log: LogReader | None, to: Path) -> tuple[int, list[str]]:
    """Copy a log as it is; return its size, and what is not there of it. Whether it holds is for the audit to say."""
    if log is None:
        return 0, []
    checkpoint = log.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    to.mkdir()
    if checkpoint is None:
        return 0, []
    size, absent = _size_of(checkpoint), []
    for one in _files(size):
        path, data = _read(log, one)
        if data is None:
            absent.append(path)
            if len(absent) > _MOST_ABSENT:
                break
            continue
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(data)
    (to / CHECKPOINT).write_bytes(checkpoint)
    return size, absent


def _size_of(checkpoint: bytes) -> int:
    """Return the size that a checkpoint names; 0 where it is none: the audit has to see it as it is."""
    try:
        return parse_checkpoint(parse_note(checkpoint).text).size
    except BadNote:
        return 0


def _files(size: int) -> Iterator[Tile | Bundle]:
    return chain(tiles_of(size), new_bundles(0, size))


def _read(log: LogReader, one: Tile | Bundle) -> tuple[str, bytes | None]:
    """Return path and bytes of a file; where a partial one is not kept, those of the full one that it grew into."""
    most = limits.MAX_TILE_BYTES if isinstance(one, Tile) else limits.MAX_BUNDLE_BYTES
    data = log.read(one.path, most=most)
    if data is None and (full := log.read(one.full.path, most=most)) is not None:
        return one.full.path, full
    return one.path, data
