"""A participant's first node: its name, the entry of its key, its folder with what belongs there beside the keys."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from broker.directory.entries import KeyEntry, KeyStatement, StreamGrant
from broker.policy.table import Table, format_table
from broker.types.vocabulary import KeyUse
from tocsin.folder import FederationFolder
from tocsin.key_files import make_sealing_key_file, make_store_key
from tocsin.members import Member
from tocsin.profiles import format_usual_profiles
from tocsin.settings import STORE_KEY
from tocsin.settings_file import format_settings

FIRST_WRITERS: Final = (1, 999)
"""The writers that a node's first key may open; a key that follows gets a range of its own."""
KEYS_VALID_FOR: Final = timedelta(days=730)
_NO_TABLES: Final[Mapping[str, Table | None]] = {}


def node_name(participant: str) -> str:
    """Return the name of a participant's first node."""
    return f"{participant}/~1"


def node_key_entry(
    statement: KeyStatement, node: str, originators: Sequence[str], writers: tuple[int, int]
) -> KeyEntry:
    """Return the entry of a node's key that may write the streams of *originators*, each from one writer to another."""
    first, last = writers
    return KeyEntry(
        key=statement,
        use=KeyUse.SIGN,
        owner=node,
        node=node,
        streams=tuple(StreamGrant(originator=one, first_writer=first, last_writer=last) for one in originators),
    )


def make_sealing_halves(folder: FederationFolder, participant: str, *, federation: str) -> tuple[bytes, bytes]:
    """Make a sealing key of a participant's first node; return its public half and the proof of possession."""
    keys = folder.node(participant).sealing_keys
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    _, key, possession = make_sealing_key_file(keys, federation=federation, owner=node_name(participant))
    return key.public, possession


def make_node_folder(
    folder: FederationFolder, member: Member, *, profiles: str = "", tables: Mapping[str, Table | None] = _NO_TABLES
) -> None:
    """Make what a node needs beside its enrolled keys: settings, marking profiles, store key, a place for refused rows.

    Args:
        profiles: The text of ``profiles.toml``; empty for the usual ones.
        tables: Those that stay at home, by the setting that names the file: ``house``, ``release``.
    """
    node = folder.node(member.code)
    # Refused rows may name persons.
    node.refused.mkdir(mode=0o700, parents=True)
    make_store_key(node.root / STORE_KEY.name)
    settings = {
        "node": node_name(member.code),
        "signing_key": "file:keys/node.pem",
        "administrator_key": "file:keys/admin.pem",
        "store_key": STORE_KEY.format(),
        "profiles": "profiles.toml",
    }
    for setting, table in tables.items():
        if table is not None:
            settings[setting] = f"{setting}.json"
            (node.root / settings[setting]).write_text(format_table(table), "utf-8")
    node.settings_file.write_text(format_settings(settings), "utf-8")
    usual = format_usual_profiles([f"{member.code}/{post.name}" for post in member.authorities])
    (node.root / "profiles.toml").write_text(profiles or usual, "utf-8")
