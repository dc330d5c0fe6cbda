"""The inbox shows what was released, and nothing else; what is denied looks as if it were not there."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from broker.database import reading, writing
from broker.deciders import Deciders
from broker.errors import MissingItem
from broker.policy.builtin import open_house_table
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Purpose, Section, Status, Tlp
from consumers import inbox, store
from consumers.opening import Opener, open_item, reader_of
from tests.support.exercise import Exercise, Node
from tests.support.records import a_core, a_marking, an_incident

POLICE = Originator("BE/police")


def item(node: Node, name: str, authority: str = POLICE) -> inbox.Item:
    with reading(node.engine) as connection:
        return inbox.item(connection, node.section_keys, Originator(authority), name, node.clock.now)


async def test_shows_the_released_sections_and_says_which_rule_withheld_the_others(exercise: Exercise) -> None:
    node = exercise.node()
    incident = an_incident()
    await exercise.write(incident.sections)
    await node.receive()
    shown = node.items(POLICE)[0]
    assert {
        Section.CORE: incident.core,
        Section.OPERATIONAL: None,
        Section.NOMINAL: None,
        Section.EVIDENCE: None,
    } == shown.sections
    assert [Section.OPERATIONAL, Section.NOMINAL, Section.EVIDENCE] == [one.section for one in shown.withheld]
    assert all(one.rule and one.says for one in shown.withheld)
    assert (Tlp.AMBER, Status.EXERCISE, "next", False) == (shown.tlp, shown.status, shown.outcome, shown.late)


async def test_a_message_whose_retention_is_over_is_not_shown(exercise: Exercise) -> None:
    node = exercise.node()
    until = exercise.clock.now + timedelta(days=1)
    await exercise.write({"core": a_core(marking=a_marking(retain_until=until))})
    await node.receive()
    assert [()] == [one.withheld for one in node.items(POLICE)]
    exercise.clock.now = until
    for shown in (*node.items(POLICE), item(node, "NL/customs/1#1")):
        assert {Section.CORE: None} == shown.sections
        assert [(Section.CORE, "retention-over")] == [(one.section, one.rule) for one in shown.withheld]
        assert "2026-03-21 12:00 UTC" in shown.withheld[0].says
        assert () == shown.decision.permitted


async def test_nobody_opens_a_message_whose_retention_is_over(exercise: Exercise) -> None:
    node = exercise.node()
    until = exercise.clock.now + timedelta(days=1)
    marking = a_marking(retain_until=until, recipients=("BE/police",))
    await exercise.write(an_incident(marking=marking).sections)
    await node.receive()
    exercise.clock.now = until
    reader = reader_of(node.follower.directory, POLICE, until)
    opener = Opener(reader, Purpose.INVESTIGATION, node.follower.directory, Deciders(open_house_table("BE")), until)
    with writing(node.engine) as connection:
        opened = open_item(
            connection,
            node.section_keys,
            inbox.item(connection, node.section_keys, POLICE, "NL/customs/1#1", until),
            opener,
        )
    assert {None} == set(opened.sections.values())


async def test_shows_items_in_the_order_of_their_arrival(exercise: Exercise) -> None:
    node = exercise.node()
    sent = [exercise.authors.write() for _ in range(4)]
    await exercise.send(sent[0], sent[2], sent[1], sent[3])
    await node.receive()
    assert [1, 3, 2, 4] == [one.message.sequence for one in node.items(POLICE)]


async def test_finds_an_item_by_its_name_and_by_the_beginning_of_its_digest(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await exercise.write()
    await node.receive()
    second = node.items(POLICE)[1]
    assert second == item(node, "NL/customs/1#2")
    assert second == item(node, second.digest.hex()[:12].upper())


async def test_what_is_denied_looks_exactly_like_what_is_absent(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_core(marking=a_marking(excluded=("BE/police",)))})
    await node.receive()
    digest = node.items("BE/customs")[0].digest.hex()
    said = []
    for name, absent in (("NL/customs/1#1", "NL/customs/1#9"), (digest, "0" * 64)):
        for one in (name, absent):
            with pytest.raises(MissingItem) as caught:
                item(node, one)
            said.append((str(caught.value).replace(one, "…"), caught.value.hint, caught.value.code))
    assert 1 == len(set(said))
    assert item(node, "NL/customs/1#1", "BE/customs").digest.hex() == digest


async def test_an_empty_name_finds_nothing_even_where_there_is_one_item(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()
    with pytest.raises(MissingItem):
        item(node, "")


async def test_an_authority_of_another_node_has_nothing_here(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()
    assert [] == node.items("NL/customs")


async def test_an_alert_that_was_seen_is_no_longer_listed_and_the_item_stays(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write()
    await node.receive()
    digest = node.alerts(POLICE)[0].digest
    with writing(node.engine) as connection:
        inbox.mark_seen(connection, POLICE, digest, exercise.clock.now)
    assert ([], 1) == (node.alerts(POLICE), len(node.alerts("BE/customs")))
    assert node.items(POLICE)[0].alert


async def test_seeing_it_again_does_not_change_when_it_was_seen(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.write()
    await node.receive()
    digest = node.alerts(POLICE)[0].digest
    for _ in range(2):
        with writing(node.engine) as connection:
            inbox.mark_seen(connection, POLICE, digest, exercise.clock.now)
        exercise.clock.advance(hours=1)
    seen = [row.seen_at for row in node.rows(store.alert) if row.authority == POLICE]
    assert [node.rows(store.message)[0].received_at] == seen


async def test_names_the_digests_where_a_name_has_two_histories(exercise: Exercise) -> None:
    node = exercise.node()
    one = exercise.authors.compose()
    other = exercise.authors.compose({"core": a_core(summary="Something else.")})
    await exercise.send(*exercise.authors.sign([one]), *exercise.authors.sign([other]))
    await node.receive()
    digests = sorted(one.digest.hex()[:16] for one in node.items(POLICE))
    with pytest.raises(MissingItem) as caught:
        item(node, "NL/customs/1#1")
    assert len(set(digests)) == 2
    assert all(digest in caught.value.hint for digest in digests)


async def test_takes_no_pattern_for_the_beginning_of_a_digest(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await node.receive()
    for name in ("%", "_", "", "0x", "g"):
        with pytest.raises(MissingItem):
            item(node, name)


async def test_who_has_a_message_is_found_without_reading_through_the_inbox(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write()
    await exercise.write({"core": a_core(marking=a_marking(recipients=("BE/customs",)))})
    await node.receive()
    here = {Digest(row.digest) for row in node.rows(store.inbox)}
    asked: list[tuple[str, Any]] = []
    event.listen(node.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    with reading(node.engine) as connection:
        assert here == inbox.in_inbox(connection, [*here, Digest(bytes(32))])
        assert frozenset() == inbox.in_inbox(connection, [])
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given).all() for one, given in asked[:]]

    steps = [row[3] for plan in plans for row in plan]
    assert len({row.authority for row in node.rows(store.inbox)}) > 1
    assert any("inbox_1 (authority=? AND digest=?)" in step for step in steps)
    assert [] == [step for step in steps if step.startswith("SCAN inbox")]


async def test_an_empty_inbox_has_nothing(exercise: Exercise) -> None:
    node = exercise.node()
    with reading(node.engine) as connection:
        assert frozenset() == inbox.in_inbox(connection, [Digest(bytes(32))])
