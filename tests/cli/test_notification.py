"""A notification from draft to arrival as the regulators of two countries type it, and what each mistake is told."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.commands import SEIZURE, Ran, a_file, run

TODAY = datetime.now(UTC).date()
DISPATCH = (TODAY + timedelta(days=40)).isoformat()
FIRM = "FICTITIOUS Chemicals"
COMPANIES = {
    "exporter_name": f"{FIRM} Export BV",
    "exporter_address": "Voorbeeldweg 1, Rotterdam",
    "importer_name": f"{FIRM} Import NV",
    "importer_address": "Voorbeeldlaan 2, Antwerpen",
    "no_consignee_known": True,
}
GOODS = (
    "--to", "BE", "--substance", "acetic anhydride", "--quantity", "1000 kg", "--entry", "BEANR",
    "--dispatch", DISPATCH,
)  # fmt: skip
RULE = {"number": 15, "unit": "working-days", "calendar": "NL", "law": "Export Order, article 3"}
NL_SAYS: dict[str, Any] = {"rule": RULE}
BE_SAYS: dict[str, Any] = {
    "asks": [{"scope": "table-i", "wanted": True, "from_day": "2020-01-01"}],
    "simplified_months": 12,
}


def says(federation: Path, folder: Path, code: str, document: dict[str, Any]) -> Ran:
    file = folder / f"trade-{code}.json"
    file.write_bytes(msgspec.json.encode(document))
    return run("directory", "add", "trade", file, "--as", code, folder=federation)


def receive(authority: str, federation: Path) -> None:
    assert 0 == run("receive", "--as", authority, folder=federation).code


@pytest.fixture(scope="module")
def ready(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a federation where NL has a deadline rule and BE asks for notifications; nobody may change it."""
    folder = tmp_path_factory.mktemp("ready")
    federation = Path(shutil.copytree(founded, folder / "federation"))
    assert 0 == says(federation, folder, "NL", NL_SAYS).code
    assert 0 == says(federation, folder, "BE", BE_SAYS).code
    for authority in ("NL/regulator", "BE/regulator", "DE/regulator"):
        receive(authority, federation)
    return federation


