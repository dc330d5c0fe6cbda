"""Whose word as the hub ends with a new root record: seen before anybody signs."""

from collections.abc import Sequence

import pytest

from broker.directory.entries import TableEntry
from broker.directory.root import ROOT_STREAM
from broker.directory.root_change import Appointment, RootChange, change_root
from broker.directory.succession import check_hub_stays
from broker.directory.writing import compose_entry, next_occasion, write_entry
from broker.envelope.message import open_envelope
from broker.errors import InvalidRecord
from broker.signing.keys import SigningKey
from broker.types.names import HUB_ADMIN
from tests.support.federation import (
    COMMUNITY_TABLE,
    HUB_STREAM,
    a_federation,
    a_signing_key,
    a_statement,
    text_digest,
)
from tests.support.keepers import LATER, Keepers

OLD, SUCCESSOR = a_signing_key("hub"), a_signing_key("successor")
ADDED = Appointment(office="administrator", key=a_statement(SUCCESSOR, HUB_ADMIN))


@pytest.fixture
def keepers() -> Keepers:
    return Keepers(a_federation())


def check(keepers: Keepers, change: RootChange) -> None:
    directory = keepers.directory
    after = change_root(directory.root, change)
    occasion = next_occasion(directory, ROOT_STREAM, issued_at=LATER, salt=b"s" * 32)
    check_hub_stays(compose_entry(after, occasion, [key.id for key in keepers.keys]).header, after, directory)


def publish(keepers: Keepers, change: RootChange) -> None:
    keepers.publish(keepers.sign(keepers.propose(change), *keepers.keys))


def write(keepers: Keepers, key: SigningKey) -> None:
    occasion = next_occasion(keepers.directory, HUB_STREAM, issued_at=LATER, salt=b"h" * 32)
    entry = TableEntry(table=COMMUNITY_TABLE, digest=text_digest(COMMUNITY_TABLE))
    keepers.messages.append(open_envelope(write_entry(entry, occasion, [key])))


@pytest.mark.parametrize("added", [(), (ADDED,)], ids=["nobody follows", "a successor that has not written"])
def test_an_only_administrator_is_not_left_out(keepers: Keepers, added: Sequence[Appointment]) -> None:
    change = RootChange(added=added, removed=[OLD.id.hex()])
    with pytest.raises(InvalidRecord, match="would count no more"):
        check(keepers, change)
    publish(keepers, change)

    assert () == keepers.directory.participants()


def test_a_successor_that_has_written_takes_everything_over(keepers: Keepers) -> None:
    before = keepers.directory.participants()
    check(keepers, RootChange(added=[ADDED]))
    publish(keepers, RootChange(added=[ADDED]))
    write(keepers, SUCCESSOR)
    left = RootChange(removed=[OLD.id.hex()])
    check(keepers, left)
    publish(keepers, left)

    assert before == keepers.directory.participants()
    assert () == keepers.directory.findings


def test_what_the_old_key_wrote_after_its_successor_is_not_lost_unawares(keepers: Keepers) -> None:
    publish(keepers, RootChange(added=[ADDED]))
    write(keepers, SUCCESSOR)
    write(keepers, OLD)

    with pytest.raises(InvalidRecord, match="1 messages"):
        check(keepers, RootChange(removed=[OLD.id.hex()]))


def test_a_fork_of_the_hub_is_no_reason_to_keep_a_thief(keepers: Keepers) -> None:
    publish(keepers, RootChange(added=[ADDED]))
    forked = list(keepers.messages)
    write(keepers, OLD)
    keepers.messages, theirs = forked, keepers.messages[-1]
    write(keepers, SUCCESSOR)
    keepers.messages.append(theirs)
    stopped = keepers.directory.head(HUB_STREAM).sequence
    left = RootChange(removed=[OLD.id.hex()])
    check(keepers, left)
    publish(keepers, left)

    assert stopped + 1 == keepers.directory.head(HUB_STREAM).sequence
