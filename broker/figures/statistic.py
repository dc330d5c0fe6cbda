"""Figures as a record that others may have. It is derived from incidents, and never taken for one."""

from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final

from broker.figures.amounts import UNNAMED
from broker.figures.derived import Derived
from broker.figures.form_d import FormD, FormLine, Part
from broker.figures.sieve import Heading
from broker.records.statistics import StatisticsCore, StatisticsLine

FORM: Final = "INCB Form D"
METHOD: Final = (
    "Sums of the lower ends of the amounts in single incident reports of the year, by the date of the incident. "
    "Second reports, parts of totals, corrected reports, destroyed and transferred goods, exercises and aggregates are "
    "not counted. Mass, volume and pieces are kept apart; nothing is converted between them. Whether a substance is "
    "scheduled is as of the day of the incident. Less than a millionth of a unit is left away."
)
PLACES: Final = Decimal("0.000001")
"""Amounts on the wire have six places; what is less is left away, as a lower end may."""
_DIGITS: Final = Context(prec=60)
_MOST_REMARKS: Final = 2000
"""Characters of a line's remarks; more stand in the form itself."""


def statistics_core(form: FormD, derived: Derived, *, reference: str) -> StatisticsCore:
    """Return the record of a form.

    Args:
        derived: The marking of all that was counted.
        reference: The sender's own reference for the figures.
    """
    unplaced = len(form.unplaced)
    remarks = f"{unplaced} incidents may be of this year or another and are not counted." if unplaced else ""
    return StatisticsCore(
        marking=derived.marking,
        national_reference=reference,
        form=FORM,
        country=form.scope.country,
        starts_on=form.scope.first,
        ends_on=form.scope.last,
        lines=tuple(_line(one) for one in form.lines),
        method=METHOD,
        remarks=remarks,
        language="en",
    )


def _line(line: FormLine) -> StatisticsLine:
    apart = () if line.heading is Heading.SEIZED else (f"{line.heading.word}, not seized",)
    unsure = ("not known whether scheduled",) if line.part is Part.UNSURE else ()
    single = line.substances[0] if len(line.substances) == 1 and not line.key.startswith(UNNAMED) else None
    return StatisticsLine(
        substance_id=single,
        as_written=", ".join(line.written)[:_MOST_REMARKS] or line.key,
        is_scheduled=line.part is Part.SCHEDULED,
        amount=None if line.low is None else line.low.quantize(PLACES, ROUND_FLOOR, _DIGITS),
        unit=line.unit,
        cases=len(line.cases),
        origins=tuple(one for one in line.origins if len(one) == 2 or one.startswith("X-")),
        remarks="; ".join((*apart, *unsure, *_remarks(line)))[:_MOST_REMARKS],
    )


def _remarks(line: FormLine) -> tuple[str, ...]:
    """Return what is said of a figure abroad: how many amounts are so, and no message by name."""
    upper = () if line.low == line.high or line.high is None else (f"at most {line.high:f}",)
    return (*upper, *(f"{kind}: {number} amounts" for kind, number in line.remark_counts))
