"""The side of the log: what it asks, and what it makes of each answer."""

from collections.abc import Sequence

import pytest

from broker.errors import BrokerError, SplitView, WitnessUnavailable
from broker.log.cosignature import cosign
from broker.log.note import COSIGNATURE, Note, format_note, format_signatures, parse_note
from broker.log.witness import MOST_REQUESTS, Answer, Cosigned, ask
from broker.merkle import Hash
from tests.support.notes import WITNESSES, a_line, a_note_key, a_note_signer
from tests.support.witnessing import BE, NOW, a_note, a_proof, a_request

KEY = a_note_key(BE, COSIGNATURE)
TEXT = "text/plain; charset=utf-8"
LINE = cosign(parse_note(a_note(20)).text, a_note_signer(BE), BE, NOW)
GIVEN = Answer(200, TEXT, format_signatures([LINE]))


def conflict(size: int | str) -> Answer:
    return Answer(409, "text/x.tlog.size", f"{size}\n".encode())


def talk(*answers: Answer, known: int = 0) -> tuple[list[bytes], Cosigned | BrokerError]:
    """Return what was asked, and what came of it."""
    proved: list[int] = []

    def prove(old: int) -> tuple[Hash, ...]:
        proved.append(old)
        return a_proof(old, 20)

    asking = ask(a_note(20), known_size=known, prove=prove, key=KEY)
    requests, coming = [next(asking)], list(answers)
    while True:
        try:
            requests.append(asking.send(coming.pop(0)))
        except StopIteration as ended:
            assert not coming
            return requests, ended.value
        except (SplitView, WitnessUnavailable) as error:
            assert not coming
            assert all(0 < old < 20 for old in proved)
            return requests, error


def error_of(*answers: Answer, known: int = 0) -> BrokerError:
    _, came = talk(*answers, known=known)
    assert isinstance(came, BrokerError)
    return came


def test_asks_with_the_size_that_is_known() -> None:
    assert ([a_request(7, 20)], Cosigned(LINE, NOW)) == talk(GIVEN, known=7)


def test_asks_from_nothing_where_nothing_is_known() -> None:
    assert ([a_request(0, 20)], Cosigned(LINE, NOW)) == talk(GIVEN)


@pytest.mark.parametrize("size", [0, 1, 8, 19, 20])
def test_asks_again_with_the_size_that_a_conflict_names(size: int) -> None:
    known = 7

    assert ([a_request(7, 20), a_request(size, 20)], Cosigned(LINE, NOW)) == talk(conflict(size), GIVEN, known=known)


def test_asks_three_times_and_no_more() -> None:
    requests, came = talk(conflict(5), conflict(6), conflict(7))

    assert MOST_REQUESTS == 3
    assert [a_request(old, 20) for old in (0, 5, 6)] == requests
    assert isinstance(came, WitnessUnavailable)


def test_the_third_request_may_succeed() -> None:
    assert Cosigned(LINE, NOW) == talk(conflict(5), conflict(6), GIVEN)[1]


def test_reads_the_content_type_of_a_conflict_as_http_means_it() -> None:
    loose = Answer(409, "Text/X.tlog.size ; charset=utf-8", b"5\n")

    assert Cosigned(LINE, NOW) == talk(loose, GIVEN)[1]


def test_a_larger_tree_at_the_witness_is_a_split_view() -> None:
    error = error_of(conflict(21))

    assert isinstance(error, SplitView)
    assert f"{BE} has seen a tree of 21; this one has only 20" == str(error)


def test_a_size_remembered_from_a_larger_tree_is_not_asked_with() -> None:
    requests, came = talk(conflict(30), known=30)

    assert [a_request(0, 20)] == requests
    assert isinstance(came, SplitView)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Answer(409, TEXT, b"another root\n"), id="said in words"),
        pytest.param(conflict(20), id="the size again"),
        pytest.param(Answer(409, "", b""), id="said in no words"),
    ],
)
def test_another_root_of_the_same_size_at_the_witness_is_a_split_view(second: Answer) -> None:
    error = error_of(conflict(20), second)

    assert isinstance(error, SplitView)
    assert BE in str(error)