@pytest.fixture(scope="module")
def sent(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return that federation once BE has received a notification of NL; nobody may change it."""
    federation = Path(shutil.copytree(ready, tmp_path_factory.mktemp("sent") / "federation"))
    notified = notify(federation)
    assert 0 == notified.code, notified.err
    receive("BE/regulator", federation)
    return federation


@pytest.fixture
def here(ready: Path, tmp_path: Path) -> Path:
    """Return a copy of the test's own."""
    return Path(shutil.copytree(ready, tmp_path / "federation"))


@pytest.fixture
def there(sent: Path, tmp_path: Path) -> Path:
    """Return a copy of the test's own, with a notification."""
    return Path(shutil.copytree(sent, tmp_path / "federation"))


def companies(federation: Path, **changes: Any) -> Path:
    file = federation / "companies.json"
    file.write_bytes(msgspec.json.encode({**COMPANIES, **changes}))
    return file


def notify(federation: Path, *options: str, **changes: Any) -> Ran:
    file = companies(federation, **changes)
    return run("notification", "new", "--as", "NL/regulator", *GOODS, "--file", file, *options, folder=federation)


def listed(authority: str, federation: Path, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run(
        "notification", "list", "--as", authority, "--json", *options, folder=federation
    ).document()
    return found


def name_of(federation: Path) -> str:
    return str(listed("NL/regulator", federation)[0]["message"])


def act(federation: Path, command: str, authority: str, *options: str) -> Ran:
    return run("notification", command, name_of(federation), "--as", authority, *options, folder=federation)


def done(federation: Path, command: str, authority: str, *options: str) -> None:
    ran = act(federation, command, authority, *options)
    assert 0 == ran.code, ran.err


def shown(authority: str, federation: Path) -> dict[str, Any]:
    found: dict[str, Any] = act(federation, "show", authority, "--json").document()
    return found


def test_the_importing_country_gets_it_with_its_clock(sent: Path) -> None:
    (found,) = listed("BE/regulator", sent)
    assert ("sent", "NL", "BE", ["acetic anhydride"], ["1 000 kg"]) == (
        found["state"], found["exporting_country"], found["importing_country"], found["substances"],
        [one.replace("\N{NARROW NO-BREAK SPACE}", " ") for one in found["quantities"]],
    )  # fmt: skip
    assert found["answer_by"] > (TODAY + timedelta(days=18)).isoformat()


def test_the_rule_and_its_silence_are_said_in_words(sent: Path) -> None:
    clock = shown("BE/regulator", sent)["clock"]
    assert "15 working days" in clock["rule"]
    assert "Export Order, article 3" in clock["rule"]
    assert "The rule does not say what follows when no answer comes." == clock["on_silence"]


def test_regulators_open_the_companies_and_nobody_lists_them(sent: Path) -> None:
    name = name_of(sent)
    for authority in ("NL/regulator", "BE/regulator"):
        opened = run("inbox", "show", name, "--as", authority, "--purpose", "regulation", folder=sent)
        assert FIRM in opened.out, authority
        for command in (("notification", "list"), ("notification", "show", name), ("inbox", "list")):
            assert FIRM not in run(*command, "--as", authority, folder=sent).out
    police = run("inbox", "show", name, "--as", "BE/police", "--purpose", "investigation", folder=sent)
    assert FIRM not in police.out


def test_a_third_country_sees_nothing_of_it(sent: Path) -> None:
    receive("DE/regulator", sent)
    assert [] == listed("DE/regulator", sent)


def test_the_whole_way_from_reply_to_arrival(there: Path) -> None:
    done(there, "reply", "BE/regulator", "--received")
    done(there, "reply", "BE/regulator", "--no-objection", "--permit", "BE-1")
    receive("NL/regulator", there)
    assert "no-objection" == shown("NL/regulator", there)["state"]
    done(there, "ship", "NL/regulator", "--shipment", "1", "--quantity", "600 kg")
    assert "partly-shipped" == shown("NL/regulator", there)["state"]
    done(there, "ship", "NL/regulator", "--shipment", "2", "--quantity", "0.4 t")
    receive("BE/regulator", there)
    assert "shipped" == shown("BE/regulator", there)["state"]
    done(there, "ship", "BE/regulator", "--shipment", "1", "--quantity", "600 kg", "--arrived")
    done(there, "ship", "BE/regulator", "--shipment", "2", "--quantity", "150 kg", "--short")
    receive("NL/regulator", there)
    found = shown("NL/regulator", there)
    (line,) = found["balance"]
    assert ("short", {"low": "0", "high": "0"}) == (
        found["state"],
        line["left"],
    )
    assert "150" == line["missing"]["low"]
    assert ["short"] == [one["code"] for one in found["noticed"]]


@pytest.mark.parametrize(
    ("options", "state"),
    [
        (("--objection", "No permit."), "objection"),
        (("--more", "Who is the end user?"), "more-information"),
        (("--suspend", "We look into the importer."), "suspended"),
        (("--received",), "received"),
    ],
)
def test_each_reply_is_the_state(there: Path, options: tuple[str, ...], state: str) -> None:
    done(there, "reply", "BE/regulator", *options)
    receive("NL/regulator", there)
    assert state == shown("NL/regulator", there)["state"]


def test_the_same_reply_twice_is_one(there: Path) -> None:
    done(there, "reply", "BE/regulator", "--no-objection")
    again = act(there, "reply", "BE/regulator", "--no-objection", "--json").document()
    assert ([], 1) == (again["published"], len(again["already"]))


def test_an_answer_may_be_taken_back_and_given_again(there: Path) -> None:
    for options in (("--objection", "No permit."), ("--no-objection",), ("--objection", "No permit.")):
        done(there, "reply", "BE/regulator", *options)
    found = shown("BE/regulator", there)
    assert ("objection", 3) == (found["state"], len(found["replies"]))


def test_an_amendment_asks_anew(there: Path) -> None:
    done(there, "reply", "BE/regulator", "--no-objection")
    receive("NL/regulator", there)
    done(there, "amend", "NL/regulator", "--quantity", "800 kg")
    receive("BE/regulator", there)
    found = shown("BE/regulator", there)
    assert ("sent", 2, [False]) == (
        found["state"], len(found["versions"]), [one["to_current"] for one in found["replies"]],
    )  # fmt: skip
    assert ["answers-earlier-version"] == [one["code"] for one in found["noticed"]]
    current = run("inbox", "show", found["current"], "--as", "BE/regulator", "--purpose", "regulation", folder=there)
    assert FIRM in current.out


def test_a_cancellation_ends_it(there: Path) -> None:
    done(there, "cancel", "NL/regulator", "--reason", "The buyer withdrew.")
    receive("BE/regulator", there)
    assert "cancelled" == shown("BE/regulator", there)["state"]
    assert [] == listed("BE/regulator", there, "--open")
    assert 4 == act(there, "amend", "NL/regulator", "--quantity", "5 kg").code


def test_a_dry_run_says_who_would_read_what_and_sends_nothing(here: Path) -> None:
    ran = notify(here, "--dry-run", "--json")
    found = ran.document()
    assert (0, []) == (ran.code, found["missing"])
    trade = next(row for row in found["audience"] if row["section"] == "trade")
    permitted = {name for verdict in trade["permitted"] for name in verdict["authorities"]}
    assert ({"BE/regulator"}, set()) == (
        permitted & {"BE/regulator", "BE/police", "BE/health"}, {name for name in permitted if name.startswith("DE")},
    )  # fmt: skip
    assert found["answer_by"] is not None
    assert any(day["why"] in ("saturday", "sunday") for day in found["days_off"])
    assert FIRM not in ran.out + ran.err
    assert [] == listed("NL/regulator", here)


def test_what_is_missing_is_named_with_its_article_and_nothing_is_sent(here: Path) -> None:
    ran = run("notification", "new", "--as", "NL/regulator", "--to", "BE", "--json", folder=here)
    assert 4 == ran.code
    reasons = ran.document()["refused"][0]["reasons"]
    assert {
        "trade.exporter.name", "trade.exporter.address", "trade.importer.name", "trade.importer.address",
        "trade.consignee.name", "substances", "quantities", "points_of_entry", "dispatch_from",
    } <= {one["field"] for one in reasons if one["code"] == "missing"}  # fmt: skip
    assert all("article 12(10)(a)" in one["message"] for one in reasons if one["field"].startswith("trade."))
    assert [] == listed("NL/regulator", here)


def test_a_draft_is_a_file_that_is_filled_in_and_sent(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "pen.json"
    drafted = run("notification", "draft", file, "--as", "NL/regulator", *GOODS, folder=here)
    assert (0, 0o600) == (drafted.code, file.stat().st_mode & 0o777)
    assert "name of the exporter" in file.read_text("utf-8")
    assert 4 == run("notification", "send", file, "--as", "NL/regulator", folder=here).code
    file.write_bytes(msgspec.json.encode({**msgspec.json.decode(file.read_bytes()), **COMPANIES}))
    sent = run("notification", "send", file, "--as", "NL/regulator", folder=here)
    assert 0 == sent.code, sent.err
    assert ["sent"] == [one["state"] for one in listed("NL/regulator", here)]


def test_the_same_notification_is_sent_once(here: Path) -> None:
    assert 0 == notify(here).code
    again = notify(here, "--json").document()
    assert ([], 1) == (again["published"], len(again["already"]))


def test_nothing_is_overwritten_by_a_draft(here: Path, tmp_path: Path) -> None:
    file = tmp_path / "pen.json"
    file.write_text("mine")
    refused = run("notification", "draft", file, "--as", "NL/regulator", *GOODS, folder=here)
    assert (4, "mine") == (refused.code, file.read_text())


def test_a_substance_that_is_not_asked_for_is_advice(here: Path) -> None:
    ran = notify(here, "--substance", "acetone", "--json")
    assert 0 == ran.code
    assert "not-asked" in {one["code"] for one in ran.document()["questions"]}


def test_a_government_that_has_said_nothing_is_advice(here: Path) -> None:
    ran = notify(here, "--to", "DE", "--json")
    assert 0 == ran.code, ran.err
    assert "asking-not-known" in {one["code"] for one in ran.document()["questions"]}


def test_what_a_country_agreed_on_is_asked_for(here: Path, tmp_path: Path) -> None:
    assert 0 == says(here, tmp_path, "BE", {**BE_SAYS, "agreed": ["import-authorization"]}).code
    receive("NL/regulator", here)
    refused = notify(here, "--json")
    assert 4 == refused.code
    (reason,) = refused.document()["refused"][0]["reasons"]
    assert ("import_authorization", "missing") == (reason["field"], reason["code"])
    assert 0 == notify(here, "--set", "import_authorization=BE-2026-1").code


def test_a_simplified_notification_keeps_a_balance(here: Path) -> None:
    until = (TODAY + timedelta(days=200)).isoformat()
    assert 0 == notify(here, "--simplified", "--until", until).code
    for number, amount in (("1", "700 kg"), ("2", "700 kg")):
        done(here, "ship", "NL/regulator", "--shipment", number, "--quantity", amount)
    found = shown("NL/regulator", here)
    (line,) = found["balance"]
    assert ("certain", "-400") == (line["overshoot"], line["left"]["low"])
    assert "overshoot" in {one["code"] for one in found["noticed"]}


def test_nothing_is_due_at_once(sent: Path) -> None:
    ran = run("notification", "remind", "--as", "BE/regulator", "--json", folder=sent)
    assert (0, []) == (ran.code, ran.document())


def test_what_has_no_last_day_is_said_where_nothing_is_due(founded: Path, tmp_path: Path) -> None:
    federation = Path(shutil.copytree(founded, tmp_path / "federation"))
    receive("BE/regulator", federation)
    assert 0 == notify(federation).code
    receive("BE/regulator", federation)

    ran = run("notification", "remind", "--as", "BE/regulator", folder=federation)

    assert "Nothing is due for BE/regulator." in ran.out
    assert "No last day is named for 1 notification that nobody has answered" in ran.out
    assert "NL/regulator/1#2" in ran.out
    assert ran.out.startswith("EXERCISE EXERCISE EXERCISE"), "it says so whatever it names"
    (found,) = run("notification", "remind", "--as", "BE/regulator", "--json", folder=federation).document()
    assert ("NL/regulator/1#2", "no-last-day", "we-answer", None, None, []) == (
        found["notification"], found["lateness"], found["side"], found["answer_by"], found["working_days"],
        found["call"],
    )  # fmt: skip


def test_an_exercise_says_so_in_every_list(sent: Path) -> None:
    listed_there = run("notification", "list", "--as", "BE/regulator", folder=sent)
    shown = run("notification", "show", "NL/regulator/1#2", "--as", "BE/regulator", folder=sent)

    for one in (listed_there, shown):
        assert one.out.startswith("EXERCISE EXERCISE EXERCISE")
    assert "sent (exercise)" in listed_there.out
    assert {"exercise"} == {one["status"] for one in listed("BE/regulator", sent)}


def test_a_draft_names_the_columns_to_fill_in(ready: Path, tmp_path: Path) -> None:
    file = tmp_path / "pen.json"
    ran = run("notification", "draft", file, "--as", "NL/regulator", "--to", "BE", folder=ready)

    lacking = {text.partition(":")[0] for text in msgspec.json.decode(file.read_bytes())["missing"]}
    assert lacking == {
        "exporter_name", "exporter_address", "importer_name", "importer_address", "consignee_name",
        "substance_as_reported", "quantity_value", "point_of_entry", "dispatch_from",
    }  # fmt: skip
    assert "  exporter_name (missing): name of the exporter" in ran.out
    assert "Next: fill in these columns in pen.json; then: tocsin notification send" in ran.out


MISTAKES: tuple[tuple[str, tuple[str, ...], int, str], ...] = (
    ("reply", ("--as", "NL/regulator", "--no-objection"), 4, "BE answers"),
    ("reply", ("--as", "BE/regulator"), 2, "say one"),
    ("reply", ("--as", "BE/regulator", "--received", "--no-objection"), 2, "say one"),
    ("reply", ("--as", "BE/regulator", "--no-objection", "--valid-until", "soon"), 2, "no day"),
    ("ship", ("--as", "NL/regulator", "--shipment", "1"), 4, "quantities"),
    ("ship", ("--as", "NL/regulator", "--shipment", "1", "--quantity", "much"), 4, "quantity_value"),
    ("ship", ("--as", "NL/regulator", "--shipment", " ", "--quantity", "1 kg"), 4, "shipment"),
    ("ship", ("--as", "NL/regulator", "--shipment", "1", "--arrived", "--short"), 2, "say one"),
    ("amend", ("--as", "BE/regulator", "--quantity", "5 kg"), 4, "is of NL"),
    ("amend", ("--as", "NL/regulator"), 4, "nothing is amended"),
    ("amend", ("--as", "NL/regulator", "--quantity", "1000 kg"), 4, "nothing is amended"),
    ("amend", ("--as", "NL/regulator", "--set", "substanc=x"), 2, "did you mean"),
    ("cancel", ("--as", "NL/regulator", "--reason", " "), 4, "say why"),
    ("cancel", ("--as", "BE/regulator", "--reason", "No."), 4, "is of NL"),
)


@pytest.mark.parametrize(("command", "options", "code", "text"), MISTAKES)
def test_a_mistake_is_told_and_changes_nothing(
    sent: Path, command: str, options: tuple[str, ...], code: int, text: str
) -> None:
    ran = run("notification", command, name_of(sent), *options, folder=sent)
    assert (code, True) == (ran.code, text in ran.err), ran.err
    assert "sent" == shown("NL/regulator", sent)["state"]


def test_a_message_that_is_not_there_looks_like_one_that_is_denied(sent: Path) -> None:
    assert 5 == run("notification", "show", "NL/regulator/1#999", "--as", "BE/regulator", folder=sent).code
    assert 5 == run("notification", "show", name_of(sent), "--as", "DE/regulator", folder=sent).code


def test_a_message_about_something_else_is_no_notification(here: Path, tmp_path: Path) -> None:
    published = run("publish", a_file(tmp_path, SEIZURE), "--as", "NL/regulator", "--json", folder=here).document()
    receive("NL/regulator", here)
    name = published["published"][0]["message"]
    ran = run("notification", "show", name, "--as", "NL/regulator", folder=here)
    assert (5, True) == (ran.code, "is no notification" in ran.err)


BAD_FILES: tuple[tuple[str, int, str], ...] = (
    ("{", 4, "cannot be read"),
    ("[]", 4, "no JSON object"),
    ('{"importing_contry": "BE"}', 4, "did you mean"),
    ('{"importing_country": ["BE"]}', 4, "expected text"),
)


@pytest.mark.parametrize(("text", "code", "says"), BAD_FILES)
def test_a_bad_draft_file_is_refused(ready: Path, tmp_path: Path, text: str, code: int, says: str) -> None:
    file = tmp_path / "pen.json"
    file.write_text(text, "utf-8")
    ran = run("notification", "send", file, "--as", "NL/regulator", folder=ready)
    assert (code, True) == (ran.code, says in ran.err), ran.err


BAD_COLUMNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("--to", "Belgium"), "importing_country"),
    (("--to", "NL"), "importing_country"),
    (("--quantity", "a lot"), "quantity_value"),
    (("--dispatch", "next week"), "dispatch_from"),
    (("--until", "2020-01-01"), "dispatch_to"),
    (("--set", "exporting_country=BE"), "exporting_country"),
)


@pytest.mark.parametrize(("options", "field"), BAD_COLUMNS)
def test_a_bad_column_is_refused_by_its_name(ready: Path, tmp_path: Path, options: tuple[str, ...], field: str) -> None:
    file = tmp_path / "companies.json"
    file.write_bytes(msgspec.json.encode(COMPANIES))
    ran = run("notification", "new", "--as", "NL/regulator", *GOODS, "--file", file, *options, "--json", folder=ready)
    assert 4 == ran.code, ran.err
    assert field in {one["field"] for one in ran.document()["refused"][0]["reasons"]}
    assert FIRM not in ran.out + ran.err


def test_what_governments_say_is_shown_to_everybody(ready: Path) -> None:
    found = {one["participant"]: one["says"] for one in run("directory", "trade", "--json", folder=ready).document()}
    assert (None, "working-days", "table-i") == (
        found["DE"], found["NL"]["rule"]["unit"], found["BE"]["asks"][0]["scope"],
    )  # fmt: skip
    shown = run("directory", "trade", "NL", folder=ready).out
    assert "15 working days" in shown
    assert 3 == run("directory", "trade", "ZZ", folder=ready).code


BAD_TRADE: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"aks": []}, 4, "did you mean 'asks'"),
    ({"participant": "BE"}, 4, "written for NL"),
    ({"asks": [{"scope": "tabel-i", "wanted": True, "from_day": "2026-01-01"}]}, 4, "did you mean 'table-i'"),
    ({"asks": [{"scope": "table-i", "wanted": True, "from_day": "soon"}]}, 4, "asks[0].from_day"),
    ({"asks": [{"scope": "substance", "wanted": True, "from_day": "2026-01-01"}]}, 4, "substance is named"),
    ({"agreed": ["end-usr"]}, 4, "did you mean 'end-user'"),
    ({"simplified_months": 7}, 4, "expected 0, 6 or 12"),
    ({"rule": {**RULE, "unit": "work-days"}}, 4, "rule.unit"),
    ({"rule": {**RULE, "number": 0}}, 4, "rule.number"),
    ({"rule": {**RULE, "law": " "}}, 4, "rule.law"),
    ({"rule": {**RULE, "calendar": "XX"}}, 3, "no calendar"),
    ({"rule": {**RULE, "subdivision": "ZZ"}}, 3, "no calendar"),
    ({"rule": {**RULE, "weekend": ["sunday", "sunday"]}}, 4, "said twice"),
    ({"rule": {**RULE, "holidays": ["2026-02-30"]}}, 4, "rule.holidays[0]"),
)


