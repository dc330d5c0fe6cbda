"""``audit prove``: one message with all that shows who said it and since when, as far as policy lets it leave."""

import msgspec

from broker import limits
from broker.database import reading
from broker.errors import BrokerError, NoLog, NotLogged
from broker.log.hashes import TileHashes
from broker.log.port import CHECKPOINT, LogReader
from broker.log.trust import LogTrust, SignedCheckpoint, check_checkpoint
from broker.log_trust import log_trust
from broker.logbook import Logbook
from broker.types.names import Digest
from consumers.evidence.gathering import (
    LogView,
    decision_files,
    directory_files,
    load_directory_messages,
    log_files,
    message_files,
    revocation_proofs,
)
from consumers.evidence.making import Made, make_evidence
from tocsin.evidence.story import tell
from tocsin.installation import Node
from tocsin.log_sources import open_log
from tocsin.onward import Order, Permitted, permit

_WAIT = "The notary takes it in within minutes; tocsin inbox says of each message whether it is logged."


class Proved(msgspec.Struct, frozen=True):
    """An evidence file, and the use that was permitted."""

    permitted: Permitted
    made: Made


async def prove(node: Node, order: Order, *, case: str = "") -> Proved:
    """Make the evidence file of a message; the decision that permits it goes on record first.

    Args:
        case: The proceedings that it is for; empty for an export.

    Raises:
        AccessDenied, MissingItem, InvalidRecord: As for every onward use.
        NoLog: The network has no log, or this folder does not say where it is.
        NotLogged: The message, or what vouches for its keys, is not in the log yet.
        VerificationError: The log does not hold, or something in the file would not.
        TransportError: Bus or log do not answer.
    """
    async with node.bus() as bus:
        await node.follower.catch_up(bus)
    permitted = permit(node, order)
    message = permitted.ruling.original
    log = _view(node, message.digest)
    with reading(node.engine) as connection:
        messages = load_directory_messages(connection)
        files = {
            **message_files(message, permitted.ruling.contents),
            **directory_files(messages, node.directory, message.header.originator, log.has),
            **revocation_proofs(message.header.signers, node.directory, log),
            **log_files(message.digest, log),
            **decision_files(connection, Digest(permitted.item.digest), order.reader),
        }
    story = tell(order, permitted, case)
    root_digest = node.federation.root_digest
    return Proved(permitted, make_evidence(files, story, exported_by=order.reader, root_digest=root_digest))


def _view(node: Node, digest: Digest) -> LogView:
    """Return the log below the best checkpoint that has the message: a witnessed one, where there is one."""
    reader = open_log(node.folder, node.federation)
    if reader is None:
        raise NoLog(
            f"nothing can be proved: {node.federation.id} says of no log where it is",
            hint='Set log in federation.toml: log = "log", or the address of the log.',
        )
    trust, logbook = log_trust(node.directory), Logbook(node.engine, node.federation.id)
    logbook.catch_up(reader, trust, node.clock())
    place = logbook.place(digest)
    if place is None:
        raise NotLogged(f"the message {digest.hex()[:16]}… is not in the log yet", hint=_WAIT)
    signed = _checkpoint(reader, logbook, trust, place.index)

    def find(wanted: Digest) -> int | None:
        found = logbook.place(wanted)
        return None if found is None else found.index

    return LogView(TileHashes(reader, signed.size), signed, find)


def _checkpoint(reader: LogReader, logbook: Logbook, trust: LogTrust, index: int) -> SignedCheckpoint:
    """Return the newest checkpoint; the newest with a quorum where the message is below it too."""
    raw = reader.read(CHECKPOINT, most=limits.MAX_NOTE_BYTES)
    if raw is None:
        raise NotLogged("the log has no checkpoint yet", hint=_WAIT)
    newest, witnessed = check_checkpoint(raw, trust), logbook.state.witnessed
    if newest.is_witnessed or witnessed is None or witnessed.size <= index:
        return newest
    try:
        return check_checkpoint(witnessed.raw, trust)
    except BrokerError:
        return newest  # its witnesses are not appointed any more