def test_a_proof_that_does_not_hold_there_is_a_split_view() -> None:
    assert isinstance(error_of(conflict(7), Answer(422, TEXT, b"no\n")), SplitView)


def test_cosignatures_of_unknown_keys_are_ignored() -> None:
    text = parse_note(a_note(20)).text
    others = [cosign(text, a_note_signer(name), name, NOW) for name in WITNESSES[1:]]
    body = format_signatures([*others, cosign(text, a_note_signer("thief"), BE, NOW), LINE])

    assert Cosigned(LINE, NOW) == talk(Answer(200, TEXT, body))[1]


def garbage() -> Sequence[tuple[str, Answer]]:
    text, other = parse_note(a_note(20)).text, parse_note(a_note(21)).text
    mine, flipped = format_signatures([LINE]), bytearray(LINE.signature)
    flipped[-1] ^= 1
    changed = format_signatures([type(LINE)(BE, LINE.key_hash, bytes(flipped))])
    backdated = format_signatures([type(LINE)(BE, LINE.key_hash, bytes(8) + LINE.signature[8:])])
    foreign = format_signatures([cosign(text, a_note_signer("thief"), BE, NOW)])
    return (
        ("nothing", Answer(200, TEXT, b"")),
        ("no signature line", Answer(200, TEXT, b"<html></html>\n")),
        ("no UTF-8", Answer(200, TEXT, b"\xff\xff\n")),
        ("no line feed", Answer(200, TEXT, mine[:-1])),
        ("a whole note", Answer(200, TEXT, format_note(Note(text, (a_line(text), LINE))))),
        ("of another key", Answer(200, TEXT, foreign)),
        ("of the notary", Answer(200, TEXT, format_signatures([a_line(text)]))),
        ("over another text", Answer(200, TEXT, format_signatures([cosign(other, a_note_signer(BE), BE, NOW)]))),
        ("bit flipped", Answer(200, TEXT, changed)),
        ("another time", Answer(200, TEXT, backdated)),
        ("too short", Answer(200, TEXT, format_signatures([type(LINE)(BE, LINE.key_hash, b"short")]))),
        ("65 lines", Answer(200, TEXT, mine * 65)),
        ("too long", Answer(200, TEXT, mine * 1000)),
        ("no content", Answer(204, "", b"")),
        ("created", Answer(201, TEXT, mine)),
        ("redirect", Answer(301, "text/html", b"elsewhere")),
        ("not asked well", Answer(400, TEXT, b"malformed\n")),
        ("not trusted", Answer(403, TEXT, b"no\n")),
        ("not known", Answer(404, TEXT, b"unknown log\n")),
        ("not allowed", Answer(405, TEXT, b"")),
        ("too large", Answer(413, TEXT, b"")),
        ("no proof was sent, and it does not hold", Answer(422, TEXT, b"")),
        ("broken", Answer(500, TEXT, b"\x00" * 50)),
        ("busy", Answer(503, TEXT, b"")),
        ("no status", Answer(0, "", b"")),
        ("conflict with the same size", conflict(0)),
        ("conflict without a size", Answer(409, "text/x.tlog.size", b"")),
        ("conflict without a line feed", Answer(409, "text/x.tlog.size", b"5")),
        ("conflict with two sizes", Answer(409, "text/x.tlog.size", b"5\n6\n")),
        ("conflict with a leading zero", conflict("05")),
        ("conflict below zero", conflict(-5)),
        ("conflict in words", conflict("five")),
        ("conflict beyond all sizes", conflict(2**63)),
        ("conflict with a long number", conflict("9" * 5000)),
        ("conflict as text", Answer(409, TEXT, b"5\n")),
        ("conflict without a content type", Answer(409, "", b"5\n")),
    )


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in garbage()])
def test_what_no_witness_would_answer_makes_it_unavailable(answer: Answer) -> None:
    error = error_of(answer)

    assert isinstance(error, WitnessUnavailable)
    assert str(error).startswith(f"witness {BE} ")
    assert len(str(error)) < 300
