"""Who can write to all topics and tiles, and has no key, is found out on another node: thirty-five ways, one by one.

The auditor has the bus and the log as the attacker left them, and the database of one node, BE's, whose messages are
attacked in none of them.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.log.note import Note, format_note, parse_note
from broker.log.port import CHECKPOINT
from broker.log.tiles import Bundle, Tile, parse_bundle
from tests.scenarios.planted.faults import flipped
from tests.scenarios.planted.stage import Stage, raws_of, whole_record
from tests.support.exercise import Exercise
from tests.support.federation import a_signing_key
from tests.support.plain_log import PlainLog
from tests.support.records import a_core
from tocsin.demo.forging import flip_in_body

Way = Callable[[Stage], object]
WAYS: Final[dict[str, tuple[str, Way]]] = {}


def way(name: str, code: str) -> Callable[[Way], Way]:
    """Register a way to tamper, and a code under which it is found at least."""

    def register(tamper: Way) -> Way:
        WAYS[name] = (code, tamper)
        return tamper

    return register


def tile(stage: Stage) -> str:
    return Tile(0, 0, stage.log.checkpoint.size).path


def bundle(stage: Stage) -> str:
    return Bundle(0, stage.log.checkpoint.size).path


def relog(stage: Stage, entries: list[bytes]) -> None:
    """Write tiles and bundles of other entries; the checkpoint stays as the notary signed it."""
    checkpoint = stage.files[CHECKPOINT]
    stage.files.clear()
    stage.files.update(PlainLog(entries).files(len(entries)), **{CHECKPOINT: checkpoint})


def entries(stage: Stage) -> list[bytes]:
    return list(parse_bundle(stage.files[bundle(stage)]))


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@way("flip a bit of a body", "body-mismatch")
def flip_a_bit_of_a_body(stage: Stage) -> None:
    stage.topic().put(0, flip_in_body(raws_of(stage.topic())[0]))


@way("flip a bit of every body", "body-mismatch")
def flip_a_bit_of_every_body(stage: Stage) -> None:
    for offset, raw in enumerate(raws_of(stage.topic())):
        stage.topic().put(offset, flip_in_body(raw))


@way("flip a bit of a header", "bad-signature")
def flip_a_bit_of_a_header(stage: Stage) -> None:
    raw = raws_of(stage.topic())[0]
    header = open_envelope(raw).header_bytes
    stage.topic().put(0, raw.replace(header, flipped(header[:-34]) + header[-34:]))


@way("flip a bit of a signature", "bad-signature")
def flip_a_bit_of_a_signature(stage: Stage) -> None:
    envelope = parse_envelope(raws_of(stage.topic())[0])
    signature = msgspec.structs.replace(envelope.signatures[0], signature=flipped(envelope.signatures[0].signature))
    stage.topic().put(0, format_envelope(msgspec.structs.replace(envelope, signatures=(signature,))))


@way("cut a section out", "body-missing")
def cut_a_section_out(stage: Stage) -> None:
    envelope = parse_envelope(raws_of(stage.topic())[0])
    stage.topic().put(0, format_envelope(msgspec.structs.replace(envelope, bodies=(None,))))


@way("put another message's section in its place", "body-mismatch")
def put_another_message_s_section_in_its_place(stage: Stage) -> None:
    first, second = (parse_envelope(raw) for raw in raws_of(stage.topic())[:2])
    stage.topic().put(0, format_envelope(msgspec.structs.replace(first, bodies=second.bodies)))


@way("sign a message with another one's signature", "bad-signature")
def sign_a_message_with_another_one_s_signature(stage: Stage) -> None:
    first, second = (parse_envelope(raw) for raw in raws_of(stage.topic())[:2])
    stage.topic().put(0, format_envelope(msgspec.structs.replace(first, signatures=second.signatures)))


@way("append a byte to a message", "not-canonical")
def append_a_byte_to_a_message(stage: Stage) -> None:
    stage.topic().put(0, raws_of(stage.topic())[0] + b"\x00")


@way("put rubbish in the place of a message", "bad-framing")
def put_rubbish_in_the_place_of_a_message(stage: Stage) -> None:
    stage.topic().put(0, b"rubbish")


@way("delete the first message of a topic", "leaf-without-message")
def delete_the_first_message_of_a_topic(stage: Stage) -> None:
    stage.topic().remove(0)


@way("delete a message in the middle", "leaf-without-message")
def delete_a_message_in_the_middle(stage: Stage) -> None:
    stage.topic().remove(2)


@way("delete the last message", "leaf-without-message")
def delete_the_last_message(stage: Stage) -> None:
    stage.topic().remove(-1)


@way("delete the last messages of all authorities", "leaf-without-message")
def delete_the_last_messages_of_all_authorities(stage: Stage) -> None:
    for _ in range(4):
        stage.topic().remove(-1)


@way("empty a topic", "leaf-without-message")
def empty_a_topic(stage: Stage) -> None:
    stage.topic().replace_all([])


@way("swap two messages of a stream", "out-of-order")
def swap_two_messages_of_a_stream(stage: Stage) -> None:
    stage.topic().swap(0, 2)


@way("swap two messages of different streams", "reordered")
def swap_two_messages_of_different_streams(stage: Stage) -> None:
    stage.topic().swap(0, 1)


@way("move the first message to the end", "out-of-order")
def move_the_first_message_to_the_end(stage: Stage) -> None:
    first, *rest = raws_of(stage.topic())
    stage.topic().replace_all([*rest, first])


@way("forge a message under a key of one's own", "unknown-key")
def forge_a_message_under_a_key_of_one_s_own(stage: Stage) -> None:
    stage.topic().add(stage.exercise.authors.write({"core": a_core()}, key=a_signing_key("a forger")))


@way("move a message to another participant's topic", "wrong-topic")
def move_a_message_to_another_participant_s_topic(stage: Stage) -> None:
    stage.topic("BE").add(raws_of(stage.topic())[-1])
    stage.topic().remove(-1)


# ── the directory ────────────────────────────────────────────────────────────────────────────────────────────────────


@way("roll the directory back by a message", "missing-from-bus")
def roll_the_directory_back_by_a_message(stage: Stage) -> None:
    stage.topic("directory").remove(-1)


@way("delete a participant's key from the directory", "leaf-without-message")
def delete_a_participant_s_key_from_the_directory(stage: Stage) -> None:
    raws = raws_of(stage.topic("directory"))
    stage.topic("directory").replace_all([raw for raw in raws if b"NL/~admin" not in open_envelope(raw).header_bytes])


@way("empty the directory", "untrusted-root")
def empty_the_directory(stage: Stage) -> None:
    stage.topic("directory").replace_all([])


@way("change a message of the directory", "body-mismatch")
def change_a_message_of_the_directory(stage: Stage) -> None:
    stage.topic("directory").put(4, flip_in_body(raws_of(stage.topic("directory"))[4]))


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@way("flip a bit of a tile", "changed-tile")
def flip_a_bit_of_a_tile(stage: Stage) -> None:
    stage.files[tile(stage)] = flipped(stage.files[tile(stage)])


@way("delete a tile", "changed-tile")
def delete_a_tile(stage: Stage) -> None:
    del stage.files[tile(stage)]


@way("flip a bit of an entry", "changed-tile")
def flip_a_bit_of_an_entry(stage: Stage) -> None:
    path = bundle(stage)
    stage.files[path] = stage.files[path][:-2] + flipped(stage.files[path][-2:-1]) + stage.files[path][-1:]


@way("delete the entries", "changed-tile")
def delete_the_entries(stage: Stage) -> None:
    del stage.files[bundle(stage)]


@way("leave an entry out, and make all tiles anew", "changed-tile")
def leave_an_entry_out_and_make_all_tiles_anew(stage: Stage) -> None:
    relog(stage, [*entries(stage)[:-2], entries(stage)[-1]])


@way("swap two entries, and make all tiles anew", "changed-tile")
def swap_two_entries_and_make_all_tiles_anew(stage: Stage) -> None:
    *rest, one, other = entries(stage)
    relog(stage, [*rest, other, one])


@way("make a tile too large", "changed-tile")
def make_a_tile_too_large(stage: Stage) -> None:
    stage.files[tile(stage)] = bytes(1 << 20)


@way("delete the checkpoint", "missing-checkpoint")
def delete_the_checkpoint(stage: Stage) -> None:
    del stage.files[CHECKPOINT]


@way("delete the whole log", "missing-checkpoint")
def delete_the_whole_log(stage: Stage) -> None:
    stage.files.clear()


@way("sign another checkpoint oneself", "forged-checkpoint")
def sign_another_checkpoint_oneself(stage: Stage) -> None:
    stage.sign_log(stage.log.entries()[:-1], key=a_signing_key("a forger"))


@way("raise the size in the checkpoint", "forged-checkpoint")
def raise_the_size_in_the_checkpoint(stage: Stage) -> None:
    note = parse_note(stage.files[CHECKPOINT])
    origin, size, *rest = note.text.split("\n")
    stage.files[CHECKPOINT] = format_note(Note("\n".join([origin, str(int(size) + 1), *rest]), note.signatures))


@way("take the cosignatures away", "no-quorum")
def take_the_cosignatures_away(stage: Stage) -> None:
    stage.strip_cosignatures()


@pytest.mark.parametrize("name", WAYS)
async def test_is_found_by_the_audit_of_another_node(exercise: Exercise, name: str) -> None:
    code, tamper = WAYS[name]
    stage = await whole_record(exercise)
    del stage.nodes["NL"]
    tamper(stage)
    assert code in await stage.codes()


async def test_a_record_that_was_rolled_back_everywhere_is_found_by_a_node_that_saw_more(exercise: Exercise) -> None:
    """Topics and log as they were, old checkpoint and all: nothing in them is wrong."""
    stage = await whole_record(exercise)
    del stage.nodes["NL"]
    topics = {code: raws_of(stage.topic(code)) for code in ("NL", "BE")}
    before = dict(stage.files)
    await exercise.write({"core": a_core()})
    stage.log.run()
    await stage.read()
    assert [] == await stage.findings()

    stage.files.clear()
    stage.files.update(before)
    for code, raws in topics.items():
        stage.topic(code).replace_all(raws)

    assert {"log-rolled-back", "missing-from-bus"} == await stage.codes()


def test_there_are_more_than_twenty_ways() -> None:
    assert len(WAYS) > 20
