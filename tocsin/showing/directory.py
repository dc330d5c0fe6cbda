"""The directory for people: who takes part, with which authorities, nodes and keys."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from broker.directory import Directory, EnrolledKey
from broker.directory.entries import AuthorityEntry, is_active
from broker.types.names import HUB, participant_of
from tocsin.showing.plain import plain
from tocsin.showing.records import Line


def directory_lines(directory: Directory, at: datetime) -> Iterator[Line]:
    """Yield the directory line by line; what is not active now says so."""
    root = directory.root
    yield Line("network", f"{directory.federation}, {root.status.word}, root version {root.version}")
    yield Line("root digest", directory.root_digest.hex())
    yield Line("state", directory.digest.hex())
    table = directory.community_table()
    yield Line("table", root.community_table_digest.hex() + ("" if table else " (its text is not here)"))
    for participant in directory.participants():
        state = "" if is_active(participant, at) else " (not active)"
        conditions = " · sets conditions" if directory.conditions(participant.code) else ""
        yield Line(participant.code, plain(participant.name) + state + conditions)
        yield from _own_lines(directory, participant.code, at)
    if _authorities(directory, HUB):
        yield Line(HUB, "the hub, no participant")
        yield from _own_lines(directory, HUB, at)
    for one in directory.findings:
        yield Line("finding", f"{one.name}: {one.code}: {plain(one.says)}")


def _own_lines(directory: Directory, code: str, at: datetime) -> Iterator[Line]:
    """Yield the authorities, nodes and keys of one participant, or of the hub."""
    for authority in _authorities(directory, code):
        yield Line("", _authority(authority, at))
    for node in directory.nodes():
        if participant_of(node.node) == code:
            yield Line("", f"node {node.node}, run by {plain(node.operator)}")
    keys = directory.keys()
    for key in keys:
        if participant_of(key.owner) == code:
            yield Line("", _key(key, at))


def directory_document(directory: Directory, at: datetime) -> dict[str, Any]:
    """Return what ``directory show --json`` prints."""
    keys = directory.keys()
    return {
        "federation": directory.federation,
        "status": directory.root.status.word,
        "root_digest": directory.root_digest.hex(),
        "state": directory.digest.hex(),
        "participants": [
            {
                "code": one.code,
                "name": one.name,
                "active": is_active(one, at),
                "conditions": directory.conditions(one.code) is not None,
                "authorities": [_authority_document(entry, at) for entry in _authorities(directory, one.code)],
            }
            for one in directory.participants()
        ],
        "hub": {"authorities": [_authority_document(entry, at) for entry in _authorities(directory, HUB)]},
        "nodes": [one.node for one in directory.nodes()],
        "keys": [
            {
                "id": key.id.hex(),
                "owner": key.owner,
                "use": key.use.word,
                "valid_to": key.valid_to.isoformat(),
                "revoked": key.revocation is not None,
            }
            for key in keys
        ],
        "findings": [{"code": one.code, "place": str(one.name), "message": one.says} for one in directory.findings],
    }


def _authorities(directory: Directory, code: str) -> list[AuthorityEntry]:
    part = directory.parts.national.get(participant_of(code))
    return [] if part is None else [entry for _, entry in sorted(part.state.authorities.items())]


def _authority(entry: AuthorityEntry, at: datetime) -> str:
    roles = ", ".join(role.word for role in entry.roles)
    state = "" if is_active(entry, at) else " (not active)"
    contact = entry.contact
    call = plain(f"{contact.desk}, {contact.telephone}")
    return f"{entry.authority}{state}: {entry.sector.word}; {roles}; {call}"


def _authority_document(entry: AuthorityEntry, at: datetime) -> dict[str, Any]:
    return {
        "authority": entry.authority,
        "sector": entry.sector.word,
        "roles": [role.word for role in entry.roles],
        "purposes": [purpose.word for purpose in entry.purposes],
        "node": entry.node,
        "active": is_active(entry, at),
    }


def _key(key: EnrolledKey, at: datetime) -> str:
    return f"key {key.id.hex()} of {key.owner}, to {key.use.word}: {_validity(key, at)}"


def _validity(key: EnrolledKey, at: datetime) -> str:
    if key.revocation is not None:
        return f"REVOKED on {key.revocation.revoked_at:%Y-%m-%d} ({key.revocation.reason.word})"
    if at < key.valid_from:
        return f"not valid before {key.valid_from:%Y-%m-%d}"
    if at >= key.valid_to:
        return f"not valid any more since {key.valid_to:%Y-%m-%d}"
    return f"valid until {key.valid_to:%Y-%m-%d}"
