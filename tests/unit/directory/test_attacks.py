"""The attacks that a trust list has to withstand (the list is that of The Update Framework), each tried once."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from broker.directory import Directory, apply, extend, fold
from broker.directory.entries import (
    AgreedField,
    AskedScope,
    ConditionsEntry,
    DeadlineUnit,
    Entry,
    KeyEntry,
    KeyStatement,
    RootEntry,
    StreamGrant,
    TableEntry,
    Weekday,
    Witness,
)
from broker.directory.writing import Occasion, sealing_key_entry, write_entry
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import Envelope, Signature, format_envelope
from broker.errors import (
    AlreadyThere,
    BadHeader,
    BadName,
    BadPossession,
    BadSignature,
    BodyMismatch,
    BodyMissing,
    BrokenChain,
    BrokerError,
    ForeignEntry,
    InvalidRecord,
    KeyNotValid,
    ThresholdNotMet,
    UnknownKey,
    UntrustedRoot,
    WeakKey,
    WeakQuorum,
    WrongFederation,
)
from broker.sealing.keys import make_sealing_key
from broker.signing.batch import sign_batch
from broker.signing.keys import SigningKey, key_id
from broker.types.names import HUB_ADMIN, ROOT, ZERO_DIGEST, Digest, Originator, Stream
from broker.types.vocabulary import Algorithm, KeyUse, Sector, Status
from tests.support.federation import (
    ENDS,
    FEDERATION,
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_federation,
    a_key_entry,
    a_node,
    a_participant,
    a_revocation,
    a_root,
    a_sealing_entry,
    a_sealing_key,
    a_sealing_statement,
    a_seed,
    a_signing_key,
    a_statement,
    admin_stream,
    an_authority,
    text_digest,
)
from tests.support.trade import a_rule, a_trade_entry, asked

NL = admin_stream("NL")
NEW_KEYS = tuple(a_signing_key(f"new root {number}") for number in (1, 2, 3))
SMALL_ORDER = bytes([1]) + bytes(31)
"""The identity: everybody's signature holds under it."""


def refused(federation: Federation, opened: Opened) -> str:
    """Return the code by which one more message is refused, having checked that nothing follows from it."""
    before = federation.directory
    try:
        after = extend(before, opened)
    except BrokerError as error:
        return error.code
    codes = [one.code for one in after.findings if one.digest == opened.digest]
    assert [before.parts.keys, before.authorities(FOUNDED)] == [after.parts.keys, after.authorities(FOUNDED)]
    return ", ".join(codes)


# ── the first root ───────────────────────────────────────────────────────────────────────────────────────────────────


def first_root(keys: Sequence[SigningKey] | None = None, **changes: Any) -> tuple[Federation, Opened]:
    federation = Federation()
    opened = federation.compose(a_root(federation.root_keys, [federation.hub_key], **changes), ROOT_STREAM, keys)
    federation.root_digest = opened.digest
    return federation, opened


def test_trusts_the_root_that_it_was_told() -> None:
    federation, opened = first_root()
    assert 1 == apply(federation.directory, opened).root.version


def test_refuses_any_other_first_root() -> None:
    federation, opened = first_root()
    federation.root_digest = text_digest("another root")
    assert UntrustedRoot.code == refused(federation, opened)


def test_refuses_a_first_root_that_says_it_follows_a_directory() -> None:
    federation = Federation()
    entry = a_root(federation.root_keys, [federation.hub_key])
    opened = federation.compose(entry, ROOT_STREAM, directory_digest=text_digest("a directory"))
    federation.root_digest = opened.digest
    assert UntrustedRoot.code == refused(federation, opened)


def test_refuses_a_first_root_with_too_few_signatures() -> None:
    assert ThresholdNotMet.code == refused(*first_root([a_signing_key("root 1")]))


def test_refuses_a_first_root_signed_by_a_stranger_too() -> None:
    keys = [a_signing_key("root 1"), a_signing_key("root 2"), a_signing_key("stranger")]
    assert UnknownKey.code == refused(*first_root(keys))


def test_refuses_repeated_root_signatures() -> None:
    with pytest.raises(BadHeader, match="twice"):
        first_root([a_signing_key("root 1"), a_signing_key("root 1")])


