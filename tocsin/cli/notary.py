"""``tocsin notary``: keep the log, and look at what was kept."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from broker.directory.rules import NOTARY
from broker.errors import BrokerError, MissingFile
from broker.log.note import format_note_key
from broker.notary import Progress
from tocsin.administering import fetch_directory
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.log_sources import need_log
from tocsin.node_log import node_log
from tocsin.notarizing import Notarizing, open_journal, open_notary
from tocsin.notary_record import NotaryRecord, read_record
from tocsin.published_log import PublishedLog, look_at_log
from tocsin.settings import load_federation
from tocsin.showing.plain import counted, thousands

SAME_MACHINE: Final = "same machine: proves nothing about independence"

commands = typer.Typer(no_args_is_help=True, help="Keep the transparency log of the network.", rich_markup_mode=None)
app.add_typer(commands, name="notary")


@commands.command("run", epilog="Example: tocsin notary run --folder exercise")
def run(
    *,
    folder: FolderOption = None,
    once: Annotated[bool, typer.Option("--once", help="Log what is on the bus now, and end.")] = False,
    json: JsonOption = False,
) -> None:
    """Log every message of the bus, sign the log, and have it witnessed, until Ctrl-C.

    A bus that is away is waited for. With --json, one line of JSON for each report.
    """
    output = Output(json=json)
    found = find_folder(folder)
    if once:
        asyncio.run(_once(found, output))
        return
    try:
        asyncio.run(_follow(found, output))
    except asyncio.CancelledError:
        node_log(NOTARY).info("stopped")


async def _once(folder: FederationFolder, output: Output) -> None:
    async with open_notary(folder) as office:
        _say_office(output, office)
        progress = await office.notary.run_once()
    _say_alarms(output, progress)
    for one in progress.troubles:
        output.say(f"In the way: {one}", style="bold")
    output.say(
        f"{counted(progress.logged, 'message')} logged, {progress.duplicates} there already, "
        f"{progress.refused} refused, {progress.waiting} waiting for the directory."
    )
    output.say(f"The log has size {thousands(progress.size)}; {_cosigned(progress.witnesses, progress.quorum)}.")
    output.document(_document(progress))


async def _follow(folder: FederationFolder, output: Output) -> None:
    log = node_log(NOTARY)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _stop, asyncio.current_task())

    def report(progress: Progress) -> None:
        for one in progress.equivocations:
            log.error("two stories", message=str(one.name), first=one.first[1], second=one.second[1])
        log.info(
            "logged",
            messages=progress.logged,
            duplicates=progress.duplicates,
            refused=progress.refused,
            waiting=progress.waiting,
            size=progress.size,
            witnesses=f"{len(progress.witnesses)}/{progress.quorum}",
        )
        output.document_line(_document(progress))

    def trouble(error: BrokerError, seconds: float | None) -> None:
        hint = {"hint": error.hint} if error.hint else {}
        if seconds is None:
            log.warning("going on without", code=error.code, says=str(error), **hint)
        else:
            log.warning("waiting", code=error.code, says=str(error), **hint, seconds=seconds)

    async with open_notary(folder) as office:
        _say_office(output, office)
        await office.notary.follow(report, trouble)


def _say_office(output: Output, office: Notarizing) -> None:
    output.say(f"The notary keeps the log in {office.log} with key {office.key.id.hex()}.")
    for one in office.asked:
        note = f" ({SAME_MACHINE})" if one.is_local else ""
        output.say(f"Witness {one.name}: {one.where}{note}")
    if not office.asked:
        output.say("No witness is asked: nobody would notice two versions of this log.")


def _say_alarms(output: Output, progress: Progress) -> None:
    for one in progress.equivocations:
        output.say(
            f"Two validly signed messages are called {one.name}: entries {one.first[1]} and {one.second[1]}. "
            "Whoever holds the key told two stories, or somebody else has the key too.",
            style="bold red",
        )


def _document(progress: Progress) -> dict[str, Any]:
    return {
        "logged": progress.logged,
        "duplicates": progress.duplicates,
        "refused": progress.refused,
        "waiting": progress.waiting,
        "equivocations": [
            {"message": str(one.name), "first": one.first[1], "second": one.second[1]} for one in progress.equivocations
        ],
        "troubles": [{"code": one.code, "message": str(one)} for one in progress.troubles],
        "log_size": progress.size,
        "witnesses": progress.witnesses,
        "quorum": progress.quorum,
        "witnessed": progress.is_witnessed,
    }


@commands.command("show", epilog="Example: tocsin notary show --folder exercise --json")
def show(*, folder: FolderOption = None, json: JsonOption = False) -> None:
    """Show the newest checkpoint and who cosigned it; at the notary also what waits, what was refused, who lied."""
    output = Output(json=json)
    found = find_folder(folder)
    settings = load_federation(found)
    log = need_log(found, settings)
    record = _record(found)
    state = look_at_log(log, asyncio.run(fetch_directory(found)))
    _say_state(output, state)
    if record is not None:
        _say_record(output, record)
    output.document({**_state_document(state), "journal": record})


def _record(folder: FederationFolder) -> NotaryRecord | None:
    """Return what the journal says; None where it is on another machine, or not begun."""
    try:
        with open_journal(folder, readonly=True) as journal:
            return read_record(journal)
    except MissingFile:
        return None


def _say_state(output: Output, state: PublishedLog) -> None:
    for key in state.trust.notary:
        output.say("The log's verifier key:")
        output.command(format_note_key(key))
    if state.checkpoint is None:
        output.say("Nothing is published yet: tocsin notary run, where the notary's key is.")
        return
    head = state.checkpoint.head
    output.say(f"The log has size {thousands(head.size)} and root {head.root.hex()}.")
    output.say(f"{_cosigned(state.checkpoint.witnesses, state.trust.quorum)}.".capitalize())
    if state.witnessed_at is not None:
        output.say(f"A quorum had cosigned it at {state.witnessed_at:%Y-%m-%d %H:%M:%S} UTC.")
    if state.is_overdue(now()):
        output.say("No quorum for longer than the root record tolerates.", style="bold red")


def _say_record(output: Output, record: NotaryRecord) -> None:
    output.say(f"Journal: {counted(record.entries, 'message')}, {thousands(record.signed)} of them signed.")
    for what, codes in (("waiting for the directory", record.waiting), ("refused for good", record.refused)):
        for code, count in codes.items():
            output.say(f"  {counted(count, 'message')} {what}: {code}")
    if record.gaps:
        output.say(f"  {counted(record.gaps, 'part')} of topics that the bus does not give")
    for one in record.equivocations:
        output.say(f"  two stories called {one.message}: entries {one.first} and {one.second}", style="bold red")
    for seen in record.split_views:
        output.say(f"  {seen.witness} has seen another log: {seen.says}", style="bold red")


def _cosigned(witnesses: Sequence[str], quorum: int) -> str:
    if not quorum:
        return "no witness is appointed"
    enough = "enough" if len(witnesses) >= quorum else "NOT enough"
    return f"cosigned by {len(witnesses)}, {enough}: it takes {quorum}"


def _state_document(state: PublishedLog) -> dict[str, Any]:
    found = state.checkpoint
    return {
        "origin": state.trust.origin,
        "log_size": 0 if found is None else found.size,
        "root": None if found is None else found.head.root.hex(),
        "witnesses": [] if found is None else found.witnesses,
        "appointed": [one.name for one in state.trust.witnesses],
        "quorum": state.trust.quorum,
        "witnessed": found is not None and found.is_witnessed,
        "witnessed_at": None if state.witnessed_at is None else state.witnessed_at.isoformat(),
        "overdue": state.is_overdue(now()),
        "checkpoint": None if found is None else found.raw.decode(),
    }


def _stop(running: "asyncio.Task[None] | None") -> None:
    if running is not None:
        running.cancel()
