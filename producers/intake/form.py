"""Forms: for each kind of record, which columns its rows have and how a row becomes sections."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec

from broker.catalogue import Catalogue, shipped_catalogue
from broker.directory.entries import TradeEntry
from broker.records.marking import Marking
from broker.types.names import Digest, Originator
from broker.types.vocabulary import Purpose, RecordKind
from producers.draft import Sections
from producers.intake.columns import NOMINAL, ColumnSet
from producers.intake.rows import FieldProblem

UNMARKED: Final = Marking(purposes=(Purpose.INVESTIGATION,))
"""Holds the place of the marking until the profile was asked; the narrowest purpose there is."""
NO_MESSAGE: Final = Digest(b"\x00" * 31 + b"\x01")
"""Holds the place of a message in a row that is refused for naming none."""


class NamedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Another message that a row names, as far as its author may know it.

    Attributes:
        digest: Its header digest; None where it is the author's own draft and not signed yet.
        author: Who says what it says.
        core: Its core section; None where it is withheld, or not on this node.
    """

    digest: Digest | None
    kind: RecordKind
    author: Originator
    core: msgspec.Struct | None = None


Resolve: TypeAlias = Callable[[str], NamedMessage | None]
"""Finds a message by its name, its digest in hexadecimal, or the author's own national reference of it."""


def no_message(_: str) -> None:
    """Find no message: where nothing is known of others'."""


def anybody(_: str) -> bool:
    """Say that a participant takes part: where nobody knows who does."""
    return True


def nothing_said(_: str) -> None:
    """Say nothing: where nobody knows what governments say of notifications."""
    return


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a row is read against beside its own words.

    Attributes:
        resolve: What messages a row may name.
        takes_part: Whether a participant is in the network.
        trade: What a government says of notifications, by its code; None where it has said nothing.
        catalogue: What names, identifiers and numbers of substances are compared with.
    """

    resolve: Resolve = no_message
    takes_part: Callable[[str], bool] = anybody
    trade: Callable[[str], TradeEntry | None] = nothing_said
    catalogue: Catalogue = msgspec.field(default_factory=shipped_catalogue)


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """One record on its way: who writes it, under which reference, when, and what it names.

    Attributes:
        named: Messages, by the column or field of the core that names them; those that were found.
        is_addressed: The row or the profile names recipients.
    """

    authority: Originator
    reference: str
    authored_at: datetime
    named: Mapping[str, NamedMessage] = {}
    is_addressed: bool = False
    surroundings: Surroundings = msgspec.field(default_factory=Surroundings)

    def digest_of(self, field: str) -> Digest | None:
        """Return the digest of the message that *field* names."""
        found = self.named.get(field)
        return None if found is None else found.digest


class Content(msgspec.Struct, frozen=True):
    """What a row says, its core still unmarked.

    Attributes:
        questions: What looks wrong and may be right.
        addressed: Its recipients, where neither row nor profile names any.
        counted: Fields of the core that count from the time of writing, so that the same row says the same at any time.
    """

    sections: Sections
    questions: tuple[FieldProblem, ...] = ()
    addressed: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()


Reader: TypeAlias = Callable[[Mapping[str, str], Writing, list[FieldProblem]], Content]
"""Makes sections of a row's columns; what it returns is good only if it noted no problem."""
Finisher: TypeAlias = Callable[[Content, Writing, list[FieldProblem]], Content]
"""Adds what follows from what a record says, whether it was a row or nested, and notes what it may not say."""


def unchanged(content: Content, _: Writing, __: list[FieldProblem]) -> Content:
    """Return *content* as it is."""
    return content


Preparer: TypeAlias = Callable[[Mapping[str, Any], Writing, list[FieldProblem]], Mapping[str, Any]]
"""Looks at the core of a nested record before it gets its type, and adds what may be left out."""


def as_written(core: Mapping[str, Any], _: Writing, __: list[FieldProblem]) -> Mapping[str, Any]:
    """Return the *core* of a nested record as it is."""
    return core


Combiner: TypeAlias = Callable[[Sequence[Content], list[FieldProblem]], Content]
"""Makes one content of those of the rows of a record, in their order, and notes what they may not say together; the
line of a problem is the place of its row among them, one-based."""


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """How several rows are one record.

    Attributes:
        column: Rows with the same word in it belong together.
        own: What each row says for itself; everything else is of the record, and may not differ.
    """

    column: str
    own: frozenset[str]
    combine: Combiner


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """How records of one kind are handed in.

    Attributes:
        known: The columns and the sections.
        types: The type of each section.
        names: Columns, fields of the core alike, that name another message, each with the kinds that it may be of.
        fields: For fields of a record, without numbers, the column that says them where its name is another.
        grouping: How several rows are one record; None where each is one.
        is_amount_read: The text of an amount counts beside its number; in a trade it does not.
    """

    kind: RecordKind
    known: ColumnSet
    types: Mapping[str, type[msgspec.Struct]]
    read: Reader
    finish: Finisher = unchanged
    prepare: Preparer = as_written
    names: Mapping[str, tuple[RecordKind, ...]] = {}
    fields: Mapping[str, str] = {}
    is_amount_read: bool = True
    grouping: Grouping | None = None

    @property
    def nominal(self) -> frozenset[str]:
        """The columns whose content no message may repeat."""
        return NOMINAL & self.known.columns.keys()

    def column_of(self, path: str) -> str | None:
        """Return the column that says the field at *path* of a record, like ``core.quantities[0].value``; else None."""
        plain = ".".join(part.partition("[")[0] for part in path.split("."))
        plain = plain.removeprefix("core.").removeprefix("marking.")
        for name in (plain, plain.partition(".")[0]):
            if name in self.fields or name in self.known.columns:
                return self.fields.get(name, name)
        return None
