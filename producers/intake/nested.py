"""Nested records: the typed sections of an incident, as JSON has them."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from broker.policy.profile import Requested
from broker.records.evidence import IncidentEvidence
from broker.records.incident import IncidentCore
from broker.records.marking import Basis, InformationEvaluation, SourceEvaluation
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from broker.records.places import PlaceRole
from broker.types.vocabulary import Handling, Purpose
from producers.intake.incident import UNMARKED, Incident
from producers.intake.rows import FieldProblem

T = TypeVar("T", bound=msgspec.Struct)
_AT: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A marking of which anything may be left out."""

    handling: tuple[Handling, ...] | None = None
    handling_text: str | None = None
    purposes: tuple[Purpose, ...] | None = None
    source_evaluation: SourceEvaluation | None = None
    information_evaluation: InformationEvaluation | None = None
    basis: Basis | None = None
    recipients: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None
    release_after: datetime | None = None
    retain_until: datetime | None = None


def read_sections(sections: Mapping[str, Any], reference: str, problems: list[FieldProblem]) -> Incident | None:
    """Return the sections of a nested record, still unmarked, or None where one does not fit its type."""
    core = sections.get("core")
    if not isinstance(core, Mapping):
        problems.append(FieldProblem("core", "missing", "a record needs its core section, an object"))
        return None
    whole = {**core, "marking": msgspec.to_builtins(UNMARKED), "national_reference": reference}
    typed = _convert("core", whole, IncidentCore, problems)
    operational = _convert("operational", sections.get("operational"), IncidentOperational, problems)
    nominal = _convert("nominal", sections.get("nominal"), IncidentNominal, problems)
    evidence = _convert("evidence", sections.get("evidence"), IncidentEvidence, problems)
    if typed is None:
        return None
    return Incident(typed, operational, nominal, evidence)


def read_asked(sections: Mapping[str, Any], requested: Requested, problems: list[FieldProblem]) -> Requested:
    """Return what a nested record says of its marking, on top of what it says beside its sections."""
    core = sections.get("core")
    marking = core.get("marking") if isinstance(core, Mapping) else None
    asked = _convert("core.marking", marking, _Asked, problems)
    if asked is None:
        return requested
    return Requested(
        tlp=requested.tlp,
        handling=asked.handling,
        handling_text=asked.handling_text,
        purposes=asked.purposes,
        source=asked.source_evaluation and asked.source_evaluation.word,
        information=asked.information_evaluation and asked.information_evaluation.word,
        basis=asked.basis and asked.basis.word,
        recipients=asked.recipients,
        excluded=asked.excluded,
        release_after=asked.release_after,
        retain_until=asked.retain_until,
    )


def country_of(sections: Mapping[str, Any]) -> str:
    """Return the country where a nested record says that it happened, or nothing."""
    core = sections.get("core")
    places = core.get("places") if isinstance(core, Mapping) else None
    for place in places if isinstance(places, list) else ():
        if isinstance(place, Mapping) and place.get("role") == PlaceRole.HAPPENED_IN:
            return str(place.get("country", ""))
    return ""


def _convert(path: str, value: Any, into: type[T], problems: list[FieldProblem]) -> T | None:
    if value is None:
        return None
    try:
        return msgspec.convert(value, into)
    except msgspec.ValidationError as error:
        found = _AT.fullmatch(str(error))
        where = f"{path}.{found['path']}" if found and found["path"] else path
        # Names in the nominal section must not reach a listing by way of a message.
        what = "does not fit its type" if path == "nominal" or found is None else found["what"]
        problems.append(FieldProblem(where, "bad-record", what))
        return None
