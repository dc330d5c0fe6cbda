"""Cases as a stranger tries them: what a match, a trace and an index tell to those who are to know nothing."""

from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.cli.test_case import COLUMNS, COMPANY, CONTAINER, a_report, case, match, publish, receive


def publish_marked(folder: Path, path: Path, *, by: str = "NL/customs", **marked: str) -> str:
    """Publish a report with columns of its marking; return the name of its message."""
    row = {**a_report(), **marked}
    names = dict.fromkeys((*COLUMNS, *marked))
    path.write_text(f"{','.join(names)}\n{','.join(row.get(name, '') for name in names)}\n", "utf-8")
    published = run("publish", path, "--as", by, "--json", folder=folder)
    assert 0 == published.code, published.out + published.err
    return str(published.document()["published"][0]["message"])


@pytest.mark.parametrize("term", [("--container", CONTAINER), ("--company", COMPANY)])
def test_nobody_matches_for_a_purpose_that_is_not_theirs(
    term: tuple[str, str], federation: Path, tmp_path: Path
) -> None:
    publish(federation, tmp_path / "a.csv", a_report(recipients="BE/police"))
    receive(federation, "BE/police", "BE/health")
    refused = run("case", "match", *term, "--as", "BE/health", "--purpose", "investigation", folder=federation)
    assert 4 == refused.code
    assert "BE/health works for" in refused.err
    assert "NL/customs" not in refused.out + refused.err
    assert [] == case(federation, "queries", by="BE/health")


@pytest.mark.parametrize(
    ("marked", "by", "purpose"),
    [
        ({"tlp": "AMBER+STRICT"}, "BE/regulator", "prevention"),
        ({"purposes": "regulation"}, "BE/regulator", "prevention"),
        ({"handling": "H0", "purposes": "prevention;regulation"}, "BE/regulator", "regulation"),
        ({"release_after": "2999-01-01T00:00:00Z"}, "BE/regulator", "prevention"),
    ],
)
def test_whom_a_marking_shuts_out_is_told_of_no_match(
    marked: dict[str, str], by: str, purpose: str, federation: Path, tmp_path: Path
) -> None:
    publish_marked(federation, tmp_path / "a.csv", recipients="BE/police", **marked)
    receive(federation, "BE/police", by)
    assert [] == match(federation, "--container", CONTAINER, by=by, purpose=purpose)["elsewhere"]


def test_whoever_traces_what_others_reported_needs_their_leave_to_pass_it_on(federation: Path, tmp_path: Path) -> None:
    name = publish_marked(federation, tmp_path / "a.csv", tlp="AMBER", recipients="BE/police")
    receive(federation, "BE/police", "DE/police")
    refused = run("case", "backtrack", name, "--to", "DE", "--as", "BE/police", folder=federation)
    assert 5 == refused.code, refused.err
    assert "tocsin grant request" in refused.err
    receive(federation, "DE/police")
    assert [] == run("request", "list", "--as", "DE/police", "--json", folder=federation).document()
    back = run("case", "backtrack", name, "--to", "NL/customs", "--as", "BE/police", folder=federation)
    assert 0 == back.code, back.err


def test_what_others_let_pass_on_is_traced(federation: Path, tmp_path: Path) -> None:
    name = publish_marked(federation, tmp_path / "a.csv", tlp="GREEN", recipients="BE/police")
    receive(federation, "BE/police", "DE/police")
    assert case(federation, "backtrack", name, "--to", "DE", by="BE/police")["published"]


def test_what_a_focal_point_recalls_is_found_by_nobody(federation: Path, tmp_path: Path) -> None:
    name = publish_marked(federation, tmp_path / "a.csv", tlp="AMBER")
    receive(federation, "NL/customs", "NL/police", "BE/police")
    assert 1 == len(case(federation, "search", by="NL/customs"))
    recalled = run("recall", name, "--as", "NL/police", "--reason", "Salt.", folder=federation)
    assert 0 == recalled.code, recalled.err
    receive(federation, "NL/customs", "NL/police", "BE/police")
    for by in ("NL/customs", "NL/police", "BE/police"):
        assert [] == case(federation, "search", by=by)
        assert {"matches": [], "elsewhere": []} == match(federation, "--container", CONTAINER, by=by)


def test_a_wider_message_does_not_tell_of_a_narrower_one_of_others(federation: Path, tmp_path: Path) -> None:
    theirs = publish_marked(federation, tmp_path / "a.csv", tlp="AMBER", recipients="BE/police")
    of_belgium = {"reporting_country": "BE", "destination": "NL"}
    mine = publish_marked(
        federation, tmp_path / "b.csv", by="BE/police", tlp="GREEN", **of_belgium, national_reference="BE-1"
    )
    narrow = publish_marked(
        federation, tmp_path / "c.csv", by="BE/police", tlp="AMBER", **of_belgium, national_reference="BE-2"
    )
    receive(federation, "BE/police")
    link = ("case", "link", "--to", theirs, "--as-relation", "duplicates", "--as", "BE/police")
    refused = run(*link, mine, folder=federation)
    assert 4 == refused.code
    assert "is TLP:AMBER and yours TLP:GREEN" in refused.err
    assert 0 == run(*link, narrow, folder=federation).code
