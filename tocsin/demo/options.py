"""What the demo is asked for."""

from pathlib import Path

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the demo is run.

    Attributes:
        incidents: A file with the columns of the sample data; None for the sample data itself.
        folder: Where the federation is made, absent or empty; None for a temporary folder.
        json: Print one JSON document on standard output, and nothing for people there.
        serve: Leave the federation open in the console.
    """

    incidents: Path | None = None
    folder: Path | None = None
    json: bool = False
    serve: bool = False
