"""``tocsin kafka``: bring a cluster to what the network needs, and hold it against that."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from broker.errors import BadFile, BadIdentity, BadSettings, BrokerError, MissingFile
from broker.types.names import Participant, check_participant
from tocsin import environment
from tocsin.cli import certificates
from tocsin.cli.app import app
from tocsin.cli.options import FolderOption, JsonOption, PlaintextOption, find_folder
from tocsin.cli.output import Output, errors
from tocsin.cluster.check_brokers import USUAL_SUPER_USERS
from tocsin.cluster.compare import Comparison, compare, missing
from tocsin.cluster.finding import Finding
from tocsin.cluster.members import Members, read_members
from tocsin.cluster.plan import Network
from tocsin.cluster.properties import parse_properties, reveal
from tocsin.cluster.provision import Step, describe, perform, steps
from tocsin.cluster.shell import Shell
from tocsin.cluster.way import Said, Way, find_way
from tocsin.exits import Exit
from tocsin.folder import FederationFolder
from tocsin.installation import now
from tocsin.showing.plain import counted, plain

if TYPE_CHECKING:
    from tocsin.cluster.admin import ClusterAdmin

_SOON_SECONDS: Final = 2.0

commands = typer.Typer(no_args_is_help=True, help="The Kafka cluster that carries the network.", rich_markup_mode=None)
commands.add_typer(certificates.commands, name="certificates")
app.add_typer(commands, name="kafka")

BootstrapOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap", help="Where administrators come in; else the network's bus.", metavar="kafka://HOST:PORT"
    ),
]
IdentityOption = Annotated[
    Path | None, typer.Option("--identity", help="The administrator's ca.pem, certificate.pem, key.pem.", metavar="DIR")
]
FederationOption = Annotated[
    str | None, typer.Option("--id", help="The network's name, where there is no folder yet.", metavar="NAME")
]
ParticipantsOption = Annotated[
    list[str] | None,
    typer.Option("--participant", "-p", help="Who is not in the directory yet; again for each.", metavar="CODE"),
]
ReadersOption = Annotated[
    list[str] | None,
    typer.Option("--reader", help="Who reads everything and writes nothing; again for each.", metavar="CODE"),
]


@commands.command(
    "provision",
    epilog="Example: tocsin kafka provision --bootstrap kafka://b1:9093 --identity admin --folder exercise",
)
def provision(
    *,
    bootstrap: BootstrapOption = None,
    identity: IdentityOption = None,
    participant: ParticipantsOption = None,
    reader: ReadersOption = None,
    federation: FederationOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    allow_plaintext: PlaintextOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Make topics, set their settings, add rules of access: what is missing, for those in the directory.

    Nothing is ever taken away; what should not be there, tocsin kafka check names.
    """
    said = Said(federation=federation, bootstrap=bootstrap, identity=identity, allow_plaintext=allow_plaintext)
    way = find_way(said, _folder(folder, federation))
    admin = _open_admin(way)
    network = _network(way, participant or (), reader or ())
    with _patience(way):
        found = compare(network, admin.read(network.topics), shell=_shell(way))
    output = Output(json=json)
    to_do = tuple(steps(found.changes))
    _say_plan(output, network, found, to_do)
    if dry_run and to_do:
        output.say(f"Nothing was done: --dry-run. To do: {counted(len(to_do), 'step')}.", style="bold")
    _carry_out(output, () if dry_run else to_do, admin, _document(network, found, to_do, dry_run=dry_run))


