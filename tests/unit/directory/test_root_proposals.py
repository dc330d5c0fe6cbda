"""A new root record on its way: what may be proposed, who has to sign, and what every directory makes of it."""

from typing import Any

import msgspec
import pytest

from broker.directory import fold
from broker.directory.entries import RootEntry, Witness
from broker.directory.proposal import (
    check_proposal,
    join_proposals,
    root_chain,
)
from broker.directory.root import ROOT_STREAM
from broker.directory.root_change import Appointment, RootChange, change_root
from broker.directory.rules import NOTARY
from broker.directory.writing import next_occasion, write_entry
from broker.envelope.message import open_envelope
from broker.errors import (
    AlreadyThere,
    BadFile,
    BadPossession,
    BadSignature,
    BodyMismatch,
    BrokenChain,
    BrokerError,
    InvalidRecord,
    MalformedError,
    ThresholdNotMet,
    UnknownKey,
    UntrustedRoot,
    WeakQuorum,
)
from broker.signing.keys import SigningKey
from broker.types.names import HUB_ADMIN, ROOT, ZERO_DIGEST, Digest
from broker.types.vocabulary import KeyUse
from tests.support.federation import FEDERATION, a_federation, a_signing_key, a_statement
from tests.support.keepers import LATER, Keepers

NEW_ROOT = a_signing_key("root 4")


@pytest.fixture
def keepers() -> Keepers:
    return Keepers(a_federation())


def a_root_key(key: SigningKey = NEW_ROOT) -> Appointment:
    return Appointment(office="root", key=a_statement(key, ROOT))


def a_witness(label: str, **changes: Any) -> Appointment:
    name = f"{FEDERATION}/witness/{label}"
    statement = a_statement(a_signing_key(f"witness {label}"), name, KeyUse.WITNESS)
    one = Appointment(office="witness", name=name, operator=f"operator of {label}", key=statement)
    return msgspec.structs.replace(one, **changes)


def witnesses(*labels: str) -> list[Appointment]:
    return [a_witness(label) for label in labels]


def test_a_proposal_that_all_have_signed_is_the_next_root_record(keepers: Keepers) -> None:
    proposal = keepers.propose(RootChange(added=witnesses("NL", "BE", "DE"), witness_quorum=2))
    keepers.publish(keepers.sign(proposal, *keepers.keys))

    assert () == keepers.directory.findings
    assert (2, 2, 3) == (
        keepers.directory.root.version,
        keepers.directory.root.witness_quorum,
        len(keepers.directory.root.witnesses),
    )


def test_what_follows_does_not_depend_on_the_order_of_arrival(keepers: Keepers) -> None:
    keepers.publish(keepers.sign(keepers.propose(RootChange(threshold=3)), *keepers.keys))

    assert keepers.directory == fold(reversed(keepers.messages), keepers.digest, FEDERATION)


def test_a_rotated_key_signs_the_next_one_and_the_old_one_does_not(keepers: Keepers) -> None:
    old, *stay = keepers.keys
    change = RootChange(added=[a_root_key()], removed=[old.id.hex()])
    keepers.publish(keepers.sign(keepers.propose(change), *stay, NEW_ROOT))
    again = RootChange(heads_max_age_hours=24)
    with pytest.raises(UnknownKey, match="no root key"):
        keepers.propose(again, [old, *stay])
    keepers.publish(keepers.sign(keepers.propose(again, [stay[0], NEW_ROOT]), stay[0], NEW_ROOT))

    assert (3, 24) == (keepers.directory.root.version, keepers.directory.root.heads_max_age_hours)
    assert {key.id for key in (*stay, NEW_ROOT)} == {one.id for one in keepers.directory.root.root_keys}


def test_where_all_keys_but_one_leave_those_that_leave_sign_too(keepers: Keepers) -> None:
    fresh = [a_signing_key(f"root {number}") for number in (4, 5)]
    gone = [key.id.hex() for key in keepers.keys[:2]]
    proposal = keepers.propose(RootChange(added=[a_root_key(key) for key in fresh], removed=gone))
    signers = check_proposal(proposal, keepers.digest).header.signers

    assert [keepers.keys[2].id, *(key.id for key in fresh), keepers.keys[0].id] == list(signers)


