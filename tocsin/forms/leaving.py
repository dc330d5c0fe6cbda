"""What may leave the node: each message that goes into a file is decided about, as an export, and that is on record."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from broker.catalogue import Catalogue, shipped_catalogue
from broker.database import writing
from broker.deciders import Deciders
from broker.errors import AccessDenied, MissingItem
from broker.figures.derived import Derived, derived_marking
from broker.figures.reported import Reported
from broker.policy.decide import Decision
from broker.records.incident import IncidentCore
from broker.records.nominal import IncidentNominal
from broker.records.operational import IncidentOperational
from broker.types.names import Originator
from broker.types.vocabulary import Action, Purpose, Section, Status, Tlp
from consumers.inbox import Item, item
from consumers.onward import Ruling, User, Wanted, rule_on
from consumers.opening import reader_of
from tocsin.cataloguing import catalogue_at
from tocsin.installation import Node
from tocsin.withdrawn import doubts_about

_AT_ONCE: Final = 200
"""Decisions in one transaction."""
_NOT_SENT: Final = "not-sent"
_NOT_HERE: Final = "not-here"


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes what out of the node, and for what.

    Args:
        sections: Beside the core; each is left out of a message where policy does not permit it.
    """

    reader: Originator
    purpose: Purpose
    sections: tuple[Section, ...] = ()


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that may leave, with as much of it as was asked for and is permitted.

    Attributes:
        decision: The number of the decision at this node.
        withheld: Sections that were asked for and are left out, each with the rule.
    """

    reported: Reported
    originator: Originator
    issued_at: datetime
    tlp: Tlp
    status: Status
    core: IncidentCore
    operational: IncidentOperational | None = None
    nominal: IncidentNominal | None = None
    decision: int
    withheld: tuple[tuple[Section, str], ...] = ()

    @property
    def mark(self) -> Derived:
        """What stands on it."""
        return Derived(self.tlp, self.core.marking)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that may not leave, by which rule, and in words."""

    reported: Reported
    rule: str
    says: str
    decision: Decision | None = None


class Departure(msgspec.Struct, frozen=True):
    """What may leave, and what may not.

    Attributes:
        catalogue: By which it is said what was scheduled.
    """

    exported: tuple[Exported, ...]
    kept: tuple[Kept, ...]
    catalogue: Catalogue = msgspec.field(default_factory=shipped_catalogue)

    def check_some(self, leaving: Leaving) -> None:
        """Check that something may leave, where something would have.

        Raises:
            AccessDenied, MissingItem: Nothing may.
        """
        if self.exported or not self.kept:
            return
        first = next((one for one in self.kept if one.decision is not None), self.kept[0])
        says = f"not one of {len(self.kept)} incidents may leave the node for {leaving.purpose.word}: {first.says}"
        if first.decision is None:
            raise MissingItem(says)
        raise AccessDenied(f"{says} (rule {first.rule})", decision=first.decision)

    @property
    def mark(self) -> Derived:
        """What stands on all of it together: the strictest."""
        return derived_marking(one.mark for one in self.exported)


def decide_leaving(
    node: Node, leaving: Leaving, reports: Sequence[Reported], progress: Callable[[int], None] = lambda _: None
) -> Departure:
    """Decide about each report, one by one, and record the decisions.

    Raises:
        MissingItem: The authority takes no part any more.
    """
    exported: list[Exported] = []
    kept: list[Kept] = []
    sent = [one for one in reports if not one.is_draft]
    kept += (_kept(one, _NOT_SENT, "it is a draft: what is not sent does not leave") for one in reports if one.is_draft)
    user = User(
        reader_of(node.directory, leaving.reader, node.clock()), node.directory, Deciders(node.house), node.clock()
    )
    for start in range(0, len(sent), _AT_ONCE):
        some = sent[start : start + _AT_ONCE]
        with writing(node.engine) as connection:
            for outcome in _decide(connection, node, leaving, some, user):
                if isinstance(outcome, Exported):
                    exported.append(outcome)
                else:
                    kept.append(outcome)
        progress(len(some))
    return Departure(tuple(exported), tuple(kept), catalogue_at(node, leaving.reader))


def _decide(
    connection: Connection, node: Node, leaving: Leaving, reports: Iterable[Reported], user: User
) -> Iterator[Exported | Kept]:
    # Without named sections all that the authority sees is decided about, and what was not asked for stays here.
    named = () if leaving.sections else (Section.CORE,)
    wanted = Wanted(action=Action.EXPORT, purpose=leaving.purpose, sections=named)
    for one in reports:
        try:
            found = item(connection, node.section_keys, leaving.reader, one.name, user.now)
            doubt = doubts_about(connection, node.directory, [found])[0]
            if doubt is not None:
                yield _kept(one, doubt.assurance, doubt.says)
                continue
            ruling = rule_on(connection, node.section_keys, found, user, wanted)
        except MissingItem as error:
            yield _kept(one, _NOT_HERE, f"{error}; has its own node read it back? tocsin receive")
            continue
        yield _outcome(one, found, ruling, leaving)


def _outcome(one: Reported, found: Item, ruling: Ruling, leaving: Leaving) -> Exported | Kept:
    core = found.sections.get(Section.CORE)
    if Section.CORE not in ruling.sections or not isinstance(core, IncidentCore):
        why = next((each for each in ruling.refused if each.section is Section.CORE), None)
        return _kept(one, "" if why is None else why.rule, "" if why is None else why.says, ruling.decision)
    may = [section for section in leaving.sections if section in ruling.sections]
    operational = found.sections.get(Section.OPERATIONAL) if Section.OPERATIONAL in may else None
    nominal = found.sections.get(Section.NOMINAL) if Section.NOMINAL in may else None
    return Exported(
        reported=one,
        originator=found.author,
        issued_at=found.issued_at,
        tlp=found.tlp,
        status=found.status,
        core=core,
        operational=operational if isinstance(operational, IncidentOperational) else None,
        nominal=nominal if isinstance(nominal, IncidentNominal) else None,
        decision=ruling.number,
        withheld=tuple((each.section, each.rule) for each in ruling.refused if each.section in leaving.sections),
    )


def _kept(one: Reported, rule: str, says: str, decision: Decision | None = None) -> Kept:
    return Kept(reported=one, rule=rule, says=says, decision=decision)
