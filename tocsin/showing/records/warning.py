"""Substance warnings: what is new or unusual, and how anybody knows."""

from collections.abc import Iterator
from typing import Final

from broker.records.marking import Basis
from broker.records.substance_warning import SubstanceWarningCore, WarningType
from tocsin.showing.about import Names
from tocsin.showing.plain import plain
from tocsin.showing.records.line import Line, goods_lines, head_lines, headed, joined, shortened, texts, word_of
from tocsin.showing.records.reported import when_lines, where_lines

_WARNS: Final = {
    WarningType.NEW_SUBSTANCE: "new substance",
    WarningType.NEW_ROUTE: "new route",
    WarningType.NEW_CONCEALMENT: "new way to hide it",
    WarningType.NEW_USE: "new use",
    WarningType.UNUSUAL_COUNT: "unusually many cases",
    WarningType.UNUSUAL_AMOUNT: "unusually large amount",
}


def warning_headline(core: SubstanceWarningCore, _names: Names) -> str:
    """Return a warning in a few words."""
    return headed(f"warning: {_WARNS.get(core.warning_type, word_of(core.warning_type))}", shortened(core.title))


def warning_lines(core: SubstanceWarningCore, names: Names) -> Iterator[Line]:
    """Yield what is new or unusual, and by which method that was found."""
    basis = "" if core.basis is Basis.NOT_STATED else f" (basis: {word_of(core.basis)})"
    yield Line("warning", f"{_WARNS.get(core.warning_type, word_of(core.warning_type))}{basis}")
    yield from texts(core, "title", "says")
    yield from goods_lines(core.substances, core.quantities)
    yield from joined("CAS", [plain(one) for one in core.cas_numbers])
    yield from joined("HS", [plain(one) for one in core.hs_codes])
    yield from joined("drugs", [plain(one) for one in core.drugs])
    yield from when_lines(core.dates)
    yield from where_lines(core.places)
    yield from texts(core, "method", "parameters")
    if core.review_by is not None:
        yield Line("look again", f"by {core.review_by}")
    yield from head_lines(core, names)
