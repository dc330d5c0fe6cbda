"""What a key of an administrator that was left out, or has expired, may still say: nothing that nobody vouches for."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest

from broker.directory import Directory, extend, fold
from broker.directory.entries import LastValid, RevocationReason
from broker.directory.writing import next_occasion
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.errors import KeyNotValid, UnknownKey
from broker.signing.keys import SigningKey
from broker.types.names import HUB_ADMIN, Originator, Stream
from tests.support.federation import (
    FEDERATION,
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_federation,
    a_key_entry,
    a_participant,
    a_revocation,
    a_root,
    a_signing_key,
    a_statement,
    admin_stream,
    an_authority,
)

NL, FRESH = admin_stream("NL"), admin_stream("NL", 999)
CUSTOMS = Stream(Originator("NL/customs"), 1)
ROTATED = FOUNDED + timedelta(days=30)
LATER = FOUNDED + timedelta(days=60)
SUCCESSOR = a_signing_key("NL admin 2")
NEXT_HUB = a_signing_key("next hub")
THIEF = a_signing_key("key of a thief")


def enter(federation: Federation, *keys: SigningKey, days: int = 30) -> Opened:
    """Enter NL anew with *keys*."""
    at = FOUNDED + timedelta(days=days)
    return federation.say(a_participant("NL", keys), HUB_STREAM, issued_at=at)


def rotated() -> Federation:
    """Return a federation whose NL administrator was succeeded as it should be: first speak, then leave the old out."""
    federation = a_federation()
    enter(federation, federation.admin_keys["NL"], SUCCESSOR, days=20)
    federation.say(an_authority("NL/xa"), NL, [SUCCESSOR], issued_at=FOUNDED + timedelta(days=21))
    enter(federation, SUCCESSOR)
    return federation


def accepts(directory: Directory, key: SigningKey) -> bool:
    try:
        directory.check_signer(key.id, CUSTOMS, LATER)
    except (UnknownKey, KeyNotValid):
        return False
    return True


def backdated(federation: Federation, stream: Stream = FRESH) -> Opened:
    """Return what the holder of NL's old key enrols for itself, dated to when the key was valid."""
    entry = a_key_entry(THIEF, ["NL/customs"])
    return federation.compose(entry, stream, issued_at=FOUNDED + timedelta(hours=30))


def test_a_rotated_key_cannot_backdate_a_message_into_a_new_stream() -> None:
    federation = rotated()
    opened = backdated(federation)
    directory = extend(federation.directory, opened)
    assert not accepts(directory, THIEF)
    assert federation.directory.digest == directory.digest
    assert [("key-not-valid", opened.digest, True)] == [
        (one.code, one.digest, one.waiting) for one in directory.findings
    ]


def test_what_a_rotated_key_said_before_its_successor_spoke_stays() -> None:
    directory = rotated().directory
    assert directory.authority("NL/police") is not None
    assert accepts(directory, a_signing_key("NL"))
    assert () == directory.findings


def test_a_rotated_key_cannot_go_on_in_the_stream_of_its_successor() -> None:
    federation = rotated()
    directory = extend(federation.directory, backdated(federation, NL))
    assert (False, federation.head(NL).sequence) == (accepts(directory, THIEF), directory.head(NL).sequence)


def test_a_rotated_key_cannot_fork_what_its_successor_built_on() -> None:
    federation = rotated()
    before = next(one for one in federation.opened if one.header.stream == NL and one.header.sequence == 2)
    forged = federation.compose(
        a_key_entry(THIEF, ["NL/customs"]),
        NL,
        head=federation.directory.head(Stream(Originator("NL/~admin"), 7)),
        issued_at=before.header.issued_at,
    )
    directory = extend(federation.directory, forged)
    assert federation.directory.digest == directory.digest
    assert not accepts(directory, THIEF)


def test_nobody_vouches_by_a_signature_that_is_wrong() -> None:
    federation = rotated()
    chain = [federation.say(a_key_entry(THIEF, ["NL/customs"]), FRESH, issued_at=FOUNDED + timedelta(hours=30))]
    signed = federation.compose(an_authority("NL/xb"), FRESH, [SUCCESSOR], issued_at=LATER)
    wrong = (msgspec.structs.replace(signed.signatures[0], signature=bytes(64)),)
    chain.append(open_envelope(format_envelope(Envelope(signed.header_bytes, wrong, signed.bodies))))
    for messages in (chain, chain[::-1]):
        directory = rotated().directory
        for one in messages:
            directory = extend(directory, one)
        assert (False, None) == (accepts(directory, THIEF), directory.authority("NL/xb"))


