"""No single changed byte of a signed message goes unnoticed, and none ends in anything but a refusal."""

from collections.abc import Callable

import pytest

from broker.envelope.body import Content, read_body
from broker.envelope.message import open_envelope
from broker.errors import BodyMissing, BrokerError
from broker.signing.batch import VerifiedBatches, check_signature
from tests.support.messages import a_chain, a_key, enclosed

KEYS = (a_key("NL/customs"), a_key("NL/customs, second"))
CHAIN = a_chain(5, keys=KEYS, sections=("core", "operational", "trade"))
ENVELOPES = enclosed(CHAIN, keys=KEYS)

Edit = Callable[[bytes, int], bytes]

EDITS: dict[str, Edit] = {
    "lowest bit": lambda data, place: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :],
    "highest bit": lambda data, place: data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :],
    "zero": lambda data, place: data[:place] + b"\x00" + data[place + 1 :],
    "all ones": lambda data, place: data[:place] + b"\xff" + data[place + 1 :],
    "removed": lambda data, place: data[:place] + data[place + 1 :],
    "zero before": lambda data, place: data[:place] + b"\x00" + data[place:],
    "all ones before": lambda data, place: data[:place] + b"\xff" + data[place:],
    "doubled": lambda data, place: data[:place] + data[place : place + 1] + data[place:],
    "cut": lambda data, place: data[:place],
}


def contents(raw: bytes, *, verified: VerifiedBatches) -> list[Content]:
    """Return what a message says, once everything about it holds."""
    opened = open_envelope(raw)
    for key, signature in zip(KEYS, opened.signatures, strict=True):
        check_signature(opened.header_bytes, signature, key.public, verified=verified)
    found = []
    for head, body in zip(opened.header.sections, opened.bodies, strict=True):
        if body is None:
            raise BodyMissing(f"section {head.name} has no body")
        found.append(read_body(head, body))
    return found


def test_the_messages_hold_before_they_are_changed() -> None:
    verified = VerifiedBatches()
    for number, raw in enumerate(ENVELOPES, start=1):
        found = contents(raw, verified=verified)
        assert [f"{name} of message {number}".encode() for name in ("core", "operational", "trade")] == [
            content.avro for content in found
        ]


@pytest.mark.parametrize("remembered", [False, True], ids=["batch not seen", "batch seen"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_refuses_a_message_with_any_byte(edit: Edit, *, remembered: bool) -> None:
    raw = ENVELOPES[2]
    verified = VerifiedBatches()
    if remembered:
        contents(raw, verified=verified)
    for place in range(len(raw)):
        changed = edit(raw, place)
        if changed != raw:
            with pytest.raises(BrokerError):
                contents(changed, verified=verified)


def test_refuses_a_message_with_any_byte_after_it() -> None:
    for byte in range(256):
        with pytest.raises(BrokerError):
            contents(ENVELOPES[2] + bytes([byte]), verified=VerifiedBatches())


def test_refuses_the_parts_of_two_messages_put_together() -> None:
    first, second = ENVELOPES[0], ENVELOPES[1]
    opened, other = open_envelope(first), open_envelope(second)
    assert len(first) == len(second)
    for start in (first.index(opened.signatures[0].path[0]), first.index(opened.bodies[0] or b"")):
        with pytest.raises(BrokerError):
            contents(first[:start] + second[start:], verified=VerifiedBatches())
        with pytest.raises(BrokerError):
            contents(second[:start] + first[start:], verified=VerifiedBatches())
    assert other.header.previous == opened.digest
