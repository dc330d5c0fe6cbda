"""ISO 3166-1 alpha-2 codes, and country texts as reports write them.

Only a code or a country's whole name, in any of many languages, becomes a country; every other text is kept as it is,
as a place that the report does not tell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from broker.notation.certainty import Certainty
from broker.notation.countries import read_country
from broker.records.core import CountryRole
from broker.records.places import Place, PlaceRole
from producers.intake.rows import FieldProblem

# Source: ISO 3166-1, the officially assigned codes.
_CODES: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
CODES: Final = frozenset(_CODES.split())
_OTHER_NAMES: Final[Mapping[str, str]] = {"UK": "GB", "EL": "GR"}

_CLEAR: Final = re.compile(r"(?P<codes>[A-Z]{2}(?:/[A-Z]{2})*)(?:\s*\((?P<inside>[^()]*)\))?")
_UNSURE: Final = re.compile(r"\b(suspected|possibly|probably|perhaps|alleged(ly)?|presumed)\b|\?", re.IGNORECASE)
_NOT_TOLD: Final = re.compile(r"(withheld|unknown|not (told|stated|disclosed)|undisclosed)\b", re.IGNORECASE)
_OUTSIDE_BRACKETS: Final = re.compile(r"\s*[;,]\s*(?![^()]*\))")
_ROLES: Final[Mapping[str, tuple[PlaceRole, CountryRole]]] = {
    "origin": (PlaceRole.ORIGIN, CountryRole.SENT_FROM),
    "transit": (PlaceRole.TRANSIT, CountryRole.TRANSIT),
    "destination": (PlaceRole.DESTINATION, CountryRole.DESTINATION),
}
ROUTE: Final = tuple(_ROLES)
"""The columns that hold country texts, in the order in which goods travel."""


def country_problem(field: str, code: str) -> FieldProblem | None:
    """Return what is wrong with *code* as the country of a whole row, or None."""
    if code in CODES:
        return None
    if code in _OTHER_NAMES:
        return FieldProblem(field, "unknown-country", f"{code} is no ISO 3166-1 code; write {_OTHER_NAMES[code]}")
    if code.upper() in CODES:
        return FieldProblem(field, "unknown-country", f"{code!r} is no ISO 3166-1 code; write {code.upper()}")
    return FieldProblem(field, "unknown-country", f"{code[:40]!r} is no ISO 3166-1 alpha-2 code: {_hint(code)}")


def _hint(text: str) -> str:
    """Return what *text* may mean: a name, the code of a union, or that of a country that is no more."""
    meant = read_country(text)
    if meant is None:
        return "expected two capitals, like NL"
    if meant.is_country and meant.code:
        return f"write {meant.code}"
    return "; ".join(meant.notes)


def places_on_route(column: str, text: str) -> Iterator[tuple[Place, CountryRole | None]]:
    """Yield the places that *text* of *column* names, each with the role in which its country is concerned.

    A role is None where no country is named clearly.
    """
    place_role, country_role = _ROLES[column]
    for part in filter(None, _OUTSIDE_BRACKETS.split(text.strip())):
        found = _CLEAR.fullmatch(part)
        codes = found["codes"].split("/") if found else []
        if found is None or not CODES.issuperset(codes):
            named = _named(part)
            if not named:
                yield _untold(place_role, part), None
                continue
            codes = [named]
        role = None if _UNSURE.search(part) else country_role
        for code in codes:
            yield Place(role=place_role, country=code, as_written=part), role


def _named(part: str) -> str:
    """Return the code of the country whose name is all of *part*, but for a place in brackets; else nothing."""
    name, _, _ = part.partition("(")
    meant = read_country(name)
    is_sure = meant is not None and meant.is_country and meant.certainty is Certainty.CERTAIN
    return meant.code if meant is not None and is_sure else ""


def _untold(role: PlaceRole, part: str) -> Place:
    is_region = not (_NOT_TOLD.match(part) or _UNSURE.search(part))
    return Place(role=role, withheld=True, region=part if is_region else None, as_written=part)
