"""Requests, grants, recalls, receipts and forwards: each rule that a type cannot express, broken once."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from broker.errors import InvalidRecord
from broker.records.checking import check_record, problems_in
from broker.records.core import Related, RelatedAs
from broker.records.forward import ForwardCore
from broker.records.grant import GrantOutcome
from broker.records.recall import RecallKind
from broker.records.receipt import Receipted
from broker.types.names import Digest
from broker.types.vocabulary import Action, Purpose, Section
from tests.support import records

NONE = Digest(bytes(32))
OTHER = Digest(b"\x08" * 32)


def a_forward(**changes: Any) -> ForwardCore:
    fields: dict[str, Any] = {
        "marking": records.a_marking(recipients=("FR",)),
        "national_reference": "forward-1",
        "related": (Related(digest=records.MESSAGE, relation=RelatedAs.FORWARDS),),
        "original": b"an envelope",
        "salt": OTHER,
        "schema_id": OTHER,
        "avro": b"a core",
    }
    return ForwardCore(**(fields | changes))


def a_refusal(**changes: Any) -> msgspec.Struct:
    fields: dict[str, Any] = {"outcome": GrantOutcome.REFUSED, "until": None}
    return records.a_grant(**(fields | changes))


GOOD = {
    "a request to pass on": records.a_request(),
    "a request to export": records.a_request(action=Action.EXPORT, recipients=()),
    "a grant": records.a_grant(),
    "a grant that nobody asked for": records.a_grant(request=None),
    "a grant that was asked for": records.a_grant(request=OTHER),
    "a refusal": a_refusal(),
    "a recall": records.a_recall(),
    "a correction": records.a_recall(kind=RecallKind.CORRECTION, replaced_by=OTHER),
    "a correction that follows": records.a_recall(kind=RecallKind.CORRECTION),
    "a receipt": records.a_receipt(records.a_receipt_entry()),
    "a receipt of nothing": records.a_receipt(),
    "a receipt of a purge": records.a_receipt(records.a_receipt_entry(what=Receipted.PURGED, purpose=None)),
    "a forward": a_forward(),
    "a forward by a grant": a_forward(grant=OTHER),
}


@pytest.mark.parametrize("record", GOOD.values(), ids=GOOD)
def test_finds_nothing_wrong_with_a_good_record(record: msgspec.Struct) -> None:
    check_record(record)


def entry(**changes: Any) -> msgspec.Struct:
    return records.a_receipt(records.a_receipt_entry(**changes))


REFUSED = [
    (records.a_request(national_reference=""), "national_reference", "missing"),
    (records.a_request(message=NONE), "message", "bad-digest"),
    (records.a_request(message=Digest(b"short")), "message", "bad-digest"),
    (records.a_request(action=Action.UNKNOWN), "action", "unknown-word"),
    (records.a_request(sections=()), "sections", "missing"),
    (records.a_request(sections=(Section.CORE, Section.CORE)), "sections[1]", "repeated"),
    (records.a_request(sections=(Section.UNKNOWN,)), "sections[0]", "unknown-word"),
    (records.a_request(recipients=()), "recipients", "missing"),
    (records.a_request(recipients=("@NL/lionfish",)), "recipients[0]", "bad-name"),
    (records.a_request(recipients=("FR", "FR")), "recipients[1]", "repeated"),
    (records.a_request(action=Action.USE_IN_COURT), "recipients", "contradiction"),
    (records.a_request(purpose=Purpose.UNKNOWN), "purpose", "unknown-word"),
    (records.a_request(until=datetime(2026, 5, 1)), "until", "bad-time"),  # noqa: DTZ001
    (records.a_request(reason=" "), "reason", "missing"),
    (records.a_grant(national_reference=""), "national_reference", "missing"),
    (records.a_grant(message=NONE), "message", "bad-digest"),
    (records.a_grant(request=NONE), "request", "bad-digest"),
    (records.a_grant(outcome=GrantOutcome.UNKNOWN), "outcome", "unknown-word"),
    (records.a_grant(sections=()), "sections", "missing"),
    (records.a_grant(recipients=()), "recipients", "missing"),
    (records.a_grant(action=Action.EXPORT), "recipients", "contradiction"),
    (records.a_grant("BE"), "grantee", "bad-name"),
    (records.a_grant(purposes=()), "purposes", "missing"),
    (records.a_grant(purposes=(Purpose.TRAINING,) * 2), "purposes[1]", "repeated"),
    (records.a_grant(until=None), "until", "missing"),
    (a_refusal(until=records.MAY), "until", "contradiction"),
    (records.a_recall(national_reference=""), "national_reference", "missing"),
    (records.a_recall(message=NONE), "message", "bad-digest"),
    (records.a_recall(kind=RecallKind.UNKNOWN), "kind", "unknown-word"),
    (records.a_recall(reason=""), "reason", "missing"),
    (records.a_recall(replaced_by=OTHER), "replaced_by", "contradiction"),
    (records.a_recall(kind=RecallKind.CORRECTION, replaced_by=NONE), "replaced_by", "bad-digest"),
    (records.a_recall(kind=RecallKind.CORRECTION, replaced_by=records.MESSAGE), "replaced_by", "contradiction"),
    (records.a_receipt(national_reference=""), "national_reference", "missing"),
    (records.a_receipt(period_to=datetime(2026, 3, 20, tzinfo=UTC)), "period_to", "contradiction"),
    (records.a_receipt(period_to=datetime(2026, 3, 21)), "period_to", "bad-time"),  # noqa: DTZ001
    (entry(message=NONE), "entries[0].message", "bad-digest"),
    (entry(reader="BE"), "entries[0].reader", "bad-name"),
    (entry(what=Receipted.UNKNOWN), "entries[0].what", "unknown-word"),
    (entry(sections=()), "entries[0].sections", "missing"),
    (entry(purpose=None), "entries[0].purpose", "contradiction"),
    (entry(what=Receipted.RELEASED), "entries[0].purpose", "contradiction"),
    (a_forward(national_reference=""), "national_reference", "missing"),
    (a_forward(original=b""), "original", "missing"),
    (a_forward(grant=NONE), "grant", "bad-digest"),
    (a_forward(related=()), "related", "missing"),
]


@pytest.mark.parametrize(("record", "field", "code"), REFUSED, ids=[f"{code} {field}" for _, field, code in REFUSED])
def test_finds_exactly_the_rule_that_is_broken(record: msgspec.Struct, field: str, code: str) -> None:
    assert [(field, code)] == [(problem.field, problem.code) for problem in problems_in(record)]
    with pytest.raises(InvalidRecord, match=re.escape(f"{field}: ")):
        check_record(record)
