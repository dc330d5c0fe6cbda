"""What ``tocsin demo --json`` prints: stable, scripts rely on it."""

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One thing that is wrong with a row."""

    field: str
    code: str
    message: str


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that was not taken in.

    Attributes:
        line: Where it begins in its file, from 1.
    """

    line: int
    reasons: tuple[Reason, ...]


class View(msgspec.Struct, frozen=True):
    """How many of the published reports one authority sees whole, in part, and not at all."""

    reader: str
    released: int
    redacted: int
    denied: int


class AuditResult(msgspec.Struct, frozen=True):
    """What the audit of the whole record came to.

    Attributes:
        messages: All messages on the bus, those of the directory included.
        log_size: Leaves of the transparency log; 0 as long as there is none.
    """

    messages: int
    log_size: int
    signatures: int
    findings: int


class Tried(msgspec.Struct, frozen=True):
    """An attempt to falsify the record, and by which code it was caught."""

    attempt: str
    caught: bool
    code: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole result of a demo.

    Attributes:
        taken_in: Rows that became reports.
        published: Reports on the bus; agreements, groups and the directory are not counted.
        alerts: Alerts that were raised at all authorities together.
    """

    taken_in: int
    refused: tuple[RefusedRow, ...]
    published: int
    views: tuple[View, ...]
    alerts: int
    audit: AuditResult
    tampering: tuple[Tried, ...]
