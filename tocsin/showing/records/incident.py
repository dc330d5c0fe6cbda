"""Incidents: what, when, where, how much, who is concerned; and the evidence that warnings have too."""

from collections.abc import Iterator

from broker.records.evidence import IncidentEvidence
from broker.records.incident import Disposition, IncidentCore
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from tocsin.showing.about import Names
from tocsin.showing.plain import plain
from tocsin.showing.records.line import (
    Line,
    amounts_of,
    goods_lines,
    head_lines,
    headed,
    joined,
    substances_of,
    texts,
    word_of,
)
from tocsin.showing.records.reported import leg_lines, party_lines, source_line, when_lines, where_lines


def incident_headline(core: IncidentCore, _names: Names) -> str:
    """Return an incident in a few words."""
    what = ", ".join(substances_of(core.substances)) or "substance not named"
    return headed(word_of(core.incident_type), what, ", ".join(amounts_of(core.quantities)))


def incident_lines(core: IncidentCore, names: Names) -> Iterator[Line]:
    """Yield what happened."""
    yield Line("what", word_of(core.incident_type))
    yield from goods_lines(core.substances, core.quantities)
    yield from when_lines(core.dates)
    yield from where_lines(core.places)
    if core.disposition is not Disposition.NOT_STATED:
        yield Line("goods", word_of(core.disposition))
    yield from texts(core, "summary", "notes")
    yield from head_lines(core, names)


def operational_lines(section: IncidentOperational, _names: Names) -> Iterator[Line]:
    """Yield how goods moved and were hidden."""
    yield from leg_lines(section.legs)
    yield from texts(section, "transport", "concealment", "declared_as", "circumstance")
    yield from joined("marks", [plain(mark) for mark in section.marks])


def nominal_lines(section: IncidentNominal, _names: Names) -> Iterator[Line]:
    """Yield the persons and companies."""
    yield from party_lines(section.parties, fictitious=section.fictitious)
    yield from texts(section, "notes")


def evidence_lines(section: IncidentEvidence, _names: Names) -> Iterator[Line]:
    """Yield what a report or a warning rests on."""
    for source in section.sources:
        yield source_line(source)
    for finding in section.findings:
        parts = (finding.result, finding.method, finding.laboratory, str(finding.analysed_on or ""))
        yield Line("laboratory", plain(", ".join(part for part in parts if part)))
    for attachment in section.attachments:
        size = f"{attachment.media_type}, {attachment.size_bytes:,} bytes"
        yield Line("attachment", plain(f"{attachment.description or attachment.sha256.hex()[:16]} ({size})"))
