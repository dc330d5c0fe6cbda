"""Every error that tocsin raises on purpose.

The tree; a leaf's ``code`` is stable and part of the API, its message may improve::

    BrokerError
    ├─ ConfigError          this installation, its files or its settings are wrong
    ├─ MalformedError       bytes or text that no honest writer would produce
    ├─ SchemaError          content that does not agree with its schema
    ├─ VerificationError    a signature, digest, key or chain that does not hold
    ├─ AccessDenied         the policy said no; carries the decision
    ├─ ConflictError        two things that cannot both be true
    └─ TransportError       the bus or the network; worth trying again

Only the faces turn errors into effects (exit code, HTTP problem, retry or quarantine or halt), each by one table.
"""

from collections.abc import Iterator
from typing import ClassVar, Protocol


class Refusal(Protocol):
    """What an :class:`AccessDenied` carries: a decision that can say why."""

    def says(self) -> str:
        """Return the sentence of the rule that decided, for people."""
        ...


class BrokerError(Exception):
    """The root of the tree.

    Args:
        message: What happened, the value seen (shortened, never a secret) and what was expected.
        hint: What to do about it; may be empty.
    """

    code: ClassVar[str] = "error"
    retriable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


# ── this installation ────────────────────────────────────────────────────────────────────────────────────────────────


class ConfigError(BrokerError):
    """This installation, its files or its settings are wrong."""

    code = "config"


class BadSettings(ConfigError):
    """A settings file or an override has mistakes; the message names all of them."""

    code = "bad-settings"


class BadTable(ConfigError):
    """A policy table has a mistake; the message names file, line and the nearest known word."""

    code = "bad-table"


class BadMapping(ConfigError):
    """A column mapping, or the columns of a file, cannot be used."""

    code = "bad-mapping"


class MissingFile(ConfigError):
    """A file or folder that is needed is not there."""

    code = "missing-file"


class UnknownAuthority(ConfigError):
    """A name on the command line is no authority that this installation serves."""

    code = "unknown-authority"


class MissingItem(ConfigError):
    """A message that an authority asks for is not in its inbox."""

    code = "missing-item"


class StaleDatabase(ConfigError):
    """The database has another schema version than this program."""

    code = "stale-database"


class UnusableDatabase(ConfigError):
    """A database file is damaged, read-only, out of reach or on a full disk."""

    code = "unusable-database"


class MissingKey(ConfigError):
    """A private key that is needed is not here, or no key of that use is valid now."""

    code = "missing-key"


class NoLog(ConfigError):
    """The root record of this network appoints no notary, or this installation is not told where the log is."""

    code = "no-log"


class NoCalendar(ConfigError):
    """There are no public holidays for a country, a part of it or a year, so its working days cannot be counted."""

    code = "no-calendar"


class BusForbidden(ConfigError):
    """The bus knows who asks, and does not let them do it."""

    code = "bus-forbidden"


class BusMisconfigured(ConfigError):
    """The bus, or a topic of it, is set up so that it cannot carry this network."""

    code = "bus-misconfigured"


class BadIdentity(ConfigError):
    """What a node shows to the bus to be let in is missing, expired or not whole."""

    code = "bad-identity"


# ── bytes and text ───────────────────────────────────────────────────────────────────────────────────────────────────


class MalformedError(BrokerError):
    """Bytes or text that no honest writer would produce."""

    code = "malformed"


class TooLarge(MalformedError):
    """Something exceeds its limit; see ``broker/limits.py``."""

    code = "too-large"


class BadFraming(MalformedError):
    """The bytes do not begin as an envelope that we know does."""

    code = "bad-framing"


class NotCanonical(MalformedError):
    """The bytes are not those that our own writer would produce for the same values."""

    code = "not-canonical"


class BadHeader(MalformedError):
    """A header's fields cannot be true together."""

    code = "bad-header"


class BadBody(MalformedError):
    """A section's body has a wrong size, length or padding."""

    code = "bad-body"


class BadName(MalformedError):
    """A participant, authority, stream, message or group name is not well formed."""

    code = "bad-name"


class BadRelease(MalformedError):
    """A RELEASE, a key list or a wrap that no honest writer would produce."""

    code = "bad-release"


class BadFile(MalformedError):
    """A file cannot be read as what it claims to be."""

    code = "bad-file"


class BadScenario(MalformedError):
    """A scenario of an exercise has mistakes; the message names all of them, each with its place."""

    code = "bad-scenario"


class BadNote(MalformedError):
    """No signed note, or a checkpoint, cosignature, proof or request that is not as its specification says."""

    code = "bad-note"