def test_has_no_root_to_show_before_the_first_one() -> None:
    with pytest.raises(UntrustedRoot):
        _ = Directory.empty(FEDERATION, ZERO_DIGEST).root


def a_witness(name: str) -> Witness:
    return Witness(name=name, operator="operator", key=a_statement(a_signing_key("witness"), name, KeyUse.WITNESS))


WITNESSES = tuple(
    Witness(
        name=f"witness/{number}",
        operator=f"operator {number}",
        key=a_statement(a_signing_key(f"witness {number}"), f"witness/{number}", KeyUse.WITNESS),
    )
    for number in range(5)
)
ONE_OPERATOR = (WITNESSES[0], msgspec.structs.replace(WITNESSES[1], operator="operator 0"))
ROOT_1 = a_statement(a_signing_key("root 1"), ROOT)
ROOT_2 = a_statement(a_signing_key("root 2"), ROOT)

BAD_ROOTS: tuple[tuple[str, dict[str, Any], type[BrokerError]], ...] = (
    ("half the witnesses", {"witnesses": WITNESSES[:4], "witness_quorum": 2}, WeakQuorum),
    ("more than the witnesses", {"witnesses": WITNESSES[:3], "witness_quorum": 4}, WeakQuorum),
    ("one operator twice", {"witnesses": ONE_OPERATOR, "witness_quorum": 2}, WeakQuorum),
    *(
        (
            f"a witness that no note can name: {name!r}",
            {"witnesses": (a_witness(name),), "witness_quorum": 1},
            InvalidRecord,
        )
        for name in ("", "witness 0", "witness+0", "witness\n", "witness\u00a0", "z\u00e9ro", "\u202eFR", "w" * 201)
    ),
    ("one witness twice", {"witnesses": WITNESSES[:1] * 2, "witness_quorum": 2}, InvalidRecord),
    ("threshold of none", {"threshold": 0}, InvalidRecord),
    ("a key twice", {"root_keys": (ROOT_1, ROOT_2, ROOT_2)}, InvalidRecord),
    ("another version", {"version": 2}, BrokenChain),
    ("another federation", {"federation": "exercise-2027"}, InvalidRecord),
    ("another status", {"status": Status.TEST}, InvalidRecord),
    ("an unknown status", {"status": Status.UNKNOWN}, InvalidRecord),
    ("no suite", {"suites": ()}, InvalidRecord),
    ("a root key that administrates", {"hub_administrators": (ROOT_1,)}, BadPossession),
    (
        "a hub administrator's key of small order",
        {"hub_administrators": (msgspec.structs.replace(ROOT_1, public=SMALL_ORDER),)},
        WeakKey,
    ),
)


@pytest.mark.parametrize(("changes", "error"), [row[1:] for row in BAD_ROOTS], ids=[row[0] for row in BAD_ROOTS])
def test_refuses_a_bad_root(changes: dict[str, Any], error: type[BrokerError]) -> None:
    assert error.code == refused(*first_root(**changes))


def test_refuses_a_root_that_nobody_could_witness_when_it_is_not_an_exercise() -> None:
    federation = Federation()
    entry = a_root(federation.root_keys, [federation.hub_key], status=Status.ACTUAL)
    opened = federation.compose(entry, ROOT_STREAM, status=Status.ACTUAL)
    federation.root_digest = opened.digest
    assert WeakQuorum.code == refused(federation, opened)


def test_takes_a_root_with_a_quorum_of_witnesses() -> None:
    federation, opened = first_root(witnesses=WITNESSES, witness_quorum=3)
    assert KeyUse.WITNESS is apply(federation.directory, opened).parts.keys[WITNESSES[0].key.id].use


# ── a new root ───────────────────────────────────────────────────────────────────────────────────────────────────────

OLD_TWO = (a_signing_key("root 1"), a_signing_key("root 2"))
NEW_TWO = NEW_KEYS[:2]


def new_root(**changes: Any) -> RootEntry:
    return a_root(NEW_KEYS, [a_signing_key("hub")], **({"version": 2} | changes))


