"""Any change of any byte of a real message is refused at the door, with an error of ours and never another one."""

from collections.abc import Callable

import pytest

from broker.admit import Read, Sealed, admit, read
from broker.errors import BrokerError
from broker.sealing.section import key_commitment
from broker.signing.batch import VerifiedBatches
from broker.types.names import Participant, message_topic
from consumers.effects import Effect, effect_of
from tests.support.exercise import Authors, Clock
from tests.support.federation import a_federation
from tests.support.records import an_incident

FEDERATION = a_federation()
DIRECTORY = FEDERATION.directory
CLOCK = Clock()
TOPIC = message_topic(FEDERATION.name, Participant("NL"))
AUTHORS = Authors(FEDERATION, CLOCK)
INCIDENT = an_incident()
FIRST = AUTHORS.compose(INCIDENT.sections)
SECOND = AUTHORS.compose(INCIDENT.sections, sequence=2, previous=FIRST.digest)
MESSAGE = AUTHORS.sign([FIRST, SECOND])[0]
KEYS = {key_commitment(key): key for _, key in AUTHORS.made}
EVERY = 8
"""Of the header's bytes, so many apart are tried with all their values."""

Edit = Callable[[bytes, int], bytes]

EDITS: dict[str, Edit] = {
    "lowest bit": lambda data, place: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :],
    "highest bit": lambda data, place: data[:place] + bytes([data[place] ^ 0x80]) + data[place + 1 :],
    "all bits": lambda data, place: data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :],
    "removed": lambda data, place: data[:place] + data[place + 1 :],
    "doubled": lambda data, place: data[:place] + data[place : place + 1] + data[place:],
    "cut": lambda data, place: data[:place],
    "swapped with the next": lambda data, place: data[:place] + data[place : place + 2][::-1] + data[place + 2 :],
}


def admitted(raw: bytes, verified: VerifiedBatches) -> Read:
    return read(admit(Sealed(TOPIC, raw), directory=DIRECTORY, now=CLOCK.now, verified=verified), KEYS)


def test_the_message_is_admitted_before_it_is_changed() -> None:
    assert list(INCIDENT.sections.values()) == list(admitted(MESSAGE, VerifiedBatches()).content.values())


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_refuses_a_message_with_any_byte(edit: Edit) -> None:
    remembering = VerifiedBatches()
    admitted(MESSAGE, remembering)
    for place in range(len(MESSAGE)):
        changed = edit(MESSAGE, place)
        if changed == MESSAGE:
            continue
        with pytest.raises(BrokerError) as refused:
            admitted(changed, remembering)
        assert effect_of(refused.value) is Effect.QUARANTINE


def test_refuses_every_value_of_bytes_all_over_the_signed_header() -> None:
    remembering = VerifiedBatches()
    start = MESSAGE.index(FIRST.header_bytes)
    for place in range(start, start + len(FIRST.header_bytes), EVERY):
        for value in set(range(256)) - {MESSAGE[place]}:
            with pytest.raises(BrokerError):
                admitted(MESSAGE[:place] + bytes([value]) + MESSAGE[place + 1 :], remembering)


def test_refuses_a_message_with_anything_before_or_behind_it() -> None:
    for extra in (b"\x00", b"\xff", MESSAGE):
        for raw in (extra + MESSAGE, MESSAGE + extra):
            with pytest.raises(BrokerError):
                admitted(raw, VerifiedBatches())
