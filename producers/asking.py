"""Ask for keys to go out after their messages: each is written into a RELEASE by the next flush."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from broker.envelope.header import Header
from broker.errors import MissingKey
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Section
from producers.lists import Nodes
from producers.outbox import Reason, releases


class Message(msgspec.Struct, frozen=True):
    """A message whose keys are asked for."""

    header: Header
    digest: Digest


def release_sections(
    connection: Connection,
    message: Message,
    nodes: Mapping[Section, Collection[Originator]],
    *,
    issuer: Originator,
    reason: Reason,
) -> int:
    """Have the next flush release sections of a message to nodes; return how many sections that is.

    Whether they may have them has to be decided before. The key store has to hold the keys when the flush comes; a key
    that was destroyed by then goes to nobody.

    Args:
        nodes: Node names, by section; the core has to go to whoever gets anything and does not have it.
        issuer: The message's originator, or a focal point of its participant.

    Raises:
        MissingKey: One of the sections is not sealed, or not there.
    """
    rows = [_row(message, section, frozenset(names), issuer, reason) for section, names in nodes.items() if names]
    if rows:
        connection.execute(insert(releases), rows)
    return len(rows)


def _row(message: Message, section: Section, nodes: Nodes, issuer: Originator, reason: Reason) -> dict[str, Any]:
    header = message.header
    commitment = next((one.key_commitment for one in header.sections if one.name == section.word), None)
    if commitment is None:
        raise MissingKey(f"section {section.word} of {header.name} has no key: it is not sealed, or not there")
    return {
        "issuer": issuer,
        "digest": message.digest,
        "originator": header.originator,
        "writer": header.writer,
        "sequence": header.sequence,
        "tlp": header.tlp.value,
        "status": header.status.value,
        "section": section.word,
        "key_commitment": commitment,
        "nodes": " ".join(sorted(nodes)),
        "reason": reason.value,
    }


def sealed_sections(header: Header) -> Sequence[Section]:
    """Return the sections of a message that have a key."""
    return [Section.from_word(one.name) for one in header.sections if one.key_commitment is not None]
