"""``tocsin directory revoke``: take back a key, and with it everything that the log does not prove to be older."""

import asyncio
from typing import Annotated

import typer

from broker.directory import Directory, EnrolledKey
from broker.directory.entries import RevocationEntry, RevocationReason
from broker.errors import AlreadyThere, UnknownAuthority
from broker.types.names import Originator, is_administrator
from broker.types.vocabulary import KeyUse
from tocsin.administering import fetch_directory, hub_administrator
from tocsin.cli.directory import commands, find_administrator, say_entered
from tocsin.cli.options import AsParticipant, FolderOption, JsonOption, find_folder, read_word
from tocsin.cli.output import Output
from tocsin.installation import now

_STAYS_OPEN = "What was sealed to it before, whoever has its private half can open."


@commands.command("revoke", epilog="Example: tocsin directory revoke 3f2a… --as NL --reason compromised")
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or its beginning.", metavar="KEY")],
    *,
    participant: AsParticipant,
    reason: Annotated[
        str, typer.Option("--reason", help=", ".join(RevocationReason.words()), metavar="WORD")
    ] = RevocationReason.COMPROMISED.word,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="Yes, an administrator's key, and all that it entered with it.")
    ] = False,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Revoke a key of a participant. It counts at once, for all that the log does not prove to be older."""
    found = find_folder(folder)
    directory = asyncio.run(fetch_directory(found))
    enrolled = _find_key(directory, key, participant)
    by_hub = is_administrator(Originator(enrolled.owner))
    if by_hub and not administrator:
        raise typer.BadParameter(_what_goes(directory, enrolled, participant), param_hint="KEY")
    wanted = enrolled.id
    entry = RevocationEntry(
        key=wanted,
        reason=read_word(RevocationReason, reason, "--reason"),
        revoked_at=now(),
        reaches_back_to=None,
        last_valid=(),
    )
    speaker = hub_administrator(found) if by_hub else find_administrator(found, participant)
    names = asyncio.run(speaker.say([entry]))
    says = f"Key {wanted.hex()} of {enrolled.owner} is revoked: of what it signed, only what was logged before counts."
    anew = f"tocsin directory rotate --as {participant}"
    if enrolled.use is KeyUse.SEAL:
        says = f"Key {wanted.hex()} of {enrolled.owner} is revoked: nothing is sealed to it any more. {_STAYS_OPEN}"
        anew += " --sealing"
    say_entered(Output(json=json), names, says if by_hub else f"{says} If it was still in use, make a new one: {anew}")


def _what_goes(directory: Directory, key: EnrolledKey, participant: str) -> str:
    """Say what is lost with an administrator's key, before it is."""
    signed = sum(key.id in held.header.signers for held in directory.held.get(Originator(key.owner), ()))
    return (
        f"{key.id.hex()[:12]} is the key of {key.owner}. Revoking it takes back all that it entered: {signed} entries, "
        f"so every node, authority and key of {participant}. If that is what you want, add --administrator."
    )


def _find_key(directory: Directory, beginning: str, participant: str) -> EnrolledKey:
    """Return the one key of *participant*, not revoked yet, whose id begins so.

    Raises:
        UnknownAuthority: There is none, or there are several.
        AlreadyThere: It was revoked before.
    """
    keys = directory.keys()
    mine = [one for one in keys if one.owner.split("/")[0] == participant]
    found = [one for one in mine if one.id.hex().startswith(beginning.lower().rstrip("…"))]
    if len(found) != 1 or not beginning:
        known = ", ".join(f"{one.id.hex()[:12]} of {one.owner}" for one in mine) or "none"
        raise UnknownAuthority(f"{beginning[:40]!r} is not one key of {participant}", hint=f"Its keys: {known}.")
    if (revocation := found[0].revocation) is not None:
        raise AlreadyThere(f"key {found[0].id.hex()} was revoked before, on {revocation.revoked_at:%Y-%m-%d %H:%M} UTC")
    return found[0]
