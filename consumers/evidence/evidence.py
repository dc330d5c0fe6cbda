"""An evidence file as one value: its container has been checked, nothing in it is believed yet."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from broker import limits
from broker.envelope.body import Content
from broker.envelope.message import Opened, open_envelope
from broker.errors import BadEvidence, BrokerError
from broker.types.names import KeyId, Stream
from consumers.evidence.container import FIRST, format_container, parse_container
from consumers.evidence.manifest import FORMAT, VERSION, Manifest, digest_of, format_manifest, parse_manifest

MESSAGE: Final = "message.bin"
ENTRY: Final = "log/entry.txt"
PROOF: Final = "log/message.tlog-proof"
DECISIONS: Final = "decisions.json"
README: Final = "README.txt"
REPORT: Final = "report.html"
_DIRECTORY: Final = "directory/"
_REVOCATIONS: Final = "revocations/"
_SECTIONS: Final = "sections/"
_SCHEMAS: Final = "schemas/"
_TABLES: Final = "tables/"
_ALWAYS: Final = (MESSAGE, ENTRY, PROOF, DECISIONS, README, REPORT)
_SALT: Final = 32
_SCHEMA_ID: Final = 32
_LENGTH: Final = 4
_PREFIX: Final = _SALT + _SCHEMA_ID + _LENGTH


class Evidence(msgspec.Struct, frozen=True):
    """What is in an evidence file.

    Attributes:
        message: The message that it is about; the bodies of the withheld sections are not there.
        files: Every file but ``evidence.json``, by name.
    """

    manifest: Manifest
    message: Opened
    files: Mapping[str, bytes]

    @property
    def directory(self) -> Iterator[tuple[str, bytes]]:
        """The DIRECTORY messages, by the name of their file."""
        return ((name, raw) for name, raw in self.files.items() if name.startswith(_DIRECTORY))

    def schema(self, schema_id: bytes) -> bytes | None:
        """Return the text of a schema; None where it is not there."""
        return self.files.get(schema_file(schema_id))


def section_file(name: str) -> str:
    """Return the file of a disclosed section."""
    return f"{_SECTIONS}{name}.bin"


def section_text_file(name: str) -> str:
    """Return the file of a disclosed section as people read it."""
    return f"{_SECTIONS}{name}.json"


def schema_file(schema_id: bytes) -> str:
    """Return the file of a schema."""
    return f"{_SCHEMAS}{schema_id.hex()}.avsc"


def table_file(digest: bytes) -> str:
    """Return the file of a policy table."""
    return f"{_TABLES}{digest.hex()}.json"


def directory_file(stream: Stream, sequence: int) -> str:
    """Return the file of a DIRECTORY message."""
    return f"{_DIRECTORY}{str(stream).replace('/', '_')}-{sequence:08}.bin"


def revocation_files(key: KeyId) -> tuple[str, str]:
    """Return the files of the leaf of a key's revocation, and of its proof."""
    return f"{_REVOCATIONS}{key.hex()}.entry", f"{_REVOCATIONS}{key.hex()}.tlog-proof"


def format_section(content: Content) -> bytes:
    """Return the file of a disclosed section: a body without its padding."""
    return content.salt + content.schema_id + len(content.avro).to_bytes(_LENGTH, "big") + content.avro


def parse_section(raw: bytes) -> Content:
    """Parse the file of a disclosed section; the exact inverse of :func:`format_section`.

    Raises:
        BadEvidence: Its length is not the one that it names, or more than a body can have.
    """
    if len(raw) > limits.BODY_SIZES_BYTES[-1]:
        raise BadEvidence(f"a section's file of {len(raw)} bytes; no body has so many")
    length = int.from_bytes(raw[_PREFIX - _LENGTH : _PREFIX], "big")
    if len(raw) < _PREFIX or len(raw) != _PREFIX + length:
        raise BadEvidence(f"a section's file of {len(raw)} bytes is not salt, schema id, length and so many bytes")
    return Content(raw[:_SALT], raw[_SALT : _SALT + _SCHEMA_ID], raw[_PREFIX:])


def open_evidence(raw: bytes) -> Evidence:
    """Check the container of an evidence file: its archive, and that everything in it belongs together.

    Raises:
        BadEvidence: It is none, or something in it is missing, too much or changed.
        UnknownEvidence: It is of a version that is not known here.
    """
    files = parse_container(raw)
    manifest = parse_manifest(files.pop(FIRST))
    _check_files(manifest, files)
    try:
        message = open_envelope(files[MESSAGE])
    except BrokerError as error:
        raise BadEvidence(f"its {MESSAGE} is no message: {error}") from None
    _check_message(manifest, message)
    _check_names(manifest, files)
    return Evidence(manifest, message, files)


def format_evidence(evidence: Evidence) -> bytes:
    """Return the bytes of an evidence file; :func:`open_evidence` is the inverse.

    Raises:
        BadEvidence: It would be larger than the limits allow.
    """
    return format_container({FIRST: format_manifest(evidence.manifest), **evidence.files})


def manifest_of(message: Opened, files: Mapping[str, bytes], *, exported_by: str, root_digest: bytes) -> Manifest:
    """Return what ``evidence.json`` has to say of *message* and the other *files*."""
    names = [head.name for head in message.header.sections]
    disclosed = tuple(name for name in names if section_file(name) in files)
    return Manifest(
        digest=message.digest.hex(),
        disclosed=disclosed,
        exported_by=exported_by,
        federation=message.header.federation,
        files={name: digest_of(content) for name, content in files.items()},
        format=FORMAT,
        message=str(message.header.name),
        root_digest=root_digest.hex(),
        version=VERSION,
        withheld=tuple(name for name in names if name not in disclosed),
    )


def _check_files(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    for name in sorted(files.keys() - manifest.files.keys()):
        raise BadEvidence(f"{name} is in it, and evidence.json does not say so")
    for name in sorted({*manifest.files, *_ALWAYS} - files.keys()):
        raise BadEvidence(f"{name} is missing")
    for name, content in files.items():
        if digest_of(content) != manifest.files[name]:
            raise BadEvidence(f"{name} is not the file that evidence.json names: it was changed")


def _check_message(manifest: Manifest, message: Opened) -> None:
    header = message.header
    says = (manifest.digest, manifest.message, manifest.federation)
    if says != (message.digest.hex(), str(header.name), header.federation):
        raise BadEvidence(f"evidence.json speaks of {manifest.message[:80]!r}, {MESSAGE} is {header.name}")
    disclosed, withheld = set(manifest.disclosed), set(manifest.withheld)
    expected = (
        tuple(head.name for head in header.sections if head.name in disclosed),
        tuple(head.name for head in header.sections if head.name in withheld),
    )
    if (manifest.disclosed, manifest.withheld) != expected or disclosed & withheld:
        raise BadEvidence("evidence.json does not name the sections of the message in their order, each once")
    if len(disclosed) + len(withheld) != len(header.sections):
        raise BadEvidence("evidence.json does not say of each section whether it is disclosed or withheld")


def _check_names(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Check that there are the files of the disclosed sections and none of others, and nothing that has no place."""
    sections = {file for name in manifest.disclosed for file in (section_file(name), section_text_file(name))}
    for name in sorted(sections - files.keys()):
        raise BadEvidence(f"{name} is missing, although the section is disclosed")
    folders = (_DIRECTORY, _REVOCATIONS, _SCHEMAS, _TABLES)
    for name in files:
        if name not in _ALWAYS and name not in sections and not name.startswith(folders):
            raise BadEvidence(f"{name} is no file that an evidence file has")
