"""The operational section of a row: how goods moved and were hidden."""

import re
from collections.abc import Mapping
from typing import Final

from broker.records.operational import IncidentOperational, Leg, TransportMode
from producers.intake.words import plain, split_list

_MODES: Final[Mapping[str, TransportMode]] = {
    "sea": TransportMode.SEA,
    "ship": TransportMode.SEA,
    "air": TransportMode.AIR,
    "air_cargo": TransportMode.AIR,
    "road": TransportMode.ROAD,
    "truck": TransportMode.ROAD,
    "rail": TransportMode.RAIL,
    "train": TransportMode.RAIL,
    "inland_water": TransportMode.INLAND_WATER,
    "river": TransportMode.INLAND_WATER,
    "post": TransportMode.POST,
    "mail": TransportMode.POST,
    "courier": TransportMode.COURIER,
    "on_foot": TransportMode.ON_FOOT,
    "warehouse": TransportMode.WAREHOUSE,
}
_BETWEEN_MODES: Final = re.compile(r"\s*[;,/+]\s*")


def read_operational(values: Mapping[str, str]) -> IncidentOperational | None:
    """Return the operational section, or None where the row tells nothing of the kind."""
    section = IncidentOperational(
        legs=_legs(values),
        transport=values.get("transport", ""),
        concealment=values.get("concealment", ""),
        declared_as=values.get("declared_as", ""),
        marks=split_list(values.get("marks", "")),
        circumstance=values.get("circumstance", ""),
    )
    return None if section == IncidentOperational() else section


def _legs(values: Mapping[str, str]) -> tuple[Leg, ...]:
    modes = [
        _MODES.get(plain(part), TransportMode.OTHER)
        for part in _BETWEEN_MODES.split(values.get("transport", ""))
        if part
    ]
    container, seal, air_waybill = (values.get(field) for field in ("container", "seal", "air_waybill"))
    if not (container or seal or air_waybill):
        return tuple(Leg(mode=mode) for mode in modes)
    if len(modes) == 1:
        return (Leg(mode=modes[0], container=container, seal=seal, air_waybill=air_waybill),)
    # Which of several legs the numbers belong to is not told, so they are on a leg of their own.
    numbers = Leg(container=container, seal=seal, air_waybill=air_waybill)
    return (*(Leg(mode=mode) for mode in modes), numbers)
