"""Options that many commands share, and how their values are found."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from broker.errors import MissingFile
from broker.policy.vocabulary import nearest
from broker.types.names import Participant, check_participant, participant_of
from broker.types.vocabulary import Word
from tocsin import environment
from tocsin.folder import FederationFolder, open_folder

W = TypeVar("W", bound=Word)

FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", help="The federation's folder; else the variable TOCSIN_HOME.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AsAuthority = Annotated[str, typer.Option("--as", help="The authority you act for, like NL/customs.", metavar="NAME")]
AsParticipant = Annotated[str, typer.Option("--as", help="The participant you administrate, like NL.", metavar="CODE")]


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
