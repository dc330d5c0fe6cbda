from pathlib import Path

import pytest

from broker.errors import BadMapping
from producers.intake.supplement import read_supplement, supplement
from tests.support.intake import a_row


def test_adds_to_the_row_with_that_reference_and_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "nominal.csv"
    path.write_text("national_reference,party_name,place\nG/1,FICTITIOUS – A,Delft\n", encoding="utf-8")
    rows = [a_row(national_reference="", group="G", line="1", place="Breda"), a_row()]

    first, second = supplement(rows, read_supplement(path))

    assert ("FICTITIOUS – A", "Breda") == (first.values["party_name"], first.values["place"])
    assert rows[1] == second


@pytest.mark.parametrize(
    ("header", "says"), [("national_reference,party_nam", "did you mean 'party_name'"), ("party_name", "missing")]
)
def test_refuses_a_header_that_it_does_not_know(tmp_path: Path, header: str, says: str) -> None:
    path = tmp_path / "nominal.csv"
    path.write_text(f"{header}\n", encoding="utf-8")

    with pytest.raises(BadMapping, match=says):
        read_supplement(path)
