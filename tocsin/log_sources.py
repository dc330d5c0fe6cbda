"""The log that settings name: a folder beside them, or an address."""

from broker.errors import BadSettings, NoLog
from broker.log.port import LogReader, TileStore
from broker.log_store.folder import FolderTileStore
from broker.log_store.http import HttpLogReader
from tocsin.folder import FederationFolder
from tocsin.settings import FederationSettings, is_address


def open_log(folder: FederationFolder, settings: FederationSettings) -> LogReader | None:
    """Return the log to be read; None where the settings name none.

    Whether it answers is found out when it is read.
    """
    if not settings.log:
        return None
    return HttpLogReader(settings.log) if is_address(settings.log) else FolderTileStore(folder.root / settings.log)


def need_log(folder: FederationFolder, settings: FederationSettings) -> LogReader:
    """Return the log to be read.

    Raises:
        NoLog: The settings name none.
    """
    log = open_log(folder, settings)
    if log is None:
        raise _no_log(settings)
    return log


def open_store(folder: FederationFolder, settings: FederationSettings) -> TileStore:
    """Return the log to be grown, for its notary.

    Raises:
        NoLog: The settings name none.
        BadSettings: They name an address, where nothing can be written.
    """
    if not settings.log:
        raise _no_log(settings)
    if is_address(settings.log):
        raise BadSettings(
            f"the log is read from {settings.log}, and cannot be written there",
            hint='Where the notary works, log names the folder that the web server serves: log = "log".',
        )
    return FolderTileStore(folder.root / settings.log)


def _no_log(settings: FederationSettings) -> NoLog:
    return NoLog(
        f"federation.toml of {settings.id} names no log",
        hint='Say where it is: log = "log" for the folder beside it, or the address that the hub names.',
    )