def test_rotates_the_root_with_the_old_and_the_new_keys() -> None:
    federation = a_federation()
    federation.say(new_root(), ROOT_STREAM, [*OLD_TWO, *NEW_TWO])
    directory = federation.directory
    assert (2, ()) == (directory.root.version, directory.findings)
    federation.say(new_root(version=3), ROOT_STREAM, NEW_TWO)
    assert 3 == federation.directory.root.version


@pytest.mark.parametrize("keys", [OLD_TWO, NEW_TWO, (*OLD_TWO, NEW_KEYS[0]), (OLD_TWO[0], *NEW_TWO)])
def test_refuses_a_new_root_without_both_thresholds(keys: Sequence[SigningKey]) -> None:
    federation = a_federation()
    assert ThresholdNotMet.code == refused(federation, federation.compose(new_root(), ROOT_STREAM, keys))


@pytest.mark.parametrize("version", [1, 3])
def test_refuses_an_older_or_a_skipped_root_version(version: int) -> None:
    federation = a_federation()
    opened = federation.compose(new_root(version=version), ROOT_STREAM, [*OLD_TWO, *NEW_TWO])
    assert BrokenChain.code == refused(federation, opened)


def test_counts_no_old_key_that_only_the_new_root_makes_valid_again() -> None:
    federation = Federation()
    expired = tuple(a_statement(key, ROOT, valid_to=FOUNDED + timedelta(days=1)) for key in federation.root_keys)
    root = a_root(federation.root_keys, [federation.hub_key], root_keys=expired)
    federation.root_digest = federation.say(root, ROOT_STREAM).digest
    again = a_root(federation.root_keys, [federation.hub_key], version=2)
    opened = federation.compose(again, ROOT_STREAM, issued_at=FOUNDED + timedelta(days=2))
    assert ThresholdNotMet.code == refused(federation, opened)


def test_counts_no_old_key_whose_id_a_new_root_gives_to_another_key() -> None:
    federation = a_federation()
    thief = a_signing_key("thief")
    stolen = tuple(msgspec.structs.replace(a_statement(thief, ROOT), id=key.id) for key in OLD_TWO)
    honest = federation.compose(new_root(root_keys=stolen), ROOT_STREAM, OLD_TWO)
    signatures = sign_batch([honest.header_bytes], thief) * 2
    opened = open_envelope(format_envelope(Envelope(honest.header_bytes, signatures, honest.bodies)))
    assert BadSignature.code == refused(federation, opened)


def test_ends_a_hub_administrator_whom_a_new_root_leaves_out() -> None:
    federation = a_federation()
    successor = a_signing_key("next hub")
    root = new_root(hub_administrators=(a_statement(successor, HUB_ADMIN),))
    federation.say(root, ROOT_STREAM, [*OLD_TWO, *NEW_TWO], issued_at=FOUNDED + timedelta(days=10))
    federation.say(a_participant("DE", []), HUB_STREAM, [successor], issued_at=FOUNDED + timedelta(days=10))
    late = federation.compose(a_participant("FR", []), HUB_STREAM, issued_at=FOUNDED + timedelta(days=10))
    assert KeyNotValid.code == refused(federation, late)
    assert ["BE", "DE", "NL"] == [one.code for one in federation.directory.participants()]


def test_stops_a_forked_root() -> None:
    federation = a_federation()
    both = [*OLD_TWO, *NEW_TWO]
    first = federation.compose(new_root(), ROOT_STREAM, both)
    second = federation.compose(new_root(heads_max_age_hours=1), ROOT_STREAM, both)
    directory = fold([*federation.opened, first, second], federation.root_digest, FEDERATION)
    assert (1, 2) == (directory.root.version, len(directory.findings))


def test_has_one_root_stream() -> None:
    federation = a_federation()
    opened = federation.compose(new_root(), Stream(ROOT, 2), [*OLD_TWO, *NEW_TWO])
    assert BadHeader.code == refused(federation, opened)


# ── who may write what ───────────────────────────────────────────────────────────────────────────────────────────────

WEEK = tuple(one for one in Weekday if one is not Weekday.UNKNOWN)
CONDITIONS = ConditionsEntry(participant="BE", table="{}", digest=text_digest("{}"))
THEIR_STREAM = (StreamGrant(originator="BE/customs", first_writer=1, last_writer=1),)
ADMIN_STREAM = (StreamGrant(originator="NL/~admin", first_writer=1, last_writer=1),)
KEY = a_signing_key("another key of NL")


