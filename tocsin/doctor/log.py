"""The log: whether it is said where it is, can be read, and was witnessed lately."""

from datetime import datetime
from typing import Final

from broker.directory import Directory
from broker.errors import BrokerError, NoLog, TransportError
from broker.limits import LOGGED_WITHIN
from broker.log_trust import log_trust
from tocsin.administering import fetch_directory
from tocsin.doctor.check import Check, care, good, of_error
from tocsin.doctor.notary import check_notary
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.log_sources import open_log
from tocsin.published_log import PublishedLog, look_at_log
from tocsin.settings import FederationSettings, load_federation
from tocsin.showing.plain import thousands

_RUN: Final = "Run tocsin notary run, on the machine that has its key."


async def check_log(folder: FederationFolder) -> list[Check]:
    """Look at the log, and at its notary where that works in this folder."""
    try:
        settings = load_federation(folder)
        directory = await fetch_directory(folder)
        log_trust(directory)
    except (TransportError, NoLog):
        return []  # said of the bus already; or there is no log, and nothing is amiss
    except BrokerError as error:
        return [of_error("log", error)]
    state, checks = _look(folder, settings, directory)
    if folder.notary_file.is_file():
        checks += check_notary(folder, settings, directory, state)
    return checks


def _look(
    folder: FederationFolder, settings: FederationSettings, directory: Directory
) -> tuple[PublishedLog | None, list[Check]]:
    log = open_log(folder, settings)
    if log is None:
        says = "the network has one, and federation.toml does not say where"
        return None, [care("log", says, "Set log there, as the hub says.")]
    try:
        state = look_at_log(log, directory)
    except BrokerError as error:
        return None, [of_error("log", error)]
    return state, [_newest(state, directory, now())]


def _newest(state: PublishedLog, directory: Directory, moment: datetime) -> Check:
    if state.checkpoint is None:
        founded = min(one.valid_from for one in directory.root.root_keys)
        if moment - founded < LOGGED_WITHIN:
            return good("log", "nothing is in it yet")
        return care("log", "nothing is published yet: of no message it can be proved that it was sent", _RUN)
    says = f"size {thousands(state.checkpoint.size)}, cosigned by {len(state.checkpoint.witnesses)}"
    if not state.trust.quorum:
        return good("log", f"{says}: no witness is appointed")
    if not state.is_overdue(moment):
        return good("log", f"{says}; it takes {state.trust.quorum}")
    since = "ever" if state.witnessed_at is None else f"since {state.witnessed_at:%Y-%m-%d %H:%M} UTC"
    says = f"{says}: no quorum of {state.trust.quorum} {since}; two versions of the log would go unnoticed"
    return care("log", says, "Does the notary run, and which witness is away? tocsin notary show")
