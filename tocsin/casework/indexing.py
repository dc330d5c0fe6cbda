"""Keep the index at what the node holds: new drafts and arrivals in, what was taken back or is over out.

What names of substances mean is as its readers know it: after a newer edition of the catalogue their entries are made
anew, some at a time.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select, update

from broker.cases.graph import targets_in
from broker.cases.terms import terms_in
from broker.database import reading, scrub, writing
from broker.errors import DatabaseBusy
from broker.types.names import Originator
from broker.types.time import to_micros
from consumers.search.arrived import Seen, decided_after, last_decision, last_tombstone, purged_after, seen_among
from consumers.search.entries import Filed, Writing, remove_entries, remove_sources, sources_of
from consumers.search.index import Seals, entry, make_anew, source, state, word
from consumers.search.renaming import behind, note_names, readers_in, rename_some
from tocsin.casework.own_drafts import drafts_after, drafts_that_became, last_draft, references_of, taken_back_after
from tocsin.casework.substance_ids import Names
from tocsin.installation import Node

_DRAFTS_AT_ONCE: Final = 5000
"""Into the index in one transaction: the more at once, the fewer pages of it are written twice."""
_DECISIONS_AT_ONCE: Final = 400
"""Their messages go into one statement; SQLite takes 999 at least."""
_RENAMED_AT_ONCE: Final = 2000
"""Entries that are made anew in one transaction: a second's work, in which no other process can write the index."""
_SCRUB_SECONDS: Final = 1.0


class _Position(msgspec.Struct, frozen=True):
    """The last draft, decision, purge and withdrawal that the index knows of."""

    drafts: int
    decisions: int
    tombstones: int
    withdrawals: int


