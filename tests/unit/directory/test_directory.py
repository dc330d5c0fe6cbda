"""What a directory answers."""

import hashlib
from datetime import datetime, timedelta

import msgspec
import pytest

from broker.directory import Directory, apply, check_fresh, extend, fold, is_stale
from broker.directory.entries import ConditionsEntry, RevocationReason, TableEntry
from broker.directory.writing import next_occasion, write_entry
from broker.envelope.message import open_envelope
from broker.errors import BadHeader, KeyNotValid, StaleDirectory, UnknownKey, UntrustedRoot
from broker.types.names import ZERO_DIGEST, Originator, Stream
from broker.types.vocabulary import KeyUse, Kind, Tlp
from tests.support.federation import (
    COMMUNITY_TABLE,
    ENDS,
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
    a_seed,
    a_signing_key,
    admin_stream,
    an_authority,
    text_digest,
)
from tests.support.trade import a_trade_entry

NL = admin_stream("NL")
CUSTOMS = Stream(Originator("NL/customs"), 1)
NOW = FOUNDED + timedelta(days=60)


def test_an_empty_directory_has_the_digest_of_zeros() -> None:
    assert ZERO_DIGEST == Directory.empty(FEDERATION, text_digest("a root")).digest


def test_the_digest_is_over_the_sorted_heads_of_the_streams() -> None:
    federation = a_federation()
    lines = sorted(
        f"{stream} {federation.head(stream).sequence} {federation.head(stream).digest.hex()}\n"
        for stream in (ROOT_STREAM, HUB_STREAM, NL, admin_stream("BE"))
    )
    assert hashlib.sha256("".join(lines).encode()).digest() == federation.directory.digest


def test_knows_the_key_that_may_sign_for_a_stream() -> None:
    federation = a_federation()
    key = federation.signing_key("NL/customs")
    assert key.public == federation.directory.check_signer(key.id, CUSTOMS, NOW)


@pytest.mark.parametrize(
    ("stream", "at"),
    [
        (Stream(Originator("BE/customs"), 1), NOW),
        (Stream(Originator("NL/customs"), 11), NOW),
        (CUSTOMS, FOUNDED - timedelta(microseconds=1)),
        (CUSTOMS, ENDS),
        (NL, NOW),
    ],
    ids=["another participant's", "a writer beyond the range", "too early", "too late", "an administrator's"],
)
def test_refuses_a_key_for_a_stream_or_time_that_is_not_its(stream: Stream, at: datetime) -> None:
    federation = a_federation()
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(federation.signing_key("NL/customs").id, stream, at)


def test_refuses_an_administrators_key_for_a_record() -> None:
    federation = a_federation()
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(federation.admin_keys["NL"].id, CUSTOMS, NOW)


def test_refuses_a_key_that_is_not_there() -> None:
    with pytest.raises(UnknownKey):
        a_federation().directory.check_signer(a_signing_key("nobody").id, CUSTOMS, NOW)


def test_a_key_speaks_only_while_its_authority_takes_part() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/customs", active_to=NOW), NL)
    key = federation.signing_key("NL/customs")
    assert key.public == federation.directory.check_signer(key.id, CUSTOMS, NOW - timedelta(microseconds=1))
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(key.id, CUSTOMS, NOW)


def test_a_key_speaks_only_while_its_participant_takes_part() -> None:
    federation = a_federation()
    federation.say(a_participant("NL", [federation.admin_keys["NL"]], active_to=NOW), HUB_STREAM)
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(federation.signing_key("NL/customs").id, CUSTOMS, NOW)
    assert ["BE/customs", "BE/health", "BE/police", "BE/regulator"] == [
        one.authority for one in federation.directory.authorities(NOW)
    ]


