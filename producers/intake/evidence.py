"""The evidence section of a row: its source."""

import re
from collections.abc import Mapping
from typing import Final

from broker.records.evidence import IncidentEvidence, Source
from producers.intake.rows import FieldProblem

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ADDRESS: Final = re.compile(r"https?://\S+")


def read_evidence(values: Mapping[str, str]) -> IncidentEvidence | None:
    """Return the evidence section, or None where the row names no source."""
    source = values.get("source", "")
    kind = values.get("source_kind", "")
    if not source and not kind:
        return None
    is_address = _ADDRESS.fullmatch(source) is not None
    told = Source(
        kind=kind,
        address=source if is_address else "",
        title="" if is_address else source,
        language=values.get("source_lang", ""),
    )
    return IncidentEvidence(sources=(told,))


def without_bad_language(values: Mapping[str, str], problems: list[FieldProblem]) -> Mapping[str, str]:
    """Return *values*, without their language where it is no language tag, which is noted."""
    tag = values.get("source_lang", "")
    if not tag or _LANGUAGE.fullmatch(tag):
        return values
    problems.append(FieldProblem("source_lang", "bad-language", f"{tag[:40]!r}: expected a tag like es or zh-Hant"))
    return {field: value for field, value in values.items() if field != "source_lang"}
