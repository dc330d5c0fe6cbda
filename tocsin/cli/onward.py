"""``tocsin inbox forward | export | use-in-court``: what is done with a message beyond reading it."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from broker.types.vocabulary import Action, Purpose, Section, Tlp
from consumers.inbox import Withheld
from consumers.onward import Wanted
from tocsin.cli.inbox import MessageArgument, commands
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.exits import Exit
from tocsin.installation import open_node
from tocsin.onward import Order, Permitted, draft_forward, permit
from tocsin.onward_files import check_new, document, write_new
from tocsin.showing.items import banner, notice

UsePurpose = Annotated[
    str, typer.Option("--purpose", help=f"What for: {', '.join(Purpose.words())}. Goes on record.", metavar="WORD")
]
UseSection = Annotated[
    list[str] | None,
    typer.Option("--section", help="All of these or nothing; without: all that may be. Repeatable.", metavar="WORD"),
]
OutOption = Annotated[Path, typer.Option("--out", help="A new file; nothing is overwritten.", metavar="FILE")]


@commands.command(
    "forward",
    epilog="Example: tocsin inbox forward NL/customs/1#42 --as BE/police --to FR --purpose investigation",
)
def forward(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    to: Annotated[list[str], typer.Option("--to", help="To whom; may be repeated.", metavar="NAME")],
    purpose: UsePurpose,
    section: UseSection = None,
    tlp: Annotated[str | None, typer.Option("--tlp", help="A label narrower than its own.", metavar="LABEL")] = None,
    reference: Annotated[str, typer.Option("--reference", help="Your own case number.", metavar="TEXT")] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Pass a message on, with the signature of its author; recorded, and refused where that needs a grant."""
    label = None if tlp is None else read_word(Tlp, tlp, "--tlp")
    wanted = _wanted(Action.FORWARD, purpose, section, tuple(dict.fromkeys(to)))
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        order = Order(asyncio.run(node.check_authority(authority)), message, wanted)
        permitted = permit(node, order)
        _say_used(output, order, permitted)
        draft = draft_forward(node, order, permitted, tlp=label, reference=reference)
        publication, code = publish_one(node, order.reader, draft, output)
        output.document(publication)
    raise typer.Exit(code)


@commands.command(
    "export",
    epilog="Example: tocsin inbox export NL/customs/1#42 --as BE/police --purpose investigation --out case.json",
)
def export(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    purpose: UsePurpose,
    out: OutOption,
    section: UseSection = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a message to a file, marking first; recorded, and refused where that needs a grant."""
    _write(_wanted(Action.EXPORT, purpose, section), message, authority, out, folder, json=json)


@commands.command(
    "use-in-court",
    epilog="Example: tocsin inbox use-in-court NL/customs/1#42 --as BE/police --purpose investigation "
    '--case "Antwerp 2026/7" --out statement.json',
)
def use_in_court(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    purpose: UsePurpose,
    case: Annotated[str, typer.Option("--case", help="The proceedings that it is for.", metavar="TEXT")],
    out: OutOption,
    section: UseSection = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a statement for a court, with its proof; recorded, and refused where that needs a grant."""
    if not case.strip():
        raise typer.BadParameter("name the proceedings", param_hint="--case")
    _write(_wanted(Action.USE_IN_COURT, purpose, section), message, authority, out, folder, case=case, json=json)


def _write(
    wanted: Wanted,
    message: str,
    authority: str,
    out: Path,
    folder: Path | None,
    *,
    json: bool,
    case: str = "",
) -> None:
    output = Output(json=json)
    check_new(out)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        order = Order(asyncio.run(node.check_authority(authority)), message, wanted)
        permitted = permit(node, order)
        write_new(out, document(node, order, permitted, case=case))
        _say_used(output, order, permitted)
        output.say(f"Written: {out}. Its first lines say how it is to be handled.")
        output.document(_used_document(order, permitted) | {"file": str(out)})
    raise typer.Exit(Exit.DONE)


def _wanted(action: Action, purpose: str, section: list[str] | None, to: tuple[str, ...] = ()) -> Wanted:
    return Wanted(
        action=action,
        purpose=read_word(Purpose, purpose, "--purpose"),
        sections=tuple(dict.fromkeys(read_word(Section, word, "--section") for word in section or ())),
        recipients=to,
    )


def _say_used(output: Output, order: Order, permitted: Permitted) -> None:
    found, ruling = permitted.item, permitted.ruling
    if banner(found):
        output.say(banner(found), style="bold")
    if notice(found):
        output.say(notice(found), style="bold red")
    used = ", ".join(one.word for one in ruling.sections)
    output.say(f"Permitted: to {order.wanted.action.word} {used} of {found.message}, as decision {ruling.number}.")
    if ruling.grant is not None:
        output.say(f"It rests on the permission of {ruling.grant.by}, until {ruling.grant.until:%Y-%m-%d %H:%M} UTC.")
    for one in ruling.refused:
        output.say(f"Left out: {one.section.word}: {one.says} (rule {one.rule})")


def _used_document(order: Order, permitted: Permitted) -> dict[str, Any]:
    ruling = permitted.ruling
    return {
        "message": str(permitted.item.message),
        "action": order.wanted.action.word,
        "decision": ruling.number,
        "sections": [one.word for one in ruling.sections],
        "left_out": [_withheld(one) for one in ruling.refused],
        "grant": None if ruling.grant is None else ruling.grant.record.hex(),
    }


def _withheld(one: Withheld) -> dict[str, str]:
    return {"section": one.section.word, "rule": one.rule, "says": one.says}
