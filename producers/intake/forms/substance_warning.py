"""The form of substance warnings: something new or unusual that others have to know of."""

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.records.marking import Basis
from broker.records.substance_warning import SubstanceWarningCore, SubstanceWarningEvidence, WarningType
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import AMOUNT, MARKED, REFERENCE, SUBSTANCE, ColumnSet, some
from producers.intake.dates import read_dates
from producers.intake.evidence import read_evidence
from producers.intake.form import UNMARKED, Content, Form, Writing
from producers.intake.goods import read_reported_goods, read_where
from producers.intake.rows import FieldProblem
from producers.intake.substance_questions import read_cas
from producers.intake.values import need_member, need_text, read_country, read_day, read_language, read_member
from producers.intake.words import split_list

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "warning_type": "new_substance, new_route, new_concealment, new_use, unusual_count or unusual_amount",
    "title": "what is new, in a few words; names nobody",
    "says": "what others have to know",
    "basis": "fact, assessment or not_stated",
    **SUBSTANCE,
    "cas": "CAS numbers, if there are any; several separated by ;",
    "hs_codes": "HS codes, likewise",
    **AMOUNT,
    "date_incident": "when it was seen: 2018-01-31, 2018-01, 2018, or a range 2015-11/2016-10",
    **some("date_precision", "date_reported"),
    "country": "where it was seen, ISO 3166-1 alpha-2",
    "place": "where in that country",
    **some("origin", "transit", "destination"),
    "drugs": "drugs that it has to do with; several separated by ;",
    "method": "how it was found, where it was computed",
    "parameters": "with which parameters",
    "review_by": "day by which it is looked at again: 2026-01-31",
    **some("source_kind", "source"),
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    goods = read_reported_goods(writing.surroundings.catalogue, values, problems)
    places, concerned = read_where(values, read_country("country", values, problems))
    language = read_language(values, problems)
    questions = (*goods.questions, *read_cas(writing.surroundings.catalogue, values, goods.substances, problems))
    core = SubstanceWarningCore(
        marking=UNMARKED,
        concerned=concerned,
        national_reference=writing.reference,
        warning_type=need_member("warning_type", values, WarningType.NEW_SUBSTANCE, problems),
        title=need_text("title", values, "what is new, in a few words?", problems),
        says=need_text("says", values, "what do others have to know?", problems),
        basis=read_member("basis", values, Basis.NOT_STATED, problems),
        substances=goods.substances,
        cas_numbers=split_list(values.get("cas", "")),
        hs_codes=split_list(values.get("hs_codes", "")),
        quantities=goods.quantities,
        dates=read_dates(values, writing.authored_at.date(), problems),
        places=places,
        drugs=split_list(values.get("drugs", "")),
        method=values.get("method", ""),
        parameters=values.get("parameters", ""),
        review_by=read_day("review_by", values, problems),
        language=language,
    )
    return Content(Sections(core=core, evidence=_evidence(values, language)), questions=questions)


def _evidence(values: Mapping[str, str], language: str) -> SubstanceWarningEvidence | None:
    told = read_evidence({**values, "source_lang": language})
    return None if told is None else SubstanceWarningEvidence(**msgspec.structs.asdict(told))


SUBSTANCE_WARNING: Final = Form(
    kind=RecordKind.SUBSTANCE_WARNING,
    known=ColumnSet(_COLUMNS, ("warning_type", "title", "says"), ("core", "evidence")),
    types={"core": SubstanceWarningCore, "evidence": SubstanceWarningEvidence},
    read=_read,
    fields={
        "substances": "substance_as_reported",
        "quantities": "quantity_value",
        "places": "place",
        "cas_numbers": "cas",
    },
)
