"""What each authority sees of the same reports, and which rules decided: read from what the nodes recorded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from broker import decisions
from broker.decisions import KeptAudience, load_judgements, parse_audience, parse_judgement
from broker.policy.decide import NOTHING_PERMITS, Decision, SectionOutcome
from broker.policy.table import Layer
from broker.types.names import HUB, Originator, participant_of
from broker.types.vocabulary import RecordKind, Section
from consumers import store
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


def sights_of(connections: Iterable[tuple[Originator, Connection]]) -> tuple[Sight, ...]:
    """Return what was decided about each report for each authority, over the databases of all nodes.

    By its own node where that could open the report, but for sections whose key the author's node did not send there;
    else by the author's node, which sent it none at all.

    Args:
        connections: The database of each node, by the node's name.
    """
    read: dict[tuple[str, Originator], tuple[Originator, Sight]] = {}
    sent: dict[tuple[str, Originator], _Sent] = {}
    for node, connection in connections:
        read |= {(one.message, one.reader): (node, one) for one in _sights_read(connection)}
        sent |= {(one.sight.message, one.sight.reader): one for one in _sights_sent(connection)}
    met = {key: _as_sent(sight, sent.get(key), node) for key, (node, sight) in read.items()}
    return tuple(({key: one.sight for key, one in sent.items()} | met).values())


class _Sent(msgspec.Struct, frozen=True):
    """What the author's node decided for one authority, and the nodes that got the key of each section."""

    sight: Sight
    nodes: Mapping[Section, tuple[Originator, ...]]


def _as_sent(sight: Sight, sent: _Sent | None, node: Originator) -> Sight:
    """Return what *sight* shows without the sections that the author's node sealed to others only."""
    if sent is None:
        return sight
    withheld = {
        one.section: one
        for one in sent.sight.decision.outcomes
        if not one.permitted and node not in sent.nodes.get(one.section, ())
    }
    outcomes = tuple(withheld.get(one.section, one) if one.permitted else one for one in sight.decision.outcomes)
    return msgspec.structs.replace(sight, decision=msgspec.structs.replace(sight.decision, outcomes=outcomes))


def _sights_read(connection: Connection) -> Iterator[Sight]:
    """Yield what a node decided about each report that it could open, for each of its authorities."""
    joined = decisions.decision.join(store.message, store.message.c.digest == decisions.decision.c.digest).join(
        decisions.judgement, decisions.judgement.c.id == decisions.decision.c.judgement
    )
    wanted = (
        select(store.message.c.stream, store.message.c.sequence, decisions.decision.c.readers, decisions.judgement)
        .select_from(joined)
        .where(_is_report())
        .order_by(decisions.decision.c.id)
    )
    known: dict[bytes, Decision] = {}
    for row in connection.execute(wanted):
        decision = known.get(row.id) or known.setdefault(row.id, parse_judgement(row))
        for reader in row.readers.split():
            yield Sight(Originator(reader), f"{row.stream}#{row.sequence}", decision)


def _sights_sent(connection: Connection) -> Iterator[_Sent]:
    """Yield what a node decided about everybody for each report that it sent."""
    joined = decisions.decision.join(store.message, store.message.c.digest == decisions.decision.c.digest).join(
        decisions.audience, decisions.audience.c.id == decisions.decision.c.audience
    )
    wanted = (
        select(store.message.c.stream, store.message.c.sequence, decisions.audience)
        .select_from(joined)
        .where(_is_report())
        .order_by(decisions.decision.c.id)
    )
    known: dict[bytes, tuple[KeptAudience, Mapping[bytes, Decision]]] = {}
    for row in connection.execute(wanted):
        if row.id not in known:
            audience = parse_audience(row.content)
            known[row.id] = audience, load_judgements(connection, [one.judgement for one in audience.verdicts])
        audience, made = known[row.id]
        for verdict in audience.verdicts:
            # The hub's own authority is shown nothing, and is none of those that the story is about.
            for reader in (one for one in verdict.readers if participant_of(one) != HUB):
                sight = Sight(reader, f"{row.stream}#{row.sequence}", made[verdict.judgement])
                yield _Sent(sight, audience.nodes)


def _is_report() -> ColumnElement[bool]:
    # Agreements and groups only set the scene: what is counted, here and as published, are the reports.
    return store.message.c.record_kind == RecordKind.INCIDENT.value


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
    """Return how often each layer had the say about a section, in their order.

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
