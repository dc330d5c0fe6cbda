"""What the message rests on does not hold: the root, or the streams of the directory."""

from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from broker.envelope.message import open_envelope
from broker.envelope.outer import format_envelope, parse_envelope
from broker.signing.keys import SigningKey, key_id
from consumers.evidence.evidence import MESSAGE
from tests.independent.cases.good import MINE
from tests.independent.cases.packing import (
    Files,
    Made,
    a_newer_netherlands,
    flipped,
    packed,
    rotate_root,
    with_directory,
    without,
)
from tests.independent.cases.planting import STRANGER, Planting, of, plain_files
from tests.support.evidence import World, a_world
from tests.support.exercise import NOW
from tests.support.federation import (
    ENDS,
    FOUNDED,
    HUB_STREAM,
    ROOT_STREAM,
    a_participant,
    a_revocation,
    a_signing_key,
    a_statement,
    admin_stream,
    an_authority,
)

planted = Planting()

ROOT_RECORD: Final = "directory/X-HUB_~root_1-00000001.bin"
NETHERLANDS: Final = "directory/X-HUB_~admin_1-00000002.bin"
FIRST_OF_NL: Final = "directory/NL_~admin_1-00000001.bin"
LAST_OF_NL: Final = "directory/NL_~admin_1-00000006.bin"


@planted("root", root=b"\x07" * 32)
def another_root_is_trusted() -> Files:
    return plain_files()


@planted("root")
def another_root_in_evidence_json() -> bytes:
    return packed(plain_files(), b"\x07" * 32)


@planted("root")
def no_root_record() -> Files:
    return without(plain_files(), ROOT_RECORD)


@planted("root")
def too_few_signatures_under_the_root_record() -> Files:
    return with_damaged_signature(plain_files(), ROOT_RECORD)


@planted("root")
def a_directory_message_under_another_name() -> Files:
    files = without(plain_files(), NETHERLANDS)
    return {**files, NETHERLANDS.replace("2.bin", "7.bin"): plain_files()[NETHERLANDS]}


@planted("root")
def a_directory_message_that_is_none() -> Files:
    return {**plain_files(), NETHERLANDS: b"what was here?"}


@planted("directory")
def a_gap_in_the_stream_of_the_hub() -> Files:
    return without(plain_files(), NETHERLANDS)


@planted("directory")
def a_stream_without_its_beginning() -> Files:
    return without(plain_files(), FIRST_OF_NL)


@planted("directory")
def a_wrong_signature_of_an_administrator() -> Files:
    return with_damaged_signature(plain_files(), LAST_OF_NL)


@planted("directory")
def a_wrong_body_of_a_directory_message() -> Files:
    envelope = parse_envelope(plain_files()[LAST_OF_NL])
    body = flipped(envelope.bodies[0] or b"")
    return {**plain_files(), LAST_OF_NL: format_envelope(msgspec.structs.replace(envelope, bodies=(body,)))}


@planted("directory")
def a_record_among_the_directory_messages() -> Files:
    return with_directory(plain_files(), open_envelope(plain_files()[MESSAGE]).raw)


@planted("directory")
def an_administrator_whom_nobody_appointed() -> Made:
    return with_more(lambda world: world.federation.compose(an_authority("NL/customs"), MINE, [STRANGER]).raw)


@planted("directory")
def an_administrator_after_the_end_of_its_key() -> Made:
    return with_more(lambda world: world.federation.compose(an_authority("NL/customs"), MINE, issued_at=ENDS).raw)


@planted("directory")
def an_administrator_whose_country_takes_no_part_any_more() -> Made:
    world = a_world()
    ended = a_participant("NL", [world.federation.admin_keys["NL"]], active_from=FOUNDED, active_to=NOW)
    world.federation.say(ended, HUB_STREAM, issued_at=NOW)
    return with_more(lambda world: world.federation.compose(an_authority("NL/customs"), MINE, issued_at=NOW).raw, world)


@planted("directory")
def an_administrator_who_was_revoked() -> Made:
    world = a_world()
    files = world.files(world.write())
    revocation = world.federation.say(a_revocation(world.federation.admin_keys["NL"]), HUB_STREAM)
    return of(world, with_directory(files, revocation.raw))


