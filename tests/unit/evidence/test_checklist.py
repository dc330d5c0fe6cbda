"""Each step finds what it is there for, and says what rests on it."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from broker.directory.entries import LastValid
from broker.envelope.message import open_envelope
from broker.errors import BrokerError, Disputed, KeyNotValid, NotLogged, UnknownKey
from broker.log.entry import format_entry, parse_entry
from broker.log.proof_file import format_proof, parse_proof
from broker.signing.keys import SigningKey
from broker.types.names import Digest
from broker.types.vocabulary import Section, Tlp
from consumers.evidence.checklist import STEPS, Outcome
from consumers.evidence.evidence import Evidence, format_evidence, manifest_of, open_evidence
from consumers.evidence.making import make_evidence
from consumers.evidence.manifest import readable_json
from tests.support.evidence import POLICE, LoggedFederation, World, a_story, a_world, forged
from tests.support.exercise import a_body
from tests.support.federation import ROOT_STREAM, a_revocation, a_seed, admin_stream, an_authority
from tests.support.records import an_incident

ROOT_FILE = "directory/X-HUB_~root_1-00000001.bin"
Made = tuple[World, bytes]
Outcomes = dict[str, str]


def outcomes(world: World, raw: bytes, root_digest: Digest | None = None) -> Outcomes:
    """Return what became of the steps that did not pass."""
    steps = world.check(open_evidence(raw), root_digest).steps
    assert STEPS == tuple(one.step for one in steps)
    return {one.step: one.outcome.value for one in steps if one.outcome is not Outcome.PASSED}


def files_of(raw: bytes) -> dict[str, bytes]:
    return dict(open_evidence(raw).files)


def flipped(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def unchecked(world: World, files: dict[str, bytes]) -> bytes:
    """Return the evidence file of *files*, whether or not it holds."""
    whole = {"README.txt": b"", "report.html": b"", **files}
    message = open_envelope(whole["message.bin"])
    manifest = manifest_of(message, whole, exported_by=POLICE, root_digest=world.federation.root_digest)
    return format_evidence(Evidence(manifest, message, whole))


def test_everything_holds(made: Made) -> None:
    world, raw = made
    assert {} == outcomes(world, raw)


def test_says_what_each_step_proves(made: Made) -> None:
    world, raw = made
    says = {one.step: one.says for one in world.check(open_evidence(raw)).steps}
    assert "2 of 3 root keys" in says["root"]
    assert "NL/customs could sign for NL/customs/1" in says["signers"]
    assert "2 bodies as sent, each the one that the header names; 2 others left out." == says["bodies"]
    assert "withheld, and not to be guessed from what is here: nominal, evidence" in says["sections"]
    assert "leaf 16 of the log" in says["log"]
    assert "exercise-2026/witness/BE, exercise-2026/witness/NL" in says["witnesses"]
    assert "permitted BE/police to export what is disclosed, for investigation" in says["decision"]


RESTS_ON_ROOT = {
    "directory": "not-checked",
    "signers": "not-checked",
    "signatures": "not-checked",
    "log": "not-checked",
    "witnesses": "not-checked",
}


def test_another_root_is_not_believed(made: Made) -> None:
    world, raw = made
    assert {"root": "failed", **RESTS_ON_ROOT} == outcomes(world, raw, Digest(a_seed("another root")))


def test_a_file_that_names_another_root_than_it_has_is_not_believed(made: Made) -> None:
    world, raw = made
    assert {"root": "failed", **RESTS_ON_ROOT} == outcomes(world, forged(raw, {}, root_digest="00" * 32))


def test_a_root_record_that_too_few_signed_is_none(made: Made) -> None:
    world, raw = made
    fresh = LoggedFederation()
    entry = world.federation.directory.root
    once = fresh.compose(entry, ROOT_STREAM, fresh.root_keys[:1])
    found = outcomes(world, forged(raw, {ROOT_FILE: once.raw}, root_digest=once.digest.hex()), once.digest)
    assert {"root": "failed", **RESTS_ON_ROOT} == found


RESTS_ON_DIRECTORY = {
    "signers": "not-checked",
    "signatures": "not-checked",
    "log": "not-checked",
    "witnesses": "not-checked",
}
LAST = "directory/NL_~admin_1-00000006.bin"
DIRECTORIES: dict[str, Callable[[dict[str, bytes]], dict[str, bytes | None]]] = {
    "a message less in the middle": lambda _: {"directory/NL_~admin_1-00000003.bin": None},
    "one under another name": lambda files: {"directory/NL_~admin_1-00000007.bin": files[LAST]},
    "one in the place of another": lambda files: {LAST: files["directory/NL_~admin_1-00000005.bin"]},
    "one of a writer that was never heard of": lambda _: {
        "directory/NL_~admin_2-00000001.bin": a_world("NL")
        .federation.compose(an_authority("NL/taxes"), admin_stream("NL", 2), [SigningKey(a_seed("nobody"))])
        .raw
    },
    "one that was changed": lambda files: {LAST: flipped(files[LAST], 200)},
    "no message": lambda _: {LAST: b"hello"},
}


@pytest.mark.parametrize("change", DIRECTORIES.values(), ids=DIRECTORIES)
def test_finds_in_the_directory(change: Callable[[dict[str, bytes]], dict[str, bytes | None]], made: Made) -> None:
    world, raw = made
    found = outcomes(world, forged(raw, change(files_of(raw))))
    assert "failed" in (found.get("directory"), found.get("root"))
    assert {"passed"} != set(found.values())


def test_a_directory_without_the_participant_knows_no_signer(made: Made) -> None:
    world, raw = made
    taken = {name: None for name in files_of(raw) if name.startswith("directory/NL")}
    assert {"signers": "failed", "signatures": "not-checked"} == outcomes(world, forged(raw, taken))


def test_a_key_that_was_not_valid_then_does_not_count() -> None:
    world = a_world()
    message = world.write(issued_at=world.clock.now - timedelta(days=200))
    with pytest.raises(KeyNotValid):
        world.make(message)
    found = outcomes(world, unchecked(world, world.files(message)))
    assert {"signers": "failed"} == found


def test_a_key_that_nobody_enrolled_does_not_count() -> None:
    world = a_world()
    message = world.write(key=SigningKey(a_seed("nobody")))
    with pytest.raises(UnknownKey):
        world.make(message)
    assert {"signers": "failed", "signatures": "not-checked"} == outcomes(world, unchecked(world, world.files(message)))


def test_a_changed_signature_is_found(made: Made) -> None:
    world, raw = made
    message = files_of(raw)["message.bin"]
    at = message.index(open_envelope(message).signatures[0].signature)
    assert {"signatures": "failed"} == outcomes(world, forged(raw, {"message.bin": flipped(message, at)}))


def test_a_changed_body_is_found(made: Made) -> None:
    world, raw = made
    message = files_of(raw)["message.bin"]
    body = open_envelope(message).bodies[0]
    assert body is not None
    changed = flipped(message, message.index(body) + 40)
    assert {"bodies": "failed"} == outcomes(world, forged(raw, {"message.bin": changed}))


SECTIONS: dict[str, Callable[[dict[str, bytes]], dict[str, bytes | None]]] = {
    "another salt": lambda files: {"sections/core.bin": flipped(files["sections/core.bin"], 0)},
    "another word": lambda files: {"sections/core.bin": flipped(files["sections/core.bin"])},
    "another section's bytes": lambda files: {"sections/core.bin": files["sections/operational.bin"]},
    "a text that says something else": lambda _: {"sections/core.json": readable_json({"amount": 1})},
    "no schema": lambda files: {next(name for name in files if name.startswith("schemas/")): None},
    "a changed schema": lambda files: {
        name: content + b" " for name, content in files.items() if name.startswith("schemas/")
    },
    "a schema too many": lambda _: {f"schemas/{'00' * 32}.avsc": b"{}"},
    "a length that is not its own": lambda files: {"sections/core.bin": files["sections/core.bin"] + b"x"},
}


@pytest.mark.parametrize("change", SECTIONS.values(), ids=SECTIONS)
def test_finds_in_the_sections(change: Callable[[dict[str, bytes]], dict[str, bytes | None]], made: Made) -> None:
    world, raw = made
    assert {"sections": "failed"} == outcomes(world, forged(raw, change(files_of(raw))))


def with_entry(files: dict[str, bytes], **changes: object) -> dict[str, bytes | None]:
    entry = msgspec.structs.replace(parse_entry(files["log/entry.txt"]), **changes)
    return {"log/entry.txt": format_entry(entry)}


def with_proof(files: dict[str, bytes], **changes: object) -> dict[str, bytes | None]:
    proof = msgspec.structs.replace(parse_proof(files["log/message.tlog-proof"]), **changes)
    return {"log/message.tlog-proof": format_proof(proof)}


def of_another_log(files: dict[str, bytes]) -> dict[str, bytes | None]:
    checkpoint = parse_proof(files["log/message.tlog-proof"]).checkpoint
    return with_proof(files, checkpoint=checkpoint.replace(b"exercise-2026/log\n", b"exercise-2027/log\n", 1))


def signed_by_nobody(files: dict[str, bytes]) -> dict[str, bytes | None]:
    lines = parse_proof(files["log/message.tlog-proof"]).checkpoint.split(b"\n")
    kept = [line for line in lines if not line.startswith("— exercise-2026/log ".encode())]
    return with_proof(files, checkpoint=b"\n".join(kept))


LOGS: dict[str, Callable[[dict[str, bytes]], dict[str, bytes | None]]] = {
    "an earlier time": lambda files: with_entry(files, seen_at=1_700_000_000_000_000),
    "another message": lambda files: with_entry(files, digest=Digest(bytes(32))),
    "another number": lambda files: with_entry(files, sequence=2),
    "no entry": lambda _: {"log/entry.txt": b"hello\n"},
    "another place": lambda files: with_proof(files, index=3),
    "a place beyond the end": lambda files: with_proof(files, index=10**9),
    "a shorter path": lambda files: with_proof(files, path=()),
    "a checkpoint of another log": of_another_log,
    "a checkpoint that the notary did not sign": signed_by_nobody,
    "no proof": lambda _: {"log/message.tlog-proof": b"c2sp.org/tlog-proof@v1\n"},
    "the proof of another message": lambda _: other_message(),
}


def other_message() -> dict[str, bytes | None]:
    """Return leaf and proof of another message of the same stream."""
    world = a_world()
    world.write()
    second = world.files(world.write())
    return {name: second[name] for name in ("log/entry.txt", "log/message.tlog-proof")}


@pytest.mark.parametrize("change", LOGS.values(), ids=LOGS)
def test_finds_in_the_log(change: Callable[[dict[str, bytes]], dict[str, bytes | None]], made: Made) -> None:
    world, raw = made
    found = outcomes(world, forged(raw, change(files_of(raw))))
    assert {"log": "failed", "witnesses": "not-checked"} == found


def test_without_a_quorum_it_is_made_and_says_so() -> None:
    world = a_world()
    message = world.write()
    made = world.make(message, view=world.view(witnesses=("NL",)))
    assert {"witnesses": "failed"} == outcomes(world, format_evidence(made.evidence))
    for name in ("README.txt", "report.html"):
        assert b"NO QUORUM" in made.evidence.files[name]
    assert "1 of the 2 witnesses" in made.checklist.step("witnesses").says


def test_where_nobody_is_appointed_witnesses_are_not_asked_about() -> None:
    world = a_world(quorum=0)
    made = world.make(world.write(), view=world.view(witnesses=()))
    assert {"witnesses": "not-checked"} == outcomes(world, format_evidence(made.evidence))
    assert b"NO QUORUM" in made.evidence.files["report.html"]


def revoke(world: World, **changes: object) -> None:
    """Revoke the key of NL's node, and log it."""
    world.federation.say(a_revocation(world.federation.node_keys["NL/~1"], **changes), admin_stream("NL"))
    world.log_directory()


