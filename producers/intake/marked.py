"""The marking that the profile gives, in the record's own types."""

from functools import lru_cache
from typing import TypeVar

import msgspec

from broker.policy.profile import EffectiveMarking
from broker.records.marking import Basis, InformationEvaluation, Marking, SourceEvaluation
from producers.draft import DraftCore

C = TypeVar("C", bound=DraftCore)


def marked(core: C, effective: EffectiveMarking, *, is_flat: bool) -> C:
    """Return *core* with its marking, and the countries confirmed that may be told.

    A row of a table (*is_flat*) cannot confirm a country, so the profile does, by role; a nested record does it itself.
    """
    concerned = core.concerned
    if is_flat:
        concerned = tuple(
            msgspec.structs.replace(one, tell=True) if one.role.word in effective.tell else one for one in concerned
        )
    return msgspec.structs.replace(core, marking=_marking(effective), concerned=concerned)


@lru_cache(maxsize=256)  # most rows of a file have the same marking
def _marking(effective: EffectiveMarking) -> Marking:
    return Marking(
        handling=effective.handling,
        handling_text=effective.handling_text,
        purposes=effective.purposes,
        source_evaluation=SourceEvaluation.from_word(effective.source),
        information_evaluation=InformationEvaluation.from_word(effective.information),
        basis=Basis.from_word(effective.basis),
        recipients=effective.recipients,
        excluded=effective.excluded,
        release_after=effective.release_after,
        retain_until=effective.retain_until,
    )
