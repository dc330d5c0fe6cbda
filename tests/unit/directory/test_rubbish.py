"""Whoever may write to the topic fills it with copies that nobody signed: that costs little, and nothing is lost."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import msgspec
import pytest

from broker import limits
from broker.directory import Directory, extend, fold
from broker.directory import signatures as signatures_module
from broker.directory.directory import include
from broker.directory.held import hold
from broker.envelope.message import Opened, open_envelope
from broker.envelope.outer import Envelope, format_envelope
from broker.signing.batch import check_signature
from tests.support.federation import (
    FEDERATION,
    Federation,
    a_federation,
    a_seed,
    a_signing_key,
    admin_stream,
    an_authority,
)

NL = admin_stream("NL")


def spoilt(opened: Opened, number: int) -> Opened:
    """Return a copy of a message with a signature that is wrong."""
    wrong = tuple(msgspec.structs.replace(one, signature=a_seed(f"wrong {number}") * 2) for one in opened.signatures)
    return open_envelope(format_envelope(Envelope(opened.header_bytes, wrong, opened.bodies)))


def rubbish(federation: Federation, count: int) -> list[Opened]:
    """Return messages that claim to be signed by the administrator of NL and are not."""
    found = (federation.compose(an_authority("NL/xa"), NL, salt=a_seed(f"rubbish {number}")) for number in range(count))
    return [spoilt(one, number) for number, one in enumerate(found)]


def strangers(federation: Federation, count: int, code: str = "NL", signer: str = "a stranger") -> list[Opened]:
    """Return messages that nobody known signed, or somebody who may not."""
    stream = admin_stream(code)
    keys = [a_signing_key(signer)]
    return [
        federation.compose(an_authority(f"{code}/xa"), stream, keys, salt=a_seed(f"stranger {number}"))
        for number in range(count)
    ]


def take(directory: Directory, messages: Sequence[Opened]) -> Directory:
    return include(directory, [hold(one, FEDERATION) for one in messages])


def held_in_all(directory: Directory) -> int:
    return sum(len(messages) for messages in directory.held.values())


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the headers whose signatures were looked at, growing."""
    seen: list[bytes] = []

    def count(header: bytes, *rest: Any, **named: Any) -> None:
        seen.append(header)
        check_signature(header, *rest, **named)

    monkeypatch.setattr(signatures_module, "check_signature", count)
    return seen


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the limits small."""
    monkeypatch.setattr(limits, "MAX_REFUSED_COPIES", 5)
    monkeypatch.setattr(limits, "MAX_WAITING_COPIES", 6)
    monkeypatch.setattr(limits, "MAX_ALL_WAITING_COPIES", 10)


def test_a_wrong_signature_is_verified_once_and_its_message_not_held(verifications: list[bytes]) -> None:
    federation = a_federation()
    before, junk = federation.directory, rubbish(federation, 30)
    directory = take(before, junk)
    assert held_in_all(before) == held_in_all(directory)
    assert ["bad-signature"] * 30 == [one.code for one in directory.findings]
    verifications.clear()
    assert directory is take(directory, junk)
    grown = extend(directory, federation.say(an_authority("NL/xb"), NL))
    assert 1 == len(verifications)
    assert grown.authority("NL/xb") is not None
    assert federation.directory.parts.keys == grown.parts.keys


def test_a_wrong_signature_far_ahead_in_a_stream_is_refused_too() -> None:
    federation = a_federation()
    before = federation.directory
    federation.say(an_authority("NL/xa"), NL)
    directory = extend(before, spoilt(federation.compose(an_authority("NL/xb"), NL), 1))
    assert (held_in_all(before), ["bad-signature"]) == (
        held_in_all(directory),
        [one.code for one in directory.findings],
    )


def test_rubbish_that_came_before_its_supposed_signer_was_known_goes_when_it_is(tight: None) -> None:
    federation = a_federation(["NL"])
    junk = rubbish(federation, 4)
    directory = take(Directory.empty(FEDERATION, federation.root_digest), junk)
    assert ["unknown-key"] * 4 == [one.code for one in directory.findings]
    directory = take(directory, federation.opened)
    assert len(federation.messages) == held_in_all(directory)
    assert ["bad-signature"] * 4 == [one.code for one in directory.findings]


def test_says_when_there_is_more_rubbish_than_it_shows(tight: None) -> None:
    federation = a_federation()
    directory = take(federation.directory, rubbish(federation, 9))
    assert ["bad-signature"] * 5 + ["too-large"] == sorted(one.code for one in directory.findings)


def test_holds_only_so_many_messages_of_nobody_known(tight: None) -> None:
    federation = a_federation()
    before = federation.directory
    directory = take(before, strangers(federation, 9))
    assert held_in_all(before) + 6 == held_in_all(directory)
    directory = take(directory, [*strangers(federation, 9, "DE"), *strangers(federation, 9, "FR")])
    assert held_in_all(before) + 10 == held_in_all(directory)
    flooded = {one.name.stream for one in directory.findings if one.code == "too-large"}
    assert {admin_stream(code) for code in ("NL", "DE", "FR")} == flooded


def test_holds_only_so_many_messages_that_another_participants_administrator_signed(tight: None) -> None:
    federation = a_federation()
    before = federation.directory
    assert held_in_all(before) + 6 == held_in_all(take(before, strangers(federation, 9, signer="BE admin")))


def test_a_flood_takes_nothing_away_from_who_is_known(tight: None) -> None:
    federation = a_federation()
    directory = take(federation.directory, strangers(federation, 20))
    for number in range(20):
        directory = extend(directory, federation.say(an_authority(f"NL/x{number}"), NL))
    assert federation.directory.digest == directory.digest


def test_what_a_fork_of_the_hub_takes_out_for_a_while_is_not_given_up(tight: None) -> None:
    federation = a_federation()
    before = federation.directory
    hub = [one for one in federation.opened if one.header.stream.originator == "X-HUB/~admin"]
    fork = federation.compose(
        an_authority("NL/xz"), hub[0].header.stream, head=before.head(admin_stream("DE")), salt=a_seed("fork")
    )
    directory = extend(before, fork)
    assert ((), held_in_all(before) + 1) == (directory.participants(), held_in_all(directory))


@pytest.mark.parametrize("make", [rubbish, strangers], ids=["wrong signatures", "strangers"])
def test_a_flood_gives_the_same_in_any_order(make: Any, tight: None) -> None:
    federation = a_federation(["NL"])
    base = federation.directory
    honest = [federation.say(an_authority(name), NL) for name in ("NL/xa", "NL/xb")]
    flood = make(federation, 12)
    parts = [[honest[0]], [honest[1]], flood[:4], flood[4:8], flood[8:]]
    expected = take(base, [*honest, *flood])
    assert expected.authority("NL/xb") is not None
    for order in permutations(parts):
        directory = base
        for part in order:
            directory = take(directory, part)
        assert expected == directory
    assert expected == fold([*federation.opened, *flood], federation.root_digest, FEDERATION)