def test_a_key_that_was_revoked_later_still_counts() -> None:
    world = a_world()
    message = world.write()
    revoke(world)
    made = world.make(message)
    assert {} == outcomes(world, format_evidence(made.evidence))
    assert 2 == sum(name.startswith("revocations/") for name in made.evidence.files)
    assert "revoked after the message had been logged" in made.checklist.step("signers").says


def test_a_key_that_was_revoked_before_does_not() -> None:
    world = a_world()
    revoke(world)
    message = world.write()
    with pytest.raises(Disputed):
        world.make(message)
    assert {"signers": "failed"} == outcomes(world, unchecked(world, world.files(message)))


def test_a_revocation_that_reaches_back_disputes_what_was_logged_since() -> None:
    world = a_world()
    message = world.write()
    revoke(world, reaches_back_to=world.clock.now)
    assert {"signers": "failed"} == outcomes(world, unchecked(world, world.files(message)))


def test_a_revocation_that_reaches_back_spares_what_was_logged_earlier() -> None:
    world = a_world()
    message = world.write()
    revoke(world, reaches_back_to=world.clock.now + timedelta(hours=1))
    assert {} == outcomes(world, format_evidence(world.make(message).evidence))


def test_a_revocation_that_reaches_back_spares_what_it_vouches_for() -> None:
    world = a_world()
    message = world.write()
    last = LastValid(originator="NL/customs", writer=1, sequence=1, digest=message.digest)
    revoke(world, reaches_back_to=world.clock.now, last_valid=(last,))
    assert {} == outcomes(world, format_evidence(world.make(message).evidence))


