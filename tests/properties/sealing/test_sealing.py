"""Sealing for all values: what comes back is what went in, for those it was for, or nothing does."""

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from broker import limits
from broker.avro import encode, schema
from broker.envelope.body import Content, body_digest
from broker.envelope.header import SectionHead
from broker.errors import BadRelease, BadWrap, BrokenSeal
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import (
    RELEASE_PATH,
    Item,
    Recipient,
    format_release,
    open_release,
    parse_release,
    seal_release,
)
from broker.sealing.section import Place, key_commitment, open_section, seal_section
from broker.sealing.wraps import format_list_keys, parse_list_keys
from broker.types.names import Originator, Stream
from tests.support.sealing import PLACE, a_release, a_sealing_key, opened, randomness_of

NODES = [a_sealing_key(f"X-EX/~{number}") for number in range(1, 6)]
ISSUER = a_sealing_key()
REMEMBERED = Pairwise()

keys = st.binary(min_size=32, max_size=32)
names = st.from_regex(r"[a-z][a-z-]{0,39}", fullmatch=True)
authorities = st.from_regex(r"[A-Z]{2}/[a-z][a-z0-9-]{0,10}", fullmatch=True).map(Originator)
writers = st.integers(1, limits.MAX_WRITER)
sequences = st.integers(1, limits.MAX_SEQUENCE)
places = st.builds(
    Place, st.sampled_from(["exercise-2026", "exercise-2027"]), st.builds(Stream, authorities, writers), sequences
)
contents = st.builds(Content, keys, keys, st.binary(max_size=3000))
items = st.builds(Item, authorities, writers, sequences, names, keys)
lists = st.lists(
    st.lists(items, min_size=1, max_size=6, unique_by=lambda one: (one.message, one.section)), min_size=1, max_size=6
)
list_keys = st.dictionaries(st.integers(0, limits.MAX_LISTS - 1), keys, min_size=1, max_size=limits.MAX_LISTS)


@given(names, contents, keys, places)
def test_a_section_opens_as_it_was_sealed(name: str, content: Content, key: bytes, place: Place) -> None:
    part = seal_section(name, content, key=key, place=place)

    assert content == open_section(part.head, part.body, key=key, place=place)


@given(contents, keys, st.tuples(names, places, keys), st.tuples(names, places, keys))
def test_a_section_opens_at_one_place_under_one_key(
    content: Content, key: bytes, sealed_as: tuple[str, Place, bytes], opened_as: tuple[str, Place, bytes]
) -> None:
    assume(sealed_as != opened_as)
    name, place, key = sealed_as
    part = seal_section(name, content, key=key, place=place)
    other_name, other_place, other_key = opened_as
    head = msgspec.structs.replace(part.head, name=other_name, key_commitment=key_commitment(other_key))

    try:
        open_section(head, part.body, key=other_key, place=other_place)
    except BrokenSeal:
        return
    raise AssertionError("one body, two meanings")


@given(contents, st.data())
def test_a_body_with_any_bit_changed_does_not_open(content: Content, data: st.DataObject) -> None:
    part = seal_section("core", content, key=bytes(32), place=PLACE)
    at = data.draw(st.integers(0, 8 * len(part.body) - 1))
    body = bytearray(part.body)
    body[at // 8] ^= 1 << at % 8
    signed = SectionHead("core", part.head.commitment, body_digest(bytes(body)), part.head.key_commitment)

    try:
        open_section(signed, bytes(body), key=bytes(32), place=PLACE)
    except BrokenSeal:
        return
    raise AssertionError(at)


@given(list_keys)
def test_list_keys_are_parsed_as_they_were_formatted(chosen: dict[int, bytes]) -> None:
    assert chosen == parse_list_keys(format_list_keys(chosen, limits.MAX_LISTS))


@given(
    st.builds(lambda count, rest: bytes([count]) + rest, st.integers(0, 3), st.binary(max_size=70))
    | st.binary(min_size=1, max_size=100)
)
def test_list_keys_have_one_form(hostile: bytes) -> None:
    try:
        found = parse_list_keys(hostile)
    except BadRelease:
        return
    assert hostile == format_list_keys(found, 1).ljust(len(hostile), b"\0")


@settings(max_examples=40)
@given(lists, st.data(), places)
def test_each_node_gets_the_keys_of_its_lists_and_no_other(
    chosen: list[list[Item]], data: st.DataObject, place: Place
) -> None:
    subset = st.sets(st.integers(0, len(chosen) - 1))
    shares = [sorted(data.draw(subset)) for _ in NODES]
    assume(any(shares))
    release = seal_release(
        chosen,
        [Recipient(key.id, key.public, tuple(share)) for key, share in zip(NODES, shares, strict=True) if share],
        place=place,
        sealer=ISSUER,
        pairwise=REMEMBERED,
        randomness=randomness_of("shares"),
    )

    for key, share in zip(NODES, shares, strict=True):
        found = open_release(
            release, place=place, keyring=[key], issuers=[NODES[0].public, ISSUER.public], pairwise=REMEMBERED
        )
        assert {item for index in share for item in chosen[index]} == set(found)


@given(st.data())
def test_a_release_with_any_bit_changed_says_the_same_or_nothing(data: st.DataObject) -> None:
    reader = a_sealing_key("BE/~1")
    release = a_release()
    said = opened(release, reader)
    avro = bytearray(encode(schema(RELEASE_PATH), release))
    at = data.draw(st.integers(0, 8 * len(avro) - 1))
    avro[at // 8] ^= 1 << at % 8

    try:
        changed = parse_release(Content(bytes(32), schema(RELEASE_PATH).id, bytes(avro)))
        found = opened(changed, reader)
    except (BadRelease, BadWrap, BrokenSeal):
        return
    assert found in (said, ())


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"\x02" + rest))
def test_bytes_that_are_no_release_are_refused(hostile: bytes) -> None:
    try:
        release = parse_release(Content(bytes(32), schema(RELEASE_PATH).id, hostile))
    except BadRelease:
        return
    assert hostile == format_release(release, salt=bytes(32)).avro
