"""The drafts of notifications: a new one, an amendment, a cancellation; each with what it lacks and what is odd."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from broker.database import reading
from broker.errors import InvalidRecord, NoCalendar
from broker.records.checking import problems_in
from broker.records.core import Related, RelatedAs
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.problems import Problem
from broker.trade.deadlines import Deadline, deadline, in_words
from broker.trade.required import missing_fields
from broker.trade.workflow import Notification
from broker.types.names import Originator, participant_of
from broker.types.vocabulary import RecordKind, Section, Tlp
from consumers.inbox import item
from producers.draft import Draft, Sections, content_digest, draft_sections
from producers.encoded import with_reference
from producers.intake.form import Content, Surroundings, Writing
from producers.intake.forms.notification import NOTIFICATION
from producers.intake.rows import FieldProblem
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node
from tocsin.notifying.advising import advise
from tocsin.notifying.marking import marked_for

_UNNAMED: Final = "-"
_MISSING: Final = "missing"
_REFERENCE_SHOWN: Final = 8
"""Bytes of a content digest in the reference of a record that its author gave none."""
_CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "substances": ("substance_as_reported", "substance_id"),
    "quantities": ("quantity_as_reported", "quantity_value", "quantity_unit", "quantity_qualifier", "packages"),
    "points_of_entry": ("point_of_entry",),
    "points_of_exit": ("point_of_exit",),
    "dispatch_from": ("dispatch_from",),
    "dispatch_to": ("dispatch_to",),
    "shipments_expected": ("shipments_expected",),
    "import_authorization": ("import_authorization",),
    "export_authorization": ("export_authorization",),
    "intended_use": ("intended_use",),
    "remarks": ("remarks",),
}
"""What an amendment may change of a core, and the columns that say so."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A notification on its way out.

    Attributes:
        problems: What keeps it from being sent.
        questions: What looks wrong and may be right.
        deadline: By when an answer is asked for; None where the directory has no rule that can be counted.
        rule_says: The rule in words; or why there is no last day.
    """

    draft: Draft
    problems: tuple[FieldProblem, ...]
    questions: tuple[FieldProblem, ...]
    deadline: Deadline | None
    rule_says: str


def prepare_new(node: Node, author: Originator, values: Mapping[str, str]) -> Prepared:
    """Return a new notification by the columns that a person filled in.

    Raises:
        InvalidRecord: The author's marking profile does not allow whom it has to go to.
    """
    problems: list[FieldProblem] = []
    content = _read(node, author, values, problems)
    core, trade = content.sections.core, content.sections.trade
    if not isinstance(core, NotificationCore) or not isinstance(trade, NotificationTrade | None):
        raise InvalidRecord("the columns are no notification's")
    if core.act is not NotificationAct.NOTIFIES:
        says = "a new notification is meant here; tocsin notification amend and cancel do the rest"
        problems.append(FieldProblem("act", "contradiction", says))
    return _prepare(node, author, Sections(core=core, trade=trade), (problems, content.questions))


def prepare_amendment(
    node: Node, author: Originator, notification: Notification, values: Mapping[str, str]
) -> Prepared:
    """Return an amendment: the notification as it stands, with what a person filled in changed.

    Raises:
        InvalidRecord: It is not the author's to amend, was cancelled, or nothing is changed.
    """
    _check_own(author, notification)
    problems: list[FieldProblem] = []
    read = _read(node, author, values, problems).sections.core
    changed = {
        field: getattr(read, field)
        for field, columns in _CHANGES.items()
        if any(column in values for column in columns)
    }
    before = notification.core
    if "quantities" in changed:
        # The columns of an amount alone name no substance: it is of all that are notified.
        everything = tuple(range(len(changed.get("substances", before.substances))))
        changed["quantities"] = tuple(
            msgspec.structs.replace(one, substances=everything) for one in changed["quantities"]
        )
    # What an amendment leaves out is said already; that the columns alone would not be enough is no problem of it.
    problems[:] = [one for one in problems if one.code != _MISSING]
    if not changed or all(getattr(before, field) == value for field, value in changed.items()):
        raise InvalidRecord("nothing is amended: say what is to change", hint="tocsin notification amend --help")
    core = msgspec.structs.replace(
        before,
        **changed,
        act=NotificationAct.AMENDS,
        notification=notification.current.digest,
        national_reference=values.get("national_reference", _UNNAMED),
        related=(Related(digest=notification.current.digest, relation=RelatedAs.SUPERSEDES),),
        answer_by=None,
        deadline_rule="",
    )
    return _prepare(node, author, Sections(core=core, trade=_trade(node, author, notification)), (problems, ()))


def prepare_cancellation(node: Node, author: Originator, notification: Notification, reason: str) -> Prepared:
    """Return a cancellation, which says why and nothing else again.

    Raises:
        InvalidRecord: It is not the author's to cancel, was cancelled before, or no reason is given.
    """
    _check_own(author, notification)
    if not reason.strip():
        raise InvalidRecord(
            "say why it is cancelled, for those who were notified", hint="--reason TEXT; no names here."
        )
    before = notification.core
    core = NotificationCore(
        marking=before.marking,
        concerned=before.concerned,
        national_reference=_UNNAMED,
        related=(Related(digest=notification.current.digest, relation=RelatedAs.SUPERSEDES),),
        act=NotificationAct.CANCELS,
        notification=notification.current.digest,
        exporting_country=before.exporting_country,
        importing_country=before.importing_country,
        transit_countries=before.transit_countries,
        remarks=reason.strip(),
    )
    return _prepare(node, author, Sections(core=core), ([], ()))


def _read(node: Node, author: Originator, values: Mapping[str, str], problems: list[FieldProblem]) -> Content:
    writing = Writing(
        authority=author,
        reference=values.get("national_reference", _UNNAMED),
        authored_at=node.clock(),
        surroundings=Surroundings(
            takes_part=lambda code: node.directory.participant(code) is not None, catalogue=catalogue_at(node, author)
        ),
    )
    return NOTIFICATION.read(values, writing, problems)


def _prepare(
    node: Node, author: Originator, sections: Sections, noted: tuple[list[FieldProblem], Iterable[FieldProblem]]
) -> Prepared:
    problems, questions = noted
    core = sections.core
    if not isinstance(core, NotificationCore):
        raise InvalidRecord("the core is no notification's")
    today = node.clock().date()
    counted, says = _deadline(node, core, today)
    core = msgspec.structs.replace(
        core, answer_by=None if counted is None else counted.answer_by, deadline_rule=says if counted else ""
    )
    to = (core.importing_country,) if core.importing_country else ()
    marked, tlp = marked_for(node, author, core, RecordKind.NOTIFICATION, to)
    sections = msgspec.structs.replace(sections, core=marked)
    problems += _problems(node, author, sections)
    draft = _draft(node, author, sections, marked, tlp)
    advice: tuple[Problem, ...] = ()
    if core.act is not NotificationAct.CANCELS:
        advice = advise(node.directory, core, today, catalogue=catalogue_at(node, author))
    return Prepared(
        draft=draft,
        problems=_once(problems),
        questions=_once((*questions, *(_placed(one) for one in advice))),
        deadline=counted,
        rule_says=says,
    )


_WORDS: Final[Mapping[NotificationAct, str]] = {
    NotificationAct.NOTIFIES: "pen",
    NotificationAct.AMENDS: "pen-amended",
    NotificationAct.CANCELS: "pen-cancelled",
}


def _draft(node: Node, author: Originator, sections: Sections, core: NotificationCore, tlp: Tlp) -> Draft:
    """Return the draft; the same said on another day is the same, though its last day for an answer is another."""
    status, now = node.federation.status, node.clock()
    draft = draft_sections(sections, authority=author, tlp=tlp, status=status, authored_at=now)
    unclocked = msgspec.structs.replace(core, answer_by=None, deadline_rule="")
    digest = content_digest(msgspec.structs.replace(sections, core=unclocked), tlp=tlp, status=status)
    draft = msgspec.structs.replace(draft, content_digest=digest)
    if core.national_reference == _UNNAMED:
        draft = with_reference(draft, f"{_WORDS[core.act]}-{digest[:_REFERENCE_SHOWN].hex()}")
    return draft


def _deadline(node: Node, core: NotificationCore, today: date) -> tuple[Deadline | None, str]:
    if core.act is NotificationAct.CANCELS:
        return None, "A cancellation asks for no answer."
    entry = node.directory.trade(core.exporting_country)
    if entry is None or entry.rule is None:
        return None, (
            f"{core.exporting_country} has no deadline rule in the directory, so no day is named; its administrator "
            "says one by tocsin directory add trade"
        )
    try:
        return deadline(entry.rule, today), in_words(entry.rule)
    except NoCalendar as error:
        return None, f"{in_words(entry.rule)}; it cannot be counted: {error}"


def _problems(node: Node, author: Originator, sections: Sections) -> list[FieldProblem]:
    core, trade = sections.core, sections.trade
    if not isinstance(core, NotificationCore) or not isinstance(trade, NotificationTrade | None):
        return []
    entry = node.directory.trade(core.importing_country)
    found = [
        *missing_fields(core, trade, agreed=() if entry is None else entry.agreed),
        *problems_in(core),
        *([] if trade is None else [one.under("trade") for one in problems_in(trade)]),
    ]
    if core.exporting_country and core.exporting_country != participant_of(author):
        says = f"{author} notifies exports of {participant_of(author)}, and of no other country"
        found.append(Problem("exporting_country", "not-entitled", says))
    return [_placed(one) for one in found]


def _placed(problem: Problem) -> FieldProblem:
    return FieldProblem(problem.field, problem.code, problem.message)


def _once(problems: Iterable[FieldProblem]) -> tuple[FieldProblem, ...]:
    """Return *problems*, one for each field as the form calls it: the reader of columns may have said it already.

    What is there and wrong is not missing as well.
    """
    found: dict[tuple[str, str], FieldProblem] = {}
    for one in problems:
        column = NOTIFICATION.column_of(one.field) or one.field
        found.setdefault((column, one.code), one)
    wrong = {column for column, code in found if code != _MISSING}
    return tuple(one for (column, code), one in found.items() if code != _MISSING or column not in wrong)


def _check_own(author: Originator, notification: Notification) -> None:
    mine = notification.first.said.participant
    if participant_of(author) != mine:
        raise InvalidRecord(
            f"{notification.first.said.message} is of {mine}: {author} neither amends nor cancels it",
            hint="tocsin notification reply answers what others notify.",
        )
    if notification.cancelled_by is not None:
        raise InvalidRecord(f"{notification.cancelled_by.message} cancelled it: such a trade is notified anew")


def _trade(node: Node, author: Originator, notification: Notification) -> NotificationTrade | None:
    """Return the companies of what is amended: one's own record, so nothing has to be decided to say them again."""
    with reading(node.engine) as connection:
        found = item(connection, node.section_keys, author, notification.current.said.message, node.clock())
    trade = found.sections.get(Section.TRADE)
    return trade if isinstance(trade, NotificationTrade) else None
