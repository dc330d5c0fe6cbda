"""``tocsin exercise``: play a scenario into an exercise network, and score what everybody did in time."""

import asyncio
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from broker.catalogue import shipped_catalogue
from broker.errors import BrokerError
from broker.types.names import check_participant
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output, progress_bar
from tocsin.demo.place import place_for
from tocsin.exercise.material import SHIPPED, load_scenario
from tocsin.exercise.playing import Tell
from tocsin.exercise.questions import questions_about
from tocsin.exercise.results import Result
from tocsin.exercise.running import run_here, run_live, run_new, score_here
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.showing import (
    EXPECTED_COLUMNS,
    NODE_COLUMNS,
    QUESTION_COLUMNS,
    STEP_COLUMNS,
    banner,
    expected_rows,
    node_rows,
    question_rows,
    result_document,
    scenario_document,
    step_rows,
)
from tocsin.folder import FederationFolder, open_folder
from tocsin.showing.plain import counted, plain

commands = typer.Typer(
    no_args_is_help=True,
    help="Exercises: play a scenario, let people react, score them.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="exercise")

_CAST: Final = re.compile(r"([^=\s]+)=([^=\s]+)")
ScenarioArgument = Annotated[
    str, typer.Argument(help=f"One of {', '.join(SHIPPED)}; or a TOML file.", metavar="SCENARIO", show_default=False)
]
CastOption = Annotated[
    list[str] | None,
    typer.Option("--cast", help="Who plays whom, like XA=NL; may be repeated.", metavar="CODE=CODE"),
]
SpeedOption = Annotated[
    float,
    typer.Option("--speed", help="With --live: so many hours of the scenario in one hour.", min=1, max=100_000),
]


@commands.command("list", epilog="Example: tocsin exercise list --json")
def list_(*, json: JsonOption = False) -> None:
    """List the scenarios that ship."""
    output = Output(json=json)
    shipped = [load_scenario(name) for name in SHIPPED]
    rows = ((one.name, one.title, ", ".join(player.code for player in one.players)) for one in shipped)
    output.table(("scenario", "title", "players"), rows)
    output.document([scenario_document(one) for one in shipped])


@commands.command("show", epilog="Example: tocsin exercise show acetic-anhydride")
def show(scenario: ScenarioArgument, *, json: JsonOption = False) -> None:
    """Check a scenario, and show what it sends and expects; nothing is played. Not for those who are to be trained."""
    output = Output(json=json)
    found = load_scenario(scenario)
    _say_head(output, found)
    output.table(STEP_COLUMNS, step_rows(found))
    questions = tuple(questions_about(found, shipped_catalogue()))
    if questions:
        output.say(f"{counted(len(questions), 'question')}, which keep nothing back; please look:")
        output.table(QUESTION_COLUMNS, question_rows(questions))
    output.document({**scenario_document(found), "questions": questions})


@commands.command(
    "run",
    epilog="Example: tocsin exercise run acetic-anhydride; or, for people, in a network that is there: "
    "tocsin exercise run new-precursor --live --speed 24 --folder exercise --cast XA=NL --cast XB=BE --cast XC=DE "
    "--cast X-COMM=FR",
)
def run(
    scenario: ScenarioArgument,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="Send its messages at their times; every reaction is for people.")
    ] = False,
    speed: SpeedOption = 24.0,
    cast: CastOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Play a scenario, here without people: in a new network, or the one in the folder, which has to be an exercise."""
    output = Output(json=json)
    found = load_scenario(scenario, cast=_read_cast(cast))
    _say_head(output, found)
    if live:
        where = find_folder(folder)
        _run_live(output, found, where, speed)
        output.say(f"All messages are sent. Then: {score_command(scenario, cast or (), where.root)}")
        return
    with progress_bar("playing", total=len(list(found.messages()))) as progress:
        result = _run_alone(found, folder, lambda _: progress(1), keep=not json)
    _say_result(output, *result)
    output.document(result_document(result[0]))


@commands.command("score", epilog="Example: tocsin exercise score new-precursor --folder exercise")
def score(
    scenario: ScenarioArgument, *, cast: CastOption = None, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Score what everybody has done until now in the newest play of a scenario."""
    output = Output(json=json)
    found = load_scenario(scenario, cast=_read_cast(cast))
    where = find_folder(folder)
    result = asyncio.run(score_here(where, found))
    _say_result(output, result, where.root)
    output.document(result_document(result))


def score_command(scenario: str, cast: Iterable[str], folder: Path) -> str:
    """Return what is typed to score what was played live: by the same cast, or nobody is found who played."""
    casts = (word for one in cast for word in ("--cast", one))
    return shlex.join(["tocsin", "exercise", "score", scenario, "--folder", str(folder), *casts])


def _run_alone(scenario: Scenario, folder: Path | None, tell: Tell, *, keep: bool) -> tuple[Result, Path]:
    if folder is not None and (folder / "federation.toml").is_file():
        return asyncio.run(run_here(open_folder(folder), scenario, tell)), folder
    with place_for(folder, keep=keep) as root:
        return asyncio.run(run_new(root, scenario, tell)), root


def _run_live(output: Output, scenario: Scenario, folder: FederationFolder, speed: float) -> None:
    def tell(step: str) -> None:
        output.say(f"EXERCISE: {step} is sent.")

    done = asyncio.run(run_live(folder, scenario, speed, tell))
    output.document({"scenario": done.scenario, "play": done.play, "start": done.start, "speed": done.speed})


def _say_head(output: Output, scenario: Scenario) -> None:
    output.say(banner(), style="bold red")
    output.say(plain(scenario.title), style="bold")
    output.say(plain(scenario.says))


def _say_result(output: Output, result: Result, root: Path) -> None:
    output.table(EXPECTED_COLUMNS, expected_rows(result))
    output.say()
    output.table(NODE_COLUMNS, node_rows(result))
    output.say(f"EXERCISE {result.scenario.name}: {result.points:g} of {result.scenario.points} points.", style="bold")
    output.say(banner(), style="bold red")
    if root.is_dir():
        output.say(f"The network is in {root}: tocsin inbox --as {result.scenario.authorities[0]} --folder {root}")


def _read_cast(several: list[str] | None) -> Mapping[str, str]:
    """Return who plays whom.

    Raises:
        typer.BadParameter: One is misspelt, or plays twice.
    """
    cast: dict[str, str] = {}
    for text in several or ():
        found = _CAST.fullmatch(text)
        if found is None:
            raise typer.BadParameter(f"{text[:40]!r}: expected one like XA=NL", param_hint="--cast")
        try:
            role, player = check_participant(found.group(1)), check_participant(found.group(2))
        except BrokerError as error:
            raise typer.BadParameter(str(error), param_hint="--cast") from None
        if role in cast or player in cast.values():
            raise typer.BadParameter(f"{text!r}: each plays one, and one alone", param_hint="--cast")
        cast[role] = player
    return cast
