"""One flush's work in the database: drafts first, then what was asked for, then readers who are new; step by step.

Each step is one transaction, so that it costs one change of threads and may end anywhere. The keys that a step makes
are in the key store before its transaction ends: a message that nobody could ever open does not exist.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select

from broker.database import reading, writing
from broker.directory import Directory
from broker.errors import BadTable, MissingKey
from broker.types.names import Digest, Originator, participant_of
from broker.types.time import Clock
from broker.types.vocabulary import Status, Tlp
from producers.addressing import Moment, Office, about_ready
from producers.batches import Refusals, find_chains, next_batch, settle, store_signed, unpark
from producers.lists import Wrapping
from producers.outbox import IS_WAITING, Stage, drafts
from producers.releasing import ask_for_due, has_sealed, note_sealed, sign_asked, waiting_issuers
from producers.sealing import Addressed, Batch, fit, seal_drafts
from producers.sending import Unsent, unsent_messages
from producers.signing import Occasion, Ready, granted_originators

MAX_PARKED_LISTED: Final = 1000


class Parked(msgspec.Struct, frozen=True):
    """A draft that waits for another one."""

    authority: Originator
    national_reference: str
    waits_for: str


class Step(msgspec.Struct, frozen=True):
    """What one step has left to be sent, and whether there may be another one."""

    unsent: Sequence[Unsent]
    more: bool
    parked: tuple[Parked, ...]


class Tally:
    """What the steps have done so far.

    Attributes:
        signed: How many drafts became messages.
        released: The messages whose keys went out.
        nodes: Where they went.
        unreached: Those who may have something, and whose node has no sealing key.
    """

    def __init__(self) -> None:
        self.signed = 0
        self.released: set[Digest] = set()
        self.nodes: set[Originator] = set()
        self.unreached: set[Originator] = set()


class Round:
    """The steps of one flush."""

    def __init__(self, engine: Engine, office: Office, directory: Directory, clock: Clock) -> None:
        self.tally: Final = Tally()
        self.refused: Final = Refusals()
        self._engine = engine
        self._office = office
        self._directory = directory
        self._clock = clock
        self._asked = 0
        self._moment_known: Moment | None = None

    def step(self) -> Step:
        """Do the next step, then take what is to be sent: what an earlier flush left comes first."""
        with writing(self._engine) as connection:
            more = self._sign_drafts(connection)
        unsent = unsent_messages(self._engine)
        more = more or unsent.more
        return Step(unsent.messages, more, () if more else _parked(self._engine))

    def _sign_drafts(self, connection: Connection) -> bool:
        """Sign the next drafts, or go on with what comes behind them; say whether there may be more."""
        actual = self._directory.root.status is Status.ACTUAL
        occasion = self._occasion()
        while True:
            batch = next_batch(connection, self.refused, actual=actual)
            if not batch and not unpark(connection):
                return self._release(connection, occasion)
            chains = find_chains(connection, {draft.authority for draft in batch}, occasion, self.refused)
            ready, related = settle(connection, [draft for draft in batch if draft.authority in chains.streams])
            held = len(self.refused.drafts)
            addressed = self._address(connection, ready)
            # Where one was held up, those that name it have to wait for it: they are looked at again without it.
            if addressed and held == len(self.refused.drafts):
                some = fit(addressed, chains.streams)
                wrapping = self._wrapping(connection, some)
                if wrapping is not None or not any(_has_recipients(one) for one in some):
                    self._store(connection, seal_drafts(some, related, chains, occasion, wrapping), occasion)
                    return True

    def _address(self, connection: Connection, ready: Sequence[Ready]) -> list[Addressed]:
        """Return the drafts with those who get them; nothing goes out where a table cannot be read."""
        found: list[Addressed] = []
        for draft in ready:
            if draft.tlp is Tlp.CLEAR:
                found.append(Addressed(draft))
                continue
            try:
                found.append(self._moment(connection).address(draft))
            except BadTable as error:
                if about_ready(draft).participant == participant_of(draft.authority):
                    self.refused.add(draft.authority, error)
                else:  # a mistake in the conditions of who wrote what it passes on: nothing else waits for that
                    self.refused.add_draft(draft, error)
        return [one for one in found if one.draft.authority not in self.refused.originators]

    def _wrapping(self, connection: Connection, some: Sequence[Addressed]) -> Wrapping | None:
        """Return by whom keys are wrapped; None where nobody gets any, or those who would write are refused now."""
        writing_to = [one for one in some if _has_recipients(one)]
        if not writing_to:
            return None
        try:
            return self._moment(connection).wrapping()
        except MissingKey as error:
            for one in writing_to:
                self.refused.add(one.draft.authority, error)
            return None

    def _store(self, connection: Connection, batch: Batch, occasion: Occasion) -> None:
        ids = store_signed(connection, batch.messages, self._directory.federation, occasion.issued_at)
        if any(one.audience is not None for one in batch.drafts):
            self._note(connection, batch, ids)
        # Behind everything that may fail, before the end of the transaction.
        owner = participant_of(self._office.node(self._directory))
        self._office.sealing.section_keys.put(batch.keys, owner=owner)
        self.tally.signed += len(batch.drafts)

    def _note(self, connection: Connection, batch: Batch, ids: Mapping[Digest, int]) -> None:
        moment = self._moment(connection)
        note_sealed(connection, batch, ids, moment)
        for one, message in batch.records:
            if one.audience is not None:
                self.tally.unreached |= moment.unreached(one.audience)
            if _has_recipients(one):
                self.tally.released.add(message.digest)
                self.tally.nodes.update(*one.nodes.values())

    def _release(self, connection: Connection, occasion: Occasion) -> bool:
        """Write what was asked for; where nothing is, look who is new since. Say whether there may be more."""
        if not granted_originators(self._directory, self._office.key):
            return False
        try:
            if issuers := waiting_issuers(connection, self._asked):
                self._release_asked(connection, issuers, occasion)
                return True
            return has_sealed(connection) and self._ask_for_due(connection)
        except (BadTable, MissingKey) as error:
            # Nothing was written yet, and everything else has gone.
            self.refused.note(error)
            return False

    def _release_asked(self, connection: Connection, issuers: Collection[Originator], occasion: Occasion) -> None:
        chains = find_chains(connection, issuers, occasion, self.refused)
        keys = (self._office.sealing, self._moment(connection))
        released = sign_asked(connection, self._asked, chains, occasion, keys)
        self._asked = released.last
        if released.batch is not None:
            store_signed(connection, released.batch.messages, self._directory.federation, occasion.issued_at)
        self.tally.released |= released.messages
        self.tally.nodes |= released.nodes

    def _ask_for_due(self, connection: Connection) -> bool:
        moment = self._moment(connection)
        return bool(moment.keys) and ask_for_due(connection, moment, self._office.sealing)

    def _occasion(self) -> Occasion:
        return Occasion(
            directory=self._directory,
            key=self._office.key,
            issued_at=self._clock(),
            randomness=self._office.randomness,
        )

    def _moment(self, connection: Connection) -> Moment:
        """Return who there is; worked out once a flush, and only where something is sealed."""
        if self._moment_known is None:
            now = self._clock()
            relationships = self._office.sealing.relationships(connection, self._directory, now)
            self._moment_known = Moment(self._office, self._directory, relationships, now)
        return self._moment_known


def _has_recipients(one: Addressed) -> bool:
    return any(one.nodes.values())


def _parked(engine: Engine) -> tuple[Parked, ...]:
    statement = (
        select(drafts.c.authority, drafts.c.national_reference, drafts.c.waits_for)
        .where(IS_WAITING, drafts.c.stage == Stage.PARKED)
        .order_by(drafts.c.id)
        .limit(MAX_PARKED_LISTED)
    )
    with reading(engine) as connection:
        return tuple(Parked(*row) for row in connection.execute(statement))
