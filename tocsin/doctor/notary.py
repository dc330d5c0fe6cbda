"""The notary, where it works in this folder: its key, its journal beside the published log, what it found."""

from collections.abc import Iterator
from typing import Final

from broker.directory import Directory
from broker.errors import BrokerError, LogBusy, MissingFile
from broker.notary.journal import Journal
from tocsin.doctor.check import Check, bad, care, good, of_error
from tocsin.doctor.keys import check_mode
from tocsin.folder import FederationFolder
from tocsin.log_sources import open_store
from tocsin.notarizing import open_journal
from tocsin.notary_record import NotaryRecord, read_record
from tocsin.published_log import PublishedLog
from tocsin.secret import load_key
from tocsin.settings import FederationSettings, NotarySettings, load_notary
from tocsin.showing.plain import counted, thousands

_NOTARY: Final = "notary"


def check_notary(
    folder: FederationFolder, settings: FederationSettings, directory: Directory, state: PublishedLog | None
) -> Iterator[Check]:
    """Look at the notary in *folder*.

    Args:
        state: What is published; None where that cannot be read.
    """
    try:
        own = load_notary(folder)
        key = load_key(own.key, folder.hub)
    except BrokerError as error:
        yield bad(_NOTARY, str(error), "Bring the key back from a copy; else the root's keys appoint another.")
        return
    yield from _check_key_file(folder, own)
    appointed = directory.root.notary_key
    if appointed is None or appointed.id != key.id:
        says = f"the root record does not appoint key {key.id.hex()}: nobody believes what it signs"
        yield bad(_NOTARY, says, "Name the right key in hub/notary.toml.")
        return
    yield from _check_journal(folder, settings, state)
    yield _check_at_work(folder, settings)


def _check_key_file(folder: FederationFolder, own: NotarySettings) -> Iterator[Check]:
    path = own.key.path(folder.hub)
    if path is not None:
        yield from check_mode(_NOTARY, path)


def _check_journal(
    folder: FederationFolder, settings: FederationSettings, state: PublishedLog | None
) -> Iterator[Check]:
    published = None if state is None or state.checkpoint is None else state.checkpoint.head
    try:
        with open_journal(folder, readonly=True) as engine:
            record = read_record(engine)
            signed = Journal(engine, settings.id).head().tree if record.signed else None
    except MissingFile:
        if published is not None:
            says = f"there is no journal, and a log of {thousands(published.size)}"
            yield care(_NOTARY, says, "Restore it; else the next run takes order and times from the tiles.")
        return
    except BrokerError as error:
        yield of_error(_NOTARY, error)
        return
    if published is not None and record.signed < published.size:
        says = f"its journal ends at {thousands(record.signed)}, the published log at {thousands(published.size)}"
        yield care(_NOTARY, says, "Was a backup restored? The next run takes what is missing from the tiles.")
    elif published is not None and signed is not None and signed.size == published.size and signed != published:
        says = "what its journal has signed last is not what is published under the same size"
        yield bad(_NOTARY, says, "Start nothing anew, delete nothing: docs/errors.md, log-forked.")
    yield from _check_record(record)


def _check_record(record: NotaryRecord) -> Iterator[Check]:
    alarms = [*(f"two stories called {one.message}" for one in record.equivocations)]
    alarms += (f"{one.witness} has seen another log under this key" for one in record.split_views)
    for one in alarms:
        yield bad(_NOTARY, one, "tocsin notary show has the places; tell every participant.")
    waiting = sum(record.waiting.values())
    if waiting:
        codes = ", ".join(record.waiting)
        says = f"{counted(waiting, 'message')} not logged until the directory changes: {codes}"
        yield care(_NOTARY, says, "docs/errors.md says what each means.")
    if not alarms and not waiting:
        yield good(_NOTARY, f"{counted(record.entries, 'message')} in its journal")


def _check_at_work(folder: FederationFolder, settings: FederationSettings) -> Check:
    try:
        with open_store(folder, settings).lock():
            return good(f"{_NOTARY} at work", "not now")
    except LogBusy:
        return good(f"{_NOTARY} at work", "yes")
    except BrokerError as error:
        return of_error(f"{_NOTARY} at work", error)
