"""Forms as people type them: figures on screen, files that are decided about, and what they are told otherwise."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from broker.database import reading
from broker.decisions import decision
from broker.types.names import Participant
from tests.cli.commands import SEIZURE, STOPPED, Ran, a_file, run
from tocsin.folder import open_folder
from tocsin.installation import open_node

UNDATED = "NL-8,seizure,,NL,Rotterdam,acetic anhydride,5,kg,BE,,,"
D = ("form", "d", "--year", "2026", "--exercise")


@pytest.fixture(scope="module")
def sent(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where NL has reported and everybody has read it; nobody may change it."""
    folder = tmp_path_factory.mktemp("sent")
    federation = Path(shutil.copytree(founded, folder / "federation"))
    assert 0 == run("publish", a_file(folder, SEIZURE, STOPPED, UNDATED), "--as", "NL/customs", folder=federation).code
    for authority in ("NL/customs", "BE/police"):
        assert 0 == run("receive", "--as", authority, folder=federation).code
    return federation


@pytest.fixture
def here(sent: Path, tmp_path: Path) -> Path:
    """Return a copy of it of the test's own."""
    return Path(shutil.copytree(sent, tmp_path / "federation"))


def form(federation: Path, *options: object, authority: str = "NL/customs") -> Ran:
    return run(*D, "--as", authority, *options, folder=federation)


def decisions_of(federation: Path, participant: str) -> int:
    with open_node(open_folder(federation), Participant(participant)) as node, reading(node.engine) as connection:
        return connection.scalar(select(func.count()).select_from(decision)) or 0


def figures(document: Any) -> dict[tuple[str, str], str]:
    return {(one["substance"], one["unit"]): one["amount"] for one in document["lines"]}


def test_an_exercise_is_never_counted_and_the_person_is_told_how_to_train(sent: Path) -> None:
    ran = run("form", "d", "--as", "NL/customs", "--year", "2026", folder=sent)

    assert 0 == ran.code
    assert "No figure: no incident counts" in ran.out
    assert "a form for training: --exercise" in ran.out


def test_figures_of_a_year_with_what_is_left_out(sent: Path) -> None:
    document = form(sent, "--json").document()

    assert {("AA", "litre"): "1000", ("PMK", "kg"): "2"} == figures(document)
    assert ("NL", 2026, "2027-06-30", 2) == tuple(document[key] for key in ("country", "year", "due", "incidents"))
    assert [("NL/customs/1#4", "unplaced")] == [(one["message"], one["reason"]) for one in document["left_out"]]
    assert {"tlp": "AMBER", "status": "exercise"} == document["handling"]


def test_a_form_on_screen_says_that_it_is_an_exercise(sent: Path) -> None:
    assert form(sent).out.startswith("EXERCISE EXERCISE EXERCISE")


def test_a_figure_opens_to_the_messages_behind_it_and_to_those_left_out(sent: Path) -> None:
    document = form(sent, "--open", "aa", "--json").document()

    assert [["NL/customs/1#2"]] == [[one["message"] for one in line["messages"]] for line in document["lines"]]
    assert ["NL/customs/1#4"] == [one["message"] for one in document["left_out"]]


def test_a_figure_that_is_not_there_is_said_with_the_nearest(sent: Path) -> None:
    ran = form(sent, "--open", "PMM")

    assert 5 == ran.code
    assert "the form has no figure of 'PMM'" in ran.err
    assert "PMK" in ran.err


def test_looking_decides_nothing_and_taking_away_decides_each_part(here: Path, tmp_path: Path) -> None:
    before = decisions_of(here, "NL")
    form(here)
    assert before == decisions_of(here, "NL")

    out = tmp_path / "d.json"
    assert 0 == form(here, "--output", out).code
    assert before + 2 == decisions_of(here, "NL")


def test_a_file_says_first_how_it_is_to_be_handled_and_names_nothing_that_is_left_out(
    here: Path, tmp_path: Path
) -> None:
    out = tmp_path / "d.json"
    form(here, "--output", out)
    document = json.loads(out.read_text())

    assert ["form", "handling"] == list(document)[:2]
    assert document["handling"]["says"].startswith("EXERCISE EXERCISE EXERCISE")
    assert "TLP:AMBER" in document["handling"]["says"]
    assert {"unplaced": 1} == document["left_out_by_reason"]
    assert "NL/customs/1#4" not in out.read_text()
    assert 0o600 == stat.S_IMODE(out.stat().st_mode)


