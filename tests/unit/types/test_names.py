"""Names of participants, originators, streams and messages."""

from collections.abc import Callable

import pytest

from broker.errors import BadName
from broker.types import names
from broker.types.names import MessageName, Originator, Participant, Stream

LONGEST = "a" * 40
TOO_LONG = "a" * 41

ACCEPTED: list[tuple[Callable[[str], object], str]] = [
    (names.check_participant, "NL"),
    (names.check_participant, "X-INCB"),
    (names.check_participant, "X-" + "A" * 16),
    (names.check_authority, "NL/customs"),
    (names.check_authority, f"X-HUB/{LONGEST}"),
    (names.check_authority, "NL/a-1"),
    (names.check_originator, "NL/customs"),
    (names.check_originator, "NL/~1"),
    (names.check_originator, "NL/~999999"),
    (names.check_originator, "NL/~admin"),
    (names.check_originator, "X-HUB/~root"),
    (names.check_originator, "X-HUB/~notary"),
    (names.check_recipient, "NL"),
    (names.check_recipient, "NL/customs"),
    (names.check_recipient, "@NL/lionfish"),
    (names.check_recipient, "@X-INCB/lionfish"),
    (names.check_federation, "exercise-2026"),
    (names.check_federation, "a" * 63),
]

REFUSED_EVERYWHERE = [
    pytest.param("", id="empty"),
    pytest.param("nl", id="lower case"),
    pytest.param("NL ", id="trailing space"),
    pytest.param(" NL", id="leading space"),
    pytest.param("NL\n", id="trailing newline"),
    pytest.param("NL\0", id="NUL"),
    pytest.param("NLD", id="three letters"),
    pytest.param("N", id="one letter"),
    pytest.param("\u039dL", id="Greek capital Nu"),
    pytest.param("\uff2e\uff2c", id="full width"),
    pytest.param("X-", id="organisation without a name"),
    pytest.param("X-incb", id="organisation in lower case"),
    pytest.param("X-" + "A" * 17, id="organisation too long"),
    pytest.param("NL/", id="nothing after the slash"),
    pytest.param("/customs", id="nothing before the slash"),
    pytest.param("NL//customs", id="two slashes"),
    pytest.param("NL/Customs", id="capital in a label"),
    pytest.param("NL/1", id="label begins with a digit"),
    pytest.param("NL/-a", id="label begins with a hyphen"),
    pytest.param("NL/a_b", id="underscore"),
    pytest.param("NL/a.b", id="dot"),
    pytest.param(f"NL/{TOO_LONG}", id="label too long"),
    pytest.param("NL/customs\n", id="newline after a label"),
    pytest.param("NL/customs/1", id="a stream"),
    pytest.param("NL/~", id="office without a name"),
    pytest.param("NL/~0", id="node zero"),
    pytest.param("NL/~01", id="leading zero"),
    pytest.param("NL/~1000000", id="node number too long"),
    pytest.param("NL/~~1", id="two tildes"),
    pytest.param("NL/~١", id="Arabic digit"),
    pytest.param("@NL", id="group without a name"),
    pytest.param("@nl/lionfish", id="group of nobody"),
    pytest.param("@@NL/lionfish", id="two at signs"),
    pytest.param("@NL/~1", id="group that is an office"),
    pytest.param("NL/customs*", id="pattern"),
    pytest.param("..", id="dots"),
]


@pytest.mark.parametrize(("check", "text"), ACCEPTED)
def test_returns_a_well_formed_name_as_it_is(check: Callable[[str], object], text: str) -> None:
    assert text == check(text)


@pytest.mark.parametrize("text", REFUSED_EVERYWHERE)
@pytest.mark.parametrize(
    "check", [names.check_participant, names.check_authority, names.check_originator, names.check_recipient]
)
def test_refuses_what_is_no_name(check: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadName):
        check(text)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        pytest.param(names.check_participant, "NL/customs", id="authority as participant"),
        pytest.param(names.check_authority, "NL", id="participant as authority"),
        pytest.param(names.check_authority, "NL/~1", id="node as authority"),
        pytest.param(names.check_authority, "NL/~admin", id="administrator as authority"),
        pytest.param(names.check_originator, "NL", id="participant as originator"),
        pytest.param(names.check_originator, "@NL/lionfish", id="group as originator"),
        pytest.param(names.check_recipient, "NL/~1", id="node as recipient"),
        pytest.param(names.check_recipient, "NL/~admin", id="administrator as recipient"),
    ],
)
def test_refuses_a_name_of_another_sort(check: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadName):
        check(text)


