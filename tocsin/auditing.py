"""Audit a folder: its bus from the beginning, then each node's database, which is only looked at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from broker.database import open_engine, reading
from broker.errors import MissingFile, MissingKey
from broker.section_keys import SectionKeys
from broker.types.names import Participant
from consumers.audit import BusAudit, audit_bus
from consumers.audit_node import audit_node
from consumers.findings import Finding
from tocsin.buses import open_bus
from tocsin.folder import FederationFolder, NodeFolder
from tocsin.installation import RANDOMNESS, now
from tocsin.keyring import load_store_key
from tocsin.node_database import open_readonly
from tocsin.settings import NodeSettings, load_federation, load_node


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit came to.

    Attributes:
        nodes: Those whose database was there to be compared.
        not_compared: The others: nodes that have not been used yet, or whose database was taken away.
    """

    messages: int
    signatures: int
    repeated: int
    nodes: tuple[str, ...]
    not_compared: tuple[str, ...]
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        """Return what ``audit check --json`` prints; scripts rely on it."""
        return {
            "messages": self.messages,
            "log_size": 0,
            "witnesses": 0,
            "signatures": self.signatures,
            "repeated": self.repeated,
            "not_compared": self.not_compared,
            "findings": self.findings,
        }


async def audit_folder(folder: FederationFolder, *, progress: Callable[[int], None] = lambda _: None) -> AuditReport:
    """Check the record in *folder*.

    Raises:
        TransportError: The bus is not there, or is another federation's.
        ConfigError: Settings or databases cannot be read.
    """
    settings = load_federation(folder)
    async with open_bus(folder, settings, clock=now) as bus:
        found = await audit_bus(
            bus, federation=settings.id, root_digest=settings.root_digest, now=now(), progress=progress
        )
    participants = folder.participants() if found.is_rooted else ()
    compared = [code for code in participants if folder.node(code).database.exists()]
    findings = [*found.findings, *(one for code in compared for one in _audit_node(folder, code, found))]
    return AuditReport(
        messages=found.messages,
        signatures=found.signatures,
        repeated=found.repeated,
        nodes=tuple(compared),
        not_compared=tuple(code for code in folder.participants() if code not in compared),
        findings=tuple(findings),
    )


def _audit_node(folder: FederationFolder, participant: Participant, bus: BusAudit) -> list[Finding]:
    settings = load_node(folder, participant)
    engine = open_readonly(folder.node(participant).database)
    try:
        with reading(engine) as connection, _section_keys(folder.node(participant), settings) as section_keys:
            return audit_node(connection, bus, settings.node, section_keys)
    finally:
        engine.dispose()


@contextmanager
def _section_keys(own: NodeFolder, settings: NodeSettings) -> Iterator[SectionKeys | None]:
    """Give the key store of a node to look into; None where it, or the key to it, is not there: then without keys."""
    try:
        rest = load_store_key(settings.store_key, own.root)
        section_keys = SectionKeys(open_engine(own.section_keys, readonly=True), rest, randomness=RANDOMNESS)
    except (MissingKey, MissingFile):
        yield None
        return
    try:
        yield section_keys
    finally:
        section_keys.close()
