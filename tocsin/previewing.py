"""What would become of a file: who would see which rows, and why; nothing is written anywhere."""

from typing import Any

import msgspec

from broker.about import About
from broker.database import reading
from broker.types.vocabulary import Tlp
from producers.preview import Preview, Previewer, about_draft
from tocsin.installation import Node
from tocsin.publishing import Order, Question, Reading, RefusedLine


class PreviewedGroup(msgspec.Struct, frozen=True):
    """Rows that the same readers would see in the same way."""

    lines: tuple[int, ...]
    tlp: Tlp
    audience: Preview


class Previewed(msgspec.Struct, frozen=True):
    """What would become of a file."""

    groups: tuple[PreviewedGroup, ...]
    refused: tuple[RefusedLine, ...]
    questions: tuple[Question, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what ``publish --dry-run --json`` prints."""
        return {
            "would_publish": [
                {
                    "lines": group.lines,
                    "tlp": group.tlp.word,
                    "audience": [
                        {
                            "section": row.section.word,
                            "permitted": [msgspec.to_builtins(one) for one in row.permitted],
                            "refused": [msgspec.to_builtins(one) for one in row.refused],
                        }
                        for row in group.audience.rows
                    ],
                    "alerted": sorted(group.audience.alerted),
                    "unreached": group.audience.unreached,
                }
                for group in self.groups
            ],
            "refused": self.refused,
            "questions": self.questions,
        }


def preview_file(node: Node, order: Order) -> Previewed:
    """Return who would see which rows of a file, by the directory as *node* has read it.

    Raises:
        MissingFile, BadFile, BadMapping: The file cannot be read.
        BadSettings: The authority has no marking profile.
        BadTable: A policy table in force, or the release rules, have a mistake.
        MissingKey: The key store cannot be used.
        InvalidRecord: No file holds records of that kind.
    """
    rows = Reading(node, order)
    rows.check()
    with reading(node.engine) as connection:
        relationships = node.sealing.relationships(connection, node.directory, rows.authored_at)
    previewer = Previewer(node.directory, relationships, node.release, rows.authored_at)
    lines: dict[About, list[int]] = {}
    for draft in rows.drafts():
        lines.setdefault(about_draft(draft), []).append(draft.line)
        rows.settle(draft.line)
    refused = tuple(RefusedLine(one.line, one.problems) for record in rows.refusals() for one in record.each())
    groups = tuple(PreviewedGroup(tuple(found), about.tlp, previewer.preview(about)) for about, found in lines.items())
    return Previewed(groups, refused, rows.questions())