@pytest.mark.parametrize(("document", "code", "text"), BAD_TRADE)
def test_a_bad_trade_entry_is_never_sent(
    ready: Path, tmp_path: Path, document: dict[str, Any], code: int, text: str
) -> None:
    ran = says(ready, tmp_path, "NL", document)
    assert (code, True) == (ran.code, text in ran.err), ran.err
    found = run("directory", "trade", "NL", "--json", folder=ready).document()
    assert 15 == found[0]["says"]["rule"]["number"]


ROW = {
    "importing_country": "BE",
    "substance_as_reported": "acetic anhydride",
    "quantity_value": "1000",
    "quantity_unit": "kg",
    "point_of_entry": "BEANR",
    "dispatch_from": DISPATCH,
    "exporter_name": FIRM,
    "exporter_address": "Voorbeeldweg 1",
    "importer_name": FIRM,
    "importer_address": "Voorbeeldlaan 2",
    "no_consignee_known": "yes",
}


def published(federation: Path, folder: Path, *options: str, **changes: str) -> Ran:
    file, row = folder / "rows.csv", {**ROW, **changes}
    file.write_text("\n".join((",".join(row), ",".join(row.values()))))
    return run("publish", file, "--kind", "notification", "--as", "NL/regulator", "--json", *options, folder=federation)


