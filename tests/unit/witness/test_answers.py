"""Every answer of C2SP tlog-witness, in the order of its text; over the pure function and over a whole witness."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from broker.log.checkpoint import Checkpoint, format_checkpoint
from broker.log.cosignature import check_cosignature, cosign
from broker.log.note import COSIGNATURE, Note, format_note, format_signatures, parse_note, parse_signatures, sign_note
from broker.log.tree import TreeHead
from broker.log.witness import AddCheckpoint, Answer, add_checkpoint, format_request
from broker.merkle import EMPTY_ROOT, Hash
from tests.support.notes import ORIGIN, a_line, a_note_key, a_note_signer, a_signed_checkpoint
from tests.support.witnessing import (
    BE,
    FORK,
    LOG,
    LOGS,
    NOW,
    a_note,
    a_proof,
    a_request,
    a_state,
    a_witness,
)

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
OTHER = "elsewhere.example/log"

Ask = Callable[[bytes], Answer]


class PureWitness:
    """A witness that remembers nothing but what the pure function says that it has to keep."""

    def __init__(self) -> None:
        self.known: dict[str, TreeHead] = {}

    def __call__(self, request: bytes) -> Answer:
        answer, head = add_checkpoint(request, known=self.known.get, logs=LOGS, key=a_note_signer(BE), name=BE, now=NOW)
        if head is not None:
            self.known[ORIGIN] = head
        return answer


@pytest.fixture(params=["pure", "whole"])
def answer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ask]:
    if request.param == "pure":
        yield PureWitness()
        return
    with a_state(tmp_path) as state:
        yield a_witness(state).answer


def submit(old: int, proof: tuple[Hash, ...], note: bytes) -> bytes:
    return format_request(AddCheckpoint(old, proof, note))


def test_200_carries_the_cosignature_and_nothing_else(answer: Ask) -> None:
    text = parse_note(a_note(20)).text
    line = cosign(text, a_note_signer(BE), BE, NOW)

    assert Answer(200, TEXT, format_signatures([line])) == answer(a_request(0, 20))
    assert NOW == check_cosignature(text, line, a_note_key(BE, COSIGNATURE))


def test_200_is_a_line_that_begins_with_a_dash_and_ends_with_a_line_feed(answer: Ask) -> None:
    body = answer(a_request(0, 20)).body

    assert body.startswith(f"— {BE} ".encode())
    assert body.endswith(b"\n")
    assert 1 == body.count(b"\n")


def test_200_signs_the_extension_lines_too(answer: Ask) -> None:
    checkpoint = Checkpoint(ORIGIN, 20, LOG.root(0, 20), ("an extension",))
    body = answer(submit(0, (), a_signed_checkpoint(checkpoint))).body

    (line,) = parse_signatures(body)
    assert NOW == check_cosignature(format_checkpoint(checkpoint), line, a_note_key(BE, COSIGNATURE))


def test_200_for_the_same_checkpoint_again(answer: Ask) -> None:
    answer(a_request(0, 20))

    assert 200 == answer(a_request(20, 20)).status


@pytest.mark.parametrize("old", range(1, 17))
def test_200_for_every_growth_of_a_small_tree(answer: Ask, old: int) -> None:
    answer(a_request(0, old))

    assert [200] * 17 == [answer(a_request(size, size + 1)).status for size in range(old, old + 17)]


def test_200_for_a_tree_without_leaves_and_what_grows_out_of_it(answer: Ask) -> None:
    assert 200 == answer(a_request(0, 0)).status
    assert 200 == answer(a_request(0, 20)).status


def test_signatures_of_unknown_keys_are_ignored(answer: Ask) -> None:
    text = parse_note(a_note(20)).text
    lines = (sign_note(text, a_note_signer("somebody"), "somebody.example"), a_line(text))

    assert 200 == answer(submit(0, (), format_note(Note(text, lines)))).status


def test_400_for_what_is_no_request(answer: Ask) -> None:
    said = answer(b"old 007\n\n" + a_note(20))

    assert (400, TEXT) == (said.status, said.content_type)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(b"not a note\n", id="no note"),
        pytest.param(b"\xff\xfe\n\n\xe2\x80\x94 a b\n", id="no UTF-8"),
        pytest.param(a_note(20)[:-1], id="no line feed at the end"),
        pytest.param(a_note(20) + b"\n", id="an empty line at the end"),
        pytest.param(a_note(20).replace(b"\n20\n", b"\n020\n"), id="leading zero"),
        pytest.param(a_note(20).replace(b"\n20\n", b"\n-20\n"), id="below zero"),
        pytest.param(a_note(20).replace(b"\n20\n", b"\n" + b"9" * 30 + b"\n"), id="too large"),
        pytest.param(a_note(20).replace(ORIGIN.encode() + b"\n20", b"\n20"), id="no origin"),
        pytest.param(a_note(20).replace(b"=\n\n", b"\n\n"), id="a root that is no hash"),
        pytest.param(b"a\n20\n\n" + a_note(20).split(b"\n\n")[1], id="no root"),
        pytest.param(a_note(20).partition(b"\n\n")[0] + b"\n\n", id="no signature"),
        pytest.param(a_note(20) * 200, id="too long"),
    ],
)
def test_400_for_what_is_no_checkpoint(answer: Ask, note: bytes) -> None:
    assert 400 == answer(b"old 0\n\n" + note).status


def test_400_for_a_proof_of_64_lines(answer: Ask) -> None:
    assert 400 == answer(submit(1, (Hash(bytes(32)),) * 64, a_note(20))).status


def test_404_for_an_unknown_origin_whoever_signed(answer: Ask) -> None:
    text = format_checkpoint(Checkpoint(OTHER, 20, LOG.root(0, 20)))
    note = format_note(Note(text, (a_line(text),)))

    assert Answer(404, TEXT, b"unknown log\n") == answer(submit(0, (), note))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("elsewhere.example/notary", id="another name and key"),
        pytest.param(BE, id="the witness itself"),
    ],
)
def test_403_if_no_trusted_key_signed(answer: Ask, name: str) -> None:
    text = parse_note(a_note(20)).text
    said = answer(submit(0, (), format_note(Note(text, (a_line(text, name),)))))

    assert (403, TEXT) == (said.status, said.content_type)


def test_403_for_another_key_under_the_name_of_the_trusted_one(answer: Ask) -> None:
    text = parse_note(a_note(20)).text
    line = sign_note(text, a_note_signer("a thief"), ORIGIN)

    assert 403 == answer(submit(0, (), format_note(Note(text, (line,))))).status


def test_403_for_a_signature_over_another_text(answer: Ask) -> None:
    text = parse_note(a_note(20)).text
    note = format_note(Note(text, (a_line(parse_note(a_note(21)).text),)))

    assert 403 == answer(submit(0, (), note)).status


def test_403_if_only_a_cosignature_of_the_trusted_name_is_there(answer: Ask) -> None:
    text = parse_note(a_note(20)).text
    line = cosign(text, a_note_signer(ORIGIN), ORIGIN, NOW)

    assert 403 == answer(submit(0, (), format_note(Note(text, (line,))))).status


def test_400_for_an_old_size_above_that_of_the_checkpoint(answer: Ask) -> None:
    assert 400 == answer(submit(21, (), a_note(20))).status


@pytest.mark.parametrize(("old", "size"), [(0, 20), (5, 20), (11, 20), (9, 9), (0, 9), (20, 20)])
def test_409_names_the_size_that_was_cosigned_last(answer: Ask, old: int, size: int) -> None:
    answer(a_request(0, 10))

    assert Answer(409, SIZE, b"10\n") == answer(a_request(old, size))


def test_409_names_zero_if_nothing_was_cosigned(answer: Ask) -> None:
    assert Answer(409, SIZE, b"0\n") == answer(a_request(5, 20))


def test_a_tree_that_became_smaller_is_never_cosigned(answer: Ask) -> None:
    answer(a_request(0, 20))

    assert [409] * 20 == [answer(a_request(old, 19)).status for old in range(20)]


def test_422_for_a_proof_from_no_tree(answer: Ask) -> None:
    assert 422 == answer(submit(0, (Hash(bytes(32)),), a_note(20))).status


def test_409_for_another_root_of_the_same_size_and_it_names_no_size(answer: Ask) -> None:
    answer(a_request(0, 20))
    said = answer(a_request(20, 20, FORK))

    assert (409, TEXT) == (said.status, said.content_type)


def test_409_for_leaves_out_of_nothing_in_a_tree_without_leaves(answer: Ask) -> None:
    note = a_signed_checkpoint(Checkpoint(ORIGIN, 0, Hash(bytes(32))))

    assert EMPTY_ROOT != bytes(32)
    assert (409, TEXT) == msgspec.structs.astuple(answer(submit(0, (), note)))[:2]


def wrong_proofs() -> Iterator[tuple[str, tuple[Hash, ...]]]:
    right = a_proof(11, 20)
    yield "none", ()
    yield "too short", right[:-1]
    yield "too long", (*right, Hash(bytes(32)))
    yield "reversed", right[::-1]
    yield "of another tree", a_proof(11, 20, FORK)
    yield "from another size", a_proof(12, 20)
    yield "to another size", a_proof(11, 21)
    yield "63 hashes", (Hash(bytes(32)),) * 63
    for place in range(len(right)):
        flipped = Hash(bytes([right[place][0] ^ 1]) + right[place][1:])
        yield f"bit flipped in hash {place}", (*right[:place], flipped, *right[place + 1 :])


@pytest.mark.parametrize("proof", [pytest.param(proof, id=name) for name, proof in wrong_proofs()])
def test_422_for_a_proof_that_does_not_verify(answer: Ask, proof: tuple[Hash, ...]) -> None:
    answer(a_request(0, 11))
    said = answer(submit(11, proof, a_note(20)))

    assert (422, TEXT) == (said.status, said.content_type)


def test_422_for_a_fork_that_has_grown(answer: Ask) -> None:
    answer(a_request(0, 11))

    assert 422 == answer(a_request(11, 20, FORK)).status


def test_422_for_a_proof_where_nothing_is_to_be_proved(answer: Ask) -> None:
    answer(a_request(0, 20))

    assert 422 == answer(submit(20, (Hash(bytes(32)),), a_note(20))).status


def test_nothing_that_was_refused_changes_what_is_known(answer: Ask) -> None:
    answer(a_request(0, 10))
    for request in (
        b"old 10\n\nrubbish",
        submit(10, (), a_note(20)),
        a_request(10, 20, FORK),
        a_request(5, 30),
        a_request(10, 10, FORK),
        submit(10, (), a_signed_checkpoint(Checkpoint(OTHER, 20, LOG.root(0, 20)))),
    ):
        assert answer(request).status >= 400

    assert 200 == answer(a_request(10, 20)).status


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(b"old x\n\n" + a_note(20, FORK).replace(ORIGIN.encode(), OTHER.encode()), 400, id="layout"),
        pytest.param(submit(30, (), a_note(20).replace(ORIGIN.encode(), OTHER.encode())), 404, id="origin"),
        pytest.param(submit(30, (), a_note(20).replace(b"\n20\n", b"\n21\n")), 403, id="signature"),
        pytest.param(submit(30, (), a_note(20, FORK)), 400, id="old size above the checkpoint's"),
        pytest.param(submit(0, (Hash(bytes(32)),), a_note(10, FORK)), 409, id="old size is not the one known"),
        pytest.param(submit(10, (Hash(bytes(32)),), a_note(10, FORK)), 409, id="another root"),
    ],
)
def test_of_several_mistakes_the_first_in_the_order_of_the_text_is_answered(
    answer: Ask, request_: bytes, expected: int
) -> None:
    answer(a_request(0, 10))

    assert expected == answer(request_).status
