"""What a request stands on: the message that it is about, and the answer that it follows."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce

import msgspec

from broker.errors import InvalidRecord
from broker.records.answer import AnswerCore
from broker.records.core import Related, RelatedAs
from broker.records.forwarded import stricter
from broker.records.inquiry import InquiryCore
from broker.records.marking import Marking, strictest
from broker.records.problems import Problem
from broker.records.registry import CORE_TYPES
from broker.types.names import Digest, Originator, participant_of
from broker.types.vocabulary import Purpose, RecordKind, Section, Status, Tlp
from consumers.inbox import Item
from tocsin.asking.reading import find_item, load_desk
from tocsin.installation import Node


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What a request stands on.

    Attributes:
        message: Header digest of what it is about: the message itself, or what the request was about whose answer it
            follows.
        ask_next: Whom the followed answer said to ask.
    """

    items: tuple[Item, ...] = ()
    message: Digest | None = None
    related: tuple[Related, ...] = ()
    ask_next: tuple[str, ...] = ()

    def narrow(self, marking: Marking) -> Marking:
        """Return *marking*, no wider in anything than those of what the request stands on; it is an evaluation of none.

        An embargo is not taken over: nobody who is asked could read the request. Others' forbid to ask at all.
        """
        narrow = reduce(lambda ours, one: strictest(one, ours), self._markings, marking)
        return msgspec.structs.replace(
            narrow,
            source_evaluation=marking.source_evaluation,
            information_evaluation=marking.information_evaluation,
            basis=marking.basis,
            release_after=marking.release_after,
        )

    def label(self, tlp: Tlp) -> Tlp:
        """Return *tlp*, or the narrower label of what the request stands on."""
        return reduce(stricter, (one.tlp for one in self.items), tlp)

    def status(self, usual: Status) -> Status:
        """Return what it is part of: an exercise goes on as one."""
        return next((one.status for one in self.items), usual)

    def problems(self, purpose: Purpose, to: tuple[str, ...]) -> Iterator[Problem]:
        """Yield what the authors of what it stands on do not allow."""
        for found, marking in zip(self.items, self._markings, strict=False):
            if purpose not in marking.purposes:
                allowed = ", ".join(one.word for one in marking.purposes)
                says = f"{found.message} is for {allowed}, never for {purpose.word}"
                yield Problem("purpose", "not-allowed", says)
            for name in to:
                if not {name, participant_of(name)}.isdisjoint(marking.excluded):
                    yield Problem("to", "excluded", f"the author of {found.message} excluded {name}")

    def embargo_problems(self, asker: Originator, now: datetime) -> Iterator[Problem]:
        """Yield the messages of others whose embargo has not ended."""
        for found, marking in zip(self.items, self._markings, strict=False):
            until, own = marking.release_after, participant_of(found.author) == participant_of(asker)
            if until is not None and until > now and not own:
                says = f"{found.message} may not be spoken of before {until:%Y-%m-%d %H:%M} UTC"
                yield Problem("about", "embargo", says)

    @property
    def _markings(self) -> tuple[Marking, ...]:
        cores = (one.sections.get(Section.CORE) for one in self.items)
        return tuple(core.marking for core in cores if isinstance(core, CORE_TYPES))


def find_ground(node: Node, asker: Originator, *, about: str, follows: str) -> Ground:
    """Return what a request stands on.

    Args:
        about: The name of a message; empty for none.
        follows: The name of an answer; empty for none.

    Raises:
        MissingItem: The asker may not see one of them: it looks as if it were not there.
        InvalidRecord: What is to be followed is no answer; or nothing of a message can be used any more.
    """
    found = find_item(node, asker, about) if about else None
    answer = find_item(node, asker, follows) if follows else None
    items = tuple(one for one in (found, answer) if one is not None)
    for one in items:
        if one.sections.get(Section.CORE) is None:
            raise InvalidRecord(f"nothing of {one.message} can be used any more: nobody can be asked about it")
    ground = Ground(items=items, message=None if found is None else found.original)
    return ground if answer is None else _after(node, asker, ground, answer)


def _after(node: Node, asker: Originator, ground: Ground, answer: Item) -> Ground:
    core = answer.sections.get(Section.CORE)
    if not isinstance(core, AnswerCore):
        what = "a request" if answer.kind is RecordKind.REQUEST else f"of kind {answer.kind.word}"
        raise InvalidRecord(f"{answer.message} is no answer, but {what}: name an answer to follow, or use --about")
    earlier = load_desk(node, asker).find(core.request)
    message = ground.message or (None if earlier is None else earlier.core.message)
    return msgspec.structs.replace(
        ground,
        message=None if message is None else Digest(message),
        related=(Related(digest=answer.original, relation=RelatedAs.FOLLOWS),),
        ask_next=core.ask_next,
    )


def is_of_others(ground: Ground, asker: Originator) -> bool:
    """Say whether a request speaks of what another participant reported."""
    reports = (one for one in ground.items if not isinstance(one.sections.get(Section.CORE), InquiryCore | AnswerCore))
    return any(participant_of(one.author) != participant_of(asker) for one in reports)
