"""Messages are taken back and corrected by command, and what everybody's node keeps of them."""

from pathlib import Path
from typing import Any

from tests.cli.commands import SEIZURE, Ran, a_file, run

REASON = "The laboratory found table salt."


def publish(folder: Path, tmp_path: Path, *rows: str, name: str = "reports.csv") -> list[str]:
    published = run("publish", a_file(tmp_path, *rows, name=name), "--as", "NL/customs", "--json", folder=folder)
    assert 0 == published.code, published.err
    return [one["message"] for one in published.document()["published"]]


def receive(folder: Path, authority: str) -> Ran:
    received = run("receive", "--as", authority, "--json", folder=folder)
    assert 0 == received.code, received.err
    return received


def shown(folder: Path, authority: str, message: str) -> dict[str, Any]:
    found = run("inbox", "show", message, "--as", authority, "--json", folder=folder)
    assert 0 == found.code, found.err
    return dict(found.document())


def test_a_recalled_message_is_shown_as_withdrawn_by_whom_when_and_why(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    (message,) = publish(federation, tmp_path, SEIZURE)
    assert [message] == receive(federation, "BE/police").document()["alerts"]
    assert shown(federation, "BE/police", message)["sections"]["core"] is not None

    recalled = run("recall", message, "--as", "NL/customs", "--reason", REASON, "--json", folder=federation)

    assert 0 == recalled.code, recalled.err
    document = recalled.document()
    assert (message, "recall", None) == (document["message"], document["kind"], document["replaced_by"])
    assert "BE/police" in document["readers"]
    again = receive(federation, "BE/police")
    assert [message] == again.document()["alerts"], "whoever has seen it is told"
    assert REASON[:-1] in again.err
    item = shown(federation, "BE/police", message)
    assert {None} == set(item["sections"].values())
    assert ("recalled", "NL/customs", document["record"], REASON) == tuple(
        item["withdrawn"][name] for name in ("reason", "by", "recall", "says")
    )
    listed = run("inbox", "list", "--as", "BE/police", folder=federation)
    assert "WITHDRAWN" in listed.err + listed.out


def test_the_author_keeps_nothing_of_it_either(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path, SEIZURE)
    receive(federation, "NL/customs")
    run("recall", message, "--as", "NL/customs", "--reason", REASON, folder=federation)
    receive(federation, "NL/customs")
    item = shown(federation, "NL/customs", message)
    assert ({None}, "recalled") == (set(item["sections"].values()), item["withdrawn"]["reason"])
    refused = run("release", message, "--as", "NL/customs", folder=federation)
    assert 0 != refused.code
    audited = run("audit", "check", "--json", folder=federation)
    assert [] == audited.document()["findings"]


def test_a_message_is_taken_back_once(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path, SEIZURE)
    first = run("recall", message, "--as", "NL/customs", "--reason", REASON, "--json", folder=federation)
    again = run("recall", message, "--as", "NL/customs", "--reason", REASON, "--json", folder=federation)
    other = run("recall", message, "--as", "NL/customs", "--reason", "Another one.", folder=federation)
    assert (0, 0, 4) == (first.code, again.code, other.code)
    assert first.document()["record"] == again.document()["record"]


def test_nobody_takes_back_what_is_not_theirs(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path, SEIZURE)
    receive(federation, "BE/police")
    refused = run("recall", message, "--as", "BE/police", "--reason", REASON, folder=federation)
    assert 6 == refused.code
    assert "is not BE/police's to take back" in refused.err
    unknown = run("recall", "NL/customs/1#99", "--as", "NL/customs", "--reason", REASON, folder=federation)
    assert 5 == unknown.code


def test_a_correction_names_what_replaces_it(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    (message,) = publish(federation, tmp_path, SEIZURE)
    receive(federation, "BE/police")
    mended = a_file(tmp_path, SEIZURE.replace("NL-1,", "NL-1b,").replace(",1000,", ",100,"), name="mended.csv")

    corrected = run(
        "correct", message, mended, "--as", "NL/customs", "--reason", "The weight.", "--json", folder=federation
    )

    assert 0 == corrected.code, corrected.err
    document = corrected.document()
    assert "correction" == document["kind"]
    assert document["replaced_by"] is not None
    receive(federation, "BE/police")
    item = shown(federation, "BE/police", message)
    assert item["sections"]["core"] is not None
    assert ("corrected", document["replaced_by"]) == (item["withdrawn"]["reason"], item["withdrawn"]["replaced_by"])
    new = shown(federation, "BE/police", document["replaced_by"])
    assert (None, "CORRECTS") == (new["withdrawn"], new["sections"]["core"]["related"][0]["relation"])
    audited = run("audit", "check", "--json", folder=federation)
    assert [] == audited.document()["findings"]


def test_what_a_correction_leaves_can_be_used_and_it_is_said_what_replaces_it(federation: Path, tmp_path: Path) -> None:
    receive(federation, "BE/police")
    (message,) = publish(federation, tmp_path, SEIZURE)
    mended = a_file(tmp_path, SEIZURE.replace("NL-1,", "NL-1b,").replace(",1000,", ",100,"), name="mended.csv")
    arguments = ("correct", message, mended, "--as", "NL/customs", "--reason", "The weight.", "--json")
    new = run(*arguments, folder=federation).document()["replaced_by"]
    receive(federation, "NL/customs")
    receive(federation, "BE/police")
    used = ("inbox", "export", message, "--purpose", "investigation", "--out")

    own = run(*used, tmp_path / "own.json", "--as", "NL/customs", folder=federation)
    refused = run(*used, tmp_path / "theirs.json", "--as", "BE/police", folder=federation)

    assert 0 == own.code, own.err
    assert f"Use {new} instead" in own.out
    assert 5 == refused.code
    assert "may not export core" in refused.err


def test_a_correction_may_be_a_record_that_was_published_before(federation: Path, tmp_path: Path) -> None:
    message, new = publish(federation, tmp_path, SEIZURE, SEIZURE.replace("NL-1,", "NL-1b,").replace(",1000,", ",1,"))
    arguments = ("correct", message, "--as", "NL/customs", "--reason", "The weight.")
    unknown = run(*arguments, "--reference", "NL-99", folder=federation)
    corrected = run(*arguments, "--reference", "NL-1b", "--json", folder=federation)
    assert (5, 0) == (unknown.code, corrected.code)
    assert new == corrected.document()["replaced_by"]


def test_a_correction_is_one_row(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path, SEIZURE)
    rows = a_file(tmp_path, SEIZURE.replace("NL-1,", "NL-2,"), SEIZURE.replace("NL-1,", "NL-3,"), name="two.csv")
    refused = run("correct", message, rows, "--as", "NL/customs", "--reason", "The weight.", folder=federation)
    assert 4 == refused.code
    assert "has 2 rows" in refused.err
    same = a_file(tmp_path, SEIZURE.replace(",1000,", ",100,"), name="same.csv")
    refused = run("correct", message, same, "--as", "NL/customs", "--reason", "The weight.", folder=federation)
    assert 4 == refused.code
    assert 2 == run("correct", message, "--as", "NL/customs", "--reason", "The weight.", folder=federation).code


def files_with(folder: Path, planted: str) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted((folder / "nodes").rglob("*"))
            if path.is_file() and planted.encode() in path.read_bytes()]  # fmt: skip


def test_no_file_of_any_node_has_a_byte_of_it(federation: Path, tmp_path: Path) -> None:
    for authority in ("BE/police", "NL/customs"):
        receive(federation, authority)
    (message,) = publish(federation, tmp_path, SEIZURE.replace("Rotterdam", "FICTITIOUS-PLANTED-QUAY"))
    for authority in ("BE/police", "NL/customs"):
        receive(federation, authority)
    recalled = run("recall", message, "--as", "NL/customs", "--reason", REASON, folder=federation)
    assert 0 == recalled.code, recalled.err
    for authority in ("BE/police", "NL/customs"):
        receive(federation, authority)
    assert ([], []) == (files_with(federation, "FICTITIOUS-PLANTED-QUAY"), files_with(federation, "Voorbeeld"))


def test_a_recall_waits_in_the_outbox_while_the_bus_is_away(federation: Path, tmp_path: Path) -> None:
    (message,) = publish(federation, tmp_path, SEIZURE)
    receive(federation, "NL/customs")
    bus = federation / "bus.sqlite"
    bus.rename(tmp_path / "away.sqlite")
    waiting = run("recall", message, "--as", "NL/customs", "--reason", REASON, folder=federation)
    assert 7 == waiting.code
    (tmp_path / "away.sqlite").rename(bus)
    again = run("recall", message, "--as", "NL/customs", "--reason", REASON, "--json", folder=federation)
    assert 0 == again.code
    assert again.document()["record"] is not None


def test_a_corrected_second_report_stays_one_so_that_its_goods_are_counted_once(
    federation: Path, tmp_path: Path
) -> None:
    rows = (
        "group,line,line_role,incident_type,reporting_country,date_incident,substance_as_reported,quantity_value,quantity_unit",
        "G,1,line,seizure,NL,2026-02-03,acetic anhydride,100,kg",
        "G,2,duplicate_report,seizure,NL,2026-02-03,acetic anhydride,90,kg",
    )
    path = tmp_path / "two.csv"
    path.write_text("\n".join(rows), "utf-8")
    document = run("publish", path, "--as", "NL/customs", "--json", folder=federation).document()
    second = next(one["message"] for one in document["published"] if one["national_reference"] == "G/2")
    mended = a_file(tmp_path, SEIZURE.replace("NL-1,", "NL-1b,"), name="mended.csv")

    corrected = run("correct", second, mended, "--as", "NL/customs", "--reason", "x", "--json", folder=federation)

    assert 0 == corrected.code, corrected.err
    receive(federation, "NL/customs")
    new = shown(federation, "NL/customs", corrected.document()["replaced_by"])
    assert {"DUPLICATES", "CORRECTS"} == {one["relation"] for one in new["sections"]["core"]["related"]}