def test_a_revoked_key_vouches_for_nothing_beyond_its_last_valid_message() -> None:
    federation = rotated()
    head = federation.head(NL)
    last = LastValid(originator="NL/~admin", writer=1, sequence=head.sequence, digest=head.digest)
    federation.say(a_revocation(SUCCESSOR, last_valid=(last,)), HUB_STREAM, issued_at=LATER)
    assert accepts(federation.directory, a_signing_key("NL"))
    federation.say(a_key_entry(THIEF, ["NL/customs"]), FRESH, issued_at=FOUNDED + timedelta(hours=30))
    federation.say(an_authority("NL/xb"), FRESH, [SUCCESSOR], issued_at=ROTATED)
    assert not accepts(federation.directory, THIEF)


def test_nobody_vouches_for_another_stream() -> None:
    federation = rotated()
    chain = [federation.say(a_key_entry(THIEF, ["NL/customs"]), FRESH, issued_at=FOUNDED + timedelta(hours=30))]
    elsewhere = admin_stream("NL", 7)
    chain.append(
        federation.compose(an_authority("NL/xb"), elsewhere, [SUCCESSOR], head=federation.head(FRESH), issued_at=LATER)
    )
    assert not accepts(fold([*federation.opened, *chain], federation.root_digest, FEDERATION), THIEF)


def test_an_expired_key_cannot_backdate_a_message_once_it_was_succeeded() -> None:
    federation = a_federation(["BE"])
    old = a_signing_key("NL admin")
    federation.admin_keys["NL"] = old
    expiring = a_statement(old, "NL/~admin", valid_to=FOUNDED + timedelta(days=25))
    for key, day in ((expiring, 0), (expiring, 20), (expiring, 30)):
        statements = (key,) if day == 0 else (key, a_statement(SUCCESSOR, "NL/~admin"))
        entry = a_participant("NL", [], administrators=statements)
        federation.say(entry, HUB_STREAM, issued_at=FOUNDED + timedelta(days=day))
        if day == 20:
            federation.say(an_authority("NL/customs"), NL, [old], issued_at=FOUNDED)
            federation.say(an_authority("NL/xa"), NL, [SUCCESSOR], issued_at=FOUNDED + timedelta(days=21))
    directory = extend(federation.directory, backdated(federation))
    assert (True, False) == (directory.authority("NL/customs") is not None, accepts(directory, THIEF))


def test_a_country_whose_only_key_has_expired_does_not_vanish() -> None:
    federation = a_federation()
    old = federation.admin_keys["NL"]
    expired = a_statement(old, "NL/~admin", valid_to=FOUNDED + timedelta(days=25))
    federation.say(a_participant("NL", [], administrators=(expired,)), HUB_STREAM, issued_at=ROTATED)
    assert federation.directory.authority("NL/police") is not None


def test_a_country_counts_no_more_until_the_new_key_speaks_and_then_as_before() -> None:
    federation = a_federation()
    enter(federation, SUCCESSOR)
    directory = federation.directory
    assert (None, 0) == (directory.authority("NL/police"), directory.head(NL).sequence)
    assert ["key-not-valid"] + ["broken-chain"] * 5 == [one.code for one in directory.findings]
    assert all(one.waiting for one in directory.findings)
    assert "vouches" in directory.findings[0].says
    federation.say(an_authority("NL/xa"), NL, [SUCCESSOR], issued_at=ROTATED)
    assert (True, ()) == (accepts(federation.directory, a_signing_key("NL")), federation.directory.findings)


def test_a_country_is_back_when_the_old_key_is_stated_again() -> None:
    federation = a_federation()
    enter(federation, SUCCESSOR)
    enter(federation, federation.admin_keys["NL"], SUCCESSOR, days=31)
    assert (True, ()) == (accepts(federation.directory, a_signing_key("NL")), federation.directory.findings)


def test_a_revocation_that_names_the_last_message_vouches_for_what_an_old_key_said() -> None:
    federation = a_federation()
    head = federation.head(NL)
    last = LastValid(originator="NL/~admin", writer=1, sequence=head.sequence, digest=head.digest)
    enter(federation, SUCCESSOR)
    entry = a_revocation(federation.admin_keys["NL"], reason=RevocationReason.SUPERSEDED, last_valid=(last,))
    federation.say(entry, HUB_STREAM, issued_at=ROTATED)
    assert head.digest == federation.directory.head(NL).digest
    assert not accepts(extend(federation.directory, backdated(federation)), THIEF)


def test_nobody_starts_a_stream_anew_that_waits_for_a_voucher() -> None:
    federation = a_federation()
    enter(federation, SUCCESSOR)
    with pytest.raises(KeyNotValid, match="NL/~admin"):
        next_occasion(federation.directory, NL, issued_at=LATER, salt=bytes(32))