def sealing_key_at(node: str) -> KeyEntry:
    return msgspec.structs.replace(a_sealing_entry("new"), node=node)


FOREIGN: tuple[tuple[str, Stream, Entry], ...] = (
    ("what another participant asks for", NL, a_trade_entry(participant="BE")),
    ("an authority of another participant", NL, an_authority("BE/coastguard")),
    ("a node of another participant", NL, a_node("BE/~2")),
    ("an authority at another's node", NL, an_authority("NL/coastguard", node="BE/~1")),
    ("an authority below another's", NL, an_authority("NL/coastguard", parent="BE/police")),
    ("a key of another's node", NL, a_key_entry(KEY, ["BE/customs"], "BE/~1")),
    ("a key at another's node", NL, a_key_entry(KEY, ["NL/customs"], node="BE/~1")),
    ("a key for another's streams", NL, a_key_entry(KEY, [], streams=THEIR_STREAM)),
    ("a key that administrates", NL, a_key_entry(KEY, [], streams=ADMIN_STREAM)),
    ("a sealing key of another's node", NL, a_sealing_entry("new", "BE/~1")),
    ("a sealing key at another's node", NL, sealing_key_at("BE/~1")),
    ("a sealing key of its administrator", NL, a_sealing_entry("new", "NL/~admin")),
    ("a sealing key, by the hub", HUB_STREAM, a_sealing_entry("new")),
    ("another's sealing key revoked", NL, a_revocation(a_sealing_key("BE/~1 seals", "BE/~1"))),
    ("the conditions of another participant", NL, CONDITIONS),
    ("a participant", NL, a_participant("NL", [a_signing_key("NL admin")])),
    ("a community table", NL, TableEntry(table="{}", digest=text_digest("{}"))),
    ("a root", NL, new_root()),
    ("a key of another participant revoked", NL, a_revocation(a_signing_key("BE"))),
    ("its own administrator revoked", NL, a_revocation(a_signing_key("NL admin"))),
    ("a hub administrator revoked", NL, a_revocation(a_signing_key("hub"))),
    ("an authority, by the hub", HUB_STREAM, an_authority("NL/coastguard")),
    ("a node, by the hub", HUB_STREAM, a_node("NL/~2")),
    ("a key, by the hub", HUB_STREAM, a_key_entry(KEY, ["NL/customs"])),
    ("conditions, by the hub", HUB_STREAM, CONDITIONS),
    ("a root, by the hub", HUB_STREAM, new_root()),
    ("a node's key revoked, by the hub", HUB_STREAM, a_revocation(a_signing_key("NL"))),
    ("a hub administrator revoked, by the hub", HUB_STREAM, a_revocation(a_signing_key("hub"))),
    ("a participant, by the root", ROOT_STREAM, a_participant("DE", [])),
    ("a root key revoked", ROOT_STREAM, a_revocation(a_signing_key("root 1"))),
)


@pytest.mark.parametrize(("stream", "entry"), [row[1:] for row in FOREIGN], ids=[row[0] for row in FOREIGN])
def test_refuses_an_entry_that_is_not_the_writers(stream: Stream, entry: Entry) -> None:
    federation = a_federation()
    federation.enrol_sealing_key("BE/~1", name="BE/~1 seals")
    assert ForeignEntry.code == refused(federation, federation.compose(entry, stream))


def statement(**changes: Any) -> KeyStatement:
    return a_statement(KEY, "NL/~1", KeyUse.SIGN, **changes)


def weak(owner: str) -> KeyStatement:
    return a_statement(KEY, owner, id=key_id(SMALL_ORDER), public=SMALL_ORDER)


SOON = FOUNDED + timedelta(days=30)
LATER = FOUNDED + timedelta(days=60)
PROOF_OF_ANOTHER = a_sealing_statement("somebody else").possession
WEAK_POINTS = (
    bytes(32),
    bytes([1]) + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
)
"""The points of X25519 whose order is 1, 2, 4 and 8: what is agreed with them, everybody knows."""


