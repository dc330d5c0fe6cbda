"""Founding an exercise network."""

from pathlib import Path

import pytest

from broker.directory.entries import RootEntry
from broker.errors import AlreadyThere, BadName, BadSettings, MissingFile
from broker.policy.builtin import open_house_table, open_national_table
from broker.types.names import Participant
from tocsin.administering import fetch_directory
from tocsin.folder import FederationFolder, open_folder
from tocsin.founding import Founding, found_federation
from tocsin.installation import open_node
from tocsin.members import Member, usual_member
from tocsin.secret import load_key
from tocsin.settings import load_federation, load_node, load_notary

pytestmark = pytest.mark.timeout(120)  # many keys are made

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


def several(count: int) -> list[Member]:
    return [usual_member(f"{code}={code}") for code in ("NL", "BE", "FR", "ES", "IT", "PL")][:count]


async def root_of(folder: FederationFolder) -> RootEntry:
    return (await fetch_directory(folder)).root


@pytest.mark.parametrize(
    ("participants", "witnesses", "names", "quorum"),
    [
        (1, 5, ["NL"], 1),
        (2, 5, ["NL", "BE"], 2),
        (3, 5, ["NL", "BE", "FR"], 2),
        (6, 5, ["NL", "BE", "FR", "ES", "IT"], 3),
        (6, 2, ["NL", "BE"], 2),
        (6, 0, [], 0),
    ],
)
async def test_a_root_record_appoints_a_notary_and_the_first_participants_as_witnesses(
    tmp_path: Path, participants: int, witnesses: int, names: list[str], quorum: int
) -> None:
    founding = Founding(id="exercise", members=several(participants), witnesses=witnesses)
    folder = await found_federation(tmp_path / "made", founding)
    root = await root_of(folder)
    notary = load_key(load_notary(folder).key, folder.hub)

    assert root.notary_key is not None
    assert notary.public == root.notary_key.public
    assert [f"exercise/witness/{code}" for code in names] == [one.name for one in root.witnesses]
    assert quorum == root.witness_quorum
    assert "log" == load_federation(folder).log
    for code, one in zip(names, root.witnesses, strict=True):
        reference = load_node(folder, Participant(code)).witness_key
        assert reference is not None
        assert one.key.public == load_key(reference, folder.node(code).root).public


async def test_who_is_no_witness_has_no_key_of_one(tmp_path: Path) -> None:
    folder = await found_federation(tmp_path / "made", Founding(id="exercise", members=several(2), witnesses=1))

    assert load_node(folder, Participant("BE")).witness_key is None
    assert [folder.node("NL").keys / "witness.pem"] == list(folder.root.rglob("witness.pem"))


async def test_two_participants_of_one_operator_are_one_witness(tmp_path: Path) -> None:
    members = (usual_member("NL=The same"), usual_member("BE=The same"), usual_member("FR"))
    folder = await found_federation(tmp_path / "made", Founding(id="exercise", members=members))

    assert ["The same", "FR"] == [one.operator for one in (await root_of(folder)).witnesses]


@pytest.mark.parametrize("witnesses", [-1, 10])
async def test_a_number_of_witnesses_that_makes_no_sense_makes_nothing(tmp_path: Path, witnesses: int) -> None:
    with pytest.raises(BadSettings, match="0 to 9 witnesses"):
        await found_federation(tmp_path / "made", Founding(id="exercise", members=(NL,), witnesses=witnesses))

    assert not (tmp_path / "made").exists()
