"""A message as one authority may see it: for a duty officer at three in the morning."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from broker.directory import Directory
from broker.records.catalogue import CatalogueCore
from broker.records.grant import GrantCore, GrantOutcome
from broker.records.inquiry import InquiryCore
from broker.records.receipt import ReceiptCore
from broker.records.registry import CORE_TYPES
from broker.types.names import participant_of
from broker.types.vocabulary import Section, Status, Tlp
from consumers.assured import Standing
from consumers.inbox import Item
from consumers.tombstones import PurgeReason, Withdrawn
from tocsin.showing.about import NO_NAMES, Names
from tocsin.showing.plain import moment, plain
from tocsin.showing.records import Line, headline, lines, marking_lines
from tocsin.withdrawn import Doubt

BANNER: Final[Mapping[Status, str]] = {
    Status.EXERCISE: "EXERCISE EXERCISE EXERCISE  this is no real case",
    Status.TEST: "TEST TEST TEST  this is no real case",
}


class ItemDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A message in ``inbox --json``; scripts rely on it."""

    message: str
    originator: str
    issued_at: str
    tlp: str
    status: str
    assurance: str
    sections: Mapping[str, Any]
    withheld: tuple[Mapping[str, str], ...]
    alert: bool
    withdrawn: Mapping[str, Any] | None
    log: Mapping[str, Any] | None = None


def document(item: Item, doubt: Doubt | None = None) -> ItemDocument:
    """Return a message as scripts get it.

    Args:
        doubt: Why it must not be believed any more; None where it may be.
    """
    return ItemDocument(
        message=str(item.message),
        originator=item.originator,
        issued_at=item.issued_at.isoformat(),
        tlp=item.tlp.word,
        status=item.status.word,
        assurance=_assurance(item, doubt),
        sections={section.word: _builtins(record) for section, record in item.sections.items()},
        withheld=tuple({"section": one.section.word, "rule": one.rule, "says": one.says} for one in item.withheld),
        alert=item.alert,
        withdrawn=None if item.withdrawn is None else _withdrawn_document(item.withdrawn),
        log=_log_document(item.standing),
    )


def banner(item: Item) -> str:
    """Return the line that stands above everything that is no real case; empty for one that is."""
    return BANNER.get(item.status, "")


def warning(item: Item, doubt: Doubt) -> str:
    """Return the line that stands above a message that must not be believed any more."""
    return f"DO NOT USE: {doubt.says}. Ask {item.originator} to send it anew."


def notice(item: Item) -> str:
    """Return how a message was taken back, corrected or removed; empty for all others."""
    return "" if item.withdrawn is None else plain(item.withdrawn.sentence)


def list_row(item: Item, doubt: Doubt | None = None, names: Names = NO_NAMES) -> tuple[str, ...]:
    """Return a message as a row of a list."""
    core = item.sections.get(Section.CORE)
    withheld = ", ".join(dict.fromkeys(one.section.word for one in item.withheld))
    return (
        "DO NOT USE" if doubt is not None else _flag(item),
        str(item.message),
        label(item.tlp),
        item.status.word,
        moment(item.issued_at),
        headline(core, names) if core is not None else _short_notice(item),
        _concerned(core),
        withheld,
    )


LIST_COLUMNS: Final = ("", "message", "tlp", "status", "issued", "what", "concerned", "withheld")


def item_lines(
    item: Item, directory: Directory, doubt: Doubt | None = None, *, names: Names = NO_NAMES
) -> Iterator[Line]:
    """Yield a message line by line: what happened first, then what is withheld and whom to call.

    Args:
        doubt: Why it must not be believed any more; None where it may be.
        names: Of other messages that the reader may know of.
    """
    core = item.sections.get(Section.CORE)
    if item.withdrawn is not None:
        yield Line(item.withdrawn.reason.word, notice(item))
    if core is not None:
        yield from lines(core, names)
        if isinstance(core, CORE_TYPES):
            yield from marking_lines(core.marking)
    for section, record in item.sections.items():
        if section is not Section.CORE and record is not None:
            yield Line(section.word.upper(), "")
            yield from lines(record, names)
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in item.withheld:
        reasons.setdefault((one.rule, one.says), []).append(one.section.word)
    for (rule, says), sections in reasons.items():
        yield Line("withheld", f"{', '.join(sections)}: {plain(says)} (rule {rule})")
    yield Line("arrived", _arrival(item, doubt))
    if item.standing.place is not None:
        yield Line("log", _logged(item.standing))
    if item.forwarded is not None:
        original = item.forwarded.original.header
        yield Line("passed on", f"by {item.originator}, of {original.name}, issued {moment(original.issued_at)}")
    call = contact(directory, item.author)
    if call:
        yield Line("call", f"{item.author}: {call}")


