"""Founding an exercise network."""

from pathlib import Path

import pytest

from broker.errors import AlreadyThere, BadName, BadSettings, MissingFile
from broker.policy.builtin import open_house_table, open_national_table
from tocsin.administering import fetch_directory
from tocsin.folder import open_folder
from tocsin.founding import Founding, found_federation
from tocsin.installation import open_node
from tocsin.members import usual_member

NL = usual_member("NL")


async def test_everything_that_is_written_applies(tmp_path: Path) -> None:
    founding = Founding(
        id="exercise",
        members=(NL, usual_member("BE")),
        conditions={"NL": open_national_table("NL")},
        houses={"BE": open_house_table("BE/~1")},
    )
    folder = await found_federation(tmp_path / "made", founding)
    directory = await fetch_directory(folder)

    assert () == directory.findings
    assert ["BE", "NL"] == [one.code for one in directory.participants()]
    assert directory.conditions("NL") is not None
    with open_node(folder, folder.participants()[0]) as node:
        assert "no-house-rules" == node.house.name


async def test_no_file_holds_the_path_of_the_folder(tmp_path: Path) -> None:
    folder = await found_federation(tmp_path / "made", Founding(id="exercise", members=(NL,)))
    files = [path for path in folder.root.rglob("*") if path.is_file()]

    assert [] == [path.name for path in files if str(tmp_path).encode() in path.read_bytes()]


async def test_an_interrupted_founding_is_no_federation(tmp_path: Path) -> None:
    folder = await found_federation(tmp_path / "made", Founding(id="exercise", members=(NL,)))
    folder.federation_file.unlink()

    with pytest.raises(MissingFile):
        open_folder(folder.root)
    with pytest.raises(AlreadyThere):
        await found_federation(folder.root, Founding(id="exercise", members=(NL,)))


@pytest.mark.parametrize(
    "founding",
    [
        Founding(id="exercise", members=()),
        Founding(id="exercise", members=(NL, NL)),
        Founding(id="exercise", members=(NL,), profiles={"BE": ""}),
    ],
    ids=["nobody", "twice", "a stranger's profiles"],
)
async def test_a_founding_that_contradicts_itself_makes_nothing(tmp_path: Path, founding: Founding) -> None:
    with pytest.raises(BadSettings):
        await found_federation(tmp_path / "made", founding)

    assert not (tmp_path / "made").exists()


async def test_a_name_that_is_none_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadName):
        await found_federation(tmp_path / "made", Founding(id="Exercise 2026", members=(NL,)))

    assert not (tmp_path / "made").exists()
