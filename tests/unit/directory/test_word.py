"""Of a revoked key that counts which the log saw before: whatever time a message says, its place cannot be chosen."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from broker.directory import EnrolledKey, Place, Places, nowhere
from broker.directory.entries import LastValid
from broker.directory.word import check_seen_in_time, check_word
from broker.errors import Disputed, KeyNotValid, KeyRevoked, UnknownKey
from broker.limits import DISPUTED_AFTER
from broker.types.names import Digest, MessageName, Originator, Stream
from tests.support.federation import (
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    a_federation,
    a_revocation,
    a_signing_key,
    admin_stream,
)

NL = admin_stream("NL")
CUSTOMS = Stream(Originator("NL/customs"), 1)
NAME = MessageName(CUSTOMS, 7)
MESSAGE, OTHER = Digest(b"m" * 32), Digest(b"o" * 32)
SEEN = FOUNDED + timedelta(days=10)


def revoked(**changes: object) -> EnrolledKey:
    """Return the key of NL's node, as a revocation with *changes* leaves it."""
    federation = a_federation()
    federation.say(a_revocation(federation.node_keys["NL/~1"], **changes), NL)
    return federation.directory.enrolled_signer(federation.node_keys["NL/~1"].id, CUSTOMS, SEEN)


def places(found: Mapping[Digest, int], seen_at: datetime = SEEN) -> Places:
    return lambda digest: Place(found[digest], seen_at) if digest in found else None


def test_a_key_that_was_not_revoked_needs_no_place() -> None:
    federation = a_federation()
    check_word(
        federation.directory.enrolled_signer(federation.node_keys["NL/~1"].id, CUSTOMS, SEEN), NAME, MESSAGE, nowhere
    )


def test_a_message_below_the_revocation_counts() -> None:
    key = revoked()
    assert key.revoked_by is not None
    check_word(key, NAME, MESSAGE, places({MESSAGE: 4, key.revoked_by: 5}))


def test_a_message_above_the_revocation_is_disputed() -> None:
    key = revoked()
    assert key.revoked_by is not None
    with pytest.raises(Disputed, match="only after that"):
        check_word(key, NAME, MESSAGE, places({MESSAGE: 6, key.revoked_by: 5}))


@pytest.mark.parametrize("known", ["nothing", "message", "revocation"])
def test_what_the_log_does_not_have_proves_nothing(known: str) -> None:
    key = revoked()
    assert key.revoked_by is not None
    found = {"nothing": {}, "message": {MESSAGE: 4}, "revocation": {key.revoked_by: 5}}[known]
    with pytest.raises(KeyRevoked, match="does not prove"):
        check_word(key, NAME, MESSAGE, places(found))


@pytest.mark.parametrize(("seen_at", "counts"), [(SEEN - timedelta(microseconds=1), True), (SEEN, False)])
def test_a_revocation_may_reach_back(seen_at: datetime, counts: bool) -> None:
    key = revoked(reaches_back_to=SEEN)
    assert key.revoked_by is not None
    found = places({MESSAGE: 4, key.revoked_by: 5}, seen_at)
    if counts:
        check_word(key, NAME, MESSAGE, found)
    else:
        with pytest.raises(Disputed, match="back to"):
            check_word(key, NAME, MESSAGE, found)


@pytest.mark.parametrize(
    ("last", "counts"),
    [
        (LastValid(originator="NL/customs", writer=1, sequence=7, digest=MESSAGE), True),
        (LastValid(originator="NL/customs", writer=1, sequence=8, digest=OTHER), True),
        (LastValid(originator="NL/customs", writer=1, sequence=7, digest=OTHER), False),
        (LastValid(originator="NL/customs", writer=1, sequence=6, digest=OTHER), False),
        (LastValid(originator="NL/customs", writer=2, sequence=8, digest=OTHER), False),
        (LastValid(originator="NL/police", writer=1, sequence=8, digest=OTHER), False),
    ],
)
def test_what_the_revocation_itself_vouches_for_counts_however_far_it_reaches(last: LastValid, counts: bool) -> None:
    key = revoked(reaches_back_to=FOUNDED, last_valid=(last,))
    assert key.revoked_by is not None
    found = places({MESSAGE: 4, key.revoked_by: 5})
    if counts:
        check_word(key, NAME, MESSAGE, found)
    else:
        with pytest.raises(Disputed):
            check_word(key, NAME, MESSAGE, found)


def test_a_message_that_comes_up_long_after_its_key_ended_is_disputed() -> None:
    federation = a_federation()
    key = federation.directory.enrolled_signer(federation.node_keys["NL/~1"].id, CUSTOMS, SEEN)
    end = key.valid_to + DISPUTED_AFTER
    check_seen_in_time(key, NAME, None)
    check_seen_in_time(key, NAME, Place(4, end))
    with pytest.raises(Disputed, match="first at"):
        check_seen_in_time(key, NAME, Place(4, end + timedelta(microseconds=1)))


def test_a_revoked_key_is_enrolled_all_the_same_and_says_which_message_revoked_it() -> None:
    federation = a_federation()
    key = federation.node_keys["NL/~1"]
    opened = federation.say(a_revocation(key), NL)
    enrolled = federation.directory.enrolled_signer(key.id, CUSTOMS, SEEN)
    assert (key.public, opened.digest) == (enrolled.public, enrolled.revoked_by)
    with pytest.raises(KeyRevoked):
        federation.directory.check_signer(key.id, CUSTOMS, SEEN)
    with pytest.raises(KeyNotValid):
        federation.directory.enrolled_signer(key.id, admin_stream("BE"), SEEN)
    with pytest.raises(UnknownKey):
        federation.directory.enrolled_signer(a_signing_key("nobody").id, CUSTOMS, SEEN)


def test_of_two_revocations_the_first_counts() -> None:
    federation = a_federation()
    key = federation.node_keys["NL/~1"]
    first = federation.say(a_revocation(key), NL)
    federation.say(a_revocation(key, reaches_back_to=FOUNDED), NL)
    enrolled = federation.directory.enrolled_signer(key.id, CUSTOMS, SEEN)
    assert first.digest == enrolled.revoked_by


def test_a_hub_administrators_key_names_its_revocation() -> None:
    federation = a_federation()
    opened = federation.say(a_revocation(federation.hub_key), ROOT_STREAM)
    key = federation.directory.key(federation.hub_key.id)
    assert key is not None
    assert opened.digest == key.revoked_by


def test_an_administrators_key_names_its_revocation() -> None:
    federation = a_federation()
    opened = federation.say(a_revocation(federation.admin_keys["NL"]), HUB_STREAM)
    key = federation.directory.key(federation.admin_keys["NL"].id)
    assert key is not None
    assert opened.digest == key.revoked_by
