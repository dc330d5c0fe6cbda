"""The form of answers to requests for information."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.records.answer import AnswerCore, AnswerNominal, AnswerOperational, AnswerOutcome
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import AMOUNT, MARKED, REFERENCE, SUBSTANCE, ColumnSet
from producers.intake.form import NO_MESSAGE, UNMARKED, Content, Form, Writing
from producers.intake.goods import read_reported_goods, read_where
from producers.intake.movement import MOVEMENT, WHERE, read_movement, read_named
from producers.intake.rows import FieldProblem
from producers.intake.values import need_member, need_text, read_country, read_language, read_parties
from producers.intake.words import read_time

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "request": "the request that is answered: NL/customs/1#42, or its digest",
    "outcome": "answered, partly, nothing_known, refused or more_time",
    "says": "the answer; names nobody",
    "answer_by": "with more_time: until when, 2026-01-31T08:00:00Z",
    "ask_next": "who may know more: BE, DE/customs; several separated by ;",
    **SUBSTANCE,
    **AMOUNT,
    **WHERE,
    **MOVEMENT,
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    need_text("request", values, "which request is answered?", problems)
    goods = read_reported_goods(writing.surroundings.catalogue, values, problems)
    places, concerned = read_where(values, read_country("country", values, problems))
    core = AnswerCore(
        marking=UNMARKED,
        concerned=concerned,
        national_reference=writing.reference,
        request=writing.digest_of("request") or NO_MESSAGE,
        outcome=need_member("outcome", values, AnswerOutcome.NOTHING_KNOWN, problems),
        says=values.get("says", ""),
        answer_by=read_time("answer_by", values, problems),
        ask_next=read_parties("ask_next", values, problems),
        substances=goods.substances,
        quantities=goods.quantities,
        places=places,
        language=read_language(values, problems),
    )
    moved, named = read_movement(values), read_named(values, problems)
    sections = Sections(
        core=core,
        operational=None if moved is None else AnswerOperational(**msgspec.structs.asdict(moved)),
        nominal=None if named is None else AnswerNominal(parties=named.parties, fictitious=named.fictitious),
    )
    return Content(sections, questions=goods.questions)


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    asked = writing.named.get("request")
    if asked is None:
        return content
    if asked.author == writing.authority:
        message = "that request is your own: an answer comes from those whom it asks"
        problems.append(FieldProblem("request", "foreign-message", message))
    return msgspec.structs.replace(content, addressed=(asked.author,))


ANSWER: Final = Form(
    kind=RecordKind.ANSWER,
    known=ColumnSet(_COLUMNS, ("request", "outcome"), ("core", "operational", "nominal")),
    types={"core": AnswerCore, "operational": AnswerOperational, "nominal": AnswerNominal},
    read=_read,
    finish=_finish,
    names={"request": (RecordKind.REQUEST,)},
    fields={"substances": "substance_as_reported", "quantities": "quantity_value", "places": "place"},
)
