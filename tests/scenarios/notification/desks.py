"""Regulators of three countries at their own nodes, and a clock that the test moves."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from broker.directory.entries import TradeEntry
from broker.records.notification_reply import ReplyKind
from broker.records.shipment import ShipmentEvent
from broker.trade.reminders import Reminder, reminders
from broker.trade.states import State, noticed, state_on
from broker.trade.workflow import Notification
from broker.types.names import Digest, Originator, Participant, participant_of
from broker.types.vocabulary import Section
from consumers.inbox import Item, item
from producers.draft import Draft
from producers.publish import Taken, Terms, take
from tests.support.exercise import Clock
from tocsin.administering import Administrator
from tocsin.folder import FederationFolder
from tocsin.installation import Node, open_node
from tocsin.notifying.books import Books, open_books, with_incidents
from tocsin.notifying.drafting import Prepared, prepare_amendment, prepare_cancellation, prepare_new
from tocsin.notifying.following import Answering, Moving, draft_reply, draft_shipment

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
"""The Wednesday before Easter."""
COLUMNS = {
    "importing_country": "BE",
    "substance_as_reported": "acetic anhydride",
    "quantity_value": "1000",
    "quantity_unit": "kg",
    "point_of_entry": "BEANR",
    "dispatch_from": "2026-05-04",
    "exporter_name": "FICTITIOUS Export",
    "exporter_address": "Voorbeeldweg 1",
    "importer_name": "FICTITIOUS Import",
    "importer_address": "Voorbeeldlaan 2",
    "no_consignee_known": "yes",
}


class Desks:
    """The regulators ``NL/regulator``, ``BE/regulator`` and ``DE/regulator``.

    Attributes:
        clock: That of all nodes.
        pen: The digest of the notification that the story is about.
    """

    def __init__(self, folder: FederationFolder, clock: Clock) -> None:
        self._folder = folder
        self.clock = clock
        self.pen = Digest(b"")

    @property
    def today(self) -> date:
        return self.clock.now.date()

    def says(self, entry: TradeEntry) -> None:
        """Let a government say what it asks for."""
        with open_node(self._folder, Participant(entry.participant), clock=self.clock) as node:
            key = node.administrator_key
        administrator = Administrator(
            self._folder, Originator(f"{entry.participant}/~admin"), key, clock=self.clock
        )  # fmt: skip
        asyncio.run(administrator.say([entry]))

    def receive(self, *codes: str) -> None:
        """Let nodes read the bus."""
        for code in codes or ("NL", "BE", "DE"):
            with open_node(self._folder, Participant(code), clock=self.clock) as node:
                asyncio.run(_receive(node))

    def notify(self, **columns: str) -> Prepared:
        """Let NL notify, if nothing keeps it back."""
        prepared = self.at("NL", lambda node, who: prepare_new(node, who, {**COLUMNS, **columns}))
        assert isinstance(prepared, Prepared)
        if not prepared.problems:
            self._send("NL/regulator", prepared.draft)
            self.pen = self._books("NL").ledger.notifications[-1].first.digest
        return prepared

    def amend(self, **columns: str) -> None:
        self._follow("NL", lambda node, who, one: prepare_amendment(node, who, one, columns).draft)

    def cancel(self) -> None:
        self._follow("NL", lambda node, who, one: prepare_cancellation(node, who, one, "The buyer withdrew.").draft)

    def reply(self, kind: ReplyKind, *, reason: str = "because") -> None:
        """Let BE answer."""
        answering = Answering(reply=kind, reason=reason)
        self._follow("BE", lambda node, who, one: draft_reply(node, who, one, answering))

    def ship(self, number: str, quantity: str, event: ShipmentEvent = ShipmentEvent.SHIPPED, by: str = "NL") -> None:
        moving = Moving(number=number, event=event, quantity=quantity)
        self._follow(by, lambda node, who, one: draft_shipment(node, who, one, moving))

    def publish(self, draft: Callable[[Node, Originator], Draft], code: str) -> None:
        """Let the regulator of a country publish any record, and everybody read it."""
        made = self.at(code, draft)
        assert isinstance(made, Draft)
        self._send(f"{code}/regulator", made)

    def seen_by(self, code: str) -> Notification:
        """Return the notification as the regulator of a country has it."""
        books = self._books(code)
        found = books.find(self.pen)
        assert found is not None
        seen = self.at(code, lambda node, _: with_incidents(node, books, found))
        assert isinstance(seen, Notification)
        return seen

    def knows(self, code: str) -> bool:
        return self._books(code).find(self.pen) is not None

    def state(self, code: str) -> State:
        return state_on(self.seen_by(code), self.today)

    def noticed(self, code: str) -> list[str]:
        return [one.code for one in noticed(self.seen_by(code), self.today)]

    def due(self, code: str) -> tuple[Reminder, ...]:
        """Return what the regulator of a country is reminded of."""
        books = self._books(code)
        found = reminders(books.ledger.notifications, books.participant, rules=books.rules, today=books.today)
        return tuple(one for one in found if one.is_due)

    def item(self, code: str, message: str) -> Item:
        def found(node: Node, who: Originator) -> Item:
            with node.engine.connect() as connection:
                return item(connection, node.section_keys, who, message, self.clock())

        got = self.at(code, found)
        assert isinstance(got, Item)
        return got

    def companies(self, code: str) -> msgspec.Struct | None:
        return self.item(code, self.seen_by(code).current.said.message).sections.get(Section.TRADE)

    def at(self, code: str, work: Callable[[Node, Originator], Any]) -> Any:
        """Return what *work* gives at a country's node, for its regulator."""
        with open_node(self._folder, Participant(code), clock=self.clock) as node:
            asyncio.run(node.check_authority(f"{code}/regulator"))
            return work(node, Originator(f"{code}/regulator"))

    def _books(self, code: str) -> Books:
        books = self.at(code, open_books)
        assert isinstance(books, Books)
        return books

    def _follow(self, code: str, work: Callable[[Node, Originator, Notification], Draft]) -> None:
        one = self.seen_by(code)
        draft = self.at(code, lambda node, who: work(node, who, one))
        assert isinstance(draft, Draft)
        self._send(f"{code}/regulator", draft)

    def _send(self, author: str, draft: Draft) -> None:
        self.clock.advance(seconds=1)  # of two words of one moment either might be the newer
        self._speak()
        with open_node(self._folder, participant_of(Originator(author)), clock=self.clock) as node:
            (outcome,) = take(node.engine, lambda: [draft], Terms(actual=node.is_actual))
            assert isinstance(outcome, Taken), outcome
            asyncio.run(_flush(node))
        self.receive()

    def _speak(self) -> None:
        """Let every node say and hear what the others say once a day: without that nobody publishes."""
        for code in ("NL", "BE", "DE"):
            with open_node(self._folder, Participant(code), clock=self.clock) as node:
                asyncio.run(_announce(node))
        self.receive()


async def _announce(node: Node) -> None:
    async with node.bus() as bus:
        await node.follower.catch_up(bus)
        await node.announcer(bus).announce()


async def _receive(node: Node) -> None:
    async with node.bus() as bus:
        await node.receiver(bus).receive()


async def _flush(node: Node) -> None:
    async with node.bus() as bus:
        await node.flusher(bus).flush()
