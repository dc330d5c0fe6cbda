"""Whom the directory appoints to keep the log, and to witness it."""

from collections.abc import Iterator

from broker.directory import Directory
from broker.errors import NoLog
from broker.log.checkpoint import log_origin
from broker.log.note import COSIGNATURE, ED25519, NoteKey
from broker.log.trust import LogTrust
from broker.types.names import KeyId
from broker.types.vocabulary import KeyUse


def log_trust(directory: Directory) -> LogTrust:
    """Return whose signatures count for the log, by what *directory* says now.

    A notary's key that was replaced still proves what it signed, one that was revoked nothing. Of witnesses only those
    count that are appointed now: old checkpoints are under newer ones, which they cosign.

    Raises:
        UntrustedRoot: The root record has not come yet.
        NoLog: No notary was ever appointed.
    """
    root, revoked = directory.root, _revoked(directory)
    origin = log_origin(directory.federation)
    notaries = tuple(key for key_id, key in _notaries(directory) if key_id not in revoked)
    if not notaries:
        raise NoLog(f"the root record of {directory.federation} appoints no notary, so there is no log")
    witnesses = tuple(
        NoteKey(one.name, COSIGNATURE, one.key.public) for one in root.witnesses if one.key.id not in revoked
    )
    return LogTrust(origin, notaries, witnesses, root.witness_quorum)


def present_notary(directory: Directory) -> tuple[NoteKey, ...]:
    """Return the key that the newest root record appoints for the log; nothing where it names none, or a revoked one.

    What a former one signed is still believed; but who is asked to vouch for something new goes by this.
    """
    key = directory.root.notary_key
    if key is None or key.id in _revoked(directory):
        return ()
    return (NoteKey(log_origin(directory.federation), ED25519, key.public),)


def ended_notaries(directory: Directory) -> tuple[NoteKey, ...]:
    """Return the notary's keys that were revoked: they prove nothing, but honest ones have signed and named it."""
    revoked = _revoked(directory)
    return tuple(key for key_id, key in _notaries(directory) if key_id in revoked)


def _notaries(directory: Directory) -> Iterator[tuple[KeyId, NoteKey]]:
    """Yield every key that was ever appointed for the log."""
    state, origin = directory.parts.root.state, log_origin(directory.federation)
    for key_id, claim in state.claims.items():
        if claim.use is KeyUse.LOG:
            yield key_id, NoteKey(origin, ED25519, state.statements[key_id].public)


def _revoked(directory: Directory) -> set[KeyId]:
    return {one.key for one in directory.parts.root.state.revocations}
