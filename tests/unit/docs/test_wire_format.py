"""docs/wire-format.md is the specification: its tables are checked against the code."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from broker import limits
from broker.envelope import encoding
from broker.envelope.body import Content, body_digest, commitment, format_body
from broker.envelope.cursor import put_long, put_text
from broker.envelope.header import Header, SectionHead
from broker.envelope.outer import FRAME
from broker.log import entry, note, port, proof_file, tiles
from broker.log.checkpoint import Checkpoint, format_checkpoint, log_origin
from broker.log.cosignature import cosign
from broker.log.entry import LogEntry, format_entry
from broker.log.note import COSIGNATURE, ED25519, Note, NoteKey, format_note, format_note_key, sign_note
from broker.log.proof_file import LogProof, check_proof, format_proof, parse_proof
from broker.log.trust import LogTrust
from broker.merkle import leaf_hash, node_hash
from broker.sealing.keys import make_sealing_key
from broker.sealing.pairwise import Pairwise
from broker.sealing.section import Place, key_commitment
from broker.sealing.wraps import WRAPPED_SIZES, format_list_keys
from broker.sequence import SequenceOutcome
from broker.signing.batch import batch_leaf
from broker.signing.keys import SigningKey, prove_possession
from broker.types.names import ZERO_DIGEST, Originator, Stream
from broker.types.vocabulary import KeyUse, Kind, Status, Tlp, Word

SPECIFICATION = (Path(__file__).parents[3] / "docs" / "wire-format.md").read_text(encoding="utf-8")
EMPTY = Content(salt=bytes(32), schema_id=bytes(32), avro=b"\x02")
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEY = SigningKey(SEED)
SEALER, PROOF = make_sealing_key(SEED, federation="exercise-2026", owner="NL/~1")
PLACE = Place("exercise-2026", Stream(Originator("NL/customs"), 1), 42)
WITNESS_KEY = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
WITNESS = "exercise-2026/witness/BE"
NOTE_KEYS = (
    NoteKey(log_origin("exercise-2026"), ED25519, KEY.public),
    NoteKey(WITNESS, COSIGNATURE, WITNESS_KEY.public),
)
ENTRIES = tuple(
    format_entry(LogEntry("exercise-2026", PLACE.stream, 42 + later, ZERO_DIGEST, 1_772_368_215_250_001 + later))
    for later in range(2)
)
LOG_CONSTANTS = ((entry, "HEADING"), (proof_file, "HEADING"), (note, "ED25519"), (note, "COSIGNATURE"),
                 (tiles, "HEIGHT"), (tiles, "WIDTH"), (port, "CHECKPOINT"))  # fmt: skip


def table(heading: str) -> dict[str, str]:
    """Return the first two columns of the first table under a heading, without the code marks."""
    _, _, rest = SPECIFICATION.partition(f"\n## {heading}\n")
    rows = re.findall(r"^\| ([^|]+?) +\| ([^|]+?) +\|", rest.partition("\n## ")[0], re.MULTILINE)
    return {first.replace("`", ""): second.replace("`", "") for first, second in rows[1:]}


def shown(value: object) -> str:
    """Return a limit as the specification writes it."""
    match value:
        case timedelta(days=0):
            return f"{value.seconds // 60} minutes"
        case timedelta():
            return f"{value.days} days"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def avro_basics() -> bytes:
    """Return the first example."""
    out = bytearray()
    put_long(out, -1)
    put_long(out, 64)
    put_text(out, "NL")
    return bytes(out)


def proved() -> bytes:
    """Return the proof file of the example: of the first entry, under a checkpoint with one cosignature."""
    first, second = map(leaf_hash, ENTRIES)
    text = format_checkpoint(Checkpoint(NOTE_KEYS[0].name, 2, node_hash(first, second)))
    lines = (sign_note(text, KEY, NOTE_KEYS[0].name), cosign(text, WITNESS_KEY, WITNESS, 1_772_368_216))
    return format_proof(LogProof(0, (second,), format_note(Note(text, lines))))


def blocks() -> list[str]:
    """Return all that the specification shows as it is."""
    return re.findall(r"^```\n(.*?)^```$", SPECIFICATION, re.MULTILINE | re.DOTALL)


def symbols(enum: type[Word]) -> str:
    """Return the numbers and symbols of an enum as the header's table lists them, without their explanations."""
    return ", ".join(f"{number} {member.value}" for number, member in enumerate(enum))


