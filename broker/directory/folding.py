"""From messages to what follows from them: root, then hub, then participants; nothing is followed twice in vain."""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from broker.directory.administrators import Revocations
from broker.directory.chain import Finding, Head, Part, finding
from broker.directory.held import Held
from broker.directory.hub import HubState, fold_hub
from broker.directory.index import EnrolledKey, hub_keys, merge, national_keys, root_keys
from broker.directory.national import Mandate, NationalPart, fold_national
from broker.directory.own import fold_own
from broker.directory.root import RootState, fold_root
from broker.directory.screening import HeldMessages, Screening, screen
from broker.directory.signatures import Signatures
from broker.errors import UnknownKey
from broker.types.names import (
    HUB,
    HUB_ADMIN,
    ROOT,
    ZERO_DIGEST,
    Digest,
    KeyId,
    Originator,
    Participant,
    Stream,
    participant_of,
)
from broker.types.vocabulary import Status


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a set of messages.

    Attributes:
        enrolled: The keys of each participant by themselves; ``keys`` has all of them together.
        sealing: The sealing keys of each node, the one whose validity begins last first.
        digest: SHA-256 over the heads; zeros while there is none.
    """

    root: Part[RootState]
    hub: Part[HubState]
    national: Mapping[Participant, NationalPart] = {}
    enrolled: Mapping[Participant, Mapping[KeyId, EnrolledKey]] = {}
    keys: Mapping[KeyId, EnrolledKey] = {}
    sealing: Mapping[Originator, tuple[EnrolledKey, ...]] = {}
    heads: Mapping[Stream, Head] = {}
    findings: tuple[Finding, ...] = ()
    digest: Digest = ZERO_DIGEST


NOTHING = Parts(root=Part(RootState(), {}, ()), hub=Part(HubState(claims={}), {}, ()))


def derive(
    before: Parts, held_before: HeldMessages, held: HeldMessages, *, root_digest: Digest, signatures: Signatures
) -> Parts:
    """Return what follows from *held*, taking over from *before* whatever rests on the same messages and mandate."""
    root, hub = before.root, before.hub
    if held.get(ROOT) is not held_before.get(ROOT):
        root = fold_root(held.get(ROOT, ()), root_digest, signatures)
    if root.state != before.root.state or held.get(HUB_ADMIN) is not held_before.get(HUB_ADMIN):
        hub = fold_hub(held.get(HUB_ADMIN, ()), root.state, signatures)
    national: dict[Participant, NationalPart] = {}
    enrolled: dict[Participant, Mapping[KeyId, EnrolledKey]] = {}
    for code, mandate in _mandates(root.state, hub.state):
        originator = Originator(f"{code}/~admin")
        part = before.national.get(code)
        if part is None or part.mandate != mandate or held.get(originator) is not held_before.get(originator):
            national[code] = fold_national(held.get(originator, ()), mandate, signatures)
            enrolled[code] = national_keys(national[code])
        else:
            national[code], enrolled[code] = part, before.enrolled[code]
    own = _own_part(before, root=root, hub=hub, held=held.get(HUB_ADMIN, ()), signatures=signatures)
    if own is not None:
        national[HUB], enrolled[HUB] = own, national_keys(own)
    return _together(Parts(root=root, hub=hub, national=national, enrolled=enrolled), held)


def derive_screened(
    before: tuple[Parts, HeldMessages, Screening],
    held: HeldMessages,
    *,
    root_digest: Digest,
    signatures: Signatures,
) -> tuple[Parts, HeldMessages, Screening]:
    """Return what follows from *held*, what of it is kept, and what became of the rest."""
    parts, held_before, screening = before
    parts = derive(parts, held_before, held, root_digest=root_digest, signatures=signatures)
    # Who signed is known only now; what goes had no part in what follows, so this changes findings alone.
    kept, screening = screen(held, parts.keys, screening, signatures)
    if kept != held:
        parts = derive(parts, held, kept, root_digest=root_digest, signatures=signatures)
    findings = tuple(sorted([*parts.findings, *screening.findings(kept)]))
    return msgspec.structs.replace(parts, findings=findings), kept, screening


def _own_part(
    before: Parts, *, root: Part[RootState], hub: Part[HubState], held: tuple[Held, ...], signatures: Signatures
) -> NationalPart | None:
    """Return the hub's own part, the one from before where neither root nor hub have said anything since."""
    if hub is before.hub and root.state == before.root.state:
        return before.national.get(HUB)
    return fold_own(held, root.state, hub, signatures)


def _mandates(root: RootState, hub: HubState) -> Iterable[tuple[Participant, Mandate]]:
    status = Status.UNKNOWN if root.entry is None else root.entry.status
    for code, entry in sorted(hub.participants.items()):
        keys = hub.administrators[code]
        mine = [one for one in hub.revocations if one.entry.key in keys]
        revocations = Revocations(tuple(one.entry for one in mine), firm=tuple(one.entry for one in mine if one.firm))
        yield code, Mandate(entry, keys, hub.periods[code], revocations, status)


def _together(parts: Parts, held: HeldMessages) -> Parts:
    index = merge(
        root_keys(parts.root.state) | hub_keys(parts.hub.state),
        [(part, parts.enrolled[code]) for code, part in parts.national.items()],
    )
    heads = {**parts.root.heads, **parts.hub.heads}
    findings = [*parts.root.findings, *parts.hub.findings, *index.findings, *_homeless(parts, held)]
    for part in parts.national.values():
        heads |= part.heads
        findings += part.findings
    return msgspec.structs.replace(
        parts,
        keys=index.keys,
        sealing=index.sealing,
        heads=heads,
        findings=tuple(sorted(findings)),
        digest=digest_of(heads),
    )


def _homeless(parts: Parts, held: HeldMessages) -> list[Finding]:
    """Messages of participants that no hub administrator has named (yet)."""
    return [
        finding(one, UnknownKey(f"waits for the participant {participant_of(originator)}"), waiting=True)
        for originator, messages in held.items()
        if participant_of(originator) != HUB and participant_of(originator) not in parts.national
        for one in messages
    ]


def digest_of(heads: Mapping[Stream, Head]) -> Digest:
    """Return the digest of a directory with *heads*: of the sorted lines ``stream SP sequence SP header digest LF``."""
    if not heads:
        return ZERO_DIGEST
    lines = sorted(f"{stream} {head.sequence} {head.digest.hex()}\n" for stream, head in heads.items())
    return Digest(hashlib.sha256("".join(lines).encode()).digest())
