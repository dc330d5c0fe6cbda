"""Whether a message belongs in the log."""

from datetime import timedelta

import pytest

from broker.directory.directory import Directory
from broker.envelope.message import open_envelope
from broker.notary.judging import Arrived, Refused, Signed, Waiting, digest_of, judge
from broker.signing.batch import VerifiedBatches
from broker.signing.keys import SigningKey
from broker.types.names import Participant, directory_topic, message_topic
from broker.types.vocabulary import Status
from tests.support.exercise import Authors, Clock
from tests.support.federation import (
    ENDS,
    Federation,
    a_federation,
    a_node,
    a_revocation,
    a_root,
    a_signing_key,
    admin_stream,
)

TOPIC = message_topic("exercise-2026", Participant("NL"))
DIRECTORY = directory_topic("exercise-2026")


@pytest.fixture
def federation() -> Federation:
    return a_federation()


@pytest.fixture
def authors(federation: Federation) -> Authors:
    return Authors(federation, Clock())


def judged(raw: bytes, directory: Directory, topic: str = TOPIC) -> Signed | Waiting | Refused:
    return judge(Arrived(topic, 4, raw), directory, VerifiedBatches())


def code(found: object) -> str:
    return found.code if isinstance(found, Waiting | Refused) else "signed"


def test_a_signed_message_is_logged_by_its_digest(federation: Federation, authors: Authors) -> None:
    raw = authors.write()
    opened = open_envelope(raw)
    assert Signed(opened.header, opened.digest) == judged(raw, federation.directory)


def test_every_message_of_the_directory_is_logged(federation: Federation) -> None:
    directory = federation.directory
    assert {"signed"} == {code(judged(raw, directory, DIRECTORY)) for raw in federation.messages}


def test_a_message_of_a_revoked_key_is_logged(federation: Federation, authors: Authors) -> None:
    federation.say(a_revocation(federation.signing_key("NL/customs")), admin_stream("NL"))
    assert "signed" == code(judged(authors.write(), federation.directory))


def test_a_clock_that_is_ahead_is_the_readers_affair(federation: Federation, authors: Authors) -> None:
    raw = authors.write(issued_at=ENDS - timedelta(days=1))
    assert "signed" == code(judged(raw, federation.directory))


def test_a_status_that_its_network_has_not_is_the_readers_affair(federation: Federation, authors: Authors) -> None:
    assert "signed" == code(judged(authors.write(status=Status.ACTUAL), federation.directory))


def test_an_unknown_key_is_waited_for_without_the_bodies(federation: Federation, authors: Authors) -> None:
    key = a_signing_key("a stranger")
    raw = authors.write(key=key)
    found = judged(raw, federation.directory)
    assert isinstance(found, Waiting)
    assert (TOPIC, 4, key.id, "unknown-key") == (found.topic, found.offset, found.key, found.code)
    assert digest_of(found.envelope) == found.copy
    kept, opened = open_envelope(found.envelope), open_envelope(raw)
    assert (opened.header_bytes, opened.signatures, {None}) == (kept.header_bytes, kept.signatures, set(kept.bodies))


@pytest.mark.parametrize(
    "changes", [{"writer": 11}, {"by": "BE/police"}, {"issued_at": ENDS}, {"issued_at": ENDS - timedelta(days=9999)}]
)
def test_a_key_that_is_not_for_this_is_waited_for(
    federation: Federation, authors: Authors, changes: dict[str, object]
) -> None:
    key = federation.signing_key("NL/customs")
    raw = authors.write(**changes, key=key)  # type: ignore[arg-type]
    topic = message_topic("exercise-2026", Participant("BE")) if "by" in changes else TOPIC
    assert "key-not-valid" == code(judged(raw, federation.directory, topic))


@pytest.mark.parametrize("signer", ["the hub", "a node", "the root", "another country"])
def test_who_is_no_administrator_of_a_part_does_not_speak_for_it(federation: Federation, signer: str) -> None:
    key: SigningKey = {
        "the hub": federation.hub_key,
        "a node": federation.node_keys["NL/~1"],
        "the root": federation.root_keys[0],
        "another country": federation.admin_keys["BE"],
    }[signer]
    raw = federation.compose(a_node("NL/~2"), admin_stream("NL"), [key]).raw
    assert "key-not-valid" == code(judged(raw, federation.directory, DIRECTORY))


def test_every_signer_of_a_root_record_has_to_be_known(federation: Federation) -> None:
    keys = [*federation.root_keys[:2], a_signing_key("a new root key")]
    entry = a_root(federation.root_keys, [federation.hub_key], version=2)
    raw = federation.compose(entry, federation.opened[0].header.stream, keys).raw
    found = judged(raw, federation.directory, DIRECTORY)
    assert isinstance(found, Waiting)
    assert keys[2].id == found.key


def test_a_wrong_signature_is_refused_and_waits_for_nothing(federation: Federation, authors: Authors) -> None:
    for changes in ({}, {"writer": 11}):
        raw = authors.write(**changes)  # type: ignore[arg-type]
        at = raw.index(open_envelope(raw).signatures[0].signature)
        spoilt = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert "bad-signature" == code(judged(spoilt, federation.directory))


def test_another_federations_message_is_refused(federation: Federation, authors: Authors) -> None:
    assert "wrong-federation" == code(judged(authors.write(federation="other-2026"), federation.directory))


@pytest.mark.parametrize("topic", [DIRECTORY, message_topic("exercise-2026", Participant("BE"))])
def test_a_message_in_a_topic_that_is_not_its_own_is_refused(
    federation: Federation, authors: Authors, topic: str
) -> None:
    assert "wrong-topic" == code(judged(authors.write(), federation.directory, topic))


def test_a_directory_message_outside_its_topic_is_refused(federation: Federation) -> None:
    assert "wrong-topic" == code(judged(federation.messages[-1], federation.directory))


@pytest.mark.parametrize("raw", [b"", b"rubbish", bytes(2_000_000)])
def test_rubbish_is_refused(federation: Federation, raw: bytes) -> None:
    assert isinstance(judged(raw, federation.directory), Refused)