def title(item: Item) -> str:
    """Return the first line of a message."""
    flag = f"{_flag(item)}  " if _flag(item) else ""
    return f"{flag}{item.message}  {label(item.tlp)}  {_what(item)} of {item.author}  {moment(item.issued_at)}"


def label(tlp: Tlp) -> str:
    """Return a TLP label as FIRST writes it."""
    return f"TLP:{tlp.word}"


def contact(directory: Directory, authority: str) -> str:
    """Return the 24-hour contact of an authority; empty where the directory knows none."""
    entry = directory.authority(authority)
    if entry is None:
        return ""
    one = entry.contact
    return plain(f"{one.desk}, {one.telephone}, {one.email} ({', '.join(entry.languages)})")


_FLAGS: Final[Mapping[PurgeReason, str]] = {
    PurgeReason.RECALLED: "WITHDRAWN",
    PurgeReason.CORRECTED: "CORRECTED",
    PurgeReason.RETENTION_OVER: "REMOVED",
}


def _flag(item: Item) -> str:
    if item.withdrawn is not None:
        return _FLAGS.get(item.withdrawn.reason, "WITHDRAWN")
    return "ALERT" if item.alert else ""


def _what(item: Item) -> str:
    core = item.sections.get(Section.CORE)
    # A refusal is the same kind of record as a grant, and must not look like one.
    if isinstance(core, GrantCore) and core.outcome is not GrantOutcome.GRANTED:
        return "refusal"
    # Neither must what asks for an answer look like what asks for leave, nor an edition like a decision.
    if isinstance(core, InquiryCore):
        return "request for information"
    return "catalogue edition" if isinstance(core, CatalogueCore) else item.kind.word


def _short_notice(item: Item) -> str:
    if item.withdrawn is None:
        return ""
    by = f" by {item.withdrawn.by}: {item.withdrawn.says}" if item.withdrawn.by else ""
    return plain(f"{item.withdrawn.reason.word}{by}")


def _withdrawn_document(withdrawn: Withdrawn) -> Mapping[str, Any]:
    return {
        "reason": withdrawn.reason.word,
        "by": withdrawn.by,
        "recall": withdrawn.recall,
        "says": withdrawn.says,
        "at": withdrawn.at.isoformat(),
        "replaced_by": withdrawn.replaced_by,
        "purged": [one.word for one in withdrawn.purged],
    }


def _log_document(standing: Standing) -> Mapping[str, Any] | None:
    if standing.place is None:
        return None
    place = standing.place
    return {"place": place.index, "seen_at": place.seen_at.isoformat(), "witnesses": standing.witnesses}


def _logged(standing: Standing) -> str:
    """Say where a message stands in the log, when that saw it, and who vouches for it."""
    if standing.place is None:
        return ""
    place = f"entry {standing.place.index}, seen there {moment(standing.place.seen_at)}"
    if not standing.witnesses:
        return f"{place}; no quorum of witnesses has signed for it yet"
    signed = "1 witness has" if standing.witnesses == 1 else f"{standing.witnesses} witnesses have"
    return f"{place}; {signed} signed that everybody is shown the same"


def _assurance(item: Item, doubt: Doubt | None) -> str:
    return item.standing.assurance.value if doubt is None else doubt.assurance


def _arrival(item: Item, doubt: Doubt | None) -> str:
    parts = [moment(item.received_at), f"assurance: {_assurance(item, doubt)}"]
    if item.late:
        parts.append("late: more than 14 days after it was issued")
    if item.outcome not in ("next", "fills"):
        parts.append(f"place in its stream: {item.outcome}")
    return ", ".join(parts)


def _concerned(core: msgspec.Struct | None) -> str:
    if not isinstance(core, CORE_TYPES):
        return ""
    return " ".join(dict.fromkeys(participant_of(plain(one.country)) for one in core.concerned))


def _builtins(record: msgspec.Struct | None) -> Any:
    if record is None:
        return None
    document = msgspec.to_builtins(record, builtin_types=(), str_keys=True)
    if isinstance(record, ReceiptCore):
        del document["padding"]  # it makes receipts equally long on their way, and says nothing
    return document
