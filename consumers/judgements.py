"""Decisions as they are kept: once for each distinct tuple of facts and tables, and read back whole."""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from broker.policy.decide import Decision, Obligation, SectionOutcome
from broker.policy.facts import Facts
from broker.types.names import Digest

_encoder: Final = msgspec.json.Encoder(order="deterministic")
_facts: Final = msgspec.json.Decoder(Facts)
_outcomes: Final = msgspec.json.Decoder(tuple[SectionOutcome, ...])
_DIGEST: Final = 32


def judgement_row(decision: Decision) -> dict[str, Any]:
    """Return the row of ``store.judgement`` for *decision*."""
    facts = _encoder.encode(decision.facts)
    tables = b"".join(decision.digests)
    return {
        "id": hashlib.sha256(facts + tables).digest(),
        "outcome": decision.outcome,
        "facts": facts,
        "outcomes": _encoder.encode(decision.outcomes),
        "obligations": " ".join(one.word for one in decision.obligations),
        "tables": tables,
    }


def parse_judgement(row: Row[Any]) -> Decision:
    """Return the decision in a row of ``store.judgement``; the inverse of :func:`judgement_row`."""
    digests = [Digest(row.tables[start : start + _DIGEST]) for start in range(0, len(row.tables), _DIGEST)]
    return Decision(
        _facts.decode(row.facts),
        _outcomes.decode(row.outcomes),
        tuple(Obligation.from_word(word) for word in row.obligations.split()),
        (digests[0], digests[1], digests[2], digests[3]),
    )
