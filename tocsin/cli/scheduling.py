"""``tocsin scheduling``: propose, decide, notify and implement; see how far each country is as of a day."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from broker.records.scheduling import SchedulingStage
from broker.types.vocabulary import Tlp
from tocsin.asking.naming import named, recognised
from tocsin.cataloguing import catalogue_at
from tocsin.cli.app import app
from tocsin.cli.moments import read_day
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit
from tocsin.installation import open_node
from tocsin.scheduling.drafting import Step, draft_step
from tocsin.scheduling.reading import countries, find_decision, load_steps
from tocsin.showing.items import banner
from tocsin.showing.plain import counted
from tocsin.showing.scheduling import (
    COUNTRY_COLUMNS,
    DECISION_COLUMNS,
    country_rows,
    decision_document,
    decision_lines,
    decision_rows,
    states_of,
)

commands = typer.Typer(
    no_args_is_help=True,
    help="How substances come under control: proposals, decisions, and what each country has made of them.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="scheduling")

SchemeOption = Annotated[
    str, typer.Option("--scheme", help="UN-1988, or a national one called after its country.", metavar="NAME")
]
SubstanceOption = Annotated[
    list[str] | None, typer.Option("--substance", help="As written; may be repeated.", metavar="TEXT")
]
FromClassOption = Annotated[str, typer.Option("--from-class", help="The class until now, like II.", metavar="CLASS")]
ToClassOption = Annotated[str, typer.Option("--to-class", help="The class from now on, like I.", metavar="CLASS")]
InstrumentOption = Annotated[
    str, typer.Option("--instrument", help="The decision, law or order, like CND 65/4.", metavar="TEXT")
]
RemarksOption = Annotated[str, typer.Option("--remarks", help="In words.", metavar="TEXT")]
DecidedOption = Annotated[str, typer.Option("--decided-on", help="Like 2026-03-15.", metavar="DATE")]
NotifiedOption = Annotated[str, typer.Option("--notified-on", help="Like 2026-05-27.", metavar="DATE")]
EffectiveOption = Annotated[
    str | None,
    typer.Option("--effective-on", help="Else, for UN-1988, 180 days after the notification.", metavar="DATE"),
]
TlpOption = Annotated[str, typer.Option("--tlp", help="CLEAR, as law is; or narrower.", metavar="LABEL")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="Your own; else one is made.", metavar="TEXT")]
OnOption = Annotated[str | None, typer.Option("--on", help="As of which day; else today.", metavar="DATE")]
DecisionArgument = Annotated[str, typer.Argument(help="The decision, like X-INCB/board/1#3.", metavar="DECISION")]
ProposalArgument = Annotated[
    str, typer.Argument(help="The proposal that is decided, where one is here.", metavar="PROPOSAL", show_default=False)
]


@commands.command(
    "propose",
    epilog="Example: tocsin scheduling propose --as NL/regulator --scheme UN-1988 --substance 4-AP --to-class I",
)
def propose(
    *,
    authority: AsAuthority,
    scheme: SchemeOption = "UN-1988",
    substance: SubstanceOption = None,
    from_class: FromClassOption = "",
    to_class: ToClassOption = "",
    instrument: InstrumentOption = "",
    remarks: RemarksOption = "",
    tlp: TlpOption = Tlp.GREEN.word,
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Propose to schedule a substance, or to move it, or to take it off. Anybody may."""
    step = Step(
        stage=SchedulingStage.PROPOSAL,
        scheme=scheme,
        substances=named(substance or ()),
        from_class=from_class,
        to_class=to_class,
        instrument=instrument,
        remarks=remarks,
        tlp=read_word(Tlp, tlp, "--tlp"),
        reference=reference,
    )
    _publish(authority, folder, step, Output(json=json))


