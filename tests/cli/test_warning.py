"""``tocsin warning``: from incidents to a signal, a draft that a person checks, and a warning that others have."""

import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commands import Ran, run

COLUMNS = "national_reference,incident_type,date_incident,date_reported,reporting_country,place,substance_as_reported,substance_id,quantity_value,quantity_unit,tlp"  # noqa: E501
PAST = 24
NEW_NAME = "zefarolin"


def a_row(name: str, day: date, substance: str = "acetic anhydride,AA", amount: str = "100", tlp: str = "GREEN") -> str:
    return f"{name},seizure,{day},{day},NL,Rotterdam,{substance},{amount},kg,{tlp}"


def rows(tlp: str) -> Iterator[str]:
    today = datetime.now(UTC).date()
    for back in range(PAST):
        yield a_row(f"NL-{back}", today - timedelta(days=400 + 7 * back), amount=str(90 + back % 3 * 10))
    yield a_row("NL-new", today, f"{NEW_NAME},", tlp=tlp)
    yield a_row("NL-much", today, amount="25000", tlp=tlp)


def report(folder: Path, tmp_path: Path, tlp: str = "GREEN") -> None:
    """Let NL/customs publish a past of acetic anhydride, a name that nobody knows, and far too much."""
    path = tmp_path / "reports.csv"
    path.write_text("\n".join((COLUMNS, *rows(tlp))) + "\n", "utf-8")
    published = run("publish", path, "--as", "NL/customs", folder=folder)
    assert published.code == 0, published.err + published.out
    for reader in ("NL/customs", "BE/police"):
        assert run("receive", "--as", reader, folder=folder).code == 0


def signals(folder: Path, reader: str = "NL/customs") -> dict[str, Any]:
    found = run("warning", "find", "--as", reader, "--json", folder=folder).document()
    return {one["kind"]: one for one in found["signals"]}


def draft(folder: Path, tmp_path: Path, kind: str = "new-name", reader: str = "NL/customs") -> tuple[Ran, Path]:
    out = tmp_path / "warning.json"
    name = signals(folder, reader)[kind]["signal"]
    return run("warning", "draft", name, "--as", reader, "--out", out, folder=folder), out


def edit(path: Path, **changes: Any) -> None:
    """Change a draft as a person would."""
    tree = msgspec.json.decode(path.read_bytes())
    for name, value in changes.items():
        part, _, field = name.partition("__")
        if field:
            tree[part][field] = value
        else:
            tree[part] = value
    path.write_bytes(msgspec.json.encode(tree))


@pytest.fixture
def reported(federation: Path, tmp_path: Path) -> Path:
    report(federation, tmp_path)
    return federation


def test_what_is_new_and_what_is_much_is_found(reported: Path) -> None:
    found = signals(reported)

    assert {"new-name", "unusual-amount"} == set(found)
    assert 1 == len(found["new-name"]["messages"])
    assert "25000" == found["unusual-amount"]["figures"]["amount"]
    assert "3.5" == found["unusual-amount"]["parameters"]["limit"]


def test_people_are_told_by_which_method_and_against_what_past(reported: Path) -> None:
    shown = run("warning", "find", "--as", "NL/customs", folder=reported).out

    assert "EXERCISE" in shown
    assert "Iglewicz" in shown
    assert f"Compared with {PAST} incidents known before" in shown


def test_a_window_that_begins_earlier_makes_the_past_smaller(reported: Path) -> None:
    since = datetime.now(UTC).date() - timedelta(days=500)

    found = run("warning", "find", "--as", "NL/customs", "--since", since, "--json", folder=reported).document()

    assert any("nothing can be called new" in one for one in found["notes"])
    assert [] == [one for one in found["signals"] if one["kind"] == "new-name"]


def test_a_draft_is_a_file_of_its_owner_and_nothing_is_sent(reported: Path, tmp_path: Path) -> None:
    drafted, path = draft(reported, tmp_path)

    tree = msgspec.json.decode(path.read_bytes())
    assert 0 == drafted.code
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert (False, "GREEN", "NEW_SUBSTANCE") == (tree["checked"], tree["tlp"], tree["core"]["warning_type"])
    assert tree["core"]["method"]
    assert tree["core"]["parameters"]
    assert ["FOLLOWS"] == [one["relation"] for one in tree["core"]["related"]]
    run("receive", "--as", "BE/police", folder=reported)
    assert [] == run("warning", "list", "--as", "BE/police", "--json", folder=reported).document()


def test_a_draft_does_not_take_the_place_of_anybodys_file(reported: Path, tmp_path: Path) -> None:
    _, path = draft(reported, tmp_path)
    path.write_text("mine", "utf-8")

    again, _ = draft(reported, tmp_path)

    assert (4, "mine") == (again.code, path.read_text("utf-8"))


def test_what_nobody_checked_is_not_sent(reported: Path, tmp_path: Path) -> None:
    _, path = draft(reported, tmp_path)

    sent = run("warning", "send", path, "--as", "NL/customs", folder=reported)

    assert 4 == sent.code
    assert "checked" in sent.err


