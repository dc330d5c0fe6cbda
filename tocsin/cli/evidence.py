"""``tocsin audit prove | verify | affected``: evidence that stands alone, and what a lost key has touched."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from broker.types.names import Digest
from broker.types.vocabulary import Action, Purpose, Section
from consumers.evidence.affected import Touched
from consumers.evidence.checklist import Checklist, Outcome
from consumers.evidence.evidence import format_evidence
from consumers.onward import Wanted
from tocsin import environment
from tocsin.cli.audit import commands
from tocsin.cli.inbox import MessageArgument
from tocsin.cli.onward import UsePurpose, UseSection
from tocsin.cli.options import AsAuthority, FolderOption, JsonOption, find_folder, participant_in, read_word
from tocsin.cli.output import Output
from tocsin.evidence.affecting import Affected, affected
from tocsin.evidence.files import write_evidence
from tocsin.evidence.proving import Proved, prove
from tocsin.evidence.verifying import verify
from tocsin.exits import Exit
from tocsin.installation import open_node
from tocsin.onward import Order
from tocsin.onward_files import check_new
from tocsin.settings import load_federation
from tocsin.showing.items import BANNER, banner
from tocsin.showing.plain import counted, moment, plain

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MARKS: Final = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_CHECKED: "not checked"}
_SEEN_SHOWN: Final = 4
_DIGEST_SHOWN: Final = 16


@commands.command(
    "prove",
    epilog="Example: tocsin audit prove NL/customs/1#42 --as BE/police --purpose investigation --out case.zip",
)
def prove_message(
    message: MessageArgument,
    *,
    authority: AsAuthority,
    purpose: UsePurpose,
    out: Annotated[Path, typer.Option("--out", "-o", help="A new file; nothing is overwritten.", metavar="FILE")],
    section: UseSection = None,
    case: Annotated[
        str, typer.Option("--case", help="The proceedings it is for: decided as use in court.", metavar="TEXT")
    ] = "",
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a file by which anybody can check who said it and since when; an export that policy has to permit."""
    output = Output(json=json)
    check_new(out)
    wanted = Wanted(
        action=Action.USE_IN_COURT if case.strip() else Action.EXPORT,
        purpose=read_word(Purpose, purpose, "--purpose"),
        sections=tuple(dict.fromkeys(read_word(Section, word, "--section") for word in section or ())),
    )
    with open_node(find_folder(folder), participant_in(authority)) as node:
        order = Order(asyncio.run(node.check_authority(authority)), message, wanted)
        proved = asyncio.run(prove(node, order, case=case.strip()))
        write_evidence(out, format_evidence(proved.made.evidence))
        _say_proved(output, proved, out)
        output.document(_proved_document(proved, out))


