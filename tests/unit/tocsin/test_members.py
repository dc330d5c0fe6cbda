"""Files that describe who founds a federation."""

from pathlib import Path

import pytest

from broker.errors import BadName, BadSettings, MissingFile
from broker.types.vocabulary import Purpose, Role, Sector
from tocsin.members import Post, active_entry, load_members, usual_member


def a_file(folder: Path, text: str) -> Path:
    path = folder / "members.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_described_participant_has_the_authorities_of_its_file(tmp_path: Path) -> None:
    text = (
        '[NL]\nname = "Netherlands"\n[[NL.authorities]]\nname = "lab"\nsector = "laboratory"\nroles = ["subscriber"]\n'
    )
    (member,) = load_members(a_file(tmp_path, text))

    assert ("NL", "Netherlands") == (member.code, member.name)
    assert (Post(name="lab", sector=Sector.LABORATORY, roles=(Role.SUBSCRIBER,)),) == member.authorities


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = '[NL]\nnme = "x"\n[[NL.authorities]]\nname = "lab"\nsector = "labratory"\n[nl]\nname = "y"\n'
    with pytest.raises(BadSettings) as caught:
        load_members(a_file(tmp_path, text))

    assert 3 == len(str(caught.value).splitlines())
    assert "did you mean 'name'?" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        load_members(tmp_path / "none.toml")


def test_a_usual_participant_has_a_focal_point() -> None:
    posts = usual_member("NL=Netherlands").authorities

    assert ["police"] == [post.name for post in posts if Role.FOCAL_POINT in post.roles]


def test_a_participants_code_is_checked() -> None:
    with pytest.raises(BadName):
        usual_member("Netherlands")


@pytest.mark.parametrize("sector", [one for one in Sector if one is not Sector.UNKNOWN])
def test_every_sector_has_a_usual_purpose(sector: Sector) -> None:
    entry = active_entry(Post(name="x", sector=sector), "NL", "NL/~1", active_from=None)

    assert entry.purposes
    assert Purpose.UNKNOWN not in entry.purposes
