"""Who would see a report, section by section, in rows of a table."""

from collections.abc import Iterator, Sequence
from typing import Final

from broker.types.names import Originator
from producers.preview import Preview

_SHOWN: Final = 6


def audience_rows(audience: Preview) -> Iterator[tuple[str, str, str]]:
    """Yield for each section who would see it and why, and why the others would not."""
    for row in audience.rows:
        for verdict in row.permitted:
            yield row.section.word, names(verdict.authorities), f"{verdict.says} ({verdict.rule_id})"
        for verdict in row.refused:
            yield row.section.word, f"not {names(verdict.authorities)}", f"{verdict.says} ({verdict.rule_id})"


def names(authorities: Sequence[Originator]) -> str:
    """Return authorities in a few words; the first of many."""
    shown = ", ".join(authorities[:_SHOWN])
    return f"{shown} and {len(authorities) - _SHOWN} more" if len(authorities) > _SHOWN else shown
