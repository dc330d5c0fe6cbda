"""A message is taken back: before it comes, after it was seen, twice, and by somebody who may not."""

from broker.database import reading, writing
from broker.envelope.message import open_envelope
from broker.types.names import Digest, Originator, Participant
from broker.types.vocabulary import Role, Section, Tlp
from consumers import store
from consumers.inbox import Item, mark_seen
from consumers.tombstones import PurgeReason
from tests.scenarios.recall.writing import REASON, a_correction_of, a_recall_of, digest_of
from tests.support.exercise import Exercise, Node
from tests.support.federation import a_key_entry, a_revocation, a_signing_key, admin_stream, an_authority
from tests.support.records import a_core, a_grant, a_group, a_marking, a_nominal_section
from tocsin.outbound import Arrived


def commitments_of(raw: bytes) -> set[Digest]:
    return {head.key_commitment for head in open_envelope(raw).header.sections if head.key_commitment is not None}


def the_item(node: Node, raw: bytes, authority: str = "BE/police") -> Item:
    (found,) = [one for one in node.items(authority) if one.digest == digest_of(raw)]
    return found


async def test_takes_content_and_keys_from_whoever_had_them_and_says_so(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    assert the_item(node, raw).sections[Section.CORE] is not None
    exercise.clock.advance(hours=1)
    await exercise.send(a_recall_of(exercise, raw))
    taken = await node.receive()
    item = the_item(node, raw)
    assert (1, {None}) == (taken.purged, set(item.sections.values()))
    assert item.withdrawn is not None
    assert (PurgeReason.RECALLED, "NL/customs", "NL/customs/1#2") == (
        item.withdrawn.reason,
        item.withdrawn.by,
        item.withdrawn.recall,
    )
    assert f"NL/customs took it back on 2026-03-20 13:00 UTC: {REASON}" == item.withdrawn.sentence
    assert {"recalled"} == {one.rule for one in item.withheld if one.section is Section.CORE}
    assert commitments_of(raw) == node.section_keys.destroyed(commitments_of(raw), owner=Participant("NL"))
    (row,) = [row for row in node.rows(store.message) if row.digest == digest_of(raw)]
    kept = open_envelope(row.envelope)
    assert (open_envelope(raw).header_bytes, {None}) == (kept.header_bytes, set(kept.bodies))
    assert open_envelope(raw).signatures == kept.signatures


async def test_tells_a_duty_officer_who_has_seen_the_alert(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    with writing(node.engine) as connection:
        mark_seen(connection, Originator("BE/police"), digest_of(raw), node.clock.now)
    assert [] == node.alerts("BE/police")
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert [digest_of(raw)] == [one.digest for one in node.alerts("BE/police")]
    assert [PurgeReason.RECALLED] == [one.withdrawn.reason for one in node.alerts("BE/police") if one.withdrawn]


async def test_shows_nothing_of_a_message_that_comes_after_its_recall(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = exercise.authors.write()
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    await exercise.send(raw)
    taken = await node.receive()
    assert (0, 0, 1) == (taken.inbox, taken.alerts, taken.purged)
    assert [] == [one for one in node.items("BE/police") if one.digest == digest_of(raw)]
    assert [] == [one for one in node.alerts("BE/police") if one.digest == digest_of(raw)]
    assert commitments_of(raw) == node.section_keys.destroyed(commitments_of(raw), owner=Participant("NL"))
    assert [] == await exercise.audit_node(node)


async def test_a_message_and_its_recall_in_one_batch_alert_nobody(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    assert [] == [one for one in node.alerts("BE/police") if one.digest == digest_of(raw)]
    assert the_item(node, raw).withdrawn is not None


async def test_a_recall_in_one_batch_with_a_grant_still_alerts_those_who_had_the_message(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    with writing(node.engine) as connection:
        mark_seen(connection, Originator("BE/police"), digest_of(raw), node.clock.now)
    await exercise.write({"core": a_grant(message=digest_of(raw), until=node.clock.now.replace(year=2027))})
    await exercise.send(a_recall_of(exercise, raw))
    taken = await node.receive()
    assert 0 <= taken.alerts
    assert [PurgeReason.RECALLED] == [one.withdrawn.reason for one in node.alerts("BE/police") if one.withdrawn]


async def test_a_recall_that_comes_twice_does_what_one_does(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await exercise.send(a_recall_of(exercise, raw), a_recall_of(exercise, raw, national_reference="recall-2"))
    await node.receive()
    assert [PurgeReason.RECALLED.word] == [row.reason for row in node.rows(store.tombstone)]
    await exercise.send(a_recall_of(exercise, raw, national_reference="recall-3"))
    taken = await node.receive()
    assert (0, 1) == (taken.purged, len(node.rows(store.tombstone)))


async def test_a_recall_of_what_this_node_never_had_waits(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    await exercise.send(a_recall_of(exercise, exercise.authors.write()))
    taken = await node.receive()
    assert (0, []) == (taken.purged, [one for one in node.findings() if one.code == "foreign-recall"])


async def test_a_recall_of_somebody_elses_message_is_a_finding_and_has_no_effect(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await node.receive()
    await exercise.send(a_recall_of(exercise, raw, by="NL/regulator"), a_recall_of(exercise, raw, by="BE/police"))
    taken = await node.receive()
    assert (0, None) == (taken.purged, the_item(node, raw).withdrawn)
    assert the_item(node, raw).sections[Section.CORE] is not None
    assert ["foreign-recall"] * 2 == [one.code for one in node.findings()]


async def test_a_focal_point_takes_back_what_another_authority_of_its_participant_sent(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write(by="NL/customs")
    await exercise.send(a_recall_of(exercise, raw, by="NL/police"))
    await node.receive()
    withdrawn = the_item(node, raw).withdrawn
    assert withdrawn is not None
    assert "NL/police" == withdrawn.by


async def test_a_recall_counts_once_its_author_has_become_a_focal_point(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await exercise.send(a_recall_of(exercise, raw, by="NL/regulator"))
    await node.receive()
    assert ["foreign-recall"] == [one.code for one in node.findings()]
    speaker = an_authority("NL/regulator", roles=(Role.PUBLISHER, Role.FOCAL_POINT))
    exercise.federation.say(speaker, admin_stream("NL"))
    await exercise.announce()
    await node.receive()
    assert ([], PurgeReason.RECALLED.word) == (node.findings(), node.rows(store.tombstone)[0].reason)


async def test_a_late_key_does_not_open_a_recalled_message_again(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw = await exercise.write()
    await exercise.send(a_recall_of(exercise, raw))
    await node.receive()
    node.section_keys.put([key for _, key in exercise.authors.made], owner=Participant("NL"))
    await node.receive()
    assert {} == node.section_keys.get(commitments_of(raw))
    assert {None} == set(the_item(node, raw).sections.values())


async def test_a_correction_removes_persons_and_companies_and_leaves_the_rest_readable(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    marking = a_marking(recipients=("BE/police",))
    sections = {"core": a_core(marking=marking), "nominal": a_nominal_section()}
    raw = await exercise.write(sections, tlp=Tlp.AMBER)
    await node.receive()
    assert the_item(node, raw).sections[Section.NOMINAL] is not None
    new = await exercise.write({"core": a_core(marking=marking, national_reference="NL-2")})
    await exercise.send(a_correction_of(exercise, raw, by=digest_of(new)))
    await node.receive()
    item = the_item(node, raw)
    assert (None, False) == (item.sections[Section.NOMINAL], item.sections[Section.CORE] is None)
    assert item.withdrawn is not None
    assert (PurgeReason.CORRECTED, "NL/customs/1#2") == (item.withdrawn.reason, item.withdrawn.replaced_by)
    assert (Section.NOMINAL,) == item.withdrawn.purged
    assert [] == await exercise.audit_node(node)


async def test_what_is_recalled_after_it_was_corrected_goes_whole(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    raw, new = await exercise.write(), await exercise.write()
    await exercise.send(a_correction_of(exercise, raw, by=digest_of(new)))
    await node.receive()
    await exercise.send(a_recall_of(exercise, raw, national_reference="recall-2"))
    await node.receive()
    item = the_item(node, raw)
    assert ({None}, PurgeReason.RECALLED) == (set(item.sections.values()), item.withdrawn and item.withdrawn.reason)


async def test_a_recalled_group_counts_no_more(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    group = await exercise.write({"core": a_group(members=("NL", "BE/police"))})
    to_group = {"core": a_core(marking=a_marking(recipients=("@NL/lionfish",)), concerned=())}
    before = await exercise.write(to_group, tlp=Tlp.RED)
    await node.receive()
    await exercise.send(a_recall_of(exercise, group))
    await node.receive()
    after = await exercise.write(to_group, tlp=Tlp.RED)
    await node.receive()
    seen = {one.digest for one in node.items("BE/police")}
    assert (True, False) == (digest_of(before) in seen, digest_of(after) in seen)


async def test_the_outbox_notices_that_a_group_came_while_another_was_recalled(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    directory = exercise.federation.directory
    first = await exercise.write({"core": a_group("lionfish", members=("NL", "BE/police"))})
    await node.receive()
    arrived, names = Arrived(node.section_keys), []
    for step in (None, first):
        if step is not None:
            await exercise.send(a_recall_of(exercise, step))
            await exercise.write({"core": a_group("trigger", members=("NL", "BE/police"))})
            await node.receive()
        with reading(node.engine) as connection:
            found = arrived.relationships(connection, directory, node.clock.now)
        names.append([one.name for one in found.groups])
    assert [["@NL/lionfish"], ["@NL/trigger"]] == names


async def test_a_recall_whose_key_is_revoked_before_its_message_comes_has_no_effect(exercise: Exercise) -> None:
    node = exercise.node()
    await node.receive()
    stolen, new = exercise.federation.signing_key("NL/police"), a_signing_key("NL new")
    exercise.federation.say(a_key_entry(new, ["NL/customs"]), admin_stream("NL"))
    await exercise.announce()
    raw = exercise.authors.write(by="NL/customs", key=new)
    await exercise.send(a_recall_of(exercise, raw, by="NL/police"))
    await node.receive()
    exercise.federation.say(a_revocation(stolen), admin_stream("NL"))
    await exercise.announce()
    await exercise.send(raw)
    await node.receive()
    assert (None, []) == (the_item(node, raw).withdrawn, node.rows(store.tombstone))
