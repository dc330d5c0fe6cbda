"""What is in a wrap, and wraps for nobody."""

import pytest

from broker import limits
from broker.errors import BadRelease
from broker.sealing.keys import wrap
from broker.sealing.wraps import (
    WRAPPED_SIZES,
    format_list_keys,
    parse_list_keys,
    room_for,
    wrapped_size,
    wraps_for_nobody,
)
from tests.support.sealing import a_sealing_key, a_section_key, randomness_of

FIELD = 2**255 - 19
KEYS = {index: a_section_key(f"list {index}") for index in range(30)}


def on_the_curve(public: bytes) -> bool:
    """Say whether a public key is the coordinate of a point of Curve25519, and not of its twist."""
    u = int.from_bytes(public, "little")
    return u < FIELD and pow(u**3 + 486_662 * u**2 + u, (FIELD - 1) // 2, FIELD) == 1


@pytest.mark.parametrize("indexes", [[0], [29], [0, 1], [3, 7, 29], range(30)])
@pytest.mark.parametrize("room", [30])
def test_parses_what_was_formatted(indexes: list[int], room: int) -> None:
    keys = {index: KEYS[index] for index in indexes}

    assert keys == parse_list_keys(format_list_keys(keys, room))


@pytest.mark.parametrize(
    ("lists", "room"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (9, 16), (16, 16), (17, 30), (30, 30)]
)
def test_wraps_have_the_smallest_room_that_holds_the_most(lists: int, room: int) -> None:
    assert room == room_for(lists)
    assert 1 + 33 * room == len(format_list_keys({index: KEYS[index] for index in range(lists)}, room))


@pytest.mark.parametrize("lists", [0, 31, 256])
def test_there_is_no_room_for_none_or_too_many(lists: int) -> None:
    with pytest.raises(BadRelease, match=str(lists)):
        room_for(lists)


def plaintext(count: int, *indexes: int, padding: bytes = b"") -> bytes:
    return bytes([count]) + b"".join(bytes([index]) + KEYS[index % 30] for index in indexes) + padding


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(plaintext(0, padding=bytes(33)), id="none"),
        pytest.param(plaintext(2, 0), id="more than there is room for"),
        pytest.param(plaintext(255, 0), id="many more"),
        pytest.param(plaintext(2, 0, 0), id="a list twice"),
        pytest.param(plaintext(2, 1, 0), id="out of order"),
        pytest.param(plaintext(1, 0, 1), id="a key in the padding"),
        pytest.param(plaintext(1, 0, padding=bytes(32) + b"\1"), id="padding that is not zeros"),
        pytest.param(plaintext(1, 0, padding=b"\1" + bytes(32)), id="padding that begins with something"),
        pytest.param(plaintext(1, 0)[:-1], id="cut"),
    ],
)
def test_refuses_what_no_honest_writer_wraps(hostile: bytes) -> None:
    with pytest.raises(BadRelease):
        parse_list_keys(hostile)


@pytest.mark.parametrize("room", limits.WRAP_LISTS)
def test_a_wrap_for_nobody_is_as_long_as_one_for_somebody(room: int) -> None:
    somebody = wrap(format_list_keys({0: KEYS[0]}, room), a_sealing_key().public, b"info")
    (nobody,) = wraps_for_nobody(1, room, randomness_of("nobody"))

    assert len(somebody) == len(nobody.sealed) == wrapped_size(room)
    assert len(somebody) in WRAPPED_SIZES
    assert 8 == len(nobody.tag)


def test_every_wrap_begins_with_a_public_key_on_the_curve() -> None:
    """Half of all strings of 32 bytes are none: without this, a RELEASE would show how many it is for."""
    somebody = [wrap(b"", a_sealing_key().public, b"info") for _ in range(64)]
    nobody = [one.sealed for one in wraps_for_nobody(64, 1, randomness_of("nobody"))]

    assert all(on_the_curve(sealed[:32]) for sealed in somebody)
    assert all(on_the_curve(sealed[:32]) for sealed in nobody)
    assert not all(on_the_curve(sealed[32:64]) for sealed in nobody)


def test_wraps_for_nobody_differ_in_every_part() -> None:
    nobody = wraps_for_nobody(64, 1, randomness_of("nobody"))

    assert 64 == len({one.tag for one in nobody})
    assert 64 == len({one.sealed[:32] for one in nobody})
    assert 64 == len({one.sealed[32:] for one in nobody})


def test_wraps_for_nobody_need_no_randomness_where_there_are_none() -> None:
    def nothing(size: int) -> bytes:
        raise AssertionError(size)

    assert [] == wraps_for_nobody(0, 1, nothing)
