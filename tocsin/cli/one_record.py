"""One record on its way out: taken into the outbox, signed and sent, and what is said of it."""

from broker.errors import BrokerError
from broker.types.names import Originator
from producers.draft import Draft
from producers.intake.rows import FieldProblem
from producers.named import name_problems
from producers.publish import Already, Declined, Outcome, Taken, take
from tocsin.checking import check_relating
from tocsin.cli.output import Output
from tocsin.cli.publish import flush, say_flush
from tocsin.exits import Exit, exit_of
from tocsin.installation import Node
from tocsin.publishing import Publication, PublishedRow, RefusedLine, known_names, name_messages
from tocsin.showing.plain import plain


def publish_one(node: Node, author: Originator, draft: Draft, output: Output) -> tuple[Publication, Exit]:
    """Publish *draft*, unless it names somebody whom nobody knows or has ended already, and say what became of it."""
    problems = (
        *name_problems(draft.core.marking, known_names(node, author)),
        *check_relating(node, author, draft.core),
    )
    if problems:
        outcome: Outcome = Declined(0, draft.national_reference, problems)
    else:
        (outcome,) = take(node.engine, lambda: [draft], node.terms())
    flushed = flush(node)
    publication = name_messages(node, author, _publication(outcome))
    _say(output, publication, node)
    say_flush(output, flushed)
    if isinstance(flushed, BrokerError):
        return publication, exit_of(flushed)
    return publication, Exit.REFUSED if publication.refused else Exit.DONE


def _publication(outcome: Outcome) -> Publication:
    match outcome:
        case Taken():
            return Publication((PublishedRow(0, None, outcome.national_reference),), (), ())
        case Already():
            name = None if outcome.message is None else str(outcome.message)
            return Publication((), (), (PublishedRow(0, name, outcome.national_reference),))
        case Declined():
            problems: tuple[FieldProblem, ...] = outcome.problems
            return Publication((), (RefusedLine(0, problems),), ())


def _say(output: Output, publication: Publication, node: Node) -> None:
    for one in publication.published:
        became = f"published as {one.message} by node {node.name}" if one.message else "taken in, and not signed yet"
        output.say(f"Your record {plain(one.national_reference)} is {became}.")
    for one in publication.already:
        became = f"published as {one.message}" if one.message else "taken in, and not signed yet"
        output.say(f"Your record {plain(one.national_reference)} was there before, {became}; it is not taken in again.")
    for reason in (reason for line in publication.refused for reason in line.reasons):
        output.say(f"Refused, {reason.code}: {plain(reason.field or 'record')}: {plain(reason.message)}", style="bold")
