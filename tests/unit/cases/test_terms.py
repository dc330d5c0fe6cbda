"""Containers, telephones and names are the same however they are written, and others are others."""

import pytest

from broker.cases.terms import Term, TermKind, term_of, terms_in
from broker.records.companies import Company, TradeRole
from broker.records.inquiry import InquiryOperational
from broker.records.nominal import IncidentNominal, Party, PartyKind, PartyRole
from broker.records.notification import NotificationTrade
from broker.records.operational import IncidentOperational, Leg
from broker.types.vocabulary import Section

ALIKE = [
    (TermKind.CONTAINER, "TOCU 305438 3", "tocu3054383", "TOCU-305438", "ＴＯＣＵ３０５４３８３"),
    (TermKind.TELEPHONE, "+31 20 555 0199", "0031205550199", "+31 (0)20-555 01 99"),
    (TermKind.COMPANY, "Voorbeeld Chemie B.V.", "voorbeeld  chemie", "VOORBEELD-CHEMIE BV"),
    (TermKind.COMPANY, "Пример ООО", "Primer OOO"),
    (TermKind.AIR_WAYBILL, "057-1234 5678", "05712345678"),
    (TermKind.SEAL, "ab 12-3", "AB123"),
    (TermKind.MARK, "Red  Dragon!", "red dragon"),
]
OTHERS = [
    (TermKind.CONTAINER, "TOCU 305438 3", "TOCU 305439 9"),
    (TermKind.TELEPHONE, "+31 20 555 0199", "+32 20 555 0199"),
    (TermKind.TELEPHONE, "+31 20 555 0199", "020 555 0199"),
    (TermKind.COMPANY, "Voorbeeld Chemie", "Voorbeeld Handel"),
]


@pytest.mark.parametrize("group", ALIKE)
def test_is_the_same_however_it_is_written(group: tuple[TermKind, str]) -> None:
    kind, *written = group
    assert 1 == len({term_of(kind, one) for one in written})


@pytest.mark.parametrize(("kind", "one", "other"), OTHERS)
def test_others_are_others(kind: TermKind, one: str, other: str) -> None:
    assert term_of(kind, one) != term_of(kind, other)


def test_a_name_that_is_nothing_but_a_legal_form_stays_a_name() -> None:
    assert Term(TermKind.COMPANY, "company limited") == term_of(TermKind.COMPANY, "Company Limited")


@pytest.mark.parametrize(("kind", "written"), [(TermKind.CONTAINER, " - "), (TermKind.TELEPHONE, "112")])
def test_nothing_is_left_of_it(kind: TermKind, written: str) -> None:
    assert term_of(kind, written) is None


def test_terms_of_each_section_and_none_of_persons() -> None:
    leg = Leg(container="TOCU3054383", seal="S1", air_waybill="057-12345678")
    person = Party(kind=PartyKind.PERSON, role=PartyRole.SUSPECT, name="FICTITIOUS Jan", telephones=("+31205550199",))
    company = Party(kind=PartyKind.COMPANY, role=PartyRole.CONSIGNEE, name="FICTITIOUS BV", identifiers=("KVK 1",))
    found = terms_in(
        [
            (Section.OPERATIONAL, IncidentOperational(legs=(leg, leg), marks=("dragon",))),
            (Section.NOMINAL, IncidentNominal(parties=(person, company), fictitious=True)),
        ]
    )
    assert [
        (TermKind.CONTAINER, "TOCU305438"),
        (TermKind.SEAL, "S1"),
        (TermKind.AIR_WAYBILL, "05712345678"),
        (TermKind.MARK, "dragon"),
        (TermKind.TELEPHONE, "+31205550199"),
        (TermKind.COMPANY, "fictitious"),
        (TermKind.REGISTRATION, "KVK1"),
    ] == [(one.term.kind, one.term.value) for one in found]
    assert [Section.OPERATIONAL] * 4 + [Section.NOMINAL] * 3 == [one.section for one in found]


def test_companies_of_a_trade_and_goods_that_are_asked_about() -> None:
    trade = NotificationTrade(companies=(Company(role=TradeRole.EXPORTER, name="FICTITIOUS Export", registration="9"),))
    asked = InquiryOperational(marks=("dragon",))
    found = terms_in([(Section.TRADE, trade), (Section.OPERATIONAL, asked)])
    assert ["fictitious export", "9", "dragon"] == [one.term.value for one in found]
