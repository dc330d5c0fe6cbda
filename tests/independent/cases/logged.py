"""The log does not prove that the message is in it, or too few cosigned."""

from typing import Any

import msgspec

from broker import limits
from broker.directory.entries import Witness
from broker.log.checkpoint import format_checkpoint, parse_checkpoint
from broker.log.entry import format_entry, parse_entry
from broker.log.note import COSIGNATURE, Note, NoteKey, NoteSignature, sign_note
from broker.log.proof_file import parse_proof
from broker.merkle import Hash
from broker.signing.keys import SigningKey
from broker.types.vocabulary import KeyUse
from consumers.evidence.evidence import ENTRY, PROOF
from tests.independent.cases.good import spoiled
from tests.independent.cases.packing import (
    Files,
    Made,
    flipped,
    rotate_root,
    with_directory,
    with_note,
    with_proof,
)
from tests.independent.cases.planting import STRANGER, Planting, of, plain_files, plain_world
from tests.support.evidence import a_world
from tests.support.federation import (
    ROOT_STREAM,
    a_revocation,
    a_signing_key,
    a_statement,
)

planted = Planting()


@planted("log")
def the_entry_of_another_message() -> Files:
    entry = msgspec.structs.replace(parse_entry(plain_files()[ENTRY]), sequence=2)
    return {**plain_files(), ENTRY: format_entry(entry)}


@planted("log")
def an_entry_seen_at_another_time() -> Files:
    entry = parse_entry(plain_files()[ENTRY])
    return {**plain_files(), ENTRY: format_entry(msgspec.structs.replace(entry, seen_at=entry.seen_at - 1))}


@planted("log")
def an_entry_that_is_none() -> Files:
    return {**plain_files(), ENTRY: plain_files()[ENTRY] + b"\n"}


@planted("log")
def another_place_in_the_log() -> Files:
    return with_proof(plain_files(), index=parse_proof(plain_files()[PROOF]).index - 1)


@planted("log")
def another_hash_in_the_proof() -> Files:
    first, *rest = parse_proof(plain_files()[PROOF]).path
    return with_proof(plain_files(), path=(Hash(flipped(first)), *rest))


@planted("log")
def a_proof_with_a_hash_too_many() -> Files:
    return with_proof(plain_files(), path=(*parse_proof(plain_files()[PROOF]).path, Hash(bytes(32))))


@planted("log")
def a_proof_that_is_none() -> Files:
    return {**plain_files(), PROOF: plain_files()[PROOF].replace(b"index ", b"index 0")}


@planted("log")
def a_proof_of_a_future_version() -> Files:
    return {**plain_files(), PROOF: plain_files()[PROOF].replace(b"tlog-proof@v1", b"tlog-proof@v2")}


@planted("log")
def a_checkpoint_of_another_size() -> Files:
    return with_note(plain_files(), lambda note: with_text(note, size=1_000))


@planted("log")
def a_checkpoint_of_another_log() -> Files:
    return with_note(plain_files(), lambda note: with_text(note, notary_key(), origin="exercise-2027/log"))


@planted("log")
def a_checkpoint_that_a_stranger_signed() -> Files:
    return with_note(plain_files(), lambda note: with_text(note, STRANGER))


@planted("log")
def a_checkpoint_with_a_wrong_signature_of_the_notary() -> Files:
    return with_note(plain_files(), lambda note: spoiled(note, "/log"))


@planted("log")
def a_checkpoint_with_a_second_line_of_the_notary_that_does_not_hold() -> Files:
    def twice(note: Note) -> Note:
        forged = msgspec.structs.replace(note.signatures[0], signature=flipped(note.signatures[0].signature))
        return msgspec.structs.replace(note, signatures=(*note.signatures, forged))

    return with_note(plain_files(), twice)


