"""In whatever order messages and HEADS about them arrive: what is missing in the end is exactly what did not come."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from broker.admit import Verified
from broker.database import open_engine, reading, writing
from broker.envelope.message import Opened, open_envelope
from broker.sequence import Position
from broker.types.names import MessageName, Originator, Stream
from consumers import store
from consumers.findings import Findings, open_findings
from consumers.streams import Streams
from tests.support.exercise import Authors, Clock
from tests.support.federation import a_federation
from tests.support.records import a_core

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LENGTH = 6
AUTHORS = Authors(a_federation(), Clock())
MESSAGES = [open_envelope(AUTHORS.write({"core": a_core()})) for _ in range(LENGTH)]
STREAM = MESSAGES[0].header.stream
BY = MessageName(Stream(Originator("NL/~1"), 1), 1)


def _insert(connection: Connection, opened: Opened) -> None:
    """Store a message as a node does at the end of its batch."""
    row = {
        "digest": opened.digest,
        "stream": str(opened.header.stream),
        "sequence": opened.header.sequence,
        "kind": "RECORD",
        "issued_at": 0,
        "received_at": 0,
        "outcome": "",
        "late": False,
        "backfill": False,
        "envelope": opened.raw,
    }
    connection.execute(store.message.insert(), row)


EVENTS = st.lists(st.tuples(st.sampled_from(["message", "heads"]), st.integers(0, LENGTH - 1)), max_size=14)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(batches=st.lists(EVENTS, max_size=4))
def test_what_is_missing_is_what_did_not_come(tmp_path: Path, batches: Sequence[Sequence[tuple[str, int]]]) -> None:
    path = tmp_path / "node.sqlite"
    for old in tmp_path.glob("node.sqlite*"):
        old.unlink()
    engine = open_engine(path)
    try:
        store.metadata.create_all(engine)
        arrived: set[int] = set()
        spoken = [0]
        for batch in batches:
            with writing(engine) as connection:
                streams = Streams(connection, {STREAM} if batch else set(), Findings(connection))
                new: list[Opened] = []
                for what, number in batch:
                    opened = MESSAGES[number]
                    spoken.append(number + 1)
                    if what == "heads":
                        streams.claim(STREAM, Position(number + 1, opened.digest), BY, NOW)
                    elif number + 1 not in arrived:
                        arrived.add(number + 1)
                        streams.place(Verified(opened, late=False), NOW)
                        new.append(opened)
                streams.save()
                for opened in new:
                    _insert(connection, opened)
        with reading(engine) as connection:
            missing = {
                number
                for row in connection.execute(store.missing.select())
                for number in range(row.first, row.last + 1)
            }
            codes = {one.code for one in open_findings(connection)}
        assert set(range(1, max(spoken) + 1)) - arrived == missing
        assert ({"gap"} if missing else set()) == codes
    finally:
        engine.dispose()
