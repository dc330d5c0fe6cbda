"""Our ids of a substance, by its name as written: exact names only, for nobody looks at what a guess would find.

Names mean what the editions say that an authority has received: each may know another catalogue.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from broker.cases.incident_facts import IdsOf
from broker.catalogue import Catalogue, catalogue_of, shipped_catalogue, shipped_edition
from broker.catalogue.shipped import shipped_text
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import RecordKind
from consumers import store
from consumers.tombstones import has_tombstone
from tocsin.cataloguing import received_editions
from tocsin.installation import Node

_KEPT: Final = 16_384
"""Names whose ids are kept at hand: an authority writes the same ones again and again."""


def ids_in(catalogue: Catalogue) -> IdsOf:
    """Return what gives our ids of the substance that a name is of: none if unknown, several if ambiguous."""
    return lru_cache(maxsize=_KEPT)(catalogue.exact_ids)


class Names:
    """What names of substances mean to each authority of a node, as of the editions that it has received.

    Made for one transaction after another: :meth:`look` forgets what an older edition meant.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._editions = b""
        self._catalogues: dict[tuple[bytes, ...], tuple[IdsOf, bytes]] = {}
        self._by_authority: dict[Originator, tuple[IdsOf, bytes]] = {}

    def look(self, there: Connection) -> bytes:
        """Look which editions there are now, and return a digest of that and of who may hear them."""
        editions = self._digest(there)
        if editions != self._editions:
            self._editions = editions
            self._catalogues.clear()
            self._by_authority.clear()
        return editions

    def ids_of(self, authority: Originator) -> IdsOf:
        """Return what gives our ids of the substance that a name is of, to *authority*."""
        return self._known(authority)[0]

    def digests(self, others: Sequence[Originator]) -> Mapping[Originator, bytes]:
        """Return digests of what all names mean to each authority of the node, and to *others*."""
        return {one: self._known(one)[1] for one in dict.fromkeys((*self._authorities(), *others))}

    def _known(self, authority: Originator) -> tuple[IdsOf, bytes]:
        found = self._by_authority.get(authority)
        if found is None:
            found = self._by_authority[authority] = self._made(authority)
        return found

    def _made(self, authority: Originator) -> tuple[IdsOf, bytes]:
        heard = [one for one in received_editions(self._node, authority) if not one.unheard]
        key = tuple(one.item.digest for one in heard)
        if key not in self._catalogues:  # to put one in order takes a while, and most authorities know the same
            editions = (shipped_edition(), *(one.core for one in heard))
            catalogue = catalogue_of(editions) if heard else shipped_catalogue()
            self._catalogues[key] = ids_in(catalogue), _meaning(catalogue)
        return self._catalogues[key]

    def _authorities(self) -> list[Originator]:
        everybody = self._node.directory.authorities(self._node.clock())
        return [
            Originator(one.authority) for one in everybody if participant_of(one.authority) == self._node.participant
        ]

    def _digest(self, there: Connection) -> bytes:
        inbox, message = store.inbox.c, store.message.c
        # By authority and digest, as the inbox is ordered: it is long, and editions are few.
        rows = there.execute(
            select(inbox.authority, inbox.digest, inbox.decision, has_tombstone().label("is_gone"))
            .select_from(store.inbox.join(store.message, message.digest == inbox.digest))
            .where(
                inbox.authority.in_(self._authorities()),
                inbox.digest.in_(select(message.digest).where(message.record_kind == RecordKind.SCHEDULING.value)),
            )
            .order_by(inbox.authority, inbox.digest)
        )
        there_now = msgspec.msgpack.encode([tuple(row) for row in rows])
        return hashlib.sha256(_shipped() + self._node.directory.digest + there_now).digest()


@cache
def _shipped() -> bytes:
    return hashlib.sha256(shipped_text().encode()).digest()


def _meaning(catalogue: Catalogue) -> bytes:
    names = {text: [one.substance for one in found] for text, found in catalogue.names.folded.items()}
    return hashlib.sha256(msgspec.json.encode(names, order="sorted")).digest()
