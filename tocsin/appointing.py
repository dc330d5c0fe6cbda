"""Who keeps the log of a network and who witnesses it, as its first root record appoints them."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from broker.signing.keys import SigningKey
from tocsin.folder import FederationFolder
from tocsin.key_files import make_key
from tocsin.members import Member
from tocsin.settings import NOTARY_KEY, WITNESS_KEY
from tocsin.settings_file import format_settings, replace_setting

WITNESSES: Final = 5
"""How many are appointed where nobody says how many; as many as there are participants, where those are fewer."""
MAX_WITNESSES: Final = 9
"""More than that make every checkpoint slower and none of them safer."""


class LogKeys(msgspec.Struct, frozen=True):
    """The keys of the notary, and of each appointed witness by the code of its participant."""

    notary: SigningKey
    witnesses: Mapping[str, SigningKey]


def choose_witnesses(members: Sequence[Member], most: int) -> tuple[Member, ...]:
    """Return the first *most* of *members* that are different operators: two of one operator are one witness."""
    chosen: dict[str, Member] = {}
    for member in members:
        chosen.setdefault(member.name, member)
    return tuple(chosen.values())[:most]


def quorum_of(witnesses: int) -> int:
    """Return how many of *witnesses* have to cosign: more than half, so that no two histories get a quorum."""
    return witnesses // 2 + 1 if witnesses else 0


def witness_name(federation: str, participant: str) -> str:
    """Return the name under which the node of *participant* cosigns."""
    return f"{federation}/witness/{participant}"


def make_log_keys(folder: FederationFolder, witnesses: Sequence[Member]) -> LogKeys:
    """Make the private keys of the notary and of *witnesses*, each where it belongs.

    Raises:
        AlreadyThere: There is such a file.
    """
    return LogKeys(
        notary=make_key(folder.hub / NOTARY_KEY.name),
        witnesses={one.code: make_key(folder.node(one.code).root / WITNESS_KEY.name) for one in witnesses},
    )


def write_log_settings(folder: FederationFolder, witnesses: Sequence[Member]) -> None:
    """Tell the notary and each witness where its key lies; the nodes' settings are there already."""
    # No addresses: the witnesses of an exercise on one machine are asked without a network.
    folder.notary_file.write_text(format_settings({"key": NOTARY_KEY.format(), "witnesses": ""}), "utf-8")
    for one in witnesses:
        replace_setting(folder.node(one.code).settings_file, "witness_key", WITNESS_KEY.format())
