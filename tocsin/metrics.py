"""What a following node tells a monitoring system: counts, times and codes, never content.

Nothing from a message becomes a label. What changes by itself, as the age of a certificate, is looked up when it is
asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broker.database import reading
from broker.errors import BadSettings, BrokerError
from broker.logbook import LogState, load_state
from consumers.deliver import Taken
from consumers.findings import open_findings
from producers.outbox import outbox_state
from tocsin.buses import identity_folder
from tocsin.identity import read_identity
from tocsin.installation import Node

_HERE: Final = "127.0.0.1"
_LAST_PORT: Final = 65535
_WHERE: Final = "Name a port that nothing else has: --metrics [HOST:]PORT"


class Meters:
    """The counts of one run."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"tocsin_{name}", says, labels, registry=registry)

        self._counted: Final = {
            "messages": counter("messages", "Messages taken in"),
            "inbox": counter("inbox_rows", "Rows added to inboxes"),
            "alerts": counter("alerts", "Alerts raised"),
            "duplicates": counter("duplicates", "Messages that were there already"),
            "quarantined": counter("quarantined", "Messages that could not be admitted"),
        }
        self._troubles = counter("bus_troubles", "How often the bus stood in the way", "code")
        self._waiting = Gauge("tocsin_bus_waiting", "1 while the node waits for the bus", registry=registry)
        self._heard = Gauge("tocsin_bus_heard_timestamp_seconds", "When the bus was last heard", registry=registry)

    def took(self, taken: Taken) -> None:
        """Count what was taken."""
        for name, counter in self._counted.items():
            counter.inc(getattr(taken, name))
        self._waiting.set(0)
        self._heard.set_to_current_time()

    def met(self, error: BrokerError, seconds: float | None) -> None:
        """Count a trouble of the bus; *seconds* until it is tried again, None where it was gone around."""
        self._troubles.labels(error.code).inc()
        if seconds is not None:
            self._waiting.set(1)


class State(Collector):
    """What stands in the node's database and beside it at the moment."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def collect(self) -> Iterator[Metric]:
        """Look it up."""
        findings = GaugeMetricFamily("tocsin_findings", "Open findings", labels=["code"])
        with reading(self._node.engine) as connection:
            codes = [one.code for one in open_findings(connection)]
        for code in sorted(set(codes)):
            findings.add_metric([code], codes.count(code))
        yield findings
        with reading(self._node.engine) as connection:
            log = load_state(connection)
        yield from self._log(log)
        unsent = outbox_state(self._node.engine)
        yield GaugeMetricFamily("tocsin_outbox_waiting", "Not sent yet", value=unsent.ready + unsent.unsent)
        expires = self._expiry()
        if expires is not None:
            says = "When the certificate that is shown to the bus expires"
            yield GaugeMetricFamily("tocsin_bus_certificate_expiry_timestamp_seconds", says, value=expires.timestamp())

    def _log(self, log: LogState) -> Iterator[Metric]:
        if log.newest is None:
            return  # there is none, or nothing in it yet
        yield GaugeMetricFamily("tocsin_log_size", "Entries of the log that were read and found right", value=log.size)
        yield GaugeMetricFamily(
            "tocsin_log_witnesses", "Witnesses that cosigned the newest checkpoint", value=log.newest.witnesses
        )
        age = (self._node.clock() - log.newest.seen_at).total_seconds()
        yield GaugeMetricFamily("tocsin_log_checkpoint_age_seconds", "Since the newest checkpoint came", value=age)
        if log.witnessed is not None and log.witnessed.witnessed_at is not None:
            says = "When a quorum of witnesses had cosigned the newest checkpoint that has one"
            at = log.witnessed.witnessed_at.timestamp()
            yield GaugeMetricFamily("tocsin_log_witnessed_timestamp_seconds", says, value=at)

    def _expiry(self) -> datetime | None:
        """Return when the certificate expires; the epoch where it cannot be read, so that an alarm goes off."""
        folder = identity_folder(self._node.folder, self._node.federation, self._node.settings)
        if folder is None or self._node.settings.way_in.bus_user:
            return None
        try:
            return read_identity(folder).not_after
        except BrokerError:
            return datetime.fromtimestamp(0, UTC)


@contextmanager
def serving_metrics(node: Node, where: str | None) -> Iterator[Meters]:
    """Give the meters of a node, and serve them at *where*, ``[HOST:]PORT``, while the block runs.

    Raises:
        BadSettings: *where* is no such place, or is taken.
    """
    registry = CollectorRegistry()
    meters = Meters(registry)
    if where is None:
        yield meters
        return
    registry.register(State(node))
    host, _, port = where.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > _LAST_PORT:
        raise BadSettings(f"metrics cannot be served at {where[:60]!r}: that is no port", hint=_WHERE)
    try:
        server, thread = start_http_server(int(port), host.strip("[]") or _HERE, registry)
    except OSError as error:
        raise BadSettings(f"metrics cannot be served at {where[:60]}: {error.strerror}", hint=_WHERE) from None
    try:
        yield meters
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
