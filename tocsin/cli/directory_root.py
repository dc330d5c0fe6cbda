"""``tocsin directory root``: a new root record, proposed, signed by the keepers of its keys, and published."""

import asyncio
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from broker.directory.proposal import check_proposal, join_proposals, sign_proposal
from broker.directory.root_change import Office, RootChange
from broker.errors import BadFile, BadSettings
from broker.policy.vocabulary import nearest
from broker.types.names import Digest
from tocsin.cli.directory import commands as directory
from tocsin.cli.directory import say_entered
from tocsin.cli.directory_tables import table_entry
from tocsin.cli.options import FolderOption, JsonOption, find_folder
from tocsin.cli.output import Output
from tocsin.installation import now
from tocsin.root_files import check_new, load_appointment, load_proposal, make_appointment, save
from tocsin.root_record import fetch_root, propose_root, publish_root
from tocsin.secret import SecretReference, load_key
from tocsin.settings import load_federation
from tocsin.showing.root import change_lines, proposal_document, root_document, root_lines

commands = typer.Typer(
    no_args_is_help=True,
    help="The root record: who signs for the network, who keeps its log, who witnesses it.",
    rich_markup_mode=None,
)
directory.add_typer(commands, name="root")

_OFFICES = get_args(Office)
_THEN: Final = {
    "witness": "Set witness_key in node.toml to that file, or nobody cosigns with it.",
    "notary": "When the root record is in force, at once: set key in hub/notary.toml to that file, and start the notary"
    " again. Until then witnesses refuse what it signs.",
    "administrator": "When the root record is in force, put that file in the place of hub/keys/admin.pem.",
}
"""What is left to do with a key; a root key is only kept."""
RootDigestOption = Annotated[
    str | None,
    typer.Option("--root-digest", help="Where there is no folder: what the network is known by.", metavar="HEX"),
]
FileArgument = Annotated[Path, typer.Argument(help="The proposal.", metavar="FILE")]
EndsOption = Annotated[
    bool, typer.Option("--end-hub-entries", help="Though what only a leaving hub administrator's key said ends too.")
]


