"""The sentence by which a refusal is explained: the rule's own, and where no rule permitted, what that means."""

from typing import Final

from broker.policy.decide import NOTHING_PERMITS, SectionOutcome
from broker.policy.table import Layer
from broker.types.vocabulary import Section

NOT_NAMED: Final = "The author named its recipients, and this reader is not among them."
NOT_ENTITLED: Final = "Nothing entitles this reader: not named, in no group, no agreement, not concerned."
BEYOND_CORE: Final = "Beyond the core only for those whom the message names, their groups, and partners."
_PERSONS: Final = "Persons and companies only for those whom the message names, for an investigation."


def sentence(outcome: SectionOutcome) -> str:
    """Return why *outcome* is as it is, in words."""
    if outcome.rule_id != NOTHING_PERMITS:
        return outcome.says
    if outcome.layer is Layer.MARKING:
        return NOT_NAMED
    if outcome.layer is Layer.COMMUNITY:
        return {Section.CORE: NOT_ENTITLED, Section.NOMINAL: _PERSONS}.get(outcome.section, BEYOND_CORE)
    return outcome.says
