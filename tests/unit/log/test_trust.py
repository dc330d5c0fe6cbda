"""Which checkpoints are believed, and how many witnesses it takes."""

import msgspec
import pytest

from broker.errors import BadNote, BadSignature, UntrustedCheckpoint
from broker.log.checkpoint import format_checkpoint
from broker.log.cosignature import cosign
from broker.log.note import COSIGNATURE, Note, NoteSignature, format_note, sign_note
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from tests.support.notes import (
    COSIGNED_AT,
    ORIGIN,
    WITNESSES,
    a_checkpoint,
    a_line,
    a_log_trust,
    a_note_key,
    a_note_signer,
    a_signed_checkpoint,
    cosigned,
)

TEXT = format_checkpoint(a_checkpoint())
TRUST = a_log_trust()


def checked(*lines: NoteSignature, trust: LogTrust = TRUST, text: str = TEXT) -> SignedCheckpoint:
    """Return what a checkpoint with *lines* is worth."""
    return check_checkpoint(format_note(Note(text, lines)), trust)


class TestTheNotary:
    def test_has_to_have_signed(self) -> None:
        raw = a_signed_checkpoint()
        found = check_checkpoint(raw, TRUST)

        assert (raw, a_checkpoint()) == (found.raw, found.checkpoint)
        assert (20, a_checkpoint().head) == (found.size, found.head)
        assert ((), 3, None, False) == (found.witnesses, found.quorum, found.witnessed_at, found.is_witnessed)

    def test_is_not_replaced_by_all_witnesses_together(self) -> None:
        with pytest.raises(UntrustedCheckpoint):
            checked(*cosigned(TEXT))

    def test_is_not_replaced_by_a_witness_that_signs_like_one(self) -> None:
        with pytest.raises(UntrustedCheckpoint):
            checked(a_line(TEXT, WITNESSES[0]))

    def test_is_not_another_under_its_name(self) -> None:
        with pytest.raises(UntrustedCheckpoint):
            checked(sign_note(TEXT, a_note_signer("mallory"), ORIGIN))

    def test_is_not_its_own_witness(self) -> None:
        found = checked(a_line(TEXT), cosign(TEXT, a_note_signer(ORIGIN), ORIGIN, COSIGNED_AT))

        assert () == found.witnesses

    def test_signed_this_text(self) -> None:
        with pytest.raises(BadSignature):
            checked(a_line(format_checkpoint(a_checkpoint(21))))

    def test_signed_only_lines_that_hold(self) -> None:
        wrong = msgspec.structs.replace(a_line(TEXT), signature=bytes(64))

        with pytest.raises(BadSignature):
            checked(a_line(TEXT), wrong)

    def test_may_have_had_another_key_before(self) -> None:
        earlier = msgspec.structs.replace(a_note_key("an earlier key"), name=ORIGIN)
        trust = msgspec.structs.replace(TRUST, notary=(earlier, *TRUST.notary))

        assert 20 == checked(a_line(TEXT), trust=trust).size
        assert 20 == checked(sign_note(TEXT, a_note_signer("an earlier key"), ORIGIN), trust=trust).size

    @pytest.mark.parametrize(
        "origin", ["exercise-2027/log", "exercise-2026", "exercise-2026/log ", "Exercise-2026/log"]
    )
    def test_keeps_one_log(self, origin: str) -> None:
        text = format_checkpoint(a_checkpoint(origin=origin))

        with pytest.raises(UntrustedCheckpoint, match="log"):
            checked(a_line(text), text=text)

    def test_signed_a_checkpoint(self) -> None:
        with pytest.raises(BadNote):
            checked(a_line(f"{ORIGIN}\n20\n"), text=f"{ORIGIN}\n20\n")

    def test_signed_a_note(self) -> None:
        with pytest.raises(BadNote):
            check_checkpoint(TEXT.encode(), TRUST)