class BadTile(MalformedError):
    """A tile, a bundle of entries or an entry of the log that is not as its specification says."""

    code = "bad-tile"


class BadEvidence(MalformedError):
    """A file that is no evidence file: not the archive that it has to be, or something in it missing or too much."""

    code = "bad-evidence"


class UnknownSubstance(MalformedError):
    """The substance catalogue has no substance of this identifier or name."""

    code = "unknown-substance"


class BadCas(MalformedError):
    """A text is no CAS registry number: not of its form, or its check digit fails."""

    code = "bad-cas"


class UnknownEvidence(MalformedError):
    """An evidence file of a version that this program does not know."""

    code = "unknown-evidence"


# ── content ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class SchemaError(BrokerError):
    """Content that does not agree with its schema."""

    code = "schema"


class UnknownSchema(SchemaError):
    """No schema with this digest ships with this version."""

    code = "unknown-schema"


class UndecodableContent(SchemaError):
    """Avro bytes that do not decode to exactly one record of their schema."""

    code = "undecodable-content"


class InvalidRecord(SchemaError):
    """A decoded or drafted record breaks a rule of its type."""

    code = "invalid-record"


# ── verification ─────────────────────────────────────────────────────────────────────────────────────────────────────


class VerificationError(BrokerError):
    """A signature, digest, key or chain that does not hold."""

    code = "verification"


class WrongFederation(VerificationError):
    """The message belongs to another federation."""

    code = "wrong-federation"


class WrongTopic(VerificationError):
    """The message travels in a topic that its originator may not write to."""

    code = "wrong-topic"


class ClockAhead(VerificationError):
    """The writer's clock is further ahead of ours than is tolerated."""

    code = "clock-ahead"


class UnknownKey(VerificationError):
    """A signer is not in the directory (yet)."""

    code = "unknown-key"


class KeyNotValid(VerificationError):
    """A key was not valid when the message was issued, or may not sign for this stream."""

    code = "key-not-valid"


class KeyRevoked(VerificationError):
    """A key was revoked."""

    code = "key-revoked"


class WeakKey(VerificationError):
    """A public key that would verify signatures nobody made."""

    code = "weak-key"


class BadSignature(VerificationError):
    """A signature does not belong to these bytes and this key."""

    code = "bad-signature"


class NotIncluded(VerificationError):
    """A path does not lead from a leaf to a root of that size."""

    code = "not-included"


class NotConsistent(VerificationError):
    """A proof does not show that one tree grew out of another."""

    code = "not-consistent"


class UntrustedCheckpoint(VerificationError):
    """A checkpoint that the notary of this network did not sign, or one of another log."""

    code = "untrusted-checkpoint"


class SplitView(VerificationError):
    """The notary signed two checkpoints of which neither grew out of the other; carries no secret, both are proof."""

    code = "split-view"


class LogRolledBack(VerificationError):
    """The log is shorter than it was seen before."""

    code = "log-rolled-back"


class ChangedTile(VerificationError):
    """Tiles or entries of the log do not lead to the root that its notary signed."""

    code = "changed-tile"


class NoQuorum(VerificationError):
    """Too few witnesses cosigned a checkpoint."""

    code = "no-quorum"


class TooManyWaiting(VerificationError):
    """More messages of a topic wait for the directory to know their keys than a notary keeps; it reads them again."""

    code = "too-many-waiting"


class NotLogged(VerificationError):
    """A message is not in the log, as far as it was read."""

    code = "not-logged"


class Disputed(VerificationError):
    """A message was first logged too late for the key that signed it."""

    code = "disputed"


class BadPossession(VerificationError):
    """A key is enrolled without proof that its owner holds the private half."""

    code = "bad-possession"


class BrokenChain(VerificationError):
    """A header does not name the digest of the one before it."""

    code = "broken-chain"


class BodyMissing(VerificationError):
    """A body is absent where it has to be present."""

    code = "body-missing"


class BodyMismatch(VerificationError):
    """A body is not the one that the header names."""

    code = "body-mismatch"


class CommitmentMismatch(VerificationError):
    """A section's content is not the one that the header commits to."""

    code = "commitment-mismatch"


class UntrustedRoot(VerificationError):
    """The first root record is not the one whose digest this node was told."""

    code = "untrusted-root"


class ThresholdNotMet(VerificationError):
    """Too few distinct root keys signed a root record."""

    code = "threshold-not-met"


class WeakQuorum(VerificationError):
    """A root record's witness quorum would let two histories both be witnessed."""

    code = "weak-quorum"


