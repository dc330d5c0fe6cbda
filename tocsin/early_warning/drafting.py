"""A draft of a substance warning from a signal, for a person to read and change: nothing is sent by it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from broker.errors import MissingItem
from broker.records.core import Concerned, CountryRole, Related, RelatedAs
from broker.records.marking import Basis
from broker.records.substance_warning import SubstanceWarningCore, WarningType
from broker.records.substances import Substance
from broker.signals.find import Findings
from broker.signals.naming import ids_in, is_name
from broker.signals.signal import Signal, SignalKind, written
from broker.types.vocabulary import Tlp
from tocsin.early_warning.parts import Part, label_of, marking_of, narrowest_first

_TYPES: Final[Mapping[SignalKind, WarningType]] = {
    SignalKind.FIRST_SIGHTING: WarningType.NEW_SUBSTANCE,
    SignalKind.NEW_NAME: WarningType.NEW_SUBSTANCE,
    SignalKind.UNUSUAL_COUNT: WarningType.UNUSUAL_COUNT,
    SignalKind.UNUSUAL_AMOUNT: WarningType.UNUSUAL_AMOUNT,
    SignalKind.NEW_ROUTE: WarningType.NEW_ROUTE,
    SignalKind.NEW_CONCEALMENT: WarningType.NEW_CONCEALMENT,
    SignalKind.NEW_DECLARATION: WarningType.NEW_CONCEALMENT,
}
_REVIEW_AFTER: Final = timedelta(days=90)
_MOST_RELATED: Final = 50
"""Messages that a warning names, and every narrow one; a count of hundreds is told by its figures."""


def choose(findings: Findings, name: str) -> Signal:
    """Return the signal with an id that begins with *name*.

    Raises:
        MissingItem: There is none, or more than one.
    """
    found = [one for one in findings.signals if one.id.startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    hint = "tocsin warning find --as … lists them; name the same --since, --method and --by."
    what = "no signal" if not found else f"{len(found)} signals"
    raise MissingItem(f"there is {what} {name[:40]!r} in this window", hint=hint)


def draft_core(signal: Signal, parts: Sequence[Part], today: date) -> SubstanceWarningCore:
    """Return the core of a warning that says what a signal says, with the strictest marking of its messages.

    No country is told by it until a person says so.

    Raises:
        InvalidRecord: No purpose is allowed by all of the messages.
    """
    kind = _TYPES[signal.kind]
    singles = sorted(ids_in(signal.substance))
    known = singles[0] if len(singles) == 1 and not is_name(signal.substance) else None
    figures = written(signal.figures)
    return SubstanceWarningCore(
        marking=marking_of(parts),
        concerned=tuple(
            Concerned(country=code, role=CountryRole.SEIZED_IN)
            for code in signal.countries
            if code and code == signal.place
        ),
        national_reference=f"warning-{signal.id}",
        related=tuple(Related(digest=one.digest, relation=RelatedAs.FOLLOWS) for one in _named(parts)),
        warning_type=kind,
        title=f"{signal.kind.word.replace('-', ' ').capitalize()}: {signal.as_written}"[:200],
        says=f"{signal.says} ({figures})" if figures else signal.says,
        basis=Basis.ASSESSMENT,
        substances=(Substance(as_written=signal.as_written, substance_id=known),),
        method=signal.method,
        parameters=written(signal.parameters),
        review_by=today + _REVIEW_AFTER,
        language="en",
    )


def _named(parts: Sequence[Part]) -> list[Part]:
    """Return the messages that a warning names and is held to when it is sent: the narrow ones are among them."""
    ordered = narrowest_first(parts)
    return ordered[: max(_MOST_RELATED, sum(one.is_narrow for one in ordered))]


def label(parts: Sequence[Part]) -> Tlp:
    """Return the label of a warning that rests on some messages: AMBER if it rests on one that is AMBER."""
    return label_of(parts)
