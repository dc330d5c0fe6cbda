"""How far each pre-export notification is: a fold over records, which gives the same whatever order they came in.

Who is entitled: the exporting country notifies, amends and cancels; the importing country answers; both say what became
of the goods. What anybody else says is shown and does not count. Nothing here decides what a country has to decide: a
deadline that has passed without an answer is shown as that, and as nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from broker.directory.entries import DeadlineRule
from broker.errors import NoCalendar
from broker.records.notification import NotificationAct, NotificationCore, NotificationTrade
from broker.records.notification_reply import NotificationReplyCore
from broker.records.shipment import ShipmentCore
from broker.trade.answers import Reply, read_replies, standing_answer
from broker.trade.balance import BalanceLine, Goods, Measuring, as_stated, balance
from broker.trade.deadlines import answer_by, in_words
from broker.trade.said import Mention, Said, Uncounted, Why
from broker.trade.shipments import Shipment, read_shipments
from broker.types.names import Digest, Originator


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification said from one message on.

    Attributes:
        answer_by: Last day for an answer: as the message states it, else by the rule; None where there is neither.
        rule_says: The rule in words, as the message states it, else the directory's.
        is_stated: The message itself says that day.
    """

    said: Said
    core: NotificationCore
    answer_by: date | None
    rule_says: str
    is_stated: bool

    @property
    def digest(self) -> Digest:
        """What a reply to this version names."""
        return self.said.digest


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification, everything said about it, and what follows.

    Attributes:
        versions: What it said first, and after each amendment.
        cancelled_by: The message that cancelled it; None where it stands.
        answer: The reply that counts; None while there is none.
        incidents: Those that name it or a shipment, or that it names.
        uncounted: What is shown and does not count.
    """

    versions: tuple[Version, ...]
    cancelled_by: Said | None
    replies: tuple[Reply, ...]
    answer: Reply | None
    shipments: tuple[Shipment, ...]
    balance: tuple[BalanceLine, ...]
    incidents: tuple[Mention, ...]
    uncounted: tuple[Uncounted, ...]

    @property
    def first(self) -> Version:
        """What was notified at first."""
        return self.versions[0]

    @property
    def current(self) -> Version:
        """What it says now."""
        return self.versions[-1]

    @property
    def core(self) -> NotificationCore:
        """What it says now, as a record."""
        return self.current.core

    @property
    def trade(self) -> NotificationTrade | None:
        """The companies, where the reader may see them."""
        return self.current.said.trade

    @property
    def by(self) -> Originator:
        """Who notified."""
        return self.first.said.by

    @property
    def is_withdrawn(self) -> bool:
        """Whether its author took back the message that first notified."""
        return self.first.said.is_withdrawn

    @property
    def is_entitled(self) -> bool:
        """Whether the exporting country itself notified."""
        return self.first.said.participant == self.first.core.exporting_country


class Ledger(msgspec.Struct, frozen=True):
    """All notifications that the records speak of.

    Attributes:
        notifications: By when each was sent.
        unplaced: Records about notifications that are not here.
    """

    notifications: tuple[Notification, ...]
    unplaced: tuple[Said, ...]


def fold_notifications(
    said: Iterable[Said],
    *,
    rules: Mapping[str, DeadlineRule],
    mentions: Iterable[Mention] = (),
    measure: Measuring = as_stated,
) -> Ledger:
    """Return how far each notification is.

    Args:
        said: Records in any order, each at most once by its digest.
        rules: The deadline rule of each exporting country that has one, by its code.
        mentions: Incidents that may name a notification or a shipment.
        measure: Gives amounts in units that can be compared.
    """
    records = sorted({one.digest: one for one in said}.values(), key=lambda one: one.order)
    roots = _roots(records)
    about: defaultdict[Digest, list[Said]] = defaultdict(list)
    unplaced: list[Said] = []
    for one in records:
        root = roots.get(one.digest)
        if root is None:
            unplaced.append(one)
        elif root != one.digest:
            about[root].append(one)
    known = tuple(mentions)
    first = (one for one in records if roots.get(one.digest) == one.digest)
    found = tuple(_Folding(one, about[one.digest], rules).result(known, measure) for one in first)
    return Ledger(found, tuple(unplaced))


def _roots(records: list[Said]) -> Mapping[Digest, Digest]:
    """Return for each record the notification that it is about in the end; none for one that leads nowhere."""
    parents = {one.digest: one.core.notification for one in records}
    first = {one.digest for one in records if _notifies(one)}
    roots = ((one.digest, _last(one.digest, parents)) for one in records)
    return {digest: root for digest, root in roots if root in first}


def _notifies(said: Said) -> bool:
    core = said.core
    return isinstance(core, NotificationCore) and core.act is NotificationAct.NOTIFIES and core.notification is None


def _last(digest: Digest, parents: Mapping[Digest, Digest | None]) -> Digest:
    # A digest covers what it names, so nobody can make a ring of them; whoever tries gets no loop all the same.
    passed = {digest}
    while (above := parents.get(digest)) is not None and above not in passed:
        digest = above
        passed.add(above)
    return digest


class _Folding:
    """One notification on the way to its result."""

    def __init__(self, first: Said, about: list[Said], rules: Mapping[str, DeadlineRule]) -> None:
        self._first = first
        self._rules = rules
        self._uncounted: list[Uncounted] = []
        self._cancelled: Said | None = None
        self._versions = [self._version(first)]
        self._about = [one for one in about if not self._is_withdrawn(one)]

    def result(self, mentions: tuple[Mention, ...], measure: Measuring) -> Notification:
        for one in self._about:
            if isinstance(one.core, NotificationCore):
                self._change(one, one.core)
        current = self._versions[-1]
        replies = read_replies(
            self._replies(), {one.digest: one.answer_by for one in self._versions}, current=current.digest
        )
        events = list(self._events())
        shipments = read_shipments(events, exporter=self._first.participant)
        goods = Goods(current.core.substances, current.core.quantities)
        return Notification(
            versions=tuple(self._versions),
            cancelled_by=self._cancelled,
            replies=replies,
            answer=standing_answer(replies),
            shipments=shipments,
            balance=balance(
                goods, [one.shipped for one in shipments], [one.missing for one in shipments], measure=measure
            ),
            incidents=self._incidents(mentions),
            uncounted=tuple(sorted(self._uncounted, key=lambda one: one.said.order)),
        )

    def _is_withdrawn(self, said: Said) -> bool:
        if said.is_withdrawn:
            self._leave(said, Why.WITHDRAWN, f"{said.by} took it back")
        return said.is_withdrawn

    def _leave(self, said: Said, why: Why, says: str) -> None:
        self._uncounted.append(Uncounted(said, why, says))

    def _change(self, said: Said, core: NotificationCore) -> None:
        mine = self._first.participant
        if said.participant != mine:
            self._leave(said, Why.NOT_ENTITLED, f"only {mine}, which notified, amends or cancels; this is {said.by}")
        elif self._cancelled is not None:
            self._leave(said, Why.CANCELLED_BEFORE, f"{self._cancelled.message} had cancelled the notification")
        elif core.act is NotificationAct.CANCELS:
            self._cancelled = said
        elif _route(core) != _route(self._versions[-1].core):
            self._leave(said, Why.OTHER_COUNTRIES, "it names other countries: such a trade is notified anew")
        else:
            self._versions.append(self._version(said))

    def _version(self, said: Said) -> Version:
        core = said.core
        if not isinstance(core, NotificationCore):
            raise TypeError(said.message)
        rule = self._rules.get(core.exporting_country)
        stated, says = core.answer_by, core.deadline_rule
        due = stated
        if rule is not None and stated is None:
            due, says = _by_rule(rule, said.day)
        return Version(said=said, core=core, answer_by=due, rule_says=says, is_stated=stated is not None)

    def _replies(self) -> Iterator[Said]:
        importer = self._first_core.importing_country
        for one in self._about:
            if isinstance(one.core, NotificationReplyCore):
                if one.participant == importer:
                    yield one
                else:
                    self._leave(one, Why.NOT_ENTITLED, f"{importer} answers, the importing country; this is {one.by}")

    def _events(self) -> Iterator[Said]:
        sides = (self._first.participant, self._first_core.importing_country)
        for one in self._about:
            if isinstance(one.core, ShipmentCore):
                if one.participant in sides:
                    yield one
                else:
                    self._leave(
                        one, Why.NOT_ENTITLED, f"{sides[0]} and {sides[1]} speak of the goods; this is {one.by}"
                    )

    @property
    def _first_core(self) -> NotificationCore:
        return self._versions[0].core

    def _incidents(self, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        mine = {one.digest for one in (self._first, *self._about)}
        named = {one.digest for said in (self._first, *self._about) for one in said.core.related}
        found = (one for one in mentions if one.digest in named or not mine.isdisjoint(one.related))
        return tuple(sorted(found, key=lambda one: (one.at, one.digest)))


def _route(core: NotificationCore) -> tuple[str, str]:
    return (core.exporting_country, core.importing_country)


def _by_rule(rule: DeadlineRule, day: date) -> tuple[date | None, str]:
    try:
        return answer_by(rule, day), in_words(rule)
    except NoCalendar as error:
        return None, f"{in_words(rule)}; it cannot be counted: {error}"
