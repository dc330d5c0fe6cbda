"""What an outbox keeps of a draft to know it again: digests under the node's own key.

A plain digest of what is said about a person is as good as the name, for whoever can guess: the words that a list of
suspects leaves open are few. So whoever has the database, or a backup of it, and no key can test no guess; nor can a
reader of the core test one about a section that is not for them, by a reference that was made of all of it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, Engine, bindparam, func, select, update

from broker.database import reading, scrub, writing
from broker.errors import DatabaseBusy, UnusableDatabase
from broker.types.names import Digest, Originator
from producers.draft import Draft, RelatedReference
from producers.encoded import with_reference
from producers.outbox import drafts, sources
from producers.sources import Source

Keyed: TypeAlias = Callable[[bytes], Digest]
"""HMAC-SHA256 under a key that only this node has."""
Stands: TypeAlias = Callable[[Originator, str], bool]
"""Says whether the outbox has a draft of an authority under a reference."""

TAG: Final = b"outbox"
"""Names the key among those that come from the store key."""
_MARK: Final = b"\x01"
"""Before a digest that is keyed: one that is not, of an older version, has 32 bytes."""
_PLAIN_BYTES: Final = 32
_SHOWN_BYTES: Final = 8
"""Of a plain digest, in a reference that was made of it."""
_TOKEN_BYTES: Final = 12
_MADE: Final = re.compile(rf"(made-[0-9a-f]{{{2 * _SHOWN_BYTES}}})-([0-9]+)")
_PATIENCE_SECONDS: Final = 0.5
_LOOKED_AT: Final = 256
"""Rows at either end of a table that tell whether an older version has written there."""
_ROWS_AT_ONCE: Final = 4096


def nothing_stands(authority: Originator, reference: str) -> bool:
    """Say that the outbox has no draft."""
    del authority, reference
    return False


class Veil:
    """Puts keyed digests in the place of plain ones."""

    def __init__(self, keyed: Keyed | None) -> None:
        """Use *keyed*; None leaves all as it is, where the content is no secret."""
        self._keyed = keyed

    def source(self, source: Source) -> Source:
        """Return *source* under a keyed digest."""
        return msgspec.structs.replace(source, digest=self._mark(source.digest))

    def drafts(self, several: Iterable[Draft], stands: Stands = nothing_stands) -> Iterator[Draft]:
        """Yield drafts under keyed digests, and under references that show no other."""
        return (self.draft(one, stands) for one in several)

    def draft(self, draft: Draft, stands: Stands = nothing_stands) -> Draft:
        """Return *draft* under a keyed digest, and under a reference that shows no other.

        What an older version took under a plain reference *stands* under that for ever, and is named and known by it.
        """
        if self._keyed is None:
            return draft
        veiled = with_reference(draft, self._reference(draft, stands))
        related = tuple(
            one
            if self.made(one.national_reference) == one.national_reference
            or stands(draft.authority, one.national_reference)
            else RelatedReference(self.made(one.national_reference), one.relation)
            for one in draft.related_references
        )
        return msgspec.structs.replace(
            veiled, content_digest=self._mark(draft.content_digest), related_references=related
        )

    def made(self, reference: str) -> str:
        """Return a reference that was made of a row under its token; another one as it is."""
        found = _MADE.fullmatch(reference)
        return reference if found is None else f"{self.row(found[1])}-{found[2]}"

    def row(self, content: str) -> str:
        """Return what stands for a row's content, ``made-…``, under its token."""
        return f"made-{self._token(content)}"

    def _reference(self, draft: Draft, stands: Stands) -> str:
        if draft.is_made:
            return self.made(draft.national_reference)
        # An answer, a request, a notification that nobody gave a reference is named after all that it says.
        plain = draft.content_digest[:_SHOWN_BYTES].hex()
        if plain not in draft.national_reference or stands(draft.authority, draft.national_reference):
            return draft.national_reference
        return draft.national_reference.replace(plain, self._token(plain))

    def _token(self, plain: str) -> str:
        return plain if self._keyed is None else self._keyed(b"reference\0" + plain.encode())[:_TOKEN_BYTES].hex()

    def _mark(self, plain: Digest) -> Digest:
        return plain if self._keyed is None else Digest(_MARK + self._keyed(b"content\0" + plain))

    def rekey(self, engine: Engine) -> None:
        """Put keyed digests in the place of the plain ones that an older version left in *engine*.

        Raises:
            DatabaseBusy, UnusableDatabase: Nothing was changed.
        """
        if self._keyed is None or not _has_plain(engine):
            return
        with writing(engine) as connection:
            self._rekey_drafts(connection)
            self._rekey_sources(connection)
        # The bytes of before are in the log of the database, and in what is left of its pages. That there is no room or
        # no moment to write it anew is no reason to keep back what somebody publishes.
        with suppress(DatabaseBusy, UnusableDatabase):
            scrub(engine, rebuild=True, patience_seconds=_PATIENCE_SECONDS)

    def _rekey_drafts(self, connection: Connection) -> None:
        here, last = drafts.c, 0
        wanted = select(here.id, here.content_digest, here.row_key, here.made_reference).order_by(here.id)
        wanted = wanted.where(func.length(here.content_digest) == _PLAIN_BYTES).limit(_ROWS_AT_ONCE)
        values: dict[str, Any] = {
            "content_digest": bindparam("content"),
            "row_key": bindparam("key"),
            "made_reference": bindparam("made"),
        }
        while rows := connection.execute(wanted.where(here.id > last)).all():
            changed = [
                {
                    "row": row.id,
                    "content": self._mark(row.content_digest),
                    "key": row.row_key and self.row(row.row_key),
                    "made": row.made_reference and self.made(row.made_reference),
                }
                for row in rows
            ]
            connection.execute(update(drafts).where(here.id == bindparam("row")).values(values), changed)
            last = rows[-1].id

    def _rekey_sources(self, connection: Connection) -> None:
        here = sources.c
        wanted = select(here.id, here.authority, here.digest).where(func.length(here.digest) == _PLAIN_BYTES)
        for row in connection.execute(wanted).all():
            keyed = self._mark(row.digest)
            known = select(here.id).where(here.authority == row.authority, here.digest == keyed)
            if connection.execute(known).first() is not None:
                # An older version did not know the file again. It is the one that it was before.
                keyed = self._mark(Digest(row.digest + row.id.to_bytes(8)))
            connection.execute(update(sources).where(here.id == row.id).values(digest=keyed))


def _has_plain(engine: Engine) -> bool:
    """Say whether there are plain digests, without reading through all.

    Those that there were are rekeyed together; those of an older version that was put back for a while come last.
    """
    ends = [
        select(digest).order_by(order).limit(_LOOKED_AT)
        for digest, number in ((drafts.c.content_digest, drafts.c.id), (sources.c.digest, sources.c.id))
        for order in (number.asc(), number.desc())
    ]
    with reading(engine) as connection:
        return any(len(found) == _PLAIN_BYTES for end in ends for found in connection.scalars(end))
