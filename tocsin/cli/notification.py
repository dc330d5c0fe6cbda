"""``tocsin notification``: draft and send a pre-export notification, see how far each is, and what is due."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from broker.errors import AlreadyThere, InvalidRecord
from broker.policy.vocabulary import nearest
from broker.trade.deadlines import on_silence
from broker.trade.reminders import Side, reminders, undated
from broker.trade.states import State, is_open, state_on
from broker.trade.workflow import Notification
from broker.types.names import Originator
from producers.intake.forms.notification import NOTIFICATION
from producers.intake.rows import FieldProblem
from tocsin.cli.app import app
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.one_record import publish_one
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in
from tocsin.cli.output import Output
from tocsin.cli.reading_back import count_here
from tocsin.exits import Exit
from tocsin.installation import Node, open_node
from tocsin.notifying.books import Books, find_notification, find_taken_back, open_books, with_incidents
from tocsin.notifying.drafting import Prepared, prepare_new
from tocsin.notifying.escalating import contacts
from tocsin.notifying.reading import COLUMNS, amount_columns, format_columns, load_columns
from tocsin.notifying.sending import audience_document, prepared_document, preview
from tocsin.notifying.showing import (
    LIST_COLUMNS,
    REMINDER_COLUMNS,
    list_document,
    list_rows,
    notification_document,
    notification_lines,
    reminder_document,
    reminder_rows,
    undated_document,
)
from tocsin.notifying.taken_back import (
    TakenBack,
    left_document,
    taken_back_document,
    taken_back_lines,
    taken_back_rows,
)
from tocsin.showing.audience import audience_rows
from tocsin.showing.items import BANNER
from tocsin.showing.plain import counted, plain

commands = typer.Typer(
    no_args_is_help=True,
    help="Pre-export notifications: notify, answer, follow the goods, be reminded.",
    rich_markup_mode=None,
)
app.add_typer(commands, name="notification")

FileOption = Annotated[
    Path | None, typer.Option("--file", help="A JSON object with columns; best for companies.", metavar="FILE")
]
ToOption = Annotated[str, typer.Option("--to", help="The importing country, like BE.", metavar="CODE")]
SubstanceOption = Annotated[str, typer.Option("--substance", help="As Table I or II names it.", metavar="NAME")]
QuantityOption = Annotated[str, typer.Option("--quantity", help="Number and unit: 1000 kg, 200 L.", metavar="AMOUNT")]
EntryOption = Annotated[str, typer.Option("--entry", help="Point of entry: a place or UN/LOCODE.", metavar="PLACE")]
DispatchOption = Annotated[str, typer.Option("--dispatch", help="Expected day of dispatch.", metavar="DATE")]
UntilOption = Annotated[str, typer.Option("--until", help="Last day of that period.", metavar="DATE")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="Your own number of it.", metavar="TEXT")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any column; tocsin publish --columns lists them.", metavar="COLUMN=TEXT"),
]
SimplifiedOption = Annotated[bool, typer.Option("--simplified", help="One notification, several shipments.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what is missing and who would read it; send none.")]


@commands.command(
    "new",
    epilog="Example: tocsin notification new --as NL/regulator --to BE --substance ephedrine --quantity '500 kg' "
    "--entry BEANR --dispatch 2030-05-06 --file companies.json --dry-run",
)
def new(
    *,
    authority: AsAuthority,
    file: FileOption = None,
    to: ToOption = "",
    substance: SubstanceOption = "",
    quantity: QuantityOption = "",
    entry: EntryOption = "",
    dispatch: DispatchOption = "",
    until: UntilOption = "",
    simplified: SimplifiedOption = False,
    reference: ReferenceOption = "",
    more: SetOption = None,
    dry_run: DryRunOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Notify an export. Nothing is sent while something is missing that article 12(10)(a) asks for."""
    short = short_columns(to=to, substance=substance, quantity=quantity, entry=entry, dispatch=dispatch, until=until)
    values = {**_file_columns(file), **short, **_flag(simplified), **_named(reference), **set_columns(more)}
    _prepare_and_send(authority, values, folder, Output(json=json), dry_run=dry_run)


