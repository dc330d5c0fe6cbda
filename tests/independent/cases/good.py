"""Evidence files in which everything holds, each of another kind."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from broker.directory.entries import AgreedField, AskedScope, LastValid, Weekday
from broker.envelope.message import Opened, open_envelope
from broker.log.note import Note, NoteSignature
from broker.types.vocabulary import KeyUse, Section, Tlp
from producers.forward import Passing, forward_sections
from tests.independent.cases.packing import Made, a_newer_netherlands, flipped, packed, rotate_root, signed, with_note
from tests.support.evidence import World, a_world
from tests.support.exercise import NOW, a_body
from tests.support.federation import (
    FOUNDED,
    HUB_STREAM,
    a_key_entry,
    a_revocation,
    a_signing_key,
    a_statement,
    admin_stream,
)
from tests.support.records import a_marking, an_incident
from tests.support.trade import a_rule, a_trade_entry, asked

MINE: Final = admin_stream("NL")


def plain() -> Made:
    """The core is disclosed, everything else withheld."""
    world = a_world()
    return _made(world, world.write())


def for_everybody_to_read() -> Made:
    world = a_world()
    return _made(world, world.write(tlp=Tlp.CLEAR))


def several_sections_disclosed() -> Made:
    world = a_world()
    return _made(world, world.write(), Section.OPERATIONAL)


def of_another_country() -> Made:
    world, records = a_world("NL", "BE", "DE"), dict(an_incident("BE").sections)
    world.write()
    return _made(world, world.write(records, by="BE/police"), records=records)


def a_forward() -> Made:
    world = a_world()
    core = a_body(an_incident("NL").core)
    passing = Passing(marking=a_marking(), national_reference="BE-1", grant=None)
    sections = forward_sections(world.write(), {Section.CORE: core}, passing)
    return _made(world, world.write({"core": sections.core}, by="BE/police"), records={"core": sections.core})


def one_of_a_batch() -> Made:
    world = a_world()
    federation, messages = world.federation, [world.authors.compose(writer=writer) for writer in (1, 2, 3, 4, 5)]
    raws = world.authors.sign(messages, key=federation.signing_key("NL/customs"))
    for raw in raws:
        world.log(raw)
    return _made(world, open_envelope(raws[2]))


def signed_by_two() -> Made:
    world = a_world()
    first, second = world.federation.signing_key("NL/customs"), a_signing_key("countersigns")
    world.federation.say(a_key_entry(second, ["NL/customs"]), MINE)
    world.log_directory()
    return _made(world, signed(world, world.authors.compose(signers=(first.id, second.id)), first, second))


def with_sealing_keys() -> Made:
    world = a_world()
    for node in ("NL/~1", "BE/~1"):
        world.federation.enrol_sealing_key(node)
    world.log_directory()
    return _made(world, world.write())


def after_a_rotation_of_the_root() -> Made:
    world = a_world()
    rotate_root(world)
    world.log_directory()
    return _made(world, world.write())


def under_a_notary_that_was_replaced() -> Made:
    world = a_world()
    other = a_signing_key("the next notary")
    rotate_root(world, notary_key=a_statement(other, "X-HUB/~notary", KeyUse.LOG))
    world.log_directory()
    return _made(world, world.write())


def without_witnesses() -> Made:
    world = a_world()
    rotate_root(world, witnesses=(), witness_quorum=0)
    world.log_directory()
    return _made(world, world.write())


def under_a_new_administrator() -> Made:
    world = a_world()
    new = a_signing_key("NL admin, the second")
    world.federation.say(a_newer_netherlands(), HUB_STREAM, issued_at=NOW)
    world.federation.say(a_key_entry(a_signing_key("more"), ["NL/police"]), MINE, [new], issued_at=NOW)
    world.log_directory()
    return _made(world, world.write())


def under_an_administrator_who_was_revoked() -> Made:
    """The revocation vouches for what the stolen key had said before."""
    world = a_world()
    head = world.federation.head(MINE)
    last = LastValid(originator=MINE.originator, writer=1, sequence=head.sequence, digest=head.digest)
    world.federation.say(a_newer_netherlands(), HUB_STREAM, issued_at=NOW)
    world.federation.say(a_revocation(world.federation.admin_keys["NL"], last_valid=(last,)), HUB_STREAM, issued_at=NOW)
    world.log_directory()
    return _made(world, world.write())


def beside_a_mistake_in_the_directory() -> Made:
    """An entry that never applies takes its place in its stream all the same."""
    world = a_world()
    mistaken = a_key_entry(a_signing_key("mistaken"), ["BE/police"], "BE/~1")
    world.federation.say(mistaken, MINE)
    world.log_directory()
    return _made(world, world.write())


def beside_what_governments_ask_for() -> Made:
    """Whole entries, and some that can be true for nobody: those take their place and do not apply."""
    world = a_world()
    rule = a_rule(
        subdivision="XX", weekend=(Weekday.FRIDAY,), holidays=(date(2026, 1, 2), date(1960, 1, 2)), silence="-"
    )
    substance = asked(AskedScope.SUBSTANCE, substance="EPHEDRINE", wanted=False)
    for entry in (
        a_trade_entry(rule=rule, asks=(asked(AskedScope.EVERYTHING), substance), agreed=(AgreedField.END_USER,)),
        a_trade_entry(rule=None, asks=(), simplified_months=0),
        a_trade_entry(simplified_months=7),
        a_trade_entry(participant="BE"),
    ):
        world.federation.say(entry, MINE)
    world.log_directory()
    return _made(world, world.write())


def revoked_afterwards() -> Made:
    world = a_world()
    message = world.write()
    revoke(world)
    return _made(world, message)


def revoked_from_a_later_time_on() -> Made:
    world = a_world()
    message = world.write()
    revoke(world, reaches_back_to=NOW + timedelta(hours=1))
    return _made(world, message)


def revoked_and_vouched_for() -> Made:
    world = a_world()
    message = world.write()
    last = LastValid(originator="NL/customs", writer=1, sequence=1, digest=message.digest)
    revoke(world, reaches_back_to=FOUNDED, last_valid=(last,))
    return _made(world, message)


def with_a_cosignature_that_does_not_hold() -> Made:
    world = a_world()
    files = world.files(world.write(), view=world.view(witnesses=("NL", "BE", "DE")))
    spoilt = with_note(files, lambda note: spoiled(note, "witness/BE"))
    return packed(spoilt, world.federation.root_digest), world.federation.root_digest


def under_a_checkpoint_that_many_others_signed_too() -> Made:
    world = a_world()
    files = world.files(world.write())
    lines = tuple(NoteSignature(f"somebody/{number}", b"1234", bytes(6144)) for number in range(12))
    longer = with_note(files, lambda note: msgspec.structs.replace(note, signatures=(*note.signatures, *lines)))
    return packed(longer, world.federation.root_digest), world.federation.root_digest


GOOD: Final[Mapping[str, Callable[[], Made]]] = {
    made.__name__: made
    for made in (
        plain,
        for_everybody_to_read,
        several_sections_disclosed,
        of_another_country,
        a_forward,
        one_of_a_batch,
        signed_by_two,
        with_sealing_keys,
        after_a_rotation_of_the_root,
        under_a_notary_that_was_replaced,
        without_witnesses,
        under_a_new_administrator,
        under_an_administrator_who_was_revoked,
        beside_a_mistake_in_the_directory,
        beside_what_governments_ask_for,
        revoked_afterwards,
        revoked_from_a_later_time_on,
        revoked_and_vouched_for,
        with_a_cosignature_that_does_not_hold,
        under_a_checkpoint_that_many_others_signed_too,
    )
}


def revoke(world: World, **changes: Any) -> None:
    """Revoke the key of the Dutch node, and log that."""
    key = world.federation.signing_key("NL/customs")
    world.federation.say(a_revocation(key, **changes), MINE)
    world.log_directory()


def spoiled(note: Note, name: str) -> Note:
    """Return a note in which the signature of whoever's name ends with *name* does not hold."""
    lines = tuple(
        msgspec.structs.replace(one, signature=flipped(one.signature)) if one.name.endswith(name) else one
        for one in note.signatures
    )
    return msgspec.structs.replace(note, signatures=lines)


def _made(world: World, message: Opened, *sections: Section, records: dict[str, msgspec.Struct] | None = None) -> Made:
    root_digest = world.federation.root_digest
    return packed(world.files(message, *sections, records=records), root_digest), root_digest
