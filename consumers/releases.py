"""The RELEASE messages of one batch: the keys that they have for this node, kept, and the messages they open.

Keys go into the key store before anything of the batch is committed: a crash in between leaves keys whose messages come
once more, never a message that was let in and cannot be opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from broker.admit import Verified
from broker.directory.directory import Directory
from broker.envelope.header import Header
from broker.envelope.message import open_envelope
from broker.errors import BrokerError, ForeignRelease, KeyMismatch, MalformedError, SchemaError, VerificationError
from broker.sealing.release import Item
from broker.sealing.section import key_commitment
from broker.types.names import Digest, MessageName, Originator, Participant, participant_of
from broker.types.vocabulary import Kind
from consumers import store, unopened
from consumers.findings import Findings
from consumers.unsealing import Unsealer

_AT_ONCE: Final = 500
"""Numbers in one statement; SQLite takes 999 at least."""


class Known(msgspec.Struct, frozen=True):
    """A message that has arrived, in this batch or before.

    Attributes:
        closed: The sections that had no key when it was decided; None for one of this batch, which has not been yet.
    """

    header: Header
    digest: Digest
    closed: frozenset[str] | None

    def commits_to(self, item: Item, commitment: Digest) -> bool:
        """Say whether its header names this very key for the section."""
        return any(one.name == item.section and one.key_commitment == commitment for one in self.header.sections)


class Releases:
    """Opens the RELEASE messages of one batch; lives as long as its transaction.

    Attributes:
        errors: What is wrong with a RELEASE, by its digest: it is kept, and nothing of it is believed.
        late: Messages that had been decided before one of their keys came.
    """

    def __init__(self, connection: Connection, unsealer: Unsealer, findings: Findings, now: datetime) -> None:
        self.errors: dict[Digest, BrokerError] = {}
        self.late: dict[Digest, None] = {}
        self._connection = connection
        self._unsealer = unsealer
        self._findings = findings
        self._now = now

    def take(self, batch: Sequence[Verified], directory: Directory, focal_points: frozenset[Originator]) -> None:
        """Keep the keys that *batch* has for this node, and see what they belong to.

        Args:
            batch: Whatever arrived; a RELEASE that had been taken before is passed over.
            directory: Knows the sealing keys of the issuers.
            focal_points: Who may release what others of their participant sent.
        """
        self._check_awaited([one for one in batch if one.header.kind is Kind.RECORD])
        releases = self._new([one for one in batch if one.header.kind is Kind.RELEASE])
        if not releases:
            return
        items = self._open(releases, directory, focal_points)
        self._keep(items, [Known(one.header, one.opened.digest, None) for one in batch])

    def _new(self, releases: Sequence[Verified]) -> list[Verified]:
        if not releases:
            return []
        digests = {one.opened.digest: one for one in releases}
        here = store.message.c.digest
        had = set(self._connection.scalars(select(here).where(here.in_(digests))))
        return [one for digest, one in digests.items() if digest not in had]

    def try_again(
        self, releases: Sequence[Verified], directory: Directory, focal_points: frozenset[Originator]
    ) -> None:
        """Open what had nothing for this node when it was taken; arguments as for :meth:`take`."""
        items = self._open(releases, directory, focal_points)
        self._keep(items, ())
        for digest, error in self.errors.items():
            place = next(str(one.header.name) for one in releases if one.opened.digest == digest)
            self._findings.report(error.code, place, str(error), self._now)

    def _open(
        self, releases: Sequence[Verified], directory: Directory, focal_points: frozenset[Originator]
    ) -> list[Item]:
        keyring = self._unsealer.keyring()
        items: dict[Item, None] = {}
        for one in releases:
            digest = one.opened.digest
            try:
                found = self._unsealer.open(one, directory, keyring)
            except (MalformedError, SchemaError, VerificationError) as error:
                self.errors[digest] = error
                unopened.forget(self._connection, digest)
                continue
            if found.items:
                unopened.forget(self._connection, digest)
            else:
                unopened.note(self._connection, one, found.tried)
            items |= dict.fromkeys(self._counting(one.header, found.items, focal_points))
        return list(items)

    def _counting(self, header: Header, items: Iterable[Item], focal_points: frozenset[Originator]) -> list[Item]:
        """Return the items that the issuer may release; its own participant's focal point may, and nobody else."""
        by = header.originator
        speaks_for = participant_of(by) if by in focal_points else None
        counting: list[Item] = []
        foreign: list[Item] = []
        for one in items:
            counts = one.originator == by or participant_of(one.originator) == speaks_for
            (counting if counts else foreign).append(one)
        if foreign:
            says = f"it opens {foreign[0].message}, which is not {by}'s to open; its key was not taken"
            self._findings.report(ForeignRelease.code, str(header.name), says, self._now)
        return counting

    def _keep(self, items: Sequence[Item], batch: Sequence[Known]) -> None:
        """Put the keys into the key store, except those that the message itself contradicts."""
        known = self._known({one.message for one in items}, batch)
        keys: dict[Participant, list[bytes]] = {}
        early: list[dict[str, object]] = []
        opened: dict[Participant, dict[Digest, set[Digest]]] = {}
        for item in items:
            commitment = key_commitment(item.key)
            there = known.get(item.message, ())
            fitting = [one for one in there if one.commits_to(item, commitment)]
            if there and not fitting:
                self._report_mismatch(item.message, item.section)
                continue
            if not there:
                early.append(_awaited(item, commitment))
            owner = participant_of(item.originator)
            keys.setdefault(owner, []).append(item.key)
            for one in fitting:
                if one.closed is not None and item.section in one.closed:
                    opened.setdefault(owner, {}).setdefault(commitment, set()).add(one.digest)
        if early:
            self._connection.execute(insert(store.awaited).on_conflict_do_nothing(), early)
        for owner, several in keys.items():
            self._unsealer.section_keys.put(several, owner=owner)
        # One that was destroyed stays destroyed: nothing new can be read then.
        for owner, messages in opened.items():
            for commitment in self._unsealer.section_keys.get(messages, owner=owner):
                self.late |= dict.fromkeys(sorted(messages[commitment]))

    def _known(self, names: Iterable[MessageName], batch: Sequence[Known]) -> Mapping[MessageName, list[Known]]:
        found: dict[MessageName, list[Known]] = {}
        for one in batch:
            found.setdefault(one.header.name, []).append(one)
        numbers: dict[str, list[int]] = {}
        for name in names:
            numbers.setdefault(str(name.stream), []).append(name.sequence)
        here = store.message.c
        for stream, sequences in numbers.items():
            for start in range(0, len(sequences), _AT_ONCE):
                wanted = (here.stream == stream) & here.sequence.in_(sequences[start : start + _AT_ONCE])
                for row in self._connection.execute(select(here.digest, here.envelope, here.closed).where(wanted)):
                    header = open_envelope(row.envelope).header
                    stored = Known(header, Digest(row.digest), frozenset(row.closed.split()))
                    found.setdefault(header.name, []).append(stored)
        return found

    def _check_awaited(self, records: Sequence[Verified]) -> None:
        """Compare the keys that came before their messages with what these say."""
        here = store.awaited.c
        by_stream: dict[str, dict[int, Header]] = {}
        for one in records:
            by_stream.setdefault(str(one.header.stream), {})[one.header.sequence] = one.header
        for stream, headers in by_stream.items():
            # Number by number: whoever skips some must not have us look at all that he lets us wait for in between.
            numbered = (here.stream == stream) & here.sequence.in_(headers)
            for row in self._connection.execute(select(store.awaited).where(numbered)).all():
                header = headers[row.sequence]
                named = {one.key_commitment for one in header.sections if one.name == row.section}
                if Digest(row.commitment) not in named:
                    self._report_mismatch(header.name, row.section)
                this = (here.stream == stream) & (here.sequence == row.sequence)
                self._connection.execute(delete(store.awaited).where(this))

    def _report_mismatch(self, name: MessageName, section: str) -> None:
        says = f"a key that was released for its section {section[:40]} is not the one that its header commits to"
        self._findings.report(KeyMismatch.code, str(name), says, self._now)


def _awaited(item: Item, commitment: Digest) -> dict[str, object]:
    """Return the row of a key whose message has not come."""
    stream, sequence = str(item.message.stream), item.sequence
    return {"stream": stream, "sequence": sequence, "section": item.section, "commitment": commitment}