class TestAQuorum:
    @pytest.mark.parametrize("count", range(6))
    def test_is_there_when_enough_have_cosigned(self, count: int) -> None:
        found = checked(a_line(TEXT), *cosigned(TEXT, WITNESSES[:count]))

        assert WITNESSES[:count] == found.witnesses
        assert (count >= 3) == found.is_witnessed
        assert (COSIGNED_AT + 2 if count >= 3 else None) == found.witnessed_at

    def test_was_complete_when_the_last_that_it_took_cosigned(self) -> None:
        times = (50, 10, 40, 20, 30)
        lines = [cosign(TEXT, a_note_signer(name), name, at) for name, at in zip(WITNESSES, times, strict=True)]

        for quorum, at in enumerate((10, 20, 30, 40, 50), start=1):
            assert at == checked(a_line(TEXT), *lines, trust=a_log_trust(quorum)).witnessed_at

    def test_can_be_complete_at_any_time_there_is(self) -> None:
        line = cosign(TEXT, a_note_signer(WITNESSES[0]), WITNESSES[0], 0)
        found = checked(a_line(TEXT), line, trust=a_log_trust(1))

        assert (0, True) == (found.witnessed_at, found.is_witnessed)

    def test_does_not_count_one_witness_twice(self) -> None:
        name = WITNESSES[0]
        lines = [cosign(TEXT, a_note_signer(name), name, COSIGNED_AT + later) for later in range(5)]
        found = checked(a_line(TEXT), *lines, lines[0])

        assert ((name,), None) == (found.witnesses, found.witnessed_at)

    def test_does_not_count_one_witness_with_two_keys_twice(self) -> None:
        name = WITNESSES[0]
        second = msgspec.structs.replace(a_note_key("second", COSIGNATURE), name=name)
        trust = msgspec.structs.replace(TRUST, witnesses=(*TRUST.witnesses, second), quorum=2)
        lines = (*cosigned(TEXT, [name]), cosign(TEXT, a_note_signer("second"), name, COSIGNED_AT))

        assert (name,) == checked(a_line(TEXT), *lines, trust=trust).witnesses
        assert not checked(a_line(TEXT), *lines, trust=trust).is_witnessed

    def test_does_not_count_strangers(self) -> None:
        found = checked(a_line(TEXT), *cosigned(TEXT, ["x", "y", "z", WITNESSES[1]]))

        assert (WITNESSES[1],) == found.witnesses

    def test_does_not_count_a_wrong_line_and_does_not_mind_it(self) -> None:
        first, *rest = cosigned(TEXT)
        for wrong in (
            msgspec.structs.replace(first, signature=bytes(72)),
            msgspec.structs.replace(first, signature=b"short"),
            msgspec.structs.replace(first, signature=b"\xff" * 72),
            msgspec.structs.replace(first, signature=rest[0].signature),
        ):
            assert WITNESSES[1:] == checked(a_line(TEXT), wrong, *rest).witnesses
            # One that holds behind it still counts: nobody can spoil another's line by putting one before it.
            assert WITNESSES == checked(a_line(TEXT), wrong, first, *rest).witnesses

    def test_does_not_count_cosignatures_under_another_checkpoint(self) -> None:
        found = checked(a_line(TEXT), *cosigned(format_checkpoint(a_checkpoint(21))))

        assert ((), None) == (found.witnesses, found.witnessed_at)

    def test_does_not_count_a_signature_that_is_none_of_a_witness(self) -> None:
        assert () == checked(a_line(TEXT), a_line(TEXT, WITNESSES[0])).witnesses

    def test_is_never_there_where_nobody_is_appointed(self) -> None:
        trust = LogTrust(ORIGIN, TRUST.notary, (), 0)

        assert not checked(a_line(TEXT), *cosigned(TEXT), trust=trust).is_witnessed

    def test_names_the_witnesses_in_one_order(self) -> None:
        lines = cosigned(TEXT)

        assert WITNESSES == checked(a_line(TEXT), *reversed(lines)).witnesses
        assert WITNESSES == checked(*lines, a_line(TEXT)).witnesses