def test_a_checked_warning_reaches_others_with_its_method(reported: Path, tmp_path: Path) -> None:
    _, path = draft(reported, tmp_path)
    edit(path, checked=True, core__title="A name that nobody knows")

    sent = run("warning", "send", path, "--as", "NL/customs", "--json", folder=reported)
    run("receive", "--as", "BE/police", folder=reported)
    (listed,) = run("warning", "list", "--as", "BE/police", "--json", folder=reported).document()

    assert 0 == sent.code
    assert "A name that nobody knows" == listed["warning"]["title"]
    assert "first sighting" == listed["warning"]["method"]
    assert "exercise" == listed["status"]
    assert "A name that nobody knows" in run("warning", "list", "--as", "BE/police", folder=reported).out


def test_a_warning_from_amber_messages_is_amber_and_no_wider(federation: Path, tmp_path: Path) -> None:
    report(federation, tmp_path, tlp="AMBER")
    _, path = draft(federation, tmp_path)
    assert "AMBER" == msgspec.json.decode(path.read_bytes())["tlp"]
    edit(path, checked=True, tlp="GREEN")

    sent = run("warning", "send", path, "--as", "NL/customs", folder=federation)

    assert 4 == sent.code
    assert "cannot be GREEN" in sent.err


def test_a_warning_from_amber_messages_of_others_is_for_those_whom_they_named(federation: Path, tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    named = [f"{COLUMNS},recipients", *(f"{one},BE/police" for one in rows("AMBER"))]
    path.write_text("\n".join(named) + "\n", "utf-8")
    assert 0 == run("publish", path, "--as", "NL/customs", folder=federation).code
    for reader in ("BE/police", "DE/police"):
        assert 0 == run("receive", "--as", reader, folder=federation).code
    _, path = draft(federation, tmp_path, reader="BE/police")
    tree = msgspec.json.decode(path.read_bytes())
    assert ("AMBER", {"NL", "BE/police"}) == (tree["tlp"], set(tree["core"]["marking"]["recipients"]))

    for recipients, says in (([], "names nobody"), (["DE"], "DE was not named by NL/customs")):
        edit(path, checked=True, core__marking={**tree["core"]["marking"], "recipients": recipients})
        refused = run("warning", "send", path, "--as", "BE/police", folder=federation)
        assert 4 == refused.code
        assert says in refused.err
    edit(path, core__related=[])
    refused = run("warning", "send", path, "--as", "BE/police", folder=federation)
    assert 4 == refused.code
    assert "names the messages that it rests on" in refused.err

    edit(path, core=tree["core"])
    assert 0 == run("warning", "send", path, "--as", "BE/police", folder=federation).code
    for reader, expected in (("NL/customs", 1), ("DE/police", 0)):
        assert 0 == run("receive", "--as", reader, folder=federation).code
        assert expected == len(run("warning", "list", "--as", reader, "--json", folder=federation).document())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"core__says": "Ask jan@example.org"}, "e-mail address or a telephone number"),
        ({"core__title": "Call +31 20 555 1234"}, "e-mail address or a telephone number"),
        ({"core__title": " "}, "core.title"),
        ({"core__parameters": ""}, "a method and its parameters belong together"),
        ({"core__marking": {"purposes": ["statistics"]}}, "not allowed by all that it rests on"),
        ({"core__warning_type": "new-sort"}, "core: Invalid enum value 'new-sort'"),
        ({"core__colour": "red"}, "unknown field `colour`"),
        ({"tlp": "PINK"}, "'PINK' is no Tlp"),
        ({"colour": "red"}, "'colour' is unknown"),
        ({"core": None}, "core: "),
        ({"core__related": [{"digest": "A" * 43 + "=", "relation": "follows"}]}, ""),
    ],
)
def test_bad_warnings(changes: dict[str, Any], says: str, reported: Path, tmp_path: Path) -> None:
    _, path = draft(reported, tmp_path)
    edit(path, **({"checked": True} | changes))

    sent = run("warning", "send", path, "--as", "NL/customs", folder=reported)

    assert sent.code in (4, 5), sent.err
    assert says in sent.err
    assert "555 1234" not in sent.err
    assert "jan@" not in sent.err


@pytest.mark.parametrize(("text", "code"), [(None, 3), ("{", 4), ("[]", 4)])
def test_files_that_are_none(text: str | None, code: int, federation: Path, tmp_path: Path) -> None:
    path = tmp_path / "warning.json"
    if text is not None:
        path.write_text(text, "utf-8")

    assert code == run("warning", "send", path, "--as", "NL/customs", folder=federation).code


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("find", "--since", "tomorrow"), 2, "is no day"),
        (("find", "--since", "2999-01-01"), 2, "still to come"),
        (("find", "--method", "ears-c4"), 2, "did you mean 'ears-c"),
        (("find", "--by", "year"), 2, "known are week, month"),
        (("draft", "0000"), 5, "there is no signal '0000'"),
    ],
)
def test_mistakes_on_the_command_line(arguments: tuple[str, ...], code: int, says: str, federation: Path) -> None:
    ran = run("warning", *arguments, "--as", "NL/customs", folder=federation)

    assert code == ran.code
    assert says in " ".join(ran.err.replace("│", " ").split())


def test_without_incidents_nothing_is_found_and_why_is_said(federation: Path) -> None:
    ran = run("warning", "find", "--as", "NL/customs", "--method", "ears-c2", "--by", "month", folder=federation)

    assert 0 == ran.code
    assert "Nothing new or unusual" in ran.out
    assert "nothing can be called new" in ran.out
