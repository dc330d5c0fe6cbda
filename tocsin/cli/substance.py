"""``tocsin substance``: what a name means, what is known of a substance, and its status on a day."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from broker.catalogue import Catalogue, Certainty, Match, shipped_catalogue
from broker.catalogue.shipped import shipped_text
from tocsin.cataloguing import (
    MistakenEdition,
    ReceivedEdition,
    catalogue_at,
    draft_edition,
    load_edition,
    received_editions,
)
from tocsin.cli.app import app
from tocsin.cli.moments import read_day
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.exits import Exit
from tocsin.installation import now, open_node
from tocsin.publishing import Publication, RefusedLine
from tocsin.showing.plain import plain
from tocsin.substances import (
    MOST,
    editions_used,
    find_substance,
    match_document,
    match_rows,
    standing_rows,
    status_document,
    substance_document,
    substance_lines,
    unknown,
)

commands = typer.Typer(
    no_args_is_help=True,
    help="The substance catalogue: names, numbers, and the status under each scheme as of a date.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="substance")

_CANDIDATES: Final = ("id", "name", "likeness", "why")
_STATUS: Final = ("scheme", "class", "from", "to", "instrument", "certainty")
_EDITIONS: Final = ("issuer", "edition", "issued on", "message", "signer", "assurance", "counts")
_PROVE: Final = "tocsin audit prove {message} --as {reader} --purpose {purpose} --out edition.zip"
_TextArgument = Annotated[
    str, typer.Argument(help="A name as written, in any script, a CAS number, or our identifier.")
]
_ReaderOption = Annotated[
    str | None,
    typer.Option("--as", help="By the editions that this authority has received.", metavar="NAME", show_default=False),
]
_DayOption = Annotated[
    str | None, typer.Option("--on", help="The day that is asked about; else today.", metavar="YYYY-MM-DD")
]
_MostOption = Annotated[int, typer.Option("--most", help="Candidates that are shown.", min=1, max=50)]


@commands.command("find", epilog="Example: tocsin substance find 'anhídrido acético'")
def find(
    text: _TextArgument,
    *,
    most: _MostOption = MOST,
    authority: _ReaderOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Find what a name may mean. Nothing is picked where two substances may be meant."""
    output = Output(json=json)
    with _catalogue(authority, folder) as catalogue:
        found = find_substance(catalogue, text, most=most)
        output.document(match_document(found))
        _say_match(output, found)
        _refuse_unknown(catalogue, found)


