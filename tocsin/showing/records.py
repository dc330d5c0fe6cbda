"""What a record says, in short lines: what, when, where, how much, who is concerned."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import singledispatch
from typing import NamedTuple, TypeAlias

import msgspec

from broker.records.agreement import AgreementCore
from broker.records.contact import ContactCore
from broker.records.core import Concerned, CountryRole
from broker.records.dates import DateKind, DatePrecision, DateStatement
from broker.records.evidence import IncidentEvidence, Source
from broker.records.grant import GrantCore, GrantOutcome
from broker.records.group import GroupCore
from broker.records.incident import Disposition, IncidentCore
from broker.records.marking import Basis, InformationEvaluation, Marking, SourceEvaluation
from broker.records.nominal import IncidentNominal, Party
from broker.records.operational import IncidentOperational, Leg, TransportMode
from broker.records.places import Place, PlaceRole
from broker.records.recall import RecallCore, RecallKind
from broker.records.receipt import ReceiptCore
from broker.records.request import RequestCore
from broker.types.vocabulary import Action, Section, Word
from tocsin.showing.about import NO_NAMES, Names, named
from tocsin.showing.plain import counted, ending, moment, plain
from tocsin.showing.quantities import how_much


class Line(NamedTuple):
    """One line for people: what it is about, and what there is to say."""

    label: str
    text: str


_Headed: TypeAlias = IncidentCore | AgreementCore | GroupCore | RequestCore | GrantCore | RecallCore | ReceiptCore
"""The cores that say whom they concern, their author's reference, and to what they are related."""

_SOURCES = {
    SourceEvaluation.A: "source trusted",
    SourceEvaluation.B: "source mostly reliable",
    SourceEvaluation.C: "source mostly unreliable",
    SourceEvaluation.X: "source cannot be judged",
}
_INFORMATION = {
    InformationEvaluation.I1: "known to be true",
    InformationEvaluation.I2: "known to the source itself",
    InformationEvaluation.I3: "corroborated",
    InformationEvaluation.I4: "not corroborated",
}


def headline(core: msgspec.Struct, names: Names = NO_NAMES) -> str:
    """Return a core section in a few words, for a list.

    Args:
        names: Of other messages that the reader may know of.
    """
    match core:
        case IncidentCore():
            what = ", ".join(_substances(core)) or "substance not named"
            much = ", ".join(found for one in core.quantities if (found := how_much(one)))
            return " · ".join(part for part in (_word(core.incident_type), what, much) if part)
        case AgreementCore():
            return plain(f"agreement {core.reference} with {', '.join(core.parties)}")
        case GroupCore():
            return plain(f"group {core.name}: {', '.join(core.members)}")
        case ContactCore():
            return plain(f"contact of {core.authority}: {core.telephone}")
        case RequestCore() | GrantCore() | RecallCore() | ReceiptCore():
            return _headline_about(core, names)
        case _:
            return ""


def _headline_about(core: RequestCore | GrantCore | RecallCore | ReceiptCore, names: Names) -> str:
    """Return a core section that is about other messages in a few words."""
    match core:
        case RequestCore():
            return f"request {wanted(core.action, core.sections, core.recipients)}"
        case GrantCore():
            return f"{core.outcome.word} {plain(core.grantee)} {wanted(core.action, core.sections, core.recipients)}"
        case RecallCore():
            return plain(f"{core.kind.word} of {named(core.message, names)}: {core.reason}")
        case ReceiptCore():
            return f"receipt of {counted(len(core.entries), 'event')} to {moment(core.period_to)}"


def lines(section: msgspec.Struct, names: Names = NO_NAMES) -> Iterator[Line]:
    """Yield what a section says; a kind of section that has no words of its own field by field.

    Args:
        names: Of other messages that the reader may know of.
    """
    return _lines(section, names)


@singledispatch
def _lines(section: msgspec.Struct, _names: Names) -> Iterator[Line]:
    for name in section.__struct_fields__:
        yield Line(name.replace("_", " "), plain(str(getattr(section, name))))


@_lines.register
def _(core: IncidentCore, names: Names) -> Iterator[Line]:
    yield Line("what", _word(core.incident_type))
    yield from _joined("substance", _substances(core))
    yield from _joined("how much", [found for one in core.quantities if (found := how_much(one))])
    yield from _joined("when", [_when(one) for one in core.dates])
    yield from _joined("where", [found for one in core.places if (found := _where(one))])
    if core.disposition is not Disposition.NOT_STATED:
        yield Line("goods", _word(core.disposition))
    yield from _texts(core, "summary", "notes")
    yield from _head_lines(core, names)


