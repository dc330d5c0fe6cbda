"""The form of scheduling: how a substance comes under control, and how a country carries that out."""

from collections.abc import Mapping
from typing import Final

from broker.records.scheduling import SchedulingCore, SchedulingStage
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import MARKED, REFERENCE, SUBSTANCE, ColumnSet
from producers.intake.form import UNMARKED, Content, Form, Writing
from producers.intake.quantities import read_substances
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import questions_about_names
from producers.intake.values import check_own_country, need_member, need_text, read_country, read_day, read_language

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "stage": "proposal, decision, notification or implementation",
    "scheme": "which list: UN-1988, EU, US …",
    **SUBSTANCE,
    "from_class": "where it stood in that list before; empty for nowhere",
    "to_class": "where it is to stand: I, II, 1 …; empty for nowhere any more",
    "instrument": "decision, law or order",
    "decision": "the message with the decision that is carried out: its name, its digest, or your reference",
    "country": "whose implementation it is, ISO 3166-1 alpha-2",
    "decided_on": "day of the decision: 2026-01-31",
    "notified_on": "day on which it was notified",
    "effective_on": "day from which it counts",
    "scope": "what of the substance is covered: salts, isomers, preparations …",
    "reservation": "what the country excepts",
    "remarks": "what else is to be said",
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    substances = read_substances(values, problems)
    core = SchedulingCore(
        marking=UNMARKED,
        national_reference=writing.reference,
        stage=need_member("stage", values, SchedulingStage.PROPOSAL, problems),
        scheme=need_text("scheme", values, "which list? For example UN-1988", problems),
        substances=substances,
        from_class=values.get("from_class", ""),
        to_class=values.get("to_class", ""),
        instrument=values.get("instrument", ""),
        decision=writing.digest_of("decision"),
        country=read_country("country", values, problems),
        decided_on=read_day("decided_on", values, problems),
        notified_on=read_day("notified_on", values, problems),
        effective_on=read_day("effective_on", values, problems),
        scope=values.get("scope", ""),
        reservation=values.get("reservation", ""),
        remarks=values.get("remarks", ""),
        language=read_language(values, problems),
    )
    questions = tuple(questions_about_names(writing.surroundings.catalogue, substances))
    return Content(Sections(core=core), questions=questions)


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    core = content.sections.core
    if isinstance(core, SchedulingCore) and core.stage is SchedulingStage.IMPLEMENTATION:
        check_own_country("country", core.country, writing.authority, problems)
    return content


SCHEDULING: Final = Form(
    kind=RecordKind.SCHEDULING,
    known=ColumnSet(_COLUMNS, ("stage", "scheme"), ("core",)),
    types={"core": SchedulingCore},
    read=_read,
    finish=_finish,
    names={"decision": (RecordKind.SCHEDULING,)},
    fields={"substances": "substance_as_reported"},
)
