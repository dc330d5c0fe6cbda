"""Proof files.

Source: C2SP tlog-proof.
"""

import msgspec
import pytest

from broker import limits
from broker.errors import BadNote, BadSignature, NotIncluded, UntrustedCheckpoint
from broker.log.proof_file import LogProof, check_proof, format_proof, parse_proof
from broker.merkle import Hash
from tests.support.notes import WITNESSES, a_checkpoint, a_log_trust, a_signed_checkpoint
from tests.support.plain_log import PlainLog, an_entry

LOG = PlainLog([an_entry(number) for number in range(20)])
NOTE = a_signed_checkpoint(a_checkpoint(20, LOG.root(0, 20)), WITNESSES[:3])
PROOF = LogProof(13, LOG.path(13, 0, 20), NOTE)
RAW = format_proof(PROOF)
STEPS = ("A" * 43 + "=", "B" * 42 + "A=")
FRONT = f"c2sp.org/tlog-proof@v1\nindex 13\n{STEPS[0]}\n{STEPS[1]}\n\n".encode()


def test_is_a_heading_an_index_the_steps_and_the_checkpoint() -> None:
    proof = LogProof(13, (Hash(bytes(32)), Hash(b"\x04\x10\x41" * 10 + b"\x04\x10")), NOTE)

    assert FRONT + NOTE == format_proof(proof)
    assert proof == parse_proof(FRONT + NOTE)


@pytest.mark.parametrize("extra", [b"", b"x", b"\n\n", bytes(range(256))])
def test_may_carry_something_that_nobody_vouches_for(extra: bytes) -> None:
    proof = msgspec.structs.replace(PROOF, extra=extra)

    assert proof == parse_proof(format_proof(proof))
    assert check_proof(PROOF, an_entry(13), a_log_trust()) == check_proof(proof, an_entry(13), a_log_trust())


@pytest.mark.parametrize("steps", [0, 1, limits.MAX_PROOF_HASHES])
def test_has_as_many_steps_as_a_tree_can_have_levels(steps: int) -> None:
    proof = LogProof(2**63 - 1, (Hash(bytes(32)),) * steps, NOTE)

    assert proof == parse_proof(format_proof(proof))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(NOTE, id="a checkpoint alone"),
        pytest.param(FRONT, id="no checkpoint"),
        pytest.param(FRONT[:-1] + NOTE, id="no empty line"),
        pytest.param(FRONT + b"\n" + NOTE, id="two empty lines"),
        pytest.param(FRONT + NOTE[:-1], id="no last line feed"),
        pytest.param(FRONT + NOTE + b"\n", id="an empty line behind"),
        pytest.param(b"\n" + FRONT + NOTE, id="an empty line before"),
        pytest.param(b"c2sp.org/tlog-proof@v1\n\n" + NOTE, id="no index"),
        pytest.param((FRONT + NOTE).replace(b"@v1", b"@v2"), id="another version"),
        pytest.param((FRONT + NOTE).replace(b"@v1\n", b"@v1 \n"), id="a space behind the heading"),
        pytest.param((FRONT + NOTE).replace(b"@v1\n", b"@v1\r\n"), id="another line end"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index 013"), id="index with a leading zero"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index -1"), id="negative index"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index  13"), id="two spaces before the index"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index 13 "), id="a space behind the index"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index"), id="index without a number"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"Index 13"), id="index with a capital"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"13"), id="number without its word"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index %d" % (2**63)), id="index of 2⁶³"),
        pytest.param((FRONT + NOTE).replace(b"index 13", "index \u0661".encode()), id="index in other digits"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index 13\nindex 13"), id="index twice"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"index 13\nextra AAAA"), id="extra behind the index"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"extra AAA\nindex 13"), id="extra that is no base64"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"extra\nindex 13"), id="extra without a space"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"extra A\xff==\nindex 13"), id="not ASCII"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"extra AAAA\nextra AAAA\nindex 13"), id="extra twice"),
        pytest.param((FRONT + NOTE).replace(b"index 13", b"note\nindex 13"), id="another line before the index"),
        pytest.param((FRONT + NOTE).replace(b"BA=", b"BB="), id="a step with bits behind its end"),
        pytest.param((FRONT + NOTE).replace(b"BA=", b"BAA"), id="a step of 33 bytes"),
        pytest.param((FRONT + NOTE).replace(b"BA=", b"="), id="a step that is too short"),
        pytest.param((FRONT + NOTE).replace(b"BA=", b"BA= "), id="a space behind a step"),
        pytest.param(
            format_proof(LogProof(0, (Hash(bytes(32)),) * (limits.MAX_PROOF_HASHES + 1), NOTE)), id="too many steps"
        ),
        pytest.param(format_proof(LogProof(0, (), NOTE, bytes(2 * limits.MAX_NOTE_BYTES))), id="too long"),
    ],
)
def test_refuses_what_it_would_not_print(raw: bytes) -> None:
    with pytest.raises(BadNote):
        parse_proof(raw)


class TestACheck:
    def test_returns_the_checkpoint_that_the_entry_is_proved_under(self) -> None:
        signed = check_proof(PROOF, an_entry(13), a_log_trust())

        assert (NOTE, 20, WITNESSES[:3], True) == (signed.raw, signed.size, signed.witnesses, signed.is_witnessed)

    def test_refuses_another_entry(self) -> None:
        with pytest.raises(NotIncluded):
            check_proof(PROOF, an_entry(12), a_log_trust())

    def test_refuses_the_hash_of_an_entry_for_the_entry(self) -> None:
        with pytest.raises(NotIncluded):
            check_proof(PROOF, LOG.leaf(13), a_log_trust())

    @pytest.mark.parametrize("index", [0, 12, 14, 19, 20, 2**62])
    def test_refuses_another_place(self, index: int) -> None:
        with pytest.raises(NotIncluded):
            check_proof(msgspec.structs.replace(PROOF, index=index), an_entry(13), a_log_trust())

    def test_refuses_a_checkpoint_of_another_tree(self) -> None:
        other = msgspec.structs.replace(PROOF, checkpoint=a_signed_checkpoint(a_checkpoint(20)))

        with pytest.raises(NotIncluded):
            check_proof(other, an_entry(13), a_log_trust())

    def test_refuses_a_checkpoint_of_another_log(self) -> None:
        head = a_checkpoint(20, LOG.root(0, 20), "exercise-2027/log")

        with pytest.raises(UntrustedCheckpoint):
            check_proof(
                msgspec.structs.replace(PROOF, checkpoint=a_signed_checkpoint(head)), an_entry(13), a_log_trust()
            )

    def test_refuses_a_changed_checkpoint_before_it_looks_at_the_proof(self) -> None:
        changed = msgspec.structs.replace(PROOF, checkpoint=NOTE.replace(b"\n20\n", b"\n21\n"), path=())

        with pytest.raises(BadSignature):
            check_proof(changed, an_entry(13), a_log_trust())
