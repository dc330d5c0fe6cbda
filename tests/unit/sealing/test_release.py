"""RELEASE: those who may have keys find them, and nobody else learns who that is."""

import msgspec
import pytest

from broker import limits
from broker.avro import encode, schema
from broker.envelope.body import Content
from broker.envelope.encoding import WRAP_INFO_TAG, WRAP_MARK_TAG, encode_tuple
from broker.errors import BadRelease, BadWrap, BrokenSeal, WeakKey
from broker.sealing.keys import SealingKey, wrap
from broker.sealing.pairwise import Pairwise
from broker.sealing.release import (
    RELEASE_PATH,
    Item,
    Recipient,
    Release,
    Wrap,
    check_release,
    format_release,
    open_release,
    parse_release,
    seal_release,
)
from broker.sealing.section import Place
from broker.sealing.wraps import format_list_keys, room_for
from tests.support.sealing import (
    ELSEWHERE,
    PLACE,
    a_recipient,
    a_release,
    a_sealing_key,
    a_section_key,
    opened,
    some_items,
)

NL, BE, FR = a_sealing_key("NL/~1"), a_sealing_key("BE/~1"), a_sealing_key("FR/~1")
CORE, NOMINAL, OTHER = some_items("core"), some_items("nominal"), some_items(sequence=9)
LISTS = [CORE, NOMINAL, OTHER]


def many(number: int) -> list[SealingKey]:
    return [a_sealing_key(f"X-MANY/~{one}") for one in range(number)]


def with_wrap(release: Release, plaintext: bytes, info: bytes | None = None, reader: SealingKey = BE) -> Release:
    """Return *release* with a wrap of the issuer's for *reader* that says *plaintext*, in the place of another."""
    tag = Pairwise().tag(NL, reader.public, PLACE.context(WRAP_MARK_TAG))
    info = PLACE.context(WRAP_INFO_TAG) + encode_tuple(reader.id) if info is None else info
    others = [one for one in release.wraps if one.tag != tag][: len(release.wraps) - 1]
    forged = Wrap(tag, wrap(plaintext, reader.public, info))
    return msgspec.structs.replace(release, wraps=tuple(sorted([*others, forged])))


def test_each_recipient_finds_the_keys_of_its_lists() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 2), a_recipient(FR, 1), a_recipient(NL, 0, 1, 2)])

    assert (*CORE, *OTHER) == opened(release, BE)
    assert NOMINAL == opened(release, FR)
    assert (*CORE, *NOMINAL, *OTHER) == opened(release, NL)


def test_who_is_no_recipient_finds_nothing() -> None:
    assert () == opened(a_release(), FR)
    assert () == opened(a_release())


def test_is_found_by_any_of_the_keys_of_both_ends() -> None:
    release = a_release(sealer=FR)

    assert CORE == opened(release, NL, BE, issuers=[NL.public, FR.public])


def test_a_section_in_two_lists_comes_once() -> None:
    release = a_release([CORE, (*CORE, *NOMINAL)], [a_recipient(BE, 0, 1)])

    assert (*CORE, *NOMINAL) == opened(release, BE)


def test_a_release_is_read_as_it_was_written() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 1, 2)])

    assert release == parse_release(format_release(release, salt=bytes(32)))


def test_a_node_reads_what_another_node_of_its_participant_issued() -> None:
    """A tag says which two keys and not in which direction: the issuer finds the wrap for its sibling, and passes."""
    sibling = a_sealing_key("NL/~2")
    release = a_release(LISTS, [a_recipient(NL, 0), a_recipient(sibling, 1)])
    nodes = [NL.public, sibling.public]

    assert CORE == opened(release, NL, issuers=nodes)
    assert NOMINAL == opened(release, sibling, issuers=nodes)


@pytest.mark.parametrize(("recipients", "wraps"), [(1, 16), (16, 16), (17, 64), (64, 64), (65, 256), (256, 256)])
def test_the_number_of_wraps_is_one_of_three(recipients: int, wraps: int) -> None:
    keys = many(recipients)
    release = a_release([CORE], [a_recipient(key) for key in keys])

    assert wraps == len(release.wraps)
    assert CORE == opened(release, keys[-1])


def test_all_wraps_have_one_size_and_the_order_of_their_tags() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 1, 2), a_recipient(FR, 1), a_recipient(NL, 0)])

    assert {room_for(3) * 33 + 1 + 48} == {len(one.sealed) for one in release.wraps}
    assert sorted(release.wraps, key=lambda one: one.tag) == list(release.wraps)


