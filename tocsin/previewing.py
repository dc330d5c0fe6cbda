"""What would become of a file: who would see which rows, and why; nothing is written anywhere."""

from typing import Any

import msgspec

from broker.database import reading
from broker.facts import About, focal_points
from broker.types.vocabulary import Tlp
from consumers.relationships import load_relationships
from producers.preview import Audience, about_draft, open_deciders, preview
from tocsin.installation import Node
from tocsin.publishing import Order, Reading, RefusedLine


class PreviewedGroup(msgspec.Struct, frozen=True):
    """Rows that the same readers would see in the same way."""

    lines: tuple[int, ...]
    tlp: Tlp
    audience: Audience


class Previewed(msgspec.Struct, frozen=True):
    """What would become of a file."""

    groups: tuple[PreviewedGroup, ...]
    refused: tuple[RefusedLine, ...]

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
                }
                for group in self.groups
            ],
            "refused": self.refused,
        }


def preview_file(node: Node, order: Order) -> Previewed:
    """Return who would see which rows of a file, by the directory as *node* has read it.

    Raises:
        MissingFile, BadFile, BadMapping: The file cannot be read.
        BadSettings: The authority has no marking profile.
        BadTable: A policy table in force has a mistake.
    """
    rows = Reading(node, order)
    rows.check()
    with reading(node.engine) as connection:
        relationships = load_relationships(connection, focal_points(node.directory, rows.authored_at))
    deciders = open_deciders()
    lines: dict[About, list[int]] = {}
    audiences: dict[About, Audience] = {}
    for draft in rows.drafts():
        about = about_draft(draft)
        lines.setdefault(about, []).append(draft.line)
        if about not in audiences:
            audiences[about] = preview(
                draft,
                directory=node.directory,
                deciders=deciders,
                relationships=relationships,
                now=rows.authored_at,
            )
        rows.settle(draft.line)
    refused = tuple(RefusedLine(one.line, one.problems) for one in rows.refusals())
    groups = tuple(PreviewedGroup(tuple(found), about.tlp, audiences[about]) for about, found in lines.items())
    return Previewed(groups, refused)
