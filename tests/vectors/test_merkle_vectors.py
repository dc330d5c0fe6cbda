"""Inclusion proofs of transparency-dev/merkle (Apache-2.0)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from broker.errors import NotIncluded
from broker.merkle import Hash, root_from_path

KNOWN = "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"
"""Wants two equal roots to be accepted that are not 32 bytes long; we do not."""


def cases(vectors: Path, kind: str) -> list[dict[str, Any]]:
    """Return all cases of a kind."""
    found: list[dict[str, Any]] = json.loads((vectors / "merkle" / f"{kind}.json").read_text(encoding="utf-8"))
    return found


def a_hash(text: str | None) -> Hash:
    """Return what stands in a case as a hash, whatever its length."""
    return Hash(base64.b64decode(text or ""))


def is_included(case: dict[str, Any]) -> bool:
    """Say whether we accept the proof of a case."""
    path = [a_hash(step) for step in case["proof"] or []]
    try:
        root = root_from_path(a_hash(case["leafHash"]), index=case["leafIdx"], size=case["treeSize"], path=path)
    except NotIncluded:
        return False
    return root == a_hash(case["root"])


def test_agrees_with_every_inclusion_proof(vectors: Path) -> None:
    found = cases(vectors, "inclusion")

    assert len(found) == 98
    assert {case["name"]: not case["wantErr"] for case in found} == {case["name"]: is_included(case) for case in found}


def test_refuses_the_known_case_of_equal_roots_that_are_no_hashes(vectors: Path) -> None:
    wanted = {case["name"]: case for case in cases(vectors, "consistency") if not case["wantErr"]}
    no_hashes = [name for name, case in wanted.items() if len(a_hash(case["root1"])) != 32]
    assert [KNOWN] == no_hashes

    # A tree of one has the leaf as its root: that it is consistent with itself says that the leaf is included.
    with pytest.raises(NotIncluded, match="32 bytes"):
        root_from_path(a_hash(wanted[KNOWN]["root1"]), index=0, size=1, path=())