def test_nothing_names_a_recipient_or_shows_a_key() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 1, 2)])
    said = format_release(release, salt=bytes(32)).avro

    assert not any(secret in said for secret in (BE.id, BE.public, NL.public, b"BE/", b"core", CORE[0].key))


def test_two_releases_for_the_same_have_no_tag_in_common() -> None:
    first, second = a_release(), a_release(place=ELSEWHERE[3])

    assert CORE == opened(second, BE, place=ELSEWHERE[3])
    mine = Pairwise().tag(BE, NL.public, PLACE.context(WRAP_MARK_TAG))
    assert mine in {one.tag for one in first.wraps}
    assert mine not in {one.tag for one in second.wraps}


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=["federation", "originator", "writer", "sequence"])
def test_a_release_that_is_replayed_in_another_stream_is_for_nobody(elsewhere: Place) -> None:
    assert () == opened(a_release(), BE, place=elsewhere)


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=["federation", "originator", "writer", "sequence"])
def test_refuses_wraps_of_another_stream_that_were_given_new_tags(elsewhere: Place) -> None:
    """The issuer itself can compute the tags; the wraps and lists below them are still bound to their message."""
    plaintext = format_list_keys({0: a_section_key("list")}, 1)
    info = elsewhere.context(WRAP_INFO_TAG) + encode_tuple(BE.id)

    with pytest.raises(BadWrap):
        opened(with_wrap(a_release(), plaintext, info), BE)


def test_refuses_the_lists_of_another_stream_behind_new_wraps() -> None:
    replayed = a_release(place=ELSEWHERE[1])
    plaintext = format_list_keys({0: a_section_key("list")}, 1)

    with pytest.raises(BrokenSeal):
        opened(with_wrap(replayed, plaintext), BE)


def test_refuses_a_wrap_for_another_node_under_our_tag() -> None:
    release = a_release([CORE], [a_recipient(FR)])
    theirs = Pairwise().tag(NL, FR.public, PLACE.context(WRAP_MARK_TAG))
    ours = Pairwise().tag(NL, BE.public, PLACE.context(WRAP_MARK_TAG))
    moved = [Wrap(ours if one.tag == theirs else one.tag, one.sealed) for one in release.wraps]

    with pytest.raises(BadWrap, match=BE.id.hex()):
        opened(Release(release.lists, tuple(sorted(moved))), BE)


def test_refuses_a_wrap_made_to_us_for_another_key_id() -> None:
    info = PLACE.context(WRAP_INFO_TAG) + encode_tuple(FR.id)

    with pytest.raises(BadWrap):
        opened(with_wrap(a_release(), format_list_keys({0: bytes(32)}, 1), info), BE)


def test_refuses_the_key_of_another_list() -> None:
    with pytest.raises(BrokenSeal):
        opened(with_wrap(a_release(), format_list_keys({0: a_section_key("none")}, 1)), BE)


def test_refuses_a_key_for_a_list_that_is_not_there() -> None:
    with pytest.raises(BadRelease, match="list 29 of 1"):
        opened(with_wrap(a_release(), format_list_keys({29: bytes(32)}, 1)), BE)


def test_refuses_padding_of_a_wrap_that_is_not_zeros() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 1, 2)])
    plaintext = format_list_keys({0: bytes(32)}, 4)

    with pytest.raises(BadRelease, match="padding"):
        opened(with_wrap(release, plaintext[:-1] + b"\1"), BE)


def test_refuses_lists_that_were_exchanged() -> None:
    release = a_release(LISTS, [a_recipient(BE, 0, 1, 2)])
    exchanged = msgspec.structs.replace(release, lists=(release.lists[1], release.lists[0], release.lists[2]))

    with pytest.raises(BrokenSeal):
        opened(exchanged, BE)


GOOD = a_release()
SIZE = len(GOOD.wraps[0].sealed)


def wraps(number: int, size: int = SIZE) -> tuple[Wrap, ...]:
    return tuple(Wrap(index.to_bytes(8, "big"), bytes(size)) for index in range(number))