@commands.command("draft", epilog="Example: tocsin notification draft pen.json --as NL/regulator --to BE")
def draft(
    out: Annotated[Path, typer.Argument(help="Where the draft is written, to be filled in.", metavar="FILE")],
    *,
    authority: AsAuthority,
    file: FileOption = None,
    to: ToOption = "",
    substance: SubstanceOption = "",
    quantity: QuantityOption = "",
    entry: EntryOption = "",
    dispatch: DispatchOption = "",
    until: UntilOption = "",
    simplified: SimplifiedOption = False,
    reference: ReferenceOption = "",
    more: SetOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a notification into a file instead of sending it, with a list of what it lacks; send FILE sends it."""
    output = Output(json=json)
    short = short_columns(to=to, substance=substance, quantity=quantity, entry=entry, dispatch=dispatch, until=until)
    values = {**_file_columns(file), **short, **_flag(simplified), **_named(reference), **set_columns(more)}
    with at_desk(authority, folder) as (node, author):
        prepared = prepare_new(node, author, values)
    _write(out, format_columns(values, [f"{_column(one)}: {one.message}" for one in prepared.problems]))
    output.say(f"The draft is in {out.name}. Nothing is sent.")
    _say_prepared(output, prepared)
    first = f"fill in these columns in {out.name}; then: " if prepared.problems else ""
    output.say(f"Next: {first}tocsin notification send {out} --as {authority}")
    output.document({**prepared_document(prepared), "file": str(out)})


@commands.command("send", epilog="Example: tocsin notification send pen.json --as NL/regulator --dry-run")
def send(
    file: Annotated[Path, typer.Argument(help="The draft: a JSON object with columns.", metavar="FILE")],
    *,
    authority: AsAuthority,
    dry_run: DryRunOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Send a notification from its draft file. What is missing keeps it back, and is named."""
    _prepare_and_send(authority, load_columns(file), folder, Output(json=json), dry_run=dry_run)


@commands.command("list", epilog="Example: tocsin notification list --as BE/regulator --open")
def list_(
    *,
    authority: AsAuthority,
    only_open: Annotated[bool, typer.Option("--open", help="Only those of which something is still to come.")] = False,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only those without an answer after the last day.")
    ] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List the notifications that an authority may see, with their states; companies stand in no list."""
    output = Output(json=json)
    with at_desk(authority, folder) as (node, reader):
        books = open_books(node, reader)
    found = [one for one in books.ledger.notifications if not only_open or is_open(one)]
    if overdue:
        found = [one for one in found if state_on(one, books.today) is State.NO_ANSWER]
    gone = () if only_open or overdue else books.taken_back
    _say_banner(output, books, found, gone)
    if found or gone:
        rows = (*list_rows(found, books.today, books.statuses), *taken_back_rows(gone))
        output.table(LIST_COLUMNS, rows)
    else:
        output.say(f"No such notifications for {authority}. Has the node received? tocsin receive --as {authority}")
    if books.unplaced:
        number = counted(len(books.unplaced), "record")
        output.say(f"{number} about notifications that {authority} does not have: tocsin inbox --as {authority}")
    documents = list_document(found, books.today, books.statuses)
    output.document([*documents, *(taken_back_document(one) for one in gone)])


@commands.command("show", epilog="Example: tocsin notification show NL/regulator/1#42 --as BE/regulator")
def show(
    message: MessageArgument, *, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False
) -> None:
    """Show how far a notification is: its clock, replies, shipments, balance and incidents."""
    output = Output(json=json)
    with at_desk(authority, folder) as (node, reader):
        books = open_books(node, reader)
        gone = find_taken_back(node, books, message)
        if gone is not None:
            _show_taken_back(output, gone, books)
            return
        found = with_incidents(node, books, find_notification(node, books, message))
    rule = books.rules.get(found.core.exporting_country)
    _say_banner(output, books, [found])
    output.say(f"Notification {found.first.said.message} of {found.by}", style="bold")
    output.lines(notification_lines(found, rule, books.today))
    output.say(f"Companies: tocsin inbox show {found.current.said.message} --as {authority} --purpose regulation")
    output.document(notification_document(found, rule, books.today, books.statuses))


@commands.command("remind", epilog="Example: tocsin notification remind --as BE/regulator --json")
def remind(*, authority: AsAuthority, folder: FolderOption = None, json: JsonOption = False) -> None:
    """List the answers that are due soon, today or overdue: one's own, and those of others; and whom to call."""
    output = Output(json=json)
    with at_desk(authority, folder) as (node, reader):
        books, now = open_books(node, reader), node.clock()
        due = [one for one in _reminders(books) if one.is_due]
        found = [(one, contacts(node.directory, one, now)) for one in due]
    timeless = undated(books.ledger.notifications, books.participant)
    _say_banner(output, books, [*(one.notification for one in due), *timeless])
    if found:
        output.table(REMINDER_COLUMNS, reminder_rows(found))
        if any(one.side is Side.WE_ANSWER for one in due):
            output.say(f"To answer: tocsin notification reply MESSAGE --as {authority} --no-objection")
        countries = dict.fromkeys(one.notification.core.exporting_country for one in due)
        for country in countries:
            output.say(f"Silence is shown as silence. {country}: {on_silence(books.rules.get(country))}")
    else:
        output.say(f"Nothing is due for {authority}.")
    if timeless:
        number = counted(len(timeless), "notification")
        output.say(f"No last day is named for {number} that nobody has answered, so no clock runs:", style="bold")
        output.say(f"  {', '.join(one.current.said.message for one in timeless)}")
        output.say(f"  tocsin notification list --as {authority} --open")
    named = (undated_document(one, books.participant) for one in timeless)
    output.document([*(reminder_document(one, whom) for one, whom in found), *named])


def _say_banner(output: Output, books: Books, several: Iterable[Notification], gone: Iterable[TakenBack] = ()) -> None:
    """Say above a list what in it is no real case."""
    statuses = (*(books.status_of(one) for one in several), *(one.status for one in gone))
    for text in dict.fromkeys(filter(None, (BANNER.get(status) for status in statuses))):
        output.say(text, style="bold")


def _show_taken_back(output: Output, gone: TakenBack, books: Books) -> None:
    _say_banner(output, books, (), (gone,))
    output.say(f"Notification {gone.message} of {gone.by}", style="bold")
    output.lines(taken_back_lines(gone, books.about(gone)))
    output.document(left_document(gone, books.about(gone)))


@contextmanager
def at_desk(authority: str, folder: Path | None) -> Iterator[tuple[Node, Originator]]:
    """Give the node that serves *authority*, and the authority.

    Raises:
        BrokerError: What :func:`tocsin.installation.open_node` and ``check_authority`` raise.
    """
    with open_node(find_folder(folder), participant_in(authority)) as node:
        yield node, asyncio.run(node.check_authority(authority))


def notification_at(node: Node, reader: Originator, message: str) -> Notification:
    """Return the notification that *message* names or is about, as *reader* may see it.

    Raises:
        MissingItem: There is none.
    """
    return find_notification(node, open_books(node, reader), message)


def short_columns(
    *, to: str = "", substance: str = "", quantity: str = "", entry: str = "", dispatch: str = "", until: str = ""
) -> Mapping[str, str]:
    """Return the columns that options name; an option that is not given says nothing."""
    values = {
        "importing_country": to,
        "substance_as_reported": substance,
        "point_of_entry": entry,
        "dispatch_from": dispatch,
        "dispatch_to": until,
        **(amount_columns(quantity) if quantity else {}),
    }
    return {name: text for name, text in values.items() if text}


def set_columns(several: list[str] | None) -> Mapping[str, str]:
    """Return the columns that ``--set`` names.

    Raises:
        typer.BadParameter: One is no column, or has no text.
    """
    found: dict[str, str] = {}
    for one in several or ():
        name, equals, text = one.partition("=")
        if name not in COLUMNS:
            # What stands behind the equals sign may be a company's name, which no message repeats.
            says = f"{name[:40]!r} is unknown; {nearest(name[:40], COLUMNS)}"
            raise typer.BadParameter(says, param_hint="--set")
        if not equals or not text.strip():
            raise typer.BadParameter(f"{name} has no text: write {name}=TEXT", param_hint="--set")
        found[name] = text.strip()
    return found


def send_prepared(node: Node, author: Originator, prepared: Prepared, output: Output) -> Exit:
    """Send what was prepared, unless something keeps it back, and say what became of it."""
    _say_questions(output, prepared)
    if prepared.problems:
        _say_problems(output, prepared)
        refused = [{"line": 0, "reasons": [msgspec.to_builtins(one) for one in prepared.problems]}]
        output.document({"published": [], "refused": refused, "already": [], **prepared_document(prepared)})
        return Exit.REFUSED
    publication, code = publish_one(node, author, prepared.draft, output)
    if code is Exit.DONE:
        count_here(node, output)
        _say_clock(output, prepared)
    output.document({**_builtins(publication), **prepared_document(prepared)})
    return code


def _prepare_and_send(
    authority: str, values: Mapping[str, str], folder: Path | None, output: Output, *, dry_run: bool
) -> None:
    with at_desk(authority, folder) as (node, author):
        prepared = prepare_new(node, author, values)
        if not dry_run:
            code = send_prepared(node, author, prepared, output)
            raise typer.Exit(code)
        audience = preview(node, prepared)
        _say_prepared(output, prepared)
        output.table(("section", "who", "why"), audience_rows(audience))
        output.say("Nothing is sent.")
        output.document({**prepared_document(prepared), **audience_document(audience)})
    raise typer.Exit(Exit.REFUSED if prepared.problems else Exit.DONE)


def _reminders(books: Books) -> tuple[Any, ...]:
    return reminders(books.ledger.notifications, books.participant, rules=books.rules, today=books.today)


def _builtins(value: object) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def _file_columns(file: Path | None) -> Mapping[str, str]:
    return {} if file is None else load_columns(file)


def _flag(simplified: bool) -> Mapping[str, str]:  # noqa: FBT001
    return {"simplified": "yes"} if simplified else {}


def _named(reference: str) -> Mapping[str, str]:
    return {"national_reference": reference} if reference else {}


def _write(out: Path, text: str) -> None:
    """Write a new file that only its owner may read: a draft holds companies.

    Raises:
        AlreadyThere: There is such a file; nothing is overwritten.
        InvalidRecord: It cannot be written there.
    """
    try:
        out.touch(mode=0o600, exist_ok=False)
        out.write_text(text, "utf-8")
    except FileExistsError:
        raise AlreadyThere(f"{out.name} is there already, and is left as it is") from None
    except OSError as error:
        raise InvalidRecord(f"{out.name} cannot be written: {error.strerror}") from None


def _say_prepared(output: Output, prepared: Prepared) -> None:
    _say_questions(output, prepared)
    if prepared.problems:
        _say_problems(output, prepared)
    else:
        output.say("Nothing is missing that article 12(10)(a) asks for.")
    _say_clock(output, prepared)


def _say_problems(output: Output, prepared: Prepared) -> None:
    output.say("It cannot be sent like this:", style="bold")
    for one in prepared.problems:
        output.say(f"  {_column(one)} ({one.code}): {plain(one.message)}")


def _column(one: FieldProblem) -> str:
    """Return what a person has to fill in for a field of the record."""
    return NOTIFICATION.column_of(one.field) or one.field or "record"


def _say_questions(output: Output, prepared: Prepared) -> None:
    for one in prepared.questions:
        output.say(f"Look at {one.field or 'the record'}: {plain(one.message)}")


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _say_clock(output: Output, prepared: Prepared) -> None:
    if prepared.deadline is None:
        output.say(prepared.rule_says)
        return
    output.say(f"An answer is asked for by {prepared.deadline.answer_by}: {prepared.rule_says}")
    off = [f"{one.day} {_first_capital(plain(one.why))}" for one in prepared.deadline.days_off]
    if off:
        output.say(f"Days that do not count: {', '.join(off)}")
