"""``tocsin doctor``: what is wrong with this installation, and what to do."""

import asyncio

import typer

from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption
from tocsin.cli.output import Output
from tocsin.doctor import Level, examine
from tocsin.exits import Exit


@app.command("doctor", epilog="Example: tocsin doctor --folder exercise")
def doctor(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Look over program, folder, keys, databases, bus and clock. Ends with 3 if something does not work."""
    output = Output(json=json)
    checks = asyncio.run(examine(folder))
    rows = ((one.level.value, one.subject, one.says, one.remedy) for one in checks)
    output.table(("", "what", "how it is", "what to do"), rows)
    bad, care = (sum(one.level is level for one in checks) for level in (Level.BAD, Level.CARE))
    verdict = "Something does NOT work" if bad else "It works"
    counts = [f"{number} {level.value}" for level, number in ((Level.BAD, bad), (Level.CARE, care)) if number]
    output.say(f"{verdict}{': ' if counts else ''}{', '.join(counts)}.", style="bold")
    output.document([
        {"level": one.level.value, "subject": one.subject, "says": one.says, "remedy": one.remedy} for one in checks
    ])  # fmt: skip
    if bad:
        raise typer.Exit(Exit.CONFIGURATION)
