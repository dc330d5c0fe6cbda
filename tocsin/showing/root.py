"""A root record for people, and what a new one would change."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from broker.directory.entries import KeyStatement, RootEntry
from broker.directory.proposal import Checked
from broker.directory.rules import root_statements
from broker.types.names import HUB_ADMIN, ROOT
from broker.types.vocabulary import KeyUse
from tocsin.showing.plain import plain
from tocsin.showing.records import Line

_OFFICES = {str(ROOT): "root", str(HUB_ADMIN): "administrator"}
_NUMBERS = (
    ("threshold", "root keys that have to sign"),
    ("witness_quorum", "witnesses that have to agree"),
    ("heads_max_age_hours", "hours that a node may be silent"),
    ("checkpoint_max_age_hours", "hours without a witnessed checkpoint"),
)


def root_lines(entry: RootEntry) -> Iterator[Line]:
    """Yield a root record line by line."""
    yield Line("network", f"{entry.federation}, {entry.status.word}, root version {entry.version}")
    for name, says in _NUMBERS:
        yield Line("", f"{getattr(entry, name)} {says}")
    for owner, use, one in root_statements(entry):
        yield Line(_office(owner, use), _key(owner, use, one))
    for witness in entry.witnesses:
        yield Line("", f"{plain(witness.name)} is run by {plain(witness.operator)}")
    yield Line("table", entry.community_table_digest.hex())


def change_lines(checked: Checked) -> Iterator[Line]:
    """Yield what a proposal changes, and who has signed it."""
    before, after = checked.before, checked.after
    yield Line("network", f"{after.federation}, {after.status.word}: root version {before.version} to {after.version}")
    yield Line("message", checked.digest.hex())
    yield Line("written", f"{checked.header.issued_at:%Y-%m-%d %H:%M} UTC")
    yield from _key_changes(before, after)
    for name, says in _NUMBERS:
        was, will = getattr(before, name), getattr(after, name)
        if was != will:
            yield Line("changes", f"{will} {says}, not {was}")
    if before.community_table_digest != after.community_table_digest:
        yield Line("changes", f"community table {after.community_table_digest.hex()}")
    if before.suites != after.suites:
        yield Line("changes", f"suites {_listed(after.suites)}, not {_listed(before.suites)}")
    for signer in checked.header.signers:
        yield Line("signature", f"{signer.hex()}: {'signed' if signer in checked.signed else 'not yet'}")


def _key_changes(before: RootEntry, after: RootEntry) -> Iterator[Line]:
    old, new = ({(one.id, owner, use): one for owner, use, one in root_statements(root)} for root in (before, after))
    ran, runs = ({one.name: one.operator for one in root.witnesses} for root in (before, after))
    for (key, owner, use), one in old.items():
        if (key, owner, use) not in new:
            yield Line("leaves", f"{_office(owner, use)} {_key(owner, use, one)}")
    for (key, owner, use), one in new.items():
        was = old.get((key, owner, use))
        if was is None:
            yield Line("enters", f"{_office(owner, use)} {_key(owner, use, one)}")
        elif was != one:
            until = f"valid from {_day(one.valid_from)} until {_day(one.valid_to)}"
            yield Line("changes", f"{_office(owner, use)} {key.hex()}: {until}, not until {_day(was.valid_to)}")
    for name, operator in runs.items():
        if ran.get(name) != operator:
            yield Line("changes", f"{plain(name)} is run by {plain(operator)}")


def root_document(entry: RootEntry) -> dict[str, Any]:
    """Return a root record as ``--json`` prints it."""
    return {
        "federation": entry.federation,
        "status": entry.status.word,
        "version": entry.version,
        **{name: getattr(entry, name) for name, _ in _NUMBERS},
        "community_table": entry.community_table_digest.hex(),
        "suites": list(entry.suites),
        "operators": {one.name: one.operator for one in entry.witnesses},
        "keys": [
            {
                "id": one.id.hex(),
                "office": _office(owner, use),
                "name": owner,
                "valid_from": one.valid_from.isoformat(),
                "valid_to": one.valid_to.isoformat(),
            }
            for owner, use, one in root_statements(entry)
        ],
    }


def proposal_document(checked: Checked) -> dict[str, Any]:
    """Return a proposal as ``--json`` prints it."""
    return {
        "message": checked.digest.hex(),
        "before": root_document(checked.before),
        "after": root_document(checked.after),
        "signed": [one.hex() for one in checked.signed],
        "missing": [one.hex() for one in checked.missing],
    }


def _office(owner: str, use: KeyUse) -> str:
    if use is KeyUse.WITNESS:
        return "witness"
    return "notary" if use is KeyUse.LOG else _OFFICES[owner]


def _key(owner: str, use: KeyUse, one: KeyStatement) -> str:
    named = f" of {plain(owner)}" if use is KeyUse.WITNESS else ""
    return f"{one.id.hex()}{named}, valid until {_day(one.valid_to)}"


def _day(when: datetime) -> str:
    return f"{when:%Y-%m-%d}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(plain, words))