@commands.command(
    "check", epilog="Example: tocsin kafka check --bootstrap kafka://b1:9093 --identity admin --folder exercise"
)
def check(
    *,
    bootstrap: BootstrapOption = None,
    identity: IdentityOption = None,
    participant: ParticipantsOption = None,
    reader: ReadersOption = None,
    super_user: Annotated[
        list[str] | None,
        typer.Option("--super-user", help="Who may do everything; else admin and kafka-node.", metavar="User:NAME"),
    ] = None,
    properties: Annotated[
        list[Path] | None,
        typer.Option(
            "--properties", help="A broker's server.properties, for what it hides; again for each.", metavar="FILE"
        ),
    ] = None,
    federation: FederationOption = None,
    allow_plaintext: PlaintextOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Hold the cluster against what the network needs, and against what is safe. Ends with 1 if something is wrong."""
    said = Said(federation=federation, bootstrap=bootstrap, identity=identity, allow_plaintext=allow_plaintext)
    way = find_way(said, _folder(folder, federation))
    trusted = tuple(_check_user(one) for one in super_user or USUAL_SUPER_USERS)
    admin = _open_admin(way)
    network = _network(way, participant or (), reader or ())
    with _patience(way):
        state = admin.read(network.topics)
    for path in properties or ():
        state = reveal(state, _read_properties(path))
    found = compare(network, state, shell=_shell(way), super_users=trusted)
    findings = (*missing(found.changes), *found.findings)
    output = Output(json=json)
    _say_findings(output, findings, found.unseen)
    if way.settings is None:
        output.say("The directory was not read; whoever -p and --reader do not name counts as a stranger here.")
    output.document(
        {"federation": network.federation, "brokers": len(state.brokers), "findings": findings, "unseen": found.unseen}
    )
    if findings:
        raise typer.Exit(Exit.FINDINGS)


def _open_admin(way: Way) -> "ClusterAdmin":
    from tocsin.cluster.admin import ClusterAdmin  # noqa: PLC0415 - its library is large, and no node needs it

    return ClusterAdmin(way.connection)


def _folder(folder: Path | None, federation: str | None) -> FederationFolder | None:
    """Return the federation's folder; None where none is named and the id is given instead."""
    named = folder is not None or environment.overrides().get(environment.HOME)
    return find_folder(folder) if named or federation is None else None


def _network(way: Way, participants: Sequence[str], readers: Sequence[str]) -> Network:
    codes = [check_participant(code) for code in participants]
    members = Members()
    if way.settings is not None:
        try:
            members = asyncio.run(read_members(way.connection, way.settings, now()))
        except BadIdentity as error:
            from tocsin.cluster.failures import refused  # noqa: PLC0415 - its library is large, and no node needs it

            raise refused(error) from None
    active = tuple(sorted({*members.active, *codes}))
    if not active:
        raise BadSettings(
            "nobody takes part yet, as far as the bus knows", hint="Name who will: --participant NL --participant BE"
        )
    return Network(
        federation=way.federation,
        namespace=way.connection.address.namespace,
        participants=active,
        readers=tuple(check_participant(code) for code in readers),
        left=tuple(Participant(code) for code in members.left if code not in active),
    )


@contextmanager
def _patience(way: Way) -> Iterator[None]:
    """Say that the cluster is waited for, where it does not answer soon."""
    says = f"Still asking {way.connection.address}: up to {way.connection.pace.call:.0f} seconds for each answer."
    told = Timer(_SOON_SECONDS, lambda: errors().print(says, soft_wrap=True))
    told.start()
    try:
        yield
    finally:
        told.cancel()
        told.join()


def _check_user(text: str) -> str:
    if not text.startswith("User:") or text == "User:":
        raise typer.BadParameter(f"{text[:40]!r} is nobody: expected User:NAME", param_hint="--super-user")
    return text


def _shell(way: Way) -> Shell:
    return Shell(",".join(way.connection.address.brokers))


def _read_properties(path: Path) -> dict[str, str]:
    try:
        return parse_properties(path.read_text("utf-8"))
    except FileNotFoundError:
        raise MissingFile(f"there is no properties file {path.name}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"the properties file {path.name} cannot be read: {error}") from None


def _say_plan(output: Output, network: Network, found: Comparison, to_do: Sequence[Step]) -> None:
    who = ", ".join(network.participants) + "".join(f", {code} (reads only)" for code in network.readers)
    output.say(f"{network.federation} on this cluster, for {who}:")
    for step in to_do:
        output.say(f"  {describe(step)}")
    if to_do:
        output.say("Quotas, so that nobody slows the others down, only Kafka's own tool can set:")
    for line in _quota_lines(found) if to_do else ("Nothing to do.",):
        output.command(line)
    if found.findings:
        output.say(f"{counted(len(found.findings), 'thing')} for people to look at: tocsin kafka check", style="bold")


def _quota_lines(found: Comparison) -> list[str]:
    return [found.shell.set_quota(quota) for quota in found.plan.quotas]


def _carry_out(output: Output, to_do: Sequence[Step], admin: "ClusterAdmin", document: dict[str, Any]) -> None:
    """Do each step; at the first that fails say what was done and what was not."""
    done = 0
    try:
        for step in to_do:
            perform(admin, step)
            done += 1
    except BrokerError as error:
        output.say(f"{done} of {counted(len(to_do), 'step')} done; not done:", style="bold")
        for step in to_do[done:]:
            output.say(f"  {describe(step)}")
        output.document({**document, "done": done, "failed": {"code": error.code, "says": str(error)}})
        raise
    if to_do:
        output.say(f"Done: {counted(done, 'step')}.", style="bold")
    output.document({**document, "done": done, "failed": None})


def _document(network: Network, found: Comparison, to_do: Sequence[Step], *, dry_run: bool) -> dict[str, Any]:
    return {
        "federation": network.federation,
        "participants": network.participants,
        "readers": network.readers,
        "dry_run": dry_run,
        "topics": [one.name for one in found.changes.topics],
        "settings": [msgspec.to_builtins(one) for one in found.changes.settings],
        "rules": [str(one) for one in found.changes.rules],
        "steps": [describe(step) for step in to_do],
        "quotas": _quota_lines(found),
        "findings": len(found.findings),
    }


def _say_findings(output: Output, findings: Sequence[Finding], unseen: Sequence[str]) -> None:
    for one in unseen:
        output.say(f"Not seen, because brokers do not show it: {one}. Look with --properties FILE on that machine.")
    if not findings:
        output.say("No findings.", style="bold")
        return
    output.say(f"{counted(len(findings), 'finding')}:", style="bold")
    for remedy, those in groupby(findings, key=lambda finding: finding.remedy):
        for finding in those:
            output.say(plain(f"{finding.code}  {finding.place}: {finding.says}"))
        output.command(f"  {plain(remedy)}")
