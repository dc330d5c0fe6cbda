"""Unusual counts: each finished week or month of the window against the past, by EARS or by Farrington flexible."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from broker.signals import ears as short
from broker.signals import farrington as long
from broker.signals.delay import delays_of
from broker.signals.naming import shown
from broker.signals.observation import Observation, Window
from broker.signals.parameters import Method, Parameters
from broker.signals.periods import Grain, end_of
from broker.signals.series import Series, count
from broker.signals.signal import Found, Named, SignalKind, named

_EARS: Final = "EARS C{number} (Hutwagner et al. 2003)"
FARRINGTON: Final = "Farrington flexible (Noufaily et al. 2013)"


class Judged(msgspec.Struct, frozen=True):
    """The unusual counts of a window, and what has to be said of those that were not judged."""

    found: tuple[Found, ...]
    notes: tuple[str, ...]


class _Terms(msgspec.Struct, frozen=True):
    """By what steps are judged: the method, and how long after its end a step is complete."""

    method: Method
    grain: Grain
    waits: int
    measured: bool
    parameters: Parameters


def unusual_counts(observations: Sequence[Observation], window: Window, parameters: Parameters) -> Judged:
    """Return the finished steps of *window* with more incidents of a substance than the past lets expect.

    A step counts as finished when, by the delays of the past, enough of its incidents are known. Younger steps are left
    out and said to be, for a count that is not complete is low, and the next baseline would be as well.
    """
    known = [one for one in observations if one.known_on <= window.last]
    terms = _terms(known, window, parameters)
    counted = count(known, terms.grain, window.last)
    if not counted.series:
        return Judged((), ("No incident has a day that it could be counted by.",))
    starts = counted.series[0].starts
    complete = [index for index, start in enumerate(starts) if _is_complete(start, window.last, terms)]
    judged = [
        index for index in complete if end_of(starts[index], terms.grain) >= window.first - timedelta(terms.waits)
    ]
    usable = [index for index in judged if _has_past(index, terms)]
    found = [one for series in counted.series for index in usable if (one := _judge(series, index, terms)) is not None]
    return Judged(tuple(found), tuple(_notes(starts, (complete, judged, usable), counted.undated, terms)))


def _terms(known: Sequence[Observation], window: Window, parameters: Parameters) -> _Terms:
    delays = delays_of(known, before=window.last, horizon=parameters.delay_horizon)
    measured = len(delays.days) >= parameters.least_delays
    waits = delays.settled_after(parameters.complete) if measured else parameters.assumed_delay.days
    method = parameters.method
    if method is Method.AUTO:
        first = min((one.facts.first_day for one in known if one.facts.first_day is not None), default=window.last)
        enough = long.years_of((window.first - first).days // 7) >= long.LEAST_YEARS
        method = Method.FARRINGTON if enough else Method.EARS_C2
    grain = Grain.WEEK if method is Method.FARRINGTON else parameters.grain
    return _Terms(method, grain, waits, measured, parameters)


def _is_complete(start: date, last: date, terms: _Terms) -> bool:
    return (last - end_of(start, terms.grain)).days >= terms.waits


def _has_past(index: int, terms: _Terms) -> bool:
    if terms.method is Method.FARRINGTON:
        return long.years_of(index) >= long.LEAST_YEARS
    return index >= short.LEAST_STEPS[terms.method.number - 1]


def _judge(series: Series, index: int, terms: _Terms) -> Found | None:
    if series.counts[index] < terms.parameters.least_count:
        return None
    if terms.method is Method.FARRINGTON:
        return _by_farrington(series, index, terms)
    return _by_ears(series, index, terms)


def _by_ears(series: Series, index: int, terms: _Terms) -> Found | None:
    number = terms.method.number
    said = short.ears(series.counts, index)
    if said is None or not said.is_alarm(number):
        return None
    values = {f"C{each}": said.statistic(each) for each in (1, 2, 3)}
    figures = named(
        count=series.counts[index],
        expected=said.expected,
        **{name: value for name, value in values.items() if value is not None},
    )
    parameters = named(
        limit=short.LIMITS[number - 1],
        baseline=f"{short.BASELINE} {terms.grain.word}s",
        gap=f"{0 if number == 1 else short.GAP} {terms.grain.word}s",
        least_deviation=short.LEAST_DEVIATION,
    )
    return _found(series, index, said.expected, (_EARS.format(number=number), (*parameters, *_shared(terms)), figures))


def _by_farrington(series: Series, index: int, terms: _Terms) -> Found | None:
    if not long.is_enough(series.counts, index):
        return None
    said = long.farrington(series.counts, index)
    if said is None or series.counts[index] <= said.upper:
        return None
    figures = named(
        count=series.counts[index],
        expected=said.expected,
        threshold=said.upper,
        dispersion=said.dispersion,
        score=said.score(series.counts[index]),
        probability=said.probability,
    )
    parameters = named(
        years=said.years,
        half_window=f"{long.HALF_WINDOW} weeks",
        blocks=long.BLOCKS,
        left_out=f"the last {long.LEFT_OUT} weeks",
        weighed_down_above=long.WEIGHED_DOWN_ABOVE,
        alpha=long.ALPHA,
        least_recent=f"{long.LEAST_RECENT} in {long.RECENT} weeks",
    )
    return _found(series, index, said.expected, (FARRINGTON, (*parameters, *_shared(terms)), figures))


def _shared(terms: _Terms) -> tuple[Named, ...]:
    how = "measured" if terms.measured else "assumed, too few delays are known"
    share = terms.parameters.complete
    complete = f"{terms.waits} days after its end ({share:.0%} known, {how})"
    return named(least_count=terms.parameters.least_count, complete=complete)


def _found(
    series: Series, index: int, expected: float, told: tuple[str, tuple[Named, ...], tuple[Named, ...]]
) -> Found:
    start, (method, parameters, figures) = series.starts[index], told
    where = f" in {series.place}" if series.place else ""
    what = f"{series.as_written} ({shown(series.substance)})"
    number = series.counts[index]
    return Found(
        kind=SignalKind.UNUSUAL_COUNT,
        substance=series.substance,
        as_written=series.as_written,
        place=series.place,
        subject=f"{start:%Y-%m-%d}",
        says=f"{number} incidents of {what}{where} from {start:%Y-%m-%d}, where about {expected:.2g} would be usual.",
        method=method,
        parameters=parameters,
        figures=figures,
        behind=series.behind[start],
    )


def _notes(
    starts: Sequence[date], steps: tuple[Sequence[int], Sequence[int], Sequence[int]], undated: int, terms: _Terms
) -> Iterator[str]:
    complete, judged, usable = steps
    word, left = terms.grain.word, len(starts) - len(complete)
    if left:
        how = "measured" if terms.measured else "assumed"
        yield f"The last {left} {word}s are not complete yet and were not judged (delay of {terms.waits} days, {how})."
    if len(usable) < len(judged):
        unjudged = len(judged) - len(usable)
        by = f"{terms.method.word}: it begins {starts[0]:%Y-%m-%d}"
        yield f"The past is too short to judge {unjudged} {word}s by {by}."
    if undated:
        yield f"{undated} incidents belong to no single {word} by what is known of their day, and were not counted."
