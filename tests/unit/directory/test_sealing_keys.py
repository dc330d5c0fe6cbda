"""Which key section keys are sealed to, at which moment."""

from datetime import timedelta

import pytest

from broker.directory import Directory
from broker.errors import KeyNotValid
from broker.limits import SEALING_KEY_MAX_AGE
from broker.types.names import KeyId, Originator, Stream
from broker.types.vocabulary import KeyUse
from tests.support.federation import (
    ENDS,
    FOUNDED,
    HUB_STREAM,
    Federation,
    a_federation,
    a_node,
    a_participant,
    a_revocation,
    a_sealing_entry,
    admin_stream,
)

NL = admin_stream("NL")
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


def used(directory: Directory, node: str, days: float) -> KeyId | None:
    key = directory.sealing_key(node, FOUNDED + days * DAY)
    return None if key is None else key.id


def test_a_federation_without_sealing_keys_has_none() -> None:
    directory = a_federation().directory
    assert (None, ()) == (directory.sealing_key("NL/~1", FOUNDED), directory.sealing_keys("NL", FOUNDED))


@pytest.mark.parametrize("node", ["NL/~1", "BE/~1"])
def test_each_node_has_the_key_that_its_administrator_enrolled(node: str) -> None:
    federation = a_federation(sealing=True)
    key = federation.directory.sealing_key(node, FOUNDED)
    assert key is not None
    assert () == federation.directory.findings
    assert (federation.sealing_keys[node].id, federation.sealing_keys[node].public) == (key.id, key.public)
    assert (KeyUse.SEAL, node, node, {}) == (key.use, key.owner, key.node, key.terms)


@pytest.mark.parametrize("name", ["FR/~1", "NL/~2", "NL/customs"])
def test_nobody_else_has_one(name: str) -> None:
    assert None is a_federation(sealing=True).directory.sealing_key(name, FOUNDED)


def test_a_key_is_used_from_its_first_moment_to_just_before_its_end() -> None:
    directory = a_federation(sealing=True).directory
    end = FOUNDED + SEALING_KEY_MAX_AGE
    found = [directory.sealing_key("NL/~1", at) is not None for at in (FOUNDED - MOMENT, FOUNDED, end - MOMENT, end)]
    assert [False, True, True, False] == found


def test_may_be_valid_for_the_longest_that_is_allowed_and_for_less() -> None:
    federation = a_federation()
    federation.say(a_sealing_entry("longest", valid_to=FOUNDED + SEALING_KEY_MAX_AGE), NL)
    federation.say(a_sealing_entry("shortest", valid_to=FOUNDED + MOMENT), NL)
    assert (2, ()) == (len(federation.directory.sealing_keys("NL", FOUNDED)), federation.directory.findings)


def test_a_new_key_is_used_from_its_beginning_and_the_old_one_stays_for_tags() -> None:
    federation = a_federation(sealing=True)
    old = federation.sealing_keys["NL/~1"].id
    new = federation.enrol_sealing_key("NL/~1", FOUNDED + 60 * DAY).id
    directory = federation.directory
    assert [old, old, new, new, None] == [used(directory, "NL/~1", days) for days in (0, 59, 60, 149, 150)]
    valid = {days: [key.id for key in directory.sealing_keys("NL", FOUNDED + days * DAY)] for days in (59, 60, 90)}
    assert {59: [old], 60: [new, old], 90: [new]} == valid


def test_after_a_revocation_the_one_before_it_is_used_again_and_tags_are_still_looked_up() -> None:
    federation = a_federation(sealing=True)
    old = federation.sealing_keys["NL/~1"].id
    new = federation.enrol_sealing_key("NL/~1", FOUNDED + DAY)
    federation.say(a_revocation(new), NL)
    assert old == used(federation.directory, "NL/~1", 2)
    assert {old, new.id} == {key.id for key in federation.directory.sealing_keys("NL", FOUNDED + 2 * DAY)}


def test_the_last_key_revoked_leaves_none() -> None:
    federation = a_federation(sealing=True)
    federation.say(a_revocation(federation.sealing_keys["NL/~1"]), NL)
    assert [None, True] == [used(federation.directory, "NL/~1", 1), used(federation.directory, "BE/~1", 1) is not None]


def test_nothing_is_sealed_to_a_node_that_takes_no_part() -> None:
    federation = a_federation(sealing=True)
    federation.say(a_node("NL/~1", active_to=FOUNDED + 10 * DAY), NL)
    found = [used(federation.directory, "NL/~1", days) is not None for days in (9, 10)]
    assert [True, False] == found


def test_nothing_is_sealed_to_a_participant_that_takes_no_part() -> None:
    federation = a_federation(sealing=True)
    federation.say(a_participant("NL", [federation.admin_keys["NL"]], active_to=FOUNDED + 10 * DAY), HUB_STREAM)
    found = [used(federation.directory, "NL/~1", days) is not None for days in (9, 10)]
    assert [True, False] == found


def test_nothing_is_sealed_to_a_node_without_an_entry() -> None:
    federation = a_federation()
    federation.enrol_sealing_key("NL/~2")
    assert None is used(federation.directory, "NL/~2", 1)
    federation.say(a_node("NL/~2"), NL)
    assert federation.sealing_keys["NL/~2"].id == used(federation.directory, "NL/~2", 1)


def test_all_nodes_of_a_participant_are_looked_up_for_tags() -> None:
    federation = a_federation(sealing=True)
    federation.enrol_sealing_key("NL/~2")
    assert ["NL/~1", "NL/~2"] == sorted(str(key.node) for key in federation.directory.sealing_keys("NL", FOUNDED))


def test_a_sealing_key_signs_nothing() -> None:
    federation = a_federation(sealing=True)
    key = federation.sealing_keys["NL/~1"].id
    for originator in ("NL/customs", "NL/~1"):
        with pytest.raises(KeyNotValid):
            federation.directory.check_signer(key, Stream(Originator(originator), 1), FOUNDED)


def test_the_order_of_arrival_changes_nothing() -> None:
    def grown(*, late: bool) -> Federation:
        federation = a_federation()
        for days in (0, 40) if late else (40, 0):
            federation.enrol_sealing_key("NL/~1", FOUNDED + days * DAY)
        return federation

    first, second = grown(late=True).directory, grown(late=False).directory
    days = range(0, 140, 20)
    assert [used(first, "NL/~1", day) for day in days] == [used(second, "NL/~1", day) for day in days]


def test_a_federation_with_sealing_keys_is_the_same_on_every_call() -> None:
    first, second = a_federation(sealing=True), a_federation(sealing=True)
    assert (first.messages, first.directory) == (second.messages, second.directory)
    assert a_federation().messages != first.messages
    assert ENDS > FOUNDED + SEALING_KEY_MAX_AGE
