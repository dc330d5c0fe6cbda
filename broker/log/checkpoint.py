"""Checkpoints: which log, how many leaves, which root. The text of a signed note.

Source: C2SP tlog-checkpoint v1.0.0.
"""

import msgspec

from broker.errors import BadNote
from broker.log.note import check_text
from broker.log.text import format_base64, parse_hash, parse_number
from broker.log.tree import TreeHead
from broker.merkle import Hash


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of a log.

    Attributes:
        origin: Which log; for one of tocsin see :func:`log_origin`.
        extensions: Further lines, about which nobody vouches for anything; a notary of tocsin writes none.
    """

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return TreeHead(self.size, self.root)


def log_origin(federation: str) -> str:
    """Return the origin line of a federation's log, which is the name of its notary's key too."""
    return f"{federation}/log"


def parse_checkpoint(text: str) -> Checkpoint:
    """Parse the text of a checkpoint; the exact inverse of :func:`format_checkpoint`.

    Raises:
        BadNote: It is none.
    """
    lines = check_text(text).split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise BadNote("a checkpoint has at least three lines, and none is empty")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, parse_number(size), parse_hash(root), tuple(extensions))


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text of a checkpoint, as it is signed."""
    lines = (checkpoint.origin, str(checkpoint.size), format_base64(checkpoint.root), *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)
