"""What people and scripts are shown of the substance catalogue: matches, a substance, its status on a day."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from broker.catalogue import Candidate, Catalogue, Certainty, Match, Standing, StandingCertainty, match_name
from broker.catalogue.cas import check_cas
from broker.catalogue.spelling import nearest_names
from broker.catalogue.standing import NOTICE, UN_1988
from broker.errors import BadCas, UnknownSubstance
from broker.records.catalogue import CatalogueStatus, CatalogueSubstance, NameKind
from broker.records.dates import DatePrecision
from tocsin.showing.records import Line

MOST: Final = 5
_NEAR: Final = 50
_NEAREST_SHOWN: Final = 3
_DASHES: Final = re.compile("\\s*[-\u2010-\u2015\u2212]\\s*")
_NUMBER: Final = re.compile(
    "(?:cas\\D{0,12})?(?P<number>\\d+\\s*[-\u2010-\u2015\u2212]\\s*\\d+\\s*[-\u2010-\u2015\u2212]\\s*\\d+)",
    re.IGNORECASE,
)
"""What is meant as a CAS number, whether or not it is one: no name is digits alone."""
_FORMATS: Final = {DatePrecision.MONTH: "%Y-%m", DatePrecision.YEAR: "%Y"}


def find_substance(catalogue: Catalogue, text: str, *, most: int = MOST) -> Match:
    """Return what *text* may mean: one of our identifiers, exactly as it is, a CAS number, or a name."""
    if text in catalogue.substances:
        candidate = Candidate(id=text, name=catalogue.name_of(text), score=100, why="our identifier")
        return Match(written=text, certainty=Certainty.EXACT, substance=text, candidates=(candidate,))
    return _by_number(catalogue, text) or match_name(catalogue, text, most=most)


def _by_number(catalogue: Catalogue, text: str) -> Match | None:
    try:
        number = check_cas(text)
    except BadCas:
        return None
    whose = catalogue.by_cas(number)
    if not whose:
        return None
    why = "; ".join((f"its CAS number {number}", *_printed_for(catalogue, number)))
    return Match(
        written=text,
        certainty=Certainty.EXACT if len(whose) == 1 else Certainty.AMBIGUOUS,
        substance=whose[0] if len(whose) == 1 else None,
        candidates=tuple(Candidate(id=key, name=catalogue.name_of(key), score=100, why=why) for key in whose),
    )


def _printed_for(catalogue: Catalogue, number: str) -> tuple[str, ...]:
    """Return for which substances *number* is known to be printed though it is not theirs, and what is said of it."""
    return tuple(
        f"not that of {catalogue.name_of(one.id)} ({one.id}): {confused.says}"
        for one in catalogue.substances.values()
        for confused in one.confused
        if confused.number == number
    )


def _unknown_number(catalogue: Catalogue, text: str) -> UnknownSubstance:
    printed = _printed_for(catalogue, _DASHES.sub("-", _NUMBER.sub(r"\g<number>", text.strip())))
    try:
        says = f"the catalogue has no substance with the CAS number {check_cas(text)}"
    except BadCas as error:
        says = str(error)
    hint = "Look at the label again, and look its name up: tocsin substance find NAME"
    return UnknownSubstance("; ".join((says, *printed)), hint=hint)


def unknown(catalogue: Catalogue, text: str) -> UnknownSubstance:
    """Return the error that nothing in the catalogue is called *text*; it names the nearest."""
    if _NUMBER.fullmatch(text.strip()):
        return _unknown_number(catalogue, text)
    near = nearest_names(catalogue.names, text, min_score=_NEAR)[:_NEAREST_SHOWN]
    names = ", ".join(f"{one.name} ({one.substance})" for one in near)
    hint = (
        f"Nearest: {names}." if near else "Nothing is near it. What is in no list is reported by its name as written."
    )
    return UnknownSubstance(f"the catalogue has nothing called {text[:60]!r}", hint=hint)


def match_document(found: Match) -> dict[str, Any]:
    """Return what ``substance find --json`` prints."""
    return {
        "written": found.written,
        "substance": found.substance,
        "certainty": found.certainty.word,
        "candidates": [_candidate(one) for one in found.candidates],
    }


def status_document(catalogue: Catalogue, found: Match, day: date) -> dict[str, Any]:
    """Return what ``substance status --json`` prints; scripts rely on it."""
    return {
        **match_document(found),
        "on": day,
        "candidates": [{**_candidate(one), "status": _standings(catalogue, one.id, day)} for one in found.candidates],
        "status": [] if found.substance is None else _standings(catalogue, found.substance, day),
        "editions": editions_used(catalogue),
    }


def substance_document(catalogue: Catalogue, substance: CatalogueSubstance) -> dict[str, Any]:
    """Return what ``substance show --json`` prints."""
    return {
        "id": substance.id,
        "names": [{"text": one.text, "kind": one.kind.word, "language": one.language} for one in substance.names],
        "cas": [
            {"number": one.number, "form": one.form, "confidence": one.confidence.word, "note": one.note}
            for one in substance.cas
        ],
        "often_confused_with": [{"number": one.number, "says": one.says} for one in substance.confused],
        "hs": [
            {"edition": one.edition, "code": one.code, "residual": one.is_residual, "note": one.note}
            for one in substance.hs
        ],
        "links": [{"link": one.link.word, "to": one.to} for one in substance.links],
        "linked_from": [{"link": link, "from": key} for key, link in _linked_from(catalogue, substance.id)],
        "drugs": list(substance.drugs),
        "salts": substance.salts.word,
        "scope": substance.scope,
        "note": substance.note,
        "confidence": substance.confidence.word,
        "source": substance.source,
        "history": [_period(one) for one in catalogue.statuses(substance.id)],
        "editions": editions_used(catalogue),
    }


def editions_used(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return which edition of each issuer the answer rests on."""
    return [{"issuer": one.issuer, "edition": one.edition, "issued_on": one.issued_on} for one in catalogue.editions]


