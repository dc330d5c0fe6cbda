"""A warning as a JSON file, between the program that drafted it and the person who sends it.

::

    {"checked": false, "tlp": "AMBER", "core": {"title": …, "says": …, "marking": …}, "evidence": null}

``checked`` is for the person to set: that they have read it, and that it names nobody and says nothing of how anything
is made. Words may be spelt as people do.
"""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import AlreadyThere, BadFile, InvalidRecord, MalformedError
from broker.policy.vocabulary import nearest
from broker.records.problems import Problem, refuse
from broker.records.substance_warning import SubstanceWarningCore, SubstanceWarningEvidence
from broker.types.vocabulary import Tlp
from tocsin.json_file import load_object
from tocsin.spelling import in_symbols

_MEMBERS: Final = ("checked", "tlp", "core", "evidence")


class WarningFile(msgspec.Struct, frozen=True, kw_only=True):
    """What such a file says."""

    checked: bool
    tlp: Tlp
    core: SubstanceWarningCore
    evidence: SubstanceWarningEvidence | None = None


def format_warning(warning: WarningFile) -> bytes:
    """Return the text of a file, as people like to read it."""
    tree = {"checked": warning.checked, "tlp": warning.tlp.word, "core": warning.core, "evidence": warning.evidence}
    return msgspec.json.format(msgspec.json.encode(tree), indent=2) + b"\n"


def write_warning(path: Path, warning: WarningFile) -> None:
    """Write a warning to a new file that only its owner can read.

    Raises:
        AlreadyThere: There is such a file: it may be somebody's work.
        BadFile: It cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(format_warning(warning))
    except FileExistsError:
        raise AlreadyThere(f"{path.name} is there already", hint="Name another one with --out.") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None


def read_warning(path: Path) -> WarningFile:
    """Read a warning that a person has edited.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is no JSON object.
        InvalidRecord: It has mistakes.
    """
    document = load_object(path)
    refuse(
        Problem("", "unknown-name", f"{name[:40]!r} is unknown; {nearest(name[:40], _MEMBERS)}")
        for name in document
        if name not in _MEMBERS
    )
    try:
        return WarningFile(
            checked=document.get("checked") is True,
            tlp=Tlp.from_word(str(document.get("tlp"))),
            core=_convert(document.get("core"), SubstanceWarningCore, "core"),
            evidence=_evidence(document.get("evidence")),
        )
    except MalformedError as error:
        raise InvalidRecord(f"{path.name}: {error}") from None


def _evidence(tree: object) -> SubstanceWarningEvidence | None:
    return None if tree is None else _convert(tree, SubstanceWarningEvidence, "evidence")


def _convert(tree: object, into: Any, section: str) -> Any:
    try:
        return msgspec.convert(in_symbols(tree, into), into)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{section}: {error}") from None
