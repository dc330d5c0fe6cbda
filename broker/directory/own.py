"""The hub's own authorities: what its administrators say of them, as national administrators say it of theirs.

The hub is no participant: it takes part in no list of countries and has no conditions. One of its authorities, its node
and the key that signs are entered, and revoked, by the same streams that enter participants.
"""

from collections.abc import Sequence

import msgspec

from broker.directory.administrators import Revocations
from broker.directory.chain import Part
from broker.directory.entries import ParticipantEntry
from broker.directory.held import Held
from broker.directory.hub import OWN_ENTRIES, HubState
from broker.directory.national import Mandate, NationalPart, NationalState, fold_national
from broker.directory.root import RootState
from broker.directory.signatures import Signatures
from broker.types.names import HUB
from broker.types.time import EPOCH
from broker.types.vocabulary import Status

_HUB_ENTRY = ParticipantEntry(code=HUB, name="the hub", administrators=(), active_from=EPOCH, active_to=None)


def fold_own(
    messages: Sequence[Held], root: RootState, hub: Part[HubState], signatures: Signatures
) -> NationalPart | None:
    """Return the hub's own part; None where its administrators have entered nothing of it.

    Heads, and what is wrong with a message's place, are the hub's already.
    """
    about = frozenset(one.digest for one in messages if isinstance(one.entry, OWN_ENTRIES))
    if not about:
        return None
    mine = tuple(one for one in root.revocations if one.key in root.hub_keys)
    status = Status.UNKNOWN if root.entry is None else root.entry.status
    mandate = Mandate(_HUB_ENTRY, root.hub_keys, (), Revocations(mine, mine), status)
    part = fold_national(tuple(messages), mandate, signatures)
    told = {one.digest for one in hub.findings}
    findings = tuple(one for one in part.findings if one.digest in about and one.digest not in told)
    revocations = {key: one for key, one in part.state.revocations.items() if key in part.state.keys}
    state: NationalState = msgspec.structs.replace(part.state, revocations=revocations)
    return NationalPart(mandate, state, {}, findings)
