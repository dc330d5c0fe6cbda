"""The nominal section of a row: its person or company. No message here repeats what was written."""

from collections.abc import Mapping
from typing import Final

from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from producers.intake.countries import CODES
from producers.intake.rows import FieldProblem
from producers.intake.words import plain, read_word, split_list

_KINDS: Final = {plain(member.word): member for member in PartyKind if member is not PartyKind.UNKNOWN}
_ROLES: Final = {plain(member.word): member for member in PartyRole if member is not PartyRole.UNKNOWN}
_YES_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_SAYS_SOMETHING: Final = ("party_name", "nationality", "party_address", "party_telephone")


def read_nominal(values: Mapping[str, str], problems: list[FieldProblem]) -> IncidentNominal | None:
    """Return the nominal section, or None where the row names nobody."""
    kind = read_word("party_kind", values, _KINDS, PartyKind.NOT_STATED, problems)
    role = read_word("party_role", values, _ROLES, PartyRole.OTHER, problems)
    fictitious = read_word("fictitious", values, _YES_NO, absent=False, problems=problems)
    nationality = values.get("nationality")
    if nationality is not None and nationality not in CODES:
        problems.append(FieldProblem("nationality", "unknown-country", "is no ISO 3166-1 alpha-2 code, like NL"))
    if not any(field in values for field in _SAYS_SOMETHING):
        if "party_role" in values or "party_kind" in values:
            problems.append(FieldProblem("party_name", "missing", "a party is spoken of: who is it?"))
        return None
    party = Party(
        kind=kind,
        role=role,
        name=values.get("party_name", ""),
        nationality=nationality,
        address=values.get("party_address", ""),
        telephones=split_list(values.get("party_telephone", "")),
    )
    return IncidentNominal(parties=(party,), fictitious=fictitious)
