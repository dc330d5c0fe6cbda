"""Chemicals of no list, spelled nearly like one of a list, are never taken for it."""

import pytest

from broker.catalogue import match_name, shipped_catalogue


@pytest.mark.parametrize(
    "name",
    [
        "phosphoric acid",
        "phosphonic acid",
        "ácido fosfórico",
        "ácido sulfuroso",
        "ácido sulfámico",
        "acide sulfonique",
        "борная кислота",
        "磷酸",
        "dimethylformamide",
        "1,4-butynediol",
        "acetato de amilo",
        "efedrona",
        "benzoyl chloride",
        "acetonitrile",
        "xylene",
        "二甲苯",
        "petroleum ether",
        "sodium permanganate",
        "4-aminopyridine",
        "N-Boc-4-aminopiperidine",
    ],
)
def test_another_chemical_is_not_picked(name: str) -> None:
    assert match_name(shipped_catalogue(), name).substance is None


@pytest.mark.parametrize(
    ("name", "substance"),
    [("toluén", "TOL"), ("anilina", "W:Aniline"), ("برمنجنات البوتاسيوم", "KMNO4"), ("acetic anhydrid", "AA")],
)
def test_a_slip_of_the_pen_is_still_understood(name: str, substance: str) -> None:
    assert substance == match_name(shipped_catalogue(), name).substance
