"""``tocsin request``: ask others with a clock, see what is asked, answered, overdue and met with silence."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins
from msgspec.structs import replace

from broker.records.inquiry import InquiryType, Urgency
from broker.types.vocabulary import Purpose, Tlp
from tocsin.asking.goods import Goods
from tocsin.asking.ground import is_of_others
from tocsin.asking.inquiring import Inquiring, draft_inquiry, find_asked
from tocsin.asking.known import learn_of
from tocsin.asking.naming import amounts, named, places, recognised
from tocsin.asking.people_file import read_people
from tocsin.asking.reach import Reach, reach_of
from tocsin.asking.reading import Asked, find_beginning, find_request, load_desk
from tocsin.cataloguing import catalogue_at
from tocsin.cli.app import app
from tocsin.cli.moments import read_moment
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit
from tocsin.installation import Node, open_node
from tocsin.naming import names_in
from tocsin.publishing import Publication, PublishedRow
from tocsin.showing.asking import (
    REACH_COLUMNS,
    REQUEST_COLUMNS,
    asked_lines,
    chain_document,
    chain_lines,
    reach_document,
    reach_rows,
    request_document,
    request_rows,
    unread_lines,
)
from tocsin.showing.items import banner, title
from tocsin.showing.plain import counted
from tocsin.showing.records import lines

commands = typer.Typer(
    no_args_is_help=True,
    help="Requests for information with a clock: ask, list, show. Leave to use a message is asked by tocsin grant.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="request")

TypeOption = Annotated[str, typer.Option("--type", help=f"One of {', '.join(InquiryType.words())}.", metavar="WORD")]
QuestionOption = Annotated[
    str, typer.Option("--question", help="In words; no names of persons or companies here.", metavar="TEXT")
]
ToOption = Annotated[
    list[str] | None,
    typer.Option("--to", help="A participant, or one of its authorities; may be repeated.", metavar="NAME"),
]
AboutOption = Annotated[
    str, typer.Option("--about", help="The message that it is about, like NL/customs/1#42.", metavar="MESSAGE")
]
FollowsOption = Annotated[
    str, typer.Option("--follows", help="The answer that said whom to ask next.", metavar="ANSWER")
]
UrgencyOption = Annotated[
    str, typer.Option("--urgency", help="urgent: 8 hours; normal: 3 days; routine: 7 days.", metavar="WORD")
]
AnswerByOption = Annotated[
    str | None,
    typer.Option("--answer-by", help="A day, to its end, or a time in UTC; else the urgency says.", metavar="TIME"),
]
PurposeOption = Annotated[str, typer.Option("--purpose", help=f"One of {', '.join(Purpose.words())}.", metavar="WORD")]
SubstanceOption = Annotated[
    list[str] | None, typer.Option("--substance", help="As written; may be repeated.", metavar="TEXT")
]
QuantityOption = Annotated[
    list[str] | None, typer.Option("--quantity", help="As written, like '1000 kg'; may be repeated.", metavar="AMOUNT")
]
PlaceOption = Annotated[
    list[str] | None,
    typer.Option("--place", help="As written, the country's code first: TR Mersin; may be repeated.", metavar="PLACE"),
]
LotOption = Annotated[str, typer.Option("--lot", help="The number of the lot.", metavar="TEXT")]
ContainerOption = Annotated[
    list[str] | None, typer.Option("--container", help="For law enforcement alone; may be repeated.", metavar="NUMBER")
]
MarkOption = Annotated[
    list[str] | None, typer.Option("--mark", help="What stood on the goods; may be repeated.", metavar="TEXT")
]
PartyFileOption = Annotated[
    Path | None,
    typer.Option("--party-file", help="Persons and companies, as JSON; for investigations.", metavar="FILE"),
]
TlpOption = Annotated[str, typer.Option("--tlp", help="AMBER, or narrower or wider.", metavar="LABEL")]
LanguageOption = Annotated[str, typer.Option("--language", help="Of the text, like en or zh-Hant.", metavar="TAG")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="Your own; else one is made.", metavar="TEXT")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show who would read which part of it; send nothing.")]
RequestArgument = Annotated[str, typer.Argument(help="The request, like NL/customs/1#42.", metavar="REQUEST")]


@commands.command(
    "new",
    epilog="Example: tocsin request new --as NL/customs --type backtracking --to BE --about NL/customs/1#42 "
    '--lot L-77 --question "Who sent the drums with this lot?" --urgency urgent --purpose investigation',
)
def new(
    *,
    authority: AsAuthority,
    type_: TypeOption,
    question: QuestionOption,
    purpose: PurposeOption,
    to: ToOption = None,
    about: AboutOption = "",
    follows: FollowsOption = "",
    urgency: UrgencyOption = Urgency.NORMAL.word,
    answer_by: AnswerByOption = None,
    substance: SubstanceOption = None,
    quantity: QuantityOption = None,
    place: PlaceOption = None,
    lot: LotOption = "",
    container: ContainerOption = None,
    mark: MarkOption = None,
    party_file: PartyFileOption = None,
    tlp: TlpOption = Tlp.AMBER.word,
    language: LanguageOption = "",
    reference: ReferenceOption = "",
    dry_run: DryRunOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Ask others for information. The clock begins now; a participant's name reaches all its authorities."""
    asking = Inquiring(
        inquiry_type=read_word(InquiryType, type_, "--type"),
        to=tuple(dict.fromkeys(to or ())),
        question=question,
        urgency=read_word(Urgency, urgency, "--urgency"),
        purpose=read_word(Purpose, purpose, "--purpose"),
        about=about,
        follows=follows,
        answer_by=read_moment(answer_by, "--answer-by"),
        lot=lot,
        goods=Goods(
            substances=named(substance or ()), quantities=amounts(quantity or (), language),
            places=places(place or ()), containers=tuple(container or ()), marks=tuple(mark or ()),
        ),
        people=read_people(party_file),
        tlp=read_word(Tlp, tlp, "--tlp"),
        language=language,
        reference=reference,
    )  # fmt: skip
    with open_node(find_folder(folder), participant_in(authority)) as node:
        code = _ask(node, authority, asking, Output(json=json), dry_run=dry_run)
    raise typer.Exit(code)


