"""The whole examination, in the order in which things depend on each other."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from broker.errors import BrokerError, TransportError
from broker.types.names import Participant
from tocsin import environment
from tocsin.doctor.bus import check_bus, check_way_in
from tocsin.doctor.check import Check, care, good, of_error
from tocsin.doctor.log import check_log
from tocsin.doctor.machine import check_clock, check_disk
from tocsin.doctor.nodes import check_node, newest_seen
from tocsin.doctor.program import check_program
from tocsin.doctor.witness import check_witness
from tocsin.folder import FederationFolder, open_folder
from tocsin.installation import Node, now, open_node
from tocsin.settings import load_everything
from tocsin.showing.plain import counted


async def examine(named: Path | None) -> list[Check]:
    """Look over everything; an error of one part is a finding and not the end.

    Args:
        named: The federation's folder; None to take it from the environment, or to look at the program alone.
    """
    checks = list(check_program())
    folder = named or environment.overrides().get(environment.HOME)
    if not folder:
        return [*checks, care("folder", "none is named", "Name one with --folder or TOCSIN_HOME.")]
    try:
        found = open_folder(Path(folder))
        settings = load_everything(found)
    except BrokerError as error:
        return [*checks, of_error("folder", error)]
    checks.append(good("folder", f"{found.root}, {counted(len(settings.nodes), 'node')}"))
    checks += check_disk(found.root)
    checks += await check_bus(found)
    checks += await check_log(found)
    newest: list[datetime] = []
    for code in settings.nodes:
        checks += await _check_node(found, code, newest)
    checks += check_clock(now(), max(newest, default=None))
    return checks


async def _check_node(folder: FederationFolder, participant: Participant, newest: list[datetime]) -> list[Check]:
    try:
        with open_node(folder, participant) as node:
            await _read_directory(node)
            seen = newest_seen(node)
            newest += [] if seen is None else [seen]
            return [*check_way_in(node), *check_node(node), *check_witness(node)]
    except BrokerError as error:
        return [of_error(f"{participant} node", error)]


async def _read_directory(node: Node) -> None:
    """Read the directory, so that a node that has done nothing yet is not said to be broken."""
    with suppress(TransportError):  # said about the bus already
        async with node.bus() as bus:
            await node.follower.catch_up(bus)
