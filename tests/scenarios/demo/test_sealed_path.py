"""Sealing, permission and recall, as the demo shows them on the sample data."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from broker.database import reading
from broker.envelope.message import open_envelope
from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import RecordKind
from consumers import inbox, store
from consumers.inbox import Item
from tests.scenarios.demo.playing import Played
from tocsin.demo.document import Permission, Recalled
from tocsin.granting import desk
from tocsin.installation import Node, now, open_node
from tocsin.who_read import who_read

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="session")
def permission(played: Played) -> Permission:
    assert played.document.permission is not None
    return played.document.permission


@pytest.fixture(scope="session")
def recall(played: Played) -> Recalled:
    assert played.document.recall is not None
    return played.document.recall


def _item(node: Node, reader: str, message: str) -> Item:
    with reading(node.engine) as connection:
        return inbox.item(connection, node.section_keys, Originator(reader), message, now())


def _envelopes(played: Played) -> Iterator[bytes]:
    for code in played.folder.participants():
        with open_node(played.folder, code) as node, reading(node.engine) as connection:
            kinds = store.message.c.record_kind == RecordKind.INCIDENT.value
            yield from connection.scalars(select(store.message.c.envelope).where(kinds)).all()


def test_nothing_sealed_opens_without_its_key(played: Played) -> None:
    sealing = played.document.sealing
    assert sealing is not None
    assert "XZ" == sealing.uninvited
    assert 0 == sealing.opened_without_keys
    assert 0 < sealing.invited == sealing.opened_by_uninvited < sealing.sealed < sealing.sections


def test_counts_every_section_of_every_record_but_of_what_came_later(played: Played) -> None:
    sealing = played.document.sealing
    assert sealing is not None
    found = {opened.digest: opened.header for opened in map(open_envelope, _envelopes(played))}
    assert sum(len(one.sections) for one in found.values()) <= sealing.sections


def test_the_author_of_the_release_rules_keeps_its_evidence_from_a_partner(played: Played) -> None:
    with open_node(played.folder, participant_of("BE/police")) as node, reading(node.engine) as connection:
        items = [
            one
            for one in inbox.items(connection, node.section_keys, Originator("BE/police"), now())
            if one.originator == "ES/customs" and one.kind is RecordKind.INCIDENT
        ]
    withheld = {(one.section.word, one.rule) for item in items for one in item.withheld}
    assert ("evidence", inbox.NO_KEY) in withheld
    assert "Spain: evidence leaves the country case by case" in " ".join(played.err.split())


def test_the_refusal_names_the_rule_who_wrote_it_and_whom_to_call(played: Played, permission: Permission) -> None:
    said = " ".join(played.err.split())
    assert f"{permission.reader} may not export" in said
    assert permission.says in said
    assert "(rule h2-not-passed-on of the community table, written by the community)" in said
    assert f"Call {permission.author}: duty desk" in said
    assert f"tocsin grant request {permission.message} --as {permission.reader}" in said


def test_the_grant_holds_and_is_on_the_desks_of_both(played: Played, permission: Permission) -> None:
    with open_node(played.folder, participant_of(permission.reader)) as node:
        held = desk(node, Originator(permission.reader)).held
    with open_node(played.folder, participant_of(permission.author)) as node:
        author = desk(node, Originator(permission.author))
    assert () == author.open
    assert 1 == len(held) == len(author.given)
    assert held[0].grant.record == author.given[0].grant.record


def test_the_exported_file_begins_with_its_marking_and_names_the_grant(played: Played, permission: Permission) -> None:
    (file,) = (played.folder.node(participant_of(permission.reader)).root / "exported").iterdir()
    exported = json.loads(file.read_text("utf-8"))
    assert permission.message == exported["message"]["name"]
    assert "handling" == next(iter(exported))
    assert "H2" in exported["handling"]["marking"]["handling"]
    assert permission.author == exported["decision"]["grant"]["by"]


def test_every_holder_shows_the_report_withdrawn_and_has_nothing_left_of_it(played: Played, recall: Recalled) -> None:
    assert {"BE/police", "NL/police", "PT/police"} <= {one.reader for one in recall.holders}
    for holder in recall.holders:
        with open_node(played.folder, participant_of(holder.reader)) as node:
            item = _item(node, holder.reader, recall.message)
        assert item.withdrawn is not None
        assert recall.by == item.withdrawn.by
        assert item.withdrawn.sentence in " ".join(played.err.split())
        assert {None} == set(item.sections.values())
        assert (True, True, True) == (holder.withdrawn, holder.content_gone, holder.keys_gone)


def test_a_receipt_of_each_foreign_holder_came_back(played: Played, recall: Recalled) -> None:
    foreign = [one for one in recall.holders if participant_of(one.reader) != participant_of(recall.by)]
    assert (len(foreign), 0) == (recall.receipts, recall.missing)
    with open_node(played.folder, participant_of(recall.by)) as node:
        readers = {one.authority: one for one in who_read(node, Originator(recall.by), recall.message).readers}
    assert {one.reader for one in foreign} <= {name for name, one in readers.items() if one.purged_at is not None}
    assert {"recalled"} == {readers[Originator(one.reader)].purged_because for one in foreign}


def test_says_what_happened_in_sentences(played: Played, permission: Permission, recall: Recalled) -> None:
    said = " ".join(played.err.split())
    assert "not to be passed on or exported without the originator's permission" in said
    assert f"{permission.author} permits it by {permission.grant}" in said
    assert f"{recall.receipts} receipts came back to {recall.by}" in said
    assert "Without a key 0 of the sealed ones open" in said


def test_the_demo_ships_tables_of_all_three_layers_that_participants_write(played: Played) -> None:
    with open_node(played.folder, Participant("ES")) as node:
        assert "release-es" == node.release.name
    with open_node(played.folder, Participant("BE")) as node:
        assert ("house-be", "no-release-rules") == (node.house.name, node.release.name)