@commands.command("list", epilog="Example: tocsin request list --as NL/customs --overdue --folder exercise")
def list_(
    *,
    authority: AsAuthority,
    only_open: Annotated[bool, typer.Option("--open", help="Only those to which an answer is owed.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time has come.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that the authority asked.")] = False,
    to_me: Annotated[bool, typer.Option("--to-me", help="Only those that it may answer.")] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List the requests that an authority may see, with their clocks."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader, now = asyncio.run(node.check_authority(authority)), node.clock()
        found = [
            one
            for one in load_desk(node, reader).requests
            if (one.state.is_open or not only_open)
            and (one.state.is_overdue(now) or not overdue)
            and (one.is_mine or not mine)
            and (one.is_to_me or not to_me)
        ]
        _say_list(output, node, found, authority)
        names = names_in(node, reader, [one.item for one in found])
        output.document([request_document(one, node.directory, names, now) for one in found])


@commands.command("show", epilog="Example: tocsin request show NL/customs/1#42 --as NL/customs")
def show(
    request: RequestArgument, *, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Show a request: its clock, who has answered, who is silent, whom to call, and the chain that it is part of."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader, now = asyncio.run(node.check_authority(authority)), node.clock()
        asked, desk = find_request(node, reader, request)
        names = {**names_in(node, reader, [asked.item, *desk.items]), **desk.names()}
        links = desk.chain(asked.item.original)
        if banner(asked.item):
            output.say(banner(asked.item), style="bold")
        output.say(title(asked.item), style="bold")
        output.lines(asked_lines(asked, node.directory, now))
        output.lines(lines(asked.core, names))
        output.say("Chain:", style="bold")
        beginning = find_beginning(node, reader, links)
        output.lines(chain_lines(links, desk, beginning, names, here=asked.item.original))
        _say_next(output, asked, authority)
        document = request_document(asked, node.directory, names, now)
        output.document({**document, "chain": chain_document(links, names)})


def _ask(node: Node, authority: str, asking: Inquiring, output: Output, *, dry_run: bool) -> Exit:
    asker = asyncio.run(node.check_authority(authority))
    asyncio.run(learn_of(node, asker, asking.to))
    substances = recognised(asking.goods.substances, catalogue_at(node, asker))
    asking = replace(asking, goods=replace(asking.goods, substances=substances))
    inquiry = draft_inquiry(node, asker, asking)
    before = None if asking.reference else find_asked(load_desk(node, asker), inquiry.draft)
    if before is not None:
        name = str(before.item.message)
        output.say(f"You asked this before, and it is open: {name}. Nothing new is sent.", style="bold")
        known = Publication((), (), (PublishedRow(0, name, before.core.national_reference),))
        output.document({**to_builtins(known), "reach": []})
        return Exit.DONE
    if is_of_others(inquiry.ground, asker):
        output.say("You ask about what others reported: what you say of it yourself is under its author's marking.")
    reach = reach_of(node, inquiry.draft)
    if dry_run:
        output.table(REACH_COLUMNS, reach_rows(reach))
        say_lost(output, reach)
        output.say("Nothing is sent.")
        output.document({"national_reference": inquiry.draft.national_reference, "reach": reach_document(reach)})
        return Exit.DONE
    output.lines(unread_lines(reach))
    say_lost(output, reach)
    publication, code = publish_one(node, asker, inquiry.draft, output)
    if code is Exit.DONE:
        count_here(node, output)
        output.say(f"Asked. Answers come with tocsin receive; then: tocsin request list --mine --as {asker}")
    output.document({**to_builtins(publication), "reach": reach_document(reach)})
    return code


def say_lost(output: Output, reach: Iterable[Reach]) -> None:
    """Say which parts of a request nobody of those whom it asks will be able to read."""
    for one in reach:
        if one.is_lost:
            says = f"Nobody of {one.to} will be able to read the {one.section.word} section."
            output.say(says, style="bold")


def _say_list(output: Output, node: Node, found: list[Asked], authority: str) -> None:
    for text in dict.fromkeys(filter(None, (banner(one.item) for one in found))):
        output.say(text, style="bold")
    if not found:
        output.say(f"No such requests for {authority}. Has the node received? tocsin receive --as {authority}")
        return
    output.table(REQUEST_COLUMNS, request_rows(found, node.clock()))
    last = found[-1].item.message
    output.say(f"{counted(len(found), 'request')}. Next: tocsin request show {last} --as {authority}")


def _say_next(output: Output, asked: Asked, authority: str) -> None:
    message = asked.item.message
    if len(asked.item.sections) > 1:
        output.say(f"More of it: tocsin inbox show {message} --as {authority} --purpose {asked.core.purpose.word}")
    if asked.is_to_me and asked.state.is_open:
        output.say(f"To answer: tocsin answer {message} --as {authority} --outcome answered --says TEXT")
