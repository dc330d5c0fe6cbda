"""The envelope around header, signatures and bodies."""

import pytest

from broker import limits
from broker.envelope.outer import FRAME, Envelope, Signature, format_envelope, parse_envelope
from broker.errors import BadFraming, BrokerError, MalformedError, NotCanonical, TooLarge
from broker.merkle import Hash
from tests.support.messages import a_digest

STEP = Hash(a_digest("step"))
SIGNATURE = Signature(bytes(64), 5, 4, (STEP,))


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(Envelope(b"", (), ()), id="empty"),
        pytest.param(Envelope(b"header", (SIGNATURE,), (b"body",)), id="ordinary"),
        pytest.param(Envelope(b"header", (SIGNATURE,), (None, b"", b"body", None)), id="withheld bodies"),
        pytest.param(Envelope(b"header", (Signature(b"", 1, 0, ()),), (b"body",)), id="batch of one"),
        pytest.param(Envelope(b"header", (Signature(b"s", 256, 255, (STEP,) * 8),), ()), id="longest path"),
        pytest.param(Envelope(b"header", (SIGNATURE,) * 16, (b"body",) * 16), id="as many as there may be"),
        pytest.param(Envelope(b"h" * 300, (Signature(bytes(3000), 1, 0, ()),), (bytes(70_000),)), id="long"),
    ],
)
def test_an_envelope_is_parsed_as_it_was_printed(envelope: Envelope) -> None:
    data = format_envelope(envelope)

    assert envelope == parse_envelope(data)
    assert data == format_envelope(parse_envelope(data))


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(Envelope(bytes(limits.MAX_ENVELOPE_BYTES), (), ()), id="large header"),
        pytest.param(Envelope(b"", (), (bytes(600_000),) * 2), id="large bodies"),
        pytest.param(Envelope(b"", (SIGNATURE,) * 17, ()), id="seventeen signatures"),
        pytest.param(Envelope(b"", (), (b"",) * 17), id="seventeen bodies"),
        pytest.param(Envelope(b"", (Signature(b"", 512, 0, (STEP,) * 9),), ()), id="path of nine"),
    ],
)
def test_refuses_to_print_an_envelope_with_too_much(envelope: Envelope) -> None:
    with pytest.raises(TooLarge):
        format_envelope(envelope)


def test_refuses_to_print_a_path_of_what_is_no_hash() -> None:
    with pytest.raises(MalformedError, match="32 bytes"):
        format_envelope(Envelope(b"", (Signature(b"", 2, 0, (Hash(bytes(31)),)),), ()))


@pytest.mark.parametrize(("size", "index"), [(2**31, 0), (1, 2**31), (1, -(2**31) - 1), (2**70, 0)])
def test_refuses_to_print_a_place_of_more_than_32_bits(size: int, index: int) -> None:
    with pytest.raises(MalformedError):
        format_envelope(Envelope(b"", (Signature(b"", size, index, ()),), ()))


@pytest.mark.parametrize(
    ("rest", "error"),
    [
        pytest.param("", NotCanonical, id="nothing"),
        pytest.param("01", NotCanonical, id="negative length of the header"),
        pytest.param("00", NotCanonical, id="no signatures"),
        pytest.param("0000", NotCanonical, id="no bodies"),
        pytest.param("00000000", NotCanonical, id="byte left over"),
        pytest.param("80000000", NotCanonical, id="length in two bytes"),
        pytest.param("00" + "22", NotCanonical, id="seventeen signatures"),
        pytest.param("00" + "02" + "0002000002" + "00", NotCanonical, id="signatures without an end"),
        pytest.param("00" + "010a" + "00020000" + "00" + "00", NotCanonical, id="block with its size"),
        pytest.param("00" + "02" + "00020000" + "02" + "00020000" + "00" + "00", NotCanonical, id="two blocks"),
        pytest.param("00" + "02" + "000200" + "12" + "00" * 288 + "0000" + "00", NotCanonical, id="path of nine"),
        pytest.param("00" + "02" + "00808080801000" + "0000" + "00", NotCanonical, id="size of 33 bits"),
        pytest.param("00" + "02" + "00028080808010" + "0000" + "00", NotCanonical, id="index of 33 bits"),
        pytest.param("00" + "00" + "22" + "00" * 17 + "00", NotCanonical, id="seventeen bodies"),
        pytest.param("00" + "00" + "02" + "03" + "00", NotCanonical, id="branch -2 of a body"),
        pytest.param("00" + "00" + "02" + "0100" + "00", NotCanonical, id="branch -1 of a body"),
        pytest.param("00" + "00" + "02" + "04" + "00", NotCanonical, id="branch 2 of a body"),
        pytest.param("00" + "00" + "02" + "02" + "8080808080808080" + "40", NotCanonical, id="body of 2**62 bytes"),
    ],
)
def test_refuses_an_envelope_with(rest: str, error: type[BrokerError]) -> None:
    with pytest.raises(error):
        parse_envelope(FRAME + bytes.fromhex(rest))


@pytest.mark.parametrize("place", range(len(FRAME)))
def test_refuses_another_frame(place: int) -> None:
    data = bytearray(format_envelope(Envelope(b"header", (SIGNATURE,), (b"body",))))
    data[place] ^= 1

    with pytest.raises(BadFraming):
        parse_envelope(bytes(data))


@pytest.mark.parametrize("data", [b"", FRAME[:9], b"{}", b"\x00" * 100])
def test_refuses_what_is_not_framed(data: bytes) -> None:
    with pytest.raises(BadFraming):
        parse_envelope(data)


def test_refuses_too_many_bytes_before_it_looks_at_them() -> None:
    with pytest.raises(TooLarge, match=str(limits.MAX_ENVELOPE_BYTES)):
        parse_envelope(bytes(limits.MAX_ENVELOPE_BYTES + 1))


def test_takes_an_envelope_of_exactly_the_limit() -> None:
    most = limits.MAX_ENVELOPE_BYTES - len(format_envelope(Envelope(b"", (), ()))) - 2
    data = format_envelope(Envelope(bytes(most), (), ()))

    assert limits.MAX_ENVELOPE_BYTES == len(data)
    assert most == len(parse_envelope(data).header)


def test_refuses_an_envelope_cut_at_any_byte() -> None:
    data = format_envelope(Envelope(b"header", (SIGNATURE, SIGNATURE), (None, b"body")))

    for length in range(len(data)):
        with pytest.raises(MalformedError):
            parse_envelope(data[:length])
