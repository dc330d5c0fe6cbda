"""What nodes know of the log as time goes by: assurance that grows, and how a log that is not right is uncovered."""

import shutil

from broker.directory import Directory
from broker.limits import LOGGED_WITHIN
from broker.logbook import Assurance
from broker.types.names import ZERO_DIGEST, Participant
from tests.scenarios.log.country import Logged
from tocsin.installation import open_node
from tocsin.watching_log import quorum_lost, words


def assurances(network: Logged) -> list[str]:
    return [one.standing.assurance.value for one in network.inbox(network.be)]


async def test_the_assurance_of_a_message_goes_through_its_states(network: Logged) -> None:
    await network.publish("NL-1")
    await network.receive(network.be)
    await network.look(network.be)
    received = assurances(network)
    await network.notarize()
    await network.look(network.be)
    (found,) = network.inbox(network.be)

    assert ["received"] == received
    assert (Assurance.WITNESSED, 2) == (found.standing.assurance, found.standing.witnesses)
    assert found.standing.place is not None
    assert network.clock.now == found.standing.place.seen_at


async def test_a_message_is_logged_before_it_is_witnessed(network: Logged) -> None:
    await network.publish("NL-1")
    await network.receive(network.be)
    await network.notarize_alone()
    await network.look(network.be)
    logged = assurances(network)
    await network.notarize()
    await network.look(network.be)

    assert (["logged"], ["witnessed"]) == (logged, assurances(network))


async def test_a_message_comes_in_while_the_log_is_away_and_says_so(network: Logged) -> None:
    await network.notarize()
    await network.look(network.be)
    network.log.rename(network.log.with_name("away"))
    await network.publish("NL-1")
    taken = await network.receive(network.be)
    watch = await network.look(network.be)
    away = network.findings(network.be)
    network.log.with_name("away").rename(network.log)
    await network.look(network.be)

    assert (True, ["received"]) == (taken.inbox > 0, assurances(network))
    assert watch.trouble is not None
    assert [("log-unavailable", "exercise/log")] == away
    assert [] == network.findings(network.be)


async def test_the_sender_alarms_for_a_message_that_is_not_logged_in_time(network: Logged) -> None:
    await network.notarize()
    await network.publish("NL-1")
    first = await network.look(network.nl)
    network.clock.advance(seconds=LOGGED_WITHIN.total_seconds() + 1)
    late = await network.look(network.nl)
    named = network.findings(network.nl)
    await network.notarize()
    await network.look(network.nl)

    assert () == first.overdue
    assert ("not-logged", "NL/customs/1#2") in named
    assert {"not-logged"} == {code for code, _ in named}
    assert any(one.startswith("NOT LOGGED: NL/customs/1#1") for one in words(late))
    assert [] == network.findings(network.nl)


async def test_nobody_alarms_while_the_log_cannot_be_read(network: Logged) -> None:
    await network.notarize()
    await network.look(network.nl)
    await network.publish("NL-1")
    shutil.rmtree(network.log)
    network.clock.advance(hours=1)
    await network.look(network.nl)
    assert [("log-unavailable", "exercise/log")] == network.findings(network.nl)


async def test_no_quorum_for_too_long_is_said_and_heals(network: Logged) -> None:
    await network.notarize()
    await network.look(network.be)
    network.clock.advance(hours=25)
    watch = await network.look(network.be)
    lost = network.findings(network.be)
    await network.publish("NL-1")
    await network.notarize()
    await network.look(network.be)

    assert [("no-quorum", "exercise/log")] == lost
    assert any(one.startswith("NO QUORUM: ") for one in words(watch))
    assert ([], "") == (network.findings(network.be), quorum_lost(network.be))


async def test_what_others_have_seen_uncovers_a_hidden_checkpoint(network: Logged) -> None:
    await network.notarize()
    await network.look(network.be)
    shutil.copytree(network.log, network.log.with_name("old"))
    await network.publish("NL-1")
    await network.notarize()
    await network.look(network.nl)
    await network.account(network.nl)
    # BE is shown an older log than NL.
    network.log.rename(network.log.with_name("new"))
    network.log.with_name("old").rename(network.log)
    await network.receive(network.be)
    await network.look(network.be)
    soon = network.findings(network.be)
    network.clock.advance(seconds=LOGGED_WITHIN.total_seconds())
    await network.look(network.be)
    later = network.findings(network.be)
    shutil.rmtree(network.log)
    network.log.with_name("new").rename(network.log)
    await network.look(network.be)

    assert ([], [("hidden-checkpoint", "NL/~1/1#1")], []) == (soon, later, network.findings(network.be))


async def test_what_others_have_seen_uncovers_two_logs(network: Logged) -> None:
    await network.notarize()
    journal = network.folder.root / "hub" / "notary.sqlite"
    kept = {path: path.read_bytes() for path in journal.parent.glob("notary.sqlite*")}
    shutil.copytree(network.log, network.log.with_name("other"))
    await network.publish("NL-1")
    await network.notarize()
    await network.look(network.nl)
    await network.account(network.nl)
    # A second notary under the same key, which saw nothing of that, shows BE another log.
    for path in journal.parent.glob("notary.sqlite*"):
        path.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
    shutil.rmtree(network.log)
    network.log.with_name("other").rename(network.log)
    network.clock.advance(minutes=1)
    await network.notarize_alone()
    await network.receive(network.be)
    await network.look(network.be)
    watch = await network.look(network.be)

    assert [("split-view", "NL/~1/1#1")] == network.findings(network.be)
    assert any(one.startswith("TWO LOGS: ") for one in words(watch))


async def test_two_logs_are_found_by_whoever_is_shown_both(network: Logged) -> None:
    await network.publish("NL-1")
    await network.notarize()
    await network.look(network.be)
    for path in (network.folder.root / "hub").glob("notary.sqlite*"):
        path.unlink()
    shutil.rmtree(network.log)
    network.clock.advance(minutes=1)
    await network.publish("NL-2")
    await network.notarize_alone()
    watch = await network.look(network.be)

    assert [("split-view", "the log")] == network.findings(network.be)
    assert watch.trouble is not None
    assert "split-view" == watch.trouble.code


async def test_a_changed_tile_is_found_and_what_was_read_before_stays(network: Logged) -> None:
    await network.publish("NL-1")
    await network.receive(network.be)
    await network.notarize()
    await network.look(network.be)
    await network.publish("NL-2")
    await network.receive(network.be)
    await network.notarize()
    for path in (network.log / "tile" / "entries").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"NL/customs", b"NL/customz"))
    await network.look(network.be)
    assert [("changed-tile", "exercise/log")] == network.findings(network.be)
    assert ["witnessed", "received"] == assurances(network)


async def test_an_installation_that_is_not_told_where_the_log_is_says_so(network: Logged) -> None:
    settings = network.folder.root / "federation.toml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("log")]
    settings.write_text("\n".join(lines) + "\n")
    with open_node(network.folder, Participant("BE"), clock=network.clock) as be:
        watch = await network.look(be)
        assert [("no-log", "exercise/log")] == network.findings(be)
    assert watch.trouble is not None


async def test_a_directory_without_a_notary_has_no_log_and_no_findings(network: Logged) -> None:
    shutil.rmtree(network.log)
    with open_node(network.folder, Participant("BE"), clock=network.clock) as be:
        be.follower._directory = Directory.empty(be.federation.id, ZERO_DIGEST)
        watch = await network.look(be)
    assert (None, None, []) == (watch.trouble, watch.advance, network.findings(network.be))