def test_nothing_is_overwritten(here: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.json"
    out.write_text("mine")
    ran = form(here, "--output", out)

    assert (4, "mine") == (ran.code, out.read_text())
    assert "nothing is overwritten" in ran.err


def test_an_ending_that_says_nothing_is_refused(here: Path, tmp_path: Path) -> None:
    ran = form(here, "--output", tmp_path / "d.doc")

    assert 4 == ran.code
    assert "Known: .json, .csv." in ran.err


def test_what_others_may_not_pass_on_does_not_leave_and_the_rule_is_named(here: Path, tmp_path: Path) -> None:
    out, before = tmp_path / "d.json", decisions_of(here, "BE")
    ran = form(here, "--country", "NL", "--purpose", "investigation", "--output", out, authority="BE/police")

    assert 5 == ran.code
    assert "(rule tlp-not-passed-on)" in ran.err
    assert not out.exists()
    assert before < decisions_of(here, "BE")


def test_of_several_parts_those_that_may_leave_do_and_the_others_are_left_out_of_the_figure(
    here: Path, tmp_path: Path
) -> None:
    green = tmp_path / "green.csv"
    header = "national_reference,incident_type,date_incident,reporting_country,substance_as_reported,quantity_value"
    green.write_text(f"{header},quantity_unit,tlp\nNL-7,seizure,2026-02-01,NL,acetic anhydride,30,L,GREEN\n", "utf-8")
    assert 0 == run("publish", green, "--as", "NL/customs", folder=here).code
    assert 0 == run("receive", "--as", "BE/police", folder=here).code
    out = tmp_path / "d.json"
    options = ("--country", "NL", "--purpose", "investigation")
    seen = form(here, *options, "--json", authority="BE/police").document()
    ran = form(here, *options, "--output", out, "--json", authority="BE/police")
    written = json.loads(out.read_text())

    assert {("AA", "litre"): "1030"} == figures(seen)
    assert {("AA", "litre"): "30"} == figures(ran.document()) == figures(written)
    assert "GREEN" == written["handling"]["tlp"]
    assert ["NL/customs/1#2"] == [
        one["message"] for one in ran.document()["left_out"] if one["reason"] == "not-permitted"
    ]
    assert "NL/customs/1#2" not in out.read_text()


def test_drafts_that_were_not_read_back_do_not_leave(founded: Path, tmp_path: Path) -> None:
    federation = Path(shutil.copytree(founded, tmp_path / "federation"))
    run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/customs", folder=federation)
    ran = form(federation, "--output", tmp_path / "d.json")

    assert 5 == ran.code
    assert "has its own node read it back? tocsin receive" in ran.err


def test_zero_is_reported_where_somebody_says_so(sent: Path) -> None:
    assert "0" == figures(form(sent, "--none", "EPH", "--json").document())["EPH", "kg"]


def test_zero_is_refused_where_there_are_cases(sent: Path) -> None:
    ran = form(sent, "--none", "AA")

    assert 4 == ran.code
    assert "AA is said to be none, and 1 cases of 2026 name it" in ran.err


def test_figures_are_published_by_those_who_may(here: Path) -> None:
    ran = form(here, "--publish", "--json", authority="NL/regulator")

    assert 0 == ran.code, ran.err
    (published,) = ran.document()["publication"]["published"]
    assert "form-d-NL-2026" == published["national_reference"]


def test_published_figures_are_never_counted_as_incidents(here: Path) -> None:
    form(here, "--publish", authority="NL/regulator")
    run("receive", "--as", "NL/regulator", folder=here)

    assert {("AA", "litre"): "1000", ("PMK", "kg"): "2"} == figures(
        form(here, "--json", authority="NL/regulator").document()
    )


def test_others_publish_no_figures(sent: Path) -> None:
    ran = form(sent, "--publish")

    assert 4 == ran.code
    assert "NL/regulator may." in ran.err


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("seizures", "json"), ("seizures", "html"), ("stix", "json"), ("csv", "csv"), ("parquet", "parquet")],
)
def test_reports_are_written_in_each_form(here: Path, tmp_path: Path, kind: str, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    options = ("--as", "NL/customs", "--year", "2026", "--exercise", "--purpose", "training", "--output", out)
    ran = run("form", kind, *options, "--json", folder=here)

    assert 0 == ran.code, ran.err
    assert "NL/customs/1#2" in [one["message"] for one in ran.document()["incidents"]]
    assert out.stat().st_size
    assert b"Voorbeeld" not in out.read_bytes()


def test_one_message_is_reported_though_nobody_knows_its_day(here: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.json"
    options = ("--message", "NL/customs/1#4", "--exercise", "--purpose", "training", "--output", out)
    assert 0 == run("form", "seizures", "--as", "NL/customs", *options, folder=here).code

    assert ["NL/customs/1#4"] == [one["message"] for one in json.loads(out.read_text())["reports"]]


def test_persons_stand_in_seizure_reports_only_where_asked_and_permitted(here: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    options = ("--year", "2026", "--exercise", "--purpose", "investigation", "--section", "nominal", "--output", out)
    assert 0 == run("form", "seizures", "--as", "NL/customs", *options, folder=here).code

    assert b"FICTITIOUS Jan Voorbeeld" in out.read_bytes()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param(("--output", "x.csv", "--year", "2026"), "say what the file is for", id="no purpose"),
        pytest.param((), "say of which time", id="no time"),
        pytest.param(("--year", "2026", "--from", "2026-01-01"), "and not both", id="both"),
        pytest.param(("--from", "2026-02-01", "--to", "2026-01-01"), "lies before the first", id="backwards"),
        pytest.param(("--from", "1.2.2026", "--to", "2026-01-01"), "is no day", id="no day"),
        pytest.param(("--year", "2026", "--section", "nominal"), "never stands in this form", id="persons in rows"),
    ],
)
def test_mistakes_are_told(sent: Path, options: tuple[str, ...], says: str) -> None:
    ran = run("form", "csv", "--as", "NL/customs", *options, folder=sent)

    assert 2 == ran.code
    assert says in " ".join(ran.err.replace("│", " ").split())


def test_where_there_is_nothing_it_says_what_there_is_instead(sent: Path) -> None:
    none = run("form", "stix", "--as", "NL/customs", "--year", "2001", folder=sent)
    exercise = run("form", "stix", "--as", "NL/customs", "--year", "2026", folder=sent)

    assert (5, 5) == (none.code, exercise.code)
    assert "It sees none at all there" in none.err
    assert "2 are exercise: --exercise asks for them" in exercise.err


def test_a_form_without_a_figure_is_not_published_as_if_there_were_nothing(here: Path) -> None:
    ran = run(
        "form", "d", "--as", "NL/regulator", "--year", "1990", "--exercise", "--publish", "--json", folder=here
    )  # fmt: skip

    assert 4 == ran.code
    assert "no figure" in ran.err
    assert "--none" in ran.err
