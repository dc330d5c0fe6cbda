"""The messages that a warning rests on, and the strictest of their markings: no warning says more, or to more."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from broker.database import reading
from broker.errors import InvalidRecord, MissingItem
from broker.records.core import Concerned
from broker.records.marking import Marking
from broker.records.problems import Problem
from broker.records.registry import CORE_TYPES
from broker.signals.signal import strictest_label
from broker.types.names import Digest, MessageName, Originator, participant_of
from broker.types.vocabulary import Handling, Section, Tlp
from consumers.inbox import item
from tocsin.installation import Node

_NARROW = (Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a warning rests on, as its reader has it.

    Attributes:
        concerned: The countries that its author lets be told.
        is_own: It comes from the participant of whoever warns.
    """

    digest: Digest
    message: MessageName
    author: Originator
    tlp: Tlp
    marking: Marking
    concerned: tuple[str, ...]
    is_own: bool

    @property
    def is_narrow(self) -> bool:
        """Whether only those may know of it whom its author has named."""
        return not self.is_own and (self.tlp in _NARROW or Handling.H2 in self.marking.handling)

    def may_know(self, name: str) -> bool:
        """Say whether its author has named an authority or a participant, or it is the author's own."""
        named = {*self.marking.recipients, *self.concerned, participant_of(self.author)}
        return name in named or participant_of(name) in named


def load_parts(node: Node, authority: Originator, digests: Iterable[Digest]) -> tuple[Part, ...]:
    """Return the messages of these digests, as *authority* may see them now.

    Raises:
        MissingItem: One is not there, or nothing of it may be used any more.
    """
    with reading(node.engine) as connection:
        found = [item(connection, node.section_keys, authority, digest.hex(), node.clock()) for digest in digests]
    parts: list[Part] = []
    for one in found:
        core = one.sections.get(Section.CORE)
        if not isinstance(core, CORE_TYPES):
            raise MissingItem(f"nothing of {one.message} may be used any more, so no warning rests on it")
        told = tuple(each.country for each in core.concerned if each.tell)
        is_own = participant_of(one.author) == participant_of(authority)
        parts.append(
            Part(
                digest=one.original,
                message=one.message,
                author=one.author,
                tlp=one.tlp,
                marking=core.marking,
                concerned=told,
                is_own=is_own,
            )
        )
    return tuple(parts)


def narrowest_first(parts: Iterable[Part]) -> list[Part]:
    """Return some messages with those first that only the ones may know of whom their authors have named."""
    return sorted(parts, key=lambda one: (not one.is_narrow, -list(Tlp).index(one.tlp)))


def label_of(parts: Sequence[Part]) -> Tlp:
    """Return the narrowest label of some messages."""
    return strictest_label(one.tlp for one in parts)


def marking_of(parts: Sequence[Part]) -> Marking:
    """Return the strictest marking of some messages.

    Its recipients are those that the authors of all narrow ones have named; where none is narrow, whoever the policy
    permits.

    Raises:
        InvalidRecord: No purpose is allowed by all of them.
    """
    markings = [one.marking for one in parts]
    purposes = tuple(one for one in markings[0].purposes if all(one in each.purposes for each in markings))
    if not purposes:
        names = ", ".join(str(one.message) for one in parts)
        raise InvalidRecord(f"no purpose is allowed by all of {names}, so no warning can rest on them together")
    texts = dict.fromkeys(one.handling_text for one in markings if one.handling_text.strip())
    return msgspec.structs.replace(
        markings[0],
        handling=tuple(dict.fromkeys(code for one in markings for code in one.handling)),
        handling_text="; ".join(texts),
        purposes=purposes,
        recipients=_recipients(parts),
        excluded=tuple(dict.fromkeys(name for one in markings for name in one.excluded)),
        release_after=max(_times(one.release_after for one in markings), default=None),
        retain_until=min(_times(one.retain_until for one in markings), default=None),
    )


def wider(marking: Marking, tlp: Tlp, concerned: Sequence[Concerned], parts: Sequence[Part]) -> Iterator[Problem]:
    """Yield what a warning allows and the messages that it rests on do not."""
    least = marking_of(parts)
    if strictest_label((tlp, label_of(parts))) is not tlp:
        yield Problem("tlp", "wider", f"rests on messages at {label_of(parts).word}, so it cannot be {tlp.word}")
    for code in least.handling:
        if code not in marking.handling:
            yield Problem("marking.handling", "wider", f"{code.word} of a message that it rests on is missing")
    for purpose in marking.purposes:
        if purpose not in least.purposes:
            yield Problem("marking.purposes", "wider", f"{purpose.word} is not allowed by all that it rests on")
    for name in least.excluded:
        if name not in marking.excluded:
            yield Problem("marking.excluded", "wider", f"{name} is excluded by a message that it rests on")
    if least.retain_until is not None and (marking.retain_until is None or marking.retain_until > least.retain_until):
        yield Problem("marking.retain_until", "wider", f"may be kept until {least.retain_until:%Y-%m-%d %H:%M} at most")
    if least.release_after is not None and (
        marking.release_after is None or marking.release_after < least.release_after
    ):
        until = f"{least.release_after:%Y-%m-%d %H:%M}"
        yield Problem("marking.release_after", "wider", f"rests on a message with an embargo until {until}")
    yield from _reach_problems(marking, concerned, parts)


def _reach_problems(marking: Marking, concerned: Sequence[Concerned], parts: Sequence[Part]) -> Iterator[Problem]:
    narrow = next((part for part in parts if part.is_narrow), None)
    if narrow is not None and not marking.recipients:
        says = (
            f"names nobody, and {narrow.author} let only those know of {narrow.message} whom it named: name recipients"
        )
        yield Problem("marking.recipients", "wider", says)
    told = {one.country: "concerned" for one in concerned if one.tell}
    told |= dict.fromkeys(marking.recipients, "marking.recipients")
    for name, field in told.items():
        for part in parts:
            if part.is_narrow and not part.may_know(name):
                says = (
                    f"{name} was not named by {part.author}, the author of {part.message}, on which the warning rests"
                )
                yield Problem(field, "wider", f"{says}: ask with tocsin grant request, or leave it out")


def _recipients(parts: Sequence[Part]) -> tuple[str, ...]:
    narrow = [one for one in parts if one.is_narrow]
    own = [one for one in parts if one.is_own and one.marking.recipients]
    candidates = [name for one in (*narrow, *own) for name in (*one.marking.recipients, *one.concerned)]
    authors = [participant_of(one.author) for one in narrow]
    named = dict.fromkeys((*authors, *candidates))
    return tuple(name for name in named if all(one.may_know(name) for one in narrow))


def _times(several: Iterable[datetime | None]) -> list[datetime]:
    return [one for one in several if one is not None]
