"""Requests for leave, grants, recalls and receipts: what is about other messages."""

from collections.abc import Iterator, Sequence

from broker.records.grant import GrantCore, GrantOutcome
from broker.records.recall import RecallCore, RecallKind
from broker.records.receipt import ReceiptCore
from broker.records.request import RequestCore
from broker.types.vocabulary import Action, Section
from tocsin.showing.about import Names, named
from tocsin.showing.plain import counted, ending, moment, plain
from tocsin.showing.records.line import Line, head_lines, texts, word_of


def wanted(action: Action, sections: Sequence[Section], recipients: Sequence[str]) -> str:
    """Return what somebody wants to do with a message: ``to forward core, nominal to FR, DE/police``."""
    what = f"to {word_of(action)} {', '.join(word_of(one) for one in sections)}"
    return f"{what} to {plain(', '.join(recipients))}" if recipients else what


def request_headline(core: RequestCore, _names: Names) -> str:
    """Return a request for leave in a few words."""
    return f"request {wanted(core.action, core.sections, core.recipients)}"


def request_lines(core: RequestCore, names: Names) -> Iterator[Line]:
    """Yield what is wanted, for what and until when."""
    yield Line("asks", f"{wanted(core.action, core.sections, core.recipients)}, for {word_of(core.purpose)}")
    yield Line("about", named(core.message, names))
    yield Line("until", ending(core.until))
    yield from texts(core, "reason")
    yield from head_lines(core, names)


def grant_headline(core: GrantCore, _names: Names) -> str:
    """Return a grant or a refusal in a few words."""
    return f"{core.outcome.word} {plain(core.grantee)} {wanted(core.action, core.sections, core.recipients)}"


def grant_lines(core: GrantCore, names: Names) -> Iterator[Line]:
    """Yield who may do what, or may not, and until when."""
    purposes = ", ".join(word_of(one) for one in core.purposes)
    yield Line(core.outcome.word, f"{wanted(core.action, core.sections, core.recipients)}, for {purposes}")
    yield Line("who may" if core.outcome is GrantOutcome.GRANTED else "who may not", plain(core.grantee))
    yield Line("about", named(core.message, names))
    if core.outcome is GrantOutcome.GRANTED and core.until is not None:
        yield Line("until", ending(core.until))
    yield from texts(core, "reason")
    yield from head_lines(core, names)


def recall_headline(core: RecallCore, names: Names) -> str:
    """Return a recall or a correction in a few words."""
    return plain(f"{core.kind.word} of {named(core.message, names)}: {core.reason}")


def recall_lines(core: RecallCore, names: Names) -> Iterator[Line]:
    """Yield what is taken back, why, and what takes its place."""
    again = "taken back" if core.kind is RecallKind.RECALL else "corrected"
    yield Line("what", f"{named(core.message, names)} is {again}: do not use it any more")
    if core.replaced_by is not None:
        yield Line("instead", named(core.replaced_by, names))
    yield from texts(core, "reason")
    yield from head_lines(core, names)


def receipt_headline(core: ReceiptCore, _names: Names) -> str:
    """Return a receipt in a few words."""
    return f"receipt of {counted(len(core.entries), 'event')} to {moment(core.period_to)}"


def receipt_lines(core: ReceiptCore, names: Names) -> Iterator[Line]:
    """Yield who did what with which message."""
    yield Line("period", f"{moment(core.period_from)} to {moment(core.period_to)}")
    for one in core.entries:
        purpose = "" if one.purpose is None else f" for {word_of(one.purpose)}"
        sections = ", ".join(word_of(section) for section in one.sections)
        says = f"{plain(one.reader)}: {sections} of {named(one.message, names)}{purpose}, {moment(one.at)}"
        yield Line(word_of(one.what), says)
    yield from head_lines(core, names)
