"""The shipped edition says what the two lists of the sample data say, and marks what they do not settle."""

import csv
import re
from pathlib import Path

import pytest

from broker.avro import schema
from broker.catalogue import shipped_catalogue, shipped_edition
from broker.catalogue.catalogue import Catalogue
from broker.catalogue.editions import edition_problems
from broker.catalogue.folding import fold
from broker.records.catalogue import CatalogueSubstance, Confidence, NameKind, SaltScope, SubstanceLink
from broker.records.registry import RECORD_TYPES

DATA = Path(__file__).parents[3] / "tocsin" / "data"
NUMBER = re.compile(r"\b\d{2,7}-\d\d-\d\b")


def listed(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SCHEDULED = listed("precursors.csv")
WATCHED = listed("watchlist_nonscheduled.csv")


def substance(key: str) -> CatalogueSubstance:
    return shipped_catalogue().substance(key)


def names(key: str) -> set[str]:
    return {fold(one.text) for one in substance(key).names}


def test_it_breaks_no_rule_of_an_edition() -> None:
    assert () == edition_problems(shipped_edition(), Catalogue(()))


def test_it_has_all_of_both_lists_and_nothing_else() -> None:
    expected = [row["id"] for row in SCHEDULED] + [f"W:{row['name']}" for row in WATCHED]

    assert expected == list(shipped_catalogue().ids)
    assert () == shipped_catalogue().unplaced


def test_every_name_of_the_scheduled_list_is_there() -> None:
    for row in SCHEDULED:
        said = [row["official_name"], row["short_name"], *row["synonyms"].split(";")]
        known = names(row["id"])
        for text in (re.sub(r" \((preparation|plant|treated as .*)\)", "", one).strip() for one in said):
            parts = text.split(" and other ")  # sassafras oil and other safrole-rich oils
            assert {fold(part) for part in parts if part} <= known, (row["id"], text)


def test_every_name_of_the_watch_list_is_there() -> None:
    for row in WATCHED:
        said = [row["name"], *filter(None, (one.strip() for one in row["other_names"].split(";")))]
        plain = [re.sub(r"'(.*)' \(press\)", r"\1", NUMBER.sub("", one)).strip() for one in said]
        assert {fold(one) for one in plain} <= names(f"W:{row['name']}"), row["name"]


def test_every_number_of_the_lists_is_there_and_wrong_ones_are_not() -> None:
    for row in SCHEDULED:
        found = substance(row["id"])
        expected = {row["cas"], *NUMBER.findall(row["cas_other"])} - {""}
        assert expected == {one.number for one in found.cas}, row["id"]
        assert set(NUMBER.findall(row["cas_note"])) - expected == {one.number for one in found.confused}, row["id"]
    for row in WATCHED:
        assert {row["cas"], *NUMBER.findall(row["other_names"])} - {""} == {
            one.number for one in substance(f"W:{row['name']}").cas
        }


def test_forms_of_a_number_are_said() -> None:
    assert {"": "299-42-3", "HCl": "50-98-6", "sulphate": "134-72-5", "racemic": "90-81-3"} == {
        one.form: one.number for one in substance("EPH").cas
    }


def test_codes_of_both_editions_of_the_harmonized_system_are_there() -> None:
    for row in SCHEDULED:
        codes = {one.edition: one for one in substance(row["id"]).hs}
        assert (row["hs_2017"], row["hs_2022"]) == (codes["2017"].code, codes["2022"].code)
        assert row["hs_unique"].startswith("no") == codes["2022"].is_residual
    assert [True, False] == [one.is_residual for one in substance("ANPP").hs]


def test_esters_name_their_acid() -> None:
    expected = {(row["id"], row["parent_id"]) for row in SCHEDULED if row["parent_id"]}

    assert expected == {
        (one.id, link.to)
        for one in shipped_edition().substances
        for link in one.links
        if link.link is SubstanceLink.ESTER_OF
    }


def test_what_is_unverified_stays_so() -> None:
    for row in SCHEDULED:
        unverified = "unverified" in row["first_controlled_precision"] or row["source"].endswith(
            ("day unverified", "days unverified")
        )
        (*_, newest) = shipped_catalogue().statuses(row["id"])
        stated_by_the_commission = {"4AP", "1B4AP", "NORF"}  # 23 November 2022
        if unverified and row["id"] not in stated_by_the_commission:
            assert newest.confidence is Confidence.UNVERIFIED, row["id"]
        if "inferred" in row["cnd_decision"]:
            assert newest.instrument.endswith("(number inferred)"), row["id"]
            assert newest.confidence is not Confidence.HIGH
    for row in WATCHED:
        assert (row["source"] == "unverified") == (substance(f"W:{row['name']}").confidence is Confidence.UNVERIFIED)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("EPH", SaltScope.INCLUDED),
        ("HCL", SaltScope.EXCLUDED),
        ("H2SO4", SaltScope.EXCLUDED),
        ("ACE", SaltScope.NOT_STATED),
    ],
)
def test_whether_salts_are_covered_is_said(key: str, expected: SaltScope) -> None:
    assert expected is substance(key).salts


def test_a_name_seen_on_goods_and_wrong_is_marked() -> None:
    assert ["BMK glycidate"] == [one.text for one in substance("MAPA").names if one.kind is NameKind.WRONG]


def test_each_fact_has_a_source() -> None:
    assert all(one.source for one in shipped_edition().substances)
    assert all(one.source for one in shipped_edition().statuses)


def test_an_edition_is_a_record_with_a_schema() -> None:
    assert RECORD_TYPES[schema("catalogue/core").path] is type(shipped_edition())
