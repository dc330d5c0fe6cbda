"""Inclusion and consistency proofs of transparency-dev/merkle (Apache-2.0)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from broker.errors import NotConsistent, NotIncluded
from broker.log.tree import TreeHead, check_consistency, check_inclusion
from broker.merkle import Hash

KNOWN = "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"
"""Wants two equal roots to be accepted that are not 32 bytes long; we do not."""


def cases(vectors: Path, kind: str) -> list[dict[str, Any]]:
    """Return all cases of a kind."""
    found: list[dict[str, Any]] = json.loads((vectors / "merkle" / f"{kind}.json").read_text(encoding="utf-8"))
    return found


def a_hash(text: str | None) -> Hash:
    """Return what stands in a case as a hash, whatever its length."""
    return Hash(base64.b64decode(text or ""))


def steps(case: dict[str, Any]) -> list[Hash]:
    """Return the proof of a case."""
    return [a_hash(step) for step in case["proof"] or []]


def is_included(case: dict[str, Any]) -> bool:
    """Say whether we accept the proof of inclusion of a case."""
    head = TreeHead(case["treeSize"], a_hash(case["root"]))
    try:
        check_inclusion(steps(case), leaf=a_hash(case["leafHash"]), index=case["leafIdx"], head=head)
    except NotIncluded:
        return False
    return True


def is_consistent(case: dict[str, Any]) -> bool:
    """Say whether we accept the proof of consistency of a case."""
    old, new = TreeHead(case["size1"], a_hash(case["root1"])), TreeHead(case["size2"], a_hash(case["root2"]))
    try:
        check_consistency(steps(case), old=old, new=new)
    except NotConsistent:
        return False
    return True


def test_agrees_with_every_inclusion_proof(vectors: Path) -> None:
    found = cases(vectors, "inclusion")

    assert len(found) == 98
    assert {case["name"]: not case["wantErr"] for case in found} == {case["name"]: is_included(case) for case in found}


def test_agrees_with_every_consistency_proof_but_the_known_one(vectors: Path) -> None:
    found = cases(vectors, "consistency")
    wanted = {case["name"]: not case["wantErr"] for case in found}

    assert len(found) == 98
    assert wanted | {KNOWN: False} == {case["name"]: is_consistent(case) for case in found}


def test_refuses_the_known_case_of_equal_roots_that_are_no_hashes(vectors: Path) -> None:
    wanted = {case["name"]: case for case in cases(vectors, "consistency") if not case["wantErr"]}
    known = wanted[KNOWN]
    assert [KNOWN] == [name for name, case in wanted.items() if len(a_hash(case["root1"])) != 32]
    assert (1, 1, known["root2"]) == (known["size1"], known["size2"], known["root1"])

    with pytest.raises(NotConsistent, match="32 bytes"):
        check_consistency((), old=TreeHead(1, a_hash(known["root1"])), new=TreeHead(1, a_hash(known["root2"])))
