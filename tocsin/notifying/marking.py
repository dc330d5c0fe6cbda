"""How records about a notification are marked: by the authority's profile, addressed to the other side of the trade."""

from typing import TypeVar

from broker.policy.profile import Requested, apply_profile
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind, Tlp
from producers.draft import DraftCore
from producers.intake.marked import marked
from tocsin.installation import Node
from tocsin.profiles import profile_for

C = TypeVar("C", bound=DraftCore)


def marked_for(node: Node, author: Originator, core: C, kind: RecordKind, to: tuple[str, ...]) -> tuple[C, Tlp]:
    """Return *core* with its marking, and its label: by the profile of *author*, but always addressed to *to*.

    Raises:
        InvalidRecord: The profile does not let the author name them.
        BadSettings: There is no profile for such records.
    """
    profile = profile_for(node.profiles, author, kind)
    whom = tuple(dict.fromkeys((*to, *profile.recipients)))
    effective = apply_profile(profile, Requested(recipients=whom), authored_at=node.clock())
    return marked(core, effective, is_flat=True), effective.tlp
