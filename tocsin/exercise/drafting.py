"""The drafts of a scenario's messages. Everything in them says that it is an exercise."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from broker.errors import MalformedError
from broker.records.checking import problems_in
from broker.records.registry import RECORD_TYPES
from broker.types.vocabulary import Purpose, Status
from producers.draft import Draft, Sections, draft_sections
from tocsin.exercise.references import Moment, fill
from tocsin.exercise.scenario import Scenario, Step
from tocsin.spelling import in_symbols

EXERCISE: Final = "EXERCISE"
FICTITIOUS: Final = "FICTITIOUS"
"""What every name of a person or company has to say."""
_TOLD: Final = ("title", "says", "question", "summary", "circumstance", "remarks", "intended_use", "scope")
"""Fields of cores that people read first: whatever they show says what it is."""
_PURPOSES: Final = (Purpose.PREVENTION, Purpose.INVESTIGATION, Purpose.REGULATION, Purpose.TRAINING)


class Play(msgspec.Struct, frozen=True):
    """One play of a scenario; its name keeps its messages apart from those of another one in the same network."""

    name: str

    def reference(self, step: str) -> str:
        """Return the national reference of the message of a step."""
        return f"{EXERCISE} {self.name} {step}"


def draft_step(step: Step, play: Play, moment: Moment, authored_at: datetime) -> Draft:
    """Return the draft of a message.

    Raises:
        MalformedError: A section has a mistake; the message names all that can be told at once.
    """
    # Which type belongs to which section the registry says.
    sections: dict[str, Any] = {name: _record(step, name, play, moment) for name in step.sections}
    problems = ((name, one) for name, record in sections.items() for one in problems_in(record))
    mistakes = [f"{name}.{one.field}: {one.message}" for name, one in problems]
    if mistakes:
        raise MalformedError("; ".join(mistakes))
    return draft_sections(
        Sections(**sections),
        authority=step.by,
        tlp=step.tlp,
        status=Status.EXERCISE,
        authored_at=authored_at,
    )


def core_of(step: Step, scenario: Scenario, moment: Moment) -> msgspec.Struct:
    """Return the core of a message without mistakes, as a play named like the *scenario* would send it."""
    return _record(step, "core", Play(scenario.name), moment)


def mistakes_in(step: Step, scenario: Scenario, moment: Moment) -> Iterator[str]:
    """Yield what is wrong with the sections of a message, before anything is played."""
    play = Play(scenario.name)
    for name in step.sections:
        try:
            record = _record(step, name, play, moment)
        except MalformedError as error:
            yield f"{name}: {error}"
            continue
        yield from (f"{name}.{one.field}: {one.message}" for one in problems_in(record))


def _record(step: Step, section: str, play: Play, moment: Moment) -> msgspec.Struct:
    into = RECORD_TYPES[f"{step.kind}/{section}"]
    tree = fill(step.sections[section], moment)
    is_core = section == "core"
    tree = _completed(tree, into, play.reference(step.id)) if is_core else _as_fictitious(tree, into)
    try:
        return msgspec.convert(in_symbols(tree, into), into)
    except msgspec.ValidationError as error:
        raise MalformedError(str(error)) from None


def _completed(core: Mapping[str, Any], into: type[msgspec.Struct], reference: str) -> dict[str, Any]:
    told: dict[str, Any] = {name: _marked(name, value) for name, value in core.items()}
    marking = {"purposes": [one.word for one in _PURPOSES], **told.pop("marking", {})}
    if "to" in told:
        marking["recipients"] = told.pop("to")
    if "summary" in into.__struct_fields__:
        told.setdefault("summary", EXERCISE)
    return {**told, "marking": marking, "national_reference": reference}


def _as_fictitious(section: Mapping[str, Any], into: type[msgspec.Struct]) -> dict[str, Any]:
    told = {name: _marked(name, value) for name, value in section.items()}
    for one in (*told.get("companies", ()), *told.get("parties", ())):
        if FICTITIOUS not in str(one.get("name", "")):
            # The name itself is not repeated: it may be somebody's.
            raise MalformedError(f"a name of a person or company does not say {FICTITIOUS}")
    return {**told, "fictitious": True} if "fictitious" in into.__struct_fields__ else told


def _marked(field: str, value: Any) -> Any:
    is_told = field in _TOLD and isinstance(value, str) and value.strip()
    return f"{EXERCISE} – {value}" if is_told and EXERCISE not in value else value
