"""What an authority may see of incidents, as early warning watches them."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Final

from sqlalchemy import select

from broker.database import reading
from broker.signals.find import Findings, find_signals
from broker.signals.observation import Observation, Window, known_on
from broker.signals.parameters import Parameters
from broker.types.names import Digest, Originator
from broker.types.time import from_micros
from consumers import store
from tocsin.casework.search import Found, Search, open_search
from tocsin.installation import Node

_FIRST_DAY: Final = date(1900, 1, 1)


def find(node: Node, authority: Originator, window: Window, parameters: Parameters) -> Findings:
    """Return what is new or unusual in *window* over all that *authority* may see now.

    In an exercise network its messages count among themselves; exercises in another one never count.

    Raises:
        MissingKey, BadSettings, UnusableDatabase, DatabaseBusy: The index of incidents cannot be used.
    """
    with open_search(node) as search:
        observations = tuple(_observations(node, search, authority, window, parameters))
    return find_signals(observations, window, node.federation.status, parameters)


def _observations(
    node: Node, search: Search, authority: Originator, window: Window, parameters: Parameters
) -> Iterator[Observation]:
    received = _received(node)
    everything = chain(search.incidents(authority, _FIRST_DAY, window.last), search.undated(authority))
    # A report whose first and second day lie apart may come twice; a draft that is not signed has no message to name.
    seen: set[Digest] = set()
    for one in everything:
        if one.digest is not None and one.digest not in seen:
            seen.add(one.digest)
            yield _observation(one, one.digest, received.get(one.digest, window.last), parameters)


def _observation(one: Found, digest: Digest, received_on: date, parameters: Parameters) -> Observation:
    return Observation(
        facts=one.facts,
        message=digest.hex()[:16] if one.message is None else str(one.message),
        digest=digest,
        known_on=known_on(one.facts, received_on, history_after=parameters.history_after),
    )


def _received(node: Node) -> Mapping[Digest, date]:
    statement = select(store.message.c.digest, store.message.c.received_at).where(store.message.c.kind == "RECORD")
    with reading(node.engine) as connection:
        return {Digest(digest): from_micros(at).date() for digest, at in connection.execute(statement)}
