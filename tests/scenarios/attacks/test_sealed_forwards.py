"""Whoever wrote what is passed on has no hold over those who pass it on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from broker.bus.port import Outgoing
from broker.directory.entries import ConditionsEntry
from broker.envelope.message import Opened, compose, enclose, open_envelope
from broker.errors import BadTable
from broker.policy.builtin import open_national_table
from broker.policy.table import format_table
from broker.signing.batch import sign_batch
from broker.types.names import Originator, directory_topic
from broker.types.vocabulary import Section, Status, Tlp
from producers.draft import Draft, draft_sections
from producers.forward import Passing, forward_sections
from tests.support.exercise import a_body
from tests.support.federation import admin_stream, text_digest
from tests.support.messages import a_header
from tests.support.outbox import (
    CUSTOMS,
    NOW,
    PublishingNode,
    a_draft,
    a_publishing_node,
    a_sealing_federation,
    keys_for,
    records_in,
)
from tests.support.records import a_marking, an_incident

VILLAIN = Originator("FR/customs")
OPEN = format_table(open_national_table("FR"))


@pytest_asyncio.fixture
async def node(tmp_path: Path) -> AsyncIterator[PublishingNode]:
    """A node of NL; BE and FR can be reached."""
    async with a_publishing_node(tmp_path, a_sealing_federation("NL", "BE", "FR")) as one:
        yield one


def a_forward(node: PublishingNode) -> Draft:
    """Return the draft by which NL/customs passes a report of France on to BE."""
    report = an_incident("FR", marking=a_marking(), concerned=())
    contents = [(name, a_body(record)) for name, record in report.sections.items()]
    key = node.federation.signing_key(VILLAIN)
    header = a_header(
        federation=node.federation.name,
        originator=VILLAIN,
        status=Status.EXERCISE,
        tlp=Tlp.CLEAR,
        issued_at=NOW,
        signers=(key.id,),
    )
    message = compose(header, contents)
    original: Opened = open_envelope(enclose(message, sign_batch([message.header_bytes], key)))
    passing = Passing(marking=a_marking(recipients=("BE",)), national_reference="NL-FWD", grant=None)
    carried = {Section.from_word(name): content for name, content in contents if name in ("core", "operational")}
    sections = forward_sections(original, carried, passing)
    return draft_sections(sections, authority=CUSTOMS, tlp=Tlp.AMBER, status=Status.EXERCISE, authored_at=NOW)


async def publish_conditions(node: PublishingNode, text: str) -> None:
    """Let France publish *text* as its conditions."""
    known = len(node.federation.messages)
    node.federation.say(ConditionsEntry(participant="FR", table=text, digest=text_digest(text)), admin_stream("FR"))
    new = [Outgoing("directory", raw) for raw in node.federation.messages[known:]]
    await node.bus.send(directory_topic(node.federation.name), new)


async def flush(node: PublishingNode) -> None:
    """Flush; whatever waits for a table is said, and holds up nothing else."""
    with pytest.raises(BadTable):
        await node.flusher.flush()


async def test_conditions_that_are_no_table_hold_up_only_what_is_passed_on_under_them(node: PublishingNode) -> None:
    await publish_conditions(node, "no")
    node.publish(a_draft("R-1"), a_forward(node), a_draft("R-2"))
    await flush(node)
    assert 2 == len(records_in(await node.messages()))
    await publish_conditions(node, OPEN)
    assert 1 == (await node.flusher.flush()).signed


async def test_what_names_a_forward_that_is_held_up_waits_for_it(node: PublishingNode) -> None:
    await publish_conditions(node, "no")
    forward = a_forward(node)
    reference = forward.sections.core.national_reference
    node.publish(forward, a_draft("R-1", related=(reference,)), a_draft("R-2"))
    await flush(node)
    assert 1 == len(records_in(await node.messages()))
    await publish_conditions(node, OPEN)
    assert 2 == (await node.flusher.flush()).signed


async def test_conditions_that_are_no_table_keep_no_late_joiner_from_anything_else(node: PublishingNode) -> None:
    node.publish(a_forward(node), a_draft("R-1", marking=a_marking(recipients=("SE",)), concerned=()))
    assert 2 == (await node.flusher.flush()).signed
    await publish_conditions(node, "no")
    known = len(node.federation.messages)
    node.federation.join("SE")
    node.federation.enrol_sealing_key("SE/~1", NOW - timedelta(days=1))
    new = [Outgoing("directory", raw) for raw in node.federation.messages[known:]]
    await node.bus.send(directory_topic(node.federation.name), new)
    assert 1 == (await node.flusher.flush()).released
    assert keys_for(node.federation, "SE/~1", await node.messages())
