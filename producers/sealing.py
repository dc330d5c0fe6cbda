"""From drafts to sealed and signed messages: pure; keys, time and randomness come in, exact bytes come out.

The RELEASE messages of a batch stand directly before the records that they open, in the stream of their originator: a
reader has the keys when the records come.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import msgspec

from broker import limits
from broker.audience import Audience
from broker.envelope.body import Content
from broker.records.core import Related
from broker.records.registry import CORE
from broker.sealing.release import Item
from broker.sealing.section import Place, seal_section
from broker.types.names import Digest, Originator, Stream
from broker.types.vocabulary import Status, Tlp
from producers.encoded import decode_core, encode_section, with_related
from producers.lists import Keyed, Nodes, Plan, Wrapping, plan_releases, release_content, strictest
from producers.outbox import SectionBytes
from producers.signing import Chains, Occasion, Pen, Ready, Signed

_SALT: Final = 32
_KEY: Final = 32

Reference: TypeAlias = tuple[Originator, str]
"""An authority, and the national reference of one of its drafts."""
Letter: TypeAlias = tuple[Stream, Status]
"""RELEASE messages are written for one stream and one status at a time."""


class Addressed(msgspec.Struct, frozen=True):
    """A draft, and to whom its keys go.

    Attributes:
        audience: What was decided about everybody, with the nodes that get the key of each section as far as they can
            be reached; None for a draft that is not sealed.
        nodes: The same nodes, by section name.
        due_at: When its embargo ends; None where none holds.
    """

    draft: Ready
    audience: Audience | None = None
    nodes: Mapping[str, Nodes] = {}
    due_at: datetime | None = None


class Batch(msgspec.Struct, frozen=True):
    """What was signed at once.

    Attributes:
        drafts: What became records.
        messages: RELEASE messages first, then records in the order of their drafts.
        keys: The section keys that were made for them.
    """

    drafts: Sequence[Addressed]
    messages: Sequence[Signed]
    keys: Sequence[bytes]

    @property
    def records(self) -> Iterator[tuple[Addressed, Signed]]:
        """Each draft with the record that it became."""
        return zip(self.drafts, self.messages[-len(self.drafts) :], strict=True)


def fit(batch: Sequence[Addressed], streams: Mapping[Originator, Stream]) -> Sequence[Addressed]:
    """Return the first of *batch* that can be signed at once, together with the RELEASE messages that they need."""
    while True:
        releases = sum(len(plans) for plans in _plan(batch, streams).values())
        excess = len(batch) + releases - limits.MAX_BATCH_MESSAGES
        if excess <= 0 or len(batch) == 1:
            return batch
        batch = batch[: max(1, len(batch) - excess)]


def seal_drafts(
    batch: Sequence[Addressed],
    related: Mapping[Reference, Digest],
    chains: Chains,
    occasion: Occasion,
    wrapping: Wrapping | None,
) -> Batch:
    """Return the messages that the drafts become, and the keys of their sections.

    The key that signs must have been checked against the directory for every stream.

    Args:
        batch: As many drafts as :func:`fit` leaves; each that names another one comes after it.
        related: The header digest of each reference that a draft names and that is not in *batch*.
        wrapping: None where no draft has a recipient that can be reached.
    """
    pen = Pen(chains, occasion)
    plans = _plan(batch, chains.streams)
    keys = [_make_keys(one, occasion) for one in batch]
    if wrapping is not None:
        keyed = _keyed(batch, keys, plans, pen, chains)
        for letter, several in plans.items():
            for plan in several:
                write_release(plan, keyed[letter], letter, pen, wrapping)
    digests = dict(related)
    for one, made in zip(batch, keys, strict=True):
        _write_record(one, made, digests, chains.streams[one.draft.authority], pen)
    return Batch(batch, pen.sign(), [key for made in keys for key in made.values()])


def _plan(batch: Sequence[Addressed], streams: Mapping[Originator, Stream]) -> Mapping[Letter, tuple[Plan, ...]]:
    sets: dict[Letter, list[Nodes]] = {}
    for one in batch:
        sets.setdefault(_letter(one.draft, streams), []).extend(one.nodes.values())
    return {letter: plan_releases(several) for letter, several in sets.items()}


def _letter(draft: Ready, streams: Mapping[Originator, Stream]) -> Letter:
    return streams[draft.authority], draft.status


def _make_keys(one: Addressed, occasion: Occasion) -> Mapping[str, bytes]:
    if one.draft.tlp is Tlp.CLEAR:
        return {}
    return {section.name: occasion.randomness(_KEY) for section in one.draft.sections}


def _keyed(
    batch: Sequence[Addressed],
    keys: Sequence[Mapping[str, bytes]],
    plans: Mapping[Letter, tuple[Plan, ...]],
    pen: Pen,
    chains: Chains,
) -> Mapping[Letter, Mapping[Nodes, Sequence[Keyed]]]:
    """Return the keys for each list; the records' numbers are known before the records are written."""
    before = Counter[Stream]()
    for (stream, _), several in plans.items():
        before[stream] += len(several)
    keyed: dict[Letter, dict[Nodes, list[Keyed]]] = {}
    for one, made in zip(batch, keys, strict=True):
        stream, status = _letter(one.draft, chains.streams)
        sequence = pen.next_sequence(stream) + before[stream]
        before[stream] += 1
        for section, nodes in one.nodes.items():
            item = Item(stream.originator, stream.writer, sequence, section, made[section])
            keyed.setdefault((stream, status), {}).setdefault(nodes, []).append(Keyed(item, one.draft.tlp))
    return keyed


def write_release(
    plan: Plan, keys: Mapping[Nodes, Sequence[Keyed]], letter: Letter, pen: Pen, wrapping: Wrapping
) -> Digest:
    """Write one RELEASE at the next place of its stream; return its digest."""
    stream, status = letter
    place = Place(pen.occasion.directory.federation, stream, pen.next_sequence(stream))
    content = release_content(plan, keys, place, wrapping)
    return pen.write_release(stream, content, status=status, tlp=strictest(plan, keys))


def _write_record(
    one: Addressed, keys: Mapping[str, bytes], digests: dict[Reference, Digest], stream: Stream, pen: Pen
) -> None:
    draft, occasion = one.draft, pen.occasion
    contents = [
        (section.name, Content(occasion.randomness(_SALT), section.schema_id, section.avro))
        for section in _resolved(draft, digests)
    ]
    if keys:
        place = Place(occasion.directory.federation, stream, pen.next_sequence(stream))
        parts = [seal_section(name, content, key=keys[name], place=place) for name, content in contents]
        digest = pen.write_sealed(stream, parts, draft=draft)
    else:
        digest = pen.write_open(stream, contents, draft=draft)
    digests[draft.authority, draft.national_reference] = digest


def _resolved(draft: Ready, digests: Mapping[Reference, Digest]) -> Sequence[SectionBytes]:
    """Return the sections with the core naming the header digests of what the draft is related to."""
    if not draft.related:
        return draft.sections
    named = tuple(
        Related(digest=digests[draft.authority, one.national_reference], relation=one.relation) for one in draft.related
    )
    return [
        encode_section(CORE, with_related(decode_core(one), named)) if one.name == CORE else one
        for one in draft.sections
    ]
