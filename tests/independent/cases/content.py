"""What was signed, or disclosed of it, is not what the header names."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.merkle import Hash
from broker.signing.batch import sign_batch
from broker.types.vocabulary import Section
from consumers.evidence.evidence import MESSAGE, section_file
from tests.independent.cases.packing import (
    Files,
    Made,
    flipped,
    with_signatures,
    without,
)
from tests.independent.cases.planting import STRANGER, Planting, of, plain_files
from tests.support.evidence import a_world

planted = Planting()

Bodies: TypeAlias = tuple[bytes | None, ...]
CORE: Final = section_file("core")


@planted("signatures")
def a_flipped_bit_in_the_signature() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, signature=flipped(one.signature)))


@planted("signatures")
def a_signature_that_is_too_short() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, signature=one.signature[:-1]))


@planted("signatures")
def a_signature_of_zeros() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, signature=bytes(64)))


@planted("signatures")
def the_signature_of_somebody_else() -> Files:
    header = open_envelope(plain_files()[MESSAGE]).header_bytes
    return with_signatures(plain_files(), lambda _: sign_batch([header], STRANGER)[0])


@planted("signatures")
def another_size_of_the_batch() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, size=2, path=(Hash(bytes(32)),)))


@planted("signatures")
def another_place_in_the_batch() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, index=1))


@planted("signatures")
def a_batch_of_nothing() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, size=0))


@planted("signatures")
def a_path_that_is_too_long() -> Files:
    return with_signatures(plain_files(), lambda one: msgspec.structs.replace(one, path=(Hash(bytes(32)),)))


@planted("bodies")
def another_body() -> Files:
    return with_bodies(plain_files(), lambda bodies: (flipped(bodies[0] or b""), *bodies[1:]))


@planted("bodies")
def bodies_in_each_other_s_place() -> Made:
    world = a_world()
    files = world.files(world.write(), Section.OPERATIONAL)
    return of(world, with_bodies(files, lambda bodies: (*reversed(bodies[:2]), *bodies[2:])))


@planted("bodies")
def an_empty_body() -> Files:
    return with_bodies(plain_files(), lambda bodies: (b"", *bodies[1:]))


@planted("sections")
def another_salt_of_a_section() -> Files:
    return {**plain_files(), CORE: flipped(plain_files()[CORE], 0)}


@planted("sections")
def another_schema_of_a_section() -> Files:
    return {**plain_files(), CORE: flipped(plain_files()[CORE], 40)}


@planted("sections")
def another_word_in_a_section() -> Files:
    return {**plain_files(), CORE: flipped(plain_files()[CORE])}


@planted("sections")
def something_behind_a_section() -> Files:
    return {**plain_files(), CORE: plain_files()[CORE] + b"\x00"}


@planted("sections")
def an_empty_section() -> Files:
    return {**plain_files(), CORE: b""}


@planted("sections")
def no_schema_of_a_section() -> Files:
    return without(plain_files(), *schemas())


@planted("sections")
def a_changed_schema() -> Files:
    return {**plain_files(), **{name: plain_files()[name] + b" " for name in schemas()}}


@planted("sections")
def a_schema_of_no_section() -> Files:
    return {**plain_files(), f"schemas/{'00' * 32}.avsc": b"{}"}


def schemas() -> list[str]:
    """Return the names of the schemas in the plain file."""
    return [name for name in plain_files() if name.startswith("schemas/")]


def with_bodies(files: Files, change: Callable[[Bodies], Bodies]) -> Files:
    """Return *files* with other bodies in the message."""
    envelope = parse_envelope(files[MESSAGE])
    return {**files, MESSAGE: format_envelope(msgspec.structs.replace(envelope, bodies=change(envelope.bodies)))}
