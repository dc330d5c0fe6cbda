"""``tocsin case``: what is done in a case: match numbers and names, link, trace back, and what was asked before."""

import asyncio
from typing import Annotated

import typer

from broker.cases.terms import TermKind
from broker.database import reading
from broker.errors import BrokerError, InvalidRecord
from broker.limits import MATCH_QUESTIONS_WITHIN, MAX_MATCH_QUESTIONS
from broker.records.core import RelatedAs
from broker.records.inquiry import Urgency
from broker.types.vocabulary import Purpose
from producers.outbox import message_names
from producers.publish import Declined, take
from tocsin.asking.inquiring import draft_inquiry
from tocsin.asking.reach import reach_of
from tocsin.casework.backtracking import Tracing, tracing_inquiry
from tocsin.casework.joining import JOINED_AS, Joining, draft_joined
from tocsin.casework.matching import Question, match
from tocsin.casework.queries import askings, queries_of
from tocsin.casework.showing import (
    ASKING_COLUMNS,
    HIT_COLUMNS,
    QUERY_COLUMNS,
    asking_document,
    asking_row,
    hit_row,
    matching_document,
    query_document,
    query_row,
    whom_lines,
)
from tocsin.cli.case import commands, searching
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.moments import read_moment
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.cli.publish import flush, say_flush
from tocsin.cli.reading_back import count_here
from tocsin.cli.request import say_lost
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node, open_node
from tocsin.purging import purge_node
from tocsin.recalling import Retraction, find_target, retract
from tocsin.showing.asking import unread_lines
from tocsin.showing.plain import counted

_RELATIONS = ", ".join(one.word for one in JOINED_AS)


