"""Runs commands: in this process, where that is enough, and as a real one, where signals and streams matter."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from typer.main import get_command
from typer.testing import CliRunner

from tests.support.patience import ANSWER_SECONDS
from tocsin.cli import app

COMMAND = get_command(app)
"""All commands, built once: the runner's own way builds them for every call, which takes longer than most of them."""

COLUMNS = "national_reference,incident_type,date_incident,reporting_country,place,substance_as_reported,quantity_value,quantity_unit,destination,party_name,party_role,fictitious"  # noqa: E501
SEIZURE = "NL-1,seizure,2026-01-10,NL,Rotterdam,acetic anhydride,1000,L,BE,FICTITIOUS Jan Voorbeeld,suspect,yes"
STOPPED = "NL-2,stopped_shipment,2026-01-11,NL,Schiphol,PMK,2,kg,DE,,,"
BAD_DATE = "NL-3,seizure,2026-13-01,NL,Rotterdam,acetone,5,kg,BE,,,"
BAD_TYPE = "NL-4,seizur,2026-01-12,NL,Rotterdam,acetone,5,kg,BE,,,"


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    def document(self, into: Any = Any) -> Any:
        """Return the one document on standard output."""
        return msgspec.json.decode(self.out, type=into)


def run(*arguments: object, folder: Path | None = None) -> Ran:
    """Run a command in this process."""
    named = [] if folder is None else ["--folder", str(folder)]
    with CliRunner().isolation() as (out, err, _):
        code = _run_here([*map(str, arguments), *named])
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())


def _run_here(arguments: list[str]) -> int:
    try:
        COMMAND.main(args=arguments, prog_name="tocsin")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def start(*arguments: object, **settings: Any) -> "subprocess.Popen[str]":
    """Start a command as a process of its own."""
    command = [str(Path(sys.executable).with_name("tocsin")), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


@contextmanager
def following(authority: str, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """Give a process that follows for *authority* and tells alerts as lines of JSON; no failure leaves it running."""
    process = start("receive", "--as", authority, "--follow", "--json", "--folder", folder)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            process.communicate()


def finish(process: "subprocess.Popen[str]") -> Ran:
    """Wait for a process and return what it came to."""
    out, err = process.communicate(timeout=ANSWER_SECONDS)
    return Ran(process.returncode, out, err)


def a_file(folder: Path, *rows: str, name: str = "reports.csv") -> Path:
    """Return a CSV with *rows*."""
    path = folder / name
    path.write_text("\n".join((COLUMNS, *rows)) + "\n", "utf-8")
    return path
