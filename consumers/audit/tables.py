"""The tables of an audit's ledger, and the statements that fill them."""

from typing import Final

VERSION: Final = 1
"""Of the tables; a ledger says it in ``user_version``."""

TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE done (piece TEXT PRIMARY KEY, read INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE signers (id INTEGER PRIMARY KEY, keys BLOB NOT NULL UNIQUE);
CREATE TABLE message (place INTEGER PRIMARY KEY, digest BLOB NOT NULL, stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL, previous BLOB NOT NULL, issued_at INTEGER NOT NULL, outline BLOB NOT NULL,
    signers INTEGER NOT NULL, whole INTEGER NOT NULL, topic INTEGER GENERATED ALWAYS AS (place >> 40) VIRTUAL);
CREATE VIEW first_copy AS SELECT m.* FROM message AS m
    WHERE NOT EXISTS (SELECT 1 FROM message AS e WHERE e.digest = m.digest AND e.place < m.place);
CREATE TABLE broken (place INTEGER PRIMARY KEY, digest BLOB, code TEXT NOT NULL, says TEXT NOT NULL,
    content INTEGER NOT NULL);
CREATE TABLE missing (place INTEGER PRIMARY KEY, until INTEGER NOT NULL, code TEXT NOT NULL, says TEXT NOT NULL);
CREATE TABLE said (place INTEGER PRIMARY KEY, node TEXT NOT NULL, issued_at INTEGER NOT NULL, raw BLOB NOT NULL);
CREATE TABLE spoken (originator TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE leaf (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, stream INTEGER NOT NULL, sequence INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, federation TEXT NOT NULL);
CREATE TABLE tile_root (id INTEGER PRIMARY KEY, roots BLOB NOT NULL);
CREATE TABLE flaw (id INTEGER PRIMARY KEY, peaks BLOB NOT NULL, entries TEXT NOT NULL, tile TEXT NOT NULL);
CREATE TABLE malformed (id INTEGER PRIMARY KEY, says TEXT NOT NULL);
"""
"""Columns are those of ``consumers.audit.units``; ``whole`` says that the bodies of a copy are the signed ones."""

INDEXES: Final = """
CREATE INDEX IF NOT EXISTS message_by_digest ON message (digest, place);
CREATE INDEX IF NOT EXISTS message_by_number ON message (stream, sequence, place);
CREATE INDEX IF NOT EXISTS leaf_by_digest ON leaf (digest, id);
CREATE INDEX IF NOT EXISTS broken_by_digest ON broken (digest);
"""
"""Made behind the last piece of work: sorting once is quicker than keeping in order."""

# A piece that was not entered whole was not entered: so the same rows never meet others.
MESSAGE: Final = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
BROKEN: Final = "INSERT INTO broken VALUES (?, ?, ?, ?, ?)"
SAID: Final = "INSERT INTO said VALUES (?, ?, ?, ?)"
MISSING: Final = "INSERT OR IGNORE INTO missing VALUES (?, ?, ?, ?)"
SPOKEN: Final = """
INSERT INTO spoken VALUES (?, ?, ?)
ON CONFLICT (originator) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
"""
LEAF: Final = "INSERT INTO leaf VALUES (?, ?, ?, ?, ?, ?)"
TILE_ROOT: Final = "INSERT INTO tile_root VALUES (?, ?)"
FLAW: Final = "INSERT INTO flaw VALUES (?, ?, ?, ?)"
MALFORMED: Final = "INSERT INTO malformed VALUES (?, ?)"
STREAMS: Final = ("INSERT OR IGNORE INTO stream (name) VALUES (?)", "SELECT id FROM stream WHERE name = ?")
SIGNERS: Final = ("INSERT OR IGNORE INTO signers (keys) VALUES (?)", "SELECT id FROM signers WHERE keys = ?")
