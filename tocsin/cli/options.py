"""Options that many commands share, and how their values are found."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from broker.errors import BrokerError, MissingFile
from broker.policy.vocabulary import nearest
from broker.types.names import Participant, check_participant, participant_of
from broker.types.vocabulary import Word
from tocsin import environment
from tocsin.folder import FederationFolder, open_folder
from tocsin.settings import EMBEDDED, read_bus

W = TypeVar("W", bound=Word)

FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", help="The federation's folder; else the variable TOCSIN_HOME.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AsAuthority = Annotated[str, typer.Option("--as", help="The authority you act for, like NL/customs.", metavar="NAME")]
AsParticipant = Annotated[str, typer.Option("--as", help="The participant you administrate, like NL.", metavar="CODE")]
BusOption = Annotated[
    str, typer.Option("--bus", help="Where messages travel: embedded, or a cluster.", metavar="kafka://HOST:PORT")
]
PlaintextOption = Annotated[
    bool, typer.Option("--allow-plaintext", help="Speak to the cluster in the clear; for one on this machine alone.")
]

IdentitiesOption = Annotated[
    Path | None,
    typer.Option(
        "--bus-identities",
        help="What each shows to the cluster: the folder that tocsin kafka certificates new has made.",
        metavar="DIR",
    ),
]


def check_bus(text: str, *, identities: Path | None, allow_plaintext: bool) -> None:
    """Check what ``--bus`` names, and that ``--bus-identities`` belongs to it.

    Raises:
        typer.BadParameter: It is no bus, or would be spoken to in the clear without anybody's having said so; or
            identities are given and there is nobody to show them to.
    """
    if text == EMBEDDED and identities is not None:
        raise typer.BadParameter("there is no cluster to show it to; add --bus", param_hint="--bus-identities")
    try:
        read_bus(text)
    except BrokerError as error:
        raise typer.BadParameter(str(error), param_hint="--bus") from None
    if text != EMBEDDED and identities is None and not allow_plaintext:
        says = f"{text} would be spoken to in the clear; add --bus-identities DIR, or --allow-plaintext"
        raise typer.BadParameter(says, param_hint="--bus")


def find_folder(folder: Path | None) -> FederationFolder:
    """Return the federation that ``--folder`` or ``TOCSIN_HOME`` names.

    Raises:
        MissingFile: Neither is given, or there is no federation.
    """
    named = folder or environment.overrides().get(environment.HOME)
    if not named:
        raise MissingFile(
            "no federation's folder is named",
            hint="Name it with --folder or TOCSIN_HOME, or make one: tocsin federation new DIR --participant NL",
        )
    return open_folder(Path(named))


def read_word(words: type[W], text: str, option: str) -> W:
    """Return the member of a vocabulary that an option spells.

    Raises:
        typer.BadParameter: None is spelt so.
    """
    if text not in words.words():
        raise typer.BadParameter(f"{text[:40]!r} is unknown; {nearest(text[:40], words.words())}", param_hint=option)
    return words.from_word(text)


def participant_in(name: str) -> Participant:
    """Return the participant in the name of an authority or a participant.

    Raises:
        BadName: It is no such name.
    """
    return check_participant(participant_of(name))
