"""The result of an exercise: rows for people, one document for scripts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tocsin.exercise.durations import format_duration
from tocsin.exercise.questions import Asked
from tocsin.exercise.results import Result
from tocsin.exercise.scenario import Scenario
from tocsin.exercise.scoring import Scored, by_node

EXPECTED_COLUMNS: Final = ("who", "should have", "message", "within", "took", "verdict", "points", "by")
NODE_COLUMNS: Final = ("participant", "points", "of", "late", "missing")
QUESTION_COLUMNS: Final = ("message", "field", "code", "what looks wrong")
STEP_COLUMNS: Final = ("at", "by", "kind", "message", "who reacts")
_BANNER: Final = "EXERCISE EXERCISE EXERCISE – nothing of this has happened"


def banner() -> str:
    """Return what stands above everything that an exercise shows."""
    return _BANNER


def expected_rows(result: Result) -> Iterator[tuple[str, ...]]:
    """Yield what was expected and what became of it, a row each."""
    for one in result.scored:
        expected = one.expected
        yield (
            expected.who,
            expected.deed.word + (f" {expected.kind}" if expected.kind else ""),
            expected.message,
            format_duration(expected.within),
            "–" if one.took is None else format_duration(one.took),
            one.verdict.word,
            f"{one.points:g} of {expected.points}",
            one.by,
        )


def node_rows(result: Result) -> Iterator[tuple[str, ...]]:
    """Yield the points of each participant."""
    for one in by_node(result.scored):
        yield (one.participant, f"{one.points:g}", str(one.of), str(one.late), str(one.missing))


def step_rows(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    """Yield what a scenario sends, the reactions that it expects included, in order of time."""
    for one in scenario.messages():
        waiting = [expected.who for expected in scenario.expected if expected.message == one.id]
        yield (format_duration(one.at), one.by, one.kind, one.id, ", ".join(dict.fromkeys(waiting)))


def question_rows(questions: Sequence[Asked]) -> Iterator[tuple[str, ...]]:
    """Yield what looks odd in the messages of a scenario."""
    yield from ((one.id, one.field, one.code, one.message) for one in questions)


def scenario_document(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as scripts get it."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "says": scenario.says,
        "lasts": format_duration(scenario.lasts),
        "players": [{"code": one.code, "name": one.name, "authorities": one.authorities} for one in scenario.players],
        "messages": [
            {"id": one.id, "at": format_duration(one.at), "by": one.by, "kind": one.kind} for one in scenario.messages()
        ],
        "expected": len(scenario.expected),
        "points": scenario.points,
    }


def result_document(result: Result) -> dict[str, Any]:
    """Return a result as scripts get it."""
    return {
        "scenario": result.scenario.name,
        "status": "exercise",
        "play": result.run.play,
        "start": result.run.start.isoformat(),
        "speed": result.run.speed,
        "points": result.points,
        "of": result.scenario.points,
        "participants": [
            {
                "participant": one.participant,
                "points": one.points,
                "of": one.of,
                "late": one.late,
                "missing": one.missing,
            }
            for one in by_node(result.scored)
        ],
        "expected": [_scored_document(one) for one in result.scored],
    }


def _scored_document(one: Scored) -> dict[str, Any]:
    return {
        "id": one.expected.id,
        "who": one.expected.who,
        "does": one.expected.deed.word,
        "kind": one.expected.kind,
        "message": one.expected.message,
        "within_seconds": int(one.expected.within.total_seconds()),
        "took_seconds": None if one.took is None else int(one.took.total_seconds()),
        "verdict": one.verdict.word,
        "points": one.points,
        "of": one.expected.points,
        "by": one.by,
    }
