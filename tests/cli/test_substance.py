"""The substance catalogue by command: without a network, and with the editions that an authority has received."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from broker.catalogue import shipped_catalogue
from broker.records.catalogue import CatalogueStatus
from broker.types.vocabulary import Status, Tlp
from producers.draft import Sections
from tests.cli.commands import Ran, run
from tests.cli.kinds import send
from tests.support.kinds import a_catalogue
from tocsin.exits import Exit

LISTED = {"substance": "W:Chloroform", "scheme": "NL", "class_name": "list 1", "starts_on": "2026-02-01"}
NATIONAL = {"edition": "2026-1", "issued_on": "2026-01-01", "statuses": [LISTED]}


def an_edition(folder: Path, **changes: object) -> Path:
    path = folder / "list.json"
    path.write_bytes(msgspec.json.encode({**NATIONAL, **changes}))
    return path


def publish(path: Path, author: str, federation: Path) -> Ran:
    return run("substance", "publish", path, "--as", author, "--json", folder=federation)


def receive(reader: str, federation: Path) -> None:
    assert Exit.DONE == run("receive", "--as", reader, folder=federation).code


def status(name: str, day: str) -> Any:
    ran = run("substance", "status", name, "--on", day, "--json")
    assert Exit.DONE == ran.code, ran.err
    return ran.document()


def test_status_is_asked_of_a_day() -> None:
    found = status("PMK ethyl glycidate", "2022-05-01")

    assert ("PMK ethyl glycidate", "PMKEG", "exact") == (found["written"], found["substance"], found["certainty"])
    assert [
        {
            "scheme": "UN-1988",
            "class": None,
            "from": None,
            "to": "2024-12-03",
            "instrument": "",
            "certainty": "certain",
            "says": "Not yet listed; listed from 2024-12-03 on.",
        }
    ] == found["status"]


@pytest.mark.parametrize(
    ("name", "day", "class_name"),
    [
        ("potassium permanganate", "1999-06-01", "II"),
        ("高锰酸钾", "2002-01-01", "I"),
        ("4-AP", "2022-11-22", None),
        ("4-AP", "2022-11-23", "I"),
        ("PMKEG", "2024-12-03", "I"),
    ],
)
def test_a_name_or_an_identifier_gives_the_class_of_the_day(name: str, day: str, class_name: str | None) -> None:
    (standing,) = status(name, day)["status"]

    assert class_name == standing["class"]


def test_today_is_the_day_unless_another_is_named() -> None:
    ran = run("substance", "status", "acetone")

    assert Exit.DONE == ran.code
    assert "UN-1988  II" in ran.out


def test_a_name_of_several_gives_all_of_them_and_picks_none() -> None:
    found = status("PMK glycidate", "2022-05-01")

    assert (None, "ambiguous", []) == (found["substance"], found["certainty"], found["status"])
    assert {"PMKGA": "I", "PMKMG": "I", "PMKEG": None} == {
        one["id"]: one["status"][0]["class"] for one in found["candidates"] if one["id"] in ("PMKGA", "PMKMG", "PMKEG")
    }


def test_an_unsure_answer_says_so_to_people_and_to_scripts() -> None:
    (standing,) = status("norephedrine", "2000-06-01")["status"]

    assert ("I", "unsure") == (standing["class"], standing["certainty"])
    assert "UNSURE: It is not known exactly since when" in run("substance", "status", "PPA", "--on", "2000-06-01").out


def test_find_shows_candidates_with_their_likeness() -> None:
    ran = run("substance", "find", "acetic anhydrid", "--json")

    assert {
        "written": "acetic anhydrid",
        "substance": "AA",
        "certainty": "close",
        "candidates": [{"id": "AA", "name": "Acetic anhydride", "score": 96, "why": "1 letter differs"}],
    } == ran.document()
    assert "is most likely" in ran.err


def test_show_has_names_numbers_and_the_three_dates() -> None:
    document = run("substance", "show", "APAAN", "--json").document()
    text = run("substance", "show", "APAAN").out

    (period,) = document["history"]
    assert ("2014-03", "2014-04-09", "2014-10-06") == (period["decided"], period["notified"], period["effective"])
    assert "decided 2014-03; notified 2014-04-09; effective 2014-10-06" in text
    assert "4468-48-8" in text


def test_show_names_what_is_often_confused_and_the_esters() -> None:
    assert "3612-20-2: given in one public list" in run("substance", "show", "4PIP").out
    assert 8 == len(run("substance", "show", "PMKGA", "--json").document()["linked_from"])


@pytest.mark.parametrize("command", ["find", "show", "status"])
def test_an_unknown_name_is_refused_with_the_nearest(command: str) -> None:
    ran = run("substance", command, "acetic")

    assert Exit.REFUSED == ran.code
    assert "the catalogue has nothing called 'acetic'" in ran.err
    assert "Nearest:" in ran.err
    assert "(ACE)" in ran.err


@pytest.mark.parametrize("day", ["2022-13-01", "yesterday", "01/02/2022"])
def test_a_day_that_is_none_is_refused(day: str) -> None:
    ran = run("substance", "status", "acetone", "--on", day)

    assert Exit.USAGE == ran.code
    assert "is no day; expected one like" in " ".join(ran.err.split())


def test_a_name_that_is_not_sure_shows_no_substance() -> None:
    assert Exit.USAGE == run("substance", "show", "PMK glycidate").code


def test_a_folder_without_an_authority_is_refused_rather_than_passed_over(federation: Path) -> None:
    assert Exit.USAGE == run("substance", "find", "acetone", folder=federation).code


def test_the_hub_publishes_the_international_edition_and_everybody_has_it(federation: Path) -> None:
    published = run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", "--json", folder=federation)
    receive("BE/police", federation)

    editions = run("substance", "editions", "--as", "BE/police", "--json", folder=federation)

    assert Exit.DONE == published.code, published.err
    (found,) = editions.document()["editions"]
    assert ("X-HUB", "X-HUB/catalogue/1#1", "X-HUB/catalogue", True) == (
        found["issuer"],
        found["message"],
        found["signer"],
        found["counts"],
    )
    assert found["assurance"] in ("received", "logged", "witnessed")
    assert "tocsin audit prove X-HUB/catalogue/1#1 --as BE/police" in editions.err


def test_an_edition_is_published_once(federation: Path) -> None:
    for key in ("published", "already"):
        ran = run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", "--json", folder=federation)
        assert 1 == len(ran.document()[key])


def test_what_an_edition_says_is_proved_by_its_message(federation: Path, tmp_path: Path) -> None:
    run("substance", "publish", "--shipped", "--as", "X-HUB/catalogue", folder=federation)
    run("notary", "run", "--once", folder=federation)
    receive("BE/police", federation)
    digest = run("directory", "show", "--json", folder=federation).document()["root_digest"]

    proved = run(
        "audit", "prove", "X-HUB/catalogue/1#1", "--as", "BE/police", "--purpose", "prevention",
        "--out", tmp_path / "edition.zip", folder=federation,
    )  # fmt: skip

    assert Exit.DONE == proved.code, proved.err
    verified = run("audit", "verify", tmp_path / "edition.zip", "--root-digest", digest)
    assert Exit.DONE == verified.code, verified.out


def test_a_national_list_counts_for_those_who_received_it(federation: Path, tmp_path: Path) -> None:
    assert Exit.DONE == publish(an_edition(tmp_path), "NL/regulator", federation).code
    receive("BE/police", federation)

    asked = ("substance", "status", "chloroform", "--on", "2026-03-01", "--json")
    with_it = run(*asked, "--as", "BE/police", folder=federation).document()["status"]

    assert ["UN-1988", "NL", "watch-list"] == [one["scheme"] for one in with_it]
    assert "list 1" == with_it[1]["class"]
    assert ["UN-1988", "watch-list"] == [one["scheme"] for one in run(*asked).document()["status"]]


def test_an_edition_in_a_test_says_nothing_of_what_is_listed(federation: Path) -> None:
    receive("NL/regulator", federation)
    listed = msgspec.convert(LISTED, CatalogueStatus)
    core = a_catalogue(issuer="NL", substances=(), statuses=(listed,))
    send(federation, Sections(core=core), by="NL/regulator", tlp=Tlp.CLEAR, status=Status.TEST)
    receive("BE/police", federation)
    assert [] == schemes_of("BE/police", federation)


def test_an_edition_that_was_corrected_counts_no_more_however_new_it_says_it_is(
    federation: Path, tmp_path: Path
) -> None:
    wrong = publish(an_edition(tmp_path, issued_on="2026-06-01", edition="wrong"), "NL/regulator", federation)
    right = an_edition(tmp_path, edition="right", statuses=[{**LISTED, "scheme": "NL-right"}])
    assert Exit.DONE == publish(right, "NL/regulator", federation).code
    corrected = run("correct", wrong.document()["published"][0]["message"], "--reference", "catalogue/right",
                    "--as", "NL/regulator", "--reason", "The scheme.", folder=federation)  # fmt: skip
    assert Exit.DONE == corrected.code, corrected.err
    receive("BE/police", federation)
    assert ["NL-right"] == schemes_of("BE/police", federation)


def schemes_of(reader: str, federation: Path) -> list[str]:
    """Return the Dutch schemes under which chloroform is listed, as a reader has them."""
    asked = ("substance", "status", "chloroform", "--on", "2026-07-01", "--as", reader, "--json")
    found = run(*asked, folder=federation).document()["status"]
    return [one["scheme"] for one in found if one["scheme"].startswith("NL")]


@pytest.mark.parametrize(
    ("author", "changes", "said"),
    [
        ("NL/regulator", {"issuer": "X-HUB"}, ("issuer", "foreign")),
        ("NL/regulator", {"issuer": "BE"}, ("issuer", "foreign")),
        ("NL/police", {}, ("issuer", "foreign")),
        ("NL/regulator", {"statuses": [{**LISTED, "scheme": "EU"}]}, ("statuses[0].scheme", "foreign")),
        ("NL/regulator", {"issued_on": "2026-13-01"}, ("issued_on", "bad-value")),
        ("NL/regulator", {"substance": []}, ("edition", "bad-value")),
        ("X-HUB/catalogue", {}, ("statuses[0].substance", "unknown-substance")),
    ],
)
def test_an_edition_with_a_mistake_is_refused_with_field_and_code(
    author: str, changes: dict[str, object], said: tuple[str, str], federation: Path, tmp_path: Path
) -> None:
    ran = publish(an_edition(tmp_path, **changes), author, federation)

    assert Exit.REFUSED == ran.code
    (refused,) = ran.document()["refused"]
    assert [said] == [(one["field"], one["code"]) for one in refused["reasons"]]
    assert f"Refused, {said[1]}: {said[0]}:" in ran.err


@pytest.mark.parametrize(("text", "code"), [(b"[]", Exit.REFUSED), (b"{", Exit.REFUSED), (b"\xff", Exit.REFUSED)])
def test_what_is_no_edition_is_refused(text: bytes, code: Exit, federation: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(text)

    assert code == publish(path, "NL/regulator", federation).code


def test_a_file_that_is_not_there_is_told(federation: Path, tmp_path: Path) -> None:
    assert Exit.CONFIGURATION == publish(tmp_path / "gone.json", "NL/regulator", federation).code
    assert Exit.USAGE == run("substance", "publish", "--as", "NL/regulator", folder=federation).code


def test_the_catalogue_authority_is_the_hubs_and_no_participants(federation: Path) -> None:
    document = run("directory", "show", "--json", folder=federation).document()

    assert ["BE", "DE", "NL"] == [one["code"] for one in document["participants"]]
    assert ["X-HUB/catalogue"] == [one["authority"] for one in document["hub"]["authorities"]]
    assert [] == document["findings"]


def test_the_catalogue_authority_is_shown_nothing(federation: Path, tmp_path: Path) -> None:
    publish(an_edition(tmp_path), "NL/regulator", federation)
    receive("X-HUB/catalogue", federation)

    assert [] == run("inbox", "--as", "X-HUB/catalogue", "--json", folder=federation).document()


def test_a_number_on_a_drum_is_looked_up() -> None:
    found = run("substance", "find", "CAS 108-24-7", "--json").document()

    assert ("AA", "exact") == (found["substance"], found["certainty"])
    assert "its CAS number" in found["candidates"][0]["why"]


def test_a_number_that_is_none_says_what_its_check_digit_would_be() -> None:
    ran = run("substance", "find", "108-24-8")

    assert Exit.REFUSED == ran.code
    assert "its check digit would be 7" in ran.err


def test_a_number_that_is_often_confused_names_the_substance_that_it_is_printed_for() -> None:
    number, key = next(
        (one.number, substance.id)
        for substance in shipped_catalogue().substances.values()
        for one in substance.confused
        if not shipped_catalogue().by_cas(one.number)
    )

    ran = run("substance", "find", number)

    assert Exit.REFUSED == ran.code
    assert f"({key})" in ran.err


def test_a_number_of_nothing_in_the_catalogue_says_so() -> None:
    ran = run("substance", "find", "7732-18-5")

    assert Exit.REFUSED == ran.code
    assert "no substance with the CAS number 7732-18-5" in ran.err
