"""What a row itself says about who may have it; the authority's marking profile says the rest."""

from collections.abc import Mapping
from typing import Final

from broker.errors import BadName
from broker.policy.profile import Requested
from broker.types.names import check_recipient
from broker.types.vocabulary import Handling, Purpose, Status, Tlp
from producers.intake.rows import FieldProblem
from producers.intake.words import plain, read_time, read_word, read_words, split_list

_TLP: Final[Mapping[str, Tlp | None]] = {
    prefix + word: member
    for member in Tlp
    if member is not Tlp.UNKNOWN
    for prefix in ("", "TLP:")
    for word in (member.word, member.value)
}
_HANDLING: Final = {member.word: member for member in Handling if member is not Handling.UNKNOWN}
_PURPOSES: Final = {plain(member.word): member for member in Purpose if member is not Purpose.UNKNOWN}
_STATUSES: Final[Mapping[str, Status | None]] = {
    plain(member.word): member for member in Status if member is not Status.UNKNOWN
}


def read_marking(values: Mapping[str, str], problems: list[FieldProblem]) -> Requested:
    """Return what a row says of its marking; an empty cell says nothing."""
    return Requested(
        tlp=read_word("tlp", values, _TLP, None, problems),
        handling=read_words("handling", values, _HANDLING, problems) or None,
        handling_text=values.get("handling_text"),
        purposes=read_words("purposes", values, _PURPOSES, problems) or None,
        recipients=_names("recipients", values, problems) or None,
        excluded=_names("excluded", values, problems) or None,
        release_after=read_time("release_after", values, problems),
        retain_until=read_time("retain_until", values, problems),
    )


def read_status(values: Mapping[str, str], given: Status, problems: list[FieldProblem]) -> Status:
    """Return a row's status, *given* where it says none; an exercise has nothing actual in it."""
    status = read_word("status", values, _STATUSES, None, problems) or given
    if given is not Status.ACTUAL and status is Status.ACTUAL:
        problems.append(FieldProblem("status", "not-actual", f"everything here is {given.word}; leave status empty"))
    return status


def _names(field: str, values: Mapping[str, str], problems: list[FieldProblem]) -> tuple[str, ...]:
    found: list[str] = []
    for name in split_list(values.get(field, "")):
        try:
            check_recipient(name)
        except BadName as error:
            problems.append(FieldProblem(field, "bad-name", str(error)))
        if name not in found:
            found.append(name)
    return tuple(found)
