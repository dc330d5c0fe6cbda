"""Pieces of an audit's work, done where they are asked for: in this process, or in one of several."""

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from broker.bus.port import Bus, Delivered
from broker.directory.directory import Directory
from broker.errors import BusUnavailable, CorruptBatch, LogUnavailable, RetentionPassed
from broker.log.port import LogReader
from broker.types.time import from_micros
from consumers.audit.leaves import check_bundles
from consumers.audit.messages import WINDOW, MessageChecker
from consumers.audit.units import AuditPlan, Bundles, LeavesResult, MissingRow, Part, PartResult

Piece: TypeAlias = Part | Bundles
Result: TypeAlias = PartResult | LeavesResult


class Pieceworker:
    """Does pieces of one audit with a bus and a log of its own."""

    def __init__(self, bus: Bus, log: LogReader | None, directory: Directory, plan: AuditPlan) -> None:
        """Prepare.

        Args:
            directory: Without revocations, see ``consumers.audit.signers``.
        """
        self._bus = bus
        self._log = log
        self._checker = MessageChecker(directory, from_micros(plan.now), content=plan.content)

    async def do(self, piece: Piece, progress: Callable[[int], None] = lambda _: None) -> Result:
        """Return what comes of *piece*.

        Raises:
            TransportError: The bus or the log does not answer.
        """
        if isinstance(piece, Part):
            return await self._check_part(piece, progress)
        if self._log is None:
            raise LogUnavailable("there is no log to read")
        return check_bundles(self._log, piece)

    async def _check_part(self, part: Part, progress: Callable[[int], None]) -> PartResult:
        results: list[PartResult] = []
        async for window in windows(self._bus, part):
            if isinstance(window, MissingRow):
                results.append(PartResult(0, missing=(window,)))
                continue
            results.append(self._checker.check(part, window))
            progress(len(window))
        return _together(results)


async def windows(bus: Bus, part: Part) -> AsyncIterator[list[Delivered] | MissingRow]:
    """Yield the messages of *part*, and what the bus cannot give.

    Raises:
        TransportError: The bus does not answer, or not as it should.
    """
    start = part.start
    while start < part.end:
        try:
            found = await bus.read(part.topic, start=start, most=min(WINDOW, part.end - start))
        except (CorruptBatch, RetentionPassed) as gap:
            if gap.next <= start:
                raise BusUnavailable(f"{part.topic} says that nothing lies behind {start}, which cannot be") from gap
            yield MissingRow(part.place(gap.start), part.place(gap.next), gap.code, str(gap))
            start = gap.next
            continue
        window = [one for one in found if one.offset < part.end]
        if not window:
            return
        yield window
        start = window[-1].offset + 1


def _together(results: list[PartResult]) -> PartResult:
    spoken: dict[str, tuple[int, int]] = {}
    for one in results:
        for name, (first, last) in one.spoken.items():
            before = spoken.get(name, (first, last))
            spoken[name] = (min(first, before[0]), max(last, before[1]))
    return PartResult(
        sum(one.read for one in results),
        [row for one in results for row in one.messages],
        [row for one in results for row in one.broken],
        [row for one in results for row in one.said],
        [row for one in results for row in one.missing],
        spoken,
    )
