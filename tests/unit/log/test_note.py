"""Signed notes: what is a note, who signed it, and what a key is called.

Source: C2SP signed-note.
"""

import hashlib
from base64 import b64encode

import msgspec
import pytest

from broker import limits
from broker.errors import BadNote, BadSignature, UntrustedCheckpoint, WeakKey
from broker.log.note import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteKey,
    NoteSignature,
    check_name,
    check_note,
    format_note,
    format_note_key,
    format_signatures,
    parse_note,
    parse_note_key,
    parse_signatures,
    sign_note,
)
from tests.support.notes import a_line, a_note_key, a_note_signer

TEXT = "a text\nof two lines\n"
LINE = NoteSignature("example.org/log", b"\x00\x01\x02\x03", b"signature")
ENCODED = b64encode(LINE.key_hash + LINE.signature).decode()
RAW = f"{TEXT}\n— example.org/log {ENCODED}\n".encode()

NO_NAMES = {
    "empty": "",
    "plus": "a+b",
    "space": "a b",
    "no-break space": "a\u00a0b",
    "next line": "a\u0085b",
    "em space": "a\u2003b",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "ideographic space": "a\u3000b",
    "ogham space": "a\u1680b",
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "zero byte": "a\0b",
    "escape": "a\x1bb",
}


class TestANote:
    def test_is_its_text_an_empty_line_and_a_line_for_each_signature(self) -> None:
        assert RAW == format_note(Note(TEXT, (LINE,)))
        assert Note(TEXT, (LINE,)) == parse_note(RAW)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("\n", id="of one empty line"),
            pytest.param("a\n\nb\n", id="with an empty line inside"),
            pytest.param("a\n\n", id="that ends with an empty line"),
            pytest.param(f"a\n\n— example.org/log {ENCODED}\n", id="that looks like a note"),
            pytest.param("— è subito sera\u2028\n", id="of other scripts and separators"),
            pytest.param("a\x7f\u0085\n", id="with controls that are not of ASCII's first 32"),
        ],
    )
    def test_has_any_text_of_whole_lines(self, text: str) -> None:
        note = Note(text, (LINE,))

        assert note == parse_note(format_note(note))

    @pytest.mark.parametrize("count", [1, 16, limits.MAX_NOTE_SIGNATURES])
    def test_has_any_number_of_signatures_up_to_the_limit(self, count: int) -> None:
        note = Note(TEXT, (LINE,) * count)

        assert note == parse_note(format_note(note))

    def test_has_room_for_sixteen_signatures_of_the_longest_kind_that_is_in_sight(self) -> None:
        # The specification wants at least 16 to be read, and knows of signatures of nearly 5 kB.
        note = Note(TEXT, (NoteSignature("example.org/log", bytes(4), bytes(5000)),) * 16)

        assert note == parse_note(format_note(note))

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\n", id="one line feed"),
            pytest.param(b"\n\n", id="two line feeds"),
            pytest.param(TEXT.encode(), id="text only"),
            pytest.param(TEXT.encode() + b"\n", id="no signature"),
            pytest.param(RAW[:-1], id="no last line feed"),
            pytest.param(RAW + b"\n", id="an empty line behind"),
            pytest.param(RAW + b"x", id="a line without end behind"),
            pytest.param(RAW + b"x\n", id="another line behind"),
            pytest.param(RAW.replace(b"\n\n", b"\n"), id="no empty line"),
            pytest.param(RAW.replace(b"\n", b"\r\n"), id="other line ends"),
            pytest.param(RAW.replace(b"two", b"t\ro"), id="carriage return in the text"),
            pytest.param(RAW.replace(b"two", b"t\0o"), id="zero byte in the text"),
            pytest.param(RAW.replace(b"two", b"t\to"), id="tab in the text"),
            pytest.param(RAW.replace(b"two", b"t\x1fo"), id="control in the text"),
            pytest.param(RAW.replace(b"two", b"t\xffo"), id="not UTF-8"),
            pytest.param(RAW.replace(b"two", b"t\xed\xa0\x80o"), id="half a surrogate pair"),
            pytest.param(RAW.replace("—".encode(), b"-"), id="a hyphen for the dash"),
            pytest.param(RAW.replace("—".encode(), "–".encode()), id="a shorter dash"),
            pytest.param(RAW.replace("— ".encode(), "—".encode()), id="no space behind the dash"),
            pytest.param(RAW.replace("— ".encode(), "—  ".encode()), id="two spaces behind the dash"),
            pytest.param(RAW.replace("— ".encode(), "—\u00a0".encode()), id="another space behind the dash"),
            pytest.param(RAW.replace("— ".encode(), " — ".encode()), id="a space before the dash"),
            pytest.param(RAW.replace(b"log ", b"log  "), id="two spaces before the signature"),
            pytest.param(RAW.replace(b"log ", b"log"), id="no space before the signature"),
            pytest.param(RAW[:-1] + b" \n", id="a space behind the signature"),
            pytest.param(RAW[:-1] + b" x\n", id="another word behind the signature"),
            pytest.param(f"{TEXT}\n— example.org/log \n".encode(), id="empty signature"),
            pytest.param(f"{TEXT}\n— example.org/log\n".encode(), id="no signature behind the name"),
            pytest.param(f"{TEXT}\n— {ENCODED}\n".encode(), id="no name"),
            pytest.param(f"{TEXT}\n—  {ENCODED}\n".encode(), id="empty name"),
            pytest.param(f"{TEXT}\n— a AAAAAA==\n".encode(), id="key hash without signature"),
            pytest.param(f"{TEXT}\n— a AAAA\n".encode(), id="less than a key hash"),
            pytest.param(f"{TEXT}\n— a AAAAAAA\n".encode(), id="base64 without padding"),
            pytest.param(f"{TEXT}\n— a AAAAAAB=\n".encode(), id="base64 with bits behind its end"),
            pytest.param(f"{TEXT}\n— a AAAAAA==AAAA\n".encode(), id="base64 with padding inside"),
            pytest.param(f"{TEXT}\n— a AAAAAAA====\n".encode(), id="base64 with too much padding"),
            pytest.param(f"{TEXT}\n— a AAAA-AA=\n".encode(), id="base64 for addresses"),
            pytest.param(f"{TEXT}\n— a AAAA AA=\n".encode(), id="base64 with a space"),
            pytest.param(f"{TEXT}\n— a AAAAAA\u0661=\n".encode(), id="base64 with another digit"),
            pytest.param(format_note(Note(TEXT, (LINE,) * (limits.MAX_NOTE_SIGNATURES + 1))), id="too many signatures"),
            pytest.param(b"a" * limits.MAX_NOTE_BYTES + RAW, id="too long"),
        ],
    )
    def test_is_refused_where_it_would_not_be_printed_so(self, raw: bytes) -> None:
        with pytest.raises(BadNote):
            parse_note(raw)

    @pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES)
    def test_is_refused_with_a_name_that_is_none(self, name: str) -> None:
        with pytest.raises(BadNote):
            parse_note(RAW.replace(b"example.org/log", name.encode()))

    def test_is_as_long_as_the_limit_says(self) -> None:
        longest = b"a" * (limits.MAX_NOTE_BYTES - len(RAW)) + RAW

        assert longest == format_note(parse_note(longest))
        with pytest.raises(BadNote):
            parse_note(b"a" + longest)


