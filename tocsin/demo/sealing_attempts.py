"""What somebody might do against sealing who has a stolen key besides, and how it is found out."""

from collections.abc import Callable
from typing import Final

import msgspec

from broker.bus.port import Delivered
from broker.envelope.body import Content
from broker.envelope.message import Opened, Part, open_envelope, unsealed
from broker.sealing.chunks import KEY_BYTES
from broker.sealing.release import (
    RELEASE_SECTION,
    Item,
    Pairwise,
    Recipient,
    Release,
    Wrap,
    format_release,
    seal_release,
)
from broker.sealing.section import Place
from broker.types.vocabulary import Kind, Section
from tocsin.demo import forging
from tocsin.demo.stage import Attempt, Stage, reports
from tocsin.installation import RANDOMNESS

_SALT_BYTES: Final = 32
_SCHEMA_ID_BYTES: Final = 32


def _move_sealed_section(stage: Stage) -> None:
    like = _opened(stage)
    _add(stage, forging.signed_by(stage.next_header(like), like, stage.victim.key))


def _swap_sealed_sections(stage: Stage) -> None:
    like = _opened(stage)
    heads, bodies = list(like.header.sections), list(like.bodies)
    # What each holds stays under its own key; only the names change places.
    names = [heads[1].name, heads[0].name, *(head.name for head in heads[2:])]
    renamed = [msgspec.structs.replace(head, name=name) for head, name in zip(heads, names, strict=True)]
    parts = [Part(head, body) for head, body in zip(renamed, bodies, strict=True) if body is not None]
    _add(stage, forging.signed(stage.next_header(like), parts, stage.victim.key))


def _leave_open(stage: Stage) -> None:
    header = stage.next_header(open_envelope(stage.victim.sealed_reports()[-1].value))
    content = Content(RANDOMNESS(_SALT_BYTES), RANDOMNESS(_SCHEMA_ID_BYTES), b"FICTITIOUS")
    _add(stage, forging.left_open(header, content, stage.victim.key))


def _flip_in_release(stage: Stage) -> None:
    last = stage.victim.releases()[-1]
    stage.victim.topic.put(last.offset, forging.flip_in_body(last.value))


def _move_release(stage: Stage) -> None:
    last = stage.victim.releases()[-1]
    stage.witness.topic.add(stage.witness.messages[-1].key, last.value)


def _spoil_wraps(stage: Stage) -> None:
    _release(stage, _last(stage.opened), lambda release: msgspec.structs.replace(release, wraps=_spoilt(release.wraps)))


def _spoil_lists(stage: Stage) -> None:
    def spoil(release: Release) -> Release:
        return msgspec.structs.replace(release, lists=tuple(forging.flipped(one) for one in release.lists))

    _release(stage, _last(stage.opened), spoil)


def _release_wrong_key(stage: Stage) -> None:
    _release(stage, _last(stage.opened), lambda release: release)


def _release_foreign_key(stage: Stage) -> None:
    _release(stage, _last(stage.witness.sealed_reports()), lambda release: release)


def _release(stage: Stage, about: Opened, change: Callable[[Release], Release]) -> None:
    """Send a release for a section of *about* in the victim's name, properly sealed and signed but for *change*."""
    like = _last(stage.victim.sealed_reports())
    header = msgspec.structs.replace(stage.next_header(like), kind=Kind.RELEASE)
    name, reader = about.header.name, stage.witness.sealing_key
    made = seal_release(
        [[Item(name.stream.originator, name.stream.writer, name.sequence, Section.CORE.word, RANDOMNESS(KEY_BYTES))]],
        [Recipient(reader.id, reader.public, (0,))],
        place=Place(header.federation, header.stream, header.sequence),
        sealer=stage.victim.sealing_key,
        pairwise=Pairwise(),
        randomness=RANDOMNESS,
    )
    content = format_release(change(made), salt=RANDOMNESS(_SALT_BYTES))
    _add(stage, forging.signed(header, [unsealed(RELEASE_SECTION, content)], stage.victim.key))


def _spoilt(wraps: tuple[Wrap, ...]) -> tuple[Wrap, ...]:
    return tuple(msgspec.structs.replace(one, sealed=forging.flipped(one.sealed)) for one in wraps)


def _add(stage: Stage, raw: bytes) -> None:
    stage.victim.topic.add(stage.victim.messages[-1].key, raw)


def _opened(stage: Stage) -> Opened:
    """Return the report with most sections that the witness can open."""
    return max((open_envelope(one.value) for one in stage.opened), key=lambda one: len(one.header.sections))


def _last(messages: list[Delivered]) -> Opened:
    return open_envelope(messages[-1].value)


def _is_opened(stage: Stage) -> bool:
    return bool(stage.opened)


SEALING_ATTEMPTS: Final = (
    Attempt(
        name="move a sealed report",
        does="with the author's stolen key, what an old report seals is sent as a new one",
        code="broken-seal",
        change=_move_sealed_section,
        is_possible=_is_opened,
        by_reader=True,
    ),
    Attempt(
        name="swap sealed sections",
        does="with the author's stolen key, two sealed sections of a report change their places",
        code="broken-seal",
        change=_swap_sealed_sections,
        is_possible=lambda stage: _is_opened(stage) and len(_opened(stage).header.sections) > 1,
        by_reader=True,
    ),
    Attempt(
        name="leave a section open",
        does="with the author's stolen key, a report above TLP:CLEAR is sent unsealed",
        code="bad-header",
        change=_leave_open,
    ),
    Attempt(
        name="flip a byte in a release",
        does="one bit of the keys for the readers is changed on the bus",
        code="body-mismatch",
        change=_flip_in_release,
        is_possible=lambda stage: bool(stage.victim.releases()),
    ),
    Attempt(
        name="move a release",
        does="a release of keys is put among another participant's messages",
        code="wrong-topic",
        change=_move_release,
        is_possible=lambda stage: bool(stage.victim.releases() and stage.witness.messages),
    ),
    Attempt(
        name="spoil a wrap",
        does="with the author's stolen keys, a release is sent whose wraps do not open",
        code="bad-wrap",
        change=_spoil_wraps,
        is_possible=_is_opened,
        by_reader=True,
    ),
    Attempt(
        name="spoil a key list",
        does="with the author's stolen keys, a release is sent whose lists do not open",
        code="broken-seal",
        change=_spoil_lists,
        is_possible=_is_opened,
        by_reader=True,
    ),
    Attempt(
        name="release a wrong key",
        does="a reader is sent another key than the one that the report names",
        code="key-mismatch",
        change=_release_wrong_key,
        is_possible=_is_opened,
        by_reader=True,
    ),
    Attempt(
        name="release another's report",
        does="a participant sends a key for a report that is not its own",
        code="foreign-release",
        change=_release_foreign_key,
        is_possible=lambda stage: reports(1)(stage) and bool(stage.witness.sealed_reports()),
        by_reader=True,
    ),
)
"""In the order in which they are shown."""
