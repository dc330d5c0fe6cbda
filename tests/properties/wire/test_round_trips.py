"""What is parsed is what would be printed, and the other way round."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from broker.envelope.body import Content, format_body, parse_body
from broker.envelope.cursor import Cursor, put_long
from broker.envelope.header import Header, format_header, parse_header
from broker.envelope.outer import FRAME, Envelope, format_envelope, parse_envelope
from broker.errors import BadBody, BadName, MalformedError, NotCanonical
from broker.signing.keys import SigningKey, parse_signing_key
from broker.types.names import MessageName, Stream, parse_message_name, parse_stream
from broker.types.time import from_micros, to_micros
from tests.properties.wire.strategies import edited, envelopes, headers, message_names, streams, times

T = TypeVar("T")
Data = bytes | str

contents = st.builds(
    Content,
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=1200),
)
near_names = st.text("NLX/~@#-admincustoms0123456789 \n\u0661", max_size=24)


def accepted(parse: Callable[[bytes], T], data: bytes) -> T | None:
    """Return what *data* parses to, or None where it is refused as malformed."""
    try:
        return parse(data)
    except MalformedError:
        return None


@given(streams)
def test_a_stream_survives_printing(stream: Stream) -> None:
    assert stream == parse_stream(str(stream))


@given(message_names)
def test_a_message_name_survives_printing(name: MessageName) -> None:
    assert name == parse_message_name(str(name))


@given(near_names | message_names.map(str))
def test_a_name_that_is_parsed_is_printed_the_same(text: str) -> None:
    for parse in (parse_stream, parse_message_name):
        try:
            assert text == str(parse(text))
        except BadName:
            continue


@given(times)
def test_a_time_survives_counting(when: datetime) -> None:
    assert when == from_micros(to_micros(when))


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_survives_writing(value: int) -> None:
    out = bytearray()
    put_long(out, value)
    cursor = Cursor(bytes(out))

    assert value == cursor.long()
    cursor.end()


@given(st.binary(max_size=12) | st.binary(min_size=9, max_size=10).map(lambda data: bytes(b | 0x80 for b in data)))
def test_a_number_that_is_read_is_written_the_same(data: bytes) -> None:
    cursor = Cursor(data)
    try:
        value = cursor.long()
        cursor.end()
    except NotCanonical:
        return
    out = bytearray()
    put_long(out, value)

    assert data == out


@given(headers())
def test_a_header_survives_printing(header: Header) -> None:
    assert header == parse_header(format_header(header))


@given(headers().map(format_header).flatmap(edited))
def test_the_bytes_of_a_header_that_are_accepted_are_printed_the_same(data: bytes) -> None:
    header = accepted(parse_header, data)

    assert header is None or data == format_header(header)


@given(envelopes)
def test_an_envelope_survives_printing(envelope: Envelope) -> None:
    assert envelope == parse_envelope(format_envelope(envelope))


@given(envelopes.map(format_envelope).flatmap(edited))
def test_the_bytes_of_an_envelope_that_are_accepted_are_printed_the_same(data: bytes) -> None:
    envelope = accepted(parse_envelope, data)

    assert envelope is None or data == format_envelope(envelope)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_printed_the_same(rest: bytes) -> None:
    envelope = accepted(parse_envelope, FRAME + rest)

    assert envelope is None or FRAME + rest == format_envelope(envelope)


@given(contents)
def test_a_body_survives_printing(content: Content) -> None:
    assert content == parse_body(format_body(content))


@given(contents.map(format_body).flatmap(edited))
def test_the_bytes_of_a_body_that_are_accepted_are_printed_the_same(data: bytes) -> None:
    try:
        content = parse_body(data)
    except BadBody:
        return

    assert data == format_body(content)


@given(st.binary(min_size=32, max_size=32))
def test_a_key_survives_its_file(seed: bytes) -> None:
    key = SigningKey(seed)
    found = parse_signing_key(key.format())

    assert (key.id, key.public, key.format()) == (found.id, found.public, found.format())