def to_seal(statement: KeyStatement) -> KeyEntry:
    return sealing_key_entry(statement, "NL/~1")


def writing_too(name: str) -> KeyEntry:
    streams = (StreamGrant(originator="NL/customs", first_writer=1, last_writer=1),)
    return msgspec.structs.replace(a_sealing_entry(name), streams=streams)


def of_authority(name: str) -> KeyEntry:
    return msgspec.structs.replace(a_sealing_entry(name), owner="NL/customs")


def mislabelled() -> KeyStatement:
    return a_statement(KEY, "NL/~1", KeyUse.SEAL, valid_to=SOON, algorithm=Algorithm.X25519)


def proved_elsewhere(name: str) -> KeyStatement:
    _, proof = make_sealing_key(a_seed(name), federation="exercise-2027", owner="NL/~1")
    return a_sealing_statement(name, possession=proof)


def proved_to_sign(name: str) -> KeyStatement:
    signer = a_signing_key(name)
    return a_sealing_statement(name, possession=signer.public + a_statement(signer, "NL/~1", KeyUse.SIGN).possession)


def weak_sealing(point: bytes) -> KeyEntry:
    return a_sealing_entry("new", id=key_id(point), public=point)


BAD_ENTRIES: tuple[tuple[str, Stream, Entry, type[BrokerError]], ...] = (
    ("a key of small order", NL, a_key_entry(KEY, [], key=weak("NL/~1")), WeakKey),
    ("an administrator of small order", HUB_STREAM, a_participant("DE", [], administrators=(weak("DE"),)), WeakKey),
    ("no possession", NL, a_key_entry(KEY, [], key=statement(possession=b"")), BadPossession),
    ("false possession", NL, a_key_entry(KEY, [], key=statement(possession=bytes(64))), BadPossession),
    (
        "possession for another use",
        NL,
        a_key_entry(KEY, [], key=a_statement(KEY, "NL/~1", KeyUse.ADMINISTRATE)),
        BadPossession,
    ),
    ("possession by another owner", NL, a_key_entry(KEY, [], owner="NL/customs"), BadPossession),
    (
        "an administrator of another participant",
        HUB_STREAM,
        a_participant("DE", [], administrators=(a_statement(KEY, "FR/~admin"),)),
        BadPossession,
    ),
    ("an id of another key", NL, a_key_entry(KEY, [], key=statement(id=a_signing_key("NL").id)), InvalidRecord),
    ("an empty validity", NL, a_key_entry(KEY, [], key=statement(valid_to=FOUNDED)), InvalidRecord),
    ("an unknown algorithm", NL, a_key_entry(KEY, [], key=statement(algorithm=Algorithm.ML_DSA_44)), InvalidRecord),
    ("a use that is not enrolled", NL, a_key_entry(KEY, [], use=KeyUse.LOG), InvalidRecord),
    (
        "no range of writers",
        NL,
        a_key_entry(KEY, [], streams=(StreamGrant(originator="NL/customs", first_writer=2, last_writer=1),)),
        InvalidRecord,
    ),
    (
        "a sealing key for a day and three months",
        NL,
        a_sealing_entry("new", valid_to=FOUNDED + timedelta(days=90, microseconds=1)),
        InvalidRecord,
    ),
    ("a sealing key with an empty validity", NL, a_sealing_entry("new", valid_to=FOUNDED), InvalidRecord),
    ("a sealing key that writes streams", NL, writing_too("new"), InvalidRecord),
    ("a sealing key of an authority", NL, of_authority("new"), InvalidRecord),
    ("a sealing key with another's id", NL, a_sealing_entry("new", id=a_signing_key("NL").id), InvalidRecord),
    ("ed25519 to seal", NL, to_seal(a_statement(KEY, "NL/~1", KeyUse.SEAL, valid_to=SOON)), InvalidRecord),
    ("ed25519 that says it is x25519", NL, to_seal(mislabelled()), BadPossession),
    ("x25519 to sign", NL, a_key_entry(KEY, [], key=a_sealing_statement("new")), InvalidRecord),
    ("a sealing key without possession", NL, a_sealing_entry("new", possession=b""), BadPossession),
    ("a sealing key with false possession", NL, a_sealing_entry("new", possession=bytes(96)), BadPossession),
    ("a sealing key that somebody else holds", NL, a_sealing_entry("new", possession=PROOF_OF_ANOTHER), BadPossession),
    ("a sealing key proved by another owner", NL, to_seal(a_sealing_statement("new", "NL/~2")), BadPossession),
    ("a sealing key proved for another federation", NL, to_seal(proved_elsewhere("new")), BadPossession),
    ("a sealing key proved by a signature to sign", NL, to_seal(proved_to_sign("new")), BadPossession),
    *((f"a sealing key of small order, {point.hex()[:4]}", NL, weak_sealing(point), WeakKey) for point in WEAK_POINTS),
    ("a sealing key that is enrolled", NL, a_sealing_entry("NL/~1 seals"), AlreadyThere),
    ("a sealing key that is enrolled, for longer", NL, a_sealing_entry("NL/~1 seals", "NL/~1", LATER), AlreadyThere),
    ("another's sealing key", NL, a_sealing_entry("BE/~1 seals"), AlreadyThere),
    ("a sealing key made of a key that signs", NL, a_sealing_entry("NL"), AlreadyThere),
    (
        "a key that signs, of which a sealing key is made",
        NL,
        a_key_entry(a_signing_key("NL/~1 seals"), []),
        AlreadyThere,
    ),
    ("a key that is enrolled", NL, a_key_entry(a_signing_key("NL"), ["NL/customs"]), AlreadyThere),
    ("an administrator's key at a node", NL, a_key_entry(a_signing_key("NL admin"), ["NL/customs"]), AlreadyThere),
    ("another's node key", NL, a_key_entry(a_signing_key("BE"), ["NL/customs"]), AlreadyThere),
    ("another's administrator", HUB_STREAM, a_participant("DE", [a_signing_key("NL admin")]), AlreadyThere),
    ("an unknown sector", NL, an_authority("NL/coastguard", sector=Sector.UNKNOWN), InvalidRecord),
    ("an authority below itself", NL, an_authority("NL/police", parent="NL/police"), InvalidRecord),
    ("a capital in a name", NL, an_authority("NL/Customs"), BadName),
    ("a node that is an authority", NL, a_node("NL/customs"), InvalidRecord),
    ("a node that is an administrator", NL, a_node("NL/~admin"), InvalidRecord),
    ("a participant in small letters", HUB_STREAM, a_participant("nl", []), BadName),
    ("the hub as a participant", HUB_STREAM, a_participant("X-HUB", []), InvalidRecord),
    ("a participant without a name", HUB_STREAM, a_participant("DE", [], name=""), InvalidRecord),
    ("an interval that ends first", NL, a_node("NL/~2", active_to=FOUNDED), InvalidRecord),
    ("a table with another digest", HUB_STREAM, TableEntry(table="{}", digest=ZERO_DIGEST), InvalidRecord),
    (
        "conditions with another digest",
        NL,
        ConditionsEntry(participant="NL", table="{}", digest=ZERO_DIGEST),
        InvalidRecord,
    ),
    ("simplified notifications of seven months", NL, a_trade_entry(simplified_months=7), InvalidRecord),
    ("a deadline of two years", NL, a_trade_entry(rule=a_rule(number=730)), InvalidRecord),
    ("an agreed field twice", NL, a_trade_entry(agreed=(AgreedField.END_USER,) * 2), InvalidRecord),
    ("an unknown agreed field", NL, a_trade_entry(agreed=(AgreedField.UNKNOWN,)), InvalidRecord),
    ("an unknown scope", NL, a_trade_entry(asks=(asked(AskedScope.UNKNOWN),)), InvalidRecord),
    ("the scope of a substance without one", NL, a_trade_entry(asks=(asked(AskedScope.SUBSTANCE),)), InvalidRecord),
    ("a table with a substance", NL, a_trade_entry(asks=(asked(AskedScope.TABLE_I, substance="E"),)), InvalidRecord),
    (
        "asked for and not wanted on one day",
        NL,
        a_trade_entry(asks=(asked(AskedScope.TABLE_I), asked(AskedScope.TABLE_I, wanted=False))),
        InvalidRecord,
    ),
    ("a deadline of an unknown unit", NL, a_trade_entry(rule=a_rule(unit=DeadlineUnit.UNKNOWN)), InvalidRecord),
    ("a deadline without a law", NL, a_trade_entry(rule=a_rule(law="")), InvalidRecord),
    ("a calendar in small letters", NL, a_trade_entry(rule=a_rule(calendar="nl")), InvalidRecord),
    ("a week of rest", NL, a_trade_entry(rule=a_rule(weekend=WEEK)), InvalidRecord),
    ("a day of rest twice", NL, a_trade_entry(rule=a_rule(weekend=WEEK[:1] * 2)), InvalidRecord),
    ("a holiday twice", NL, a_trade_entry(rule=a_rule(holidays=(date(2026, 1, 2),) * 2)), InvalidRecord),
    ("a revocation of no key", ROOT_STREAM, a_revocation(a_signing_key("nobody")), UnknownKey),
)


