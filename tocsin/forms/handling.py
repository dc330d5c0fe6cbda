"""How a document that is made out of messages is to be handled, in words, at its head."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from broker.figures.derived import ALL_PURPOSES, Derived
from broker.types.vocabulary import Handling, Status, Tlp
from tocsin.showing.items import BANNER
from tocsin.showing.plain import moment

_MEANS: Final[Mapping[Tlp, str]] = {
    Tlp.CLEAR: "may be shown to anybody",
    Tlp.GREEN: "may be shown within the community, and not made public",
    Tlp.AMBER: "may be shown within the organisations that have it and to their clients, as far as they need it",
    Tlp.AMBER_STRICT: "may be shown within the organisations that have it, and to nobody else",
    Tlp.RED: "is for the persons who have it, and for nobody else",
}
_BINDS: Final[Mapping[Handling, str]] = {
    Handling.H0: "only to prevent and combat crime (H0)",
    Handling.H1: "not in judicial proceedings without permission (H1)",
    Handling.H2: "not to be passed on without permission (H2)",
    Handling.H3: "restricted (H3)",
}


def handling_document(derived: Derived, status: Status) -> dict[str, Any]:
    """Return what stands at the head of a document, for scripts and for people."""
    return {
        "tlp": derived.tlp.word,
        "status": status.word,
        "marking": msgspec.to_builtins(derived.marking, str_keys=True),
        "says": " ".join(handling_lines(derived, status)),
    }


def handling_lines(derived: Derived, status: Status) -> Iterator[str]:
    """Yield what may be done with a document, a sentence each."""
    marking = derived.marking
    if status in BANNER:
        yield f"{BANNER[status]}."
    yield f"TLP:{derived.tlp.word}: it {_MEANS[derived.tlp]}."
    for code in marking.handling:
        text = f": {marking.handling_text}" if code is Handling.H3 else ""
        yield f"Use: {_BINDS[code]}{text}."
    if not marking.purposes:
        yield "No purpose is allowed by all of its parts: it may be used for nothing."
    elif marking.purposes != ALL_PURPOSES:
        yield f"For {', '.join(one.word for one in marking.purposes)}."
    if derived.for_nobody_else:
        yield "Its parts are for different recipients: it is for nobody else."
    elif marking.recipients:
        yield f"For {', '.join(marking.recipients)}."
    if marking.excluded:
        yield f"Never for {', '.join(marking.excluded)}."
    if marking.release_after is not None:
        yield f"Not before {moment(marking.release_after)}."
    if marking.retain_until is not None:
        yield f"Not to be kept after {moment(marking.retain_until)}."
