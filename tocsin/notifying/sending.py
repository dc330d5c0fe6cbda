"""What a prepared notification says before it is sent: what it lacks, its clock, and who could read what of it."""

from typing import Any

import msgspec

from broker.database import reading
from producers.preview import Preview, Previewer, about_draft
from tocsin.installation import Node
from tocsin.notifying.drafting import Prepared


def preview(node: Node, prepared: Prepared) -> Preview:
    """Return who could read which section if it were sent now, by the directory as *node* has read it.

    Raises:
        BadTable: A policy table in force, or the release rules, have a mistake.
        MissingKey: The key store cannot be used.
    """
    now = node.clock()
    with reading(node.engine) as connection:
        relationships = node.sealing.relationships(connection, node.directory, now)
    return Previewer(node.directory, relationships, node.release, now).preview(about_draft(prepared.draft))


def prepared_document(prepared: Prepared) -> dict[str, Any]:
    """Return what keeps a notification back, what is odd about it, and its clock, as scripts get it."""
    counted = prepared.deadline
    return {
        "national_reference": prepared.draft.national_reference,
        "missing": [msgspec.to_builtins(one) for one in prepared.problems],
        "questions": [msgspec.to_builtins(one) for one in prepared.questions],
        "answer_by": None if counted is None else counted.answer_by.isoformat(),
        "rule": prepared.rule_says,
        "days_off": [] if counted is None else [msgspec.to_builtins(one) for one in counted.days_off],
    }


def audience_document(audience: Preview) -> dict[str, Any]:
    """Return who could read what, as scripts get it."""
    return {
        "audience": [
            {
                "section": row.section.word,
                "permitted": [msgspec.to_builtins(one) for one in row.permitted],
                "refused": [msgspec.to_builtins(one) for one in row.refused],
            }
            for row in audience.rows
        ],
        "unreached": audience.unreached,
    }
