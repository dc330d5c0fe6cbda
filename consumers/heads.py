"""HEADS of other nodes: what they say of their own streams, held against what has arrived."""

from datetime import datetime
from typing import Final

from broker import avro
from broker.admit import Verified
from broker.envelope.body import read_body
from broker.errors import BodyMissing, InvalidRecord, MalformedError, SchemaError, VerificationError
from broker.records.checking import problems_in
from broker.records.heads import SECTION, Heads
from broker.records.problems import refuse
from broker.records.registry import HEADS_PATH
from broker.sequence import Position
from broker.types.names import participant_of
from broker.types.vocabulary import Kind
from consumers.findings import Findings
from consumers.streams import Streams

FOREIGN: Final = "foreign-heads"
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
    header = verified.header
    if header.kind is not Kind.HEADS or [one.name for one in header.sections] != [SECTION]:
        raise InvalidRecord(f"{header.name} is no HEADS message with one section {SECTION}")
    (head,), (body,) = header.sections, verified.opened.bodies
    if body is None:
        raise BodyMissing(f"the body of section {head.name} is missing")
    content, schema = read_body(head, body), avro.schema(HEADS_PATH)
    if content.schema_id != schema.id:
        raise InvalidRecord(f"{header.name} holds no {HEADS_PATH} of this version")
    heads = avro.decode(schema, content.avro, Heads)
    refuse(problems_in(heads))
    return heads


def note_heads(verified: Verified, streams: Streams, findings: Findings, now: datetime) -> None:
    """Take note of what a HEADS message says of its node's streams; what is wrong with it becomes a finding.

    Nothing in it halts anything: a node can only speak of streams of its own participant.
    """
    name = verified.header.name
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