@pytest.mark.parametrize("name", ["entry", "tlog-proof"])
def test_a_revocation_without_its_place_in_the_log_proves_nothing(name: str) -> None:
    world = a_world()
    message = world.write()
    revoke(world)
    raw = format_evidence(world.make(message).evidence)
    taken = {one: None for one in files_of(raw) if one.endswith(name) and one.startswith("revocations/")}
    assert {"signers": "failed"} == outcomes(world, forged(raw, taken))


def test_a_revocation_under_another_checkpoint_proves_nothing() -> None:
    world = a_world()
    message = world.write()
    revoke(world)
    raw = format_evidence(world.make(message).evidence)
    other = format_evidence(world.make(message, view=world.view(witnesses=("NL", "DE"))).evidence)
    swapped = {name: content for name, content in files_of(other).items() if name.startswith("revocations/")}
    assert {"signers": "failed"} == outcomes(world, forged(raw, swapped))


def test_what_came_up_long_after_its_key_had_ended_is_disputed() -> None:
    world = a_world()
    world.seen_after = timedelta(days=900)
    message = world.write()
    assert {"signers": "failed"} == outcomes(world, unchecked(world, world.files(message)))


def test_a_message_at_tlp_clear_keeps_what_is_withheld_to_itself() -> None:
    world = a_world()
    message = world.write(tlp=Tlp.CLEAR)
    made = world.make(message)
    assert {} == outcomes(world, format_evidence(made.evidence))
    assert (True, False, False, False) == tuple(body is not None for body in made.evidence.message.bodies)
    assert b"Voorbeeld" not in format_evidence(made.evidence)


def test_nothing_in_the_file_lets_anybody_guess_what_is_withheld(made: Made) -> None:
    _, raw = made
    for name in ("nominal", "evidence"):
        content = a_body(an_incident("NL").sections[name])
        assert content.salt not in raw
        assert content.avro not in raw
        assert b"sections/" + name.encode() not in raw


def test_the_same_message_gives_the_same_bytes() -> None:
    def made() -> bytes:
        world = a_world()
        message = world.write(tlp=Tlp.CLEAR)
        return format_evidence(world.make(message, Section.OPERATIONAL).evidence)

    assert made() == made()


def test_what_is_not_logged_cannot_be_proved() -> None:
    world = a_world()
    message = open_envelope(world.authors.write())
    with pytest.raises(NotLogged, match="not in the log of 16 messages yet") as caught:
        world.make(message)
    assert "wait" in caught.value.hint


def test_nothing_is_made_that_would_not_hold() -> None:
    world = a_world()
    message = world.write()
    files = world.files(message)
    with pytest.raises(BrokerError):
        make_evidence(
            files | {"sections/core.bin": flipped(files["sections/core.bin"])},
            a_story(),
            exported_by=POLICE,
            root_digest=world.federation.root_digest,
        )
