"""Telling what is whole in the bytes of a topic from what is not."""

from dataclasses import dataclass

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder  # type: ignore[import-untyped]

from broker.bus.kafka.damage import Survey, survey
from broker.bus.kafka.records import is_sequence
from tests.unit.bus.kafka.disk import ATTRIBUTES_AT, LENGTH_AT, MAGIC_AT, a_batch, signed

CONTROL = 0x20
RECORDS_AT = 61


def a_topic(*sizes: int) -> list[bytes]:
    bases = [sum(sizes[:number]) for number in range(len(sizes))]
    return [
        a_batch(base, [b"%d" % (base + place) for place in range(size)])
        for base, size in zip(bases, sizes, strict=True)
    ]


def changed(batch: bytes, at: int, bits: int) -> bytes:
    return batch[:at] + bytes([batch[at] ^ bits]) + batch[at + 1 :]


def values(found: Survey) -> dict[int, bytes]:
    return {one.offset: one.value or b"" for one in found.records}


def test_gives_what_is_whole_from_the_place_on_across_batches() -> None:
    found = survey(b"".join(a_topic(3, 2, 4)), start=1, end=9)
    assert {offset: b"%d" % offset for offset in range(1, 9)} == values(found)
    assert (9, None, True) == (found.position, found.next, found.begins_there)


def test_gives_what_is_before_damage_and_then_says_where_whole_ones_begin_again() -> None:
    one, two, three = a_topic(3, 2, 4)
    raw = one + changed(two, len(two) - 3, 1) + three
    assert {0: b"0", 1: b"1", 2: b"2"} == values(survey(raw, start=0, end=9))
    found = survey(raw, start=3, end=9)
    assert ({}, 5) == (values(found), found.next)


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("bit", range(8))
def test_an_offset_that_a_disk_changed_is_believed_by_nobody(at: int, bit: int) -> None:
    one, two, three, four = a_topic(4, 4, 4, 4)
    raw = changed(two, at, 1 << bit) + three + four
    found = survey(raw, start=4, end=16)
    assert ({}, 8) == (values(found), found.next)
    assert {0: b"0", 1: b"1", 2: b"2", 3: b"3"} == values(survey(one + raw, start=0, end=16))


@pytest.mark.parametrize("bits", [0x01, 0x02, 0x03, 0x80])
def test_a_format_that_is_none_is_damage(bits: int) -> None:
    one, two, three = a_topic(2, 2, 2)
    found = survey(changed(two, MAGIC_AT, bits) + three, start=2, end=6)
    assert ({}, 4) == (values(found), found.next)
    assert {0: b"0", 1: b"1"} == values(survey(one + changed(two, MAGIC_AT, bits), start=0, end=6))


@pytest.mark.parametrize("at", range(LENGTH_AT, LENGTH_AT + 4))
@pytest.mark.parametrize("bits", [0x01, 0x10, 0x40, 0x80, 0xFF])
def test_a_length_that_a_disk_changed_hides_no_batch_behind_it(at: int, bits: int) -> None:
    two, three = a_topic(0, 2, 2)[1:]
    found = survey(changed(two, at, bits) + three, start=0, end=4)
    assert ({}, 2) == (values(found), found.next)


def test_a_header_whose_name_is_no_text_hides_no_record() -> None:
    raw = a_batch(0, [b"0", b"1", b"2"], header=b"\xff\xfe") + a_batch(3, [b"3"])
    assert {0: b"0", 1: b"1", 2: b"2", 3: b"3"} == values(survey(raw, start=0, end=4))


@pytest.mark.parametrize("size", [0x7F, 0x01, 0xFE])
def test_a_record_that_nobody_can_read_leaves_those_before_it(size: int) -> None:
    three = bytearray(a_batch(0, [b"0", b"1", b"2"]))
    last = (len(three) - RECORDS_AT) // 3
    three[-last] = size  # the length of the last record, in zig-zag: too long, negative, too long
    raw = signed(three) + a_batch(3, [b"3"])
    assert {0: b"0", 1: b"1"} == values(survey(raw, start=0, end=4))
    found = survey(raw, start=2, end=4)
    assert ({}, 3) == (values(found), found.next)


def test_a_compressed_batch_is_not_unpacked() -> None:
    one = bytearray(a_batch(0, [b"0", b"1"]))
    one[ATTRIBUTES_AT + 1] |= 1
    found = survey(signed(one) + a_batch(2, [b"2"]), start=0, end=3)
    assert ({}, 2) == (values(found), found.next)


def test_a_part_that_is_missing_is_told_from_one_that_is_empty() -> None:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    builder.append(0, 0, None, b"", headers=[])
    builder.append(1, 0, b"", None, headers=[("name", b"value")])
    found = survey(signed(bytearray(builder.build())), start=0, end=2)
    assert [(None, b""), (b"", None)] == [(one.key, one.value) for one in found.records]


def test_marks_of_transactions_are_no_messages_and_no_damage() -> None:
    one, two, three = (bytearray(batch) for batch in a_topic(2, 1, 2))
    two[ATTRIBUTES_AT + 1] |= CONTROL
    found = survey(bytes(one) + signed(two) + bytes(three), start=0, end=5)
    assert ([0, 1, 3, 4], 5, None) == (list(values(found)), found.position, found.next)
    assert (3, None) == (survey(signed(two), start=2, end=3).position, survey(signed(two), start=2, end=3).next)


def test_what_looks_like_a_batch_inside_a_damaged_message_is_not_taken_for_one() -> None:
    outer = a_batch(0, [b"x", a_batch(1, [b"a lie"]), b"y"])
    raw = changed(outer, len(outer) - 2, 1) + a_batch(3, [b"3"])
    found = survey(raw, start=0, end=4)
    assert ({}, 3) == (values(found), found.next)


def test_a_batch_of_which_only_a_part_is_there_is_left_for_the_next_time() -> None:
    one, two = a_topic(2, 2)
    assert {0: b"0", 1: b"1"} == values(survey(one + two[:-1], start=0, end=4))


def test_bytes_that_are_none_say_nothing() -> None:
    for raw in (b"", bytes(100), b"\x02" * 100):
        assert Survey(position=0) == survey(raw, start=0, end=4)


@dataclass(frozen=True)
class Record:
    offset: int


@pytest.mark.parametrize(
    ("offsets", "expected"), [([4], True), ([4, 5, 6], True), ([5], False), ([4, 6], False), ([4, 2**56], False)]
)
def test_a_sequence_has_no_gap(offsets: list[int], expected: bool) -> None:
    assert expected == is_sequence([Record(offset) for offset in offsets], 4)
