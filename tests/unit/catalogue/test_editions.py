"""Editions: who may issue which, which one counts, and a table of mistakes with field, code and message."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from broker.catalogue import catalogue_of, shipped_catalogue, shipped_edition
from broker.catalogue.editions import edition_problems, why_not_heard
from broker.records.catalogue import (
    CasNumber,
    CatalogueCore,
    CatalogueLink,
    CatalogueStatus,
    CatalogueSubstance,
    ConfusedNumber,
    SubstanceLink,
    SubstanceName,
)
from broker.records.marking import Marking
from broker.types.names import Originator
from broker.types.vocabulary import Purpose, Sector

HUB, REGULATOR = Originator("X-HUB/catalogue"), Originator("NL/regulator")
DAY = date(2026, 1, 1)


def a_status(substance: str = "W:Chloroform", **changes: object) -> CatalogueStatus:
    status = CatalogueStatus(substance=substance, scheme="NL", class_name="list 1", starts_on=DAY)
    return msgspec.structs.replace(status, **changes)


def a_substance(key: str = "NL:thing", **changes: object) -> CatalogueSubstance:
    return msgspec.structs.replace(CatalogueSubstance(id=key, names=(SubstanceName(text="thing"),)), **changes)


def an_edition(**changes: object) -> CatalogueCore:
    core = CatalogueCore(
        marking=Marking(purposes=(Purpose.REGULATION,)),
        national_reference="NL-list-1",
        issuer="NL",
        edition="2026-1",
        issued_on=DAY,
        substances=(a_substance(),),
        statuses=(a_status(), a_status("NL:thing")),
    )
    return msgspec.structs.replace(core, **changes)


def test_a_national_edition_speaks_of_its_own_list() -> None:
    assert () == edition_problems(an_edition(), shipped_catalogue())
    assert "" == why_not_heard(an_edition(), REGULATOR, Sector.REGULATOR)
    assert "" == why_not_heard(shipped_edition(), HUB, Sector.REGULATOR)


@pytest.mark.parametrize(
    ("core", "signer", "sector", "says"),
    [
        (
            an_edition(issuer="X-HUB"),
            REGULATOR,
            Sector.REGULATOR,
            "it names the issuer 'X-HUB', and is signed by NL/regulator",
        ),
        (
            an_edition(issuer="BE"),
            REGULATOR,
            Sector.REGULATOR,
            "it names the issuer 'BE', and is signed by NL/regulator",
        ),
        (
            an_edition(issuer="X-HUB"),
            Originator("X-HUB/other"),
            Sector.REGULATOR,
            "only X-HUB/catalogue issues the international edition, not X-HUB/other",
        ),
        (
            an_edition(),
            Originator("NL/police"),
            Sector.POLICE,
            "a national edition is its regulator's to issue; NL/police is police",
        ),
        (
            an_edition(),
            Originator("NL/gone"),
            None,
            "a national edition is its regulator's to issue; NL/gone is in no directory",
        ),
        (
            an_edition(statuses=(a_status(scheme="UN-1988"),)),
            REGULATOR,
            Sector.REGULATOR,
            "'UN-1988' is not NL's list: its own are NL or NL-…",
        ),
    ],
)
def test_an_edition_of_somebody_who_may_not_issue_it_is_not_heard(
    core: CatalogueCore, signer: Originator, sector: Sector | None, says: str
) -> None:
    assert says == why_not_heard(core, signer, sector)


@pytest.mark.parametrize(
    ("wrong", "field", "code", "message"),
    [
        (
            an_edition(substances=(a_substance("W:Chloroform"),), statuses=()),
            "substances[0].id",
            "foreign",
            "'W:Chloroform' is not NL's to describe: its own begin with NL:",
        ),
        (
            an_edition(statuses=(a_status(scheme="BE"),)),
            "statuses[0].scheme",
            "foreign",
            "'BE' is not NL's list: its own are NL or NL-…",
        ),
        (
            an_edition(statuses=(a_status("nothing"),)),
            "statuses[0].substance",
            "unknown-substance",
            "there is no 'nothing'",
        ),
        (
            an_edition(substances=(a_substance(links=(CatalogueLink(link=SubstanceLink.SALT_OF, to="nothing"),)),)),
            "substances[0].links[0].to",
            "unknown-substance",
            "there is no 'nothing'",
        ),
        (
            an_edition(substances=(a_substance(cas=(CasNumber(number="108-24-8"),)),)),
            "substances[0].cas[0].number",
            "bad-cas",
            "108-24-8 is no CAS number: its check digit would be 7",
        ),
        (
            an_edition(substances=(a_substance(cas=(CasNumber(number="CAS 108-24-7"),)),)),
            "substances[0].cas[0].number",
            "bad-cas",
            "'CAS 108-24-7' is to be written 108-24-7",
        ),
        (
            an_edition(
                substances=(
                    a_substance(
                        cas=(CasNumber(number="108-24-7"),), confused=(ConfusedNumber(number="108-24-7", says="no"),)
                    ),
                )
            ),
            "substances[0].cas[0].number",
            "contradiction",
            "108-24-7 is said to be only confused with its number",
        ),
        (
            an_edition(statuses=(a_status(), a_status(class_name="list 2", starts_on=date(2026, 2, 1)))),
            "statuses[1].starts_on",
            "overlap",
            "W:Chloroform is in list 1 of NL then",
        ),
        (
            an_edition(substances=(a_substance(names=()),), statuses=()),
            "substances[0].names",
            "missing",
            "a substance has at least one name",
        ),
        (an_edition(edition=" "), "edition", "missing", "must not be empty"),
        (
            an_edition(statuses=(a_status(ends_on=DAY),)),
            "statuses[0].ends_on",
            "contradiction",
            "lies before the first day",
        ),
        (
            an_edition(substances=(a_substance(), a_substance()), statuses=()),
            "substances[1]",
            "repeated",
            "is there already",
        ),
    ],
)
def test_a_mistake_is_told_with_field_code_and_message(
    wrong: CatalogueCore, field: str, code: str, message: str
) -> None:
    assert [(field, code, message)] == [
        (one.field, one.code, one.message) for one in edition_problems(wrong, shipped_catalogue())
    ]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        (
            {"substances": (a_substance(names=tuple(SubstanceName(text=f"thing {one}") for one in range(2_001))),)},
            "substances",
            "too-many",
        ),
        ({"substances": tuple(a_substance(f"NL:{one}", names=()) for one in range(2_001))}, "substances", "too-many"),
        ({"statuses": (a_status(),) * 5_001}, "statuses", "too-many"),
        ({"substances": (a_substance(names=(SubstanceName(text="x" * 301),)),)}, "substances[0].names", "too-long"),
    ],
)
def test_an_edition_that_would_hold_up_every_reader_is_neither_sent_nor_heard(
    changes: dict[str, object], field: str, code: str
) -> None:
    edition = an_edition(**changes)
    assert (field, code) in [(one.field, one.code) for one in edition_problems(edition, shipped_catalogue())]
    assert why_not_heard(edition, REGULATOR, Sector.REGULATOR)


def test_the_newest_edition_of_each_issuer_counts() -> None:
    older = an_edition(edition="old", issued_on=date(2025, 1, 1), statuses=(a_status(class_name="old"),))
    catalogue = catalogue_of((shipped_edition(), an_edition(), older))

    found = [one for one in catalogue.status_on("W:Chloroform", DAY) if one.scheme == "NL"]

    assert ["list 1"] == [one.class_name for one in found]
    assert ["NL", "X-HUB"] == [one.issuer for one in catalogue.editions]
    assert "NL:thing" in catalogue.ids


def test_of_two_editions_of_one_day_the_later_one_counts() -> None:
    first, second = an_edition(edition="a"), an_edition(edition="b")

    assert ["b"] == [one.edition for one in catalogue_of((first, second)).editions]


def test_a_status_of_nothing_known_is_not_lost_silently() -> None:
    catalogue = catalogue_of((an_edition(statuses=(a_status("gone"),)),))

    assert ["gone"] == [one.substance for one in catalogue.unplaced]


def removed(key: str) -> Callable[[CatalogueCore], CatalogueCore]:
    return lambda core: msgspec.structs.replace(core, substances=tuple(one for one in core.substances if one.id != key))


def test_the_international_edition_stands_by_itself() -> None:
    without = removed("PMKGA")(shipped_edition())

    problems = edition_problems(without, shipped_catalogue())

    assert {"unknown-substance"} == {one.code for one in problems}
    assert 9 == len(problems)  # eight esters of it, and its status


def test_no_countrys_list_makes_a_name_of_the_international_edition_ambiguous() -> None:
    names = (SubstanceName(text="Acetic  ANHYDRIDE"), SubstanceName(text="thing"))
    catalogue = catalogue_of((shipped_edition(), an_edition(substances=(a_substance(names=names),))))

    assert ("AA",) == catalogue.exact_ids("acetic anhydride")
    assert ("NL:thing",) == catalogue.exact_ids("thing")
    assert names == catalogue.substance("NL:thing").names
