"""What others grant about their own messages is no reason to compare ours again, however many grants there are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from broker.database import reading
from broker.grants import Grants, StandingGrant
from broker.relationships import Relationships
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Action, Purpose, Section
from producers.flush import Flusher
from producers.outbox import readerships
from tests.support.messages import a_digest
from tests.support.outbox import (
    CUSTOMS,
    NOW,
    PublishingNode,
    a_draft,
    a_publishing_node,
    a_sealing_federation,
)
from tests.support.records import a_marking

FR = Originator("FR/police")
BE = Originator("BE/police")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE", "FR")) as one:
        yield one


def a_grant(message: Digest, by: Originator = FR, to: Originator = BE) -> StandingGrant:
    return StandingGrant(
        by=by,
        message=message,
        action=Action.RECEIVE,
        grantee=to,
        sections=frozenset({Section.OPERATIONAL}),
        recipients=frozenset(),
        purposes=frozenset({Purpose.INVESTIGATION}),
        until=NOW + timedelta(days=9),
        issued_at=NOW,
        record=a_digest(f"{by} {message.hex()}"),
    )


async def compared(node: PublishingNode, *grants: StandingGrant, passed_on: frozenset[Digest] = frozenset()) -> int:
    """Return how many states of the readership there have been after a flush that knows *grants*."""
    node.relationships = Relationships(grants=Grants.of(grants))
    line = node.line(node.bus)
    sealing = line.sealing
    asked = type(sealing)(
        section_keys=sealing.section_keys,
        keyring=sealing.keyring,
        relationships=sealing.relationships,
        release=sealing.release,
        withheld=sealing.withheld,
        passed_on=lambda _, digests: passed_on.intersection(digests),
    )
    await Flusher(
        node.engine, type(line)(**{**{name: getattr(line, name) for name in line.__slots__}, "sealing": asked})
    ).flush()
    with reading(node.engine) as connection:
        return connection.scalar(select(func.count()).select_from(readerships)) or 0


async def test_grants_of_others_about_their_own_messages_compare_nothing_again(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    before = await compared(node)
    foreign = [a_grant(a_digest(f"theirs {number}")) for number in range(50)]

    assert [before] * 3 == [await compared(node, *foreign[:count]) for count in (1, 25, 50)]


async def test_a_grant_of_our_own_does(node: PublishingNode) -> None:
    node.publish(a_draft("R-1", marking=a_marking(recipients=("FR",))))
    before = await compared(node)
    (message,) = [one for one in await node.messages() if one.header.kind.value == "RECORD"]

    assert before + 1 == await compared(node, a_grant(message.digest, by=CUSTOMS))


async def test_a_grant_about_what_was_passed_on_does_too(node: PublishingNode) -> None:
    node.publish(a_draft("R-1"))
    theirs = a_digest("theirs, and passed on")
    before = await compared(node)

    assert before + 1 == await compared(node, a_grant(theirs), passed_on=frozenset({theirs}))
    assert before + 1 == await compared(
        node, a_grant(theirs), a_grant(a_digest("another")), passed_on=frozenset({theirs})
    )