def test_a_notification_from_a_file_has_the_clock_of_its_country(here: Path, tmp_path: Path) -> None:
    ran = published(here, tmp_path)

    assert 0 == ran.code, ran.err
    clock = shown("NL/regulator", here)["clock"]
    assert clock["is_stated"]
    assert clock["rule"].startswith("15 working days")
    again = published(here, tmp_path).document()
    assert ([], 1) == (again["published"], len(again["already"]))


def test_a_notification_from_a_file_lacks_what_the_importing_country_asks_for(here: Path, tmp_path: Path) -> None:
    assert 0 == says(here, tmp_path, "BE", {**BE_SAYS, "agreed": ["import-authorization"]}).code
    receive("NL/regulator", here)

    ran = published(here, tmp_path)

    assert 4 == ran.code
    (refused,) = ran.document()["refused"]
    assert [("import_authorization", "missing")] == [(one["field"], one["code"]) for one in refused["reasons"]]


def test_a_notification_from_a_file_gets_the_advice_that_a_new_one_gets(here: Path, tmp_path: Path) -> None:
    soon = (TODAY + timedelta(days=1)).isoformat()
    other = {"substance_as_reported": "acetone", "dispatch_from": soon, "dispatch_to": soon, "simplified": "yes"}

    odd = published(here, tmp_path, **other)
    early = published(here, tmp_path, dispatch_from=soon)
    to_nobody = published(here, tmp_path, importing_country="FR", point_of_entry="FRLEH")

    assert [[("substance_as_reported", "not-asked")], [("dispatch_from", "before-answer")]] == [
        asked(odd),
        asked(early),
    ]
    assert [("importing_country", "not-in-network")] == asked(to_nobody)
    assert asked(early) == [
        (one["field"], one["code"]) for one in notify(here, "--dispatch", soon, "--json").document()["questions"]
    ]