def test_a_key_for_an_authority_that_is_not_entered_speaks_once_it_is() -> None:
    federation = a_federation()
    key, stream = a_signing_key("coastguard"), Stream(Originator("NL/coastguard"), 1)
    federation.say(a_key_entry(key, ["NL/coastguard"]), NL)
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(key.id, stream, NOW)
    federation.say(an_authority("NL/coastguard"), NL)
    assert key.public == federation.directory.check_signer(key.id, stream, NOW)


def test_finds_participants_authorities_and_nodes() -> None:
    directory = a_federation().directory
    police = directory.authority("NL/police")
    assert police is not None
    assert ["BE", "NL"] == [one.code for one in directory.participants()]
    assert ["BE/~1", "NL/~1"] == [one.node for one in directory.nodes()]
    assert ("NL/~1", None) == (directory.node_of("NL/police"), directory.node_of("DE/police"))
    assert (police,) == directory.focal_points("NL", NOW)


def test_finds_nothing_that_is_not_there() -> None:
    directory = a_federation().directory
    found = (directory.participant("DE"), directory.authority("DE/police"), directory.node("DE/~1"))
    assert (None, None, None) == found
    assert (None, None) == (directory.conditions("DE"), directory.key(a_signing_key("nobody").id))


def test_lists_every_key_with_its_use_and_owner() -> None:
    keys = a_federation(["NL"]).directory.keys()
    administrate = KeyUse.ADMINISTRATE
    assert [
        ("NL/~1", KeyUse.SIGN),
        ("NL/~admin", administrate),
        ("X-HUB/~admin", administrate),
        *[("X-HUB/~root", administrate)] * 3,
    ] == [(key.owner, key.use) for key in keys]


def test_gives_the_newest_conditions_of_a_participant() -> None:
    federation = a_federation()
    assert federation.directory.conditions("NL") is None
    for table in ("{}", '{"version": 2}'):
        federation.say(ConditionsEntry(participant="NL", table=table, digest=text_digest(table)), NL)
    assert ('{"version": 2}', text_digest('{"version": 2}')) == federation.directory.conditions("NL")


def test_gives_what_a_participant_said_last_of_notifications() -> None:
    federation = a_federation()
    assert federation.directory.trade("NL") is None
    for months in (12, 6):
        federation.say(a_trade_entry(simplified_months=months), NL)
    directory = federation.directory
    assert (a_trade_entry(simplified_months=6), None, None) == (
        directory.trade("NL"), directory.trade("BE"), directory.trade("ZZ"),
    )  # fmt: skip


def test_gives_the_community_table_that_the_root_names() -> None:
    federation = a_federation()
    federation.say(TableEntry(table="{}", digest=text_digest("{}")), HUB_STREAM)
    assert (COMMUNITY_TABLE, text_digest(COMMUNITY_TABLE)) == federation.directory.community_table()
    root = a_root(federation.root_keys, [federation.hub_key], version=2, community_table_digest=text_digest("{}"))
    federation.say(root, ROOT_STREAM)
    assert ("{}", text_digest("{}")) == federation.directory.community_table()


def test_has_no_community_table_until_its_text_is_there() -> None:
    federation = Federation()
    opened = federation.say(a_root(federation.root_keys, [federation.hub_key]), ROOT_STREAM)
    assert fold([opened], opened.digest, FEDERATION).community_table() is None


def test_messages_wait_for_those_they_rest_on() -> None:
    federation = a_federation(["NL"])
    directory = Directory.empty(FEDERATION, federation.root_digest)
    for opened in reversed(federation.opened[1:]):
        directory = extend(directory, opened)
    assert len(federation.messages) - 1 == len(directory.pending) == len(directory.findings)
    assert federation.directory == extend(directory, federation.opened[0])


def test_an_administrator_writes_the_next_message_from_the_directory() -> None:
    federation = a_federation()
    directory = federation.directory
    occasion = next_occasion(directory, NL, issued_at=NOW, salt=a_seed("salt"))
    raw = write_entry(an_authority("NL/coastguard"), occasion, [federation.admin_keys["NL"]])
    after = apply(directory, open_envelope(raw))
    assert after.authority("NL/coastguard") is not None
    assert directory.digest == open_envelope(raw).header.directory_digest != after.digest


