"""The leaf of the log."""

import msgspec
import pytest

from broker import limits
from broker.errors import BadTile
from broker.log.entry import LogEntry, format_entry, parse_entry
from broker.types.names import Digest, MessageName, Originator, Stream
from broker.types.time import from_micros

ENTRY = LogEntry(
    "exercise-2026", Stream(Originator("NL/customs"), 1), 42, Digest(bytes(range(32))), 1_772_368_215_250_001
)
DIGEST = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
RAW = f"tocsin entry v1\nexercise-2026\nNL/customs/1\n42\n{DIGEST}\n1772368215250001\n".encode()
LAST = 253_402_300_799_999_999


def test_is_six_lines() -> None:
    assert RAW == format_entry(ENTRY)
    assert ENTRY == parse_entry(RAW)


def test_says_of_which_message_it_is() -> None:
    assert MessageName(ENTRY.stream, 42) == ENTRY.name


@pytest.mark.parametrize("originator", ["NL/~1", "NL/~admin", "X-HUB/~root", "X-INCB/a-b-2", "NL/" + "a" * 40])
def test_is_of_any_stream(originator: str) -> None:
    entry = msgspec.structs.replace(ENTRY, stream=Stream(Originator(originator), limits.MAX_WRITER))

    assert entry == parse_entry(format_entry(entry))


def test_the_longest_is_within_the_limit() -> None:
    stream = Stream(Originator(f"X-{'A' * 16}/{'a' * 40}"), limits.MAX_WRITER)
    longest = LogEntry("a" * 63, stream, limits.MAX_SEQUENCE, Digest(b"\xff" * 32), LAST)

    assert len(format_entry(longest)) <= limits.MAX_LOG_ENTRY_BYTES
    assert longest == parse_entry(format_entry(longest))


@pytest.mark.parametrize("seen_at", [0, LAST])
def test_is_seen_at_any_time_that_can_be_shown(seen_at: int) -> None:
    entry = msgspec.structs.replace(ENTRY, seen_at=seen_at)

    assert entry == parse_entry(format_entry(entry))
    from_micros(seen_at)


@pytest.mark.parametrize("value", range(256))
def test_has_any_digest(value: int) -> None:
    entry = msgspec.structs.replace(ENTRY, digest=Digest(bytes(31) + bytes([value])))

    assert entry == parse_entry(format_entry(entry))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(RAW, b"", id="nothing"),
        pytest.param(RAW, RAW[:-1], id="no last line feed"),
        pytest.param(RAW, RAW + b"\n", id="an empty line behind"),
        pytest.param(RAW, RAW + b"x\n", id="a line behind"),
        pytest.param(RAW, b"\n" + RAW, id="an empty line before"),
        pytest.param(RAW, RAW * 2, id="twice"),
        pytest.param(RAW, RAW.replace(b"\n", b"\r\n"), id="other line ends"),
        pytest.param(b"v1", b"v2", id="another version"),
        pytest.param(b"tocsin entry v1", b"Tocsin entry v1", id="another heading"),
        pytest.param(b"exercise-2026\n", b"\n", id="no federation"),
        pytest.param(b"exercise-2026", b"exercise/2026", id="federation of other characters"),
        pytest.param(b"exercise-2026", b"2026", id="federation that begins with a digit"),
        pytest.param(b"exercise-2026", b"a" * 64, id="federation too long"),
        pytest.param(b"exercise-2026", b"Exercise", id="federation in capitals"),
        pytest.param(b"exercise-2026", "exercisé".encode(), id="federation beyond ASCII"),
        pytest.param(b"exercise-2026", b"exercise \xff", id="not UTF-8"),
        pytest.param(b"NL/customs/1", b"NL/customs", id="no writer"),
        pytest.param(b"NL/customs/1", b"NL/customs/0", id="writer 0"),
        pytest.param(b"NL/customs/1", b"NL/customs/01", id="writer with a leading zero"),
        pytest.param(b"NL/customs/1", b"NL/customs/2147483648", id="writer too large"),
        pytest.param(b"NL/customs/1", b"nl/customs/1", id="participant in small letters"),
        pytest.param(b"NL/customs/1", b"NL//1", id="no authority"),
        pytest.param(b"NL/customs/1", b"NL/customs/1#42", id="message for a stream"),
        pytest.param(b"NL/customs/1", b"", id="no stream"),
        pytest.param(b"\n42\n", b"\n0\n", id="number 0"),
        pytest.param(b"\n42\n", b"\n042\n", id="number with a leading zero"),
        pytest.param(b"\n42\n", b"\n-42\n", id="negative number"),
        pytest.param(b"\n42\n", b"\n+42\n", id="number with a sign"),
        pytest.param(b"\n42\n", b"\n42 \n", id="space behind the number"),
        pytest.param(b"\n42\n", b"\n4_2\n", id="number with an underscore"),
        pytest.param(b"\n42\n", b"\n9223372036854775808\n", id="number of 2⁶³"),
        pytest.param(b"\n42\n", b"\n99999999999999999999\n", id="number of twenty digits"),
        pytest.param(b"\n42\n", "\n\u0664\u0662\n".encode(), id="number in other digits"),
        pytest.param(b"\n42\n", b"\n\n", id="no number"),
        pytest.param(b"Hh8=\n", b"Hh8\n", id="digest without padding"),
        pytest.param(b"Hh8=\n", b"Hh9=\n", id="digest with one bit behind its end"),
        pytest.param(b"Hh8=\n", b"Hh-=\n", id="digest in base64 for addresses"),
        pytest.param(b"Hh8=\n", b"Hh8A\n", id="digest of 33 bytes"),
        pytest.param(b"Hh8=\n", b"Hg==\n", id="digest of 31 bytes"),
        pytest.param(b"Hh8=\n", b"Hh 8=\n", id="digest with a space"),
        pytest.param(b"Hh8=\n", b"Hh8=\n\n", id="an empty line"),
        pytest.param(b"\n1772368215250001\n", b"\n01772368215250001\n", id="time with a leading zero"),
        pytest.param(b"\n1772368215250001\n", b"\n-1\n", id="time before 1970"),
        pytest.param(b"\n1772368215250001\n", b"\n\n", id="no time"),
        pytest.param(b"\n1772368215250001\n", b"\n1772368215.250001\n", id="time in seconds"),
        pytest.param(b"\n1772368215250001\n", b"\n%d\n" % (LAST + 1), id="time after the year 9999"),
        pytest.param(b"\n1772368215250001\n", b"\n%d\n" % (2**63), id="time of 2⁶³"),
        pytest.param(b"\n42\n", b"\n" + b"4" * 2000 + b"\n", id="too long"),
    ],
)
def test_refuses_what_it_would_not_print(old: bytes, new: bytes) -> None:
    assert RAW.count(old) == 1
    with pytest.raises(BadTile):
        parse_entry(RAW.replace(old, new))
