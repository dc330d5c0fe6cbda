"""What every name as written in the sample data means; the expectations were written by hand from the rows."""

import csv
from pathlib import Path

import pytest

from broker.catalogue import Certainty, match_name, shipped_catalogue

SAMPLE = Path(__file__).parents[3] / "tocsin" / "data" / "incidents.csv"
PMK_FAMILY = ("PMKGA", "PMKMG", "PMKEG", "PMKPG", "PMKIPG", "PMKBG", "PMKIBG", "PMKSBG", "PMKTBG")
EXACT, CLOSE, WEAK = Certainty.EXACT, Certainty.CLOSE, Certainty.WEAK
AMBIGUOUS, NONE = Certainty.AMBIGUOUS, Certainty.NONE

EXPECTED: dict[str, tuple[Certainty, tuple[str, ...]]] = {
    # one substance, by a name of its own
    "pseudoephedrine": (EXACT, ("PSE",)),
    "PMK": (EXACT, ("PMK",)),
    "麻黄素": (EXACT, ("EPH",)),
    "醋酸酐": (EXACT, ("AA",)),
    "三氯甲烷": (EXACT, ("W:Chloroform",)),
    "高锰酸钾": (EXACT, ("KMNO4",)),
    "胡椒醛": (EXACT, ("PIP",)),
    "acetic anhydride": (EXACT, ("AA",)),
    "anhydride acétique": (EXACT, ("AA",)),
    "di-cumyl peroxide": (EXACT, ("W:Dicumyl peroxide",)),
    "dicumyl peroxide": (EXACT, ("W:Dicumyl peroxide",)),
    "glacial acetic acid": (EXACT, ("W:Acetic acid (glacial)",)),
    "cloruro de propionilo": (EXACT, ("W:Propionyl chloride",)),
    "ácido acético glacial": (EXACT, ("W:Acetic acid (glacial)",)),
    "monometilamina": (EXACT, ("W:Methylamine",)),
    "fenilacetato de etilo": (EXACT, ("W:Ethyl phenylacetate",)),
    "phenyl acetic acid": (EXACT, ("PAA",)),
    "monomethylamine": (EXACT, ("W:Methylamine",)),
    "Propionyl chloride": (EXACT, ("W:Propionyl chloride",)),
    "PMK Methyl Glycidate": (EXACT, ("PMKMG",)),
    "PMK Ethyl Glycidate": (EXACT, ("PMKEG",)),
    "P2P": (EXACT, ("P2P",)),
    "BMK": (EXACT, ("P2P",)),
    "Benzyl-Methyl-Keton (BMK)": (EXACT, ("P2P",)),
    "methylamine": (EXACT, ("W:Methylamine",)),
    "sodium cyanide": (EXACT, ("W:Sodium cyanide",)),
    "diethyl ether": (EXACT, ("ETH",)),
    "ephedrine": (EXACT, ("EPH",)),
    "acetona": (EXACT, ("ACE",)),
    "ácido sulfúrico": (EXACT, ("H2SO4",)),
    "potassium permanganate": (EXACT, ("KMNO4",)),
    "permanganate de potassium": (EXACT, ("KMNO4",)),
    "permanganato de potássio": (EXACT, ("KMNO4",)),
    "hypochlorite de sodium": (EXACT, ("W:Sodium hypochlorite",)),
    "éter etílico": (EXACT, ("ETH",)),
    "acetato de etila": (EXACT, ("W:Ethyl acetate",)),
    "acetato de Etila": (EXACT, ("W:Ethyl acetate",)),
    "серная кислота": (EXACT, ("H2SO4",)),
    # a preparation or an oil that the catalogue names
    "safrole-rich oil": (EXACT, ("SAF",)),
    "sassafras oil": (EXACT, ("SAF",)),
    "Contac NT (pseudoephedrine)": (EXACT, ("PSE",)),
    # its name, with a salt, a form, or something else in brackets
    "pseudoephedrine raw material": (CLOSE, ("PSE",)),
    "methylamine chloride": (CLOSE, ("W:Methylamine",)),
    "más de 88 toneladas de precursores (ácido acético glacial)": (CLOSE, ("W:Acetic acid (glacial)",)),
    "BMK (Fenil1-porpanona2)": (CLOSE, ("P2P",)),
    "Claritine Active (pseudoefedrin)": (CLOSE, ("PSE",)),
    "pseudoephedrine tablets": (CLOSE, ("PSE",)),
    "ContacNT (pseudoephedrine preparation)": (CLOSE, ("PSE",)),
    "permanganate de potassium en solution": (CLOSE, ("KMNO4",)),
    "pseudoephedrine hydrochloride powder": (CLOSE, ("PSE",)),
    "pseudoephedrine powder": (CLOSE, ("PSE",)),
    # a guess for a person to judge: within a longer text, half a name, one of two things of which the other is unknown
    "medicine containing pseudoephedrine": (WEAK, ("PSE",)),
    "líquido com cheiro de acetona": (WEAK, ("ACE",)),
    "safrole oil": (WEAK, ("SAF",)),
    "permanganato líquido": (WEAK, ("KMNO4",)),
    "permanganato en polvo": (WEAK, ("KMNO4",)),
    "monometilamina y clorhidrato de cocaína": (WEAK, ("W:Methylamine",)),
    # several
    "PMK glycidate": (AMBIGUOUS, PMK_FAMILY),
    "acetic anhydride/ hydrochloric acid": (AMBIGUOUS, ("AA", "HCL")),
    "ephedrine and pseudoephedrine tablets": (AMBIGUOUS, ("EPH", "PSE")),
    "hydrochloric acid, sodium hypochlorite, solvents, lime": (AMBIGUOUS, ("HCL", "W:Sodium hypochlorite")),
    # no substance of the catalogue, or none that is named
    "all": (NONE, ()),
    "NPS incidents (IONICS)": (NONE, ()),
    "non-scheduled MDMA pre-precursors": (NONE, ()),
    "precursors (total)": (NONE, ()),
    "易制毒化学品 prevented by international verification": (NONE, ()),
    "制毒物品": (NONE, ()),
    "非列管化学品": (NONE, ()),
    "precursors": (NONE, ()),
    "химическо вещество за хероин (unnamed)": (NONE, ()),
    "chemical that can be used in heroin": (NONE, ()),
    "six named esters and alcohols": (NONE, ()),
    "drugsprecursoren": (NONE, ()),
    "sodium nitrate": (NONE, ()),
    "bone charcoal powder": (NONE, ()),
    "acid": (NONE, ()),
    "controlled substance for methamphetamine (unnamed)": (NONE, ()),
    "précurseurs liquides": (NONE, ()),
    "précurseurs solides": (NONE, ()),
    "прекурсоры": (NONE, ()),
    "прекурсор": (NONE, ()),
    "fentanyl precursor chemicals": (NONE, ()),
    "pill press die sets; one pill press machine": (NONE, ()),
    "drug production waste": (NONE, ()),
}


def rows() -> list[dict[str, str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_every_name_of_the_sample_and_no_other() -> None:
    assert set(EXPECTED) == {row["substance_as_reported"] for row in rows()}


@pytest.mark.parametrize("written", EXPECTED)
def test_a_name_of_the_sample_means_what_a_person_reads_in_it(written: str) -> None:
    certainty, ids = EXPECTED[written]

    found = match_name(shipped_catalogue(), written)

    assert (certainty, ids) == (found.certainty, tuple(one.id for one in found.candidates))
    assert (ids[0] if certainty in (EXACT, CLOSE) else None) == found.substance
    assert written == found.written


def test_no_match_contradicts_what_the_sample_says_of_the_substance() -> None:
    for row in rows():
        said = set(filter(None, row["substance_id"].split("|"))) - {"other"}
        found = match_name(shipped_catalogue(), row["substance_as_reported"])
        meant = {one.id for one in found.candidates}
        assert said <= meant, row["substance_as_reported"]
        assert found.substance is None or {found.substance} == said, row["substance_as_reported"]
