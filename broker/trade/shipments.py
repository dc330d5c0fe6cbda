"""What became of the goods of a notification, shipment by shipment."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from broker.records.shipment import ShipmentCore, ShipmentEvent
from broker.trade.balance import Goods
from broker.trade.said import Said
from broker.types.names import Participant

_ENDS: Final = (ShipmentEvent.ARRIVED, ShipmentEvent.SHORT, ShipmentEvent.CANCELLED)


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """One shipment: everything that was said of it, and what counts.

    Attributes:
        number: As both sides call it.
        said: All events that count, in their order.
        event: How far it is: the newest of arrived, short and cancelled; shipped until there is one.
        shipped: What left: by the exporting side, else what arrived; nothing of one that was cancelled.
        missing: What did not arrive.
        left_on: Day on which it left; None where that was not told.
    """

    number: str
    said: tuple[Said, ...]
    event: ShipmentEvent
    shipped: Goods
    missing: Goods
    left_on: date | None


def read_shipments(events: Iterable[Said], *, exporter: Participant) -> tuple[Shipment, ...]:
    """Return the shipments that *events* speak of, by when each was first spoken of.

    Of one event the newest word of the exporting side counts, and the other side's where it says nothing.
    """
    by_number: defaultdict[str, list[Said]] = defaultdict(list)
    for one in sorted(events, key=lambda said: said.order):
        if isinstance(one.core, ShipmentCore):
            by_number[one.core.shipment.strip()].append(one)
    return tuple(_shipment(number, tuple(said), exporter) for number, said in by_number.items())


def _shipment(number: str, said: tuple[Said, ...], exporter: Participant) -> Shipment:
    cores = [(one, one.core) for one in said if isinstance(one.core, ShipmentCore)]
    ends = [core.event for _, core in cores if core.event in _ENDS]
    event = ends[-1] if ends else ShipmentEvent.SHIPPED

    def newest(kind: ShipmentEvent, *, theirs_first: bool) -> ShipmentCore | None:
        several = [(one, core) for one, core in cores if core.event is kind]
        preferred = [core for one, core in several if (one.participant == exporter) is not theirs_first]
        return next(reversed(preferred or [core for _, core in several]), None)

    left = newest(ShipmentEvent.SHIPPED, theirs_first=False)
    arrived = newest(ShipmentEvent.ARRIVED, theirs_first=True)
    short = newest(ShipmentEvent.SHORT, theirs_first=True) if event is ShipmentEvent.SHORT else None
    goods = left if left is not None else arrived
    if event is ShipmentEvent.CANCELLED:
        goods = None
    return Shipment(
        number=number,
        said=said,
        event=event,
        shipped=_goods(goods),
        missing=_goods(short),
        left_on=None if left is None else left.happened_on,
    )


def _goods(core: ShipmentCore | None) -> Goods:
    return Goods((), ()) if core is None else Goods(core.substances, core.quantities)
