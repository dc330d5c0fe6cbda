"""A network as it was founded before hubs had a catalogue authority."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from broker.bus.tables import OFFSET_BITS

OF_THE_CATALOGUE = 3
"""Messages with which a founding enters the authority, the last of its directory: node, authority, key."""


def make_older(folder: Path) -> Path:
    """Take the catalogue authority out of the network in *folder*, which nobody has used yet."""
    shutil.rmtree(folder / "hub" / "node")
    forget_the_catalogue(folder)
    with closing(sqlite3.connect(folder / "bus.sqlite")) as bus, bus:
        bus.execute("DELETE FROM topic WHERE name = 'exercise.msg.X-HUB'")
    return folder


def forget_the_catalogue(folder: Path) -> None:
    """Take what enters the authority from the end of the directory, on the bus alone."""
    with closing(sqlite3.connect(folder / "bus.sqlite")) as bus, bus:
        ((topic, end),) = bus.execute("SELECT id, next FROM topic WHERE name = 'exercise.directory'").fetchall()
        kept, first = end - OF_THE_CATALOGUE, topic << OFFSET_BITS
        bus.execute("DELETE FROM message WHERE id BETWEEN ? AND ?", (first + kept, first + end))
        bus.execute("UPDATE topic SET next = ? WHERE id = ?", (kept, topic))
