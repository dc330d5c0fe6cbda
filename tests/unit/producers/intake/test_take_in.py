import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from broker.errors import BadSettings
from broker.types.names import Originator
from producers.draft import Draft
from producers.intake.files import read_rows
from producers.intake.rows import Row
from producers.intake.take_in import Refused, take_in
from tests.support.intake import CUSTOMS, NOW, a_profile, a_row, codes, columns, csv_text, one_draft, rows_of, taken


def references(*rows: Row) -> list[str]:
    return [one.national_reference for one in taken(rows) if isinstance(one, Draft)]


def test_a_row_is_known_by_its_reference_else_its_case_else_its_content() -> None:
    own, case, made, again = references(
        a_row(group="G", line="4"),
        a_row(national_reference="", group="G", line="4"),
        a_row(national_reference=""),
        a_row(national_reference=""),
    )

    assert ("NL-1", "G/4") == (own, case)
    assert made.startswith("made-")
    assert (made[:-2], "-1", "-2") == (again[:-2], made[-2:], again[-2:])


def test_a_made_reference_is_the_same_in_any_file_and_layout(tmp_path: Path) -> None:
    row = columns(national_reference="")
    (first,) = rows_of(tmp_path, "a.csv", csv_text([row]))
    (second,) = rows_of(tmp_path, "b.csv", csv_text([dict(reversed(row.items()))], ";"))

    assert references(first) == references(second)
    assert references(first) != references(a_row(national_reference="", place="Delft"))
    assert one_draft(first).is_made
    assert not one_draft(a_row()).is_made


def test_the_content_digest_is_of_what_is_said_and_not_of_when() -> None:
    row = a_row()
    profile = a_profile(retain_for="5 years", release_after="2 hours")

    def drafted(row: Row, days: int = 0) -> Draft:
        (draft,) = take_in([row], authority=CUSTOMS, profile=profile, authored_at=NOW + timedelta(days=days))
        assert isinstance(draft, Draft)
        return draft

    now, later = drafted(row), drafted(row, days=9)
    assert now.content_digest == later.content_digest
    assert now.core.marking.retain_until != later.core.marking.retain_until
    changed = [
        drafted(a_row(**change))
        for change in (
            {"quantity_value": "401"},
            {"tlp": "RED"},
            {"source": "a"},
            {"retain_until": "2027-01-01T00:00Z"},
        )
    ]
    assert 5 == len({now.content_digest, *(draft.content_digest for draft in changed)})


def test_a_second_report_is_linked_to_the_first_of_its_case_by_its_reference() -> None:
    second = a_row(national_reference="NL-2", group="G", line="2", line_role="duplicate_report")
    _, draft = taken([a_row(national_reference="NL-9", group="G", line="1"), second])

    assert isinstance(draft, Draft)
    assert [("NL-9", "DUPLICATES")] == [(one.national_reference, one.relation) for one in draft.related_references]


def test_a_second_report_of_a_case_in_an_earlier_file_is_linked_to_its_line_1() -> None:
    draft = one_draft(a_row(group="G", line="2", line_role="duplicate_report"))

    assert ["G/1"] == [one.national_reference for one in draft.related_references]


def test_a_second_report_waits_for_its_refused_first_one() -> None:
    first, second = taken([a_row(group="G", line="1", tlp="?"), a_row(group="G", line="2", line_role="part_of_total")])

    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert ["first-report-refused"] == [problem.code for problem in second.problems]


def test_the_first_report_of_a_case_is_no_second_one() -> None:
    assert [("line_role", "first-report-missing")] == codes(a_row(group="G", line="1", line_role="duplicate_report"))


def test_an_organisation_reports_for_any_country() -> None:
    profile = a_profile("X-INCB/watch")

    assert "BE" == one_draft(a_row(reporting_country="BE"), profile=profile).core.concerned[0].country
    assert [("reporting_country", "unknown-country")] == codes(a_row(reporting_country="QQ"), profile=profile)


def test_refuses_a_profile_of_another_authority() -> None:
    with pytest.raises(BadSettings, match="BE/police"):
        list(take_in([], authority=CUSTOMS, profile=a_profile("BE/police"), authored_at=NOW))
    with pytest.raises(BadSettings, match="agreement"):
        list(take_in([], authority=CUSTOMS, profile=a_profile(kind="agreement"), authored_at=NOW))


def test_the_marking_is_the_profiles_where_the_row_says_nothing() -> None:
    profile = a_profile(handling=["H1"], source="B", information="2", basis="assessment", excluded=["BE"])

    draft = one_draft(a_row(), profile=profile)
    narrower = one_draft(a_row(tlp="TLP:RED", recipients="DE; FR/police", purposes="investigation"), profile=profile)

    assert ("AMBER", ["H1"], "B", "I2", "ASSESSMENT", ("BE",)) == (
        draft.tlp.value,
        [code.value for code in draft.core.marking.handling],
        draft.core.marking.source_evaluation.value,
        draft.core.marking.information_evaluation.value,
        draft.core.marking.basis.value,
        draft.core.marking.excluded,
    )
    assert ("RED", ("DE", "FR/police")) == (narrower.tlp.value, narrower.core.marking.recipients)


def test_every_good_row_goes_through_and_every_bad_one_is_listed(tmp_path: Path) -> None:
    bad = [
        columns(quantity_value="12,5"),
        columns(reporting_country=""),
        columns(awkward="=1+1"),
        columns(date_incident="soon"),
    ]
    table = [
        columns(national_reference=f"NL-{number}") if number % 3 == 0 else bad[number % 4] for number in range(15_000)
    ]

    results = list(taken(rows_of(tmp_path, "a.csv", csv_text(table))))

    good = [one.national_reference for one in results if isinstance(one, Draft)]
    refused = [one.line for one in results if isinstance(one, Refused)]
    assert [f"NL-{number}" for number in range(0, 15_000, 3)] == good
    assert [number + 2 for number in range(15_000) if number % 3] == refused
    assert 10_000 == len(refused)


def test_memory_stays_flat_however_long_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = csv_text([columns(national_reference=f"NL-{number}", awkward="x" * 200) for number in range(10_000)])
    path.write_text(text, encoding="utf-8")

    tracemalloc.start()
    for _ in read_rows(path):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(text) > 2_000_000
    assert peak < 500_000


def test_rows_are_taken_one_at_a_time() -> None:
    asked: list[int] = []

    def rows() -> Iterator[Row]:
        for line in range(2, 10):
            asked.append(line)
            yield msgspec.structs.replace(a_row(), line=line)

    results = take_in(rows(), authority=Originator("NL/customs"), profile=a_profile(), authored_at=NOW)
    next(results)
    next(results)

    assert [2, 3] == asked


def test_a_draft_says_what_it_is() -> None:
    draft = one_draft(msgspec.structs.replace(a_row(), line=7))

    assert ("incident", "NL-1", 7) == (draft.kind.word, draft.national_reference, draft.line)