class TestSignatureLines:
    def test_stand_by_themselves_as_a_witness_answers_them(self) -> None:
        lines = (LINE, msgspec.structs.replace(LINE, name="b"))
        raw = f"— example.org/log {ENCODED}\n— b {ENCODED}\n".encode()

        assert raw == format_signatures(lines)
        assert lines == parse_signatures(raw)

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\n", id="an empty line"),
            pytest.param(format_signatures([LINE])[:-1], id="no last line feed"),
            pytest.param(format_signatures([LINE]) + b"\n", id="an empty line behind"),
            pytest.param(b"\n" + format_signatures([LINE]), id="an empty line before"),
            pytest.param(b"\xff" + format_signatures([LINE]), id="not UTF-8"),
            pytest.param(format_signatures([LINE] * (limits.MAX_NOTE_SIGNATURES + 1)), id="too many"),
            pytest.param(RAW, id="a whole note"),
        ],
    )
    def test_are_refused_where_they_would_not_be_printed_so(self, raw: bytes) -> None:
        with pytest.raises(BadNote):
            parse_signatures(raw)


class TestAKey:
    @pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
    def test_is_its_name_its_hash_and_its_bytes(self, kind: int) -> None:
        key = a_note_key(kind=kind)
        typed = bytes([kind]) + key.public
        expected = hashlib.sha256(key.name.encode() + b"\n" + typed).digest()[:4]

        assert expected == key.key_hash
        assert f"{key.name}+{expected.hex()}+{b64encode(typed).decode()}" == format_note_key(key)
        assert key == parse_note_key(format_note_key(key))

    def test_may_have_a_plus_in_its_base64(self) -> None:
        keys = (a_note_key(f"name-{number}") for number in range(100))
        key = next(one for one in keys if "+" in b64encode(b"\x01" + one.public).decode())

        assert key == parse_note_key(format_note_key(key))

    @pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES)
    def test_has_no_name_that_is_none(self, name: str) -> None:
        with pytest.raises(BadNote):
            check_name(name)
        with pytest.raises(BadNote):
            parse_note_key(format_note_key(a_note_key(name)))
        with pytest.raises(BadNote):
            sign_note(TEXT, a_note_signer(name), name)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="empty"),
            pytest.param("name", id="name only"),
            pytest.param("name+00000000", id="no key"),
            pytest.param("name+00000000+", id="empty key"),
            pytest.param("+{hash}+{key}", id="no name"),
            pytest.param("{name}+00000000+{key}", id="hash of another key"),
            pytest.param("{name}+{HASH}+{key}", id="hash in capitals"),
            pytest.param("{name}+{hash}0+{key}", id="hash too long"),
            pytest.param("{name}+{key}", id="no hash"),
            pytest.param("{name}+{hash}+{key}\n", id="line feed behind"),
            pytest.param("{name}+{hash}+{key}=", id="padding behind"),
            pytest.param(" {name}+{hash}+{key}", id="space before"),
            pytest.param("{name}/2+{hash}+{key}", id="another name"),
        ],
    )
    def test_is_refused_where_it_would_not_be_printed_so(self, text: str) -> None:
        key = NoteKey("name", ED25519, a_note_signer("c").public)
        assert key.key_hash.hex() != key.key_hash.hex().upper()
        parts = format_note_key(key).split("+", 2)

        with pytest.raises(BadNote):
            parse_note_key(text.format(name=parts[0], hash=parts[1], HASH=parts[1].upper(), key=parts[2]))

    @pytest.mark.parametrize(
        ("kind", "length"),
        [(0x01, 31), (0x01, 33), (0x01, 0), (0x02, 32), (0x00, 32), (0x05, 32), (0x06, 1312), (0xFF, 32)],
    )
    def test_is_refused_where_it_is_of_no_kind_that_is_known_here(self, kind: int, length: int) -> None:
        with pytest.raises(BadNote):
            parse_note_key(format_note_key(NoteKey("name", kind, (a_note_signer("name").public * 41)[:length])))

    @pytest.mark.parametrize("public", [bytes(32), b"\x01" + bytes(31)], ids=["order four", "identity"])
    def test_is_refused_where_others_could_sign_for_it(self, public: bytes) -> None:
        with pytest.raises(WeakKey):
            parse_note_key(format_note_key(NoteKey("name", ED25519, public)))


