"""Play a scenario: without people, who then react as it says; or live, at its own times, and people react."""

import heapq
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Final

import msgspec

from broker.database import writing
from broker.deciders import Deciders
from broker.errors import MissingItem
from broker.types.names import Digest, Originator, participant_of
from consumers.inbox import item, mark_seen
from consumers.opening import Opener, open_item, reader_of
from tocsin.exercise.clock import ScenarioClock
from tocsin.exercise.references import Moment
from tocsin.exercise.run_file import Run
from tocsin.exercise.scenario import Deed, Expected, Scenario, Step
from tocsin.exercise.sending import hear, receive, send
from tocsin.exercise.stage import Stage
from tocsin.installation import Node

Tell = Callable[[str], None]
Sleep = Callable[[float], Awaitable[None]]

_OFTEN: Final = timedelta(minutes=1)
"""How soon after a message the nodes of a run without people have received it, in time of the scenario."""


class _Event(msgspec.Struct, frozen=True):
    """What happens at one moment: a message is sent, or somebody opens one."""

    at: timedelta
    step: Step | None = None
    opening: Expected | None = None


async def play_alone(stage: Stage, scenario: Scenario, run: Run, clock: ScenarioClock, tell: Tell) -> None:
    """Play a whole scenario, and let everybody react as it says; the clock ends with the scenario."""
    digests: dict[str, Digest] = {}
    moment = Moment(start=run.start, speed=run.speed, digests=digests)
    # What is there already is history to a node: no alarm is raised for it.
    await receive(stage)
    for event in _events(scenario):
        clock.advance(moment.at(event.at))
        if event.step is not None:
            await hear(stage)
            tell(event.step.id)
            digests[event.step.id] = await send(stage, event.step, run.named, moment)
            clock.advance(moment.at(event.at + _OFTEN))
            await receive(stage)
        elif event.opening is not None and event.opening.message in digests:
            _open(stage.nodes[participant_of(event.opening.who)], event.opening.who, digests[event.opening.message])
    clock.advance(moment.at(scenario.lasts))


async def play_live(stage: Stage, scenario: Scenario, run: Run, sleep: Sleep, tell: Tell) -> None:
    """Send a scenario's own messages at their times, and leave every reaction to people; what was sent stays sent."""
    digests: dict[str, Digest] = {}
    moment = Moment(start=run.start, speed=run.speed, digests=digests)
    await hear(stage)
    for step in sorted(scenario.steps, key=lambda one: one.at):
        node = stage.nodes[participant_of(step.by)]
        await sleep(max(0.0, (moment.at(step.at) - node.clock()).total_seconds()))
        tell(step.id)
        digests[step.id] = await send(stage, step, run.named, moment)


def _events(scenario: Scenario) -> Iterator[_Event]:
    """Yield what happens in a run without people, in order of time; messages before openings."""
    sent = {one.id: one.at for one in scenario.messages()}
    openings = [
        _Event(sent[one.message] + one.after, opening=one)
        for one in scenario.expected
        if one.deed is Deed.OPENED and one.after is not None
    ]
    steps = [_Event(one.at, step=one) for one in scenario.messages()]
    yield from heapq.merge(steps, sorted(openings, key=_when), key=_when)


def _when(event: _Event) -> timedelta:
    return event.at


def _open(node: Node, who: Originator, digest: Digest) -> None:
    """Open a message as a person of *who* does; what is not there, nobody opens."""
    now = node.clock()
    reader = reader_of(node.directory, who, now)
    with writing(node.engine) as connection:
        try:
            found = item(connection, node.section_keys, who, digest.hex(), now)
        except MissingItem:
            return
        mark_seen(connection, who, found.digest, now)
        opener = Opener(reader, reader.purposes[0], node.directory, Deciders(node.house), now)
        open_item(connection, node.section_keys, found, opener)
