"""What each authority sees of the same reports, and which rules decided: read from what the nodes recorded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, func, select

from broker.policy.decide import NOTHING_PERMITS, Decision, SectionOutcome
from broker.policy.table import Layer
from broker.types.names import Originator
from broker.types.vocabulary import RecordKind
from consumers import store
from consumers.judgements import parse_judgement
from tocsin.demo.document import View
from tocsin.demo.reasons import sentence

_SEES: Final = "sees"
_WHAT: Final = (_SEES, "redacted", "denied")
_UNTELLING: Final = frozenset({"own", NOTHING_PERMITS})


class Sight(msgspec.Struct, frozen=True):
    """What was decided about one report for one authority."""

    reader: Originator
    message: str
    decision: Decision


class Reason(msgspec.Struct, frozen=True):
    """A rule that decided, and how often."""

    layer: Layer
    rule_id: str
    says: str
    permitted: bool
    count: int


class LayerShare(msgspec.Struct, frozen=True):
    """How often a layer decided about a section, and the rule by which it did so most often."""

    layer: Layer
    count: int
    example: Reason | None


def sights_in(connection: Connection) -> Iterator[Sight]:
    """Yield what a node decided about each report, for each of its authorities."""
    joined = store.decision.join(store.message, store.message.c.digest == store.decision.c.digest).join(
        store.judgement, store.judgement.c.id == store.decision.c.judgement
    )
    # Agreements and groups only set the scene: what is counted, here and as published, are the reports.
    wanted = (
        select(store.message.c.stream, store.message.c.sequence, store.decision.c.readers, store.judgement)
        .select_from(joined)
        .where(store.message.c.record_kind == RecordKind.INCIDENT.value)
        .order_by(store.decision.c.id)
    )
    known: dict[bytes, Decision] = {}
    for row in connection.execute(wanted):
        decision = known.get(row.id) or known.setdefault(row.id, parse_judgement(row))
        for reader in row.readers.split():
            yield Sight(Originator(reader), f"{row.stream}#{row.sequence}", decision)


def count_alerts(connection: Connection) -> int:
    """Return how many alerts a node has raised."""
    return connection.scalar(select(func.count()).select_from(store.alert)) or 0


def views_of(sights: Iterable[Sight], readers: Iterable[Originator]) -> tuple[View, ...]:
    """Return how many reports each of *readers* sees whole, in part and not at all, by name."""
    counts: dict[Originator, Counter[str]] = {reader: Counter() for reader in readers}
    for sight in sights:
        counts[sight.reader][sight.decision.outcome] += 1
    return tuple(
        View(reader, count["released"], count["redacted"], count["denied"]) for reader, count in sorted(counts.items())
    )


def telling_reasons(mine: Sequence[Sight], everybody: Sequence[Sight]) -> tuple[Reason, ...]:
    """Return the rules that set a reader apart from *everybody*: by which it sees, and by which it does not.

    One for what it sees, for what is withheld, and for what is denied. Where nothing permitted there is no rule to
    quote: what that means is the same for all.
    """
    found = (_most_telling(_outcomes(mine, what), _outcomes(everybody, what)) for what in _WHAT)
    return tuple(one for one in found if one is not None)


def layer_shares(sights: Iterable[Sight]) -> tuple[LayerShare, ...]:
    """Return how often each of the four layers had the say about a section, in their order.

    The example is a refusal where the layer ever refused: that is where it matters.
    """
    outcomes = [one for sight in sights for one in sight.decision.outcomes]
    shares: list[LayerShare] = []
    for layer in Layer:
        mine = [one for one in outcomes if one.layer is layer]
        examples = _reasons(one for one in mine if not one.permitted) or _reasons(mine)
        shares.append(LayerShare(layer, len(mine), examples[0] if examples else None))
    return tuple(shares)


def _outcomes(sights: Iterable[Sight], what: str) -> list[SectionOutcome]:
    """Return the outcome that explains each decision: the first refusal, or the first permission."""
    shown = what == _SEES
    found = (
        next((one for one in sight.decision.outcomes if one.permitted is shown), None)
        for sight in sights
        if (sight.decision.outcome != "denied" if shown else sight.decision.outcome == what)
    )
    return [one for one in found if one is not None and one.rule_id not in _UNTELLING]


def _most_telling(mine: list[SectionOutcome], everybody: list[SectionOutcome]) -> Reason | None:
    """Return the reason that is most of all this reader's own, by its share in all of its kind."""
    total = {(one.layer, one.rule_id): one.count for one in _reasons(everybody)}
    return max(_reasons(mine), key=lambda one: (one.count / total[one.layer, one.rule_id], one.count), default=None)


def _reasons(outcomes: Iterable[SectionOutcome]) -> list[Reason]:
    counted = Counter((one.layer, one.rule_id, sentence(one), one.permitted) for one in outcomes)
    return [Reason(*key, count) for key, count in counted.most_common()]
