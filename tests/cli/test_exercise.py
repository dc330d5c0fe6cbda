"""``tocsin exercise``: both scenarios from file to score, mistakes in a scenario, and networks that are no exercise."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from broker.database import reading
from consumers.inbox import items
from tests.cli.commands import run
from tocsin.cli.exercise import score_command
from tocsin.exercise.material import SHIPPED, load_scenario
from tocsin.exercise.running import run_live, score_here
from tocsin.folder import open_folder
from tocsin.installation import open_node

POINTS = {"acetic-anhydride": 39, "new-precursor": 35}
CAST = ("--cast=XA=NL", "--cast=XB=BE", "--cast=XC=DE")
DATA = resources.files("tocsin") / "data" / "exercise"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network in which the acetic anhydride case was played; nobody may change it."""
    folder = tmp_path_factory.mktemp("played") / "network"
    assert run("exercise", "run", "acetic-anhydride", "--json", folder=folder).code == 0
    return folder


def a_scenario(folder: Path, *changes: tuple[str, str], name: str = "new-precursor") -> Path:
    """Return the file of a scenario that ships, with texts replaced."""
    text = (DATA / f"{name}.toml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "scenario.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_a_run_without_people_scores_all_points(name: str, tmp_path: Path) -> None:
    ran = run("exercise", "run", name, "--json", folder=tmp_path / "network")

    document = ran.document()
    assert (0, POINTS[name], POINTS[name]) == (ran.code, document["points"], document["of"])
    assert {"in-time"} == {one["verdict"] for one in document["expected"]}
    assert {(0, 0)} == {(one["late"], one["missing"]) for one in document["participants"]}


def test_what_was_played_live_is_scored_by_the_same_cast() -> None:
    typed = score_command("new-precursor", ["XA=NL", "XB=BE"], Path("my network"))

    assert typed == "tocsin exercise score new-precursor --folder 'my network' --cast XA=NL --cast XB=BE"


def test_it_says_everywhere_that_it_is_an_exercise(played: Path) -> None:
    for shown in (
        run("exercise", "score", "acetic-anhydride", folder=played),
        run("inbox", "--as", "XA/regulator", folder=played),
    ):
        assert "EXERCISE" in shown.out
    with open_node(open_folder(played), "XA") as node, reading(node.engine) as connection:  # type: ignore[arg-type]
        found = list(items(connection, node.section_keys, node.served()[0], node.clock()))
    assert {"EXERCISE"} == {one.status.value for one in found}


def test_the_score_is_read_again_from_what_the_nodes_recorded(played: Path) -> None:
    document = run("exercise", "score", "acetic-anhydride", "--json", folder=played).document()

    assert POINTS["acetic-anhydride"] == document["points"]


def test_the_record_of_an_exercise_is_whole(played: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(played, tmp_path / "copy"))

    assert 0 == run("notary", "run", "--once", folder=copy).code
    assert [] == run("audit", "check", "--json", folder=copy).document()["findings"]


def test_without_one_reaction_there_are_less_points(tmp_path: Path) -> None:
    text = (DATA / "new-precursor.toml").read_text("utf-8")
    before, _, rest = text.partition('id = "answer-cestra"')
    mended, _, after = rest.partition("[expect.reaction]")
    rest = after.partition("\n\n")[2]
    path = tmp_path / "scenario.toml"
    path.write_text(f'{before}id = "answer-cestra"{mended}\n\n{rest}', "utf-8")

    document = run("exercise", "run", path, "--json", folder=tmp_path / "network").document()

    assert (POINTS["new-precursor"] - 3) == document["points"]
    assert ["answer-cestra"] == [one["id"] for one in document["expected"] if one["verdict"] == "missing"]


def test_a_late_reaction_scores_half(tmp_path: Path) -> None:
    path = a_scenario(tmp_path, ('after = "6h"', 'after = "1d12h"'))

    document = run("exercise", "run", path, "--json", folder=tmp_path / "network").document()

    (late,) = (one for one in document["expected"] if one["verdict"] == "late")
    assert ("warning", 2.5, 36 * 3600) == (late["id"], late["points"], late["took_seconds"])


def test_people_play_in_a_network_that_is_there(federation: Path) -> None:
    ran = run("exercise", "run", "acetic-anhydride", "--json", *CAST, folder=federation)

    assert (0, POINTS["acetic-anhydride"]) == (ran.code, ran.document()["points"])


def test_somebody_who_takes_no_part_there_is_named(federation: Path) -> None:
    ran = run("exercise", "run", "acetic-anhydride", folder=federation)

    assert 3 == ran.code
    assert "XA has no node in this folder" in ran.err


@pytest.mark.parametrize("status", ["actual", "test"])
def test_a_network_that_is_no_exercise_is_refused(status: str, federation: Path) -> None:
    settings = federation / "federation.toml"
    settings.write_text(settings.read_text("utf-8").replace('"exercise"', f'"{status}"'), "utf-8")

    ran = run("exercise", "run", "acetic-anhydride", *CAST, folder=federation)

    assert 4 == ran.code
    assert f"is {status}, and no exercise" in ran.err


def test_live_only_the_scenario_speaks_and_people_are_scored_afterwards(tmp_path: Path, played: Path) -> None:
    folder = open_folder(Path(shutil.copytree(played, tmp_path / "live")))
    scenario = load_scenario("acetic-anhydride")
    begun = datetime.now(UTC)
    passed = timedelta()

    async def sleep(seconds: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=seconds)

    def clock() -> datetime:
        return begun + passed

    told: list[str] = []
    asyncio.run(run_live(folder, scenario, 24 * 60.0, told.append, clock=clock, sleep=sleep))
    result = asyncio.run(score_here(folder, scenario, clock=clock))

    assert [one.id for one in sorted(scenario.steps, key=lambda one: one.at)] == told
    assert timedelta(minutes=5) <= passed <= timedelta(minutes=6), "five days of the scenario at 24 hours a minute"
    assert {"replied", "answered", "sent", "opened"}.isdisjoint(
        one.expected.deed.word for one in result.scored if one.took is not None
    )
    assert 0 < result.points < scenario.points


class TestMistakes:
    def test_all_are_said_at_once_each_with_its_place(self, tmp_path: Path) -> None:
        path = a_scenario(
            tmp_path,
            ('by = "XB/customs"', 'by = "XB/custons"'),
            ('kind = "inquiry"', 'kind = "inquirry"'),
            ('does = "opened"', 'does = "opend"'),
            ('within = "1h"', 'within = "soon"'),
            ("points = 5", "points = 0"),
            ('lasts = "20d"', 'lasts = "20d"\ncolour = "red"'),
        )

        ran = run("exercise", "show", path)

        assert 4 == ran.code
        for place, says in (
            ("the file", "'colour' is unknown"),
            ("message 3 (what-do-you-know)", "did you mean 'inquiry'?"),
            ("expect 1", "'soon' is no duration"),
            ("expect 2 (warning)", "points: expected a whole number from 1 to 100"),
            ("expect 3", "'opend' is no Deed"),
        ):
            assert any(place in line and says in line for line in ran.err.splitlines()), (place, says)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (('by = "XB/customs"', 'by = "XB/police"'), "XB/police takes no part; did you mean"),
            (
                ('message = "overdue"\nwithin', 'message = "overdu"\nwithin'),
                "no message 'overdu'; did you mean 'overdue'?",
            ),
            (('id = "second-sighting"', 'id = "proposal"'), "message 'proposal' is there twice"),
            (('at = "3d"', 'at = "30d"'), "is sent after the scenario's end"),
            (("@message second-sighting", "@message third-sighting"), "'third-sighting', which is not sent before it"),
            (('incident_type = "stopped-shipment"', 'incident_type = "stoped"'), "core: Invalid enum value 'stoped'"),
            (('value = "5"', 'value = "-5"'), "core.quantities[0].value: is negative"),
            (('lasts = "20d"', 'lasts = "90d"'), "at most 60d"),
            (('within = "3d"', 'within = "0h"'), "within: expected more than nothing"),
            (
                ('kind = "incident"\ntlp = "GREEN"\n[message.core]', 'kind = "incident"\n[message.trade]'),
                "has no section trade",
            ),
            (("@day+3", "@daily"), "is no reference"),
            (('name = "new-precursor"', "name = "), "cannot be read"),
        ],
    )
    def test_one_by_one(self, change: tuple[str, str], says: str, tmp_path: Path) -> None:
        ran = run("exercise", "show", a_scenario(tmp_path, change))

        assert (4, True) == (ran.code, says in ran.err), ran.err

    def test_a_name_that_could_be_somebodys_is_refused_and_not_repeated(self, tmp_path: Path) -> None:
        path = a_scenario(tmp_path, ("FICTITIOUS Arvania Acetyls", "Smith and Sons"), name="acetic-anhydride")

        ran = run("exercise", "show", path)

        assert 4 == ran.code
        assert "does not say FICTITIOUS" in ran.err
        assert "Smith" not in ran.err

    def test_a_recall_says_why(self, tmp_path: Path) -> None:
        path = a_scenario(tmp_path, ('reason = "The laboratory found rain water."', ""), name="acetic-anhydride")

        assert "a recall needs a reason" in run("exercise", "show", path).err

    def test_reactions_to_each_other_end(self, tmp_path: Path) -> None:
        path = a_scenario(
            tmp_path, ('message = "first-sighting"\nwithin = "1d"', 'message = "decision"\nwithin = "1d"'),
            ('message = "proposal"\nwithin = "3d"', 'message = "warning"\nwithin = "3d"'),
        )  # fmt: skip

        assert 4 == run("exercise", "show", path).code

    def test_a_scenario_that_is_not_there_names_the_nearest(self) -> None:
        ran = run("exercise", "show", "acetic-anhydrid")

        assert 3 == ran.code
        assert "did you mean 'acetic-anhydride'?" in ran.err

    @pytest.mark.parametrize("cast", ["XA", "XA=", "XA=nl", "=NL"])
    def test_a_cast_that_is_none_is_a_mistake_of_usage(self, cast: str) -> None:
        assert 2 == run("exercise", "run", "new-precursor", "--cast", cast).code

    def test_what_was_not_played_has_no_score(self, federation: Path) -> None:
        ran = run("exercise", "score", "new-precursor", folder=federation)

        assert 4 == ran.code
        assert "was not played" in ran.err


def test_the_list_has_what_ships() -> None:
    document = run("exercise", "list", "--json").document()

    assert POINTS == {one["name"]: one["points"] for one in document}


def test_show_plays_nothing(tmp_path: Path) -> None:
    ran = run("exercise", "show", "new-precursor")

    assert 0 == ran.code
    assert "first-sighting" in ran.out
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_asked_at_most_about_what_its_texts_tell_besides(name: str) -> None:
    questions = run("exercise", "show", name, "--json").document()["questions"]

    assert {"several-amounts"} >= {one["code"] for one in questions}


def test_what_looks_odd_in_a_scenario_is_asked_and_keeps_nothing_back(tmp_path: Path) -> None:
    path = a_scenario(tmp_path, ('value = "14000"', 'value = "14"'), name="acetic-anhydride")

    questions = run("exercise", "show", path, "--json").document()["questions"]
    ran = run("exercise", "show", path)

    assert ("suspicious", "core.quantities[0].value", "thousand-slip") in [
        (one["id"], one["field"], one["code"]) for one in questions
    ]
    assert 0 == ran.code
    assert "a thousand times apart" in ran.out
