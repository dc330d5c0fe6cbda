from decimal import Decimal

import pytest

from broker.notation.density import advise_mass
from broker.notation.measures import BaseAmount, Measure


def litres(low: str, high: str = "") -> BaseAmount:
    return BaseAmount(Measure.VOLUME, Decimal(low), Decimal(high or low))


@pytest.mark.parametrize(
    ("substance", "kilograms"),
    [("AA", "1080"), ("ACE", "790"), ("ETH", "710"), ("MEK", "800"), ("TOL", "870"), ("P2P", "1020")],
)
def test_advises_what_a_thousand_litres_weigh(substance: str, kilograms: str) -> None:
    advice = advise_mass(litres("1000"), substance)

    assert advice is not None
    assert Decimal(kilograms) == advice.low == advice.high
    assert 20 == advice.celsius
    assert advice.source


def test_the_advice_says_that_it_is_one() -> None:
    advice = advise_mass(litres("1000", "1200"), "HCL")

    assert advice is not None
    assert advice.says.startswith("advice, not part of the report: 1000 to 1200 L of hydrochloric acid, 37 %")


def test_gives_no_advice_on_solids_masses_and_what_is_unknown() -> None:
    assert advise_mass(litres("1"), "KMNO4") is None
    assert advise_mass(litres("1"), "") is None
    assert advise_mass(BaseAmount(Measure.MASS, Decimal(1), Decimal(1)), "AA") is None
