"""What is shown of a notification whose content is gone: whether somebody took it back, or its time was over."""

from datetime import UTC, datetime

import pytest

from broker.types.names import Digest, Originator
from broker.types.vocabulary import Section, Status
from consumers.tombstones import PurgeReason, Withdrawn
from tocsin.notifying.taken_back import TakenBack, left_document, taken_back_lines, taken_back_rows

REGULATOR = Originator("NL/regulator")
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


def a_notification(reason: PurgeReason) -> TakenBack:
    is_over = reason is PurgeReason.RETENTION_OVER
    withdrawn = Withdrawn(
        reason=reason,
        by=None if is_over else REGULATOR,
        recall="" if is_over else "NL/regulator/1#3",
        says="" if is_over else "Salt.",
        at=AT,
        replaced_by="",
        purged=(Section.CORE,),
    )
    return TakenBack(
        digest=Digest(b"n" * 32),
        message="NL/regulator/1#2",
        by=REGULATOR,
        sent_at=AT,
        status=Status.ACTUAL,
        withdrawn=withdrawn,
    )


@pytest.mark.parametrize(
    ("reason", "state", "label", "noticed"),
    [
        (PurgeReason.RECALLED, "withdrawn", "taken back", "recalled 2026-11-03 by NL/regulator"),
        (PurgeReason.RETENTION_OVER, "removed", "removed", "retention-over 2026-11-03"),
    ],
)
def test_nobody_is_said_to_have_taken_back_what_may_only_be_kept_no_longer(
    reason: PurgeReason, state: str, label: str, noticed: str
) -> None:
    one = a_notification(reason)

    ((_, listed, *_, seen),) = taken_back_rows([one])
    labels = {line.label for line in taken_back_lines(one, ())}
    document = left_document(one, ())

    assert (state, noticed, state) == (listed, seen, document["state"])
    assert {"removed", "taken back"} & labels == {label}
