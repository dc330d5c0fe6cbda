"""The demo on a file of one's own, and what may be wrong with one."""

from pathlib import Path

import pytest

from broker.errors import AlreadyThere, BadFile, BadMapping, MissingFile
from tests.scenarios.demo.playing import play_demo
from tocsin.demo import Options, run
from tocsin.demo.place import place_for

pytestmark = pytest.mark.timeout(900)

_HEADER = "group,line,line_role,incident_type,date_incident,reporting_country,place,substance_as_reported,destination\n"


def _write(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(_HEADER + "\n".join(rows) + "\n", "utf-8")
    return path


def test_countries_of_an_own_file_become_participants(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        "A,1,line,seizure,2024-01-31,DE,Hamburg,acetone,BE",
        "A,2,duplicate_report,seizure,2024-02,DE,Hamburg,acetone,BE",
        "B,1,line,siezure,2024-01-31,FR,Calais,acetone,",
        "C,1,line,seizure,2024-01-31,,nowhere,acetone,",
    )
    played = play_demo(Options(incidents=file, folder=tmp_path / "federation", json=True))
    assert 0 == played.code
    assert (2, 2) == (played.document.taken_in, played.document.published)
    assert [4, 5] == [one.line for one in played.document.refused]
    assert {"DE/customs", "FR/customs"} <= {one.reader for one in played.document.views}
    assert {2} == {one.released + one.redacted + one.denied for one in played.document.views}
    assert [True] == sorted({one.caught for one in played.document.tampering})
    assert "DE/customs" in played.err
    assert played.document.sealing is not None
    assert (2, 2, 0) == (
        played.document.sealing.sections,
        played.document.sealing.sealed,
        played.document.sealing.opened_by_uninvited,
    )
    assert played.document.permission is not None
    assert ("DE/customs", "BE/police") == (played.document.permission.author, played.document.permission.reader)
    assert played.document.evidence is not None
    assert played.document.permission.message == played.document.evidence.message


def test_where_nobody_has_anothers_report_there_is_nothing_to_ask_for(tmp_path: Path) -> None:
    file = _write(tmp_path, "A,1,line,seizure,2024-01-31,FR,Calais,acetone,")
    played = play_demo(Options(incidents=file, folder=tmp_path / "federation", json=True))
    assert 0 == played.code
    assert 1 == played.document.published
    assert (None, None) == (played.document.permission, played.document.recall)
    assert played.document.evidence is not None
    assert played.document.evidence.message.startswith("FR/customs/")
    assert played.document.evidence.verdicts.tocsin
    assert "Exported as its author" in played.err
    assert [True] == sorted({one.caught for one in played.document.tampering})


def test_a_file_of_refused_rows_only_shows_them_and_has_nothing_to_tamper_with(tmp_path: Path) -> None:
    file = _write(tmp_path, "A,1,line,statistic,2024,DE,,acetone,")
    played = play_demo(Options(incidents=file, folder=tmp_path / "federation", json=True))
    assert 0 == played.code
    assert (0, 0, ()) == (played.document.taken_in, played.document.published, played.document.tampering)
    assert (None, None) == (played.document.permission, played.document.sealing)
    assert (None, None, 0) == (played.document.log, played.document.evidence, played.document.audit.log_size)
    assert [2] == [one.line for one in played.document.refused]


def test_a_second_report_without_its_first_waits_and_is_not_published(tmp_path: Path) -> None:
    file = _write(tmp_path, "A,2,duplicate_report,seizure,2024-02,DE,Hamburg,acetone,BE")
    played = play_demo(Options(incidents=file, folder=tmp_path / "federation", json=True))
    assert 0 == played.code
    assert (1, 0) == (played.document.taken_in, played.document.published)
    assert "1 wait for a report that they refer to" in played.err


def test_a_file_that_cannot_be_read_leaves_no_folder_behind(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\xff\xfe\x00\x00nonsense")
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("colour,size\nred,1\n", "utf-8")
    folder = tmp_path / "federation"
    for path, error in ((bad, BadFile), (unknown, BadMapping), (tmp_path / "absent.csv", MissingFile)):
        with pytest.raises(error):
            run(Options(incidents=path, folder=folder))
    assert not folder.exists()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(AlreadyThere):
        run(Options(folder=tmp_path))
    assert ["mine.txt"] == [path.name for path in tmp_path.iterdir()]


def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        with place_for(folder, keep=True) as root:
            root.mkdir()
            (root / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "federation")
    assert not (tmp_path / "federation").exists()


@pytest.mark.parametrize("keep", [True, False])
def test_a_temporary_folder_stays_only_for_those_who_want_to_go_on(keep: bool) -> None:
    with place_for(None, keep=keep) as root:
        assert root.is_dir()
    assert keep == root.exists()
    if keep:
        root.rmdir()
