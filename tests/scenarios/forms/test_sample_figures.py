"""Form D over the sample rows: every expected figure is worked out by hand from the rows, not by the code."""

from typing import Final, NamedTuple

import pytest

from broker.catalogue import shipped_catalogue
from broker.figures.amounts import plain_amount
from broker.figures.form_d import FormD, form_d
from broker.figures.sieve import Scope
from tests.scenarios.forms.reading import reports_of
from tocsin.forms.gathering import part_on


class Line(NamedTuple):
    """heading, tables, substance, amount, unit, cases, origins."""

    heading: str
    tables: str
    substance: str
    amount: str
    unit: str
    cases: int
    origins: str = ""


SEIZED: Final = ("seized", "scheduled")
APART: Final = ("seized", "unscheduled")
UNSURE: Final = ("seized", "unsure")

FIGURES: Final[dict[tuple[str, int], list[Line]]] = {
    # 5000 L, told as "5 tons" too; mass and volume are not the same.
    ("BG", 2017): [Line(*SEIZED, "AA", "5000", "litre", 1, "HR")],
    # "more than 13,1 tons" is 13.1 t and a lower bound; and 8 t.
    ("BG", 2010): [Line(*SEIZED, "AA", "21100", "kg", 2)],
    # Four cases to one consignee, 205 + 99.7 + 229 + 21 t; and 23 t of another substance.
    ("MX", 2011): [
        Line(*APART, "W:Ethyl phenylacetate", "23000", "kg", 1, "CN"),
        Line(*APART, "W:Methylamine", "554700", "kg", 4, "CN PE"),
    ],
    # One total of six substances stays one total.
    ("MX", 2010): [Line(*UNSURE, "?six named esters and alcohols", "203000", "kg", 1, "CN KR MX")],
    # "6 mil 602" litres and 21 t, told of one year and no day.
    ("MX", 2025): [
        Line(*APART, "W:Acetic acid (glacial)", "21000", "kg", 1),
        Line(*APART, "W:Propionyl chloride", "6602", "litre", 1),
    ],
    ("PK", 2010): [Line(*UNSURE, "?chemical that can be used in heroin", "15800", "kg", 1)],
    # Either of a Table I and a Table II substance, or both: not split.
    ("PK", 2013): [Line(*SEIZED, "AA|HCL", "103563", "kg", 1, "PK")],
    # Landed in 2015, found and reported again in 2016 as 21 t: once, in 2015.
    ("PK", 2015): [Line(*SEIZED, "AA", "22000", "kg", 1, "TZ")],
    ("PK", 2016): [],
    ("PK", 2018): [Line("stopped", "scheduled", "AA", "15520", "litre", 1, "PL")],
    # 50,000 kg, also in pounds and short tons, and once more by an aggregator; almost 44,000 kg.
    ("US", 2025): [
        Line(*APART, "W:Acetic acid (glacial)", "44000", "kg", 1),
        Line(*APART, "W:Dicumyl peroxide", "50000", "kg", 1, "CN"),
    ],
    ("US", 2023): [Line(*UNSURE, "?fentanyl precursor chemicals", "200", "kg", 1, "CN")],
    ("US", 2000): [Line("diverted", "scheduled", "PSE", "90", "kg", 1)],
    # Suspended in January 1998; and 12 kg reported lost, 15 kg found to be stolen: the lower one.
    ("US", 1998): [
        Line("stopped", "scheduled", "KMNO4", "10000", "kg", 1, "CN HK"),
        Line("diverted", "scheduled", "PSE", "12", "kg", 1),
    ],
    ("US", 1997): [Line("stopped", "scheduled", "KMNO4", "40000", "kg", 2, "CN HK")],
    # The methyl ester was in Table I in 2022, the ethyl ester was not yet: 338.5 + 303 kg. 1133 + 70.7 kg.
    ("CA", 2022): [
        Line(*SEIZED, "PMKMG", "1100", "kg", 1, "CN"),
        Line(*APART, "PMKEG", "641.5", "kg", 2, "CN"),
        Line(*APART, "W:Propionyl chloride", "1203.7", "kg", 2, "CN"),
    ],
    # Table II then, Table I since: in the Tables on the day.
    ("CO", 2000): [Line(*SEIZED, "KMNO4", "28000", "kg", 1, "MX")],
    # Oil that was destroyed is not counted, in either year.
    ("KH", 2008): [],
    ("KH", 2010): [Line(*SEIZED, "SAF", "977.3", "kg", 1)],
    ("BR", 2025): [Line(*SEIZED, "ETH", "25000", "litre", 1, "BR")],
    # From the last day of January to the first of February.
    ("NG", 2023): [Line(*SEIZED, "EPH", "52.1", "kg", 1, "NG")],
    # 100 kg at one place and 209 kg at another.
    ("NG", 2018): [Line(*SEIZED, "EPH", "309", "kg", 2)],
    ("NG", 2016): [Line(*SEIZED, "EPH", "83.39", "kg", 1, "NG")],
    # From October 2022 to March 2023: in neither year.
    ("KZ", 2022): [],
    ("KZ", 2023): [],
    ("TR", 2018): [Line(*SEIZED, "AA", "14800", "kg", 1, "NL")],
    # 16,150 kg and 14,016 kg on one page.
    ("TR", 2021): [Line(*SEIZED, "AA", "14016", "kg", 1)],
    # Handed over from one keeper to another.
    ("PE", 2024): [],
    # 17,600 US gallons of 3.785411784 L; told again as 80,000 L, and as 320 drums.
    ("GT", 2012): [Line(*APART, "W:Methylamine", "66623.2473984", "litre", 1, "CN")],
    ("PT", 2018): [Line(*SEIZED, "P2P", "4500", "kg", 1)],
    # Tablets of which no mass is told.
    ("CZ", 2013): [Line(*SEIZED, "PSE", "1200", "tablet", 1, "PL")],
}


