"""A single typed record as a JSON file: an agreement, a group or a contact.

::

    {"kind": "agreement", "tlp": "AMBER", "core": {"national_reference": "NL-MOU-7", "reference": "NL-BE-2026", …}}

Words are spelt as people do (``public-health``) or as on the wire (``PUBLIC_HEALTH``). A marking that is left out
allows prevention and investigation, and is addressed to nobody in particular.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from broker.errors import InvalidRecord, MalformedError
from broker.policy.vocabulary import nearest
from broker.records.agreement import AgreementCore
from broker.records.checking import problems_in
from broker.records.contact import ContactCore
from broker.records.group import GroupCore
from broker.records.marking import Marking
from broker.records.problems import refuse
from broker.types.names import Originator
from broker.types.vocabulary import Handling, Purpose, RecordKind, Status, Tlp, Word
from producers.draft import Draft, draft_record
from producers.intake.forms import FORMS
from tocsin.json_file import load_object

CORES: Final[Mapping[RecordKind, type[AgreementCore] | type[GroupCore] | type[ContactCore]]] = {
    RecordKind.AGREEMENT: AgreementCore,
    RecordKind.GROUP: GroupCore,
    RecordKind.CONTACT: ContactCore,
}
_ELSEWHERE: Final[Mapping[RecordKind, str]] = {
    RecordKind.INCIDENT: "tocsin publish takes them in.",
    **{
        kind: f"tocsin publish --kind {kind.word} takes them in."
        for kind in FORMS
        if kind not in (RecordKind.INCIDENT, RecordKind.REQUEST)
    },
    RecordKind.REQUEST: "tocsin grant request asks for leave; tocsin publish --kind request asks for information.",
    RecordKind.GRANT: "tocsin grant give and tocsin grant refuse answer requests.",
    RecordKind.RECALL: "tocsin recall and tocsin correct take messages back.",
    RecordKind.RECEIPT: "nodes write and send them by themselves.",
}
"""Records that have a command of their own, which checks what this one cannot."""
_MEMBERS: Final = ("kind", "tlp", "status", "core")
_MARKING: Final = msgspec.to_builtins(Marking(purposes=(Purpose.PREVENTION, Purpose.INVESTIGATION)))


def read_record(path: Path, *, authority: Originator, authored_at: datetime, status: Status) -> Draft:
    """Return the draft of the record in the file *path*.

    Args:
        status: What everything in this network is.

    Raises:
        MissingFile: There is no such file.
        BadFile: It is no JSON object.
        InvalidRecord: The record has mistakes.
    """
    document = load_object(path)
    unknown = [f"{name[:40]!r} is unknown; {nearest(name, _MEMBERS)}" for name in document if name not in _MEMBERS]
    if unknown:
        raise InvalidRecord(f"{path.name}: {'; '.join(unknown)}")
    kind = _kind(document, path.name)
    core = _core(document.get("core"), CORES[kind], path.name)
    refuse(problem.under("core") for problem in problems_in(core))
    tlp = _word({"tlp": "AMBER", **document}, "tlp", Tlp, path.name)
    said = _word({"status": status.word, **document}, "status", Status, path.name)
    if said is not status and status is not Status.ACTUAL:
        raise InvalidRecord(f"{path.name}: everything here is {status.word}; leave status out")
    return draft_record(core, authority=authority, tlp=tlp, status=said, authored_at=authored_at)


def _kind(document: Mapping[str, Any], source: str) -> RecordKind:
    known = [one.word for one in CORES]
    said = document.get("kind")
    for kind, hint in _ELSEWHERE.items():
        if said in (kind.word, kind.value):
            raise InvalidRecord(f"{source}: {kind.word}s are no records of this command", hint=hint)
    if not isinstance(said, str) or said.lower() not in known:
        raise InvalidRecord(f"{source}: kind: {nearest(str(said)[:40], known)}")
    return RecordKind.from_word(said.lower())


def _core(
    core: object, into: type[AgreementCore] | type[GroupCore] | type[ContactCore], source: str
) -> AgreementCore | GroupCore | ContactCore:
    if not isinstance(core, dict):
        raise InvalidRecord(f"{source}: the core is missing: an object with the record's fields")
    marking = core.get("marking", {})
    whole = dict(core)
    if isinstance(marking, dict):
        whole["marking"] = {**_MARKING, **_in_symbols(marking, {"purposes": Purpose, "handling": Handling})}
    try:
        return msgspec.convert(_in_symbols(whole, {"kinds": RecordKind}), into)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{source}: core: {error}") from None


def _in_symbols(table: Mapping[str, Any], lists: Mapping[str, type[Word]]) -> dict[str, Any]:
    """Return *table* with the words of some lists as the wire spells them; what is no word stays, and is refused."""
    found = dict(table)
    for name, words in lists.items():
        symbols = {member.word: member.value for member in words}
        if isinstance(found.get(name), list):
            found[name] = [symbols.get(word, word) if isinstance(word, str) else word for word in found[name]]
    return found


def _word(document: Mapping[str, Any], name: str, words: type[Word], source: str) -> Any:
    text = document.get(name)
    try:
        return words.from_word(str(text))
    except MalformedError:
        spell: Callable[[str], str] = str.upper
        if isinstance(text, str) and spell(text) in words.__members__ and spell(text) != "UNKNOWN":
            return words[spell(text)]
        raise InvalidRecord(f"{source}: {name}: {nearest(str(text)[:40], words.words())}") from None