@_lines.register
def _(core: AgreementCore, names: Names) -> Iterator[Line]:
    yield Line("what", plain(f"agreement {core.reference} {core.title}").strip())
    yield Line("with", plain(", ".join(core.parties)))
    yield Line("covers", ", ".join(_word(kind) for kind in core.kinds) or "all kinds of records")
    yield Line("when", _period(core.starts_on, core.ends_on))
    yield from _texts(core, "contact")
    yield from _head_lines(core, names)


@_lines.register
def _(core: GroupCore, names: Names) -> Iterator[Line]:
    yield Line("what", plain(f"group {core.name}: {core.title}"))
    yield Line("members", plain(", ".join(core.members)))
    yield Line("when", _period(core.starts_on, core.ends_on))
    yield from _head_lines(core, names)


@_lines.register
def _(core: ContactCore, _names: Names) -> Iterator[Line]:
    yield Line("what", plain(f"contact of {core.authority}"))
    yield Line("call", plain(f"{core.desk}, {core.telephone} {core.email}").strip())
    yield Line("languages", plain(", ".join(core.languages)))
    yield Line("when", _period(core.starts_on, core.ends_on))


@_lines.register
def _(core: RequestCore, names: Names) -> Iterator[Line]:
    yield Line("asks", f"{wanted(core.action, core.sections, core.recipients)}, for {_word(core.purpose)}")
    yield Line("about", named(core.message, names))
    yield Line("until", ending(core.until))
    yield from _texts(core, "reason")
    yield from _head_lines(core, names)


@_lines.register
def _(core: GrantCore, names: Names) -> Iterator[Line]:
    purposes = ", ".join(_word(one) for one in core.purposes)
    yield Line(core.outcome.word, f"{wanted(core.action, core.sections, core.recipients)}, for {purposes}")
    yield Line("who may" if core.outcome is GrantOutcome.GRANTED else "who may not", plain(core.grantee))
    yield Line("about", named(core.message, names))
    if core.outcome is GrantOutcome.GRANTED and core.until is not None:
        yield Line("until", ending(core.until))
    yield from _texts(core, "reason")
    yield from _head_lines(core, names)


@_lines.register
def _(core: RecallCore, names: Names) -> Iterator[Line]:
    again = "taken back" if core.kind is RecallKind.RECALL else "corrected"
    yield Line("what", f"{named(core.message, names)} is {again}: do not use it any more")
    if core.replaced_by is not None:
        yield Line("instead", named(core.replaced_by, names))
    yield from _texts(core, "reason")
    yield from _head_lines(core, names)


@_lines.register
def _(core: ReceiptCore, names: Names) -> Iterator[Line]:
    yield Line("period", f"{moment(core.period_from)} to {moment(core.period_to)}")
    for one in core.entries:
        purpose = "" if one.purpose is None else f" for {_word(one.purpose)}"
        sections = ", ".join(_word(section) for section in one.sections)
        says = f"{plain(one.reader)}: {sections} of {named(one.message, names)}{purpose}, {moment(one.at)}"
        yield Line(_word(one.what), says)
    yield from _head_lines(core, names)


@_lines.register
def _(section: IncidentOperational, _names: Names) -> Iterator[Line]:
    for leg in section.legs:
        yield Line("journey", _leg(leg))
    yield from _texts(section, "transport", "concealment", "declared_as", "circumstance")
    yield from _joined("marks", [plain(mark) for mark in section.marks])


@_lines.register
def _(section: IncidentNominal, _names: Names) -> Iterator[Line]:
    if section.fictitious:
        yield Line("care", "FICTITIOUS: every person and company here is invented")
    for party in section.parties:
        yield Line(_word(party.role), _party(party))
    yield from _texts(section, "notes")


@_lines.register
def _(section: IncidentEvidence, _names: Names) -> Iterator[Line]:
    for source in section.sources:
        yield Line("source", _source(source))
    for finding in section.findings:
        parts = (finding.result, finding.method, finding.laboratory, str(finding.analysed_on or ""))
        yield Line("laboratory", plain(", ".join(part for part in parts if part)))
    for attachment in section.attachments:
        size = f"{attachment.media_type}, {attachment.size_bytes:,} bytes"
        yield Line("attachment", plain(f"{attachment.description or attachment.sha256.hex()[:16]} ({size})"))


def marking_lines(marking: Marking) -> Iterator[Line]:
    """Yield what may be done with a message, and by whom."""
    if marking.handling:
        codes = ", ".join(code.word for code in marking.handling)
        yield Line("handling", plain(f"{codes} {marking.handling_text}").strip())
    yield Line("purposes", ", ".join(purpose.word for purpose in marking.purposes))
    yield Line("evaluation", f"{_evaluation(marking)}; basis: {_word(marking.basis)}")
    yield from _joined("to", [plain(name) for name in marking.recipients])
    yield from _joined("not to", [plain(name) for name in marking.excluded])
    for label, when in (("not before", marking.release_after), ("purge by", marking.retain_until)):
        if when is not None:
            yield Line(label, _day_or_time(when))