def test_a_dry_run_of_a_file_gives_the_same_advice(here: Path, tmp_path: Path) -> None:
    ran = published(here, tmp_path, "--dry-run", substance_as_reported="acetone")

    assert [("substance_as_reported", "not-asked")] == asked(ran)


def asked(ran: Ran) -> list[tuple[str, str]]:
    return [(one["field"], one["code"]) for one in ran.document()["questions"]]


def test_the_list_says_what_to_look_at(there: Path) -> None:
    done(there, "ship", "NL/regulator", "--shipment", "1", "--quantity", "5 t")

    (one,) = listed("NL/regulator", there)
    table = run("notification", "list", "--as", "NL/regulator", folder=there).out

    assert {"overshoot", "shipped-without-answer"} == {each["code"] for each in one["noticed"]}
    assert "overshoot, shipped-without-answer" in table


def test_more_than_was_notified_is_said_when_it_is_sent(there: Path) -> None:
    first = act(there, "ship", "NL/regulator", "--shipment", "1", "--quantity", "5 t")
    again = act(there, "ship", "NL/regulator", "--shipment", "2", "--quantity", "1 kg")

    assert (0, True) == (first.code, "Look at it: " in first.out), first.err
    assert (0, False) == (again.code, "Look at it: " in again.out), again.err


