"""Who will be able to read a draft, section by section, and by which rule: what ``publish --dry-run`` shows.

The same decisions by which the outbox gives keys when it is flushed: marking, conditions, the community's table and
this node's release rules. A reader's house table is known to its node only, and can only narrow what is shown here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from broker.about import About, marking_of, told_by
from broker.audience import Audience, Audiences, Readership
from broker.deciders import SenderDeciders
from broker.directory import Directory
from broker.facts import raises_alert
from broker.policy.decide import SectionOutcome
from broker.policy.table import Table
from broker.relationships import Relationships
from broker.types.names import Originator, Participant, participant_of
from broker.types.vocabulary import Section, Tlp
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


class Preview(msgspec.Struct, frozen=True):
    """Who will be able to read a draft.

    Attributes:
        rows: One a section, in the order of the sections.
        alerted: The countries that will be alerted, and their authorities that may see something.
        unreached: The authorities that may read something, whose node has no sealing key: they get it when it has one.
    """

    rows: tuple[AudienceRow, ...]
    alerted: Mapping[Participant, tuple[Originator, ...]]
    unreached: tuple[Originator, ...]


class Previewer:
    """Previews drafts of one moment; what is decided alike is decided once."""

    def __init__(self, directory: Directory, relationships: Relationships, release: Table, now: datetime) -> None:
        """Prepare; *release* are the release rules of the node that will send."""
        self._now = now
        self._readership = Readership.of(directory, now)
        self._audiences = Audiences(directory, relationships, SenderDeciders(release), now, readership=self._readership)
        nodes = set(self._readership.nodes.values())
        self._reached = {node for node in nodes if directory.sealing_key(node, now) is not None}

    def preview(self, about: About) -> Preview:
        """Return who could read a message if it were published now.

        Raises:
            BadTable: A table in the directory has a mistake.
        """
        audience = self._audiences.of(about)
        groups: dict[tuple[Section, bool, str, str], list[Originator]] = {}
        told: dict[Participant, list[Originator]] = {}
        for verdict in audience.verdicts:
            for outcome in verdict.decision.outcomes:
                groups.setdefault(_group(outcome), []).extend(verdict.readers)
            if verdict.decision.permitted and raises_alert(about, verdict.decision.facts.relation, self._now):
                for name in verdict.readers:
                    told.setdefault(participant_of(name), []).append(name)
        rows = tuple(
            AudienceRow(
                section, _verdicts(groups, section, permitted=True), _verdicts(groups, section, permitted=False)
            )
            for section in about.sections
        )
        return Preview(rows, _sorted(told), () if about.tlp is Tlp.CLEAR else tuple(sorted(self._unreached(audience))))

    def _unreached(self, audience: Audience) -> Iterable[Originator]:
        nodes = self._readership.nodes
        for verdict in audience.verdicts:
            if Section.CORE in verdict.decision.permitted:
                yield from (name for name in verdict.readers if nodes[name] not in self._reached)


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
        marking=marking_of(core),
        told=told_by(core),
    )


def _sorted(told: Mapping[Participant, list[Originator]]) -> Mapping[Participant, tuple[Originator, ...]]:
    return {country: tuple(sorted(names)) for country, names in sorted(told.items())}


def _group(outcome: SectionOutcome) -> tuple[Section, bool, str, str]:
    return (outcome.section, outcome.permitted, outcome.rule_id, outcome.says)


def _verdicts(
    groups: Mapping[tuple[Section, bool, str, str], list[Originator]], section: Section, *, permitted: bool
) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(rule_id, says, tuple(sorted(names)))
        for (one, outcome, rule_id, says), names in groups.items()
        if one is section and outcome is permitted
    )
