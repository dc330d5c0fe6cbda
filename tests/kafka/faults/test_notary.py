"""The notary as a process on a real broker: whatever the broker does, every message gets a leaf, and only one."""

import signal
from collections.abc import Collection
from typing import Final

import pytest

from broker.types.names import Participant, message_topic
from tests.cli.commands import run
from tests.kafka.faults.damage import changed_byte, delete_below
from tests.kafka.faults.places import segment_of
from tests.kafka.faults.processes import TOLD_SECONDS, Nodes, Process, check_stop, until
from tests.support.kafka.health import heal
from tocsin.exits import Exit

pytestmark = pytest.mark.timeout(480)  # with what the broker needs to come back between two tests

_MANY: Final = 800
TOPIC: Final = message_topic("exercise", Participant("NL"))


def until_logged(nodes: Nodes, notary: Process, *codes: str) -> None:
    """Wait until everything that the nodes of *codes* have sent is in the log."""
    sent = nodes.sent(*codes)
    until(lambda: sent <= set(nodes.logged()), TOLD_SECONDS, notary.said)


def check_whole(nodes: Nodes, *findings: str) -> None:
    """Check that what is on the bus is in the log, all of it, once, witnessed, and that an audit finds only that."""
    once = nodes.run("notary", "run", "--once", "--json")
    audit = nodes.audit()

    assert (0, []) == (once.code, once.document()["troubles"]), once.err
    assert once.document()["witnessed"]
    assert (0, [*findings]) == (audit["unlogged"], [one["code"] for one in audit["findings"]]), audit["findings"]
    assert audit["messages"] == audit["log_size"] == len(nodes.logged()) == len(set(nodes.logged()))


@pytest.mark.parametrize("away", ["for a moment", "frozen for longer than any deadline"])
def test_a_broker_that_goes_away_and_comes_back_is_waited_for(nodes: Nodes, away: str) -> None:
    nodes.publish(1, 3)
    notary = nodes.keep_log()
    until_logged(nodes, notary, "NL")
    if away == "for a moment":
        nodes.cluster.kill(1)
    else:
        nodes.cluster.freeze(1)
        notary.until_says("waiting", "code=bus-unavailable", "hint=", "seconds=")
    heal(nodes.cluster)
    nodes.publish(4, 6)
    until_logged(nodes, notary, "NL")
    check_stop({signal.SIGTERM: notary})
    check_whole(nodes)


def test_a_broker_that_is_not_there_yet_is_waited_for_and_a_new_participant_is_read_at_once(nodes: Nodes) -> None:
    nodes.cluster.kill(1)
    notary = nodes.keep_log()
    notary.until_says("waiting", "code=bus-unavailable", "hint=", "seconds=")
    heal(nodes.cluster)
    notary.until_says("logged", "size=")
    added = nodes.run("directory", "add", "participant", "FR")
    assert 0 == added.code, added.err
    nodes.publish(1, 2, by="FR")
    until_logged(nodes, notary, "FR")
    check_stop({signal.SIGTERM: notary})
    check_whole(nodes)


def test_it_stops_when_the_broker_is_frozen(nodes: Nodes) -> None:
    notary = nodes.keep_log()
    notary.until_says("logged", "size=")
    nodes.cluster.freeze(1)
    check_stop({signal.SIGTERM: notary})


def test_however_often_it_ends_in_the_middle_nothing_is_lost_or_logged_twice(nodes: Nodes) -> None:
    nodes.publish(1, 1)
    author = nodes.publish_beside(2, _MANY)
    for by in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
        end_at_work(nodes, by)
    until(author.has_ended, TOLD_SECONDS, author.said)
    assert 0 == author.process.returncode
    check_whole(nodes)


def end_at_work(nodes: Nodes, by: signal.Signals) -> None:
    """End a notary in the middle of its work: as soon as it has journaled something."""
    before, notary = len(nodes.logged()), nodes.keep_log()
    until(lambda: len(nodes.logged()) > before or "event=logged" in notary.said(), TOLD_SECONDS, notary.said)
    if by == signal.SIGKILL:
        notary.end()
    else:
        check_stop({by: notary})


def test_a_second_notary_says_that_one_is_at_work_and_ends(nodes: Nodes) -> None:
    first = nodes.keep_log()
    first.until_says("logged", "size=")
    second, once = nodes.keep_log(), nodes.run("notary", "run", "--once")
    until(second.has_ended, TOLD_SECONDS, second.said)

    assert [Exit.REFUSED, Exit.REFUSED] == [second.process.returncode, once.code]
    assert all("another notary is at work on this log" in said for said in (second.said(), once.err))
    nodes.publish(1, 2)
    until_logged(nodes, first, "NL")
    check_stop({signal.SIGTERM: first})
    check_whole(nodes)


def test_what_was_deleted_before_it_was_read_is_stepped_over_and_said(nodes: Nodes) -> None:
    nodes.publish(1, 3)
    delete_below(nodes.cluster, f"{nodes.namespace}.{TOPIC}", 2)
    notary = nodes.keep_log()
    notary.until_says("going on without", "code=retention-passed", TOPIC)
    nodes.publish(4, 5)
    nodes.publish(1, 2, by="BE")
    until_logged(nodes, notary, "BE")
    until(lambda: numbers(nodes.sent("NL"))[2:] == numbers(nodes.logged()), TOLD_SECONDS, notary.said)
    check_stop({signal.SIGTERM: notary})
    audit, archive = nodes.audit(), nodes.federation.parent / "archive"
    archived = nodes.run("audit", "archive", archive, "--json")
    copy = run("audit", "check", "--json", folder=archive).document()

    assert (0, [f"{TOPIC}@0-2"]) == (archived.code, archived.document()["missing"]), archived.err
    assert (audit["messages"], audit["log_size"]) == (copy["messages"], copy["log_size"])
    assert "gap" in {one["code"] for one in copy["findings"]}
    assert {("retention-passed", f"{TOPIC}@0-2")} <= {(one["code"], one["place"]) for one in audit["findings"]}
    assert (0, audit["messages"]) == (audit["unlogged"], audit["log_size"])


def test_a_batch_that_was_damaged_is_stepped_over_and_logged_once_it_can_be_had(nodes: Nodes) -> None:
    for number in (1, 2, 3):
        nodes.publish(number, number)
    with changed_byte(segment_of(nodes.cluster, 1, f"{nodes.namespace}.{TOPIC}"), batch=1):
        torn, again = [nodes.run("notary", "run", "--once", "--json").document() for _ in range(2)]
        gaps = nodes.run("notary", "show", "--json").document()["journal"]["gaps"]
        audit = nodes.audit()
    mended = nodes.run("notary", "run", "--once", "--json").document()

    assert ["corrupt-batch"] == [one["code"] for one in torn["troubles"]]
    assert (0, 1) == (again["logged"], gaps)
    assert "corrupt-batch" in {one["code"] for one in audit["findings"]}
    assert 0 < mended["logged"]
    check_whole(nodes, "reordered")  # the log says truly that it saw the others first


def numbers(messages: Collection[tuple[str, int]]) -> list[int]:
    """Return the numbers of what Dutch customs has said, in their order."""
    return sorted(number for stream, number in messages if stream == "NL/customs/1")
