"""Who signed may not sign for the message, or not any more."""

from datetime import timedelta

from broker.envelope.message import open_envelope
from broker.log.proof_file import parse_proof
from consumers.evidence.evidence import ENTRY, MESSAGE, PROOF
from tests.independent.cases.good import MINE, revoke
from tests.independent.cases.packing import (
    Files,
    Made,
    signed,
    without,
)
from tests.independent.cases.planting import STRANGER, Planting, of, written
from tests.support.evidence import World, a_world
from tests.support.exercise import NOW
from tests.support.federation import (
    ENDS,
    FOUNDED,
    a_key_entry,
    a_sealing_entry,
    a_signing_key,
    an_authority,
)

planted = Planting()


@planted("signers")
def a_signer_whom_nobody_enrolled() -> Made:
    return written(a_world(), key=STRANGER)


@planted("signers")
def a_signer_of_another_country() -> Made:
    world = a_world()
    return written(world, key=world.federation.signing_key("BE/police"))


@planted("signers")
def a_second_signer_whom_nobody_enrolled() -> Made:
    world = a_world()
    mine = world.federation.signing_key("NL/customs")
    message = signed(world, world.authors.compose(signers=(mine.id, STRANGER.id)), mine, STRANGER)
    return of(world, world.files(message))


@planted("signers")
def a_key_that_has_proved_another() -> Made:
    """Whoever holds the sealing key that it was made of holds this one too: it may do nothing else."""
    world = a_world()
    world.federation.say(a_sealing_entry("both"), MINE)
    world.federation.say(a_key_entry(a_signing_key("both"), ["NL/customs"]), MINE)
    world.log_directory()
    return written(world, key=a_signing_key("both"))


@planted("signers")
def a_writer_beyond_the_range_of_its_key() -> Made:
    return written(a_world(), writer=11)


@planted("signers")
def a_key_before_it_was_valid() -> Made:
    return written(a_world(), issued_at=FOUNDED - timedelta(microseconds=1))


@planted("signers")
def a_key_when_it_was_no_longer_valid() -> Made:
    world = a_world()
    world.clock.now = ENDS
    return written(world)


@planted("signers")
def an_authority_that_takes_no_part_any_more() -> Made:
    world = a_world()
    world.federation.say(an_authority("NL/customs", active_to=NOW), MINE)
    world.log_directory()
    return written(world)


@planted("signers")
def a_key_of_a_stream_without_an_authority() -> Made:
    world, key = a_world(), a_signing_key("more of NL")
    world.federation.say(a_key_entry(key, ["NL/nobody"]), MINE)
    world.log_directory()
    return written(world, by="NL/nobody", key=key)


@planted("signers")
def a_message_that_came_up_long_after_its_key_had_ended() -> Made:
    world = a_world()
    raw = world.authors.write()
    world.log(raw, at=ENDS + timedelta(days=14, microseconds=1))
    return of(world, world.files(open_envelope(raw)))


@planted("signers")
def a_revoked_key_before_the_message_was_logged() -> Made:
    world = a_world()
    revoke(world)
    return written(world)


@planted("signers")
def a_revoked_key_without_a_proof_of_when() -> Made:
    return of(*revoked_without("entry", "tlog-proof"))


@planted("signers")
def a_revoked_key_with_a_proof_of_another_message() -> Made:
    world, files = revoked_without()
    name = revocation_of(world)
    return of(world, {**files, f"{name}.entry": files[ENTRY], f"{name}.tlog-proof": files[PROOF]})


@planted("signers")
def a_revoked_key_with_a_place_that_is_not_proved() -> Made:
    world, files = revoked_without()
    name = revocation_of(world)
    proof = parse_proof(files[f"{name}.tlog-proof"])
    later = files[f"{name}.tlog-proof"].replace(b"index %d\n" % proof.index, b"index %d\n" % (proof.index + 1))
    return of(world, {**files, f"{name}.tlog-proof": later})


@planted("signers")
def a_revoked_key_under_another_checkpoint() -> Made:
    world, files = revoked_without()
    name = revocation_of(world)
    other = world.files(open_envelope(files[MESSAGE]), view=world.view(witnesses=("NL", "DE")))
    return of(world, {**files, f"{name}.tlog-proof": other[f"{name}.tlog-proof"]})


@planted("signers")
def a_revocation_that_reaches_back_to_before_the_message() -> Made:
    world = a_world()
    message = world.write()
    revoke(world, reaches_back_to=NOW)
    return of(world, world.files(message))


def revoked_without(*kinds: str) -> tuple[World, Files]:
    """Return a world in which the signing key was revoked after the message, and its files without some."""
    world = a_world()
    message = world.write()
    revoke(world)
    name = revocation_of(world)
    return world, without(world.files(message), *(f"{name}.{kind}" for kind in kinds))


def revocation_of(world: World) -> str:
    """Return what the files of the revocation of the signing key are called."""
    return f"revocations/{world.federation.signing_key('NL/customs').id.hex()}"
