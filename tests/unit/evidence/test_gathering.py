"""Which messages of the directory vouch for a key, and what the log has to give."""

import pytest

from broker.errors import ChangedTile, NotLogged
from broker.types.names import Digest, Originator
from consumers.evidence.gathering import directory_files, revocation_proofs
from tests.support.evidence import World, a_world
from tests.support.federation import a_revocation, a_seed, admin_stream, an_authority

CUSTOMS = Originator("NL/customs")


def gathered(world: World, *more: bytes) -> dict[str, bytes]:
    return directory_files([*more, *world.federation.messages], world.federation.directory, CUSTOMS, world.view().has)


def test_takes_the_root_the_hub_and_the_originators_administrator() -> None:
    found = gathered(a_world())
    streams = {name.rpartition("-")[0].removeprefix("directory/") for name in found}
    assert {"X-HUB_~root_1", "X-HUB_~admin_1", "NL_~admin_1"} == streams
    assert "directory/NL_~admin_1-00000006.bin" in found


def test_leaves_out_what_the_log_does_not_have_yet() -> None:
    world = a_world()
    late = world.federation.say(an_authority("NL/taxes"), admin_stream("NL"))
    assert late.raw not in gathered(world).values()
    world.log_directory()
    assert late.raw in gathered(world).values()


def test_leaves_out_a_spoilt_copy_wherever_it_stands() -> None:
    world = a_world()
    right = next(raw for raw in world.federation.messages if raw in gathered(world).values())
    spoilt = bytearray(right)
    at = right.index(world.federation.opened[0].signatures[0].signature)
    spoilt[at] ^= 1
    assert gathered(world) == gathered(world, bytes(spoilt))
    assert gathered(world) == gathered(world, b"no message at all")


def test_of_two_with_one_number_that_counts_which_has_its_place() -> None:
    world = a_world()
    federation = world.federation
    stray = federation.compose(an_authority("NL/taxes"), admin_stream("NL"), [federation.node_keys["NL/~1"]])
    right = federation.say(an_authority("NL/police"), admin_stream("NL"))
    federation.messages.insert(0, stray.raw)
    world.log(stray.raw)
    world.log(right.raw)
    name = "directory/NL_~admin_1-00000007.bin"
    assert right.raw == gathered(world)[name]
    federation.messages.append(federation.messages.pop(0))
    assert right.raw == gathered(world)[name]


def test_leaves_out_what_never_had_its_place() -> None:
    world = a_world()
    federation = world.federation
    stray = federation.compose(an_authority("NL/taxes"), admin_stream("NL"), [federation.node_keys["NL/~1"]])
    federation.messages.append(stray.raw)
    world.log(stray.raw)
    assert stray.raw not in gathered(world).values()


def test_a_revocation_that_is_not_logged_yet_shows_nothing() -> None:
    world = a_world()
    key = world.federation.node_keys["NL/~1"]
    assert {} == revocation_proofs([key.id], world.federation.directory, world.view())
    world.federation.say(a_revocation(key), admin_stream("NL"))
    with pytest.raises(NotLogged):
        revocation_proofs([key.id], world.federation.directory, world.view())
    world.log_directory()
    assert 2 == len(revocation_proofs([key.id], world.federation.directory, world.view()))


def test_a_log_that_has_another_message_in_the_place_is_not_believed() -> None:
    world = a_world()
    message = world.write()
    view = world.view()
    view._find = lambda _: 3
    with pytest.raises(ChangedTile, match="leaf 3 of the log is not that of the message"):
        view.prove(message.digest)


def test_what_stands_above_the_checkpoint_is_not_there() -> None:
    world = a_world()
    view = world.view()
    view._find = lambda _: 10_000
    assert not view.has(Digest(a_seed("anything")))
    with pytest.raises(NotLogged):
        view.prove(Digest(a_seed("anything")))
