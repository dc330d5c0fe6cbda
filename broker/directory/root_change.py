"""What the next root record says: the present one, with keys added and left out, and other numbers."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from broker.directory.entries import KeyStatement, RootEntry, Witness
from broker.directory.rules import NOTARY, check_entry, root_statements
from broker.errors import AlreadyThere, InvalidRecord, UnknownKey
from broker.types.names import HUB_ADMIN, ROOT, Digest, KeyId
from broker.types.vocabulary import KeyUse

Office: TypeAlias = Literal["root", "administrator", "notary", "witness"]
USES: Final = {
    "root": KeyUse.ADMINISTRATE,
    "administrator": KeyUse.ADMINISTRATE,
    "notary": KeyUse.LOG,
    "witness": KeyUse.WITNESS,
}
"""What a key of an office is for."""
OWNERS: Final = {"root": str(ROOT), "administrator": str(HUB_ADMIN), "notary": str(NOTARY)}
"""Whose it is; a witness has a name of its own."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key for an office in the root record, with the proof that its holder agreed.

    Attributes:
        name: Of a witness, as its cosignatures name it; empty for the other offices.
        operator: Who runs a witness; empty for the other offices.
    """

    office: Office
    name: str = ""
    operator: str = ""
    key: KeyStatement


class RootChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a new root record says differently; None for what stays.

    Attributes:
        added: In the place of the notary's present key, and of a witness of the same name; beside all others.
        removed: The beginnings of ids of keys that are left out.
    """

    added: Sequence[Appointment] = ()
    removed: Sequence[str] = ()
    threshold: int | None = None
    witness_quorum: int | None = None
    heads_max_age_hours: int | None = None
    checkpoint_max_age_hours: int | None = None
    community_table_digest: Digest | None = None


def change_root(entry: RootEntry, change: RootChange) -> RootEntry:
    """Return the root record that follows *entry*.

    Raises:
        UnknownKey: What is to be left out is not exactly one key of the root record.
        AlreadyThere: What is to be added is in it already.
        InvalidRecord, WeakQuorum: The root record would contradict itself, or change nothing.
        WeakKey, BadPossession: A new key is unsafe, or nothing proves that its owner holds it.
    """
    _check_single(change.added)
    removed = {_find(entry, beginning) for beginning in change.removed}
    changed = _without(entry, removed)
    for one in change.added:
        changed = _with(changed, one)
    numbers = {
        name: value for name in ("threshold", "witness_quorum", *_PLAIN) if (value := getattr(change, name)) is not None
    }
    changed = msgspec.structs.replace(changed, **numbers)
    if changed == entry:
        raise InvalidRecord("the new root record would say what the present one says")
    changed = msgspec.structs.replace(changed, version=entry.version + 1)
    check_entry(changed, ROOT, entry.federation)
    return changed


_PLAIN: Final = ("heads_max_age_hours", "checkpoint_max_age_hours", "community_table_digest")


def _check_single(added: Sequence[Appointment]) -> None:
    """Check that none of *added* would push another one out again."""
    single = [one.name or one.office for one in added if one.office in ("notary", "witness")]
    twice = {one for one in single if single.count(one) > 1}
    if twice:
        raise InvalidRecord(f"two keys are to be added for {min(twice)[:60]!r}, which has one")


def _find(entry: RootEntry, beginning: str) -> KeyId:
    found = {one.id for _, _, one in root_statements(entry) if one.id.hex().startswith(beginning.lower().rstrip("…"))}
    if len(found) != 1 or not beginning:
        known = ", ".join(f"{one.id.hex()[:12]} of {owner}" for owner, _, one in root_statements(entry))
        raise UnknownKey(f"{beginning[:40]!r} is not one key of the root record", hint=f"Its keys: {known}.")
    return found.pop()


def _without(entry: RootEntry, removed: set[KeyId]) -> RootEntry:
    notary = entry.notary_key
    return msgspec.structs.replace(
        entry,
        root_keys=tuple(one for one in entry.root_keys if one.id not in removed),
        hub_administrators=tuple(one for one in entry.hub_administrators if one.id not in removed),
        notary_key=None if notary is not None and notary.id in removed else notary,
        witnesses=tuple(one for one in entry.witnesses if one.key.id not in removed),
    )


def _with(entry: RootEntry, one: Appointment) -> RootEntry:
    if any(one.key.id == statement.id for _, _, statement in root_statements(entry)):
        raise AlreadyThere(f"key {one.key.id.hex()} is in the root record already")
    replace = msgspec.structs.replace
    match one.office:
        case "root":
            return replace(entry, root_keys=(*entry.root_keys, one.key))
        case "administrator":
            return replace(entry, hub_administrators=(*entry.hub_administrators, one.key))
        case "notary":
            return replace(entry, notary_key=one.key)
        case "witness":
            others = tuple(other for other in entry.witnesses if other.name != one.name)
            witness = Witness(name=one.name, operator=one.operator, key=one.key)
            return replace(entry, witnesses=(*others, witness))