def test_two_keepers_sign_copies_at_once(keepers: Keepers) -> None:
    first, second, _ = keepers.keys
    proposal = keepers.propose(RootChange(threshold=1), [first, second])
    copies = [keepers.sign(proposal, key) for key in (first, second)]
    keepers.publish(join_proposals(copies))

    assert 1 == keepers.directory.root.threshold


def test_copies_of_two_proposals_are_not_put_together(keepers: Keepers) -> None:
    with pytest.raises(BadFile, match="not copies"):
        join_proposals([keepers.propose(RootChange(threshold=one)) for one in (1, 3)])


def test_too_few_signatures_are_never_a_root_record(keepers: Keepers) -> None:
    first, second, _ = keepers.keys
    proposal = keepers.sign(keepers.propose(RootChange(threshold=1), [first, second]), first)

    with pytest.raises(ThresholdNotMet, match=f"1 of the 2 keys that it names; missing: {second.id.hex()[:12]}"):
        keepers.publish(proposal)


@pytest.mark.parametrize(("count", "says"), [(1, "1 valid keys of the present root"), (0, "")])
def test_too_few_signers_are_not_even_proposed(keepers: Keepers, count: int, says: str) -> None:
    change = RootChange(threshold=1)
    if count:
        with pytest.raises(ThresholdNotMet, match=says):
            keepers.propose(change, keepers.keys[:count])
    else:
        assert 3 == len(check_proposal(keepers.propose(change), keepers.digest).missing)


def test_a_threshold_that_grows_is_met_by_the_new_root_too(keepers: Keepers) -> None:
    with pytest.raises(ThresholdNotMet, match="2 valid keys of the new root, version 2, would sign; it takes 3"):
        keepers.propose(RootChange(threshold=3), keepers.keys[:2])


def test_a_key_that_has_ended_does_not_count(keepers: Keepers) -> None:
    ended = a_root_key(NEW_ROOT)
    ended = msgspec.structs.replace(ended, key=msgspec.structs.replace(ended.key, valid_to=LATER))
    with pytest.raises(ThresholdNotMet, match="present"):
        keepers.propose(RootChange(added=[ended]), [keepers.keys[0], NEW_ROOT])


def test_a_key_that_is_nobodys_does_not_sign(keepers: Keepers) -> None:
    proposal = keepers.propose(RootChange(threshold=1))
    with pytest.raises(UnknownKey, match="does not sign this root record"):
        keepers.sign(proposal, NEW_ROOT)
    with pytest.raises(AlreadyThere, match="has signed"):
        keepers.sign(proposal, keepers.keys[0], keepers.keys[0])


@pytest.mark.parametrize("version", [1, 3, 9])
def test_a_version_is_neither_skipped_nor_taken_twice(keepers: Keepers, version: int) -> None:
    with pytest.raises(BrokenChain, match=f"root version {version} does not follow version 1"):
        keepers.propose(RootChange(threshold=1), version=version)


def test_two_proposals_of_one_version_are_not_both_published(keepers: Keepers) -> None:
    first, second = (keepers.sign(keepers.propose(RootChange(threshold=one)), *keepers.keys) for one in (1, 3))
    keepers.publish(first)
    with pytest.raises(BrokenChain, match="does not follow number 2"):
        keepers.publish(second)
    with pytest.raises(AlreadyThere, match="in force already"):
        keepers.publish(first)

    assert 1 == keepers.directory.root.threshold


