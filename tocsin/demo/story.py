"""The story of the demo, scene by scene, on the same path that real reports take."""

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from broker.database import reading
from broker.types.names import Originator, participant_of
from producers.intake.refused import write_refused
from tocsin.archive import archive
from tocsin.auditing import AuditOptions, audit_folder
from tocsin.demo.cast import Cast
from tocsin.demo.concluding import conclude
from tocsin.demo.document import Tried
from tocsin.demo.evidence import Checked, Made, check_evidence, make_evidence
from tocsin.demo.logged import finish_log, log_reports
from tocsin.demo.material import INCIDENTS, NOMINAL, path_of
from tocsin.demo.network import Network, Published, found, open_network, publish_reports, receive_all, set_the_scene
from tocsin.demo.options import Venue
from tocsin.demo.outcome import Outcome
from tocsin.demo.parts import choose_parts
from tocsin.demo.permission import show_permission
from tocsin.demo.played import Found, Script, Seen, readers_of
from tocsin.demo.profiles import load_profiles
from tocsin.demo.reach import try_to_read
from tocsin.demo.reports import draft_reports, read_reports
from tocsin.demo.second_verifier import SecondVerifier, second_verifier
from tocsin.demo.sides import Alert, Side, first_alert, most_varied, pick_sides, side
from tocsin.demo.tampering import try_all
from tocsin.demo.views import Sight, count_alerts, sights_of
from tocsin.demo.withdrawing import show_recall
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.publishing import refused_stem

_TAMPERERS: Final = 4
"""Processes that tamper at a time, where there are so many processors; each takes a second to start."""
_AUDIT: Final = AuditOptions(workers=1)
"""So small a record is checked fastest by one process in few shares."""

Tell = Callable[[str], None]
"""Is told what happens now."""


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
    with second_verifier() as verifier:
        async with open_network(folder) as network:
            seen = await _publish_and_receive(network, script, tell)
        tell("auditing the record")
        audit = await audit_folder(folder, options=_AUDIT)
        tried = await _tamper(folder, script, tell) if seen.published.signed else []
        checked = await _check(seen.made, verifier, tell)
    return conclude(script, seen, Found(audit, tried, checked))


async def _check(made: Made | None, verifier: SecondVerifier, tell: Tell) -> Checked | None:
    if made is None:
        return None
    # At the end, when the second verifier has had all the time to be built.
    tell("checking the evidence file")
    return await check_evidence(made, verifier)


async def _tamper(folder: FederationFolder, script: Script, tell: Tell) -> list[Tried]:
    readers = [participant_of(one.authority) for one in script.cast.reader]
    with tempfile.TemporaryDirectory(prefix="tocsin-record-") as place:
        # What an operator could do to a cluster's topics is done to a copy of them.
        files = folder if folder.bus_file.exists() else await _files_of(folder, Path(place))
        workers = min(_TAMPERERS, os.cpu_count() or 1)
        return await try_all(files, choose_parts(files, readers), now=now(), workers=workers, tell=tell)


async def _files_of(folder: FederationFolder, place: Path) -> FederationFolder:
    copy = await archive(folder, place, clock=now)
    # Whoever tampers may have stolen the notary's key.
    copy.hub.symlink_to(folder.hub.resolve(), target_is_directory=True)
    return copy


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
    tell("logging what was said, and having it witnessed")
    risen = await log_reports(network, seen.sided, seen.sides)
    tell("trying to read the whole bus without being invited")
    sealing = await try_to_read(network, now())
    tell("asking for permission")
    asked = await show_permission(network, [one.authority for one in readers_of(script)], now())
    tell("making an evidence file")
    made = await make_evidence(network, asked, seen.authorities)
    taken_back = None
    if asked is not None:
        tell("taking a report back")
        told = asked.document
        taken_back = await show_recall(network, told.message, Originator(told.author), now())
    tell("logging the rest, and sending HEADS")
    logged = await finish_log(network, risen)
    return msgspec.structs.replace(seen, sealing=sealing, asked=asked, made=made, taken_back=taken_back, logged=logged)


def _look(network: Network, script: Script, published: Published) -> Seen:
    with ExitStack() as stack:
        connections = {node.name: stack.enter_context(reading(node.engine)) for node in network.nodes.values()}
        sights = sights_of(connections.items())
        alerts = sum(map(count_alerts, connections.values()))
    readers = [one.authority for one in readers_of(script)]
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


def _keep_refused(folder: FederationFolder, script: Script, at: datetime) -> None:
    stem = refused_stem(Path(script.reports.source.name), at)
    for one in script.drafted:
        write_refused(one.refused, folder.node(participant_of(one.authority)).refused, stem=stem)