def test_a_revocation_by_an_old_key_still_takes_away() -> None:
    federation = rotated()
    federation.say(
        a_revocation(federation.node_keys["NL/~1"]), admin_stream("NL", 2), issued_at=FOUNDED + timedelta(hours=40)
    )
    enrolled = federation.directory.key(federation.node_keys["NL/~1"].id)
    assert enrolled is not None
    assert enrolled.revocation is not None


def rotated_hub() -> Federation:
    """Return a federation whose hub administrator was succeeded as it should be."""
    federation = a_federation()
    for version, keys, day in ((2, [federation.hub_key, NEXT_HUB], 20), (3, [NEXT_HUB], 30)):
        root = a_root(federation.root_keys, keys, version=version)
        federation.say(root, ROOT_STREAM, issued_at=FOUNDED + timedelta(days=day))
        if version == 2:
            federation.say(a_participant("DE", []), HUB_STREAM, [NEXT_HUB], issued_at=FOUNDED + timedelta(days=21))
    return federation


def test_a_rotated_hub_key_cannot_backdate_an_administrator() -> None:
    federation = rotated_hub()
    before = federation.directory
    fresh = Stream(HUB_ADMIN, 999)
    forged = federation.compose(a_participant("NL", [THIEF]), fresh, issued_at=FOUNDED + timedelta(hours=30))
    directory = extend(before, forged)
    assert before.parts.keys == directory.parts.keys
    assert ["BE", "DE", "NL"] == [one.code for one in directory.participants()]
    assert ["key-not-valid"] == [one.code for one in directory.findings]


def test_a_revocation_by_an_old_hub_key_still_takes_away() -> None:
    federation = rotated_hub()
    revocation = federation.compose(
        a_revocation(federation.admin_keys["NL"]), Stream(HUB_ADMIN, 999), issued_at=FOUNDED + timedelta(hours=30)
    )
    assert extend(federation.directory, revocation).authority("NL/police") is None


def test_old_keys_of_hub_and_country_together_vouch_for_nothing() -> None:
    federation = rotated_hub()
    enter_at = FOUNDED + timedelta(days=31)
    federation.say(
        a_participant("NL", [federation.admin_keys["NL"], SUCCESSOR]), HUB_STREAM, [NEXT_HUB], issued_at=enter_at
    )
    federation.say(an_authority("NL/xa"), NL, [SUCCESSOR], issued_at=FOUNDED + timedelta(days=32))
    federation.say(a_participant("NL", [SUCCESSOR]), HUB_STREAM, [NEXT_HUB], issued_at=FOUNDED + timedelta(days=33))
    forged = backdated(federation)
    last = LastValid(originator="NL/~admin", writer=999, sequence=1, digest=forged.digest)
    revocation = a_revocation(federation.admin_keys["NL"], last_valid=(last,))
    stolen = federation.compose(revocation, Stream(HUB_ADMIN, 999), issued_at=FOUNDED + timedelta(hours=30))
    directory = fold([*federation.opened, forged, stolen], federation.root_digest, FEDERATION)
    assert not accepts(directory, THIEF)
    assert directory.key(THIEF.id) is None


def test_gives_the_same_whenever_the_successor_speaks() -> None:
    federation = rotated()
    moving = [*federation.opened[-3:], backdated(federation), backdated(federation, NL)]
    expected = fold([*federation.opened, *moving[-2:]], federation.root_digest, FEDERATION)
    base = fold(federation.opened[:-3], federation.root_digest, FEDERATION)
    for order in permutations(moving):
        directory = base
        for opened in order:
            directory = extend(directory, opened)
        assert expected == directory


def test_entering_a_participant_again_from_a_later_day_keeps_what_it_said_before() -> None:
    federation = a_federation()
    entry = a_participant("NL", [federation.admin_keys["NL"]], active_from=ROTATED)
    federation.say(entry, HUB_STREAM, issued_at=ROTATED)
    assert accepts(federation.directory, a_signing_key("NL"))
    assert () == federation.directory.findings


def test_what_an_administrator_says_between_two_times_of_taking_part_does_not_count() -> None:
    federation = a_federation()
    key = federation.admin_keys["NL"]
    federation.say(a_participant("NL", [key], active_to=ROTATED), HUB_STREAM, issued_at=ROTATED)
    federation.say(a_participant("NL", [key], active_from=LATER), HUB_STREAM, issued_at=ROTATED)
    between = federation.compose(an_authority("NL/xa"), NL, issued_at=ROTATED)
    after = federation.compose(an_authority("NL/xa"), NL, issued_at=LATER)
    directory = federation.directory
    assert [None, True] == [(extend(directory, one).authority("NL/xa") and True) for one in (between, after)]
    assert directory.authority("NL/police") is not None
