"""Objects in files of JSON that people hand in."""

from pathlib import Path

import pytest

from broker.errors import BadFile, MissingFile
from broker.limits import MAX_ENVELOPE_BYTES
from tocsin.json_file import load_object


def test_gives_the_object(tmp_path: Path) -> None:
    """What stands in the file."""
    path = tmp_path / "a.json"
    path.write_text('{"name": "é"}', "utf-8")
    assert {"name": "é"} == load_object(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"[1]", "is no JSON object", id="a list"),
        pytest.param(b'{"name": ', "cannot be read: ", id="cut short"),
        pytest.param(b'{"name": "\xff"}', "cannot be read: ", id="not UTF-8"),
        pytest.param(b" " * (MAX_ENVELOPE_BYTES + 1), "larger than a message", id="too large"),
    ],
)
def test_refuses_what_is_none(tmp_path: Path, content: bytes, says: str) -> None:
    """By name of the file, not by its whole path."""
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=says) as refused:
        load_object(path)
    assert str(refused.value).startswith("a.json ")


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A mistake in its name is the likeliest."""
    with pytest.raises(MissingFile, match=r"there is no file a\.json"):
        load_object(tmp_path / "a.json")


def test_says_nothing_of_what_stands_in_a_private_file(tmp_path: Path) -> None:
    """Where a file stops being JSON, somebody's name may begin."""
    path = tmp_path / "people.json"
    path.write_bytes(b'{"name": FICTITIOUS}')
    with pytest.raises(BadFile) as refused:
        load_object(path, example="Write {}.", private=True)
    assert ("people.json cannot be read", "Save it as JSON, in UTF-8. Write {}.") == (
        str(refused.value),
        refused.value.hint,
    )
