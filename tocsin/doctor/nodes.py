"""One node: its database, what waits in it, what it found."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from broker.database import reading
from broker.errors import BrokerError, CorruptBatch, RetentionPassed, UntrustedRoot
from broker.types.names import is_administrator
from broker.types.time import from_micros
from broker.types.vocabulary import RecordKind
from consumers import store
from consumers.findings import open_findings
from consumers.gaps import BEHIND
from producers.outbox import outbox_state
from tocsin.doctor.check import Check, bad, care, good
from tocsin.doctor.keys import check_keys
from tocsin.doctor.sealing import check_sealing
from tocsin.installation import Node
from tocsin.node_database import NEWEST
from tocsin.showing.plain import counted

_REMEDIES: Final[Mapping[str, str]] = {
    BEHIND: "Is this the right bus, and whole? Its administrator: compare it with a backup.",
    RetentionPassed.code: "Ask others for what is missing; then tocsin receive --accept-loss TOPIC goes on without.",
    CorruptBatch.code: "Its administrator: check the disk of the leader. The node asks for it again by itself.",
}
"""What to do about a finding that no audit explains better."""


def check_node(node: Node) -> Iterator[Check]:
    """Look over a node whose database is open."""
    yield good(f"{node.participant} database", f"at version {NEWEST}")
    yield from check_keys(node)
    yield from check_sealing(node)
    yield from _check_directory(node)
    yield from _check_tables(node)
    yield from _check_outbox(node)
    yield from _check_findings(node)


def newest_seen(node: Node) -> datetime | None:
    """Return when the newest signed thing was issued that *node* has; None where it has none."""
    issued = [
        held.header.issued_at
        for name, messages in node.directory.held.items()
        if is_administrator(name)
        for held in messages
    ]
    with reading(node.engine) as connection:
        newest = connection.scalar(select(func.max(store.message.c.issued_at)))
    if newest is not None:
        issued.append(from_micros(newest))
    return max(issued, default=None)


def _check_directory(node: Node) -> Iterator[Check]:
    subject = f"{node.participant} directory"
    if newest_seen(node) is None:
        yield care(subject, "not read yet", f"tocsin receive --as an authority of {node.participant}")
        return
    try:
        tolerated = node.directory.root.heads_max_age_hours
    except UntrustedRoot as error:
        yield bad(subject, str(error), "Compare root_digest in federation.toml with the hub's, by another way.")
        return
    served = len(node.served())
    says = f"{counted(len(node.directory.participants()), 'participant')}; authorities served by this node: {served}"
    if stale := node.unheard():
        remedy = f"tocsin receive; then another node, the hub's too, has to say tocsin heads. Tolerated: {tolerated} h."
        yield care(subject, f"{stale}. Nothing is published until then", remedy)
    elif not served:
        yield care(subject, says, f"tocsin directory add authority {node.participant}/NAME --sector WORD")
    else:
        yield good(subject, says)
    for one in node.directory.findings:
        yield care(subject, f"{one.name} does not apply: {one.says}", "Ask the administrator who wrote it.")


def _check_tables(node: Node) -> Iterator[Check]:
    subject = f"{node.participant} policy"
    try:
        house, profiles = node.house, node.profiles
    except BrokerError as error:
        yield bad(subject, str(error), "Mend the file; until then nothing is decided or published.")
        return
    yield good(subject, f"house table {house.name}, {counted(len(profiles), 'marking profile')}")
    without = [name for name in node.served() if (name, RecordKind.INCIDENT) not in profiles]
    if without:
        yield care(subject, f"no marking profile for {', '.join(without)}", f"Add one to {node.settings.profiles}.")


def _check_outbox(node: Node) -> Iterator[Check]:
    subject = f"{node.participant} outbox"
    state = outbox_state(node.engine)
    if state.ready or state.unsent:
        says = f"not sent yet: {counted(state.ready, 'draft')}, {counted(state.unsent, 'signed message')}"
        yield care(subject, says, "Publish anything, or the same file again: everything that waits goes with it.")
    if state.parked:
        says = f"{counted(state.parked, 'draft')} held back for a report that is named and not published"
        yield care(subject, says, "Publish that report.")
    if not (state.ready or state.unsent or state.parked):
        yield good(subject, "nothing waits")


def _check_findings(node: Node) -> Iterator[Check]:
    with reading(node.engine) as connection:
        findings = open_findings(connection)
        waiting = select(store.quarantine.c.code, func.count()).where(store.quarantine.c.admitted_at.is_(None))
        quarantine = connection.execute(waiting.group_by(store.quarantine.c.code)).all()
    for one in findings:
        remedy = _REMEDIES.get(one.code, "tocsin audit check")
        yield care(f"{node.participant} finding", f"{one.code} {one.place}: {one.message}", remedy)
    for code, count in quarantine:
        remedy = f"docs/errors.md says what {code} means; the bytes are kept."
        yield care(
            f"{node.participant} quarantine",
            f"not admitted, and not shown to anybody: {counted(count, 'message')}, {code}",
            remedy,
        )
    if not findings and not quarantine:
        yield good(f"{node.participant} record", "no findings, nothing in quarantine")
