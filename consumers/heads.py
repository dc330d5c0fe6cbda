"""HEADS of other nodes: what they say of their own streams, held against what has arrived."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection

from broker import avro
from broker.admit import Verified
from broker.directory.directory import Directory
from broker.envelope.body import read_body
from broker.envelope.message import Opened
from broker.errors import BodyMissing, InvalidRecord, MalformedError, NoLog, SchemaError, VerificationError
from broker.log.note import check_note, parse_note
from broker.log_trust import ended_notaries, log_trust
from broker.logbook import note_claim
from broker.records.checking import problems_in
from broker.records.heads import SECTION, Heads
from broker.records.problems import refuse
from broker.records.registry import HEADS_PATH
from broker.sequence import Position
from broker.types.names import MessageName, participant_of
from broker.types.vocabulary import Kind
from consumers.findings import Findings
from consumers.streams import Streams

FOREIGN: Final = "foreign-heads"
FOREIGN_CHECKPOINT: Final = "foreign-checkpoint"
NEWS_AT_ONCE: Final = 32
"""Streams of one HEADS message that may be otherwise than they are known here; the others have to be said again.

So a node that invents streams holds nobody up.
"""


def read_heads(verified: Verified) -> Heads:
    """Return what a verified HEADS message says.

    Raises:
        InvalidRecord: It is no HEADS message, or breaks the rules of one.
        VerificationError, MalformedError, SchemaError: Its body is missing, not the signed one, or no Avro of heads.
    """
    return heads_in(verified.opened)


def heads_in(opened: Opened) -> Heads:
    """Return what a HEADS message says that was verified when it came; errors as for :func:`read_heads`."""
    header = opened.header
    if header.kind is not Kind.HEADS or [one.name for one in header.sections] != [SECTION]:
        raise InvalidRecord(f"{header.name} is no HEADS message with one section {SECTION}")
    (head,), (body,) = header.sections, opened.bodies
    if body is None:
        raise BodyMissing(f"the body of section {head.name} is missing")
    content, schema = read_body(head, body), avro.schema(HEADS_PATH)
    if content.schema_id != schema.id:
        raise InvalidRecord(f"{header.name} holds no {HEADS_PATH} of this version")
    heads = avro.decode(schema, content.avro, Heads)
    refuse(problems_in(heads))
    return heads


class Hearing(NamedTuple):
    """Where what HEADS say is taken note of: one transaction, by the directory of its moment."""

    connection: Connection
    directory: Directory
    findings: Findings


def note_heads(verified: Verified, streams: Streams, hearing: Hearing, now: datetime) -> None:
    """Take note of what a HEADS message says of its node's streams and of the log; what is wrong becomes a finding.

    Nothing in it halts anything: a node can only speak of streams of its own participant, and of a checkpoint that the
    notary signed.
    """
    name, findings = verified.header.name, hearing.findings
    try:
        heads = read_heads(verified)
    except (MalformedError, SchemaError, VerificationError) as error:
        findings.report(error.code, str(name), str(error), now)
        return
    mine = [one for one in heads.streams if participant_of(one.originator) == participant_of(name.stream.originator)]
    if len(mine) < len(heads.streams):
        says = "it speaks of streams that are none of its participant; what it says of them does not count"
        findings.report(FOREIGN, str(name), says, now)
    positions = {one.stream: Position(one.sequence, one.digest) for one in mine}
    for stream, position in list(streams.news(positions).items())[:NEWS_AT_ONCE]:
        streams.claim(stream, position, name, now)
    if heads.checkpoint is not None:
        _note_checkpoint(heads.checkpoint, name, hearing, now)


def _note_checkpoint(raw: bytes, name: MessageName, hearing: Hearing, now: datetime) -> None:
    """Have a checkpoint compared with the log when that is read next; report one that is none of its notary."""
    try:
        note_claim(hearing.connection, raw, trust=log_trust(hearing.directory), by=name, now=now)
    except (MalformedError, VerificationError, NoLog) as error:
        if _is_of_ended_key(raw, hearing.directory):
            return  # it proves nothing any more, and whoever named it was right to believe it then
        says = f"it names a checkpoint that the notary of this network did not sign: {error}"
        hearing.findings.report(FOREIGN_CHECKPOINT, str(name), says, now)


def _is_of_ended_key(raw: bytes, directory: Directory) -> bool:
    try:
        check_note(parse_note(raw), ended_notaries(directory))
    except (MalformedError, VerificationError):
        return False
    return True
