"""Every statement that runs for each batch finds its rows by an index, however much has been published before."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from tests.support.outbox import PublishingNode, a_draft, a_file, some_drafts


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _ctx: object, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            found.append((statement, parameters[0] if many else parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def test_no_statement_reads_a_whole_table(node: PublishingNode) -> None:
    source, rows = a_file("parcels.csv", "a parcel", "a drum")
    with statements(node.engine) as found:
        node.publish(a_draft("R-2", related=["R-1"]), *some_drafts(1), a_draft("R-3", related=["R-9"]))
        node.publish(*rows, source=source)
        await node.flusher.flush()
        node.publish(*rows, source=source)

    read = [(statement, parameters) for statement, parameters in found if "outbox_" in statement]
    assert len(read) > 20
    with sqlite3.connect(node.path) as connection:
        plans = {
            statement: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in read
        }
    connection.close()
    scans = {statement: plan for statement, plan in plans.items() if any(_is_scan(step) for step in plan)}
    assert {} == scans


def _is_scan(step: str) -> bool:
    """Say whether a step of a plan reads all rows of a table, or all drafts of an authority."""
    of_constants = step.endswith("CONSTANT ROWS") or step.startswith(("SCAN CONSTANT", "SCAN (subquery"))
    of_an_authority = "outbox_draft" in step and step.endswith("(authority=?)")
    of_what_waits = step.startswith("SCAN outbox_message USING INDEX outbox_message_unsent")
    return of_an_authority or (step.startswith("SCAN") and not of_constants and not of_what_waits)
