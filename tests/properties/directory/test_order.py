"""The directory depends on the set of messages, never on their arrival."""

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.directory import Directory, extend, fold
from broker.directory.entries import ConditionsEntry, LastValid
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.types.names import HUB_ADMIN, Stream
from tests.support.federation import (
    FEDERATION,
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    Federation,
    a_federation,
    a_participant,
    a_revocation,
    a_root,
    a_signing_key,
    admin_stream,
    an_authority,
    text_digest,
)

NL, BE = admin_stream("NL"), admin_stream("BE")


def an_eventful_history() -> tuple[list[Opened], Directory]:
    """Return messages with every kind of trouble: revoked offices and keys, a fork, mistakes, a new root."""
    federation = a_federation()
    good = federation.say(an_authority("NL/xa"), NL)
    federation.say(an_authority("BE/xb"), NL)
    federation.say(an_authority("NL/xc"), NL)
    federation.say(a_revocation(federation.node_keys["BE/~1"]), BE)
    federation.say(ConditionsEntry(participant="BE", table="{}", digest=text_digest("{}")), BE)
    fork = federation.compose(an_authority("BE/xd"), BE)
    federation.say(an_authority("BE/xe"), BE)
    last = LastValid(originator="NL/~admin", writer=1, sequence=good.header.sequence, digest=good.digest)
    federation.say(a_revocation(federation.admin_keys["NL"], last_valid=(last,)), HUB_STREAM)
    successor = a_signing_key("next hub")
    root = a_root(federation.root_keys, [successor], version=2)
    federation.say(root, ROOT_STREAM, issued_at=FOUNDED + timedelta(days=10))
    federation.say(a_participant("DE", []), HUB_STREAM, [successor], issued_at=FOUNDED + timedelta(days=11))
    federation.say(a_participant("FR", []), HUB_STREAM, issued_at=FOUNDED + timedelta(days=12))
    messages = [*federation.opened, fork, *a_backdated_few(federation, fork)]
    return messages, fold(messages, federation.root_digest, FEDERATION)


def a_backdated_few(federation: Federation, opened: Opened) -> list[Opened]:
    """Return what the hub's old key dates back into a stream of its own, and two copies with a wrong signature."""
    old = federation.compose(a_participant("LU", []), Stream(HUB_ADMIN, 999))
    signatures = [tuple(msgspec.structs.replace(one, signature=bytes(64)) for one in opened.signatures)]
    signatures.append(old.signatures)
    copies = [Envelope(opened.header_bytes, wrong, opened.bodies) for wrong in signatures]
    return [old, *(open_envelope(format_envelope(one)) for one in copies)]


MESSAGES, EXPECTED = an_eventful_history()


def test_the_history_is_eventful() -> None:
    codes = {one.code for one in EXPECTED.findings}
    assert {"key-revoked", "broken-chain", "stream-conflict", "key-not-valid"} == codes
    assert [2, 3] == [EXPECTED.root.version, len(EXPECTED.participants())]


@settings(max_examples=60, deadline=None)
@given(st.permutations(MESSAGES))
def test_any_order_gives_the_same_directory_one_by_one(messages: list[Opened]) -> None:
    directory = Directory.empty(FEDERATION, EXPECTED.root_digest)
    for opened in messages:
        directory = extend(directory, opened)
    assert EXPECTED.digest == directory.digest
    assert EXPECTED == directory


@settings(max_examples=60, deadline=None)
@given(st.permutations(MESSAGES), st.data())
def test_any_order_gives_the_same_directory_at_once_with_repetitions(
    messages: list[Opened], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(MESSAGES), max_size=5))
    assert EXPECTED == fold([*messages, *again], EXPECTED.root_digest, FEDERATION)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(MESSAGES), unique_by=lambda one: one.digest))
def test_some_of_the_messages_give_the_same_directory_either_way(messages: list[Opened]) -> None:
    directory = Directory.empty(FEDERATION, EXPECTED.root_digest)
    for opened in messages:
        directory = extend(directory, opened)
    assert directory == fold(messages, EXPECTED.root_digest, FEDERATION)
