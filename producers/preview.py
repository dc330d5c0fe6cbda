"""Who will be able to read a draft, section by section, and by which rule: what ``publish --dry-run`` shows.

The same facts and the same decider that every receiving node uses, but for its house table, which only that node knows
and which can only narrow what is shown here.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from broker.deciders import Deciders
from broker.directory import Directory
from broker.facts import About, Reader, Relationships, delivery, facts_for, raises_alert
from broker.policy.builtin import open_house_table
from broker.policy.decide import SectionOutcome
from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import Section
from producers.draft import Draft


class Verdict(msgspec.Struct, frozen=True):
    """One rule, and the authorities for which it decided.

    Attributes:
        says: The rule's sentence.
    """

    rule_id: str
    says: str
    authorities: tuple[Originator, ...]


class AudienceRow(msgspec.Struct, frozen=True):
    """Who will be able to read one section, and who will not."""

    section: Section
    permitted: tuple[Verdict, ...]
    refused: tuple[Verdict, ...]


class Audience(msgspec.Struct, frozen=True):
    """Who will be able to read a draft.

    Attributes:
        rows: One a section, in the order of the sections.
        alerted: The countries that will be alerted, and their authorities that may see something.
    """

    rows: tuple[AudienceRow, ...]
    alerted: Mapping[Participant, tuple[Originator, ...]]


def open_deciders() -> Deciders:
    """Return deciders that know no house rules; keep them, they remember what they decided."""
    return Deciders(open_house_table("the recipient"))


def preview(
    draft: Draft, *, directory: Directory, deciders: Deciders, relationships: Relationships, now: datetime
) -> Audience:
    """Return who could read *draft* if it were published *now*.

    Args:
        deciders: Those of :func:`open_deciders`.

    Raises:
        BadTable: A table in the directory has a mistake.
    """
    about = about_draft(draft)
    decider = deciders.decider(directory, about.participant)
    groups: dict[tuple[Section, bool, str, str], list[Originator]] = {}
    told: dict[Participant, list[Originator]] = {}
    for entry in directory.authorities(now):
        reader = Reader.of(entry, active=True)
        decision = decider.decide(facts_for(about, reader, relationships, delivery(reader, now)))
        for outcome in decision.outcomes:
            groups.setdefault(_group(outcome), []).append(reader.authority)
        if decision.permitted and raises_alert(about, decision.facts.relation, now):
            told.setdefault(reader.participant, []).append(reader.authority)
    rows = tuple(
        AudienceRow(section, _verdicts(groups, section, permitted=True), _verdicts(groups, section, permitted=False))
        for section in about.sections
    )
    return Audience(rows, {country: tuple(names) for country, names in sorted(told.items())})


def about_draft(draft: Draft) -> About:
    """Return what policy has to know of the message that *draft* will become."""
    core = draft.core
    return About(
        originator=draft.authority,
        participant=participant_of(draft.authority),
        kind=draft.kind,
        status=draft.status,
        tlp=draft.tlp,
        sections=tuple(Section.from_word(name) for name in draft.sections.present()),
        marking=core.marking,
        told=frozenset(one.country for one in core.concerned if one.tell),
    )


def _group(outcome: SectionOutcome) -> tuple[Section, bool, str, str]:
    return (outcome.section, outcome.permitted, outcome.rule_id, outcome.says)


def _verdicts(
    groups: Mapping[tuple[Section, bool, str, str], list[Originator]], section: Section, *, permitted: bool
) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(rule_id, says, tuple(names))
        for (one, outcome, rule_id, says), names in groups.items()
        if one is section and outcome is permitted
    )
