"""A revocation counts on sight: withholding or forking what stands before it must not bring a key back."""

from collections.abc import Iterable

from broker.directory import Directory, fold
from broker.envelope.message import Opened
from broker.signing.keys import SigningKey
from tests.support.federation import (
    HUB_STREAM,
    Federation,
    a_federation,
    a_participant,
    a_revocation,
    a_signing_key,
    admin_stream,
    an_authority,
)

NL = admin_stream("NL")


def folded(federation: Federation, messages: Iterable[Opened]) -> Directory:
    return fold(messages, federation.root_digest, federation.name)


def is_revoked(directory: Directory, key: SigningKey) -> bool:
    enrolled = directory.key(key.id)
    assert enrolled is not None
    return enrolled.revocation is not None


def test_withholding_the_message_before_a_revocation_does_not_keep_the_key_alive() -> None:
    federation = a_federation()
    withheld = federation.say(an_authority("NL/xa"), NL)
    federation.say(a_revocation(federation.node_keys["NL/~1"]), NL)
    seen = [one for one in federation.opened if one.digest != withheld.digest]
    assert is_revoked(folded(federation, seen), federation.node_keys["NL/~1"])


def test_forking_the_message_before_a_revocation_does_not_bring_the_key_back() -> None:
    federation = a_federation()
    fork = federation.compose(an_authority("NL/xb"), NL)
    federation.say(an_authority("NL/xa"), NL)
    federation.say(a_revocation(federation.node_keys["NL/~1"]), NL)
    directory = folded(federation, [*federation.opened, fork])
    assert (None, True) == (directory.authority("NL/xa"), is_revoked(directory, federation.node_keys["NL/~1"]))


def test_both_revocations_of_a_fork_count() -> None:
    federation = a_federation()
    fork = federation.compose(a_revocation(federation.node_keys["NL/~1"]), NL)
    federation.say(an_authority("NL/xa"), NL)
    assert is_revoked(folded(federation, [*federation.opened, fork]), federation.node_keys["NL/~1"])


def test_withholding_a_message_of_the_hub_does_not_keep_an_administrator_alive() -> None:
    federation = a_federation()
    withheld = federation.say(a_participant("FR", [a_signing_key("FR admin")]), HUB_STREAM)
    federation.say(a_revocation(federation.admin_keys["NL"]), HUB_STREAM)
    seen = [one for one in federation.opened if one.digest != withheld.digest]
    directory = folded(federation, seen)
    assert (True, None) == (is_revoked(directory, federation.admin_keys["NL"]), directory.authority("NL/police"))
    assert directory.authority("BE/police") is not None


def test_a_revocation_that_nobody_with_the_right_to_signed_counts_nowhere() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/xa"), NL)
    thief, key = federation.admin_keys["BE"], federation.node_keys["NL/~1"]
    forged = [
        federation.compose(a_revocation(key), NL, [thief]),
        federation.compose(a_revocation(key), admin_stream("BE")),
    ]
    late = federation.compose(a_revocation(key), admin_stream("NL", 2), [thief])
    assert not is_revoked(folded(federation, [*federation.opened, *forged, late]), key)