@commands.command("show", epilog="Example: tocsin substance show KMNO4")
def show(
    key: Annotated[str, typer.Argument(help="Our identifier, or a name that is surely its own.", metavar="ID")],
    *,
    authority: _ReaderOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show all that is known of a substance, how sure it is, where it comes from, and the history of its status."""
    output = Output(json=json)
    with _catalogue(authority, folder) as catalogue:
        found = find_substance(catalogue, key)
        _refuse_unknown(catalogue, found)
        if found.certainty is not Certainty.EXACT or found.substance is None:
            _say_match(output, found)
            raise typer.BadParameter("name one substance by its identifier", param_hint="ID")
        substance = catalogue.substance(found.substance)
        output.document(substance_document(catalogue, substance))
        output.say(plain(catalogue.name_of(substance.id)), style="bold")
        output.lines(substance_lines(catalogue, substance))
        _say_editions(output, catalogue)


@commands.command("status", epilog="Example: tocsin substance status 'PMK ethyl glycidate' --on 2022-05-01")
def status(
    name: _TextArgument,
    *,
    on: _DayOption = None,
    authority: _ReaderOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say under which schemes a substance was listed on a day, and how sure that is."""
    output, day = Output(json=json), read_day(on, "--on") or now().date()
    with _catalogue(authority, folder) as catalogue:
        found = find_substance(catalogue, name)
        output.document(status_document(catalogue, found, day))
        _refuse_unknown(catalogue, found)
        _say_match(output, found)
        for key in [found.substance] if found.substance else [one.id for one in found.candidates]:
            output.say(f"{plain(catalogue.name_of(key))} ({key}) on {day}:", style="bold")
            output.table(_STATUS, standing_rows(catalogue, key, day))
        _say_editions(output, catalogue)


@commands.command("publish", epilog="Example: tocsin substance publish list.json --as NL/regulator --folder exercise")
def publish(
    file: Annotated[Path | None, typer.Argument(help="The edition, as JSON.", metavar="FILE")] = None,
    *,
    authority: AsAuthority,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="The edition that ships with this program; for X-HUB/catalogue.")
    ] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Publish an edition, to everybody: the international one as X-HUB/catalogue, a national list as its regulator."""
    if (file is None) is not shipped:
        raise typer.BadParameter("name one: a file, or --shipped", param_hint="FILE")
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        text = shipped_text().encode() if file is None else load_edition(file)
        draft = draft_edition(node, author, text)
        if isinstance(draft, MistakenEdition):
            code = _say_mistakes(output, draft)
        else:
            publication, code = publish_one(node, author, draft, output)
            output.document(publication)
    raise typer.Exit(code)


@commands.command("editions", epilog="Example: tocsin substance editions --as BE/police --folder exercise")
def editions(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the editions that an authority has received, who signed each, and whether it counts."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        received = received_editions(node, reader)
        catalogue = catalogue_at(node, reader)
        if received:
            output.table(_EDITIONS, (_edition_row(one) for one in received))
        else:
            output.say(f"No editions are here for {authority}. Has the node received? tocsin receive --as {authority}")
        _say_editions(output, catalogue)
        if received:
            output.say("What was listed then is proved by its edition in the log:")
            purposes = [one.purposes for one in node.directory.authorities(node.clock()) if one.authority == reader]
            purpose = next((one.word for several in purposes for one in several), "regulation")
            output.command(_PROVE.format(message=received[-1].item.message, reader=reader, purpose=purpose))
        output.document({"editions": [_edition_document(one) for one in received], "in_use": editions_used(catalogue)})


@contextmanager
def _catalogue(authority: str | None, folder: Path | None) -> Iterator[Catalogue]:
    """Give the catalogue that ships, or the one that *authority* has."""
    if authority is None and folder is not None:
        raise typer.BadParameter("name whose editions: --as NAME; or leave --folder out", param_hint="--folder")
    if authority is None:
        yield shipped_catalogue()
        return
    with open_node(find_folder(folder), participant_in(authority)) as node:
        yield catalogue_at(node, asyncio.run(node.check_authority(authority)))


def _refuse_unknown(catalogue: Catalogue, found: Match) -> None:
    """Raise what says that nothing is called so.

    Raises:
        UnknownSubstance: Nothing is.
    """
    if found.certainty is Certainty.NONE:
        raise unknown(catalogue, found.written)


def _say_match(output: Output, found: Match) -> None:
    if found.certainty is Certainty.NONE:
        return
    output.say(_SAYS[found.certainty].format(text=plain(found.written)))
    if found.candidates:
        output.table(_CANDIDATES, match_rows(found))


def _say_editions(output: Output, catalogue: Catalogue) -> None:
    used = ", ".join(f"{one.issuer} {one.edition} of {one.issued_on}" for one in catalogue.editions)
    output.say(f"By {'the edition' if len(catalogue.editions) == 1 else 'the editions'} {plain(used)}.")


def _say_mistakes(output: Output, mistaken: MistakenEdition) -> Exit:
    for one in mistaken.problems:
        output.say(f"Refused, {one.code}: {plain(one.field)}: {plain(one.message)}", style="bold")
    output.document(Publication((), (RefusedLine(0, mistaken.problems),), ()))
    return Exit.REFUSED


def _edition_row(one: ReceivedEdition) -> tuple[str, ...]:
    document = _edition_document(one)
    heard = "yes" if not one.unheard else f"no: {one.unheard}"
    named = ("issuer", "edition", "issued_on", "message", "signer", "assurance")
    return (*(str(document[name]) for name in named), heard)


def _edition_document(one: ReceivedEdition) -> dict[str, Any]:
    return {
        "issuer": one.core.issuer,
        "edition": one.core.edition,
        "issued_on": one.core.issued_on,
        "message": str(one.item.message),
        "signer": one.item.originator,
        "keys": [key.hex() for key in one.item.signers],
        "assurance": one.item.standing.assurance.value,
        "counts": not one.unheard,
        "says": one.unheard,
    }


_SAYS: Final = {
    Certainty.EXACT: "{text} is:",
    Certainty.CLOSE: "{text} is most likely:",
    Certainty.WEAK: "{text} is no name; it may mean:",
    Certainty.AMBIGUOUS: "{text} may mean any of these; nothing is picked:",
}
