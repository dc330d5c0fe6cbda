"""One incident, by the name of its message or by the national reference of a draft."""

from sqlalchemy import select

from broker.database import reading
from broker.errors import InvalidRecord, MissingItem
from broker.types.names import Digest, Originator, parse_message_name
from consumers.inbox import item
from consumers.search.arrived import facts_shown
from producers.outbox import drafts
from tocsin.casework.search import Found, Search
from tocsin.installation import Node


def find_incident(node: Node, search: Search, authority: Originator, name: str) -> Found:
    """Return the incident that a message reports, as *authority* may see it.

    Raises:
        MissingItem: There is no such message that it may see.
        InvalidRecord: It reports no incident, or nothing of it can be seen.
    """
    own = _own_reference(node, authority, name)
    if own is not None and (drafted := search.draft(authority, own)) is not None:
        return drafted
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, authority, name, node.clock())
    facts = facts_shown(found, search.ids_of(authority))
    if facts is None:
        raise InvalidRecord(f"{found.message} is no report of an incident that {authority} may see")
    return Found(
        facts=facts,
        message=found.message,
        digest=Digest(found.original),
        national_reference=facts.national_reference,
        originator=found.author,
        is_draft=False,
    )


def find_draft(search: Search, authority: Originator, reference: str) -> Found:
    """Return the incident that *authority* has taken into its outbox under a national *reference*.

    Raises:
        MissingItem: There is none.
    """
    found = search.draft(authority, reference)
    if found is None:
        raise MissingItem(
            f"{authority} has no incident under the reference {reference[:80]!r}",
            hint="tocsin case search --as … lists what is there",
        )
    return found


def _own_reference(node: Node, authority: Originator, name: str) -> str | None:
    if "#" not in name:
        return None
    message = parse_message_name(name)
    if message.stream.originator != authority:
        return None
    here = drafts.c
    wanted = select(here.national_reference).where(
        here.authority == authority, here.writer == message.stream.writer, here.sequence == message.sequence
    )
    with reading(node.engine) as connection:
        reference: str | None = connection.scalar(wanted)
    return reference
