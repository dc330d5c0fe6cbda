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
    bad = [one for one in checks if one.level is Level.BAD]
    output.say("Something does not work." if bad else "It works.", style="bold")
    output.document([
        {"level": one.level.value, "subject": one.subject, "says": one.says, "remedy": one.remedy} for one in checks
    ])  # fmt: skip
    if bad:
        raise typer.Exit(Exit.CONFIGURATION)