class Indexer:
    """Keeps the index of one node."""

    def __init__(self, node: Node, engine: Engine, seals: Seals) -> None:
        self.names: Final = Names(node)
        self._node = node
        self._engine = engine
        self._seals = seals

    def catch_up(self, progress: Callable[[int], None] | None = None) -> int:
        """Take in what is new and remove what may not be seen any more; return how many came in.

        Args:
            progress: Is told how many came in, or were made anew, since it was told last.

        Raises:
            DatabaseBusy, UnusableDatabase: What was taken in until then stays.
        """
        self.remove_gone()
        self._look_at_names()
        _repeat(self._rename, progress)
        return sum(_repeat(step, progress) for step in (self._take_drafts, self._take_decisions))

    def is_behind(self) -> bool:
        """Say whether entries were made by an older catalogue, so that the next :meth:`catch_up` takes a while."""
        self._look_at_names()
        with reading(self._engine) as index:
            return bool(behind(index))

    def rebuild(self) -> None:
        """Empty the index: the next :meth:`catch_up` makes it anew."""
        with writing(self._engine) as connection:
            make_anew(connection, self._seals)

    def _look_at_names(self) -> None:
        with reading(self._engine) as index, reading(self._node.engine) as there:
            editions = self.names.look(there)
            if index.scalar(select(state.c.editions)) == editions:
                return
        with writing(self._engine) as index, reading(self._node.engine) as there:
            editions = self.names.look(there)
            note_names(index, self.names.digests(tuple(readers_in(index))))
            _move(index, editions=editions)

    def _rename(self) -> tuple[int, bool]:
        with reading(self._engine) as index:
            if not behind(index):
                return 0, False
        with writing(self._engine) as index, reading(self._node.engine) as there:
            self.names.look(there)
            still = behind(index)  # another process may be at it too
            if not still:
                return 0, False
            ids_of = self.names.ids_of(still[0].authority)
            return rename_some(index, self._seals, still[0], ids_of, most=_RENAMED_AT_ONCE), True

    def _take_drafts(self) -> tuple[int, bool]:
        with reading(self._engine) as index, reading(self._node.engine) as there:
            if _position(index).drafts >= last_draft(there):
                return 0, False
        with writing(self._engine) as index, reading(self._node.engine) as there:
            self.names.look(there)
            found, last = drafts_after(
                there,
                self._node.section_keys,
                _position(index).drafts,
                most=_DRAFTS_AT_ONCE,
                ids_of=self.names.ids_of,
            )
            rows = Writing(index, self._seals)
            for one in found:
                number = rows.add_source(one.sourced, terms_in(one.sections))
                if one.filed is not None:
                    rows.add_entry(number, one.sourced.originator, one.filed)
            rows.save()
            _move(index, drafts=last)
        return len(found), True

    def _take_decisions(self) -> tuple[int, bool]:
        with reading(self._engine) as index, reading(self._node.engine) as there:
            if _position(index).decisions >= last_decision(there):
                return 0, False
        with writing(self._engine) as index, reading(self._node.engine) as there:
            digests, last = decided_after(there, _position(index).decisions, most=_DECISIONS_AT_ONCE)
            # What was decided before is decided anew: it comes in again, as it is seen now.
            known = set(sources_of(index, source.c.digest, digests))
            remove_sources(index, self._seals, known)
            now, keys = self._node.clock(), self._node.section_keys
            rows = Writing(index, self._seals)
            came = 0
            self.names.look(there)
            for seen in seen_among(there, keys, digests, now=now, ids_of=self.names.ids_of):
                number = rows.add_source(seen.sourced, terms_in(seen.sections), targets_in(seen.sections))
                for reader, filed in _unknown_yet(index, there, self._seals, seen).items():
                    rows.add_entry(number, reader, filed)
                came += 1
            rows.save()
            _move(index, decisions=last)
        return came, True

    def remove_gone(self) -> None:
        """Remove what may not be seen any more, and take nothing in: soon done, however far behind the index is.

        Raises:
            DatabaseBusy, UnusableDatabase: It is still there.
        """
        now = to_micros(self._node.clock())
        over = select(source.c.id).where(source.c.retain_until <= now)
        with reading(self._engine) as index, reading(self._node.engine) as there:
            at = _position(index)
            _, withdrawn = taken_back_after(there, at.withdrawals)
            is_restored = at.drafts > last_draft(there) or at.decisions > last_decision(there)
            is_same = at.tombstones == last_tombstone(there) and at.withdrawals == withdrawn
            if is_same and not is_restored and index.execute(over.limit(1)).first() is None:
                return
        if is_restored:
            # The node's database is older than the index: what came after may never have been.
            self.rebuild()
            return
        with writing(self._engine) as index, reading(self._node.engine) as there:
            at = _position(index)
            taken_back, withdrawn = taken_back_after(there, at.withdrawals)
            purged = purged_after(there, at.tombstones)
            gone = {
                *index.scalars(over),
                *sources_of(index, source.c.draft, taken_back),
                # What others of the own participant took back, at a node of theirs.
                *sources_of(index, source.c.draft, drafts_that_became(there, purged)),
                *sources_of(index, source.c.digest, purged),
            }
            removed = remove_sources(index, self._seals, gone)
            _move(index, tombstones=last_tombstone(there), withdrawals=withdrawn)
        if removed:
            with suppress(DatabaseBusy):  # what is in the log is sealed; the next removal empties it
                scrub(self._engine, patience_seconds=_SCRUB_SECONDS)


def _repeat(step: Callable[[], tuple[int, bool]], progress: Callable[[int], None] | None) -> int:
    """Do *step* until nothing is left for it; return how many it took."""
    came, more = 0, True
    while more:
        taken, more = step()
        came += taken
        if progress is not None and taken:
            progress(taken)
    return came


def _unknown_yet(index: Connection, there: Connection, seals: Seals, seen: Seen) -> dict[Originator, Filed]:
    """Return what is filed of a message, for those who have not drafted it here, and do not have it by another way."""
    readers = dict(seen.readers)
    author = seen.sourced.originator
    if author in readers and not seen.is_forward:
        drafted = references_of(there, author, [seen.national_reference]).values()
        if sources_of(index, source.c.draft, drafted):
            del readers[author]
    others = index.execute(
        select(entry.c.id, word.c.text, source.c.digest, source.c.about)
        .join(source, source.c.id == entry.c.source)
        .join(word, word.c.id == entry.c.reader)
        .where(source.c.about == seen.sourced.about)
    ).all()
    for other in others:
        if other.text not in readers:
            continue
        if seen.is_forward:
            del readers[Originator(other.text)]
        else:
            # It came as a forward before: what its author says himself counts.
            remove_entries(index, seals, [other.id])
    return readers


def _position(index: Connection) -> _Position:
    row = index.execute(
        select(state.c.drafts, state.c.decisions, state.c.tombstones, state.c.withdrawals).where(state.c.id == 1)
    ).one()
    return _Position(*row)


def _move(index: Connection, **to: int | bytes) -> None:
    index.execute(update(state).where(state.c.id == 1).values(to))
