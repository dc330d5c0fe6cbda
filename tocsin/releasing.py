"""Release a message again: to readers who lost its keys, as far as policy lets them have it now."""

import msgspec
from sqlalchemy import Connection, select

from broker.about import About
from broker.admit import Verified, read_core, reopen
from broker.audience import Audience
from broker.database import writing
from broker.errors import AccessDenied, ForeignRelease, InvalidRecord, MissingItem, MissingKey, SealedContent
from broker.types.names import Originator, parse_message_name, participant_of
from broker.types.vocabulary import Kind, Role, Section
from consumers import store
from consumers.inbox import may_know_of
from producers.addressing import Moment, Office
from producers.asking import Message, sealed_sections
from producers.outbox import envelopes, outgoing
from producers.releasing import ask_again
from tocsin.installation import RANDOMNESS, Node


class Again(msgspec.Struct, frozen=True):
    """What was asked for, and goes out with the next flush; ``release --json`` prints it.

    Attributes:
        nodes: That get a key.
    """

    message: str
    sections: tuple[str, ...]
    nodes: tuple[Originator, ...]


async def release_again(node: Node, name: str, issuer: Originator, reader: Originator | None) -> Again:
    """Have the next flush release a message once more to everybody who may have it, or to the node of *reader*.

    Args:
        issuer: Its originator, or a focal point of its participant.

    Raises:
        MissingItem: This node has no such message.
        ForeignRelease: It is not *issuer*'s to release.
        InvalidRecord: It is no record.
        AccessDenied: *reader* may have nothing of it; carries the decision.
        MissingKey: Its keys are not here, it is not sealed, or *reader* cannot be reached.
        TransportError: The bus does not answer.
    """
    async with node.bus() as bus:
        directory = await node.follower.catch_up(bus)
    now = node.clock()
    with writing(node.engine) as connection:
        verified = _find(connection, name, issuer)
        _check_issuer(node, verified, issuer)
        message = Message(verified.header, verified.opened.digest)
        about = _about(node, connection, verified)
        office = Office(node.sealing, node.key, RANDOMNESS)
        moment = Moment(office, directory, node.sealing.relationships(connection, directory, now), now)
        if about.is_over(now):
            raise MissingKey(f"{verified.header.name} may not be kept any longer, so its keys go to nobody")
        audience = moment.audience(about, message.digest)
        release = audience if reader is None else _for_reader(audience, reader, moment)
        ask_again(connection, message, release, issuer=issuer, moment=moment)
    sections = tuple(section.word for section, nodes in release.nodes.items() if nodes)
    nodes = sorted(frozenset[Originator]().union(*release.nodes.values()))
    return Again(str(verified.header.name), sections, tuple(nodes))


def _find(connection: Connection, name: str, issuer: Originator) -> Verified:
    wanted = parse_message_name(name)
    stream = wanted.stream
    own = (
        select(envelopes.c.raw)
        .join(outgoing, outgoing.c.id == envelopes.c.id)
        .where(
            outgoing.c.originator == stream.originator,
            outgoing.c.writer == stream.writer,
            outgoing.c.sequence == wanted.sequence,
        )
    )
    here = store.message.c
    arrived = select(here.envelope).where(
        here.stream == str(stream), here.sequence == wanted.sequence, may_know_of(issuer)
    )
    for statement in (own, arrived):
        raw = connection.scalar(statement)
        if raw is not None:
            return reopen(raw, late=False)
    raise MissingItem(f"this node has no message {wanted}", hint="It has to be received first: tocsin receive.")


def _check_issuer(node: Node, verified: Verified, issuer: Originator) -> None:
    originator = verified.header.originator
    entry = node.directory.authority(issuer)
    speaks = entry is not None and Role.FOCAL_POINT in entry.roles
    if issuer != originator and not (speaks and participant_of(issuer) == participant_of(originator)):
        raise ForeignRelease(
            f"{verified.header.name} is not {issuer}'s to release",
            hint=f"{originator} can, and every focal point of {participant_of(originator)}.",
        )


def _about(node: Node, connection: Connection, verified: Verified) -> About:
    header = verified.header
    if header.kind is not Kind.RECORD:
        raise InvalidRecord(f"{header.name} is a {header.kind.word}: only records are released")
    if not sealed_sections(header):
        raise MissingKey(f"{header.name} is not sealed: whoever has it can read it")
    if node.sealing.withheld(connection, [verified.opened.digest]):
        raise MissingKey(f"{header.name} was taken back, so its keys go to nobody")
    commitments = {head.key_commitment for head in header.sections if head.key_commitment is not None}
    try:
        return read_core(verified, node.section_keys.get(commitments)).about
    except SealedContent:
        raise MissingKey(
            f"the keys of {header.name} are not in this node's key store",
            hint="The node that published it can release it.",
        ) from None


def _for_reader(audience: Audience, reader: Originator, moment: Moment) -> Audience:
    """Return *audience* with the node of *reader* only, and what this reader may have."""
    verdict = next((one for one in audience.verdicts if reader in one.readers), None)
    if verdict is None:
        raise MissingItem(f"{reader} is no active authority of the network")
    permitted = verdict.decision.permitted
    if Section.CORE not in permitted:
        first = verdict.decision.outcomes[0]
        raise AccessDenied(
            f"{reader} may not have it: {first.says}",
            decision=verdict.decision,
            hint=f"That is the rule {first.rule_id}, of the {first.layer.word} table.",
        )
    node = moment.node_of(reader)
    if node is None or node not in moment.keys:
        raise MissingKey(f"{node} has no sealing key that is valid now, so nothing can be released to {reader}")
    return msgspec.structs.replace(audience, nodes={section: frozenset({node}) for section in permitted})
