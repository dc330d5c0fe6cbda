"""New routes, and new words in what goods were hidden in or declared as."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from broker.cases.facts import IncidentFacts
from broker.signals.naming import keys_of, shown, words
from broker.signals.observation import Observation
from broker.signals.parameters import Parameters
from broker.signals.signal import Found, SignalKind, named

ROUTES: Final = "new route"
WORDS: Final = "new word"


def new_routes(
    past: Sequence[Observation],
    new: Sequence[Observation],
    parameters: Parameters,
    beside: Sequence[Observation] = (),
) -> Iterator[Found]:
    """Yield each pair of origin and destination that no report before had for the same substance.

    Args:
        beside: Reports of the past that are no events of their own; what they tell was there before.
    """
    known, _ = _gather(past, _routes)
    _, seen = _gather((*past, *beside), _routes)
    fresh, behind = _gather(new, _routes)
    for key in fresh:
        if known[key] < parameters.least_routes:
            continue
        for route in sorted(behind[key].keys() - seen.get(key, {}).keys()):
            evidence = behind[key][route]
            yield Found(
                kind=SignalKind.NEW_ROUTE,
                substance=key,
                as_written=_written(evidence[0].facts, key),
                place=route,
                says=f"{_what(evidence[0].facts, key)} was not reported on the way {route} before.",
                method=ROUTES,
                parameters=named(least_incidents_with_a_route=parameters.least_routes),
                figures=named(incidents=len(evidence), incidents_with_a_route_before=known[key]),
                behind=tuple(evidence),
            )


def new_concealments(
    past: Sequence[Observation],
    new: Sequence[Observation],
    parameters: Parameters,
    beside: Sequence[Observation] = (),
) -> Iterator[Found]:
    """Yield each word of concealments that no report before with the same substance has."""
    yield from _new_words((past, beside), new, parameters, SignalKind.NEW_CONCEALMENT)


def new_declarations(
    past: Sequence[Observation],
    new: Sequence[Observation],
    parameters: Parameters,
    beside: Sequence[Observation] = (),
) -> Iterator[Found]:
    """Yield each word of what goods were declared as that no report before with the same substance has."""
    yield from _new_words((past, beside), new, parameters, SignalKind.NEW_DECLARATION)


def _new_words(
    before: tuple[Sequence[Observation], Sequence[Observation]],
    new: Sequence[Observation],
    parameters: Parameters,
    kind: SignalKind,
) -> Iterator[Found]:
    (past, beside), (wording, verb) = before, _WORDING[kind]
    known, _ = _gather(past, wording)
    _, seen = _gather((*past, *beside), wording)
    _, behind = _gather(new, wording)
    for key, found in behind.items():
        if known[key] < parameters.least_texts:
            continue
        for word in sorted(found.keys() - seen.get(key, {}).keys()):
            evidence = found[word]
            if len(evidence) >= parameters.least_evidence:
                yield Found(
                    kind=kind,
                    substance=key,
                    as_written=_written(evidence[0].facts, key),
                    subject=word,
                    says=f"{_what(evidence[0].facts, key)} was not reported {verb} {word!r} before.",
                    method=WORDS,
                    parameters=named(
                        least_incidents_with_a_text=parameters.least_texts,
                        least_incidents_with_the_word=parameters.least_evidence,
                    ),
                    figures=named(incidents=len(evidence), incidents_with_a_text_before=known[key]),
                    behind=tuple(evidence),
                )


def _gather(
    observations: Sequence[Observation], features: Callable[[IncidentFacts], frozenset[str]]
) -> tuple[Counter[str], dict[str, dict[str, list[Observation]]]]:
    """Return how many incidents of each substance have such features, and which incidents have which."""
    counted: Counter[str] = Counter()
    found: dict[str, dict[str, list[Observation]]] = {}
    for one in observations:
        features_here = features(one.facts)
        if not features_here:
            continue
        for key, _ in keys_of(one.facts):
            counted[key] += 1
            for feature in features_here:
                found.setdefault(key, {}).setdefault(feature, []).append(one)
    return counted, found


def _routes(facts: IncidentFacts) -> frozenset[str]:
    return frozenset(f"{origin} → {to}" for origin in facts.origins for to in facts.destinations if origin != to)


def _concealed(facts: IncidentFacts) -> frozenset[str]:
    return frozenset(words(facts.concealment))


def _declared(facts: IncidentFacts) -> frozenset[str]:
    return frozenset(words(facts.declared_as))


_WORDING: Final = {
    SignalKind.NEW_CONCEALMENT: (_concealed, "as hidden with the word"),
    SignalKind.NEW_DECLARATION: (_declared, "as declared with the word"),
}


def _written(facts: IncidentFacts, key: str) -> str:
    return next(as_written for own, as_written in keys_of(facts) if own == key)


def _what(facts: IncidentFacts, key: str) -> str:
    return f"{_written(facts, key)} ({shown(key)})"