@planted("log")
def a_checkpoint_beyond_the_limit() -> Files:
    return with_note(plain_files(), lambda note: with_strangers(note, 1 + limits.MAX_NOTE_BYTES // 8192))


@planted("log")
def a_checkpoint_that_only_witnesses_signed() -> Files:
    return with_note(plain_files(), lambda note: msgspec.structs.replace(note, signatures=note.signatures[1:]))


@planted("log")
def a_checkpoint_with_a_line_that_is_no_signature() -> Files:
    proof = plain_files()[PROOF]
    return {**plain_files(), PROOF: proof[:-2] + b"!\n"}


@planted("log")
def a_notary_who_was_revoked() -> Made:
    world = a_world()
    files = world.files(world.write())
    key = world.federation.notary_key
    return of(world, with_directory(files, world.federation.say(a_revocation(key), ROOT_STREAM).raw))


@planted("witnesses")
def too_few_witnesses() -> Made:
    world = a_world()
    return of(world, world.files(world.write(), view=world.view(witnesses=("BE",))))


@planted("witnesses")
def one_witness_twice() -> Files:
    def twice(note: Note) -> Note:
        return msgspec.structs.replace(note, signatures=(*note.signatures[:2], note.signatures[1]))

    return with_note(plain_files(), twice)


@planted("witnesses")
def a_cosignature_that_does_not_hold() -> Files:
    return with_note(plain_files(), lambda note: spoiled(note, "witness/BE"))


@planted("witnesses")
def a_cosignature_of_another_time() -> Files:
    def later(note: Note) -> Note:
        first, *rest, last = note.signatures
        moved = msgspec.structs.replace(last, signature=flipped(last.signature, 7))
        return msgspec.structs.replace(note, signatures=(first, *rest, moved))

    return with_note(plain_files(), later)


@planted("witnesses")
def a_stranger_in_the_name_of_a_witness() -> Files:
    def stranger(note: Note) -> Note:
        first, second, last = note.signatures
        forged = NoteSignature(last.name, NoteKey(last.name, COSIGNATURE, STRANGER.public).key_hash, last.signature)
        return msgspec.structs.replace(note, signatures=(first, second, forged))

    return with_note(plain_files(), stranger)


@planted("witnesses")
def a_witness_who_signed_the_text_without_a_time() -> Files:
    def bare(note: Note) -> Note:
        first, second, last = note.signatures
        key = a_signing_key("witness BE")
        return msgspec.structs.replace(note, signatures=(first, second, sign_note(note.text, key, last.name)))

    return with_note(plain_files(), bare)


@planted("witnesses")
def a_witness_who_was_revoked() -> Made:
    world = a_world()
    files = world.files(world.write())
    key = world.federation.witness_keys["BE"]
    return of(world, with_directory(files, world.federation.say(a_revocation(key), ROOT_STREAM).raw))


@planted("witnesses")
def witnesses_who_are_no_longer_appointed() -> Made:
    world = a_world()
    files = world.files(world.write())
    names = [f"{world.federation.name}/witness/{code}" for code in ("FR", "ES")]
    appointed = tuple(
        Witness(name=one, operator=one, key=a_statement(a_signing_key(one), one, KeyUse.WITNESS)) for one in names
    )
    root = rotate_root(world, witnesses=appointed, witness_quorum=2)
    return of(world, with_directory(files, root.raw))


def with_strangers(note: Note, count: int) -> Note:
    """Return a note with *count* long lines of others, which mean nothing here."""
    lines = (NoteSignature(f"somebody/{number}", b"1234", bytes(6144)) for number in range(count))
    return msgspec.structs.replace(note, signatures=(*note.signatures, *lines))


def notary_key() -> SigningKey:
    """Return the private key of the notary."""
    return plain_world().federation.notary_key


def with_text(note: Note, key: SigningKey | None = None, **changes: Any) -> Note:
    """Return a note with *changes* to its checkpoint, signed anew by *key* if one is given."""
    text = format_checkpoint(msgspec.structs.replace(parse_checkpoint(note.text), **changes))
    first, *rest = note.signatures
    return Note(text, (first if key is None else sign_note(text, key, parse_checkpoint(text).origin), *rest))