@pytest.mark.parametrize(
    ("stream", "entry", "error"), [row[1:] for row in BAD_ENTRIES], ids=[row[0] for row in BAD_ENTRIES]
)
def test_refuses_a_bad_entry(stream: Stream, entry: Entry, error: type[BrokerError]) -> None:
    federation = a_federation()
    for node in ("NL/~1", "BE/~1"):
        federation.enrol_sealing_key(node, name=f"{node} seals")
    assert error.code == refused(federation, federation.compose(entry, stream))


def test_refuses_a_ring_of_parents() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/customs", parent="NL/police"), NL)
    federation.say(an_authority("NL/police", parent="NL/regulator"), NL)
    opened = federation.compose(an_authority("NL/regulator", parent="NL/customs"), NL)
    assert InvalidRecord.code == refused(federation, opened)


def test_goes_on_after_a_bad_entry() -> None:
    federation = a_federation()
    federation.say(an_authority("BE/coastguard"), NL)
    federation.say(an_authority("NL/coastguard"), NL)
    directory = federation.directory
    assert ["foreign-entry"] == [one.code for one in directory.findings]
    assert directory.authority("NL/coastguard") is not None


# ── signatures, keys and chains ──────────────────────────────────────────────────────────────────────────────────────

MORE = an_authority("NL/coastguard")

