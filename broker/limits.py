"""Every limit of the format, with its unit. docs/wire-format.md says why each has its value."""

from datetime import timedelta
from typing import Final

KIB: Final = 1024

MAX_ENVELOPE_BYTES: Final = 1024 * KIB
MAX_RECORD_BYTES: Final = MAX_ENVELOPE_BYTES + 64 * KIB
"""What a topic accepts: an envelope and the transport's own overhead."""
MAX_HEADER_BYTES: Final = 16 * KIB
MAX_SECTIONS: Final = 16
MAX_SIGNERS: Final = 4
MAX_ROOT_SIGNERS: Final = 16
MAX_BATCH_MESSAGES: Final = 256
MAX_BATCH_PATH: Final = 8
MAX_SEQUENCE: Final = 2**63 - 1
MAX_WRITER: Final = 2**31 - 1

MAX_REFUSED_COPIES: Final = 1024
"""Copies of DIRECTORY messages with a wrong signature that are shown; above, only that there are more."""
MAX_WAITING_COPIES: Final = 4096
"""Copies that one administrator's part of the directory holds although none of its known keys signed them."""
MAX_ALL_WAITING_COPIES: Final = 32_768
"""The same for all parts together."""

MAX_CLOCK_AHEAD: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(days=14)

BODY_SIZES_BYTES: Final = (256, 1 * KIB, 2 * KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 512 * KIB, 896 * KIB)
"""The sizes that a body may have; content is filled up with zeros to the next one."""

MAX_LISTS: Final = 30
"""Key lists in one RELEASE."""
MAX_WRAPS: Final = 256
"""Wraps in one RELEASE, padding included."""
WRAP_COUNTS: Final = (16, 64, 256)
"""The numbers of wraps that a RELEASE may have; filled up with wraps for nobody."""
WRAP_LISTS: Final = (1, 2, 4, 8, 16, 30)
"""The numbers of list keys that a wrap has room for; all wraps of one RELEASE have the same."""

SEALING_KEY_MAX_AGE: Final = timedelta(days=90)
SEALING_KEY_KEPT_AFTER: Final = timedelta(days=30)
"""How long the private half of a sealing key is kept after its validity; then it is destroyed."""

LOGGED_WITHIN: Final = timedelta(minutes=10)
"""A message that is not in the log so long after it was sent is reported by its sender."""
DISPUTED_AFTER: Final = timedelta(days=14)
"""A message that was first logged so long after the validity of its key ended is disputed."""
MAX_NOTARY_WAITING: Final = 4096
"""Messages of one topic that a notary keeps until the directory knows their keys; the others it reads again."""
MAX_NOTARY_WAITING_BYTES: Final = 16 * KIB * KIB
"""The same, of their envelopes without bodies."""
MAX_NOTE_BYTES: Final = 128 * KIB
"""Sixteen signatures of 5 kB, which C2SP signed-note wants to be read, have 110 kB."""
MAX_NOTE_SIGNATURES: Final = 64
MAX_PROOF_HASHES: Final = 63
"""Steps of an inclusion or consistency proof, as C2SP tlog-witness has it; a tree of 2⁶² leaves needs no more."""
MAX_LOG_ENTRY_BYTES: Final = 1 * KIB
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
MAX_TILE_BYTES: Final = 32 * TILE_WIDTH
MAX_BUNDLE_BYTES: Final = (2 + MAX_LOG_ENTRY_BYTES) * TILE_WIDTH
MAX_EVIDENCE_BYTES: Final = 64 * KIB * KIB
"""An evidence file, and all that is in it together when it is unpacked."""
MAX_EVIDENCE_FILES: Final = 20_000

MAX_MATCH_QUESTIONS: Final = 200
"""Different numbers and names after which an authority may ask in :data:`MATCH_QUESTIONS_WITHIN`.

A desk at work asks after dozens; whoever tries out numbers of containers, of which there are millions, gets nowhere.
"""
MATCH_QUESTIONS_WITHIN: Final = timedelta(hours=24)

MAX_DEADLINE_DAYS: Final = 366
"""Days that a country may give another to answer a pre-export notification, of whatever kind it counts."""

MAX_CATALOGUE_NAMES: Final = 2_000
"""Names in an edition of the substance catalogue; so many take half a second to put in order at every reader."""
MAX_CATALOGUE_STATUSES: Final = 5_000
"""Statuses in an edition."""
MAX_SUBSTANCE_NAME: Final = 300
"""Characters of a name in an edition."""
