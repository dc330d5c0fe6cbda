"""Key lists: the section keys that one set of recipients may have, sealed under a list key.

What is sealed has the form of a body: salt, schema id, length, Avro of ``release/list``, zeros up to a size class.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from broker import limits
from broker.avro import decode, encode, schema
from broker.envelope.body import Content, format_body, parse_body
from broker.envelope.encoding import LIST_CONTEXT_TAG
from broker.envelope.header import SECTION_NAME
from broker.errors import BadBody, BadName, BadRelease, SchemaError
from broker.sealing.chunks import KEY_BYTES, seal, unseal
from broker.sealing.section import Place
from broker.types.names import MessageName, Originator, Stream, check_authority

LIST_PATH: Final = "release/list"


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key of one section."""

    originator: Originator
    writer: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_WRITER)]
    sequence: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SEQUENCE)]
    section: str
    key: Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]

    @property
    def message(self) -> MessageName:
        """The message that the section is part of."""
        return MessageName(Stream(self.originator, self.writer), self.sequence)


class KeyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section keys that one set of recipients may have."""

    items: tuple[Item, ...]


def seal_list(items: Sequence[Item], index: int, *, key: bytes, salt: bytes, place: Place) -> bytes:
    """Return list number *index* of the RELEASE at *place*, sealed under *key*.

    Raises:
        BadRelease: A section is there twice, or a name is not well formed.
        TooLarge: No size class is large enough.
    """
    _check_items(items)
    shape = schema(LIST_PATH)
    body = format_body(Content(salt, shape.id, encode(shape, KeyList(tuple(items)))))
    return seal(body, key=key, context=place.context(LIST_CONTEXT_TAG, index))


def open_list(sealed: bytes, index: int, *, key: bytes, place: Place) -> tuple[Item, ...]:
    """Return the items of list number *index* of the RELEASE at *place*.

    Raises:
        BrokenSeal: It does not open under this key at this place.
        BadRelease: What opens is no list that an honest writer would produce.
    """
    plaintext = unseal(sealed, key=key, context=place.context(LIST_CONTEXT_TAG, index))
    shape = schema(LIST_PATH)
    try:
        content = parse_body(plaintext)
        if content.schema_id != shape.id:
            raise BadRelease(f"list {index} is no key list of this version")
        items = decode(shape, content.avro, KeyList).items
    except (BadBody, SchemaError) as error:
        raise BadRelease(f"list {index}: {error}") from error
    _check_items(items)
    return items


def _check_items(items: Sequence[Item]) -> None:
    if not items:
        raise BadRelease("a key list without a key")
    try:
        for originator in {item.originator for item in items}:
            check_authority(originator)
    except BadName as error:
        raise BadRelease(f"a key list: {error}") from error
    if not all(map(SECTION_NAME.fullmatch, {item.section for item in items})):
        raise BadRelease("a key list names a section that no message can have")
    if len({(item.originator, item.writer, item.sequence, item.section) for item in items}) != len(items):
        raise BadRelease("a key list names a section twice")