@pytest.mark.parametrize(
    "text",
    ["", "Exercise", "2026", "-a", "a_b", "a.b", "a b", "a\n", "é", "a" * 64, "a/b", "NL"],
)
def test_refuses_what_is_no_federation(text: str) -> None:
    with pytest.raises(BadName):
        names.check_federation(text)


def test_a_refusal_does_not_repeat_a_whole_long_name() -> None:
    with pytest.raises(BadName) as refusal:
        names.check_originator("x" * 10_000)

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["NL/customs/1", "NL/~1/2147483647", "X-HUB/~root/1", "NL/~admin/10"])
def test_a_stream_is_printed_as_it_was_parsed(text: str) -> None:
    assert text == str(names.parse_stream(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("NL/customs", id="no writer"),
        pytest.param("NL/customs/", id="empty writer"),
        pytest.param("NL/customs/0", id="writer zero"),
        pytest.param("NL/customs/01", id="leading zero"),
        pytest.param("NL/customs/+1", id="sign"),
        pytest.param("NL/customs/-1", id="negative"),
        pytest.param("NL/customs/1 ", id="space"),
        pytest.param("NL/customs/1\n", id="newline"),
        pytest.param("NL/customs/1_0", id="underscore"),
        pytest.param("NL/customs/١", id="Arabic digit"),
        pytest.param("NL/customs/2147483648", id="writer too large"),
        pytest.param("NL/customs/99999999999999999999", id="writer far too large"),
        pytest.param("NL/1", id="no originator"),
        pytest.param("NL/customs/1/1", id="two writers"),
        pytest.param("NL/customs/1#1", id="a message"),
    ],
)
def test_refuses_what_is_no_stream(text: str) -> None:
    with pytest.raises(BadName):
        names.parse_stream(text)


def test_a_message_name_is_printed_as_it_was_parsed() -> None:
    name = MessageName(Stream(Originator("NL/customs"), 1), 2**63 - 1)

    assert name == names.parse_message_name("NL/customs/1#9223372036854775807")
    assert str(name) == "NL/customs/1#9223372036854775807"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("NL/customs/1", id="no sequence"),
        pytest.param("NL/customs/1#", id="empty sequence"),
        pytest.param("NL/customs/1#0", id="sequence zero"),
        pytest.param("NL/customs/1#01", id="leading zero"),
        pytest.param("NL/customs/1#-1", id="negative"),
        pytest.param("NL/customs/1#9223372036854775808", id="sequence too large"),
        pytest.param("NL/customs/1#1#1", id="two sequences"),
        pytest.param("NL/customs/1#1\n", id="newline"),
        pytest.param("NL/customs#1", id="no writer"),
        pytest.param("#1", id="no stream"),
    ],
)
def test_refuses_what_is_no_message(text: str) -> None:
    with pytest.raises(BadName):
        names.parse_message_name(text)


def test_streams_are_ordered_by_originator_then_by_number() -> None:
    texts = ["DE/police/1", "NL/customs/2", "NL/customs/10", "NL/police/1"]

    assert texts == [str(stream) for stream in sorted(map(names.parse_stream, reversed(texts)))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("NL", "NL"), ("NL/customs", "NL"), ("X-HUB/~root", "X-HUB"), ("@NL/lionfish", "NL"), ("@X-A/b", "X-A")],
)
def test_finds_the_participant_in_a_name(name: str, expected: str) -> None:
    assert expected == names.participant_of(name)


@pytest.mark.parametrize(
    ("originator", "office", "administrator"),
    [
        pytest.param("NL/customs", False, False, id="authority"),
        pytest.param("NL/admin", False, False, id="authority that is called admin"),
        pytest.param("NL/~1", True, False, id="node"),
        pytest.param("X-HUB/~notary", True, False, id="notary"),
        pytest.param("NL/~admin", True, True, id="administrator"),
        pytest.param("X-HUB/~root", True, True, id="root"),
        pytest.param("NL/~root", True, False, id="no root but the hub's"),
        pytest.param("NL/~admin2", True, False, id="node whose name begins like an administrator's"),
    ],
)
def test_tells_offices_and_administrators_apart(originator: str, *, office: bool, administrator: bool) -> None:
    name = names.check_originator(originator)

    assert (office, administrator) == (names.is_office(name), names.is_administrator(name))


def test_topics_are_named_after_federation_and_participant() -> None:
    assert names.message_topic("exercise-2026", Participant("NL")) == "exercise-2026.msg.NL"
    assert names.directory_topic("exercise-2026") == "exercise-2026.directory"
