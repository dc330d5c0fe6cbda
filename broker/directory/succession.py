"""What the hub has said, under the next root record: who leaves an administrator's key out may end it unawares."""

import msgspec

from broker.directory.administrators import restate
from broker.directory.chain import START
from broker.directory.directory import Directory
from broker.directory.entries import RootEntry
from broker.directory.hub import fold_hub
from broker.envelope.header import Header
from broker.errors import InvalidRecord
from broker.types.names import HUB_ADMIN


def check_hub_stays(header: Header, after: RootEntry, directory: Directory) -> None:
    """Check that every message of the hub that counts in *directory* still counts once *after* is in force.

    What an ended key has signed counts only where one that stands has written on; without that the participants that
    it entered, and everything of theirs, would be gone at every node.

    Args:
        header: Of the message that says *after*.

    Raises:
        InvalidRecord: Some of them would not.
    """
    root, hub = directory.parts.root.state, directory.parts.hub
    keys = restate(root.hub_keys, after.hub_administrators, header.issued_at)
    then = fold_hub(
        directory.held.get(HUB_ADMIN, ()),
        msgspec.structs.replace(root, entry=after, hub_keys=keys),
        directory.signatures,
    )
    lost = sum(max(0, head.sequence - then.heads.get(stream, START).sequence) for stream, head in hub.heads.items())
    if lost:
        raise InvalidRecord(
            f"{lost} messages of the hub's administrators would count no more, with all that rests on them: no key"
            " that stays has written since",
            hint="First a root record that adds the new key beside the old one; then write with the new one, for"
            " example by tocsin directory rotate --as X-HUB; then a root record that leaves the old one out."
            " Where they have to go, as those of a thief: --end-hub-entries",
        )
