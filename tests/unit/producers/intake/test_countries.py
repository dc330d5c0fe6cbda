import pytest

from broker.records.core import Concerned, CountryRole
from producers.intake.countries import CODES, places_on_route
from tests.support.intake import a_profile, a_row, one_draft

D = CountryRole.DESTINATION


@pytest.mark.parametrize(
    ("text", "countries", "concerned"),
    [
        ("CN", ["CN"], ["CN"]),
        ("CN (Shanghai)", ["CN"], ["CN"]),
        ("CZ; PL", ["CZ", "PL"], ["CZ", "PL"]),
        ("CN (Shanghai, Ningbo); KR (Busan); MX (Lázaro Cárdenas)", ["CN", "KR", "MX"], ["CN", "KR", "MX"]),
        ("CN/HK", ["CN", "HK"], ["CN", "HK"]),
        ("GT (10 containers); NI (2 containers)", ["GT", "NI"], ["GT", "NI"]),
        ("PK (Sialkot dry port), onward suspected AF", ["PK", ""], ["PK"]),
        ("BO (suspected)", ["BO"], []),
        ("withheld", [""], []),
        ("unnamed Asian country", [""], []),
        ("Africa", [""], []),
        ("unknown (text lists UK, SA, NZ, CY for several consignments)", [""], []),
        ("UK", [""], []),
        ("China", ["CN"], ["CN"]),
        ("中国", ["CN"], ["CN"]),
        ("Pays-Bas (Rotterdam)", ["NL"], ["NL"]),
        ("Bolivia (suspected)", ["BO"], []),
        ("Congo", [""], []),
        ("EU", [""], []),
        ("", [], []),
    ],
)
def test_only_clear_codes_and_names_become_countries_concerned(
    text: str, countries: list[str], concerned: list[str]
) -> None:
    found = list(places_on_route("destination", text))

    assert countries == [place.country for place, _ in found]
    assert concerned == [place.country for place, role in found if role is D]


def test_a_text_without_a_code_is_kept_as_it_is() -> None:
    ((region, _),) = places_on_route("origin", "unnamed Asian country")
    ((withheld, _),) = places_on_route("origin", "withheld")

    assert ("unnamed Asian country", "unnamed Asian country", True) == (
        region.as_written,
        region.region,
        region.withheld,
    )
    assert ("withheld", None, True) == (withheld.as_written, withheld.region, withheld.withheld)


def test_a_country_is_told_only_in_the_roles_that_the_profile_confirms() -> None:
    row = a_row(origin="CN", transit="BE", destination="DE; DE (Hamburg)")

    core = one_draft(row, profile=a_profile(tell=["destination"])).core

    assert (
        Concerned(country="NL", role=CountryRole.SEIZED_IN),
        Concerned(country="CN", role=CountryRole.SENT_FROM),
        Concerned(country="BE", role=CountryRole.TRANSIT),
        Concerned(country="DE", role=D, tell=True),
    ) == core.concerned


def test_the_list_of_codes_is_whole() -> None:
    assert 249 == len(CODES)
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in CODES)