HOSTILE = [
    pytest.param(Release((), GOOD.wraps), id="no list"),
    pytest.param(Release(GOOD.lists * 31, GOOD.wraps), id="31 lists"),
    pytest.param(Release(GOOD.lists, ()), id="no wrap"),
    *[pytest.param(Release(GOOD.lists, wraps(number)), id=f"{number} wraps") for number in (1, 15, 17, 255, 257, 512)],
    pytest.param(Release(GOOD.lists, wraps(16, 0)), id="empty wraps"),
    pytest.param(Release(GOOD.lists, wraps(16, SIZE + 1)), id="an odd length"),
    pytest.param(Release(GOOD.lists, (*wraps(15), Wrap(b"\xff" * 8, bytes(SIZE + 33)))), id="wraps of two sizes"),
    pytest.param(Release(GOOD.lists, GOOD.wraps[::-1]), id="out of order"),
    pytest.param(Release(GOOD.lists, (GOOD.wraps[0], *GOOD.wraps[:-1])), id="a tag twice"),
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_refuses_numbers_and_sizes_that_no_honest_writer_uses(hostile: Release) -> None:
    with pytest.raises(BadRelease):
        check_release(hostile)
    with pytest.raises(BadRelease):
        parse_release(format_release(hostile, salt=bytes(32)))
    with pytest.raises(BadRelease):
        opened(hostile, BE)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            Content(bytes(32), schema("release/list").id, encode(schema(RELEASE_PATH), GOOD)), id="another schema"
        ),
        pytest.param(Content(bytes(32), schema(RELEASE_PATH).id, b""), id="nothing"),
        pytest.param(
            Content(bytes(32), schema(RELEASE_PATH).id, encode(schema(RELEASE_PATH), GOOD) + b"\0"), id="more"
        ),
        pytest.param(Content(bytes(32), schema(RELEASE_PATH).id, b"\xfe\xff\xff\xff\x0f"), id="a count beyond the end"),
    ],
)
def test_refuses_content_that_is_no_release(content: Content) -> None:
    with pytest.raises(BadRelease):
        parse_release(content)


@pytest.mark.parametrize(
    "recipients",
    [
        pytest.param([Recipient(BE.id, BE.public, ())], id="no list"),
        pytest.param([Recipient(BE.id, BE.public, (1,))], id="a list that is not there"),
        pytest.param([Recipient(BE.id, BE.public, (-1,))], id="a negative list"),
        pytest.param([Recipient(BE.id, BE.public, (0, 0))], id="a list twice"),
        pytest.param([a_recipient(BE), a_recipient(BE)], id="a recipient twice"),
        pytest.param([a_recipient(BE), Recipient(FR.id, BE.public, (0,))], id="a key twice under two ids"),
        pytest.param([a_recipient(key) for key in many(257)], id="257 recipients"),
    ],
)
def test_seals_nothing_for_recipients_that_cannot_be(recipients: list[Recipient]) -> None:
    with pytest.raises(BadRelease):
        a_release([CORE], recipients)


def test_seals_nothing_for_a_weak_key() -> None:
    with pytest.raises(WeakKey):
        a_release([CORE], [Recipient(BE.id, bytes(32), (0,))])


def test_seals_at_most_30_lists() -> None:
    lists = [some_items(sequence=number) for number in range(1, 32)]

    assert 30 == len(opened(a_release(lists[:30], [a_recipient(BE, *range(30))]), BE))
    with pytest.raises(BadRelease, match="31 key lists"):
        a_release(lists, [a_recipient(BE, 0)])


def test_seals_no_release_that_is_for_nobody_or_about_nothing() -> None:
    with pytest.raises(BadRelease, match="0 recipients"):
        seal_nothing(recipients=[])
    with pytest.raises(BadRelease, match="0 key lists"):
        seal_nothing(recipients=[a_recipient(BE)])


def seal_nothing(recipients: list[Recipient]) -> Release:
    lists: list[list[Item]] = []
    return seal_release(lists, recipients, place=PLACE, sealer=NL, pairwise=Pairwise(), randomness=bytes)


def test_the_largest_release_for_others_costs_a_reader_one_tag_for_each_pair_of_keys() -> None:
    """No wrap is tried that is not found: here every wrap and list is noise, and none is looked at."""
    noise = Release((bytes(900_000 // 30),) * limits.MAX_LISTS, wraps(256))

    class Counting(Pairwise):
        tags = 0

        def tag(self, mine: SealingKey, public: bytes, info: bytes) -> bytes:
            self.tags += 1
            return super().tag(mine, public, info)

    counting = Counting()
    found = open_release(
        noise, place=PLACE, keyring=[BE, FR], issuers=[key.public for key in many(3)], pairwise=counting
    )

    assert () == found
    assert 6 == counting.tags
