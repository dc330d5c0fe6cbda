"""What is in an inbox already and must not be believed any more: its key was revoked after it had arrived."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from broker.directory import Directory
from broker.directory.entries import RevocationEntry
from broker.envelope.message import open_envelope
from broker.types.names import KeyId
from consumers import store
from consumers.inbox import Item


def why_withdrawn(connection: Connection, directory: Directory, items: Sequence[Item]) -> list[str]:
    """Return for each item which key of it was revoked, when and why; an empty text where none was.

    Args:
        directory: As the node has read it; what it has not read yet it cannot know.
    """
    keys = directory.keys()
    revoked = {key.id: key.revocation for key in keys if key.revocation is not None}
    return [_why(connection, revoked, one) if revoked else "" for one in items]


def _why(connection: Connection, revoked: Mapping[KeyId, RevocationEntry], found: Item) -> str:
    envelope = connection.scalar(select(store.message.c.envelope).where(store.message.c.digest == found.digest))
    signers = () if envelope is None else open_envelope(envelope).header.signers
    if found.forwarded is not None:
        signers = (*signers, *found.forwarded.original.header.signers)
    for signer in signers:
        if (revocation := revoked.get(signer)) is not None:
            when = f"{revocation.revoked_at:%Y-%m-%d %H:%M} UTC"
            return f"its key {signer.hex()[:12]} was revoked on {when} ({revocation.reason.word})"
    return ""
