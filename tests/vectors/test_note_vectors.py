"""The examples in the texts of C2SP (CC BY 4.0), and Wycheproof (Apache-2.0) for signatures over notes.

The examples are short, and stand here as they stand there: signed-note, tlog-checkpoint, tlog-cosignature, tlog-witness
and tlog-proof. Where the text gives a key too, its signature is checked.
"""

import json
from base64 import b64decode
from collections import Counter
from pathlib import Path

import pytest

from broker.errors import BadSignature, UntrustedCheckpoint, WeakKey
from broker.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from broker.log.note import (
    COSIGNATURE,
    ED25519,
    NoteKey,
    check_note,
    format_note,
    format_note_key,
    format_signatures,
    parse_note,
    parse_note_key,
    parse_signatures,
)
from broker.log.proof_file import HEADING, LogProof, format_proof, parse_proof
from broker.merkle import Hash
from broker.signing.keys import SigningKey, check_note_signature, check_public_key

KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNED = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
POEM = (
    "Ognuno sta solo sul cuor della terra\n"
    "trafitto da un raggio di sole:\n"
    "\n"
    "ed è subito sera.\n"
    "\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
LOG_LINE = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
WITNESS_LINE = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
CHECKPOINT = f"{TEXT}\n{LOG_LINE}".encode()
COSIGNED = f"{TEXT}\n{LOG_LINE}{WITNESS_LINE}".encode()
ANSWER = (
    "— witness.example/w1 "
    "CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n"
    "— witness.example/w1 "
    "I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==\n"
    "— witness.example/w2 "
    "AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==\n"
).encode()
STEPS = (
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=",
    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=",
    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
    "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=",
)
RFC_8032_SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
RFC_8032_SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


@pytest.mark.parametrize("raw", [SIGNED, POEM, CHECKPOINT, COSIGNED], ids=["note", "poem", "checkpoint", "cosigned"])
def test_reads_and_prints_each_note(raw: bytes) -> None:
    assert raw == format_note(parse_note(raw))


def test_believes_the_signature_of_the_example_key() -> None:
    key = parse_note_key(KEY)

    assert ("example.com/foo", ED25519, "530d903a") == (key.name, key.kind, key.key_hash.hex())
    assert KEY == format_note_key(key)
    assert key == check_note(parse_note(SIGNED), [key])


def test_does_not_believe_the_example_key_under_another_text_or_name() -> None:
    key = parse_note_key(KEY)

    with pytest.raises(BadSignature):
        check_note(parse_note(SIGNED.replace(b"an example", b"no example")), [key])
    with pytest.raises(UntrustedCheckpoint):
        check_note(parse_note(SIGNED), [NoteKey("example.com/bar", key.kind, key.public)])
    with pytest.raises(UntrustedCheckpoint):
        check_note(parse_note(SIGNED), [NoteKey(key.name, COSIGNATURE, key.public)])


def test_the_text_of_the_poem_keeps_its_empty_line() -> None:
    note = parse_note(POEM)

    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert ["quasimodo.example/salvatore"] == [line.name for line in note.signatures]
    assert "367ba04b" == note.signatures[0].key_hash.hex()


def test_reads_and_prints_the_checkpoint() -> None:
    root = Hash(b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="))
    found = parse_checkpoint(parse_note(CHECKPOINT).text)

    assert Checkpoint("example.com/behind-the-sofa", 20_852_163, root) == found
    assert TEXT == format_checkpoint(found)


def test_reads_the_time_of_the_cosignature() -> None:
    _, line = parse_note(COSIGNED).signatures

    assert ("witness.example.com/w1", "8d66cf3f", 8 + 64) == (line.name, line.key_hash.hex(), len(line.signature))
    assert 1_679_315_147 == int.from_bytes(line.signature[:8], "big")


def test_reads_and_prints_what_a_witness_answers() -> None:
    lines = parse_signatures(ANSWER)

    assert ["witness.example/w1", "witness.example/w1", "witness.example/w2"] == [line.name for line in lines]
    assert ANSWER == format_signatures(lines)


def test_reads_and_prints_the_proof_under_a_whole_checkpoint() -> None:
    # The text leaves out parts of its signatures, so the checkpoint of another text stands below it.
    extra = "YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ"
    raw = "\n".join([HEADING, f"extra {extra}", "index 73894", *STEPS, "", ""]).encode() + COSIGNED
    path = tuple(Hash(b64decode(step)) for step in STEPS)
    found = parse_proof(raw)

    assert LogProof(73_894, path, COSIGNED, b64decode(extra)) == found
    assert raw == format_proof(found)


def test_a_note_is_signed_as_rfc_8032_signs_a_message() -> None:
    key = SigningKey(RFC_8032_SEED)

    assert RFC_8032_SIGNATURE == key.sign_note(b"\xaf\x82")
    check_note_signature(key.public, RFC_8032_SIGNATURE, b"\xaf\x82")


def verdict(public: bytes, signature: bytes, message: bytes) -> str:
    """Return Wycheproof's word for what we think of a signature, enrolment of its key included."""
    try:
        check_public_key(public)
        check_note_signature(public, signature, message)
    except (WeakKey, BadSignature):
        return "invalid"
    return "valid"


def test_agrees_with_every_case_of_wycheproof(vectors: Path) -> None:
    text = (vectors / "wycheproof" / "ed25519_test.json").read_text(encoding="utf-8")
    seen: Counter[str] = Counter()
    for group in json.loads(text)["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            seen[case["result"]] += 1
            signature, message = bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"])
            assert case["result"] == verdict(public, signature, message), f"{case['tcId']}: {case['comment']}"

    assert {"valid": 88, "invalid": 63} == dict(seen)


def test_the_rule_of_enrolment_refuses_no_key_that_wycheproof_signs_with(vectors: Path) -> None:
    # So no case had to be named as one that only the rule refuses.
    text = (vectors / "wycheproof" / "ed25519_test.json").read_text(encoding="utf-8")
    for group in json.loads(text)["testGroups"]:
        if any(case["result"] == "valid" for case in group["tests"]):
            check_public_key(bytes.fromhex(group["publicKey"]["pk"]))
