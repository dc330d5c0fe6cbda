"""Second reports and parts in the sample are suggested with their first rows; what else is, stands here by hand."""

from pathlib import Path
from typing import Final

import pytest

from broker.cases.facts import IncidentFacts
from broker.cases.incident_facts import Label, facts_of
from broker.cases.linking import Likeness, likeness
from broker.catalogue import shipped_catalogue
from broker.records.incident import IncidentCore
from broker.records.operational import IncidentOperational
from broker.types.names import Originator
from broker.types.vocabulary import Status
from producers.intake.files import read_rows
from producers.intake.take_in import Refused, take_in
from tests.support.intake import NOW, a_profile

SAMPLE: Final = Path(__file__).parents[3] / "tocsin" / "data" / "incidents.csv"

SAME: Final = {
    ("PK-2016-A/2", "PK-2016-A/1"): "duplicates",
    ("US-2025-A/2", "US-2025-A/1"): "duplicates",
    ("GT-2012-A/2", "GT-2012-A/1"): "duplicates",
    ("GT-2012-A/3", "GT-2012-A/1"): "duplicates",
    ("GT-2012-A/3", "GT-2012-A/2"): "duplicates",
    ("PT-2018-A/2", "PT-2018-A/1"): "duplicates",
    ("BR-UNK-A/2", "BR-UNK-A/1"): "duplicates",
    ("IT-UNK-A/2", "IT-UNK-A/1"): "part-of",
}
"""Rows that the file itself marks as second reports, or as parts of another row's amount."""

NOT_THE_SAME: Final = {
    ("MX-2011-C/1", "MX-2011-A/1"),
    ("MX-2012-B/1", "MX-2011-A/1"),
    ("CA-2022-D/1", "CA-2022-C/1"),
    ("US-1998-A/2", "US-1998-A/1"),
}
"""False suggestions: seizures in a row at one port, of like amounts; two halves of one case. A person sees it."""


@pytest.fixture(scope="module")
def facts() -> list[IncidentFacts]:
    """Return the facts of each row that is taken in, by the authority of its own country, in the order of the file."""
    found: list[IncidentFacts] = []
    for row in read_rows(SAMPLE):
        country = row.values.get("reporting_country", "")
        if len(country) != 2 or country == "EU":
            continue
        author = Originator(f"{country}/customs")
        profile = a_profile(author)
        for draft in take_in([row], authority=author, profile=profile, authored_at=NOW, status=Status.ACTUAL):
            if isinstance(draft, Refused):
                continue
            core, moved = draft.sections.core, draft.sections.operational
            assert isinstance(core, IncidentCore)
            operational = moved if isinstance(moved, IncidentOperational) else None
            label, ids_of = Label(draft.tlp, draft.status), shipped_catalogue().exact_ids
            found.append(facts_of(core, operational, label=label, ids_of=ids_of))
    return found


def suggested(facts: list[IncidentFacts]) -> dict[tuple[str, str], Likeness]:
    return {
        (one.national_reference, other.national_reference): found
        for number, one in enumerate(facts)
        for other in facts[:number]
        if (found := likeness(one, other)) is not None
    }


def test_every_second_report_and_part_is_suggested_and_what_is_wrong_is_known(facts: list[IncidentFacts]) -> None:
    found = suggested(facts)
    assert SAME == {pair: one.relation.word for pair, one in found.items() if pair in SAME}
    assert NOT_THE_SAME == set(found) - set(SAME)


def test_every_suggestion_says_why(facts: list[IncidentFacts]) -> None:
    for found in suggested(facts).values():
        assert len(found.reasons) > 2


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("US-2025-A/2", "US-2025-A/1"), "the same amount: 49,895 kg"),
        (("GT-2012-A/2", "GT-2012-A/1"), "an imperial gallon for a US one"),
        (("GT-2012-A/3", "GT-2012-A/2"), "as many packages: 320"),
        (("PT-2018-A/2", "PT-2018-A/1"), "the places are written almost alike"),
        (("PK-2016-A/2", "PK-2016-A/1"), "one is dated when the other was reported"),
        (("IT-UNK-A/2", "IT-UNK-A/1"), "may be part of 6,337 kg"),
    ],
)
def test_units_languages_and_dates_are_seen_through(
    facts: list[IncidentFacts], pair: tuple[str, str], says: str
) -> None:
    assert any(says in reason for reason in suggested(facts)[pair].reasons)
