"""Incidents as a STIX 2.1 bundle.

::

    report ──▶ incident ──extension──▶ substances, amounts, dates, countries
                  ├─ created_by_ref ──▶ identity of the authority
                  ├─ object_marking_refs ──▶ TLP 2.0, statement
                  └─ relationship ──▶ location of each country;  duplicate-of ──▶ incident

The incident of STIX 2.1 is a stub: what it cannot say stands in a property extension that is defined in the bundle.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from broker.figures.amounts import addends, plain_amount
from broker.figures.derived import Derived
from broker.records.core import RelatedAs
from broker.records.dates import DateStatement
from broker.types.vocabulary import Status
from tocsin.forms.leaving import Departure, Exported
from tocsin.forms.stix_marks import SPEC, made_id, statement_marking, tlp_marking

EXTENSION: Final = "extension-definition--5b1c7e0a-3c55-4d3f-8d0b-6a2f0e4f9c17"
"""Our own: precursor incidents."""
_DEFINED: Final = "2026-01-01T00:00:00.000Z"
_EXPLAINED: Final = (
    "Properties of an incident with precursor chemicals: message and digest (of its header in the network that it was "
    "reported in), national_reference, incident_type, status, dates, places, countries (with role), substances (id and "
    "name as written), amounts (unit, low and high as decimal numbers in text, remarks), disposition, transport, "
    "concealment, declared_as. What is not told is absent."
)
_RELATIONS: Final = {RelatedAs.DUPLICATES: "duplicate-of", RelatedAs.FOLLOWS: "related-to"}

Object = dict[str, Any]


def stix_bundle(departure: Departure, *, title: str, at: datetime) -> Object:
    """Return the bundle of what may leave; the same messages give the same objects, but for the report on top.

    Args:
        title: Of the report that holds the incidents together.
        at: When it is made.
    """
    whole = departure.mark
    status = next((one.status for one in departure.exported), Status.ACTUAL)
    marks = _Marks()
    refs = marks.refs(whole, status)
    objects: dict[str, Object] = {}
    for one in (*_authors(departure.exported, refs), *_incidents(departure.exported, marks, refs)):
        objects.setdefault(one["id"], one)
    top = _report(list(objects), title=title, at=at, refs=refs)
    every = [_tool(), _extension(), *marks.objects.values(), *objects.values(), top]
    return {"type": "bundle", "id": made_id("bundle", top["id"], _time(at)), "objects": every}


class _Marks:
    """The marking definitions that are referred to, each once."""

    def __init__(self) -> None:
        self.objects: Final[dict[str, Object]] = {}

    def refs(self, derived: Derived, status: Status) -> list[str]:
        """Return the ids of what stands on something, and keep the definitions."""
        made = (tlp_marking(derived.tlp), statement_marking(derived, status))
        for one in made:
            self.objects.setdefault(one["id"], one)
        return [one["id"] for one in made]


def _authors(exported: Sequence[Exported], refs: list[str]) -> Iterator[Object]:
    for name in sorted({one.originator for one in exported}):
        yield _sdo("identity", name, created=_DEFINED, refs=refs) | {
            "name": name,
            "identity_class": "organization",
            "sectors": ["government"],
        }


def _incidents(exported: Sequence[Exported], marks: _Marks, refs: list[str]) -> Iterator[Object]:
    there = {one.reported.digest: _id(one) for one in exported}
    for one in exported:
        own = marks.refs(one.mark, one.status)
        yield _incident(one, own)
        for country, role in _countries(one):
            yield _sdo("location", country, created=_DEFINED, refs=refs) | {"country": country}
            place = made_id("location", country)
            yield _relation(one, "related-to", place, refs=own, says=role)
        for related in one.core.related:
            kind, target = _RELATIONS.get(related.relation), there.get(related.digest)
            if kind is not None and target is not None:
                yield _relation(one, kind, target, refs=own, says=related.relation.word)


def _incident(one: Exported, refs: list[str]) -> Object:
    created = _time(one.issued_at)
    return {
        "type": "incident",
        "spec_version": SPEC,
        "id": _id(one),
        "created_by_ref": made_id("identity", one.originator),
        "created": created,
        "modified": created,
        "name": f"{one.core.incident_type.word} {one.reported.name}",
        **({"description": one.core.summary} if one.core.summary else {}),
        "object_marking_refs": refs,
        "extensions": {EXTENSION: _extended(one)},
    }


def _extended(one: Exported) -> Object:
    """Return what the stub of an incident cannot say; what is not told is absent."""
    core, moved = one.core, one.operational
    told: Object = {
        "message": one.reported.name,
        "digest": one.reported.digest.hex() if one.reported.digest else "",
        "national_reference": core.national_reference,
        "incident_type": core.incident_type.word,
        "status": one.status.word,
        "dates": [_date(each) for each in core.dates],
        "places": [each.as_written for each in core.places if each.as_written],
        "countries": [{"country": country, "role": role} for country, role in _countries(one)],
        "substances": [
            {"id": each.substance_id or "", "as_written": each.as_written, "identified": each.identified.word}
            for each in core.substances
        ],
        "amounts": list(_amounts(one)),
        "disposition": core.disposition.word,
        "transport": "" if moved is None else moved.transport,
        "concealment": "" if moved is None else moved.concealment,
        "declared_as": "" if moved is None else moved.declared_as,
    }
    return {"extension_type": "property-extension", **{name: value for name, value in told.items() if value}}


def _date(told: DateStatement) -> Object:
    days = {"earliest": told.earliest, "latest": told.latest}
    known = {name: day.isoformat() for name, day in days.items() if day is not None}
    return {"kind": told.kind.word, "precision": told.precision.word, **known, "as_written": told.as_written}


def _amounts(one: Exported) -> Iterator[Object]:
    for addend in addends(one.reported.facts):
        ends = {"low": addend.low, "high": addend.high}
        yield {
            "substances": list(addend.substances),
            "unit": addend.unit.word,
            **{name: plain_amount(end) for name, end in ends.items() if end is not None},
            "remarks": [f"{each.kind.word}: {each.says}" for each in addend.remarks],
        }


def _countries(one: Exported) -> list[tuple[str, str]]:
    return [(each.country, each.role.word) for each in one.core.concerned if len(each.country) == 2]


def _relation(one: Exported, kind: str, target: str, *, refs: list[str], says: str) -> Object:
    source = _id(one)
    return _sdo("relationship", f"{source} {kind} {target} {says}", created=_time(one.issued_at), refs=refs) | {
        "relationship_type": kind,
        "description": says,
        "source_ref": source,
        "target_ref": target,
    }


def _report(refs_to: list[str], *, title: str, at: datetime, refs: list[str]) -> Object:
    return _sdo("report", title, *sorted(refs_to), created=_time(at), refs=refs) | {
        "name": title,
        "published": _time(at),
        "object_refs": refs_to,
    }


def _tool() -> Object:
    return _sdo("identity", "tocsin", created=_DEFINED) | {"name": "tocsin", "identity_class": "system"}


def _extension() -> Object:
    return {
        "type": "extension-definition",
        "spec_version": SPEC,
        "id": EXTENSION,
        "created_by_ref": made_id("identity", "tocsin"),
        "created": _DEFINED,
        "modified": _DEFINED,
        "name": "Precursor incident",
        "description": "What a report of an incident with precursor chemicals says beyond the stub of STIX 2.1.",
        "schema": _EXPLAINED,
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }


def _sdo(kind: str, *named_by: str, created: str, refs: list[str] | None = None) -> Object:
    marked: Object = {"object_marking_refs": refs} if refs else {}
    return {
        "type": kind,
        "spec_version": SPEC,
        "id": made_id(kind, *named_by),
        "created": created,
        "modified": created,
        **marked,
    }


def _id(one: Exported) -> str:
    digest = one.reported.digest
    return made_id("incident", digest.hex() if digest is not None else one.reported.name)


def _time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
