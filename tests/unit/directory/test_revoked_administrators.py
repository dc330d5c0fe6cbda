"""Where the word of a revoked administrator ends, and that it does not matter when anyone hears of it."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest

from broker.directory import Directory, extend, fold
from broker.directory.entries import LastValid
from broker.envelope.message import Opened
from broker.errors import KeyRevoked
from tests.support.federation import (
    FEDERATION,
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_federation,
    a_participant,
    a_revocation,
    a_signing_key,
    admin_stream,
    an_authority,
)

NL = admin_stream("NL")
LATER = FOUNDED + timedelta(days=30)


def last_valid(opened: Opened) -> LastValid:
    header = opened.header
    return LastValid(originator=header.originator, writer=header.writer, sequence=header.sequence, digest=opened.digest)


def names(directory: Directory) -> list[str]:
    return [one.authority for one in directory.authorities(LATER) if one.authority.startswith("NL/x")]


def compromised() -> tuple[Federation, Opened]:
    """Return a federation whose NL administrator said one thing rightly and two after the theft, and the first."""
    federation = a_federation()
    good = federation.say(an_authority("NL/xa"), NL)
    federation.say(an_authority("NL/xb"), NL)
    federation.say(an_authority("NL/xc"), NL)
    return federation, good


def test_takes_out_what_follows_the_last_valid_message() -> None:
    federation, good = compromised()
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(last_valid(good),)), HUB_STREAM)
    directory = federation.directory
    assert ["NL/xa"] == names(directory)
    assert good.digest == directory.head(NL).digest
    assert ["broken-chain", "key-revoked"] == sorted(one.code for one in directory.findings)


def test_takes_out_everything_of_a_stream_that_is_not_named() -> None:
    federation, _ = compromised()
    federation.say(a_revocation(federation.admin_keys["NL"]), HUB_STREAM)
    directory = federation.directory
    assert ([], None) == (names(directory), directory.authority("NL/police"))


def test_gives_the_same_whenever_the_revocation_arrives() -> None:
    federation, good = compromised()
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(last_valid(good),)), HUB_STREAM)
    expected = federation.directory
    start, moving = federation.opened[:-4], federation.opened[-4:]
    base = fold(start, federation.root_digest, FEDERATION)
    for order in permutations(moving):
        directory = base
        for opened in order:
            directory = extend(directory, opened)
        assert expected == directory


def test_a_successor_writes_on_from_the_last_valid_message() -> None:
    federation, good = compromised()
    successor = a_signing_key("NL admin 2")
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(last_valid(good),)), HUB_STREAM)
    federation.say(a_participant("NL", [successor]), HUB_STREAM, issued_at=FOUNDED + timedelta(days=1))
    head = federation.directory.head(NL)
    opened = federation.compose(an_authority("NL/xd"), NL, [successor], head=head, issued_at=LATER)
    assert ["NL/xa", "NL/xd"] == names(extend(federation.directory, opened))


def test_a_stolen_key_cannot_fork_what_it_said_before() -> None:
    federation, good = compromised()
    key = federation.admin_keys["NL"]
    place = federation.opened[next(i for i, one in enumerate(federation.opened) if one.header.stream == NL)]
    forged = federation.compose(
        an_authority("NL/xz"), NL, head=federation.head(admin_stream("NL", 9)), issued_at=place.header.issued_at
    )
    forked = extend(federation.directory, forged)
    assert ([], 0) == (names(forked), forked.head(NL).sequence)
    revocation = federation.compose(a_revocation(key, last_valid=(last_valid(good),)), HUB_STREAM)
    assert ["NL/xa"] == names(extend(forked, revocation))


def test_of_two_revocations_of_one_key_only_what_both_keep_counts() -> None:
    federation, good = compromised()
    key, last = federation.admin_keys["NL"], federation.opened[-1]
    federation.say(a_revocation(key, last_valid=(last_valid(good),)), HUB_STREAM)
    federation.say(a_revocation(key, last_valid=(last_valid(last),)), HUB_STREAM)
    assert ["NL/xa"] == names(federation.directory)


def test_naming_a_message_that_is_not_there_keeps_nothing_until_it_is() -> None:
    federation, good = compromised()
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(last_valid(good),)), HUB_STREAM)
    without = [one for one in federation.opened if one.digest != good.digest]
    directory = fold(without, federation.root_digest, FEDERATION)
    assert 0 == directory.head(NL).sequence
    assert federation.directory == extend(directory, good)


def test_undoes_what_a_revoked_hub_administrator_said() -> None:
    federation = a_federation()
    good = federation.opened[-1]
    hub = next(one for one in reversed(federation.opened) if one.header.stream == HUB_STREAM)
    federation.say(a_revocation(federation.admin_keys["NL"]), HUB_STREAM)
    assert federation.directory.authority("NL/police") is None
    federation.say(a_revocation(federation.hub_key, last_valid=(last_valid(hub),)), ROOT_STREAM)
    assert federation.directory.authority("NL/police") is not None
    assert good.digest in {head.digest for head in federation.directory.heads.values()}


def test_a_revoked_node_key_signs_nothing_however_old() -> None:
    federation = a_federation()
    key = federation.node_keys["NL/~1"]
    before = federation.directory
    federation.say(a_revocation(key), NL)
    stream = admin_stream("NL")
    with pytest.raises(KeyRevoked, match="compromised"):
        federation.directory.check_signer(key.id, stream, FOUNDED)
    assert before != federation.directory


def test_naming_a_message_by_another_number_keeps_nothing() -> None:
    federation, good = compromised()
    wrong = msgspec.structs.replace(last_valid(good), sequence=good.header.sequence + 1)
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(wrong,)), HUB_STREAM)
    assert 0 == federation.directory.head(NL).sequence
