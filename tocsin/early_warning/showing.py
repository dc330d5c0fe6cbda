"""Signals and warnings: rows for people, documents for scripts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from broker.records.substance_warning import SubstanceWarningCore
from broker.signals.find import Findings
from broker.signals.naming import shown
from broker.signals.observation import Window
from broker.signals.signal import Signal, written
from broker.types.vocabulary import Section
from consumers.inbox import Item

SIGNAL_COLUMNS: Final = ("signal", "kind", "substance", "where", "tlp", "says", "messages")
WARNING_COLUMNS: Final = ("message", "from", "tlp", "warns of", "title", "method", "review by")
_MESSAGES_SHOWN: Final = 3


def signal_rows(signals: Iterable[Signal]) -> Iterator[tuple[str, ...]]:
    """Yield signals as rows of a table."""
    for one in signals:
        more = len(one.messages) - _MESSAGES_SHOWN
        behind = ", ".join(one.messages[:_MESSAGES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        yield (one.id, one.kind.word, shown(one.substance), one.place, one.tlp.word, one.says, behind)


def methods(signals: Iterable[Signal]) -> Iterator[str]:
    """Yield each method once, with the parameters that it was used with."""
    yield from dict.fromkeys(f"{one.method}: {written(one.parameters)}" for one in signals)


def findings_document(findings: Findings, window: Window) -> dict[str, Any]:
    """Return what was found as scripts get it."""
    return {
        "since": window.first.isoformat(),
        "until": window.last.isoformat(),
        "incidents": findings.incidents,
        "left_out": findings.left_out,
        "notes": findings.notes,
        "signals": [signal_document(one) for one in findings.signals],
    }


def signal_document(signal: Signal) -> dict[str, Any]:
    """Return a signal as scripts get it."""
    return {
        "signal": signal.id,
        "kind": signal.kind.word,
        "substance": signal.substance,
        "as_written": signal.as_written,
        "place": signal.place,
        "says": signal.says,
        "method": signal.method,
        "parameters": {one.name: one.value for one in signal.parameters},
        "figures": {one.name: one.value for one in signal.figures},
        "countries": signal.countries,
        "tlp": signal.tlp.word,
        "messages": signal.messages,
    }


def warning_rows(several: Iterable[Item]) -> Iterator[tuple[str, ...]]:
    """Yield warnings as rows of a table; one that may not be seen any more says so."""
    for one in several:
        core = one.sections.get(Section.CORE)
        head = (str(one.message), one.originator, one.tlp.word)
        if isinstance(core, SubstanceWarningCore):
            until = "" if core.review_by is None else core.review_by.isoformat()
            yield (*head, core.warning_type.word, core.title, core.method or "a person's", until)
        else:
            yield (*head, "", "nothing of it may be seen any more", "", "")


def warning_document(item: Item) -> Mapping[str, Any]:
    """Return a warning as scripts get it."""
    core = item.sections.get(Section.CORE)
    head = {
        "message": str(item.message),
        "originator": item.originator,
        "issued_at": item.issued_at.isoformat(),
        "tlp": item.tlp.word,
        "status": item.status.word,
        "withdrawn": item.withdrawn is not None,
    }
    if not isinstance(core, SubstanceWarningCore):
        return {**head, "warning": None}
    return {
        **head,
        "warning": {
            "warns_of": core.warning_type.word,
            "title": core.title,
            "says": core.says,
            "substances": [{"as_written": one.as_written, "substance": one.substance_id} for one in core.substances],
            "method": core.method,
            "parameters": core.parameters,
            "rests_on": [one.digest.hex() for one in core.related],
            "review_by": core.review_by,
        },
    }