def wanted(action: Action, sections: Sequence[Section], recipients: Sequence[str]) -> str:
    """Return what somebody wants to do with a message: ``to forward core, nominal to FR, DE/police``."""
    what = f"to {_word(action)} {', '.join(_word(one) for one in sections)}"
    return f"{what} to {plain(', '.join(recipients))}" if recipients else what


def _country_role(one: Concerned) -> str:
    # The only role there is for where something happened; a theft or a laboratory was not seized.
    return "happened in" if one.role is CountryRole.SEIZED_IN else _word(one.role)


def _head_lines(core: _Headed, names: Names) -> Iterator[Line]:
    told = [
        f"{plain(one.country)} ({_country_role(one)}{', to be told' if one.tell else ''})" for one in core.concerned
    ]
    yield from _joined("concerned", told)
    yield Line("reference", plain(core.national_reference))
    for one in core.related:
        yield Line("related", f"{_word(one.relation)} {named(one.digest, names)}")


def _evaluation(marking: Marking) -> str:
    """Return the two marks of the 4×4 system and what they mean: a tired reader does not know them by heart."""
    source, information = marking.source_evaluation, marking.information_evaluation
    said = [_SOURCES.get(source, "source not known"), _INFORMATION.get(information, "information not known")]
    return f"{source.word}{information.word} ({', '.join(said)})"


def _joined(label: str, texts: Sequence[str]) -> Iterator[Line]:
    if texts:
        yield Line(label, "; ".join(texts))


def _texts(section: msgspec.Struct, *names: str) -> Iterator[Line]:
    for name in names:
        text = plain(getattr(section, name))
        if text:
            yield Line(name.replace("_", " "), text)


def _substances(core: IncidentCore) -> list[str]:
    return [plain(one.as_written or one.substance_id or "not named") for one in core.substances]


def _when(statement: DateStatement) -> str:
    first, last = statement.earliest, statement.latest
    match statement.precision:
        case DatePrecision.DAY:
            text = str(first)
        case DatePrecision.MONTH:
            text = f"{first:%Y-%m}" if first else ""
        case DatePrecision.YEAR:
            text = f"{first:%Y}" if first else ""
        case DatePrecision.RANGE:
            text = f"{first or '?'} to {last or '?'}"
        case _:
            text = plain(statement.as_written) or "not known"
    kind = "" if statement.kind is DateKind.OCCURRED else f" ({_word(statement.kind)})"
    return text + kind


def _where(place: Place) -> str:
    inner = [plain(part) for part in (place.as_written, place.region or "", place.locode or "") if part]
    where = ", ".join(dict.fromkeys([*inner, plain(place.country)] if place.country else inner))
    if place.withheld:
        where = f"{where} (place withheld)".strip()
    return where if place.role in (PlaceRole.HAPPENED_IN, PlaceRole.NOT_STATED) else f"{where} ({_word(place.role)})"


def _leg(leg: Leg) -> str:
    ends = [", ".join(part for part in pair if part) for pair in (
        (leg.from_place, leg.from_country), (leg.to_place, leg.to_country)
    )]  # fmt: skip
    way = " → ".join(end or "?" for end in ends) if any(ends) else ""
    mode = "" if leg.mode is TransportMode.NOT_STATED else _word(leg.mode)
    numbers = [f"{name.replace('_', ' ')} {getattr(leg, name)}" for name in ("container", "seal", "air_waybill")
               if getattr(leg, name)]  # fmt: skip
    left = "" if leg.departed_at is None else f"left {_day_or_time(leg.departed_at)}"
    return plain(", ".join(part for part in (mode, way, left, *numbers) if part)) or "not stated"


def _party(party: Party) -> str:
    basis = "" if party.basis is Basis.NOT_STATED else f"basis: {_word(party.basis)}"
    parts = [party.name or "no name", _word(party.kind), basis, party.nationality or "", party.address]
    return plain(", ".join(part for part in (*parts, *party.identifiers, *party.telephones) if part))


def _source(source: Source) -> str:
    parts = [source.kind, source.title, source.address, source.language and f"[{source.language}]"]
    return plain(" ".join(part for part in parts if part))


def _period(first: date, last: date | None) -> str:
    return f"{first} to {last}" if last else f"from {first}"


def _day_or_time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _word(word: Word) -> str:
    return word.word.replace("-", " ")
