"""What somebody can read who has the whole bus: tried, without keys and with all keys of one who was not invited."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from broker.admit import Sealed, Verified, admit
from broker.bus.port import Bus
from broker.envelope.body import parse_body
from broker.envelope.header import Header, SectionHead
from broker.errors import MalformedError, VerificationError
from broker.sealing.lists import Item
from broker.sealing.section import Place, key_commitment, open_section
from broker.signing.batch import VerifiedBatches
from broker.types.names import Digest, Participant
from broker.types.vocabulary import Kind
from consumers.unsealing import Unsealer
from tocsin.demo.document import Sealing
from tocsin.demo.network import Network
from tocsin.installation import Node

_READ_AT_ONCE: Final = 256


class _SealedSection(msgspec.Struct, frozen=True):
    """A sealed section as it lies on the bus."""

    header: Header
    head: SectionHead
    body: bytes


async def try_to_read(network: Network, now: datetime) -> Sealing | None:
    """Try to read every section on the bus; return None where there is none."""
    uninvited = _with_fewest_keys(network)
    node = network.nodes[uninvited]
    verified = [one async for one in _messages(network.bus, node, now)]
    records = [one for one in verified if one.header.kind is Kind.RECORD]
    sealed = [one for record in records for one in _sealed_sections(record)]
    if not records:
        return None
    items = _given(node, [one for one in verified if one.header.kind is Kind.RELEASE])
    keys = {key_commitment(one.key): one.key for one in items}
    keys |= node.section_keys.get([one.head.key_commitment for one in sealed if one.head.key_commitment is not None])
    return Sealing(
        sections=sum(len(one.header.sections) for one in records),
        sealed=len(sealed),
        opened_without_keys=sum(_is_readable(one) for one in sealed),
        uninvited=uninvited,
        invited=len({(one.message, one.section) for one in items}),
        opened_by_uninvited=sum(_opens(one, keys) for one in sealed),
    )


def _with_fewest_keys(network: Network) -> Participant:
    return min(network.nodes, key=lambda code: (network.nodes[code].section_keys.count()[0], code))


async def _messages(bus: Bus, node: Node, now: datetime) -> AsyncIterator[Verified]:
    """Yield every message of every participant."""
    batches = VerifiedBatches()
    prefix = f"{node.federation.id}.msg."
    for topic in sorted(one for one in await bus.topics() if one.startswith(prefix)):
        start, end = 0, await bus.end(topic)
        while start < end and (found := await bus.read(topic, start=start, most=_READ_AT_ONCE)):
            for one in found:
                yield admit(Sealed(topic, one.value), directory=node.directory, now=now, verified=batches)
            start = found[-1].offset + 1


def _sealed_sections(record: Verified) -> Iterable[_SealedSection]:
    for head, body in zip(record.header.sections, record.opened.bodies, strict=True):
        if head.key_commitment is not None and body is not None:
            yield _SealedSection(record.header, head, body)


def _given(node: Node, releases: Sequence[Verified]) -> list[Item]:
    """Return what a node can get out of all releases of keys with its private keys."""
    unsealer = Unsealer(node.section_keys, node.keyring)
    keyring = node.keyring()
    return [item for one in releases for item in unsealer.open(one, node.directory, keyring).items]


def _is_readable(section: _SealedSection) -> bool:
    """Say whether a section reads as if nothing sealed it."""
    try:
        parse_body(section.body)
    except MalformedError:
        return False
    return True


def _opens(section: _SealedSection, keys: Mapping[Digest, bytes]) -> bool:
    """Say whether a section opens under any of *keys*, as if its header named that very key."""
    place = Place(section.header.federation, section.header.stream, section.header.sequence)
    return any(_opens_under(key, commitment, section, place) for commitment, key in keys.items())


def _opens_under(key: bytes, commitment: Digest, section: _SealedSection, place: Place) -> bool:
    head = msgspec.structs.replace(section.head, key_commitment=commitment)
    try:
        open_section(head, section.body, key=key, place=place)
    except (MalformedError, VerificationError):
        return False
    return True
