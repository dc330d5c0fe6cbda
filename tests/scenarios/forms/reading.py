"""The sample rows as they come to be counted: taken in, as their reporters would, and brought down to facts."""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

import tocsin
from broker.cases.facts import RelatedTo
from broker.cases.incident_facts import Label, facts_of, no_ids
from broker.figures.reported import Reported
from broker.records.incident import IncidentCore
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Status
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.take_in import take_in
from tests.support.intake import NOW, a_profile

SAMPLE = Path(tocsin.__file__).parent / "data" / "incidents.csv"


@cache
def all_reports() -> tuple[Reported, ...]:
    """Return every row of the sample that is an incident, in the file's order, as if it were about the world."""
    return tuple(_reported(draft) for draft in _drafts())


def reports_of(country: str) -> tuple[Reported, ...]:
    """Return the rows that happened in a country."""
    return tuple(one for one in all_reports() if one.facts.reporting_country == country)


def _drafts() -> Iterator[Draft]:
    rows = list(read_rows(SAMPLE))
    for country in sorted({row.values["reporting_country"] for row in rows if row.values.get("reporting_country")}):
        authority = Originator(f"{country}/police")
        own = [row for row in rows if row.values.get("reporting_country") == country]
        outcomes = take_in(own, authority=authority, profile=a_profile(authority), authored_at=NOW)
        yield from (one for one in outcomes if isinstance(one, Draft))


def _reported(draft: Draft) -> Reported:
    core = draft.core
    assert isinstance(core, IncidentCore)
    facts = facts_of(core, None, label=Label(draft.tlp, Status.ACTUAL), ids_of=no_ids)
    related = tuple(
        RelatedTo(digest=digest_of(one.national_reference), relation=one.relation) for one in draft.related_references
    )
    return Reported(
        facts=msgspec.structs.replace(facts, related=related),
        name=draft.national_reference,
        originator=Originator(draft.authority),
        digest=digest_of(draft.national_reference),
    )


def digest_of(reference: str) -> Digest:
    """Return what stands for the header digest of a row's message."""
    return Digest(hashlib.sha256(reference.encode()).digest())
