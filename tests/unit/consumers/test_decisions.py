"""What is decided on arrival, how it is kept, and what follows for the inbox."""

from datetime import date

from broker import decisions
from broker.records.agreement import AgreementCore
from broker.types.vocabulary import Section, Tlp
from tests.support.exercise import Exercise, Node
from tests.support.federation import admin_stream, an_authority
from tests.support.records import a_core, a_group, a_marking, an_agreement, an_incident


def readers(node: Node) -> list[set[str]]:
    return [set(row.readers.split()) for row in node.rows(decisions.decision)]


def released(node: Node, authority: str) -> list[set[Section]]:
    return [
        {section for section, record in one.sections.items() if record is not None} for one in node.items(authority)
    ]


async def test_one_message_is_decided_for_each_authority_in_one_transaction(exercise: Exercise) -> None:
    node = exercise.node()
    marking = a_marking(recipients=("BE/police",))
    await exercise.write(an_incident(marking=marking).sections)
    await node.receive()
    assert [{Section.CORE}] == released(node, "BE/customs")
    assert [{Section.CORE, Section.OPERATIONAL, Section.NOMINAL, Section.EVIDENCE}] == released(node, "BE/police")
    assert [] == released(node, "BE/health")
    assert {"BE/customs", "BE/police", "BE/regulator", "BE/health"} == set().union(*readers(node))
    assert {"redacted", "released", "denied"} == {row.outcome for row in node.rows(decisions.judgement)}


async def test_authorities_with_the_same_facts_share_one_decision_row(exercise: Exercise) -> None:
    for label in ("coast", "border"):
        exercise.federation.say(an_authority(f"BE/{label}"), admin_stream("BE"))
    await exercise.announce()
    node = exercise.node()
    await exercise.write()
    await node.receive()
    assert {"BE/border", "BE/coast"} in readers(node)
    assert 5 == len(node.rows(decisions.decision)), "two are alike of six"
    assert 1 == len(node.items("BE/coast")) == len(node.items("BE/border"))


async def test_equal_facts_give_one_judgement_however_many_messages(exercise: Exercise) -> None:
    node = exercise.node()
    for _ in range(10):
        await exercise.write({"core": a_core()})
    await node.receive()
    assert 40 == len(node.rows(decisions.decision))
    assert 4 == len(node.rows(decisions.judgement))


async def test_a_denied_message_is_on_record_and_in_no_inbox(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_core()}, tlp=Tlp.RED)
    taken = await node.receive()
    assert (1, 0) == (taken.messages, taken.inbox)
    assert {"denied"} == {row.outcome for row in node.rows(decisions.judgement)}


async def test_an_agreement_opens_later_messages_to_its_parties_and_to_nobody_else(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_core(concerned=())})
    await exercise.write({"core": an_agreement("BE/police")})
    await exercise.write({"core": a_core(concerned=())})
    await node.receive()
    assert [3] == [one.message.sequence for one in node.items("BE/police") if one.kind.word == "incident"]
    assert [] == [one for one in node.items("BE/customs") if one.kind.word == "incident"]


async def test_an_agreement_of_an_earlier_session_counts_after_a_restart(exercise: Exercise) -> None:
    await exercise.write({"core": an_agreement("BE/police")})
    await exercise.node().receive()
    restarted = exercise.node()
    await exercise.write({"core": a_core(concerned=())})
    await restarted.receive()
    assert [2] == [one.message.sequence for one in restarted.items("BE/police") if one.kind.word == "incident"]


async def test_an_agreement_that_has_ended_does_not_count(exercise: Exercise) -> None:
    node = exercise.node()
    yesterday = exercise.clock.now.date().replace(day=19)
    await exercise.write({"core": an_agreement("BE/police", ends_on=yesterday)})
    await exercise.write({"core": a_core(concerned=())})
    await node.receive()
    assert [] == [one for one in node.items("BE/police") if one.kind.word == "incident"]


async def test_the_record_issued_last_ends_an_agreement_though_the_earlier_one_arrives_behind_it(
    exercise: Exercise,
) -> None:
    """Within one batch too: an agreement that was ended must not come back because its first record was late."""
    node = exercise.node()
    made = exercise.authors.write({"core": an_agreement("BE/police")})
    exercise.clock.advance(minutes=1)
    ended = exercise.authors.write({"core": _ended()})
    incident = exercise.authors.write({"core": a_core(concerned=())})
    await exercise.send(ended, made, incident)
    await node.receive()
    assert [] == [one for one in node.items("BE/police") if one.kind.word == "incident"]


async def test_a_participant_cannot_end_the_agreement_of_another(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police")})
    await exercise.write({"core": _ended()}, by="BE/customs")
    await node.receive()
    await exercise.write({"core": a_core(concerned=())})
    await node.receive()
    assert [2] == [
        one.message.sequence
        for one in node.items("BE/police")
        if one.kind.word == "incident" and one.originator == "NL/customs"
    ]


async def test_a_group_opens_what_names_it_to_its_members(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_group(members=("NL", "BE/police"))})
    named = a_marking(recipients=("@NL/lionfish",))
    await exercise.write({"core": a_core(marking=named, concerned=())}, tlp=Tlp.RED)
    await node.receive()
    assert [2] == [one.message.sequence for one in node.items("BE/police") if one.tlp is Tlp.RED]
    assert [] == [one for one in node.items("BE/customs") if one.tlp is Tlp.RED]


async def test_a_member_who_left_a_group_sees_nothing_sent_to_it_later(exercise: Exercise) -> None:
    node = exercise.node()
    named = {"core": a_core(marking=a_marking(recipients=("@NL/lionfish",)), concerned=())}
    await exercise.write({"core": a_group(members=("NL", "BE/police"))})
    await exercise.write(named, tlp=Tlp.RED)
    exercise.clock.advance(minutes=1)
    await exercise.write({"core": a_group(members=("NL",))})
    await exercise.write(named, tlp=Tlp.RED)
    await node.receive()
    assert [2] == [one.message.sequence for one in node.items("BE/police") if one.tlp is Tlp.RED]


def _ended() -> AgreementCore:
    return an_agreement("BE/police", ends_on=date(2026, 3, 1))
