"""A node that witnesses the log: its key, whether it is appointed, what it has cosigned and refused."""

from collections.abc import Iterator

from broker.errors import BrokerError, UntrustedRoot
from tocsin.appointing import witness_name
from tocsin.doctor.check import Check, bad, care, good, of_error
from tocsin.doctor.keys import check_mode
from tocsin.installation import Node
from tocsin.secret import load_key
from tocsin.showing.plain import counted
from tocsin.witnessing.state import open_witness_state


def check_witness(node: Node) -> Iterator[Check]:
    """Look at what a node witnesses the log with, where it does."""
    subject = f"{node.participant} witness"
    name = witness_name(node.federation.id, node.participant)
    appointed = _appointed(node)
    reference = node.settings.witness_key
    if reference is None:
        if name in appointed:
            yield care(subject, "the root record appoints it, and no key is set", "Set witness_key in node.toml.")
        return
    try:
        key = load_key(reference, node.own_folder.root)
    except BrokerError as error:
        yield bad(subject, str(error), "Bring it back from a copy; else the hub appoints another witness.")
        return
    path = reference.path(node.own_folder.root)
    if path is not None:
        yield from check_mode(subject, path)
    if appointed.get(name) != key.id:
        says = f"the root record does not appoint key {key.id.hex()} as {name}: nobody counts what it cosigns"
        yield care(subject, says, "Hand the hub its public half, or take witness_key out of node.toml.")
        return
    yield _remembered(node, subject, key.id.hex())


def _appointed(node: Node) -> dict[str, bytes]:
    try:
        return {one.name: one.key.id for one in node.directory.root.witnesses}
    except UntrustedRoot:
        return {}  # said of the directory already


def _remembered(node: Node, subject: str, key: str) -> Check:
    if not node.own_folder.witness_database.exists():
        return good(subject, f"key {key}; it has cosigned nothing yet")
    try:
        state = open_witness_state(node.own_folder.witness_database)
    except BrokerError as error:
        return of_error(subject, error)
    try:
        heads, refused = state.heads(), state.refused()
    except BrokerError as error:
        return of_error(subject, error)
    finally:
        state.close()
    if refused:
        says = f"refused {counted(len(refused), 'checkpoint')} that may be proof of a fault of the log"
        return care(subject, says, f"tocsin witness show --as {node.participant}")
    return good(subject, f"key {key}; cosigned up to {', '.join(str(one.head.size) for one in heads) or 'nothing'}")
