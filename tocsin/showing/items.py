"""A message as one authority may see it: for a duty officer at three in the morning."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from broker.directory import Directory
from broker.records.agreement import AgreementCore
from broker.records.contact import ContactCore
from broker.records.group import GroupCore
from broker.records.incident import IncidentCore
from broker.types.names import participant_of
from broker.types.vocabulary import Section, Status, Tlp
from consumers.inbox import Item
from tocsin.showing.plain import moment, plain
from tocsin.showing.records import Line, headline, lines, marking_lines

BANNER: Final[Mapping[Status, str]] = {
    Status.EXERCISE: "EXERCISE EXERCISE EXERCISE  this is no real case",
    Status.TEST: "TEST TEST TEST  this is no real case",
}
_RECEIVED: Final = "received"
"""The assurance of a message, as long as there is no log."""


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


def document(item: Item, withdrawn: str = "") -> ItemDocument:
    """Return a message as scripts get it.

    Args:
        withdrawn: Why it must not be believed any more; empty where it may be.
    """
    return ItemDocument(
        message=str(item.message),
        originator=item.originator,
        issued_at=item.issued_at.isoformat(),
        tlp=item.tlp.word,
        status=item.status.word,
        assurance=_assurance(withdrawn),
        sections={section.word: _builtins(record) for section, record in item.sections.items()},
        withheld=tuple({"section": one.section.word, "rule": one.rule, "says": one.says} for one in item.withheld),
        alert=item.alert,
    )


def banner(item: Item) -> str:
    """Return the line that stands above everything that is no real case; empty for one that is."""
    return BANNER.get(item.status, "")


def warning(item: Item, withdrawn: str) -> str:
    """Return the line that stands above a message that must not be believed any more; empty for all others."""
    return f"DO NOT USE: {withdrawn}. Ask {item.originator} to send it anew." if withdrawn else ""


def list_row(item: Item, withdrawn: str = "") -> tuple[str, ...]:
    """Return a message as a row of a list."""
    core = item.sections.get(Section.CORE)
    withheld = ", ".join(dict.fromkeys(one.section.word for one in item.withheld))
    return (
        "DO NOT USE" if withdrawn else "ALERT" if item.alert else "",
        str(item.message),
        label(item.tlp),
        item.status.word,
        moment(item.issued_at),
        headline(core) if core is not None else "",
        _concerned(core),
        withheld,
    )


LIST_COLUMNS: Final = ("", "message", "tlp", "status", "issued", "what", "concerned", "withheld")


def item_lines(item: Item, directory: Directory, withdrawn: str = "") -> Iterator[Line]:
    """Yield a message line by line: what happened first, then what is withheld and whom to call."""
    core = item.sections.get(Section.CORE)
    if core is not None:
        yield from lines(core)
        if isinstance(core, IncidentCore | AgreementCore | GroupCore | ContactCore):
            yield from marking_lines(core.marking)
    for section, record in item.sections.items():
        if section is not Section.CORE and record is not None:
            yield Line(section.word.upper(), "")
            yield from lines(record)
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in item.withheld:
        reasons.setdefault((one.rule, one.says), []).append(one.section.word)
    for (rule, says), sections in reasons.items():
        yield Line("withheld", f"{', '.join(sections)}: {plain(says)} (rule {rule})")
    yield Line("arrived", _arrival(item, withdrawn))
    call = contact(directory, item.originator)
    if call:
        yield Line("call", f"{item.originator}: {call}")


def title(item: Item) -> str:
    """Return the first line of a message."""
    alert = "ALERT  " if item.alert else ""
    return f"{alert}{item.message}  {label(item.tlp)}  {item.kind.word} of {item.originator}  {moment(item.issued_at)}"


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


def _assurance(withdrawn: str) -> str:
    return "revoked" if withdrawn else _RECEIVED


def _arrival(item: Item, withdrawn: str) -> str:
    parts = [moment(item.received_at), f"assurance: {_assurance(withdrawn)}"]
    if item.late:
        parts.append("late: more than 14 days after it was issued")
    if item.outcome not in ("next", "fills"):
        parts.append(f"place in its stream: {item.outcome}")
    return ", ".join(parts)


def _concerned(core: msgspec.Struct | None) -> str:
    if not isinstance(core, IncidentCore):
        return ""
    return " ".join(dict.fromkeys(participant_of(plain(one.country)) for one in core.concerned))


def _builtins(record: msgspec.Struct | None) -> Any:
    return None if record is None else msgspec.to_builtins(record, builtin_types=(), str_keys=True)
