"""``tocsin federation``: found an exercise network."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.appointing import MAX_WITNESSES, WITNESSES, quorum_of
from tocsin.cli.app import app
from tocsin.cli.options import BusOption, IdentitiesOption, JsonOption, PlaintextOption, check_bus
from tocsin.cli.output import Output
from tocsin.cluster.exercise import IDENTITIES
from tocsin.founding import Founding, found_federation
from tocsin.members import load_members, usual_member
from tocsin.settings import EMBEDDED, load_federation, read_bus
from tocsin.showing.plain import counted

commands = typer.Typer(no_args_is_help=True, help="Found an exercise network on this machine.", rich_markup_mode=None)
app.add_typer(commands, name="federation")

_EXAMPLE = "Example: tocsin federation new exercise --participant NL=Netherlands --participant BE=Belgium"


@commands.command("new", epilog=_EXAMPLE)
def new(
    folder: Annotated[Path, typer.Argument(help="Where it is made; not there yet, or empty.", metavar="DIR")],
    *,
    participant: Annotated[
        list[str] | None,
        typer.Option(
            "--participant", "-p", help="A country or organisation, CODE or CODE=NAME; again for each.", metavar="CODE"
        ),
    ] = None,
    members: Annotated[
        Path | None, typer.Option("--members", help="A TOML file that describes participants and their authorities.")
    ] = None,
    name: Annotated[str, typer.Option("--id", help="The network's name.")] = "exercise",
    witnesses: Annotated[
        int,
        typer.Option(
            "--witnesses",
            help="How many participants witness the log: the first ones, all where there are fewer.",
            min=0,
            max=MAX_WITNESSES,
        ),
    ] = WITNESSES,
    bus: BusOption = EMBEDDED,
    bus_identities: IdentitiesOption = None,
    allow_plaintext: PlaintextOption = False,
    json: JsonOption = False,
) -> None:
    """Make a new exercise network: keys, directory, one node a participant."""
    check_bus(bus, identities=bus_identities, allow_plaintext=allow_plaintext)
    described = load_members(members) if members is not None else ()
    founding = Founding(
        id=name,
        members=(*described, *(usual_member(one) for one in participant or ())),
        bus=read_bus(bus),
        witnesses=witnesses,
        identities=bus_identities and bus_identities / IDENTITIES,
        allow_plaintext=allow_plaintext,
    )
    made = asyncio.run(found_federation(folder, founding))
    settings = load_federation(made)
    output = Output(json=json)
    _say_made(output, folder, founding, settings.root_digest.hex())
    output.document(
        {
            "id": settings.id,
            "status": settings.status.word,
            "root_digest": settings.root_digest.hex(),
            "participants": [one.code for one in founding.members],
            "authorities": _authorities(founding),
            "witnesses": [one.code for one in founding.appointed],
        }
    )


def _say_made(output: Output, folder: Path, founding: Founding, root_digest: str) -> None:
    participants = counted(len(founding.members), "participant")
    output.say(f"The exercise network {founding.id!r} is ready in {folder}, with {participants}:")
    for member in founding.members:
        posts = ", ".join(f"{member.code}/{post.name}" for post in member.authorities)
        output.say(f"  {member.code}  {member.name}: {posts or 'no authority yet'}")
    output.say(_of_the_log([one.code for one in founding.appointed]))
    output.say(f"Root digest, the one thing to tell a node by hand: {root_digest}")
    if authorities := _authorities(founding):
        output.say(f"Next: tocsin publish FILE --as {authorities[0]} --folder {folder}")


def _authorities(founding: Founding) -> list[str]:
    return [f"{one.code}/{post.name}" for one in founding.members for post in one.authorities]


def _of_the_log(witnesses: Sequence[str]) -> str:
    if not witnesses:
        return "Its log has a notary and no witness: nobody would notice two versions of it."
    return (
        f"Its log has a notary; witnesses: {', '.join(witnesses)}, of which {quorum_of(len(witnesses))} have to agree."
    )