@commands.command("verify", epilog="Example: tocsin audit verify case.zip --root-digest 4f1c…")
def verify_file(
    file: Annotated[Path, typer.Argument(help="The evidence file.", metavar="FILE", show_default=False)],
    *,
    root_digest: Annotated[
        str | None,
        typer.Option("--root-digest", help="Whom you trust, 64 hexadecimal digits; else the folder's.", metavar="HEX"),
    ] = None,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """Check an evidence file, step by step, with no network and no settings. Ends with 6 if a step fails."""
    output = Output(json=json)
    found = verify(file, _root_digest(root_digest, folder))
    if found.status in BANNER:
        output.say(BANNER[found.status], style="bold")
    output.say(f"{plain(found.manifest.message)} of {plain(found.manifest.federation)}", style="bold")
    _say_steps(output, found.checklist)
    if found.checklist.is_passed:
        output.say("No step failed.", style="bold")
    else:
        names = ", ".join(one.step for one in found.checklist.failed)
        output.say(f"DO NOT RELY ON IT: failed: {names}.", style="bold red")
    output.document(found.document())
    if not found.checklist.is_passed:
        raise typer.Exit(Exit.VERIFICATION)


@commands.command("affected", epilog="Example: tocsin audit affected 3f2a90bc")
def affected_by(
    key: Annotated[str, typer.Argument(help="The key's id, or its first 8 digits or more.", metavar="KEY")],
    *,
    folder: FolderOption = None,
    json: JsonOption = False,
) -> None:
    """List what a key has signed, in the order of the log: what stands, what is disputed, and who has seen it."""
    output = Output(json=json)
    found = asyncio.run(affected(find_folder(folder), key))
    _say_affected(output, found)
    output.document(found.document())


def _root_digest(text: str | None, folder: Path | None) -> Digest:
    if text is None:
        if not (folder or environment.overrides().get(environment.HOME)):
            says = (
                "say whom you trust: --root-digest HEX, the digest of the first root record as the hub publishes it; "
                "or --folder DIR, for the one in its federation.toml"
            )
            raise typer.BadParameter(says, param_hint="--root-digest")
        return load_federation(find_folder(folder)).root_digest
    if not _DIGEST.fullmatch(text.lower()):
        raise typer.BadParameter(
            f"{text[:80]!r} is no digest; expected 64 hexadecimal digits", param_hint="--root-digest"
        )
    return Digest(bytes.fromhex(text))


def _say_proved(output: Output, proved: Proved, out: Path) -> None:
    found, ruling = proved.permitted.item, proved.permitted.ruling
    if banner(found):
        output.say(banner(found), style="bold")
    if found.forwarded is not None:
        output.say(f"{found.message} passes on {ruling.original.header.name}: that is what is proved.")
    used = ", ".join(one.word for one in ruling.sections)
    output.say(f"Permitted: to hand on {used}, as decision {ruling.number}.")
    for one in ruling.refused:
        output.say(f"Left out: {one.section.word}: {one.says} (rule {one.rule})")
    witnesses = proved.made.checklist.step("witnesses")
    if witnesses.outcome is not Outcome.PASSED:
        output.say(plain(witnesses.says), style="bold red")
    output.say(f"Written: {out}. Whoever gets it needs the root digest {proved.made.evidence.manifest.root_digest}")
    output.say("from somebody else than you, and checks it with: tocsin audit verify")


def _proved_document(proved: Proved, out: Path) -> dict[str, object]:
    manifest, ruling = proved.made.evidence.manifest, proved.permitted.ruling
    return {
        "file": str(out),
        "message": manifest.message,
        "digest": manifest.digest,
        "decision": ruling.number,
        "disclosed": manifest.disclosed,
        "withheld": manifest.withheld,
        "root_digest": manifest.root_digest,
        "steps": [one.document() for one in proved.made.checklist.steps],
    }


def _say_steps(output: Output, checklist: Checklist) -> None:
    rows = [(one.step, _MARKS[one.outcome], one.says) for one in checklist.steps]
    output.table(("step", "", "what it proves"), rows)


def _say_affected(output: Output, found: Affected) -> None:
    key, revocation = found.key, found.key.revocation
    state = "not revoked" if revocation is None else f"revoked on {moment(revocation.revoked_at)}"
    output.say(f"Key {key.id.hex()} of {plain(key.owner)}, {state}: {counted(len(found.messages), 'message')}.")
    size = "there is no log" if found.checkpoint is None else f"the log has {found.checkpoint.size} leaves"
    output.say(f"By bus and log alone; {size}. What others passed on under their own keys is not among them.")
    if found.messages:
        output.table(("log", "message", "digest", "standing", "seen beyond it by", "confirmed by"), _rows(found))
    for one in found.messages:
        if one.why:
            output.say(f"{one.message.name}: {plain(one.why)}")
    for gap in found.unread:
        output.say(f"Not read: {plain(gap)}", style="bold")


def _rows(found: Affected) -> Iterator[tuple[str, ...]]:
    for one in found.messages:
        holders = dict.fromkeys(entry.reader for entry in found.receipts.get(one.message.digest, ()))
        yield (
            "-" if one.place is None else str(one.place.index),
            str(one.message.name),
            one.message.digest.hex()[:_DIGEST_SHOWN],
            one.standing,
            _first(one),
            ", ".join(holders),
        )


def _first(one: Touched) -> str:
    more = f" and {len(one.seen_by) - _SEEN_SHOWN} more" if len(one.seen_by) > _SEEN_SHOWN else ""
    return ", ".join(one.seen_by[:_SEEN_SHOWN]) + more
