"""A record as files: every topic of a federation, copied from its bus into a folder to be audited anywhere."""

from pathlib import Path
from typing import Final

import msgspec

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.types.names import directory_topic
from broker.types.time import Clock
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.settings import EMBEDDED, WayIn, format_federation, load_federation

_AT_ONCE: Final = 256


async def archive(folder: FederationFolder, to: Path, *, clock: Clock) -> FederationFolder:
    """Copy the record of the federation in *folder* into the empty folder *to*, with the nodes beside it.

    The copy has an embedded bus with the same bytes at the same places. Its nodes are those of *folder* itself, by a
    link: whoever changes them changes both.

    Raises:
        TransportError: The bus does not answer.
    """
    settings = load_federation(folder)
    copy = FederationFolder(to)
    async with open_bus(folder, settings, clock=clock) as bus:
        target = open_embedded_bus(copy.bus_file, clock=clock)
        try:
            for topic in sorted(await bus.topics()):
                if topic == directory_topic(settings.id) or topic.startswith(f"{settings.id}.msg."):
                    await _copy(bus, target, topic)
        finally:
            await target.close()
    (to / "nodes").symlink_to((folder.root / "nodes").resolve(), target_is_directory=True)
    embedded = msgspec.structs.replace(settings, bus=EMBEDDED, way_in=WayIn())
    copy.federation_file.write_text(format_federation(embedded), "utf-8")
    return copy


async def _copy(bus: Bus, target: Bus, topic: str) -> None:
    await target.create_topics([topic])
    start, end = 0, await bus.end(topic)
    while start < end:
        batch = [one for one in await bus.read(topic, start=start, most=_AT_ONCE) if one.offset < end]
        if not batch:
            return
        await target.send(topic, [Outgoing(one.key, one.value) for one in batch])
        start = batch[-1].offset + 1
