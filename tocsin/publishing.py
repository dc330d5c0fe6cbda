"""Publish a file: take its rows in, put them into the outbox, keep what was refused where it can be mended."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from broker.database import reading
from broker.policy.profile import Profile
from broker.records.notification import NotificationAct, NotificationCore
from broker.relationships import focal_points
from broker.types.names import Digest, Originator
from broker.types.vocabulary import RecordKind
from consumers.relationships import load_relationships
from producers.draft import Draft
from producers.intake.files import file_digest, read_rows
from producers.intake.form import Surroundings
from producers.intake.forms import form_of
from producers.intake.grouping import grouped
from producers.intake.mapping import NO_MAPPING, ColumnMapping
from producers.intake.refused import write_refused
from producers.intake.rows import FieldProblem, Row
from producers.intake.supplement import read_supplement, supplement
from producers.intake.take_in import Refused, take_in
from producers.named import Known, core_name_problems
from producers.outbox import message_names
from producers.publish import Already, Declined, Taken, take
from producers.sources import Source
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node
from tocsin.named_messages import Messages
from tocsin.notifying.advising import advise
from tocsin.profiles import profile_for

_STAMP: Final = re.compile(r"\.refused-\d{8}T\d{12}Z$")
_REFERENCES_AT_ONCE: Final = 500


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is to be published.

    Attributes:
        kind: What its rows report.
        mapping: Its columns in ours, those of the form of that kind.
        persons: A file with persons and companies for some of its rows; None for none.
        sheet: Of a workbook; None for its first.
        new: Rows equal to those of another file are other events.
    """

    path: Path
    authority: Originator
    kind: RecordKind = RecordKind.INCIDENT
    mapping: ColumnMapping = NO_MAPPING
    persons: Path | None = None
    sheet: str | None = None
    new: bool = False


class PublishedRow(msgspec.Struct, frozen=True):
    """A row that is in the outbox, and the message that it became; None while it is not signed."""

    line: int
    message: str | None
    national_reference: str


class RefusedLine(msgspec.Struct, frozen=True):
    """A row that was not taken in, and everything that is wrong with it."""

    line: int
    reasons: tuple[FieldProblem, ...]


class Question(msgspec.Struct, frozen=True):
    """What looks wrong in a row that was taken in, and may be right."""

    line: int
    field: str
    code: str
    message: str


