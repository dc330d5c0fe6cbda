"""Files of a change of the root record: requests of those whose keys enter it, and the proposal that keepers sign."""

from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from broker.directory.proposal import Proposal
from broker.directory.root_change import OWNERS, USES, Appointment, Office
from broker.directory.rules import check_witness_name
from broker.directory.writing import state_key
from broker.errors import AlreadyThere, BadFile, MissingFile
from broker.limits import MAX_ENVELOPE_BYTES
from broker.signing.keys import SigningKey
from broker.types.names import check_federation
from tocsin.first_node import KEYS_VALID_FOR
from tocsin.key_files import destroy_key_file, make_key

_MOST_BYTES: Final = 16 * MAX_ENVELOPE_BYTES
"""Of one file: more root records than a network ever has."""

T = TypeVar("T")


def make_appointment(
    key: Path, out: Path, office: Office, *, federation: str, name: str, operator: str, at: datetime
) -> Appointment:
    """Make a private key in the file *key*, and in *out* the request to enter it into the root record for an office.

    Whatever fails, no key is left that nobody has asked for: it could never be used, and would be in the way.

    Args:
        name: Of a witness; empty for the others.

    Raises:
        BadName, InvalidRecord: That is no name of a federation, or of a witness.
        AlreadyThere: One of the files is there.
        BadFile: The request cannot be written.
    """
    check_federation(federation)
    if office == "witness":
        check_witness_name(name)
    check_new(out)
    if out.resolve() == key.resolve():
        raise BadFile("the key and the request cannot be one file")
    made = make_key(key)
    try:
        appointment = _appoint(made, office, federation=federation, name=name, operator=operator, at=at)
        save(out, appointment)
    except BaseException:
        destroy_key_file(key)
        raise
    return appointment


def check_new(path: Path) -> None:
    """Check that nothing is in the way of a new file: it might be a key, or hold signatures.

    Raises:
        AlreadyThere: Something is.
    """
    if path.exists():
        raise AlreadyThere(f"{path.name} is there already, and is not overwritten", hint="Name another file.")


def _appoint(
    key: SigningKey, office: Office, *, federation: str, name: str, operator: str, at: datetime
) -> Appointment:
    statement = state_key(
        key,
        federation=federation,
        owner=OWNERS.get(office, name),
        use=USES[office],
        valid_from=at,
        valid_to=at + KEYS_VALID_FOR,
    )
    return Appointment(office=office, name=name, operator=operator, key=statement)


def load_appointment(path: Path) -> Appointment:
    """Read a request; whether its proof holds is checked when it is proposed.

    Raises:
        MissingFile, BadFile: There is none.
    """
    return _load(path, Appointment, "request for an office in the root record")


def load_proposal(path: Path) -> Proposal:
    """Read a proposal; nothing of it is believed yet.

    Raises:
        MissingFile, BadFile: There is none.
    """
    return _load(path, Proposal, "proposal of a root record")


def save(path: Path, value: Appointment | Proposal) -> None:
    """Write a request or a proposal, in the place of what was there, whole at every moment.

    Raises:
        BadFile: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
        beside.replace(path)
    except OSError as error:
        raise BadFile(f"{path.name} cannot be written: {error.strerror}") from None


def _load(path: Path, kind: type[T], what: str) -> T:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFile(f"{path.name} is too large for a {what}")
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise MissingFile(f"there is no file {path.name}") from None
    except OSError as error:
        raise BadFile(f"{path.name} cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"{path.name} is no {what}: {error}") from None
