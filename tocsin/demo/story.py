"""The story of the demo, scene by scene, on the same path that real reports take."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from broker.database import reading
from broker.types.names import Originator, participant_of
from producers.intake.refused import write_refused
from producers.intake.take_in import Refused
from producers.publish import Declined
from tocsin.archive import archive
from tocsin.auditing import AuditReport, audit_folder
from tocsin.demo.attempts import ATTEMPTS
from tocsin.demo.cast import Cast, CastReader
from tocsin.demo.document import AuditResult, Document, Reason, RefusedRow, Sealing, Tried
from tocsin.demo.material import INCIDENTS, NOMINAL, path_of
from tocsin.demo.network import Network, Published, found, open_network, publish_reports, receive_all, set_the_scene
from tocsin.demo.options import Venue
from tocsin.demo.outcome import Outcome, ReaderView, complaints_of
from tocsin.demo.permission import Asked, show_permission
from tocsin.demo.profiles import load_profiles
from tocsin.demo.reach import try_to_read
from tocsin.demo.reports import Drafted, Reports, draft_reports, read_reports
from tocsin.demo.sides import Alert, Side, first_alert, most_varied, pick_sides, side
from tocsin.demo.tampering import choose_parts, try_everything
from tocsin.demo.views import Sight, count_alerts, layer_shares, sights_of, telling_reasons, views_of
from tocsin.demo.withdrawing import TakenBack, show_recall
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.publishing import refused_stem

_MORE_READERS: Final = 4

Tell = Callable[[str], None]
"""Is told what happens now."""


class Script(msgspec.Struct, frozen=True):
    """What is played: the reports, and by whom.

    Attributes:
        is_sample: The reports are those that ship.
    """

    cast: Cast
    reports: Reports
    drafted: tuple[Drafted, ...]
    is_sample: bool


class Seen(msgspec.Struct, frozen=True):
    """What came of the reports at their readers.

    Attributes:
        authorities: Everybody who reads.
        sided: The message that *sides* shows.
        asked: How one of the readers asked for more than it may.
        taken_back: The same report taken back.
    """

    published: Published
    authorities: tuple[Originator, ...]
    sights: tuple[Sight, ...]
    alerts: int
    sided: str | None
    sides: tuple[Side, ...]
    alert: Alert | None
    sealing: Sealing | None = None
    asked: Asked | None = None
    taken_back: TakenBack | None = None


def write_script(cast: Cast, incidents: Path | None, at: datetime) -> Script:
    """Read the reports and draft them; *incidents* is None for the sample data.

    Raises:
        MissingFile, BadFile, BadMapping: The file is not there or cannot be read.
    """
    homeless = participant_of(cast.homeless)
    if incidents is None:
        with path_of(INCIDENTS) as sample, path_of(NOMINAL) as nominal:
            reports = read_reports(sample, nominal=nominal, homeless=homeless)
    else:
        reports = read_reports(incidents, nominal=None, homeless=homeless)
    drafted = draft_reports(reports, load_profiles(homeless=cast.homeless), now=at)
    return Script(cast, reports, tuple(drafted), incidents is None)


async def play(script: Script, root: Path, tell: Tell, venue: Venue) -> Outcome:
    """Play the whole story in the empty folder *root*."""
    tell("founding the federation")
    profiles = load_profiles(homeless=script.cast.homeless)
    folder = await found(root, script.cast, profiles, script.drafted, venue)
    _keep_refused(folder, script, now())
    async with open_network(folder) as network:
        seen = await _publish_and_receive(network, script, tell)
    tell("auditing the record")
    audit = await audit_folder(folder)
    tried = await _tamper(folder, script, tell) if seen.published.signed else []
    return _outcome(script, seen, audit, tried)


async def _tamper(folder: FederationFolder, script: Script, tell: Tell) -> list[Tried]:
    readers = [participant_of(one.authority) for one in script.cast.reader]
    with tempfile.TemporaryDirectory(prefix="tocsin-record-") as place:
        # What an operator could do to a cluster's topics is done to a copy of them.
        files = folder if folder.bus_file.exists() else await archive(folder, Path(place), clock=now)
        return await try_everything(files, choose_parts(files, readers), now=now(), tell=tell)


async def _publish_and_receive(network: Network, script: Script, tell: Tell) -> Seen:
    tell("publishing agreements and groups")
    await set_the_scene(network, script.cast, script.drafted, now())
    tell("publishing the reports")
    published = await publish_reports(network, script.drafted, script.reports.source)
    tell("receiving them at every node")
    await receive_all(network)
    tell("comparing what everybody sees")
    seen = _look(network, script, published)
    return await _go_on(network, script, seen, tell) if published.signed else seen


async def _go_on(network: Network, script: Script, seen: Seen, tell: Tell) -> Seen:
    """Play what happens to a report after it has arrived."""
    tell("trying to read the whole bus without being invited")
    sealing = await try_to_read(network, now())
    tell("asking for permission")
    asked = await show_permission(network, [one.authority for one in _readers(script)], now())
    taken_back = None
    if asked is not None:
        tell("taking a report back")
        told = asked.document
        taken_back = await show_recall(network, told.message, Originator(told.author), now())
    return msgspec.structs.replace(seen, sealing=sealing, asked=asked, taken_back=taken_back)


def _look(network: Network, script: Script, published: Published) -> Seen:
    with ExitStack() as stack:
        connections = {node.name: stack.enter_context(reading(node.engine)) for node in network.nodes.values()}
        sights = sights_of(connections.items())
        alerts = sum(map(count_alerts, connections.values()))
    readers = [one.authority for one in _readers(script)]
    sided = most_varied(sights, readers)
    sides: list[Side] = []
    for sight in pick_sides(sights, sided, readers) if sided is not None else ():
        node = network.nodes[participant_of(sight.reader)]
        with reading(node.engine) as connection:
            sides.append(side(connection, node.section_keys, sight, now()))
    authorities = tuple(name for node in network.nodes.values() for name in node.served())
    return Seen(published, authorities, sights, alerts, sided, tuple(sides), _an_alert(network, sights, readers))


def _an_alert(network: Network, sights: Sequence[Sight], readers: Sequence[Originator]) -> Alert | None:
    """Return an alert of one of the cast, else of anybody."""
    for reader in (*readers, *sorted({sight.reader for sight in sights})):
        node = network.nodes[participant_of(reader)]
        with reading(node.engine) as connection:
            alert = first_alert(connection, node.section_keys, reader, node.directory, now())
        if alert is not None:
            return alert
    return None


def _outcome(script: Script, seen: Seen, audit: AuditReport, tried: Sequence[Tried]) -> Outcome:
    drafts = [draft for one in script.drafted for draft in one.drafts]
    refused = _refused_rows(script, seen.published.declined)
    document = Document(
        taken_in=len(drafts) - len(seen.published.declined),
        refused=refused,
        published=seen.published.signed,
        views=views_of(seen.sights, seen.authorities),
        alerts=seen.alerts,
        audit=AuditResult(audit.messages, 0, audit.signatures, len(audit.findings)),
        tampering=tuple(tried),
        sealing=seen.sealing,
        permission=None if seen.asked is None else seen.asked.document,
        recall=None if seen.taken_back is None else seen.taken_back.document,
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
        nodes=len(audit.nodes),
        deeds={one.name: one.does for one in ATTEMPTS},
        document=document,
        complaints=complaints_of(document, layers, is_sample=script.is_sample),
    )


def _readers(script: Script) -> tuple[CastReader, ...]:
    """Return whose views are shown: the cast, and the first who report where the reports are not ours."""
    known = {one.authority for one in script.cast.reader}
    reporting = [one.authority for one in script.drafted if one.drafts and one.authority not in known]
    more = [] if script.is_sample else reporting[:_MORE_READERS]
    return (*script.cast.reader, *(CastReader(authority, "reports in this file") for authority in more))


def _reader_views(script: Script, sights: Sequence[Sight]) -> Iterator[ReaderView]:
    readers = _readers(script)
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


def _keep_refused(folder: FederationFolder, script: Script, at: datetime) -> None:
    stem = refused_stem(Path(script.reports.source.name), at)
    for one in script.drafted:
        write_refused(one.refused, folder.node(participant_of(one.authority)).refused, stem=stem)
