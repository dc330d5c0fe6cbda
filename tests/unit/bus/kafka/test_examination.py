"""Reading on in a file that a disk has changed, through a broker that believes it."""

import pytest

from broker.bus.kafka.examination import look
from tests.unit.bus.kafka.disk import Disk, a_batch

Torn = list[tuple[int, int]]
SIZE = 4
BATCHES = 6
END = SIZE * BATCHES
HURT = 2
THREE_BATCHES = 420
SAYS = {offset: b"message %d" % offset for offset in range(END)}


def a_disk(*, window: int = 1 << 20) -> Disk:
    bases = range(0, END, SIZE)
    return Disk([a_batch(base, [SAYS[base + place] for place in range(SIZE)]) for base in bases], window=window)


async def read_all(disk: Disk) -> tuple[dict[int, bytes | None], Torn]:
    """Read a topic as a reader does who goes around what cannot be had."""
    position = 0
    found: dict[int, bytes | None] = {}
    torn: Torn = []
    while position < END:
        seen, _ = await look(disk.ask, position, begin=0, end=END)
        found |= {one.offset: one.value for one in seen.records}
        if seen.next is not None and not seen.records:
            assert position < seen.next <= END
            torn.append((position, seen.next))
            position = seen.next
        else:
            assert position < seen.position
            position = seen.position
    return found, torn


async def test_a_whole_file_is_read_straight_on() -> None:
    disk = a_disk()
    assert (SAYS, []) == await read_all(disk)
    assert (await look(disk.ask, 5, begin=0, end=END))[1]


@pytest.mark.parametrize("window", [THREE_BATCHES, 1 << 20])
@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
async def test_whichever_byte_changes_nothing_false_is_read_and_no_other_batch_is_lost(window: int, bits: int) -> None:
    hurt = range(HURT * SIZE, (HURT + 1) * SIZE)
    others = {offset: value for offset, value in SAYS.items() if offset not in hurt}
    first, behind = a_disk().places[HURT : HURT + 2]
    for at in range(first, behind):
        disk = a_disk(window=window)
        disk.content[at] ^= bits
        found, torn = await read_all(disk)
        assert SAYS | found == SAYS, at - first
        assert others | found == found, at - first
        assert torn in ([], [(hurt.start, hurt.stop)]), at - first


async def test_two_damaged_batches_do_not_hide_a_whole_one_between_them() -> None:
    disk = a_disk()
    for number in (1, 3):
        disk.content[disk.places[number + 1] - 1] ^= 1
    found, torn = await read_all(disk)
    assert [(4, 8), (12, 16)] == torn
    assert {8, 9, 10, 11} <= found.keys()


async def test_a_file_of_which_the_rest_is_gone_is_given_up_to_its_end_with_few_questions() -> None:
    disk = a_disk()
    disk.content[disk.places[HURT] :] = bytes(len(disk.content) - disk.places[HURT])
    assert [(8, END)] == (await read_all(disk))[1]
    assert disk.questions < 20
