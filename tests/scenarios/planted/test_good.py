"""The good record that faults are planted in has none."""

from tests.scenarios.planted.stage import logged_record, whole_record
from tests.support.exercise import Exercise


async def test_topics_and_log_have_no_findings(exercise: Exercise) -> None:
    assert [] == await (await logged_record(exercise)).findings()


async def test_the_whole_record_has_no_findings(exercise: Exercise) -> None:
    assert [] == await (await whole_record(exercise)).findings()
