"""Key lists: each opens under its key, at its place in its message, and says each thing once."""

import msgspec
import pytest

from broker.avro import encode, schema
from broker.envelope.body import Content, format_body
from broker.envelope.encoding import LIST_CONTEXT_TAG, SECTION_CONTEXT_TAG
from broker.errors import BadRelease, BrokenSeal
from broker.sealing.chunks import seal
from broker.sealing.lists import LIST_PATH, Item, KeyList, open_list, seal_list
from broker.sealing.section import Place
from broker.types.names import Originator
from tests.support.sealing import ELSEWHERE, PLACE, a_section_key, some_items

KEY = a_section_key("list")
ITEMS = some_items("core", "nominal")
SHAPE = schema(LIST_PATH)
AVRO = encode(SHAPE, KeyList(ITEMS))


def sealed(items: tuple[Item, ...] = ITEMS) -> bytes:
    return seal_list(items, 3, key=KEY, salt=bytes(32), place=PLACE)


def forged(plaintext: bytes) -> bytes:
    """Return *plaintext* sealed as list 3, whatever it is."""
    return seal(plaintext, key=KEY, context=PLACE.context(LIST_CONTEXT_TAG, 3))


def forged_items(*items: Item) -> bytes:
    return forged(format_body(Content(bytes(32), SHAPE.id, encode(SHAPE, KeyList(items)))))


def open_it(body: bytes, index: int = 3, key: bytes = KEY, place: Place = PLACE) -> tuple[Item, ...]:
    return open_list(body, index, key=key, place=place)


def test_opens_what_was_sealed() -> None:
    assert ITEMS == open_it(sealed())


def test_may_open_messages_of_several_streams() -> None:
    """A focal point opens what its participant's authorities wrote; whose it was to open is asked elsewhere."""
    items = (*ITEMS, msgspec.structs.replace(ITEMS[0], originator=Originator("NL/police"), writer=2))

    assert items == open_it(sealed(items))
    assert "NL/police/2#8" == str(items[-1].message)


def test_lists_of_similar_length_have_one_size() -> None:
    assert len(sealed(ITEMS[:1])) == len(sealed(ITEMS)) == 256 + 72


def test_refuses_another_key() -> None:
    with pytest.raises(BrokenSeal):
        open_it(sealed(), key=a_section_key())


def test_refuses_a_list_that_stands_where_another_does() -> None:
    with pytest.raises(BrokenSeal):
        open_it(sealed(), index=2)


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=["federation", "originator", "writer", "sequence"])
def test_refuses_a_list_of_another_release(elsewhere: Place) -> None:
    with pytest.raises(BrokenSeal):
        open_it(sealed(), place=elsewhere)


def test_refuses_a_section_as_a_list() -> None:
    body = seal(b"", key=KEY, context=PLACE.context(SECTION_CONTEXT_TAG, 3))

    with pytest.raises(BrokenSeal):
        open_it(body)


@pytest.mark.parametrize("length", [0, 1, 71, 72, 200, 327])
def test_refuses_a_list_that_was_cut(length: int) -> None:
    with pytest.raises(BrokenSeal):
        open_it(sealed()[:length])


def test_refuses_padding_that_is_not_zeros() -> None:
    plaintext = format_body(Content(bytes(32), SHAPE.id, AVRO))
    assert 0 == plaintext[-1]

    with pytest.raises(BadRelease, match="padding"):
        open_it(forged(plaintext[:-1] + b"\1"))


@pytest.mark.parametrize(
    "plaintext",
    [
        pytest.param(b"", id="empty"),
        pytest.param(bytes(256), id="no schema"),
        pytest.param(format_body(Content(bytes(32), schema("release/release").id, AVRO)), id="another schema"),
        pytest.param(format_body(Content(bytes(32), SHAPE.id, b"\x02")), id="no Avro"),
        pytest.param(format_body(Content(bytes(32), SHAPE.id, b"\0\0")), id="something after the record"),
        pytest.param(format_body(Content(bytes(32), SHAPE.id, b"\xfe\xff\xff\xff\x0f")), id="more than there is"),
    ],
)
def test_refuses_what_is_no_list(plaintext: bytes) -> None:
    with pytest.raises(BadRelease):
        open_it(forged(plaintext))


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((), id="no key"),
        pytest.param((ITEMS[0], ITEMS[0]), id="a key twice"),
        pytest.param((ITEMS[0], msgspec.structs.replace(ITEMS[0], key=bytes(32))), id="two keys for a section"),
        pytest.param((msgspec.structs.replace(ITEMS[0], originator=Originator("NL/~1")),), id="a node"),
        pytest.param((msgspec.structs.replace(ITEMS[0], originator=Originator("nowhere")),), id="no name"),
        pytest.param((msgspec.structs.replace(ITEMS[0], section="Core"),), id="no section's name"),
        pytest.param((msgspec.structs.replace(ITEMS[0], section="c" * 41),), id="a long name"),
    ],
)
def test_no_honest_list_says_a_thing_twice_or_in_bad_words(items: tuple[Item, ...]) -> None:
    with pytest.raises(BadRelease):
        sealed(items)
    with pytest.raises(BadRelease):
        open_it(forged_items(*items))