@commands.command("show", epilog="Example: tocsin directory root show --folder exercise")
def show(
    file: Annotated[list[Path] | None, typer.Argument(help="A proposal, or copies of it.", metavar="[FILE]…")] = None,
    *,
    root_digest: RootDigestOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show the root record in force; or what a proposal would change, and who has signed it."""
    output = Output(json=json)
    if not file:
        entry = asyncio.run(fetch_root(find_folder(folder)))
        output.lines(root_lines(entry), indent=0)
        output.document(root_document(entry))
        return
    checked = check_proposal(join_proposals([load_proposal(one) for one in file]), _trusted(root_digest, folder))
    output.lines(change_lines(checked), indent=0)
    output.document(proposal_document(checked))


@commands.command(
    "request",
    epilog="Example: tocsin directory root request witness keys/witness.pem request.json "
    "--name exercise/witness/DE --operator Germany",
)
def request(
    office: Annotated[str, typer.Argument(help=", ".join(_OFFICES), metavar="OFFICE")],
    key: Annotated[Path, typer.Argument(help="Where the private key is made.", metavar="KEY")],
    out: Annotated[Path, typer.Argument(help="What is handed to who proposes.", metavar="FILE")],
    *,
    name: Annotated[str, typer.Option("--name", help="A witness's, as its cosignatures say it.")] = "",
    operator: Annotated[str, typer.Option("--operator", help="Who runs the witness.")] = "",
    federation: Annotated[str, typer.Option("--id", help="The network's name.")] = "exercise",
    json: JsonOption = False,
) -> None:
    """Make a key for an office in the root record where it will be used, and a request that proves possession."""
    if office not in _OFFICES:
        raise typer.BadParameter(f"{office[:40]!r} is unknown; {nearest(office[:40], _OFFICES)}", param_hint="OFFICE")
    if (office == "witness") != bool(name and operator) or (office != "witness" and (name or operator)):
        raise typer.BadParameter("a witness has a name and an operator, nobody else", param_hint="--name, --operator")
    wanted: Office = next(one for one in _OFFICES if one == office)
    made = make_appointment(key, out, wanted, federation=federation, name=name, operator=operator, at=now())
    output = Output(json=json)
    output.say(f"The private key is in {key}. Hand {out} to the hub, and tell the key's id by another way.")
    output.say(f"Key id: {made.key.id.hex()}")
    if office in _THEN:
        output.say(_THEN[office])
    output.document({"key": made.key.id.hex()})


@commands.command(
    "propose",
    epilog="Example: tocsin directory root propose root-2.json --add request.json --quorum 3 --folder exercise",
)
def propose(
    file: Annotated[Path, typer.Argument(help="Where the proposal is written.", metavar="FILE")],
    *,
    add: Annotated[
        list[Path] | None, typer.Option("--add", help="A request for an office; again for each.", metavar="FILE")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A key's id, or its beginning; again for each.", metavar="KEY")
    ] = None,
    threshold: Annotated[int | None, typer.Option("--threshold", min=1, help="Root keys that have to sign.")] = None,
    quorum: Annotated[int | None, typer.Option("--quorum", min=0, help="Witnesses that have to agree.")] = None,
    heads_hours: Annotated[int | None, typer.Option("--heads-hours", min=1, help="A node may be silent.")] = None,
    checkpoint_hours: Annotated[
        int | None, typer.Option("--checkpoint-hours", min=1, help="The log may be without a quorum.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--table", help="The community's table, after directory add table.", metavar="FILE")
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option("--signer", help="A root key that signs; else all that can. Again for each.", metavar="KEY"),
    ] = None,
    ends_hub_entries: EndsOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write down the next root record, for the keepers of the root keys to sign. Nothing is sent."""
    found = find_folder(folder)
    check_new(file)
    change = RootChange(
        added=[load_appointment(one) for one in add or ()],
        removed=remove or (),
        threshold=threshold,
        witness_quorum=quorum,
        heads_max_age_hours=heads_hours,
        checkpoint_max_age_hours=checkpoint_hours,
        community_table_digest=None if table is None else table_entry(table).digest,
    )
    checked = asyncio.run(propose_root(found, change, signer or (), ends_hub_entries=ends_hub_entries))
    save(file, checked.proposal)
    output = Output(json=json)
    output.lines(change_lines(checked), indent=0)
    output.say(f"Each of these keys has to sign {file}, or a copy of it, where it lies:", style="bold")
    digest = load_federation(found).root_digest.hex()
    output.command(f"tocsin directory root sign {file} --key KEY.pem --root-digest {digest}")
    output.document(proposal_document(checked))


@commands.command(
    "sign", epilog="Example: tocsin directory root sign root-2.json --key hub/keys/root-1.pem --root-digest 4f1c…"
)
def sign(
    file: FileArgument,
    *,
    key: Annotated[Path, typer.Option("--key", help="The private root key.", metavar="KEY")],
    message: Annotated[
        str | None, typer.Option("--message", help="Sign nothing but what show calls the message.", metavar="HEX")
    ] = None,
    root_digest: RootDigestOption = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a proposal with one root key, where it lies; show it first. Neither bus nor network's folder is needed."""
    trusted = _trusted(root_digest, folder)
    checked = check_proposal(load_proposal(file), trusted)
    if message is not None and message.lower() != checked.digest.hex():
        raise BadFile(f"{file.name} is another message: {checked.digest.hex()}", hint="Look: directory root show FILE")
    signed = check_proposal(sign_proposal(checked, load_key(SecretReference("file", key.name), key.parent)), trusted)
    save(file, signed.proposal)
    output = Output(json=json)
    output.lines(change_lines(signed), indent=0)
    missing = len(signed.missing)
    output.say(
        f"Signed; {missing or 'no'} more to sign." + ("" if missing else f" Next: directory root publish {file}")
    )
    output.document(proposal_document(signed))


@commands.command("publish", epilog="Example: tocsin directory root publish root-2.json --folder exercise")
def publish(
    file: Annotated[list[Path], typer.Argument(help="The proposal, or copies with a signature each.", metavar="FILE…")],
    *,
    ends_hub_entries: EndsOption = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Send the root record, once all that it names have signed. Every node follows it when it next reads."""
    copies = [load_proposal(one) for one in file]
    name, entry = asyncio.run(publish_root(find_folder(folder), copies, ends_hub_entries=ends_hub_entries))
    says = f"Root version {entry.version} is in force: {entry.witness_quorum} of {len(entry.witnesses)} witnesses."
    say_entered(Output(json=json), [name], says)


def _trusted(root_digest: str | None, folder: Path | None) -> Digest:
    """Return the root digest that is trusted: what is said, or what the network's folder says.

    Raises:
        BadSettings: It is no digest, or not that of the folder that is named beside it.
    """
    if root_digest is None:
        return load_federation(find_folder(folder)).root_digest
    try:
        digest = bytes.fromhex(root_digest)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise BadSettings("--root-digest: expected 64 hexadecimal digits")
    if folder is not None and load_federation(find_folder(folder)).root_digest != digest:
        raise BadSettings("--root-digest: the network in that folder has another one", hint="Name one of the two.")
    return Digest(digest)