def test_an_administrator_may_open_another_writer() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/police", name="newer"), admin_stream("NL", 2))
    federation.say(an_authority("NL/police", name="older"), NL)
    police = federation.directory.authority("NL/police")
    assert police is not None
    assert "newer" == police.name


def test_is_fresh_up_to_the_age_that_the_root_tolerates() -> None:
    directory = a_federation().directory
    edge = NOW + timedelta(hours=48)
    check_fresh(directory, newest_seen=NOW, now=edge)
    assert not is_stale(directory, newest_seen=NOW, now=edge)


def test_is_stale_beyond_it() -> None:
    directory = a_federation().directory
    with pytest.raises(StaleDirectory, match="48 hours"):
        check_fresh(directory, newest_seen=NOW, now=NOW + timedelta(hours=48, microseconds=1))


def test_without_a_root_nobody_knows_what_is_fresh() -> None:
    with pytest.raises(UntrustedRoot):
        is_stale(Directory.empty(FEDERATION, ZERO_DIGEST), newest_seen=NOW, now=NOW)


def test_shows_what_is_wrong_with_a_message_by_its_name() -> None:
    federation = a_federation()
    opened = federation.say(an_authority("BE/coastguard"), NL)
    found = federation.directory.findings
    assert [(opened.header.name, "foreign-entry", False)] == [(one.name, one.code, one.waiting) for one in found]


def test_the_result_can_be_compared() -> None:
    federation = a_federation()
    changed = msgspec.structs.replace(federation.directory.parts, digest=ZERO_DIGEST)
    assert federation.directory == federation.directory
    assert federation.directory.parts != changed


def test_a_key_speaks_no_earlier_than_its_authority_takes_part() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/customs", active_from=NOW), NL)
    with pytest.raises(KeyNotValid):
        federation.directory.check_signer(
            federation.signing_key("NL/customs").id, CUSTOMS, NOW - timedelta(microseconds=1)
        )


@pytest.mark.parametrize("at", [FOUNDED, FOUNDED + timedelta(days=70)], ids=["before", "after"])
def test_an_administrator_speaks_only_while_its_participant_takes_part(at: datetime) -> None:
    federation = a_federation(["BE"])
    key = a_signing_key("NL admin")
    interval = {"active_from": FOUNDED + timedelta(days=50), "active_to": FOUNDED + timedelta(days=70)}
    federation.say(a_participant("NL", [key], **interval), HUB_STREAM)
    with pytest.raises(KeyNotValid):
        apply(federation.directory, federation.compose(an_authority("NL/police"), NL, [key], issued_at=at))
    opened = federation.compose(an_authority("NL/police"), NL, [key], issued_at=NOW)
    assert opened.digest == apply(federation.directory, opened).head(NL).digest


def test_of_two_revocations_of_a_nodes_key_the_first_counts() -> None:
    federation = a_federation()
    key = federation.node_keys["NL/~1"]
    for reason in (RevocationReason.COMPROMISED, RevocationReason.SUPERSEDED):
        federation.say(a_revocation(key, reason=reason), NL)
    enrolled = federation.directory.key(key.id)
    assert enrolled is not None
    assert enrolled.revocation is not None
    assert RevocationReason.COMPROMISED is enrolled.revocation.reason


@pytest.mark.parametrize("changes", [{"kind": Kind.RECORD}, {"tlp": Tlp.GREEN}], ids=["a record", "not clear"])
def test_refuses_what_is_no_directory_message(changes: dict[str, Kind | Tlp]) -> None:
    federation = a_federation()
    opened = federation.compose(an_authority("NL/coastguard"), NL)
    header = msgspec.structs.replace(opened.header, **changes)
    with pytest.raises(BadHeader):
        extend(federation.directory, msgspec.structs.replace(opened, header=header))