@commands.command(
    "decide",
    epilog="Example: tocsin scheduling decide NL/regulator/1#7 --as X-HUB/catalogue --decided-on 2026-03-15 "
    '--instrument "CND 69/1"',
)
def decide(
    proposal: ProposalArgument = "",
    *,
    authority: AsAuthority,
    decided_on: DecidedOption,
    instrument: InstrumentOption,
    scheme: SchemeOption = "",
    substance: SubstanceOption = None,
    from_class: FromClassOption = "",
    to_class: ToClassOption = "",
    remarks: RemarksOption = "",
    tlp: TlpOption = Tlp.CLEAR.word,
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what was decided. Only an organisation (X-…) says it of UN-1988; a country, of its own scheme."""
    step = Step(
        stage=SchedulingStage.DECISION,
        about=proposal,
        scheme=scheme or ("" if proposal else "UN-1988"),
        substances=named(substance or ()),
        from_class=from_class,
        to_class=to_class,
        instrument=instrument,
        decided_on=read_day(decided_on, "--decided-on"),
        remarks=remarks,
        tlp=read_word(Tlp, tlp, "--tlp"),
        reference=reference,
    )
    _publish(authority, folder, step, Output(json=json))


@commands.command(
    "notify",
    epilog="Example: tocsin scheduling notify X-HUB/catalogue/1#3 --as X-HUB/catalogue --notified-on 2026-05-27",
)
def notify(
    decision: DecisionArgument,
    *,
    authority: AsAuthority,
    notified_on: NotifiedOption,
    effective_on: EffectiveOption = None,
    instrument: InstrumentOption = "",
    remarks: RemarksOption = "",
    tlp: TlpOption = Tlp.CLEAR.word,
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say when a decision was notified to countries: from then on the time to its effect runs."""
    step = Step(
        stage=SchedulingStage.NOTIFICATION,
        about=decision,
        instrument=instrument,
        notified_on=read_day(notified_on, "--notified-on"),
        effective_on=read_day(effective_on, "--effective-on"),
        remarks=remarks,
        tlp=read_word(Tlp, tlp, "--tlp"),
        reference=reference,
    )
    _publish(authority, folder, step, Output(json=json))


@commands.command(
    "implement",
    epilog="Example: tocsin scheduling implement X-HUB/catalogue/1#3 --as NL/regulator "
    '--instrument "Stb. 2026, 211" --effective-on 2026-10-01',
)
def implement(
    decision: DecisionArgument,
    *,
    authority: AsAuthority,
    instrument: InstrumentOption,
    effective_on: Annotated[
        str, typer.Option("--effective-on", help="From when on your own law applies.", metavar="DATE")
    ],
    scope: Annotated[str, typer.Option("--scope", help="What it covers, like salts and isomers.", metavar="TEXT")] = "",
    reservation: Annotated[str, typer.Option("--reservation", help="What is excepted.", metavar="TEXT")] = "",
    country: Annotated[str, typer.Option("--country", help="Your own; none other can be said.", metavar="CODE")] = "",
    scheme: Annotated[str, typer.Option("--scheme", help="The national scheme, if it has a name.")] = "",
    to_class: ToClassOption = "",
    remarks: RemarksOption = "",
    tlp: TlpOption = Tlp.CLEAR.word,
    reference: ReferenceOption = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what your own country has made of a decision: by which law, from when on, with which reservation."""
    step = Step(
        stage=SchedulingStage.IMPLEMENTATION,
        about=decision,
        scheme=scheme,
        to_class=to_class,
        instrument=instrument,
        country=country,
        effective_on=read_day(effective_on, "--effective-on"),
        scope=scope,
        reservation=reservation,
        remarks=remarks,
        tlp=read_word(Tlp, tlp, "--tlp"),
        reference=reference,
    )
    _publish(authority, folder, step, Output(json=json))


@commands.command("list", epilog="Example: tocsin scheduling list --as NL/regulator --on 2026-12-01")
def list_(
    *,
    authority: AsAuthority,
    on: OnOption = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that some country has overdue.")] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List proposals and decisions, and how many countries have implemented them, as of a day."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        steps = load_steps(node, asyncio.run(node.check_authority(authority)))
        day, here = _day(on, node.clock().date()), countries(node.directory, node.clock())
        names = {one.original: one.message for one in steps.items}
        found = [
            one
            for one in steps.decisions
            if not overdue or any(state.overdue_days for state in states_of(one, here, day))
        ]
        for text in dict.fromkeys(filter(None, map(banner, steps.items))):
            output.say(text, style="bold")
        if found:
            output.table(DECISION_COLUMNS, decision_rows(found, here, names, day))
            output.say(f"{counted(len(found), 'decision')}, as of {day}.")
        else:
            output.say(f"No such decisions for {authority}. Has the node received? tocsin receive --as {authority}")
        output.document([decision_document(one, here, names, day) for one in found])


@commands.command("show", epilog="Example: tocsin scheduling show X-HUB/catalogue/1#3 --as NL/regulator")
def show(
    decision: DecisionArgument,
    *,
    authority: AsAuthority,
    on: OnOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show a decision, and how far each country is with it, as of a day."""
    output = Output(json=json)
    with open_node(find_folder(folder), participant_in(authority)) as node:
        found, steps, item = find_decision(node, asyncio.run(node.check_authority(authority)), decision)
        day, here = _day(on, node.clock().date()), countries(node.directory, node.clock())
        names = {one.original: one.message for one in steps.items}
        if banner(item):
            output.say(banner(item), style="bold")
        output.lines(decision_lines(found, names, day))
        if found.is_decided:
            output.table(COUNTRY_COLUMNS, country_rows(states_of(found, here, day)))
        output.document(decision_document(found, here, names, day))


def _day(on: str | None, today: date) -> date:
    return read_day(on, "--on") or today


def _publish(authority: str, folder: Path | None, step: Step, output: Output) -> None:
    with open_node(find_folder(folder), participant_in(authority)) as node:
        author = asyncio.run(node.check_authority(authority))
        step = replace(step, substances=recognised(step.substances, catalogue_at(node, author)))
        publication, code = publish_one(node, author, draft_step(node, author, step), output)
        if code is Exit.DONE:
            count_here(node, output)
        output.document(publication)
    raise typer.Exit(code)
