"""What no table and no record can tell of itself: whether those it speaks of exist, and whether it counts any more."""

from collections.abc import Iterator
from datetime import date
from typing import Final, assert_never

import msgspec

from broker.database import reading
from broker.deciders import tables_in_force
from broker.directory import Directory
from broker.errors import MissingFile, UnknownAuthority
from broker.policy.builtin import community_table, marking_table, open_house_table, open_release_table
from broker.policy.check import Remark
from broker.policy.rule import Effect, Members, Rule
from broker.policy.table import Layer, Table
from broker.policy.vocabulary import nearest
from broker.records.agreement import AgreementCore
from broker.records.core import Core
from broker.records.group import GroupCore
from broker.relationships import Relationships, StandingAgreement, StandingGroup, focal_points
from broker.types.names import Originator, Participant, check_participant, participant_of
from consumers.relationships import load_relationships
from producers.intake.rows import FieldProblem
from producers.named import Known
from tocsin.folder import FederationFolder
from tocsin.installation import Node, open_node

ALREADY_ENDED: Final = "already-ended"
_AT_HOME: Final = frozenset({Layer.HOUSE, Layer.RELEASE})
_BINDS_ONE: Final = frozenset({Layer.NATIONAL, Layer.RELEASE})


def relating_problems(
    core: Core, *, by: Originator, known: Known, relationships: Relationships, today: date
) -> tuple[FieldProblem, ...]:
    """Return what is wrong with an agreement or a group that nobody could see from the record alone."""
    match core:
        case AgreementCore():
            field, named, label = "parties", core.parties, core.reference
            standing = any(_is_one(one, by, label) for one in relationships.agreements)
        case GroupCore():
            field, named, label = "members", core.members, core.full_name(participant_of(by))
            standing = any(_is_one(one, by, label) for one in relationships.groups)
        case _:
            return ()
    return (*_unknown(field, named, known), *_ended(core.ends_on, today, standing=standing))


def check_relating(node: Node, author: Originator, core: Core) -> tuple[FieldProblem, ...]:
    """Return what *node* knows against an agreement or a group that *author* would publish; nothing of other kinds."""
    now = node.clock()
    with reading(node.engine) as connection:
        relationships = load_relationships(connection, node.section_keys, focal_points(node.directory, now))
    known = Known(
        participants=frozenset(one.code for one in node.directory.participants()),
        authorities=frozenset(one.authority for one in node.directory.authorities(now)),
        groups=(),
    )
    return relating_problems(core, by=author, known=known, relationships=relationships, today=now.date())


def ended_remarks(table: Table, relationships: Relationships, participant: Participant, today: date) -> list[Remark]:
    """Return a remark for each rule of *participant*'s own table that rests on agreements or groups that have ended."""
    if table.layer not in _BINDS_ONE:
        return []
    agreements = [one for one in relationships.agreements if participant_of(one.by) == participant]
    groups = [one for one in relationships.groups if participant_of(one.by) == participant]
    return [
        Remark("warning", rule.id, says)
        for rule in table.rules
        if rule.effect is Effect.PERMIT
        for word, several in (("agreement", agreements), ("group", groups))
        if _asks_for(rule, word)
        for says in _gone(word, several, today)
    ]


def _gone(word: str, several: list[StandingAgreement] | list[StandingGroup], today: date) -> Iterator[str]:
    for one in several:
        if one.ends_on is not None and one.ends_on < today:
            yield f"the {word} {one.name} ended on {one.ends_on}: for it this rule permits nothing any more"
    if all(one.ends_on is not None and one.ends_on < today for one in several):
        yield f"no {word} of its participant is in force, so today it permits nothing"


def _asks_for(rule: Rule, word: str) -> bool:
    return any(
        isinstance(one, Members) and one.fact == "relation" and (word in one.all_of or set(one.any_of) == {word})
        for one in rule.when
    )


def _is_one(standing: StandingAgreement | StandingGroup, by: Originator, label: str) -> bool:
    return standing.name == label and participant_of(standing.by) == participant_of(by)


def _unknown(field: str, named: tuple[str, ...], known: Known) -> Iterator[FieldProblem]:
    for name in named:
        if not known.has(name):
            near = known.nearest(name)
            advice = f"did you mean {near!r}?" if near else "see tocsin directory show"
            yield FieldProblem(field, "unknown-name", f"{name[:60]!r} is nobody that this node knows: {advice}")


def _ended(ends_on: date | None, today: date, *, standing: bool) -> Iterator[FieldProblem]:
    """A record that ends what is in force may say yesterday; one that makes something new may not."""
    if ends_on is not None and ends_on < today and not standing:
        says = f"it ended on {ends_on}, before it was published: it would never count"
        yield FieldProblem("ends_on", ALREADY_ENDED, says)


class Present(msgspec.Struct, frozen=True):
    """What is in force where a table would stand.

    Attributes:
        table: Whose place it would take; None where that is not known.
        remarks: What only the participant's own node knows of the new one.
    """

    table: Table | None
    remarks: tuple[Remark, ...]


def shipped(layer: Layer) -> Table | None:
    """Return the table that is in force where nobody wrote one; None for conditions, which are somebody's."""
    match layer:
        case Layer.MARKING:
            return marking_table()
        case Layer.COMMUNITY:
            return community_table()
        case Layer.HOUSE:
            return open_house_table("the node")
        case Layer.RELEASE:
            return open_release_table("the node")
        case Layer.NATIONAL:
            return None
        case _:
            assert_never(layer)


def present(table: Table, home: FederationFolder, directory: Directory, participant: str | None) -> Present:
    """Return what is in force in a federation where *table* would stand, at *participant* if it is one's own.

    Raises:
        UnknownAuthority: It is no participant; against one that is not there, every change would look like none.
        MissingFile: The table in force is at home at its node, and that is not here.
    """
    if table.layer is Layer.MARKING:
        return Present(marking_table(), ())
    if participant is None:
        return Present(tables_in_force(directory, Participant("ZZ"))[0], ())
    code = _known(directory, participant)
    if code not in home.participants():
        if table.layer in _AT_HOME:
            raise MissingFile(f"the {table.layer.word} table of {code} is at home at its node, which is not here")
        return Present(_of_directory(table.layer, directory, code), ())
    with open_node(home, code) as node:
        at_home = {Layer.HOUSE: lambda: node.house, Layer.RELEASE: lambda: node.release}
        found = at_home.get(table.layer, lambda: _of_directory(table.layer, directory, code))()
        return Present(found, tuple(_remarks(node, table, code)))


def _of_directory(layer: Layer, directory: Directory, code: Participant) -> Table:
    community, national = tables_in_force(directory, code)
    return community if layer is Layer.COMMUNITY else national


def _remarks(node: Node, table: Table, code: Participant) -> list[Remark]:
    now = node.clock()
    with reading(node.engine) as connection:
        relationships = load_relationships(connection, node.section_keys, focal_points(node.directory, now))
    return ended_remarks(table, relationships, code, now.date())


def _known(directory: Directory, participant: str) -> Participant:
    known = [one.code for one in directory.participants()]
    if participant not in known:
        hint = nearest(participant[:40], known)
        raise UnknownAuthority(f"{participant[:40]!r} is no participant of {directory.federation}", hint=hint)
    return check_participant(participant)