NOTARIES = [
    Appointment(office="notary", key=a_statement(a_signing_key(f"notary {one}"), NOTARY, KeyUse.LOG)) for one in (1, 2)
]
ONE_OPERATOR = [a_witness("NL"), a_witness("BE", operator="operator of NL")]
FOR_ANOTHER_OFFICE = Appointment(office="administrator", key=a_statement(NEW_ROOT, ROOT))
FOR_ANOTHER_NAME = a_witness("NL", name="other")
AGAIN = a_root_key(a_signing_key("root 1"))
CANNOT_BE: dict[str, tuple[RootChange, type[BrokerError], str]] = {
    "nobody to ask": (RootChange(witness_quorum=1), WeakQuorum, "1 of 0 witnesses can never be had"),
    "more than there are": (RootChange(added=witnesses("NL", "BE"), witness_quorum=3), WeakQuorum, "never be had"),
    "two histories": (RootChange(added=witnesses("NL", "BE", "DE"), witness_quorum=1), WeakQuorum, "two histories"),
    "no quorum": (RootChange(added=witnesses("NL", "BE")), WeakQuorum, "quorum of 0 of 2"),
    "one operator": (RootChange(added=ONE_OPERATOR, witness_quorum=2), WeakQuorum, "one operator"),
    "threshold": (RootChange(threshold=4), InvalidRecord, "3 keys cannot have the threshold 4"),
    "no threshold": (RootChange(threshold=0), InvalidRecord, "threshold 0"),
    "unknown key": (RootChange(removed=["ffffffff"]), UnknownKey, "'ffffffff' is not one key of the root record"),
    "no key": (RootChange(removed=[""]), UnknownKey, "is not one key"),
    "nothing": (RootChange(), InvalidRecord, "would say what the present one says"),
    "the same": (RootChange(threshold=2), InvalidRecord, "would say what the present one says"),
    "twice": (RootChange(added=[AGAIN]), AlreadyThere, "in the root record already"),
    "two notaries": (RootChange(added=NOTARIES), InvalidRecord, "two keys are to be added for 'notary'"),
    "one name": (RootChange(added=[*witnesses("NL"), *witnesses("NL")]), InvalidRecord, "two keys .*witness/NL"),
    "another office": (RootChange(added=[FOR_ANOTHER_OFFICE]), BadPossession, "X-HUB/~admin"),
    "another name": (RootChange(added=[FOR_ANOTHER_NAME], witness_quorum=1), BadPossession, "other"),
}


@pytest.mark.parametrize(("change", "error", "says"), CANNOT_BE.values(), ids=CANNOT_BE)
def test_a_root_record_that_cannot_be_is_not_proposed(
    keepers: Keepers, change: RootChange, error: type[BrokerError], says: str
) -> None:
    with pytest.raises(error, match=says):
        keepers.propose(change)


def test_a_file_that_says_what_no_root_record_may_say_is_not_signed(keepers: Keepers) -> None:
    with pytest.raises(WeakQuorum):
        keepers.propose(RootChange(threshold=1), witness_quorum=5)


def test_a_table_that_nobody_has_is_not_put_in_force(keepers: Keepers) -> None:
    with pytest.raises(InvalidRecord, match="no community table 010101"):
        keepers.propose(RootChange(community_table_digest=Digest(b"\x01" * 32)))


def test_a_key_of_somebody_else_gets_no_second_office(keepers: Keepers) -> None:
    keepers.publish(keepers.sign(keepers.propose(RootChange(added=[a_root_key()])), *keepers.keys, NEW_ROOT))
    gone = RootChange(removed=[NEW_ROOT.id.hex()])
    keepers.publish(keepers.sign(keepers.propose(gone), *keepers.keys))

    with pytest.raises(AlreadyThere, match="already X-HUB/~root's"):
        keepers.propose(RootChange(added=[Appointment(office="administrator", key=a_statement(NEW_ROOT, HUB_ADMIN))]))


def test_a_witness_that_is_stated_anew_takes_its_new_key(keepers: Keepers) -> None:
    entry = change_root(keepers.directory.root, RootChange(added=witnesses("NL", "BE"), witness_quorum=2))
    name = f"{FEDERATION}/witness/NL"
    anew = a_witness("NL", key=a_statement(a_signing_key("another"), name, KeyUse.WITNESS), operator="others")
    changed = change_root(entry, RootChange(added=[anew]))

    assert (3, 2) == (changed.version, len(changed.witnesses))
    assert Witness(name=name, operator="others", key=anew.key) in changed.witnesses


def test_whom_to_trust_is_not_the_files_to_say(keepers: Keepers) -> None:
    proposal = keepers.propose(RootChange(threshold=1))

    with pytest.raises(UntrustedRoot):
        check_proposal(proposal, ZERO_DIGEST)
    with pytest.raises(UntrustedRoot):
        check_proposal(msgspec.structs.replace(proposal, chain=()), keepers.digest)