class ForeignEntry(VerificationError):
    """An administrator wrote a directory entry that is not theirs to write."""

    code = "foreign-entry"


class StaleDirectory(VerificationError):
    """Nothing signed has been seen for longer than the root record tolerates."""

    code = "stale-directory"


class SealedContent(VerificationError):
    """A section is sealed and this node holds no key for it."""

    code = "sealed-content"


class KeyMismatch(VerificationError):
    """A section key is not the one that the header commits to."""

    code = "key-mismatch"


class BrokenSeal(VerificationError):
    """A sealed body does not open under its key: it was changed, moved or cut, or sealed for another place."""

    code = "broken-seal"


class BadWrap(VerificationError):
    """A wrap that is found by its tag does not open: it was made for another node, or for another message."""

    code = "bad-wrap"


class ForeignRelease(VerificationError):
    """A RELEASE opens a message that is not its originator's to open."""

    code = "foreign-release"


class ForeignRecall(VerificationError):
    """A recall, correction or grant speaks of a message that is not its originator's to speak of."""

    code = "foreign-recall"


# ── policy ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class AccessDenied(BrokerError):
    """The policy said no.

    Args:
        decision: Which rules said so; kept for the decision record and the explanation.
    """

    code = "access-denied"

    def __init__(self, message: str, *, decision: Refusal, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.decision = decision


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ConflictError(BrokerError):
    """Two things that cannot both be true."""

    code = "conflict"


class ReferenceConflict(ConflictError):
    """A national reference was already published with other content."""

    code = "reference-conflict"


class PossibleDuplicate(ConflictError):
    """The same row was already taken in from another file."""

    code = "possible-duplicate"


class StreamConflict(ConflictError):
    """Two validly signed headers carry the same number of one stream."""

    code = "stream-conflict"


class AlreadyThere(ConflictError):
    """What is to be made is already there."""

    code = "already-there"


class NotAnExercise(ConflictError):
    """An exercise was to be played in a network about the world, or its results are asked for where none was played."""

    code = "not-an-exercise"


class TooManyQuestions(ConflictError):
    """An authority has asked after as many different numbers and names as it may in a day."""

    code = "too-many-questions"


class LogForked(ConflictError):
    """Going on would fork the log: its files, its journal and what was signed before do not agree."""

    code = "log-forked"


class LogBusy(ConflictError):
    """Another notary is at work on this log."""

    code = "log-busy"


# ── transport ────────────────────────────────────────────────────────────────────────────────────────────────────────


class TransportError(BrokerError):
    """The bus or the network; worth trying again."""

    code = "transport"
    retriable = True


class BusUnavailable(TransportError):
    """The bus does not answer."""

    code = "bus-unavailable"


class UnknownTopic(TransportError):
    """The bus has no such topic (yet)."""

    code = "unknown-topic"


class BusClosed(TransportError):
    """The bus was closed while an operation waited for it."""

    code = "bus-closed"
    retriable = False


class LogUnavailable(TransportError):
    """The log cannot be read or written where it should be."""

    code = "log-unavailable"


class WitnessUnavailable(TransportError):
    """A witness does not answer, or not as its protocol says."""

    code = "witness-unavailable"


class DatabaseBusy(TransportError):
    """Another process holds the database's write lock for longer than is tolerated."""

    code = "database-busy"


class TopicLost(TransportError):
    """Another member of the group owns the topic now and will be given what was not committed; fetch again."""

    code = "topic-lost"


class PositionOutOfRange(TransportError):
    """A position lies beyond the end of its topic: this is not the bus that it was made for."""

    code = "position-out-of-range"
    retriable = False


class Gap(TransportError):
    """Part of a topic cannot be had from the bus.

    Attributes:
        topic: Where.
        start: The first offset that cannot be had.
        next: The offset to go on at, if what lies between is given up.
    """

    code = "bus-gap"
    retriable = False

    def __init__(self, message: str, *, topic: str, start: int, next: int, hint: str = "") -> None:  # noqa: A002
        super().__init__(message, hint=hint)
        self.topic = topic
        self.start = start
        self.next = next


class RetentionPassed(Gap):
    """The bus has deleted messages before this node read them."""

    code = "retention-passed"


class CorruptBatch(Gap):
    """The bus gives bytes of a topic that are not those that were written to it."""

    code = "corrupt-batch"


def leaves(kind: type[BrokerError] = BrokerError) -> Iterator[type[BrokerError]]:
    """Yield each error class that has no subclass, in the order of this file."""
    below = kind.__subclasses__()
    if not below:
        yield kind
    for one in below:
        yield from leaves(one)
