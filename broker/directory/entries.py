"""What a DIRECTORY message says: one entry, in a section of the entry's name.

Each type agrees with ``schemas/avro/directory/<section>.avsc`` by name and order of its fields; the schemas say what
each field means, and its unit. Intervals are half open: ``valid_to`` and ``active_to`` are the first moments after.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, TypeAlias

import msgspec

from broker import limits
from broker.types.names import Digest, KeyId
from broker.types.vocabulary import Algorithm, KeyUse, Purpose, Role, Sector, Status, Word

_MAX_INT: Final = 2**31 - 1

Id: TypeAlias = Annotated[KeyId, msgspec.Meta(min_length=16, max_length=16)]
Sha256: TypeAlias = Annotated[Digest, msgspec.Meta(min_length=32, max_length=32)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SEQUENCE)]
Quorum: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INT)]
Months: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MAX_INT)]
Hours: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=_MAX_INT)]
Days: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=_MAX_INT)]
Writer: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_WRITER)]


class RevocationReason(Word):
    """Why a key is revoked."""

    UNKNOWN = "UNKNOWN"
    COMPROMISED = "COMPROMISED"
    SUPERSEDED = "SUPERSEDED"
    CEASED = "CEASED"


class KeyStatement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public key, how long it is valid, and the proof that its owner holds the private half."""

    id: Id
    algorithm: Algorithm
    public: bytes
    valid_from: datetime
    valid_to: datetime
    possession: bytes


class Witness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One who cosigns the checkpoints of the log."""

    name: str
    operator: str
    key: KeyStatement


class RootEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the root keys together vouch for."""

    federation: str
    version: Number
    status: Status
    threshold: Quorum
    root_keys: tuple[KeyStatement, ...]
    hub_administrators: tuple[KeyStatement, ...]
    notary_key: KeyStatement | None
    witnesses: tuple[Witness, ...]
    witness_quorum: Quorum
    suites: tuple[str, ...]
    heads_max_age_hours: Hours
    checkpoint_max_age_hours: Hours
    community_table_digest: Sha256


class ParticipantEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A country or an organisation, and who administrates its part of the directory."""

    code: str
    name: str
    administrators: tuple[KeyStatement, ...]
    active_from: datetime
    active_to: datetime | None


class DutyContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The desk that answers at any hour."""

    desk: str
    telephone: str
    email: str


class AuthorityEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An authority: what it is, what it may do, and whom to call."""

    authority: str
    name: str
    sector: Sector
    roles: tuple[Role, ...]
    purposes: tuple[Purpose, ...]
    parent: str | None
    node: str
    languages: tuple[str, ...]
    takes_part_in_exercises: bool
    contact: DutyContact
    active_from: datetime
    active_to: datetime | None


class NodeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An installation that serves authorities of one participant."""

    node: str
    operator: str
    active_from: datetime
    active_to: datetime | None


class StreamGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Streams that a key may write: one originator, a range of writers."""

    originator: str
    first_writer: Writer
    last_writer: Writer


class KeyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key, whose it is, and what it may be used for."""

    key: KeyStatement
    use: KeyUse
    owner: str
    node: str
    streams: tuple[StreamGrant, ...]


class LastValid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last message of a stream that a revoked key vouches for."""

    originator: str
    writer: Writer
    sequence: Number
    digest: Sha256


class RevocationEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that is no longer believed; counts on sight."""

    key: Id
    reason: RevocationReason
    revoked_at: datetime
    reaches_back_to: datetime | None
    last_valid: tuple[LastValid, ...]


class ConditionsEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions that bind every reader of what a participant says."""

    participant: str
    table: str
    digest: Sha256


class TableEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of a community policy table."""

    table: str
    digest: Sha256


class AskedScope(Word):
    """What a government's word about notifications covers."""

    UNKNOWN = "UNKNOWN"
    SUBSTANCE = "SUBSTANCE"
    TABLE_I = "TABLE_I"
    TABLE_II = "TABLE_II"
    EVERYTHING = "EVERYTHING"


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a government asks for notifications before exports to it, or that it asks for none."""

    scope: AskedScope
    substance: str = ""
    wanted: bool
    from_day: date


class AgreedField(Word):
    """What a government may ask for beside the article's list: "any other information mutually agreed upon"."""

    UNKNOWN = "UNKNOWN"
    IMPORT_AUTHORIZATION = "IMPORT_AUTHORIZATION"
    EXPORT_AUTHORIZATION = "EXPORT_AUTHORIZATION"
    INTENDED_USE = "INTENDED_USE"
    POINT_OF_EXIT = "POINT_OF_EXIT"
    TRANSIT_COUNTRIES = "TRANSIT_COUNTRIES"
    END_USER = "END_USER"


class DeadlineUnit(Word):
    """What a deadline counts; a business day is a working day in the words of some laws."""

    UNKNOWN = "UNKNOWN"
    DAYS = "DAYS"
    WORKING_DAYS = "WORKING_DAYS"
    BUSINESS_DAYS = "BUSINESS_DAYS"


class Weekday(Word):
    """A day of the week, in the order of ISO 8601."""

    UNKNOWN = "UNKNOWN"
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class DeadlineRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By when an exporting country asks for an answer, and what its law says of silence."""

    number: Days
    unit: DeadlineUnit
    calendar: str
    subdivision: str = ""
    weekend: tuple[Weekday, ...] = ()
    holidays: tuple[date, ...] = ()
    law: str
    silence: str = ""


class TradeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a government asks for before exports to it, and by which rule it waits for answers to its own."""

    participant: str
    asks: tuple[Asked, ...]
    agreed: tuple[AgreedField, ...]
    rule: DeadlineRule | None
    simplified_months: Months


Entry = (
    RootEntry
    | ParticipantEntry
    | AuthorityEntry
    | NodeEntry
    | KeyEntry
    | RevocationEntry
    | ConditionsEntry
    | TableEntry
    | TradeEntry
)

ENTRY_TYPES: Final[Mapping[str, type[Entry]]] = {
    "root": RootEntry,
    "participant": ParticipantEntry,
    "authority": AuthorityEntry,
    "node": NodeEntry,
    "key": KeyEntry,
    "revocation": RevocationEntry,
    "conditions": ConditionsEntry,
    "table": TableEntry,
    "trade": TradeEntry,
}
"""The type of each entry, by the name of its section."""

SECTION_NAMES: Final[Mapping[type[Entry], str]] = {entry_type: name for name, entry_type in ENTRY_TYPES.items()}


def schema_path(section: str) -> str:
    """Return the path of the schema of the entry in *section*."""
    return f"directory/{section}"


def is_active(entry: ParticipantEntry | AuthorityEntry | NodeEntry, at: datetime) -> bool:
    """Say whether *entry* takes part at the moment *at*."""
    return entry.active_from <= at and (entry.active_to is None or at < entry.active_to)
