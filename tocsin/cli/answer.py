"""``tocsin answer``: answer a request for information, in whole, in part, or by asking for more time."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from broker.records.answer import AnswerOutcome
from broker.types.vocabulary import Tlp
from tocsin.asking.answering import (
    Replying,
    draft_answer,
    named_after,
    newest_answer,
    says_the_same,
    strangers,
)
from tocsin.asking.goods import Goods
from tocsin.asking.naming import named, recognised
from tocsin.asking.people_file import read_people
from tocsin.asking.reading import find_request
from tocsin.cataloguing import catalogue_at
from tocsin.cli.app import app
from tocsin.cli.moments import read_moment
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.cli.request import (
    ContainerOption,
    LanguageOption,
    MarkOption,
    ReferenceOption,
    RequestArgument,
    SubstanceOption,
)
from tocsin.exits import Exit
from tocsin.installation import Node, open_node
from tocsin.publishing import Publication, PublishedRow

OutcomeOption = Annotated[
    str, typer.Option("--outcome", help=f"One of {', '.join(AnswerOutcome.words())}.", metavar="WORD")
]
SaysOption = Annotated[
    str, typer.Option("--says", help="In words; no names of persons or companies here.", metavar="TEXT")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="With more-time: a day, to its end, or a time in UTC.", metavar="TIME")
]
AskNextOption = Annotated[
    list[str] | None,
    typer.Option("--ask-next", help="Who may know more, like TR or TR/customs; may be repeated.", metavar="NAME"),
]
PartyFileOption = Annotated[
    Path | None,
    typer.Option("--party-file", help="Persons and companies, as JSON; for investigations.", metavar="FILE"),
]
TlpOption = Annotated[
    str, typer.Option("--tlp", help="A narrower label than that of the request.", metavar="LABEL", show_default=False)
]


@app.command(
    "answer",
    epilog='Example: tocsin answer NL/customs/1#42 --as BE/customs --outcome answered --says "Sent from a store here; '
    'it came by sea from Mersin." --ask-next TR',
)
def answer(
    request: RequestArgument,
    *,
    authority: AsAuthority,
    outcome: OutcomeOption,
    says: SaysOption = "",
    until: UntilOption = None,
    ask_next: AskNextOption = None,
    substance: SubstanceOption = None,
    container: ContainerOption = None,
    mark: MarkOption = None,
    party_file: PartyFileOption = None,
    tlp: TlpOption = Tlp.CLEAR.word,
    language: LanguageOption = "",
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Answer a request that was addressed to you. Whoever asked gets it, and the focal points of its country."""
    replying = Replying(
        outcome=read_word(AnswerOutcome, outcome, "--outcome"),
        says=says,
        until=read_moment(until, "--until"),
        ask_next=tuple(dict.fromkeys(ask_next or ())),
        goods=Goods(substances=named(substance or ()), containers=tuple(container or ()), marks=tuple(mark or ())),
        people=read_people(party_file),
        tlp=read_word(Tlp, tlp, "--tlp"),
        language=language,
        reference=reference,
    )
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        publication, code = _answer(node, authority, request, replying, output)
        output.document(publication)
    raise typer.Exit(code)


def _answer(node: Node, authority: str, request: str, replying: Replying, output: Output) -> tuple[Publication, Exit]:
    answerer = asyncio.run(node.check_authority(authority))
    asked, desk = find_request(node, answerer, request)
    substances = recognised(replying.goods.substances, catalogue_at(node, answerer))
    replying = replace(replying, goods=replace(replying.goods, substances=substances))
    draft = draft_answer(node, answerer, asked, replying)
    before = newest_answer(desk, answerer, asked)
    if before is not None and says_the_same(before, draft):
        output.say(f"You answered this before: {before.message}. Nothing new is sent.", style="bold")
        row = PublishedRow(0, str(before.message), draft.national_reference)
        return Publication((), (), (row,)), Exit.DONE
    publication, code = publish_one(node, answerer, draft if replying.reference else named_after(draft, before), output)
    if code is Exit.DONE:
        count_here(node, output)
        output.say(f"Answered: it goes to {', '.join(draft.core.marking.recipients)}.")
        for name in strangers(node, answerer, replying.ask_next):
            output.say(f"{name} takes no part here: whoever asks it next has to find another way.")
    return publication, code
