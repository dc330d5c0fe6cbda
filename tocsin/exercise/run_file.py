"""What is known of a play beside the messages: a small file in the federation's folder, one for each scenario."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from broker.errors import BadFile, NotAnExercise
from tocsin.exercise.drafting import Play
from tocsin.folder import FederationFolder

_FOLDER: Final = "exercise"


class Run(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One play of a scenario.

    Attributes:
        play: Its name, which is in the national references of its messages.
        speed: Seconds of the scenario in one second.
        finished: Whether all of its messages were sent.
    """

    scenario: str
    play: str
    start: datetime
    speed: float
    finished: bool = False

    @property
    def named(self) -> Play:
        """The play, which gives references."""
        return Play(self.play)


def begin(scenario: str, start: datetime, speed: float) -> Run:
    """Return a new play."""
    return Run(scenario=scenario, play=f"{scenario} {start:%Y%m%dT%H%M%S}", start=start, speed=speed)


def save_run(folder: FederationFolder, run: Run) -> None:
    """Write the file of a play."""
    path = _path(folder, run.scenario)
    path.parent.mkdir(exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
    beside.replace(path)


def find_run(folder: FederationFolder, scenario: str) -> Run | None:
    """Return the newest play of a scenario; None where there was none.

    Raises:
        BadFile: What was written of it cannot be read.
    """
    path = _path(folder, scenario)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise BadFile(f"{_FOLDER}/{path.name} cannot be read: {error}", hint="Play the scenario again.") from None


def load_run(folder: FederationFolder, scenario: str) -> Run:
    """Return the newest play of a scenario.

    Raises:
        NotAnExercise: It was not played here.
        BadFile: What was written of it cannot be read.
    """
    run = find_run(folder, scenario)
    if run is None:
        hint = f"Play it: tocsin exercise run {scenario} --folder {folder.root}"
        raise NotAnExercise(f"{scenario} was not played in this folder", hint=hint)
    return run


def _path(folder: FederationFolder, scenario: str) -> Path:
    return folder.root / _FOLDER / f"{scenario}.json"
