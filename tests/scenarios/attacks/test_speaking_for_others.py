"""An authority speaks for itself; only a focal point speaks for its whole participant. NL's is its police."""

from datetime import date

import msgspec

from broker.directory.entries import AuthorityEntry
from broker.types.vocabulary import Role, Tlp
from tests.support.exercise import Exercise, Node
from tests.support.federation import admin_stream, an_authority
from tests.support.records import a_core, a_group, a_marking, an_agreement

ENDED = date(2026, 3, 1)


def incidents(node: Node, by: str) -> list[int]:
    """Return the numbers of the incidents of *by* that BE police may see."""
    return [
        one.message.sequence for one in node.items("BE/police") if one.kind.word == "incident" and one.originator == by
    ]


async def report(exercise: Exercise, node: Node, by: str) -> list[int]:
    await exercise.write({"core": a_core(concerned=())}, by=by)
    await node.receive()
    return incidents(node, by)


async def send_to_group(exercise: Exercise, node: Node, by: str) -> list[int]:
    core = a_core(concerned=(), marking=a_marking(recipients=("@NL/lionfish",)))
    await exercise.write({"core": core}, by=by, tlp=Tlp.RED)
    await node.receive()
    return incidents(node, by)


def with_roles(name: str, *roles: Role) -> AuthorityEntry:
    return msgspec.structs.replace(an_authority(name), roles=(Role.PUBLISHER, Role.SUBSCRIBER, *roles))


async def test_the_agreement_of_one_authority_does_not_open_what_another_sends(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police")}, by="NL/health")
    assert ([], [2]) == (await report(exercise, node, "NL/customs"), await report(exercise, node, "NL/health"))


async def test_the_agreement_of_a_focal_point_opens_what_its_participant_sends(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police")}, by="NL/police")
    assert [1] == await report(exercise, node, "NL/customs")


async def test_it_counts_for_nobody_else_once_its_author_is_no_focal_point(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police")}, by="NL/police")
    exercise.federation.say(with_roles("NL/police"), admin_stream("NL"))
    await exercise.announce()
    assert ([], [2]) == (await report(exercise, node, "NL/customs"), await report(exercise, node, "NL/police"))


async def test_an_authority_cannot_end_the_agreement_of_another(exercise: Exercise) -> None:
    node = exercise.node()
    for author, other in (("NL/police", "NL/health"), ("NL/customs", "NL/health")):
        await exercise.write({"core": an_agreement("BE/police", reference=author)}, by=author)
        exercise.clock.advance(minutes=1)
        await exercise.write({"core": an_agreement("BE/police", reference=author, ends_on=ENDED)}, by=other)
    assert [2] == await report(exercise, node, "NL/customs")
    await exercise.write({"core": an_agreement("BE/police", reference="NL/police", ends_on=ENDED)}, by="NL/police")
    assert [2, 3] == await report(exercise, node, "NL/customs"), "its own goes on"


async def test_a_focal_point_ends_the_agreement_of_an_authority(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": an_agreement("BE/police")})
    exercise.clock.advance(minutes=1)
    await exercise.write({"core": an_agreement("BE/police", ends_on=ENDED)}, by="NL/police")
    assert [] == await report(exercise, node, "NL/customs")


async def test_the_group_of_one_authority_is_not_what_another_means_by_its_name(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_group(members=("BE/police",))}, by="NL/health")
    assert ([], [2]) == (
        await send_to_group(exercise, node, "NL/customs"),
        await send_to_group(exercise, node, "NL/health"),
    )


async def test_nobody_joins_a_group_by_the_record_of_another_authority(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_group(members=("NL",))}, by="NL/police")
    exercise.clock.advance(minutes=1)
    await exercise.write({"core": a_group(members=("NL", "BE/police"))}, by="NL/health")
    assert [] == await send_to_group(exercise, node, "NL/customs")


async def test_the_group_of_a_focal_point_is_there_for_other_participants_too(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_group(members=("BE/police",))}, by="NL/police")
    await exercise.write({"core": a_group(members=("BE",))}, by="BE/customs")
    assert [1] == await send_to_group(exercise, node, "NL/customs")
    marking = a_marking(recipients=("@NL/lionfish",))
    exercise.federation.join("FR")
    await exercise.announce()
    await exercise.open_topic("FR")
    await exercise.write({"core": a_core("FR", concerned=(), marking=marking)}, by="FR/customs", tlp=Tlp.RED)
    await node.receive()
    assert [1] == incidents(node, "FR/customs")


async def test_an_excluded_group_of_another_authority_is_one_that_is_not_known(exercise: Exercise) -> None:
    node = exercise.node()
    await exercise.write({"core": a_group(members=("NL/customs",))}, by="NL/health")
    marking = a_marking(excluded=("@NL/lionfish",))
    await exercise.write({"core": a_core(marking=marking)}, tlp=Tlp.GREEN)
    await node.receive()
    assert [] == incidents(node, "NL/customs")
