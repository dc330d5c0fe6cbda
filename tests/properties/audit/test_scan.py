"""The quick reader of messages takes nothing that the strict one would not take, and reads it as that does."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.envelope.message import Opened, open_envelope
from broker.errors import BrokerError
from broker.signing.batch import batch_leaf
from broker.types.names import Digest
from broker.types.time import to_micros
from broker.types.vocabulary import Tlp
from consumers.audit.scan import Scanned, Scanner, outline_of
from tests.support.exercise import Authors, Clock
from tests.support.federation import a_federation
from tests.support.records import a_core, a_nominal_section

FEDERATION = a_federation()
_AUTHORS = Authors(FEDERATION, Clock())


def _messages() -> list[bytes]:
    made = []
    for number in range(8):
        sections: dict[str, msgspec.Struct] = {"core": a_core(national_reference=f"NL-{number}")}
        if number % 2:
            sections["nominal"] = a_nominal_section()
        tlp, previous = Tlp.AMBER if number % 3 else Tlp.CLEAR, Digest(bytes([number]) * 32)
        made.append(_AUTHORS.compose(sections, tlp=tlp, sequence=number + 1, previous=previous))
    return _AUTHORS.sign(made)


MESSAGES = _messages()
SCANNER = Scanner()
for raw in MESSAGES:
    if SCANNER.scan(raw) is None:
        SCANNER.learn(open_envelope(raw))


def strictly(raw: bytes) -> Opened | None:
    try:
        return open_envelope(raw)
    except BrokerError:
        return None


def check_same(scanned: Scanned, opened: Opened) -> None:
    (signature,), header = opened.signatures, opened.header
    assert (header.stream, header.kind, header.tlp, header.federation) == (
        scanned.shape.header.stream,
        scanned.shape.header.kind,
        scanned.shape.header.tlp,
        scanned.shape.header.federation,
    )
    assert (opened.digest, header.sequence, header.previous) == (scanned.digest, scanned.sequence, scanned.previous)
    assert (to_micros(header.issued_at), header.signers) == (scanned.issued_at, (scanned.signer,))
    assert (signature.signature, signature.size, signature.index) == (scanned.signature, scanned.size, scanned.index)
    assert (b"".join(signature.path), batch_leaf(opened.header_bytes)) == (scanned.path, scanned.leaf)
    assert outline_of(opened) == scanned.outline


@pytest.mark.parametrize("raw", MESSAGES)
def test_an_ordinary_message_is_read_as_the_strict_parser_reads_it(raw: bytes) -> None:
    scanned = SCANNER.scan(raw)
    assert scanned is not None
    check_same(scanned, open_envelope(raw))


def test_a_message_of_an_unknown_shape_is_left_to_the_strict_parser() -> None:
    assert None is Scanner().scan(MESSAGES[0])


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(MESSAGES),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(-3, 3),
)
def test_whatever_was_changed_it_takes_only_what_the_strict_parser_takes(
    raw: bytes, changes: Sequence[tuple[int, int]], longer: int
) -> None:
    data = bytearray(raw)
    for place, value in changes:
        data[place % len(data)] = value
    changed = bytes(data[:longer]) if longer < 0 else bytes(data) + bytes(longer)
    scanned, opened = SCANNER.scan(changed), strictly(changed)
    if scanned is not None:
        assert opened is not None
        check_same(scanned, opened)


@pytest.mark.parametrize("raw", MESSAGES[:2])
def test_every_single_byte_that_is_changed_outside_what_varies_is_noticed(raw: bytes) -> None:
    for place in range(min(len(raw), 700)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        scanned = SCANNER.scan(changed)
        if scanned is not None:
            opened = strictly(changed)
            assert opened is not None, place
            check_same(scanned, opened)


@pytest.mark.parametrize("raw", MESSAGES[:2])
def test_a_message_that_is_cut_short_is_never_ordinary(raw: bytes) -> None:
    assert {None} == {SCANNER.scan(raw[:size]) for size in range(len(raw))}
