"""Run by the crash test: publish and flush in processes that kill themselves, each one step later than the last.

A step is the moment before a statement or a commit, or before, between or after what is handed to the bus. After each
crash another process publishes the same file and flushes; what it finds is printed, one JSON object a crash. The key
store's statements are steps too, and at the end a reader joins by agreement.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from broker.bus.embedded import open_embedded_bus
from broker.bus.port import Bus, Outgoing
from broker.envelope.message import Opened
from broker.relationships import Relationships, StandingAgreement
from broker.types.vocabulary import Section
from producers import batches, publish, sending
from producers.flush import Flusher
from producers.outbox import outbox_state
from producers.publish import Already, Taken
from tests.support.federation import Federation
from tests.support.outbox import (
    CUSTOMS,
    PublishingNode,
    a_clock,
    a_file,
    a_sealing_federation,
    check_chains,
    keys_for,
    prepare_bus,
    read_messages,
    readable,
    records_in,
    some_drafts,
)
from tests.support.records import an_agreement

SOURCE, PARCELS = a_file("parcels.csv", "a parcel", "a parcel", "a drum")
DRAFTS = [*some_drafts(4), *PARCELS]
AGREED = Relationships(agreements=(StandingAgreement.of(CUSTOMS, an_agreement("BE")),))


class Steps:
    """Counts steps, and kills the process at the last one that it is given."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, engine: Engine) -> None:
        """Make a step of the moment before each statement and each commit."""
        for name in ("before_cursor_execute", "commit"):
            event.listen(engine, name, self.step)


class WatchedBus:
    """A bus of which each sending is three steps: before it, between two messages, after it."""

    def __init__(self, bus: Bus, steps: Steps) -> None:
        self._bus = bus
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def send(self, topic: str, messages: Sequence[Outgoing]) -> None:
        self._steps.step()
        await self._bus.send(topic, messages[:1])
        self._steps.step()
        if messages[1:]:
            await self._bus.send(topic, messages[1:])
            self._steps.step()


def in_child(work: Callable[[], Awaitable[None]]) -> bool:
    """Run *work* in a process of its own; say whether it lived to the end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(work())  # type: ignore[arg-type]
            code = 0
        except BaseException:  # noqa: BLE001 - nothing may leave the child but its exit code
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.WEXITSTATUS(status):
        raise SystemExit("a child failed")
    return True


async def prepare(folder: Path, federation: Federation) -> None:
    bus = open_embedded_bus(folder / "bus.sqlite", clock=a_clock())
    await prepare_bus(bus, federation)
    PublishingNode(folder, federation, bus).close()
    await bus.close()


async def publish_and_flush(folder: Path, federation: Federation, steps: Steps) -> None:
    bus = open_embedded_bus(folder / "bus.sqlite", clock=a_clock())
    node = PublishingNode(folder, federation, bus)
    steps.watch(node.engine)
    steps.watch(node.section_keys._engine)
    node.publish(*DRAFTS[:4])
    flusher = Flusher(node.engine, node.line(WatchedBus(bus, steps)))
    await flusher.flush()
    node.publish(*PARCELS, source=SOURCE)
    await flusher.flush()
    node.relationships = AGREED
    await flusher.flush()
    node.close()
    await bus.close()


async def go_on(folder: Path, federation: Federation) -> None:
    bus = open_embedded_bus(folder / "bus.sqlite", clock=a_clock())
    node = PublishingNode(folder, federation, bus)
    node.relationships = AGREED
    before = outbox_state(node.engine)
    outcomes = [*node.publish(*DRAFTS[:4]), *node.publish(*PARCELS, source=SOURCE)]
    report = await node.flusher.flush()
    messages = await read_messages(bus, federation)
    check_chains(messages)
    records = records_in(messages)
    keys = keys_for(federation, "BE/~1", messages)
    found = {
        "ready": before.ready,
        "unsent": before.unsent,
        "taken": sum(isinstance(one, Taken) for one in outcomes),
        "already": sum(isinstance(one, Already) for one in outcomes),
        "signed": report.signed,
        "findings": [one.code for one in report.findings],
        "left": sum(getattr(outbox_state(node.engine), name) for name in ("ready", "parked", "unsent")),
        "references": sorted(_reference(node, one) for one in records),
        "opened": [sorted(readable(one, keys)) for one in records],
        "kept": [len(node.keys_of(one)) for one in records],
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    node.close()
    await bus.close()


def _reference(node: PublishingNode, message: Opened) -> str:
    return str(getattr(node.read(message).content[Section.CORE], "national_reference", ""))


def main(folder: Path) -> None:
    # Small numbers, so that few drafts take several transactions and several batches.
    for module, name, value in (
        (publish, "DRAFTS_A_TRANSACTION", 2),
        (batches, "MAX_BATCH_MESSAGES", 2),
        (sending, "MAX_BATCH_MESSAGES", 3),
    ):
        setattr(module, name, value)
    federation = a_sealing_federation("NL", "BE")
    fresh = folder / "fresh"
    fresh.mkdir()
    in_child(lambda: prepare(fresh, federation))
    last, lived = 0, False
    while not lived:
        last += 1
        place = folder / "place"
        shutil.copytree(fresh, place)
        lived = in_child(lambda: publish_and_flush(place, federation, Steps(last)))  # noqa: B023
        in_child(lambda: go_on(place, federation))  # noqa: B023
        shutil.rmtree(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
