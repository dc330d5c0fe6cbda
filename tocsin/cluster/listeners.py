"""The doors of a broker, as its settings describe them."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from tocsin.cluster.state import BrokerState
from tocsin.cluster.subjects import DEFAULT

IN_THE_CLEAR: Final = ("PLAINTEXT", "SASL_PLAINTEXT")
_TRUST: Final = ("ssl.truststore.location", "ssl.truststore.certificates")


class Use(StrEnum):
    """Who comes in through a listener."""

    PARTICIPANTS = "participants"
    BROKERS = "brokers"
    CONTROLLERS = "controllers"


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """One door.

    Attributes:
        protocol: ``SSL``, ``SASL_SSL``, ``PLAINTEXT`` or ``SASL_PLAINTEXT``.
        client_auth: Whether a certificate is asked for: ``required``, ``requested`` or ``none``.
        subject_rules: Whom it takes a certificate for.
        trusted: The file of those who may vouch for a certificate; empty where the broker does not show it.
        mechanisms: How a password is shown.
    """

    name: str
    protocol: str
    use: Use
    client_auth: str
    subject_rules: str
    trusted: str
    mechanisms: tuple[str, ...]


def listeners_of(broker: BrokerState) -> Iterator[Listener]:
    """Yield the listeners of a broker."""
    settings = broker.settings
    protocols = dict(_pairs(settings.get("listener.security.protocol.map", "")))
    controllers = _words(settings.get("controller.listener.names", ""))
    names = [word.partition("://")[0] for word in _words(settings.get("listeners", "PLAINTEXT://:9092"))]
    for name in names:
        own = _Own(settings, name)
        protocol = protocols.get(name, name)
        yield Listener(
            name=name,
            protocol=protocol,
            use=_use(settings, name, protocol, controllers),
            client_auth=own.get("ssl.client.auth", "none"),
            subject_rules=own.get("ssl.principal.mapping.rules", DEFAULT),
            trusted=next((found for key in _TRUST if (found := own.get(key, ""))), ""),
            mechanisms=_words(own.get("sasl.enabled.mechanisms", "GSSAPI")) if protocol.startswith("SASL") else (),
        )


def _use(settings: Mapping[str, str], name: str, protocol: str, controllers: tuple[str, ...]) -> Use:
    if name in controllers:
        return Use.CONTROLLERS
    between = settings.get("inter.broker.listener.name", "")
    if between:
        return Use.BROKERS if name == between else Use.PARTICIPANTS
    return Use.BROKERS if protocol == settings.get("security.inter.broker.protocol", "PLAINTEXT") else Use.PARTICIPANTS


class _Own:
    """Settings as one listener sees them: its own before the broker's."""

    def __init__(self, settings: Mapping[str, str], listener: str) -> None:
        self._settings = settings
        self._before = f"listener.name.{listener.lower()}."

    def get(self, key: str, default: str) -> str:
        return self._settings.get(self._before + key) or self._settings.get(key) or default


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for word in _words(text):
        name, _, value = word.partition(":")
        yield name, value


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
