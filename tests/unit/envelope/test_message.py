"""Whole messages: composed, enclosed, opened."""

import pytest

from broker.envelope.body import read_body
from broker.envelope.header import format_header
from broker.envelope.message import compose, enclose, open_envelope
from broker.envelope.outer import Envelope, Signature, format_envelope
from broker.errors import BadHeader, NotCanonical, TooLarge
from tests.support.messages import a_chain, a_content, a_header, a_key, a_section, enclosed

KEYS = (a_key(),)
SIGNATURE = Signature(bytes(64), 1, 0, ())


def test_opens_what_was_enclosed() -> None:
    chain = a_chain(3, keys=KEYS, sections=("core", "trade"))

    for message, raw in zip(chain, enclosed(chain, keys=KEYS), strict=True):
        opened = open_envelope(raw)
        assert raw == opened.raw
        assert (message.header, message.header_bytes, message.digest) == (
            opened.header,
            opened.header_bytes,
            opened.digest,
        )
        assert message.bodies == opened.bodies


def test_a_composed_message_names_the_sections_that_it_holds() -> None:
    contents = [("core", a_content(b"one")), ("trade", a_content(b"two"))]
    message = compose(a_header(sections=(a_section("stale"),)), contents)

    assert [name for name, _ in contents] == [head.name for head in message.header.sections]
    for head, body, (_, content) in zip(message.header.sections, message.bodies, contents, strict=True):
        assert head.key_commitment is None
        assert content == read_body(head, body)


def test_refuses_to_compose_one_section_twice() -> None:
    with pytest.raises(BadHeader):
        compose(a_header(), [("core", a_content(b"one")), ("core", a_content(b"two"))])


def test_refuses_to_compose_nothing() -> None:
    with pytest.raises(BadHeader):
        compose(a_header(), [])


@pytest.mark.parametrize("count", [0, 2])
def test_refuses_to_enclose_another_number_of_signatures(count: int) -> None:
    with pytest.raises(BadHeader, match="signatures"):
        enclose(compose(a_header(), [("core", a_content())]), [SIGNATURE] * count)


def test_refuses_to_enclose_more_than_an_envelope_holds() -> None:
    large = a_content(bytes(600_000))
    message = compose(a_header(), [("core", large), ("trade", large)])

    with pytest.raises(TooLarge):
        enclose(message, [SIGNATURE])


@pytest.mark.parametrize("count", [0, 2], ids=["stripped", "added"])
def test_refuses_to_open_a_message_whose_signature_was(count: int) -> None:
    with pytest.raises(BadHeader, match="signers"):
        open_envelope(format_envelope(Envelope(format_header(a_header()), (SIGNATURE,) * count, (b"",))))


@pytest.mark.parametrize("count", [0, 2], ids=["removed", "added"])
def test_refuses_to_open_a_message_whose_body_was(count: int) -> None:
    with pytest.raises(BadHeader, match="sections"):
        open_envelope(format_envelope(Envelope(format_header(a_header()), (SIGNATURE,), (b"",) * count)))


def test_opens_a_copy_whose_body_was_withheld_on_purpose() -> None:
    opened = open_envelope(format_envelope(Envelope(format_header(a_header()), (SIGNATURE,), (None,))))

    assert opened.bodies == (None,)


def test_refuses_to_open_an_envelope_around_no_header() -> None:
    with pytest.raises(NotCanonical):
        open_envelope(format_envelope(Envelope(b"", (SIGNATURE,), (b"",))))
