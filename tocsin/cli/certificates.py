"""``tocsin kafka certificates``: who is who on the cluster of an exercise."""

from pathlib import Path
from typing import Annotated

import typer

from broker.types.names import HUB, check_participant
from tocsin.bus_identities import HUB_IDENTITY, check_identities, copy_identities
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.cluster.certificates import AUTHORITY_DAYS, CERTIFICATE_DAYS
from tocsin.cluster.exercise import IDENTITIES, ExerciseCertificates, make_exercise
from tocsin.folder import find_node
from tocsin.installation import now
from tocsin.settings import load_federation
from tocsin.showing.plain import counted

commands = typer.Typer(
    no_args_is_help=True,
    help="Certificates for an exercise. A real network keeps its authorities' keys elsewhere, offline or in hardware: "
    "docs/kafka.md says what a certificate must look like.",
    rich_markup_mode=None,
)
DaysOption = Annotated[int, typer.Option("--days", min=1, max=AUTHORITY_DAYS, help="How long a certificate is valid.")]
FolderArgument = Annotated[Path, typer.Argument(help="The folder of the certificates.", metavar="DIR")]


@commands.command("new", epilog="Example: tocsin kafka certificates new certificates --participant NL --broker kafka-1")
def new(
    target: FolderArgument,
    *,
    participant: Annotated[
        list[str] | None, typer.Option("--participant", "-p", help="Again for each.", metavar="CODE")
    ] = None,
    broker: Annotated[
        list[str] | None, typer.Option("--broker", help="The host of a broker; again for each.", metavar="HOST")
    ] = None,
    days: DaysOption = CERTIFICATE_DAYS,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="A federation: for the participants that have a node there.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make an exercise's authorities; certificates for brokers, the administrator, the hub and each participant."""
    here = () if folder is None else find_folder(folder).participants()
    codes = (*here, *(participant or ()))
    names = make_exercise(target, participants=codes, brokers=broker or ["localhost"], now=now(), days=days)
    output = Output(json=json)
    output.say(f"Certificates are in {target}: {', '.join(names)}.", style="bold")
    output.say("Each broker takes the files of its folder in brokers; docs/kafka.md says where they belong.")
    output.say("Whoever has the folder authorities can be anybody: take it away from machines that are reached.")
    output.document({"folder": str(target), "issued": names})


@commands.command("issue", epilog="Example: tocsin kafka certificates issue certificates NL --days 90")
def issue(
    target: FolderArgument,
    name: Annotated[str, typer.Argument(help="A participant, admin, or the host of a broker.", metavar="NAME")],
    *,
    days: DaysOption = CERTIFICATE_DAYS,
    json: JsonOption = False,
) -> None:
    """Issue one certificate, with a new key, in the place of the old one. Nodes read theirs without a restart."""
    own = ExerciseCertificates.load(target).issue(name, now=now(), days=days)
    output = Output(json=json)
    output.say(f"A new certificate of {name} is in {own}, for {counted(days, 'day')}.")
    output.say(
        "Who uses it reads a copy: put the files there, the key first. A broker has to be told, as docs/kafka.md says."
    )
    output.document({"folder": str(own), "issued": [name]})


@commands.command("give", epilog="Example: tocsin kafka certificates give certificates NL --folder exercise")
def give(
    target: FolderArgument,
    name: Annotated[str, typer.Argument(help="A participant with a node there, or X-HUB.", metavar="CODE")],
    *,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Put what was issued to a participant where its node reads it, the key first, and say so in its settings."""
    found, code = find_folder(folder), check_participant(name)
    if code != HUB:
        find_node(found, code)
    check_identities(target / IDENTITIES, [code])
    copy_identities(found, target / IDENTITIES, [code])
    output = Output(json=json)
    shows = code != HUB or load_federation(found).way_in.bus_identity == HUB_IDENTITY
    if shows:
        output.say(
            f"{'The hub' if code == HUB else f'The node of {code}'} shows the identity of {code} to the bus now."
        )
    else:
        output.say(
            f'It is in {HUB_IDENTITY}. The hub shows it once federation.toml says bus_identity = "{HUB_IDENTITY}".'
        )
    output.document({"given": code, "shown": shows})
