"""Whose signatures count, by what the root record and the revocations say (``broker/log_trust.py``)."""

import msgspec
import pytest

from broker.directory import Directory
from broker.errors import NoLog, UntrustedRoot
from broker.log.note import COSIGNATURE, ED25519, NoteKey
from broker.log.trust import LogTrust
from broker.log_trust import log_trust
from broker.signing.keys import SigningKey
from broker.types.names import ZERO_DIGEST
from broker.types.vocabulary import KeyUse
from tests.support.federation import ROOT_STREAM, Federation, a_federation, a_revocation, a_signing_key, a_statement
from tests.support.log import NOTARY_KEY, WITNESS_CODES, appoint_log

ORIGIN = "exercise-2026/log"
WITNESSES = tuple(f"exercise-2026/witness/{code}" for code in WITNESS_CODES[:3])


def a_witnessed_federation() -> Federation:
    """Return a federation that appointed a notary and three witnesses."""
    federation = a_federation(())
    appoint_log(federation)
    return federation


def notary(key: SigningKey) -> NoteKey:
    """Return what a notary signs checkpoints with."""
    return NoteKey(ORIGIN, ED25519, key.public)


def witnesses(*names: str) -> tuple[NoteKey, ...]:
    """Return what witnesses cosign with."""
    return tuple(NoteKey(name, COSIGNATURE, a_signing_key(name).public) for name in names)


def test_is_the_notary_and_the_witnesses_of_the_root_record() -> None:
    expected = LogTrust(ORIGIN, (notary(NOTARY_KEY),), witnesses(*WITNESSES), 2)

    assert expected == log_trust(a_witnessed_federation().directory)


def test_there_is_no_log_where_no_notary_was_appointed() -> None:
    with pytest.raises(NoLog):
        log_trust(a_federation(()).directory)


def test_nobody_counts_before_the_root_record_has_come() -> None:
    with pytest.raises(UntrustedRoot):
        log_trust(Directory.empty("exercise-2026", ZERO_DIGEST))


def test_a_notary_that_was_replaced_still_proves_what_it_signed() -> None:
    federation = a_witnessed_federation()
    root, successor = federation.directory.root, a_signing_key("second notary")
    key = a_statement(successor, "X-HUB/~notary", KeyUse.LOG)
    federation.say(msgspec.structs.replace(root, version=root.version + 1, notary_key=key), ROOT_STREAM)

    assert {notary(NOTARY_KEY), notary(successor)} == set(log_trust(federation.directory).notary)


def test_a_witness_that_was_replaced_counts_no_more() -> None:
    federation = a_witnessed_federation()
    root = federation.directory.root
    fewer = msgspec.structs.replace(root, version=root.version + 1, witnesses=root.witnesses[1:])
    federation.say(fewer, ROOT_STREAM)

    assert witnesses(*WITNESSES[1:]) == log_trust(federation.directory).witnesses


def test_a_witness_whose_key_was_revoked_counts_no_more_and_lowers_no_quorum() -> None:
    federation = a_witnessed_federation()
    federation.say(a_revocation(a_signing_key(WITNESSES[0])), ROOT_STREAM)
    trust = log_trust(federation.directory)

    assert (witnesses(*WITNESSES[1:]), 2) == (trust.witnesses, trust.quorum)


def test_a_notary_whose_key_was_revoked_proves_nothing() -> None:
    federation = a_witnessed_federation()
    federation.say(a_revocation(NOTARY_KEY), ROOT_STREAM)

    with pytest.raises(NoLog):
        log_trust(federation.directory)
