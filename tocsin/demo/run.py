"""Run the demo and say what came of it."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec

from tocsin.demo.cast import load_cast
from tocsin.demo.options import Options
from tocsin.demo.outcome import Outcome
from tocsin.demo.place import place_for
from tocsin.demo.screen import console_for, show_next, show_outcome, show_progress
from tocsin.demo.story import play, write_script
from tocsin.exits import Exit
from tocsin.installation import now

_NO_CONSOLE: Final = "There is no console yet to serve; the federation is left in its folder for the commands below."


def run(options: Options) -> int:
    """Run the demo; return the exit code: 0, or 1 if something came out that should not be so.

    Raises:
        MissingFile, BadFile, BadMapping: The file of incidents is not there or cannot be read.
        AlreadyThere: The folder is not empty.
    """
    cast = load_cast()
    # Before anything is made: a file that cannot be read leaves no folder behind.
    script = write_script(cast, options.incidents, now())
    # Scripts want the document; whoever looks at the screen wants to go on from the folder.
    with place_for(options.folder, keep=not options.json or options.serve) as root:
        with show_progress() as tell:
            outcome = asyncio.run(play(script, root, tell, options.venue))
        _say(options, outcome, root)
    return Exit.FINDINGS if outcome.complaints else Exit.DONE


def _say(options: Options, outcome: Outcome, root: Path) -> None:
    console = console_for(json=options.json)
    show_outcome(console, outcome)
    if options.serve:
        console.print(_NO_CONSOLE, soft_wrap=True)
    if options.folder is not None or options.serve or not options.json:
        show_next(console, root, outcome)
    if options.json:
        sys.stdout.write(msgspec.json.encode(outcome.document).decode() + "\n")
        sys.stdout.flush()
