"""What a node opens with: sealing keys that are enrolled, here, and valid for a while; a key store that opens."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from broker.directory import EnrolledKey
from broker.errors import BrokerError
from broker.limits import SEALING_KEY_KEPT_AFTER
from tocsin.doctor.check import Check, bad, care, good, of_error
from tocsin.doctor.keys import check_mode
from tocsin.installation import Node
from tocsin.sealing_keys import OwnKey, Stage, own_keys
from tocsin.showing.plain import counted

_SOON: Final = timedelta(days=14)


def check_sealing(node: Node) -> Iterator[Check]:
    """Look at the sealing keys and the key store of *node*."""
    subject, now = f"{node.participant} sealing key", node.clock()
    try:
        mine = own_keys(node, now)
    except BrokerError as error:
        yield bad(subject, str(error), f"Bring it back from a copy; else take it away, then: {_anew(node)}")
        return
    yield from _check_valid(node, subject, mine, now)
    yield from _check_halves(node, subject, mine)
    for path in node.keyring.files():
        yield from check_mode(subject, path)
    yield from _check_store(node)


def _check_valid(node: Node, subject: str, mine: tuple[OwnKey, ...], now: datetime) -> Iterator[Check]:
    used = node.directory.sealing_key(node.name, now)
    if used is not None:
        # Where its private half is missing, that is said below.
        if any(one.stage is Stage.IN_USE for one in mine):
            yield from _check_time_left(node, subject, used, now)
    elif any(one.stage is Stage.AHEAD for one in mine):
        yield bad(subject, "none is valid yet", "Wait; if its time is past, the clock of this machine is wrong.")
    elif mine:
        yield bad(subject, "none is valid any more: nobody can release anything to this node", _anew(node))
    else:
        yield bad(
            subject, "it has none: nobody can release anything to this node", f"tocsin keys new --as {_code(node)}"
        )


def _check_time_left(node: Node, subject: str, used: EnrolledKey, now: datetime) -> Iterator[Check]:
    until, name = f"{used.valid_to:%Y-%m-%d}", used.id.hex()
    if used.valid_to - now < _SOON:
        left = counted((used.valid_to - now).days, "day")
        yield care(subject, f"key {name} is valid for {left} more, until {until}", f"Before then: {_anew(node)}")
    else:
        yield good(subject, f"key {name}, until {until}")


def _check_halves(node: Node, subject: str, mine: tuple[OwnKey, ...]) -> Iterator[Check]:
    for one in mine:
        name = one.id.hex()
        match one.stage:
            case Stage.MISSING:
                remedy = f"Bring it back from a copy, into {node.own_folder.sealing_keys.name}/; else: {_anew(node)}"
                yield bad(
                    subject, f"the private half of key {name} is not here: what is sealed to it stays shut", remedy
                )
            case Stage.OVERDUE:
                days = SEALING_KEY_KEPT_AFTER.days
                says = f"the private half of key {name} is still here, more than {days} days after its end"
                yield bad(subject, says, f"tocsin keys destroy --as {_code(node)}")
            case Stage.LEFT_OVER:
                says = f"{one.file} holds key {name}, which the directory does not have for this node"
                yield care(subject, says, "Wait for it to be enrolled; if it never will be, delete the file.")
            case _:
                pass


def _check_store(node: Node) -> Iterator[Check]:
    subject = f"{node.participant} key store"
    path, store = node.settings.store_key.path(node.own_folder.root), node.own_folder.section_keys
    if path is not None and not path.exists():
        anew = f"tocsin keys new --as {_code(node)}"
        if store.exists():
            remedy = f"Bring it back from a copy; without one, move {store.name} away, then: {anew}"
            yield bad(subject, f"its store key {path.name} is gone: no section key can be read", remedy)
        else:
            yield bad(subject, f"there is no store key {path.name}", anew)
        return
    if path is not None:
        yield from check_mode(subject, path)
    try:
        kept, tombstones = node.section_keys.count()
    except BrokerError as error:
        yield of_error(subject, error)
    else:
        yield good(subject, f"{counted(kept, 'section key')}, {counted(tombstones, 'tombstone')}")


def _anew(node: Node) -> str:
    if node.settings.administrator_key is None:
        return f"tocsin directory request {node.name} KEY FILE --sealing, and hand FILE to the administrator"
    return f"tocsin directory rotate --as {_code(node)} --sealing"


def _code(node: Node) -> str:
    return str(node.participant)
