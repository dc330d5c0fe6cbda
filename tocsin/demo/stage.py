"""A copy of the federation on which somebody who can write to its files makes one attempt."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from broker.bus.port import Delivered
from broker.directory import Directory
from broker.envelope.header import Header
from broker.envelope.message import Opened, open_envelope
from broker.sealing.keys import SealingKey
from broker.signing.keys import SigningKey
from broker.types.vocabulary import Kind
from tocsin.demo.forging import Topic
from tocsin.demo.log_forging import LogFiles


class Side(msgspec.Struct, frozen=True):
    """What belongs to one of the two participants of an attempt.

    Attributes:
        key: An enrolled key that its node signs with.
        administrator_key: What its administrator signs with.
        sealing_key: An enrolled key that its node seals with, and that others seal to.
    """

    topic: Topic
    messages: list[Delivered]
    key: SigningKey
    administrator_key: SigningKey
    sealing_key: SealingKey

    def sealed_reports(self) -> list[Delivered]:
        """Return its sealed records, in their order on the bus."""
        return sealed_among(self.messages)

    def releases(self) -> list[Delivered]:
        """Return its releases of keys, in their order on the bus."""
        return [one for one in self.messages if open_envelope(one.value).header.kind is Kind.RELEASE]


class LogSide(msgspec.Struct, frozen=True):
    """What belongs to the log.

    Attributes:
        key: The notary's.
        ask_witness: Takes a request for a cosignature to one of the witnesses; None where no witness is here.
    """

    files: LogFiles
    key: SigningKey
    ask_witness: Callable[[bytes], object] | None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of the federation on which one attempt is made.

    Attributes:
        victim: Whose messages are attacked.
        witness: Whose node looks on; it has received everything.
        node: The database of the witness.
        directory: As far as that has it.
        opened: The sealed reports of the victim that the witness can open.
        unknown_key: One that nobody has enrolled.
    """

    victim: Side
    witness: Side
    node: Engine
    directory: Directory
    directory_topic: Topic
    log: LogSide
    opened: list[Delivered]
    unknown_key: SigningKey
    now: datetime

    def next_header(self, like: Opened) -> Header:
        """Return the header of a message that follows all others in the stream of *like*."""
        stream = like.header.stream
        all_of_it = (open_envelope(one.value) for one in self.victim.messages)
        last = max((one for one in all_of_it if one.header.stream == stream), key=lambda one: one.header.sequence)
        return msgspec.structs.replace(
            like.header, sequence=last.header.sequence + 1, previous=last.digest, issued_at=self.now
        )


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and the code by which it has to be caught.

    Attributes:
        is_possible: Says whether the messages of a stage allow it.
        is_logged: The notary goes on after it, and logs what it finds.
        by_reader: It is caught by a node that reads the bus and has keys, not by an audit without any.
    """

    name: str
    does: str
    code: str
    change: Callable[[Stage], None]
    is_possible: Callable[[Stage], bool] = lambda stage: bool(stage.victim.sealed_reports())
    is_logged: bool = False
    by_reader: bool = False


def reports(at_least: int) -> Callable[[Stage], bool]:
    """Return what says whether the victim has so many sealed reports."""
    return lambda stage: len(stage.victim.sealed_reports()) >= at_least


def sealed_among(messages: Sequence[Delivered]) -> list[Delivered]:
    """Return the sealed records among *messages*."""
    opened = ((one, open_envelope(one.value).header) for one in messages)
    return [one for one, header in opened if header.kind is Kind.RECORD and header.sections[0].key_commitment]
