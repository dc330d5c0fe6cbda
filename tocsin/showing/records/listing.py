"""Scheduling, step by step, and editions of the substance catalogue."""

from collections.abc import Iterator
from typing import Final

from broker.records.catalogue import CatalogueCore
from broker.records.scheduling import SchedulingCore, SchedulingStage
from tocsin.showing.about import Names, named
from tocsin.showing.plain import counted, plain
from tocsin.showing.records.line import Line, head_lines, headed, joined, substances_of, texts, word_of

_STAGES: Final = {
    SchedulingStage.PROPOSAL: "proposal to schedule",
    SchedulingStage.DECISION: "scheduling decision",
    SchedulingStage.NOTIFICATION: "notification of a scheduling decision",
    SchedulingStage.IMPLEMENTATION: "national implementation",
}


def scheduling_headline(core: SchedulingCore, _names: Names) -> str:
    """Return a step of scheduling in a few words."""
    stage = _STAGES.get(core.stage, word_of(core.stage))
    where = f"{stage} of {plain(core.country)}" if core.country else stage
    effective = f"effective {core.effective_on}" if core.effective_on else ""
    return headed(where, ", ".join(substances_of(core.substances)), class_change(core), effective)


def scheduling_lines(core: SchedulingCore, names: Names) -> Iterator[Line]:
    """Yield what step it is, of which substance, to which class, and its dates."""
    yield Line("what", _STAGES.get(core.stage, word_of(core.stage)))
    yield from joined("substance", substances_of(core.substances))
    yield Line("class", class_change(core))
    if core.country:
        yield Line("country", plain(core.country))
    yield from texts(core, "instrument")
    for label, day in (("decided", core.decided_on), ("notified", core.notified_on), ("effective", core.effective_on)):
        if day is not None:
            yield Line(label, str(day))
    if core.decision is not None:
        yield Line("about", named(core.decision, names))
    yield from texts(core, "scope", "reservation", "remarks")
    yield from head_lines(core, names)


def class_change(core: SchedulingCore) -> str:
    """Return what changes under which scheme: ``UN-1988: to I``, ``UN-1988: from II to I``, ``UN-1988: out of II``."""
    if core.to_class:
        way = f"from {core.from_class} to {core.to_class}" if core.from_class else f"to {core.to_class}"
        return plain(f"{core.scheme}: {way}")
    return plain(f"{core.scheme}: out of {core.from_class}" if core.from_class else core.scheme)


def catalogue_headline(core: CatalogueCore, _names: Names) -> str:
    """Return an edition of the catalogue in a few words."""
    return plain(f"catalogue edition {core.edition} of {core.issuer}, issued {core.issued_on}")


def catalogue_lines(core: CatalogueCore, names: Names) -> Iterator[Line]:
    """Yield whose edition it is, and how much it says; what it says of a substance is asked of the catalogue."""
    yield Line("what", plain(f"catalogue edition {core.edition} of {core.issuer}"))
    yield Line("issued", str(core.issued_on))
    yield Line("says", f"{counted(len(core.substances), 'substance')}, {len(core.statuses)} statuses")
    yield from texts(core, "remarks")
    yield from head_lines(core, names)
