"""Yearly figures: one line an amount. What is not told is not shown as none."""

from collections.abc import Iterator

from broker.records.statistics import StatisticsCore, StatisticsLine
from tocsin.showing.about import Names
from tocsin.showing.plain import amount, counted, plain
from tocsin.showing.quantities import unit_of
from tocsin.showing.records.line import Line, head_lines, headed, period, texts


def statistics_headline(core: StatisticsCore, _names: Names) -> str:
    """Return the figures of a period in a few words."""
    lines = counted(len(core.lines), "line")
    return headed(plain(f"figures of {core.country} for form {core.form}"), period(core.starts_on, core.ends_on), lines)


def statistics_lines(core: StatisticsCore, names: Names) -> Iterator[Line]:
    """Yield a country's figures of a period."""
    yield Line("what", plain(f"figures of {core.country} for form {core.form}"))
    yield Line("when", period(core.starts_on, core.ends_on))
    for line in core.lines:
        yield Line("scheduled" if line.is_scheduled else "unscheduled", _figure(line))
    yield from texts(core, "method", "remarks")
    yield from head_lines(core, names)


def _figure(line: StatisticsLine) -> str:
    much = "amount not told" if line.amount is None else f"{amount(line.amount)} {unit_of(line.unit)}".strip()
    cases = "" if line.cases is None else counted(line.cases, "case")
    origins = f"from {', '.join(line.origins)}" if line.origins else ""
    parts = (f"{line.as_written}: {much}", cases, origins, line.remarks)
    return plain(", ".join(part for part in parts if part))