def match_rows(found: Match) -> Iterator[tuple[str, ...]]:
    """Yield candidates as rows of a table."""
    for one in found.candidates:
        yield (one.id, one.name, str(one.score), one.why)


def standing_rows(catalogue: Catalogue, key: str, day: date) -> Iterator[tuple[str, ...]]:
    """Yield the status of a substance on a day as rows of a table."""
    for one in catalogue.status_on(key, day):
        yield (one.scheme, one.class_name or "not listed", _shown(one.starts_on), _shown(one.ends_on), *_why(one))


def substance_lines(catalogue: Catalogue, substance: CatalogueSubstance) -> Iterator[Line]:
    """Yield a substance for people, with the history of its status."""
    yield Line("id", substance.id)
    for kind in NameKind:
        names = (one for one in substance.names if one.kind is kind)
        texts = [f"{one.text} [{one.language}]" if one.language else one.text for one in names]
        if texts:
            yield Line(kind.word, "; ".join(texts))
    for one in substance.cas:
        form = f" ({one.form})" if one.form else ""
        yield Line("CAS", ", ".join(filter(None, (f"{one.number}{form}", one.confidence.word, one.note))))
    for wrong in substance.confused:
        yield Line("not", f"{wrong.number}: {wrong.says}")
    for code in substance.hs:
        residual = "shared with other goods" if code.is_residual else ""
        yield Line("HS", ", ".join(filter(None, (f"{code.code} ({code.edition})", residual, code.note))))
    for link in substance.links:
        yield Line("is", f"{link.link.word} {catalogue.name_of(link.to)} ({link.to})")
    for key, word in _linked_from(catalogue, substance.id):
        yield Line("has", f"{catalogue.name_of(key)} ({key}), {word} it")
    yield from _facts(substance)
    for status in catalogue.statuses(substance.id):
        yield Line("status", _history(status))


def _facts(substance: CatalogueSubstance) -> Iterator[Line]:
    facts = (
        ("drugs", ", ".join(substance.drugs)),
        ("scope", substance.scope),
        ("note", substance.note),
        ("confidence", substance.confidence.word),
        ("source", substance.source),
    )
    yield from (Line(label, text) for label, text in facts if text)


def _linked_from(catalogue: Catalogue, key: str) -> Iterator[tuple[str, str]]:
    for one in catalogue.substances.values():
        yield from ((one.id, link.link.word) for link in one.links if link.to == key)


def _candidate(one: Candidate) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "score": one.score, "why": one.why}


def _standings(catalogue: Catalogue, key: str, day: date) -> list[dict[str, Any]]:
    return [
        {
            "scheme": one.scheme,
            "class": one.class_name,
            "from": one.starts_on,
            "to": one.ends_on,
            "instrument": one.instrument,
            "certainty": one.certainty.word,
            "says": one.says,
        }
        for one in catalogue.status_on(key, day)
    ]


def _period(one: CatalogueStatus) -> dict[str, Any]:
    reckoned = reckoned_notification(one)
    return {
        "scheme": one.scheme,
        "class": one.class_name,
        "decided": _at(one.decided_on, one.decided_precision),
        "notified": _at(one.notified_on, DatePrecision.DAY),
        "notified_reckoned": None if reckoned is None else reckoned.isoformat(),
        "effective": _at(one.starts_on, one.precision),
        "to": one.ends_on,
        "instrument": one.instrument,
        "confidence": one.confidence.word,
        "source": one.source,
        "note": one.note,
    }


def reckoned_notification(status: CatalogueStatus) -> date | None:
    """Return when a decision was notified, by the rule of 180 days; None where it is known or the rule is none."""
    ruled = status.scheme == UN_1988 and status.decided_on is not None and status.precision is DatePrecision.DAY
    return status.starts_on - NOTICE if ruled and status.notified_on is None else None


def _history(one: CatalogueStatus) -> str:
    effective = _at(one.starts_on, one.precision)
    reckoned = reckoned_notification(one)
    notified = _at(one.notified_on, DatePrecision.DAY) or (f"{reckoned} by the rule of 180 days" if reckoned else "")
    parts = (
        f"{one.scheme} {one.class_name}",
        one.instrument,
        f"decided {decided}" if (decided := _at(one.decided_on, one.decided_precision)) else "",
        f"notified {notified}" if notified else "",
        f"effective {effective}" if effective else "since when is not known",
        f"until {one.ends_on}" if one.ends_on else "",
        one.confidence.word,
        one.note,
    )
    return "; ".join(filter(None, parts))


def _at(day: date | None, precision: DatePrecision) -> str | None:
    if day is None or precision is DatePrecision.NOT_KNOWN:
        return None
    return day.strftime(_FORMATS.get(precision, "%Y-%m-%d"))


def _shown(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _why(one: Standing) -> tuple[str, str]:
    sure = "" if one.certainty is StandingCertainty.CERTAIN else f"{one.certainty.word.upper()}: "
    return one.instrument, f"{sure}{one.says}"