class TestWhoSigned:
    def test_is_the_key_under_which_the_line_holds(self) -> None:
        assert a_note_key() == check_note(Note(TEXT, (a_line(TEXT),)), [a_note_key("other"), a_note_key()])

    def test_is_the_first_that_did(self) -> None:
        note = Note(TEXT, (a_line(TEXT, "second"), a_line(TEXT, "first")))

        assert a_note_key("second") == check_note(note, [a_note_key("first"), a_note_key("second")])

    def test_signed_the_text_as_it_is(self) -> None:
        line = a_line(TEXT)

        assert a_note_signer(line.name)._key.sign(TEXT.encode()).signature == line.signature
        assert line.is_of(a_note_key())

    def test_is_not_asked_of_lines_of_others(self) -> None:
        forged = msgspec.structs.replace(a_line(TEXT, "unknown"), signature=bytes(64))

        assert a_note_key() == check_note(Note(TEXT, (forged, LINE, a_line(TEXT))), [a_note_key()])

    @pytest.mark.parametrize("kind", [ED25519, COSIGNATURE])
    def test_is_nobody_where_only_name_or_only_hash_is_known(self, kind: int) -> None:
        line = a_line(TEXT)
        named = msgspec.structs.replace(line, key_hash=bytes(4))
        hashed = msgspec.structs.replace(line, name="another")

        with pytest.raises(UntrustedCheckpoint):
            check_note(Note(TEXT, (named, hashed)), [a_note_key(kind=kind)])

    def test_is_nobody_where_nobody_is_trusted(self) -> None:
        with pytest.raises(UntrustedCheckpoint):
            check_note(Note(TEXT, (a_line(TEXT),)), [])

    def test_is_nobody_who_signs_as_a_witness(self) -> None:
        key = a_note_key(kind=COSIGNATURE)
        line = NoteSignature(key.name, key.key_hash, a_note_signer(key.name).sign_note(TEXT.encode()))

        with pytest.raises(UntrustedCheckpoint):
            check_note(Note(TEXT, (line,)), [key])

    @pytest.mark.parametrize("length", [0, 63, 64, 65])
    def test_is_refused_with_a_wrong_line_of_a_known_key_even_beside_a_right_one(self, length: int) -> None:
        wrong = msgspec.structs.replace(a_line(TEXT), signature=bytes(length))
        right = a_line(TEXT, "other")

        for lines in ((wrong, right), (right, wrong)):
            with pytest.raises(BadSignature):
                check_note(Note(TEXT, lines), [a_note_key(), a_note_key("other")])

    @pytest.mark.parametrize("text", ["", "no end", "car\riage\n", "ta\tb\n", "zero\0\n"])
    def test_never_signs_what_is_no_text_of_a_note(self, text: str) -> None:
        with pytest.raises(BadNote):
            a_line(text)
