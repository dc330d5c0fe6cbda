"""The individual report of a seizure: the fields that the forms of INCB and UNODC ask for, as JSON and as a page."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from broker.figures.amounts import Addend, addends
from broker.records.dates import DateStatement
from broker.records.nominal import Party
from tocsin.forms.form_documents import ends_text, unit_text
from tocsin.forms.handling import handling_document
from tocsin.forms.leaving import Departure, Exported

_NOT_TOLD: Final = "not told"
_STYLE: Final = (
    "body{font-family:sans-serif;max-width:60em;margin:2em auto}th{text-align:start;vertical-align:top;width:14em}"
    "td,th{padding:.2em .5em;border-bottom:1px solid #ccc}.handling{border:3px solid;padding:.5em;font-weight:bold}"
    "article{break-after:page}"
)


def report_document(one: Exported) -> dict[str, Any]:
    """Return one report, how it is to be handled first; what is not told is null or empty."""
    facts, core, moved = one.reported.facts, one.core, one.operational
    return {
        "handling": handling_document(one.mark, one.status),
        "message": one.reported.name,
        "digest": None if one.reported.digest is None else one.reported.digest.hex(),
        "reported_by": one.originator,
        "issued_at": one.issued_at.isoformat(),
        "national_reference": core.national_reference,
        "type": core.incident_type.word,
        "dates": [f"{each.kind.word}: {_days(each)}" for each in core.dates],
        "country": facts.reporting_country or None,
        "places": [f"{each.role.word}: {each.as_written or each.country}" for each in core.places],
        "substances": [
            {"id": each.substance_id, "as_written": each.as_written, "identified": each.identified.word}
            for each in core.substances
        ],
        "amounts": [_amount(each) for each in addends(facts)],
        "amounts_as_written": [each.as_written for each in core.quantities],
        "origins": list(facts.origins),
        "transits": list(facts.transits),
        "destinations": list(facts.destinations),
        "transport": None if moved is None else moved.transport,
        "concealment": None if moved is None else moved.concealment,
        "declared_as": None if moved is None else moved.declared_as,
        "disposition": core.disposition.word,
        "persons": None if one.nominal is None else len(one.nominal.parties),
        "parties": None if one.nominal is None else [_party(each) for each in one.nominal.parties],
        "related": [f"{each.relation.word} {each.digest.hex()}" for each in core.related],
        "summary": core.summary,
        "notes": core.notes,
        "language": core.language,
        "left_out": [{"section": section.word, "rule": rule} for section, rule in one.withheld],
        "decision": one.decision,
    }


def reports_document(departure: Departure) -> dict[str, Any]:
    """Return several reports in one document, how all of it is to be handled first."""
    status = departure.exported[0].status
    return {
        "form": "individual seizure reports",
        "handling": handling_document(departure.mark, status),
        "reports": [report_document(one) for one in departure.exported],
    }


def reports_page(departure: Departure) -> bytes:
    """Return several reports as one page of HTML that needs nothing else and loads nothing."""
    document = reports_document(departure)
    body = "".join(f"<article>{_article(one)}</article>" for one in document["reports"])
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Seizure reports</title><style>{_STYLE}</style>'
    return f"{head}{_banner(document['handling'])}{body}</html>\n".encode()


def _article(report: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th>{escape(name.replace("_", " "))}</th><td dir="auto">{text}</td></tr>' for name, text in _cells(report)
    )
    return f"<h1>{escape(report['message'])}</h1>{_banner(report['handling'])}<table>{rows}</table>"


def _cells(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in report.items():
        if name not in ("handling", "message"):
            yield name, _html(value)


def _html(value: Any) -> str:
    match value:
        case None | "" | []:
            return _NOT_TOLD
        case dict():
            return "; ".join(f"{escape(str(name))}: {_html(each)}" for name, each in value.items())
        case list():
            return "<br>".join(_html(each) for each in value)
        case _:
            return f"<bdi>{escape(str(value))}</bdi>"


def _banner(handling: dict[str, Any]) -> str:
    return f'<p class="handling">{escape(handling["says"])}</p>'


def _amount(addend: Addend) -> dict[str, Any]:
    return {
        "substances": list(addend.substances),
        "amount": None if addend.low is None or addend.high is None else ends_text(addend.low, addend.high),
        "unit": unit_text(addend.unit),
        "remarks": [f"{one.kind.word}: {one.says}" for one in addend.remarks],
    }


def _days(told: DateStatement) -> str:
    if told.earliest is None and told.latest is None:
        return told.as_written or _NOT_TOLD
    if told.earliest == told.latest:
        return f"{told.earliest}"
    return f"{told.earliest or '…'} to {told.latest or '…'}"


def _party(party: Party) -> dict[str, Any]:
    return {
        "kind": party.kind.word,
        "role": party.role.word,
        "name": party.name,
        "basis": party.basis.word,
        "review_by": None if party.review_by is None else party.review_by.isoformat(),
    }
