"""The form of replies to pre-export notifications."""

from collections.abc import Mapping
from typing import Final

from broker.records.notification_reply import NotificationReplyCore, ReplyKind
from broker.types.vocabulary import RecordKind
from producers.draft import Sections
from producers.intake.columns import MARKED, REFERENCE, ColumnSet
from producers.intake.concerning import COUNTRIES, check_takes_part, check_told, read_concerned, with_countries
from producers.intake.form import NO_MESSAGE, UNMARKED, Content, Form, Writing
from producers.intake.rows import FieldProblem
from producers.intake.values import need_member, need_text, read_day, read_language

_COLUMNS: Final[Mapping[str, str]] = {
    **REFERENCE,
    "notification": "the notification that is answered: NL/regulator/1#42, or its digest",
    "reply": "received, no_objection, objection, more_information or suspend",
    "import_authorization": "number of the import authorization",
    "valid_until": "last day on which the answer holds: 2026-01-31",
    "reason": "why, or what is asked; needed for objection, more_information and suspend",
    **COUNTRIES,
    **MARKED,
}


def _read(values: Mapping[str, str], writing: Writing, problems: list[FieldProblem]) -> Content:
    need_text("notification", values, "which notification is answered?", problems)
    core = NotificationReplyCore(
        marking=UNMARKED,
        concerned=read_concerned(values, writing, problems),
        national_reference=writing.reference,
        notification=writing.digest_of("notification") or NO_MESSAGE,
        reply=need_member("reply", values, ReplyKind.RECEIVED, problems),
        import_authorization=values.get("import_authorization", ""),
        valid_until=read_day("valid_until", values, problems),
        reason=values.get("reason", ""),
        language=read_language(values, problems),
    )
    return Content(Sections(core=core))


def _finish(content: Content, writing: Writing, problems: list[FieldProblem]) -> Content:
    check_takes_part(writing, ("importing_country",), problems)
    content = with_countries(content, writing)
    check_told(content, writing, problems)
    return content


NOTIFICATION_REPLY: Final = Form(
    kind=RecordKind.NOTIFICATION_REPLY,
    known=ColumnSet(_COLUMNS, ("notification", "reply"), ("core",)),
    types={"core": NotificationReplyCore},
    read=_read,
    finish=_finish,
    names={"notification": (RecordKind.NOTIFICATION,)},
)
