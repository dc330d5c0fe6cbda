"""Bodies: size classes, padding, and the two digests by which a header names them."""

import msgspec
import pytest

from broker import limits
from broker.envelope.body import (
    Content,
    body_digest,
    check_body_digest,
    commitment,
    format_body,
    parse_body,
    read_body,
)
from broker.envelope.header import SectionHead
from broker.errors import BadBody, BodyMismatch, BrokerError, CommitmentMismatch, TooLarge
from broker.types.names import Digest
from tests.support.messages import a_content, a_digest

PREFIX = 68
MOST = limits.BODY_SIZES_BYTES[-1] - PREFIX
EDGES = sorted({max(0, size - PREFIX + off) for size in limits.BODY_SIZES_BYTES for off in (-1, 0, 1)} - {MOST + 1})


def head_of(content: Content) -> SectionHead:
    """Return what a header says of *content*."""
    return SectionHead("core", commitment(content), body_digest(format_body(content)), None)


@pytest.mark.parametrize("length", [0, 1, *EDGES])
def test_a_body_is_parsed_as_it_was_printed(length: int) -> None:
    content = a_content(b"\xa5" * length)
    body = format_body(content)

    assert content == parse_body(body)
    assert body == format_body(parse_body(body))


@pytest.mark.parametrize("length", EDGES)
def test_a_body_has_the_smallest_size_that_holds_it(length: int) -> None:
    smallest = min(size for size in limits.BODY_SIZES_BYTES if size >= length + PREFIX)

    assert smallest == len(format_body(a_content(bytes(length))))


def test_refuses_content_that_no_size_holds() -> None:
    with pytest.raises(TooLarge) as refusal:
        format_body(a_content(bytes(MOST + 1)))

    assert "attachment" in refusal.value.hint


@pytest.mark.parametrize("length", [0, 31, 33])
@pytest.mark.parametrize("field", ["salt", "schema_id"])
def test_refuses_a_salt_or_schema_id_of_another_length(field: str, length: int) -> None:
    with pytest.raises(BadBody):
        format_body(msgspec.structs.replace(a_content(), **{field: bytes(length)}))


BODY = format_body(a_content(b"four"))


def with_length(length: int) -> bytes:
    """Return a body that announces another length."""
    return BODY[:64] + length.to_bytes(4, "big") + BODY[68:]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(BODY[:67], id="cut in the prefix"),
        pytest.param(BODY[:-1], id="a byte short"),
        pytest.param(BODY + b"\0", id="a byte long"),
        pytest.param(BODY + bytes(1024 - 256), id="next size class"),
        pytest.param(BODY[:72], id="no padding"),
        pytest.param(BODY[:-1] + b"\x01", id="padding ends in a one"),
        pytest.param(BODY[:72] + b"\x01" + BODY[73:], id="padding begins with a one"),
        pytest.param(with_length(0), id="announces less"),
        pytest.param(with_length(3), id="announces one less"),
        pytest.param(with_length(189), id="announces more than there is"),
        pytest.param(with_length(2**32 - 1), id="announces 4 GiB"),
        pytest.param(bytes(300), id="no size class"),
        pytest.param(bytes(1_048_576), id="beyond the last size class"),
        pytest.param(bytes(1024), id="too large a class for nothing"),
    ],
)
def test_refuses_a_body_with(body: bytes) -> None:
    with pytest.raises(BadBody):
        parse_body(body)


def test_announcing_more_reads_the_padding_as_content_and_breaks_the_commitment() -> None:
    longer = parse_body(with_length(5))

    assert longer.avro == b"four\0"
    assert commitment(longer) != commitment(parse_body(BODY))


def test_reads_the_body_that_the_header_names() -> None:
    assert a_content() == read_body(head_of(a_content()), format_body(a_content()))


@pytest.mark.parametrize(
    ("head", "body", "error"),
    [
        pytest.param(head_of(a_content()), BODY, BodyMismatch, id="another body"),
        pytest.param(head_of(a_content()), b"", BodyMismatch, id="no body"),
        pytest.param(
            msgspec.structs.replace(head_of(a_content(b"four")), commitment=a_digest("x")),
            BODY,
            CommitmentMismatch,
            id="another commitment",
        ),
        pytest.param(
            SectionHead("core", commitment(a_content()), body_digest(b"short"), None), b"short", BadBody, id="malformed"
        ),
    ],
)
def test_refuses_to_read(head: SectionHead, body: bytes, error: type[BrokerError]) -> None:
    with pytest.raises(error):
        read_body(head, body)


def test_a_keyless_node_can_check_that_it_holds_what_was_signed() -> None:
    sealed = b"a ciphertext"
    head = SectionHead("core", a_digest("x"), body_digest(sealed), a_digest("key"))

    check_body_digest(head, sealed)
    with pytest.raises(BodyMismatch, match="core"):
        check_body_digest(head, sealed + b"\0")


@pytest.mark.parametrize("field", ["salt", "schema_id", "avro"])
def test_a_commitment_covers(field: str) -> None:
    content = a_content()
    other = msgspec.structs.replace(content, **{field: bytes(32)})

    assert commitment(content) != commitment(other)


def test_a_commitment_is_not_the_digest_of_the_body() -> None:
    assert commitment(a_content()) != Digest(body_digest(format_body(a_content())))