def _term_option(kind: TermKind, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{kind.word}", help=text, metavar="TEXT")
    return option


@commands.command(
    "match", epilog="Example: tocsin case match --container TOCU3054383 --as NL/customs --purpose investigation"
)
def match_(
    *,
    authority: AsAuthority,
    purpose: Annotated[
        str,
        typer.Option("--purpose", help=f"Why you ask; goes on record: {', '.join(Purpose.words())}.", metavar="WORD"),
    ],
    container: Annotated[str, _term_option(TermKind.CONTAINER, "The number of a container.")] = "",
    seal: Annotated[str, _term_option(TermKind.SEAL, "The number of a seal.")] = "",
    air_waybill: Annotated[str, _term_option(TermKind.AIR_WAYBILL, "The number of an air waybill.")] = "",
    telephone: Annotated[str, _term_option(TermKind.TELEPHONE, "With its country, like +31 …; to investigate.")] = "",
    company: Annotated[str, _term_option(TermKind.COMPANY, "The name of a company; to investigate.")] = "",
    registration: Annotated[str, _term_option(TermKind.REGISTRATION, "The number of a company; to investigate.")] = "",
    mark: Annotated[str, _term_option(TermKind.MARK, "What stands on goods: a mark, a logo.")] = "",
    lot: Annotated[str, _term_option(TermKind.LOT, "The number of a lot.")] = "",
    person: Annotated[str, typer.Option("--person", help="Who asks, as you call your people; goes on record.")] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say which messages a number or name stands in; of what is not yours to see only that it does, and whom to ask."""
    written = {
        TermKind.CONTAINER: container, TermKind.SEAL: seal, TermKind.AIR_WAYBILL: air_waybill,
        TermKind.TELEPHONE: telephone, TermKind.COMPANY: company, TermKind.REGISTRATION: registration,
        TermKind.MARK: mark, TermKind.LOT: lot,
    }  # fmt: skip
    asked = [(kind, text) for kind, text in written.items() if text]
    if len(asked) != 1:
        raise typer.BadParameter("name one of --container, --telephone, --company …", param_hint="case match")
    why = read_word(Purpose, purpose, "--purpose")
    output = Output(json=json)
    with searching(authority, folder) as (node, search, reader):
        ((kind, text),) = asked
        found = match(node, search, reader, Question(kind=kind, written=text, purpose=why, person=person))
        if found.hits:
            output.table(HIT_COLUMNS, (hit_row(one) for one in found.hits))
        output.lines(whom_lines(found, reader))
        matched = counted(len(found.hits), "message")
        output.say(f"It stands in {matched} that {reader} may see. The question is on record: tocsin case queries.")
        output.document(matching_document(found))


@commands.command("queries", epilog="Example: tocsin case queries --as NL/customs --folder exercise")
def queries(
    *,
    authority: AsAuthority,
    days: Annotated[bool, typer.Option("--days", help="How much each person asked on each day.")] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List what an authority has asked to match: when, who, why, and what came of it; never the number or name."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        reader = asyncio.run(node.check_authority(authority))
        with reading(node.engine) as connection:
            found = queries_of(connection, reader)
        by_day = tuple(askings(found)) if days else ()
        if by_day:
            output.table(ASKING_COLUMNS, map(asking_row, by_day))
        elif found:
            output.table(QUERY_COLUMNS, map(query_row, found))
        output.say(f"{counted(len(found), 'question')} on record.")
        hours = f"{MATCH_QUESTIONS_WITHIN.total_seconds() / 3600:.0f} hours"
        output.say(f"An authority may ask after {MAX_MATCH_QUESTIONS} different numbers and names in {hours}.")
        output.document([*map(asking_document, by_day)] if days else [*map(query_document, found)])


@commands.command(
    "link",
    epilog="Example: tocsin case link NL/customs/1#42 --to BE/police/1#7 --as-relation duplicates --as NL/customs",
)
def link(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    to: Annotated[str, typer.Option("--to", help="The other message.", metavar="MESSAGE")],
    relation: Annotated[str, typer.Option("--as-relation", help=f"What it is to it: {_RELATIONS}.", metavar="WORD")],
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say that a message of yours is another's second report, or part of it: by a correction that names the other."""
    word = read_word(RelatedAs, relation, "--as-relation")
    if word not in JOINED_AS:
        raise typer.BadParameter(f"{word.word} links no case; expected one of {_RELATIONS}", param_hint="--as-relation")
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        joining = draft_joined(node, author, message, other=to, relation=word)
        code = _join(node, joining, word, output)
    raise typer.Exit(code)


@commands.command("backtrack", epilog="Example: tocsin case backtrack NL/customs/1#42 --to CN --as NL/customs")
def backtrack(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    to: Annotated[str, typer.Option("--to", help="The country that shipped it, or an authority.", metavar="NAME")],
    urgency: Annotated[
        str, typer.Option("--urgency", help="urgent: 8 hours; normal: 3 days; routine: 7 days.", metavar="WORD")
    ] = Urgency.NORMAL.word,
    question: Annotated[str, typer.Option("--question", help="In your own words; no names here.", metavar="TEXT")] = "",
    answer_by: Annotated[str | None, typer.Option("--answer-by", help="Else the urgency says.", metavar="TIME")] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Ask the country that goods were sent from who shipped them, with what the case says of them."""
    tracing = Tracing(
        message=message,
        to=to,
        urgency=read_word(Urgency, urgency, "--urgency"),
        question=question,
        answer_by=read_moment(answer_by, "--answer-by"),
    )
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        asker = asyncio.run(node.check_authority(authority))
        inquiry = draft_inquiry(node, asker, tracing_inquiry(node, asker, tracing))
        reach = reach_of(node, inquiry.draft)
        output.lines(unread_lines(reach))
        say_lost(output, reach)
        publication, code = publish_one(node, asker, inquiry.draft, output)
        if code is Exit.DONE:
            count_here(node, output)
            output.say(f"Asked. Answers come with tocsin receive; then: tocsin case show {message} --as {asker}")
        output.document(publication)
    raise typer.Exit(code)


def _join(node: Node, joining: Joining, relation: RelatedAs, output: Output) -> Exit:
    author = joining.draft.authority
    (outcome,) = take(node.engine, lambda: [joining.draft], node.terms())
    if isinstance(outcome, Declined):
        raise InvalidRecord("; ".join(f"{one.field}: {one.message}" for one in outcome.problems))
    retraction = Retraction(
        target=find_target(node, author, str(joining.replaced.message)),
        by=author,
        reason=f"It {relation.word} another message, which its new version names.",
        replaced_by=outcome.national_reference,
    )
    retract(node, retraction)
    flushed = flush(node)
    say_flush(output, flushed)
    names = message_names(node.engine, author, [outcome.national_reference])
    new = names.get(outcome.national_reference)
    if not isinstance(flushed, BrokerError):
        purge_node(node)
        count_here(node, output)
    output.say(f"{joining.replaced.message} was replaced by {new or 'a record that is not sent yet'},")
    output.say(f"which says that it {relation.word} {joining.other.message}.")
    document = {
        "message": str(joining.replaced.message),
        "replaced_by": None if new is None else str(new),
        "relation": relation.word,
        "to": str(joining.other.message),
    }
    output.document(document)
    return exit_of(flushed) if isinstance(flushed, BrokerError) else Exit.DONE
