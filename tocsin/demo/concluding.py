"""From what was played to the result: the document, and what people are told besides."""

from collections.abc import Iterator, Sequence

from broker.types.names import participant_of
from producers.intake.take_in import Refused
from producers.publish import Declined
from tocsin.demo.attempts import ATTEMPTS
from tocsin.demo.document import AuditResult, Document, Reason, RefusedRow
from tocsin.demo.outcome import Outcome, ReaderView, complaints_of
from tocsin.demo.played import Found, Script, Seen, readers_of
from tocsin.demo.views import Sight, layer_shares, telling_reasons, views_of


def conclude(script: Script, seen: Seen, found: Found) -> Outcome:
    """Return the result of a demo that was played to its end."""
    audit, checked = found.audit, found.checked
    drafts = [draft for one in script.drafted for draft in one.drafts]
    refused = _refused_rows(script, seen.published.declined)
    document = Document(
        taken_in=len(drafts) - len(seen.published.declined),
        refused=refused,
        published=seen.published.signed,
        views=views_of(seen.sights, seen.authorities),
        alerts=seen.alerts,
        audit=AuditResult(
            audit.messages, audit.log_size, audit.signatures, len(audit.findings), witnesses=audit.witnesses
        ),
        tampering=tuple(found.tried),
        sealing=seen.sealing,
        permission=None if seen.asked is None else seen.asked.document,
        recall=None if seen.taken_back is None else seen.taken_back.document,
        log=None if seen.logged is None else seen.logged.document,
        evidence=None if checked is None else checked.document,
    )
    layers = layer_shares(seen.sights)
    return Outcome(
        file=script.reports.source.name,
        participants=len({participant_of(view.reader) for view in document.views}),
        authorities=len(document.views),
        rows=len(drafts) + sum(len(one.refused) for one in script.drafted),
        linked=sum(bool(draft.related_references) for draft in drafts),
        parked=seen.published.parked,
        readers=tuple(_reader_views(script, seen.sights)),
        layers=layers,
        sides=seen.sides,
        sided=seen.sided,
        alert=seen.alert,
        asked=seen.asked,
        taken_back=seen.taken_back,
        logged=seen.logged,
        evidence=checked,
        nodes=len(audit.nodes),
        deeds={one.name: one.does for one in ATTEMPTS},
        document=document,
        complaints=complaints_of(
            document,
            layers,
            is_sample=script.is_sample,
            disagreed=() if checked is None else checked.disagreed,
        ),
    )


def _reader_views(script: Script, sights: Sequence[Sight]) -> Iterator[ReaderView]:
    readers = readers_of(script)
    shown = {one.authority for one in readers}
    everybody = [sight for sight in sights if sight.reader in shown]
    for reader in readers:
        mine = [sight for sight in everybody if sight.reader == reader.authority]
        yield ReaderView(reader, telling_reasons(mine, everybody))


def _refused_rows(script: Script, declined: Sequence[Declined]) -> tuple[RefusedRow, ...]:
    refused: list[Refused | Declined] = [row for one in script.drafted for row in one.refused]
    rows = [
        RefusedRow(one.line, tuple(Reason(problem.field, problem.code, problem.message) for problem in one.problems))
        for one in (*refused, *declined)
    ]
    return tuple(sorted(rows, key=lambda row: row.line))
