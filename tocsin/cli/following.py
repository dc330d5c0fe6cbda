"""``tocsin receive --follow``: take what arrives until somebody stops it, and say what stands in the way."""

import asyncio
import signal
from contextlib import suppress
from datetime import date
from typing import Final, NamedTuple

from broker.bus.port import Bus
from broker.errors import BrokerError, TransportError
from broker.types.names import Originator
from consumers.deliver import Taken
from producers.flush import FlushReport
from tocsin.accounting import give_account
from tocsin.casework.keeping import forget_gone
from tocsin.cli.output import Output
from tocsin.cli.taken import alerts_of, counts, reads_first, say_alerts, say_history, say_unseen, told_as
from tocsin.installation import Node
from tocsin.metrics import Meters, serving_metrics
from tocsin.node_log import node_log
from tocsin.purging import purge_outbox_of
from tocsin.restored import find_restored
from tocsin.sealing_keys import destroy_ended_keys
from tocsin.settings import EMBEDDED
from tocsin.watching_log import WATCH_EVERY_SECONDS, watch_log, words

_FIRST_PAUSE_SECONDS: Final = 0.5
_LAST_PAUSE_SECONDS: Final = 30.0
_ACCOUNT_EVERY_SECONDS: Final = 15.0


class Manner(NamedTuple):
    """How a node follows: where it serves metrics, and of which topic it accepts a loss."""

    metrics: str | None
    accept_loss: str | None


def run_following(node: Node, authority: str, manner: Manner, output: Output) -> None:
    """Follow until Ctrl-C, or until whoever runs the machine asks to stop: that is an end like any other."""
    following = _Following(node, authority, manner, output)
    try:
        asyncio.run(following.run())
    except asyncio.CancelledError:
        following.log.info("stopped")


class _Following:
    """One run: its words go to the node's own log."""

    def __init__(self, node: Node, authority: str, manner: Manner, output: Output) -> None:
        self._node = node
        self._authority = authority
        self._manner = manner
        self._output = output
        self._seen: set[tuple[bytes, str]] = set()
        self._is_waiting = True
        self._is_first = False
        self._looked_on: date | None = None
        self.log = node_log(node.name)

    async def run(self) -> None:
        """Follow; end by being cancelled."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _stop, asyncio.current_task())
        with serving_metrics(self._node, self._manner.metrics) as meters:
            if self._node.federation.bus != EMBEDDED:
                self.log.info("connecting", bus=self._node.federation.bus)
            reader = await self._wait_for_authority(meters)
            # What is known already does not wait for the bus.
            self._seen = {told_as(item) for item in alerts_of(self._node, reader)}
            say_unseen(self._output, len(self._seen), reader)
            async with self._node.bus() as bus:
                await self._follow(bus, reader, meters)

    async def _follow(self, bus: Bus, reader: Originator, meters: Meters) -> None:
        receiver = self._node.receiver(bus)
        self._is_first = reads_first(self._node)
        if self._manner.accept_loss is not None:
            given_up = await receiver.accept_loss(self._manner.accept_loss)
            self.log.warning("loss accepted", topic=self._manner.accept_loss, places=given_up)

        def report(taken: Taken) -> None:
            self._destroy_ended_keys()
            meters.took(taken)
            if self._is_waiting:
                self._is_waiting = False
                if restored := find_restored(self._node):
                    self.log.warning("restored database", says=restored.says())
                self.log.info("following", authority=reader)
            if taken != Taken():
                self.log.info("taken", **counts(taken))
                self._tell_alerts(reader)
            if self._is_first and taken.inbox:
                self._is_first = False
                say_history(self._output, self._node, reader)
            if taken.purged:
                purge_outbox_of(self._node)
                forget_gone(self._node)

        def trouble(error: BrokerError, seconds: float | None) -> None:
            meters.met(error, seconds)
            self._tell_trouble(error, seconds)

        beside = [asyncio.create_task(self._keep_account(bus)), asyncio.create_task(self._keep_watch())]
        try:
            await receiver.follow(report, trouble)
        finally:
            for one in beside:
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one

    async def _keep_account(self, bus: Bus) -> None:
        """Look now and then whether it is time for HEADS and receipts, or for keys: an embargo ends by itself."""
        flusher, said = self._node.flusher(bus), ""
        while True:
            await asyncio.sleep(_ACCOUNT_EVERY_SECONDS)
            if self._is_waiting:
                continue  # for the bus, which nothing can be sent over either
            try:
                await give_account(self._node, bus)
                self._tell_sent(await flusher.flush())
            except BrokerError as error:
                if said != str(error):  # it may last for days
                    hint = {"hint": error.hint} if error.hint else {}
                    self.log.warning("what is to be sent waits", code=error.code, says=str(error), **hint)
                said = str(error)
            else:
                said = ""

    async def _keep_watch(self) -> None:
        """Read the log on now and then, and say what is not as it should be when that changes."""
        said: frozenset[str] = frozenset()
        while True:
            try:
                watch = await watch_log(self._node)
                unheard = self._node.unheard()
            except BrokerError as error:
                self.log.warning("the log is looked at later", code=error.code, says=str(error))
            else:
                wrong = frozenset(words(watch)) | frozenset(filter(None, [unheard]))
                for says in sorted(wrong - said):
                    self.log.warning("log", says=says)
                said = wrong
                if watch.advance is not None and watch.advance.before < watch.state.size:
                    self.log.info("log read", entries=watch.state.size)
            await asyncio.sleep(WATCH_EVERY_SECONDS)

    def _tell_sent(self, report: FlushReport) -> None:
        if report.sent or report.released:
            self.log.info("sent", messages=report.sent, keys_of=report.released, nodes=report.nodes)

    def _destroy_ended_keys(self) -> None:
        """Look once a day."""
        now = self._node.clock()
        if self._looked_on != now.date():
            self._looked_on = now.date()
            destroy_ended_keys(self._node, now)

    async def _wait_for_authority(self, meters: Meters) -> Originator:
        """Return the authority; a node that has never read the directory waits for the bus to know it."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._node.check_authority(self._authority)
            except TransportError as error:
                if not error.retriable:
                    raise
                meters.met(error, pause)
                self._tell_trouble(error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LAST_PAUSE_SECONDS)

    def _tell_alerts(self, reader: Originator) -> None:
        """Show each new alert once."""
        for item in alerts_of(self._node, reader):
            if told_as(item) not in self._seen:
                self._seen.add(told_as(item))
                say_alerts(self._output, [item], self._node, reader)
                self._output.document_line(
                    {"alert": str(item.message), "tlp": item.tlp.word, "status": item.status.word}
                )

    def _tell_trouble(self, error: BrokerError, seconds: float | None) -> None:
        hint = {"hint": error.hint} if error.hint else {}
        if seconds is None:
            self.log.warning("going on without", code=error.code, says=str(error), **hint)
            return
        self._is_waiting = True
        self.log.warning("waiting", code=error.code, says=str(error), **hint, seconds=seconds)


def _stop(running: "asyncio.Task[None] | None") -> None:
    if running is not None:
        running.cancel()
