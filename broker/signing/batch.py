"""Batches: one signature for up to 256 messages, each of which stands on its own.

What is signed is the size and the root of a Merkle tree over the headers. The size is inside the signed bytes because
an inclusion proof alone also verifies under other sizes. A batch of one is the same code.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from broker import limits
from broker.envelope.encoding import BATCH_TYPE, HEADER_TYPE, encode_tuple, pre_authentication_encoding
from broker.envelope.outer import Signature
from broker.errors import BadSignature, NotIncluded
from broker.merkle import Hash, leaf_hash, root_and_paths, root_from_path
from broker.signing.keys import SigningKey
from broker.signing.keys import check_signature as check_key_signature

_REMEMBERED_BATCHES: Final = 4096


class VerifiedBatches:
    """Which roots were validly signed by which key; never whether that key may be believed.

    Bounded: the batch that was used least recently is forgotten first, and simply verified again.
    """

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[bytes, int, bytes, bytes], None] = OrderedDict()

    def check(self, public: bytes, size: int, root: Hash, signature: bytes) -> None:
        """Check that the owner of *public* signed a batch of *size* with *root*.

        Raises:
            BadSignature: They did not.
        """
        batch = (public, size, root, signature)
        if batch in self._seen:
            self._seen.move_to_end(batch)
            return
        check_key_signature(public, signature, BATCH_TYPE, encode_tuple(size, root))
        self._seen[batch] = None
        if len(self._seen) > _REMEMBERED_BATCHES:
            self._seen.popitem(last=False)


def batch_leaf(header: bytes) -> Hash:
    """Return the leaf of a header in its batch."""
    return leaf_hash(pre_authentication_encoding(HEADER_TYPE, header))


def sign_batch(headers: Sequence[bytes], key: SigningKey) -> tuple[Signature, ...]:
    """Sign *headers* at once; return one signature for each, in their order.

    Args:
        headers: 1 to 256 headers' bytes.
    """
    size = len(headers)
    if not 1 <= size <= limits.MAX_BATCH_MESSAGES:
        raise ValueError(f"a batch of {size} headers; 1 to {limits.MAX_BATCH_MESSAGES} are allowed")
    root, paths = root_and_paths([batch_leaf(header) for header in headers])
    signature = key.sign(BATCH_TYPE, encode_tuple(size, root))
    return tuple(Signature(signature, size, index, path) for index, path in enumerate(paths))


def check_signature(header: bytes, signature: Signature, public: bytes, *, verified: VerifiedBatches) -> None:
    """Check that the owner of *public* signed *header*.

    Raises:
        BadSignature: They did not, or the header does not stand where its signature says.
    """
    if signature.size > limits.MAX_BATCH_MESSAGES:
        raise BadSignature(f"a batch of {signature.size} messages; the limit is {limits.MAX_BATCH_MESSAGES}")
    try:
        root = root_from_path(batch_leaf(header), index=signature.index, size=signature.size, path=signature.path)
    except NotIncluded as error:
        raise BadSignature(str(error)) from error
    verified.check(public, signature.size, root, signature.signature)
