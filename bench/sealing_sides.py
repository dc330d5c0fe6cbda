"""A hall of many nodes: one that sends, with its database and key store, and a directory of all who get something."""

import os
import string
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from broker import decisions, follow, logbook
from broker.database import open_engine
from broker.deciders import tables_in_force
from broker.directory import Directory
from broker.policy.builtin import marking_table, open_release_table
from broker.policy.decide import Tables
from broker.policy.table import Table
from broker.relationships import Relationships
from broker.sealing.rest import RestKey
from broker.sealing.section import key_commitment
from broker.section_keys import SectionKeys, open_section_keys
from broker.types.names import Digest, Originator, Participant, Stream
from producers import outbox
from producers.addressing import Moment, Office, Sealing
from producers.draft import Draft
from producers.encoded import Encoded, encode_draft, with_reference
from producers.publish import Taken, take
from producers.round import Round
from producers.sealing import Batch, fit, seal_drafts
from producers.signing import NOTHING_WRITTEN, Chains, Occasion, Ready
from tests.support.federation import (
    HUB_STREAM,
    Federation,
    a_key_entry,
    a_node,
    a_participant,
    a_signing_key,
    admin_stream,
    an_authority,
)

AUTHOR: Final = Originator("NL/customs")
NODE: Final = "NL/~1"
_STREAM: Final = Stream(AUTHOR, 1)
_LABELS: Final = ("customs", "police", "regulator", "health")


@dataclass(frozen=True, slots=True)
class Hall:
    """What a flush is measured with.

    Attributes:
        codes: All participants but the author's.
    """

    federation: Federation
    directory: Directory
    codes: Sequence[str]
    now: datetime
    engine: Engine
    section_keys: SectionKeys
    release: Table
    office: Office

    def seal(self, drafts: Sequence[Draft], *, cold: bool = False) -> float:
        """Return the seconds that it takes to decide, seal, wrap and sign *drafts*, without any database.

        Args:
            cold: Nothing is remembered from an earlier flush.
        """
        ready = [_ready(number, draft) for number, draft in enumerate(drafts)]
        office = _office(self.federation, self.office.sealing) if cold else self.office
        began = time.perf_counter()
        batch = _seal(self, office, ready)
        spent = time.perf_counter() - began
        if len(batch.drafts) != len(drafts):
            raise RuntimeError(f"{len(batch.drafts)} of {len(drafts)} drafts fit: the number would mean nothing")
        return spent

    def store(self, drafts: Sequence[Draft]) -> float:
        """Return the seconds of a step that signs *drafts* and stores them with their keys."""
        fresh = [_renamed(draft, f"{time.time_ns()}-{number}") for number, draft in enumerate(drafts)]
        outcomes = list(take(self.engine, lambda: fresh))
        work = Round(self.engine, self.office, self.directory, lambda: self.now)
        began = time.perf_counter()
        work.step()
        spent = time.perf_counter() - began
        if work.tally.signed != sum(isinstance(one, Taken) for one in outcomes):
            raise RuntimeError("not every draft was signed: the number would mean nothing")
        return spent

    def one_record(self, draft: Draft) -> tuple[bytes, Mapping[Digest, bytes]]:
        """Return the record that *draft* becomes, and its keys."""

        batch = _seal(self, self.office, [_ready(0, draft)])
        return batch.messages[-1].raw, {key_commitment(key): key for key in batch.keys}

    def tables(self) -> Tables:
        """Return the tables that bind the author's messages."""
        community, national = tables_in_force(self.directory, Participant("NL"))
        return Tables(marking_table(), national, community, self.release)


@contextmanager
def open_hall(folder: Path, nodes: int, authorities: int) -> Iterator[Hall]:
    """Make a federation of *nodes* nodes of *authorities* authorities each, and what the first one sends with."""
    folder.mkdir()
    now = datetime.now(UTC)
    codes = ["NL", *_codes(nodes - 1)]
    federation = Federation()
    federation.found()
    for code in codes:
        _join(federation, code, authorities, now)
    engine = open_engine(folder / "node.sqlite")
    for metadata in (outbox.metadata, follow.metadata, decisions.metadata, logbook.metadata):
        metadata.create_all(engine)
    keys = open_section_keys(folder / "sections.sqlite", RestKey(os.urandom(32)), randomness=os.urandom)
    release = open_release_table(NODE)
    sealing = Sealing(
        section_keys=keys,
        keyring=lambda: [federation.sealing_keys[NODE]],
        relationships=lambda *_: Relationships(),
        release=release,
    )
    try:
        yield Hall(
            federation, federation.directory, codes[1:], now, engine, keys, release, _office(federation, sealing)
        )
    finally:
        engine.dispose()
        keys.close()


def _seal(hall: Hall, office: Office, ready: Sequence[Ready]) -> Batch:
    moment = Moment(office, hall.directory, Relationships(), hall.now)
    chains = Chains({AUTHOR: _STREAM}, {_STREAM: NOTHING_WRITTEN})
    occasion = Occasion(directory=hall.directory, key=office.key, issued_at=hall.now, randomness=os.urandom)
    some = fit([moment.address(draft) for draft in ready], chains.streams)
    return seal_drafts(some, {}, chains, occasion, moment.wrapping())


def _office(federation: Federation, sealing: Sealing) -> Office:
    return Office(sealing, federation.signing_key(NODE), os.urandom)


def _codes(count: int) -> list[str]:
    letters = string.ascii_uppercase
    return [one for one in (a + b for a in letters for b in letters) if one != "NL"][:count]


def _join(federation: Federation, code: str, authorities: int, now: datetime) -> None:
    node = f"{code}/~1"
    federation.admin_keys[code], federation.node_keys[node] = a_signing_key(f"{code} admin"), a_signing_key(code)
    federation.say(a_participant(code, [federation.admin_keys[code]]), HUB_STREAM)
    federation.say(a_node(node), admin_stream(code))
    names = [f"{code}/{_LABELS[n] if n < len(_LABELS) else f'force-{n}'}" for n in range(authorities)]
    for name in names:
        federation.say(an_authority(name), admin_stream(code))
    federation.say(a_key_entry(federation.node_keys[node], names, node), admin_stream(code))
    federation.enrol_sealing_key(node, now - timedelta(days=1))


def _ready(number: int, draft: Draft) -> Ready:
    encoded = encode_draft(draft, actual=False)
    if not isinstance(encoded, Encoded):
        raise TypeError(f"a draft cannot be published: {encoded}")
    return Ready(
        id=number,
        authority=draft.authority,
        national_reference=draft.national_reference,
        kind=draft.kind,
        status=draft.status,
        tlp=draft.tlp,
        sections=encoded.sections,
        related=(),
    )


def _renamed(draft: Draft, reference: str) -> Draft:

    return with_reference(draft, reference)
