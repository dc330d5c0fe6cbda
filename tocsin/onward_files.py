"""What leaves a node as a file: how to handle it first, then what it says, and the proof of who said it."""

import os
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from broker.errors import AlreadyThere, BadFile
from broker.policy.decide import SectionOutcome
from broker.records.forwarded import without_bodies
from broker.types.vocabulary import Section
from tocsin.installation import Node
from tocsin.onward import Order, Permitted
from tocsin.showing.items import BANNER


def document(node: Node, order: Order, permitted: Permitted, *, case: str = "") -> dict[str, Any]:
    """Return what an export or a statement for a court holds: how to handle it first, and the proof last.

    Args:
        case: The proceedings that it is for; empty for an export.
    """
    found, ruling = permitted.item, permitted.ruling
    core = ruling.content.content[Section.CORE]
    grant = ruling.grant
    return {
        "handling": {
            "tlp": found.tlp.word,
            "status": found.status.word,
            "marking": _builtins(getattr(core, "marking", None)),
            "says": _handling(order, permitted, case),
        },
        "use": {
            "action": order.wanted.action.word,
            "by": order.reader,
            "purpose": order.wanted.purpose.word,
            "case": case or None,
            "at": node.clock().isoformat(),
        },
        "message": {
            "name": str(ruling.original.header.name),
            "digest": ruling.original.digest.hex(),
            "originator": found.author,
            "issued_at": ruling.original.header.issued_at.isoformat(),
        },
        "decision": {
            "number": ruling.number,
            "node": node.name,
            "directory": node.directory.digest.hex(),
            "tables": [one.hex() for one in ruling.decision.digests],
            "rules": [_rule(one) for one in ruling.decision.outcomes if one.section in ruling.sections],
            "grant": None if grant is None else {"digest": grant.record.hex(), "by": grant.by, "until": grant.until},
        },
        "sections": {one.word: _builtins(ruling.content.content[one]) for one in ruling.sections},
        "proof": {
            "envelope": b64encode(without_bodies(ruling.original)).decode(),
            "sections": {section.word: _builtins(content) for section, content in ruling.contents.items()},
        },
    }


def write_new(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file that only its owner may read.

    Raises:
        AlreadyThere: There is such a file; it is not overwritten.
        BadFile: It cannot be written.
    """
    check_new(path)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text)
    except FileExistsError:
        raise AlreadyThere(f"there is a file {path.name} already") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None


def check_new(path: Path) -> None:
    """Check that there is no file *path*, before anything is decided.

    Raises:
        AlreadyThere: There is.
    """
    if path.exists():
        raise AlreadyThere(f"there is a file {path.name} already", hint="Name another one: nothing is overwritten.")


def _handling(order: Order, permitted: Permitted, case: str) -> str:
    found, wanted = permitted.item, order.wanted
    what = f"taken to court by {order.reader}, {case}," if case else f"exported by {order.reader}"
    banner = BANNER.get(found.status, "")
    says = (
        f"TLP:{found.tlp.word}. From {found.author}, {what} for {wanted.purpose.word}. The marking binds this file too."
    )
    return f"{banner}. {says}" if banner else says


def _rule(outcome: SectionOutcome) -> dict[str, str]:
    return {
        "section": outcome.section.word,
        "rule": outcome.rule_id,
        "layer": outcome.layer.word,
        "says": outcome.says,
    }


def _builtins(record: Any) -> Any:
    return msgspec.to_builtins(record, builtin_types=(), str_keys=True)
