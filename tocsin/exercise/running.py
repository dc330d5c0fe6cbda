"""Run an exercise from its file to its score: without people in a folder of its own or of others, or live."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from broker.types.time import Clock
from tocsin.exercise.clock import ScenarioClock
from tocsin.exercise.playing import Sleep, Tell, play_alone, play_live
from tocsin.exercise.results import Result, score
from tocsin.exercise.run_file import Run, begin, find_run, load_run, save_run
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.stage import found_stage, open_stage
from tocsin.folder import FederationFolder
from tocsin.installation import now

_PRESENT: Final = timedelta(minutes=1)
"""A run in a network that is there lasts so long by the clock on the wall, for its nodes believe no message that is
more than five minutes ahead of it."""
_AGO: Final = timedelta(minutes=2)
"""A run in a new network ended so long ago: what is done in it afterwards is later than all of it."""


async def run_new(root: Path, scenario: Scenario, tell: Tell, *, clock: Clock = now) -> Result:
    """Play a scenario without people in a new network in *root*; everything in it was said in the days before now.

    Raises:
        AlreadyThere: The folder is not empty.
    """
    start = (clock() - scenario.lasts - _AGO).replace(microsecond=0)
    time = ScenarioClock(start - _AGO)
    folder = await found_stage(root, scenario, time)
    return await _alone(folder, scenario, begin(scenario.name, start, 1.0), time, tell)


async def run_here(folder: FederationFolder, scenario: Scenario, tell: Tell, *, clock: Clock = now) -> Result:
    """Play a scenario without people in a network that is there: all of its days within the next minute.

    Raises:
        NotAnExercise: The network is none.
        UnknownAuthority: Somebody who takes part is not served here.
    """
    start = clock()
    run = begin(scenario.name, start, scenario.lasts / _PRESENT)
    return await _alone(folder, scenario, run, ScenarioClock(start), tell)


async def run_live(
    folder: FederationFolder,
    scenario: Scenario,
    speed: float,
    tell: Tell,
    *,
    clock: Clock = now,
    sleep: Sleep = asyncio.sleep,
) -> Run:
    """Send a scenario's messages at their times and leave the rest to people; one that was interrupted goes on.

    Args:
        speed: Seconds of the scenario in one second; one that goes on keeps its own.

    Raises:
        NotAnExercise: The network is none.
        UnknownAuthority: Somebody who takes part is not served here.
    """
    async with open_stage(folder, scenario, clock) as stage:
        before = find_run(folder, scenario.name)
        run = before if before is not None and not before.finished else begin(scenario.name, clock(), speed)
        save_run(folder, run)
        await play_live(stage, scenario, run, sleep, tell)
        finished = msgspec.structs.replace(run, finished=True)
        save_run(folder, finished)
        return finished


async def score_here(folder: FederationFolder, scenario: Scenario, *, clock: Clock = now) -> Result:
    """Return what everybody has done until now in the newest play of a scenario.

    Raises:
        NotAnExercise: It was not played here.
    """
    run = load_run(folder, scenario.name)
    async with open_stage(folder, scenario, clock) as stage:
        # What people sent counts once it is on the bus: their own nodes may not have read it back.
        for node in stage.nodes.values():
            await node.receiver(stage.bus).receive()
        return score(stage, scenario, run, clock())


async def _alone(folder: FederationFolder, scenario: Scenario, run: Run, time: ScenarioClock, tell: Tell) -> Result:
    async with open_stage(folder, scenario, time) as stage:
        save_run(folder, run)
        await play_alone(stage, scenario, run, time, tell)
        finished = msgspec.structs.replace(run, finished=True)
        save_run(folder, finished)
        return score(stage, scenario, finished, time())