BAD_MESSAGES: tuple[tuple[str, Callable[[Federation], Opened], type[BrokerError]], ...] = (
    ("a stranger's", lambda one: one.compose(MORE, NL, [KEY]), UnknownKey),
    (
        "another participant's administrator's",
        lambda one: one.compose(MORE, NL, [a_signing_key("BE admin")]),
        UnknownKey,
    ),
    ("the hub's", lambda one: one.compose(MORE, NL, [one.hub_key]), UnknownKey),
    ("a node's", lambda one: one.compose(MORE, NL, [one.node_keys["NL/~1"]]), UnknownKey),
    ("half a stranger's", lambda one: one.compose(MORE, NL, [one.admin_keys["NL"], KEY]), UnknownKey),
    ("issued after the key ended", lambda one: one.compose(MORE, NL, issued_at=ENDS), KeyNotValid),
    (
        "issued before the key began",
        lambda one: one.compose(MORE, NL, issued_at=FOUNDED - timedelta(microseconds=1)),
        KeyNotValid,
    ),
    ("chained to another", lambda one: one.compose(MORE, NL, head=_head(one, text_digest("other"))), BrokenChain),
    ("ahead of its stream", lambda one: one.compose(MORE, NL, head=_head(one, ZERO_DIGEST, 1)), BrokenChain),
    ("of another federation", lambda one: one.compose(MORE, NL, federation="exercise-2027"), WrongFederation),
    ("about the world", lambda one: one.compose(MORE, NL, status=Status.ACTUAL), BadHeader),
    ("of no participant", lambda one: one.compose(MORE, admin_stream("DE"), [KEY]), UnknownKey),
)


def _head(federation: Federation, digest: Digest, ahead: int = 0) -> Any:
    head = federation.head(NL)
    return msgspec.structs.replace(
        head, sequence=head.sequence + ahead, digest=digest if digest != ZERO_DIGEST else head.digest
    )


