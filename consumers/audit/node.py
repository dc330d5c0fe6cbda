"""Check one node's database against the bus: what arrived is there, and nothing was shown without a decision."""

from enum import StrEnum
from itertools import pairwise
from typing import assert_never

import msgspec
from sqlalchemy import Connection

from broker.section_keys import SectionKeys
from broker.types.names import Originator
from consumers.audit.node_contents import check_contents
from consumers.audit.node_copies import check_copies
from consumers.audit.node_decisions import check_decisions
from consumers.audit.record import BusAudit
from consumers.audit.yardstick import BYTES, Yardstick, yardstick_of
from consumers.findings import Finding


class Checks(StrEnum):
    """What is checked of a node."""

    COPIES = "copies"
    DECISIONS = "decisions"
    CONTENTS = "contents"


class Share(msgspec.Struct, frozen=True, order=True):
    """A share of the work on one node.

    Attributes:
        what: Which of its checks.
        first: Of the messages whose content is read those whose digest begins with this byte,
        end: or a larger one below this.
    """

    what: Checks
    first: int = 0
    end: int = BYTES


def shares(contents: int) -> list[Share]:
    """Return all shares of the work on a node; its contents are read in so many, in none for an audit without them."""
    edges = [BYTES * number // contents for number in range(contents + 1)] if contents else []
    return [
        Share(Checks.COPIES),
        Share(Checks.DECISIONS),
        *(Share(Checks.CONTENTS, first, end) for first, end in pairwise(edges)),
    ]


def audit_node(
    connection: Connection, bus: BusAudit, node: Originator, section_keys: SectionKeys | None = None
) -> list[Finding]:
    """Return what is wrong between a node's database and the bus it reads.

    Args:
        section_keys: The key store of the node: with it the content of what is sealed is checked too, and that it was
            decided about; None for an audit without keys.
    """
    yardstick = yardstick_of(bus, node)
    return [one for share in shares(1) for one in check_share(connection, yardstick, share, section_keys)]


def check_share(
    connection: Connection, yardstick: Yardstick, share: Share, section_keys: SectionKeys | None
) -> list[Finding]:
    """Return what a share of the work on a node comes to."""
    match share.what:
        case Checks.COPIES:
            return list(check_copies(connection, yardstick))
        case Checks.DECISIONS:
            return list(check_decisions(connection, yardstick))
        case Checks.CONTENTS:
            if section_keys is None:
                return []
            return list(check_contents(connection, yardstick, section_keys, (share.first, share.end)))
        case _:
            assert_never(share.what)
