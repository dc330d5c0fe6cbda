"""What ``tocsin demo --json`` prints: stable, scripts rely on it, and the same for the same reports on every bus."""

from collections.abc import Mapping

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
        witnesses: How many cosigned the checkpoint at which the audit ends.
    """

    messages: int
    log_size: int
    signatures: int
    findings: int
    witnesses: int = 0


class Tried(msgspec.Struct, frozen=True):
    """An attempt to falsify the record, and by which code it was caught."""

    attempt: str
    caught: bool
    code: str


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody can read who has the whole bus.

    Attributes:
        sections: Of all records on the bus.
        sealed: Those of them that are sealed.
        opened_without_keys: Sealed sections that opened without any key; 0.
        uninvited: The participant with fewest keys.
        invited: Sealed sections of which a key was sent to it.
        opened_by_uninvited: Sealed sections that opened with every key it has, or can get out of the bus.
    """

    sections: int
    sealed: int
    opened_without_keys: int
    uninvited: str
    invited: int
    opened_by_uninvited: int


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """How a reader came to export a report that may not be exported.

    Attributes:
        says: The rule that refused it at first, in its words.
        request: The message that asks for permission.
        grant: The message that gives it; empty where none came.
        exported: Whether the export went through then.
    """

    message: str
    reader: str
    author: str
    says: str
    request: str = ""
    grant: str = ""
    exported: bool = False


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """An authority that had a report in its inbox, after it was recalled.

    Attributes:
        withdrawn: Whether its inbox says so.
        content_gone: Whether no section of it is left in the database of its node.
        keys_gone: Whether no key of it is left in the key store of its node.
        receipt: Whether its node has confirmed to the author that it is removed; the author's own never does.
    """

    reader: str
    withdrawn: bool
    content_gone: bool
    keys_gone: bool
    receipt: bool


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """A report that its author took back.

    Attributes:
        recall: The message that says so.
        receipts: Holders of other participants whose nodes have confirmed that it is removed.
        missing: Those that have not.
    """

    message: str
    by: str
    recall: str
    holders: tuple[Holder, ...]
    receipts: int
    missing: int


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The transparency log at the end.

    Attributes:
        checkpoint: The whole signed note.
        witnesses: The names of those who cosigned it.
        quorum: How many of them it takes.
        assurance: How many messages in all inboxes together are received, logged, witnessed.
    """

    size: int
    checkpoint: str
    witnesses: tuple[str, ...]
    quorum: int
    assurance: Mapping[str, int]


class EvidenceStep(msgspec.Struct, frozen=True):
    """One step of the checklist of an evidence file."""

    step: str
    outcome: str
    says: str


class Verdicts(msgspec.Struct, frozen=True):
    """What two verifiers that share no code say about an evidence file.

    Attributes:
        tocsin: No step failed.
        independent: The same by the verifier in Go; None where that could not be tried.
    """

    tocsin: bool
    independent: bool | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An evidence file, as whoever gets it checks it.

    Attributes:
        message: What is proved.
    """

    message: str
    steps: tuple[EvidenceStep, ...]
    verdicts: Verdicts


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole result of a demo.

    Attributes:
        taken_in: Rows that became reports.
        published: Reports on the bus; agreements, groups and the directory are not counted.
        alerts: Alerts that were raised at all authorities together by the reports.
        sealing: None where nothing was published.
        permission: A refused export, a request, a grant, an export; None where nobody has anything to ask for.
        recall: The same report taken back; None likewise.
        log: None where nothing was published.
        evidence: An evidence file about one of the reports; None likewise.
    """

    taken_in: int
    refused: tuple[RefusedRow, ...]
    published: int
    views: tuple[View, ...]
    alerts: int
    audit: AuditResult
    tampering: tuple[Tried, ...]
    sealing: Sealing | None = None
    permission: Permission | None = None
    recall: Recalled | None = None
    log: Log | None = None
    evidence: Evidence | None = None
