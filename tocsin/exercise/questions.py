"""What looks odd in the records of a scenario and may be meant so: what is asked about a nested record of a file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from broker.catalogue import Catalogue
from broker.records.registry import kind_of
from broker.types.names import Digest
from producers.intake.forms import FORMS
from producers.intake.record_questions import questions_about_record
from producers.intake.rows import FieldProblem
from tocsin.exercise.drafting import core_of
from tocsin.exercise.references import Moment
from tocsin.exercise.scenario import RECALL, Scenario

_TRIAL: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Any start will do: neither substances nor amounts depend on it."""


class Asked(msgspec.Struct, frozen=True):
    """A question about the message of a step.

    Attributes:
        id: The step's.
        field: The place in the record, like ``core.quantities[0].value``.
    """

    id: str
    field: str
    code: str
    message: str


def questions_about(scenario: Scenario, catalogue: Catalogue) -> Iterator[Asked]:
    """Yield what looks odd in the messages of a *scenario* without mistakes, in order of time."""
    digests = {one.id: Digest(sha256(one.id.encode()).digest()) for one in scenario.messages()}
    moment = Moment(start=_TRIAL, digests=digests)
    for step in scenario.messages():
        if step.kind == RECALL:
            continue
        core = core_of(step, scenario, moment)
        form = FORMS.get(kind_of(core))
        noted: list[FieldProblem] = []
        found = questions_about_record(core, catalogue, noted, is_amount_read=form is None or form.is_amount_read)
        yield from (Asked(step.id, one.field, one.code, one.message) for one in (*found, *noted))