def test_a_day_that_cannot_be_read_is_not_missing_as_well(here: Path) -> None:
    ran = run(
        "notification", "new", "--as", "NL/regulator", *GOODS[:-1], "tomorrow", "--json", "--file", companies(here),
        folder=here,
    )  # fmt: skip

    assert 4 == ran.code
    assert "bad-date" in ran.err
    assert "dispatch_from (missing)" not in ran.err


@pytest.mark.parametrize("authority", ["NL/regulator", "BE/regulator"])
def test_a_notification_that_was_taken_back_is_listed_as_that(authority: str, there: Path) -> None:
    name = name_of(there)
    done(there, "reply", "BE/regulator", "--no-objection")
    receive("NL/regulator", there)
    because = ("--reason", "Zout uit Voorbeeldstad.")
    assert 0 == run("recall", name, "--as", "NL/regulator", *because, folder=there).code
    receive("BE/regulator", there)
    receive("NL/regulator", there)

    list_ = run("notification", "list", "--as", authority, folder=there)
    (found,) = listed(authority, there)
    show = run("notification", "show", name, "--as", authority, folder=there)

    assert (name, "withdrawn", False, "NL/regulator", None) == (
        found["message"], found["state"], found["is_open"], found["by"], found["importing_country"],
    )  # fmt: skip
    assert ("recalled", "NL/regulator") == (found["withdrawn"]["reason"], found["withdrawn"]["by"])
    assert f"recalled {found['withdrawn']['at'][:10]} by NL/regulator" in list_.out
    assert "Voorbeeldstad" not in list_.out, "why, in the words of a person, stands in no list"
    assert "does not have" not in list_.out, "its answer is about one that was here"
    assert ("Voorbeeldstad" in show.out, "acetic" in show.out, 0) == (True, False, show.code)
    assert "BE/regulator/1#" in show.out, "what was answered is still here"
    assert [] == [one for option in ("--open", "--overdue") for one in listed(authority, there, option)]


def test_a_notification_that_was_taken_back_can_be_shown_by_scripts(there: Path) -> None:
    name = name_of(there)
    assert 0 == run("recall", name, "--as", "NL/regulator", "--reason", "Salt.", folder=there).code
    receive("BE/regulator", there)

    document = run("notification", "show", name, "--as", "BE/regulator", "--json", folder=there).document()

    assert ("withdrawn", [], "Salt.") == (document["state"], document["about"], document["withdrawn"]["says"])
