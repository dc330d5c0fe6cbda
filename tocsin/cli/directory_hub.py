"""``tocsin directory add catalogue``: the hub's own authority, where a network was founded without one."""

import asyncio

from broker.types.names import HUB
from tocsin.cli.directory import adding, say_entered
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.entering_catalogue import enter_catalogue
from tocsin.founding_catalogue import CATALOGUE, CATALOGUE_NODE
from tocsin.letting_in import cluster_steps
from tocsin.settings import load_federation


@adding.command("catalogue", epilog="Example: tocsin directory add catalogue --folder exercise")
def add_catalogue(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Add the hub's catalogue authority, with a node here, to a network that was founded without it."""
    found = find_folder(folder)
    names, has_topic = asyncio.run(enter_catalogue(found))
    # It shows what the hub shows: no identity of its own.
    steps = cluster_steps(found, load_federation(found), HUB, has_topic=has_topic, has_identity=True)
    says = f"{CATALOGUE} is in the directory, served by {CATALOGUE_NODE}, whose files are in hub/node."
    says = f"{says} Next: tocsin substance publish --shipped --as {CATALOGUE}"
    say_entered(Output(json=json), names, says, steps=steps)
