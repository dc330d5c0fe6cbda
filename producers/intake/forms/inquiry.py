"""The form of requests for information, with their clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from broker.records.inquiry import ANSWER_WITHIN, InquiryCore, InquiryNominal, InquiryOperational, InquiryType, Urgency
from broker.types.vocabulary import Purpose, RecordKind
from producers.draft import Sections
from producers.intake.columns import AMOUNT, MARKED, REFERENCE, SUBSTANCE, ColumnSet
from producers.intake.form import UNMARKED, Content, Form, Writing
from producers.intake.goods import read_reported_goods, read_where
from producers.intake.movement import MOVEMENT, WHERE, read_movement, read_named
from producers.intake.rows import FieldProblem
from producers.intake.values import need_member, need_text, read_country, read_language
from producers.intake.words import read_time

_BY_SYMBOL: Final = {urgency.value: span for urgency, span in ANSWER_WITHIN.items()}
_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "inquiry_type": "information, backtracking, match, confirmation or substance",
    "urgency": "urgent (8 hours), normal (3 days) or routine (7 days)",
    "answer_by": "when the answer is needed, if otherwise: 2026-01-31T08:00:00Z",
    "message": "the message that it is about: NL/customs/1#42, its digest, or your reference",
    "question": "what is asked; names nobody",
    "purpose": "what the answer is for: investigation, prevention, regulation …",
    "lot": "number of the lot that is asked about",
    **SUBSTANCE,
    **AMOUNT,
    **WHERE,
    **MOVEMENT,
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    goods = read_reported_goods(writing.surroundings.catalogue, values, problems)
    places, concerned = read_where(values, read_country("country", values, problems))
    urgency = need_member("urgency", values, Urgency.NORMAL, problems)
    said = read_time("answer_by", values, problems)
    core = InquiryCore(
        marking=UNMARKED,
        concerned=concerned,
        national_reference=writing.reference,
        inquiry_type=need_member("inquiry_type", values, InquiryType.INFORMATION, problems),
        urgency=urgency,
        answer_by=said or writing.authored_at + ANSWER_WITHIN[urgency],
        message=writing.digest_of("message"),
        question=need_text("question", values, "what do you ask?", problems),
        purpose=need_member("purpose", values, Purpose.INVESTIGATION, problems),
        substances=goods.substances,
        quantities=goods.quantities,
        places=places,
        lot=values.get("lot", ""),
        language=read_language(values, problems),
    )
    moved, named = read_movement(values), read_named(values, problems)
    sections = Sections(
        core=core,
        operational=None if moved is None else InquiryOperational(**msgspec.structs.asdict(moved)),
        nominal=None if named is None else InquiryNominal(parties=named.parties, fictitious=named.fictitious),
    )
    return Content(sections, questions=goods.questions, counted=() if said else ("answer_by",))


def _prepare(core: Mapping[str, Any], writing: Writing, _: list[FieldProblem]) -> Mapping[str, Any]:
    """Return the core of a nested request, with its clock where it says none."""
    urgency = core.get("urgency")
    if core.get("answer_by") is not None or not isinstance(urgency, str) or urgency not in _BY_SYMBOL:
        return core
    return {**core, "answer_by": writing.authored_at + _BY_SYMBOL[urgency]}


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    core = content.sections.core
    if isinstance(core, InquiryCore) and _is_over(core.answer_by, writing.authored_at):
        message = f"{core.answer_by.isoformat()} is over: nobody could answer by then"
        problems.append(FieldProblem("answer_by", "past-date", message))
    about = writing.named.get("message")
    if about is None:
        return content
    return msgspec.structs.replace(content, addressed=(about.author,))


def _is_over(when: datetime, now: datetime) -> bool:
    return when.tzinfo is not None and when <= now


REQUEST: Final = Form(
    kind=RecordKind.REQUEST,
    known=ColumnSet(_COLUMNS, ("inquiry_type", "urgency", "question", "purpose"), ("core", "operational", "nominal")),
    types={"core": InquiryCore, "operational": InquiryOperational, "nominal": InquiryNominal},
    read=_read,
    finish=_finish,
    prepare=_prepare,
    names={"message": ()},
    fields={"substances": "substance_as_reported", "quantities": "quantity_value", "places": "place"},
)