def test_an_older_chain_is_no_way_back(keepers: Keepers) -> None:
    """A file that leaves out the newest root would let keys sign that have left."""
    old, *stay = keepers.keys
    keepers.publish(
        keepers.sign(keepers.propose(RootChange(added=[a_root_key()], removed=[old.id.hex()])), *stay, NEW_ROOT)
    )
    proposal = keepers.propose(RootChange(threshold=1))
    with pytest.raises(BrokenChain):
        check_proposal(msgspec.structs.replace(proposal, chain=proposal.chain[:1]), keepers.digest)


def test_what_others_wrote_into_the_topic_is_no_part_of_the_chain(keepers: Keepers) -> None:
    chain = root_chain(keepers.messages, keepers.digest, FEDERATION)
    (first,) = chain
    spoilt = msgspec.structs.replace(first, raw=first.raw[:-1] + b"x", signatures=first.signatures[::-1])

    assert chain == root_chain([spoilt, *keepers.messages], keepers.digest, FEDERATION)


def test_a_root_message_that_has_its_place_and_says_nothing_stops_no_later_one(keepers: Keepers) -> None:
    """A root record that skips a version, signed by all keys and sent by other means."""
    skips = msgspec.structs.replace(change_root(keepers.directory.root, RootChange(threshold=1)), version=9)
    occasion = next_occasion(keepers.directory, ROOT_STREAM, issued_at=LATER, salt=b"t" * 32)
    keepers.messages.append(open_envelope(write_entry(skips, occasion, keepers.keys)))
    keepers.publish(keepers.sign(keepers.propose(RootChange(threshold=3)), *keepers.keys))

    assert (2, 3) == (keepers.directory.root.version, keepers.directory.root.threshold)
    assert 3 == keepers.directory.head(ROOT_STREAM).sequence


def test_no_byte_of_a_proposal_can_be_changed(keepers: Keepers) -> None:
    proposal = keepers.sign(keepers.propose(RootChange(threshold=1)), *keepers.keys)
    for place in range(0, len(proposal.header), 7):
        header = bytearray(proposal.header)
        header[place] ^= 1
        with pytest.raises(BrokerError):
            check_proposal(msgspec.structs.replace(proposal, header=bytes(header)), keepers.digest)
    for place in range(0, len(proposal.body), 61):
        body = bytearray(proposal.body)
        body[place] ^= 1
        with pytest.raises((BodyMismatch, MalformedError)):
            check_proposal(msgspec.structs.replace(proposal, body=bytes(body)), keepers.digest)


def test_a_signature_that_is_wrong_or_nobodys_is_refused(keepers: Keepers) -> None:
    proposal = keepers.sign(keepers.propose(RootChange(threshold=1)), *keepers.keys)
    first, second, third = (key.id.hex() for key in keepers.keys)
    swapped = {**proposal.signatures, first: proposal.signatures[second]}
    strangers = {NEW_ROOT.id.hex(): proposal.signatures[third]}

    with pytest.raises(BadSignature):
        check_proposal(msgspec.structs.replace(proposal, signatures=swapped), keepers.digest)
    with pytest.raises(BadFile, match="a key that does not sign"):
        check_proposal(msgspec.structs.replace(proposal, signatures=strangers), keepers.digest)


def test_the_root_says_nothing_else_by_a_proposal(keepers: Keepers) -> None:
    proposal = keepers.propose(RootChange(threshold=1))
    other = open_envelope(a_federation().messages[1])
    with pytest.raises(BrokerError):
        check_proposal(
            msgspec.structs.replace(proposal, header=other.header_bytes, body=other.bodies[0]), keepers.digest
        )


def test_the_entry_stays_as_it_is_where_nothing_is_said_of_it(keepers: Keepers) -> None:
    before = keepers.directory.root
    after = change_root(before, RootChange(checkpoint_max_age_hours=5))
    expected: RootEntry = msgspec.structs.replace(before, version=2, checkpoint_max_age_hours=5)

    assert expected == after
    assert ROOT_STREAM in keepers.directory.heads
