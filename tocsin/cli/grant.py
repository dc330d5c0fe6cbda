"""``tocsin grant``: ask for permission, see what is asked and held, give it, refuse it or take it back."""

import asyncio
from datetime import datetime
from typing import Annotated, NamedTuple

import typer

from broker.errors import BrokerError
from broker.records.grant import GrantCore, GrantOutcome
from broker.types.names import Originator, check_authority
from broker.types.vocabulary import Action, Purpose, Section
from consumers.grants import Desk
from producers.draft import Draft
from tocsin.cli.app import app
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.moments import read_moment
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output, report_error
from tocsin.exits import Exit
from tocsin.granting import (
    AnsweredBefore,
    Grantee,
    Leave,
    Narrowing,
    desk,
    draft_answer,
    draft_grant,
    draft_request,
    find_answer,
)
from tocsin.installation import Node, open_node
from tocsin.publishing import Publication, PublishedRow
from tocsin.showing.desk import ANSWERED_COLUMNS, ASKED_COLUMNS, answered_rows, asked_rows, desk_document

commands = typer.Typer(
    no_args_is_help=True,
    help="Permission to use a message otherwise than its marking says: ask, list, give, refuse.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="grant")

_ACTIONS = ", ".join(Action.words())
ActionOption = Annotated[str | None, typer.Option("--action", help=f"What for: {_ACTIONS}.", metavar="WORD")]
SectionOption = Annotated[
    list[str] | None, typer.Option("--section", help=f"May be repeated: {', '.join(Section.words())}.", metavar="WORD")
]
ToOption = Annotated[
    list[str] | None, typer.Option("--to", help="To whom it would be passed on; may be repeated.", metavar="NAME")
]
PurposeOption = Annotated[
    str | None, typer.Option("--purpose", help=f"One of {', '.join(Purpose.words())}.", metavar="WORD")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="A day, to its end, or a time: 2026-05-01, 2026-05-01T12:00Z.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="In words, for whoever reads it.", metavar="TEXT")]
RequestArgument = Annotated[
    str | None, typer.Argument(help="The request, like BE/police/1#7; or name --message.", metavar="REQUEST")
]
MessageOption = Annotated[
    str | None, typer.Option("--message", help="The message, where nobody asked.", metavar="MESSAGE")
]
GranteeOption = Annotated[
    str | None, typer.Option("--grantee", help="The authority, where nobody asked.", metavar="NAME")
]


@commands.command(
    "request",
    epilog="Example: tocsin grant request NL/customs/1#42 --as BE/police --action forward --section core --to FR "
    '--purpose investigation --until 2030-05-01 --reason "The drums went on to Lille."',
)
def request(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    action: ActionOption = None,
    section: SectionOption = None,
    to: ToOption = None,
    purpose: PurposeOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the author of a message, and its focal points, for permission."""
    leave = _leave(_Words(action, section, to, purpose, until), reason)
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        asker = asyncio.run(node.check_authority(authority))
        draft = draft_request(node, asker, message, leave)
        publication, code = publish_one(node, asker, draft, output)
        if code is Exit.DONE:
            output.say(f"Asked. The answer comes with tocsin receive; then: tocsin grant list --as {asker}")
        output.document(publication)
    raise typer.Exit(code)


@commands.command("list", epilog="Example: tocsin grant list --as NL/customs --folder exercise")
def list_(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List what an authority is asked, has asked, may do and has permitted, with ends."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        found = desk(node, asyncio.run(node.check_authority(authority)))
        _say_desk(output, found, authority, node.clock())
        output.document(desk_document(found, node.clock()))


@commands.command("give", epilog="Example: tocsin grant give BE/police/1#7 --as NL/customs --until 2030-04-15")
def give(
    asked: RequestArgument = None,
    *,
    authority: AsAuthority,
    message: MessageOption = None,
    grantee: GranteeOption = None,
    action: ActionOption = None,
    section: SectionOption = None,
    to: ToOption = None,
    purpose: PurposeOption = None,
    until: UntilOption = None,
    reason: ReasonOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Give what was asked, or less of it; or give without being asked. Keys that are needed go out with it."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        giver = asyncio.run(node.check_authority(authority))
        if _is_asked(asked, message, grantee):
            if action is not None or purpose is not None:
                says = "action and purpose are those of the request; to give others, name --message and --grantee"
                raise typer.BadParameter(says, param_hint="REQUEST")
            narrowing = Narrowing(
                sections=_sections(section) or None,
                recipients=tuple(to or ()) or None,
                until=read_moment(until, "--until"),
                reason=reason,
            )
            draft = draft_answer(node, giver, asked or "", GrantOutcome.GRANTED, narrowing)
        else:
            leave = _leave(_Words(action, section, to, purpose, until), reason)
            draft = draft_grant(node, giver, message or "", _grantee(grantee, GrantOutcome.GRANTED, leave))
        code = _answer(node, giver, draft, output, asked)
    raise typer.Exit(code)


@commands.command("refuse", epilog='Example: tocsin grant refuse BE/police/1#7 --as NL/customs --reason "Not now."')
def refuse(
    asked: RequestArgument = None,
    *,
    authority: AsAuthority,
    message: MessageOption = None,
    grantee: GranteeOption = None,
    action: ActionOption = None,
    section: SectionOption = None,
    to: ToOption = None,
    purpose: PurposeOption = None,
    reason: ReasonOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Refuse what was asked; or take back what was granted."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        giver = asyncio.run(node.check_authority(authority))
        if _is_asked(asked, message, grantee):
            draft = draft_answer(node, giver, asked or "", GrantOutcome.REFUSED, Narrowing(reason=reason))
        else:
            leave = _leave(_Words(action, section, to, purpose, None), reason, ends=False)
            draft = draft_grant(node, giver, message or "", _grantee(grantee, GrantOutcome.REFUSED, leave))
        code = _answer(node, giver, draft, output, asked)
    raise typer.Exit(code)


def _sections(words: list[str] | None) -> tuple[Section, ...]:
    """Return the sections that options name, each once.

    Raises:
        typer.BadParameter: One is spelt otherwise.
    """
    return tuple(dict.fromkeys(read_word(Section, word, "--section") for word in words or ()))


def _answer(node: Node, giver: Originator, draft: Draft, output: Output, asked: str | None) -> Exit:
    before = find_answer(node, draft)
    if before is None:
        publication, code = publish_one(node, giver, draft, output)
    else:
        publication, code = _say_before(output, draft, before, asked), Exit.DONE
    if code is Exit.DONE:
        code = asyncio.run(_release(node, output))
    output.document(publication)
    return code


def _say_before(output: Output, draft: Draft, before: AnsweredBefore, asked: str | None) -> Publication:
    is_given = isinstance(draft.core, GrantCore) and draft.core.outcome is GrantOutcome.GRANTED
    word = "given" if is_given else "refused"
    output.say(f"{asked or 'This'} was {word} before: message {before.message}. Nothing new is sent.", style="bold")
    return Publication((), (), (PublishedRow(0, str(before.message), before.national_reference),))


async def _release(node: Node, output: Output) -> Exit:
    """Let the node read its own answer, by which it decides who may have keys, and send those that are wanted now."""
    try:
        async with node.bus() as bus:
            await node.receiver(bus).receive()
            report = await node.flusher(bus).flush()
    except BrokerError as error:
        output.say("The answer is sent. Keys that it needs are not yet: tocsin publish or receive tries again.")
        report_error(error)
        return Exit.DONE
    if report.released:
        output.say("The keys that are needed are sent.")
    return Exit.DONE


def _is_asked(asked: str | None, message: str | None, grantee: str | None) -> bool:
    """Say whether an answer is to a request; else message and grantee have to be named.

    Raises:
        typer.BadParameter: Both, or neither.
    """
    if (asked is None) == (message is None) or (asked is not None and grantee is not None):
        raise typer.BadParameter("name the request; or, where nobody asked, --message and --grantee")
    if asked is None and grantee is None:
        raise typer.BadParameter("name the authority that it is for", param_hint="--grantee")
    return asked is not None


def _grantee(name: str | None, outcome: GrantOutcome, leave: Leave) -> Grantee:
    return Grantee(check_authority(name or ""), outcome, leave)


class _Words(NamedTuple):
    """What the options say of a use, as they were typed."""

    action: str | None
    section: list[str] | None
    to: list[str] | None
    purpose: str | None
    until: str | None


def _leave(words: _Words, reason: str, *, ends: bool = True) -> Leave:
    """Return what the options ask for.

    Raises:
        typer.BadParameter: One is missing, or no word that we know.
    """
    action, section, to, purpose, until = words
    if action is None or purpose is None or not section:
        raise typer.BadParameter("say what for: --action, --section and --purpose")
    if ends and until is None:
        raise typer.BadParameter("permission has an end: name it", param_hint="--until")
    return Leave(
        action=read_word(Action, action, "--action"),
        sections=_sections(section),
        purposes=(read_word(Purpose, purpose, "--purpose"),),
        recipients=tuple(to or ()),
        until=read_moment(until, "--until"),
        reason=reason,
    )


def _say_desk(output: Output, found: Desk, authority: str, now: datetime) -> None:
    if found.open:
        output.say("Asked of you, and not answered:", style="bold")
        output.table(ASKED_COLUMNS, asked_rows(found.open))
        first = found.open[0].item.message
        output.say(f"Next: tocsin grant give {first} --as {authority}, or tocsin grant refuse {first} --as {authority}")
    if found.asked:
        output.say("Asked by you:", style="bold")
        output.table(ASKED_COLUMNS, asked_rows(found.asked))
    for title, several in (("Answers to you:", found.held), ("Answered by you:", found.given)):
        if several:
            output.say(title, style="bold")
            output.table(ANSWERED_COLUMNS, answered_rows(several, now))
    if not (found.open or found.asked or found.held or found.given):
        output.say(f"No requests and no grants for {authority}. Has the node received? tocsin receive --as {authority}")