def form(country: str, year: int) -> FormD:
    """Return the form of a year, from what its country reported."""
    scope = Scope(country=country, year=year, reporter=country)
    return form_d(reports_of(country), scope, part_on=part_on(shipped_catalogue()))


@pytest.mark.parametrize(("country", "year"), FIGURES, ids=str)
def test_the_figures_are_those_that_a_person_gets_from_the_rows(country: str, year: int) -> None:
    found = [
        Line(
            one.heading.word,
            one.part.word,
            one.key,
            "" if one.low is None else plain_amount(one.low),
            one.unit.word,
            len(one.cases),
            " ".join(one.origins),
        )
        for one in form(country, year).lines
    ]

    assert FIGURES[country, year] == found


@pytest.mark.parametrize(
    ("country", "year", "name", "reason"),
    [
        ("PK", 2016, "PK-2016-A/2", "duplicate"),
        ("US", 2025, "US-2025-A/2", "duplicate"),
        ("GT", 2012, "GT-2012-A/3", "duplicate"),
        ("KH", 2008, "KH-2008-A/1", "destroyed"),
        ("KH", 2010, "KH-2010-A/1", "destroyed"),
        ("PE", 2024, "PE-2024-A/1", "transferred"),
        ("KZ", 2022, "KZ-2023-A/1", "unplaced"),
        ("KZ", 2023, "KZ-2023-A/1", "unplaced"),
        ("TR", 2018, "TR-UNK-A/1", "unplaced"),
        ("US", 2023, "US-UNK-B/1", "no-goods"),
        ("IT", 2023, "IT-UNK-A/2", "part-of-total"),
    ],
)
def test_what_does_not_count_is_listed_with_its_reason(country: str, year: int, name: str, reason: str) -> None:
    assert reason == next(one.reason.word for one in form(country, year).left_out if one.name == name)


@pytest.mark.parametrize(
    ("country", "year", "says"),
    [
        ("BG", 2010, "lower-bound: BG-2010-A/1: “more than 13,1 tons”"),
        ("BG", 2017, "told-otherwise: BG-2017-B/1: also told as “5 tons”: not added"),
        ("PK", 2013, "approximate: PK-2013-A/1: “about 103,563 kilograms”"),
    ],
)
def test_what_is_odd_about_an_amount_is_said_beside_the_figure(country: str, year: int, says: str) -> None:
    assert says in [remark for line in form(country, year).lines for remark in line.remarks]


def test_both_amounts_of_a_report_that_conflicts_are_told() -> None:
    (line,) = form("TR", 2021).lines

    assert any("16 tons and 150 kilos" in one and "14 tons and 16 kilos" in one for one in line.remarks)