def test_the_limits_are_those_of_the_code() -> None:
    in_code = {
        name: shown(value) for name, value in vars(limits).items() if name.isupper() and name not in {"KIB", "UTC"}
    }

    assert in_code == table("Limits")


def test_the_constants_are_those_of_the_code() -> None:
    in_code = {name: value.decode() for name, value in vars(encoding).items() if name.endswith(("_TYPE", "_TAG"))}

    assert {"FRAME": FRAME.hex(), **in_code} == table("Constants")


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("long −1, long 64, string NL", avro_basics()),
        ("tuple(NL, 1, ff)", encoding.encode_tuple("NL", 1, b"\xff")),
        (
            "PAE(application/vnd.tocsin.batch.v1, hi)",
            encoding.pre_authentication_encoding(encoding.BATCH_TYPE, b"hi"),
        ),
        ("tagged hash(tocsin/commitment/v1, nothing)", encoding.tagged_hash(encoding.COMMITMENT_TAG, b"")),
        ("public key", KEY.public),
        ("its key id", KEY.id),
        (
            "its possession for exercise-2026, NL/~1, sign",
            prove_possession(KEY, federation="exercise-2026", owner="NL/~1", use=KeyUse.SIGN),
        ),
        ("leaf of an empty header", batch_leaf(b"")),
        ("root of two such leaves", node_hash(batch_leaf(b""), batch_leaf(b""))),
        ("commitment to zero salt, zero schema id, Avro 02", commitment(EMPTY)),
        ("body digest of the same, 256 bytes", body_digest(format_body(EMPTY))),
        ("sealing key of the same seed", SEALER.public),
        ("its possession for exercise-2026, NL/~1, seal", PROOF),
        ("key commitment of 32 zero bytes", key_commitment(bytes(32))),
        (
            "section context of exercise-2026, NL/customs/1#42, core",
            PLACE.context(encoding.SECTION_CONTEXT_TAG, "core"),
        ),
        (
            "info of a wrap for this key in exercise-2026, NL/customs/1#42",
            PLACE.context(encoding.WRAP_INFO_TAG, SEALER.id),
        ),
        (
            "tag of a wrap from this key to itself there",
            Pairwise().tag(SEALER, SEALER.public, PLACE.context(encoding.WRAP_MARK_TAG)),
        ),
        ("what is wrapped: list 3 with a key of zeros, room for two", format_list_keys({3: bytes(32)}, 2)),
    ],
)
def test_an_example_is_what_the_code_makes(what: str, value: bytes) -> None:
    assert value.hex() == table("Examples")[what]


def test_the_header_has_the_fields_that_are_specified() -> None:
    rows = re.findall(r"^\| ?\d* \| (?:— )?(\w+) \|", SPECIFICATION, re.MULTILINE)

    assert [*Header.__struct_fields__, *SectionHead.__struct_fields__] == rows


@pytest.mark.parametrize("enum", [Kind, Status, Tlp])
def test_an_enum_of_the_header_has_the_numbers_that_are_specified(enum: type[Word]) -> None:
    specified = re.sub(r" \([^)]*\)", "", SPECIFICATION)

    assert symbols(enum) in specified


def test_the_sequence_outcomes_are_those_of_the_code() -> None:
    assert {outcome.value for outcome in SequenceOutcome} == set(table("Sequence"))


def test_the_sizes_of_wraps_are_those_of_the_code() -> None:
    specified = ", ".join(f"{size:,}".replace(",", " ") for size in sorted(WRAPPED_SIZES))

    assert " or ".join(specified.rsplit(", ", 1)) in SPECIFICATION


def test_the_constants_of_the_log_are_those_of_the_code() -> None:
    in_code = {f"{module.__name__.split('.')[-1]}.{name}": str(getattr(module, name)) for module, name in LOG_CONSTANTS}

    assert in_code == table("The log")


def test_the_example_of_a_log_is_what_the_code_makes() -> None:
    assert "".join(f"{format_note_key(key)}\n" for key in NOTE_KEYS) in blocks()
    assert ENTRIES[0].decode() in blocks()
    assert proved().decode() in blocks()


def test_the_example_of_a_log_is_proved_by_the_keys_that_it_names() -> None:
    trust = LogTrust(NOTE_KEYS[0].name, NOTE_KEYS[:1], NOTE_KEYS[1:], 1)

    assert check_proof(parse_proof(proved()), ENTRIES[0], trust).is_witnessed


def test_an_entry_has_the_lines_that_are_specified() -> None:
    assert 6 == ENTRIES[0].count(b"\n")
    assert "An entry is six lines of ASCII" in SPECIFICATION
