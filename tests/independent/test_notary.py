"""The log as the notary itself leaves it in its folder, run after run."""

from pathlib import Path

from broker.log.note import format_note_key
from broker.log_store import FolderTileStore
from tests.independent.logs import flip, served
from tests.independent.programs import Programs
from tests.support.exercise import an_exercise
from tests.support.log import a_log


async def test_holds_for_others_after_each_run_and_no_longer_when_a_tile_is_changed(
    tmp_path: Path, programs: Programs
) -> None:
    folder, key = tmp_path / "log", tmp_path / "notary.vkey"
    async with an_exercise(tmp_path) as exercise:
        log = a_log(exercise, store=FolderTileStore(folder))
        origin, verifier = log.trust.origin, format_note_key(log.trust.notary[0])
        key.write_text(verifier, encoding="utf-8")
        question = {"ask": "tiles", "folder": str(folder), "key": verifier, "origin": origin}
        for more in (0, 1, 300):
            await exercise.send(*(exercise.authors.write() for _ in range(more)))
            await log.run_once()

            assert [""] == programs.logcheck([question])
            with served(folder) as url:
                assert f"log with size {log.checkpoint.size} and root" in programs.fsck(url, origin, key)

    flip(folder / "tile/entries/000", 40)

    assert [""] != programs.logcheck([question])
    with served(folder) as url:
        assert "fsck failed" in programs.fsck(url, origin, key)
