"""Builders of what may leave a node. Everything in them is invented."""

from datetime import UTC, datetime
from typing import Any

from broker.cases.facts import RelatedTo
from broker.cases.incident_facts import Label, facts_of, no_ids
from broker.figures.reported import Reported
from broker.records.core import Related, RelatedAs
from broker.records.marking import Marking
from broker.types.names import Originator
from broker.types.vocabulary import Section, Status, Tlp
from tests.support.figures import digest_of
from tests.support.records import a_marking, an_incident
from tocsin.forms.leaving import Departure, Exported

AT = datetime(2026, 4, 1, 12, 30, tzinfo=UTC)


def an_export(
    name: str = "NL/customs/1#2",
    *,
    tlp: Tlp = Tlp.GREEN,
    marking: Marking | None = None,
    sections: tuple[Section, ...] = (Section.OPERATIONAL,),
    duplicates: str = "",
    **changes: Any,
) -> Exported:
    """Return an incident that may leave, with the sections that were asked for."""
    related = (Related(digest=digest_of(duplicates), relation=RelatedAs.DUPLICATES),) if duplicates else ()
    found = an_incident(marking=marking or a_marking(), related=related, **changes)
    facts = facts_of(found.core, found.operational, label=Label(tlp, Status.ACTUAL), ids_of=no_ids)
    assert facts.related == tuple(RelatedTo(digest=digest_of(duplicates), relation=one.relation) for one in related)
    reported = Reported(facts=facts, name=name, originator=Originator("NL/customs"), digest=digest_of(name))
    return Exported(
        reported=reported,
        originator=Originator("NL/customs"),
        issued_at=AT,
        tlp=tlp,
        status=Status.ACTUAL,
        core=found.core,
        operational=found.operational if Section.OPERATIONAL in sections else None,
        nominal=found.nominal if Section.NOMINAL in sections else None,
        decision=7,
    )


def a_departure(*exported: Exported) -> Departure:
    """Return what may leave together."""
    return Departure(exported or (an_export(),), ())