@pytest.mark.parametrize(("message", "error"), [row[1:] for row in BAD_MESSAGES], ids=[row[0] for row in BAD_MESSAGES])
def test_refuses_a_message(message: Callable[[Federation], Opened], error: type[BrokerError]) -> None:
    federation = a_federation()
    opened = message(federation)
    assert error.code == refused(federation, opened)
    with pytest.raises(error):
        apply(federation.directory, opened)


def with_signature(opened: Opened, signature: Signature) -> Opened:
    return open_envelope(format_envelope(Envelope(opened.header_bytes, (signature,), opened.bodies)))


def test_refuses_a_changed_signature_and_still_takes_the_right_one() -> None:
    federation = a_federation()
    right = federation.compose(MORE, NL)
    wrong = with_signature(right, msgspec.structs.replace(right.signatures[0], signature=bytes(64)))
    assert BadSignature.code == refused(federation, wrong)
    directory = apply(extend(federation.directory, wrong), right)
    assert (True, ()) == (directory.authority("NL/coastguard") is not None, directory.findings)


def test_refuses_a_message_without_its_body() -> None:
    federation = a_federation()
    opened = federation.compose(MORE, NL)
    bare = open_envelope(format_envelope(Envelope(opened.header_bytes, opened.signatures, (None,))))
    with pytest.raises(BodyMissing):
        extend(federation.directory, bare)


def test_refuses_a_message_with_another_body() -> None:
    federation = a_federation()
    opened, other = federation.compose(MORE, NL), federation.compose(an_authority("NL/army"), NL)
    mixed = open_envelope(format_envelope(Envelope(opened.header_bytes, opened.signatures, other.bodies)))
    with pytest.raises(BodyMismatch):
        extend(federation.directory, mixed)


def test_leaves_out_of_a_fold_what_can_be_no_message_of_the_directory() -> None:
    federation = a_federation()
    stray = federation.compose(MORE, NL, federation="exercise-2027")
    assert federation.directory == fold([stray, *federation.opened], federation.root_digest, FEDERATION)


def test_takes_the_same_message_once() -> None:
    federation = a_federation()
    directory = federation.directory
    assert directory is extend(directory, federation.opened[-1])


def test_stops_a_forked_stream_before_the_fork() -> None:
    federation = a_federation()
    other = federation.compose(an_authority("NL/army"), NL)
    federation.say(MORE, NL)
    federation.say(an_authority("NL/navy"), NL)
    before = federation.directory
    forked = extend(before, other)
    assert other.header.sequence == forked.head(NL).sequence + 1
    assert ["stream-conflict", "stream-conflict", "broken-chain"] == [one.code for one in forked.findings]
    assert [None, None] == [forked.authority(name) for name in ("NL/coastguard", "NL/army")]


def test_an_old_entry_cannot_come_back() -> None:
    federation = a_federation()
    federation.say(an_authority("NL/police", active_to=ENDS), NL)
    old = next(one for one in federation.opened if one.header.name.stream == NL and one.header.sequence == 3)
    replayed = extend(federation.directory, old)
    police = replayed.authority("NL/police")
    assert police is not None
    assert ENDS == police.active_to


def test_refuses_several_sections() -> None:
    federation = a_federation()
    opened = federation.compose(MORE, NL)
    twice = msgspec.structs.replace(opened.header, sections=opened.header.sections * 2)
    with pytest.raises(BadHeader, match="one"):
        extend(federation.directory, msgspec.structs.replace(opened, header=twice))


def test_refuses_an_entry_under_another_name() -> None:
    federation = a_federation()
    occasion = Occasion(
        federation=FEDERATION,
        status=Status.EXERCISE,
        stream=Stream(Originator("NL/~admin"), 1),
        head=federation.head(NL),
        issued_at=FOUNDED,
        directory_digest=ZERO_DIGEST,
        salt=bytes(32),
    )
    raw = write_entry(a_node("NL/~2"), occasion, [federation.admin_keys["NL"]])
    opened = open_envelope(raw)
    section = msgspec.structs.replace(opened.header.sections[0], name="authority")
    renamed = msgspec.structs.replace(opened.header, sections=(section,))
    directory = extend(federation.directory, msgspec.structs.replace(opened, header=renamed))
    assert ["unknown-schema"] == [one.code for one in directory.findings]
