"""What everybody did in a play, scored from what the nodes have recorded."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from broker.types.names import Originator, participant_of
from tocsin.exercise.run_file import Run
from tocsin.exercise.scenario import RECALL, Deed, Expected, Scenario
from tocsin.exercise.scoring import Scored, judge
from tocsin.exercise.stage import Stage
from tocsin.exercise.tracing import Sent, Written, done_at, find_sent, written


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a play."""

    scenario: Scenario
    run: Run
    scored: tuple[Scored, ...]

    @property
    def points(self) -> float:
        """How many were reached."""
        return sum(one.points for one in self.scored)


def score(stage: Stage, scenario: Scenario, run: Run, now: datetime) -> Result:
    """Return what everybody did until *now*."""
    sent = dict(_sent(stage, scenario, run))
    wrote = {who: tuple(written(stage.nodes[participant_of(who)], who)) for who in _writers(scenario)}
    scored: list[Scored] = []
    # In the scenario's order: what is expected with a reaction needs to know which message that was.
    for expected in scenario.expected:
        found = _scored(stage, expected, (sent, wrote), (run, now, scenario.lasts))
        scored.append(found[0])
        if found[1] is not None:
            sent[expected.id] = found[1]
    return Result(scenario=scenario, run=run, scored=tuple(scored))


def _scored(
    stage: Stage,
    expected: Expected,
    known: tuple[Mapping[str, Sent], Mapping[Originator, Sequence[Written]]],
    at: tuple[Run, datetime, timedelta],
) -> tuple[Scored, Sent | None]:
    (sent, wrote), (run, now, lasts) = known, at
    about = sent.get(expected.message)
    if about is None:
        # What nobody sent cannot be reacted to any more, once the exercise is over.
        over = now >= run.start + lasts / run.speed
        return judge(expected, None, timedelta.max if over else None), None
    passed = (now - about.at) * run.speed
    if not expected.deed.is_a_message:
        node = stage.nodes[participant_of(expected.who)]
        moment = done_at(node, expected.who, expected.deed, about.digest)
        return judge(expected, None if moment is None else (moment - about.at) * run.speed, passed), None
    first = next((one for one in wrote[expected.who] if _does(one, expected, about)), None)
    if first is None:
        return judge(expected, None, passed), None
    took = (first.sent.at - about.at) * run.speed
    return judge(expected, took, passed, str(first.sent.name)), first.sent


def _does(one: Written, expected: Expected, about: Sent) -> bool:
    fits = expected.deed in (one.deed, Deed.SENT) and expected.kind in ("", one.kind)
    return fits and about.digest in one.speaks_of


def _sent(stage: Stage, scenario: Scenario, run: Run) -> Iterator[tuple[str, Sent]]:
    """Yield the messages of the scenario that were sent, a recall as its record."""
    for step in scenario.steps:
        node = stage.nodes[participant_of(step.by)]
        if step.kind == RECALL:
            target = find_sent(node, step.by, run.named.reference(step.message))
            found = None if target is None else find_sent(node, step.by, f"recall-{target.digest.hex()[:16]}")
            # What is expected about a recall is expected about the message that it takes back, from then on.
            if target is not None and found is not None:
                yield step.id, Sent(found.name, target.digest, found.at)
            continue
        found = find_sent(node, step.by, run.named.reference(step.id))
        if found is not None:
            yield step.id, found


def _writers(scenario: Scenario) -> tuple[Originator, ...]:
    return tuple(dict.fromkeys(one.who for one in scenario.expected if one.deed.is_a_message))
