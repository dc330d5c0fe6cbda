"""Names that were once taken for a substance that they are not, and what stands close to them."""

import pytest

from broker.catalogue import Certainty, match_name, shipped_catalogue


def picked(name: str) -> str | None:
    return match_name(shipped_catalogue(), name).substance


@pytest.mark.parametrize(
    ("name", "is_called"),
    [
        ("烟酸", "盐酸"),
        ("薏米", "乙醚"),
        ("冰铜", "丙酮"),
        ("蚂蟥", "ma huang"),
        ("电", "碘"),
        ("流酸", "硫酸"),
        ("丁铜", "丁酮"),
        ("嘉本", "甲苯"),
        ("红林", "红磷"),
    ],
)
def test_characters_that_sound_alike_are_another_word(name: str, is_called: str) -> None:
    assert None is picked(name)
    assert None is not picked(is_called) or is_called == "ma huang"


@pytest.mark.parametrize("name", ["yansuan", "yan suan", "liu suan", "jia ben", "mahuangsu", "yi mi", "bing tong"])
def test_the_sound_of_characters_alone_picks_nothing(name: str) -> None:
    assert None is picked(name)


@pytest.mark.parametrize("name", ["ла", "аа", "λα", "라", "아아", "саф", "паа", "мек"])
def test_a_short_word_of_another_script_is_no_abbreviation(name: str) -> None:
    assert None is picked(name)


@pytest.mark.parametrize(
    "name",
    [
        *("nitrometano", "nitrometan", "nitrometán", "нитрометан", "benzal chloride", "1,4-butinodiol"),
        *("gamma-butyrolactam", "gamma-butirolactama", "phosphoric trichloride", "цианат натрия", "cianato de sodio"),
        *("cyanate de sodium", "cadmium chloride", "caesium chloride", "sodium hypochlorate", "lithium borohydride"),
        *("potassium borohydride", "sodium metabisulfate", "calcium chlorite", "ammonium bromide", "potasio cianuro"),
    ],
)
def test_a_letter_that_makes_another_chemical_is_no_slip(name: str) -> None:
    assert None is picked(name)


@pytest.mark.parametrize(
    ("name", "substance"),
    [
        *(("鹽酸", "HCL"), ("塩酸", "HCL"), ("高錳酸鉀", "KMNO4"), ("偽麻黃鹼", "PSE"), ("紅磷", "W:Red phosphorus")),
        *(("БМК", "P2P"), ("ПМК", "PMK"), ("アセトン", "ACE"), ("아세톤", "ACE"), ("ефедрін", "EPH")),
        *(("phosphorous trichloride", "W:Phosphorus trichloride"), ("sodium cyanid", "W:Sodium cyanide")),
        *(
            ("nitroetan", "W:Nitroethane"),
            ("benzyl cloride", "W:Benzyl chloride"),
            ("calcum chloride", "W:Calcium chloride"),
        ),
        *(("propanoyl chloride", "W:Propionyl chloride"), ("Acetylchlorid", "W:Acetyl chloride")),
        *(("sodium metabisulphite", "W:Sodium metabisulfite"), ("gamma-butyrolakton", "W:gamma-Butyrolactone")),
    ],
)
def test_other_spellings_of_the_same_name_are_still_understood(name: str, substance: str) -> None:
    assert substance == picked(name)


def test_a_name_by_its_sound_is_still_offered() -> None:
    found = match_name(shipped_catalogue(), "liu suan")

    assert (Certainty.WEAK, ["H2SO4"]) == (found.certainty, [one.id for one in found.candidates])
