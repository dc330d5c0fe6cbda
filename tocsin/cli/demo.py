"""``tocsin demo``: an exercise network on real public incidents, start to finish."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.app import app
from tocsin.cli.options import BusOption, IdentitiesOption, JsonOption, PlaintextOption, check_bus
from tocsin.cluster.exercise import IDENTITIES
from tocsin.settings import EMBEDDED


@app.command("demo", epilog="Example: tocsin demo --folder exercise --json")
def demo(
    *,
    incidents: Annotated[
        Path | None, typer.Option("--incidents", help="Your own CSV with the columns of the sample data.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the network is made and left; not there yet, or empty.")
    ] = None,
    bus: BusOption = EMBEDDED,
    bus_identities: IdentitiesOption = None,
    allow_plaintext: PlaintextOption = False,
    serve: Annotated[bool, typer.Option("--serve", help="Leave the network open to look around in.")] = False,
    json: JsonOption = False,
) -> None:
    """Show the whole path on public reports: publish, receive, who sees what, alerts, audit, tampering."""
    from tocsin.demo import Options, Venue, own_namespace, run  # noqa: PLC0415 - no other command needs it

    check_bus(bus, identities=bus_identities, allow_plaintext=allow_plaintext)
    venue = Venue(
        bus=own_namespace(bus),
        identities=bus_identities and bus_identities / IDENTITIES,
        allow_plaintext=allow_plaintext,
    )
    raise typer.Exit(run(Options(incidents=incidents, folder=folder, json=json, serve=serve, venue=venue)))