class Publication(msgspec.Struct, frozen=True):
    """What ``publish --json`` prints; scripts rely on it."""

    published: tuple[PublishedRow, ...]
    refused: tuple[RefusedLine, ...]
    already: tuple[PublishedRow, ...]
    questions: tuple[Question, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What became of the rows of a file, before anything is sent.

    Attributes:
        files: Where the refused rows lie.
    """

    publication: Publication
    files: tuple[Path, ...]


def publish_file(node: Node, order: Order, *, progress: Callable[[int], None] = lambda _: None) -> Outcome:
    """Put the rows of a file into the outbox of *node*; write those that are refused into its ``refused`` folder.

    Args:
        progress: Is told how many rows were done with.

    Raises:
        MissingFile, BadFile, BadMapping: The file cannot be read; what was taken before stays.
        BadSettings: The authority has no marking profile.
        InvalidRecord: No file holds records of that kind.
    """
    rows = Reading(node, order)
    rows.check()
    source = Source(order.path.name, Digest(file_digest(order.path)))
    taken: list[Taken] = []
    already: list[Already] = []
    listed: list[RefusedLine] = []

    def refusals() -> Iterator[Refused]:
        for outcome in take(node.engine, rows.drafts, node.terms(source=source, new=order.new)):
            progress(1)
            yield from rows.refusals()
            match outcome:
                case Taken():
                    taken.append(outcome)
                    rows.settle(outcome.line)
                case Already():
                    already.append(outcome)
                    rows.settle(outcome.line)
                case Declined():
                    yield Refused(rows.settle(outcome.line), outcome.problems)
        yield from rows.refusals()

    def noted() -> Iterator[Refused]:
        for one in (each for record in refusals() for each in record.each()):
            listed.append(RefusedLine(one.line, one.problems))
            yield one

    files = write_refused(noted(), node.own_folder.refused, stem=refused_stem(order.path, rows.authored_at))
    lost = {one.line for one in listed}
    publication = Publication(
        tuple(PublishedRow(one.line, None, one.national_reference) for one in taken),
        tuple(sorted(listed, key=lambda one: one.line)),
        tuple(PublishedRow(one.line, _text(one.message), one.national_reference) for one in already),
        tuple(one for one in rows.questions() if one.line not in lost),
    )
    return Outcome(publication, files)


def name_messages(node: Node, authority: Originator, publication: Publication) -> Publication:
    """Return *publication* with the messages that its rows have become by now."""
    waiting = [one.national_reference for one in (*publication.published, *publication.already) if one.message is None]
    names: dict[str, str] = {}
    for start in range(0, len(waiting), _REFERENCES_AT_ONCE):
        some = message_names(node.engine, authority, waiting[start : start + _REFERENCES_AT_ONCE])
        names |= {reference: str(name) for reference, name in some.items()}
    return msgspec.structs.replace(
        publication, published=_named(publication.published, names), already=_named(publication.already, names)
    )


def refused_stem(path: Path, at: datetime) -> str:
    """Return the name, without its ending, for the refused rows of a file; a mended file does not grow a longer one."""
    return f"{_STAMP.sub('', path.stem)}.refused-{at:%Y%m%dT%H%M%S%fZ}"


class Reading:
    """The rows of one file on their way; a row is kept until it is known what becomes of it."""

    def __init__(self, node: Node, order: Order) -> None:
        self._order = order
        self._node = node
        self.authored_at = node.clock()
        self._form = form_of(order.kind)
        self._mapping = msgspec.structs.replace(order.mapping, known=self._form.known)
        self._profile: Profile = profile_for(node.profiles, order.authority, order.kind)
        self._known = known_names(node, order.authority)
        self._messages = Messages(node, order.authority)
        self._catalogue = catalogue_at(node, order.authority)
        self._persons = {} if order.persons is None else read_supplement(order.persons, self._form.known)
        self._asked: dict[int, tuple[FieldProblem, ...]] = {}
        self._waiting: dict[int, deque[Row]] = {}
        self._refused: deque[Refused] = deque()
        self._begun = False

    def check(self) -> None:
        """Read the beginning of the file, so that one that cannot be read is refused before anything is done.

        Raises:
            MissingFile, BadFile, BadMapping: It cannot be read.
        """
        next(read_rows(self._order.path, self._mapping, sheet=self._order.sheet), None)

    def drafts(self) -> Iterator[Draft]:
        """Yield the drafts of the file; a second reading only looks and keeps nothing."""
        keeps, self._begun = not self._begun, True
        rows = self._kept_rows() if keeps else self._rows()
        order, node = self._order, self._node
        for one in take_in(
            rows,
            authority=order.authority,
            profile=self._profile,
            authored_at=self.authored_at,
            status=node.federation.status,
            form=self._form,
            surroundings=Surroundings(
                resolve=self._messages.find,
                takes_part=self._known.has,
                trade=node.directory.trade,
                catalogue=self._catalogue,
            ),
        ):
            if not isinstance(one, Draft):
                if keeps:
                    self._forget(one.row)
                    self._refused.append(one)
            elif not (unknown := core_name_problems(one.core, self._known)):
                questions = (*one.questions, *self._advice(one))
                if questions:
                    self._asked[one.line] = questions
                yield one
            elif keeps:
                self._refused.append(Refused(self.settle(one.line), unknown))

    def refusals(self) -> Iterator[Refused]:
        """Yield the rows that were refused since the last call."""
        while self._refused:
            yield self._refused.popleft()

    def questions(self) -> tuple[Question, ...]:
        """Return what looks wrong in the rows that were handed on as drafts, by their lines."""
        return tuple(
            Question(one.line or line, one.field, one.code, one.message)
            for line in sorted(self._asked)
            for one in self._asked[line]
        )

    def settle(self, line: int) -> Row:
        """Return the row of *line* that waited longest, and forget it."""
        row = self._waiting[line][0]
        self._forget(row)
        return row

    def _advice(self, draft: Draft) -> Iterator[FieldProblem]:
        """Yield what ``tocsin notification new`` would say before it is sent, of fields that nothing is asked about."""
        core = draft.core
        if not isinstance(core, NotificationCore) or core.act is NotificationAct.CANCELS:
            return
        asked = {one.field for one in draft.questions}
        for found in advise(self._node.directory, core, self.authored_at.date(), catalogue=self._catalogue):
            column = self._form.column_of(found.field) or found.field
            if column not in asked:
                asked.add(found.field)
                yield FieldProblem(column, found.code, found.message)

    def _rows(self) -> Iterator[Row]:
        order = self._order
        rows = grouped(read_rows(order.path, self._mapping, sheet=order.sheet), self._form)
        return supplement(rows, self._persons) if self._persons else rows

    def _kept_rows(self) -> Iterator[Row]:
        for row in self._rows():
            self._waiting.setdefault(row.line, deque()).append(row)
            yield row

    def _forget(self, row: Row) -> None:
        there = self._waiting[row.line]
        there.remove(row)
        if not there:
            del self._waiting[row.line]


def known_names(node: Node, authority: Originator) -> Known:
    """Return whom a marking of *authority* may name, as far as *node* has read the directory and the groups."""
    now = node.clock()
    with reading(node.engine) as connection:
        relationships = load_relationships(connection, node.section_keys, focal_points(node.directory, now))
    return Known(
        participants=frozenset(one.code for one in node.directory.participants()),
        authorities=frozenset(one.authority for one in node.directory.authorities(now)),
        groups=relationships.groups_for(authority),
    )


def _named(lines: tuple[PublishedRow, ...], names: dict[str, str]) -> tuple[PublishedRow, ...]:
    return tuple(
        msgspec.structs.replace(one, message=one.message or names.get(one.national_reference)) for one in lines
    )


def _text(name: object) -> str | None:
    return None if name is None else str(name)
