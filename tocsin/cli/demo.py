"""``tocsin demo``: an exercise network on real public incidents, start to finish."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.app import app
from tocsin.cli.options import JsonOption


@app.command("demo", epilog="Example: tocsin demo --folder exercise --json")
def demo(
    *,
    incidents: Annotated[
        Path | None, typer.Option("--incidents", help="Your own CSV with the columns of the sample data.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the network is made and left; not there yet, or empty.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the network open to look around in.")] = False,
    json: JsonOption = False,
) -> None:
    """Show the whole path on public reports: publish, receive, who sees what, alerts, audit, tampering."""
    from tocsin.demo import Options, run  # noqa: PLC0415 - no other command needs it

    raise typer.Exit(run(Options(incidents=incidents, folder=folder, json=json, serve=serve)))
