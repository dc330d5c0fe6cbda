"""The hub's own authorities: entered by its administrators, believed like a participant's, and no participant's."""

from datetime import datetime, timedelta

import msgspec
import pytest

from broker.directory import Directory, extend
from broker.errors import KeyNotValid, KeyRevoked, UnknownKey
from broker.signing.keys import SigningKey
from broker.types.names import HUB, Originator, Stream
from tests.support.federation import (
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_federation,
    a_key_entry,
    a_node,
    a_revocation,
    a_root,
    a_signing_key,
    admin_stream,
    an_authority,
)

CATALOGUE = Stream(Originator("X-HUB/catalogue"), 1)
NODE = "X-HUB/~1"
NOW = FOUNDED + timedelta(days=60)
KEY = a_signing_key("catalogue")


def with_catalogue() -> Federation:
    federation = a_federation()
    federation.say(a_node(NODE), HUB_STREAM)
    federation.say(an_authority("X-HUB/catalogue", node=NODE), HUB_STREAM)
    federation.say(a_key_entry(KEY, ["X-HUB/catalogue", NODE], NODE), HUB_STREAM)
    return federation


def day(number: int) -> datetime:
    return FOUNDED + timedelta(days=number)


def signer(directory: Directory, key: SigningKey, stream: Stream) -> bytes:
    return directory.check_signer(key.id, stream, NOW)


def test_its_key_signs_for_it_and_for_nobody_else() -> None:
    directory = with_catalogue().directory

    assert KEY.public == signer(directory, KEY, CATALOGUE)
    assert () == directory.findings
    with pytest.raises(KeyNotValid):
        signer(directory, KEY, Stream(Originator("NL/customs"), 1))


def test_the_hub_is_in_no_list_of_participants() -> None:
    directory = with_catalogue().directory

    assert ["BE", "NL"] == [one.code for one in directory.participants()]
    assert directory.participant(HUB) is None
    assert directory.conditions(HUB) is None
    assert "X-HUB/catalogue" in [one.authority for one in directory.authorities(NOW)]
    assert NODE == directory.node_of("X-HUB/catalogue")


def test_a_directory_without_one_has_no_part_of_the_hub() -> None:
    assert HUB not in a_federation().directory.parts.national


def test_what_follows_does_not_depend_on_the_order_of_arrival() -> None:
    federation = with_catalogue()
    grown = Directory.empty(federation.name, federation.root_digest)
    for opened in reversed(federation.opened):
        grown = extend(grown, opened)

    assert federation.directory.parts.keys == grown.parts.keys
    assert federation.directory.digest == grown.digest


def test_the_hub_revokes_its_key() -> None:
    federation = with_catalogue()
    federation.say(a_revocation(KEY), HUB_STREAM)

    with pytest.raises(KeyRevoked):
        signer(federation.directory, KEY, CATALOGUE)
    assert () == federation.directory.findings


def test_a_revoked_hub_administrator_enters_nothing() -> None:
    federation = with_catalogue()
    federation.say(a_revocation(federation.hub_key), ROOT_STREAM)

    with pytest.raises(UnknownKey):
        signer(federation.directory, KEY, CATALOGUE)


@pytest.mark.parametrize("name", ["NL/customs", "BE/police"])
def test_the_hub_enters_no_authority_of_a_participant(name: str) -> None:
    federation = a_federation()
    said = federation.say(an_authority(name), HUB_STREAM)

    assert [(said.digest, "foreign-entry")] == [(one.digest, one.code) for one in federation.directory.findings]


def test_a_participant_enters_no_authority_of_the_hub() -> None:
    federation = a_federation()
    federation.say(an_authority("X-HUB/catalogue", node=NODE), admin_stream("NL"))

    assert ["foreign-entry"] == [one.code for one in federation.directory.findings]
    assert federation.directory.authority("X-HUB/catalogue") is None


@pytest.mark.parametrize("name", ["X-HUB/~admin", "X-HUB/~root", "X-HUB/~notary"])
def test_no_key_speaks_for_an_office_of_the_hub(name: str) -> None:
    federation = a_federation()
    federation.say(a_key_entry(KEY, [name], NODE), HUB_STREAM)

    assert ["foreign-entry"] == [one.code for one in federation.directory.findings]


def test_a_key_is_enrolled_once() -> None:
    federation = with_catalogue()
    again = federation.say(a_key_entry(KEY, ["X-HUB/catalogue"], NODE), HUB_STREAM)

    assert [(again.digest, "already-there")] == [(one.digest, one.code) for one in federation.directory.findings]


def test_a_new_hub_administrator_keeps_what_was_entered_once_it_has_spoken() -> None:
    federation = with_catalogue()
    new = a_signing_key("hub 2")
    federation.say(a_root(federation.root_keys, [federation.hub_key, new], version=2), ROOT_STREAM, issued_at=day(20))
    entry = msgspec.structs.replace(an_authority("X-HUB/catalogue", node=NODE), name="renamed")
    federation.say(entry, HUB_STREAM, [new], issued_at=day(21))
    federation.say(a_root(federation.root_keys, [new], version=3), ROOT_STREAM, issued_at=day(22))

    assert KEY.public == signer(federation.directory, KEY, CATALOGUE)
    assert () == federation.directory.findings
