"""``audit affected``: what a key has touched, by bus and log; and what receipts say, where their addressee is here."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from broker.database import open_engine, reading
from broker.directory import Directory, EnrolledKey
from broker.directory.word import Place
from broker.errors import BrokerError, NoLog, UnknownAuthority
from broker.log.trust import LogTrust, SignedCheckpoint
from broker.log_trust import log_trust
from broker.records.receipt import ReceiptEntry
from broker.section_keys import SectionKeys
from broker.types.names import Digest, participant_of
from consumers.evidence.affected import Signed, Touched, find_places, judge, read_directory, read_record
from consumers.receipts import confirmed
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder
from tocsin.installation import RANDOMNESS, now
from tocsin.keyring import load_store_key
from tocsin.log_sources import open_log
from tocsin.node_database import open_readonly
from tocsin.settings import load_federation, load_node

LEAST_DIGITS: Final = 8
_KEY: Final = re.compile(r"[0-9a-f]{8,32}")


class Holding(msgspec.Struct, frozen=True):
    """An authority that has confirmed with a receipt what it did with a message; *what* in the receipt's word."""

    reader: str
    what: str
    at: datetime


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """What a key has touched.

    Attributes:
        checkpoint: Under which the places are; None where there is no log.
        receipts: What readers have confirmed, as far as the author's node is here to read it.
        unread: Parts of topics that the bus cannot give.
    """

    key: EnrolledKey
    checkpoint: SignedCheckpoint | None
    messages: tuple[Touched, ...]
    receipts: Mapping[Digest, Sequence[Holding]]
    unread: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return what ``audit affected --json`` prints; scripts rely on it."""
        revocation = self.key.revocation
        return {
            "key": self.key.id.hex(),
            "owner": self.key.owner,
            "revoked": None if revocation is None else revocation.revoked_at.isoformat(),
            "log_size": 0 if self.checkpoint is None else self.checkpoint.size,
            "messages": [self._message(one) for one in self.messages],
            "unread": self.unread,
        }

    def _message(self, one: Touched) -> dict[str, Any]:
        return {
            "message": str(one.message.name),
            "digest": one.message.digest.hex(),
            "issued_at": one.message.issued_at.isoformat(),
            "log_index": None if one.place is None else one.place.index,
            "seen_at": None if one.place is None else one.place.seen_at.isoformat(),
            "standing": one.standing,
            "why": one.why,
            "seen_by": one.seen_by,
            "receipts": msgspec.to_builtins(self.receipts.get(one.message.digest, ())),
        }


async def affected(folder: FederationFolder, beginning: str) -> Affected:
    """Return what the key whose id begins so has touched.

    Raises:
        UnknownAuthority: No key of the directory, or more than one, begins so.
        TransportError: Bus or log do not answer.
        VerificationError: The log is not the one that its notary signed.
    """
    settings = load_federation(folder)
    async with open_bus(folder, settings, clock=now) as bus:
        directory = await read_directory(bus, settings.id, settings.root_digest)
        key, trust = find_key(directory, beginning), _trust(directory)
        record = await read_record(bus, directory, key, trust=trust, now=now())
    reader = open_log(folder, settings)
    checkpoint: SignedCheckpoint | None = None
    places: dict[Digest, Place] = {}
    if reader is not None and trust is not None:
        wanted = [one.digest for one in record.signed]
        checkpoint, places = find_places(reader, trust, [*wanted, *([key.revoked_by] if key.revoked_by else [])])
    return Affected(
        key=key,
        checkpoint=checkpoint,
        messages=judge(record, key, places),
        receipts=_receipts(folder, record.signed),
        unread=record.unread,
    )


def find_key(directory: Directory, beginning: str) -> EnrolledKey:
    """Return the one key whose id begins so.

    Raises:
        UnknownAuthority: None does, or several do.
    """
    text = beginning.lower().removesuffix("…")
    keys = directory.keys() if _KEY.fullmatch(text) else ()
    found = [one for one in keys if one.id.hex().startswith(text)]
    if len(found) == 1:
        return found[0]
    hint = f"Name at least {LEAST_DIGITS} digits of its id; tocsin directory show lists all keys."
    many = "more than one key" if found else "no key"
    raise UnknownAuthority(f"{many} of {directory.federation} has an id that begins with {beginning[:40]!r}", hint=hint)


def _trust(directory: Directory) -> LogTrust | None:
    try:
        return log_trust(directory)
    except NoLog:
        return None


def _receipts(folder: FederationFolder, signed: Sequence[Signed]) -> Mapping[Digest, Sequence[Holding]]:
    """Return what readers have confirmed to the authors that have a node here."""
    found: dict[Digest, Sequence[Holding]] = {}
    here = set(folder.participants())
    for code in sorted({participant_of(one.name.stream.originator) for one in signed} & here):
        mine = [one for one in signed if participant_of(one.name.stream.originator) == code]
        try:
            found |= _confirmed(folder, code, mine)
        except BrokerError:
            continue  # without its database, or the key to it, nothing is known of them
    return found


def _confirmed(folder: FederationFolder, code: str, signed: Sequence[Signed]) -> dict[Digest, Sequence[Holding]]:
    own, settings = folder.node(code), load_node(folder, participant_of(code))
    engine = open_readonly(own.database)
    try:
        rest = load_store_key(settings.store_key, own.root)
        keys = SectionKeys(open_engine(own.section_keys, readonly=True), rest, randomness=RANDOMNESS)
        try:
            with reading(engine) as connection:
                several = {
                    one.digest: confirmed(connection, one.digest, keys.get, since=one.issued_at) for one in signed
                }
        finally:
            keys.close()
    finally:
        engine.dispose()
    return {digest: [_holding(one) for one in entries] for digest, entries in several.items() if entries}


def _holding(entry: ReceiptEntry) -> Holding:
    return Holding(entry.reader, entry.what.word, entry.at)