@planted("directory")
def an_administrator_who_was_replaced_and_goes_on() -> Made:
    """The older key is left out, and no key that stands vouches for what it said."""
    world = a_world()
    files = world.files(world.write())
    return of(world, with_directory(files, world.federation.say(a_newer_netherlands(), HUB_STREAM).raw))


@planted("directory")
def an_administrator_whose_key_is_stated_as_expired_beside_another() -> Made:
    world = a_world()
    files = world.files(world.write())
    new = a_newer_netherlands()
    expired = a_statement(world.federation.admin_keys["NL"], "NL/~admin", valid_to=NOW)
    both = msgspec.structs.replace(new, administrators=(expired, *new.administrators))
    return of(world, with_directory(files, world.federation.say(both, HUB_STREAM, issued_at=NOW).raw))


@planted("directory")
def a_second_root_record_that_the_old_keys_did_not_sign() -> Made:
    new = [a_signing_key(f"new root {number}") for number in (1, 2)]
    return with_more(lambda world: rotate_root(world, new).raw)


@planted("directory")
def a_second_root_record_that_the_new_keys_did_not_sign() -> Made:
    return with_more(lambda world: rotate_root(world, world.federation.root_keys[:2]).raw)


@planted("directory")
def a_second_stream_of_the_root() -> Made:
    stream = msgspec.structs.replace(ROOT_STREAM, writer=2)
    return with_more(
        lambda world: world.federation.compose(a_revocation(STRANGER), stream, world.federation.root_keys).raw
    )


@planted("directory")
def an_administrator_with_a_key_that_everybody_can_sign_for() -> Made:
    """Under the neutral point of the curve, the base point and 1 are a signature of everything."""
    anyone = cast("SigningKey", Anyone())
    return with_admin_key(anyone, id=anyone.id, public=anyone.public, possession=Anyone.SIGNATURE)


@planted("directory")
def an_administrator_with_a_key_of_order_eight() -> Made:
    return with_admin_key(public=bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))


@planted("directory")
def an_administrator_without_a_proof_of_possession() -> Made:
    return with_admin_key(possession=bytes(64))


@planted("directory")
def an_administrator_with_the_key_of_the_hub() -> Made:
    world = a_world()
    files = world.files(world.write())
    shared = a_participant("DE", [world.federation.hub_key])
    theirs = admin_stream("DE")
    extra = [
        world.federation.say(shared, HUB_STREAM).raw,
        world.federation.say(an_authority("DE/police"), theirs, [world.federation.hub_key]).raw,
    ]
    return of(world, with_directory(files, *extra))


def with_damaged_signature(files: Files, name: str) -> Files:
    """Return *files* in which the last signature under a DIRECTORY message does not hold."""
    envelope = parse_envelope(files[name])
    *rest, last = envelope.signatures
    changed = (*rest, msgspec.structs.replace(last, signature=flipped(last.signature)))
    return {**files, name: format_envelope(msgspec.structs.replace(envelope, signatures=changed))}


def with_more(say: Callable[[World], bytes], world: World | None = None) -> Made:
    """Return the file of a message with one more DIRECTORY message, which does not count."""
    world = world or a_world()
    world.log_directory()
    files = world.files(world.write())
    return of(world, with_directory(files, say(world)))


class Anyone:
    """Signs like whoever holds the private half of the neutral point: everybody."""

    SIGNATURE = bytes.fromhex("58" + 31 * "66") + (1).to_bytes(32, "little")

    def __init__(self) -> None:
        self.public = b"\x01" + bytes(31)
        self.id = key_id(self.public)

    def sign(self, *_: bytes) -> bytes:
        """Return a signature."""
        return self.SIGNATURE


def with_admin_key(signer: SigningKey | None = None, **changes: Any) -> Made:
    """Return the file of a Belgian message beside a country whose only administrator has a key with *changes*."""
    world = a_world()
    files = world.files(world.write())
    key = a_signing_key("DE admin")
    statement = msgspec.structs.replace(a_statement(key, "DE/~admin"), **changes)
    if "public" in changes:
        statement = msgspec.structs.replace(statement, id=key_id(changes["public"]))
    joined = msgspec.structs.replace(a_participant("DE", [key]), administrators=(statement,))
    said = world.federation.say(joined, HUB_STREAM)
    world.federation.admin_keys["DE"] = signer or key
    return of(
        world, with_directory(files, said.raw, world.federation.say(an_authority("DE/x"), admin_stream("DE")).raw)
    )
