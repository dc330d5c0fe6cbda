"""The network that an exercise is played in: a new one with the scenario's own players, or one that is there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from broker.bus.port import Bus
from broker.errors import NotAnExercise, UnknownAuthority
from broker.types.names import Participant
from broker.types.time import Clock
from broker.types.vocabulary import Role, Status
from tocsin.buses import open_bus
from tocsin.exercise.scenario import Player, Scenario
from tocsin.folder import FederationFolder
from tocsin.founding import Founding, found_federation
from tocsin.installation import Node, open_node
from tocsin.members import Member, Post
from tocsin.settings import load_federation


class Stage(msgspec.Struct, frozen=True):
    """The nodes of those who take part, and the bus between them."""

    folder: FederationFolder
    bus: Bus
    nodes: Mapping[Participant, Node]


async def found_stage(root: Path, scenario: Scenario, clock: Clock) -> FederationFolder:
    """Found an exercise network of a scenario's players in the folder *root*.

    Raises:
        AlreadyThere: The folder is not empty.
    """
    members = tuple(_member(one) for one in scenario.players)
    return await found_federation(root, Founding(id=f"exercise-{scenario.name}", members=members), clock=clock)


def check_folder(folder: FederationFolder) -> None:
    """Check that the network in *folder* is an exercise.

    Raises:
        NotAnExercise: It carries messages about the world, or tests.
    """
    status = load_federation(folder).status
    if status is not Status.EXERCISE:
        hint = "Leave --folder out for a new exercise network, or make one: tocsin federation new DIR --participant NL"
        raise NotAnExercise(f"the network in {folder.root} is {status.word}, and no exercise", hint=hint)


@asynccontextmanager
async def open_stage(folder: FederationFolder, scenario: Scenario, clock: Clock) -> AsyncIterator[Stage]:
    """Give the nodes of a scenario's players, with this clock, and close them.

    Raises:
        NotAnExercise: The network is none, by its settings or by its root record.
        UnknownAuthority: Somebody who takes part is not served here.
    """
    check_folder(folder)
    with ExitStack() as stack:
        codes = [player.code for player in scenario.players]
        nodes = {code: stack.enter_context(open_node(folder, code, clock=clock)) for code in codes}
        async with open_bus(folder, load_federation(folder), clock=clock) as bus:
            stage = Stage(folder, bus, nodes)
            for player in scenario.players:
                await _check_player(stage, player)
            yield stage


async def _check_player(stage: Stage, player: Player) -> None:
    node = stage.nodes[player.code]
    await node.follower.catch_up(stage.bus)
    if node.directory.root.status is not Status.EXERCISE:
        raise NotAnExercise(f"the network in {stage.folder.root} is no exercise, as its root record says")
    missing = sorted(set(player.authorities) - set(node.served()))
    if missing:
        served = ", ".join(node.served()) or "nobody"
        hint = f"Served there: {served}. Choose other players with --cast {player.code}=CODE."
        says = f"{', '.join(missing)} would have to take part, and node {node.name} has no such"
        raise UnknownAuthority(says, hint=hint)


def _member(player: Player) -> Member:
    both = (Role.PUBLISHER, Role.SUBSCRIBER)
    posts = [
        Post(name=sector.word, sector=sector, roles=both if number else (*both, Role.FOCAL_POINT))
        for number, sector in enumerate(player.sectors)
    ]
    return Member(player.code, f"EXERCISE {player.name}", tuple(posts))
