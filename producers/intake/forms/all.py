"""Which form belongs to which kind."""

from collections.abc import Mapping
from typing import Final

from broker.errors import InvalidRecord
from broker.types.vocabulary import RecordKind
from producers.intake.form import Form
from producers.intake.forms.answer import ANSWER
from producers.intake.forms.incident import INCIDENT
from producers.intake.forms.inquiry import REQUEST
from producers.intake.forms.notification import NOTIFICATION
from producers.intake.forms.notification_reply import NOTIFICATION_REPLY
from producers.intake.forms.scheduling import SCHEDULING
from producers.intake.forms.shipment import SHIPMENT
from producers.intake.forms.statistics import STATISTICS
from producers.intake.forms.substance_warning import SUBSTANCE_WARNING

FORMS: Final[Mapping[RecordKind, Form]] = {
    form.kind: form
    for form in (
        INCIDENT,
        NOTIFICATION,
        NOTIFICATION_REPLY,
        SHIPMENT,
        SUBSTANCE_WARNING,
        SCHEDULING,
        REQUEST,
        ANSWER,
        STATISTICS,
    )
}
"""The kinds of record that files may hold, and the form of each."""


def form_of(kind: RecordKind) -> Form:
    """Return the form of records of *kind*.

    Raises:
        InvalidRecord: No file holds such records.
    """
    found = FORMS.get(kind)
    if found is None:
        known = ", ".join(one.word for one in FORMS)
        raise InvalidRecord(f"files hold no records of kind {kind.word}; they hold {known}")
    return found
