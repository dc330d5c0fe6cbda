"""What a keeper reads before a signature: everything in which a root record differs from the one before it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from broker.directory.entries import RootEntry, Witness
from broker.directory.proposal import Checked, check_proposal
from broker.directory.root_change import RootChange
from broker.directory.rules import NOTARY
from broker.types.names import HUB_ADMIN, ROOT, Digest
from broker.types.vocabulary import KeyUse
from tests.support.federation import ENDS, a_federation, a_signing_key, a_statement
from tests.support.keepers import Keepers
from tocsin.showing.root import change_lines

NAME = "exercise-2026/witness/NL"
WITNESS = Witness(name=NAME, operator="one", key=a_statement(a_signing_key("witness"), NAME, KeyUse.WITNESS))
LONGER = ENDS + timedelta(days=3650)


@pytest.fixture(scope="module")
def checked() -> Checked:
    keepers = Keepers(a_federation())
    return check_proposal(keepers.propose(RootChange(heads_max_age_hours=24)), keepers.digest)


def shown(checked: Checked, before: RootEntry, **changes: Any) -> list[str]:
    after = msgspec.structs.replace(before, version=before.version + 1, **changes)
    asked = msgspec.structs.replace(checked, before=before, after=after)
    return [f"{one.label} {one.text}" for one in change_lines(asked) if one.label in ("enters", "leaves", "changes")]


def test_every_field_of_a_root_record_that_may_change_is_shown_when_it_changes(checked: Checked) -> None:
    before = msgspec.structs.replace(checked.before, witnesses=(WITNESS,), witness_quorum=1)
    others: dict[str, Any] = {
        "threshold": 1,
        "root_keys": before.root_keys[1:],
        "hub_administrators": (a_statement(a_signing_key("other"), HUB_ADMIN),),
        "notary_key": a_statement(a_signing_key("notary"), NOTARY, KeyUse.LOG),
        "witnesses": (),
        "witness_quorum": 0,
        "suites": ("ed25519", "other"),
        "heads_max_age_hours": 1,
        "checkpoint_max_age_hours": 1,
        "community_table_digest": Digest(b"t" * 32),
    }
    # Of another network or status it is refused, and of another version than the next one.
    assert {"federation", "version", "status", *others} == set(RootEntry.__struct_fields__)
    assert [] == shown(checked, before)
    for field, value in others.items():
        assert shown(checked, before, **{field: value}), field


def test_a_key_that_is_to_be_believed_for_longer_is_shown(checked: Checked) -> None:
    first, *rest = checked.before.root_keys
    longer = a_statement(a_signing_key("root 1"), ROOT, valid_to=LONGER)
    (said,) = shown(checked, checked.before, root_keys=(longer, *rest))

    assert first.id == longer.id
    assert f"changes root {first.id.hex()}: valid from 2026-01-01 until {LONGER:%Y-%m-%d}, not until 2028-01-01" == said


def test_who_runs_a_witness_is_shown_when_that_changes(checked: Checked) -> None:
    before = msgspec.structs.replace(checked.before, witnesses=(WITNESS,), witness_quorum=1)
    (said,) = shown(checked, before, witnesses=(msgspec.structs.replace(WITNESS, operator="another"),))

    assert f"changes {NAME} is run by another" == said
