"""Which part of a request each of those who are asked will be able to read: said before it is sent."""

from collections.abc import Iterable, Iterator

import msgspec

from broker.database import reading
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import Section
from producers.draft import Draft
from producers.preview import Preview, Previewer, Verdict, about_draft
from tocsin.installation import Node


class Reach(msgspec.Struct, frozen=True):
    """One section of a request, and who of those who stand behind one name will be able to read it.

    Attributes:
        to: As the request names it: a participant, or an authority.
        refused: By which rules the others will not.
    """

    to: str
    section: Section
    readers: tuple[Originator, ...]
    refused: tuple[Verdict, ...]

    @property
    def is_lost(self) -> bool:
        """Whether nobody there will be able to read it."""
        return not self.readers


def reach_of(node: Node, draft: Draft) -> tuple[Reach, ...]:
    """Return who of those who are asked could read which section if it were sent now.

    By the directory as *node* has read it; what a reader's own house rules close is known at its node alone.

    Raises:
        BadTable: A policy table in force, or the release rules, have a mistake.
        MissingKey: The key store cannot be used.
    """
    now = node.clock()
    with reading(node.engine) as connection:
        relationships = node.sealing.relationships(connection, node.directory, now)
    audience = Previewer(node.directory, relationships, node.release, now).preview(about_draft(draft))
    return tuple(reach_in(audience, draft.core.marking.recipients))


def reach_in(audience: Preview, to: Iterable[str]) -> Iterator[Reach]:
    """Yield for each of those who are asked, and each section, who could read it."""
    for name in to:
        for row in audience.rows:
            readers = (one for verdict in row.permitted for one in _of(name, verdict.authorities))
            refused = (
                Verdict(verdict.rule_id, verdict.says, others)
                for verdict in row.refused
                if (others := tuple(_of(name, verdict.authorities)))
            )
            yield Reach(name, row.section, tuple(sorted(readers)), tuple(refused))


def _of(name: str, authorities: Iterable[Originator]) -> Iterator[Originator]:
    return (one for one in authorities if name in (one, participant_of(one)))
